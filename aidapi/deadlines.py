"""Deadlines: a request whose queries take too long is cancelled and answered with 503.

One thread watches all requests and cancels the statement that runs past its deadline. This works
the same on SQLite and PostgreSQL and costs a request no statement of its own.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.http import HttpRequest, HttpResponse

TICK = 0.05
"""Seconds between two checks of the deadlines."""


class Deadline:
    """Deadline of one request."""

    def __init__(self, seconds: float) -> None:
        self.at = time.monotonic() + seconds
        self.lock = threading.Lock()
        self.database: Any = connections[DEFAULT_DB_ALIAS]
        """Database connection of the request; None once the request is over."""
        self.passed = False

    def cancel(self) -> None:
        with self.lock:
            driver = self.database and self.database.connection
            if driver is None:
                return
            self.passed = True
            if hasattr(driver, "interrupt"):
                driver.interrupt()
            else:
                driver.cancel_safe(timeout=1)


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

    def look(self) -> None:
        while True:
            time.sleep(TICK)
            now = time.monotonic()
            with self.lock:
                late = [deadline for deadline in self.watched if deadline.at < now]
            for deadline in late:
                deadline.cancel()


watch = Watch()


class DeadlineMiddleware:
    """Middleware that limits the time of requests to the API."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith("/api/"):
            return self.get_response(request)
        deadline = Deadline(settings.QUERY_SECONDS)
        watch.add(deadline)
        try:
            return self.get_response(request)
        finally:
            watch.drop(deadline)
            if deadline.passed:
                # A late cancellation of one statement must not hit the next.
                connection.close()
