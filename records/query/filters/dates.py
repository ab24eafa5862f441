"""Filters by date. A date that is known to the month or year counts as all of its days, by one
rule: it passes a bound if one of its days may, or with `certain=true` if all of them must.

Dates are compared as text, as far as they are known, so that the index of a list's order bounds
what is read. In that order a month comes before its days.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from django.db.models import F, Func, Q
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual

from aidapi.dates import LENGTHS, span
from aidapi.fields import CodeField
from aidapi.parameters import DateField
from records.query.filters.base import RecordFilter

AFTER = "-99"
"""What a month or year is continued by to sort after all of its days."""


class Completed(Func):
    """A date as text that sorts after all days that it may be."""

    arity = 1
    template = f"(%(expressions)s || '{AFTER}')"


def not_before(column: str, day: date, certain: bool = False) -> Q:
    """Return the condition that a date may lie, or must lie, on the day or later."""
    text = day.isoformat()
    if certain:
        # The year or month that begins on the day comes before it, and before nothing else.
        return Q(**{f"{column}__gte": text.removesuffix("-01").removesuffix("-01")})
    completed = Completed(F(column), output_field=CodeField())
    return Q(**{f"{column}__gte": text[:4]}) & Q(GreaterThanOrEqual(completed, text))


def not_after(column: str, day: date, certain: bool = False) -> Q:
    """Return the condition that a date may lie, or must lie, on the day or earlier."""
    begun = Q(**{f"{column}__lte": day.isoformat()})
    if not certain:
        return begun
    # The year or month that ends on the day comes, completed, after its days.
    length = min(LENGTHS[unit] for unit in LENGTHS if span(day, unit)[1] == day)
    completed = Completed(F(column), output_field=CodeField())
    return begun & Q(LessThanOrEqual(completed, day.isoformat()[:length] + AFTER * 2))


@dataclass(frozen=True)
class Bound:
    """A day, and whether dates must be within it, or may."""

    day: date
    certain: bool = False


class BoundField(DateField):
    """The first or the last day of a range; of a month or year its own."""

    def __init__(self, side: Literal["from", "to"], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.side = side

    def clean(self, value: str) -> Any:
        first, last = super().clean(value)
        return Bound(first if self.side == "from" else last)


class DateParameter(RecordFilter):
    """A bound of a date of the record."""

    def __init__(self, column: str, side: Literal["from", "to"], what: str, example: str) -> None:
        name = "First" if side == "from" else "Last"
        super().__init__(
            BoundField(side, example=example),
            f"{name} day {what}; of a month (`2020-04`) or year (`2020`) its {name.lower()} day. "
            f"A date that is known to the month or year counts as all of its days: it is found "
            f"if one of them lies in the range, with `certain=true` only if all do.",
        )
        self.column, self.side = column, side

    def condition(self, records: Any, value: Bound) -> Q:
        return self.within(value)

    def within(self, value: Bound, prefix: str = "") -> Q:
        """Return the condition on the date, in the record or in the relation behind the
        prefix."""
        passes = not_before if self.side == "from" else not_after
        return passes(f"{prefix}{self.column}_key", value.day, value.certain)
