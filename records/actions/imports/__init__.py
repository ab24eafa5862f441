"""Spreadsheets: files of rows checked against the database, and imported as drafts."""

from records.actions.imports.batches import (
    NOT_WRITTEN,
    Stale,
    check_slice,
    confirm,
    earlier,
    receive,
    standing,
    throw_away,
    undo,
)
from records.actions.imports.columns import Column, columns_of, rows_of
from records.actions.imports.sheets import MAX_BYTES, MAX_ROWS, SheetError

__all__ = [
    "MAX_BYTES",
    "MAX_ROWS",
    "NOT_WRITTEN",
    "Column",
    "SheetError",
    "Stale",
    "check_slice",
    "columns_of",
    "confirm",
    "earlier",
    "receive",
    "rows_of",
    "standing",
    "throw_away",
    "undo",
]
