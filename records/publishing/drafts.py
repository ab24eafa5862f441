"""Drafts: correcting a published record, going back to an earlier version, giving up."""

from typing import Any, TypeVar, cast

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Max

from records.models import (
    ENDED,
    Contributor,
    DraftSave,
    Record,
    State,
    Statement,
    form_values,
)
from records.publishing.sealing import COPIED

R = TypeVar("R", bound=Record)


def begin_correction(record: R, *, by: Any, reason: str = "") -> R:
    """Return a draft of the next version, copied from the published one, which stays published
    meanwhile. The reason may be written later, but before submission."""
    refusal = "Only a published version is corrected."
    return _copy(record, [State.PUBLISHED], refusal, by=by, reason=reason)


def revert(record: R, *, by: Any, reason: str = "") -> R:
    """Return a draft of the next version with the content of an earlier or a withdrawn one. The
    reason may be written later, but before submission."""
    refusal = "Revert to a version that was published."
    return _copy(record, [State.PUBLISHED, *ENDED], refusal, by=by, reason=reason)


def _copy(source: R, states: list[State], refusal: str, *, by: Any, reason: str) -> R:
    model = type(source)
    with transaction.atomic():
        # As it is now, not as it was when a page showed it.
        source = cast(R, model.objects.select_for_update().get(pk=source.pk))
        if source.state not in states:
            raise ValidationError(refusal)
        if model.objects.open().filter(public_id=source.public_id).exists():
            raise ValidationError(
                f"Somebody is already working on this record, {source.public_id}: continue their "
                f"draft, or discard it first."
            )
        newest = model.objects.filter(public_id=source.public_id).aggregate(Max("version"))
        draft = model(
            public_id=source.public_id,
            version=newest["version__max"] + 1,
            reason=reason.strip(),
            **{field.attname: getattr(source, field.attname) for field in model.content_fields()},
        )
        if isinstance(source, Statement) and isinstance(draft, Statement):
            draft.text = source.text
        draft.save()
        for relation in ("parties", "figures", "milestones", "links"):
            if hasattr(source, relation):
                for child in getattr(source, relation).all():
                    copy_child(child, draft)
        Contributor.edited(draft, by)
    return draft


def copy_child(child: Any, draft: Record) -> None:
    """Copy a row into the draft, without what publishing wrote into it."""
    copied = {
        field.attname: getattr(child, field.attname)
        for field in child._meta.concrete_fields
        if field.name not in ("id", "record")
        and not (hasattr(child, "party_id") and field.name in COPIED)
    }
    type(child)(record=draft, **copied).save()


def note_edit(record: Record, *, by: Any, edits: int | None = None) -> None:
    """Note that a user saves the open version, and keep its content for users whose forms still
    show it. Call it in the transaction of the save, before anything is written.

    Refuse the save if the version was saved since the editor's form was loaded (`edits` is the
    count that the form carried), so that nobody overwrites what they have not seen. A version
    edited in review returns to draft: its digest no longer matches.
    """
    unseen = type(record).objects.open().filter(pk=record.pk)
    if edits is not None:
        unseen = unseen.filter(edits=edits)
    if not unseen.update(edits=F("edits") + 1, state=State.DRAFT, digest=""):
        raise ValidationError(
            "Somebody saved this record after you opened it. Nothing of theirs was overwritten."
        )
    record.refresh_from_db(fields=["edits", "state", "digest"])
    before = type(record).objects.get(pk=record.pk)
    DraftSave.objects.create(
        public_id=record.public_id,
        version=record.version,
        number=record.edits - 1,
        user=by,
        content=form_values(before),
    )
    DraftSave.of(record).filter(number__lt=record.edits - DraftSave.KEPT).delete()
    Contributor.edited(record, by)


def discard(record: Record) -> None:
    """Delete an open version; refuse a published one."""
    if not record.is_open:
        raise ValidationError("What was published is not deleted: withdraw it.")
    DraftSave.of(record).delete()
    record.delete()
