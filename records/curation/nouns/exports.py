"""Exports in the admin."""

from django.contrib import admin

from records.curation.nouns.inlines import FigureInline, LinkInline, PartyInline
from records.curation.nouns.record_admin import DatedRecordAdmin, SeriesFilter
from records.models import Export, ExportFigure, ExportLink, ExportParty


class ExportPartyInline(PartyInline):
    model = ExportParty


class ExportFigureInline(FigureInline):
    model = ExportFigure


class ExportLinkInline(LinkInline):
    model = ExportLink


@admin.register(Export)
class ExportAdmin(DatedRecordAdmin):
    list_display = [
        "shown_id",
        "version",
        "shown_state",
        "title",
        "shown_parties",
        "shown_as_of",
        "trade",
        "series",
        "shown_revision",
    ]
    ALIKE = ["reported_by", "trade", "series", "note", "reason"]
    list_filter = ["state", "trade", "reported_by", "joint", ("series", SeriesFilter)]
    inlines = [ExportPartyInline, ExportFigureInline, ExportLinkInline]
    fieldsets = [
        ("Identification", {"fields": ["title"]}),
        ("What", {"fields": ["trade", "note", "missing"]}),
        DatedRecordAdmin.WHEN,
        ("Provenance", {"fields": ["reported_by"]}),
    ]
