"""Threads of comments on versions and their figures, and assignments. None of it is published."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils import timezone

from aidapi.fields import CodeField
from records.curation.reports.models import Report
from records.models import Contributor, ContributorRole, Record

LONGEST = 2_000
"""Characters of the longest comment."""
MOST_OPEN = 100
"""Threads of one record that may be open at once."""
MOST_ENTRIES = 200
"""Entries of one thread."""

VersionKey = tuple[str, int]
"""Public id and version."""


def by_user(rows: Any, user: Any, **more: Any) -> Exists:
    """Return the condition that there is a row of the user for the version, or a later one of
    its record."""
    return Exists(
        rows.filter(
            public_id=OuterRef("public_id"), version__gte=OuterRef("version"), user=user.pk, **more
        )
    )


class ThreadQuerySet(models.QuerySet):
    """Selections of threads."""

    def open(self) -> Self:
        return self.filter(is_open=True)

    def concerning(self, user: Any) -> Self:
        """Return threads in which the user took part, or on a version that the user edited or
        takes care of, or that such a version follows."""
        return self.filter(
            Q(Exists(Comment.objects.filter(thread=OuterRef("pk"), user=user.pk)))
            | Q(by_user(Contributor.objects, user, role=ContributorRole.EDITOR))
            | Q(by_user(Assignment.objects.filter(report=None), user))
        )

    def with_last(self) -> Self:
        """Return threads with `last_entry`, the key of their latest entry, and its user."""
        last = Comment.objects.filter(thread=OuterRef("pk")).order_by("-pk")
        return self.annotate(
            last_entry=Subquery(last.values("pk")[:1]), last_user=Subquery(last.values("user")[:1])
        )


class Thread(models.Model):
    """What is said about a version, or about one of its figures. It stays with the record when
    the version is published, and goes when its draft is discarded."""

    kind = CodeField(max_length=10, help_text="Kind of the record.")
    public_id = CodeField(max_length=12, help_text="Public id of the record.")
    version = models.PositiveIntegerField(help_text="Version on which it was begun.")
    figure = models.BigIntegerField(
        null=True, help_text="Key of the figure in that version; empty for the version as a whole."
    )
    about = models.CharField(
        max_length=300,
        blank=True,
        help_text="The figure in words, as it was when the thread was begun.",
    )
    is_open = models.BooleanField(default=True, help_text="Whether it is not resolved.")

    objects = ThreadQuerySet.as_manager()

    if TYPE_CHECKING:
        comments: Any
        last_entry: int
        last_user: int

    class Meta:
        # Who may change or review records of the kind may write.
        default_permissions = ()
        indexes = [
            # On the pages of a record, and in lists.
            models.Index(fields=["public_id", "is_open"], name="thread_of_record"),
            # On the home.
            models.Index(fields=["kind"], condition=Q(is_open=True), name="thread_open"),
        ]

    def __str__(self) -> str:
        return f"thread {self.pk} on {self.public_id} v{self.version}"


class Comment(models.Model):
    """An entry of a thread. It is never changed."""

    class Act(models.TextChoices):
        SAID = "said", "commented"
        RESOLVED = "resolved", "resolved this"
        REOPENED = "reopened", "reopened this"

    thread = models.ForeignKey(
        Thread, models.CASCADE, related_name="comments", help_text="The thread."
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", help_text="Who wrote it."
    )
    at = models.DateTimeField(default=timezone.now, help_text="When, in UTC.")
    act = models.CharField(
        max_length=8, choices=Act, default=Act.SAID, help_text="What was done to the thread."
    )
    text = models.CharField(
        max_length=LONGEST, blank=True, help_text="What was said, as plain text; for curators."
    )

    class Meta:
        default_permissions = ()
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="comment_says",
                condition=~Q(act="said") | ~Q(text=""),
                violation_error_message="Write a comment.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.act} in {self.thread}"


class Assignment(models.Model):
    """Who takes care of an open version, or of an open report. It gives no permission and takes
    none."""

    kind = CodeField(max_length=10, help_text="Kind of the record.")
    public_id = CodeField(max_length=12, help_text="Public id of the record.")
    version = models.PositiveIntegerField(help_text="The version.")
    report = models.OneToOneField(
        Report,
        models.CASCADE,
        null=True,
        related_name="assignment",
        help_text="The report; empty for the version itself.",
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", help_text="Who takes care."
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", help_text="Who said so."
    )
    at = models.DateTimeField(default=timezone.now, help_text="When, in UTC.")

    if TYPE_CHECKING:
        user_id: int
        by_id: int

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["public_id", "version"],
                condition=Q(report=None),
                name="assignment_once",
                violation_error_message="Somebody takes care of it already.",
            ),
        ]
        indexes = [
            # "Assigned to me".
            models.Index(fields=["user", "public_id", "version"], name="assignment_of_user"),
        ]

    def __str__(self) -> str:
        return f"{self.report or f'{self.public_id} v{self.version}'}: {self.user}"


def of_outer_version() -> models.QuerySet:
    """Return the assignment of the version of the query around."""
    return Assignment.objects.filter(
        public_id=OuterRef("public_id"), version=OuterRef("version"), report=None
    )


def assigned(**more: Any) -> Exists:
    """Return the condition that somebody takes care of the version."""
    return Exists(of_outer_version().filter(**more))


def assignee() -> Subquery:
    """Return the name of whoever takes care of the version."""
    return Subquery(of_outer_version().values(f"user__{get_user_model().USERNAME_FIELD}")[:1])


def end_assignments(records: Iterable[Record]) -> None:
    """End the assignments of versions that are published or gone."""
    Assignment.objects.filter(_of(records), report=None).delete()


def forget_versions(records: Iterable[Record]) -> None:
    """Delete what belongs to versions that are gone. Call it after they were deleted: who writes
    about a version holds its row meanwhile, so that nothing comes later."""
    rows = list(records)
    end_assignments(rows)
    Thread.objects.filter(_of(rows)).delete()


def _of(records: Iterable[Record]) -> Q:
    """Return the condition of rows of versions. No two versions of a record are open at once."""
    by_version: dict[int, list[str]] = {}
    for record in records:
        by_version.setdefault(record.version, []).append(record.public_id)
    wanted = Q(pk__in=[])
    for version, ids in by_version.items():
        wanted |= Q(public_id__in=ids, version=version)
    return wanted
