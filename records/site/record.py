"""Page of a record: its stored document in words, its versions and its relations."""

from collections.abc import Mapping
from typing import Any

import orjson
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.text import capfirst

from aidapi.addresses import origin
from aidapi.dates import in_words
from aidapi.errors import Problem
from aidapi.parameters import IntegerField, Parameter, ParameterSet
from aidapi.views import Page
from records.api.addresses import PLURALS
from records.api.titles import attributed_title
from records.api.views.citations import published, record_citation
from records.api.views.details import absent
from records.api.views.versions import published_versions
from records.content.lines import titles_of
from records.documents.serializers import page_path
from records.models import (
    DATED,
    EVIDENCE,
    KINDS,
    Item,
    LinkType,
    Record,
    RevisionCounter,
)
from records.query.revisions import shown_revision
from records.query.totals import Verdict, verdicts_of
from records.site import addresses
from records.site.charts.drawing import Canvas, Heading, heading_png
from records.site.social import description
from records.site.wording import (
    FigureInWords,
    change_in_words,
    figures_in_words,
    item_codes,
    milestones_in_words,
)

Json = dict[str, Any]

MOST = 100
"""Maximum number of points of a series, or of records that cite a statement, on a page."""


class RecordPageParameters(ParameterSet):
    revision = Parameter(
        IntegerField(minimum=1, example="1"),
        "Number of a revision: the record as of that revision.",
    )
    version = Parameter(
        IntegerField(minimum=1, example="1"),
        "Number of a version: that version of the record, even if it was withdrawn since.",
    )


class RecordPage(Page):
    """Web page of a record. For a withdrawn or unknown record it is a page that says so."""

    def get(self, request: HttpRequest, id: str) -> HttpResponse:
        try:
            return self.shown(request, id, RecordPageParameters(request.GET).cleaned)
        except Problem as problem:
            return refusal(request, problem)

    def shown(self, request: HttpRequest, id: str, query: dict[str, int]) -> HttpResponse:
        model = model_of(id)
        latest = RevisionCounter.number()
        revision = shown_revision(query.get("revision"), latest)
        versions = published_versions(model, id, revision)
        if not versions or ("version" not in query and versions[-1]["retired_in"]):
            raise absent(model, id, revision)
        version = versions[-1]
        if "version" in query:
            version = one_version(versions, query["version"], revision)
            # Everything else is shown as of the last revision that had this version.
            revision = (version["retired_in"] or revision + 1) - 1
        page = {
            **page_of_version(version, versions, revision),
            "latest": latest,
            "revision": revision,
            "past": revision != latest,
            **self.citation_and_addresses(request, version),
        }
        response = self.respond(request, page)
        response["Dataset-Revision"] = str(revision)
        return response

    def respond(self, request: HttpRequest, page: Json) -> HttpResponse:
        """Return the page as this view shows it."""
        return render(request, "records/record.html", page)

    def citation_and_addresses(self, request: HttpRequest, version: Json) -> Json:
        """Return how to cite the version, and its addresses in the API."""
        document = version["document"]
        plural = PLURALS[document["kind"]]
        api = reverse(f"{plural}-detail", args=[document["id"]])
        cited = record_citation(
            request,
            page_path(document["id"]),
            document,
            published(version["published_in"]),
            None,
        )
        return {
            "citation": cited.text(),
            "bibtex": cited.bibtex(),
            "kinds": plural,
            "list": reverse(f"{plural}-list"),
            "canonical": origin(request) + reverse("record-page", args=[document["id"]]),
            "json": f"{api}?revision={version['published_in']}",
            "preview_image": origin(request) + card_address(version),
            "api": api,
        }


def card_address(version: Json) -> str:
    """Return the address of the image of a version, which never changes."""
    document = version["document"]
    return addresses.with_query(
        reverse("record-card", args=[document["id"]]), {"version": str(document["version"])}
    )


class RecordCard(RecordPage):
    """Image of a record for other sites: its title, and a figure with its quote. PNG."""

    def respond(self, request: HttpRequest, page: Json) -> HttpResponse:
        canvas = Canvas.of("wide")
        return HttpResponse(
            heading_png(Heading(page["title"], [page["description"]]), canvas),
            content_type="image/png",
        )


def model_of(id: str) -> type[Record]:
    """Return the kind of record that has such ids."""
    for model in KINDS.values():
        if id.startswith(f"{model.PREFIX}-"):
            return model
    raise Problem(
        404,
        "not_found",
        "No such record",
        f"There is no record `{id[:60]}`. Ids look like don-7k3m9q2x.",
    )


def one_version(versions: list[Json], number: int, revision: int) -> Json:
    found = next((version for version in versions if version["version"] == number), None)
    if found is None:
        raise Problem(
            404,
            "not_found",
            "No such version",
            f"{versions[0]['id']} has no version {number} as of revision {revision}: its latest "
            f"is {versions[-1]['version']}.",
        )
    return found


def refusal(request: HttpRequest, problem: Problem) -> HttpResponse:
    """Return an error page."""
    page = render(
        request,
        "records/refusal.html",
        {"problem": problem.body()},
        status=problem.status_code,
    )
    for name, value in problem.headers.items():
        page[name] = value
    page.explains_itself = True  # type: ignore[attr-defined]  # read by ProblemMiddleware
    return page


def page_of_version(
    version: Json,
    versions: list[Json],
    revision: int,
    verdicts: Mapping[int, Verdict] | None = None,
) -> Json:
    """Return what the page of a version says, beside how to cite it and where it is; `verdicts`
    has what becomes of its figures in totals, if not that of the revision."""
    document = version["document"]
    shown = content(document, versions, revision, verdicts)
    return {
        "document": document,
        "title": attributed_title(document),
        "version": version,
        "versions": versions,
        **shown,
        "description": description(document, shown["figures"]),
    }


def content(
    document: Json,
    versions: list[Json],
    revision: int,
    verdicts: Mapping[int, Verdict] | None,
) -> Json:
    """Return the content of the page in words."""
    drawn = drawn_from(document, revision) if document["kind"] == "statement" else []
    items = names_of_items([*(version["document"] for version in versions), *drawn])
    return {
        "facts": facts(document),
        "roles": [
            (role.capitalize(), document[role])
            for role in KINDS[document["kind"]].ROLES.values()
            if document[role]
        ],
        "figures": figures_of(document, items, revision, verdicts),
        "milestones": milestones_in_words(document),
        "sources": [source(statement) for statement in document.get("statements", ())],
        "links": links(document, revision),
        "points": points(document, revision),
        "drawn": [
            {
                "document": entry,
                "title": attributed_title(entry),
                "figures": [
                    figure
                    for figure in figures_of(entry, items, revision)
                    if figure.statement["id"] == document["id"]
                ],
                "milestones": [
                    milestone
                    for milestone in milestones_in_words(entry)
                    if milestone.statement["id"] == document["id"]
                ],
            }
            for entry in drawn
        ],
        "more_drawn": len(drawn) == MOST,
        "history": [
            version
            | {
                "changes": [
                    {
                        "field": change["field"],
                        "before": change_in_words(change["before"], items),
                        "after": change_in_words(change["after"], items),
                    }
                    for change in version["changes"]
                ]
            }
            for version in reversed(versions)
        ],
    }


def names_of_items(documents: list[Json]) -> dict[str, str]:
    """Return code → name of the items that documents name."""
    codes = item_codes(documents)
    return dict(Item.objects.filter(code__in=codes).values_list("code", "name"))


def figures_of(
    document: Json,
    items: dict[str, str],
    revision: int,
    verdicts: Mapping[int, Verdict] | None = None,
) -> list[FigureInWords]:
    """Return the figures of a record in words, with how they count as of the revision, or by
    other verdicts."""
    if "figures" not in document:
        return []
    if verdicts is None:
        verdicts = verdicts_of(DATED[document["kind"]], revision, document["id"])
    return figures_in_words(document, items, verdicts)


CODES = {
    "form": "Form",
    "stage": "Stage",
    "method": "Procurement method",
    "trade": "Trade",
    "stated_by": "Stated by",
    "reported_by": "Reported by",
}
"""Fields of codes → their labels."""
WORDS = {
    "event": "Occasion",
    "language": "Language of the text",
    "text_sha256": "SHA-256 of the text",
    "ocid": "Open Contracting id",
}


def facts(document: Json) -> list[tuple[str, str]]:
    """Return the fields of the record beside its figures, parties and sources."""
    found: list[tuple[str, str]] = []
    for field, name in CODES.items():
        if document.get(field):
            column: Any = KINDS[document["kind"]]._meta.get_field(field)
            found.append((name, capfirst(dict(column.choices)[document[field]])))
    for field, name in (
        ("as_of", "As of"),
        ("signed_on", "Signed"),
        ("said_on", "Said"),
        ("published_on", "Published"),
        ("accessed_on", "Read by us"),
    ):
        if document.get(field):
            found.append((name, in_words(document[field])))
    period = document.get("period") or {}
    if period.get("start") or period.get("end"):
        begin, end = (in_words(period[edge]) or "open" for edge in ("start", "end"))
        found.append(("Period", f"{begin} to {end}"))
    found += [(name, document[field]) for field, name in WORDS.items() if document.get(field)]
    if document.get("topics"):
        found.append(("Topics", ", ".join(document["topics"])))
    return found


def source(statement: Json) -> Json:
    return statement | {
        "published": in_words(statement["published_on"]),
        "said": in_words(statement["said_on"]),
    }


def links(document: Json, revision: int) -> list[Json]:
    """Return the records to which this one links, with their titles at that time."""
    titles = titles_of((link["id"] for link in document["links"]), revision)
    return [
        {
            "type": LinkType(link["type"]).label,
            "id": link["id"],
            "title": titles.get(link["id"], "withdrawn since"),
        }
        for link in document["links"]
    ]


def points(document: Json, revision: int) -> list[Json]:
    """Return the points of the running total to which the record belongs, oldest first, and at
    most the latest MOST."""
    if not document.get("series"):
        return []
    rows = (
        DATED[document["kind"]]
        .objects.in_force(revision)
        .filter(series=document["series"])
        .order_by("-as_of_key", "-public_id")
        .values("public_id", "title", "as_of_key")[:MOST]
    )
    return [row | {"date": in_words(row["as_of_key"])} for row in reversed(rows)]


def drawn_from(statement: Json, revision: int) -> list[Json]:
    """Return the documents of records with a figure or milestone that cites the statement."""
    found: list[Json] = []
    for model in DATED.values():
        wanted = Q()
        for of_kind, relation in EVIDENCE:
            if of_kind is model:
                rows = model.child(relation).objects
                citing = rows.filter(statement__public_id=statement["id"])
                wanted |= Q(pk__in=citing.values("record"))
        bodies = (
            model.objects.in_force(revision)
            .filter(wanted)
            .order_by("-as_of_key", "-public_id")
            .values_list("document__body", flat=True)[: MOST - len(found)]
        )
        found += map(orjson.loads, bodies)
    return found
