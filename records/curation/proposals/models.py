"""Proposed changes of the vocabulary, and what a second person decided about them."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from aidapi.fields import CodeField
from records.curation.queues.models import QueueEntry, QueueQuerySet


class ProposedAct(models.TextChoices):
    ADD = "add", "a new party or item"
    MERGE = "merge", "one party or item under two codes"


class ProposalStatus(models.TextChoices):
    OPEN = "open", "to be looked at"
    ACCEPTED = "accepted", "accepted"
    DECLINED = "declined", "declined"


class ProposalQuerySet(QueueQuerySet):
    """Selections of proposals."""

    def additions(self, kind: str) -> "ProposalQuerySet":
        """Return those of parties or items that wait for a decision."""
        return self.open().filter(kind=kind, act=ProposedAct.ADD)


class Proposal(QueueEntry):
    """A proposed party or item, or two that are to become one. A second person accepts it, which
    is a revision, or declines it."""

    act = models.CharField(max_length=5, choices=ProposedAct, help_text="What is proposed.")
    kind = CodeField(max_length=10, help_text="Party or item.")
    code = CodeField(
        max_length=60, help_text="Code of the new party or item, or the one that is to go."
    )
    into = CodeField(
        max_length=60, blank=True, help_text="Code that stays, if two are to become one."
    )
    reason = models.TextField(help_text="Why it is proposed. Readers see it beside the change.")
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", help_text="Who proposed it."
    )
    proposed_at = models.DateTimeField(default=timezone.now, help_text="When, in UTC.")
    status = models.CharField(
        max_length=8,
        choices=ProposalStatus,
        default=ProposalStatus.OPEN,
        help_text="Whether somebody is to look at it, or what was decided.",
    )
    why = models.TextField(blank=True, help_text="Why it was declined, for curators.")

    objects = ProposalQuerySet.as_manager()

    class Meta:
        verbose_name = "proposed name"
        # Who may propose and who may decide follows from other permissions.
        default_permissions = ()
        ordering = ["proposed_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "code"],
                condition=Q(status=ProposalStatus.OPEN),
                name="proposal_once",
                violation_error_message="It is proposed already.",
            ),
            models.CheckConstraint(
                name="proposal_four_eyes",
                condition=~Q(status=ProposalStatus.ACCEPTED) | ~Q(decided_by=F("proposed_by")),
                violation_error_message="Somebody else must accept what you proposed.",
            ),
            models.CheckConstraint(
                name="proposal_decided",
                condition=Q(status=ProposalStatus.OPEN)
                | Q(decided_by__isnull=False, decided_at__isnull=False),
                violation_error_message="A decision has somebody who made it.",
            ),
            models.CheckConstraint(
                name="proposal_has_reason",
                condition=~Q(reason=""),
                violation_error_message="Say why it is proposed.",
            ),
            models.CheckConstraint(
                name="proposal_into",
                condition=Q(act=ProposedAct.ADD, into="")
                | Q(~Q(into=""), ~Q(into=F("code")), act=ProposedAct.MERGE),
                violation_error_message="Name the code that stays, and another one that goes.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} → {self.into}" if self.into else self.code
