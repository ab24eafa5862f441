"""What keeps a process from serving although its database answers: a file or server that is not
the one it should be, or cannot be written to. Every probe is small; `/readyz` has a deadline."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, OperationalError, connection, transaction

from aidapi import replicas
from aidapi.database.postgresql.fencing import SUPERSEDED
from aidapi.database.postgresql.pooling import faults_of_role
from aidapi.database.sqlite3.base import identity, opened

LEAST_FREE = 32_000_000
"""Bytes that must be free where the SQLite file is."""


def faults() -> Iterator[str]:
    """Yield what is wrong, in sentences without secrets."""
    if connection.vendor == "sqlite":
        yield from faults_of_file(connection.settings_dict["NAME"])
    else:
        yield from faults_of_server()
    yield from replicas.faults()


def faults_of_file(name: Any) -> Iterator[str]:
    if identity(name) != opened.get(str(name)):
        yield (
            "The database file was deleted or replaced after this process had opened it: restart "
            "the process."
        )
    elif identity(name) and shutil.disk_usage(Path(name).parent).free < LEAST_FREE:
        yield "The disk of the database file is full."
    if not settings.READ_ONLY and not connection.in_atomic_block and not takes_writes():
        yield "The database file is read-only: make it and its folder writable, or set READ_ONLY."


def takes_writes() -> bool:
    """Return whether SQLite executes a statement that writes, though it changes nothing; without
    waiting for another that writes."""
    connection.ensure_connection()
    try:
        with connection.wrap_database_errors:
            connection.connection.execute("UPDATE django_migrations SET app = app WHERE 0")
    except OperationalError as error:
        return "locked" in str(error)
    return True


def faults_of_server() -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_is_in_recovery(), current_setting('transaction_read_only') = 'on',"
            " has_table_privilege('django_session', 'INSERT'),"
            " EXISTS (SELECT 1 FROM pg_subscription_rel r JOIN pg_class c ON c.oid = r.srrelid"
            " WHERE c.relnamespace = current_schema()::regnamespace)"
        )
        is_standby, is_read_only, may_write, is_subscriber = cursor.fetchone()
        if settings.POOLED:
            yield from faults_of_role(cursor)
    if is_subscriber:
        yield (
            "The database receives its tables by logical replication, which the triggers that "
            "guard published rows refuse: use a physical replica."
        )
    if not settings.READ_ONLY and (is_standby or is_read_only or not may_write):
        which = "is a standby" if is_standby else "is read-only for this process"
        yield f"The database server {which}: name the primary in DATABASE_URL, or set READ_ONLY."
    database: Any = connection
    if database.is_superseded():
        yield SUPERSEDED
    if not writes_files():
        yield "The database server cannot write to its disk: it may be full."


def writes_files() -> bool:
    """Return whether PostgreSQL writes a temporary file: 20,000 numbers do not fit into the least
    memory that it can be given. Any role may, on a standby too."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL work_mem = '64kB'")
            cursor.execute("SELECT count(*) FROM generate_series(1, 20000)")
    except DatabaseError as error:
        # Class 53: insufficient resources.
        if str(getattr(error.__cause__, "sqlstate", "")).startswith("53"):
            return False
        raise
    return True
