"""Donations: who gave what to whom, as goods, cash, personnel, services or loans."""

from django.db import models
from django.db.models import Q

from records.models.base import RecordLink, RecordParty, role_of
from records.models.figures import Figure, FigureItem
from records.models.milestones import Milestone, StagedRecord, reachable, reached_by, stage_field


class Donation(StagedRecord):
    """A gift, grant, loan or secondment: given, not sold."""

    KIND = "donation"
    PREFIX = "don"
    ROLES = {
        "donor": "donors",
        "recipient": "recipients",
        "intermediary": "intermediaries",
    }
    MAIN_ROLES = ("donor", "recipient")
    CODED = ("form", "stage", "stated_by")

    class Form(models.TextChoices):
        CASH = "cash", "cash"
        GOODS = "goods", "goods"
        SERVICES = "services", "services"
        PERSONNEL = "personnel", "personnel"
        LOAN = "loan", "loan"
        MIXED = "mixed", "mixed"

    class Stage(models.TextChoices):
        ANNOUNCED = "announced", "announced: will, decided, pledged"
        COMMITTED = "committed", "committed: the giver says provided or donated"
        DISPATCHED = "dispatched", "dispatched: left, in transit"
        DELIVERED = "delivered", "delivered: arrived, handed over"
        PAID = "paid", "paid: cash that reached the recipient"
        CANCELLED = "cancelled", "cancelled"
        UNKNOWN = "unknown", "unknown"

    class StatedBy(models.TextChoices):
        DONOR = "donor", "the donor"
        RECIPIENT = "recipient", "the recipient"
        BOTH = "both", "donor and recipient"
        THIRD_PARTY = "third_party", "a third party, such as the press"
        OFFICIAL_RECORD = "official_record", "an official record"

    form = models.CharField(max_length=9, choices=Form, help_text="What was given.")
    stage = models.CharField(
        max_length=10,
        choices=Stage,
        help_text="How far it came: the furthest stage that all of it reached, by its milestones "
        "if it has any.",
    )
    stated_by = models.CharField(
        max_length=15, choices=StatedBy, help_text="Which side reports it."
    )

    class Meta(StagedRecord.Meta):
        indexes = [
            *StagedRecord.Meta.indexes,
            # ?stage=, latest first.
            models.Index(
                fields=["stage", "-as_of_key", "-public_id", "published_in", "retired_in"],
                condition=Q(published_in__isnull=False),
                name="%(class)s_by_stage",
            ),
            # ?form=, latest first.
            models.Index(
                fields=["form", "-as_of_key", "-public_id", "published_in", "retired_in"],
                condition=Q(published_in__isnull=False),
                name="%(class)s_by_form",
            ),
        ]


class DonationParty(RecordParty):
    record = models.ForeignKey(
        Donation,
        models.CASCADE,
        related_name="parties",
        db_index=False,
        help_text="The donation's version.",
    )

    class Meta(RecordParty.Meta):
        constraints = [*RecordParty.Meta.constraints, role_of(Donation)]
        verbose_name_plural = "donation parties"


class DonationFigure(Figure):
    record = models.ForeignKey(
        Donation,
        models.CASCADE,
        related_name="figures",
        help_text="The donation's version.",
    )


class DonationMilestone(Milestone):
    record = models.ForeignKey(
        Donation,
        models.CASCADE,
        related_name="milestones",
        db_index=False,
        help_text="The donation's version.",
    )
    STAGES = reachable(Donation.Stage)
    stage = stage_field(STAGES)

    class Meta(Milestone.Meta):
        constraints = [*Milestone.Meta.constraints, reached_by(Donation)]


class DonationFigureItem(FigureItem):
    record = models.ForeignKey(
        Donation,
        models.CASCADE,
        related_name="figure_items",
        db_index=False,
        help_text="The donation's version.",
    )
    figure = models.ForeignKey(
        DonationFigure, models.CASCADE, related_name="items", help_text="The figure."
    )


class DonationLink(RecordLink):
    record = models.ForeignKey(
        Donation,
        models.CASCADE,
        related_name="links",
        help_text="The donation's version.",
    )
