"""Preview: the page of a record as it would read if an open version were published now. For staff
who may see the draft, below the admin's address; nothing of it is stored or kept."""

from dataclasses import replace
from typing import Any

import orjson
from django.core.exceptions import PermissionDenied
from django.db.models import prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import may
from aidapi.dates import in_words
from aidapi.errors import Problem
from aidapi.views import Page
from records.api.views.versions import published_versions
from records.content.lines import titles_of
from records.documents.differences import differences
from records.documents.render import render as rendered
from records.models import DatedRecord, Record, RevisionCounter
from records.publishing.sealing import copy_parties
from records.query.totals import verdicts_if_published
from records.site.addresses import with_query
from records.site.record import model_of, page_of_version

Json = dict[str, Any]

UNKNOWN = "Known once it is published: it depends on the other records"


class RecordPreview(Page):
    """Preview of a record's page; of a version that was published meanwhile, its page."""

    def get(self, request: HttpRequest, id: str, version: int) -> HttpResponse:
        try:
            model = model_of(id)
        except Problem as problem:
            raise Http404 from problem
        if not may(request.user, model.KIND, "view", "change"):
            raise PermissionDenied
        record = model._default_manager.filter(public_id=id, version=version).first()
        if record is None:
            raise Http404
        if not record.is_open:
            page = reverse("record-page", args=[id])
            return HttpResponseRedirect(with_query(page, {"version": str(version)}))
        response = render(request, "records/record_preview.html", page_of_draft(record))
        # That no cache stores it, the admin says of all its pages.
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response


def page_of_draft(record: Record) -> Json:
    """Return what the page of an open version would say."""
    latest = RevisionCounter.number()
    document = document_of(record, latest + 1)
    versions = published_versions(type(record), record.public_id, latest)
    before = versions[-1] if versions else None
    if before is not None and before["retired_in"] is None:
        before["retired_in"] = latest + 1
    version = {
        "id": record.public_id,
        "version": record.version,
        "published_in": latest + 1,
        "published_at": timezone.now(),
        "retired_in": None,
        "reason": record.reason or None,
        "withdrawn": None,
        "changes": differences(before and before["document"], document),
        "document": document,
        "is_draft": True,
    }
    is_dated = isinstance(record, DatedRecord)
    verdicts = verdicts_if_published(record, latest) if is_dated else {}
    page = page_of_version(version, [*versions, version], latest, verdicts or {})
    # The latest revision knows neither the draft nor drafts to which it links.
    titles = titles_of(link["id"] for link in page["links"])
    links = [link | {"title": titles.get(link["id"], link["title"])} for link in page["links"]]
    if verdicts is None:
        page["figures"] = [
            replace(figure, counts=UNKNOWN, left_out="", why_not="") for figure in page["figures"]
        ]
    return page | {
        "links": links,
        "points": points_with(page["points"], record),
        "latest": latest,
        "revision": latest,
        "past": False,
        "state": record.get_state_display(),
        "back": reverse(f"admin:records_{record.KIND}_change", args=[record.pk]),
    }


def document_of(record: Record, revision: int) -> Json:
    """Return the public document of an open version, as publishing would render it."""
    prefetch_related_objects([record], *record.ROWS)
    record.published_in_id = revision
    if isinstance(record, DatedRecord):
        copy_parties(record, list(record.parties.all()), {})
    found: Json = orjson.loads(rendered(record))
    return found


def points_with(points: list[Json], record: Any) -> list[Json]:
    """Return the points of its running total, the oldest first, with the draft in its place."""
    if not getattr(record, "series", ""):
        return []
    own = {
        "public_id": record.public_id,
        "title": record.title,
        "as_of_key": record.as_of_key,
        "date": in_words(record.as_of_key),
    }
    others = [row for row in points if row["public_id"] != record.public_id]
    return sorted([*others, own], key=lambda row: (row["as_of_key"], row["public_id"]))
