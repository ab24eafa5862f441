"""Request ids in responses and logs, the access log, and metrics for Prometheus."""

import logging
import re
import secrets
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import structlog
from django.contrib.admindocs.views import simplify_regex
from django.core.handlers.wsgi import get_path_info, get_script_name
from django.http import HttpRequest, HttpResponse
from django.middleware.common import CommonMiddleware
from django.urls import Resolver404, resolve
from prometheus_client import Counter, Histogram

from aidapi.limits import may_be_reused
from aidapi.logs import request_id

log = structlog.get_logger("aidapi.requests")
enabled = logging.getLogger("aidapi.requests").isEnabledFor
REQUESTS = Counter("aidapi_requests", "Requests answered.", ["method", "route", "status"])
SECONDS = Histogram(
    "aidapi_request_seconds",
    "Time until the response began.",
    ["route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
BEGAN = "aidapi.began"
"""Key of the time at which a request came, where it may have waited before it gets here."""
GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
METHODS = {"GET", "HEAD", "OPTIONS", "POST"}


@lru_cache(1_000)
def in_plain(route: str) -> str:
    """Return a route as a path: those of Django's admin are regular expressions."""
    return simplify_regex(route)


def route_of(request: HttpRequest) -> str:
    """Return the route of a request; empty before it is resolved."""
    match = request.resolver_match
    return in_plain(match.route) if match else ""


@lru_cache(1_000)
def route_at(path: str) -> str:
    """Return the route of a path in a WSGI environment; empty if there is none."""
    try:
        return in_plain(resolve(get_path_info({"PATH_INFO": path})).route)
    except Resolver404:
        return ""


def id_for(environ: dict[str, Any]) -> str:
    """Return the id of a request: the one that it was sent with, or a new one."""
    given = environ.get("HTTP_X_REQUEST_ID")
    return given if given and GIVEN_ID.fullmatch(given) else secrets.token_hex(8)


@lru_cache(1_000)
def series(method: str, route: str, status: int) -> tuple[Any, Any]:
    """Return the counter and the histogram of such requests."""
    return REQUESTS.labels(method, route, str(status)), SECONDS.labels(route)


def record(
    environ: dict[str, Any], own: str, began: float, route: str, status: int, revision: str | None
) -> None:
    """Count and log a request that is answered."""
    seconds = time.perf_counter() - began
    method = environ["REQUEST_METHOD"]
    # The route, not the URL: otherwise each invalid URL would create a new time series.
    count, duration = series(method if method in METHODS else "other", route or "none", status)
    count.inc()
    duration.observe(seconds)
    if enabled(logging.INFO):
        log.info(
            "request",
            request_id=own,
            method=method,
            path=get_script_name(environ).rstrip("/") + get_path_info(environ),
            query=environ.get("QUERY_STRING", ""),
            status=status,
            milliseconds=round(seconds * 1000, 2),
            revision=revision,
        )


class RequestMiddleware:
    """Middleware that identifies, counts and logs requests."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = request.META.get(BEGAN) or time.perf_counter()
        own = id_for(request.META)
        token = request_id.set(own)
        try:
            response = self.get_response(request)
        finally:
            request_id.reset(token)
        if not may_be_reused(response.headers):
            response.headers["X-Request-Id"] = own
        route = route_of(request) or getattr(response, "route", "")
        revision = response.get("Dataset-Revision")
        record(request.META, own, began, route, response.status_code, revision)
        return response


class SlashMiddleware(CommonMiddleware):
    """Django's middleware, which leads to the address with a closing slash. What is sent goes
    there as it is: of a 301, clients make a GET without it, and take the response for theirs."""

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        found: Any = super().process_response(request, response)
        if found is not response and request.method not in ("GET", "HEAD"):
            found.status_code = 308
        return found
