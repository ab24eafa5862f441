"""What a query's figures add up to: the proven minimum and all that is said beside it.

The way from rows to an answer:

1. `prepare.prepare` judges every figure by itself and among the reports of its record, once per
   `include` and `milestone`.
2. `answer` places the prepared figures in a query and searches for the proven minimum of each
   split (kind, measure, unit, currency, sort of counted parties).
3. `groups.grouped` makes a query of every group and answers it from the same prepared figures.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from functools import cached_property
from operator import attrgetter

from records.totals.disjoint import DisjointSum, LargestCount, Sum, Verdict
from records.totals.figures import SINGLE, Figure, Split
from records.totals.judging import ZERO, Entry
from records.totals.prepare import Prepared
from records.totals.scopes import (
    Place,
    Query,
    covers_query,
    item_inside,
    place_parties,
    place_time,
)

DIGITS = 60
"""Enough for sums of all figures to the last digit."""
TAKEN = Verdict(True)
LEAST: Callable[[Entry], Decimal] = attrgetter("least")
FACE: Callable[[Entry], Decimal] = attrgetter("face")


@dataclass
class Judged:
    """A figure of the query and what became of it."""

    figure: Figure
    stage: str
    in_at_least: Verdict
    in_about: Verdict


@dataclass
class Unproven:
    """What the file adds to `about` if none of it overlaps."""

    figures: int = 0
    records: int = 0
    sum: Decimal | None = ZERO


@dataclass
class Part:
    """A part of a total by basis and stage; parts need not add up to it."""

    basis: str
    stage: str
    at_least: Decimal | None
    about: Decimal | None
    search: str
    figures: int
    records: int


@dataclass
class Total:
    """The total of one split of a query."""

    split: Split
    at_least: Decimal | None
    """The proven minimum; null where no figure has a lower bound, and with an `include` that
    proves nothing."""
    about: Decimal | None
    at_most: Decimal | None
    search: str
    """`exact` or `greedy`, of `at_least`."""
    with_others: tuple[Decimal | None, Decimal | None]
    """`at_least` and `about` if a single counts whole as soon as one of its names fits."""
    unproven: Unproven
    breakdown: list[Part]
    judge: Callable[[], list[Judged]] = field(repr=False)

    @cached_property
    def judged(self) -> list[Judged]:
        """Every figure of the query, in the order of the rows given; judged when first read."""
        return self.judge()

    @property
    def exact(self) -> bool:
        """Whether the total is known exactly."""
        return self.at_least is not None and self.at_least == self.at_most

    @property
    def conflict(self) -> bool:
        """Whether the figures contradict each other: more is proven than can be."""
        return (
            self.at_least is not None and self.at_most is not None and self.at_most < self.at_least
        )

    @property
    def used(self) -> list[Figure]:
        """The figures of `at_least`: their lower bounds add up to it."""
        return [row.figure for row in self.judged if row.in_at_least.taken]

    @property
    def left_out(self) -> list[Judged]:
        """Figures that are in neither sum; `in_about` says why."""
        return [row for row in self.judged if not row.in_at_least.taken and not row.in_about.taken]


def answer(
    prepared: Prepared, query: Query, members: Iterable[Entry] | None = None
) -> list[Total]:
    """Return the totals of a query, one per split, of figures prepared with the query's `include`
    and `milestone`; of some of them only with `members`.

    A split without any figure in the query, counted or left out, has no total. What comes back
    per total: the sums, and `judged`, which has one row for every figure that the query's sides
    may hold: give its `in_at_least` and `in_about` as columns of a download, and count
    `left_out` by the reasons of `in_about`.
    """
    assert (prepared.include, prepared.milestone) == (query.include, query.milestone)
    places = Places(query)
    splits: dict[Split, list[tuple[Entry, Place, Place]]] = defaultdict(list)
    ceilings: dict[Split, list[Entry]] = defaultdict(list)
    for entry in prepared.overlaps.running:
        if entry.speaker is None:
            ceilings[entry.split].append(entry)
    for entry in prepared.entries if members is None else members:
        figure = entry.figure
        if figure.chosen:
            wide, near = places.place(entry)
            if wide is not Place.OUTSIDE or near is not Place.OUTSIDE:
                splits[entry.split].append((entry, wide, near))
    with localcontext(prec=DIGITS):
        return [
            Counting(prepared, query, rows).total(split, ceilings[split])
            for split, rows in sorted(splits.items(), key=lambda one: one[0])
        ]


def known_missing(prepared: Prepared, query: Query) -> dict[str, str]:
    """Return the records of a query that name uncounted amounts, with what they say of them."""
    places = Places(query)
    return {
        entry.figure.id: entry.figure.missing
        for entry in prepared.entries
        if entry.figure.missing
        and entry.figure.chosen
        and places.place(entry) != (Place.OUTSIDE, Place.OUTSIDE)
    }


class Places:
    """Where figures lie in a query; equal sides are placed once."""

    def __init__(self, query: Query) -> None:
        self.query = query
        self.parties: dict[tuple[int, int], Place] = {}
        self.items: dict[int, bool] = {}
        self.times: dict[tuple[int, bool], tuple[Place, Place]] = {}

    def place(self, entry: Entry) -> tuple[Place, Place]:
        """Return where a figure lies by its wide and by its near dates."""
        figure, query = entry.figure, self.query
        givers, receivers, item, dates = entry.sides
        if query.items:
            inside = self.items.get(item)
            if inside is None:
                inside = self.items[item] = item_inside(figure.item, query)
            if not inside:
                return Place.OUTSIDE, Place.OUTSIDE
        found = Place.INSIDE
        if query.givers or query.receivers:
            known = self.parties.get((givers, receivers))
            if known is None:
                known = place_parties(figure.givers, figure.receivers, query)
                self.parties[givers, receivers] = known
            if known is Place.OUTSIDE:
                return known, known
            found = known
        single = figure.basis == SINGLE
        times = self.times.get((dates, single))
        if times is None:
            times = self.times[dates, single] = (
                place_time(entry.dates, single, query),
                place_time(entry.dates, single, query, near=True),
            )
        if found is Place.JOINT:
            return joint(times[0]), joint(times[1])
        return times


def joint(time: Place) -> Place:
    """Return the place of a figure of which only some names fit."""
    return Place.JOINT if time is Place.INSIDE else time


class Counting:
    """The figures of one split of a query."""

    def __init__(
        self, prepared: Prepared, query: Query, rows: Sequence[tuple[Entry, Place, Place]]
    ) -> None:
        self.prepared = prepared
        self.query = query
        self.rows = rows
        self.parties = bool(rows) and rows[0][0].figure.measure == "parties"

    def total(self, split: Split, ceilings: Iterable[Entry]) -> Total:
        """Return the total of the split."""
        proves = self.query.proves()
        inside = [row[0] for row in self.rows if row[1] is Place.INSIDE and not row[0].reason]
        near = [row[0] for row in self.rows if row[2] is Place.INSIDE and not row[0].reason]
        least = self.least(inside)
        about = self.about(near, least)
        others = self.with_others(least, about, inside, near)
        return Total(
            split,
            at_least=least.sum if proves else None,
            about=about.sum,
            at_most=self.ceiling(ceilings),
            search=least.search,
            with_others=(others[0] if proves else None, others[1]),
            unproven=self.unproven(about),
            breakdown=self.breakdown(inside, near, least, about),
            judge=lambda: self.judged(least, about),
        )

    def judged(self, least: Sum, about: Sum) -> list[Judged]:
        """Return what became of every figure."""
        proves = self.query.proves()
        unproven = Verdict(False, "unproven")
        return [
            Judged(
                entry.figure,
                entry.stage,
                self.verdict(entry, wide, least) if proves else unproven,
                self.about_verdict(entry, near, about),
            )
            for entry, wide, near in self.rows
        ]

    def about_verdict(self, entry: Entry, place: Place, about: Sum) -> Verdict:
        """Return whether a figure is in `about`, and if not why."""
        inside = place is Place.INSIDE and not entry.reason
        if entry.speaker and inside and entry not in about.used:
            return Verdict(False, "rival", entry.figure.id)
        return self.verdict(entry, place, about)

    def unproven(self, about: Sum) -> Unproven:
        """Return what is inside and not in `about` because it may overlap."""
        found = [
            entry
            for entry, _, near in self.rows
            if near is Place.INSIDE
            and not entry.reason
            and entry not in about.used
            and self.about_verdict(entry, near, about).reason == "overlaps"
        ]
        figures = [entry.figure for entry in found]
        return Unproven(
            sum(figure.figures for figure in figures),
            count_records(figures),
            None if self.parties else sum(map(FACE, found), ZERO),
        )

    def least(self, entries: Sequence[Entry]) -> Sum:
        """Return the greatest sum of lower bounds over a disjoint family of the figures."""
        if self.parties:
            return LargestCount(entries, LEAST)
        return self.disjoint(entries, LEAST)

    def about(self, entries: Sequence[Entry], least: Sum) -> Sum:
        """Return the same with approximate numbers at their face; never below `least`."""
        able = [one for one in entries if one.speaker is None]
        found = LargestCount(able, FACE) if self.parties else self.disjoint(able, FACE, least)
        # A later point may take back an approximate report and leave its rival's lower bound.
        below = least.sum is not None and (found.sum is None or found.sum < least.sum)
        return least if below else found

    def disjoint(
        self,
        entries: Sequence[Entry],
        weight: Callable[[Entry], Decimal],
        least: Sum | None = None,
    ) -> Sum:
        """Return the greatest sum of weights over a disjoint family."""
        prepared = self.prepared
        return DisjointSum(prepared.overlaps, prepared.counted_sides, entries, weight, least)

    def with_others(
        self, least: Sum, about: Sum, inside: Sequence[Entry], near: Sequence[Entry]
    ) -> tuple[Decimal | None, Decimal | None]:
        """Return both sums if singles count whole as soon as one of their names fits."""
        wide, close = (
            [
                row[0]
                for row in self.rows
                if row[place] is Place.JOINT
                and row[0].figure.basis == SINGLE
                and not row[0].reason
            ]
            for place in (1, 2)
        )
        if not wide and not close:
            return least.sum, about.sum
        more = self.least([*inside, *wide])
        return more.sum, self.about([*near, *close], more).sum

    def verdict(self, entry: Entry, place: Place, found: Sum) -> Verdict:
        """Return whether a figure is in a sum, and if not why."""
        if entry.reason:
            return Verdict(False, entry.reason, entry.holder or None)
        if place is not Place.INSIDE:
            # By its near date it may lie outside; by its wide one it may not.
            return Verdict(False, "undated" if place is Place.OUTSIDE else place.value)
        if entry in found.used:
            return TAKEN
        if entry.figure.operator == "unspecified":
            return Verdict(False, "unspecified")
        if not found.weight(entry):
            return Verdict(False, "no_lower_bound")
        return found.why_not(entry)

    def breakdown(
        self, inside: Sequence[Entry], near: Sequence[Entry], least: Sum, about: Sum
    ) -> list[Part]:
        """Return the total by basis and stage, each part by the same rule."""
        parts: dict[tuple[str, str], tuple[list[Entry], list[Entry]]] = {}
        for at, entries in enumerate((inside, near)):
            for entry in entries:
                key = entry.figure.basis, entry.stage
                parts.setdefault(key, ([], []))[at].append(entry)
        found = []
        for (basis, stage), (wide, close) in sorted(parts.items()):
            if len(parts) > 1:
                least = self.least(wide)
                about = self.about(close, least)
            figures = [entry.figure for entry in dict.fromkeys([*wide, *close])]
            found.append(
                Part(
                    basis,
                    stage,
                    least.sum if self.query.proves() else None,
                    about.sum,
                    least.search,
                    sum(figure.figures for figure in figures),
                    count_records(figures),
                )
            )
        return found

    def ceiling(self, entries: Iterable[Entry]) -> Decimal | None:
        """Return the least upper bound of a running or period total that surely covers the
        query."""
        bounds = [
            entry.figure.upper
            for entry in entries
            if entry.figure.upper is not None
            and covers_query(
                entry.figure,
                self.query,
                self.prepared.counted_sides.get(entry.figure.id, frozenset()),
            )
        ]
        return min(bounds, default=None)


def count_records(figures: Iterable[Figure]) -> int:
    """Return of how many records the figures are."""
    single: set[str] = set()
    many = 0
    for figure in figures:
        if figure.records > 1:
            many += figure.records
        else:
            single.add(figure.id)
    return many + len(single)
