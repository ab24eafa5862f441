"""Saves of open versions, each with the content that it replaced, so that concurrent saves can be
merged."""

from typing import Any, ClassVar

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone

from aidapi.fields import CodeField
from records.models.base import Record, plain
from records.models.milestones import StagedRecord


class DraftSave(models.Model):
    """A save of an open version: who, when, and the content before it. Kept while the version is
    open, the latest KEPT of each version."""

    KEPT: ClassVar[int] = 50
    """Saves kept of one version; a form that was opened before them cannot be merged."""

    public_id = CodeField(max_length=12, help_text="The record's id.")
    version = models.PositiveIntegerField(help_text="The record's version.")
    number = models.PositiveIntegerField(
        help_text="Number of saves of the version before this one, as in the form."
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", help_text="Who saved."
    )
    at = models.DateTimeField(default=timezone.now, help_text="When, in UTC.")
    content = models.JSONField(
        encoder=DjangoJSONEncoder, help_text="The content that the save replaced: fields and rows."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["public_id", "version", "number"], name="draftsave_once"
            ),
        ]

    def __str__(self) -> str:
        return f"save {self.number} of {self.public_id} v{self.version} by {self.user}"

    @classmethod
    def of(cls, record: Record) -> models.QuerySet:
        """Return the saves of a version."""
        return cls.objects.filter(public_id=record.public_id, version=record.version)


def form_values(record: Record) -> dict[str, Any]:
    """Return what curators wrote in a version, as plain data: its fields, and its rows with their
    keys, each list in its order."""
    names = [field.name for field in record.content_fields()] + ["reason"]
    names += ["text"] if hasattr(record, "text") else []
    rows: dict[str, list[Any]] = {}
    if record.ROLES:
        rows["parties"] = [row for roles in record.parties_by_role.values() for row in roles]
        rows["figures"] = record.ordered_figures()
    if isinstance(record, StagedRecord):
        rows["milestones"] = record.ordered_milestones()
    rows["links"] = list(record.links.order_by("pk"))
    return {
        "fields": {name: _value(record, name) for name in names},
        "rows": {
            relation: [
                {"id": row.pk}
                | {
                    field.name: _value(row, field.name)
                    for field in row._meta.concrete_fields
                    if field.editable and field.name not in ("id", "record", "position")
                }
                # Where the words are, as forms carry it.
                | ({"at": row.offset} if hasattr(row, "offset") else {})
                for row in found
            ]
            for relation, found in rows.items()
        },
    }


def _value(row: Any, name: str) -> Any:
    return plain(row._meta.get_field(name).value_from_object(row))
