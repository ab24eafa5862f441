"""Archived copies that are proposed to curators: taking one over into a draft, or declining it.
This module asks no address."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from records.curation.source_check.models import SourceCheck
from records.models import State, Statement
from records.publishing.drafts import begin_correction, note_edit

REASON = "The address of an archived copy is added."


def wants_copy(statement: Statement) -> bool:
    """Return whether a curator may take an archived copy over into a statement."""
    is_current = statement.is_open or statement.state == State.PUBLISHED
    return is_current and not statement.archived_url


def proposed_for(statement: Statement) -> SourceCheck | None:
    """Return the check whose copy a curator may take over into a statement, or decline."""
    if not wants_copy(statement):
        return None
    row = SourceCheck.objects.filter(address=statement.url).first()
    return row if row is not None and row.has_proposal else None


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
