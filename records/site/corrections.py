"""Every correction and withdrawal, with its reason, as people read."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from aidapi.addresses import origin
from aidapi.errors import Problem
from aidapi.parameters import ChoiceField, Parameter
from aidapi.views import Page
from records.models import KINDS, Action, Change
from records.query.revisions import latest_revision
from records.site.changes import changes_in_words
from records.site.list_pages import PageParameters, page_of_rows
from records.site.record import refusal

PER_PAGE = 50
ACTIONS = (Action.CORRECTED, Action.WITHDRAWN)


class CorrectionsParameters(PageParameters):
    """Parameters of the page."""

    kind = Parameter(
        ChoiceField(choices=KINDS, example="donation"),
        "Only corrections of this kind of record; several separated by commas.",
        lookup="kind__in",
    )


class Corrections(Page):
    """Corrections and withdrawals, latest first."""

    def get(self, request: HttpRequest) -> HttpResponse:
        try:
            parameters = CorrectionsParameters(request.GET)
            return self.shown(request, parameters.cleaned, parameters.given)
        except Problem as problem:
            return refusal(request, problem)

    def shown(
        self, request: HttpRequest, query: dict[str, Any], given: dict[str, str]
    ) -> HttpResponse:
        revision = latest_revision()
        kinds = query.get("kind", list(KINDS))
        page = page_of_rows(corrections(revision, kinds), PER_PAGE, query.get("page", 1))
        context = {
            "changes": changes_in_words(page.object_list),
            "page": page,
            "kinds": [
                (kind, str(model._meta.verbose_name_plural)) for kind, model in KINDS.items()
            ],
            "chosen": given.get("kind", ""),
            "other_parameters": f"&kind={given['kind']}" if "kind" in given else "",
            "canonical": origin(request) + request.path,
            "feed": f"{reverse('changes-list')}?action={','.join(ACTIONS)}&format=atom",
        }
        response = render(request, "records/corrections.html", context)
        response["Dataset-Revision"] = str(revision)
        return response


def corrections(revision: int, kinds: list[str]) -> QuerySet[Change]:
    """Return the corrections and withdrawals of records up to a revision, latest first."""
    rows = Change.objects.filter(revision__lte=revision, kind__in=kinds, action__in=ACTIONS)
    return rows.select_related("revision").order_by("-revision_id", "-position")
