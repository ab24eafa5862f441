"""One edit of a party or item: its content, and how it is written."""

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
    ),
    Item: ("name", "parent_id", "default_unit", "description", "aliases"),
}
HS_FIELDS = ("code", "edition", "assigned_by", "confidence")


@dataclass
class VocabularyEdit:
    """A term as it is to be: all of its content, and why it changes."""

    model: type[VocabularyEntry]
    code: str
    content: dict[str, Any]
    reason: str = ""


def vocabulary_content(term: VocabularyEntry) -> dict[str, Any]:
    """A party or item as plain data, as changes keep it."""
    content = {name.removesuffix("_id"): getattr(term, name) for name in FIELDS[type(term)]}
    if isinstance(term, Item):
        content["hs_codes"] = [
            {name: getattr(row, name) for name in HS_FIELDS} for row in term.hs_codes.all()
        ]
    return content


def apply_vocabulary_edit(edit: VocabularyEdit) -> VocabularyEntry:
    """Write the term; inside the transaction of its revision."""
    term = edit.model.objects.filter(code=edit.code).first() or edit.model(code=edit.code)
    for name in FIELDS[edit.model]:
        setattr(term, name, edit.content[name.removesuffix("_id")])
    if term.version and not edit.reason.strip():
        raise ValidationError({"reason": "Say why the term changes: readers see the reason."})
    term.version += 1
    term.full_clean(validate_unique=False)
    term.save()
    if isinstance(term, Item):
        wanted = [tuple(row[name] for name in HS_FIELDS) for row in edit.content["hs_codes"]]
        if sorted(wanted) != sorted(term.hs_codes.values_list(*HS_FIELDS)):
            term.hs_codes.all().delete()
            for row in wanted:
                code = HSCode(item=term, **dict(zip(HS_FIELDS, row, strict=True)))
                code.full_clean()
                code.save()
    return term
