"""Edits of parties and items: their content, and how it is written."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError

from records.models import (
    HSCode,
    Item,
    Party,
    VocabularyEntry,
)

FIELDS: dict[type[VocabularyEntry], tuple[str, ...]] = {
    Party: (
        "name",
        "type",
        "country",
        "region",
        "iati_type",
        "identifier_scheme",
        "identifier",
        "aliases",
        "replaced_by_id",
    ),
    Item: ("name", "parent_id", "default_unit", "description", "aliases", "replaced_by_id"),
}
HS_FIELDS = ("code", "edition", "assigned_by", "confidence")


@dataclass
class VocabularyEdit:
    """The whole content of an entry after an edit, and why it changes."""

    model: type[VocabularyEntry]
    code: str
    content: dict[str, Any]
    reason: str = ""


def vocabulary_content(entry: VocabularyEntry) -> dict[str, Any]:
    """Return a party or item as plain data, as changes store it."""
    content = {name.removesuffix("_id"): getattr(entry, name) for name in FIELDS[type(entry)]}
    if content["replaced_by"] is None:
        # As all changes have it that were made before there were replacements.
        del content["replaced_by"]
    if isinstance(entry, Item):
        content["hs_codes"] = [
            {name: getattr(row, name) for name in HS_FIELDS} for row in entry.hs_codes.all()
        ]
    return content


def apply_vocabulary_edit(edit: VocabularyEdit) -> VocabularyEntry:
    """Write the entry, inside the transaction of its revision."""
    entry = edit.model.objects.filter(code=edit.code).first() or edit.model(code=edit.code)
    for name in FIELDS[edit.model]:
        key = name.removesuffix("_id")
        value = edit.content.get(key) if key == "replaced_by" else edit.content[key]
        setattr(entry, name, value)
    if entry.version and not edit.reason.strip():
        raise ValidationError({"reason": "Say why the entry changes: readers see the reason."})
    entry.version += 1
    entry.full_clean(validate_unique=False)
    entry.save()
    if isinstance(entry, Item):
        wanted = [tuple(row[name] for name in HS_FIELDS) for row in edit.content["hs_codes"]]
        if sorted(wanted) != sorted(entry.hs_codes.values_list(*HS_FIELDS)):
            entry.hs_codes.all().delete()
            for row in wanted:
                code = HSCode(item=entry, **dict(zip(HS_FIELDS, row, strict=True)))
                code.full_clean()
                code.save()
    return entry
