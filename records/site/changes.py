"""What changed, as people read: the revisions, and what each published, corrected or withdrew."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from aidapi.addresses import origin
from aidapi.errors import Problem
from aidapi.views import Page
from records.api.addresses import PLURALS
from records.api.titles import VERBS, titles_of_changes
from records.models import KINDS, Action, Change, Revision
from records.query.revisions import latest_revision, shown_revision
from records.site.addresses import page_of
from records.site.list_pages import PageParameters, page_of_rows
from records.site.record import refusal

REVISIONS, CHANGES = 25, 100
"""Rows on a page of revisions, and on one of the changes of a revision."""


class ListPage(Page):
    """A list in pages."""

    template: str

    def get(self, request: HttpRequest, **which: int) -> HttpResponse:
        try:
            number = PageParameters(request.GET).cleaned.get("page", 1)
            latest = latest_revision()
            content = self.content(latest, number, **which)
        except Problem as problem:
            return refusal(request, problem)
        page = content | {"canonical": origin(request) + request.path}
        response = render(request, self.template, page)
        response["Dataset-Revision"] = str(latest)
        return response

    def content(self, latest: int, number: int) -> dict[str, Any]:
        """Return what a page of the list shows as of the latest revision."""
        raise NotImplementedError


class Changes(ListPage):
    """The revisions, latest first, each with the number of its changes."""

    template = "records/changes.html"

    def content(self, latest: int, number: int) -> dict[str, Any]:
        revisions = Revision.objects.filter(number__lte=latest).order_by("-number")
        page = page_of_rows(revisions, REVISIONS, number)
        counted = (
            Change.objects.filter(revision__in=[revision.number for revision in page.object_list])
            .order_by("revision_id", "kind", "action")
            .values_list("revision_id", "kind", "action")
            .annotate(n=Count("pk"))
        )
        counts: dict[int, list[str]] = {}
        for revision, kind, action, n in counted:
            noun = kind if n == 1 else PLURALS[kind]
            words = f"{n:,} {noun} {VERBS[Action(action)].lower()}"
            counts.setdefault(revision, []).append(words)
        return {
            "page": page,
            "revisions": [(row, counts.get(row.number, [])) for row in page.object_list],
            "feed": f"{reverse('changes-list')}?format=atom",
        }


class RevisionPage(ListPage):
    """A revision with its changes: corrections before first versions, and records before the
    statements that they cite."""

    template = "records/revision.html"

    def content(self, latest: int, number: int, revision: int = 0) -> dict[str, Any]:
        row = Revision.objects.get(number=shown_revision(revision, latest))
        changes = Change.objects.filter(revision=row).order_by("action", "kind", "position")
        page = page_of_rows(changes, CHANGES, number)
        return {"page": page, "revision": row, "changes": changes_in_words(page.object_list)}


def changes_in_words(changes: Iterable[Change]) -> list[dict[str, Any]]:
    """Return changes with what they did, to what, and where people read about it."""
    titles = titles_of_changes(changes)
    return [
        {
            "change": change,
            "verb": VERBS[Action(change.action)],
            "sort": f"{PLURALS[change.kind]} {VERBS[Action(change.action)].lower()}",
            "title": titles[change.kind, change.public_id, change.version],
            "address": address_of(change),
        }
        for change in changes
    ]


def address_of(change: Change) -> str:
    """Return where people read about what was changed."""
    address = page_of(change.kind, change.public_id)
    return f"{address}?version={change.version}" if change.kind in KINDS else address
