"""Items in the admin, with their HS codes."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from records.curation.nouns.inlines import OfRecord
from records.curation.nouns.vocabularies import VocabularyAdmin
from records.models import HSCode, Item, VocabularyEntry


class HSCodeInline(OfRecord, admin.TabularInline):
    """Under which codes customs count the item."""

    model = HSCode
    fields = ["code", "edition", "assigned_by", "confidence"]


@admin.register(Item)
class ItemAdmin(VocabularyAdmin):
    list_display = [
        *("code", "name", "parent", "default_unit", "shown_codes", "replaced_by", "version")
    ]
    list_filter = ["default_unit", "hs_codes__edition"]
    list_select_related = ["parent", "replaced_by"]
    ordering = ["name_key", "code"]
    autocomplete_fields = ["parent", "replaced_by"]
    inlines = [HSCodeInline]
    fieldsets = [
        ("Identification", {"fields": [("code", "version"), "name", "aliases"]}),
        ("What", {"fields": ["parent", "default_unit", "description"]}),
        ("Lifecycle", {"fields": ["replaced_by", "reason"]}),
    ]

    @admin.display(description="HS codes")
    def shown_codes(self, item: Item) -> str:
        return ", ".join(str(code) for code in item.hs_codes.all())

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        return super().get_queryset(request).prefetch_related("hs_codes")

    def content(self, entry: VocabularyEntry, formsets: Any) -> dict[str, Any]:
        (codes,) = formsets
        kept = [
            form.cleaned_data
            for form in codes.forms
            if form.cleaned_data and form not in codes.deleted_forms
        ]
        rows = [{name: row[name] for name in HSCodeInline.fields} for row in kept]
        return super().content(entry, formsets) | {"hs_codes": rows}
