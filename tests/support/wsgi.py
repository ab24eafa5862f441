"""Requests to a WSGI application, without a server."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core import signals
from django.db import DEFAULT_DB_ALIAS, close_old_connections
from django.db import connections as database


def environ(path: str, query: str = "", method: str = "GET", **more: Any) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "REMOTE_ADDR": "192.0.2.1",
        "HTTP_HOST": "127.0.0.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        **more,
    }


class Answer:
    """What a WSGI application answered."""

    def __init__(self, application: Callable, given: dict[str, Any]) -> None:
        self.body = application(given, self.start)

    def start(self, status: str, headers: list[tuple[str, str]], *_: Any) -> None:
        self.status = int(status.split()[0])
        self.listed = headers
        self.headers = dict(headers)


@contextmanager
def own_connection() -> Iterator[None]:
    """Give the thread its connection back: a lane gives it another and then takes that away. As
    Django's own test client does, leave it open."""
    signals.request_started.disconnect(close_old_connections)
    signals.request_finished.disconnect(close_old_connections)
    own = database[DEFAULT_DB_ALIAS]
    yield
    database[DEFAULT_DB_ALIAS] = own
    signals.request_started.connect(close_old_connections)
    signals.request_finished.connect(close_old_connections)
