"""Facets of a page: the values of a filter to choose from, with the records that each finds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf
from time import monotonic
from typing import Any

from django.utils.text import capfirst

from records.api.views.facets import counter, facet
from records.query.planner import RecordQuery
from records.site.browse.labels import Names, choices, label
from records.site.browse.state import State

FIRST = (
    *("donor", "recipient", "exporter", "destination", "buyer", "supplier", "item"),
    *("stage", "form", "trade", "method", "unit", "currency"),
    *("publisher", "speaker", "topic", "series", "language"),
)
"""Filters whose values a page of one kind counts, where the kind has facets of them."""
FIRST_OF_EVERY_KIND = ("party", "item", "publisher", "topic", "unit", "currency")
SHOWN = 8
"""Maximum number of values of a facet on a page."""
LISTED = 200
"""Maximum number of values on the page of one facet."""


@dataclass(frozen=True)
class Value:
    """A value of a filter."""

    value: str
    label: str
    records: int | None
    """How many records it finds with the other filters; None where that was not counted."""
    chosen: bool


@dataclass(frozen=True)
class Facet:
    """The values of one filter."""

    name: str
    label: str
    values: tuple[Value, ...]
    more: int
    """Number of further values."""
    counted: bool
    address: str
    """The page that counts all of its values."""

    @property
    def open(self) -> bool:
        return self.counted or any(value.chosen for value in self.values)


def facet_names(state: State) -> list[str]:
    """Return the filters that have facets in all kinds of the page that have the filter, the
    first ones first."""
    found = [
        name
        for part in state.parts
        for name, parameter in part.resource.facets_parameters.base_filters.items()
        if counter(parameter)
    ]
    first = FIRST if state.resource else FIRST_OF_EVERY_KIND
    return list(dict.fromkeys([*(name for name in first if name in found), *found]))


def first_facets(state: State) -> list[str]:
    """Return the filters whose values a page counts unless others are requested."""
    first = FIRST if state.resource else FIRST_OF_EVERY_KIND
    return [name for name in facet_names(state) if name in first]


def facets_of(
    state: State,
    names: Iterable[str],
    counting: Sequence[str],
    limit: int = SHOWN,
    seconds: float = inf,
) -> list[Facet]:
    """Return the facets with some names; the values of those in `counting` are counted, by one or
    two statements each, as long as the time has not passed. Of the others the code list is
    shown."""
    found: dict[str, tuple[Any, Any]] = {}
    until = monotonic() + seconds
    for name in names:
        parameter = parameter_of(state, name)
        queries = [
            (without(part.query, name), part.resource.filters.base_filters[name])
            for part in having(state, name)
        ]
        in_time = name in counting and monotonic() < until
        counts = facet(queries, name, limit) if in_time else None
        found[name] = (parameter, counts)
    texts = Names()
    for name, (parameter, counts) in found.items():
        listed = counts["values"] if counts else ()
        texts.want(parameter, [*(one["value"] for one in listed), *state.values(name)])
    texts.read()
    return [
        Facet(
            name,
            label(name),
            tuple(values(state, name, parameter, counts, texts)),
            counts["more"] if counts else 0,
            counts is not None,
            address(state, name),
        )
        for name, (parameter, counts) in found.items()
    ]


def having(state: State, name: str) -> list[Any]:
    """Return the parts of the page whose kind has a filter."""
    return [part for part in state.parts if name in part.resource.filters.base_filters]


def parameter_of(state: State, name: str) -> Any:
    return having(state, name)[0].resource.filters.base_filters[name]


def without(query: RecordQuery, name: str) -> RecordQuery:
    """Return the query among whose records the values of a filter are counted: without that
    filter, since a further value of it finds further records."""
    return query.without(name) if name in query.given else query


def values(
    state: State, name: str, parameter: Any, counts: dict[str, Any] | None, texts: Names
) -> Iterable[Value]:
    """Yield the values of a facet: those counted, and the chosen ones that are not among them."""
    chosen = state.values(name)
    if counts:
        records = {one["value"]: one["records"] for one in counts["values"]}
    else:
        records = dict.fromkeys(choices(parameter))
    for value in [*records, *(one for one in chosen if one not in records)]:
        text = texts.value(parameter, value)
        # Codes without a name stay as they are.
        text = text if text == value else capfirst(text)
        yield Value(value, text, records.get(value), value in chosen)


def address(state: State, name: str) -> str:
    """Return the page that counts all values of a filter."""
    return state.address_at(facets_path(state), {"facets": name, "limit": str(LISTED)})


def facets_path(state: State) -> str:
    """Return the path of the page of facets beside that of the table."""
    return f"{state.path}facets/"
