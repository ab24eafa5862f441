"""Exact numbers as JSON."""

from decimal import Decimal
from typing import Any

import orjson

from records.documents.serializers import ExactNumberField


def number(value: Any) -> Any:
    """Return a decimal as JSON with all its digits, for `orjson.dumps(default=number)`."""
    if isinstance(value, Decimal):
        text = f"{value.normalize():f}"
        return orjson.Fragment(text)
    raise TypeError(f"{type(value).__name__} is no JSON")


class SumField(ExactNumberField):
    """Sum with all its digits."""

    def to_representation(self, value: Decimal) -> Decimal:
        return value


def sum_field(help_text: str) -> SumField:
    """Return a field for a sum, which may be null."""
    return SumField(read_only=True, allow_null=True, help_text=help_text)
