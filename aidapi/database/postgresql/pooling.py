"""Poolers between this process and PostgreSQL, such as PgBouncer.

A pooler that gives each transaction another connection loses what belongs to a connection:
prepared statements, cursors, and the settings with which it was opened. With POOLED the process
needs none of them, and the settings are those of the role. Without, a pooler is refused.
"""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import OperationalError

from aidapi.database.addresses import SESSION

TIMEOUTS = ("lock_timeout", "statement_timeout")
REFUSED = (
    "DATABASE_URL leads to a pooler. Set POOLED=true if it pools transactions or sessions, or "
    "give the address of the server itself."
)


def refuse_pooler(driver: Any) -> None:
    """Raise OperationalError if a new connection leads to a pooler and POOLED is not set."""
    if not settings.POOLED and is_pooled(driver):
        raise OperationalError(REFUSED)


def is_pooled(driver: Any) -> bool:
    """Return whether a pooler answered for the server when the connection was opened: it gives a
    number of its own where the server gives that of the process that executes statements."""
    with driver.cursor() as cursor:
        (process,) = cursor.execute("SELECT pg_backend_pid()").fetchone()
    driver.rollback()
    return bool(process != driver.info.backend_pid)


def faults_of_role(cursor: Any) -> Iterator[str]:
    """Yield what the role lacks of the settings that a pooler does not pass on."""
    names = [*SESSION, *TIMEOUTS]
    columns = ", ".join(f"current_setting('{name}')" for name in names)
    cursor.execute(f"SELECT current_user, {columns}")
    role, *found = cursor.fetchone()
    actual = dict(zip(names, found, strict=True))
    wanted = [f"{name} = {value}" for name, value in SESSION.items() if actual[name] != value]
    wanted += [f"{name} = '20s'" for name in TIMEOUTS if actual[name] == "0"]
    if wanted:
        yield (
            f"The role {role} lacks settings that a pooler does not pass on: run "
            f"deploy/postgresql-roles.sql, or ALTER ROLE {role} SET for each of "
            f"{', '.join(wanted)}."
        )
