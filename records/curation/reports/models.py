"""Reports of readers that something in a record is wrong, and what curators found."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from aidapi.fields import CodeField
from records.curation.queues.models import QueueEntry, QueueQuerySet

LONGEST = 2_000
"""Letters of the longest report."""
LONGEST_EMAIL = 254
MOST_WAITING = 20
"""Reports of one record that may wait at once."""
MOST_OF_ALL = 2_000
"""Reports that may wait at once, so that strangers cannot fill the disk."""


class ReportStatus(models.TextChoices):
    OPEN = "open", "to be looked at"
    ANSWERED = "answered", "answered"
    DECLINED = "declined", "declined"


class Report(QueueEntry):
    """An error that a reader reports. It is never published; the address of the reader is kept
    until somebody has decided."""

    kind = CodeField(max_length=10, help_text="Kind of the record.")
    public_id = CodeField(max_length=12, db_index=True, help_text="Public id of the record.")
    version = models.PositiveIntegerField(help_text="Version that the reader saw.")
    figure = models.PositiveSmallIntegerField(
        null=True, help_text="Number of the figure, from 1; empty for the record as a whole."
    )
    text = models.TextField(help_text="What is wrong, in the words of the reader.")
    email = models.EmailField(
        max_length=LONGEST_EMAIL,
        blank=True,
        help_text="Where the reader wants an answer; erased when it is decided.",
    )
    received_at = models.DateTimeField(default=timezone.now, help_text="When, in UTC.")
    status = models.CharField(
        max_length=8,
        choices=ReportStatus,
        default=ReportStatus.OPEN,
        help_text="Whether somebody is to look at it, or what was decided.",
    )
    why = models.TextField(blank=True, help_text="What was found and done, for curators.")

    DECISION: ClassVar = [*QueueEntry.DECISION, "email"]

    objects = QueueQuerySet.as_manager()

    class Meta:
        verbose_name = "reported error"
        # Who may change records of the kind decides about its reports.
        default_permissions = ()
        ordering = ["received_at", "pk"]
        constraints = [
            models.CheckConstraint(
                name="report_has_text",
                condition=~Q(text=""),
                violation_error_message="Say what is wrong.",
            ),
            models.CheckConstraint(
                name="report_decided",
                condition=Q(status=ReportStatus.OPEN)
                | Q(~Q(why=""), decided_by__isnull=False, decided_at__isnull=False, email=""),
                violation_error_message="A decision has somebody who made it, and a reason.",
            ),
        ]
        indexes = [
            # The queue, and how many wait in it.
            models.Index(fields=["status", "kind", "received_at"], name="report_queue"),
        ]

    def __str__(self) -> str:
        return f"{self.public_id} v{self.version}, reported {self.received_at:%Y-%m-%d %H:%M}"

    def decide(self, status: models.TextChoices, *, by: Any, why: str = "") -> None:
        """Write down what was decided, and forget where the reader wanted an answer."""
        self.email = ""
        super().decide(status, by=by, why=why)


def receive(**report: Any) -> Report | None:
    """Store a report, unless the same one waits already; None if too many wait."""
    waiting = Report.objects.open()
    same = waiting.filter(public_id=report["public_id"], text=report["text"]).first()
    if same is not None:
        return same
    of_record = waiting.filter(public_id=report["public_id"]).count()
    if of_record >= MOST_WAITING or waiting.count() >= MOST_OF_ALL:
        return None
    return Report.objects.create(**report)
