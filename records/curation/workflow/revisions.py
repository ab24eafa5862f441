"""Pages of what was published, when and by whom: read-only."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from accounts.read_only import ReadOnlyAdmin
from records.content.builder import kind_of
from records.curation.nouns.curated_admin import short
from records.models import KINDS, Change, Contributor, Revision


def page_of(kind: str, public_id: str, version: int) -> str:
    """Return the admin page of the version of a change or contributor."""
    if kind in KINDS:
        return reverse(f"admin:records_{kind}_version", args=[public_id, version])
    return reverse(f"admin:records_{kind}_change", args=[public_id])


@admin.register(Revision)
class RevisionAdmin(ReadOnlyAdmin):
    list_display = ["number", "published_at", "origin", "message", "shown_changes"]
    list_filter = ["origin"]
    date_hierarchy = "published_at"
    search_fields = ["number", "message"]
    fields = ["number", "published_at", "origin", "message", "shown_changes"]
    readonly_fields = ["shown_changes"]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        # Not by a join: the years above the list would be grouped by it.
        changes = Change.objects.filter(revision=OuterRef("pk")).order_by().values("revision")
        count = Subquery(changes.annotate(n=Count("pk")).values("n"))
        return super().get_queryset(request).annotate(change_count=Coalesce(count, 0))

    @admin.display(description="Changes")
    def shown_changes(self, revision: Any) -> str:
        url = reverse("admin:records_change_changelist")
        return format_html(
            '<a href="{}?revision__number__exact={}">{}</a>',
            url,
            revision.number,
            revision.change_count,
        )


@admin.register(Change)
class ChangeAdmin(ReadOnlyAdmin):
    short_action = short("action")

    list_display = [
        "revision_number",
        "position",
        "kind",
        "shown_record",
        "version",
        "short_action",
        "reason",
    ]
    list_display_links = ["position"]
    list_filter = ["kind", "action"]
    ordering = ["-revision_id", "position"]
    search_fields = ["public_id", "reason"]
    fields = [
        "revision",
        "position",
        "kind",
        "shown_record",
        "version",
        "action",
        "reason",
        "content",
    ]
    readonly_fields = ["shown_record"]

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        return lookup == "revision__number__exact" or super().lookup_allowed(
            lookup, value, request
        )

    @admin.display(description="Revision", ordering="revision_id")
    def revision_number(self, change: Change) -> int:
        return change.revision_id

    @admin.display(description="Id", ordering="public_id")
    def shown_record(self, change: Change) -> str:
        page = page_of(change.kind, change.public_id, change.version)
        return format_html('<a href="{}">{}</a>', page, change.public_id)


@admin.register(Contributor)
class ContributorAdmin(ReadOnlyAdmin):
    list_display = ["shown_record", "version", "user", "role", "at"]
    list_display_links = ["at"]
    list_filter = ["role"]
    list_select_related = ["user"]
    ordering = ["-at", "-pk"]
    search_fields = ["public_id", "user__username"]
    fields = ["shown_record", "version", "user", "role", "at"]
    readonly_fields = ["shown_record"]

    @admin.display(description="Id", ordering="public_id")
    def shown_record(self, contributor: Contributor) -> str:
        kind = kind_of(contributor.public_id) or ""
        page = page_of(kind, contributor.public_id, contributor.version)
        return format_html('<a href="{}">{}</a>', page, contributor.public_id)
