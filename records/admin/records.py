"""What the four kinds of record share in the admin: lists, forms that refuse stale saves,
read-only published versions, and the steps of a version's life."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import connection, models, transaction
from django.db.models import Prefetch, Q
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.text import capfirst

from records.actions import note_edit
from records.admin import imports
from records.admin.base import CuratedAdmin, SeenForm, touched
from records.admin.inlines import RowFormSet
from records.admin.steps import STEPS, Step, take
from records.models import Hand, Record, State

MAX_BULK = 400
"""Records that one bulk action takes: as many as one form can safely carry."""


class RecordForm(SeenForm):
    COUNTER = "edits"


def bulk_action(step: Step) -> Callable:
    """The step as an action of the list."""

    @admin.action(permissions=[step.permission], description=step.label)
    def action(
        modeladmin: "RecordAdmin", request: HttpRequest, queryset: models.QuerySet
    ) -> HttpResponse | None:
        return modeladmin.bulk_view(request, queryset, step)

    action.__name__ = step.name
    return action


class RecordAdmin(CuratedAdmin):
    """One kind of record, in all its versions."""

    form = RecordForm
    change_form_template = "admin/records/record_change_form.html"
    change_list_template = "admin/records/record_change_list.html"
    actions = [bulk_action(step) for step in STEPS if step.bulk]
    save_on_top = False
    LIFECYCLE: ClassVar[Any] = (
        "Lifecycle",
        {"fields": [("public_id", "version", "shown_state"), ("published_in", "retired_in")]},
    )

    class Media:
        js: ClassVar = ["records/admin/rows.js"]

    # Who may do what

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Published, superseded and withdrawn versions are read-only for everybody."""
        return super().has_change_permission(request) and (obj is None or obj.is_open)

    def has_publish_permission(self, request: HttpRequest) -> bool:
        """For the bulk actions that need it; `steps` names the permission."""
        return self.user_may(request, "publish")

    # Lists

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

    # Forms

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["public_id", "version", "shown_state", "published_in", "retired_in", "created_at"]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list:
        """A new record has no life yet, and a first version nothing to give a reason for."""
        fieldsets = list(super().get_fieldsets(request, obj))
        if obj is None:
            return fieldsets
        name, options = self.LIFECYCLE
        reason = ["reason"] if obj.version > 1 else []
        return [*fieldsets, (name, {"fields": [*options["fields"], *reason, "created_at"]})]

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        """The record; locked for a save, so that what the form saw is compared with what stands
        until the save is done."""
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
            Hand.edited(record, request.user)
        super().save_related(request, form, formsets, change)

    def save_formset(
        self, request: HttpRequest, form: forms.ModelForm, formset: Any, change: bool
    ) -> None:
        super().save_formset(request, form, formset, change)
        if isinstance(formset, RowFormSet):
            formset.write_positions()

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        record = kwargs.get("obj")
        if record is not None:
            context |= self.standing(record)
            context["steps"] = [
                step
                for step in STEPS
                if record.state in step.states and self.user_may(request, step.permission)
            ]
        return super().render_change_form(request, context, *args, **kwargs)

    def standing(self, record: Record) -> dict[str, Any]:
        """Where the version stands among the record's others, and whose hands were in the open
        one."""
        versions = list(
            self.model.objects.filter(public_id=record.public_id)
            .order_by("version")
            .only("public_id", "version", "state", "title", "published_in", "retired_in")
        )
        published = next((row for row in versions if row.state == State.PUBLISHED), None)
        opened = next((row for row in versions if row.is_open), None)
        hands = Hand.objects.filter(
            public_id=record.public_id, version=opened.version if opened else record.version
        )
        return {
            "versions": versions,
            "published": published,
            "opened": opened,
            "hands": hands.select_related("user").order_by("at", "pk"),
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
        return [version, *own, *imports.urls(self), *super().get_urls()]

    def version_view(self, request: HttpRequest, public_id: str, version: int) -> HttpResponse:
        """The page of a version, found by what is public of it."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        record = self.model.objects.filter(public_id=public_id, version=version).first()
        if record is None:
            raise Http404
        return HttpResponseRedirect(self.page(record))

    def step_view(self, request: HttpRequest, object_id: str, step: Step) -> HttpResponse:
        """A step of one record: its page asks for the words that it needs, a POST takes it."""
        if not self.user_may(request, step.permission):
            raise PermissionDenied
        methods = ["POST"] if step.at_once else ["GET", "HEAD", "POST"]
        if request.method not in methods:
            return HttpResponseNotAllowed(methods)
        record = self.get_object(request, unquote(object_id))
        if record is None:
            self.message_user(request, "This record is not there any more.", messages.WARNING)
            return HttpResponseRedirect(self.list_url())
        return self.step_page(request, step, [record], asked=request.method == "POST")

    def bulk_view(
        self, request: HttpRequest, queryset: models.QuerySet, step: Step
    ) -> HttpResponse | None:
        """A step of the records selected in a list, by way of a page that names them all."""
        records = list(queryset[: MAX_BULK + 1])
        if len(records) > MAX_BULK:
            self.message_user(
                request, f"Select at most {MAX_BULK} records at a time.", messages.ERROR
            )
            return None
        return self.step_page(request, step, records, asked="confirmed" in request.POST, bulk=True)

    def step_page(
        self,
        request: HttpRequest,
        step: Step,
        records: Sequence[Record],
        *,
        asked: bool,
        bulk: bool = False,
    ) -> HttpResponse:
        """Take the step if it was asked for and its words are there; else, or where something
        stands in the way, the page that lists the records, with every problem."""
        form = step.form(request.POST if asked else None)
        problems: list[tuple[Record, list[str]]] = []
        seen = {str(record.pk): record.digest for record in records}
        if not asked and "seen" in request.GET:
            seen = {str(record.pk): request.GET["seen"] for record in records}
        elif asked:
            carried = (pair.partition(":") for pair in request.POST.getlist("seen"))
            seen |= dict.fromkeys(seen, "") | {pk: digest for pk, _, digest in carried}
        if asked and form.is_valid():
            words = form.cleaned_data.get(step.asks, "")
            for record in records:
                record.digest = seen[str(record.pk)]
            with transaction.atomic():
                outcome = take(step, records, by=request.user, words=words)
                self.log_step(request, step, outcome.taken, outcome.opened, words)
            problems = outcome.problems
            if outcome.taken:
                self.message_user(request, self.tell(step, outcome.taken), messages.SUCCESS)
            if not problems:
                return HttpResponseRedirect(
                    request.get_full_path()
                    if bulk
                    else self.page_after(step, records[0], outcome.opened)
                )
            records = [record for record in records if record not in outcome.taken]
        if step.at_once and not bulk:
            for sentence in problems[0][1]:
                self.message_user(request, sentence, messages.ERROR)
            return HttpResponseRedirect(self.page(records[0]))
        context = {
            **self.admin_site.each_context(request),
            "title": step.label,
            "opts": self.opts,
            "media": self.media,
            "step": step,
            "form": form,
            "records": [(record, seen[str(record.pk)]) for record in records],
            "problems": problems,
            "bulk": bulk,
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
            "back": self.list_url() if bulk else self.page(records[0]),
        }
        return TemplateResponse(request, "admin/records/step.html", context)

    def log_step(
        self,
        request: HttpRequest,
        step: Step,
        taken: Sequence[Record],
        opened: Sequence[Record],
        words: str,
    ) -> None:
        """Write the step into the admin's history of each record."""
        message = f"{step.label}: {words}" if words else f"{step.label}."
        for draft in opened:
            self.log_addition(request, draft, message)
        if step.name == "discard":
            gone: Any = taken
            self.log_deletions(request, gone)
        else:
            for record in taken:
                self.log_change(request, record, message)

    def tell(self, step: Step, taken: Sequence[Record]) -> str:
        if len(taken) > 1:
            return f"{len(taken)} {self.opts.verbose_name_plural}: each {step.done}."
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
    """A donation, export or contract: with parties, figures and an `as_of`."""

    date_hierarchy = "as_of"
    ordering = ["-as_of", "-pk"]
    search_fields = ["public_id", "title"]
    search_help_text = "Words of the title, of the parties' names, of the publisher; or an id."
    WHEN: ClassVar[Any] = (
        "When",
        {"fields": [("as_of", "as_of_precision"), ("period_start", "period_end"), "series"]},
    )

    @admin.display(description="Parties")
    def shown_parties(self, record: Record) -> str:
        givers, receivers = (
            ", ".join(row.party.name for row in record.parties_by_role[role])
            for role in record.MAIN_ROLES
        )
        return f"{givers or '?'} → {receivers or '?'}"

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        rows = self.model._meta.get_field("parties").related_model
        return (
            super()
            .get_queryset(request)
            .prefetch_related(Prefetch("parties", rows.objects.select_related("party")))
        )

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
