"""Donations in the admin."""

from django.contrib import admin

from records.curation.nouns.curated_admin import short
from records.curation.nouns.inlines import (
    FigureInline,
    LinkInline,
    MilestoneInline,
    PartyInline,
)
from records.curation.nouns.record_admin import SeriesFilter, StagedRecordAdmin
from records.models import (
    Donation,
    DonationFigure,
    DonationLink,
    DonationMilestone,
    DonationParty,
)


class DonationPartyInline(PartyInline):
    model = DonationParty


class DonationFigureInline(FigureInline):
    model = DonationFigure


class DonationMilestoneInline(MilestoneInline):
    model = DonationMilestone


class DonationLinkInline(LinkInline):
    model = DonationLink


@admin.register(Donation)
class DonationAdmin(StagedRecordAdmin):
    short_stage = short("stage")

    list_display = [
        "shown_id",
        "version",
        "shown_state",
        "title",
        "shown_parties",
        "shown_as_of",
        "form",
        "short_stage",
        "series",
        "shown_revision",
    ]
    ALIKE = ["form", "stage", "stated_by", "series", "note", "reason"]
    list_filter = ["state", "form", "stage", "stated_by", "joint", ("series", SeriesFilter)]
    inlines = [
        DonationPartyInline,
        DonationFigureInline,
        DonationMilestoneInline,
        DonationLinkInline,
    ]
    fieldsets = [
        ("Identification", {"fields": ["title"]}),
        ("What", {"fields": [("form", "stage"), "note", "missing"]}),
        StagedRecordAdmin.WHEN,
        ("Provenance", {"fields": ["stated_by"]}),
    ]
