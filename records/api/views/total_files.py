"""Totals as a file: one row per entry of `totals`, with names beside the codes of groups."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.http import HttpRequest

from aidapi.tables import Cell, Column, Table
from records.api.addresses import digest, pinned
from records.api.views.citation_styles import Citation
from records.api.views.citations import published
from records.api.views.files import Download, presented
from records.documents.columns import columns_of
from records.index.names import NameHistory
from records.index.search import Names
from records.models import PartyType
from records.models.regions import REGIONS
from records.query.groupings import vocabulary_of
from records.totals.groups import TIMES

Json = dict[str, Any]
NameOf = Callable[[str], str | None]

FORMATS = ("csv", "xlsx")
ASIDE = ("group", "breakdown", "used", "left_out", "converted")
"""Fields of a total that have no columns of the same name."""
CONVERTED = ("converted_currency", "converted_at_least", "converted_without_rate")
WITHOUT_PARTY = {"joint": "several together", "unknown": "not named"}
"""Groups of a role that are no party."""


def total_columns(serializer: Any, model: Any, by: Sequence[str], names: Names) -> list[Column]:
    """Return the columns of totals grouped so; `names` are those of the shown revision."""
    every = list(columns_of(serializer))
    return [
        *(column for name in by for column in group_columns(model, name, names)),
        *(column for column in every if not column.name.startswith(ASIDE)),
        *(if_converted(column) for column in every if column.name in CONVERTED),
    ]


def group_columns(model: Any, grouping: str, names: Names) -> Iterator[Column]:
    """Yield the column of a grouping and, where its values are codes, that of their names."""

    def code(total: Json) -> str | None:
        return total["group"][grouping]

    yield Column(
        grouping,
        "string",
        f"The group by `{grouping}`, as the filter accepts it; empty for totals without one.",
        code,
        free=grouping == "series",
    )
    if name_of := namer(model, grouping, names):
        yield Column(
            f"{grouping}_name",
            "string",
            f"Name of the `{grouping}` in English, as of the revision.",
            lambda total: name_of(code(total) or ""),
        )


def namer(model: Any, grouping: str, names: Names) -> NameOf | None:
    """Return the function from a value of a grouping to its name, if these are codes."""

    def entry(kind: str) -> NameOf:
        def name_of(code: str) -> str | None:
            found = names.get((kind, code))
            return WITHOUT_PARTY.get(code) if found is None else found[0]

        return name_of

    if vocabulary := vocabulary_of(grouping, model):
        return entry(vocabulary)
    role, _, column = grouping.partition("_")
    if role in model.MAIN_ROLES:
        if column == "region":
            return lambda number: REGIONS[number][0] if number in REGIONS else None
        return labels(PartyType.choices)
    if grouping in model.CODED:
        return labels(model._meta.get_field(grouping).flatchoices)
    assert grouping in (*TIMES, "currency", "series")
    return None


def labels(choices: Sequence[tuple[Any, Any]]) -> NameOf:
    """Return the function from a code to its label."""
    known: Mapping[str, str] = {code: str(label) for code, label in choices}
    return known.get


def if_converted(column: Column) -> Column:
    """Return a column of `converted`, empty for totals that have none."""
    read = column.read
    return replace(column, read=lambda total: None if total["converted"] is None else read(total))


def totals_download(
    request: HttpRequest, resource: Any, parameters: Any, body: Json, serializer: Any
) -> Download:
    """Return the download of the totals of an answer."""
    totals = body["totals"]
    revision = published(body["revision"])
    names = NameHistory().at(revision.number)
    given = presented(parameters)

    def rows(cells: Sequence[Cell]) -> Callable[[Sequence[int]], list[list[Any]]]:
        pairs = list(zip(columns, cells, strict=True))
        return lambda places: [
            [cell(column.read(totals[place])) for column, cell in pairs] for place in places
        ]

    columns = total_columns(serializer, resource.model, body["group_by"], names)
    name = f"{resource.name}-summary"
    query = "; ".join(f"{name}={value}" for name, value in sorted(given.items())) or "all"
    return Download(
        request,
        given,
        parameters.cleaned.get("raw", False),
        Table(
            name,
            columns,
            # The places of the totals: their sums have more digits than JSON keeps when read.
            lambda: iter([[str(place) for place in range(len(totals))]]),
            rows,
            len(totals),
        ),
        revision,
        Citation(
            f"aidapi-{name}-r{revision.number}-{digest(given)}",
            f"AidAPI totals of {resource.name}: {query}",
            pinned(request, request.path_info, given, revision.number),
            revision,
        ),
        formats=FORMATS,
    )
