"""The admin in a process of its own."""

import contextlib
import io
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.http import HttpResponse, StreamingHttpResponse
from django.test import override_settings

from aidapi import admin_process
from aidapi.admin_process import AdminProcess, admin_lane
from aidapi.errors import REFUSAL
from aidapi.lanes import LARGEST_WHOLE, Ended, Lane, Lanes
from aidapi.outcomes import NOTHING, UNKNOWN
from tests.support.wsgi import Answer, environ, own_connection

LARGE = 65 * 65_536


@pytest.fixture(autouse=True)
def small() -> Iterator[None]:
    with override_settings(ADMIN_THREADS=2, WAITING=8, WAIT_SECONDS=5), own_connection():
        yield


def site(given: dict[str, Any], start: Callable) -> Any:
    """Answer as the admin would: the page says what was asked."""
    path, query = given["PATH_INFO"], given["QUERY_STRING"]
    if REFUSAL in given:
        response: Any = given[REFUSAL].response()
    elif path == "/admin/stream/":
        response = StreamingHttpResponse([b"one,", b"", b"two"])
    elif path == "/admin/broken/":
        response = StreamingHttpResponse(broken())
    elif path == "/admin/large/":
        response = StreamingHttpResponse([b"x" * 65_536] * 65)
    else:
        body = given["wsgi.input"].read()
        response = HttpResponse(b" ".join([path.encode(), query.encode(), body]))
        response.set_cookie("one", "1")
        response.set_cookie("two", "2")
    headers = [
        *response.items(),
        *(("Set-Cookie", one.OutputString()) for one in cookies(response)),
    ]
    start(f"{response.status_code} {response.reason_phrase}", headers)
    return response


def broken() -> Iterator[bytes]:
    yield b"one,"
    raise OperationalError("the database went away")


def cookies(response: Any) -> Any:
    return response.cookies.values()


class Threads(AdminProcess):
    """The other process, played by threads of this one."""

    def start(self) -> None:
        pairs = [socket.socketpair() for _ in range(self.channels)]
        lane = Lane("admin", self.channels, 0)
        for _, other in pairs:
            arguments = Connection(other.detach()), lane, site
            threading.Thread(target=admin_process.serve, args=arguments, daemon=True).start()
        self.connections = [Connection(own.detach()) for own, _ in pairs]
        self.process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)

    def close(self) -> None:
        for connection in self.connections:
            connection.close()
        self.process.communicate(b"\n")


@pytest.fixture
def lanes(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lanes]:
    made: list[Threads] = []

    def process(channels: int) -> Threads:
        made.append(Threads(channels))
        return made[-1]

    monkeypatch.setattr(admin_process, "AdminProcess", process)
    yield Lanes(site, admin_lane())
    for one in made:
        one.close()


def ask(lanes: Lanes, path: str, body: bytes | None = None, query: str = "") -> Answer:
    more = {"wsgi.input": io.BytesIO(body or b""), "of.the.server": object()}
    if body is not None:
        more["CONTENT_LENGTH"] = str(len(body))
    answer = Answer(lanes, environ(path, query, "GET" if body is None else "POST", **more))
    sent = answer.body
    answer.body = [*sent]
    if hasattr(sent, "close"):
        sent.close()
    return answer


def test_requests_and_responses_pass_whole(lanes: Lanes) -> None:
    answer = ask(lanes, "/admin/é/", b"\x00\xff" * 50_000, "q=%C3%A9")

    assert answer.status == 200
    assert b"".join(answer.body) == b"/admin/\xc3\xa9/ q=%C3%A9 " + b"\x00\xff" * 50_000
    assert [value for name, value in answer.listed if name == "Set-Cookie"] == [
        "one=1; Path=/",
        "two=2; Path=/",
    ]
    assert ask(lanes, "/admin/").body == [b"/admin/  "]


def test_streams_leave_the_other_process_at_once(lanes: Lanes) -> None:
    assert ask(lanes, "/admin/stream/").body == [b"one,two"]
    large = ask(lanes, "/admin/large/")
    assert sum(map(len, large.body)) == LARGE > LARGEST_WHOLE
    assert len(large.body) > 1
    assert len(lanes.admin.free) == 2


def test_stream_that_breaks_off_is_an_error_and_costs_no_other_request(lanes: Lanes) -> None:
    process = lanes.admin.slots[0].process.process  # type: ignore[attr-defined]

    answer = ask(lanes, "/admin/broken/")

    assert (answer.status, b"unavailable" in b"".join(answer.body)) == (503, True)
    assert ask(lanes, "/admin/").status == 200
    assert lanes.admin.slots[0].process.process is process  # type: ignore[attr-defined]


def test_only_the_admin_is_executed_there(lanes: Lanes) -> None:
    there = [*lanes.admin.slots]
    lanes.admin.slots = lanes.admin.free = []
    with override_settings(WAIT_SECONDS=0.01):
        assert ask(lanes, "/admin/").status == 503
        assert ask(lanes, "/api/v1/").status == 200
    lanes.admin.slots = lanes.admin.free = there


@pytest.mark.parametrize(("method", "written"), [("GET", NOTHING), ("POST", UNKNOWN)])
def test_what_was_written_is_said_when_the_process_ends(
    client: Any, method: str, written: str
) -> None:
    response = client.generic(method, "/admin/", **{REFUSAL: Ended()})

    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert written in response.content.decode()


# --- The process itself


@pytest.fixture
def process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lanes]:
    """Lanes with a real process, whose database is empty and needed by no request here."""
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/empty.sqlite3")
    lane = admin_lane()
    yield Lanes(site, lane)
    for connection in lane.slots[0].process.connections:  # type: ignore[attr-defined]
        connection.close()
    assert lane.slots[0].process.process.wait(20) == 0  # type: ignore[attr-defined]


def test_process_answers_is_replaced_and_ends_with_its_channels(process: Lanes) -> None:
    child = process.admin.slots[0].process  # type: ignore[attr-defined]
    with contextlib.ExitStack() as stack:
        stack.enter_context(override_settings(WAIT_SECONDS=30))
        # A redirect: a page would need collected static files.
        page = ask(process, "/admin/")
        first = child.process
        # Whoever stops the server stops all its processes.
        os.kill(first.pid, signal.SIGTERM)
        again = ask(process, "/admin/")
        nice = os.getpriority(os.PRIO_PROCESS, first.pid)
        first.kill()
        first.wait(20)
        replaced = ask(process, "/admin/")

    assert (page.status, again.status, replaced.status) == (302,) * 3
    assert page.headers["Location"] == "/admin/login/?next=/admin/"
    assert nice == os.getpriority(os.PRIO_PROCESS, 0) + admin_process.NICE
    assert child.process.pid != first.pid


def test_requests_of_a_process_that_dies_are_answered(
    process: Lanes, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = process.admin.slots[0].process  # type: ignore[attr-defined]
    taken = threading.Event()
    channel = child.channel

    def take(place: int) -> Any:
        found = channel(place)
        taken.set()
        return found

    monkeypatch.setattr(child, "channel", take)
    os.kill(child.process.pid, signal.SIGSTOP)
    answers: list[Answer] = []
    waiting = threading.Thread(
        target=lambda: answers.append(ask(process, "/admin/login/", b"typed"))
    )
    waiting.start()
    # From then on it is that process which answers, or none.
    assert taken.wait(20)
    child.process.kill()
    waiting.join(20)

    assert answers[0].status == 503
    assert b"process_ended" in b"".join(answers[0].body)
    with override_settings(WAIT_SECONDS=30):
        assert ask(process, "/admin/").status == 302
