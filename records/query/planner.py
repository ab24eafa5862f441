"""Query planner for lists of records: picks the most selective filter, applies the others with
EXISTS, paginates by keyset.

Two statements, whatever the page size: the plan (`records.query.plan`) and the page. What a query
returns is what `matching_records` returns, under any statistics.
"""

from collections.abc import Hashable, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Exists, F, Field, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL

from aidapi.pagination import Cursor
from records.index.search import BODY, HEAD, Search
from records.index.statistics import IndexKey
from records.query import limits
from records.query.codes import check_codes
from records.query.compiled import Values, rows_of
from records.query.filters import (
    ColumnParameter,
    DateParameter,
    FigureFilters,
    FigureParameter,
    LatestParameter,
    MilestoneParameter,
    ReachedParameter,
    RecordFilter,
    RecordFilters,
    TotalParameter,
    widened,
)
from records.query.filters.base import unindexed
from records.query.filters.series import in_series
from records.query.ids import gathered, id_list, key_array
from records.query.kept import Kept, Subject
from records.query.ordering import FIGURE_VALUE, Ordering
from records.query.plan import EVERY_VERSION, SEARCH_ROLES, Plan, PlanStatement
from records.query.revisions import shown_revision
from records.query.totals import records_in_total
from records.totals.table import Array

DOCUMENT, FILE_LINES = "document__body", "file_rows__lines"
"""Stored content of a version."""


@dataclass(frozen=True)
class Driver:
    """What the records of a query are found by before the other filters test them."""

    names: frozenset[str] = frozenset()
    """Filters that need no further test."""
    ids: Any = None
    """Ids of all records that may match, as a list or a subquery; None for all records."""
    joined: Q = field(default_factory=Q)
    """What the rows of the joined relation must have."""
    prefix: str = ""
    """Leads to that relation where it has the columns of the list's order, and its index their
    order; else empty."""


class RecordQuery:
    """The records of one kind that pass the filters, as of a revision."""

    def __init__(self, model: Any, filters: RecordFilters, requested: int | None = None) -> None:
        self.model = model
        self.given = filters
        self.requested = requested
        """The requested revision; None for the latest."""
        self.search: Search | None = filters["search"][1] if "search" in filters else None
        self.conditions: dict[str, Any] = {}
        """Filter → its condition, once it was needed."""

    # The plan

    @cached_property
    def plan(self) -> Plan:
        """The facts to plan by, read in one statement; raises an error if the revision or a code
        does not exist. If a code is one of several of its body, they are read again for all."""
        self.filters = self.given
        plan, codes = self.read_plan(self.requested)
        _, since = self.given.get("changed_since", (None, None))
        self.revision = shown_revision(self.requested, plan.latest, since)
        check_codes(codes, plan.codes)
        wide = widened(self.given, plan.bodies)
        if wide != self.given:
            self.set_filters(wide)
            # As of the same revision, even if another was published meanwhile.
            plan, _ = self.read_plan(self.revision)
        return plan

    def set_filters(self, filters: RecordFilters) -> None:
        """Set the filters, and forget what was derived from others."""
        self.filters = filters
        for made in ("figures", "total_ids", "index_keys", "keys"):
            self.__dict__.pop(made, None)

    def read_plan(self, requested: int | None) -> tuple[Plan, list[tuple[str, str, str]]]:
        """Return the facts to plan by, and the codes that the filters name."""
        statement = PlanStatement(self.model.KIND)
        statement.read_bodies(requested)
        statement.read_statistics(chain.from_iterable(self.index_keys.values()))
        codes: list[tuple[str, str, str]] = []
        probe = self.figures.probe(self.model) if self.figures.probed else None
        for name, (filter_, value) in self.filters.items():
            if filter_.vocabulary:
                for code in filter_.codes(value):
                    codes.append((name, filter_.vocabulary, code))
            elif isinstance(filter_, LatestParameter) and not value and probe is None:
                probe = in_series(self.model).values(record_id=F("pk"))
        statement.read_codes(codes)
        if probe is not None:
            statement.read_probe(probe)
        if self.search and self.search.groups:
            statement.read_search(self.model.child("search_document"), self.search)
        return statement.fetch(), codes

    @cached_property
    def filters(self) -> RecordFilters:
        """The filters, with all codes of the bodies that they name."""
        _ = self.plan  # it sets them
        return self.__dict__["filters"]

    @cached_property
    def figures(self) -> FigureFilters:
        """Those of the filters that are on figures."""
        return FigureFilters.among(self.filters)

    @cached_property
    def index_keys(self) -> dict[str, list[IndexKey]]:
        """Filter → its index keys, for filters that have any."""
        return {
            name: keys
            for name, (filter_, value) in self.filters.items()
            if (keys := filter_.index_keys(value))
        }

    @cached_property
    def revision(self) -> int:
        """The number of the revision that is shown."""
        return shown_revision(self.requested, self.plan.latest)

    @cached_property
    def in_force(self) -> Any:
        """All records of the revision."""
        return self.model.objects.in_force(self.revision)

    # What drives it

    def driver(self, ordering: Ordering, tier: int | None) -> Driver:
        """Return what to find the records by, for a list in that order."""
        if self.total_ids is not None:
            return Driver(frozenset(self.filters) - {"search"}, id_list(self.total_ids))
        ids = self.few_ids(tier)
        if ids is not None:
            return Driver(ids=ids if len(ids) <= limits.SORTED_RECORDS else id_list(ids))
        name, versions = self.most_selective(tier)
        if not name:
            return Driver()
        filter_, value = self.filters[name]
        newest_first = ordering.name == f"-{self.model.DATE}"
        sortable = versions <= limits.DRIVING_VERSIONS
        exact = frozenset({name})
        join = filter_.join(self.model, value)
        if isinstance(filter_, FigureParameter) and len(self.figures.filters) > 1:
            if join and newest_first and self.figures.in_item_index:
                joined = self.figures.first_in_item_index(self.model, self.revision)
                return Driver(
                    frozenset(self.figures.filters), joined=joined, prefix=f"{join[0]}__"
                )
            exact, join = frozenset(), None
        if join and (newest_first or sortable):
            relation, matching = join
            joined = Q(
                **{f"{relation}__{column}": wanted for column, wanted in matching.items()},
                **{f"{relation}__published_in__lte": self.revision},
            )
            prefix = f"{relation}__" if newest_first else ""
            return Driver(exact, joined=joined, prefix=prefix)
        if sortable and self.search is not None and value is self.search:
            # The full-text index finds words and pairs of words, which need not be the phrase.
            return Driver(ids=id_list(self.plan.found[SEARCH_ROLES[tier]]))
        if sortable:
            return Driver(exact, filter_.record_ids(self.model, value))
        return Driver()

    @cached_property
    def total_ids(self) -> set[int] | None:
        """The matching records, if they are those of a total; else None."""
        for name, (filter_, value) in self.filters.items():
            if isinstance(filter_, TotalParameter):
                return records_in_total(self.without(name), value)
        return None

    def few_ids(self, tier: int | None) -> list[int] | None:
        """Return the ids of all records that may match, if these are known and few."""
        known = [] if self.plan.probed is None else [self.plan.probed]
        found = self.plan.found.get(SEARCH_ROLES[tier])
        if found is not None and len(found) <= limits.SORTED_RECORDS:
            known.append(found)
        return sorted(set.intersection(*map(set, known))) if known else None

    def most_selective(self, tier: int | None) -> tuple[str, int]:
        """Return the name of the filter that matches fewest versions, by the statistics, and how
        many; an empty name where there are none to compare."""
        versions = self.plan.versions
        estimates = [
            (sum(versions.get(key, 0) for key in keys), name)
            for name, keys in self.index_keys.items()
        ]
        found = self.plan.found.get(SEARCH_ROLES[tier])
        # Sorting them must be less work than reading the list until a page is full.
        if (
            found is not None
            and len(found) ** 2 <= limits.SORTED_RECORDS * versions.get(EVERY_VERSION, 0)
        ):  # fmt: skip
            estimates.append((len(found), "search"))
        fewest, name = min(estimates, default=(0, ""))
        return name, fewest

    def tiers(self) -> list[int]:
        """Return the tiers in which a search may find records, in order."""
        if self.search is not None and not self.search.groups:
            return [HEAD]
        in_head, anywhere = self.plan.found.get("head"), self.plan.found.get("word")
        if in_head is not None and not in_head:
            return [BODY]
        equal = in_head is not None and anywhere is not None and len(in_head) == len(anywhere)
        if equal and self.search is not None and self.search.is_covered_by_terms:
            return [HEAD]
        return [HEAD, BODY]

    # What it returns

    def driven(
        self,
        driver: Driver,
        ordering: Ordering,
        tier: int | None,
    ) -> tuple[QuerySet, Q]:
        """Return the records that pass the filters, those of the driver's relation excepted, and
        what that relation must have."""
        joined = driver.joined
        tests: list[Any] = [] if driver.ids is None else [Q(pk__in=driver.ids)]
        for name, (filter_, value) in self.filters.items():
            if name in driver.names or name in self.figures.filters:
                continue
            if driver.prefix and isinstance(filter_, DateParameter):
                # The relation has the date, too, and its index is bounded by it.
                joined &= filter_.within(value, driver.prefix)
                continue
            if isinstance(filter_, ColumnParameter):
                column = filter_.lookup.partition("__")[0]
                if column == "published_in" and ordering.column != column:
                    tests.append(unindexed(self.model, filter_.lookup, value))
                    continue
            if tier is not None and isinstance(value, Search):
                tests.append(filter_.condition(self.in_force, value.of_tier(tier)))
                continue
            if name not in self.conditions:
                self.conditions[name] = filter_.condition(self.in_force, value)
            tests.append(self.conditions[name])
        if not driver.names >= self.figures.filters.keys():
            tests.append(self.figures.condition(self.model))
        return self.in_force.filter(*tests), joined

    def page(
        self, ordering: Ordering, cursor: Cursor | None, size: int, content: str = DOCUMENT
    ) -> list[tuple[str, Any, str, int]]:
        """Return up to `size` matching records from the cursor on (backward: in reverse, up to
        it), those of an earlier tier first: document, or other stored content, value that orders
        them, id and tier."""
        if ordering.by_value:
            return self.page_by_value(ordering, cursor, size, content)
        backward = cursor is not None and cursor.backward
        tiers: list[Any] = [*self.tiers()] if ordering.tiered else [None]
        if backward:
            tiers.reverse()
        if ordering.tiered and cursor is not None:
            # Its own tier may find nothing here: lists of several kinds share a cursor.
            tiers = [one for one in tiers if one == cursor.tier or (one < cursor.tier) == backward]
        shape = self.shape(ordering, cursor) if tiers == [None] else None
        if shape is not None:
            values = self.values(cursor)
            return rows_of(
                (*shape, size, content),
                values,
                lambda values: self.like(values).part(
                    ordering, None, placed(cursor, values), backward, size, content
                ),
            )
        # From the cursor on in its own tier, from one end in the next.
        places = [
            cursor if cursor is not None and tier in (None, cursor.tier) else None
            for tier in tiers
        ]
        parts = [
            self.part(ordering, tier, place, backward, size, content)
            for tier, place in zip(tiers, places, strict=True)
        ]
        return list(parts[0]) if len(parts) == 1 else first_rows(parts, size)

    def part(
        self,
        ordering: Ordering,
        tier: int | None,
        cursor: Cursor | None,
        backward: bool,
        size: int,
        content: str,
    ) -> QuerySet:
        """Return up to `size` rows of a page that are of one tier."""
        driver = self.driver(ordering, tier)
        rows, joined = self.driven(driver, ordering, tier)
        rows = ordering.apply(rows, driver.prefix, cursor, joined=joined, backward=backward)
        return rows.values_list(
            content,
            ordering.key(driver.prefix),
            f"{driver.prefix}public_id",
            constant(tier or 0),
        )[:size]

    # Its shape

    def shape(self, ordering: Ordering, cursor: Cursor | None) -> tuple[Hashable, ...] | None:
        """Return all that the SQL of a page depends on beside `values`; None where it depends on
        more, as on the ids that a search has found."""
        shapes: list[Hashable] = []
        for name, (filter_, value) in self.filters.items():
            shape = filter_.shape(value)
            if shape is None:
                return None
            shapes.append((name, shape))
        if self.plan.probed is not None:
            return None
        name, versions = self.most_selective(None)
        at = cursor and (cursor.backward, type(cursor.key))
        driving = name, versions <= limits.DRIVING_VERSIONS
        return self.model, ordering.name, tuple(shapes), driving, at

    def values(self, cursor: Cursor | None) -> Values:
        """Return what varies between queries of one shape."""
        values: Values = {"revision": self.revision}
        for name, (filter_, value) in self.filters.items():
            if filter_.varies(value):
                values |= {f"{name} {place}": one for place, one in enumerate(value)}
        if cursor is not None:
            values["row_id"] = cursor.row_id
            if cursor.key is not None:
                values["key"] = cursor.key
        return values

    def like(self, values: Values) -> "RecordQuery":
        """Return the query of the same shape and the same driver with other values."""
        filters = {
            name: (
                filter_,
                [values[f"{name} {place}"] for place in range(len(value))]
                if filter_.varies(value)
                else value,
            )
            for name, (filter_, value) in self.filters.items()
        }
        query = RecordQuery(self.model, filters)
        query.filters, query.revision = filters, values["revision"]
        versions = dict(self.plan.versions)
        for name, keys in self.index_keys.items():
            for key, other in zip(keys, query.index_keys[name], strict=True):
                versions[other] = versions.get(key, 0)
        query.plan = replace(self.plan, versions=versions)
        return query

    def page_by_value(
        self, ordering: Ordering, cursor: Cursor | None, size: int, content: str
    ) -> list[tuple[str, Any, str, int]]:
        """Return a page as `page` does, of records ordered by the largest or smallest of their
        figures that pass the filters; its tiers are the records with and without a number.

        Figures are read in the order of an index, except where the records that may match are
        known to be few.
        """
        figures = self.figures
        if self.total_ids is not None:
            # Whether the dates of a record fit is decided by the total.
            figures = figures.without(ReachedParameter)
        driver = self.driver(ordering, None)
        tested = replace(driver, names=driver.names | self.figures.filters.keys())
        records, joined = self.driven(tested, ordering, None)
        if driver.ids is None and not joined:
            passing = Q(Exists(records.filter(pk=OuterRef("record"))))
        else:
            passing = Q(record__in=records.filter(joined).values("pk"))
        found = figures.one_of_each_record(self.model, ordering.descending).filter(passing)
        by_id = Ordering("-id" if ordering.descending else "id", {"id": "record__public_id"})
        tiers = [
            (NUMBERED, found.filter(high__isnull=False), ordering),
            (UNNUMBERED, found.filter(high__isnull=True), by_id),
        ]
        backward = cursor is not None and cursor.backward
        if backward:
            tiers.reverse()
        if cursor is not None and cursor.tier != tiers[0][0]:
            tiers = tiers[1:]
        parts: list[QuerySet] = []
        for tier, rows, order in tiers:
            place = cursor if not parts else None
            rows = order.apply(rows, "", place, "record__public_id", backward=backward)
            parts.append(
                rows.values_list(
                    f"record__{content}",
                    FIGURE_VALUE,
                    "record__public_id",
                    constant(tier),
                )[:size]
            )
        # As text a cursor holds all digits of the number.
        return [
            (body, None if value is None else str(value), *place)
            for body, value, *place in first_rows(parts, size)
        ]

    def selection(self) -> QuerySet:
        """Return all matching records, in no order."""
        driver = self.driver(UNORDERED, None)
        if driver == Driver() and self.found_by_index:
            # The full-text index knows all matches sooner than their texts are compared.
            driver = Driver(frozenset({"search"}), RawSQL(*self.found_by_index))
        rows, joined = self.driven(driver, UNORDERED, None)
        return rows.filter(joined)

    def without(self, name: str) -> "RecordQuery":
        """Return the same query without one filter, under the same plan."""
        _ = self.plan  # read before it is copied, so that it is read once
        query = copy(self)
        query.set_filters({key: pair for key, pair in self.filters.items() if key != name})
        return query

    # How many there are

    @property
    def found_by_index(self) -> tuple[str, list[str]] | None:
        """SQL, with its parameters, of the versions that match the search, where the full-text
        index alone says which do."""
        if self.search is None or not self.search.is_covered_by_terms:
            return None
        return self.model.child("search_document").matching(self.search)

    @cached_property
    def keys(self) -> Array:
        """The keys of all matching records, in no order."""
        if self.found_by_index and len(self.filters) == 1:
            # Most versions are in force: it is less work to look up the others.
            others = self.model.objects.filter(
                Q(retired_in__lte=self.revision) | Q(published_in__gt=self.revision)
            )
            found = gathered(*self.found_by_index, "record_id")
            alone: Array = np.setdiff1d(found, key_array(others), assume_unique=True)
            return alone
        return key_array(self.selection())

    def count(self) -> int:
        """Return how many records match."""
        if "keys" in self.__dict__:
            return len(self.keys)
        if len(self.filters) == 1:
            ((filter_, value),) = self.filters.values()
            if self.found_by_index:
                return len(self.keys)
            return self.count_under(filter_, value)
        return self.selection().count()

    def count_under(self, filter_: RecordFilter, value: Any) -> int:
        """Return how many records match the only filter."""
        records = self.in_force
        if isinstance(filter_, MilestoneParameter):
            # It takes all figures with their milestones, and a revision never changes.
            subject = Subject.of(self.model.KIND, value)
            return kept_counts.get(subject, self.revision, lambda _: self.selection().count())
        if isinstance(filter_, LatestParameter):
            overtaken = filter_.overtaken(records).count()
            return records.count() - overtaken if value else overtaken
        join = filter_.join(self.model, value)
        if join:
            return self.count_joined(*join)
        if self.index_keys:
            # Looking up all that match is less work than testing all records.
            return records.filter(pk__in=filter_.record_ids(self.model, value)).count()
        return self.selection().count()

    def count_joined(self, relation: str, matching: dict[str, Any]) -> int:
        """Return how many records have the row of the relation of which each has one at most: the
        versions with it, read from an index, less those that have ended."""
        rows = self.model.child(relation).objects.filter(
            **matching, published_in__lte=self.revision
        )
        ended = self.model.objects.filter(retired_in__lte=self.revision)
        if connection.vendor == "sqlite":
            return rows.exclude(record__in=ended.values("pk")).count()
        # PostgreSQL would search a long list again for each row, but joins it once here.
        return rows.filter(~Exists(ended.filter(pk=OuterRef("record")))).count()


def placed(cursor: Cursor | None, values: Values) -> Cursor | None:
    """Return the cursor with the values of its place."""
    return cursor and replace(cursor, key=values.get("key"), row_id=values["row_id"])


def constant(number: int) -> RawSQL:
    """Return a column with a number. Of a `Value` Django would convert each row's."""
    return RawSQL(str(number), [], output_field=Field())


UNORDERED = Ordering("id", {"id": "public_id"})
kept_counts: Kept[int] = Kept(lambda _: 1, limits.KEPT_COUNTS)
NUMBERED, UNNUMBERED = 1, 2
"""Tiers of a list that is ordered by figures."""


def first_rows(parts: Sequence[QuerySet], size: int) -> list[tuple[Any, ...]]:
    """Return up to `size` rows, those of each queryset after those of the one before, in one
    statement. Both databases read the parts of UNION ALL in turn, and the next only if the limit
    is not reached."""
    sql: list[str] = []
    params: list[Any] = []
    for place, part in enumerate(parts):
        # A queryset that cannot match anything has no SQL.
        with suppress(EmptyResultSet):
            part_sql, part_params = part.query.sql_with_params()
            sql.append(f"SELECT * FROM ({part_sql}) AS part_{place}")
            params += part_params
    if not sql:
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"{' UNION ALL '.join(sql)} LIMIT {size}", params)
        return cursor.fetchall()
