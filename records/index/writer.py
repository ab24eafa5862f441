"""The one writer of derived rows: documents, rows in files, search documents and statistics.

Publishing calls it within its transaction, and `records.index.reindex` for what is out of date.
"""

from collections.abc import Sequence
from typing import NamedTuple

from records.documents.render import render, render_lines
from records.index import state
from records.index.names import names_in
from records.index.search import Names, search_text
from records.index.signature import Rows, signatures
from records.index.statistics import StatisticsIncrement, keys_of
from records.models import DatedRecord, Record
from records.models.rows import insert_values


class DocumentRow(NamedTuple):
    """The columns of a version's public document."""

    record_id: int
    format: str
    body: str
    content_digest: str


class FileRow(NamedTuple):
    """The columns of a version's rows in files."""

    record_id: int
    format: str
    lines: str


class SearchRow(NamedTuple):
    """The columns of a version's search document."""

    record_id: int
    format: str
    head: str
    body: str


class DerivedRows:
    """The derived rows of one revision, with the names that the vocabulary has in it."""

    def __init__(self) -> None:
        self.statistics = StatisticsIncrement()

    def publish(self, records: Sequence[Record]) -> None:
        """Write the documents of versions of one kind that were published just now, and read with
        their rows after the vocabulary was written."""
        child = type(records[0]).child
        searched = [search_document(record, names_in(record)) for record in records]
        insert_values(child("search_document"), SearchRow._fields, searched)
        documents = [document(record) for record in records]
        insert_values(child("document"), DocumentRow._fields, documents)
        if records[0].ROLES:
            rows = [
                file_rows(record, one.body) for record, one in zip(records, documents, strict=True)
            ]
            insert_values(child("file_rows"), FileRow._fields, rows)
        for record, words in zip(records, searched, strict=True):
            self.statistics.publish(record.KIND, keys_of(record, (words.head, words.body)))

    def write(self) -> None:
        """Write what was counted, once for the revision."""
        self.statistics.write()
        state.note_writing()


def document(record: Record) -> DocumentRow:
    """Return the row of a version's public document."""
    form = signatures()[record.KIND, Rows.DOCUMENT]
    return DocumentRow(record.pk, form, render(record), record.digest)


def file_rows(record: Record, document: str) -> FileRow:
    """Return the row of a version's rows in files."""
    form = signatures()[record.KIND, Rows.FILE]
    return FileRow(record.pk, form, render_lines(record.KIND, document))


def search_document(record: Record, names: Names) -> SearchRow:
    """Return the row of a version's search document, with names as given."""
    parties = record.rows_of("parties") if isinstance(record, DatedRecord) else ()
    texts = search_text(record, parties, record.ordered_evidence(), names)
    return SearchRow(record.pk, signatures()[record.KIND, Rows.SEARCH], **texts)
