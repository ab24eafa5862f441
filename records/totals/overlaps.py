"""Which figures may overlap, found once for all queries over the same figures.

Running and period totals have numbers, and sets of them are bits of a number. A single that is
linked to no record and is the only one of its record can overlap running totals only, and which
follows from its four sides: sides are compared once per pair of different ones.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations

from records.totals.figures import SINGLE, Party
from records.totals.judging import Entry
from records.totals.links import BY_ITEM, NEVER, Links
from records.totals.scopes import items_apart, near_times_apart, parties_apart, times_apart

GIVERS, RECEIVERS, ITEM, TIME = range(4)


def names(side: int, entry: Entry) -> tuple[Party, ...]:
    """Return the parties of a figure on a side."""
    return entry.figure.receivers if side == RECEIVERS else entry.figure.givers


class Overlaps:
    """Overlaps between prepared figures."""

    def __init__(self, entries: Iterable[Entry], links: Links) -> None:
        self.links = links
        counted = [one for one in entries if not one.reason and one.figure.chosen]
        self.running = [one for one in counted if one.figure.basis != SINGLE]
        self.number = {entry: n for n, entry in enumerate(self.running)}
        """Running and period totals that may count, numbered."""
        self.everything = (1 << len(self.running)) - 1
        self.by_side: list[dict[int, tuple[int, Entry]]] = [{} for _ in range(4)]
        """Per side: its number → the running totals that have it, and one of them."""
        for n, entry in enumerate(self.running):
            for side, number in enumerate(entry.sides):
                found, _ = self.by_side[side].get(number, (0, entry))
                self.by_side[side][number] = found | 1 << n, entry
        self.side_masks: tuple[dict[int, int], ...] = ({}, {}, {})
        self.time_masks: dict[int, tuple[int, int]] = {}
        self.islands: dict[str, int] = defaultdict(int)
        """Records joined by links → running totals of them."""
        for n, entry in enumerate(self.running):
            self.islands[self.island(entry)] |= 1 << n
        self.tied = self.find_tied(counted)
        """Singles that may overlap other singles, or whose links have a say."""
        self.between = [0] * len(self.running)
        """Of every running total, the others that it may overlap."""
        for (n, one), (m, other) in combinations(enumerate(self.running), 2):
            if self.overlap(one, other):
                self.between[n] |= 1 << m
                self.between[m] |= 1 << n

    def island(self, entry: Entry) -> str:
        """Return the id by which all records that links join with the figure's are known."""
        id = entry.figure.id
        return self.links.island(id) if id in self.links.linked else id

    def find_tied(self, counted: Iterable[Entry]) -> set[Entry]:
        """Return the singles of linked records and of records with figures not told apart."""
        found = set()
        records: dict[str, list[Entry]] = {}
        alone: dict[str, Entry] = {}
        for entry in counted:
            id = entry.figure.id
            if id in self.links.linked:
                found.add(entry)
            elif id in records:
                records[id].append(entry)
            elif id in alone:
                records[id] = [alone[id], entry]
            else:
                alone[id] = entry
        for rows in records.values():
            for one, other in combinations(rows, 2):
                running = one.figure.basis != SINGLE or other.figure.basis != SINGLE
                if running or not items_apart(one.figure.item, other.figure.item):
                    found |= {one, other}
        return {one for one in found if one.figure.basis == SINGLE}

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
        return not any(self.apart(side, one, other, near) for side in range(4))

    def apart(self, side: int, one: Entry, other: Entry, near: bool) -> bool:
        """Return whether two figures are provably apart on a side."""
        if side == ITEM:
            return items_apart(one.figure.item, other.figure.item)
        if side == TIME:
            compare = near_times_apart if near else times_apart
            return compare(one.dates, other.dates)
        return parties_apart(names(side, one), names(side, other))

    def mask(self, single: Entry, near: bool) -> int:
        """Return the set of running totals that a single may overlap."""
        if single.overlaps is None:
            givers, receivers, item, time = single.sides
            apart = (
                self.side_mask(GIVERS, givers, single)
                | self.side_mask(RECEIVERS, receivers, single)
                | self.side_mask(ITEM, item, single)
            )
            wide, close = self.time_masks.get(time) or self.find_time_masks(time, single)
            found = self.everything & ~(apart | wide), self.everything & ~(apart | close)
            if single in self.tied and (related := self.islands.get(self.island(single))):
                found = (
                    self.corrected(single, found[0], related, False),
                    self.corrected(single, found[1], related, True),
                )
            single.overlaps = found
        return single.overlaps[near]

    def side_mask(self, side: int, number: int, single: Entry) -> int:
        """Return the set of running totals from which a single is apart on a side."""
        found = self.side_masks[side].get(number)
        if found is None:
            found = self.side_masks[side][number] = self.find_mask(side, single, False)
        return found

    def find_time_masks(self, number: int, single: Entry) -> tuple[int, int]:
        """Return the sets from which a single is apart in time, by wide and by near dates."""
        found = self.find_mask(TIME, single, False), self.find_mask(TIME, single, True)
        self.time_masks[number] = found
        return found

    def find_mask(self, side: int, single: Entry, near: bool) -> int:
        """Compare a side with every different one that running totals have."""
        found = 0
        for sides, entry in self.by_side[side].values():
            if self.apart(side, single, entry, near):
                found |= sides
        return found

    def corrected(self, single: Entry, mask: int, related: int, near: bool) -> int:
        """Return the set after links had their say: they tell apart by item what sides cannot,
        and the other way round."""
        for n, running in enumerate(self.running):
            if related >> n & 1:
                mask &= ~(1 << n)
                mask |= int(self.overlap(single, running, near)) << n
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


def in_order(entries: Iterable[Entry]) -> Sequence[Entry]:
    """Return figures in an order that does not depend on that of the rows."""
    return sorted(entries, key=identity)


def identity(entry: Entry) -> tuple[str, int]:
    """Return the key by which figures are distinguished."""
    return entry.figure.id, entry.figure.figure
