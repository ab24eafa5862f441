"""Pairs of records that may be of one event, and the decisions of curators about them."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from aidapi.fields import CodeField
from records.curation.queues.models import QueueEntry, QueueQuerySet


class DuplicateStatus(models.TextChoices):
    OPEN = "open", "to be looked at"
    NOT_A_DUPLICATE = "not_a_duplicate", "not a duplicate"
    SAME_EVENT = "same_event", "same event"


class DuplicatePairQuerySet(QueueQuerySet):
    """Selections of pairs."""

    def of(self, public_id: str) -> "DuplicatePairQuerySet":
        """Return the pairs of a record."""
        return self.filter(Q(first=public_id) | Q(second=public_id))


class DuplicatePair(QueueEntry):
    """Two records of a kind that may be of one event, by their public ids. What is decided
    stays, with who decided and why: the pair is not proposed again."""

    kind = CodeField(max_length=10, help_text="Kind of both records.")
    first = CodeField(max_length=12, help_text="Public id of the one, the lesser of the two.")
    second = CodeField(
        max_length=12, db_index=True, help_text="Public id of the other, the greater."
    )
    status = models.CharField(
        max_length=15,
        choices=DuplicateStatus,
        default=DuplicateStatus.OPEN,
        help_text="Whether somebody is to look at it, or what was decided.",
    )
    score = models.PositiveSmallIntegerField(help_text="How much speaks for it, from 1 to 5.")
    reasons = models.JSONField(default=list, help_text="What the two have in common, in words.")
    found_at = models.DateTimeField(default=timezone.now, help_text="When first found, in UTC.")
    why = models.TextField(blank=True, help_text="Why it was decided so.")

    objects = DuplicatePairQuerySet.as_manager()

    class Meta:
        verbose_name = "possible duplicate"
        # Who may change records of the kind decides about their pairs.
        default_permissions = ()
        ordering = ["-score", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="duplicatepair_once"),
            models.CheckConstraint(
                name="duplicatepair_in_order",
                condition=Q(first__lt=F("second")),
                violation_error_message="The lesser id comes first.",
            ),
            models.CheckConstraint(
                name="duplicatepair_decided",
                condition=Q(status=DuplicateStatus.OPEN)
                | Q(~Q(why=""), decided_by__isnull=False, decided_at__isnull=False),
                violation_error_message="A decision has somebody who made it, and a reason.",
            ),
        ]
        indexes = [
            # The queue, and how many wait in it.
            models.Index(fields=["status", "kind", "-score"], name="duplicatepair_queue"),
        ]

    def __str__(self) -> str:
        return f"{self.first} and {self.second}"

    @property
    def ids(self) -> tuple[str, str]:
        return self.first, self.second

    def other(self, public_id: str) -> str:
        """The one that is not this one."""
        return self.second if public_id == self.first else self.first


class DuplicateSearch(models.Model):
    """When duplicates were last looked for: of one record, or of all of a kind."""

    kind = CodeField(max_length=10, help_text="Kind of record.")
    public_id = CodeField(
        max_length=12, blank=True, help_text="Public id of the record; empty for all of the kind."
    )
    at = models.DateTimeField(default=timezone.now, help_text="When, in UTC.")

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["kind", "public_id"], name="duplicatesearch_once"),
        ]

    def __str__(self) -> str:
        return f"{self.public_id or self.kind} at {self.at:%Y-%m-%d %H:%M}"
