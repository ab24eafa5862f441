"""Preparing figures for queries: what no query changes is found once for all of them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from records.totals.figures import Figure
from records.totals.judging import ZERO, Entry, judge_rivals, why_alone
from records.totals.links import Links
from records.totals.milestones import (
    REASON_STAGES,
    Dates,
    counted_stages,
    dates_of,
    figure_stage,
)
from records.totals.overlaps import Comparisons, Overlaps, tied_in_records
from records.totals.packed import PackedColumns, PackedEntries
from records.totals.table import (
    Array,
    Found,
    Numbers,
    Registry,
    Table,
    columns,
    looked_up,
)

GIVING = frozenset({"donor", "exporter", "supplier"})
PARTS = 200
"""Periods, and conditions on sides, of which the places of dates or parties are kept."""
SPARE = 10_000
"""Numbers of values in no figure any longer that are kept in any case."""


@dataclass
class Prepared:
    """Judged figures of one kind of record, with the links between records. It never changes."""

    table: Table
    registry: Registry
    overlaps: Overlaps
    alone: Array
    """Rows that are summed one by one: they may overlap others than running totals, are such
    totals, counts of parties, or have more digits than columns hold."""
    include: frozenset[str]
    milestone: str
    counted_sides: dict[str, frozenset[str]]
    """Record → sides of which it counts the parties."""
    begun: int
    """Values that had a number when all figures were prepared."""

    @property
    def entries(self) -> list[Entry]:
        """The judged figures, in the order of the rows given."""
        return self.table.entries.tolist()

    @cached_property
    def places(self) -> dict[tuple[Any, ...], Found]:
        """Period, or conditions on a side → where dates, or parties, by number, lie in it."""
        return {}

    def placed(self, part: tuple[Any, ...]) -> Found:
        """Return where dates or parties lie in a part of a query, as far as it is known."""
        if len(self.places) > PARTS:
            self.places.clear()
        return self.places.setdefault(part, Found())

    @cached_property
    def every(self) -> Array:
        """All rows."""
        return np.arange(len(self.table))

    @cached_property
    def wide_classes(self) -> tuple[Array, list[int]]:
        """Row → its class by wide dates, and class → the running totals that it may overlap."""
        return self.overlaps.classes(self.table, False)

    @cached_property
    def near_classes(self) -> tuple[Array, list[int]]:
        """The same by near dates."""
        return self.overlaps.classes(self.table, True)

    def figures(self, rows: Array | None = None) -> list[Figure]:
        """Return all figures, or those of some rows."""
        entries = self.table.entries if rows is None else self.table.entries[rows]
        return [entry.figure for entry in entries]

    @cached_property
    def paths(self) -> dict[str, tuple[str, ...]]:
        """Item → the item and all above it, as the first row that names it has them."""
        return self.item_paths(self.every)

    def item_paths(self, rows: Array) -> dict[str, tuple[str, ...]]:
        """Return the same for some rows."""
        numbers = self.table.item[rows]
        first = np.full(len(self.registry.items.values), len(rows))
        # Of several rows the last that is written stays.
        first[numbers[::-1]] = np.arange(len(rows))[::-1]
        found: dict[str, tuple[str, ...]] = {}
        for number in numbers[np.sort(first[first < len(rows)])].tolist():
            item = self.registry.items.values[number]
            for at, code in enumerate(item):
                found.setdefault(code, item[at:])
        return found

    def of_records(self, ids: Collection[str]) -> Array:
        """Return the rows of some records."""
        return np.flatnonzero(rows_of(self.table, self.registry, ids))

    def choosing(self, keys: Array) -> "Prepared":
        """Return what `prepare` would if only the figures with some keys were chosen. Reports of
        one thing are judged together: those of which some are chosen are judged again."""
        table = self.table
        chosen = np.isin(table.key, keys)
        again = np.intersect1d(
            table.record[table.together & chosen], table.record[table.together & ~chosen]
        )
        if not len(again):
            return self
        rows = np.isin(table.record, again)
        figures = [
            replace(entry.figure, chosen=bool(picked))
            for entry, picked in zip(table.entries[rows], chosen[rows], strict=True)
        ]
        return self.moved({figure.id for figure in figures}, figures, self.overlaps.links)

    def moved(self, ids: Collection[str], figures: Sequence[Figure], links: Links) -> "Prepared":
        """Return what `prepare` would for all figures of another revision, of which only those
        of some records differ: `figures` has these, and all are in the order of the ids."""
        registry = self.registry
        if registry.size > 2 * self.begun + SPARE:
            rows = ~rows_of(self.table, registry, ids)
            kept = [entry.figure for entry in self.table.entries[rows]]
            every = sorted([*kept, *figures], key=lambda one: one.id)
            return prepare(every, links, self.include, self.milestone)
        added = judged(figures, registry, self.include, self.milestone)
        gone = numbers_of(registry.records, ids)
        table = self.table.spliced(gone, added)
        return joined(
            table, registry, links, self.include, self.milestone, self.begun, self.overlaps
        )


def prepare(
    figures: Iterable[Figure],
    links: Links | None = None,
    include: Iterable[str] = (),
    milestone: str = "",
) -> Prepared:
    """Judge figures of one kind of record.

    Give *all* figures of every record that may be in a query (those that filters on figures did
    not choose with `chosen=False`), countable or not, and all running and period totals of the
    kind: only these can give an upper bound. More figures than a query takes do no harm: the
    query places them. `links` are those of all published records of all kinds.
    """
    registry = Registry()
    table = judged(figures, registry, frozenset(include), milestone)
    links = links or Links()
    return joined(table, registry, links, frozenset(include), milestone, registry.size)


def prepare_in_parts(
    parts: Iterable[Sequence[Figure]], links: Links, packed: PackedEntries
) -> Prepared:
    """Judge figures of one kind of record that are too many to be in memory at once, as `prepare`
    does for queries without `include` and `milestone`. `parts` has all of them in the order of
    the ids, those of one record in one part. `packed` takes the judged figures; those among which
    overlaps are searched stay in memory."""
    registry = Registry()
    with PackedColumns() as rows:
        for figures in parts:
            table = judged(figures, registry, frozenset(), "")
            packed.add(table.entries, searched(table, registry, links))
            rows.add(table)
        whole = rows.table(packed)
    return joined(whole, registry, links, frozenset(), "", registry.size)


def searched(table: Table, registry: Registry, links: Links) -> Array:
    """Return which rows are summed one by one, or count parties: `joined` and `answer` look at
    these, and distinguish them by identity."""
    counted = (table.reason == 0) & table.chosen
    alone = ~table.single | table.tied | table.long | rows_of(table, registry, links.linked)
    return (counted & alone) | of_parties(table, registry)


def of_parties(table: Table, registry: Registry) -> Array:
    """Return which rows count parties."""
    splits = registry.splits.values
    return looked_up(table.split, lambda n: splits[n].measure == "parties", np.bool_)


def joined(
    table: Table,
    registry: Registry,
    links: Links,
    include: frozenset[str],
    milestone: str,
    begun: int,
    before: Overlaps | None = None,
) -> Prepared:
    """Return judged figures with what follows from all of them together; `before` has the
    overlaps of another revision in the same registry."""
    comparisons = before.comparisons if before else Comparisons(registry)
    counted = (table.reason == 0) & table.chosen
    linked = rows_of(table, registry, links.linked)
    tied = counted & table.single & (table.tied | linked)
    parties = of_parties(table, registry)
    running = table.entries[counted & ~table.single].tolist()
    return Prepared(
        table,
        registry,
        Overlaps(running, set(table.entries[tied].tolist()), links, comparisons, before),
        ~table.single | tied | parties | table.long,
        include,
        milestone,
        sides_counted(table.entries[parties].tolist()),
        begun,
    )


def numbers_of(records: Numbers, ids: Iterable[str]) -> Array:
    """Return the numbers of those records that have one."""
    return np.array([records.known[id] for id in ids if id in records.known], np.int64)


def rows_of(table: Table, registry: Registry, ids: Iterable[str]) -> Array:
    """Return which rows are of some records."""
    return np.isin(table.record, numbers_of(registry.records, ids))


def judged(
    figures: Iterable[Figure], registry: Registry, include: frozenset[str], milestone: str
) -> Table:
    """Return the table of figures judged by themselves and among the reports of their record."""
    named = include | {milestone} if milestone else include
    party, item = ByIdentity(registry.parties).number, ByIdentity(registry.items).number
    counted: dict[str, set[str]] = {}
    entries = []
    dated: dict[tuple[object, ...], tuple[Dates, int]] = {}
    for figure in figures:
        stages = counted.get(figure.kind)
        if stages is None:
            stages = counted[figure.kind] = counted_stages(figure.kind, include, milestone)
        stage = figure_stage(figure)
        reason = why_alone(figure, stage, named)
        key = (
            figure.basis,
            figure.start,
            figure.end,
            figure.as_of,
            figure.precision,
            figure.stage,
            figure.milestones,
            figure.reason,
            bool(reason),
        )
        found = dated.get(key)
        if found is None:
            meant = "" if reason or figure.countable else REASON_STAGES.get(figure.reason, "")
            known = registry.dates.of(dates_of(figure, stages, meant))
            found = dated[key] = registry.dates.values[known], known
        lower = figure.lower
        least = lower if lower is not None and lower > 0 else ZERO
        approximate = figure.operator == "approx" and figure.value is not None
        face = figure.value if approximate and figure.value is not None else least
        split = registry.splits.values[registry.splits.of(figure.split)]
        entries.append(
            Entry(
                figure,
                split,
                found[0],
                stage,
                reason,
                "",
                least,
                face,
                (
                    party(figure.givers),
                    party(figure.receivers),
                    item(figure.item),
                    found[1],
                ),
            )
        )
    together = judge_rivals(entries)
    may_count = [one for one in entries if not one.reason and one.figure.chosen]
    return columns(entries, registry, tied_in_records(may_count), together)


class ByIdentity:
    """Numbers of values that are often the same object."""

    def __init__(self, numbers: Numbers) -> None:
        self.numbers = numbers
        self.known: dict[int, int] = {}
        self.kept: list[object] = []

    def number(self, value: tuple[object, ...]) -> int:
        """Return the number of a value, the same for equal values."""
        found = self.known.get(id(value))
        if found is None:
            found = self.known[id(value)] = self.numbers.of(value)
            # The object is kept, or another could come to have its identity.
            self.kept.append(value)
        return found


def sides_counted(entries: Iterable[Entry]) -> dict[str, frozenset[str]]:
    """Return of which sides the records count the parties."""
    found: dict[str, frozenset[str]] = {}
    for entry in entries:
        figure = entry.figure
        side = "givers" if figure.party_role in GIVING else "receivers"
        found[figure.id] = found.get(figure.id, frozenset()) | {side}
    return found
