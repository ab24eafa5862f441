"""Rate limiting per client address, with RateLimit headers.

Headers as in the IETF draft "RateLimit header fields for HTTP": `RateLimit-Policy` has the limit
and its period, `RateLimit` the requests left and the seconds until the count is reset.
"""

import ipaddress
import threading
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import structlog
from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse

from aidapi.errors import generic
from aidapi.shared import PREFIX, Shared, Unavailable, shared

log = structlog.get_logger("aidapi.limits")
FREE = ("/livez", "/readyz", "/metrics", "/static/")
"""Paths without a limit: probes, the scraper of metrics, and the assets of pages."""
ALLOWANCE = "aidapi.allowance"
"""Key of what a request, once counted, has left to its address."""


class Counter:
    """Counter of requests per address and time window, in this process only."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.window, self.counts = 0, dict[str, int]()

    def add(self, address: str, window: int) -> int:
        with self.lock:
            if window != self.window:
                self.window, self.counts = window, {}
            self.counts[address] = count = self.counts.get(address, 0) + 1
            return count


class SharedCounter:
    """Counter in Redis, shared by all processes; without Redis, of this process. Both count all
    the time, so that the limit holds at the moment at which Redis fails."""

    def __init__(self, server: Shared) -> None:
        self.server = server
        self.own = Counter()
        self.alone = 0
        """The last window in which this process counted alone."""

    def add(self, address: str, window: int) -> int:
        own = self.own.add(address, window)
        key = f"{PREFIX}requests:{window}:{address}"
        try:
            # INCR is atomic, and no key is without an end.
            count, _ = self.server.run(("INCR", key), ("EXPIRE", key, 2 * settings.RATE_PERIOD))
        except Unavailable:
            self.alone = window
            return own
        # Redis has missed some of the window, or lost its keys.
        return max(int(count), own) if self.alone == window else int(count)


def make_counter() -> Counter | SharedCounter:
    server = shared()
    return SharedCounter(server) if server else Counter()


@lru_cache(1)
def requests_counter() -> Counter | SharedCounter:
    """Return the counter of all requests to this process."""
    return make_counter()


class Allowance(NamedTuple):
    """What is left to an address after a request."""

    left: int
    """Requests in this window; negative if this one is beyond the limit."""
    wait: int
    """Seconds until the next window."""

    def headers(self) -> tuple[tuple[str, str], tuple[str, str]]:
        """Return the headers of a response that no other client gets."""
        return (
            policy(settings.RATE_LIMIT, settings.RATE_PERIOD),
            ("RateLimit", f'"requests";r={max(self.left, 0)};t={self.wait}'),
        )


@lru_cache(1)
def policy(limit: int, period: int) -> tuple[str, str]:
    return ("RateLimit-Policy", f'"requests";q={limit};w={period}')


def take(environ: dict[str, Any]) -> Allowance:
    """Count a request, once, and return what it leaves."""
    taken = environ.get(ALLOWANCE)
    if taken is None:
        window, gone = divmod(int(time.time()), settings.RATE_PERIOD)
        left = settings.RATE_LIMIT - requests_counter().add(address_of(environ), window)
        environ[ALLOWANCE] = taken = Allowance(left, settings.RATE_PERIOD - gone)
    return taken


class RateLimitMiddleware:
    """Middleware that refuses requests beyond the limit."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if not settings.RATE_LIMIT:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(FREE):
            return self.get_response(request)
        allowance = take(request.META)
        if allowance.left < 0:
            response = generic(429).response()
            response["Retry-After"] = str(allowance.wait)
            response["Cache-Control"] = "no-store"
        else:
            response = self.get_response(request)
        if may_be_reused(response.headers):
            return response
        for name, value in allowance.headers():
            response.headers[name] = value
        return response


def may_be_reused(headers: Mapping[str, str]) -> bool:
    """Return whether a shared cache may give the response to other clients without a request to
    this server. It then has nothing about one client."""
    control = headers.get("Cache-Control", "")
    return "public" in control and "max-age" in control


def client_address(request: HttpRequest) -> str:
    """Return the client's address; see `address_of`."""
    return address_of(request.META)


def address_of(meta: dict[str, Any]) -> str:
    """Return the client's address from a WSGI environment; for IPv6 its /64 network. Each proxy
    appends the address it sees to X-Forwarded-For, so the last PROXIES entries are trusted and
    the first of them is the client; earlier entries may be forged."""
    own = meta.get("REMOTE_ADDR", "")
    if settings.PROXIES:
        seen = meta.get("HTTP_X_FORWARDED_FOR", "").split(",")
        if len(seen) >= settings.PROXIES:
            forwarded = plain_address(seen[-settings.PROXIES])
            if forwarded:
                return forwarded
            warn_of_forwarded()
    return plain_address(own) or own


@lru_cache(4096)
def plain_address(text: str) -> str:
    """Return an address without port and brackets, or "" if it is not an address. For IPv6 it is
    the /64 network, within which one customer has any number of addresses."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return ""
    if found.version == 4:
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    # The zone of a link-local address is no part of a network.
    return str(ipaddress.ip_network((int(found), 64), strict=False).network_address)


@lru_cache(1)
def warn_of_forwarded() -> None:
    """Log, once per process, that the proxies do not send addresses."""
    log.warning(
        "X-Forwarded-For has no address at the place given by PROXIES: the proxy's is used.",
        proxies=settings.PROXIES,
    )
