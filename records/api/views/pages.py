"""Pages of lists: one way to read them, whatever their rows come from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import orjson
from django.db.models import QuerySet
from django.http import HttpRequest

from aidapi.errors import InvalidParameters, ParameterError, Problem
from aidapi.pagination import DEFAULT_PAGE, Cursor, page_link
from aidapi.parameters import ParameterSet
from records.api.views.base import DatasetResponse
from records.query.ordering import Ordering


class Rows(Protocol):
    """Rows of a list as of a revision."""

    revision: int

    def count(self) -> int:
        """Return the total number of rows."""

    def page(self, ordering: Ordering, cursor: Cursor | None, size: int) -> list[Any]:
        """Return up to `size` rows after the cursor, each as (row, sort key, id) and, where a
        search has tiers, the tier."""


class QuerySetRows:
    """Rows of a queryset, with the unique column that breaks ties."""

    def __init__(self, revision: int, rows: QuerySet, row_id: str) -> None:
        self.revision = revision
        self.rows = rows
        self.row_id = row_id

    def count(self) -> int:
        return self.rows.count()

    def page(self, ordering: Ordering, cursor: Cursor | None, size: int) -> list[Any]:
        rows = ordering.apply(self.rows, "", cursor, self.row_id)[:size]
        return [(row, getattr(row, ordering.column), getattr(row, self.row_id)) for row in rows]


class ListedRows:
    """Rows in memory, as dictionaries, with the function that returns their id."""

    def __init__(
        self, revision: int, rows: list[dict[str, Any]], row_id: Callable[[dict[str, Any]], str]
    ) -> None:
        self.revision = revision
        self.rows = rows
        self.row_id = row_id

    def count(self) -> int:
        return len(self.rows)

    def page(self, ordering: Ordering, cursor: Cursor | None, size: int) -> list[Any]:
        backward = cursor is not None and cursor.backward
        rows = [(row, row[ordering.column], self.row_id(row)) for row in self.rows]
        rows.sort(key=lambda row: row[1:], reverse=ordering.descending != backward)
        start = 0
        if cursor is not None:
            start = [row[1:] for row in rows].index((cursor.key, cursor.row_id)) + 1
        return rows[start : start + size]


@dataclass(frozen=True)
class Page:
    """Rows of one page of a list, with links to the next and the previous page."""

    parameters: ParameterSet
    revision: int
    rows: list[Any]
    count: int | None
    next: str | None
    previous: str | None

    def response(self, results: bytes) -> DatasetResponse:
        """Return the page in the envelope of all lists; the results are JSON already."""
        return DatasetResponse(
            self.revision,
            envelope(self.revision, self.count, self.next, self.previous, results),
        )


def envelope(
    revision: int, count: int | None, next_: str | None, previous: str | None, results: bytes
) -> bytes:
    """Return the body of a list; the results are JSON already."""
    head = orjson.dumps(
        {"revision": revision, "count": count, "next": next_, "previous": previous}
    )
    return head[:-1] + b',"results":[' + results + b"]}"


def read_page(
    request: HttpRequest,
    parameters: Any,
    rows_at: Callable[[int | None], Rows],
    default_ordering: str = "",
) -> Page:
    """Return the requested page of the rows that `rows_at` returns for a revision (None for the
    latest), in the default ordering of the list unless another is given."""
    values = parameters.cleaned
    cursor = Cursor.decode(values["cursor"], request) if "cursor" in values else None
    # Further pages keep the ordering of the first, whatever their representation.
    ordering = Ordering.of(parameters, cursor.ordering if cursor else default_ordering)
    rows = rows_at(named_revision(values, cursor))
    count = rows.count() if values.get("count") else None
    size = values.get("page_size", DEFAULT_PAGE)
    page = rows.page(ordering, cursor, size + 1)
    before, after = page_edges(page, size, cursor, rows.revision, ordering.name)
    if cursor is not None and cursor.backward:
        page.reverse()
    return Page(
        parameters,
        rows.revision,
        [row[0] for row in page],
        count,
        page_link(request, after),
        page_link(request, before),
    )


def named_revision(values: dict[str, Any], cursor: Cursor | None) -> int | None:
    """Return the revision that a request names, directly or by its cursor."""
    revision = values.get("revision")
    if cursor is None:
        return revision
    if revision not in (None, cursor.revision):
        raise cursor_of_another_revision(cursor.revision)
    return cursor.revision


def cursor_of_another_revision(revision: int) -> Problem:
    return InvalidParameters(
        [
            ParameterError(
                "revision",
                "cursor_of_another_revision",
                f"The cursor belongs to revision {revision}: leave `revision` out, or start "
                f"without the cursor.",
                str(revision),
            )
        ]
    )


def page_edges(
    page: list[Any], page_size: int, cursor: Cursor | None, revision: int, ordering: str
) -> tuple[Cursor | None, Cursor | None]:
    """Return the cursors before and after the page, and remove its look-ahead row."""
    more = len(page) > page_size
    if more:
        page.pop()
    if not page:
        return None, None
    backward = cursor is not None and cursor.backward
    first, last = (page[-1], page[0]) if backward else (page[0], page[-1])

    def at(row: Sequence[Any], back: bool) -> Cursor:
        key = row[1].isoformat() if hasattr(row[1], "isoformat") else row[1]
        return Cursor(revision, ordering, back, key, row[2], *row[3:])

    has_before = more if backward else cursor is not None
    has_after = True if backward else more
    return (
        at(first, True) if has_before else None,
        at(last, False) if has_after else None,
    )
