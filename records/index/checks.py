"""System check of the derived rows and their indexes."""

from typing import Any

from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import connections

from records.index import search_index


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
