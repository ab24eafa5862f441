"""The format of the dataset files: the files, and the keys of each in their order.

One file per noun; a file is a flat list, and one entry of it is one version of a record, a party
or an item. A key that is empty or has its default is left out. The value that a key takes follows
from the model's column of the same name (`records.content.fields`). `docs/dataset.md` explains
the format to curators.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import models

from records.content.builder import FIGURE, LINK, MILESTONE
from records.content.fields import ContentField, named_fields
from records.models import (
    Contract,
    Donation,
    Export,
    HSCode,
    Item,
    Party,
    Record,
    Revision,
    Statement,
)

__all__ = [
    "DECISIONS",
    "FIGURE",
    "HS_CODE",
    "LINK",
    "MILESTONE",
    "NOUNS",
    "REVISION",
    "WITHDRAWAL",
    "by_edition",
    "columns",
]

DECISIONS = "decided.yaml"
"""File beside those of the dataset: what was decided about findings of `check_dataset`. It is
neither loaded nor dumped."""

RECORD_HEAD = ("id", "version", "revision", "action", "reason", "title")
WITHDRAWAL = ("id", "version", "revision", "action", "reason")
TERM_HEAD = ("code", "version", "revision", "reason")
REVISION = ("number", "at", "message", "origin")
HS_CODE = ("code", "edition", "assigned_by", "confidence")
WHEN = ("period_start", "period_end", "as_of", "date_reason", "series")
TAIL = ("note", "missing", "links", "figures")
STAGED_TAIL = ("note", "missing", "links", "milestones", "figures")


@dataclass(frozen=True)
class Noun:
    """One file: its keys, and the model of its entries (a vocabulary, a kind of record or
    Revision)."""

    model: Any
    keys: tuple[str, ...]

    @property
    def is_record(self) -> bool:
        return issubclass(self.model, Record)


NOUNS: dict[str, Noun] = {
    "revisions": Noun(Revision, REVISION),
    "items": Noun(
        Item,
        (
            *(*TERM_HEAD, "name", "parent", "default_unit", "description", "hs_codes"),
            *("aliases", "replaced_by"),
        ),
    ),
    "parties": Noun(
        Party,
        (
            *(*TERM_HEAD, "name", "type", "country", "region"),
            *("iati_type", "identifier_scheme", "identifier", "aliases"),
            "replaced_by",
        ),
    ),
    "statements": Noun(
        Statement,
        (
            *(*RECORD_HEAD, "publisher", "speaker", "speaker_role", "organisation", "event"),
            *("language", "url", "archived_url", "published_on", "said_on", "accessed_on"),
            "date_reason",
            *("summary", "topics", "text_sha256", "note", "links"),
        ),
    ),
    "donations": Noun(
        Donation,
        (
            *(*RECORD_HEAD, "donors", "recipients", "intermediaries"),
            *("form", "stage", "stated_by", *WHEN, *STAGED_TAIL),
        ),
    ),
    "exports": Noun(
        Export,
        (*RECORD_HEAD, "exporters", "destinations", "reported_by", "trade", *WHEN, *TAIL),
    ),
    "contracts": Noun(
        Contract,
        (
            *(*RECORD_HEAD, "buyers", "suppliers", "intermediaries"),
            *("stage", "method", "signed_on", *WHEN, "ocid", *STAGED_TAIL),
        ),
    ),
}
"""Files in the order in which their entries depend on each other."""


@cache
def columns(model: type[models.Model], keys: tuple[str, ...]) -> list[ContentField]:
    """Return the fields that a file has as plain keys, in the file's order.

    Keys of the life of a version (`version`, `revision`, …) and lists of children are not among
    them, nor is a code or id, which no field of a version's content repeats.
    """
    life = {*RECORD_HEAD, *TERM_HEAD, "statement"} - {"title"} if model is not HSCode else set()
    return named_fields(model, [key for key in keys if key not in life])


def by_edition(hs_codes: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    """Return an item's customs codes in the one order that files and contents use."""
    return sorted(hs_codes, key=lambda row: (row["edition"], row["code"]))
