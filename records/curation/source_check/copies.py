"""Archived copies that are proposed to curators: taking one over into a draft, or declining it.
This module asks no address."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from records.curation.source_check.models import SourceCheck
from records.models import OPEN, State, Statement
from records.publishing.drafts import begin_correction, note_edit

REASON = "The address of an archived copy is added."


def waiting() -> QuerySet[Statement]:
    """Return the versions for which a curator may take over a proposed copy, or decline it: open
    ones, and published ones without an open one, which would be the place of the copy."""
    proposed = SourceCheck.objects.filter(copy_declined=False).exclude(copy="")
    has_open = Statement.objects.filter(public_id=OuterRef("public_id"), state__in=OPEN)
    return Statement.objects.filter(
        Q(state__in=OPEN) | Q(~Exists(has_open), state=State.PUBLISHED),
        archived_url="",
        url__in=proposed.values("address"),
    )


def proposed_for(statement: Statement) -> SourceCheck | None:
    """Return the check whose copy a curator may take over into a statement, or decline."""
    if not waiting().filter(pk=statement.pk).exists():
        return None
    return SourceCheck.objects.filter(address=statement.url).first()


def take_copy(statement: Statement, *, by: Any) -> Statement:
    """Write the proposed copy into a draft: the open version, or a new correction of the published
    one. Somebody else approves it, like any."""
    with transaction.atomic():
        row = proposed_for(statement)
        if row is None:
            raise ValidationError("No copy is proposed for it any more.")
        if statement.is_open:
            note_edit(statement, by=by)
            draft = statement
        else:
            draft = begin_correction(statement, by=by, reason=REASON)
        draft.archived_url = row.copy
        draft.save()
    return draft


def decline_copy(statement: Statement) -> str:
    """Propose the copy no more; return its address."""
    row = proposed_for(statement)
    if row is None:
        raise ValidationError("No copy is proposed for it any more.")
    row.copy_declined = True
    row.save(update_fields=["copy_declined"])
    return row.copy
