"""Figures prepared in parts, most of them packed in a file, count as if all were in memory."""

from itertools import groupby
from operator import attrgetter
from random import Random
from typing import Any

import numpy as np
import pytest

from records.totals import packed as packing
from records.totals.answer import answer
from records.totals.figures import Figure
from records.totals.links import Links
from records.totals.packed import PackedEntries
from records.totals.prepare import Prepared, prepare, prepare_in_parts
from records.totals.scopes import Query
from tests.support.totals_rows import said
from tests.support.worlds import Maker


def parts_of(figures: list[Figure], random: Random) -> list[list[Figure]]:
    """Return figures in parts of one to five records."""
    records = [list(rows) for _, rows in groupby(figures, attrgetter("id"))]
    parts = []
    while records:
        size = random.randint(1, 5)
        parts.append([one for rows in records[:size] for one in rows])
        records = records[size:]
    return parts


def all_said(prepared: Prepared) -> list[Any]:
    """Return the totals, and what became of each figure."""
    totals = answer(prepared, Query())
    return [
        (said(one), list(one.outcome.verdicts(range(len(one.outcome.rows))))) for one in totals
    ]


@pytest.mark.parametrize("seed", range(40))
def test_figures_in_parts_count_as_if_all_were_prepared(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = Random(seed)
    monkeypatch.setattr(packing, "BLOCK", random.choice([1, 3, packing.BLOCK]))
    world = Maker(seed).make()
    figures = sorted(world.figures, key=attrgetter("id"))
    links = Links(world.links)
    whole = prepare(figures, links)

    with PackedEntries() as packed:
        prepared = prepare_in_parts(parts_of(figures, random), links, packed)

        assert all_said(prepared) == all_said(whole)
        assert len(packed) == len(figures)
        assert len(packed.kept) < len(figures) or not any(whole.table.reason)
        every = packed[np.arange(len(figures))]
    assert [one.figure.figure for one in every] == [one.figure for one in figures]
    assert all(packed.kept.get(row, every[row]) is every[row] for row in range(len(figures)))


def test_no_figures_have_no_totals() -> None:
    with PackedEntries() as packed:
        prepared = prepare_in_parts([], Links(), packed)

        assert (len(prepared.table), answer(prepared, Query())) == (0, [])
