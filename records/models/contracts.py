"""Contracts: who bought what from whom, and their stages."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from aidapi.fields import CodeField
from records.models.base import Precision, RecordLink, RecordParty, role_of
from records.models.figures import Figure, FigureItem, Measure
from records.models.milestones import Milestone, StagedRecord, reachable, reached_by, stage_field


class Contract(StagedRecord):
    """A purchase of goods or services, from talks to delivery or cancellation."""

    KIND = "contract"
    PREFIX = "con"
    ROLES = {
        "buyer": "buyers",
        "supplier": "suppliers",
        "intermediary": "intermediaries",
    }
    MAIN_ROLES = ("buyer", "supplier")
    CODED = ("stage", "method")

    class Stage(models.TextChoices):
        IN_TALKS = "in_talks", "in talks"
        SIGNED = "signed", "signed"
        DISPATCHED = "dispatched", "dispatched"
        DELIVERED = "delivered", "delivered"
        RETURNED = "returned", "returned"
        SUSPENDED = "suspended", "suspended"
        CANCELLED = "cancelled", "cancelled"
        TERMINATED = "terminated", "terminated"
        UNKNOWN = "unknown", "unknown"

    class Method(models.TextChoices):
        """Procurement methods of the Open Contracting Data Standard 1.1."""

        OPEN = "open", "open: all interested suppliers may bid"
        SELECTIVE = "selective", "selective: qualified suppliers are invited"
        LIMITED = "limited", "limited: chosen suppliers are approached"
        DIRECT = "direct", "direct: awarded to one supplier"

    stage = models.CharField(
        max_length=10,
        choices=Stage,
        help_text="How far the purchase came: the furthest stage that all of it reached, by its "
        "milestones if it has any.",
    )
    method = models.CharField(
        max_length=9,
        blank=True,
        choices=Method,
        help_text="Procurement method (OCDS 1.1); null if unknown.",
    )
    signed_on = models.DateField(null=True, blank=True, help_text="Day of signature.")
    signed_on_precision = models.CharField(
        max_length=5,
        choices=Precision,
        default=Precision.DAY,
        help_text="Precision of `signed_on`: day, month or year; null where there is no date.",
    )
    ocid = CodeField(
        max_length=100,
        blank=True,
        help_text="Open Contracting id of the process, if one is published.",
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
        ]

    def problems(self) -> list[ValidationError]:
        problems = super().problems()
        counted = any(figure.measure == Measure.PARTIES for figure in self.rows_of("figures"))
        parties = self.parties_by_role
        if not (parties["buyer"] or parties["supplier"] or counted):
            problems.append(
                ValidationError(
                    {"buyers": "Name a buyer or a supplier, or count the parties in a figure."}
                )
            )
        if self.stage == self.Stage.CANCELLED and not self.note.strip():
            problems.append(ValidationError({"note": "Say why the contract was cancelled."}))
        return problems


class ContractParty(RecordParty):
    record = models.ForeignKey(
        Contract,
        models.CASCADE,
        related_name="parties",
        db_index=False,
        help_text="The contract's version.",
    )

    class Meta(RecordParty.Meta):
        constraints = [*RecordParty.Meta.constraints, role_of(Contract)]
        verbose_name_plural = "contract parties"


class ContractFigure(Figure):
    record = models.ForeignKey(
        Contract,
        models.CASCADE,
        related_name="figures",
        help_text="The contract's version.",
    )


class ContractMilestone(Milestone):
    record = models.ForeignKey(
        Contract,
        models.CASCADE,
        related_name="milestones",
        db_index=False,
        help_text="The contract's version.",
    )
    STAGES = reachable(Contract.Stage)
    stage = stage_field(STAGES)

    class Meta(Milestone.Meta):
        constraints = [*Milestone.Meta.constraints, reached_by(Contract)]


class ContractFigureItem(FigureItem):
    record = models.ForeignKey(
        Contract,
        models.CASCADE,
        related_name="figure_items",
        db_index=False,
        help_text="The contract's version.",
    )
    figure = models.ForeignKey(
        ContractFigure, models.CASCADE, related_name="items", help_text="The figure."
    )


class ContractLink(RecordLink):
    record = models.ForeignKey(
        Contract,
        models.CASCADE,
        related_name="links",
        help_text="The contract's version.",
    )
