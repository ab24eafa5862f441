"""Redis that is away, hangs, is full or read-only: requests go on, and limits hold."""

import logging
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from django.http import HttpResponse
from django.test import Client, RequestFactory, override_settings

from aidapi import caching, shared
from aidapi.caching import Kept, find, keep
from aidapi.limits import RateLimitMiddleware, SharedCounter, requests_counter
from aidapi.replicas import Shown
from aidapi.shared import PREFIX, Shared, Unavailable

KEPT = Kept(4, False, "/api/v1/donations/", {"Content-Type": "application/json"}, b'{"n":1}\n{}')


class Redis:
    """A server of its own, which can be broken."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.folder = folder
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.client: Any = redis.Redis.from_url(self.url)
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--save", "", "--bind", "127.0.0.1"],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
        )
        until = time.monotonic() + 20
        while time.monotonic() < until:
            try:
                self.client.ping()
                return
            except redis.ConnectionError:
                time.sleep(0.02)
        pytest.fail("redis-server does not start.")

    def end(self) -> None:
        self.process.kill()
        self.process.wait()

    def fail(self, how: str) -> None:
        if how == "killed":
            self.end()
        elif how == "hung":
            os.kill(self.process.pid, signal.SIGSTOP)
        elif how == "full":
            self.client.config_set("maxmemory", 1)
        else:
            self.client.replicaof("127.0.0.1", "1")

    def mend(self, how: str) -> None:
        if how == "killed":
            self.start()
        elif how == "hung":
            os.kill(self.process.pid, signal.SIGCONT)
        elif how == "full":
            self.client.config_set("maxmemory", 0)
        else:
            self.client.replicaof("NO", "ONE")


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Redis]:
    if not shutil.which("redis-server"):
        pytest.skip("redis-server is not installed.")
    monkeypatch.setattr(shared, "PAUSE", 0.05)
    started = Redis(tmp_path)
    with override_settings(CACHE_URL=started.url, RATE_LIMIT=3):
        yield started
    shared.at.cache_clear()
    started.end()


def mended(one: Shared) -> None:
    until = time.monotonic() + 10
    while one.failed and time.monotonic() < until:
        time.sleep(0.02)


@pytest.mark.parametrize("how", ["killed", "hung", "full", "read-only"])
def test_failing_redis_costs_no_request_and_lifts_no_limit(
    server: Redis, how: str, clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    limited = RateLimitMiddleware(lambda request: HttpResponse("ok"))

    def status() -> int:
        return limited(RequestFactory().get("/docs/")).status_code

    assert status() == 200

    server.fail(how)
    began = time.monotonic()
    during = [status() for _ in range(200)]
    took = time.monotonic() - began
    server.mend(how)
    counter = requests_counter()
    assert isinstance(counter, SharedCounter)
    mended(counter.server)
    after = status()

    # The process has counted all along: one before, two of its own, then no more.
    assert during == [200] * 2 + [429] * 198
    assert after == 429
    assert took < 2
    lines = [one.getMessage() for one in caplog.records if "Redis" in one.getMessage()]
    assert len(lines) == 2
    assert "not available" in lines[0]
    assert "available again" in lines[1]


def test_cached_responses_are_bytes_and_every_key_has_an_end(
    server: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep("a", KEPT)
    SharedCounter(Shared(server.url)).add("192.0.2.1", 1)

    stored = {key: server.client.ttl(key) for key in server.client.scan_iter()}
    assert set(stored) == {
        f"{PREFIX}responses:a".encode(),
        f"{PREFIX}requests:1:192.0.2.1".encode(),
    }
    assert all(0 < seconds <= caching.KEPT_SECONDS for seconds in stored.values())
    assert server.client.get(f"{PREFIX}responses:a").startswith(b'[4,false,"/api/v1/donations/",{')
    assert find("a") == KEPT


@pytest.mark.parametrize("stored", [b"cos\nsystem\n(S'true'\ntR.", b"\x80\x04.", b"[1]\n", b"{}"])
def test_what_others_stored_is_not_used(server: Redis, stored: bytes) -> None:
    server.client.set(f"{PREFIX}responses:a", stored)

    assert find("a") is None


def test_without_redis_a_process_caches_alone(server: Redis) -> None:
    with override_settings(CACHE_ENTRIES=500):
        server.fail("killed")
        keep("a", KEPT)

        assert find("a") == KEPT
        with pytest.raises(Unavailable):
            shared.at(server.url).run(("PING",))


def test_processes_share_what_one_of_them_stored(server: Redis) -> None:
    with override_settings(CACHE_ENTRIES=500):
        keep("a", KEPT)
        caching.store.clear()

        assert caching.store.get("a") is None
        assert find("a") == KEPT
        # From then on this process has it without Redis.
        assert caching.store.get("a") == KEPT


@pytest.mark.usefixtures("db")
def test_site_answers_as_before_from_what_redis_has(server: Redis) -> None:
    client = Client()
    address = "/api/v1/parties/?page_size=1"

    first, second = client.get(address), client.get(address)

    assert len(list(server.client.scan_iter(f"{PREFIX}responses:*"))) == 1
    assert second.content == first.content
    own = {name: second[name] for name in ("X-Request-Id", "RateLimit")}
    assert dict(second.items()) == dict(first.items()) | own


def test_older_response_replaces_no_newer_one(server: Redis) -> None:
    """Of a request that took long, or of a replica that was behind."""
    for revision in (8, 10, 9):
        keep("a", Kept(revision, False, "/", {}, b"%d" % revision))
    caching.store.clear()

    found = find("a")

    assert found is not None
    assert (found.revision, found.body) == (10, b"10")


def test_highest_revision_shown_is_that_of_all_processes(server: Redis) -> None:
    first, second = Shown(), Shown()

    first.note(9)
    assert second() == 9
    second.own = 0
    second.note(4)
    assert (first(), second()) == (9, 9)
    server.client.flushdb()
    assert first() == 9
    assert Shown()() == 9, "whoever knows it tells it again"
    server.fail("killed")
    assert (first(), Shown()()) == (9, 0)
