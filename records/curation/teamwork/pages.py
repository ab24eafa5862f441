"""Threads and assignments in the admin: what the pages of versions show of them, and the pages
that take what people write and choose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.kept_forms import fill_forms
from records.curation.nouns.curated_admin import VerbatimField
from records.curation.reports.models import Report
from records.curation.teamwork import assigning, talking
from records.curation.teamwork.assigning import Subject
from records.curation.teamwork.models import LONGEST, Assignment, Comment, Thread
from records.curation.teamwork.panels import Panel, may_write, panels, threads_of, titles
from records.models import DatedRecord, Record

METHODS = ["GET", "HEAD", "POST"]
BEGIN = "begin"
ACTS = {
    "reply": Comment.Act.SAID,
    "resolve": Comment.Act.RESOLVED,
    "reopen": Comment.Act.REOPENED,
}
"""What a button does to a thread → the entry that it adds."""
DONE = {
    BEGIN: "Your comment is added.",
    "reply": "Your reply is added.",
    "resolve": "The thread is resolved.",
    "reopen": "The thread is open again.",
}


def back_to(request: HttpRequest, given: Mapping[str, Any], otherwise: str) -> str:
    """Return the page of this site that the form was on, by default another."""
    wanted = str(given.get("next") or "")
    ours = url_has_allowed_host_and_scheme(
        wanted, {request.get_host()}, require_https=request.is_secure()
    )
    return wanted if ours else otherwise


# --- Threads


def panel(request: HttpRequest, record: Record, figures: Sequence[Any]) -> Panel:
    """Return the threads on the page of a version, of which `figures` are the figures."""
    return panels({record: figures}, request.user, {})[0]


class CommentForm(forms.Form):
    """What is written, and about what."""

    figure = forms.TypedChoiceField(label="About", coerce=int, empty_value=None, required=False)
    thread = forms.IntegerField(
        required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput
    )
    text = VerbatimField(
        label="Comment",
        max_length=LONGEST,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "class": "vLargeTextField"}),
        help_text="Plain text, for those who edit and review. Readers never see it, and it cannot "
        "be changed later.",
    )
    next = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, record: Record, act: str, **given: Any) -> None:
        super().__init__(**given)
        self.act = act
        rows: Any = []
        if isinstance(record, DatedRecord) and act == BEGIN:
            rows = record.figures.select_related("item").order_by("position", "pk")
        if rows:
            column: Any = self.fields["figure"]
            column.choices = [("", "The version as a whole"), *titles(rows)]
            column.error_messages["invalid_choice"] = talking.NO_FIGURE
        else:
            del self.fields["figure"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.act in (BEGIN, "reply") and cleaned.get("text") == "":
            self.add_error("text", "Write a comment.")
        return cleaned


def sent(data: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return which button was pressed, and what belongs to it. A page has a box for each thread
    and each figure, and the button says of which: `reply:12`, `begin:7`."""
    act, _, key = str(data.get("act", "")).partition(":")
    if act not in (BEGIN, *ACTS):
        act = BEGIN
    box = f"text-new-{key}" if act == BEGIN else f"text-{key}"
    return act, {
        "text": data.get("text") or data.get(box, ""),
        "figure": key or data.get("figure", "") if act == BEGIN else "",
        "thread": key or data.get("thread", "") if act in ACTS else "",
        "next": data.get("next", ""),
    }


def threads_view(records: Any, request: HttpRequest, object_id: str) -> HttpResponse:
    """Take a comment; or return a page with it, where it cannot be taken or was kept while its
    writer signed in."""
    if not records.has_view_or_change_permission(request):
        raise PermissionDenied
    if request.method not in METHODS:
        return HttpResponseNotAllowed(METHODS)
    record = records.get_object(request, unquote(object_id))
    if record is None:
        return records.gone(request, None)
    if not may_write(request.user, record):
        raise PermissionDenied
    kept = getattr(request, "kept_form", None)
    if kept is not None:
        act, given = sent(kept.content)
        form = CommentForm(record, act, initial=given)
        fill_forms(request)
        return comment_page(records, request, record, form)
    if request.method != "POST":
        return HttpResponseRedirect(f"{records.page(record)}#threads")
    act, given = sent(request.POST)
    form = CommentForm(record, act, data=given)
    if form.is_valid():
        try:
            thread = take(request, record, act, form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            records.message_user(request, DONE[act], messages.SUCCESS)
            page = back_to(request, given, records.page(record)).partition("#")[0]
            return HttpResponseRedirect(f"{page}#thread-{thread.pk}")
    return comment_page(records, request, record, form)


def take(request: HttpRequest, record: Record, act: str, given: Mapping[str, Any]) -> Thread:
    """Add what was written; return its thread."""
    text = given["text"]
    if act == BEGIN:
        return talking.begin(record, by=request.user, text=text, figure=given.get("figure"))
    thread = talking.thread_of(record, given["thread"])
    talking.add(record, thread, by=request.user, act=ACTS[act], text=text)
    return thread


def comment_page(
    records: Any, request: HttpRequest, record: Record, form: CommentForm
) -> HttpResponse:
    """Return the page of one comment, with what was written."""
    key = form["thread"].value()
    threads = threads_of([record.public_id]).get(record.public_id, ())
    context = {
        **records.admin_site.each_context(request),
        "title": f"Comment on {record.public_id} v{record.version}",
        "opts": records.opts,
        "media": records.media,
        "original": record,
        "form": form,
        "thread": next((one for one in threads if str(one.pk) == str(key)), None),
        "back": back_to(request, {"next": form["next"].value()}, records.page(record)),
    }
    return TemplateResponse(request, "admin/records/comment.html", context)


# --- Assignments


@dataclass(frozen=True)
class Holder:
    """Who takes care of a version or report, as its page shows it."""

    assignment: Assignment | None
    address: str
    may_take: bool
    is_mine: bool

    @property
    def seen(self) -> int | str:
        return self.assignment.user_id if self.assignment else ""


def holder(request: HttpRequest, subject: Subject) -> Holder | None:
    """Return who takes care of an open version or report; None of one that is not open; one
    query."""
    if not subject.is_open:
        return None
    found = assigning.assignment_of(subject)
    name = "report" if isinstance(subject, Report) else subject.KIND
    return Holder(
        found,
        reverse(f"admin:records_{name}_assign", args=[subject.pk]),
        assigning.may_take(request.user, subject),
        found is not None and found.user_id == request.user.pk,
    )


class AssignForm(forms.Form):
    """Who is to take care of it."""

    to: Any = forms.ModelChoiceField(
        queryset=None,
        required=False,
        label="Assigned to",
        empty_label="Nobody",
        help_text="Who sees to it that it gets done. It gives no permission and takes none; they "
        "are notified.",
        error_messages={"invalid_choice": "This person may not work on it: choose another."},
    )
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)
    next = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, subject: Subject, **given: Any) -> None:
        super().__init__(**given)
        people: Any = self.fields["to"]
        people.queryset = assigning.candidates(subject)


def assign_view(
    subjects: Any, request: HttpRequest, subject: Subject | None, back: str
) -> HttpResponse:
    """Write down who takes care of a version or report; or return the page to choose."""
    if subject is None:
        subjects.message_user(request, "It is not there any more.", messages.WARNING)
        return HttpResponseRedirect(back)
    if not assigning.may_take(request.user, subject):
        raise PermissionDenied
    if request.method not in METHODS:
        return HttpResponseNotAllowed(METHODS)
    now = assigning.assignment_of(subject)
    key = now.user_id if now else None
    shown = {"to": key, "seen": key, "next": request.GET.get("next")}
    form = AssignForm(subject, initial=shown)
    fill_forms(request, form)
    if request.method == "POST":
        form = AssignForm(subject, data=request.POST)
        if form.is_valid():
            to = form.cleaned_data["to"]
            try:
                with transaction.atomic():
                    assigning.assign(subject, to, by=request.user, seen=form.cleaned_data["seen"])
                    said = f"Assigned to {to}." if to else "Assigned to nobody."
                    subjects.log_change(request, subject, said)
            except ValidationError as error:
                form = AssignForm(subject, initial=shown)
                for sentence in error.messages:
                    subjects.message_user(request, sentence, messages.ERROR)
            else:
                subjects.message_user(request, f"{subject}: {said.lower()}", messages.SUCCESS)
                return HttpResponseRedirect(back_to(request, form.cleaned_data, back))
    context = {
        **subjects.admin_site.each_context(request),
        "title": f"Who takes care of {subject}",
        "opts": subjects.opts,
        "media": subjects.media,
        "original": subject,
        "form": form,
        "back": back_to(request, {"next": form["next"].value()}, back),
    }
    return TemplateResponse(request, "admin/records/assign.html", context)
