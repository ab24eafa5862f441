"""Filters on series: the points of one, and the last point of each."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from aidapi.parameters import BooleanField
from records.query.filters.base import RecordFilter
from records.query.filters.columns import ColumnParameter


class SeriesParameter(ColumnParameter):
    """The points of one series."""

    def condition(self, records: Any, value: str) -> Q:
        # Repeated, so that SQLite can use the partial index of records in a series.
        return super().condition(records, value) & ~Q(series="")


class LatestParameter(RecordFilter):
    """Of each series only its last point in force, or only the earlier ones."""

    def __init__(self) -> None:
        super().__init__(
            BooleanField(example="true"),
            "`true`: of each series only the point with the latest `as_of`; records outside any "
            "series stay. `false`: only the overtaken points.",
        )

    def condition(self, records: Any, value: bool) -> Any:
        in_force = records.model.objects.in_force(records.revision)
        later = (
            in_force.filter(series=OuterRef("series"))
            .exclude(series="")
            .filter(
                Q(as_of_key__gt=OuterRef("as_of_key"))
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
