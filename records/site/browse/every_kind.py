"""Rows of several kinds of record in one order: each kind is read by its own query, from the same
place on."""

from collections.abc import Sequence
from typing import Any

from aidapi.pagination import Cursor
from records.query.ordering import Ordering
from records.query.planner import RecordQuery


class EveryKind:
    """The records of several kinds that pass the filters, as of a revision."""

    def __init__(self, queries: Sequence[RecordQuery]) -> None:
        self.queries = queries
        self.revision = queries[0].revision

    def count(self) -> int:
        """Return how many records match."""
        return sum(query.count() for query in self.queries)

    def page(self, ordering: Ordering, cursor: Cursor | None, size: int) -> list[Any]:
        """Return up to `size` rows from the cursor on, as a query of one kind does. Dates, titles
        and ids are compared alike in all kinds, so one cursor is a place in each of them."""
        found: list[tuple[str, Any, str, int]] = []
        for query in self.queries:
            found += query.page(of_kind(ordering, query.model), cursor, size)
        backward = cursor is not None and cursor.backward
        found.sort(key=lambda row: row[1:3], reverse=ordering.descending != backward)
        found.sort(key=lambda row: row[3], reverse=backward)
        return found[:size]


def of_kind(ordering: Ordering, model: Any) -> Ordering:
    """Return a kind's ordering for one of every kind: `date` is its own date."""
    name = ordering.name.replace("date", model.DATE)
    column = f"{model.DATE}_key" if ordering.column == "date" else ordering.column
    return Ordering(name, {name.lstrip("-"): column}, tiered=ordering.tiered)
