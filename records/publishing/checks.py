"""System check of the triggers that guard published rows."""

from collections import Counter
from typing import Any

from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import connections

from records.models import RevisionCounter
from records.publishing import triggers


@register(Tags.database)
def triggers_are_installed(*, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Return a warning for each database whose triggers are not those of the rules. Not an error:
    `migrate`, which installs them, runs the checks first."""
    found: list[CheckMessage] = []
    for alias in databases or ():
        if RevisionCounter._meta.db_table not in connections[alias].introspection.table_names():
            continue  # a database without tables: `migrate` is about to make both
        wrong = Counter(triggers.faults(connections[alias]).values())
        if wrong:
            how = ", ".join(f"{count} {fault}" for fault, count in sorted(wrong.items()))
            found.append(
                Warning(
                    f"The database {alias!r} does not guard what is published; triggers: {how}.",
                    hint="Run manage.py migrate.",
                    id="records.W001",
                )
            )
    return found


@register(Tags.database)
def sessions_enforce_references(*, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Return a warning for each PostgreSQL database whose sessions skip foreign keys. The triggers
    of publishing fire even then."""
    return [
        Warning(
            f"Connections to the database {alias!r} have session_replication_role={role}: foreign "
            f"keys are not enforced.",
            hint="Set it to origin for this database and its roles.",
            id="records.W004",
        )
        for alias in databases or ()
        if connections[alias].vendor == "postgresql"
        and (role := replication_role(connections[alias])) != "origin"
    ]


def replication_role(connection: Any) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW session_replication_role")
        return cursor.fetchone()[0]
