"""Figures of a revision, or of a choice of figures, prepared from those of another."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from operator import attrgetter
from random import Random
from typing import Any

import numpy as np
import pytest

from records.totals import answer as answering
from records.totals import prepare as preparing
from records.totals import table
from records.totals.answer import answer
from records.totals.figures import Figure
from records.totals.groups import grouped
from records.totals.links import Links
from records.totals.prepare import Prepared, prepare
from records.totals.scopes import Query
from tests.support.totals_rows import figure, running, said
from tests.support.worlds import Maker

LINK_KINDS = ["part_of", "same_event_as", "contradicts", "may_overlap"]


def answers(prepared: Prepared, queries: Sequence[Query]) -> list[Any]:
    return [[said(total) for total in answer(prepared, query)] for query in queries]


def in_order(figures: Sequence[Figure]) -> list[Figure]:
    """Return figures in the order of their records, each with a key of its own."""
    rows = [replace(one, key=n) for n, one in enumerate(figures, start=1)]
    return sorted(rows, key=attrgetter("id"))


@pytest.mark.parametrize("seed", range(30))
def test_figures_of_another_revision_count_as_if_all_were_prepared(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    maker = Maker(seed)
    world = maker.make()
    random = Random(seed)
    # Numbers of values that no figure has any longer are soon dropped in some worlds.
    monkeypatch.setattr(preparing, "SPARE", random.choice([0, 5, preparing.SPARE]))
    queries = [replace(maker.query(), include=frozenset(), milestone="") for _ in range(3)]
    figures, listed = in_order(world.figures), list(world.links)
    ids = sorted({one.id for one in figures})
    prepared = prepare(figures, Links(listed))
    for _ in range(4):
        changed = set(random.sample(ids, min(len(ids), random.randint(0, 3))))
        # Records are corrected, withdrawn, or published again.
        added = [
            replace(one, value=one.lower and one.lower + 1, lower=one.lower and one.lower + 1)
            for one in in_order(world.figures)
            if one.id in changed and random.random() < 0.7
        ]
        figures = sorted(
            [*(one for one in figures if one.id not in changed), *added], key=attrgetter("id")
        )
        if len(ids) > 1 and random.random() < 0.5:
            one, other = random.sample(ids, 2)
            listed.append((one, random.choice(LINK_KINDS), other))
        links = Links(listed)
        prepared = prepared.moved(changed, added, links)
        assert prepared.figures() == figures
        assert answers(prepared, queries) == answers(prepare(figures, links), queries)


@pytest.mark.parametrize("seed", range(30))
def test_chosen_figures_count_as_if_only_they_were_prepared_as_chosen(seed: int) -> None:
    maker = Maker(seed)
    world = maker.make()
    random = Random(seed)
    query = maker.query()
    figures, links = in_order(world.figures), Links(world.links)
    prepared = prepare(figures, links, query.include, query.milestone)
    keys = [one.key for one in figures if random.random() < 0.6]
    picked = [replace(one, chosen=one.key in keys) for one in figures]
    expected = prepare(picked, links, query.include, query.milestone)
    chosen = prepared.choosing(np.array(keys, np.int64))
    rows = np.flatnonzero(np.isin(chosen.table.key, keys))
    found = [said(total) for total in answer(chosen, query, rows)]
    assert found == [said(total) for total in answer(expected, query)]


def test_totals_of_the_same_figures_are_found_once(monkeypatch: pytest.MonkeyPatch) -> None:
    figures = [
        running("a", item=("masks",)),
        figure("b", item=("masks",)),
        figure("c", item=("gloves",)),
        figure("d", item=("gloves",)),
    ]
    searched = []
    search = answering.DisjointSum

    def noted(*given: Any) -> Any:
        searched.append(given)
        return search(*given)

    monkeypatch.setattr(answering, "DisjointSum", noted)
    prepared = prepare(figures)
    links = prepared.overlaps.links

    def said_by_item(prepared: Prepared) -> tuple[dict[Any, Any], int]:
        searched.clear()
        found = grouped(prepared, Query(), ["item"])
        return {key: [said(total) for total in totals] for key, totals in found.items()}, len(
            searched
        )

    first, searches = said_by_item(prepared)
    again, none = said_by_item(prepared)
    assert (again, none) == (first, 0)

    figures[3] = replace(figures[3], value=Decimal(7), lower=Decimal(7))
    changed = prepared.moved({"d"}, [figures[3]], links)
    of_gloves, fewer = said_by_item(changed)
    assert 0 < fewer < searches
    assert of_gloves == said_by_item(prepare(figures))[0]
    assert of_gloves["masks",] == first["masks",]
    assert of_gloves["gloves",] != first["gloves",]

    linked = prepared.moved(set(), [], Links([("b", "same_event_as", "a")]))
    _, all_again = said_by_item(linked)
    assert all_again == searches


def test_large_tables_keep_nothing_of_totals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answering, "SMALL", 1)
    prepared = prepare([figure("a"), figure("b")])
    (total,) = answer(prepared, Query())
    assert said(total) == said(answer(prepared, Query())[0])
    assert not prepared.registry.found.known


def test_totals_that_were_not_asked_for_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "TOTALS", 2)
    recent = table.Recent()
    recent.of("a")["sum"] = 1
    recent.of("b")
    assert recent.of("a") == {"sum": 1}
    recent.of("c")
    assert list(recent.known) == ["a", "c"]


def test_numbers_of_values_that_no_figure_has_any_longer_are_dropped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(preparing, "SPARE", 2)
    prepared = prepare([figure("a"), running("b")])
    size = prepared.registry.size
    kept = prepared
    for n in range(size + 3):
        kept = kept.moved({"a"}, [figure("a", item=(f"item-{n}",))], Links())
        assert kept.registry is prepared.registry
    dropped = kept.moved({"a"}, [figure("a", item=("last",))], Links())
    assert (dropped.registry.size, dropped.begun) == (size + 1, size + 1)
