"""What was found at the addresses of statements when they were last asked."""

from typing import Any

from django.db import models

from aidapi.fields import CodeField

LONGEST = 700
"""Characters of the longest address."""


class Outcome(models.TextChoices):
    FOUND = "found", "there"
    CHANGED = "changed", "changed"
    MOVED = "moved", "moved"
    DEAD = "dead", "dead"
    REFUSED = "refused", "not to be asked"
    UNREACHABLE = "unreachable", "not reached"


class SourceCheck(models.Model):
    """An address and what was found there last. It is never published, and no part of a
    statement: a curator decides what follows from it."""

    address = CodeField(
        max_length=LONGEST, unique=True, help_text="Address of a statement or of its copy."
    )
    asked_at = models.DateTimeField(help_text="When it was asked last, in UTC.")
    outcome = models.CharField(
        max_length=11, choices=Outcome, help_text="What was found when it was asked last."
    )
    since = models.DateTimeField(help_text="When that outcome was found first, in UTC.")
    detail = models.CharField(max_length=500, blank=True, help_text="What was found, in words.")
    status = models.PositiveSmallIntegerField(
        null=True, help_text="Status of the last response; null if none came."
    )
    moved_to = CodeField(
        max_length=LONGEST, blank=True, help_text="Address to which it has moved for good."
    )
    answered_at = models.DateTimeField(
        null=True, help_text="When it answered with a page last, in UTC."
    )
    etag = models.CharField(max_length=200, blank=True, help_text="Its ETag at that time.")
    last_modified = models.CharField(
        max_length=60, blank=True, help_text="Its Last-Modified at that time."
    )
    digest = CodeField(
        max_length=64,
        blank=True,
        help_text="SHA-256 of its text at that time, without markup; empty if it was too long.",
    )
    copy = CodeField(
        max_length=LONGEST, blank=True, help_text="Archived copy that is proposed for it."
    )
    copy_made_on = models.DateField(null=True, help_text="Day on which the copy was made.")
    copy_declined = models.BooleanField(
        default=False, help_text="Whether a curator declined the copy: it is not proposed again."
    )

    class Meta:
        verbose_name = "check of a source"
        verbose_name_plural = "checks of sources"
        # Who may change statements decides about their copies.
        default_permissions = ()
        ordering = ["asked_at", "pk"]
        indexes = [
            # Which pages need a curator.
            models.Index(fields=["outcome", "since"], name="sourcecheck_outcome"),
        ]

    def __str__(self) -> str:
        return f"{self.address}: {self.get_outcome_display()}"

    @property
    def has_proposal(self) -> bool:
        """Whether a copy waits for a curator."""
        return bool(self.copy) and not self.copy_declined

    def note(self, outcome: Outcome, detail: str, at: Any) -> None:
        """Take over an outcome; `since` stays while it is the same."""
        if outcome != self.outcome:
            self.since = at
        self.outcome, self.detail, self.asked_at = outcome, detail[:500], at
