"""Revisions of the vocabulary: the feed, caches and readers see every edit."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from records.models import (
    DATED,
    DatedRecord,
    Item,
    Origin,
    Party,
    Revision,
    RevisionCounter,
    State,
    VocabularyEntry,
)
from records.publishing.drafts import begin_correction
from records.publishing.publish import Publication, publish_revision
from records.publishing.vocabulary_edits import VocabularyEdit, merge_edits


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


def merge_entries(
    model: type[VocabularyEntry], code: str, into: str, *, by: Any, reason: str
) -> Revision:
    """Let a code be replaced by another, which takes over its names, identifier and customs codes,
    in the vocabulary and in every published record, as one revision."""
    with transaction.atomic():
        # As for any edit of the vocabulary: what is read here does not change before it is done.
        RevisionCounter.objects.select_for_update().first()
        entries = model._default_manager.in_bulk([code, into], field_name="code")
        if missing := {code, into} - entries.keys():
            raise ValidationError(f"There is no {', '.join(sorted(missing))} any more.")
        edits = merge_edits(entries[code], entries[into], reason)
        parties, items = (
            each.replacements({code: into} if each is model else None) for each in (Party, Item)
        )
        publications = republications(entries[code], parties, items, by=by, reason=reason)
        return publish_revision(
            [*edits, *publications], by=by, message=reason, origin=Origin.VOCABULARY
        )


def published_users(entry: VocabularyEntry) -> list[Any]:
    """Return the published records that use an entry, of each kind; of an item those, too, that
    name an item below it."""
    name = "parties__party" if isinstance(entry, Party) else "figure_items__item"
    return [
        model.objects.filter(**{name: entry}, state=State.PUBLISHED).distinct()
        for model in DATED.values()
    ]


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
    for records in published_users(entry):
        for record in records:
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
