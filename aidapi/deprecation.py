"""Deprecation of parameters and fields, and how clients are informed.

A parameter is declared deprecated by `Parameter(…, deprecated=Deprecation(…))`, the fields of a
serializer by `@deprecated_fields(name=Deprecation(…))`. The OpenAPI document marks them, and the
response to a request that uses them has the headers `Deprecation` (RFC 9745) and `Sunset`
(RFC 8594).
"""

import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.utils.http import http_date
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers


@dataclass(frozen=True)
class Deprecation:
    """Day from which something is deprecated, day after which it may be removed, and a sentence
    that says what to use instead."""

    since: datetime.date
    sunset: datetime.date
    instead: str

    def sentence(self) -> str:
        return f"Deprecated since {self.since}, removed after {self.sunset}. {self.instead}"


def deprecated_fields(**fields: Deprecation) -> Callable[[type], type]:
    """Return a decorator that marks fields of a serializer as deprecated."""

    def mark(serializer: type[serializers.Serializer]) -> type:
        unknown = fields.keys() - serializer().fields.keys()
        assert not unknown, f"{serializer.__name__} has no {', '.join(sorted(unknown))}"
        serializer.deprecated = fields  # type: ignore[attr-defined]
        return extend_schema_serializer(deprecate_fields=list(fields))(serializer)

    return mark


@cache
def deprecated_paths(serializer_class: Any) -> dict[str, Deprecation]:
    """Return the dotted paths of the deprecated fields of a document."""
    return dict(_paths(serializer_class(), ""))


def _paths(serializer: Any, prefix: str) -> Iterator[tuple[str, Deprecation]]:
    serializer = getattr(serializer, "child", serializer)
    if isinstance(serializer, serializers.Serializer):
        marked = getattr(serializer, "deprecated", {})
        for name, field in serializer.fields.items():
            if name in marked:
                yield prefix + name, marked[name]
            yield from _paths(field, f"{prefix}{name}.")


@cache
def deprecates(parameters: Any, serializer_class: Any) -> bool:
    """Return whether any of the parameters, or any field of the response, is deprecated."""
    return bool(deprecated_paths(serializer_class)) or any(
        parameter.deprecated for parameter in parameters.base_filters.values()
    )


def deprecations_used(parameters: Any, serializer_class: Any, query: Any) -> list[Deprecation]:
    """Return the deprecations of the parameters in a query, and of the fields in its response."""
    named = [parameters.base_filters[name] for name in query if name in parameters.base_filters]
    used = [parameter.deprecated for parameter in named if parameter.deprecated]
    fields, omitted = (query.get(name, "") for name in ("fields", "omit"))
    for path, deprecation in deprecated_paths(serializer_class).items():
        if (not fields or any(overlap(path, one) for one in fields.split(","))) and not any(
            path == one or path.startswith(f"{one}.") for one in omitted.split(",")
        ):
            used.append(deprecation)
    return used


def overlap(path: str, other: str) -> bool:
    """Return whether one of two paths is, or contains, the other."""
    return f"{path}.".startswith(f"{other}.") or f"{other}.".startswith(f"{path}.")


def headers(used: list[Deprecation]) -> dict[str, str]:
    """Return the response headers, with the earliest dates of all that is used."""
    if not used:
        return {}
    return {
        "Deprecation": f"@{seconds(min(one.since for one in used))}",
        "Sunset": http_date(seconds(min(one.sunset for one in used))),
    }


def seconds(day: datetime.date) -> int:
    midnight = datetime.datetime.combine(day, datetime.time(), datetime.UTC)
    return int(midnight.timestamp())
