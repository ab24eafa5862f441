"""Sums over figures that are pairwise disjoint, and why a figure is not in one."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from itertools import combinations
from typing import NamedTuple

from records.totals.figures import CUMULATIVE, SINGLE, Figure, Party
from records.totals.links import BY_ITEM, NEVER
from records.totals.milestones import sure_last_day
from records.totals.prepare import ZERO, Entry, Prepared
from records.totals.proven import EXACT, best_family, bits
from records.totals.scopes import items_apart, near_times_apart, parties_apart, times_apart

REASONS = ("part", "whole", "same_event", "contained", "overlaps")
"""Which used figure keeps one out of a sum, the most telling first: its whole, its parts, another
report of the same event, a figure that surely covers it, or one that may. Before these comes
`overtaken`: a later point of its series gives as much or takes it back."""
GIVERS, RECEIVERS, ITEM, TIME = range(4)


class Verdict(NamedTuple):
    """Whether a figure is in a sum; if not, why, and the record that holds it."""

    taken: bool
    reason: str = ""
    holder: str | None = None


class Sum:
    """A sum in which nothing counts twice."""

    sum: Decimal | None
    used: frozenset[Entry]
    search = EXACT

    def __init__(self, weight: Callable[[Entry], Decimal]) -> None:
        self.weight = weight

    def why_not(self, entry: Entry) -> Verdict:
        """Return why a figure that has a weight is not used."""
        raise NotImplementedError


class LargestCount(Sum):
    """The largest of several counts of parties: they are never added."""

    def __init__(self, entries: Sequence[Entry], weight: Callable[[Entry], Decimal]) -> None:
        super().__init__(weight)
        self.points = Points(entries, weight)
        able = [one for one in entries if weight(one) and one not in self.points.taken_back]
        largest = max(able, key=weight, default=None)
        self.used = frozenset() if largest is None else frozenset([largest])
        self.sum = None if largest is None else weight(largest)

    def why_not(self, entry: Entry) -> Verdict:
        """Return the later or largest count as the one that holds a smaller one."""
        (holder,) = self.used
        return self.points.why_not(entry) or Verdict(False, "overlaps", holder.figure.id)


class DisjointSum(Sum):
    """The greatest sum over pairwise disjoint figures.

    Figures that can overlap only running and period totals are *soft*; these totals and singles
    that overlap other singles are *hard* (see `proven`).
    """

    def __init__(
        self,
        prepared: Prepared,
        entries: Sequence[Entry],
        weight: Callable[[Entry], Decimal],
        least: Sum | None = None,
    ) -> None:
        """Search among the entries; with `least`, by near dates, beginning from its family."""
        super().__init__(weight)
        self.prepared = prepared
        self.links = prepared.links
        self.times_apart = times_apart if least is None else near_times_apart
        self.sides_apart: dict[tuple[int, int, int], bool] = {}
        self.points = Points(entries, weight)
        able = [one for one in entries if weight(one) and one not in self.points.taken_back]
        self.running = sorted((one for one in able if one.figure.basis != SINGLE), key=identity)
        self.all_running = (1 << len(self.running)) - 1
        self.running_ids = {one.figure.id for one in self.running}
        self.masks: tuple[dict[int, int], ...] = ({}, {}, {}, {})
        singles = [one for one in able if one.figure.basis == SINGLE]
        pairs = self.overlapping_singles(singles)
        self.hard = self.running + sorted({one for pair in pairs for one in pair}, key=identity)
        self.number = {entry: n for n, entry in enumerate(self.hard)}
        self.soft: dict[int, list[Entry]] = defaultdict(list)
        for entry in singles:
            if entry not in self.number:
                self.soft[self.overlapped(entry)].append(entry)
        self.overlaps = self.find_overlaps(pairs)
        self.search_family(least)
        self.sum = sum(map(weight, self.used), ZERO) if able else None

    def search_family(self, least: Sum | None) -> None:
        """Search for the best family, and note what it uses."""
        sums = {
            mask: sum(map(self.weight, entries), ZERO)
            for mask, entries in self.soft.items()
            if mask
        }
        starts = []
        if least is not None:
            # What is disjoint by wide dates is disjoint by near ones.
            known = {one.speaker or one for one in least.used}
            starts.append(sum(1 << self.number[one] for one in known if one in self.number))
        weights = [self.weight(one) for one in self.hard]
        family = best_family(weights, self.overlaps, sums, starts)
        self.family, self.search = family.used, family.search
        used = {self.hard[n] for n in bits(self.family)}
        for mask, entries in self.soft.items():
            if not mask & self.family:
                used.update(entries)
        self.used = frozenset(used)

    # --- Which figures may overlap

    def overlapping_singles(self, singles: Iterable[Entry]) -> list[tuple[Entry, Entry]]:
        """Return the pairs of singles that are not disjoint: figures of one record, or of
        records that links join."""
        islands: dict[str, list[Entry]] = defaultdict(list)
        linked = self.links.linked
        for entry in singles:
            id = entry.figure.id
            islands[self.links.island(id) if id in linked else id].append(entry)
        return [
            (one, other)
            for entries in islands.values()
            if len(entries) > 1
            for one, other in combinations(entries, 2)
            if self.overlap(one, other)
        ]

    def find_overlaps(self, pairs: Iterable[tuple[Entry, Entry]]) -> list[int]:
        """Return for every hard figure the set of those that it may overlap."""
        found = [0] * len(self.hard)
        joined = [
            (self.number[one], self.number[other])
            for one, other in (*pairs, *combinations(self.running, 2))
            if one.figure.basis == SINGLE or self.overlap(one, other)
        ]
        for n, entry in enumerate(self.hard):
            if entry.figure.basis == SINGLE:
                joined += [(n, m) for m in bits(self.overlapped(entry))]
        for n, m in joined:
            found[n] |= 1 << m
            found[m] |= 1 << n
        return found

    def overlap(self, one: Entry, other: Entry) -> bool:
        """Return whether two figures are not provably disjoint."""
        relation = self.links.relation(one.figure.id, other.figure.id)
        if relation == NEVER:
            return True
        if relation == BY_ITEM:
            return not items_apart(one.figure.item, other.figure.item)
        if one.figure.basis == SINGLE and other.figure.basis == SINGLE:
            # One gift, one record.
            return False
        return not any(self.apart(side, one, other) for side in range(4))

    def apart(self, side: int, one: Entry, other: Entry) -> bool:
        """Return whether two figures are provably apart on a side."""
        first, second = sorted((one.sides[side], other.sides[side]))
        found = self.sides_apart.get((side, first, second))
        if found is None:
            if side == ITEM:
                found = items_apart(one.figure.item, other.figure.item)
            elif side == TIME:
                found = self.times_apart(one.dates, other.dates)
            else:
                found = parties_apart(names(side, one.figure), names(side, other.figure))
            self.sides_apart[side, first, second] = found
        return found

    def overlapped(self, single: Entry) -> int:
        """Return the set of running and period totals that a single may overlap."""
        apart = 0
        for side, memo in enumerate(self.masks):
            number = single.sides[side]
            mask = memo.get(number)
            if mask is None:
                mask = memo[number] = sum(
                    1 << n
                    for n, running in enumerate(self.running)
                    if self.apart(side, single, running)
                )
            apart |= mask
        found = self.all_running & ~apart
        id = single.figure.id
        if id in self.running_ids or id in self.links.linked:
            for n, running in enumerate(self.running):
                if self.links.relation(id, running.figure.id):
                    found &= ~(1 << n)
                    found |= int(self.overlap(single, running)) << n
        return found

    # --- Why a figure is not used

    def why_not(self, entry: Entry) -> Verdict:
        """Return the used figure that keeps this one out, and how it does."""
        if overtaken := self.points.why_not(entry):
            return overtaken
        reason, holder = min(
            ((self.why_held(entry, holder), holder) for holder in self.holders(entry)),
            key=lambda one: (REASONS.index(one[0]), -self.weight(one[1]), identity(one[1])),
        )
        return Verdict(False, reason, holder.figure.id)

    def holders(self, entry: Entry) -> list[Entry]:
        """Return used figures that overlap one: of soft ones the largest of their sort."""
        number = self.number.get(entry)
        mask = self.overlapped(entry) if number is None else self.overlaps[number]
        found = [self.hard[n] for n in bits(mask & self.family)]
        if number is not None:
            found += [
                self.largest(overlapped)
                for overlapped in self.soft
                if overlapped >> number & 1 and not overlapped & self.family
            ]
        return found

    def largest(self, mask: int) -> Entry:
        """Return the largest soft figure that overlaps just these hard ones."""
        return max(self.soft[mask], key=lambda one: (self.weight(one), identity(one)))

    def why_held(self, entry: Entry, holder: Entry) -> str:
        """Return how a used figure that overlaps another keeps it out."""
        id, other = entry.figure.id, holder.figure.id
        if entry.figure.series and series_key(entry) == series_key(holder):
            return "same_event"
        if self.links.is_part(id, other):
            return "part"
        if self.links.is_part(other, id):
            return "whole"
        if self.surely_covers(holder.figure, entry):
            return "contained"
        if id == other or self.links.surely_joined(id, other):
            return "same_event"
        return "overlaps"

    def surely_covers(self, holder: Figure, entry: Entry) -> bool:
        """Return whether a figure surely covers all of another: its own unknowns at their
        narrowest."""
        figure = entry.figure
        if holder.basis == SINGLE and holder.id != figure.id:
            return False
        if holder.item and (not figure.item or holder.item[0] not in figure.item):
            return False
        counted = self.prepared.counted_sides.get(holder.id, frozenset())
        for side, name in ((GIVERS, "givers"), (RECEIVERS, "receivers")):
            if holder.id == figure.id:
                break
            held = names(side, holder)
            if not held and name in counted:
                return False
            if held and not (
                names(side, figure)
                and all(
                    any(sure_body(one, whole, holder.kind) for whole in held)
                    for one in names(side, figure)
                )
            ):
                return False
        if holder.basis == SINGLE:
            return True
        last = sure_last_day(holder)
        return last is not None and any(
            claim.stage == holder.stage
            and holder.start is not None
            and holder.start <= claim.first
            and claim.last <= last
            for claim in entry.dates.wide
        )


def sure_body(party: Party, whole: Party, kind: str) -> bool:
    """Return whether figures of one party surely hold those of another: of a country those of
    its bodies only where it names a place, as in exports."""
    return party.code == whole.code or (kind == "export" and party.country == whole.code)


def names(side: int, figure: Figure) -> tuple[Party, ...]:
    """Return the parties of a figure on a side."""
    return figure.receivers if side == RECEIVERS else figure.givers


def identity(entry: Entry) -> tuple[str, int]:
    """Return what tells figures apart, for an order that does not depend on that of the rows."""
    return entry.figure.id, entry.figure.figure


# --- Series


class Points:
    """Points of series that a later point takes back or overtakes."""

    def __init__(self, entries: Iterable[Entry], weight: Callable[[Entry], Decimal]) -> None:
        self.taken_back: dict[Entry, Entry] = {}
        """Points above which a later point does not go, each with that point: the source took
        them back, so they prove nothing."""
        self.overtaken: dict[Entry, Entry] = {}
        """Other points to which a later point adds, each with the latest of these."""
        series: dict[tuple[object, ...], list[Entry]] = defaultdict(list)
        for entry in entries:
            if entry.figure.series and entry.figure.basis == CUMULATIVE:
                series[series_key(entry)].append(entry)
        for points in series.values():
            points.sort(key=lambda one: (one.figure.as_of, weight(one), identity(one)))
            for point in points:
                for later in points:
                    if later.figure.as_of > point.figure.as_of:
                        if says_less(later, weight(point)):
                            self.taken_back[point] = later
                        elif weight(later) >= weight(point):
                            self.overtaken[point] = later

    def why_not(self, entry: Entry) -> Verdict | None:
        """Return which later point keeps a point out, if one does."""
        later = self.taken_back.get(entry) or self.overtaken.get(entry)
        return Verdict(False, "overtaken", later.figure.id) if later else None


def series_key(entry: Entry) -> tuple[object, ...]:
    """Return what points of a series that tell of the same thing have in common."""
    figure = entry.figure
    return figure.series, figure.sort, entry.stage, entry.sides[:2], figure.start


def says_less(later: Entry, number: Decimal) -> bool:
    """Return whether a later point says that it was less than the number."""
    most = later.figure.value if later.figure.operator == "approx" else later.figure.upper
    return most is not None and most < number
