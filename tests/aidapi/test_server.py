"""Lanes, bodies and stalled connections: what holds one request must not hold others."""

import contextlib
import io
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import DEFAULT_DB_ALIAS, OperationalError
from django.db import connections as database
from django.http import HttpResponse, StreamingHttpResponse
from django.test import override_settings

from aidapi import connections, server
from aidapi.bodies import Bodies
from aidapi.errors import Problem
from aidapi.lanes import Full, Lane, Lanes, Stream, asks_for_file
from tests.support.deadlines import SLOW
from tests.support.wsgi import Answer, environ, own_connection

SMALL = {
    "THREADS": 2,
    "ADMIN_THREADS": 1,
    "DOWNLOAD_THREADS": 1,
    "DOWNLOADS": 2,
    "BODIES": 8,
    "WAITING": 4,
    "WAIT_SECONDS": 5,
    "BODY_SECONDS": 0.3,
    "WRITE_SECONDS": 1,
}


@pytest.fixture(autouse=True)
def small() -> Iterator[None]:
    with override_settings(**SMALL), own_connection():
        yield


class Site:
    """A site whose requests last until they are let go."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.running = threading.Semaphore(0)
        self.connections: set[int] = set()

    def __call__(self, given: dict[str, Any], start: Callable) -> Any:
        if "aidapi.refusal" in given:
            response: Any = given["aidapi.refusal"].response()
        elif "format" in given["QUERY_STRING"]:
            response = StreamingHttpResponse(self.piece() for _ in range(3))
        else:
            response = HttpResponse(b"ok")
            if given["PATH_INFO"] == "/slow/":
                self.piece()
                self.running.release()
                assert self.go.wait(10)
        start(f"{response.status_code} X", list(response.items()))
        return response

    def piece(self) -> bytes:
        self.connections.add(id(database[DEFAULT_DB_ALIAS]))
        return b"piece"


def ask(lanes: Lanes, path: str, query: str = "") -> Answer:
    return Answer(lanes, environ(path, query))


# --- Lanes


def test_full_reading_lane_leaves_admin_and_probes() -> None:
    site = Site()
    lanes = Lanes(site)
    threads = [threading.Thread(target=ask, args=[lanes, "/slow/"]) for _ in range(6)]
    for thread in threads:
        thread.start()
    for _ in range(2):
        assert site.running.acquire(timeout=5)
    while len(lanes.reading.waiters) < 4:
        time.sleep(0.01)

    refused = ask(lanes, "/")
    others = [ask(lanes, path).status for path in ("/livez", "/readyz", "/metrics", "/admin/")]
    site.go.set()
    for thread in threads:
        thread.join(5)

    assert (refused.status, refused.headers["Retry-After"]) == (503, "5")
    assert others == [200] * 4
    assert ask(lanes, "/").status == 200
    assert len(site.connections) <= 2


def test_open_downloads_are_bounded_and_hold_no_slot() -> None:
    lanes = Lanes(Site())

    open_ones = [ask(lanes, "/api/v1/donations/", "format=csv") for _ in range(2)]
    refused = ask(lanes, "/api/v1/donations/", "format=csv")
    hidden = ask(lanes, "/api/v1/donations/", "hidden_format=1")

    assert [one.status for one in (*open_ones, refused, hidden)] == [200, 200, 503, 503]
    assert refused.headers["Retry-After"] == "5"
    assert ask(lanes, "/api/v1/donations/").status == 200
    assert len(lanes.downloads.free) == 1
    for one in open_ones:
        assert isinstance(one.body, Stream)
        assert b"".join(one.body) == b"piece" * 3
        one.body.close()
        one.body.close()
    assert ask(lanes, "/api/v1/donations/", "format=csv").status == 200


def test_pieces_of_downloads_share_the_connections_of_their_lane() -> None:
    site = Site()
    lanes = Lanes(site)

    answers = [ask(lanes, "/api/v1/donations/", "format=csv") for _ in range(2)]
    for one in answers:
        assert len(list(one.body)) == 3

    assert site.connections == {id(lanes.downloads.slots[0].connection)}


def test_each_piece_of_a_download_has_a_deadline(transactional_db: None) -> None:
    def site(_: dict[str, Any], start: Callable) -> Any:
        start("200 OK", [])
        return StreamingHttpResponse(pieces())

    def pieces() -> Iterator[bytes]:
        yield b"piece"
        with database[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute(SLOW[cursor.db.vendor])
        yield b"never"

    with override_settings(QUERY_SECONDS=0.2):
        lanes = Lanes(site)
        answer = ask(lanes, "/api/v1/donations/", "format=csv")

        assert next(answer.body) == b"piece"
        with pytest.raises(OperationalError):
            next(answer.body)

    answer.body.close()
    assert len(lanes.downloads.free) == 1


def test_waiting_requests_are_served_in_order() -> None:
    lane = Lane("test", 1, 9)
    order: list[int] = []

    def work(number: int) -> None:
        with lane.take("", 5):
            order.append(number)

    slot = lane.take("", 0)
    threads = []
    for number in range(5):
        threads.append(threading.Thread(target=work, args=[number]))
        threads[-1].start()
        while len(lane.waiters) <= number:
            time.sleep(0.001)
    lane.give_back(slot)
    for thread in threads:
        thread.join(5)

    assert order == [0, 1, 2, 3, 4]
    assert lane.free == [slot]


def test_waiting_has_an_end() -> None:
    lane = Lane("test", 1, 9)
    lane.take("", 0)

    with pytest.raises(Full):
        lane.take("", 0.05)

    assert not lane.waiters


def test_refusal_has_what_every_response_has() -> None:
    """By way of the real middleware, without the database."""
    lanes = Lanes(WSGIHandler())
    for _ in range(2):
        lanes.streams.acquire()

    answer = ask(lanes, "/api/v1/donations/", "format=csv")

    assert answer.status == 503
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Retry-After"] == "5"
    for name in ("X-Request-Id", "Content-Security-Policy", "X-Content-Type-Options"):
        assert answer.headers[name]
    assert answer.headers["X-Request-Id"].encode() in b"".join(answer.body)


@pytest.mark.parametrize(
    ("query", "accept", "file"),
    [
        ("format=csv", "", True),
        ("donor=CHN&format=xlsx", "", True),
        ("f%6Frmat=ndjson", "", True),
        ("format=json", "text/csv", False),
        ("format=metadata", "", False),
        ("donor=csv", "", False),
        ("", "text/csv", True),
        ("", "application/json, TEXT/CSV;q=0.5", True),
        ("", "*/*", False),
    ],
)
def test_requests_for_files(query: str, accept: str, file: bool) -> None:
    given = environ("/api/v1/donations/", query, HTTP_ACCEPT=accept)

    assert asks_for_file(given) is file


# --- Bodies


class Pipe:
    """A body that comes as it is sent."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = list(pieces)
        self.closed = threading.Event()

    def read(self, size: int) -> bytes:
        if self.pieces:
            return self.pieces.pop(0)
        self.closed.wait(10)
        return b""


def sign_in(body: Any, length: int | None, **more: Any) -> dict[str, Any]:
    given = environ("/admin/login/", method="POST", **{"wsgi.input": body, **more})
    if length is not None:
        given["CONTENT_LENGTH"] = str(length)
    return given


def refused(bodies: Bodies, given: dict[str, Any]) -> Problem:
    with pytest.raises(Problem) as caught:
        bodies.replace(given)
    return caught.value


def test_whole_body_is_read() -> None:
    given = sign_in(io.BytesIO(b"a=1&b=2"), 7)

    Bodies().replace(given)

    assert given["wsgi.input"].read() == b"a=1&b=2"
    given["wsgi.input"].close()


def test_chunked_body_has_a_length() -> None:
    given = sign_in(io.BytesIO(b"x" * 50_000), None, HTTP_TRANSFER_ENCODING="chunked")

    Bodies().replace(given)

    assert given["CONTENT_LENGTH"] == "50000"
    assert len(given["wsgi.input"].read()) == 50_000
    given["wsgi.input"].close()


def test_late_body_is_broken_off() -> None:
    bodies, pipe = Bodies(), Pipe(b"user")
    # As the server does when the connection is shut down.
    threading.Timer(0.5, pipe.closed.set).start()

    problem = refused(bodies, sign_in(pipe, 100))

    assert (problem.status_code, problem.code) == (408, "body_timeout")
    assert bodies.reading.total() == 0


def test_one_address_leaves_room_for_others() -> None:
    bodies, pipe = Bodies(), Pipe()
    threads = [threading.Thread(target=refused, args=[bodies, sign_in(pipe, 9)]) for _ in range(2)]
    for thread in threads:
        thread.start()
    while bodies.reading.total() < 2:
        time.sleep(0.01)

    third = refused(bodies, sign_in(pipe, 9))
    bodies.replace(other := sign_in(io.BytesIO(b"ok"), 2, REMOTE_ADDR="192.0.2.2"))
    pipe.closed.set()
    for thread in threads:
        thread.join(5)

    assert (third.status_code, third.headers["Retry-After"]) == (503, "5")
    assert other["wsgi.input"].read() == b"ok"
    other["wsgi.input"].close()
    assert not bodies.reading


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (sign_in(io.BytesIO(b"short"), 100), 400),
        (sign_in(io.BytesIO(), 20_000_000), 413),
        (sign_in(io.BytesIO(b"x" * 12_000_001), None, HTTP_TRANSFER_ENCODING="chunked"), 413),
    ],
    ids=["incomplete", "too large", "too large, chunked"],
)
def test_wrong_bodies(given: dict[str, Any], status: int) -> None:
    with override_settings(BODY_SECONDS=10):
        assert refused(Bodies(), given).status_code == status


def test_reconciliation_queries_are_smaller_than_spreadsheets() -> None:
    given = environ("/reconcile/items/", method="POST", CONTENT_LENGTH="1000001")
    small = environ("/reconcile/items/", method="POST", CONTENT_LENGTH="2")
    given["wsgi.input"] = small["wsgi.input"] = io.BytesIO(b"{}")

    Bodies().replace(small)

    assert refused(Bodies(), given).status_code == 413
    with small["wsgi.input"] as body:
        assert body.read() == b"{}"


def report(path: str, body: Any, length: int) -> dict[str, Any]:
    given = environ(path, method="POST", CONTENT_LENGTH=str(length))
    given["wsgi.input"] = body
    return given


@pytest.mark.parametrize(
    "path",
    ["/api/v1/", "/", "/records/don-7k3m9q2x/", "/records/a/b/report/", "/about/report/"],
)
def test_bodies_outside_the_admin_and_public_forms_are_not_read(path: str) -> None:
    given = report(path, Pipe(), 9)

    Bodies().replace(given)

    assert (given["CONTENT_LENGTH"], given["wsgi.input"].read()) == ("0", b"")


def test_bodies_of_public_forms_are_small() -> None:
    path = "/records/don-7k3m9q2x/report/"
    given = report(path, io.BytesIO(b"text=wrong"), 10)

    Bodies().replace(given)

    assert given["wsgi.input"].read() == b"text=wrong"
    given["wsgi.input"].close()
    assert refused(Bodies(), report(path, io.BytesIO(), 64_001)).status_code == 413


# --- Connections


class Reason:
    """Something to watch."""

    def __init__(self, *, is_late: bool) -> None:
        self.peer, self.late = "127.0.0.1", is_late

    def is_late(self) -> bool:
        return self.late


@pytest.mark.skipif(not connections.LINUX, reason="needs Linux")
def test_stalled_connections_are_shut_down_and_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "TICK", 0.2)
    watch = connections.Watch()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        pairs = []
        for _ in range(2):
            client = socket.create_connection(("127.0.0.1", port))
            pairs.append((client, listening.accept()[0]))
        (idle, _), (_, sender) = pairs
        sender.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                sender.send(b"x" * 65_536)

        given = environ("/", SERVER_PORT=str(port))
        stream, late = Reason(is_late=False), Reason(is_late=True)
        watch.begin(stream, given)
        sender.settimeout(10)
        with pytest.raises(OSError, match=r"Broken pipe|reset"):
            sender.sendall(b"x" * 65_536)
        idle.settimeout(0.1)
        with pytest.raises(TimeoutError):
            idle.recv(1)
        watch.begin(late, given)
        idle.settimeout(10)
        assert idle.recv(1) == b""

        watch.end(stream)
        watch.end(late)
        for pair in pairs:
            for one in pair:
                one.close()
    until = time.monotonic() + 5
    while watch.thread and time.monotonic() < until:
        time.sleep(0.05)
    assert watch.thread is None


# --- The command


def test_server_has_a_thread_for_whatever_may_be_open() -> None:
    options = server.options()

    assert int(options[options.index("--blocking-threads") + 1]) >= 4 + 64 + 2 + 16 + 8 + 16
    assert "--respawn-failed-workers" in options
    assert "--workers-kill-timeout" in options
