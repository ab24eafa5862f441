"""The fixture format: its files, the keys of each in their order, and how a value is written.

One file per noun; a file is a flat list, and one entry of it is one version of one record or
term. A key that is empty or has its default is left out. What kind of value a key takes follows
from the model's column of the same name. `docs/dataset.md` tells curators the same.
"""

import re
from calendar import monthrange
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from difflib import get_close_matches
from functools import cache
from typing import Any

from django.db import models
from django.utils.dateparse import parse_datetime

from records.models import (
    Contract,
    Donation,
    Export,
    HSCode,
    Item,
    Party,
    Precision,
    Record,
    Revision,
    Statement,
    plain,
)

RECORD_HEAD = ("id", "version", "revision", "action", "reason", "title")
WITHDRAWAL = ("id", "version", "revision", "action", "reason")
TERM_HEAD = ("code", "version", "revision", "reason")
REVISION = ("number", "at", "message", "origin")
LINK = ("type", "id")
HS_CODE = ("code", "edition", "assigned_by", "confidence")
FIGURE = (
    *("measure", "operator", "value", "lower", "upper", "item", "unit", "currency"),
    *("party_type", "party_role", "basis", "countable", "countable_reason"),
    *("rank", "rank_reason", "statement", "statement_version", "quote", "offset", "quote_found"),
)
WHEN = ("period_start", "period_end", "as_of", "series")
TAIL = ("note", "links", "figures")


@dataclass(frozen=True)
class Noun:
    """One file: the model of its entries (a term's, a record's or Revision), their keys."""

    model: Any
    keys: tuple[str, ...]

    @property
    def is_record(self) -> bool:
        return issubclass(self.model, Record)


NOUNS: dict[str, Noun] = {
    "revisions": Noun(Revision, REVISION),
    "items": Noun(
        Item,
        (*TERM_HEAD, "name", "parent", "default_unit", "description", "hs_codes", "aliases"),
    ),
    "parties": Noun(
        Party,
        (
            *(*TERM_HEAD, "name", "type", "country", "region"),
            *("iati_type", "identifier_scheme", "identifier", "aliases"),
        ),
    ),
    "statements": Noun(
        Statement,
        (
            *(*RECORD_HEAD, "publisher", "speaker", "speaker_role", "organisation", "event"),
            *("language", "url", "archived_url", "published_on", "said_on", "accessed_on"),
            *("summary", "topics", "text_sha256", "note", "links"),
        ),
    ),
    "donations": Noun(
        Donation,
        (
            *(*RECORD_HEAD, "donors", "recipients", "intermediaries"),
            *("form", "stage", "stated_by", *WHEN, *TAIL),
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
            *("stage", "method", "signed_on", *WHEN, "ocid", *TAIL),
        ),
    ),
}
"""Files in the order in which their entries depend on each other."""


@cache
def columns(model: type[models.Model], keys: tuple[str, ...]) -> list[models.Field]:
    """The model's columns that stand in a file as plain keys, in the file's order.

    Keys of the life of a version (`version`, `revision`, …) and lists of children are not among
    them, nor is a code or id, which no column of a version's content repeats.
    """
    life = {*RECORD_HEAD, *TERM_HEAD, "statement"} - {"title"} if model is not HSCode else set()
    names = {field.name: field for field in model._meta.concrete_fields}
    return [names[key] for key in keys if key in names and key not in life]


# --- One value: how it is read, and how it is written


def read_text(text: str) -> str:
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ValueError("It holds characters that are no text.")
    return text


def read_integer(text: str) -> int:
    if not re.fullmatch(r"0|[1-9][0-9]{0,8}", text):
        raise ValueError(f"{text!r} is not a whole number.")
    return int(text)


def read_boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(f"{text!r}: write true or false.")
    return text == "true"


def read_number(text: str) -> Decimal:
    if not re.fullmatch(r"(?:0|[1-9][0-9]{0,20})(?:\.[0-9]{1,20})?", text, re.ASCII):
        raise ValueError(f"{text!r} is not a plain number: write digits only, as 1500000 or 1.9.")
    return Decimal(text)


def read_day(text: str) -> date:
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
            return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is no day of the calendar ({error}).") from error
    raise ValueError(f"{text!r}: write the day, as 2020-04-10.")


def read_date(text: str) -> tuple[date, Precision]:
    """A date that may lack its day or its month; the length says what is known."""
    known = {10: Precision.DAY, 7: Precision.MONTH, 4: Precision.YEAR}
    if not re.fullmatch(r"\d{4}(?:-\d\d(?:-\d\d)?)?", text, re.ASCII):
        raise ValueError(
            f"{text!r}: write the date as 2020-04-10, or as 2020-04 or 2020 where no more is "
            f"known."
        )
    return read_day(text + "-01" * ((10 - len(text)) // 3)), known[len(text)]


def read_first_day(text: str) -> date:
    """The day on which a day, month or year begins."""
    return read_date(text)[0]


def read_last_day(text: str) -> date:
    """The day on which a day, month or year ends."""
    day, precision = read_date(text)
    if precision == Precision.MONTH:
        return day.replace(day=monthrange(day.year, day.month)[1])
    return day.replace(month=12, day=31) if precision == Precision.YEAR else day


def read_moment(text: str) -> datetime:
    try:
        moment = parse_datetime(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is no time of the calendar ({error}).") from error
    if moment is None or moment.tzinfo is None:
        raise ValueError(f"{text!r}: write the time with its zone, as 2026-05-03T09:30:00Z.")
    return moment.astimezone(UTC)


def choice(codes: Sequence[str]) -> Callable[[str], str]:
    """How one of several codes is read."""

    def read_code(text: str) -> str:
        if text in codes:
            return text
        known = ", ".join(codes) if len(codes) <= 16 else f"the {len(codes)} known codes"
        raise ValueError(f"{text!r} is none of {known}.{nearest(text, codes)}")

    return read_code


def nearest(word: str, known: Iterable[str]) -> str:
    """A question that names the known word most like this one; empty if none is."""
    close = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" Did you mean {close[0]}?" if close else ""


def write_date(day: date, precision: str) -> str:
    return day.isoformat()[: {"day": 10, "month": 7, "year": 4}[precision]]


def write_moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def write(value: Any) -> str:
    """A column's value as the file has it."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(plain(value))


def reader(field: models.Field) -> Callable[[str], Any]:
    """How the values of a column are read."""
    if isinstance(field, models.BooleanField):
        return read_boolean
    if isinstance(field, models.DecimalField):
        return read_number
    if isinstance(field, models.DateTimeField):
        return read_moment
    if isinstance(field, models.DateField):
        # A period in whole months or years begins on their first day and ends on their last.
        days = {"period_start": read_first_day, "period_end": read_last_day}
        return days.get(field.name, read_day)
    if isinstance(field, models.IntegerField):
        return read_integer
    return read_text


def precision_of(model: type[models.Model], field: models.Field) -> str:
    """Name of the column that says how much of a date is known; empty if all of it must be."""
    name = f"{field.name}_precision"
    return name if any(other.name == name for other in model._meta.concrete_fields) else ""


def by_edition(hs_codes: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    """An item's customs codes in the one order in which files and contents have them."""
    return sorted(hs_codes, key=lambda row: (row["edition"], row["code"]))
