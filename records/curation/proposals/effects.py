"""What a merge of two parties or items changes, for those who propose it and who decide."""

from dataclasses import dataclass
from typing import Any

from records.content.fields import fields_of
from records.models import DATED, ENDED, OPEN, HSCode, VocabularyEntry
from records.publishing import published_users, vocabulary_content
from records.publishing.vocabulary_edits import merge_edits

NAMED_BY = {"party": "parties__party", "item": "figures__item"}
"""Kind of entry → what of a record names it."""
HS_CODES = "HS codes"
"""Label of the rows of an item, which are no column of it."""


@dataclass
class MergeEffect:
    """The entries' fields that change, and how many versions follow."""

    changes: list[tuple[str, str, str, str]]
    """(code, field, before, after)."""
    republished: int
    """Published records that get a new version."""
    drafts: int
    """Open versions that name the old code until somebody corrects them."""
    past: int
    """Versions of the past, which keep what they said."""
    corrected: list[Any]
    """Open corrections of published records, which must be published or discarded first."""


def effect_of(entry: VocabularyEntry, into: VocabularyEntry) -> MergeEffect:
    """Return what changes if one entry is replaced by another."""
    published = published_users(entry)
    name = NAMED_BY[entry.KIND]

    def naming(states: Any) -> int:
        return sum(
            model.objects.filter(**{name: entry}, state__in=states).distinct().count()
            for model in DATED.values()
        )

    corrected = [
        draft
        for records in published
        for draft in records.model.objects.open().filter(public_id__in=records.values("public_id"))
    ]
    return MergeEffect(
        changes(entry, into),
        sum(records.count() for records in published),
        naming(OPEN),
        naming(ENDED),
        corrected,
    )


def changes(entry: VocabularyEntry, into: VocabularyEntry) -> list[tuple[str, str, str, str]]:
    """Return code, label, value before and after of each field that a merge changes."""
    fields = fields_of(type(entry))
    found = []
    for edit, row in zip(merge_edits(entry, into, ""), (entry, into), strict=False):
        before = vocabulary_content(row)
        for name, value in edit.content.items():
            if value != before.get(name):
                label = fields[name].label if name in fields else HS_CODES
                found.append((edit.code, label, shown(before.get(name)), shown(value)))
    return found


def shown(value: Any) -> str:
    """Return a value for people; a list with one of its rows a line."""
    if not isinstance(value, list):
        return value or ""
    return "\n".join(row if isinstance(row, str) else str(HSCode(**row)) for row in value)
