"""The greatest sum of lower bounds over figures that are pairwise disjoint.

Only some figures can overlap: running and period totals, linked records, figures of one record.
They are the *hard* ones, between which the search chooses. All others are *soft*: disjoint among
each other, and in the sum wherever no hard figure that overlaps them is. Sets of hard figures
are bits of a number.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

EXACT, GREEDY = "exact", "greedy"
MOST = 40
"""Hard figures of a cluster up to which the best family is searched for."""
WORK = 400_000
"""Looks at a figure after which a search settles for the best found."""
KEPT = 1_000
"""Searches whose families are kept: most groups of a query have the same figures after a
publication as before it."""
LARGEST = 500
"""Most hard figures and sets of them in a search that is kept, which bounds the memory: the
dataset's have 345, and take 5 kB each."""


@dataclass(frozen=True)
class Family:
    """The hard figures that are used, and how they were found."""

    used: int
    search: str


def bits(mask: int) -> Iterator[int]:
    """Yield the numbers of the bits that are set."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def best_family(
    weights: Sequence[Decimal],
    overlaps: Sequence[int],
    soft: Mapping[int, Decimal],
    starts: Iterable[int] = (),
) -> Family:
    """Return the family of hard figures that, with the soft figures it leaves, has the greatest
    sum.

    `weights`: the hard figures' lower bounds, none negative; `overlaps`: of each the hard
    figures that it may overlap; `soft`: a set of hard figures → the sum of the soft figures that
    overlap exactly those; `starts`: families that are known to be disjoint, to begin with.
    Each cluster of overlapping figures is searched by itself: exactly by branch and bound if it
    has at most `MOST` hard figures, else by several greedy orders with exchange.
    """
    figures = tuple(weights), tuple(overlaps), tuple(soft.items()), tuple(starts)
    is_large = len(weights) + len(soft) > LARGEST
    return search_family(*figures) if is_large else kept_family(*figures)


def search_family(
    weights: tuple[Decimal, ...],
    overlaps: tuple[int, ...],
    soft: tuple[tuple[int, Decimal], ...],
    begun: tuple[int, ...],
) -> Family:
    """Return what `best_family` does."""
    whole, light = as_integers(weights, dict(soft))
    used, search = 0, EXACT
    for members, near in clusters(overlaps, light):
        if not any(whole[n] for n in bits(members)):
            continue
        cluster = Cluster(members, whole, overlaps, near)
        family = cluster.greedy(begun)
        if members.bit_count() > MOST:
            search = GREEDY
        else:
            family, done = cluster.exact(family)
            search = search if done else GREEDY
        used |= family
    return Family(used, search)


kept_family = lru_cache(KEPT)(search_family)


def as_integers(
    weights: Sequence[Decimal], soft: Mapping[int, Decimal]
) -> tuple[list[int], dict[int, int]]:
    """Return the weights as whole numbers of their smallest decimal place."""
    exponents = [int(number.as_tuple().exponent) for number in (*weights, *soft.values())]
    places = max((-exponent for exponent in exponents), default=0)
    places = max(places, 0)
    return (
        [scaled(number, places) for number in weights],
        {mask: scaled(number, places) for mask, number in soft.items()},
    )


def scaled(number: Decimal, places: int) -> int:
    """Return a number that is not negative in units of a decimal place, exactly."""
    _, digits, exponent = number.as_tuple()
    return int("".join(map(str, digits))) * 10 ** (int(exponent) + places)


def clusters(
    overlaps: Sequence[int], soft: Mapping[int, int]
) -> list[tuple[int, list[tuple[int, int]]]]:
    """Return the sets of hard figures that overlap, directly or over soft ones, each with the
    soft ones that they overlap."""
    above = list(range(len(overlaps)))

    def top(n: int) -> int:
        while above[n] != n:
            above[n] = above[above[n]]
            n = above[n]
        return n

    for n, mask in enumerate(overlaps):
        for m in bits(mask):
            above[top(m)] = top(n)
    for mask in soft:
        first, *others = bits(mask)
        for m in others:
            above[top(m)] = top(first)
    members: dict[int, int] = {}
    near: dict[int, list[tuple[int, int]]] = {}
    for n in range(len(overlaps)):
        members[top(n)] = members.get(top(n), 0) | 1 << n
    for mask, weight in soft.items():
        near.setdefault(top(next(iter(bits(mask)))), []).append((mask, weight))
    return [(found, near.get(n, [])) for n, found in members.items()]


class Cluster:
    """A set of hard figures that overlap, and the soft ones that they overlap."""

    def __init__(
        self,
        members: int,
        weights: Sequence[int],
        overlaps: Sequence[int],
        soft: Sequence[tuple[int, int]],
    ) -> None:
        self.members = members
        self.weights = weights
        self.overlaps = overlaps
        self.soft = soft
        self.touched = dict.fromkeys(bits(members), 0)
        """Of each hard figure, the soft ones that it overlaps."""
        for at, (mask, _) in enumerate(self.soft):
            for n in bits(mask):
                self.touched[n] |= 1 << at
        self.work = WORK

    def value(self, used: int) -> int:
        """Return the sum of a family and of the soft figures that it leaves."""
        return sum(self.weights[n] for n in bits(used)) + sum(
            weight for mask, weight in self.soft if not mask & used
        )

    def loss(self, touched: int) -> int:
        """Return the weight of a set of soft figures."""
        return sum(self.soft[at][1] for at in bits(touched))

    # --- Greedy

    def greedy(self, starts: Iterable[int]) -> int:
        """Return the best of several greedy families, each bettered by exchange."""
        members = list(bits(self.members))
        net = {n: self.weights[n] - self.loss(self.touched[n]) for n in members}
        degree = {n: self.overlaps[n].bit_count() + 1 for n in members}
        orders = (
            sorted(members, key=lambda n: -self.weights[n]),
            sorted(members, key=lambda n: -net[n]),
            sorted(members, key=lambda n: -self.weights[n] / degree[n]),
        )
        families = [self.filled(0, order) for order in orders]
        families += [self.filled(start & self.members, orders[0]) for start in starts]
        return max((self.exchanged(family, orders[0]) for family in families), key=self.value)

    def filled(self, used: int, order: Iterable[int]) -> int:
        """Return the family with every further figure that fits and adds to the sum."""
        lost = 0
        for n in bits(used):
            lost |= self.touched[n]
        for n in order:
            if used >> n & 1 or self.overlaps[n] & used:
                continue
            if self.weights[n] > self.loss(self.touched[n] & ~lost):
                used |= 1 << n
                lost |= self.touched[n]
        return used

    def exchanged(self, used: int, order: Sequence[int]) -> int:
        """Return the family after every exchange of figures that makes the sum greater, as far
        as the work goes."""
        value, work = self.value(used), WORK
        better = True
        while better:
            better = False
            for n in order:
                work -= len(order) + len(self.soft)
                if work < 0:
                    return used
                bit = 1 << n
                changed = used & ~bit if used & bit else (used & ~self.overlaps[n]) | bit
                changed = self.filled(changed, [m for m in order if m != n])
                if (found := self.value(changed)) > value:
                    used, value, better = changed, found, True
        return used

    # --- Branch and bound

    def exact(self, start: int) -> tuple[int, bool]:
        """Return the best family, and whether the search for it came to its end."""
        self.best, self.most = start, self.value(start)
        everything = (1 << len(self.soft)) - 1
        self.branch(self.members, everything, 0, 0)
        if self.work > 0:
            return self.best, True
        return self.filled(self.best, sorted(bits(self.members))), False

    def branch(self, open: int, alive: int, used: int, value: int) -> None:
        """Decide the open figures one by one. `alive`: soft figures that no used one overlaps;
        `value`: the sum of the used hard figures."""
        if self.work <= 0:
            return
        kept = self.loss(alive)
        if value + kept > self.most:
            self.best, self.most = used, value + kept
        # What each open figure would add at the most: soft figures that no other open one
        # overlaps are surely lost with it.
        once, twice = 0, 0
        candidates = list(bits(open))
        for n in candidates:
            reached = self.touched[n] & alive
            twice |= once & reached
            once |= reached
        self.work -= len(candidates) + alive.bit_count() + 1
        gains = {
            n: self.weights[n] - self.loss(self.touched[n] & alive & ~twice) for n in candidates
        }
        candidates = sorted((n for n in candidates if gains[n] > 0), key=lambda n: -gains[n])
        # Of figures that all overlap each other at most one is used.
        cliques: list[int] = []
        bound = value + kept
        for n in candidates:
            for at, clique in enumerate(cliques):
                if clique & ~self.overlaps[n] == 0:
                    cliques[at] |= 1 << n
                    break
            else:
                cliques.append(1 << n)
                bound += gains[n]
        self.work -= len(candidates) * len(cliques)
        if bound <= self.most:
            return
        n = candidates[0]
        rest = sum(1 << m for m in candidates[1:])
        self.branch(
            rest & ~self.overlaps[n],
            alive & ~self.touched[n],
            used | 1 << n,
            value + self.weights[n],
        )
        self.branch(rest, alive, used, value)
