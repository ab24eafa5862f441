"""Lanes: requests of one kind never hold what others need.

A WSGI server gives each request a thread. Here such a thread is cheap and there are many; what is
scarce is a slot of a lane: the right to run our code, with a database connection. Reading, the
admin, downloads and probes have lanes of their own. Bodies are read, and responses written,
without a slot, so that a client that sends or takes nothing holds a sleeping thread and no more,
up to a limit in number and in time (aidapi.bodies, aidapi.connections). Beyond the limits the
answer is 503 with Retry-After.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Self
from urllib.parse import parse_qsl

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.http import HttpRequest, HttpResponse
from prometheus_client import Counter

from aidapi import replicas
from aidapi.bodies import Bodies
from aidapi.coalescing import Coalescing
from aidapi.connections import watch
from aidapi.deadlines import bounded, seconds_for
from aidapi.errors import REFUSAL, RETRY_AFTER, Problem, for_people, overloaded
from aidapi.outcomes import NOTHING, UNKNOWN, page
from aidapi.renderers import CSV, NDJSON, XLSX

Environ = dict[str, Any]

FILE_FORMATS = {file.format for file in (CSV, NDJSON, XLSX)}
FILE_EXTENSIONS = tuple(f".{file.extension}" for file in (CSV, NDJSON, XLSX))
FILE_TYPES = [file.media_type for file in (CSV, NDJSON, XLSX)]
LARGEST_WHOLE = 4 * 1024 * 1024
"""Larger streams of known length are not read into memory."""
REFUSED = Counter("aidapi_refused", "Requests refused for lack of room.", ["lane"])


class Full(Exception):
    """No slot became free in time, or too many requests wait for one."""


class Ended(Problem):
    """The process that executed the request ended before it answered."""

    def __init__(self) -> None:
        super().__init__(503, "process_ended", "The process ended", "The server was restarted.")
        self.headers["Retry-After"] = str(RETRY_AFTER)


class Slot:
    """The right to have one request executed; left, it is given back."""

    connection: Any = None
    """The database connection that its requests use, where they are executed here."""
    renewed = False
    """Whether the next request opens a new one."""

    def __init__(self, lane: "Lane") -> None:
        self.lane = lane
        self.address = ""
        """The client's address, while the slot is taken."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.lane.give_back(self)

    def run(self, site: Callable, environ: Environ, start_response: Callable) -> Any:
        """Return the response; raise Ended if the process that was to give it is no more."""
        return site(environ, start_response)


class Connected(Slot):
    """The right to execute a request here, with the database connection that it uses."""

    def __init__(self, lane: "Lane", database: str = DEFAULT_DB_ALIAS) -> None:
        super().__init__(lane)
        self.connection = connections.create_connection(database)
        # Whichever it is, the code knows one.
        self.connection.alias = DEFAULT_DB_ALIAS
        # One thread after another uses it, never two at once.
        self.connection.inc_thread_sharing()

    def __enter__(self) -> Self:
        connections[DEFAULT_DB_ALIAS] = self.connection
        if self.renewed:
            self.renewed = False
            self.connection.close()
        self.connection.cancelled = False
        self.was_open = self.connection.connection is not None
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close_if_unusable_or_obsolete()
        del connections[DEFAULT_DB_ALIAS]
        if self.was_open and self.connection.connection is None and not self.connection.cancelled:
            # It was lost, and so probably were all: each would fail a request of its own.
            self.lane.renew()
        super().__exit__()


class Waiter:
    """A thread that waits for a slot."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.slot: Slot | None = None
        self.served = threading.Lock()
        self.served.acquire()


class Lane:
    """Slots for one kind of request. The most recently freed is the next to be taken, so that a
    site at rest keeps few connections busy; those who wait are served in order."""

    def __init__(
        self,
        name: str,
        slots: int,
        waiting: int,
        new: Callable[["Lane"], Slot] = Connected,
    ) -> None:
        self.name, self.waiting = name, waiting
        self.slots = [new(self) for _ in range(slots)]
        self.free = list(self.slots)
        self.waiters: deque[Waiter] = deque()
        self.lock = threading.Lock()

    def take(self, address: str, patience: float) -> Slot:
        """Return a slot; raise Full if there is none within the seconds of `patience`, or too
        many wait already. With a patience of -1 it waits in any case."""
        with self.lock:
            if self.free:
                slot = self.free.pop()
                slot.address = address
                return slot
            if patience >= 0 and len(self.waiters) >= self.waiting:
                raise Full
            waiter = Waiter(address)
            self.waiters.append(waiter)
        waiter.served.acquire(timeout=patience)
        with self.lock:
            if waiter.slot is None:
                self.waiters.remove(waiter)
                raise Full
            return waiter.slot

    def give_back(self, slot: Slot) -> None:
        with self.lock:
            slot.address = ""
            if self.waiters:
                waiter = self.waiters.popleft()
                slot.address = waiter.address
                waiter.slot = slot
                waiter.served.release()
            else:
                self.free.append(slot)

    def renew(self) -> None:
        """Let the free slots open new connections."""
        with self.lock:
            for slot in self.free:
                slot.renewed = True

    def addresses(self) -> set[str]:
        """Return the addresses whose requests are executed or wait."""
        with self.lock:
            waiting = {waiter.address for waiter in self.waiters}
            return waiting | {slot.address for slot in self.slots}


class Stream:
    """A streamed response: a slot is held while a piece is made, none while it is sent. Each
    piece has the deadline of a request."""

    def __init__(
        self, response: Any, lane: Lane, environ: Environ, done: Callable[[], None]
    ) -> None:
        self.response, self.lane, self.done = response, lane, done
        self.peer = environ.get("REMOTE_ADDR", "")
        self.seconds = seconds_for(environ["PATH_INFO"]) or settings.QUERY_SECONDS
        self.pieces = iter(response)
        self.revision = int(response.get("Dataset-Revision") or 0)
        self.closed = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        with self.lane.take(self.peer, -1), bounded(self.seconds):
            # The connection may be another than that of the piece before.
            replicas.wait_for(self.revision)
            piece = next(self.pieces, None)
        if piece is None:
            raise StopIteration
        return piece

    def close(self) -> None:
        if self.closed:
            return
        self.closed = True
        try:
            with self.lane.take(self.peer, -1):
                # The generator first: it may still use the connection.
                if hasattr(self.pieces, "close"):
                    self.pieces.close()
                self.response.close()
        finally:
            watch.end(self)
            self.done()

    def is_late(self) -> bool:
        """Return False: it has no deadline, but its reader must go on taking it."""
        return False


class Lanes:
    """The WSGI application around Django's that gives each request its lane."""

    def __init__(
        self, site: Callable[[Environ, Callable], Any], admin: Lane | None = None
    ) -> None:
        """The lane of the admin is given where another process executes its requests."""
        self.site = site
        waiting = settings.WAITING
        self.reading = Lane("reading", settings.THREADS, waiting)
        self.admin = admin or Lane("admin", settings.ADMIN_THREADS, waiting // 4)
        self.downloads = Lane("downloads", settings.DOWNLOAD_THREADS, settings.DOWNLOADS)
        self.probes = Lane("probes", 1, settings.PROBES_WAITING)
        self.streams = threading.BoundedSemaphore(settings.DOWNLOADS)
        self.bodies = Bodies()
        self.coalescing = Coalescing(settings.COALESCED)
        watch.busy = self.busy_addresses

    def __call__(self, environ: Environ, start_response: Callable) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            try:
                self.bodies.replace(environ)
            except Problem as problem:
                return self.refuse(environ, start_response, "bodies", problem)
        if path == "/livez":
            return whole(self.site(environ, start_response))
        if path in ("/readyz", "/metrics"):
            return self.run(self.probes, environ, start_response)
        if path.startswith("/admin/"):
            return self.run(self.admin, environ, start_response)
        if path.startswith("/api/") and asks_for_file(environ):
            if not self.streams.acquire(blocking=False):
                return self.refuse(environ, start_response, "downloads", overloaded())
            return self.run(self.downloads, environ, start_response, self.streams.release)
        with self.coalescing.turn(environ):
            return self.run(self.reading, environ, start_response)

    def run(
        self,
        lane: Lane,
        environ: Environ,
        start_response: Callable,
        done: Callable[[], None] | None = None,
    ) -> Iterable[bytes]:
        """Answer in the lane. `done` gives back the place among the streams, if it was taken."""
        address = environ.get("REMOTE_ADDR", "")
        stream: Stream | None = None
        try:
            with lane.take(address, settings.WAIT_SECONDS) as slot:
                begun: list[Any] = []
                response = slot.run(self.site, environ, lambda *given: begun.extend(given))
                if not is_stream(response):
                    start_response(*begun)
                    return whole(response)
                if done is None and self.streams.acquire(blocking=False):
                    done = self.streams.release
                if done is not None:
                    # Where the primary began the response, it goes on there.
                    made_in = getattr(response, "lane", lane)
                    stream = Stream(response, made_in, environ, done)
                else:
                    response.close()
        except Full:
            return self.refuse(environ, start_response, lane.name, overloaded())
        except Ended as ended:
            return self.explain(environ, start_response, ended)
        finally:
            if stream is None and done is not None:
                done()
        if stream is None:
            return self.refuse(environ, start_response, "downloads", overloaded())
        watch.begin(stream, environ)
        start_response(*begun)
        return stream

    def refuse(
        self, environ: Environ, start_response: Callable, lane: str, problem: Problem
    ) -> Iterable[bytes]:
        """Answer a request that is not executed."""
        REFUSED.labels(lane).inc()
        return self.explain(environ, start_response, problem)

    def explain(
        self, environ: Environ, start_response: Callable, problem: Problem
    ) -> Iterable[bytes]:
        """Answer the problem by way of the middleware: with an id, counted, logged, and with the
        headers of every response. It takes no slot, so nothing on that way may use the
        database."""
        return whole(self.site(environ | {REFUSAL: problem}, start_response))

    def busy_addresses(self) -> set[str]:
        lanes = (self.reading, self.admin, self.downloads, self.probes)
        found = set().union(*(lane.addresses() for lane in lanes))
        return {address.removeprefix("::ffff:") for address in found}


class RefusalMiddleware:
    """Answers what the lanes did not execute, or not to its end."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        problem = request.META.get(REFUSAL)
        if problem is None:
            return self.get_response(request)
        if for_people(request):
            written = NOTHING
            if isinstance(problem, Ended) and request.method == "POST":
                written = UNKNOWN
            return page(request, [str(problem.detail), written], problem.status_code)
        response = problem.response()
        response["Cache-Control"] = "no-store"
        return response


def asks_for_file(environ: Environ) -> bool:
    """Return whether the request asks for a download. One that hides it well is a stream all the
    same, and counted as such when it has begun."""
    if environ["PATH_INFO"].endswith(FILE_EXTENSIONS):
        return True
    query, accept = environ.get("QUERY_STRING", ""), environ.get("HTTP_ACCEPT", "")
    if "%" in query or any(form in query for form in FILE_FORMATS):
        named = [value for name, value in parse_qsl(query) if name == "format"]
        if named:
            return named[0] in FILE_FORMATS
    elif "format=" in query:
        return False
    return any(media_type in accept.lower() for media_type in FILE_TYPES)


def is_stream(response: Any) -> bool:
    """Return whether a response must be sent piece by piece: small files need not."""
    if not getattr(response, "streaming", False):
        return False
    length = response.get("Content-Length", "")
    return not (length.isdecimal() and int(length) <= LARGEST_WHOLE)


def whole(response: Any) -> list[bytes]:
    """Return the body as one piece, which the server sends without a thread of ours."""
    try:
        return [b"".join(response)]
    finally:
        response.close()
