"""All filters of a query together, one after the other: the reference for the query planner."""

from typing import Any

from django.db.models import QuerySet

from records.query.bodies import bodies_at
from records.query.filters import FigureFilters, RecordFilters, TotalParameter, widened
from records.query.ids import id_list
from records.query.planner import RecordQuery
from records.query.totals import records_in_total


def matching_records(records: Any, filters: RecordFilters) -> QuerySet:
    """Return those of the records, in force at a revision, that pass all filters.

    Filters on figures must pass for one and the same figure. A filter by a total takes all
    others, since it totals what they select.
    """
    filters = widened(filters, bodies_at(records.revision))
    for name, (filter_, value) in filters.items():
        if isinstance(filter_, TotalParameter):
            others = {key: pair for key, pair in filters.items() if key != name}
            query = RecordQuery(records.model, others, records.revision)
            return records.filter(pk__in=id_list(records_in_total(query, value)))
    figures = FigureFilters.among(filters)
    for name, (filter_, value) in filters.items():
        if name not in figures.filters:
            records = filter_.filter(records, value)
    return figures.filter(records)
