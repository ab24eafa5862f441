"""Rendering: the public JSON of a version, and its rows in files."""

from collections.abc import Callable
from functools import cache
from typing import Any

import orjson

from records.documents.columns import figure_lines
from records.documents.compiled import compiled
from records.documents.contracts import ContractSerializer
from records.documents.donations import DonationSerializer
from records.documents.exports import ExportSerializer
from records.documents.serializers import RecordSerializer
from records.documents.statements import StatementSerializer
from records.models import Record

SERIALIZERS: dict[str, type[RecordSerializer]] = {
    serializer.Meta.model.KIND: serializer
    for serializer in (
        StatementSerializer,
        DonationSerializer,
        ExportSerializer,
        ContractSerializer,
    )
}
"""Kind of record → the serializer of its document."""


@cache
def renderer(kind: str) -> Callable[[Record], dict[str, Any]]:
    """Return what the kind's serializer does, compiled once: it holds no state of a record."""
    return compiled(SERIALIZERS[kind]())


def render(record: Record) -> str:
    """Return the record's public document, as JSON text."""
    return orjson.dumps(renderer(record.KIND)(record)).decode()


def render_lines(kind: str, document: str) -> str:
    """Return the rows of a document's figures in CSV, as a JSON list of lines without the columns
    of totals."""
    lines = figure_lines(SERIALIZERS[kind])(orjson.loads(document))
    return orjson.dumps(lines).decode()
