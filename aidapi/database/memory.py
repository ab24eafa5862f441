"""How much of a database a process keeps in its memory."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

LITTLE = -4_096
"""Kibibytes, as SQLite takes them: below 0."""


@contextmanager
def little_cache() -> Iterator[None]:
    """Let SQLite keep few pages of the database, for one pass over everything: what is read once
    is not needed again. PostgreSQL keeps none in this process."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        ((usual,),) = cursor.execute("PRAGMA cache_size").fetchall()
        cursor.execute(f"PRAGMA cache_size = {LITTLE}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA cache_size = {usual}")
