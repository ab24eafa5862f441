"""Doubts: what is rarely right (another number than in the quote, a day of 2062), so that a
curator corrects it or gives a reason, which reviewers see."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from aidapi.dates import span, written

EPIDEMIC = date(2019, 12, 1)
"""No day of a record lies before it."""
TIME_ZONES = timedelta(days=1)
"""A day may end elsewhere before it begins here."""
FAR = timedelta(days=3 * 365)
"""How long before its statement a date is doubtful: accounts of the whole epidemic look back less
far."""


class Doubt(NamedTuple):
    """A field and what is doubtful about it, as sentences."""

    field: str
    text: str


def require_reason(doubts: Iterable[Doubt], reason: str, field: str) -> None:
    """Refuse what is doubtful, unless the field has a reason."""
    problems: dict[str, list[str]] = {}
    for doubt in doubts if not reason.strip() else ():
        problems.setdefault(doubt.field, []).append(
            f"{doubt.text} Correct it, or say in `{field}` why it is right."
        )
    if problems:
        raise ValidationError(problems)


class Known(NamedTuple):
    """A date as far as it is known: the days that it may be."""

    name: str
    first: date
    last: date
    text: str

    @property
    def question(self) -> str:
        return f"Is {self.text} meant?"


def known_date(row: models.Model, name: str) -> Known | None:
    """Return a date of a row; None where it has none."""
    day = getattr(row, name)
    if not isinstance(day, date):
        return None
    precision = getattr(row, f"{name}_precision", None) or "day"
    return Known(name, *span(day, precision), written(day, precision))


def known_dates(row: Any) -> list[Known]:
    """Return the dates of a record or milestone that curators write."""
    names = [field.name for field in row.content_fields() if isinstance(field, models.DateField)]
    return [known for name in names if (known := known_date(row, name))]


def date_doubts(row: Any) -> list[Doubt]:
    """Return a doubt for each date after today (UTC) or before the epidemic."""
    today = timezone.now().date()
    found = []
    for known in known_dates(row):
        year = f"{known.first.year:04}"
        if known.first > today:
            question = f"Is {year} meant?" if year != f"{today.year:04}" else known.question
            found.append(Doubt(known.name, f"{question} {known.text} is after today ({today})."))
        elif known.last < EPIDEMIC:
            found.append(
                Doubt(
                    known.name,
                    f"Is {year} meant? {known.text} is before the epidemic, which began in "
                    f"December 2019.",
                )
            )
    return found


def beside(known: Known, first: date, last: date, *, may_follow: bool = False) -> str:
    """Return what is doubtful about a date beside the days from `first` to `last` on which its
    statements were published; empty if nothing is. What was planned `may_follow` them."""
    published = f"{first}" if first == last else f"{first} to {last}"
    if known.first > last + TIME_ZONES and not may_follow:
        return f"{known.question} The statement was published before it ({published})."
    if known.last < first - FAR:
        return f"{known.question} The statement was published years after it ({published})."
    return ""
