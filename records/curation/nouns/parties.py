"""Parties in the admin."""

from django.contrib import admin

from records.curation.nouns.vocabularies import VocabularyAdmin
from records.models import Party


@admin.register(Party)
class PartyAdmin(VocabularyAdmin):
    list_display = ["code", "name", "type", "country", "region", "replaced_by", "version"]
    list_filter = ["type", "region", "iati_type"]
    list_select_related = ["replaced_by"]
    ordering = ["name_key", "code"]
    fieldsets = [
        ("Identification", {"fields": [("code", "version"), "name", "aliases"]}),
        ("What", {"fields": [("type", "iati_type"), ("country", "region")]}),
        ("Provenance", {"fields": [("identifier_scheme", "identifier")]}),
        ("Lifecycle", {"fields": ["replaced_by", "reason"]}),
    ]
