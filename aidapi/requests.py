"""Request ids in responses and logs, the access log, and metrics for Prometheus."""

import logging
import re
import secrets
import time
from collections.abc import Callable
from functools import lru_cache

import structlog
from django.contrib.admindocs.views import simplify_regex
from django.http import HttpRequest, HttpResponse
from prometheus_client import Counter, Histogram

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
METHODS = {"GET", "HEAD", "OPTIONS", "POST"}


@lru_cache(1_000)
def in_plain(route: str) -> str:
    """Return a route as a path: those of Django's admin are regular expressions."""
    return simplify_regex(route)


def route_of(request: HttpRequest) -> str:
    """Return the route of a request; empty before it is resolved."""
    match = request.resolver_match
    return in_plain(match.route) if match else ""


class RequestMiddleware:
    """Middleware that identifies, counts and logs requests."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = request.META.get(BEGAN) or time.perf_counter()
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        own = given if re.fullmatch(r"[A-Za-z0-9._-]{8,64}", given) else secrets.token_hex(8)
        token = request_id.set(own)
        try:
            response = self.get_response(request)
        finally:
            request_id.reset(token)
        response.headers["X-Request-Id"] = own
        seconds = time.perf_counter() - began
        # The route, not the URL: otherwise each invalid URL would create a new time series.
        route = route_of(request) or getattr(response, "route", None) or "none"
        method = request.method if request.method in METHODS else "other"
        REQUESTS.labels(method, route, str(response.status_code)).inc()
        SECONDS.labels(route).observe(seconds)
        if enabled(logging.INFO):
            log.info(
                "request",
                request_id=own,
                method=request.method,
                path=request.path,
                query=request.META.get("QUERY_STRING", ""),
                status=response.status_code,
                milliseconds=round(seconds * 1000, 2),
                revision=response.get("Dataset-Revision"),
            )
        return response
