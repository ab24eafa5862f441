"""Data dictionary: every field of every document, from the serializers and the help texts of the
models."""

import inspect
import re
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from rest_framework import serializers

from aidapi.views import Page
from records.api.resource import Resource
from records.api.views.versions import RecordVersionSerializer
from records.documents.serializers import KnownDateField


@dataclass(frozen=True)
class Entry:
    """A field: its name, type and meaning."""

    name: str
    type: str
    nullable: bool
    meaning: str
    codes: tuple[tuple[str, str], ...]
    """Pairs of code and meaning, if the field has a code list."""
    refers: str
    """Slug of the chapter that describes the nested document."""


@dataclass(frozen=True)
class Chapter:
    """A document, or a nested document that several share."""

    slug: str
    name: str
    about: str
    entries: tuple[Entry, ...]


class Dictionary(Page):
    """Every field of every kind, its type, its codes and its meaning."""

    resources: ClassVar[list[Resource]] = []
    """The resources of the API; `records.site.urls` passes them in."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return render(
            request, "records/dictionary.html", {"chapters": chapters(documents(self.resources))}
        )


def documents(resources: list[Resource]) -> tuple[type, ...]:
    """Return the serializers of the lists and of the histories of records."""
    listed = [resource.serializer_class for resource in resources]
    return (*listed, RecordVersionSerializer)


@cache
def chapters(serializer_classes: tuple[type, ...]) -> list[Chapter]:
    """Return the chapters: documents in the order of the routes, then nested documents."""
    waiting, found = list(serializer_classes), {}
    while waiting:
        serializer_class = waiting.pop(0)
        if serializer_class in found:
            continue
        fields = serializer_class().fields
        found[serializer_class] = Chapter(
            slug(serializer_class),
            name(serializer_class),
            inspect.getdoc(serializer_class) or "",
            tuple(entry(field) for field in fields.values()),
        )
        waiting += [type(inner(field)) for field in fields.values() if is_nested(inner(field))]
    return list(found.values())


def name(serializer_class: type) -> str:
    """Return the name of a serializer's documents: RecordVersionSerializer → Record version."""
    words = serializer_class.__name__.removesuffix("Serializer")
    first, *others = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", words).split()
    return " ".join([first, *(word if word.isupper() else word.lower() for word in others)])


def slug(serializer_class: type) -> str:
    return name(serializer_class).lower().replace(" ", "-")


def inner(field: Any) -> Any:
    return getattr(field, "child", field)


def is_nested(field: Any) -> bool:
    return isinstance(field, serializers.BaseSerializer)


def entry(field: Any) -> Entry:
    held = inner(field)
    nested = is_nested(held)
    about = str(field.help_text or held.help_text or "")
    return Entry(
        name=field.field_name,
        type=type_of(field),
        nullable=field.allow_null,
        meaning=about or (inspect.getdoc(type(held)) or "" if nested else ""),
        codes=tuple(
            (str(code), str(label)) for code, label in getattr(held, "choices", {}).items()
        ),
        refers=slug(type(held)) if nested else "",
    )


TYPES: dict[type, str] = {
    serializers.ChoiceField: "code",
    serializers.URLField: "address",
    serializers.DateTimeField: "time, UTC",
    serializers.DateField: "date",
    serializers.BooleanField: "true or false",
    serializers.IntegerField: "whole number",
    serializers.JSONField: "any",
    serializers.CharField: "text",
}


def type_of(field: Any) -> str:
    """Return the type of a field in words."""
    held = inner(field)
    if held is not field:
        return f"list of {'objects' if is_nested(held) else f'{type_of(held)}s'}"
    if is_nested(field):
        return "object"
    if isinstance(field, KnownDateField):
        return "date, as far as it is known"
    if hasattr(field, "json_schema"):
        schema = field.json_schema()
        kind = schema["type"].replace("string", "text")
        return "address" if schema.get("format", "").startswith("uri") else kind
    return next(words for cls, words in TYPES.items() if isinstance(field, cls))
