"""What is going to be taken out of the API: how it is declared, and how its users hear of it.

A parameter says so itself, `Parameter(…, deprecated=Deprecation(…))`; the fields of a serializer
in `@deprecated_fields(name=Deprecation(…))`. The document marks them, and the answer to whoever
uses them has the headers `Deprecation` (RFC 9745) and `Sunset` (RFC 8594).
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
    """Since when something is discouraged, the day from which it may be gone, and what to use
    instead, as a sentence."""

    since: datetime.date
    sunset: datetime.date
    instead: str

    def sentence(self) -> str:
        return f"Deprecated since {self.since}, and gone after {self.sunset}. {self.instead}"


def deprecated_fields(**fields: Deprecation) -> Callable[[type], type]:
    """Marks fields of a serializer."""

    def mark(serializer: type[serializers.Serializer]) -> type:
        unknown = fields.keys() - serializer().fields.keys()
        assert not unknown, f"{serializer.__name__} has no {', '.join(sorted(unknown))}"
        serializer.deprecated = fields  # type: ignore[attr-defined]
        return extend_schema_serializer(deprecate_fields=list(fields))(serializer)

    return mark


def serializer_of(view: Any) -> Any:
    """The serializer whose document the view's present action answers with, as a class."""
    serializer = getattr(view, f"{view.action}_serializer", view.serializer_class)
    serializer = getattr(serializer, "child", serializer)
    return serializer if isinstance(serializer, type) else type(serializer)


@cache
def deprecated_paths(serializer_class: Any) -> dict[str, Deprecation]:
    """Paths of the deprecated fields of a document, as `fields` and `omit` name them."""
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
def deprecating(parameters: Any, serializer_class: Any) -> bool:
    """Whether anything is deprecated that can be asked with the parameters, or is answered."""
    asked = parameters.base_filters.values() if parameters else ()
    return any(one.deprecated for one in asked) or bool(deprecated_paths(serializer_class))


def deprecations_used(parameters: Any, serializer_class: Any, query: Any) -> list[Deprecation]:
    """Those of the parameters that a question names, and of the fields that its answer shows."""
    named = [parameters.base_filters[name] for name in query if name in parameters.base_filters]
    used = [one.deprecated for one in named if one.deprecated]
    shown, omitted = (query.get(name, "") for name in ("fields", "omit"))
    for path, deprecation in deprecated_paths(serializer_class).items():
        if (not shown or any(meet(path, one) for one in shown.split(","))) and not any(
            path == one or path.startswith(f"{one}.") for one in omitted.split(",")
        ):
            used.append(deprecation)
    return used


def meet(path: str, asked: str) -> bool:
    """Whether what was asked for is the field, or holds it, or is a part of it."""
    return f"{path}.".startswith(f"{asked}.") or f"{asked}.".startswith(f"{path}.")


def headers(used: list[Deprecation]) -> dict[str, str]:
    """The headers of an answer, by whichever ends first."""
    if not used:
        return {}
    return {
        "Deprecation": f"@{seconds(min(one.since for one in used))}",
        "Sunset": http_date(seconds(min(one.sunset for one in used))),
    }


def seconds(day: datetime.date) -> int:
    midnight = datetime.datetime.combine(day, datetime.time(), datetime.UTC)
    return int(midnight.timestamp())
