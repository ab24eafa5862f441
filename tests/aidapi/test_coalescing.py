"""Requests for the same response at once."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.test import override_settings

from aidapi.coalescing import Coalescing
from aidapi.lanes import Lanes
from tests.support.wsgi import environ

SUMMARY = "/api/v1/donations/summary/"
FILTERS = "group_by=item&donor=CHN"


@pytest.fixture(autouse=True)
def responses_are_kept() -> Iterator[None]:
    with override_settings(CACHE_ENTRIES=10):
        yield


class Crowd:
    """Requests that wait, or not, while a first one is executed."""

    def __init__(self, coalescing: Coalescing) -> None:
        self.coalescing = coalescing
        self.begun = Counter[tuple[str, ...]]()
        self.threads: list[threading.Thread] = []

    def send(self, path: str = SUMMARY, query: str = FILTERS, method: str = "GET") -> None:
        def run() -> None:
            with self.coalescing.turn(environ(path, query, method)):
                self.begun[path, query, method] += 1

        self.threads.append(threading.Thread(target=run))
        self.threads[-1].start()

    def executed(self, number: int) -> bool:
        until = time.monotonic() + 5
        while self.begun.total() < number and time.monotonic() < until:
            time.sleep(0.01)
        return self.begun.total() == number

    def end(self) -> None:
        for thread in self.threads:
            thread.join(5)


@contextmanager
def crowd(most: int = 10) -> Iterator[Crowd]:
    found = Crowd(Coalescing(most))
    yield found
    found.end()


def test_same_requests_wait_for_the_first() -> None:
    with crowd() as others:
        with others.coalescing.turn(environ(SUMMARY, FILTERS)):
            others.send()
            others.send(query="donor=CHN&group_by=item")
            others.send(query="search=mask")
            others.send(method="POST")
            others.send(path="/readyz")
            assert others.executed(3)
            assert others.coalescing.waiting == 2
        assert others.executed(5)
    assert (others.coalescing.waiting, others.coalescing.made) == (0, {})


def test_first_request_that_fails_lets_the_others_go() -> None:
    with crowd() as others:
        first = others.coalescing.turn(environ(SUMMARY, FILTERS))
        first.__enter__()
        others.send()
        assert not first.__exit__(ValueError, ValueError("of the site"), None)
        assert others.executed(1)


def test_waiting_is_bounded_in_number_and_time() -> None:
    others = Crowd(Coalescing(1))
    with override_settings(WAIT_SECONDS=0.2), others.coalescing.turn(environ(SUMMARY, FILTERS)):
        others.send()
        while not others.coalescing.waiting:
            time.sleep(0.01)
        others.send()
        assert others.executed(2)
    others.end()
    assert others.coalescing.waiting == 0


def test_where_no_response_is_kept_nothing_waits() -> None:
    others = Crowd(Coalescing(1))
    with override_settings(CACHE_ENTRIES=0), others.coalescing.turn(environ(SUMMARY, FILTERS)):
        others.send()
        assert others.executed(1)
    others.end()


def test_waiting_for_a_response_takes_no_slot() -> None:
    go = threading.Event()
    executed: list[str] = []

    def site(given: dict[str, Any], start: Callable) -> list[bytes]:
        executed.append(given["PATH_INFO"])
        if "summary" in given["PATH_INFO"]:
            assert go.wait(5)
        start("200 OK", [])
        return Body([b"ok"])

    class Body(list):
        streaming = False

        def close(self) -> None:
            pass

    with override_settings(THREADS=2, WAITING=4, COALESCED=4):
        lanes = Lanes(site)

        def request(path: str) -> threading.Thread:
            # In threads of their own, since a lane takes away the connection of its thread.
            thread = threading.Thread(target=lanes, args=[environ(path), lambda *_: None])
            thread.start()
            return thread

        same = [request(SUMMARY) for _ in range(4)]
        while lanes.coalescing.waiting < 3:
            time.sleep(0.01)
        request("/api/v1/donations/").join(5)
        go.set()
        for thread in same:
            thread.join(5)

    assert executed.index("/api/v1/donations/") == 1
    assert executed.count(SUMMARY) == 4
