"""Filters on series: the points of one, and the latest of each.

A point is overtaken by one that is surely later, as in totals: a point of April may be of a day
before the 15th or after it."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from aidapi.fields import CodeField
from aidapi.parameters import BooleanField
from records.query.filters.base import RecordFilter
from records.query.filters.columns import ColumnParameter
from records.query.filters.dates import AFTER, Completed


class SeriesParameter(ColumnParameter):
    """The points of one series."""

    def condition(self, records: Any, value: str) -> Q:
        # Repeated, so that SQLite can use the partial index of records in a series.
        return super().condition(records, value) & ~Q(series="")


def overtakes(later: tuple[str, str], earlier: tuple[str, str]) -> bool:
    """Return whether a point, given by its date as text and its id, overtakes another of its
    series. Of points of one date the greater id does."""
    return later[0] > earlier[0] + AFTER or (later[0] == earlier[0] and later[1] > earlier[1])


class LatestParameter(RecordFilter):
    """Of each series only the points in force that no later one overtakes, or only the others."""

    coded = True

    def __init__(self) -> None:
        super().__init__(
            BooleanField(example="true"),
            "`true`: of each series only the point with the latest `as_of`; records outside any "
            "series stay. Where the latest dates are a month and a day of it, which may be in "
            "either order, both points. `false`: only the overtaken points.",
        )

    def condition(self, records: Any, value: bool) -> Any:
        in_force = records.model.objects.in_force(records.revision)
        later = (
            in_force.filter(series=OuterRef("series"))
            .exclude(series="")
            .filter(
                Q(as_of_key__gt=Completed(OuterRef("as_of_key"), output_field=CodeField()))
                | Q(as_of_key=OuterRef("as_of_key"), public_id__gt=OuterRef("public_id"))
            )
        )
        return ~Exists(later) if value else ~Q(series="") & Exists(later)

    def overtaken(self, records: Any) -> QuerySet:
        """Return the points of series that a later one follows."""
        return self.filter(records, False).filter(pk__in=in_series(records.model).values("pk"))


def in_series(model: Any) -> QuerySet:
    """Return the versions that belong to a series."""
    return model.objects.exclude(series="")
