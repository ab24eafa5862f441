"""The stored documents: each published version's public JSON, rendered once.

The one place where writing meets the API: publishing calls it, and it asks the API's serializer
for the public shape.
"""

from functools import cache
from typing import Any

import orjson
from rest_framework.serializers import BaseSerializer

from records.api.registry import SERIALIZERS
from records.models import Record, RecordDocument


@cache
def serializer(kind: str) -> BaseSerializer:
    """The kind's serializer, built once: it holds no state of a record."""
    return SERIALIZERS[kind]()


def render(record: Record) -> str:
    """The record's public document, as JSON text."""
    return orjson.dumps(serializer(record.KIND).to_representation(record)).decode()


def write_document(record: Any) -> None:
    """Render the version's document into its row, or anew over it."""
    type(record).child("document").objects.update_or_create(
        record=record,
        defaults={
            "format": RecordDocument.FORMAT,
            "body": render(record),
            "content_digest": record.digest,
        },
    )
