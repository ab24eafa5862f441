"""Statements in the admin, and the search by which figures find them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path

from aidapi.dates import in_words
from records.curation.nouns.curated_admin import VerbatimField
from records.curation.nouns.dates import PublicationFilter
from records.curation.nouns.inlines import LinkInline, statement_label
from records.curation.nouns.record_admin import RecordAdmin
from records.curation.source_check.pages import SourceFilter, copy_view, panel
from records.curation.statement_reader.pages import (
    drawn_from,
    drawn_view,
    figures_view,
    offers,
    suggestion_view,
    texts_view,
)
from records.models import CURRENT, Statement, StatementLink, fold


class StatementLinkInline(LinkInline):
    model = StatementLink


class OnFileFilter(admin.SimpleListFilter):
    title = "text"
    parameter_name = "text"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "on file"), ("no", "not on file")]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        if self.value() == "yes":
            return queryset.exclude(text_sha256="")
        if self.value() == "no":
            return queryset.filter(text_sha256="")
        return queryset


class StatementChoices(AutocompleteJsonView):
    """The statements that a figure may rest on: published or being worked on, each in its
    latest version."""

    def process_request(self, request: HttpRequest) -> Any:
        found = super().process_request(request)
        if found[2].remote_field.model is not Statement:
            raise PermissionDenied
        return found

    def get_queryset(self) -> models.QuerySet:
        citable = Statement.objects.filter(state__in=CURRENT)
        newer = citable.filter(public_id=OuterRef("public_id"), version__gt=OuterRef("version"))
        return (
            super()
            .get_queryset()
            .filter(~Exists(newer), state__in=CURRENT)
            .order_by("-published_on_key", "-pk")
        )

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, Any]:
        names = [obj.public_id, obj.title_key, obj.url]
        return {
            "id": str(getattr(obj, to_field_name)),
            "text": statement_label(obj),
            "exact": fold(self.term) in map(fold, names),
        }


@admin.register(Statement)
class StatementAdmin(RecordAdmin):
    change_form_template = "admin/records/statement_change_form.html"
    list_display = [
        "shown_id",
        "version",
        "shown_state",
        "title",
        "publisher",
        "speaker",
        "shown_publication",
        "shown_revision",
    ]
    ALIKE = [
        *("publisher", "speaker", "speaker_role", "organisation", "event", "language"),
        *("topics", "note", "reason"),
    ]
    list_filter = ["state", OnFileFilter, SourceFilter, "published_on_precision", "language"]
    date_filter = PublicationFilter
    ordering = ["-published_on_key", "-pk"]
    search_fields = ["public_id", "title"]
    search_help_text = "Words of the title, publisher, speaker, organisation or event; or an id."
    inlines = [StatementLinkInline]
    fieldsets = [
        ("Identification", {"fields": ["title"]}),
        (
            "Who",
            {"fields": ["publisher", ("speaker", "speaker_role"), ("organisation", "event")]},
        ),
        (
            "When",
            {
                "fields": [
                    ("published_on", "published_on_precision"),
                    ("said_on", "said_on_precision"),
                    "date_reason",
                ]
            },
        ),
        ("What", {"fields": ["summary", "topics", "note", "text"]}),
        ("Provenance", {"fields": ["url", "archived_url", ("language", "accessed_on")]}),
    ]

    @admin.display(description="Published on", ordering="published_on_key")
    def shown_publication(self, record: Statement) -> str:
        return in_words(record.published_on_key)

    def formfield_for_dbfield(
        self, db_field: models.Field, request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        if db_field.name == "text":
            kwargs["form_class"] = VerbatimField
            kwargs["widget"] = forms.Textarea(attrs={"rows": 16, "class": "vLargeTextField"})
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def matching(self, word: str) -> Q:
        names = ["title", "publisher", "speaker", "organisation", "event"]
        found = Q(public_id__contains=word)
        for name in names:
            found |= Q(**{f"{name}_key__contains": word})
        return found

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        """Lists and searches leave the full texts where they are."""
        rows = super().get_queryset(request)
        match = request.resolver_match
        one = match is not None and match.url_name == "records_statement_change"
        return rows if one else rows.defer("text")

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("autocomplete/", wrap(self.choices_view), name="records_statement_autocomplete"),
            path("texts/", wrap(self.texts_view), name="records_statement_texts"),
            path("figures/", wrap(self.figures_view), name="records_statement_figures"),
            path("suggestion/", wrap(self.suggestion_view), name="records_statement_suggestion"),
            path(
                "<int:pk>/drawn/<slug:kind>/",
                wrap(self.drawn_view),
                name="records_statement_drawn",
            ),
            path("<int:pk>/copy/", wrap(self.copy_view), name="records_statement_copy"),
        ]
        return [*own, *super().get_urls()]

    def choices_view(self, request: HttpRequest) -> HttpResponseBase:
        return StatementChoices.as_view(admin_site=self.admin_site)(request)

    # The reader's: see there.

    def texts_view(self, request: HttpRequest) -> HttpResponse:
        return texts_view(self, request)

    def figures_view(self, request: HttpRequest) -> HttpResponse:
        return figures_view(self, request)

    def suggestion_view(self, request: HttpRequest) -> HttpResponse:
        return suggestion_view(self, request)

    def drawn_view(self, request: HttpRequest, pk: int, kind: str) -> HttpResponse:
        return drawn_view(self, request, pk, kind)

    def copy_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return copy_view(self, request, pk)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        statement = kwargs.get("obj")
        if statement is not None:
            context["offers"] = offers(self.admin_site, request, statement)
            context["drawn"] = drawn_from(self.admin_site, request, statement)
            context["sources"] = panel(statement)
            context["may_take_copy"] = self.user_may(request, "change")
        return super().render_change_form(request, context, *args, **kwargs)
