"""Request bodies: read before anything is executed, with a deadline and limits of size and number.

Only the admin and the reconciliation services take bodies, and the public forms
(settings.FORM_PATHS) small ones; elsewhere none is read. A server's `read` cannot be broken off,
and a body belongs to the thread of its request. So that thread reads, and past the deadline the
connection is shut down (aidapi.connections), which ends the read.
"""

import io
import re
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import IO, Any

from django.conf import settings

from aidapi.connections import watch
from aidapi.errors import Problem, overloaded
from aidapi.limits import address_of

RATE = 20_000
"""Bytes that give a body a further second beyond BODY_SECONDS."""
PIECE = 16 * 1024
IN_MEMORY = 1024 * 1024


@dataclass(eq=False)
class Arrival:
    """A body that is being read."""

    peer: str
    """The address at the other end of the connection."""
    most: int
    """Maximum size, in bytes."""
    size: int = 0
    began: float = field(default_factory=time.monotonic)

    def is_late(self) -> bool:
        return time.monotonic() > self.began + settings.BODY_SECONDS + self.size / RATE


class Bodies:
    """The bodies that are being read, counted by client."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.reading: Counter[str] = Counter()

    def replace(self, environ: dict[str, Any]) -> None:
        """Put the whole body where the application reads it; raise Problem if it does not come."""
        given = environ.get("CONTENT_LENGTH") or ""
        length = int(given) if given.isascii() and given.isdigit() else None
        chunked = "HTTP_TRANSFER_ENCODING" in environ
        body: IO[bytes] = io.BytesIO()
        size = 0
        most = limit_of(environ["PATH_INFO"])
        if (length or chunked) and most:
            if length and length > most:
                raise too_large(most)
            body, size = self.receive(environ, length, most)
        environ["wsgi.input"] = body
        if size or "CONTENT_LENGTH" in environ:
            environ["CONTENT_LENGTH"] = str(size)

    def receive(
        self, environ: dict[str, Any], length: int | None, most: int
    ) -> tuple[IO[bytes], int]:
        """Return the body, of at most so many bytes, and its size."""
        client = address_of(environ)
        # One client must leave room for others.
        share = max(1, settings.BODIES // 4)
        with self.lock:
            if self.reading.total() >= settings.BODIES or self.reading[client] >= share:
                raise overloaded()
            self.reading[client] += 1
        arrival = Arrival(environ.get("REMOTE_ADDR", ""), most)
        watch.begin(arrival, environ)
        file: Any = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 (the request's)
        try:
            read(environ["wsgi.input"], file, length, arrival)
        except Problem:
            file.close()
            raise
        finally:
            watch.end(arrival)
            with self.lock:
                self.reading -= Counter([client])
        return file, arrival.size


def limit_of(path: str) -> int:
    """Return how many bytes a body sent to the path may have; 0 where none is read."""
    if path.startswith("/admin/"):
        return settings.BODY_BYTES
    if path.startswith("/reconcile/"):
        return settings.QUERY_BYTES
    return settings.FORM_BYTES if re.fullmatch(settings.FORM_PATHS, path) else 0


def read(source: Any, file: IO[bytes], length: int | None, arrival: Arrival) -> None:
    """Copy a body; raise Problem if it is too large, late, or not whole."""
    try:
        # Never more than is to come: the server would wait for it.
        while most := PIECE if length is None else min(PIECE, length - arrival.size):
            piece = source.read(most)
            if not piece:
                break
            file.write(piece)
            arrival.size += len(piece)
            if arrival.size > arrival.most:
                raise too_large(arrival.most)
    except OSError:
        incomplete = True
    else:
        incomplete = length is not None and arrival.size < length
    file.seek(0)
    if arrival.is_late():
        raise Problem(
            408,
            "body_timeout",
            "Request body too slow",
            f"The body did not arrive within {settings.BODY_SECONDS} seconds, or came at less "
            f"than {RATE // 1000} KB a second: send it again.",
        )
    if incomplete:
        raise Problem(
            400, "body_incomplete", "Incomplete request body", "The body ended too early."
        )


def too_large(most: int) -> Problem:
    return Problem(
        413,
        "body_too_large",
        "Request body too large",
        f"A body sent here has at most {most:,} bytes: send less.",
    )
