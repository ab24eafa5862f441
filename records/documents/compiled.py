"""Serializers as plain functions.

The serializers say what a document is. Django REST framework reads each field in a dozen calls, in
which it allows for forms, mappings and errors that a stored version does not have; that took most
of the time of rendering. Here a serializer's fields become functions once, and only fields with a
rule of their own are asked. `tests/documents/test_rendering.py` holds the results against those
of the serializers.
"""

from collections.abc import Callable
from operator import attrgetter
from types import MethodType
from typing import Any

from rest_framework import serializers

from records.documents.serializers import InTotal

Read = Callable[[Any], Any]
"""Returns what a document has of an instance."""

KEPT = {
    field.to_representation
    for field in (
        serializers.CharField,
        serializers.IntegerField,
        serializers.BooleanField,
        serializers.ChoiceField,
    )
}
"""What these make of a column's value is the value."""


def compiled(serializer: Any) -> Read:
    """Return a function that does what the serializer's `to_representation` does."""
    if isinstance(serializer, serializers.ListSerializer):
        each = compiled(serializer.child)
        return lambda rows: [each(row) for row in rows]
    if not isinstance(serializer, serializers.Serializer):
        return serializer.to_representation
    columns = columns_of(serializer)
    fields = [
        (field.field_name, compiled_field(field, columns))
        for field in serializer._readable_fields
        # Left out of what is stored.
        if not isinstance(field, InTotal)
    ]
    return lambda instance: {name: read(instance) for name, read in fields}


def columns_of(serializer: Any) -> set[str]:
    """Return the attributes of the serializer's model that hold columns."""
    model = getattr(getattr(serializer, "Meta", None), "model", None)
    return {field.attname for field in model._meta.concrete_fields} if model else set()


def compiled_field(field: Any, columns: set[str]) -> Read:
    """Return a function that returns what a document has of an instance in one field."""
    attribute = (
        follow(field.source_attrs, columns)
        if type(field).get_attribute is serializers.Field.get_attribute
        else field.get_attribute
    )
    if type(field).to_representation in KEPT:
        return attribute
    represent = compiled(field)
    if not field.source_attrs:
        return represent

    def read(instance: Any) -> Any:
        value = attribute(instance)
        return None if value is None else represent(value)

    return read


def follow(names: list[str], columns: set[str]) -> Read:
    """Return a function that follows attributes, keys and methods without arguments."""
    if len(names) == 1 and names[0] in columns:
        return attrgetter(names[0])

    def step(instance: Any, name: str) -> Any:
        value = instance[name] if type(instance) is dict else getattr(instance, name)
        return value() if type(value) is MethodType else value

    if len(names) == 1:
        name = names[0]
        return lambda instance: step(instance, name)

    def read(instance: Any) -> Any:
        for name in names:
            instance = step(instance, name)
        return instance

    return read
