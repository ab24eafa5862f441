"""Admin pages of parties and items: every save is an edit of the vocabulary, and so a revision of
its own, written by `records.publishing` alone."""

import re
from functools import partial
from typing import Any

from anyascii import anyascii
from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.text import slugify

from accounts.kept_forms import fill, fill_forms
from accounts.saved_once import save_once
from records.curation.nouns.choices import ALIAS, offered
from records.curation.nouns.curated_admin import MAX_SEARCH, CuratedAdmin, SeenForm, touched
from records.curation.proposals.deciding import (
    VOCABULARIES,
    propose_entry,
    propose_merge,
    refusal,
    refuse_merge,
)
from records.curation.proposals.effects import effect_of
from records.curation.proposals.models import Proposal
from records.curation.proposals.pages import may_propose
from records.curation.workflow.form_changes import changed_values
from records.curation.workflow.steps import READERS_SEE_IT, sentences
from records.models import DATED, RevisionCounter, VocabularyEntry, fold
from records.publishing import (
    VocabularyEdit,
    edit_vocabulary,
    published_users,
    republish_users,
    vocabulary_content,
)
from records.publishing.vocabulary_edits import without_unused
from records.query.spoken import ABBREVIATION

PROPOSED = (
    "It is proposed: drafts may name it now. Readers see it when somebody else has accepted it."
)
SHOWN = 100
"""Maximum number of records that the page of republishing lists."""

SIGNS = re.compile("[-\u2010-\u2015'\u2018\u2019`\u00b4\"\u201c\u201d\u00ab\u00bb&]")
"""Signs that people write differently in a name."""
LONG = 4
"""Words of more letters may lack an apostrophe."""


class ReasonField(forms.CharField):
    """The reason of an edit; a reason alone changes nothing."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False


class VocabularyForm(SeenForm):
    COUNTER = "version"

    reason = ReasonField(
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField"}),
        help_text=f"Why it is changed or added. {READERS_SEE_IT}",
        error_messages={"required": "Say why: readers see the reason beside the change."},
    )

    def clean_code(self) -> str:
        """Refuse a code that is proposed, which readers do not know and Django does not see."""
        code: str = self.cleaned_data["code"]
        if problem := refusal(type(self.instance), code):
            raise ValidationError(problem)
        return code


class RepublishForm(forms.Form):
    reason = forms.CharField(
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"}),
        help_text=f"Why they are published again. {READERS_SEE_IT}",
        error_messages={"required": "Write a reason."},
    )


def merge_form(admin_site: Any, entry: VocabularyEntry, data: Any = None) -> forms.Form:
    """Return the form that asks which code stays, and why."""
    column: Any = entry._meta.get_field("replaced_by")
    others = type(entry)._default_manager.filter(replaced_by=None).exclude(pk=entry.pk)
    fields = {
        "into": forms.ModelChoiceField(
            others,
            label="The same as",
            help_text="The code that stays, for both. Search by name, alias or code.",
            widget=AutocompleteSelect(column, admin_site),
            error_messages={
                "required": "Choose the code that stays.",
                "invalid_choice": "Choose another code, which is not itself replaced.",
            },
        ),
        "reason": forms.CharField(
            max_length=2000,
            widget=forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"}),
            help_text=f"How you know that they are one. {READERS_SEE_IT}",
            error_messages={"required": "Say how you know that they are one."},
        ),
    }
    made: type[forms.Form] = type("MergeForm", (forms.Form,), fields)
    return made(data)


class VocabularyAdmin(CuratedAdmin):
    """A vocabulary. Its codes never change and its entries are never deleted."""

    form = VocabularyForm
    change_form_template = "admin/records/term_change_form.html"
    search_fields = ["code", "name"]
    search_help_text = "Words of a name or an alias; or a code."
    readonly_fields = ["version"]
    autocomplete_fields = ["replaced_by"]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        """Those that are only proposed, too; none that was declined, which drafts may name
        still."""
        additions = Proposal.objects.additions(self.model.KIND)
        rows = self.model.with_proposed.filter(
            Q(version__gt=0) | Q(code__in=additions.values("code"))
        )
        return rows.order_by(*self.get_ordering(request))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """People who enter records may propose what they lack."""
        return may_propose(request.user, self.model.KIND)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What is proposed is accepted or declined as it is."""
        proposed = obj is not None and obj.is_proposed
        return super().has_change_permission(request, obj) and not proposed

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), *(["code"] if obj else [])]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """A new entry replaces nothing and is not replaced."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is not None:
            return fieldsets
        *others, (title, options) = fieldsets
        return [*others, (title, {**options, "fields": ["reason"]})]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        return {} if obj else {"code": ["name"]}

    def matching(self, word: str) -> Q:
        """Names are written with other apostrophes, hyphens and quotation marks, or without, and
        with “&” for “and”; abbreviations with points, or without."""
        parts = Q(*(Q(words_key__contains=part) for part in SIGNS.split(word) if part))
        if not parts:
            return parts
        others = {ABBREVIATION.sub("", word.lower())} | ({"&"} if fold(word) == "and" else set())
        if word.isalpha() and len(word) > LONG:
            # Where an apostrophe may be left out: d'Ivoire, O'Brien, people's.
            others |= {f"{word[:at]}{sign}{word[at:]}" for at in (1, -1) for sign in "'’"}
        return Q(*(Q(words_key__contains=fold(other)) for other in others), _connector=Q.OR) | (
            Q(code__icontains=word) | parts
        )

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet, search_term: str
    ) -> tuple[models.QuerySet, bool]:
        """Return the rows in which every word occurs: in the list all, in the search boxes of
        forms those that are not replaced, in the order in which they are offered."""

        def found(rows: models.QuerySet) -> models.QuerySet:
            return super(VocabularyAdmin, self).get_search_results(request, rows, search_term)[0]

        if request.path == reverse(f"{self.admin_site.name}:autocomplete"):
            queryset = queryset.filter(self.to_offer(request))
            return offered(queryset, found, search_term[:MAX_SEARCH]), False
        return found(queryset), False

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """What was looked for in a search box is the name, and makes the code."""
        found: dict[str, Any] = super().get_changeform_initial_data(request)
        return {"code": slugify(anyascii(found.get("name", "")))[:60].strip("-")} | found

    def to_offer(self, request: HttpRequest) -> Q:
        """Return the condition of what a search box offers: drafts may name what is proposed,
        other entries may not."""
        of_entry = request.GET.get("model_name") in VOCABULARIES
        return Q(version__gt=0) if of_entry else Q()

    def about_choice(self, entry: Any) -> dict[str, Any]:
        """Return what a search box receives beside key and label: whether a code, name or alias
        is what was typed."""
        return {"exact": entry.fit <= ALIAS}

    # Saving

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Lock the row that every revision takes first, so that what the form is compared with
        does not change until the save is done."""
        fill(request)
        if request.method != "POST":
            return super().changeform_view(request, object_id, form_url, extra_context)
        with transaction.atomic():
            RevisionCounter.objects.select_for_update().first()
            return super().changeform_view(request, object_id, form_url, extra_context)

    def save_model(
        self, request: HttpRequest, obj: Any, form: forms.ModelForm, change: bool
    ) -> None:
        """Nothing: `edit_vocabulary` writes the entry, with its rows."""

    def save_related(
        self, request: HttpRequest, form: forms.ModelForm, formsets: Any, change: bool
    ) -> None:
        entry = form.instance
        if change and not touched(form, formsets):
            entry.untouched = True
            return
        reason = form.cleaned_data["reason"]
        content = self.content(entry, formsets)
        if not change:
            propose_entry(type(entry), entry.code, content, by=request.user, reason=reason)
            entry.refresh_from_db()
            self.message_user(request, PROPOSED, messages.SUCCESS)
            return
        if "replaced_by" in form.changed_data and entry.replaced_by_id:
            self.propose_merge(request, form, reason)
            content["replaced_by"] = form.initial["replaced_by"]
            if form.changed_data == ["replaced_by"] and not any(
                formset.has_changed() for formset in formsets
            ):
                return
        revision = edit_vocabulary(
            [VocabularyEdit(type(entry), entry.code, without_unused(content), reason)],
            message=reason,
            by=request.user,
        )
        entry.refresh_from_db()
        self.message_user(
            request,
            format_html(
                "Revision {} holds it. Published records say what they said: "
                '<a href="{}">republish what uses this</a>, if they are to follow.',
                revision.number,
                self.republish_url(entry),
            ),
            messages.SUCCESS,
        )

    def propose_merge(self, request: HttpRequest, form: forms.ModelForm, reason: str) -> None:
        """Propose the merge that a form asks for; a second person accepts it."""
        entry = form.instance
        into = entry.replaced_by_id
        try:
            proposal = propose_merge(entry, into, by=request.user, reason=reason)
        except ValidationError as error:
            for sentence in error.messages:
                self.message_user(request, sentence, messages.ERROR)
        else:
            self.log_change(request, proposal, f"Proposed to merge {entry.code} into {into}.")
            self.message_user(
                request,
                f"It is proposed that {into} replaces {entry.code}, in all records: somebody else "
                f"accepts it.",
                messages.SUCCESS,
            )
        entry.refresh_from_db()

    def content(self, entry: VocabularyEntry, formsets: Any) -> dict[str, Any]:
        """Return all that the form says of the entry."""
        return vocabulary_content(entry)

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        """Return the reason and the values for the admin's history; the change feed has the
        content."""
        if getattr(form.instance, "untouched", False):
            return ""
        values = [] if add else changed_values(form, formsets)
        return [{"reason": form.cleaned_data["reason"]}, {"values": values}]

    # Republishing

    def user_may_republish(self, request: HttpRequest) -> bool:
        """Whether the user may: new versions are published without a second person, so they must
        have the permission to publish every kind."""
        return self.user_may(request, "change") and all(
            request.user.has_perm(f"{self.opts.app_label}.publish_{kind}") for kind in DATED
        )

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        entry = kwargs.get("obj")
        if entry is not None:
            context["users"] = sum(records.count() for records in published_users(entry))
            context["may_merge"] = self.user_may_merge(request, entry)
            context["may_republish"] = context["users"] and self.user_may_republish(request)
        return super().render_change_form(request, context, *args, **kwargs)

    def republish_url(self, entry: VocabularyEntry) -> str:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_republish"
        return reverse(name, args=[entry.pk])

    def get_urls(self) -> list[URLPattern]:
        republish = path(
            "<path:object_id>/republish/",
            self.admin_site.admin_view(self.republish_view),
            name=f"{self.opts.app_label}_{self.opts.model_name}_republish",
        )
        merge = path(
            "<path:object_id>/merge/",
            self.admin_site.admin_view(self.merge_view),
            name=f"{self.opts.app_label}_{self.opts.model_name}_merge",
        )
        return [republish, merge, *super().get_urls()]

    # Merging

    def user_may_merge(self, request: HttpRequest, entry: VocabularyEntry) -> bool:
        """Whether the user may propose that another code replaces this one."""
        whole = not entry.is_proposed and entry.replaced_by_id is None
        return whole and may_propose(request.user, entry.KIND)

    def merge_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Propose that this code is the same as another, after the page showed what changes."""
        methods = ["GET", "HEAD", "POST"]
        if request.method not in methods:
            return HttpResponseNotAllowed(methods)
        if not may_propose(request.user, self.model.KIND):
            raise PermissionDenied
        entry = self.get_object(request, unquote(object_id))
        if entry is None or not self.user_may_merge(request, entry):
            return self.not_merged(request, entry)
        form = merge_form(self.admin_site, entry, request.POST or None)
        fill_forms(request, form)
        effect = None
        if form.is_valid():
            into, reason = form.cleaned_data["into"], form.cleaned_data["reason"]
            try:
                if "propose" in request.POST:
                    proposal = propose_merge(entry, into.pk, by=request.user, reason=reason)
                    self.log_change(
                        request, proposal, f"Proposed to merge {entry.code} into {into.code}."
                    )
                    self.message_user(
                        request,
                        f"It is proposed that {into.code} replaces {entry.code}, in all records: "
                        f"somebody else accepts it.",
                        messages.SUCCESS,
                    )
                    page = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
                    return HttpResponseRedirect(reverse(page, args=[entry.pk]))
                refuse_merge(entry, into.pk)
                effect = effect_of(entry, into)
            except ValidationError as error:
                form.add_error("into", error.messages)
        context = {
            **self.admin_site.each_context(request),
            "title": "Same as another",
            "opts": self.opts,
            "media": self.media + form.media,
            "entry": entry,
            "form": form,
            "effect": effect,
            "into": effect and form.cleaned_data["into"],
        }
        return TemplateResponse(request, "admin/records/propose_merge.html", context)

    def not_merged(self, request: HttpRequest, entry: VocabularyEntry | None) -> HttpResponse:
        """Return to the page of a code that cannot go, with the reason."""
        if entry is None:
            return self.no_such_code(request)
        said = f"{entry.code} is only proposed: accept or decline it."
        if entry.replaced_by_id is not None:
            said = f"{entry.code} is replaced by {entry.replaced_by_id} already."
        self.message_user(request, said, messages.WARNING)
        page = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
        return HttpResponseRedirect(reverse(page, args=[entry.pk]))

    def no_such_code(self, request: HttpRequest) -> HttpResponse:
        self.message_user(request, "There is no such code.", messages.WARNING)
        changelist = f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"
        return HttpResponseRedirect(reverse(changelist))

    def republish_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Publish new versions of every published record that uses the entry, as one revision."""
        if not self.user_may_republish(request):
            raise PermissionDenied
        methods = ["GET", "HEAD", "POST"]
        if request.method not in methods:
            return HttpResponseNotAllowed(methods)
        entry = self.get_object(request, unquote(object_id))
        if entry is None:
            return self.no_such_code(request)
        view = partial(self.republish_page, request, entry)
        if request.method != "POST":
            return view()
        return save_once(request, view, again=partial(self.republished, request, entry))

    def republished(
        self, request: Any, entry: VocabularyEntry, key: str, *, is_same: bool
    ) -> HttpResponse:
        """Return from a page that made the revision of that number, once."""
        said = f"Republished in revision {key}."
        if not is_same:
            said += " To republish once more, open the page again."
        self.message_user(request, said, messages.SUCCESS)
        page = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
        return HttpResponseRedirect(reverse(page, args=[entry.pk]))

    def republish_page(self, request: Any, entry: VocabularyEntry) -> HttpResponse:
        form = RepublishForm(request.POST if request.method == "POST" else None)
        fill_forms(request, form)
        problems: list[str] = []
        if form.is_valid():
            reason = form.cleaned_data["reason"]
            try:
                with transaction.atomic():
                    revision = republish_users(entry, by=request.user, reason=reason)
                    self.log_change(request, entry, f"Republish what uses this: {reason}")
            except ValidationError as error:
                problems = sentences(error)
            else:
                request.made = revision.number
                return self.republished(request, entry, str(revision.number), is_same=True)
        users = published_users(entry)
        count = sum(records.count() for records in users)
        shown = [record for records in users for record in records[:SHOWN]][:SHOWN]
        context = {
            **self.admin_site.each_context(request),
            "title": "Republish what uses this",
            "opts": self.opts,
            "media": self.media,
            "entry": entry,
            "form": form,
            "problems": problems,
            "count": count,
            "records": [
                (record, reverse(f"admin:records_{record.KIND}_change", args=[record.pk]))
                for record in shown
            ],
            "more": count - len(shown),
        }
        return TemplateResponse(request, "admin/records/republish.html", context)
