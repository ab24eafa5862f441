"""CSV: one file for each table, as RFC 4180 has it, in UTF-8 without a byte order mark."""

import csv
from collections.abc import Sequence
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any

from aidapi.tables import Cell, cell, same, truth
from records.releases.tables import Rows, Table, converted


def decimal(value: float | None) -> str | None:
    """Return the number with a decimal point in every row, so that readers that guess types from
    the first rows guess one type for all: 5000000.0, 8.7."""
    if value is None:
        return None
    text = f"{Decimal(repr(value)):f}"
    return text if "." in text else f"{text}.0"


KINDS: dict[str, Cell] = {"decimal": decimal, "integer": same, "boolean": truth}


class CSVWriter:
    """Writes tables as CSV. As in the API's downloads, text that a spreadsheet may read as a
    formula begins with an apostrophe."""

    def __init__(self, folder: Path, tables: Sequence[Table]) -> None:
        self.files = ExitStack()
        self.writers: dict[str, tuple[Any, list[tuple[int, Cell]]]] = {}
        folder.mkdir()
        for table in tables:
            file = (folder / f"{table.name}.csv").open("w", encoding="utf-8", newline="")
            writer = csv.writer(self.files.enter_context(file))
            writer.writerow([column.name for column in table.columns])
            cells = [cell(column, False, KINDS) for column in table.columns]
            changed = [(place, one) for place, one in enumerate(cells) if one is not same]
            self.writers[table.name] = writer, changed

    def write(self, table: Table, rows: Rows) -> None:
        """Add rows to a table."""
        writer, changed = self.writers[table.name]
        writer.writerows(converted(row, changed) for row in rows)

    def close(self) -> None:
        self.files.close()
