"""Rows that wait for a decision, and the decision."""

from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils import timezone

OPEN = "open"
"""Status of what waits, in every queue."""


class QueueQuerySet(models.QuerySet):
    """Selections of what is in a queue."""

    def open(self) -> Self:
        """Return what waits for a decision."""
        return self.filter(status=OPEN)

    def of_kinds(self, kinds: Any) -> Self:
        return self.filter(kind__in=list(kinds))


class QueueEntry(models.Model):
    """What waits for a decision, or has one."""

    status: Any
    why: Any
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        help_text="Who decided.",
    )
    decided_at = models.DateTimeField(null=True, help_text="When that was, in UTC.")

    DECISION: ClassVar = ["status", "decided_by", "decided_at", "why"]
    """Fields that a decision writes."""

    class Meta:
        abstract = True

    @property
    def is_open(self) -> bool:
        return bool(self.status == OPEN)

    def decide(self, status: models.TextChoices, *, by: Any, why: str = "") -> None:
        """Write down what was decided."""
        self.status = status
        self.decided_by = by
        self.decided_at = timezone.now()
        self.why = why.strip()
        self.save(update_fields=self.DECISION)
