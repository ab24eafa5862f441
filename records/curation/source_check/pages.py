"""The sources of a statement in the admin: what was found at its addresses, and the archived copy
that a curator may take over."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse

from records.curation.source_check.copies import decline_copy, take_copy, wants_copy
from records.curation.source_check.models import Outcome, SourceCheck
from records.models import Statement


def panel(statement: Statement) -> dict[str, Any]:
    """Return what the statement's page shows of its sources; one query."""
    addresses = [address for address in (statement.url, statement.archived_url) if address]
    rows = {row.address: row for row in SourceCheck.objects.filter(address__in=addresses)}
    found = rows.get(statement.url)
    is_offered = found is not None and found.has_proposal and wants_copy(statement)
    return {
        "checks": [rows[address] for address in addresses if address in rows],
        "proposal": found if is_offered else None,
    }


class SourceFilter(admin.SimpleListFilter):
    """What was found at the address of a statement, and whether a copy waits for a curator."""

    title = "page"
    parameter_name = "page"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        found = [(value, str(label)) for value, label in Outcome.choices]
        return [*found, ("copy", "archived copy proposed")]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        checks = SourceCheck.objects.all()
        if self.value() == "copy":
            proposed = checks.exclude(copy="").filter(copy_declined=False)
            return queryset.filter(archived_url="", url__in=proposed.values("address"))
        if self.value() in Outcome.values:
            return queryset.filter(url__in=checks.filter(outcome=self.value()).values("address"))
        return queryset


def copy_view(statements: Any, request: HttpRequest, pk: int) -> HttpResponse:
    """Take the proposed copy over into a draft, or decline it."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    statement = get_object_or_404(Statement, pk=pk)
    if not statements.user_may(request, "change"):
        raise PermissionDenied
    try:
        if "decline" in request.POST:
            copy = decline_copy(statement)
            statements.log_change(request, statement, f"Archived copy declined: {copy}")
            statements.message_user(request, "It is not proposed again.", messages.SUCCESS)
        else:
            statement = take_copy(statement, by=request.user)
            text = f"Archived copy taken over: {statement.archived_url}"
            statements.log_change(request, statement, text)
            statements.message_user(
                request,
                "This draft has the archived copy. Look at the copy, then submit the draft.",
                messages.SUCCESS,
            )
    except ValidationError as error:
        statements.message_user(request, " ".join(error.messages), messages.WARNING)
    return HttpResponseRedirect(reverse("admin:records_statement_change", args=[statement.pk]))
