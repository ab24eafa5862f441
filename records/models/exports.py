"""Exports: goods that crossed borders, sold or given, as customs and officials report them."""

from django.db import models

from records.models.base import (
    DatedRecord,
    RecordLink,
    RecordParty,
    role_of,
)
from records.models.figures import Figure, FigureItem


class Export(DatedRecord):
    """Goods that crossed a border, as trade statistics or officials report them."""

    KIND = "export"
    PREFIX = "exp"
    ROLES = {"exporter": "exporters", "destination": "destinations"}
    MAIN_ROLES = ("exporter", "destination")
    CODED = ("reported_by", "trade")

    class ReportedBy(models.TextChoices):
        EXPORTER = "exporter", "the exporting side"
        DESTINATION = "destination", "the receiving side"
        BOTH = "both", "both sides"
        THIRD_PARTY = "third_party", "a third party, such as the press"
        OFFICIAL_RECORD = (
            "official_record",
            "an official record, such as customs statistics",
        )

    class Trade(models.TextChoices):
        COMMERCIAL = "commercial", "sales only"
        INCLUDES_DONATIONS = "includes_donations", "sales and donations together"
        UNCLEAR = "unclear", "unclear"

    reported_by = models.CharField(
        max_length=15,
        choices=ReportedBy,
        help_text="Which side reports it.",
    )
    trade = models.CharField(
        max_length=18,
        choices=Trade,
        default=Trade.UNCLEAR,
        help_text="Whether the figures count only sales.",
    )

    class Meta(DatedRecord.Meta):
        pass


class ExportParty(RecordParty):
    record = models.ForeignKey(
        Export,
        models.CASCADE,
        related_name="parties",
        db_index=False,
        help_text="The export's version.",
    )

    class Meta(RecordParty.Meta):
        constraints = [*RecordParty.Meta.constraints, role_of(Export)]
        verbose_name_plural = "export parties"


class ExportFigure(Figure):
    record = models.ForeignKey(
        Export,
        models.CASCADE,
        related_name="figures",
        help_text="The export's version.",
    )


class ExportFigureItem(FigureItem):
    record = models.ForeignKey(
        Export,
        models.CASCADE,
        related_name="figure_items",
        db_index=False,
        help_text="The export's version.",
    )
    figure = models.ForeignKey(
        ExportFigure, models.CASCADE, related_name="items", help_text="The figure."
    )


class ExportLink(RecordLink):
    record = models.ForeignKey(
        Export, models.CASCADE, related_name="links", help_text="The export's version."
    )
