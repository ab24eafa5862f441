"""The search for the greatest disjoint family."""

from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from random import Random

import pytest

from records.totals import proven
from records.totals.proven import (
    EXACT,
    GREEDY,
    LARGEST,
    Cluster,
    as_integers,
    best_family,
    bits,
    kept_family,
)

Soft = dict[int, Decimal]
SHORT = 23_000
"""Looks at a figure that suffice for 26 figures of like weights."""
BEST = 94
"""Of 100 greedy families so many are the best."""


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    """Every search is made, and by no other test's limits."""
    kept_family.cache_clear()
    yield
    kept_family.cache_clear()


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


def test_a_search_is_made_once_for_the_same_figures_only() -> None:
    weights, overlaps, soft = graph(Random(5), 12, 0.2)
    first = best_family(weights, overlaps, soft)
    assert best_family([*weights], [*overlaps], {**soft}) == first
    assert kept_family.cache_info()[:2] == (1, 1)

    loner = [0] * 12
    lighter = [Decimal(0), *weights[1:]]
    for changed in ((lighter, overlaps, soft), (weights, loner, soft), (weights, overlaps, {})):
        found = best_family(*changed)
        kept_family.cache_clear()
        assert best_family(*changed) == found
    assert best_family(weights, loner, {}).used == (1 << 12) - 1


def test_large_searches_are_not_kept() -> None:
    for size in (LARGEST, LARGEST + 1):
        family = best_family([Decimal(1)] * size, [0] * size, {})
        assert family.used.bit_count() == size
    assert kept_family.cache_info().currsize == 1


def test_small_clusters_are_searched_exactly() -> None:
    for seed in range(120):
        random = Random(seed)
        size, odds = random.randint(1, 9), random.choice([0.1, 0.3, 0.6])
        weights, overlaps, soft = graph(random, size, odds)
        family = best_family(weights, overlaps, soft)
        able = [used for used in range(1 << len(weights)) if disjoint(used, overlaps)]
        assert family.search == EXACT, seed
        assert disjoint(family.used, overlaps), seed
        best = max(value(one, weights, soft) for one in able)
        assert value(family.used, weights, soft) == best, seed


def like_weights(random: Random, size: int, odds: float) -> tuple[list[Decimal], list[int], Soft]:
    """Make a graph of weights so alike that the heaviest first is often not the best."""
    _, overlaps, _ = graph(random, size, odds)
    soft = {random.randrange(1, 1 << size): Decimal(random.randint(1, 9)) for _ in range(4)}
    return [Decimal(random.randint(8, 12)) for _ in range(size)], overlaps, soft


def greatest(weights: list[Decimal], overlaps: list[int], soft: Soft) -> Decimal:
    """Return the greatest sum, with soft figures as nodes of the graph."""
    near, worth = list(overlaps), [*weights, *soft.values()]
    for at, mask in enumerate(soft, start=len(weights)):
        near.append(mask)
        for n in bits(mask):
            near[n] |= 1 << at

    @cache
    def most(left: int) -> Decimal:
        n = max(bits(left), key=lambda n: (near[n] & left).bit_count(), default=None)
        if n is None or not near[n] & left:
            return sum((worth[n] for n in bits(left)), Decimal(0))
        rest = left & ~(1 << n)
        return max(worth[n] + most(rest & ~near[n]), most(rest))

    return most((1 << len(worth)) - 1)


def only_cluster(weights: list[Decimal], overlaps: list[int], soft: Soft) -> Cluster:
    """Return all as one cluster, whether or not all of them hang together."""
    whole, light = as_integers(weights, soft)
    return Cluster((1 << len(weights)) - 1, whole, overlaps, list(light.items()))


def test_the_exact_search_goes_beyond_the_greedy_one() -> None:
    for seed in range(40):
        weights, overlaps, soft = like_weights(Random(seed), 24, [0.1, 0.2, 0.3, 0.4][seed % 4])
        family = best_family(weights, overlaps, soft)
        assert (family.search, disjoint(family.used, overlaps)) == (EXACT, True), seed
        best = greatest(weights, overlaps, soft)
        assert value(family.used, weights, soft) == best, seed


def test_bounds_keep_the_exact_search_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proven, "WORK", SHORT)
    for seed in range(10):
        weights, overlaps, soft = like_weights(Random(seed), 26, 0.15)
        assert best_family(weights, overlaps, soft).search == EXACT, seed


def test_greedy_families_are_nearly_always_the_best() -> None:
    best = 0
    for seed in range(100):
        weights, overlaps, soft = like_weights(Random(seed), 24, 0.2)
        cluster = only_cluster(weights, overlaps, soft)
        found = cluster.value(cluster.greedy([]))
        family, done = cluster.exact(0)
        assert done
        assert found <= cluster.value(family)
        best += found == cluster.value(family)
    assert best >= BEST


def test_no_exchange_of_one_figure_betters_a_greedy_family() -> None:
    for seed in range(20):
        random = Random(seed)
        weights, overlaps, soft = like_weights(random, 45, 0.15)
        cluster = only_cluster(weights, overlaps, soft)
        order = sorted(range(45), key=lambda n: -weights[n])
        family = cluster.exchanged(cluster.filled(0, random.sample(order, 45)), order)
        for n in order:
            bit = 1 << n
            changed = family & ~bit if family & bit else (family & ~overlaps[n]) | bit
            changed = cluster.filled(changed, [m for m in order if m != n])
            assert disjoint(changed, overlaps), (seed, n)
            assert cluster.value(changed) <= cluster.value(family), (seed, n)


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
    kept_family.cache_clear()
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


def test_weights_become_whole_numbers() -> None:
    found = as_integers([Decimal("1.25"), Decimal(3), Decimal("1E+1")], {1: Decimal("0.5")})
    assert found == ([125, 300, 1000], {1: 50})
    assert only_cluster([Decimal(1)], [0], {}).exact(0) == (1, True)


def test_a_given_start_is_never_worsened() -> None:
    random = Random(8)
    weights, overlaps, soft = graph(random, 60, 0.1)
    start = best_family(weights, overlaps, soft).used
    again = best_family(weights, overlaps, soft, [start])
    assert value(again.used, weights, soft) >= value(start, weights, soft)
