"""Edits of parties and items: their content, and how it is written."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError

from records.models import (
    HSCode,
    Item,
    Party,
    VocabularyEntry,
    fold,
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

NAMING = ("parent", "replaced_by")
"""Columns that name another entry of the vocabulary."""
ADDED_LATER = ("replaced_by",)
"""Columns that changes of earlier releases do not have; null where they are not used."""


@dataclass
class VocabularyEdit:
    """The whole content of an entry after an edit, and why it changes."""

    model: type[VocabularyEntry]
    code: str
    content: dict[str, Any]
    reason: str = ""


def without_unused(content: dict[str, Any]) -> dict[str, Any]:
    """Return the content without later columns that it does not use: as all changes have it that
    were made before there were these columns."""
    return {
        name: value
        for name, value in content.items()
        if name not in ADDED_LATER or value is not None
    }


def vocabulary_content(entry: VocabularyEntry) -> dict[str, Any]:
    """Return a party or item as plain data, as changes store it."""
    content = without_unused(
        {name.removesuffix("_id"): getattr(entry, name) for name in FIELDS[type(entry)]}
    )
    if isinstance(entry, Item):
        content["hs_codes"] = [
            {name: getattr(row, name) for name in HS_FIELDS} for row in entry.hs_codes.all()
        ]
    return content


def merge_edits(
    entry: VocabularyEntry, into: VocabularyEntry, reason: str
) -> list[VocabularyEdit]:
    """Return the edits by which another entry replaces one: the other takes over the names and
    customs codes that it lacks, and the identifier if it has none. The one that goes keeps its
    own, so that the merge can be taken back."""
    model = type(entry)
    gone = vocabulary_content(entry) | {"replaced_by": into.code}
    before = vocabulary_content(into)
    known = {fold(name) for name in into.names()}
    taken = []
    for name in [entry.name, *entry.aliases]:
        if fold(name) not in known:
            known.add(fold(name))
            taken.append(name)
    after = before | {"aliases": [*before["aliases"], *taken]}
    if isinstance(entry, Party) and entry.identifier and not before["identifier"]:
        after |= {name: gone[name] for name in ("identifier_scheme", "identifier")}
    if isinstance(entry, Item):
        # Of a code that both have, the one that stays says who assigned it, and how surely.
        codes = {(row["edition"], row["code"]): row for row in gone["hs_codes"]}
        codes |= {(row["edition"], row["code"]): row for row in before["hs_codes"]}
        after["hs_codes"] = [codes[key] for key in sorted(codes)]
    edits = [VocabularyEdit(model, entry.code, gone, reason)]
    if after != before:
        edits.append(VocabularyEdit(model, into.code, after, reason))
    return edits


Entries = dict[tuple[type[VocabularyEntry], str], VocabularyEntry]
"""Parties and items by their codes."""


def entries_of(edits: Sequence[VocabularyEdit]) -> Entries:
    """Return the stored entries that edits are of, or name; a query for each vocabulary."""
    codes: dict[type[VocabularyEntry], set[str]] = defaultdict(set)
    for edit in edits:
        named = (edit.code, *(edit.content.get(key) for key in NAMING))
        codes[edit.model].update(filter(None, named))
    return {
        (model, entry.code): entry
        for model, of_model in codes.items()
        for entry in model.with_proposed.filter(code__in=of_model)
    }


def edited(edit: VocabularyEdit, entries: Entries) -> VocabularyEntry:
    """Return the entry as the edit leaves it, not yet written, given those that are stored; it is
    added to them."""
    entry = entries.get((edit.model, edit.code)) or edit.model(code=edit.code)
    for name in FIELDS[edit.model]:
        key = name.removesuffix("_id")
        value = edit.content.get(key) if key in ADDED_LATER else edit.content[key]
        setattr(entry, name, value)
    if entry.version and not edit.reason.strip():
        raise ValidationError({"reason": "Say why the entry changes: readers see the reason."})
    entry.version += 1
    known = [name for name in NAMING if (edit.model, edit.content.get(name)) in entries]
    for name in known:
        setattr(entry, name, entries[edit.model, edit.content[name]])
    entry.full_clean(exclude=known, validate_unique=False, validate_constraints=False)
    entries[edit.model, edit.code] = entry
    return entry


def write_entry(entry: VocabularyEntry, edit: VocabularyEdit) -> None:
    """Write the entry and its customs codes, inside the transaction of its revision."""
    is_new = entry._state.adding
    entry.save(force_insert=is_new)
    if isinstance(entry, Item):
        wanted = [tuple(row[name] for name in HS_FIELDS) for row in edit.content["hs_codes"]]
        stored = [] if is_new else sorted(entry.hs_codes.values_list(*HS_FIELDS))
        if sorted(wanted) != stored:
            entry.hs_codes.all().delete()
            for row in wanted:
                code = HSCode(item=entry, **dict(zip(HS_FIELDS, row, strict=True)))
                code.full_clean()
                code.save()
