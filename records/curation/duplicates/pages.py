"""Possible duplicates: the queue, and two records side by side."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from accounts.kept_forms import fill_forms
from accounts.permissions import may
from records.content.lines import (
    Line,
    figure_pairs,
    link_lines,
    linked_titles,
    record_lines,
    titles_of,
)
from records.content.numbers import amount_in_words, number_in_words
from records.curation.duplicates import finding
from records.curation.duplicates.models import DuplicatePair
from records.curation.queues.pages import OPEN_FIRST, WAITING, QueueAdmin, WhyField, found
from records.curation.workflow.worklist import Found, Row, kinds
from records.models import CURRENT, KINDS, DatedRecord, Record

MOST_SHOWN = 10
"""Pairs that a record's page names; the queue has them all."""


def readable(request: HttpRequest) -> list[str]:
    """Return the kinds whose pairs the user may see."""
    return [kind for kind in KINDS if may(request.user, kind, "view", "change")]


def waiting(request: HttpRequest) -> Found | None:
    """Return the open pairs that the user may decide about, for the home."""
    of = [model.KIND for model in kinds(request, "change")]
    if not of:
        return None
    pairs = DuplicatePair.objects.open().of_kinds(of)
    unseen = finding.not_searched(of)
    note = (
        f"{unseen:,} {'record was' if unseen == 1 else 'records were'} not compared with the "
        f"others yet: the operator of the site runs find_duplicates."
        if unseen
        else ""
    )
    return found(
        pairs,
        "pair",
        queue() + WAITING,
        lambda pair: Row(page(pair), str(pair), "; ".join(pair.reasons)),
        note,
    )


def queue() -> str:
    return reverse("admin:records_duplicatepair_changelist")


def warn_of_duplicates(modeladmin: admin.ModelAdmin, request: HttpRequest, record: Record) -> None:
    """After a save, look for records of the same event, and warn. The save is done in any case."""
    found = finding.find_near(record)
    if found:
        links = format_html_list(found, record.public_id)
        text = "This may be recorded already: compare it with {}."
        modeladmin.message_user(request, format_html(text, links), messages.WARNING)


def format_html_list(found: Sequence[DuplicatePair], public_id: str) -> str:
    """Links to the comparisons of a record with each of the others."""
    shown = [
        format_html('<a href="{}">{}</a>', page(row), row.other(public_id))
        for row in found[:MOST_SHOWN]
    ]
    if len(found) > MOST_SHOWN:
        shown.append(format_html("{} more", len(found) - MOST_SHOWN))
    return format_html(", ".join(["{}"] * len(shown)), *shown)


def page(candidate: DuplicatePair) -> str:
    """Return the address of the comparison."""
    return reverse("admin:records_duplicatepair_change", args=[candidate.pk])


def panel(record: Record) -> list[tuple[str, DuplicatePair]]:
    """Return the open pairs of a record with the other's id, for its page; one query."""
    rows = DuplicatePair.objects.open().of(record.public_id)[:MOST_SHOWN]
    return [(row.other(record.public_id), row) for row in rows]


# Side by side


def verdict(one: Any, other: Any, *, equal: bool) -> str:
    if not (one and other):
        return "only one"
    return "equal" if equal else "differs"


def text_rows(one: Record, other: Record) -> list[tuple[str, Line]]:
    """Return the fields, parties and links of the two, each with its verdict."""
    lines = record_lines(one, other) + link_lines(one, other, linked_titles([one, other]))
    return [
        (verdict(line.before, line.after, equal=line.before == line.after), line) for line in lines
    ]


def figure_rows(one: Record, other: Record) -> list[tuple[str, list[Any]]]:
    """Return the figures of the two, alike ones side by side: the verdict, and each figure with
    its number."""
    rows = []
    for second, first in figure_pairs(other, one):
        equal = (
            first is not None
            and second is not None
            and first.rival_key() == second.rival_key()
            and first.claim() == second.claim()
        )
        cells = [figure and (figure, number_in_words(figure)) for figure in (first, second)]
        rows.append((verdict(first, second, equal=equal), cells))
    return rows


class WhyForm(forms.Form):
    """Reason why two records are of two events."""

    prefix = "apart"

    why = WhyField(
        label="Why they are two events",
        help_text="Kept with your name, so that nobody has to ask again. Readers do not see it.",
        missing="Say why they are two.",
    )


class SameForm(forms.Form):
    """Choice of the record that stays in totals, of two of one event."""

    prefix = "same"

    keep = forms.ChoiceField(
        label="Which record goes on counting",
        widget=forms.RadioSelect,
        help_text="The better documented one. The other links to it, and those of its figures "
        "that are reported twice no longer count; a draft says so, which somebody else approves.",
        error_messages={"required": "Choose the record that goes on counting."},
    )
    why = WhyField(
        label="Why they are one event",
        help_text="The reason of the correction: readers see it beside the change.",
        missing="Say why they are one.",
    )

    def __init__(self, ids: Sequence[str], records: Sequence[Any], data: Any = None) -> None:
        super().__init__(data)
        titles = [getattr(record, "title", "") for record in records]
        labels = [f"{public_id}: {title}" for public_id, title in zip(ids, titles, strict=True)]
        keep: Any = self.fields["keep"]
        keep.choices = list(zip(ids, labels, strict=True))
        if not all(isinstance(record, DatedRecord) for record in records):
            return
        agreeing = finding.agreeing_figures(*records)
        repeated = [
            (f"{record.public_id}:{number}", record, number, figure)
            for record in records
            for number, figure in enumerate(record.ordered_figures(), start=1)
            if figure.countable
        ]
        self.fields["figures"] = forms.MultipleChoiceField(
            label="Which figures are reported twice",
            required=False,
            widget=forms.CheckboxSelectMultiple,
            choices=[
                (key, f"{record.public_id}, figure {number}: {amount_in_words(figure)}")
                for key, record, number, figure in repeated
            ],
            initial=[
                key
                for key, record, number, _ in repeated
                if (record.public_id, number) in agreeing
            ],
            help_text="Of the record that does not go on counting, these no longer count; others "
            "do.",
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        keep, chosen = cleaned.get("keep"), cleaned.pop("figures", None)
        if keep is None or chosen is None:
            return cleaned
        field: Any = self.fields["figures"]
        of_other = [key for key, _ in field.choices if not key.startswith(f"{keep}:")]
        numbers = {int(key.partition(":")[2]) for key in chosen if key in of_other}
        if of_other and not numbers:
            self.add_error(
                "figures", "Choose the figures of the other record that are reported twice."
            )
        return cleaned | {"figures": numbers}


class AddForm(forms.Form):
    """Reason why the figures of a new draft belong to the record that exists."""

    prefix = "add"

    why = WhyField(
        label="Why its figures belong there",
        help_text="The reason of the correction: readers see it beside the change.",
        missing="Say why they belong there.",
    )


@admin.register(DuplicatePair)
class DuplicatePairAdmin(QueueAdmin):
    """The queue. Pairs are found, never typed; who may change records of a kind decides."""

    MISSING = "These two have nothing in common any more: somebody changed or linked one."

    list_display = [
        "shown_pair",
        "kind",
        "shown_titles",
        "score",
        "shown_reasons",
        "shown_status",
        "shown_decision",
    ]
    list_filter = ["status", "kind", "score"]
    list_select_related = ["decided_by"]
    ordering: ClassVar[list[Any]] = [OPEN_FIRST, "-score", "pk"]
    search_fields = ["first", "second", "why"]
    search_help_text = "A record's id, or words of a decision."

    class Media:
        css: ClassVar = {"all": ["records/admin/duplicates.css"]}

    def kinds(self, request: HttpRequest) -> list[str]:
        return readable(request)

    # The queue

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The list, with the titles of its records: one query for each kind on the page."""
        changelist: Any = super().get_changelist_instance(request)
        rows = list(changelist.result_list)
        titles = titles_of(public_id for row in rows for public_id in row.ids)
        for row in rows:
            row.titles = [titles.get(public_id, "discarded") for public_id in row.ids]
        changelist.result_list = rows
        return changelist

    @admin.display(description="Pair", ordering="first")
    def shown_pair(self, candidate: DuplicatePair) -> str:
        return str(candidate)

    @admin.display(description="Titles")
    def shown_titles(self, candidate: Any) -> str:
        return format_html("{}<br>{}", *candidate.titles)

    @admin.display(description="In common")
    def shown_reasons(self, candidate: DuplicatePair) -> str:
        return "; ".join(candidate.reasons)

    @admin.display(description="Status", ordering="status")
    def shown_status(self, candidate: DuplicatePair) -> str:
        return candidate.get_status_display()

    @admin.display(description="Decision", empty_value="")
    def shown_decision(self, candidate: DuplicatePair) -> str | None:
        return f"{candidate.decided_by}: {candidate.why}" if candidate.why else None

    # The comparison

    def decision_page(
        self, request: HttpRequest, candidate: DuplicatePair, extra_context: dict[str, Any]
    ) -> HttpResponse:
        """Return the comparison of the two, with the decisions that a curator may take."""
        may_decide = may(request.user, candidate.kind, "change")
        records = self.records(candidate)
        ids = candidate.ids
        apart, same, add = WhyForm(), SameForm(ids, records), AddForm()
        fill_forms(request, apart, same, add)
        if request.method == "POST":
            if not may_decide:
                raise PermissionDenied
            if "look_again" in request.POST:
                return self.attempt(request, candidate, self.look_again)
            if "same_event" in request.POST:
                same = SameForm(ids, records, request.POST)
                if same.is_valid():
                    return self.attempt(request, candidate, self.same_event, same.cleaned_data)
            elif "add_figures" in request.POST:
                add = AddForm(request.POST)
                if add.is_valid():
                    return self.attempt(request, candidate, self.add_figures, add.cleaned_data)
            else:
                apart = WhyForm(request.POST)
                if apart.is_valid():
                    return self.attempt(request, candidate, self.apart, apart.cleaned_data)
        both = all(records)
        context = {
            **self.page_context(request, candidate, f"Is this one event? {candidate}"),
            **extra_context,
            "candidate": candidate,
            "sides": [
                (public_id, row, row and self.record_page(row))
                for public_id, row in zip(ids, records, strict=True)
            ],
            "both": both,
            "lines": text_rows(*records) if both else [],
            "figures": figure_rows(*records) if both and candidate.kind != "statement" else [],
            "may_decide": may_decide,
            "apart": apart,
            "same": same,
            "add": add,
            "new": finding.newcomer(*records) if both and candidate.kind != "statement" else None,
        }
        return TemplateResponse(request, "admin/records/duplicate.html", context)

    def records(self, candidate: DuplicatePair) -> list[Any]:
        """Return the versions to compare, open ones before published ones; None for a record that
        is gone."""
        model = KINDS[candidate.kind]
        rows = model.objects.filter(public_id__in=candidate.ids, state__in=CURRENT)
        related = ["links"]
        if issubclass(model, DatedRecord):
            related += ["parties__party", "figures__statement", "figures__item"]
        latest = {
            row.public_id: row for row in rows.order_by("version").prefetch_related(*related)
        }
        return [latest.get(public_id) for public_id in candidate.ids]

    def record_page(self, record: Record) -> str:
        return reverse(f"admin:records_{record.KIND}_change", args=[record.pk])

    def attempt(
        self,
        request: HttpRequest,
        candidate: DuplicatePair,
        act: Callable[..., HttpResponse],
        words: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Decide; or report the blocking errors on the page."""
        try:
            with transaction.atomic():
                return act(request, candidate, **(words or {}))
        except ValidationError as error:
            for sentence in error.messages:
                self.message_user(request, sentence, messages.ERROR)
            return HttpResponseRedirect(page(candidate))

    def apart(self, request: HttpRequest, candidate: DuplicatePair, why: str) -> HttpResponse:
        finding.not_a_duplicate(candidate, by=request.user, why=why)
        self.log_change(request, candidate, f"Not a duplicate: {why}")
        text = f"{candidate}: not a duplicate. The pair will not be proposed again."
        self.message_user(request, text, messages.SUCCESS)
        return HttpResponseRedirect(queue())

    def same_event(
        self,
        request: HttpRequest,
        candidate: DuplicatePair,
        keep: str,
        why: str,
        figures: set[int] | None = None,
    ) -> HttpResponse:
        draft = finding.same_event(candidate, keep=keep, by=request.user, why=why, figures=figures)
        words = f"Same event as {keep}, which goes on counting: {why}"
        self.log_change(request, candidate, words)
        self.admin_site.get_model_admin(type(draft)).log_change(request, draft, words)
        text = (
            f"This draft links to {keep}, and what is reported twice no longer counts. Look it "
            f"over and submit it for review: readers see the change when somebody else has "
            f"approved it."
        )
        self.message_user(request, text, messages.SUCCESS)
        return HttpResponseRedirect(self.record_page(draft))

    def add_figures(
        self, request: HttpRequest, candidate: DuplicatePair, why: str
    ) -> HttpResponse:
        draft = finding.add_figures(candidate, by=request.user, why=why)
        words = f"Figures of {candidate.other(draft.public_id)} were added: {why}"
        self.log_change(request, candidate, words)
        self.admin_site.get_model_admin(type(draft)).log_change(request, draft, words)
        text = (
            "The figures are in this draft, and the new draft is gone. Look it over and submit it "
            "for review."
        )
        self.message_user(request, text, messages.SUCCESS)
        return HttpResponseRedirect(self.record_page(draft))

    def look_again(self, request: HttpRequest, candidate: DuplicatePair) -> HttpResponse:
        finding.look_again(candidate)
        self.log_change(request, candidate, "Put back into the queue.")
        self.message_user(request, f"{candidate} is in the queue again.", messages.SUCCESS)
        return HttpResponseRedirect(page(candidate))
