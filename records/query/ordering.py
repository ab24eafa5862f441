"""Orderings of lists, and the place in them where a page begins."""

from collections.abc import Sequence
from typing import Any

from django.db.models import F, Q

from aidapi.pagination import Cursor

FIGURE_VALUE = "high"
"""Column of figures that orders their records: the value or, of a range, the upper bound."""


class Ordering:
    """An ordering that a client can request; it always ends in the id."""

    def __init__(
        self,
        name: str,
        columns: dict[str, str],
        nullable: Sequence[str] = (),
        *,
        tiered: bool = False,
    ) -> None:
        self.name = name
        self.tiered = tiered
        """Whether records whose title or names have all that is searched for come first."""
        self.descending = name.startswith("-")
        self.column = columns[name.lstrip("-")]
        self.nullable = self.column in nullable
        self.by_value = self.column == FIGURE_VALUE

    @classmethod
    def of(cls, parameters: Any, default: str = "") -> "Ordering":
        """Return the requested ordering of a list, or by default the given one or the list's
        own, in which a search returns its first tier first."""
        cleaned, usual = parameters.cleaned, parameters.usual_ordering
        name = cleaned.get("ordering", default or usual)
        tiered = "search" in cleaned and "ordering" not in cleaned and name == usual
        return cls(name, parameters.ORDERINGS, parameters.NULLABLE, tiered=tiered)

    def key(self, prefix: str = "") -> str:
        """Return the column that orders the rows of the relation behind the prefix."""
        return f"{prefix}{self.column}" if prefix else self.column

    def apply(
        self,
        rows: Any,
        prefix: str,
        cursor: Cursor | None,
        row_id: str = "public_id",
        joined: Q | None = None,
        backward: bool = False,
    ) -> Any:
        """Return the rows in order, from the cursor on (backward: in reverse, up to it). `joined`
        is what the relation behind the prefix must have; the cursor's condition must be in the
        same `filter()`, since every further one would join again and repeat records."""
        backward = backward or (cursor is not None and cursor.backward)
        descending = self.descending != backward
        column, row_id = self.key(prefix), f"{prefix}{row_id}"
        condition = joined or Q()
        if cursor is not None:
            condition &= self.beyond(column, row_id, descending, backward, cursor)
        rows = rows.filter(condition)
        order: list[Any]
        if column == row_id:
            order = [f"-{row_id}" if descending else row_id]
        elif self.nullable:
            # Rows without a value come last, in both directions.
            nulls = {"nulls_first": True} if backward else {"nulls_last": True}
            by = F(column)
            order = [
                by.desc(**nulls) if descending else by.asc(**nulls),
                f"-{row_id}" if descending else row_id,
            ]
        else:
            sign = "-" if descending else ""
            order = [f"{sign}{column}", f"{sign}{row_id}"]
        return rows.order_by(*order)

    def beyond(
        self, column: str, row_id: str, descending: bool, backward: bool, cursor: Cursor
    ) -> Q:
        """Return the condition for rows after the cursor's, in the direction of reading."""
        compare = "lt" if descending else "gt"
        further_id = Q(**{f"{row_id}__{compare}": cursor.row_id})
        if column == row_id:
            return further_id
        if cursor.key is None:
            in_nulls = Q(**{f"{column}__isnull": True}) & further_id
            return in_nulls | Q(**{f"{column}__isnull": False}) if backward else in_nulls
        # Written so that an index on (column, id) bounds the scan.
        behind = Q(**{f"{column}__{compare}e": cursor.key}) & (
            Q(**{f"{column}__{compare}": cursor.key}) | further_id
        )
        if self.nullable and not backward:
            return behind | Q(**{f"{column}__isnull": True})
        return behind
