"""System checks of the derived rows and their indexes."""

from typing import Any

from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import connections

from records.index import search_index, state
from records.index.models import DerivedState


@register(Tags.database)
def search_is_indexed(*, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Return a warning for each database that lacks a full-text index or what maintains it."""
    return [
        Warning(
            f"The database {alias!r} cannot be searched: it lacks {', '.join(sorted(missing))}.",
            hint="Run manage.py migrate.",
            id="records.W002",
        )
        for alias in databases or ()
        if (missing := search_index.missing(connections[alias]))
    ]


@register(Tags.database)
def derived_rows_are_up_to_date(*, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Return a warning for each database with derived rows that other code wrote."""
    return [
        Warning(
            f"Derived rows of the database {alias!r} are out of date: {state.describe(found)}.",
            hint="Run manage.py reindex.",
            id="records.W003",
        )
        for alias in databases or ()
        # Before the first migration there is nothing to check.
        if DerivedState._meta.db_table in connections[alias].introspection.table_names()
        and (found := state.out_of_date(alias))
    ]
