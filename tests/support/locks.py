"""Another connection that holds a lock, while a test goes on."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, connections


@contextmanager
def held_elsewhere(on_postgresql: str, seconds: float = 60) -> Iterator[None]:
    """Hold what the statement locks on PostgreSQL, on SQLite the lock of writing; for `seconds`
    at the most."""
    held, done = threading.Event(), threading.Event()
    lock = "BEGIN IMMEDIATE" if connection.vendor == "sqlite" else f"BEGIN; {on_postgresql}"

    def hold() -> None:
        try:
            with connections["default"].cursor() as cursor:
                cursor.execute(lock)
                held.set()
                done.wait(seconds)
                cursor.execute("ROLLBACK")
        finally:
            connections.close_all()

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(seconds)
    try:
        yield
    finally:
        done.set()
        thread.join()
