"""Landing page: what the dataset is, its size, its latest records, and where to begin."""

from typing import Any

import orjson
from django.db.models import Count, Value
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from aidapi.dates import in_words
from aidapi.views import Page
from records.api.addresses import PLURALS
from records.api.titles import attributed_title
from records.api.views.dataset import schema_org
from records.models import KINDS, Revision
from records.query.revisions import shown_revision
from records.site.guide import QUESTIONS

LATEST = 3
"""Number of latest records shown of each kind."""
FEATURED = ("doses-by-covax", "vaccine-for-tunisia", "masks-by-mid-may")
"""The questions of the guide that the landing page answers."""


class Home(Page):
    """The dataset at a glance."""

    def get(self, request: HttpRequest) -> HttpResponse:
        revision = Revision.objects.order_by("-number").first()
        shown_revision(None, revision.number if revision else 0)
        counts = record_counts(revision.number) if revision else []
        questions = {question.slug: question for question in QUESTIONS}
        return render(
            request,
            "records/home.html",
            {
                "revision": revision,
                "counts": counts,
                "total": sum(count["n"] for count in counts),
                "questions": [questions[slug] for slug in FEATURED],
                "latest": latest_records(revision.number) if revision else [],
                "described": revision and script_text(schema_org(request, revision)),
            },
        )


def script_text(data: dict[str, Any]) -> SafeString:
    """Return JSON for a script element, escaped so that nothing ends the element."""
    text = orjson.dumps(data).decode()
    return mark_safe(text.translate({ord(c): f"\\u{ord(c):04x}" for c in "<>&"}))


def record_counts(revision: int) -> list[dict[str, Any]]:
    """Return the number of records of each kind in the revision; one query."""
    first, *others = [
        model._default_manager.in_force(revision)
        .order_by()
        .values(kind=Value(kind))
        .annotate(n=Count("pk"))
        .values_list("kind", "n")
        for kind, model in KINDS.items()
    ]
    found = dict(first.union(*others, all=True))
    return [
        {"name": PLURALS[kind], "url": reverse(f"browse-{PLURALS[kind]}"), "n": found.get(kind, 0)}
        for kind in KINDS
    ]


def latest_records(revision: int) -> list[dict[str, Any]]:
    """Return the latest published records of each kind; one query each, on the index of
    publication."""
    return [
        {
            "kind": PLURALS[kind],
            "records": [
                {
                    "id": document["id"],
                    "title": attributed_title(document),
                    "published_in": document["published_in"],
                    "date": in_words(document[model.DATE]),
                }
                for document in map(
                    orjson.loads,
                    model._default_manager.in_force(revision)
                    .order_by("-published_in_id", "-public_id")
                    .values_list("document__body", flat=True)[:LATEST],
                )
            ],
        }
        for kind, model in KINDS.items()
    ]
