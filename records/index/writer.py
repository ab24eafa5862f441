"""The one writer of derived rows: documents, rows in files, search documents and statistics.

Publishing calls it within its transaction, and `records.index.reindex` for what is out of date.
"""

from collections.abc import Sequence
from typing import Any

from records.documents.render import render, render_lines
from records.index import state
from records.index.names import names_in
from records.index.search import Names, search_text
from records.index.signature import Rows, signatures
from records.index.statistics import StatisticsIncrement, keys_of
from records.models import DatedRecord, Record
from records.models.rows import insert_rows


class DerivedRows:
    """The derived rows of one revision, with the names that the vocabulary has in it."""

    def __init__(self) -> None:
        self.statistics = StatisticsIncrement()

    def publish(self, records: Sequence[Record]) -> None:
        """Write the documents of versions of one kind that were published just now, and read with
        their rows after the vocabulary was written."""
        insert_rows([search_document(record, names_in(record)) for record in records])
        documents = [document(record) for record in records]
        insert_rows(documents)
        insert_rows(
            [
                file_rows(record, one.body)
                for record, one in zip(records, documents, strict=True)
                if record.ROLES
            ]
        )
        for record in records:
            self.statistics.publish(record.KIND, keys_of(record))

    def write(self) -> None:
        """Write what was counted, once for the revision."""
        self.statistics.write()
        state.note_writing()


def document(record: Record) -> Any:
    """Return the row of a version's public document."""
    return record.child("document")(
        # By key: to name the object would make it refer to its document, which nobody asks.
        record_id=record.pk,
        format=signatures()[record.KIND, Rows.DOCUMENT],
        body=render(record),
        content_digest=record.digest,
    )


def file_rows(record: Record, document: str) -> Any:
    """Return the row of a version's rows in files."""
    return record.child("file_rows")(
        record_id=record.pk,
        format=signatures()[record.KIND, Rows.FILE],
        lines=render_lines(record.KIND, document),
    )


def search_document(record: Record, names: Names) -> Any:
    """Return the row of a version's search document, with names as given."""
    dated = isinstance(record, DatedRecord)
    parties = record.rows_of("parties") if dated else ()
    return record.child("search_document")(
        record=record,
        format=signatures()[record.KIND, Rows.SEARCH],
        **search_text(record, parties, record.ordered_evidence(), names),
    )
