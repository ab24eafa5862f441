"""Rows of a table: the documents of records, column by column."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.urls import reverse
from django.utils.text import capfirst

from aidapi.dates import in_words
from records.api.resource import RecordResource
from records.api.titles import attributed_title
from records.models import KINDS, Item
from records.query.ids import id_list
from records.site.browse.labels import column_labels
from records.site.browse.state import Part, State
from records.site.wording import about, headline, item_codes

Json = dict[str, Any]

COLUMNS = {
    "as_of": "Date",
    "published_on": "Published",
    "title": "Title",
    **{name: name.capitalize() for model in KINDS.values() for name in model.ROLES.values()},
    "publisher": "Publisher",
    "speaker": "Speaker",
    "organisation": "Organisation",
    "figures": "Figures, with their quotes",
    "stage": "Stage",
    "form": "Form",
    "trade": "Trade",
    "method": "Method",
    "stated_by": "Stated by",
    "reported_by": "Reported by",
    "signed_on": "Signed",
    "said_on": "Said",
    "event": "Occasion",
    "topics": "Topics",
    "language": "Language",
    "series": "Series",
    "note": "Note",
    "missing": "What no figure holds",
    "published_in": "Revision",
    "id": "Id",
}
"""Field of documents → the heading of its column, in the order of the table."""
COLUMNS_OF_EVERY_KIND = {
    "date": "Date",
    "kind": "Kind",
    "title": "Title",
    "parties": "Parties or source",
    "figures": "Figures, with their quotes",
}
USUAL = {"as_of", "published_on", "title", "figures", "stage", "publisher", "speaker"}
"""Columns shown by default, beside those of the main roles."""
DATES = {"date", "as_of", "published_on", "said_on", "signed_on"}
FIGURES = 2
"""Maximum number of figures of a record in a row."""


@dataclass(frozen=True)
class Column:
    """A column of the table."""

    field: str
    label: str
    shown: bool
    ordering: str
    """Name of the ordering by it; empty if there is none."""


def labels_of(resource: RecordResource | None) -> dict[str, str]:
    """Return the columns of a kind or, without one, of all kinds together: field → heading."""
    if resource is None:
        return COLUMNS_OF_EVERY_KIND
    fields = resource.serializer_class().fields
    return {name: text for name, text in COLUMNS.items() if name in fields}


@cache
def usual_columns(resource: RecordResource | None) -> tuple[str, ...]:
    """Return the columns that are shown unless others are requested, in order."""
    if resource is None:
        return tuple(COLUMNS_OF_EVERY_KIND)
    roles = resource.model.ROLES
    usual = USUAL | {roles[role] for role in resource.model.MAIN_ROLES if role}
    return tuple(name for name in labels_of(resource) if name in usual)


def columns_of(state: State) -> list[Column]:
    """Return the columns that a table can have, in order."""
    named = {path.partition(".")[0] for path in state.values("fields")}
    shown = {"title", *(named or usual_columns(state.resource))}
    orderings = {name: name for name in state.parameters.ORDERINGS} | {"figures": "value"}
    return [
        Column(name, text, name in shown, orderings.get(name, ""))
        for name, text in labels_of(state.resource).items()
    ]


def rows_of(state: State, documents: list[Json]) -> list[list[Json]]:
    """Return the rows: a cell for each column shown, with what its template needs."""
    passing = figures_that_pass(state.parts, [document["id"] for document in documents])
    names = dict(Item.objects.filter(code__in=item_codes(documents)).values_list("code", "name"))
    columns = [column for column in columns_of(state) if column.shown]
    return [
        [
            cell(column.field, document, names, passing) | {"label": column.label}
            for column in columns
        ]
        for document in documents
    ]


def figures_that_pass(parts: Iterable[Part], ids: list[str]) -> dict[str, set[int]]:
    """Return record → the places of its figures that pass the filters on figures; nothing where
    there are no such filters. One statement for each kind that has them."""
    found: dict[str, set[int]] = {}
    for part in parts:
        query = part.query
        own = [id for id in ids if id.startswith(f"{query.model.PREFIX}-")]
        if own and query.figures:
            prefix = "figure__" if query.figures.by_item else ""
            keys = query.in_force.filter(public_id__in=own).values_list("pk", flat=True)
            rows = query.figures.rows(query.model).filter(record__in=id_list(list(keys)))
            for id, place in rows.values_list("record__public_id", f"{prefix}position"):
                found.setdefault(id, set()).add(place)
    return found


def cell(
    name: str, document: Json, names: dict[str, str], passing: dict[str, set[int]]
) -> dict[str, Any]:
    """Return what a cell shows: its type, which selects a template, and its value."""
    address = reverse("record-page", args=[document["id"]])
    model: Any = KINDS[document["kind"]]
    if name == "title":
        return {"type": "title", "value": attributed_title(document), "address": address}
    if name == "kind":
        return {"type": "text", "value": capfirst(document["kind"])}
    if name in DATES:
        value = document.get(model.DATE if name == "date" else name)
        return {"type": "date", "value": in_words(value), "known": value}
    if name == "figures":
        return {"type": "figures", "address": address} | figures(document, names, passing)
    if name == "parties" and document["kind"] == "statement":
        return {"type": "text", "value": document["publisher"]}
    if name == "parties":
        sides = [document[model.ROLES[role]] for role in model.MAIN_ROLES]
        return {"type": "sides", "value": [side for side in sides if side]}
    value = document.get(name)
    if name in model.ROLES.values():
        return {"type": "parties", "value": value}
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    labels = column_labels(name)
    return {"type": "text", "value": capfirst(labels[value]) if value in labels else value}


def figures(document: Json, names: dict[str, str], passing: dict[str, set[int]]) -> Json:
    """Return the first figures of a record, of those that pass the filters on figures where some
    do, and the number of the others."""
    publishers = {one["id"]: one["publisher"] for one in document.get("statements", ())}
    every = list(enumerate(document.get("figures", ())))
    chosen = [pair for pair in every if pair[0] in passing.get(document["id"], ())] or every
    return {
        "value": [
            {
                "number": place + 1,
                "headline": headline(figure),
                "about": about(figure, names),
                "evidence": figure["evidence"],
                "publisher": publishers[figure["evidence"]["statement"]],
            }
            for place, figure in chosen[:FIGURES]
        ],
        "more": max(0, len(every) - FIGURES),
    }
