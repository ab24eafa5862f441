"""Totals of a query: which of its filters are sides of what it covers, and which only choose.

Filters on givers, receivers, item and dates become sides of the engine's query, so that a figure
can lie inside or not. All others choose among the figures; with them there is no upper bound.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard

import numpy as np

from records.index.statistics import UNKNOWN
from records.query.bodies import bodies_at
from records.query.engine_rows import (
    DraftReader,
    PublishedLinks,
    engine_rows,
    published_links,
)
from records.query.filters import (
    ChoiceParameter,
    DateParameter,
    FigureChoiceParameter,
    FigureParameter,
    FlagParameter,
    ItemParameter,
    MilestoneParameter,
    PartyColumnParameter,
    PartyParameter,
    ReachedFromParameter,
    ReachedParameter,
    ReachedToParameter,
    RecordFilter,
    TotalNames,
)
from records.query.groupings import (
    SPLIT,
    engine_grouping,
    groupings,
    reasons,
    side_of,
    vocabulary_of,
)
from records.query.kept import Kept, Subject
from records.query.revisions import difference, in_force
from records.query.verdicts import Verdict, Verdicts
from records.totals import groups
from records.totals.answer import OUTSIDE as OUTSIDE_PLACE
from records.totals.answer import Outcome, Total, answer, known_missing, places_of
from records.totals.figures import ASIDE, Figure, Split
from records.totals.links import Links
from records.totals.packed import PackedEntries
from records.totals.prepare import Prepared, prepare, prepare_in_parts
from records.totals.scopes import Condition, Query
from records.totals.table import Array, Registry, Table, looked_up

if TYPE_CHECKING:
    from records.query.planner import RecordQuery

KEPT_FIGURES = 800_000
"""Figures that a process keeps, prepared for queries. Those of a revision share what they have in
common with others that are kept."""
PART = 2_000
"""Number of records whose figures are in memory at a time where they are judged in parts."""
MOST_JUDGED_AGAIN = 10_000
"""Figures of a kind up to which a draft is judged among all of them."""
SPLITTING = frozenset({"measure", "unit", "currency", "party_type"})
"""Filters that choose among the splits."""

# --- A query and its totals


class Group(NamedTuple):
    """A total: its group, as name:value pairs, and what it is split by."""

    names: tuple[str, ...]
    values: tuple[str | None, ...]
    total: Total


class Totals:
    """The totals over the records and figures that a query selects."""

    def __init__(
        self,
        query: "RecordQuery",
        include: Collection[str] = (),
        *,
        listed: bool = False,
    ) -> None:
        """Read and prepare the figures; `listed`: only those of records that a list with the same
        filters has, which takes `as_of_from` and `as_of_to` for bounds of `as_of`."""
        self.model = query.model
        # The plan checks revision and codes.
        self.bodies = query.plan.bodies
        self.filters = query.filters
        self.revision = query.revision
        self.listed = listed
        self.members: Array | None = None
        """Rows of the prepared figures that filters choose; None for all."""
        include = frozenset(include)
        milestone = self.milestone
        selecting = self.selecting(query)
        self.prepared = prepared_at(query.model, self.revision, include, milestone)
        if any(is_picky(filter_) for filter_, _ in query.filters.values()):
            if all(
                isinstance(filter_, FigureChoiceParameter)
                for filter_, _ in selecting.figures.filters.values()
            ):
                rows = self.chosen(selecting)
                keys = self.prepared.table.key[self.prepared.every if rows is None else rows]
            else:
                keys = selecting.figures.figure_keys(selecting.selection())
            self.prepared = self.prepared.choosing(keys)
            self.members = np.flatnonzero(np.isin(self.prepared.table.key, keys))
        else:
            self.members = self.chosen(selecting)
        self.query = self.engine_query(include)

    # From filters to sides

    @property
    def milestone(self) -> str:
        """The stage to be reached; empty for any that counts."""
        for filter_, value in self.filters.values():
            if isinstance(filter_, MilestoneParameter):
                return value
        return ""

    def selecting(self, query: "RecordQuery") -> "RecordQuery":
        """Return the query for the records that may be in a total: dates are tested on figures."""
        for name, (filter_, _) in query.filters.items():
            if isinstance(filter_, ReachedParameter) or (is_date(filter_) and not self.listed):
                query = query.without(name)
        return query

    def chosen_by_record(self) -> bool:
        """Return whether a filter must be answered by the database."""
        return any(
            not isinstance(filter_, FigureParameter)
            and not self.is_side(filter_, value)
            and not self.is_code(filter_)
            and not (is_date(filter_) and not self.listed)
            for filter_, value in self.filters.values()
        )

    def is_side(self, filter_: RecordFilter, value: Any) -> bool:
        """Return whether a filter is on the givers or the receivers."""
        return (
            isinstance(filter_, (PartyParameter, PartyColumnParameter))
            and filter_.role in self.model.MAIN_ROLES
            and UNKNOWN not in value
        )

    def is_code(self, filter_: RecordFilter) -> TypeGuard[ChoiceParameter | FlagParameter]:
        """Return whether a filter is on a code that figures have of their record."""
        if isinstance(filter_, ChoiceParameter):
            return filter_.column in self.model.CODED
        return isinstance(filter_, FlagParameter) and filter_.lookup == "joint"

    def chosen(self, selecting: "RecordQuery") -> Array | None:
        """Return the rows that the filters on records, and those that choose among the splits,
        let in; None for all."""
        table, registry = self.prepared.table, self.prepared.registry
        parts = [
            choice(table, registry, filter_.column, frozenset(value))
            for filter_, value in self.filters.values()
            if isinstance(filter_, FigureChoiceParameter)
        ]
        codes = [*self.model.CODED, "joint"]
        for filter_, value in self.filters.values():
            if self.is_code(filter_):
                place = codes.index(filter_.lookup.removesuffix("__in"))
                wanted = [value] if isinstance(value, bool) else value
                parts.append(coded(table, registry, place, wanted))
        if self.chosen_by_record():
            parts.append(np.isin(table.version, selecting.keys))
        if not parts:
            return None
        return np.flatnonzero(np.logical_and.reduce(parts))

    def engine_query(self, include: frozenset[str]) -> Query:
        sides: dict[str, list[Condition]] = {"givers": [], "receivers": []}
        items: list[tuple[str, ...]] = []
        starts: list[date] = []
        ends: list[date] = []
        filtered = False
        for filter_, value in self.filters.values():
            if self.is_side(filter_, value):
                column = "code" if isinstance(filter_, PartyParameter) else filter_.column
                sides[side_of(filter_.role)].append(Condition(column, frozenset(value)))
            elif isinstance(filter_, ItemParameter):
                items = [self.prepared.paths.get(code, (code,)) for code in value]
            elif isinstance(filter_, ReachedParameter):
                starts += [value.day] if isinstance(filter_, ReachedFromParameter) else []
                ends += [value.day] if isinstance(filter_, ReachedToParameter) else []
            elif is_date(filter_):
                if self.listed:
                    filtered = True
                elif filter_.side == "from":
                    starts.append(value.day)
                else:
                    ends.append(value.day)
            elif not (isinstance(filter_, FigureChoiceParameter) and filter_.column in SPLITTING):
                filtered = True
        return Query(
            givers=tuple(sides["givers"]),
            receivers=tuple(sides["receivers"]),
            items=tuple(items),
            start=max(starts, default=None),
            end=min(ends, default=None),
            milestone=self.milestone,
            include=include,
            filtered=filtered,
        )

    # Answers

    def grouped(
        self,
        by: Sequence[str] = (),
        only: Sequence[str | None] | None = None,
        split: Split | None = None,
    ) -> list[Group]:
        """Return the totals of every group, or of one group only; with `split` those that are
        counted in it."""
        rows = self.members if split is None else self.of_split(split)
        if not by:
            return [Group((), (), one) for one in answer(self.prepared, self.query, rows)]
        names = [engine_grouping(name, self.model) for name in by]
        wanted = None if only is None else tuple(only)
        rows = self.inside if split is None else rows
        found = groups.grouped(self.prepared, self.query, names, wanted, rows)
        return [
            Group(tuple(by), key, total)
            for key, totals in sorted(found.items(), key=lambda one: in_order(one[0]))
            for total in totals
        ]

    @cached_property
    def inside(self) -> Array:
        """Rows that the sides of the query may hold: only these are in any of its groups."""
        rows = self.prepared.every if self.members is None else self.members
        rows = rows[self.prepared.table.chosen[rows]]
        wide, near = places_of(self.prepared, self.query, rows)
        return rows[np.minimum(wide, near) < OUTSIDE_PLACE]

    def of_split(self, split: Split) -> Array:
        """Return the rows inside that are counted in a split."""
        number = self.prepared.registry.splits.known.get(split, -1)
        return self.inside[self.prepared.table.split[self.inside] == number]

    def splits(self) -> Counter[Split]:
        """Return what figures that may count are counted in, each with the number of those
        figures."""
        table, values = self.prepared.table, self.prepared.registry.splits.values
        rows = self.inside[table.reason[self.inside] == 0]
        numbers, counts = np.unique(table.split[rows], return_counts=True)
        pairs = zip(numbers.tolist(), counts.tolist(), strict=True)
        return Counter({values[number]: count for number, count in pairs})

    def items(self) -> Counter[str | None]:
        """Return the items that figures of the query name, None where they name none, each with
        the number of those figures."""
        paths = self.prepared.registry.items.values
        numbers, counts = np.unique(self.prepared.table.item[self.inside], return_counts=True)
        found = Counter[str | None]()
        for number, count in zip(numbers.tolist(), counts.tolist(), strict=True):
            found[paths[number][0] if paths[number] else None] += count
        return found

    def missing(self) -> dict[str, str]:
        """Return the records that name uncounted amounts, with what they say of them."""
        return known_missing(self.prepared, self.query, self.members)

    def of_groups(self, total: TotalNames) -> Iterator[Outcome]:
        """Yield what became of the figures in the groups of totals that `total` names, or in the
        totals of the query."""
        by = [name for name in total if name in groupings(self.model)]
        total = {name: self.of_bodies(name, values) for name, values in total.items()}
        # Values of the split are those of the group of that name, too.
        split = {name: total[name][0] for name in SPLIT if name in total}
        for group in self.grouped(by, [total[name][0] or None for name in by]):
            if all(getattr(group.total.split, name) == value for name, value in split.items()):
                yield group.total.outcome

    def of_bodies(self, name: str, values: list[str]) -> list[str]:
        """Return the values of a grouping, replaced codes as those of their bodies."""
        vocabulary = vocabulary_of(name, self.model)
        return [self.bodies.code(vocabulary, value) for value in values] if vocabulary else values

    def verdicts(self, total: TotalNames) -> Verdicts:
        """Return what became of figures in the groups of totals that `total` names, or in the
        totals of the query."""
        if not total and self.members is None and self.query == Query():
            return verdicts_at(self.model, self.revision)
        return Verdicts(self.of_groups(total))

    def records_in(self, total: TotalNames) -> set[int]:
        """Return the keys of the records with a figure in a group of totals."""
        found: set[int] = set()
        for outcome in self.of_groups(total):
            found.update(outcome.table.version[outcome.rows[outcome.used]].tolist())
        return found


def of_total(query: "RecordQuery", total: TotalNames) -> Totals:
    """Return the totals of a query with the `include` of one total."""
    return Totals(query, total.get("include", ()))


def records_in_total(query: "RecordQuery", total: TotalNames) -> set[int]:
    """Return the keys of the records with a figure in a total of a query."""
    return of_total(query, total).records_in(total)


def choice(table: Table, registry: Registry, column: str, wanted: frozenset[str]) -> Array:
    """Return which rows have one of the wanted codes in a column of figures."""
    numbers, values = table.split, registry.splits.values
    if column == "operator":
        values = registry.words.values
        return looked_up(table.operator, lambda n: values[n] in wanted, np.bool_)
    if column == "basis":
        numbers, values = table.part, registry.parts.values
    return looked_up(numbers, lambda n: getattr(values[n], column) in wanted, np.bool_)


def coded(table: Table, registry: Registry, at: int, wanted: Collection[Any]) -> Array:
    """Return which rows have one of the wanted codes at a place of the codes of their record."""
    values = registry.words.values
    return looked_up(table.codes, lambda n: values[n][at] in wanted, np.bool_)


def is_date(filter_: RecordFilter) -> TypeGuard[DateParameter]:
    """Return whether a filter bounds `as_of`."""
    return isinstance(filter_, DateParameter)


def is_picky(filter_: RecordFilter) -> bool:
    """Return whether a filter may choose among the reports of one thing in a record, which are
    judged together."""
    if isinstance(filter_, FigureChoiceParameter):
        return filter_.column not in (*SPLITTING, "basis")
    sides = (ItemParameter, ReachedParameter)
    return isinstance(filter_, FigureParameter) and not isinstance(filter_, sides)


def in_order(key: Iterable[str | None]) -> tuple[str, ...]:
    """Return what groups are ordered by: null comes first."""
    return tuple(value or "" for value in key)


class SeriesFigures:
    """The figures of one series."""

    def __init__(self, model: Any, revision: int, series: str) -> None:
        self.model = model
        self.prepared = prepared_at(model, revision)
        number = self.prepared.registry.words.known.get(series, -1)
        self.members = np.flatnonzero(self.prepared.table.series == number)

    def left_out(self) -> dict[int, str]:
        """Return figure → why the totals of the series have it neither in `at_least` nor in
        `about`, by the keys of figures."""
        return {
            row.figure.key: row.in_about.reason
            for total in answer(self.prepared, Query(filtered=True), self.members)
            for row in total.left_out
        }

    def stated(self) -> list[Figure]:
        """Return the figures that state how much it was, whether they count or not; of rival
        reports the preferred."""
        figures = [entry.figure for entry in self.prepared.table.entries[self.members]]
        every = prepare(figures, None, set(reasons(self.model)) - ASIDE).entries
        return [entry.figure for entry in every if not entry.reason and entry.speaker is None]


# --- What is kept


def verdicts_of(model: Any, revision: int, id: str) -> dict[int, Verdict]:
    """Return number of a figure of a record → what became of it in the totals of all records of
    the kind at a revision."""
    return next(verdicts_at(model, revision).of([id]))


def verdicts_at(model: Any, revision: int) -> Verdicts:
    """Return what became of figures in the totals of all records of the kind at a revision."""

    def make(known: Any) -> Verdicts:
        prepared = prepared_at(model, revision)
        return Verdicts(total.outcome for total in answer(prepared, Query()))

    return kept_verdicts.get(Subject.of(model.KIND), revision, make)


def verdicts_in_parts(model: Any, revision: int) -> Verdicts:
    """Return what `verdicts_at` does, for one pass over the records: their figures are read and
    judged in parts, so that memory hardly grows with their number, and nothing is kept."""
    with PackedEntries() as packed:
        figures = figures_in_parts(model, revision)
        prepared = prepare_in_parts(figures, links_at(revision), packed)
        return Verdicts(total.outcome for total in answer(prepared, Query()))


def figures_in_parts(model: Any, revision: int) -> Iterator[list[Figure]]:
    """Yield the figures of the records in force at a revision by the ids of these, in parts."""
    rows = in_force(model, revision).order_by("public_id").values_list("pk", flat=True)
    keys = np.fromiter(rows.iterator(), np.int64)
    bodies = bodies_at(revision)
    for start in range(0, len(keys), PART):
        part = keys[start : start + PART].tolist()
        yield engine_rows(in_force(model, revision, part), bodies)


def verdicts_if_published(record: Any, revision: int) -> dict[int, Verdict] | None:
    """Return what would become of the figures of an open version in the totals of all records of
    the kind, were it published after a revision; None if there are too many figures to judge them
    all again. Nothing of it is kept, nor shared with what is."""
    model = type(record)
    public = prepared_at(model, revision)
    if len(public.table) > MOST_JUDGED_AGAIN:
        return None
    own = DraftReader(model.objects.filter(pk=record.pk), bodies_at(revision)).read()
    others = [figure for figure in public.figures() if figure.id != record.public_id]
    links = dict(published_links_at(revision).rows)
    links[record.public_id] = [
        (record.public_id, link.type, link.target) for link in record.ordered_links()
    ]
    prepared = prepare(
        sorted([*others, *own], key=lambda one: one.id),
        Links(row for _, rows in sorted(links.items()) for row in sorted(rows)),
    )
    verdicts = Verdicts(total.outcome for total in answer(prepared, Query()))
    return next(verdicts.of([record.public_id]))


def prepared_at(
    model: Any, revision: int, include: frozenset[str] = frozenset(), milestone: str = ""
) -> Prepared:
    """Return the figures of all records of a kind at a revision, prepared for queries with that
    `include` and `milestone`."""
    plain = not include and not milestone

    def make(known: tuple[int, Prepared] | None) -> Prepared:
        links = links_at(revision)
        # Others are made from the plain ones, which are read.
        base = None if plain else prepared_at(model, revision)
        if known is None:
            figures = (
                base.figures()
                if base
                else engine_rows(in_force(model, revision), bodies_at(revision))
            )
            return prepare(figures, links, include, milestone)
        number, prepared = known
        changed = difference(model, number, revision)
        bodies = bodies_at(revision)
        moved = bodies.moved(bodies_at(number))
        if any(moved.values()):
            changed = changed.and_users(model, revision, moved["party"], moved["item"])
        figures = (
            base.figures(base.of_records(changed.ids))
            if base
            else engine_rows(in_force(model, revision, changed.after), bodies)
        )
        return prepared.moved(changed.ids, figures, links)

    subject = Subject.of(model.KIND, include, milestone)
    return kept_prepared.get(subject, revision, make)


def links_at(revision: int) -> Links:
    """Return the links of all records of all kinds at a revision."""
    return published_links_at(revision).links


def published_links_at(revision: int) -> PublishedLinks:
    """Return the same with their rows."""
    subject = Subject.of("link")
    return kept_links.get(subject, revision, lambda known: published_links(revision, known))


kept_prepared: Kept[Prepared] = Kept(lambda prepared: len(prepared.table), KEPT_FIGURES)
kept_verdicts: Kept[Verdicts] = Kept(len, KEPT_FIGURES)
kept_links: Kept[PublishedLinks] = Kept(lambda links: len(links.rows), KEPT_FIGURES)
