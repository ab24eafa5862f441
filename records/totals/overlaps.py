"""Which figures may overlap, found once for all queries over the same figures.

Running and period totals have numbers, and sets of them are bits of a number. A single that is
linked to no record and is the only one of its record can overlap running totals only, and which
follows from its four sides: sides are compared once per pair of different ones, and what was
compared is kept for the figures of other revisions.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property, reduce
from itertools import combinations
from operator import or_

import numpy as np

from records.totals.figures import SINGLE, Split
from records.totals.judging import Entry
from records.totals.links import BY_ITEM, NEVER, Links
from records.totals.proven import bits
from records.totals.scopes import items_apart, near_times_apart, parties_apart, times_apart
from records.totals.table import Array, Registry, Table

GIVERS, RECEIVERS, ITEM, TIME, NEAR_TIME = range(5)
PLACE = (0, 1, 2, 3, 3)
"""Where in `Entry.sides` the number of a side is."""
WIDE, NEAR = (GIVERS, RECEIVERS, ITEM, TIME), (GIVERS, RECEIVERS, ITEM, NEAR_TIME)


class Comparisons:
    """Which sides are provably apart, by their numbers; each pair is compared once."""

    def __init__(self, registry: Registry) -> None:
        self.values = (
            registry.parties.values,
            registry.parties.values,
            registry.items.values,
            registry.dates.values,
            registry.dates.values,
        )
        self.known: tuple[dict[int, Array], ...] = ({}, {}, {}, {}, {})

    def apart(self, side: int, running: int) -> Array:
        """Return number of a side → whether it is apart from that of a running total."""
        values = self.values[side]
        known = self.known[side].get(running)
        begin = 0 if known is None else len(known)
        if begin < len(values):
            compare = (parties_apart, parties_apart, items_apart, times_apart, near_times_apart)[
                side
            ]
            other = values[running]
            more = np.array([compare(value, other) for value in values[begin:]], np.bool_)
            known = more if known is None else np.concatenate([known, more])
            self.known[side][running] = known
        assert known is not None
        return known


class Overlaps:
    """Overlaps between prepared figures."""

    def __init__(
        self,
        running: Iterable[Entry],
        tied: set[Entry],
        links: Links,
        comparisons: Comparisons,
        before: "Overlaps | None" = None,
    ) -> None:
        """`before`: the overlaps of another revision, whose comparisons these share."""
        self.links = links
        self.comparisons = comparisons
        self.running = in_order(running)
        self.number = {entry: n for n, entry in enumerate(self.running)}
        """Running and period totals that may count, numbered."""
        self.everything = (1 << len(self.running)) - 1
        self.tied = tied
        """Singles that may overlap other singles, or whose links have a say."""
        self.masks: dict[tuple[Entry, bool], int] = {}
        self.islands: dict[str, int]
        """Records joined by links → running totals of them."""
        self.between: list[int]
        """Of every running total, the others that it may overlap."""
        if before and before.links is links and before.running == self.running:
            self.islands, self.between = before.islands, before.between
        else:
            self.islands = self.find_islands()
            self.between = self.find_between()

    def find_islands(self) -> dict[str, int]:
        found: dict[str, int] = defaultdict(int)
        for n, entry in enumerate(self.running):
            found[self.island(entry)] |= 1 << n
        return found

    def find_between(self) -> list[int]:
        return [
            self.corrected(entry, self.by_sides(entry, False), self.islands[self.island(entry)])
            & ~(1 << n)
            for n, entry in enumerate(self.running)
        ]

    def island(self, entry: Entry) -> str:
        """Return the id by which all records that links join with the figure's are known."""
        id = entry.figure.id
        return self.links.island(id) if id in self.links.linked else id

    def overlap(self, one: Entry, other: Entry, near: bool = False) -> bool:
        """Return whether two figures are not provably disjoint."""
        relation = self.links.relation(one.figure.id, other.figure.id)
        if relation == NEVER:
            return True
        if relation == BY_ITEM:
            return not items_apart(one.figure.item, other.figure.item)
        if one.figure.basis == SINGLE and other.figure.basis == SINGLE:
            # One gift, one record.
            return False
        running, entry = (other, one) if one.figure.basis == SINGLE else (one, other)
        return not any(
            self.comparisons.apart(side, running.sides[PLACE[side]])[entry.sides[PLACE[side]]]
            for side in (NEAR if near else WIDE)
        )

    def mask(self, single: Entry, near: bool) -> int:
        """Return the set of running totals that a single may overlap."""
        found = self.masks.get((single, near))
        if found is None:
            found = self.by_sides(single, near)
            if single in self.tied and (related := self.islands.get(self.island(single))):
                found = self.corrected(single, found, related, near)
            self.masks[single, near] = found
        return found

    def by_sides(self, entry: Entry, near: bool) -> int:
        """Return the set of running totals from which no side is apart."""
        found = self.everything
        for side in NEAR if near else WIDE:
            found &= ~self.side_mask(side, entry.sides[PLACE[side]])
        return found

    def side_mask(self, side: int, number: int) -> int:
        """Return the set of running totals that are apart from a side."""
        classes, masks = self.side_classes[side]
        return masks[classes[number]]

    @cached_property
    def side_classes(self) -> list[tuple[Array, list[int]]]:
        """Per side: its number → class, and class → the set of running totals that are apart."""
        return [self.find_classes(side) for side in range(len(PLACE))]

    def find_classes(self, side: int) -> tuple[Array, list[int]]:
        """Compare all sides with every different one that running totals have."""
        running: dict[int, int] = defaultdict(int)
        for n, entry in enumerate(self.running):
            running[entry.sides[PLACE[side]]] |= 1 << n
        compared = [self.comparisons.apart(side, number) for number in running]
        if not compared:
            return np.zeros(len(self.comparisons.values[side]), np.int64), [0]
        # Others may have added further numbers meanwhile.
        length = min(map(len, compared))
        matrix = np.stack([column[:length] for column in compared])
        packed = np.ascontiguousarray(np.packbits(matrix, axis=0).T)
        alike = packed.view([("", np.void, packed.shape[1])]).ravel()
        _, first, classes = np.unique(alike, return_index=True, return_inverse=True)
        sets = list(running.values())
        masks = [
            reduce(or_, (sets[n] for n in np.flatnonzero(matrix[:, at])), 0)
            for at in first.tolist()
        ]
        return classes, masks

    def classes(self, table: Table, near: bool) -> tuple[Array, list[int]]:
        """Return the class of every row, and class → the running totals that it may overlap by
        its sides."""
        found = np.zeros(len(table), np.int64)
        masks = [0]
        if not self.running:
            return found, masks
        for side in NEAR if near else WIDE:
            numbers, apart = self.side_classes[side]
            column = (table.givers, table.receivers, table.item, table.dates)[PLACE[side]]
            keys, found = np.unique(found * len(apart) + numbers[column], return_inverse=True)
            masks = [
                masks[one] | apart[other]
                for one, other in (divmod(key, len(apart)) for key in keys.tolist())
            ]
        return found, [self.everything & ~mask for mask in masks]

    def corrected(self, entry: Entry, mask: int, related: int, near: bool = False) -> int:
        """Return the set after links had their say: they distinguish by item what sides cannot,
        and the other way round."""
        for n in bits(related):
            mask &= ~(1 << n)
            mask |= int(self.overlap(entry, self.running[n], near)) << n
        return mask

    def pairs(self, singles: Iterable[Entry], near: bool) -> list[tuple[Entry, Entry]]:
        """Return the pairs of singles that may overlap each other."""
        islands: dict[str, list[Entry]] = defaultdict(list)
        for entry in singles:
            if entry in self.tied:
                islands[self.island(entry)].append(entry)
        return [
            (one, other)
            for entries in islands.values()
            for one, other in combinations(entries, 2)
            if self.overlap(one, other, near)
        ]


def tied_in_records(counted: Iterable[Entry]) -> set[Entry]:
    """Return the singles that other figures of their record and split may overlap."""
    found = set()
    records: dict[tuple[str, Split], list[Entry]] = {}
    alone: dict[tuple[str, Split], Entry] = {}
    for entry in counted:
        key = entry.figure.id, entry.split
        if key in records:
            records[key].append(entry)
        elif key in alone:
            records[key] = [alone[key], entry]
        else:
            alone[key] = entry
    for rows in records.values():
        for one, other in combinations(rows, 2):
            if not items_apart(one.figure.item, other.figure.item):
                found |= {one, other}
    return {one for one in found if one.figure.basis == SINGLE}


def in_order(entries: Iterable[Entry]) -> Sequence[Entry]:
    """Return figures in an order that does not depend on that of the rows."""
    return sorted(entries, key=identity)


def identity(entry: Entry) -> tuple[str, int]:
    """Return the key by which figures are distinguished."""
    return entry.figure.id, entry.figure.figure
