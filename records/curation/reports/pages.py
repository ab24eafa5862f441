"""Errors that readers reported: the queue, and the page on which a curator decides."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.text import Truncator

from accounts.kept_forms import fill_forms
from accounts.permissions import may
from records.content.lines import titles_of
from records.curation.queues.pages import OPEN_FIRST, WAITING, QueueAdmin, WhyField, found
from records.curation.reports.models import Report, ReportStatus
from records.curation.teamwork.pages import assign_view, holder
from records.curation.workflow.worklist import Found, Row, kinds
from records.models import KINDS, Record, State

DECISIONS = {
    ReportStatus.ANSWERED: "The report was right, or the reader got an answer",
    ReportStatus.DECLINED: "Nothing is wrong, or it is no report",
}


def readable(request: HttpRequest) -> list[str]:
    """Return the kinds whose reports the user may see: those that he or she may change, since
    addresses of readers are no public matter."""
    return [kind for kind in KINDS if may(request.user, kind, "change")]


def waiting(request: HttpRequest) -> Found | None:
    """Return the reports that wait for the user, oldest first, for the home."""
    of = [model.KIND for model in kinds(request, "change")]
    if not of:
        return None
    reports = Report.objects.open().of_kinds(of)
    return found(
        reports,
        "report",
        queue() + WAITING,
        lambda one: Row(page(one), str(one), one.text, one.received_at),
    )


def queue() -> str:
    return reverse("admin:records_report_changelist")


def page(report: Report) -> str:
    return reverse("admin:records_report_change", args=[report.pk])


class DecisionForm(forms.Form):
    """What a curator found, and did."""

    why = WhyField(
        label="What was found",
        help_text="Kept with your name. Readers do not see it.",
        missing="Say what was found.",
    )


class AssignedFilter(admin.SimpleListFilter):
    """Who takes care of open reports."""

    title = "assigned"
    parameter_name = "assigned"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("me", "to me"), ("nobody", "to nobody")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "me":
            return queryset.open().filter(assignment__user=request.user.pk)
        if self.value() == "nobody":
            return queryset.open().filter(assignment=None)
        return queryset


@admin.register(Report)
class ReportAdmin(QueueAdmin):
    """The queue. Reports come from readers; who may change records of a kind decides."""

    MISSING = "There is no such report."

    list_display = [
        *("public_id", "kind", "shown_text", "received_at", "shown_status", "shown_assignee"),
        "decided_by",
    ]
    list_filter = ["status", "kind", AssignedFilter]
    list_select_related = ["decided_by", "assignment__user"]
    ordering: ClassVar[list[Any]] = [OPEN_FIRST, "received_at", "pk"]
    search_fields = ["public_id", "text", "why"]
    search_help_text = "A record's id, or words of a report or decision."

    def kinds(self, request: HttpRequest) -> list[str]:
        return readable(request)

    @admin.display(description="Report")
    def shown_text(self, report: Report) -> str:
        return Truncator(report.text).chars(120)

    @admin.display(description="Status", ordering="status")
    def shown_status(self, report: Report) -> str:
        return report.get_status_display()

    @admin.display(description="Assigned to", empty_value="")
    def shown_assignee(self, report: Report) -> str | None:
        found = getattr(report, "assignment", None)
        return str(found.user) if found and report.is_open else None

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = path("<int:pk>/assign/", wrap(self.assign_view), name="records_report_assign")
        return [own, *super().get_urls()]

    def assign_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        report = self.get_queryset(request).filter(pk=pk).first()
        return assign_view(self, request, report, page(report) if report else queue())

    # The decision

    def decision_page(
        self, request: HttpRequest, report: Report, extra_context: dict[str, Any]
    ) -> HttpResponse:
        """Return the report beside its record, with the decisions that a curator may take."""
        form = DecisionForm()
        fill_forms(request, form)
        if request.method == "POST":
            if "look_again" in request.POST:
                return self.look_again(request, report)
            form = DecisionForm(request.POST)
            decided = next((one for one in DECISIONS if one.value in request.POST), None)
            if decided and report.is_open and form.is_valid():
                return self.decide(request, report, decided, form.cleaned_data["why"])
        record = current(report)
        context = {
            **self.page_context(request, report, f"An error is reported: {report.public_id}"),
            **extra_context,
            "report": report,
            "record": record,
            "record_page": record
            and reverse(f"admin:records_{record.KIND}_change", args=[record.pk]),
            "title_of_record": titles_of([report.public_id]).get(report.public_id, ""),
            "holder": holder(request, report),
            "form": form,
            "decisions": [(one.value, one.label, about) for one, about in DECISIONS.items()],
        }
        return TemplateResponse(request, "admin/records/report.html", context)

    def decide(
        self, request: HttpRequest, report: Report, status: ReportStatus, why: str
    ) -> HttpResponse:
        with transaction.atomic():
            report.decide(status, by=request.user, why=why)
            self.log_change(request, report, f"{status.label.capitalize()}: {why}")
        self.message_user(request, f"{report}: {status.label}.", messages.SUCCESS)
        return HttpResponseRedirect(queue())

    def look_again(self, request: HttpRequest, report: Report) -> HttpResponse:
        with transaction.atomic():
            report.status = ReportStatus.OPEN
            report.save(update_fields=["status"])
            self.log_change(request, report, "Put back into the queue.")
        self.message_user(request, f"{report} is in the queue again.", messages.SUCCESS)
        return HttpResponseRedirect(page(report))


def current(report: Report) -> Record | None:
    """Return the version to correct: the open one, else the published one; None if neither is
    there."""
    versions = KINDS[report.kind]._default_manager.filter(public_id=report.public_id)
    versions = versions.exclude(state__in=[State.SUPERSEDED, State.WITHDRAWN])
    return versions.order_by("-version").first()
