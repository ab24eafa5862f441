"""Rate limiting per client address, with RateLimit headers.

Headers as in the IETF draft "RateLimit header fields for HTTP": `RateLimit-Policy` has the limit
and its period, `RateLimit` the requests left and the seconds until the count is reset.
"""

import threading
import time
from collections.abc import Callable

import redis
import structlog
from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse

from aidapi.errors import generic

log = structlog.get_logger("aidapi.limits")
FREE = ("/livez", "/readyz", "/static/")
"""Paths without a limit: probes, and the assets of pages."""


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
    """Counter in Redis, shared by all processes: INCR is atomic."""

    def __init__(self, url: str) -> None:
        self.redis = redis.Redis.from_url(url, socket_timeout=0.5, socket_connect_timeout=0.5)

    def add(self, address: str, window: int) -> int:
        key = f"aidapi:requests:{window}:{address}"
        pipeline = self.redis.pipeline()
        pipeline.incr(key)
        pipeline.expire(key, 2 * settings.RATE_PERIOD)
        try:
            count, _ = pipeline.execute()
        except redis.RedisError:
            # Better no limit than no service.
            log.exception("Redis is unavailable: requests are not counted.")
            return 0
        return int(count)


def make_counter() -> Counter | SharedCounter:
    return SharedCounter(settings.CACHE_URL) if settings.CACHE_URL else Counter()


class RateLimitMiddleware:
    """Middleware that refuses requests beyond the limit."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if not settings.RATE_LIMIT:
            raise MiddlewareNotUsed
        self.get_response = get_response
        self.counter = make_counter()
        self.policy = f'"requests";q={settings.RATE_LIMIT};w={settings.RATE_PERIOD}'

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(FREE):
            return self.get_response(request)
        window, gone = divmod(int(time.time()), settings.RATE_PERIOD)
        wait = settings.RATE_PERIOD - gone
        left = settings.RATE_LIMIT - self.counter.add(client_address(request), window)
        if left < 0:
            response = generic(429).response()
            response["Retry-After"] = str(wait)
            response["Cache-Control"] = "no-store"
        else:
            response = self.get_response(request)
        response.headers["RateLimit-Policy"] = self.policy
        response.headers["RateLimit"] = f'"requests";r={max(left, 0)};t={wait}'
        return response


def client_address(request: HttpRequest) -> str:
    """Return the address of the client. Each proxy appends the address it sees to
    X-Forwarded-For, so the last PROXIES entries are trusted and the first of them is the client;
    earlier entries may be forged."""
    if settings.PROXIES:
        seen = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        if len(seen) >= settings.PROXIES:
            return seen[-settings.PROXIES].strip()
    return request.META.get("REMOTE_ADDR", "")
