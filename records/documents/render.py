"""Rendering: the public JSON of a version."""

from functools import cache

import orjson
from rest_framework.serializers import BaseSerializer

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
def serializer(kind: str) -> BaseSerializer:
    """Return the kind's serializer, built once: it holds no state of a record."""
    return SERIALIZERS[kind]()


def render(record: Record) -> str:
    """Return the record's public document, as JSON text."""
    return orjson.dumps(serializer(record.KIND).to_representation(record)).decode()
