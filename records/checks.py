"""System checks of the dataset's database."""

from typing import Any

from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import connections

from records import guards, indexes


@register(Tags.database)
def guards_are_installed(*, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """The triggers that keep published rows as they are stand in the database. A warning, for
    `migrate`, which runs the checks first, is the cure."""
    return [
        Warning(
            f"The database {alias!r} does not guard what is published: {len(missing)} triggers "
            f"are missing.",
            hint="Run manage.py migrate.",
            id="records.W001",
        )
        for alias in databases or ()
        if (missing := guards.missing(connections[alias]))
    ]


@register(Tags.database)
def words_are_indexed(*, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """The full-text indexes stand in the database, and what keeps them up."""
    return [
        Warning(
            f"The database {alias!r} cannot be searched: it lacks {', '.join(sorted(missing))}.",
            hint="Run manage.py migrate.",
            id="records.W002",
        )
        for alias in databases or ()
        if (missing := indexes.missing(connections[alias]))
    ]
