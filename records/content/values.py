"""Values of the content as text: how files and spreadsheets write each kind, and how it is read.

A reader takes text and returns the value, or raises ValueError with what is wrong and what would
be right.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.utils.dateparse import parse_datetime

from aidapi import dates
from aidapi.errors import nearest
from records.models import Precision, plain

NO_TEXT = re.compile("[\0\ud800-\udfff]")


def read_text(text: str) -> str:
    if NO_TEXT.search(text):
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
        raise ValueError(
            f"{text!r} is not a plain number: write digits only, decimals after a point and "
            f"nothing between thousands, as 1500000 or 1.9."
        )
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
    if not re.fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", text, re.ASCII):
        raise ValueError(
            f"{text!r}: write the date as 2020-04-10, or as 2020-04 or 2020 where no more is "
            f"known."
        )
    return read_day(f"{text}-01-01"[:10]), Precision(dates.precision_of(text))


def read_first_day(text: str) -> date:
    """The day on which a day, month or year begins."""
    return dates.span(*read_date(text))[0]


def read_last_day(text: str) -> date:
    """The day on which a day, month or year ends."""
    return dates.span(*read_date(text))[1]


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
        raise ValueError(f"{text!r} is none of {known}.{did_you_mean(text, codes)}")

    return read_code


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a question that names the known word most like this one; empty if none is."""
    close = nearest(word, known, exact_case=True)
    return f" Did you mean {close}?" if close else ""


def write_moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def write(value: Any) -> str:
    """A column's value as the file has it."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(plain(value))
