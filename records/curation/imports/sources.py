"""Statements that are not entered yet: a row names the address and says what it is, and the import
makes its draft along with the record's."""

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from records.content.builder import Entry
from records.content.fields import ContentField, named_fields
from records.curation.duplicates import likeness
from records.curation.imports.columns import OF_SOURCE, SOURCE, Cells
from records.curation.imports.models import ImportBatch
from records.models import Statement

Given = Mapping[str, Mapping[str, str]]
"""Page, as `page_at` writes it → column → what the first row that fills it has."""
ADDRESS = re.compile(r"https?://", re.IGNORECASE)
HINT = (
    "No statement has this address. Enter it first, or have its draft made: fill in "
    + ", ".join(f"`{SOURCE}{name}`" for name in OF_SOURCE[:-1])
    + f" and `{SOURCE}{OF_SOURCE[-1]}`, in one of the rows that cite it."
)


def page_at(text: str) -> str:
    """Return which page a cell's address leads to, in whatever way it is written: the copy of an
    archive, a mobile host, marks of campaigns. Empty if the cell has no address."""
    try:
        return likeness.address(text) if ADDRESS.match(text) else ""
    except ValueError:
        return ""


def given_sources(batch: ImportBatch) -> Given:
    """Return what the rows of a file say about sources that may be new: one row says it for all
    that have the same address."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    if not batch.is_mended and not any(name.startswith(SOURCE) for name in batch.columns):
        return found
    rows = batch.lines.filter(left_out=False, cells__has_key="statement").order_by("number")
    for cells in rows.values_list("cells", flat=True).iterator():
        for name, text in own_source(cells).items():
            found[page_at(cells["statement"])].setdefault(name, text)
    return found


def own_source(cells: Cells) -> Cells:
    """Return the cells of a row that are about its source."""
    return {name: text for name, text in cells.items() if name.startswith(SOURCE)}


def source_fields() -> list[ContentField]:
    return named_fields(Statement, OF_SOURCE)


class SourceEntry(Entry):
    """What a row says about a source, as an entry of the builder."""

    def __init__(self, entry: Any, cells: Cells) -> None:
        super().__init__()
        self.entry = entry
        self.texts = {name.removeprefix(SOURCE): text for name, text in cells.items()}
        self.wrong |= {name.removeprefix(SOURCE) for name in entry.unread}

    def __contains__(self, key: str) -> bool:
        return key in self.texts

    def text(self, key: str) -> str:
        return self.texts.get(key, "").strip()

    def is_emptied(self, key: str) -> bool:
        return False

    def require(self, *keys: str) -> None:
        for key in keys:
            self.fault("It is empty, and a new source needs it.", key)

    def fault(self, message: str, key: str = "") -> None:
        self.wrong.add(key)
        column = SOURCE + key if key in OF_SOURCE else "statement"
        self.entry.fault(message, column)
