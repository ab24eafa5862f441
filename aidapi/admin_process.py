"""The admin in a process of its own, beside the process that serves readers.

Python executes one thread of a process at a time, and a form of the admin takes as long as fifty
lists: in one process, readers would wait for curators. The kernel shares the cores between
processes, and gives readers more of them (NICE).

The process of readers starts the other, and sends it each request to the admin with its body, over
one channel for each request that may be executed at once. The other answers with status, headers
and body, and ends when the channels do, so when the first ends. If it dies, requests that it had
are answered with 503, and the next request starts another one.
"""

import contextlib
import io
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import Connection
from typing import IO, Any

import structlog
from django.conf import settings
from django.core.wsgi import get_wsgi_application

from aidapi.errors import REFUSAL, generic, is_of_database
from aidapi.lanes import Ended, Environ, Lane, Slot, Stream, is_stream, whole

log = structlog.get_logger("aidapi.admin_process")
NICE = 5
"""Niceness of the process: of a core that both want, readers get three quarters."""
IN_MEMORY = 1024 * 1024
PIECE = 64 * 1024
SENT = (str, int, float, bool)
"""Types of the values of a request that are sent."""


class AdminProcess:
    """The other process, as the process of readers sees it."""

    def __init__(self, channels: int) -> None:
        self.lock = threading.Lock()
        self.channels = channels
        self.start()

    def start(self) -> None:
        pairs = [socket.socketpair() for _ in range(self.channels)]
        theirs = [other.detach() for _, other in pairs]
        self.connections = [Connection(own.detach()) for own, _ in pairs]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "aidapi.admin_process", *map(str, theirs)],
            stdin=subprocess.DEVNULL,
            pass_fds=theirs,
        )
        for each in theirs:
            os.close(each)

    def channel(self, place: int) -> tuple[subprocess.Popen, Connection]:
        """Return the process and its channel at that place; it is another one if the last one
        ended."""
        with self.lock:
            if self.process.poll() is not None:
                log.warning("The process of the admin ended, and another is started.")
                # Whoever waits on a channel of the last one reads its end.
                self.start()
            return self.process, self.connections[place]

    def end(self, process: subprocess.Popen) -> None:
        """Note that a channel of the process ended: the kernel closes them before it says that
        the process has ended. If it has not, it lacks a channel."""
        process.kill()
        process.wait()


class Channel(Slot):
    """The right to have one request executed by the other process."""

    def __init__(self, lane: Lane, process: AdminProcess, place: int) -> None:
        super().__init__(lane)
        self.process, self.place = process, place

    def run(self, site: Callable, environ: Environ, start_response: Callable) -> Any:
        """Return the response of the other process; raise Ended if it gave none."""
        head = {key: value for key, value in environ.items() if isinstance(value, SENT)}
        sent = json.dumps(head).encode(), body_of(environ)
        process, connection = self.process.channel(self.place)
        try:
            for part in sent:
                connection.send_bytes(part)
            status, headers = json.loads(connection.recv_bytes())
            body = spooled(iter(connection.recv_bytes, b""))
        except (EOFError, OSError):
            self.process.end(process)
            raise Ended from None
        start_response(status, [(name, value) for name, value in headers])
        return Answer(dict(headers), body)


def spooled(pieces: Iterable[bytes]) -> IO[bytes]:
    """Return a body as a file, which is in memory while it is small."""
    with contextlib.ExitStack() as failing:
        file: Any = failing.enter_context(tempfile.SpooledTemporaryFile(IN_MEMORY))
        for piece in pieces:
            file.write(piece)
        failing.pop_all()
    return file


def body_of(environ: Environ) -> bytes:
    """Return the body of a request, which was read before (aidapi.bodies)."""
    if environ["REQUEST_METHOD"] in ("GET", "HEAD"):
        return b""
    with contextlib.closing(environ["wsgi.input"]) as body:
        return body.read()


class Answer:
    """The response of the other process: whole, so that a client who takes it slowly holds
    nothing of that process."""

    streaming = True

    def __init__(self, headers: dict[str, str], body: IO[bytes]) -> None:
        self.headers, self.body = headers, body
        size = body.tell()
        body.seek(0)
        self.headers["Content-Length"] = str(size)

    def get(self, name: str, default: str = "") -> str:
        return self.headers.get(name, default)

    def __iter__(self) -> Iterator[bytes]:
        return iter(lambda: self.body.read(PIECE), b"")

    def close(self) -> None:
        self.body.close()


def admin_lane() -> Lane:
    """Start the process; return the lane whose slots are its channels."""
    process = AdminProcess(settings.ADMIN_THREADS)
    places = itertools.count()
    return Lane(
        "admin",
        settings.ADMIN_THREADS,
        settings.WAITING // 4,
        lambda lane: Channel(lane, process, next(places)),
    )


# --- In the other process


def serve(connection: Connection, lane: Lane, site: Callable) -> None:
    """Answer the requests of one channel until it ends."""
    with contextlib.suppress(EOFError, OSError):
        while True:
            environ = json.loads(connection.recv_bytes())
            environ |= {
                "wsgi.input": io.BytesIO(connection.recv_bytes()),
                "wsgi.errors": sys.stderr,
                "wsgi.version": (1, 0),
            }
            head, body = answer(environ, lane, site)
            connection.send_bytes(json.dumps(head).encode())
            with contextlib.closing(body):
                while piece := body.read(PIECE):
                    connection.send_bytes(piece)
            connection.send_bytes(b"")


def answer(environ: Environ, lane: Lane, site: Callable) -> tuple[list[Any], IO[bytes]]:
    """Return status and headers of the response, and its body."""
    try:
        return execute(environ, lane, site)
    except Exception as error:
        # A stream breaks off. Nothing of it was sent, so the client can be told.
        log.exception("A response of the admin broke off.")
        problem = generic(503 if is_of_database(error) else 500)
        return execute(environ | {REFUSAL: problem}, lane, site)


def execute(environ: Environ, lane: Lane, site: Callable) -> tuple[list[Any], IO[bytes]]:
    begun: list[Any] = []
    with lane.take("", -1) as slot:
        response = slot.run(site, environ, lambda *given: begun.extend(given))
        body = None if is_stream(response) else spooled(whole(response))
    if body is None:
        with contextlib.closing(Stream(response, lane, environ, lambda: None)) as stream:
            body = spooled(stream)
    body.seek(0)
    return begun[:2], body


def main() -> None:
    # Whoever stops the server stops all its processes; this one ends when the other has.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    site = get_wsgi_application()
    connections = [Connection(int(number)) for number in sys.argv[1:]]
    lane = Lane("admin", len(connections), 0)
    threads = [threading.Thread(target=serve, args=[one, lane, site]) for one in connections]
    os.nice(NICE)
    for thread in threads:
        thread.start()


if __name__ == "__main__":
    main()
