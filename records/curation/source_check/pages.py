"""The sources of a statement in the admin: what was found at its addresses, and the archived copy
that a curator may take over."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse

from accounts.permissions import may
from records.curation.queues.pages import found
from records.curation.source_check.copies import decline_copy, proposed_for, take_copy, waiting
from records.curation.source_check.models import Outcome, SourceCheck
from records.curation.workflow.worklist import Found, Row
from records.models import Statement


def panel(statement: Statement) -> dict[str, Any]:
    """Return what the statement's page shows of its sources; one query, and two more where a copy
    is known."""
    addresses = [address for address in (statement.url, statement.archived_url) if address]
    rows = {row.address: row for row in SourceCheck.objects.filter(address__in=addresses)}
    of_page = rows.get(statement.url)
    return {
        "checks": [rows[address] for address in addresses if address in rows],
        "proposal": proposed_for(statement) if of_page and of_page.has_proposal else None,
    }


def waiting_copies(request: HttpRequest) -> Found | None:
    """Return the statements for which a copy is proposed, for the home: pages that are gone
    first."""
    if not may(request.user, Statement.KIND, "change"):
        return None
    check = SourceCheck.objects.filter(address=models.OuterRef("url"))
    rows = waiting().annotate(
        outcome=models.Subquery(check.values("outcome")),
        asked_at=models.Subquery(check.values("asked_at")),
    )
    is_there = models.Case(models.When(outcome=Outcome.FOUND, then=1), default=0)
    return found(
        rows.order_by(is_there, "asked_at", "pk"),
        "statement",
        f"{reverse('admin:records_statement_changelist')}?page=copy",
        lambda one: Row(
            reverse("admin:records_statement_change", args=[one.pk]),
            f"{one.public_id} v{one.version}: {one.title}",
            f"Its page: {Outcome(one.outcome).label}",
            one.asked_at,
        ),
    )


class SourceFilter(admin.SimpleListFilter):
    """What was found at the address of a statement, and whether a copy waits for a curator."""

    title = "page"
    parameter_name = "page"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        outcomes = [(value, str(label)) for value, label in Outcome.choices]
        return [*outcomes, ("copy", "archived copy proposed")]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        if self.value() == "copy":
            return queryset.filter(pk__in=waiting().values("pk"))
        if self.value() in Outcome.values:
            checks = SourceCheck.objects.filter(outcome=self.value())
            return queryset.filter(url__in=checks.values("address"))
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
