"""Totals of random worlds with a known truth never say too much, and as much as can be proven."""

import os
from decimal import Decimal

import pytest

from records.totals.answer import Total, answer
from records.totals.groups import days_of, grouped
from records.totals.links import Links
from records.totals.prepare import prepare
from records.totals.proven import EXACT
from records.totals.scopes import Query
from tests.support.proven_minimum import proven_minimum
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


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("block", range(10))
def test_totals_of_random_worlds_hold_and_are_the_most_that_is_proven(block: int) -> None:
    for seed in range(FROM + block, FROM + WORLDS, 10):
        maker = Maker(seed)
        world = maker.make()
        links = Links(world.links)
        for number in range(QUERIES):
            query = maker.query()
            prepared = prepare(world.figures, links, query.include, query.milestone)
            totals = answer(prepared, query)
            check(world, query, totals, (seed, number))
            expected = proven_minimum(world.figures, world.links, query)
            found = {tuple(total.split): total for total in totals}
            assert expected.keys() <= found.keys(), (seed, number)
            for key, total in found.items():
                most = expected.get(key)
                if total.search == EXACT:
                    assert total.at_least == most, (seed, number, key, query)
                else:
                    assert total.at_least is not None
                    assert total.at_least <= (most or 0), (seed, number, key)


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("block", range(10))
def test_groups_of_random_worlds_hold_each_for_itself(block: int) -> None:
    for seed in range(FROM + block, FROM + WORLDS, 10):
        maker = Maker(seed)
        world = maker.make()
        query = maker.query()
        prepared = prepare(world.figures, Links(world.links), query.include, query.milestone)
        by = maker.random.choice(["month", "quarter", "year"])
        for (value,), totals in grouped(prepared, query, [by]).items():
            inner = query.narrowed(*days_of(value)) if value else query
            check(world, inner, totals, (seed, by, value))
