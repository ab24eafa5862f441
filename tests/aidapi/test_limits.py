"""How many requests an address may send."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from django.http import HttpResponse
from django.test import Client, RequestFactory, override_settings

from aidapi.limits import Counter, RateLimitMiddleware, SharedCounter, warn_of_forwarded
from aidapi.shared import Shared
from tests.support.routes import problem

REDIS = "redis://127.0.0.1:6379/9"


@pytest.fixture
def limited() -> Iterator[None]:
    """Three requests a minute."""
    with override_settings(RATE_LIMIT=3, RATE_PERIOD=60):
        yield


@pytest.mark.usefixtures("limited", "clock")
class TestLimit:
    def test_every_response_says_what_is_left(self) -> None:
        client = Client()
        responses = [client.get(address) for address in ("/docs/", "/nothing/", "/docs/")]

        assert [response["RateLimit"] for response in responses] == [
            '"requests";r=2;t=60',
            '"requests";r=1;t=60',
            '"requests";r=0;t=60',
        ]
        assert responses[0]["RateLimit-Policy"] == '"requests";q=3;w=60'

    def test_beyond_it_waiting_is_requested_for(self, clock: Any) -> None:
        client = Client()
        for _ in range(3):
            client.get("/docs/")
        clock.shift(20)

        refused = client.get("/docs/")

        problem(refused, 429)
        assert refused["Retry-After"] == "40"
        assert refused["RateLimit"] == '"requests";r=0;t=40'
        clock.shift(40)
        assert client.get("/docs/").status_code == 200

    def test_addresses_are_counted_apart(self) -> None:
        client = Client()
        for _ in range(4):
            client.get("/docs/", REMOTE_ADDR="192.0.2.1")

        assert client.get("/docs/", REMOTE_ADDR="192.0.2.1").status_code == 429
        assert client.get("/docs/", REMOTE_ADDR="192.0.2.2").status_code == 200

    def test_forwarded_addresses_fool_nobody(self) -> None:
        client = Client()
        statuses = [
            client.get("/docs/", headers={"X-Forwarded-For": f"192.0.2.{n}"}).status_code
            for n in range(8)
        ]

        assert statuses == [200] * 3 + [429] * 5

    def test_a_proxy_of_ours_is_believed_and_who_is_before_it_is_not(self) -> None:
        with override_settings(PROXIES=1):
            client = Client()
            statuses = [
                client.get(
                    "/docs/", headers={"X-Forwarded-For": f"192.0.2.{n}, 198.51.100.7"}
                ).status_code
                for n in range(5)
            ]
            other = client.get("/docs/", headers={"X-Forwarded-For": "192.0.2.1, 198.51.100.8"})

        assert statuses == [200] * 3 + [429] * 2
        assert other.status_code == 200

    @pytest.mark.parametrize(
        "connections",
        [
            ["203.0.113.7:51231", "203.0.113.7:51232", "203.0.113.7", " 203.0.113.7:1"],
            ["[2001:db8::1]:443", "2001:db8::2", "[2001:db8::3]", "2001:db8:0:0:9::9"],
            ["::ffff:203.0.113.7", "[::ffff:203.0.113.7]:5", "203.0.113.7", "203.0.113.7:2"],
        ],
        ids=["IPv4", "IPv6 network", "mapped"],
    )
    def test_forwarded_ports_and_brackets_make_no_new_client(self, connections: list[str]) -> None:
        with override_settings(PROXIES=1):
            client = Client()
            statuses = [
                client.get("/docs/", headers={"X-Forwarded-For": one}).status_code
                for one in connections
            ]

        assert statuses == [200, 200, 200, 429]

    def test_forwarded_nonsense_counts_for_the_proxy_and_is_logged_once(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        warn_of_forwarded.cache_clear()
        with override_settings(PROXIES=1):
            client = Client()
            statuses = [
                client.get("/docs/", headers={"X-Forwarded-For": f"unknown{n}"}).status_code
                for n in range(4)
            ]

        assert statuses == [200, 200, 200, 429]
        assert len([one for one in caplog.records if "X-Forwarded-For" in one.getMessage()]) == 1

    def test_probes_are_never_turned_away(self) -> None:
        client = Client()

        assert {client.get("/livez").status_code for _ in range(9)} == {200}
        assert {client.get("/metrics").status_code for _ in range(9)} == {200}

    def test_no_limit_no_headers(self) -> None:
        with override_settings(RATE_LIMIT=0):
            assert not Client().get("/docs/").has_header("RateLimit")


@pytest.mark.parametrize("shared", [False, True], ids=["process", "redis"])
def test_no_request_is_lost_count_of(shared: bool) -> None:
    """Threads that count at once, as workers do."""
    if shared:
        server = redis.Redis.from_url(REDIS)
        try:
            server.delete("aidapi:requests:1:somebody")
        except redis.RedisError:
            pytest.skip("needs Redis on 127.0.0.1")
    counter = SharedCounter(Shared(REDIS)) if shared else Counter()
    counts: list[int] = []

    def count() -> None:
        counts.extend(counter.add("somebody", 1) for _ in range(50))

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(counts) == list(range(1, 401))


@pytest.mark.parametrize(
    ("cache_control", "counted"),
    [
        ("public, max-age=86400, immutable", False),
        ("public, no-cache", True),
        ("no-store", True),
        (None, True),
    ],
)
def test_responses_that_caches_reuse_have_no_header_of_one_client(
    cache_control: str | None, counted: bool
) -> None:
    response = HttpResponse(headers={"Cache-Control": cache_control} if cache_control else {})
    with override_settings(RATE_LIMIT=3):
        answered = RateLimitMiddleware(lambda request: response)(RequestFactory().get("/"))

    assert answered.has_header("RateLimit") == answered.has_header("RateLimit-Policy") == counted
