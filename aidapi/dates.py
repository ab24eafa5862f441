"""Dates that may lack their day or their month, written as 2020-04-10, 2020-04 or 2020 (ISO 8601).

As text they have an order: a year comes before its months, and a month before its days.
"""

import re
from calendar import monthrange
from datetime import date

IN_YEAR = (
    "0[1-9]|1[0-2]",
    "(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-9])",
    "(0[13-9]|1[0-2])-30",
    "(0[13578]|1[02])-31",
)
YEARS = ("[0-9]{3}[1-9]", "[0-9]{2}[1-9]0", "[0-9][1-9]00", "[1-9]000")
PATTERN = rf"({'|'.join(YEARS)})(-({'|'.join(IN_YEAR)}))?"
"""A year, month or day of the calendar, as regular expressions of any kind can say it; 29 February
matches in every year."""
LENGTHS = {"day": 10, "month": 7, "year": 4}
"""Precision → the length of a date as text."""


def written(day: date, precision: str) -> str:
    """Return a date as far as it is known."""
    return day.isoformat()[: LENGTHS[precision]]


def parsed(text: str) -> tuple[date, str]:
    """Return the first day of a date and its precision, or raise ValueError."""
    if not re.fullmatch(PATTERN, text):
        raise ValueError(f"{text!r} is neither a day nor a month nor a year.")
    return date.fromisoformat(f"{text}-01-01"[:10]), precision_of(text)


def precision_of(text: str) -> str:
    """Return the precision of a date as text, by its length."""
    return next(name for name, length in LENGTHS.items() if length == len(text))


def span(day: date, precision: str) -> tuple[date, date]:
    """Return the first and the last day that a date may be."""
    if precision == "year":
        return date(day.year, 1, 1), date(day.year, 12, 31)
    if precision == "month":
        return day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1])
    return day, day


def in_words(known: str | None) -> str:
    """Return a date as people write it, as far as it is known: 10 April 2020, April 2020, 2020;
    empty if there is none."""
    if not known:
        return ""
    day, precision = parsed(known)
    parts = [str(day.day), f"{day:%B}", str(day.year)]
    return " ".join(parts[list(LENGTHS).index(precision) :])
