"""Revisions: the numbered acts of publishing, their changes, and the contributors to versions."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import OperationalError, connection, models
from django.utils import timezone

from aidapi.fields import CodeField


class RevisionCounter(models.Model):
    """Number of the latest revision: one row, advanced inside the publish transaction.

    `UPDATE … RETURNING` on it is the lock that serialises publishers: no gap, no duplicate.
    """

    n = models.PositiveIntegerField(default=0, help_text="Number of the latest revision.")

    class Meta:
        constraints = [
            models.CheckConstraint(name="revisioncounter_is_one_row", condition=models.Q(pk=1)),
        ]

    def __str__(self) -> str:
        return f"revision {self.n}"

    @staticmethod
    def number() -> int:
        """Return the latest revision's number, 0 before the first; one query."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT n FROM records_revisioncounter")
            row = cursor.fetchone()
        return row[0] if row else 0

    @staticmethod
    def advance() -> int:
        """Return the next number, locked until the transaction ends."""
        if not connection.in_atomic_block:
            raise RuntimeError(
                "RevisionCounter.advance() needs the transaction of the revision that it numbers."
            )
        database: Any = connection
        if database.is_superseded():
            raise OperationalError("Another database server is the primary now.")
        with connection.cursor() as cursor:
            cursor.execute("UPDATE records_revisioncounter SET n = n + 1 RETURNING n")
            row = cursor.fetchone()
        if row is None:
            raise RuntimeError("The revision counter has no row: run manage.py migrate.")
        return row[0]

    @classmethod
    def locked(cls) -> int:
        """Return the latest revision's number, and lock publishing until the transaction ends."""
        # On SQLite the transaction itself is the lock: it began as IMMEDIATE.
        return cls.objects.select_for_update().get(pk=1).n


class Origin(models.TextChoices):
    PEOPLE = "people", "people: drafted, submitted and approved in the admin"
    FILE = "file", "file: loaded from a reviewed dataset file"
    VOCABULARY = "vocabulary", "vocabulary: an edit of parties or items"


class Action(models.TextChoices):
    PUBLISHED = "published", "published for the first time"
    CORRECTED = "corrected", "replaced by a new version"
    WITHDRAWN = "withdrawn", "withdrawn; a tombstone remains"
    EDITED = "edited", "party or item added or edited"


class Revision(models.Model):
    """A numbered act of publishing, like a commit: never changed, never removed."""

    number = models.PositiveIntegerField(
        primary_key=True,
        help_text="Number of the revision: 1, 2, 3 … without gaps. `?revision=` returns any list "
        "or record as of that revision.",
    )
    published_at = models.DateTimeField(
        default=timezone.now, help_text="When the revision was published, in UTC."
    )
    message = models.TextField(help_text="What this revision changed, in a sentence.")
    origin = models.CharField(
        max_length=10,
        choices=Origin,
        default=Origin.PEOPLE,
        help_text="How the revision came about.",
    )

    class Meta:
        ordering = ["-number"]
        indexes = [
            # /revisions/?on=: the last revision at the end of a day.
            models.Index(fields=["published_at", "number"], name="revision_on"),
        ]
        constraints = [
            models.CheckConstraint(
                name="revision_has_message",
                condition=~models.Q(message=""),
                violation_error_message="Say in a sentence what this revision brings.",
            ),
        ]

    def __str__(self) -> str:
        return f"revision {self.number}"


class Change(models.Model):
    """A change: what a revision did to one record, party or item."""

    revision = models.ForeignKey(
        Revision,
        models.PROTECT,
        related_name="changes",
        help_text="The revision that made this change.",
    )
    position = models.PositiveIntegerField(help_text="Position within its revision, from 1.")
    kind = CodeField(
        max_length=16,
        help_text="What was changed: statement, donation, export, contract, party or item.",
    )
    public_id = CodeField(
        max_length=60, help_text="Id of the record, or code of the party or item."
    )
    version = models.PositiveIntegerField(
        help_text="The version that the change published or withdrew."
    )
    action = models.CharField(max_length=10, choices=Action, help_text="What the revision did.")
    reason = models.TextField(
        blank=True,
        help_text="Reason; always given if public data was changed or withdrawn.",
    )
    content = models.JSONField(
        null=True,
        blank=True,
        encoder=DjangoJSONEncoder,
        help_text="Content of the party or item after the edit; null for records, whose versions "
        "are rows of their own.",
    )
    replaced_by = CodeField(
        max_length=60,
        blank=True,
        default="",
        help_text="Code that replaces the party or item after the edit, as its content has it; "
        "empty for none.",
    )

    class Meta:
        ordering = ["revision_id", "position"]
        constraints = [
            models.UniqueConstraint(fields=["revision", "position"], name="change_position"),
            models.UniqueConstraint(
                fields=["kind", "public_id", "version", "action"], name="change_happens_once"
            ),
            models.CheckConstraint(
                name="change_of_public_has_reason",
                condition=models.Q(action__in=[Action.PUBLISHED, Action.EDITED])
                | ~models.Q(reason=""),
                violation_error_message="Give the reason: readers see it beside the change.",
            ),
        ]
        indexes = [
            # /changes/?kind= and ?action=, in order.
            models.Index(fields=["kind", "revision", "position"], name="change_kind"),
            models.Index(fields=["action", "revision", "position"], name="change_action"),
            # The history of one record: /versions/, 410 pages.
            models.Index(fields=["public_id", "revision"], name="change_record"),
            # Which codes were one body as of a revision: every query that names codes.
            models.Index(
                fields=["kind", "public_id"],
                name="change_replaced",
                condition=~models.Q(replaced_by=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.public_id} v{self.version} {self.action} in {self.revision_id}"


class ContributorRole(models.TextChoices):
    EDITOR = "editor", "wrote or edited the version, or submitted it"
    APPROVER = "approver", "approved the version"


class Contributor(models.Model):
    """A contributor to a version: one of its editors, or its approver. One row per user and
    version, so that nobody can be both: the four-eyes rule as a database constraint."""

    public_id = CodeField(max_length=12, help_text="The record's id.")
    version = models.PositiveIntegerField(help_text="The record's version.")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        help_text="The person.",
    )
    role = models.CharField(max_length=8, choices=ContributorRole, help_text="Editor or approver.")
    at = models.DateTimeField(
        default=timezone.now, help_text="Time of the first contribution, in UTC."
    )
    reason = models.TextField(
        blank=True,
        help_text="Why the approver published quotes that are not in the text on file, or what is "
        "doubtful; empty if nothing is. For curators.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["public_id", "version", "user"],
                name="four_eyes",
                violation_error_message="Somebody who edited a version cannot approve it: "
                "ask another reviewer.",
            ),
            models.UniqueConstraint(
                fields=["public_id", "version"],
                condition=models.Q(role=ContributorRole.APPROVER),
                name="one_approver",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.role}) in {self.public_id} v{self.version}"

    @classmethod
    def edited(cls, record: Any, user: Any) -> None:
        """Record the user as an editor of this open version; refuse its approver."""
        contributor, _ = cls.objects.get_or_create(
            public_id=record.public_id,
            version=record.version,
            user=user,
            defaults={"role": ContributorRole.EDITOR},
        )
        if contributor.role != ContributorRole.EDITOR:
            raise ValidationError("You approved this version, so you cannot edit it.")

    @classmethod
    def has_edited(cls, record: Any, user: Any) -> bool:
        """Return whether the user is an editor of this version."""
        return cls.objects.filter(
            public_id=record.public_id,
            version=record.version,
            user=user,
            role=ContributorRole.EDITOR,
        ).exists()
