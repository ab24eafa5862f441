"""System check of the triggers that guard published rows."""

from typing import Any

from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import connections

from records.publishing import triggers


@register(Tags.database)
def triggers_are_installed(*, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Return a warning for each database that lacks triggers. Not an error: `migrate`, which
    installs them, runs the checks first."""
    return [
        Warning(
            f"The database {alias!r} does not guard what is published: {len(missing)} triggers "
            f"are missing.",
            hint="Run manage.py migrate.",
            id="records.W001",
        )
        for alias in databases or ()
        if (missing := triggers.missing(connections[alias]))
    ]
