"""Parameters of the browse pages: those of the API's lists, by the same names, so that the address
of a page is also a request of the API."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from django.http import QueryDict

from aidapi.errors import InvalidParameters, ParameterError
from aidapi.parameters import ChoiceField, Parameter, ParameterSet
from records.api.parameter_sets import PageParameters, ordering
from records.api.resource import RecordResource

OF_THE_API = ("format", "omit", "raw", "rows")
"""Parameters that have no meaning in a table on a page."""
COLUMNS_OF_EVERY_KIND = ("date", "kind", "title", "parties", "figures")


def parameter_set(name: str, bases: tuple[type, ...], added: dict[str, Any]) -> Any:
    """Return a new set of parameters: those of its bases and some more, or None in their place."""
    metaclass: Any = type(ParameterSet)
    return metaclass(name, bases, added)


class OnPages(ParameterSet):
    """What all sets of the browse pages have."""

    @classmethod
    def unknown(cls, name: str) -> ParameterError:
        if name not in OF_THE_API:
            return super().unknown(name)
        return ParameterError(
            name,
            "not_on_pages",
            "This parameter belongs to the API and has no meaning on a page: leave it out, or use "
            "the links to the API below the table.",
        )


class EveryKindParameters(OnPages, PageParameters):
    """Parameters of a table of several kinds, beside their filters."""

    ORDERINGS = {"date": "date", "title": "title_key", "published_in": "published_in"}
    DEFAULT_ORDERING = "-date"
    NULLABLE = ()

    ordering = ordering(ORDERINGS, DEFAULT_ORDERING, "-published_in")
    fields = Parameter(
        ChoiceField(choices=COLUMNS_OF_EVERY_KIND, example="date,title"),
        "Columns of the table, separated by commas.",
    )


FACETED = ("facets", "limit")
"""Parameters of the pages of facets, beside those of the tables."""


@cache
def every_kind_parameters(
    resources: tuple[RecordResource, ...], *, faceted: bool = False
) -> type[EveryKindParameters]:
    """Return the parameters of a page of several kinds, beside their filters."""
    if not faceted:
        return EveryKindParameters
    names = {
        name
        for one in resources
        for name in one.facets_parameters.base_filters["facets"].field.choices
    }
    added = {
        "facets": Parameter(
            ChoiceField(choices=sorted(names), example="item"), "Filters to count."
        ),
        "limit": resources[0].facets_parameters.base_filters["limit"],
    }
    return parameter_set("EveryKindFacetsParameters", (EveryKindParameters,), added)


@cache
def page_parameters(resource: RecordResource, *, faceted: bool = False) -> Any:
    """Return the parameters of a kind's page, or of the page of its facets."""
    added: dict[str, Any] = dict.fromkeys(OF_THE_API)
    if faceted:
        added |= {name: resource.facets_parameters.base_filters[name] for name in FACETED}
    return parameter_set(
        f"{resource.list_parameters.__name__}OnPages", (OnPages, resource.list_parameters), added
    )


@cache
def filter_parameters(resource: RecordResource) -> Any:
    """Return the filters of a kind, without the format of the API."""
    return parameter_set(
        f"{resource.filters.__name__}OnPages", (OnPages, resource.filters), {"format": None}
    )


@cache
def union(resources: tuple[RecordResource, ...]) -> Any:
    """Return all parameters of a page of several kinds; only for their names and synonyms."""
    own = every_kind_parameters(resources, faceted=True)
    sets = [filter_parameters(resource) for resource in resources]
    return parameter_set("EveryFilterOnPages", (own, *sets), {})


@cache
def takes_lists(resources: tuple[RecordResource, ...]) -> dict[str, bool]:
    """Return each parameter that a page of these kinds takes → whether it takes a list."""
    single = len(resources) == 1
    known = page_parameters(resources[0], faceted=True) if single else union(resources)
    return {name: found.field.many for name, found in known.base_filters.items()}


def query_of(pairs: Iterable[tuple[str, str]]) -> QueryDict:
    """Return pairs of name and value as a query."""
    query = QueryDict(mutable=True)
    for name, value in pairs:
        query.appendlist(name, value)
    return query


def parsed(
    parameters: type[ParameterSet], query: QueryDict
) -> tuple[ParameterSet | None, list[ParameterError]]:
    """Return the parameters of a query, or None and what is wrong with them."""
    try:
        return parameters(query), []
    except InvalidParameters as problem:
        return None, list(problem.errors)


def without_errors(parameters: type[ParameterSet], query: QueryDict) -> QueryDict:
    """Return the part of a query with which nothing is wrong."""
    found, errors = parsed(parameters, query)
    while found is None:
        query = query.copy()
        for error in errors:
            # A name may have been shortened in its error.
            for name in [one for one in query if one[:100] == error.parameter]:
                del query[name]
        found, errors = parsed(parameters, query)
    return query
