"""Revisions of the vocabulary: the feed, caches and readers see every edit."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from records.models import (
    DATED,
    DatedRecord,
    Item,
    Origin,
    Party,
    Revision,
    State,
    VocabularyEntry,
)
from records.publishing.drafts import begin_correction
from records.publishing.publish import Publication, publish_revision
from records.publishing.vocabulary_edits import VocabularyEdit


def edit_vocabulary(edits: Sequence[VocabularyEdit], *, message: str, by: Any = None) -> Revision:
    """Write edits of the vocabulary as one revision. Published records keep their copies."""
    return publish_revision(edits, by=by, message=message, origin=Origin.VOCABULARY)


def republish_users(entry: VocabularyEntry, *, by: Any, reason: str) -> Revision:
    """Publish new versions of every published record that uses the entry, as one revision, so
    that their documents have its current name and codes, or those of what replaces it."""
    with transaction.atomic():
        publications = republications(
            entry, Party.replacements(), Item.replacements(), by=by, reason=reason
        )
        return publish_revision(publications, by=by, message=reason, origin=Origin.VOCABULARY)


def merge_entries(edit: VocabularyEdit, *, by: Any) -> Revision:
    """Let a code be replaced by another, in the vocabulary and in every published record, as one
    revision."""
    merged = {edit.code: edit.content["replaced_by"]}
    parties, items = (
        model.replacements(merged if model is edit.model else None) for model in (Party, Item)
    )
    with transaction.atomic():
        entry = edit.model.objects.get(code=edit.code)
        publications = republications(entry, parties, items, by=by, reason=edit.reason)
        return publish_revision(
            [edit, *publications], by=by, message=edit.reason, origin=Origin.VOCABULARY
        )


def republications(
    entry: VocabularyEntry,
    parties: dict[str, str],
    items: dict[str, str],
    *,
    by: Any,
    reason: str,
) -> list[Publication]:
    """Return a next version of every published record that uses the entry, with the codes that
    replace others."""
    publications = []
    for model in DATED.values():
        if isinstance(entry, Party):
            using = model.objects.filter(parties__party=entry)
        else:
            using = model.objects.filter(figure_items__item=entry)
        for record in using.filter(state=State.PUBLISHED).distinct():
            draft = begin_correction(record, by=by, reason=reason)
            replace_codes(draft, parties, items)
            draft.digest = draft.content_digest()
            draft.state = State.IN_REVIEW
            draft.save()
            publications.append(Publication(draft))
    return publications


def replace_codes(draft: DatedRecord, parties: dict[str, str], items: dict[str, str]) -> None:
    """Write the codes that replace others into a draft; who is then in a role twice is there
    once."""
    for rows in draft.parties_by_role.values():
        replaced = [row for row in rows if row.party_id in parties]
        named = {row.party_id for row in rows} - parties.keys()
        for row in replaced:
            code = parties[row.party_id]
            if code in named:
                row.delete()
            else:
                row.party_id = code
                row.save()
            named.add(code)
    for figure in draft.ordered_figures():
        if figure.item_id in items:
            figure.item_id = items[figure.item_id]
            figure.save()
