"""Contracts in the admin."""

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
    Contract,
    ContractFigure,
    ContractLink,
    ContractMilestone,
    ContractParty,
)


class ContractPartyInline(PartyInline):
    model = ContractParty


class ContractFigureInline(FigureInline):
    model = ContractFigure


class ContractMilestoneInline(MilestoneInline):
    model = ContractMilestone


class ContractLinkInline(LinkInline):
    model = ContractLink


@admin.register(Contract)
class ContractAdmin(StagedRecordAdmin):
    short_stage = short("stage")
    short_method = short("method")

    list_display = [
        "shown_id",
        "version",
        "shown_state",
        "title",
        "shown_parties",
        "shown_as_of",
        "short_stage",
        "short_method",
        "series",
        "shown_revision",
    ]
    ALIKE = ["stage", "method", "series", "note", "reason"]
    list_filter = ["state", "stage", "method", "joint", ("series", SeriesFilter)]
    inlines = [
        ContractPartyInline,
        ContractFigureInline,
        ContractMilestoneInline,
        ContractLinkInline,
    ]
    fieldsets = [
        ("Identification", {"fields": ["title"]}),
        ("What", {"fields": [("stage", "method"), "note", "missing"]}),
        (
            "When",
            {
                "fields": [
                    ("signed_on", "signed_on_precision"),
                    *StagedRecordAdmin.WHEN[1]["fields"],
                ]
            },
        ),
        ("Provenance", {"fields": ["ocid"]}),
    ]
