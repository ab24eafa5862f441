"""The admin pages of all kinds of record: lists, forms that refuse stale saves, read-only
published versions, and the steps of a version's life."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import connection, models, transaction
from django.db.models import Prefetch, Q
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    QueryDict,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.text import capfirst

from accounts.kept_forms import fill, fill_forms
from aidapi.dates import in_words
from records.curation.bulk_edit.pages import ACTION as EDIT_ALIKE
from records.curation.bulk_edit.pages import MAX_ROWS, BulkEditAdmin
from records.curation.duplicates.pages import panel as duplicates_panel
from records.curation.duplicates.pages import warn_of_duplicates
from records.curation.imports import pages
from records.curation.nouns.curated_admin import CuratedAdmin, SeenForm, touched
from records.curation.nouns.dates import AsOfFilter, KnownDateFilter
from records.curation.nouns.inlines import EvidenceInline, FigureInline, RowFormSet
from records.curation.proposals.deciding import last_proposals
from records.curation.proposals.models import Proposal, ProposedAct
from records.curation.proposals.pages import may_decide
from records.curation.statement_reader.pages import first_values, preset, reader
from records.curation.teamwork.models import assignee
from records.curation.teamwork.pages import assign_view, holder, panel, threads_view
from records.curation.workflow import merging
from records.curation.workflow.decisions import APPROVE, RETURN, Decision, decisions
from records.curation.workflow.review_page import companions, compare
from records.curation.workflow.steps import (
    STEPS,
    Outcome,
    RecordKey,
    Step,
    StepInput,
    content_version,
    key_of,
    step_named,
    take,
)
from records.curation.workflow.worklist import WorkFilter
from records.models import (
    KINDS,
    Contributor,
    ContributorRole,
    DraftSave,
    Record,
    State,
    form_values,
)
from records.models.milestones import UNKNOWN
from records.publishing import note_edit, settle_stage

MAX_BULK = 400
"""Records that one bulk action takes: as many as one form can safely carry."""
MAX_COMPARED = 20
"""Records that one submission compares with the others; those of imports and forms were."""


class RecordForm(SeenForm):
    COUNTER = "edits"


def content_at(record: Record, edits: int) -> dict[str, Any] | None:
    """Return the content after that number of saves; None if it is no longer kept."""
    if edits == record.edits:
        return form_values(record)
    return DraftSave.of(record).filter(number=edits).values_list("content", flat=True).first()


def also_chosen(request: HttpRequest) -> dict[Record, str]:
    """Return the records of any kind that a reviewer approves along → the content that the page
    showed."""
    found: dict[Record, str] = {}
    for token in request.POST.getlist("also")[:MAX_BULK]:
        kind, _, rest = token.partition(":")
        pk, _, digest = rest.partition(":")
        model = KINDS.get(kind)
        if model is None or not request.user.has_perm(f"{model._meta.app_label}.publish_{kind}"):
            raise PermissionDenied
        record = model._default_manager.filter(pk=merging.number(pk)).first()
        if record is None:
            raise SuspiciousOperation("A record that was to be approved along is not there.")
        found[record] = digest
    return found


def accepted_along(request: HttpRequest) -> list[Proposal]:
    """Return the proposed parties and items that a reviewer accepts along."""
    keys = [merging.number(key) for key in request.POST.getlist("accept")[:MAX_BULK]]
    found = list(Proposal.objects.filter(pk__in=[*filter(None, keys)], act=ProposedAct.ADD))
    if not all(may_decide(request.user, proposal.kind) for proposal in found):
        raise PermissionDenied
    return found


def shown_versions(
    request: HttpRequest, records: Sequence[Record], *, confirmed: bool
) -> dict[RecordKey, str]:
    """Return record → the content that the user was shown: by the page that was sent, by the link
    to the page, or now."""
    sent = dict(pair.split(":", 1) for pair in request.POST.getlist("seen") if ":" in pair)
    found = {}
    for record in records:
        if confirmed:
            found[key_of(record)] = sent.get(str(record.pk), "")
        else:
            found[key_of(record)] = request.GET.get("seen", content_version(record))
    return found


def of_one(request: HttpRequest) -> bool:
    """Whether the page is of one record, and not a list."""
    match = request.resolver_match
    return match is not None and "object_id" in match.kwargs


def is_list(request: HttpRequest) -> bool:
    """Whether the page is a list of the admin, not a search of a box."""
    match = request.resolver_match
    return match is not None and str(match.url_name).endswith("_changelist")


def figures_in(context: dict[str, Any]) -> list[Any]:
    """Return the figures on a record's page, in their order, as its form has them."""
    return [
        form.instance
        for inline in context["inline_admin_formsets"]
        if isinstance(inline.opts, FigureInline)
        for form in inline.formset.initial_forms
    ]


class SeriesFilter(admin.AllValuesFieldListFilter):
    """A series, or none."""

    def choices(self, changelist: Any) -> Any:
        for choice in super().choices(changelist):
            yield choice | {"display": choice["display"] or "(none)"}


def bulk_action(step: Step) -> Callable:
    """The step as an action of the list."""

    @admin.action(permissions=[step.permission], description=step.label)
    def action(
        modeladmin: "RecordAdmin", request: HttpRequest, queryset: models.QuerySet
    ) -> HttpResponse | None:
        return modeladmin.bulk_view(request, queryset, step)

    action.__name__ = step.name
    return action


class RecordAdmin(BulkEditAdmin, CuratedAdmin):
    """One kind of record, in all its versions."""

    form = RecordForm
    change_form_template = "admin/records/record_change_form.html"
    change_list_template = "admin/records/record_change_list.html"
    actions = [EDIT_ALIKE, *(bulk_action(step) for step in STEPS if step.bulk)]
    save_on_top = False
    date_filter: type[KnownDateFilter] = AsOfFilter
    LIFECYCLE: ClassVar[Any] = (
        "Lifecycle",
        {"fields": [("public_id", "version", "shown_state"), ("published_in", "retired_in")]},
    )

    class Media:
        js: ClassVar = [
            "records/admin/rows.js",
            "records/admin/search-boxes.js",
            "records/admin/threads.js",
        ]

    # Who may do what

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Published, superseded and withdrawn versions are read-only for everybody."""
        return super().has_change_permission(request) and (obj is None or obj.is_open)

    def has_publish_permission(self, request: HttpRequest) -> bool:
        """For the bulk actions that need it; `steps` names the permission."""
        return self.user_may(request, "publish")

    # Lists and pages

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        """On a record's own page with its revisions, which the page names."""
        rows = super().get_queryset(request)
        if of_one(request):
            return rows.select_related("published_in", "retired_in")
        return rows.annotate(assignee=assignee()) if is_list(request) else rows

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        columns = list(super().get_list_display(request))
        columns.insert(columns.index("shown_state") + 1, "shown_assignee")
        return columns

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return [WorkFilter, self.date_filter, *super().get_list_filter(request)]

    @admin.display(description="Id", ordering="public_id")
    def shown_id(self, record: Record) -> str:
        return record.public_id

    @admin.display(description="State", ordering="state")
    def shown_state(self, record: Record) -> str:
        return format_html(
            '<span class="state state-{}">{}</span>', record.state, record.get_state_display()
        )

    @admin.display(description="Published in", ordering="published_in_id", empty_value="")
    def shown_revision(self, record: Record) -> int | None:
        return record.published_in_id

    @admin.display(description="Assigned to", empty_value="")
    def shown_assignee(self, record: Any) -> str | None:
        return record.assignee if record.is_open else None

    # Forms

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["public_id", "version", "shown_state", "published_in", "retired_in", "created_at"]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list:
        """A new record has no life yet, and a first version nothing to give a reason for; of a
        later one it comes first, since it is owed."""
        fieldsets = list(super().get_fieldsets(request, obj))
        if obj is None:
            return fieldsets
        name, options = self.LIFECYCLE
        life = (name, {"fields": [*options["fields"], "created_at"]})
        why = [("Why it changes", {"fields": ["reason"]})] if obj.version > 1 else []
        return [*why, *fieldsets, life]

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        """Return the record; locked for a save, so that the form is compared with what the save
        will replace."""
        record = super().get_object(request, object_id, from_field)
        if record is not None and request.method == "POST" and connection.in_atomic_block:
            record = self.model.objects.select_for_update().filter(pk=record.pk).first()
        return record

    def save_model(
        self, request: HttpRequest, obj: Any, form: forms.ModelForm, change: bool
    ) -> None:
        """Nothing yet: only with its rows is it known whether the record changed."""

    def save_related(
        self, request: HttpRequest, form: forms.ModelForm, formsets: Any, change: bool
    ) -> None:
        record = form.instance
        if change and not touched(form, formsets):
            record.untouched = True
            return
        if change:
            reviewed = record.state == State.IN_REVIEW
            note_edit(record, by=request.user, edits=form.cleaned_data["seen"])
            record.save()
            if reviewed:
                self.message_user(
                    request,
                    "It was in review and is a draft again, since its content changed: submit it "
                    "when it is ready.",
                    messages.WARNING,
                )
        else:
            record.save()
            Contributor.edited(record, request.user)
        super().save_related(request, form, formsets, change)
        self.warn_of_quotes(request, [record])
        warn_of_duplicates(self, request, record)

    def save_formset(
        self, request: HttpRequest, form: forms.ModelForm, formset: Any, change: bool
    ) -> None:
        super().save_formset(request, form, formset, change)
        if isinstance(formset, RowFormSet):
            formset.write_positions()

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        response = super().response_add(request, obj, post_url_continue)
        return self.submit_saved(request, obj) if "_submit_too" in request.POST else response

    def response_again(self, request: HttpRequest, row: Any) -> HttpResponse:
        """Return to the record that was also to be submitted: that was taken, or refused with
        reasons that its page lets repair, by the first request."""
        if "_submit_too" in request.POST:
            return HttpResponseRedirect(self.page(row))
        return super().response_again(request, row)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        if "_submit_too" in request.POST:
            return self.submit_saved(request, obj)
        return super().response_change(request, obj)

    def submit_saved(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Submit what was just saved; report on its page what it lacks."""
        step = step_named("submit")
        record = self.model.objects.get(pk=obj.pk)
        given = StepInput(request.user, {}, {key_of(record): content_version(record)})
        for _, problems in self.take_step(request, step, [record], given).problems:
            for sentence in problems:
                self.message_user(request, f"Saved, but not submitted: {sentence}", messages.ERROR)
        return HttpResponseRedirect(self.page(record))

    # Saves that meet

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Merge what the page of a merge sends, then save it like any form."""
        fill(request)
        if request.method == "POST" and "_merge" in request.POST:
            data = merging.unpacked(request.POST.get("_typed", ""))
            with transaction.atomic():
                record = self.get_object(request, unquote(object_id))
                if record is not None and self.has_change_permission(request, record):
                    merged = self.merged(request, record, data)
                    if isinstance(merged, HttpResponse):
                        return merged
                    data = merged
            request.POST = data  # type: ignore[assignment]  # a QueryDict as any
        return super().change_view(request, object_id, form_url, extra_context)

    def merged(
        self, request: HttpRequest, record: Record, data: QueryDict
    ) -> QueryDict | HttpResponse:
        """The typed form with the choices made in it, or the page again, where one is open. Should
        somebody have saved once more, the save itself will notice."""
        shown = merging.number(request.POST.get("_theirs"))
        theirs = None if shown is None else content_at(record, shown)
        if theirs is None or shown is None:
            return self.merge_page(request, record, data)
        picks = {
            name.removeprefix("pick:"): request.POST.get(name, "")
            for name in request.POST
            if name.startswith("pick:")
        }
        if request.POST["_merge"] == merging.MINE:
            picks = {"*": merging.MINE}
        form = self.shape(request, record)
        sheet = merging.sheet_of(theirs, form)
        merge = self.merge(record, form, sheet, data, picks)
        if merge.open:
            return self.merge_page(request, record, data, picks)
        return merging.as_sent(merge.outcome, sheet, form, data, shown)

    def shape(self, request: HttpRequest, record: Record) -> merging.Shape:
        formsets = [
            (made(instance=record, prefix=made.get_default_prefix()), str(inline.verbose_name))
            for made, inline in self.get_formsets_with_inlines(request, record)
        ]
        return merging.shape(self.get_form(request, record, change=True)(), formsets)

    def merge(
        self,
        record: Record,
        form: merging.Shape,
        theirs: merging.Sheet,
        data: QueryDict,
        picks: dict[str, str],
    ) -> merging.Merge:
        opened = merging.number(data.get("seen"))
        content = None if opened is None else content_at(record, opened)
        base = merging.sheet_of(content, form) if content else None
        return merging.merge(form, base, theirs, merging.sheet_typed(data, form), picks)

    def merge_page(
        self,
        request: HttpRequest,
        record: Record,
        data: QueryDict,
        picks: dict[str, str] | None = None,
    ) -> HttpResponse:
        """Return the page that shows what is saved beside what was typed, and what both began
        with; nothing is saved."""
        form = self.shape(request, record)
        theirs = merging.sheet_of(form_values(record), form)
        merge = self.merge(record, form, theirs, data, picks or {})
        opened = merging.number(data.get("seen"))
        edits = (
            DraftSave.of(record).filter(number__gte=opened)
            if opened is not None
            else DraftSave.of(record)
        )
        context = {
            **self.admin_site.each_context(request),
            "title": "Not saved yet",
            "opts": self.opts,
            "media": self.media,
            "original": record,
            "choices": merge.choices,
            "incomplete": picks is not None,
            "edits": edits.select_related("user").defer("content").order_by("number"),
            "typed": merging.packed(data),
        }
        return TemplateResponse(request, "admin/records/merge.html", context, status=409)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        record = kwargs.get("obj")
        form = context["adminform"].form
        if record is not None and form.is_bound and form.has_error("__all__", code="stale"):
            # Afresh: the form has written what was typed into this one.
            return self.merge_page(
                request, self.model.objects.get(pk=record.pk), request.POST.copy()
            )
        if record is not None:
            context |= self.version_context(record)
            context["content_version"] = content_version(record)
            context["duplicates"] = duplicates_panel(record)
            context["holder"] = holder(request, record)
            context["talk"] = panel(request, record, figures_in(context))
            proposals = last_proposals([record]) if record.is_open else []
            context["declined"] = [one for one in proposals if not one.is_open]
            context["steps"] = [
                step
                for step in STEPS
                if record.state in step.states
                and self.user_may(request, step.permission)
                and not (context["opened"] and step.opens)
            ]
        return super().render_change_form(request, context, *args, **kwargs)

    def version_context(self, record: Record) -> dict[str, Any]:
        """Return the record's other versions, and the contributors to the open one."""
        versions = list(
            self.model.objects.filter(public_id=record.public_id)
            .order_by("version")
            .only("public_id", "version", "state", "title", "reason", "published_in", "retired_in")
        )
        published = next((row for row in versions if row.state == State.PUBLISHED), None)
        opened = next((row for row in versions if row.is_open), None)
        worked_on = opened.version if opened else record.version
        contributors = list(
            Contributor.objects.filter(
                public_id=record.public_id, version__in={worked_on, record.version}
            )
            .select_related("user")
            .order_by("at", "pk")
        )
        return {
            "versions": versions,
            "published": published,
            "opened": opened,
            "contributors": [
                contributor for contributor in contributors if contributor.version == worked_on
            ],
            "approval": next(
                (
                    contributor
                    for contributor in contributors
                    if contributor.version == record.version
                    and contributor.role == ContributorRole.APPROVER
                ),
                None,
            ),
            "public_url": published
            and reverse(f"{self.opts.verbose_name_plural}-detail", args=[record.public_id]),
        }

    # Steps

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        wrap = self.admin_site.admin_view
        own = [
            path(
                f"<path:object_id>/{step.name}/",
                wrap(partial(self.step_view, step=step)),
                name=f"{name}_{step.name}",
            )
            for step in STEPS
        ]
        version = path(
            "<slug:public_id>/v<int:version>/", wrap(self.version_view), name=f"{name}_version"
        )
        own += [
            path("<slug:public_id>/now/", wrap(self.now_view), name=f"{name}_now"),
            path("<path:object_id>/threads/", wrap(self.threads_view), name=f"{name}_threads"),
            path("<path:object_id>/assign/", wrap(self.assign_view), name=f"{name}_assign"),
        ]
        return [version, *own, *pages.urls(self), *super().get_urls()]

    def version_view(self, request: HttpRequest, public_id: str, version: int) -> HttpResponse:
        """The page of a version, found by what is public of it."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        record = self.model.objects.filter(public_id=public_id, version=version).first()
        if record is None:
            raise Http404
        return HttpResponseRedirect(self.page(record))

    def now_view(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """The page of the version that is worked on, else of the last one."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        record = self.model.objects.filter(public_id=public_id).order_by("-version").first()
        if record is None:
            raise Http404
        return HttpResponseRedirect(self.page(record))

    # Threads and assignments: see there.

    def threads_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return threads_view(self, request, object_id)

    def assign_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        record = self.get_object(request, unquote(object_id))
        back = self.list_url() if record is None else self.page(record)
        return assign_view(self, request, record, back)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show a kept form of a bulk action again, which is then to be confirmed."""
        if kept := getattr(request, "kept_form", None):
            keys = map(merging.number, kept.content.getlist(ACTION_CHECKBOX_NAME))
            chosen = self.get_queryset(request).filter(pk__in=[*filter(None, keys)])
            action = kept.content.get("action")
            for step in STEPS:
                may_take = step.name == action and self.user_may(request, step.permission)
                if page := may_take and chosen and self.bulk_view(request, chosen, step):
                    return page
            if action == EDIT_ALIKE and chosen and self.user_may(request, "change"):
                return self.edit_page(request, list(chosen[:MAX_ROWS]))
        return super().changelist_view(request, extra_context)

    def step_view(self, request: HttpRequest, object_id: str, step: Step) -> HttpResponse:
        """Return the page of a step for one record, with a form for its words; a POST takes it."""
        if not self.user_may(request, step.permission):
            raise PermissionDenied
        methods = ["POST"] if step.at_once else ["GET", "HEAD", "POST"]
        if request.method not in methods:
            return HttpResponseNotAllowed(methods)
        record = self.get_object(request, unquote(object_id))
        if record is None:
            self.message_user(request, "This record is not there any more.", messages.WARNING)
            return HttpResponseRedirect(self.list_url())
        return self.step_page(request, step, [record], confirmed=request.method == "POST")

    def bulk_view(
        self, request: HttpRequest, queryset: models.QuerySet, step: Step
    ) -> HttpResponse | None:
        """Return the page of a step for the records selected in a list; confirmed, it takes it."""
        records = list(queryset[: MAX_BULK + 1])
        if len(records) > MAX_BULK:
            self.message_user(
                request, f"Select at most {MAX_BULK} records at a time.", messages.ERROR
            )
            return None
        return self.step_page(
            request, step, records, confirmed="confirmed" in request.POST, bulk=True
        )

    def step_page(
        self,
        request: HttpRequest,
        step: Step,
        records: Sequence[Record],
        *,
        confirmed: bool,
        bulk: bool = False,
    ) -> HttpResponse:
        """Take the step if it is confirmed and its words are there; else, or where errors block
        it, return the page that lists the records, with every error."""
        reviewed = step.name == "approve"
        kept = getattr(request, "kept_form", None)
        sent = request.POST if confirmed else kept.content if kept else {}
        decided = decisions(records, sent if reviewed and bulk else {})
        chosen = [one.record for one in decided if one.choice == APPROVE]
        form = step.form(
            request.POST if confirmed else None,
            owed=(bulk or not step.at_once) and bool(chosen),
        )
        fill_forms(request, form)
        shown = shown_versions(request, records, confirmed=confirmed)
        also = also_chosen(request) if reviewed and confirmed else {}
        problems = [(one.record, [one.problem]) for one in decided if confirmed and one.problem]
        if confirmed and not problems and form.is_valid():
            versions = {key_of(record): seen for record, seen in also.items()} | shown
            accepted = accepted_along(request) if reviewed else []
            given = StepInput(request.user, form.cleaned_data, versions, accepted)
            outcome = Outcome([], [], [])
            if chosen:
                outcome = self.take_step(request, step, [*chosen, *also], given)
            problems = outcome.problems
            if not problems:
                self.return_each(request, decided, given)
                after = self.page_after(step, records[0], outcome.opened)
                return HttpResponseRedirect(request.get_full_path() if bulk else after)
            records = [record for record in records if record not in outcome.taken]
        if step.at_once and not bulk:
            for sentence in problems[0][1]:
                self.message_user(request, sentence, messages.ERROR)
            return HttpResponseRedirect(self.page(records[0]))
        context = {
            **self.admin_site.each_context(request),
            "title": step.link or step.label,
            "opts": self.opts,
            "media": self.media,
            "step": step,
            "form": form,
            "records": [(record, shown[key_of(record)]) for record in records],
            "problems": problems,
            "bulk": bulk,
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
            "back": self.list_url() if bulk else self.page(records[0]),
        }
        if reviewed:
            context |= self.reviewed(request, decided, [*also] if confirmed else None)
        return TemplateResponse(request, step.page, context)

    def return_each(
        self, request: HttpRequest, decided: Sequence[Decision], given: StepInput
    ) -> None:
        """Return those of a bulk review that are to be changed, each with its comment."""
        step = step_named("return")
        for one in decided:
            if one.choice == RETURN:
                words = StepInput(given.by, {"comment": one.comment}, given.content_versions)
                outcome = self.take_step(request, step, [one.record], words)
                for record, sentences in outcome.problems:
                    self.message_user(request, f"{record}: {sentences[0]}", messages.ERROR)

    def take_step(
        self, request: HttpRequest, step: Step, records: Sequence[Record], given: StepInput
    ) -> Outcome:
        """Take the step, log it, and report it to the user."""
        with transaction.atomic():
            outcome = take(step, records, given)
            self.log_step(request, step, outcome, given.words)
        if outcome.taken:
            self.message_user(request, self.done_message(step, outcome.taken), messages.SUCCESS)
        if step.name == "submit":
            self.warn_of_quotes(request, outcome.taken)
            for record in outcome.taken[:MAX_COMPARED]:
                warn_of_duplicates(self, request, record)
        return outcome

    def reviewed(
        self,
        request: HttpRequest,
        decided: Sequence[Decision],
        also: Sequence[Record] | None,
    ) -> dict[str, Any]:
        """Return the context of a review: the records, and those that wait for one another, which
        are chosen along unless the reviewer chose otherwise."""
        compared = compare([one.record for one in decided], request.user)
        decision_of = {(one.record.KIND, one.record.pk): one for one in decided}
        for each in compared:
            each.decision = decision_of[each.record.KIND, each.record.pk]
        others = compare(
            companions([each.record for each in compared], request.user), request.user
        )
        chosen = None if also is None else {(row.KIND, row.pk) for row in also}
        for each in others:
            ready = not each.refusals
            each.chosen = ready if chosen is None else (each.record.KIND, each.record.pk) in chosen
        proposals = last_proposals([each.record for each in (*compared, *others)])
        return {
            "compared": compared,
            "companions": others,
            "proposals": [one for one in proposals if one.is_open],
            "declined": [one for one in proposals if not one.is_open],
            "unverified": any(
                each.unverified or each.is_doubtful for each in (*compared, *others)
            ),
            "open_threads": [one for each in (*compared, *others) for one in each.talk.open],
            "refused": all(each.refusals for each in compared),
        }

    def log_step(
        self, request: HttpRequest, step: Step, outcome: Outcome, words: Mapping[str, str]
    ) -> None:
        """Write the step into the admin's history of each record: once, where it opens a draft."""
        said = " · ".join(filter(None, words.values()))
        message = f"{step.label}: {said}" if said else f"{step.label}."
        for draft in outcome.opened:
            self.log_addition(request, draft, message)
        if step.opens:
            return
        if step.name == "discard":
            gone: Any = outcome.taken
            self.log_deletions(request, gone)
        else:
            for record in outcome.taken:
                self.log_change(request, record, message)

    def warn_of_quotes(self, request: HttpRequest, records: Sequence[Record]) -> None:
        """Words that are not in the text stop nobody here; the approver will have to say why."""
        for record in records:
            for row in record.unverified():
                self.message_user(
                    request,
                    f"“{row.quote}” does not occur in the text of {row.statement.public_id}: copy "
                    f"the words from it, or the reviewer must say why they are published all the "
                    f"same.",
                    messages.WARNING,
                )

    def done_message(self, step: Step, taken: Sequence[Record]) -> str:
        if len(taken) > 1:
            kinds = {record.KIND for record in taken}
            name = self.opts.verbose_name_plural if len(kinds) == 1 else "records"
            return f"{len(taken)} {name}: each {step.done}."
        name = capfirst(self.opts.verbose_name)
        return f"{name} {taken[0].public_id} v{taken[0].version} {step.done}."

    def page(self, record: Record) -> str:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
        return reverse(name, args=[record.pk])

    def list_url(self) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")

    def page_after(self, step: Step, record: Record, opened: Sequence[Record]) -> str:
        """The draft that was opened; what is left of a discarded one; else the record."""
        if opened:
            return self.page(opened[0])
        if step.name == "discard":
            left = self.model.objects.filter(public_id=record.public_id).order_by("-version")
            return self.page(left[0]) if left else self.list_url()
        return self.page(record)


class DatedRecordAdmin(RecordAdmin):
    """A donation, export or contract: with parties, figures and an `as_of`. The texts that its
    figures cite are beside its form."""

    change_form_template = "admin/records/dated_record_change_form.html"
    ordering = ["-as_of_key", "-pk"]
    search_fields = ["public_id", "title"]
    search_help_text = "Words of the title, of the parties' names, of the publisher; or an id."
    WHEN: ClassVar[Any] = (
        "When",
        {
            "fields": [
                ("as_of", "as_of_precision"),
                ("period_start", "period_end"),
                "date_reason",
                "series",
            ]
        },
    )

    class Media:
        css: ClassVar = {"all": ["records/admin/reader.css"]}
        js: ClassVar = [
            "records/admin/figure-lines.js",
            "records/admin/reader-text.js",
            "records/admin/reader.js",
        ]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return first_values(request) | super().get_changeform_initial_data(request)

    def get_formset_kwargs(
        self, request: HttpRequest, obj: Any, inline: Any, prefix: str
    ) -> dict[str, Any]:
        kwargs = super().get_formset_kwargs(request, obj, inline, prefix)
        if isinstance(inline, EvidenceInline) and obj._state.adding:
            statement = preset(request)
            kwargs["form_kwargs"] = {"preset": statement and statement.pk}
        return kwargs

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        context["reader"] = reader(self, request, context, adding=kwargs["add"])
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="As of", ordering="as_of_key")
    def shown_as_of(self, record: Any) -> str:
        return in_words(record.as_of_key)

    @admin.display(description="Parties")
    def shown_parties(self, record: Record) -> str:
        givers, receivers = (
            ", ".join(row.party.name for row in record.parties_by_role[role])
            for role in record.MAIN_ROLES
        )
        return f"{givers or '?'} → {receivers or '?'}"

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        """In lists with the parties, which a record's own page loads as rows of its form."""
        records = super().get_queryset(request)
        if of_one(request):
            return records
        rows = self.model._meta.get_field("parties").related_model
        return records.prefetch_related(Prefetch("parties", rows.objects.select_related("party")))

    def matching(self, word: str) -> Q:
        parties = self.model._meta.get_field("parties").related_model
        figures = self.model._meta.get_field("figures").related_model
        return (
            Q(public_id__contains=word)
            | Q(title_key__contains=word)
            | Q(pk__in=parties.objects.filter(party__name_key__contains=word).values("record"))
            | Q(
                pk__in=figures.objects.filter(statement__publisher_key__contains=word).values(
                    "record"
                )
            )
        )


class StagedRecordAdmin(DatedRecordAdmin):
    """A donation or contract: its milestones decide its stage."""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """The stage is typed only where no milestone gives it."""
        found = super().get_readonly_fields(request, obj)
        if obj is None:
            return found
        if not hasattr(obj, "dated"):
            # Used several times by one page.
            obj.dated = obj.milestones.exists()
        return [*found, "stage"] if obj.dated else found

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"stage": UNKNOWN} | super().get_changeform_initial_data(request)

    def save_related(
        self, request: HttpRequest, form: forms.ModelForm, formsets: Any, change: bool
    ) -> None:
        """Write the stage that the milestones give; a record that lost them all has none."""
        had = change and form.instance.milestones.exists()
        super().save_related(request, form, formsets, change)
        record = self.model.objects.get(pk=form.instance.pk)
        if not record.is_open or getattr(form.instance, "untouched", False):
            return
        if had and not record.milestones.exists():
            record.stage = UNKNOWN
            record.save(update_fields=["stage"])
        settle_stage(record)
