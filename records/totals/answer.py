"""What a query's figures add up to: the proven minimum and all that is said beside it.

The way from rows to an answer:

1. `prepare.prepare` judges every figure by itself and among the reports of its record, once per
   `include` and `milestone`.
2. `answer` places the prepared figures in a query and searches for the proven minimum of each
   split (kind, measure, unit, currency, sort of counted parties).
3. `groups.grouped` makes a query of every group and answers it from the same prepared figures.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from functools import cached_property
from operator import attrgetter
from typing import Any

import numpy as np

from records.totals.disjoint import DisjointSum, LargestCount, Soft, Sum, Verdict
from records.totals.figures import SINGLE, Figure, Split
from records.totals.judging import ZERO, Entry
from records.totals.prepare import Prepared
from records.totals.scopes import (
    Condition,
    Place,
    Query,
    covers_query,
    item_inside,
    place_names,
    place_time,
)
from records.totals.table import Array, Numbers, amount, count, distinct, looked_up, sums_by

DIGITS = 60
"""Enough for sums of all figures to the last digit."""
SMALL = 20_000
"""Figures of a kind up to which what is found of their totals is kept for other revisions."""
TAKEN = Verdict(True)
HELD = frozenset({"rival", "repeated"})
"""Reasons of figures in whose place another one of their record counts."""
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

    figures: int
    records: int
    sum: Decimal | None


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
    counting: "Counting" = field(repr=False)
    found: dict[str, Any] = field(repr=False)
    """What was found of the same figures, here or in another revision: all but the sums when it
    is first read, since a chart of hundreds of groups reads the sums."""

    def known(self, name: str, find: Callable[[], Any]) -> Any:
        """Return what is found of the figures by that name."""
        if name not in self.found:
            with localcontext(prec=DIGITS):
                self.found[name] = find()
        return self.found[name]

    @cached_property
    def families(self) -> tuple[Sum, Sum]:
        """The families of `at_least` and of `about`."""
        with localcontext(prec=DIGITS):
            return self.counting.families(self.at_most)

    @property
    def counted(self) -> int:
        """The number of figures that may count in it."""
        return int(self.counting.counted.sum())

    @property
    def with_others(self) -> tuple[Decimal | None, Decimal | None]:
        """`at_least` and `about` if a single counts whole as soon as one of its names fits."""
        least, about = self.known("with_others", lambda: self.counting.with_others(*self.families))
        return least if self.counting.query.proves() else None, about

    @property
    def unproven(self) -> Unproven:
        """What may overlap what counts."""
        return self.known("unproven", lambda: self.counting.unproven(self.verdicts))

    @property
    def breakdown(self) -> list[Part]:
        """The total by basis and stage, each part by the same rule."""
        return self.known("breakdown", lambda: self.counting.breakdown(*self.families))

    @property
    def verdicts(self) -> "Verdicts":
        """Whether figures are in `about`, and why not."""
        counting = self.counting
        return self.known(
            "about", lambda: counting.verdicts(self.families[1], counting.near, rivals=True)
        )

    @property
    def proven(self) -> "Verdicts":
        """Whether figures are in `at_least`, and why not."""
        counting = self.counting
        if not counting.query.proves():
            return Verdicts(self.verdicts.known, len(counting.rows), "unproven")
        return self.known("at_least", lambda: counting.verdicts(self.families[0], counting.wide))

    @cached_property
    def outcome(self) -> "Outcome":
        """What became of every figure that the query's sides may hold."""
        return Outcome(self.counting, self.proven, self.verdicts)

    @cached_property
    def judged(self) -> list[Judged]:
        """Every figure of the query, in the order of the rows given."""
        return self.outcome.judged(range(len(self.outcome.rows)))

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
        places = np.flatnonzero(self.outcome.least.taken)
        return [row.figure for row in self.outcome.judged(places.tolist())]

    @property
    def left_out(self) -> list[Judged]:
        """Figures that are in neither sum; `in_about` says why."""
        return self.outcome.judged(np.flatnonzero(~self.outcome.used).tolist())


class Outcome:
    """What became of the figures of a total, as columns."""

    def __init__(self, counting: "Counting", least: "Verdicts", about: "Verdicts") -> None:
        self.table = counting.table
        self.rows = counting.rows
        """Their rows in the table of prepared figures."""
        self.ids = counting.prepared.registry.records.values
        self.least, self.about = least, about

    @cached_property
    def used(self) -> Array:
        """Which figures are in a sum."""
        return self.least.taken | self.about.taken

    def judged(self, places: Iterable[int]) -> list[Judged]:
        """Return figures by their places among the rows."""
        found = []
        for place in places:
            entry = self.table.entries[self.rows[place]]
            found.append(
                Judged(entry.figure, entry.stage, self.least.of(place), self.about.of(place))
            )
        return found

    def verdicts(self, places: Iterable[int]) -> Iterator[tuple[str, int, Verdict, Verdict]]:
        """Yield figures by their places among the rows: the record, the number of the figure in
        it, and what became of it in `at_least` and in `about`."""
        for place in places:
            row = self.rows[place]
            id, number = self.ids[self.table.record[row]], int(self.table.figure[row])
            yield id, number, self.least.of(place), self.about.of(place)

    def records(self, places: Array) -> int:
        """Return of how many records figures are."""
        return count(self.table.record[self.rows[places]])

    def largest(self, most: int) -> list[Judged]:
        """Return the largest figures that are in a sum, of equal ones the first."""
        places = np.flatnonzero(self.used)
        size = self.table.size[self.rows[places]]
        if len(places) > most:
            least = np.partition(size, -most)[-most]
            larger, equal = np.flatnonzero(size > least), np.flatnonzero(size == least)
            chosen = np.concatenate([larger, equal[: most - len(larger)]])
            places, size = places[chosen], size[chosen]
        return self.judged(places[np.lexsort((places, -size))].tolist())

    def left_out(self) -> list[tuple[str, Array]]:
        """Return why figures are in no sum, which is that of `about`, with the places of those."""
        return self.about.by_reason(np.flatnonzero(~self.used))


class Verdicts:
    """Whether figures are in a sum, and why not, as columns."""

    def __init__(self, known: Numbers, length: int, reason: str = "") -> None:
        self.known = known
        """The numbers of reasons."""
        self.taken = np.zeros(length, np.bool_)
        self.reasons = np.full(length, known.known[reason], np.int32)
        self.holders = np.full(length, None, object)

    def of(self, place: int) -> Verdict:
        """Return the verdict on one figure."""
        reason = self.known.values[self.reasons[place]]
        return Verdict(bool(self.taken[place]), reason, self.holders[place])

    def set(self, place: int, verdict: Verdict) -> None:
        """Note the verdict on one figure."""
        self.taken[place] = verdict.taken
        self.holders[place] = verdict.holder
        self.note(place, verdict.reason)

    def note(self, places: Any, reason: str) -> None:
        """Note why figures are not in the sum."""
        self.reasons[places] = self.known.known[reason]

    def by_reason(self, places: Array) -> list[tuple[str, Array]]:
        """Return the reasons of some figures in rising order, each with the places of those."""
        numbers = self.reasons[places]
        return sorted(
            (self.known.values[number], places[numbers == number])
            for number in distinct(numbers).tolist()
        )


def answer(prepared: Prepared, query: Query, members: Array | None = None) -> list[Total]:
    """Return the totals of a query, one per split, of figures prepared with the query's `include`
    and `milestone`; with `members` of some rows of their table only, in rising order.

    A split without any figure in the query, counted or left out, has no total. What comes back
    per total: the sums, and `judged`, which has one row for every figure that the query's sides
    may hold: give its `in_at_least` and `in_about` as columns of a download, and count
    `left_out` by the reasons of `in_about`.
    """
    assert (prepared.include, prepared.milestone) == (query.include, query.milestone)
    table, splits = prepared.table, prepared.registry.splits.values
    rows = prepared.every if members is None else members
    rows = rows[table.chosen[rows]]
    wide, near = places_of(prepared, query, rows)
    near_enough = np.minimum(wide, near) < OUTSIDE
    rows, wide, near = rows[near_enough], wide[near_enough], near[near_enough]
    ceilings: dict[Split, list[Entry]] = defaultdict(list)
    for entry in prepared.overlaps.running:
        if entry.speaker is None:
            ceilings[entry.split].append(entry)
    numbers = table.split[rows]
    with localcontext(prec=DIGITS):
        return [
            Counting(
                prepared, query, rows[numbers == n], wide[numbers == n], near[numbers == n]
            ).total(splits[n], ceilings[splits[n]])
            for n in sorted(distinct(numbers).tolist(), key=splits.__getitem__)
        ]


def known_missing(
    prepared: Prepared, query: Query, members: Array | None = None
) -> dict[str, str]:
    """Return the records of a query that name uncounted amounts, with what they say of them."""
    table = prepared.table
    rows = prepared.every if members is None else members
    rows = rows[table.missing[rows] & table.chosen[rows]]
    wide, near = places_of(prepared, query, rows)
    figures = [entry.figure for entry in table.entries[rows[np.minimum(wide, near) < OUTSIDE]]]
    return {figure.id: figure.missing for figure in figures}


PLACES = list(Place)
"""Places in columns are numbers of this list: the greater one decides."""
INSIDE, JOINT, UNDATED, OUTSIDE = range(4)


def places_of(prepared: Prepared, query: Query, rows: Array) -> tuple[Array, Array]:
    """Return where figures lie in a query by their wide and by their near dates."""
    table, registry = prepared.table, prepared.registry
    items, parties = registry.items.values, registry.parties.values
    dates = registry.dates.values
    found = np.zeros(len(rows), np.uint8)

    def named(numbers: Array, conditions: tuple[Condition, ...]) -> Array:
        return prepared.placed(conditions).of(
            numbers, lambda n: PLACES.index(place_names(parties[n], conditions))
        )

    if query.items:
        found = looked_up(
            table.item[rows], lambda n: INSIDE if item_inside(items[n], query) else OUTSIDE
        )
    if query.givers:
        found = np.maximum(found, named(table.givers[rows], query.givers))
    if query.receivers:
        found = np.maximum(found, named(table.receivers[rows], query.receivers))
    # Dates are looked at where the rest does not decide.
    some = np.flatnonzero(found < OUTSIDE)
    numbers = table.dates[rows[some]] * 2 + table.single[rows[some]]

    def timed(near: bool) -> Array:
        # Groups of one query mostly have the same period.
        known = prepared.placed((query.start, query.end, near))

        def place(number: int) -> int:
            at, single = divmod(number, 2)
            return PLACES.index(place_time(dates[at], bool(single), query, near))

        made = found.copy()
        made[some] = np.maximum(found[some], known.of(numbers, place))
        return made

    return timed(False), timed(True)


class Counting:
    """The figures of one split of a query."""

    def __init__(
        self, prepared: Prepared, query: Query, rows: Array, wide: Array, near: Array
    ) -> None:
        """Take rows of the table, and where they lie by their wide and by their near dates."""
        self.prepared = prepared
        self.query = query
        self.table = table = prepared.table
        self.rows = rows
        self.wide = wide
        self.near = near
        self.counted = table.reason[rows] == 0
        alone = self.counted & prepared.alone[rows]
        self.soft = self.counted & ~alone
        self.alone: list[tuple[int, Entry]] = [
            (place, table.entries[rows[place]]) for place in np.flatnonzero(alone).tolist()
        ]
        """Figures that are summed one by one, with their places among the rows."""
        splits = prepared.registry.splits.values
        self.parties = bool(len(rows)) and splits[table.split[rows[0]]].measure == "parties"

    def total(self, split: Split, ceilings: Iterable[Entry]) -> Total:
        most = self.ceiling(ceilings)
        found = self.found(most)
        families = None
        if "sums" not in found:
            least, about = families = self.families(most)
            found["sums"] = least.sum if self.query.proves() else None, about.sum, least.search
        at_least, face, search = found["sums"]
        total = Total(split, at_least, face, most, search, counting=self, found=found)
        if families:
            total.families = families
        return total

    def families(self, most: Decimal | None) -> tuple[Sum, Sum]:
        """Return the families of `at_least` and of `about`, given `at_most`."""
        least, about = self.sums(np.ones(len(self.rows), np.bool_))
        if (
            most is not None
            and least.sum is not None
            and about.sum is not None
            and least.sum <= most < about.sum
        ):
            # A single that a later summary dates is in a point of a series beside which it does
            # not count; beside an earlier point it would exceed what the later one allows.
            about = least
        return least, about

    def found(self, most: Decimal | None) -> dict[str, Any]:
        """Return what was found before of the same figures, to which more is added: it follows
        from their columns, where they lie, the figures that are summed one by one, links and
        `at_most`, and from nothing else of the revision."""
        if len(self.table) > SMALL:
            return {}
        columns = self.table.rows[self.rows]
        parts = (columns, self.prepared.alone[self.rows], self.wide, self.near)
        digest = hashlib.blake2b(b"".join(part.tobytes() for part in parts), digest_size=32)
        alone = tuple(entry for _, entry in self.alone)
        links = self.prepared.overlaps.links
        key = digest.digest(), alone, links, most, self.query
        return self.prepared.registry.found.of(key)

    # --- Sums

    def sums(self, chosen: Array, joint: bool = False) -> tuple[Sum, Sum]:
        """Return the greatest sums of lower bounds, and with approximate numbers at their face,
        over disjoint families of chosen figures; with `joint` singles count whole as soon as one
        of their names fits."""
        least = self.sum(chosen, LEAST, joint)
        about = self.sum(chosen, FACE, joint, least)
        # A later point may take back an approximate report and leave its rival's lower bound.
        below = least.sum is not None and (about.sum is None or about.sum < least.sum)
        return least, least if below else about

    def sum(
        self,
        chosen: Array,
        weight: Callable[[Entry], Decimal],
        joint: bool,
        least: Sum | None = None,
    ) -> Sum:
        """Return the greatest sum of weights over a disjoint family; with `least` by near dates,
        and without the rivals of approximate reports."""
        near = least is not None
        places = self.near if near else self.wide
        entries = [
            entry
            for place, entry in self.alone
            if chosen[place]
            and (
                places[place] == INSIDE
                or (joint and places[place] == JOINT and entry.figure.basis == SINGLE)
            )
            and not (near and entry.speaker)
        ]
        if self.parties:
            return LargestCount(entries, weight)
        soft = chosen & self.soft & (places <= JOINT if joint else places == INSIDE)
        rows = Soft(self.prepared, self.rows[soft], near)
        return DisjointSum(self.prepared, entries, rows, weight, least)

    def with_others(self, least: Sum, about: Sum) -> tuple[Decimal | None, Decimal | None]:
        """Return both sums if singles count whole as soon as one of their names fits."""
        joint = (self.wide == JOINT) | (self.near == JOINT)
        if not (joint & self.counted & self.table.single[self.rows]).any():
            return least.sum, about.sum
        whole = self.sums(np.ones(len(self.rows), np.bool_), joint=True)
        return whole[0].sum, whole[1].sum

    def breakdown(self, least: Sum, about: Sum) -> list[Part]:
        """Return the total by basis and stage, each part by the same rule."""
        inside = self.counted & ((self.wide == INSIDE) | (self.near == INSIDE))
        numbers = self.table.part[self.rows]
        parts = self.prepared.registry.parts.values
        present = distinct(numbers[inside]).tolist()
        found = []
        for number in sorted(present, key=parts.__getitem__):
            chosen = inside & (numbers == number)
            if len(present) > 1:
                least, about = self.sums(chosen)
            found.append(
                Part(
                    parts[number].basis,
                    parts[number].stage,
                    least.sum if self.query.proves() else None,
                    about.sum,
                    least.search,
                    int(chosen.sum()),
                    count(self.table.record[self.rows[chosen]]),
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

    # --- What became of each figure

    def verdicts(self, found: Sum, places: Array, rivals: bool = False) -> Verdicts:
        """Return which figures are in a sum, and why the others are not; with `rivals` those of
        approximate reports are not."""
        table, rows = self.table, self.rows
        known = self.prepared.registry.reasons
        made = Verdicts(known, len(rows))
        made.reasons[:] = table.reason[rows]
        held = looked_up(made.reasons, lambda n: known.values[n] in HELD, np.bool_)
        # Another figure of the same record counts in their place.
        records = self.prepared.registry.records.values
        for place in np.flatnonzero(held).tolist():
            made.holders[place] = records[table.record[rows[place]]]
        made.note(self.counted & (places == JOINT), Place.JOINT.value)
        # By its near date it may lie outside; by its wide one it may not.
        made.note(self.counted & (places > JOINT), Place.UNDATED.value)
        if not self.parties:
            self.judge_soft(made, found, np.flatnonzero(self.soft & (places == INSIDE)))
        for place, entry in self.alone:
            if rivals and places[place] == INSIDE and entry.speaker and entry not in found.used:
                made.set(place, Verdict(False, "rival", entry.figure.id))
            elif places[place] == INSIDE:
                made.set(place, self.verdict(entry, found))
        return made

    def judge_soft(self, made: Verdicts, found: Sum, inside: Array) -> None:
        """Note the verdicts on soft figures that lie inside."""
        rows = self.rows[inside]
        used = np.zeros(len(self.table), np.bool_)
        used[found.used_rows] = True
        made.taken[inside] = taken = used[rows]
        words = self.prepared.registry.words.known
        unspecified = (self.table.operator[rows] == words["unspecified"]) & ~taken
        rest = ~taken & ~unspecified
        weighty = found.soft.some[rows]
        made.note(inside[unspecified], "unspecified")
        made.note(inside[rest & ~weighty], "no_lower_bound")
        left = inside[rest & weighty]
        contained, holders = found.held(self.prepared.registry, self.rows[left])
        made.holders[left] = holders
        made.note(left, "overlaps")
        made.note(left[contained], "contained")
        # By near dates it lies inside, and the sum goes by wide ones.
        made.note(left[~holders.astype(np.bool_)], "undated")

    def verdict(self, entry: Entry, found: Sum) -> Verdict:
        """Return whether a figure that lies inside is in a sum, and if not why."""
        if entry in found.used:
            return TAKEN
        if entry.figure.operator == "unspecified":
            return Verdict(False, "unspecified")
        if not found.weight(entry):
            return Verdict(False, "no_lower_bound")
        return found.why_not(entry)

    def unproven(self, about: Verdicts) -> Unproven:
        """Return what is inside and not in `about` because it may overlap."""
        places = dict(about.by_reason(np.flatnonzero(~about.taken))).get("overlaps")
        if places is None:
            return Unproven(0, 0, None if self.parties else ZERO)
        rows = self.rows[places]
        long = self.table.long[rows]
        sums = sums_by(
            np.zeros(len(rows), np.int64), self.table.face_high[rows], self.table.face_low[rows]
        )
        entries = self.table.entries[rows[long]].tolist()
        return Unproven(
            len(rows),
            count(self.table.record[rows]),
            None if self.parties else sum(map(FACE, entries), amount(sums[0])),
        )
