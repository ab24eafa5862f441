"""The search for the greatest disjoint family."""

from decimal import Decimal
from random import Random

import pytest

from records.totals import proven
from records.totals.proven import EXACT, GREEDY, best_family, bits

Soft = dict[int, Decimal]


def graph(random: Random, size: int, odds: float) -> tuple[list[Decimal], list[int], Soft]:
    weights = [Decimal(random.randint(1, 40)) / 10 for _ in range(size)]
    overlaps = [0] * size
    for n in range(size):
        for m in range(n):
            if random.random() < odds:
                overlaps[n] |= 1 << m
                overlaps[m] |= 1 << n
    soft = {random.randrange(1, 1 << size): Decimal(random.randint(1, 30)) for _ in range(size)}
    return weights, overlaps, soft


def disjoint(used: int, overlaps: list[int]) -> bool:
    return all(not overlaps[n] & used for n in bits(used))


def value(used: int, weights: list[Decimal], soft: Soft) -> Decimal:
    left = (weight for mask, weight in soft.items() if not mask & used)
    return sum((weights[n] for n in bits(used)), Decimal(0)) + sum(left, Decimal(0))


@pytest.mark.parametrize("seed", range(120))
def test_small_clusters_are_searched_exactly(seed: int) -> None:
    random = Random(seed)
    weights, overlaps, soft = graph(random, random.randint(1, 9), random.choice([0.1, 0.3, 0.6]))
    family = best_family(weights, overlaps, soft)
    able = [used for used in range(1 << len(weights)) if disjoint(used, overlaps)]
    assert family.search == EXACT
    assert disjoint(family.used, overlaps)
    assert value(family.used, weights, soft) == max(value(one, weights, soft) for one in able)


@pytest.mark.parametrize("seed", range(5))
def test_large_clusters_are_searched_greedily_and_stay_disjoint(seed: int) -> None:
    random = Random(seed)
    weights, overlaps, soft = graph(random, 60, 0.1)
    family = best_family(weights, overlaps, soft)
    assert family.search == GREEDY
    assert disjoint(family.used, overlaps)
    best_alone = max(range(60), key=lambda n: weights[n])
    assert value(family.used, weights, soft) >= value(1 << best_alone, weights, soft)


@pytest.mark.parametrize(("size", "search"), [(40, EXACT), (41, GREEDY)])
def test_forty_figures_are_still_searched_exactly(size: int, search: str) -> None:
    everything = (1 << size) - 1
    overlaps = [everything & ~(1 << n) for n in range(size)]
    family = best_family([Decimal(n + 1) for n in range(size)], overlaps, {})
    assert (family.used, family.search) == (1 << size - 1, search)


def test_a_search_that_takes_too_long_settles_for_the_best_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    weights, overlaps, soft = graph(Random(3), 30, 0.15)
    exact = best_family(weights, overlaps, soft)
    assert exact.search == EXACT
    monkeypatch.setattr(proven, "WORK", 40)
    short = best_family(weights, overlaps, soft)
    assert short.search == GREEDY
    assert disjoint(short.used, overlaps)
    assert 0 < value(short.used, weights, soft) <= value(exact.used, weights, soft)


def test_exchange_finds_two_small_ones_beside_a_large_one() -> None:
    # The large one is first in every order by weight; the two small ones together are more.
    family = best_family([Decimal(10), Decimal(6), Decimal(6)], [0b110, 0b001, 0b001], {})
    assert family.used == 0b110


def test_soft_figures_outweigh_a_running_total_that_overlaps_them() -> None:
    assert best_family([Decimal(10)], [0], {1: Decimal("10.1")}).used == 0
    assert best_family([Decimal(10)], [0], {1: Decimal("9.9")}).used == 1


def test_weights_of_many_decimal_places_are_compared_exactly() -> None:
    weights = [Decimal("1E+14"), Decimal("100000000000000.00000000000001")]
    assert best_family(weights, [0b10, 0b01], {}).used == 0b10


def test_a_given_start_is_never_worsened() -> None:
    random = Random(8)
    weights, overlaps, soft = graph(random, 60, 0.1)
    start = best_family(weights, overlaps, soft).used
    again = best_family(weights, overlaps, soft, [start])
    assert value(again.used, weights, soft) >= value(start, weights, soft)
