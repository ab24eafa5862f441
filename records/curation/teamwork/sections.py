"""What the home shows of assignments and threads."""

from typing import Any

from django.db.models import Case, F, Value, When
from django.http import HttpRequest
from django.urls import reverse

from records.content.lines import titles_of
from records.curation.reports.models import Report
from records.curation.teamwork.models import Comment, Thread
from records.curation.workflow.worklist import SHOWN, Found, Row, changelist, kinds, work

PERMISSIONS = ("change", "publish")


def assigned_to_me(request: HttpRequest) -> Found | None:
    """Return the versions that the user takes care of, and the reports."""
    found = work("assigned", *PERMISSIONS)(request)
    if found is None:
        return None
    reports: Any = Report.objects.open().of_kinds(model.KIND for model in kinds(request, "change"))
    reports = reports.filter(assignment__user=request.user.pk)
    first = [
        Row(
            reverse("admin:records_report_change", args=[report.pk]),
            str(report),
            report.text,
            report.received_at,
        )
        for report in reports[:SHOWN]
    ]
    if first:
        n = reports.count() if len(first) == SHOWN else len(first)
        queue = reverse("admin:records_report_changelist")
        found.count += n
        found.lists.append((f"{n} report{'s' * (n != 1)}", f"{queue}?assigned=me"))
        found.rows = [*found.rows, *first][:SHOWN]
    return found


def open_threads(request: HttpRequest) -> Found | None:
    """Return the open threads that concern the user, first those in which somebody else has the
    last word."""
    seen = kinds(request, *PERMISSIONS)
    if not seen:
        return None
    threads = Thread.objects.open().filter(kind__in=[model.KIND for model in seen])
    threads = threads.concerning(request.user)
    found = Found(threads.count())
    if not found.count:
        return found
    mine = Case(When(last_user=request.user.pk, then=Value(1)), default=Value(0))
    shown = list(threads.with_last().order_by(mine, F("last_entry"))[:SHOWN])
    entries = Comment.objects.select_related("user").in_bulk([row.last_entry for row in shown])
    names = titles_of(row.public_id for row in shown)
    for thread in shown:
        last = entries[thread.last_entry]
        about = f"{thread.about}. " if thread.about else ""
        found.rows.append(
            Row(
                page_of(thread),
                f"{thread.public_id}: {names.get(thread.public_id, '')}",
                f"{about}{last.user}: {last.text or last.get_act_display()}",
                last.at,
            )
        )
    found.lists = [
        (f"{model._meta.verbose_name_plural} with open threads", changelist(model, "threads"))
        for model in seen
        if any(row.kind == model.KIND for row in shown)
    ]
    return found


def page_of(thread: Thread) -> str:
    """Return the address of a thread, on the page of the latest version of its record."""
    page = reverse(f"admin:records_{thread.kind}_now", args=[thread.public_id])
    return f"{page}#thread-{thread.pk}"
