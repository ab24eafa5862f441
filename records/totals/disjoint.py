"""Sums over figures that are pairwise disjoint, and why a figure is not in one."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from records.totals.figures import CUMULATIVE, SINGLE, Figure, Party
from records.totals.judging import ZERO, Entry
from records.totals.milestones import sure_last_day
from records.totals.overlaps import Overlaps, identity, in_order
from records.totals.proven import EXACT, best_family, bits

REASONS = ("part", "whole", "same_event", "contained", "overlaps")
"""Which used figure keeps one out of a sum, the most telling first: its whole, its parts, another
report of the same event, a figure that surely covers it, or one that may. Before these comes
`overtaken`: a later point of its series gives as much or takes it back."""


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
    that overlap other singles are *hard* (see `proven`). The running totals have the first
    numbers of hard figures, as in `Overlaps`.
    """

    def __init__(
        self,
        overlaps: Overlaps,
        counted_sides: Mapping[str, frozenset[str]],
        entries: Sequence[Entry],
        weight: Callable[[Entry], Decimal],
        least: Sum | None = None,
    ) -> None:
        """Search among the entries; with `least`, by near dates, beginning from its family."""
        super().__init__(weight)
        self.known = overlaps
        self.links = overlaps.links
        self.counted_sides = counted_sides
        self.near = near = least is not None
        self.points = Points(entries, weight)
        back = self.points.taken_back
        able = [one for one in entries if weight(one) and one not in back]
        numbers = overlaps.number
        present = sum(1 << numbers[one] for one in able if one in numbers)
        singles = [one for one in able if one not in numbers]
        pairs = overlaps.pairs(singles, near)
        paired = in_order({one for pair in pairs for one in pair})
        self.hard = [*overlaps.running, *paired]
        self.number = {entry: n for n, entry in enumerate(self.hard)}
        self.soft: dict[int, list[Entry]] = defaultdict(list)
        mask = overlaps.mask
        for entry in singles:
            if entry not in self.number:
                self.soft[mask(entry, near) & present].append(entry)
        self.present = present
        self.overlaps = self.find_overlaps(paired, pairs)
        self.search_family(least)
        self.sum = sum(map(weight, self.used), ZERO) if able else None

    def find_overlaps(
        self, paired: Iterable[Entry], pairs: Iterable[tuple[Entry, Entry]]
    ) -> list[int]:
        """Return for every hard figure the set of those that it may overlap."""
        found = [
            self.known.between[n] & self.present if self.present >> n & 1 else 0
            for n in range(len(self.known.running))
        ]
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
        weights = [
            ZERO
            if entry in self.known.number and not self.present >> n & 1
            else self.weight(entry)
            for n, entry in enumerate(self.hard)
        ]
        family = best_family(weights, self.overlaps, sums, starts)
        self.family, self.search = family.used, family.search
        used = {self.hard[n] for n in bits(self.family)}
        for mask, entries in self.soft.items():
            if not mask & self.family:
                used.update(entries)
        self.used = frozenset(used)

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
        mask = self.known.mask(entry, self.near) if number is None else self.overlaps[number]
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
        if holder.item and (not figure.item or holder.item[0] not in figure.item):
            return False
        if holder.id == figure.id and holder.basis == SINGLE:
            return True
        counted = self.counted_sides.get(holder.id, frozenset())
        sides = (
            ("givers", holder.givers, figure.givers),
            ("receivers", holder.receivers, figure.receivers),
        )
        for side, names, held in sides:
            if not names and side in counted:
                return False
            if names and not (held and all(sure_body(one, names, holder.kind) for one in held)):
                return False
        last = sure_last_day(holder)
        return (
            holder.basis != SINGLE
            and holder.start is not None
            and last is not None
            and any(
                claim.stage == holder.stage and holder.start <= claim.first and claim.last <= last
                for claim in entry.dates.wide
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
