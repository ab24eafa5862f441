"""All filters of a query together, one after the other: the reference for the query planner."""

from typing import Any

from django.db.models import QuerySet

from records.query.filters.base import RecordFilters
from records.query.filters.figures import FigureFilters
from records.query.filters.totals import CountedParameter


def matching_records(records: Any, filters: RecordFilters) -> QuerySet:
    """Return those of the records, in force at a revision, that pass all filters.

    Filters on figures must pass for one and the same figure. The filter by a total comes last,
    since it totals what the others select.
    """
    figures = FigureFilters.among(filters)
    for name, (filter_, value) in filters.items():
        if name not in figures.filters and not isinstance(filter_, CountedParameter):
            records = filter_.filter(records, value)
    records = figures.filter(records)
    for filter_, value in filters.values():
        if isinstance(filter_, CountedParameter):
            records = filter_.filter(records, value, figures)
    return records
