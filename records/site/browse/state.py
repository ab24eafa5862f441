"""The state of a browse page: what its address selects, in which kinds of record."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse

from aidapi.errors import InvalidParameters, ParameterError
from aidapi.parameters import ParameterSet
from records.api.resource import RecordResource
from records.api.views.base import record_query
from records.query.planner import RecordQuery
from records.site.browse.parameters import (
    FACETED,
    EveryKindParameters,
    every_kind_parameters,
    filter_parameters,
    page_parameters,
    parsed,
    query_of,
    union,
    without_errors,
)

Given = Mapping[str, str]
"""Name of a parameter → its value as text, lists joined by commas."""


def browse_address(path: str, given: Given) -> str:
    """Return the address of a page with parameters."""
    return f"{path}?{urlencode(dict(given), safe=',:')}" if given else path


def browse_path(resource: RecordResource | None) -> str:
    """Return the path of the table of one kind or, without one, of all."""
    return reverse(f"browse-{resource.name}") if resource else reverse("browse")


@dataclass
class Part:
    """What a page shows of one kind of record."""

    resource: RecordResource
    parameters: ParameterSet
    query: RecordQuery

    def at(self, revision: int | None) -> "Part":
        """Return the same as of a revision, by default the latest."""
        return replace(self, query=record_query(self.resource, self.parameters, revision))


@dataclass
class State:
    """The parameters of a page, and the kinds that it shows."""

    path: str
    resources: tuple[RecordResource, ...]
    """The kinds that the page can show."""
    given: dict[str, str]
    parameters: Any
    """Those of the page: its filters, columns, order, size and cursor."""
    parts: list[Part] = field(default_factory=list)
    """The kinds that have all filters."""
    lacking: list[tuple[RecordResource, list[str]]] = field(default_factory=list)
    """The other kinds, with the filters that they do not have."""

    @property
    def resource(self) -> RecordResource | None:
        """The kind of a page of one kind."""
        return self.resources[0] if len(self.resources) == 1 else None

    def address(self, changes: Mapping[str, str | None] | None = None) -> str:
        """Return the address of the page with some parameters changed or left out (None), from
        its first page on."""
        return self.address_at(self.path, changes)

    def address_at(self, path: str, changes: Mapping[str, str | None] | None = None) -> str:
        """Return the same at the path of another page."""
        changed: dict[str, str | None] = {**self.given, "cursor": None, **(changes or {})}
        return browse_address(path, {name: text for name, text in changed.items() if text})

    def values(self, name: str) -> list[str]:
        """Return the values of a filter, as the filter accepts them; its text where it is no
        list."""
        value = self.parameters.cleaned.get(name)
        if isinstance(value, list):
            return list(map(str, value))
        return [self.given[name]] if name in self.given else []

    @property
    def filters(self) -> dict[str, Any]:
        """Name → parameter, of the filters that are given."""
        return {name: found for name, (found, _) in self.parts[0].query.given.items()}


def read_state(
    resources: tuple[RecordResource, ...], query: QueryDict, *, faceted: bool = False
) -> State:
    """Return the state that a query describes; raise what is wrong with it."""
    if len(resources) > 1:
        own = every_kind_parameters(resources, faceted=faceted)
        state = state_of_kinds(resources, query, own)
    else:
        parameters = page_parameters(resources[0], faceted=faceted)(query)
        part = Part(resources[0], parameters, record_query(resources[0], parameters, None))
        path = browse_path(resources[0])
        state = State(path, resources, dict(parameters.given), parameters, [part])
    for name in FACETED:
        state.given.pop(name, None)
    return state


def state_of_kinds(
    resources: tuple[RecordResource, ...], query: QueryDict, own: type[EveryKindParameters]
) -> State:
    """Return the state of a page of several kinds: shown are those that have all filters."""
    every = union(resources)
    names = {*own.base_filters}
    parameters: Any = own(part_of(query, names))
    filters = part_of(query, set(query) - names)
    state = State(browse_path(None), resources, dict(parameters.given), parameters)
    refused: list[ParameterError] = []
    for resource in resources:
        found, errors = parsed(filter_parameters(resource), filters)
        if found is None:
            lacks = [error.parameter for error in errors if error.code == "unknown_parameter"]
            state.lacking.append((resource, lacks))
            # Of several kinds that have a parameter, the first says what is wrong with it.
            known = {error.parameter for error in refused}
            refused += [
                error
                for error in errors
                if error.parameter not in known and error.code != "unknown_parameter"
            ]
        else:
            state.parts.append(Part(resource, found, record_query(resource, found, None)))
    if not state.parts:
        unknown = [every.unknown(name) for name in filters if name not in every.base_filters]
        raise InvalidParameters(unknown or refused or [not_of_one_kind(resources, filters)])
    first = state.parts[0].parameters
    state.given |= first.given
    parameters.cleaned |= first.cleaned
    return state


def not_of_one_kind(resources: Iterable[RecordResource], query: QueryDict) -> ParameterError:
    """Return the error for filters that no kind has all of."""
    kinds = [
        f"`{name}` is of "
        + ", ".join(one.name for one in resources if name in one.filters.base_filters)
        for name in query
    ]
    return ParameterError(
        list(query)[-1],
        "not_of_one_kind",
        f"No kind of record has all of these filters: {'; '.join(kinds)}. Leave one out.",
    )


def part_of(query: QueryDict, names: set[str]) -> QueryDict:
    """Return the parameters of a query with some names."""
    return query_of(
        (name, value) for name in query if name in names for value in query.getlist(name)
    )


def usable_state(
    resources: tuple[RecordResource, ...], query: QueryDict, errors: Iterable[ParameterError]
) -> State:
    """Return the state of what is right in a query."""
    wrong = {error.parameter for error in errors}
    rest = part_of(query, {name for name in query if name[:100] not in wrong})
    sets = union(resources) if len(resources) > 1 else page_parameters(resources[0])
    try:
        return read_state(resources, without_errors(sets, rest))
    except InvalidParameters:
        # Filters of several kinds, which no one kind has together.
        return read_state(resources, query_of([]))


def tidied(
    query: QueryDict, many: Mapping[str, bool], default_columns: str
) -> list[tuple[str, str]]:
    """Return the pairs of a query as its address should have them: without the fields of a form
    that were left empty, lists joined by commas, and without columns that are shown anyway.
    `many` says of each known parameter whether it takes a list."""
    found: list[tuple[str, str]] = []
    for name, values in query.lists():
        texts = [text for text in values if text.strip() or name not in many]
        if many.get(name) and texts:
            texts = [",".join(dict.fromkeys(texts))]
        if name != "fields" or texts != [default_columns]:
            found += [(name, text) for text in texts]
    return found
