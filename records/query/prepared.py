"""Statements that every request runs, with a plan that the database keeps.

Planning takes PostgreSQL longer than running them. Django leaves its parameters to the client,
which no kept plan can take, so these go to the server with their parameters apart.
"""

from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import connection


def fetch(sql: str, params: Sequence[Any]) -> list[tuple]:
    """All rows of one statement."""
    with cursor() as open_cursor:
        open_cursor.execute(sql, params)
        return open_cursor.fetchall()


def cursor() -> Any:
    if connection.vendor != "postgresql":
        return connection.cursor()

    connection.ensure_connection()
    # Prepared after OPTIONS["prepare_threshold"] runs; Django's own cursors never are.
    plain: Any = psycopg.Cursor(connection.connection)
    if connection.queries_logged:
        return connection.make_debug_cursor(plain)
    return connection.make_cursor(plain)
