"""Deadlines: a request whose queries take too long is cancelled and answered with 503.

One thread watches all requests, and commits, and cancels the statement that runs past its
deadline. This works the same on SQLite and PostgreSQL and costs a request no statement of its own.
"""

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.http import HttpRequest, HttpResponse

TICK = 0.05
"""Seconds between two checks of the deadlines."""
CUT_SECONDS = 1
"""Seconds after which the connection to a server that takes no cancellation is shut down."""
WITHOUT_DATABASE = ("/livez", "/metrics", "/static/")
ANSWER_SECONDS = 5
"""Seconds that a request has at least for its answer after a commit."""


class Deadline:
    """Deadline of one request, or one commit."""

    def __init__(self, seconds: float, database: Any) -> None:
        self.at = time.monotonic() + seconds
        self.lock = threading.Lock()
        self.database = database
        """Database connection; None once the request is over."""
        self.passed = False

    def cancel(self) -> None:
        with self.lock:
            driver = self.database and self.database.connection
            if driver is None:
                return
            self.passed = True
            if hasattr(driver, "interrupt"):
                driver.interrupt()
            elif time.monotonic() < self.at + CUT_SECONDS:
                driver.cancel_safe(timeout=1)
            else:
                # The server takes no cancellation either: its thread is woken by the connection's
                # end.
                with socket.socket(fileno=os.dup(driver.pgconn.socket)) as connected:
                    connected.shutdown(socket.SHUT_RDWR)


class Watch:
    """Thread that checks the deadlines, started with the first request."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.watched: set[Deadline] = set()
        self.thread: threading.Thread | None = None

    def add(self, deadline: Deadline) -> None:
        with self.lock:
            self.watched.add(deadline)
            if self.thread is None or not self.thread.is_alive():
                self.thread = threading.Thread(target=self.look, name="deadlines", daemon=True)
                self.thread.start()

    def drop(self, deadline: Deadline) -> None:
        with self.lock:
            self.watched.discard(deadline)
        with deadline.lock:
            deadline.database = None

    def extend(self, database: Any, seconds: float) -> None:
        """Give whatever uses the connection at least so many seconds from now."""
        at = time.monotonic() + seconds
        with self.lock:
            for deadline in self.watched:
                if deadline.database is database:
                    deadline.at = max(deadline.at, at)

    def look(self) -> None:
        while True:
            time.sleep(TICK)
            now = time.monotonic()
            with self.lock:
                late = [deadline for deadline in self.watched if deadline.at < now]
            for deadline in late:
                # A server that is away or hangs cannot be reached: the next look tries again.
                with contextlib.suppress(Exception):
                    deadline.cancel()


watch = Watch()


@contextmanager
def limited(seconds: float, database: Any) -> Iterator[Deadline]:
    """Cancel what the connection executes after so many seconds."""
    deadline = Deadline(seconds, database)
    watch.add(deadline)
    try:
        yield deadline
    finally:
        watch.drop(deadline)


@contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """Cancel what the usual connection executes after so many seconds, and close it then."""
    database: Any = connections[DEFAULT_DB_ALIAS]
    with limited(seconds, database) as deadline:
        try:
            yield
        finally:
            watch.drop(deadline)
            if deadline.passed:
                # A late cancellation of one statement must not hit the next.
                database.cancelled = not database.is_lost()
                database.close()


def seconds_for(path: str) -> float | None:
    """Return the longest time of a request's queries."""
    if path.startswith("/admin/"):
        return settings.ADMIN_SECONDS
    if path == "/readyz":
        return settings.PROBE_SECONDS
    return None if path.startswith(WITHOUT_DATABASE) else settings.QUERY_SECONDS


class DeadlineMiddleware:
    """Middleware that limits the time of all requests that use the database."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        seconds = seconds_for(request.path_info)
        if seconds is None:
            return self.get_response(request)
        with bounded(seconds):
            return self.get_response(request)
