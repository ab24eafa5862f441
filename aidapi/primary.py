"""What a process for reading leaves to the primary: all that is not reading, and what its replica
lacks.

The database is chosen for a whole request. If a replica lacks the revision that a request is
about, the request is answered again, from its beginning, by the primary; if there is none to ask,
it is 503 with Retry-After. Few requests at once may ask the primary, so that readers of a replica
that has stopped do not become its load.
"""

import re
import time
from collections.abc import Callable
from functools import lru_cache, partial

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.db import DEFAULT_DB_ALIAS, connections
from django.http import HttpRequest, HttpResponse
from prometheus_client import Counter

from aidapi import replicas
from aidapi.addresses import base_url
from aidapi.errors import Problem, answer, overloaded
from aidapi.lanes import Connected, Full, Lane

PRIMARY = "primary"
ASKED = Counter("aidapi_asked_of_primary", "Requests that the replica left to the primary.")
REFUSED = Counter("aidapi_behind", "Requests refused since the replica lacks their revision.")
PAUSE = 1.0
"""Seconds for which nobody waits for a replica after one has waited in vain."""


@lru_cache(1)
def primary_lane() -> Lane | None:
    """Return the slots with connections to the primary, as many as the admin has elsewhere; None
    if there is no address of it."""
    if PRIMARY not in connections.settings:
        return None
    slot = partial(Connected, database=PRIMARY)
    return Lane(PRIMARY, settings.ADMIN_THREADS, settings.WAITING // 4, slot)


class ReadingMiddleware:
    """Answers a request from the replica or, where that lacks something, from the primary."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if not settings.READING:
            raise MiddlewareNotUsed
        self.get_response = get_response
        self.in_vain_until = 0.0

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if is_elsewhere(request.path_info):
            return answer(request, elsewhere(request))
        since = request.GET.get("changed_since", "")
        follows = int(since) if since.isdecimal() and len(since) < 10 else 0
        with replicas.attempting(follows=follows) as made:
            response = self.get_response(request)
        if made.lacked is None:
            return response
        if self.comes(made.lacked):
            with replicas.attempting(follows=follows) as made:
                response = self.get_response(request)
            if made.lacked is None:
                return response
        lane = primary_lane()
        if lane is None:
            REFUSED.inc()
            return response
        return self.ask(lane, request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer what pages outside the API raise."""
        return answer(request, error) if isinstance(error, replicas.Behind) else None

    def comes(self, revision: int) -> bool:
        """Return whether a revision that was shown, and so exists, comes to the replica soon."""
        if not 0 < revision <= replicas.least() or time.monotonic() < self.in_vain_until:
            return False
        found = replicas.arrives(revision, replicas.PATIENCE)
        if not found:
            self.in_vain_until = time.monotonic() + PAUSE
        return found

    def ask(self, lane: Lane, request: HttpRequest) -> HttpResponse:
        """Return the response of the primary."""
        usual = connections[DEFAULT_DB_ALIAS]
        try:
            with (
                lane.take(request.META.get("REMOTE_ADDR", ""), settings.WAIT_SECONDS),
                replicas.attempting(at_primary=True),
            ):
                response = self.get_response(request)
        except Full:
            return answer(request, overloaded())
        finally:
            connections[DEFAULT_DB_ALIAS] = usual
        ASKED.inc()
        response.lane = lane  # type: ignore[attr-defined]  # read by aidapi.lanes
        return response


def is_elsewhere(path: str) -> bool:
    """Return whether a process for reading has no such page."""
    return path.startswith("/admin/") or re.fullmatch(settings.FORM_PATHS, path) is not None


def elsewhere(request: HttpRequest) -> Problem:
    """Return the problem of what needs accounts, or writes."""
    problem = Problem(
        404,
        "not_here",
        "Not here",
        "This process only serves readers. The proxy in front must lead "
        f"{base_url(request)}{request.path_info} to the process that writes.",
    )
    problem.headers["Cache-Control"] = "no-store"
    return problem
