"""Totals of random worlds with a known truth never say too much, and as much as can be proven."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pytest

from records.totals.answer import Total, Unproven, answer
from records.totals.figures import Figure
from records.totals.groups import GROUPINGS, TIMES, days_of, grouped
from records.totals.links import Links
from records.totals.prepare import Prepared, prepare
from records.totals.proven import EXACT
from records.totals.scopes import Condition, Query
from tests.support.proven_minimum import about, disjoint, inside, proven_minimum, walks_over
from tests.support.proven_minimum import number as worth
from tests.support.totals_rows import said
from tests.support.worlds import Maker, World

WORLDS = int(os.environ.get("WORLDS", "300"))
FROM = int(os.environ.get("WORLDS_FROM", "0"))
QUERIES = 6


def check(world: World, query: Query, totals: list[Total], where: object) -> None:
    """Hold totals of a query against the truth."""
    for total in totals:
        used = [row.figure for row in total.judged if row.in_at_least.taken]
        assert sum((figure.lower or Decimal(0) for figure in used), Decimal(0)) == (
            total.at_least or 0
        ), where
        if total.split.measure == "parties":
            continue
        least, most = total.at_least, total.at_most
        if least is not None:
            assert least <= world.truth(query), (where, query)
            assert total.about is not None
            assert total.about >= least, (where, query)
            others = total.with_others[0]
            assert others is not None
            assert others >= least or total.search != EXACT, (where, query)
        if total.with_others[0] is not None:
            assert total.with_others[0] <= world.truth(query, touched=True), (where, query)
        if most is not None:
            assert most >= world.truth(query, wide=False), (where, query)


class Case(NamedTuple):
    """A random world with a query over it."""

    where: tuple[int, int]
    """Seed of the world, number of the query."""
    maker: Maker
    world: World
    query: Query
    prepared: Prepared


def cases(block: int, worlds: int, queries: int = 1) -> Iterator[Case]:
    """Yield queries over every tenth of so many worlds."""
    for seed in range(FROM + block, FROM + worlds, 10):
        maker = Maker(seed)
        world = maker.make()
        links = Links(world.links)
        for number in range(queries):
            query = maker.query()
            prepared = prepare(world.figures, links, query.include, query.milestone)
            yield Case((seed, number), maker, world, query, prepared)


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("block", range(10))
def test_totals_of_random_worlds_hold_and_are_the_most_that_is_proven(block: int) -> None:
    for where, _, world, query, prepared in cases(block, WORLDS, QUERIES):
        totals = answer(prepared, query)
        check(world, query, totals, where)
        expected = proven_minimum(world.figures, world.links, query)
        found = {tuple(total.split): total for total in totals}
        assert expected.keys() <= found.keys(), where
        for key, total in found.items():
            most = expected.get(key)
            if total.search == EXACT:
                assert total.at_least == most, (where, key, query)
            else:
                assert total.at_least is not None
                assert total.at_least <= (most or 0), (where, key)


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("block", range(10))
def test_totals_with_approximate_numbers_and_with_others_are_computed_again(block: int) -> None:
    for where, _, world, query, prepared in cases(block, WORLDS // 5, QUERIES // 2):
        given = world.figures, world.links, query
        face = about(*given)
        joint = proven_minimum(*given, joint=True), about(*given, joint=True)
        for total in answer(prepared, query):
            if total.search == EXACT:
                split = tuple(total.split)
                assert total.about == face.get(split), (where, split, query)
                assert total.with_others == tuple(found.get(split) for found in joint), (
                    where,
                    split,
                    query,
                )


@pytest.mark.parametrize("block", range(10))
def test_figures_summed_as_columns_are_judged_as_one_by_one(block: int) -> None:
    for where, _, _, query, prepared in cases(block, WORLDS // 5, QUERIES // 2):
        one_by_one = replace(prepared, alone=np.ones(len(prepared.table), np.bool_))
        expected = [said(total) for total in answer(one_by_one, query)]
        assert [said(total) for total in answer(prepared, query)] == expected, where


@pytest.mark.parametrize("block", range(10))
def test_every_figure_is_used_or_has_a_reason_that_holds(block: int) -> None:
    for (seed, _), _, world, query, prepared in cases(block, WORLDS // 5):
        walks = walks_over(tuple(world.links))
        for total in answer(prepared, query):
            where = seed, total.split, query
            taken = [row.figure for row in total.judged if row.in_about.taken]
            least = [row.figure for row in total.judged if row.in_at_least.taken]
            beside = [one for one in taken if not inside(one, query, near=True)]
            near = not beside and taken != least
            if total.split.measure != "parties":
                assert all(
                    disjoint(*pair, walks, query, near) for pair in combinations(taken, 2)
                ), where
            overlapping = []
            for row in total.judged:
                said_of = row.in_about
                assert said_of.taken == (not said_of.reason), where
                if said_of.reason in ("part", "whole", "same_event", "contained", "overlaps"):
                    holders = [one for one in taken if one.id == said_of.holder]
                    assert holders, where
                    assert total.split.measure == "parties" or any(
                        not disjoint(row.figure, one, walks, query, near) for one in holders
                    ), where
                if said_of.reason == "overlaps":
                    overlapping.append(row.figure)
            assert total.unproven == Unproven(
                len(overlapping),
                len({one.id for one in overlapping}),
                None
                if total.split.measure == "parties"
                else sum((worth(one, near=True) for one in overlapping), Decimal(0)),
            ), where
            outcome, most = total.outcome, 1 + seed % 3
            used = [row for row in total.judged if row.in_about.taken or row.in_at_least.taken]
            used.sort(key=lambda row: -(row.figure.lower or row.figure.value or 0))
            assert [row.figure for row in outcome.largest(most)] == [
                row.figure for row in used[:most]
            ], where
            assert {
                (reason, row.figure)
                for reason, places in outcome.left_out()
                for row in outcome.judged(places.tolist())
            } == {(row.in_about.reason, row.figure) for row in total.left_out}, where
            assert outcome.records(np.arange(len(outcome.rows))) == len(
                {row.figure.id for row in total.judged}
            ), where


def in_group(figure: Figure, name: str, value: str | None) -> bool:
    """Return whether a figure is in a group of a grouping that is not by time."""
    side, _, column = name.partition("_")
    if side not in ("givers", "receivers"):
        listed: Sequence[str | None] = {
            "item": figure.item or (None,),
            "item_category": figure.item[-2:][:1] or (None,),
            "form": (figure.form or None,),
            "series": (figure.series or None,),
            "currency": (figure.currency or None,),
        }[name]
        return value in listed
    names = getattr(figure, side)
    if column == "region":
        own = [one.regions[0] if one.regions else None for one in names]
    else:
        own = [getattr(one, column) or None for one in names]
    if value == "joint":
        return len(set(own)) > 1 or (column == "code" and len(own) > 1)
    return value in own if names else value == "unknown"


@pytest.mark.parametrize("block", range(10))
def test_groups_of_random_worlds_are_queries_of_their_own(block: int) -> None:
    for (seed, _), maker, world, query, prepared in cases(block, WORLDS // 3):
        name = maker.random.choice(GROUPINGS)
        groups = grouped(prepared, query, [name])
        for (value,), totals in groups.items():
            figures = world.figures
            inner = query
            side, _, column = name.partition("_")
            if name in TIMES and value:
                inner = query.narrowed(*days_of(value))
            elif name in TIMES:
                continue
            elif side in ("givers", "receivers") and value not in (None, "joint", "unknown"):
                own = Condition(column, frozenset([value]))
                if side == "givers":
                    inner = replace(query, givers=(*query.givers, own))
                else:
                    inner = replace(query, receivers=(*query.receivers, own))
            if name not in TIMES:
                figures = [one for one in figures if in_group(one, name, value)]
            where = seed, name, value, query
            expected = proven_minimum(figures, world.links, inner)
            assert expected.keys() <= {tuple(total.split) for total in totals}, where
            for total in totals:
                if total.search == EXACT:
                    assert total.at_least == expected.get(tuple(total.split)), where
            alone = grouped(prepared, query, [name], (value,))
            assert list(alone) == [(value,)], where
            assert [said(one) for one in alone[value,]] == [said(one) for one in totals], where
        if name not in TIMES:
            values = {value for (value,) in groups}
            for figure in world.figures:
                if inside(figure, query):
                    assert any(in_group(figure, name, value) for value in values), (seed, name)


@pytest.mark.parametrize("block", range(10))
def test_groups_of_random_worlds_hold_each_for_itself(block: int) -> None:
    for (seed, _), maker, world, query, prepared in cases(block, WORLDS):
        by = maker.random.choice(["month", "quarter", "year"])
        for (value,), totals in grouped(prepared, query, [by]).items():
            inner = query.narrowed(*days_of(value)) if value else query
            check(world, inner, totals, (seed, by, value))
