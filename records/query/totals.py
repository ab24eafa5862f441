"""Totals of a query: which of its filters are sides of what it covers, and which only choose.

Filters on givers, receivers, item and dates become sides of the engine's query, so that a figure
can lie inside or not. All others choose among the figures; with them there is no upper bound.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard

from django.db import connection

from records.index.statistics import UNKNOWN
from records.query.engine_rows import EngineRows, Source, engine_rows
from records.query.filters import (
    DateParameter,
    FigureChoiceParameter,
    FigureParameter,
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
from records.query.groupings import SPLIT, engine_grouping, groupings, reasons, side_of
from records.query.kept import Kept
from records.totals import groups
from records.totals.answer import Judged, Total, answer, known_missing
from records.totals.figures import ASIDE, Figure
from records.totals.judging import Entry
from records.totals.prepare import Prepared, prepare
from records.totals.scopes import Condition, Query

if TYPE_CHECKING:
    from records.query.planner import RecordQuery

KEPT_FIGURES = 400_000
"""Figures that a process keeps as rows, and again as prepared ones."""
SPLITTING = frozenset({"measure", "unit", "currency", "party_type"})
"""Filters that choose among the splits."""

# --- A query and its totals


class Group(NamedTuple):
    """A total: its group, as name:value pairs, and what it is split by."""

    names: tuple[str, ...]
    values: tuple[str | None, ...]
    total: Total


@dataclass(frozen=True)
class Verdict:
    """What became of a figure in the totals of a query."""

    in_at_least: bool
    in_about: bool
    reason: str | None
    """Why it is not in both, of `about` where it is in neither."""
    held_by: str | None
    """Id of the record whose figure counts in its place."""

    @classmethod
    def of(cls, row: Judged) -> "Verdict":
        """Return the verdict on a judged figure."""
        least, about = row.in_at_least, row.in_about
        said = least if about.taken else about
        return cls(least.taken, about.taken, said.reason or None, said.holder)


OUTSIDE = Verdict(False, False, "outside", None)
"""Of a figure that the query does not hold."""


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
        self.filters = query.filters
        # The plan checks revision and codes.
        _ = query.plan
        self.revision = query.revision
        self.listed = listed
        self.ids: set[str] | None = None
        include = frozenset(include)
        milestone = self.milestone
        selecting = self.selecting(query)
        if any(is_picky(filter_) for filter_, _ in query.filters.values()):
            records = selecting.selection()
            ids = selecting.figures.figure_ids(records)
            self.rows = engine_rows(records, None if ids is None else ids.__contains__)
            self.prepared = prepare(self.rows.figures, self.rows.links, include, milestone)
        else:
            self.rows = rows_at(query.model, self.revision)
            if self.chosen_by_record():
                found = selecting.selection().values_list("public_id", flat=True)
                self.ids = set(found)
            indexed = indexed_at(query.model, self.revision, include, milestone)
            near = indexed.candidates(self.engine_query(include))
            self.prepared = replace(indexed.prepared, entries=list(self.members(near)))
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

    def members(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Yield those of the prepared figures that the filters on records, and those that choose
        among the splits, let in."""
        wanted = [
            (filter_.column, frozenset(value))
            for filter_, value in self.filters.values()
            if isinstance(filter_, FigureChoiceParameter)
        ]
        for entry in entries:
            figure = entry.figure
            if self.ids is not None and figure.id not in self.ids:
                continue
            if all(getattr(figure, column) in values for column, values in wanted):
                yield entry

    def engine_query(self, include: frozenset[str]) -> Query:
        """Return the query of the engine."""
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
                items = [self.rows.paths.get(code, (code,)) for code in value]
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
        self, by: Sequence[str] = (), only: Sequence[str | None] | None = None
    ) -> list[Group]:
        """Return the totals of every group, or of one group only."""
        if not by:
            return [Group((), (), one) for one in answer(self.prepared, self.query, self.entries)]
        names = [engine_grouping(name, self.model) for name in by]
        wanted = None if only is None else tuple(only)
        found = groups.grouped(self.prepared, self.query, names, wanted)
        return [
            Group(tuple(by), key, total)
            for key, totals in sorted(found.items(), key=lambda one: in_order(one[0]))
            for total in totals
        ]

    @property
    def entries(self) -> list[Entry]:
        """The prepared figures that are totalled."""
        return self.prepared.entries

    def missing(self) -> dict[str, str]:
        """Return the records that name uncounted amounts, with what they say of them."""
        return known_missing(self.prepared, self.query)

    def source(self, row: Judged) -> Source:
        """Return where a judged figure comes from."""
        return self.rows.source(row.figure)

    def verdicts(self, total: TotalNames) -> dict[tuple[str, int], Verdict]:
        """Return (record, number of a figure) → what became of it, in the groups of totals that
        `total` names, or in the totals of the query."""
        by = [name for name in total if name in groupings(self.model)]
        # Values of the split are those of the group of that name, too.
        split = {name: total[name][0] for name in SPLIT if name in total}
        found: dict[tuple[str, int], Verdict] = {}
        for group in self.grouped(by, [total[name][0] or None for name in by]):
            if all(getattr(group.total.split, name) == value for name, value in split.items()):
                for row in group.total.judged:
                    place = row.figure.id, self.source(row).number
                    found[place] = Verdict.of(row)
        return found

    def records_in(self, total: TotalNames) -> set[int]:
        """Return the keys of the records with a figure in a group of totals."""
        taken = {
            id
            for (id, _), verdict in self.verdicts(total).items()
            if verdict.in_at_least or verdict.in_about
        }
        return {
            self.rows.source(entry.figure).record
            for entry in self.entries
            if entry.figure.id in taken
        }


def of_total(query: "RecordQuery", total: TotalNames) -> Totals:
    """Return the totals of a query with the `include` of one total."""
    return Totals(query, total.get("include", ()))


def records_in_total(query: "RecordQuery", total: TotalNames) -> set[int]:
    """Return the keys of the records with a figure in a total of a query."""
    return of_total(query, total).records_in(total)


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
        self.rows = rows_at(model, revision)
        prepared = indexed_at(model, revision).prepared
        members = [entry for entry in prepared.entries if entry.figure.series == series]
        self.prepared = replace(prepared, entries=members)

    def left_out(self) -> dict[int, str]:
        """Return figure → why the totals of the series have it neither in `at_least` nor in
        `about`, by the keys of figures."""
        return {
            self.rows.source(row.figure).figure: row.in_about.reason
            for total in answer(self.prepared, Query(filtered=True), self.prepared.entries)
            for row in total.left_out
        }

    def stated(self) -> list[Figure]:
        """Return the figures that state how much it was, whether they count or not; of rival
        reports the preferred."""
        figures = [entry.figure for entry in self.prepared.entries]
        every = prepare(figures, None, set(reasons(self.model)) - ASIDE).entries
        return [entry.figure for entry in every if not entry.reason and entry.speaker is None]


# --- What is kept


def rows_at(model: Any, revision: int) -> EngineRows:
    """Return the rows of all records of a kind at a revision."""
    return kept_rows.get(
        (*database(), model.KIND, revision),
        lambda: engine_rows(model.objects.in_force(revision)),
    )


def verdicts_at(model: Any, revision: int) -> dict[str, dict[int, Verdict]]:
    """Return record → number of a figure → what became of it in the totals of all records of the
    kind at a revision."""

    def make() -> dict[str, dict[int, Verdict]]:
        rows, prepared = rows_at(model, revision), indexed_at(model, revision).prepared
        shared: dict[Verdict, Verdict] = {}
        found: dict[str, dict[int, Verdict]] = defaultdict(dict)
        for total in answer(prepared, Query(), prepared.entries):
            for row in total.judged:
                verdict = Verdict.of(row)
                number = rows.source(row.figure).number
                found[row.figure.id][number] = shared.setdefault(verdict, verdict)
        return found

    return kept_verdicts.get((*database(), model.KIND, revision), make)


def indexed_at(
    model: Any, revision: int, include: frozenset[str] = frozenset(), milestone: str = ""
) -> "Indexed":
    """Return the same, prepared for queries with that `include` and `milestone`."""

    def make() -> Indexed:
        rows = rows_at(model, revision)
        return Indexed(prepare(rows.figures, rows.links, include, milestone))

    key = (*database(), model.KIND, revision, include, milestone)
    return kept_prepared.get(key, make)


class Indexed:
    """Prepared figures, found by their parties and items."""

    def __init__(self, prepared: Prepared) -> None:
        self.prepared = prepared
        self.indexes: dict[tuple[str, str], dict[str, list[Entry]]] = {}

    def candidates(self, query: Query) -> list[Entry]:
        """Return all figures that may lie in a query, and perhaps more, in their order."""
        keys = [("item", "", [path[0] for path in query.items])] if query.items else []
        for side in ("givers", "receivers"):
            for condition in getattr(query, side):
                keys.append((side, condition.column, list(condition.values)))
        found = [
            [self.index(side, column).get(value, []) for value in values]
            for side, column, values in keys
        ]
        lists = min(found, key=lambda lists: sum(map(len, lists)), default=[self.prepared.entries])
        if len(lists) == 1:
            return lists[0]
        together = {entry.figure.figure: entry for entries in lists for entry in entries}
        return [entry for _, entry in sorted(together.items())]

    def index(self, side: str, column: str) -> dict[str, list[Entry]]:
        """Return value → the figures with such a name on a side, or with such an item."""
        found = self.indexes.get((side, column))
        if found is None:
            found = defaultdict(list)
            values: dict[int, set[str]] = {}
            place = ("givers", "receivers", "item").index(side)
            for entry in self.prepared.entries:
                number = entry.sides[place]
                if number not in values:
                    values[number] = values_of(getattr(entry.figure, side), column)
                for value in values[number]:
                    found[value].append(entry)
            self.indexes[side, column] = found
        return found


def values_of(names: Iterable[Any], column: str) -> set[str]:
    """Return the items of a path, or what parties have in a column."""
    if not column:
        return set(names)
    if column == "region":
        return {region for party in names for region in party.regions}
    return {getattr(party, column) for party in names}


def database() -> tuple[str, str]:
    """Return what identifies the database in use."""
    return connection.alias, str(connection.settings_dict["NAME"])


kept_rows: Kept[EngineRows] = Kept(lambda rows: len(rows.figures), KEPT_FIGURES)
kept_verdicts: Kept[dict[str, dict[int, Verdict]]] = Kept(
    lambda found: sum(map(len, found.values())), KEPT_FIGURES
)
kept_prepared: Kept[Indexed] = Kept(lambda indexed: len(indexed.prepared.entries), KEPT_FIGURES)


def forget() -> None:
    """Drop what is kept of revisions: for tests, which publish other revisions of one number."""
    kept_rows.clear()
    kept_verdicts.clear()
    kept_prepared.clear()
