"""Sums over figures that are pairwise disjoint, and why a figure is not in one."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

import numpy as np

from records.totals.figures import CUMULATIVE, SINGLE, Figure, Party
from records.totals.judging import ZERO, Entry
from records.totals.milestones import Dates, last_day, span, sure_last_day
from records.totals.overlaps import identity, in_order
from records.totals.prepare import Prepared
from records.totals.proven import EXACT, best_family, bits
from records.totals.table import Array, Registry, Table, amount, looked_up, sums_by

REASONS = ("part", "whole", "same_event", "contained", "overlaps")
"""Which used figure keeps one out of a sum, the most telling first: its whole, its parts, another
report of the same event, a figure that surely covers it, or one that may. Before these comes
`overtaken`: a later point of its series gives as much or takes it back."""


class Verdict(NamedTuple):
    """Whether a figure is in a sum; if not, why, and the record that holds it."""

    taken: bool
    reason: str = ""
    holder: str | None = None


class Soft:
    """Figures of a query that can overlap running totals only, summed by the class of these."""

    def __init__(self, prepared: Prepared, rows: Array, near: bool) -> None:
        """Take the rows that have a lower bound; with `near` those that have a number, by near
        dates."""
        self.table = table = prepared.table
        self.high, self.low = (
            (table.face_high, table.face_low) if near else (table.least_high, table.least_low)
        )
        self.some = table.some_face if near else table.some_least
        """Which rows of the table add to a sum."""
        self.every, self.masks = prepared.near_classes if near else prepared.wide_classes
        """Class of every row, and class → the running totals that it may overlap."""
        self.rows = rows[self.some[rows]]
        self.classes = self.every[self.rows]
        self.sums = sums_by(self.classes, self.high[self.rows], self.low[self.rows])

    def of_classes(self, classes: Sequence[int]) -> Array:
        """Return the rows of some classes."""
        if len(classes) == len(self.sums):
            return self.rows
        wanted = np.zeros(len(self.masks), np.bool_)
        wanted[classes] = True
        return self.rows[wanted[self.classes]]

    def largest(self, classes: Sequence[int]) -> Entry:
        """Return the largest figure of some classes."""
        rows = self.of_classes(classes)
        for column in (self.high, self.low):
            numbers = column[rows]
            rows = rows[numbers == numbers.max()]
        return max(self.table.entries[rows].tolist(), key=identity)


class Sum:
    """A sum in which nothing counts twice."""

    sum: Decimal | None
    used: frozenset[Entry]
    """Those of the figures given one by one that it uses."""
    search = EXACT
    soft: Soft

    def __init__(self, weight: Callable[[Entry], Decimal]) -> None:
        self.weight = weight

    @cached_property
    def used_rows(self) -> Array:
        """Rows of the soft figures that it uses."""
        raise NotImplementedError

    def why_not(self, entry: Entry) -> Verdict:
        """Return why a figure that has a weight is not used."""
        raise NotImplementedError

    def held(self, registry: Registry, rows: Array) -> tuple[Array, Array]:
        """Return which soft rows that have a weight and are not used are surely contained in a
        used figure, and the id of the record that holds each; None where none overlaps it."""
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
    that overlap other singles are *hard* (see `proven`). The running totals have the first
    numbers of hard figures, as in `Overlaps`.
    """

    def __init__(
        self,
        prepared: Prepared,
        entries: Sequence[Entry],
        soft: Soft,
        weight: Callable[[Entry], Decimal],
        least: Sum | None = None,
    ) -> None:
        """Search among entries and soft rows; with `least`, by near dates, beginning from its
        family."""
        super().__init__(weight)
        self.soft = soft
        self.known = overlaps = prepared.overlaps
        self.links = overlaps.links
        self.counted_sides = prepared.counted_sides
        self.near = near = least is not None
        self.points = Points(entries, weight)
        back = self.points.taken_back
        able = [one for one in entries if weight(one) and one not in back]
        numbers = overlaps.number
        self.present = sum(1 << numbers[one] for one in able if one in numbers)
        singles = [one for one in able if one not in numbers]
        pairs = overlaps.pairs(singles, near)
        paired = in_order({one for pair in pairs for one in pair})
        self.hard = [*overlaps.running, *paired]
        self.number = numbers
        if paired:
            first = len(overlaps.running)
            self.number = numbers | {entry: n for n, entry in enumerate(paired, first)}
        self.others: dict[int, list[Entry]] = defaultdict(list)
        """Soft figures among the entries, by the running totals that they overlap."""
        for entry in singles:
            if entry not in self.number:
                self.others[overlaps.mask(entry, near) & self.present].append(entry)
        self.sets: dict[int, list[int]] = defaultdict(list)
        """Running totals that soft rows overlap → their classes."""
        if self.present:
            for number in soft.sums:
                self.sets[soft.masks[number] & self.present].append(number)
        elif soft.sums:
            # Without running totals, as in most parts of a breakdown, nothing need be looked up.
            self.sets[0] = list(soft.sums)
        self.overlaps = self.find_overlaps(paired, pairs)
        self.search_family(least)
        free = [soft.sums[number] for number in self.free_classes]
        self.sum = sum(map(weight, self.used), amount(sum(free))) if able or soft.sums else None

    def find_overlaps(
        self, paired: Iterable[Entry], pairs: Iterable[tuple[Entry, Entry]]
    ) -> list[int]:
        """Return for every hard figure the set of those that it may overlap."""
        found = [0] * len(self.known.running)
        for n in bits(self.present):
            found[n] = self.known.between[n] & self.present
        for entry in paired:
            mask = self.known.mask(entry, self.near) & self.present
            for n in bits(mask):
                found[n] |= 1 << self.number[entry]
            found.append(mask)
        for one, other in pairs:
            n, m = self.number[one], self.number[other]
            found[n] |= 1 << m
            found[m] |= 1 << n
        return found

    def search_family(self, least: Sum | None) -> None:
        """Search for the best family, and note what it uses."""
        sums: dict[int, Decimal] = defaultdict(Decimal)
        for mask, entries in self.others.items():
            sums[mask] += sum(map(self.weight, entries), ZERO)
        for mask, classes in self.sets.items():
            sums[mask] += amount(sum(self.soft.sums[number] for number in classes))
        sums.pop(0, None)
        starts = []
        if least is not None:
            # What is disjoint by wide dates is disjoint by near ones.
            known = {one.speaker or one for one in least.used}
            starts.append(sum(1 << self.number[one] for one in known if one in self.number))
        running = len(self.known.running)
        weights = [ZERO] * running
        for n in bits(self.present):
            weights[n] = self.weight(self.hard[n])
        weights += map(self.weight, self.hard[running:])
        family = best_family(weights, self.overlaps, sums, starts)
        self.family, self.search = family.used, family.search
        used = {self.hard[n] for n in bits(self.family)}
        for mask, entries in self.others.items():
            if not mask & self.family:
                used.update(entries)
        self.used = frozenset(used)

    @property
    def free_classes(self) -> list[int]:
        """The classes of soft rows that no used figure overlaps."""
        return [
            number
            for mask, classes in self.sets.items()
            if not mask & self.family
            for number in classes
        ]

    @cached_property
    def used_rows(self) -> Array:
        return self.soft.of_classes(self.free_classes)

    # --- Why a figure is not used

    def why_not(self, entry: Entry) -> Verdict:
        """Return the used figure that keeps this one out, and how it does."""
        if overtaken := self.points.why_not(entry):
            return overtaken
        holders = self.holders(entry)
        if not holders:
            # It lies inside by its near date only, and the sum goes by wide ones.
            return Verdict(False, "undated")
        reason, holder = min(
            ((self.why_held(entry, holder), holder) for holder in holders),
            key=lambda one: (REASONS.index(one[0]), -self.weight(one[1]), identity(one[1])),
        )
        return Verdict(False, reason, holder.figure.id)

    def holders(self, entry: Entry) -> list[Entry]:
        """Return used figures that overlap one: of soft ones the largest of their sort."""
        number = self.number.get(entry)
        mask = self.known.mask(entry, self.near) if number is None else self.overlaps[number]
        found = [self.hard[n] for n in bits(mask & self.family)]
        if number is not None:
            for overlapped in self.others.keys() | self.sets.keys():
                if overlapped >> number & 1 and not overlapped & self.family:
                    found.append(self.largest(overlapped))
        return found

    def largest(self, mask: int) -> Entry:
        """Return the largest soft figure that overlaps just these running totals."""
        found = list(self.others.get(mask, ()))
        if mask in self.sets:
            found.append(self.soft.largest(self.sets[mask]))
        return max(found, key=lambda one: (self.weight(one), identity(one)))

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
        if not holds_item(holder, figure.item):
            return False
        if holder.id == figure.id and holder.basis == SINGLE:
            return True
        counted = self.counted_sides.get(holder.id, frozenset())
        return (
            holds_parties(holder, "givers", figure.givers, counted)
            and holds_parties(holder, "receivers", figure.receivers, counted)
            and holds_dates(holder, entry.dates)
        )

    # --- The same for soft rows

    def held(self, registry: Registry, rows: Array) -> tuple[Array, Array]:
        table, masks = self.soft.table, self.soft.masks
        family = self.family & self.known.everything
        used = [self.hard[n] for n in bits(family)]
        used.sort(key=lambda one: (-self.weight(one), identity(one)))
        order = {self.number[one]: place for place, one in enumerate(used)}
        present, classes = np.unique(self.soft.every[rows], return_inverse=True)
        overlapped = np.zeros((len(used), len(present)), np.bool_)
        for at, number in enumerate(present.tolist()):
            for n in bits(masks[number] & family):
                overlapped[order[n], at] = True
        contained = np.zeros(len(rows), np.bool_)
        holders = np.full(len(rows), None, object)
        for holder, some in zip(used, overlapped, strict=True):
            places = np.flatnonzero(some[classes] & ~contained)
            inside = self.covered(holder.figure, registry, table, rows[places])
            # One that surely covers it comes before a larger one that may.
            free = inside | ~holders[places].astype(np.bool_)
            holders[places[free]] = holder.figure.id
            contained[places[inside]] = True
        return contained, holders

    def covered(self, holder: Figure, registry: Registry, table: Table, rows: Array) -> Array:
        """Return which rows a running or period total surely covers."""
        counted = self.counted_sides.get(holder.id, frozenset())
        parties, items = registry.parties.values, registry.items.values
        dates = registry.dates.values

        def holds_givers(number: int) -> bool:
            return holds_parties(holder, "givers", parties[number], counted)

        def holds_receivers(number: int) -> bool:
            return holds_parties(holder, "receivers", parties[number], counted)

        return (
            looked_up(table.item[rows], lambda n: holds_item(holder, items[n]), np.bool_)
            & looked_up(table.givers[rows], holds_givers, np.bool_)
            & looked_up(table.receivers[rows], holds_receivers, np.bool_)
            & looked_up(table.dates[rows], lambda n: holds_dates(holder, dates[n]), np.bool_)
        )


def holds_item(holder: Figure, item: Sequence[str]) -> bool:
    """Return whether a figure's item is another, or above it."""
    return not holder.item or (bool(item) and holder.item[0] in item)


def holds_parties(
    holder: Figure, side: str, held: Sequence[Party], counted: Collection[str]
) -> bool:
    """Return whether the names of a figure on a side surely hold others; `counted`: sides of
    which its record counts the parties."""
    names: Sequence[Party] = getattr(holder, side)
    if not names:
        return side not in counted
    return bool(held) and all(sure_body(one, names, holder.kind) for one in held)


def holds_dates(holder: Figure, dates: Dates) -> bool:
    """Return whether a running or period total surely covers one of the dates."""
    start, last = holder.start, sure_last_day(holder)
    return (
        holder.basis != SINGLE
        and start is not None
        and last is not None
        and any(
            claim.stage == holder.stage and start <= claim.first and claim.last <= last
            for claim in dates.wide
        )
    )


def sure_body(party: Party, names: Iterable[Party], kind: str) -> bool:
    """Return whether figures of some names surely hold those of a party: of a country those of
    its bodies only where it names a place, as in exports."""
    return any(
        party.code == name.code or (kind == "export" and party.country == name.code)
        for name in names
    )


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
            points.sort(key=lambda one: (last_day(one.figure), weight(one), identity(one)))
            dated = [(*span(one.figure.as_of, one.figure.precision), one) for one in points]
            for _, last, point in dated:
                for first, _, later in dated:
                    # A point of April may be of a day before the 15th, or after it.
                    if first > last:
                        if says_less(later, weight(point)):
                            self.taken_back[point] = later
                        elif weight(later) >= weight(point):
                            self.overtaken[point] = later

    def why_not(self, entry: Entry) -> Verdict | None:
        """Return which later point keeps a point out, if one does."""
        later = self.taken_back.get(entry) or self.overtaken.get(entry)
        return Verdict(False, "overtaken", later.figure.id) if later else None


def series_key(entry: Entry) -> tuple[object, ...]:
    """Return what points of a series that report the same thing have in common."""
    figure = entry.figure
    return figure.series, figure.sort, entry.stage, entry.sides[:2], figure.start


def says_less(later: Entry, number: Decimal) -> bool:
    """Return whether a later point says that it was less than the number."""
    most = later.figure.value if later.figure.operator == "approx" else later.figure.upper
    return most is not None and most < number
