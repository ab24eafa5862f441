"""Facets over HTTP: how many records of a query have each value of a parameter."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

import orjson
from django.db.models import Count, QuerySet
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from aidapi.parameters import (
    ChoiceField,
    IntegerField,
    Parameter,
    ParameterSet,
)
from records.api.views.base import DatasetResponse, ResourceView, record_query
from records.api.views.text_facets import of_said, of_text
from records.index.statistics import UNKNOWN
from records.models.languages import canonical
from records.models.regions import REGIONS, regions_within
from records.query.filters import (
    AnyRolePartyParameter,
    ColumnParameter,
    FigureChoiceParameter,
    FoldedFigureParameter,
    FoldedParameter,
    ItemParameter,
    LanguageParameter,
    LinkedParameter,
    PartyColumnParameter,
    PartyParameter,
    PartyRegionParameter,
    SeriesParameter,
)
from records.query.planner import RecordQuery

DEFAULT_LIMIT = 20
MAX_LIMIT = 500

Counts = Iterable[tuple[str, int]]


def of_column(query: RecordQuery, parameter: ColumnParameter) -> Counts:
    column = parameter.lookup.removesuffix("__in")
    rows = query.selection().order_by().values(column)
    return rows.annotate(n=Count("pk")).values_list(column, "n")


def of_series(query: RecordQuery, parameter: SeriesParameter) -> Counts:
    return of_column(query, parameter)


def of_languages(query: RecordQuery, parameter: LanguageParameter) -> Counts:
    """Count the languages with those that continue them, as the parameter matches them."""
    counts: Counter[str] = Counter()
    rows = query.selection().order_by().values("language").annotate(n=Count("pk"))
    for language, n in rows.values_list("language", "n"):
        subtags = language.split("-")
        shorter = ["-".join(subtags[:length]) for length in range(1, len(subtags) + 1)]
        # Published before tags were checked: some do not exist, some are in another case.
        counts.update(dict.fromkeys(filter(None, map(canonical, shorter)), n))
    return counts.items()


def of_links(query: RecordQuery, parameter: LinkedParameter) -> Counts:
    return per_record(query.model.child("links").objects.all(), query, "type")


def of_parties(query: RecordQuery, parameter: PartyParameter) -> Counts:
    """Count the parties in the role, and the records that name none."""
    rows = query.model.child("parties").objects.filter(role=parameter.role)
    yield from per_record(rows, query, "party_id", parameter.vocabulary)
    named = rows.filter(record__in=query.selection().values("pk")).values("record")
    yield UNKNOWN, query.selection().exclude(pk__in=named).count()


def of_any_party(query: RecordQuery, parameter: AnyRolePartyParameter) -> Counts:
    rows = query.model.child("parties").objects.all()
    return per_record(rows, query, "party_id", parameter.vocabulary)


def of_party_column(query: RecordQuery, parameter: PartyColumnParameter) -> Counts:
    rows = query.model.child("parties").objects.filter(role=parameter.role)
    return per_record(rows, query, parameter.column, parameter.vocabulary)


def of_region(query: RecordQuery, parameter: PartyRegionParameter) -> Counts:
    """Count the regions with those inside them, as the parameter matches them."""
    rows = query.model.child("parties").objects.filter(
        role=parameter.role, record__in=query.selection().values("pk")
    )
    records: dict[str, set[int]] = defaultdict(set)
    for region, record in rows.order_by().values_list("region", "record_id"):
        records[region].add(record)
    for number in REGIONS:
        yield number, len(set().union(*(records.get(n, ()) for n in regions_within(number))))


def of_figures(query: RecordQuery, parameter: FigureChoiceParameter) -> Counts:
    """Count the values of the figures that pass the query's filters on figures."""
    prefix = "figure__" if query.figures.by_item else ""
    return per_record(query.figures.rows(query.model), query, f"{prefix}{parameter.column}")


def of_items(query: RecordQuery, parameter: ItemParameter) -> Counts:
    """Count the items with those below them, as the parameter matches them."""
    rows = query.model.child("figure_items").objects.all()
    if query.figures:
        key = "figure" if query.figures.by_item else "pk"
        rows = rows.filter(figure__in=query.figures.rows(query.model).values(key))
    else:
        rows = rows.filter(lead=True)
    return per_record(rows, query, "item_id", parameter.vocabulary)


def per_record(rows: QuerySet, query: RecordQuery, column: str, vocabulary: str = "") -> Counts:
    """Count, for each value of the column, the records of the query that have it; of a
    vocabulary, for each body."""
    rows = rows.filter(record__in=query.selection().values("pk")).order_by()
    rows = rows.values(counted=query.plan.bodies.expression(vocabulary, column))
    return rows.annotate(n=Count("record", distinct=True)).values_list("counted", "n")


COUNTERS: dict[type, Callable[[RecordQuery, Any], Counts]] = {
    SeriesParameter: of_series,
    LanguageParameter: of_languages,
    LinkedParameter: of_links,
    AnyRolePartyParameter: of_any_party,
    PartyParameter: of_parties,
    PartyRegionParameter: of_region,
    PartyColumnParameter: of_party_column,
    ItemParameter: of_items,
    FigureChoiceParameter: of_figures,
    FoldedParameter: of_text,
    FoldedFigureParameter: of_said,
}
"""Type of parameter → how its values are counted; the first that matches."""


def counter(parameter: Parameter) -> Callable[[RecordQuery, Any], Counts] | None:
    if isinstance(parameter, ColumnParameter) and not isinstance(parameter, SeriesParameter):
        coded = parameter.lookup.endswith("__in") and parameter.lookup != "public_id__in"
        return of_column if coded else None
    return next((count for kind, count in COUNTERS.items() if isinstance(parameter, kind)), None)


class FacetsParameters(ParameterSet):
    """Parameters of facets, beside the filters; each kind adds `facets`."""

    SYNONYMS: ClassVar = {"facet": "facets", "page_size": "limit", "size": "limit"}

    limit = Parameter(
        IntegerField(minimum=1, maximum=MAX_LIMIT, example="20"),
        f"Maximum number of values per filter, the most frequent first; {DEFAULT_LIMIT} by "
        f"default, at most {MAX_LIMIT}.",
    )


def facets_parameter(filters: type[ParameterSet]) -> Parameter:
    """Return the parameter that names the filters whose values are counted."""
    names = [name for name, parameter in filters.base_filters.items() if counter(parameter)]
    return Parameter(
        ChoiceField(choices=sorted(names), example=",".join(names[-2:])),
        "Names of the filters whose values are counted, separated by commas; by default those of "
        "the record's own codes.",
    )


class ValueSerializer(serializers.Serializer):
    """A value and its number of records."""

    value = serializers.CharField(help_text="The value, as the filter accepts it.")
    records = serializers.IntegerField(
        help_text="Records that have the value: the number of results of the list with this value "
        "as an additional filter, unless the query has that filter already."
    )


class FacetSerializer(serializers.Serializer):
    """The values of one filter."""

    parameter = serializers.CharField(help_text="Name of the filter.")
    values = ValueSerializer(many=True, help_text="The values, the most frequent first.")
    more = serializers.IntegerField(help_text="Number of further values.")


class RecordFacetsSerializer(serializers.Serializer):
    """Numbers of records per value of filters, among the records that match a query."""

    revision = serializers.IntegerField(help_text="Number of the revision.")
    records = serializers.IntegerField(help_text="Records that match the filters.")
    facets = FacetSerializer(many=True, help_text="The filters, in the requested order.")


def facets(query: RecordQuery, parameters: ParameterSet) -> dict[str, Any]:
    """Return the facets, by one to three statements for each parameter."""
    names = parameters.cleaned.get("facets") or [
        name
        for name, found in parameters.base_filters.items()
        if counter(found) in (of_column, of_languages)
    ]
    limit = parameters.cleaned.get("limit", DEFAULT_LIMIT)
    return {
        "revision": query.revision,
        "records": query.count(),
        "facets": [facet([(query, parameters.base_filters[name])], name, limit) for name in names],
    }


def facet(
    queries: Iterable[tuple[RecordQuery, Parameter]], name: str, limit: int
) -> dict[str, Any]:
    """Return how many records of some queries, each of another kind and with the parameter as this
    kind has it, have each value: the most frequent values, and the number of the others."""
    found: Counter[str] = Counter()
    for query, parameter in queries:
        count: Any = counter(parameter)
        for value, n in count(query, parameter):
            found[value] += n
    counts = [(value, n) for value, n in found.items() if value and n]
    counts.sort(key=lambda pair: (-pair[1], pair[0]))
    return {
        "parameter": name,
        "values": [{"value": value, "records": n} for value, n in counts[:limit]],
        "more": max(0, len(counts) - limit),
    }


class RecordFacets(ResourceView):
    """How often each value of a filter occurs among the records that match the filters: the
    values to choose from next."""

    operation = "get{Noun}Facets"
    title = "Get the facets of {nouns}"
    serializer_class = RecordFacetsSerializer

    @property
    def parameters(self) -> Any:
        return self.resource.facets_parameters

    def get(self, request: Request) -> HttpResponse:
        parameters = self.parse(request)
        query = record_query(self.resource, parameters, parameters.cleaned.get("revision"))
        body = self.serializer_class().to_representation(facets(query, parameters))
        return DatasetResponse(query.revision, orjson.dumps(body))
