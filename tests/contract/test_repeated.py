"""Repeated requests, answered before Django: as Django answers them, and never stale."""

import io
import itertools
import json
import logging
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core import signals
from django.core.handlers.wsgi import WSGIHandler
from django.db import close_old_connections
from django.test import override_settings

from aidapi import caching, limits, requests
from aidapi.repeated import Repeated
from tests.support.factories import DonationFactory
from tests.support.histories import History
from tests.support.routes import API, addresses
from tests.support.thoroughness import some

pytestmark = pytest.mark.django_db

Answer = tuple[str, dict[str, str], bytes]
METHODS = ["GET", "GET", "GET", "HEAD", "HEAD", "OPTIONS", "POST"]
HEADERS: list[dict[str, str]] = [
    {},
    {"HTTP_ACCEPT": "application/json"},
    {"HTTP_ACCEPT": "text/csv, */*;q=0.1"},
    {"HTTP_ACCEPT": "text/html"},
    {"HTTP_ACCEPT_ENCODING": "gzip"},
    {"HTTP_ACCEPT_ENCODING": "br, zstd;q=0.5"},
    {"HTTP_ORIGIN": "https://example.org"},
    {"HTTP_HOST": "127.0.0.1:8000"},
    {"HTTP_HOST": "evil.example"},
    {"SCRIPT_NAME": "/aid"},
    {"wsgi.url_scheme": "https"},
    {"HTTP_COOKIE": "sessionid=x; csrftoken=y"},
    {"HTTP_AUTHORIZATION": "Basic eDp5"},
    {"HTTP_IF_NONE_MATCH": '"other"'},
    {"HTTP_IF_NONE_MATCH": "the tag of the response"},
    {"HTTP_IF_NONE_MATCH": "the tag of the response", "HTTP_ORIGIN": "null"},
    {"HTTP_IF_NONE_MATCH": "the tag of the response", "HTTP_ACCEPT_ENCODING": "gzip"},
]
QUERIES = ["", "page_size=2", "revision=1", "page_size=2&revision=2", "donr=CHN", "format=csv"]


class Site:
    """Django's application, which counts what reaches it."""

    def __init__(self) -> None:
        self.django = WSGIHandler()
        self.reached = 0

    def __call__(self, environ: dict[str, Any], start_response: Callable) -> Any:
        self.reached += 1
        return self.django(environ, start_response)


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture(autouse=True)
def served(clock: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Limits, a cache, and a number of the revision that is valid for as long as a test needs."""
    monkeypatch.setattr(caching, "MAX_AGE", 3_600)
    # As Django's own test client does: the connection of the tests stays as it is.
    signals.request_started.disconnect(close_old_connections)
    signals.request_finished.disconnect(close_old_connections)
    with override_settings(RATE_LIMIT=3, CACHE_ENTRIES=100):
        yield
    signals.request_started.connect(close_old_connections)
    signals.request_finished.connect(close_old_connections)


def answer(application: Any, address: str, method: str = "GET", **headers: str) -> Answer:
    """Return status, headers and body, as a server gets them; some values are random."""
    path, _, query = address.partition("?")
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "192.0.2.1",
        "HTTP_X_REQUEST_ID": "asked-by-a-test",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": io.StringIO(),
        **headers,
    }
    begun: list[Any] = []
    response = application(environ, lambda *given: begun.extend(given))
    body = b"".join(response)
    if hasattr(response, "close"):
        response.close()
    status, sent = begun
    names = [name for name, _ in sent if name != "Set-Cookie"]
    assert len(set(names)) == len(names)
    random_values = {name: "" for name, _ in sent if name in ("x-noise", "Set-Cookie")}
    return status, dict(sent) | random_values, body


def uncached(site: Site, *request: Any, **headers: str) -> Answer:
    limits.requests_counter.cache_clear()
    with override_settings(CACHE_ENTRIES=0):
        return answer(site, *request, **headers)


@pytest.mark.slow(every=True)
def test_repeated_answers_are_those_of_django(site: Site, history: History) -> None:
    """Byte for byte, over all routes, methods and headers."""
    front = Repeated(site)
    routes = [address for address, _ in addresses(history)] + ["/docs/", f"{API}nothing/"]
    cases = list(itertools.product(routes, QUERIES, METHODS, HEADERS))
    repeated = dict.fromkeys(("200 OK", "304 Not Modified"), 0)
    for path, query, method, given in some(random.Random(1).sample(cases, 5_000), 250):
        address = f"{path}?{query}" if query else path
        headers = dict(given)
        if headers.get("HTTP_IF_NONE_MATCH", "").startswith("the tag"):
            del headers["HTTP_IF_NONE_MATCH"]
            headers["HTTP_IF_NONE_MATCH"] = uncached(site, address, "GET", **headers)[1].get(
                "ETag", '"none"'
            )
        caching.newest_revision.forget()
        expected = uncached(site, address, method, **headers)
        plain = {name: text for name, text in headers.items() if name != "HTTP_IF_NONE_MATCH"}
        # What a HEAD and a 304 are made from is stored by a GET.
        answer(front, address, "GET", **plain)
        # A 304 without a cached response needs the number of the revision.
        caching.newest_revision.observe(history.newest)
        site.reached = 0
        limits.requests_counter.cache_clear()

        found = answer(front, address, method, **headers)

        case = (address, method, headers)
        if method == "HEAD" and site.reached == 0:
            # The server sends no body.
            assert (found[0], found[1]) == (expected[0], expected[1]), case
        else:
            assert found == expected, case
        private = "HTTP_COOKIE" in headers or "HTTP_AUTHORIZATION" in headers
        # A file is not kept: that the client's copy is still good can be said without it.
        is_file = expected[0] == "200 OK" and "Content-Disposition" in expected[1]
        has_tag = "ETag" in expected[1] and not is_file
        is_repeated = has_tag and method in ("GET", "HEAD") and not private
        assert (site.reached == 0) is is_repeated, case
        if is_repeated:
            repeated[found[0]] += 1
    assert min(repeated.values()) > 5


def test_repeated_answers_are_counted_and_logged_as_those_of_django(
    site: Site, history: History, caplog: pytest.LogCaptureFixture
) -> None:
    front = Repeated(site)
    address = f"{API}donations/{history.at('donation')[0].id}/"
    tag = answer(site, address)[1]["ETag"]
    caplog.set_level(logging.INFO, logger="aidapi.requests")
    for headers, status in (({}, "200"), ({"HTTP_IF_NONE_MATCH": tag}, "304")):
        lines, counts = [], []
        for application in (site, front):
            site.reached = 0
            limits.requests_counter.cache_clear()
            route = f"{API}donations/<str:id>/"
            count, seconds = requests.series("GET", route, int(status))
            before = count._value.get(), seconds._sum.get()
            caplog.clear()

            assert answer(application, address, **headers)[0].startswith(status)

            assert site.reached == (application is site)
            counts.append(count._value.get() - before[0])
            assert seconds._sum.get() > before[1]
            line: Any = caplog.records[0].msg
            lines.append(
                {name: line[name] for name in line if name not in ("milliseconds", "timestamp")}
            )
        assert counts == [1, 1]
        assert lines[0] == lines[1]
        assert lines[0]["status"] == int(status)
        assert lines[0]["revision"] == str(history.newest)


def test_limit_holds_for_repeated_requests(site: Site, history: History, clock: Any) -> None:
    front = Repeated(site)
    address = f"{API}parties/?page_size=2"
    answer(site, address)
    limits.requests_counter.cache_clear()

    answers = [answer(front, address) for _ in range(5)]

    assert [status for status, _, _ in answers] == ["200 OK"] * 3 + ["429 Too Many Requests"] * 2
    assert [headers["RateLimit"] for _, headers, _ in answers[:4]] == [
        f'"requests";r={left};t=60' for left in (2, 1, 0, 0)
    ]
    assert json.loads(answers[4][2])["request_id"] == "asked-by-a-test"
    assert answers[4][1]["Retry-After"] == "60"
    # What shared caches may reuse has nothing of one client.
    limits.requests_counter.cache_clear()
    pinned = [answer(front, f"{API}donations/?page_size=2&revision=1")[1] for _ in range(2)]
    assert pinned[0] == pinned[1]
    assert "RateLimit" not in pinned[1]


def test_number_older_than_a_second_is_read_by_django(
    site: Site, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caching, "MAX_AGE", 1.0)
    now = [0.0]
    monkeypatch.setattr(caching.time, "monotonic", lambda: now[0])
    caching.newest_revision.forget()
    front = Repeated(site)
    address = f"{API}donations/?page_size=2&ordering=id"
    reached, revisions = [], []
    for seconds in (0.0, 0.5, 0.9):
        now[0] = seconds
        revisions.append(answer(front, address)[1]["Dataset-Revision"])
        reached.append(site.reached)
    DonationFactory(published=True)
    limits.requests_counter.cache_clear()
    for seconds in (1.0, 1.1, 1.2):
        now[0] = seconds
        revisions.append(answer(front, address)[1]["Dataset-Revision"])
        reached.append(site.reached)

    latest = str(history.newest + 1)
    assert revisions == [str(history.newest)] * 4 + [latest] * 2
    assert reached == [1, 1, 1, 1, 2, 2]
