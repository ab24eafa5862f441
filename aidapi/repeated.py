"""Repeated requests: a response that is cached and still valid leaves before Django.

It has the headers, the count, the line of the log and the metrics that it would have from Django,
whose middleware uses the same functions. What needs more than the memory of this process goes on:
a number of the latest revision that must be read again, a refusal, a request with cookies.
"""

import time
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings

from aidapi.caching import Kept, cache_key, find_answer, is_cached, newest_revision, store
from aidapi.limits import may_be_reused, take
from aidapi.requests import BEGAN, id_for, record

Environ = dict[str, Any]
STATUS = {200: "200 OK", 304: "304 Not Modified"}


class Repeated:
    """The WSGI application around another that answers repeated requests itself."""

    def __init__(self, application: Callable[[Environ, Callable], Iterable[bytes]]) -> None:
        self.application = application

    def __call__(self, environ: Environ, start_response: Callable) -> Iterable[bytes]:
        environ[BEGAN] = began = time.perf_counter()
        answer = answer_to(environ)
        if answer is None:
            return self.application(environ, start_response)
        headers = answer.items.copy()
        own = id_for(environ)
        is_for_one = not may_be_reused(answer.headers)
        if settings.RATE_LIMIT:
            allowance = take(environ)
            if allowance.left < 0:
                return self.application(environ, start_response)
            if is_for_one:
                headers += allowance.headers()
        if is_for_one:
            headers.append(("X-Request-Id", own))
        start_response(STATUS[answer.status], headers)
        record(environ, own, began, answer.route, answer.status, str(answer.revision))
        return [answer.body]


def answer_to(environ: Environ) -> Kept | None:
    """Return the response to a request that was answered before, if this process has it."""
    if "HTTP_COOKIE" in environ or "HTTP_AUTHORIZATION" in environ or not is_cached(environ):
        return None
    key = cache_key(environ)
    if key is None:
        return None
    return find_answer(environ, key, newest_revision.fresh, store.get)
