"""The one writer of derived rows: documents, search documents and filter statistics.

Publishing calls it within its transaction, and `records.index.reindex` for what is out of date.
"""

from typing import Any

from records.documents.render import render
from records.index import state
from records.index.names import current_names
from records.index.search import Names, search_text
from records.index.signature import Rows, signatures
from records.index.statistics import StatisticsIncrement, keys_of
from records.models import DatedRecord, Record

ROWS_AT_ONCE = 400
"""So many documents are written by one statement: more would only take memory."""


class DerivedRows:
    """The derived rows of one revision, by the vocabulary as it is when this is made."""

    def __init__(self) -> None:
        self.names = current_names()
        self.statistics = StatisticsIncrement()
        self.rows: list[Any] = []
        """Documents and search documents that are made and not yet written."""

    def publish(self, record: Record) -> None:
        """Make the documents of a version that was published just now. They are written many at a
        time."""
        self.rows += [search_document(record, self.names), document(record)]
        self.statistics.publish(record.KIND, keys_of(record))
        if len(self.rows) >= ROWS_AT_ONCE:
            self.write_rows()

    def write_rows(self) -> None:
        """Write the documents that were made."""
        for model in {type(row): None for row in self.rows}:
            model._default_manager.bulk_create(row for row in self.rows if type(row) is model)
        self.rows.clear()

    def write(self) -> None:
        """Write what is left, and what was counted, once for the revision."""
        self.write_rows()
        self.statistics.write()
        state.note_writing()


def document(record: Record) -> Any:
    """Return the row of a version's public document."""
    return record.child("document")(
        record=record,
        format=signatures()[record.KIND, Rows.DOCUMENT],
        body=render(record),
        content_digest=record.digest,
    )


def search_document(record: Record, names: Names) -> Any:
    """Return the row of a version's search document, with names as given."""
    dated = isinstance(record, DatedRecord)
    parties = record.parties.all() if dated else ()
    return record.child("search_document")(
        record=record,
        format=signatures()[record.KIND, Rows.SEARCH],
        **search_text(record, parties, record.ordered_evidence(), names),
    )
