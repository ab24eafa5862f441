"""Revisions of the vocabulary: the feed, caches and readers see every edit."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from records.models import DATED, Origin, Party, Revision, State, VocabularyEntry
from records.publishing.drafts import begin_correction
from records.publishing.publish import Publication, publish_revision
from records.publishing.vocabulary_edits import VocabularyEdit


def edit_vocabulary(edits: Sequence[VocabularyEdit], *, message: str) -> Revision:
    """Write edits of the vocabulary as one revision. Published records keep their copies."""
    return publish_revision(edits, message=message, origin=Origin.VOCABULARY)


def republish_users(entry: VocabularyEntry, *, by: Any, reason: str) -> Revision:
    """Publish new versions of every published record that uses the entry, as one revision, so
    that their documents have its current name and codes."""
    with transaction.atomic():
        publications = []
        for model in DATED.values():
            if isinstance(entry, Party):
                using = model.objects.filter(parties__party=entry)
            else:
                using = model.objects.filter(figure_items__item=entry)
            for record in using.filter(state=State.PUBLISHED).distinct():
                draft = begin_correction(record, by=by, reason=reason)
                draft.digest = draft.content_digest()
                draft.state = State.IN_REVIEW
                draft.save()
                publications.append(Publication(draft))
        return publish_revision(publications, by=by, message=reason, origin=Origin.VOCABULARY)
