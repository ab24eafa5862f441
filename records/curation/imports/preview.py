"""What the page of an import shows of a row: each cell as it was written, and what it was read
as."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from aidapi.dates import PATTERN, in_words
from records.content.numbers import grouped
from records.curation.imports.building import SheetBuilder, split
from records.curation.imports.columns import Column, code_called
from records.curation.imports.models import ImportRow
from records.models import fold

EMPTY = "(empty)"
FROM_AMOUNT = "(named with the amount)"


class ReadCell(NamedTuple):
    """A cell of the preview."""

    column: str
    was: str
    """Text in the file, where something else was typed on the page."""
    written: str
    read: str
    """What it was read as; empty where it was written so."""
    why: str
    """Why another reading is impossible."""


class Reader:
    """Shows the cells of some rows; looks up by few queries what they name."""

    def __init__(self, builder: SheetBuilder, rows: Sequence[ImportRow]) -> None:
        self.builder = builder
        builder.look_up_statements(rows)
        self._names: dict[Any, dict[str, str]] = {}

    def cells(self, row: ImportRow) -> list[ReadCell]:
        """Return the cells of a row that hold something, in the order of the columns."""
        found = []
        for name, column in self.builder.columns.items():
            written = row.text(name)
            if name == "record" or not (written or name in row.cells or name in row.mended):
                continue
            was = row.original.get(name, "") if name in row.mended else ""
            if name in row.mended and not was:
                was = EMPTY
            if not written:
                written = FROM_AMOUNT if name in row.cells else EMPTY
            taken, why = row.resolved.get(name, (row.cells.get(name, ""), ""))
            read = self.read(column, taken) or EMPTY
            text = written.strip()
            as_is = text == read or fold(text).replace(" ", "_") == read
            as_is = as_is or (text == taken and (column.is_date or column.is_number))
            found.append(ReadCell(name, was, written, "" if as_is else read, why))
        return found

    def read(self, column: Column, text: str) -> str:
        """Return a cell as people read its value."""
        name = column.name
        if name in self.builder.named:
            model = self.builder.named[name]
            return " | ".join(self.called(model, part) for part in split(text))
        if name == "statement":
            if found := self.builder.statements_called(text):
                return " or ".join(found)
            title = self.builder.new_source(text)
            return f"a new statement, “{title}”" if title else text
        if column.is_date and re.fullmatch(PATTERN, text):
            return in_words(text)
        if column.is_number and re.fullmatch(r"[0-9]{1,30}(\.[0-9]{1,30})?", text, re.ASCII):
            return grouped(Decimal(text))
        if column.datatype == "boolean":
            return {"true": "yes", "false": "no"}.get(code_called(column, text), text)
        return text if column.free else code_called(column, text)

    def called(self, model: Any, text: str) -> str:
        """Return name and code of what a text names."""
        code = self.builder.code_of(model, text)
        return self.label(model, code) if code and code != text else text

    def label(self, model: Any, code: str) -> str:
        """Return name and code of a party or item."""
        if model not in self._names:
            self._names[model] = dict(model.objects.values_list("code", "name"))
        return f"{self._names[model].get(code, code)} ({code})"
