"""Finished answers: ETags, 304 without a query, and a bounded cache of bytes.

Published data changes only with the revision, so an answer is good as long as its revision is the
newest, and one that is pinned to a revision (`revision=`, or a cursor) is good for ever. Nothing
is purged and nothing goes stale: what is remembered is compared with the newest revision's number,
which a process reads at most once a second.
"""

import contextlib
import hashlib
import time
from collections.abc import Callable
from typing import Any

import redis
import structlog
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.module_loading import import_string

log = structlog.get_logger("aidapi.caching")
PREFIX = "/api/v1/"
MEMORY = 1.0
"""So many seconds a process may go without asking for the newest revision's number."""
LARGEST = 256 * 1024
"""Larger bodies are not kept."""
LONGEST = 1_000
"""Longer questions are not kept, nor what asks for forms as long."""


class NewestRevision:
    """The newest revision's number, remembered for a second."""

    known: tuple[int, float]
    """The number, and when it was read."""

    def __init__(self) -> None:
        self.forget()

    def __call__(self) -> int:
        number, read_at = self.known
        now = time.monotonic()
        if now - read_at > MEMORY:
            number = import_string(settings.DATASET_HEAD).number()
            # One assignment: other threads see number and time of the same reading.
            self.known = number, now
        return number

    def heard(self, number: int) -> None:
        """An answer was of a newer one: none of this process goes back behind it."""
        if number > self.known[0]:
            self.known = number, time.monotonic()

    def forget(self) -> None:
        self.known = -1, float("-inf")


newest_revision = NewestRevision()


class CacheMiddleware:
    """Answers what it remembers, and tells clients and caches on the way how long they may."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in ("GET", "HEAD") or not request.path_info.startswith(PREFIX):
            return self.get_response(request)
        key = question(request)
        known = request.META.get("HTTP_IF_NONE_MATCH")
        if key is not None:
            if known and (same := unchanged(known, key)):
                return same
            kept = find(key)
            if kept is not None and (kept.pinned or kept.revision == newest_revision()):
                return kept
        response = self.get_response(request)
        return self.finish(request, response, key, known)

    def finish(
        self, request: HttpRequest, response: HttpResponse, key: str | None, known: str | None
    ) -> HttpResponse:
        """Headers for caches on the way; and the answer is kept, if it is one to keep."""
        # What is for all knows nobody: a broken CSRF cookie, say, is not answered with a new one.
        response.cookies.clear()
        if response.status_code != 200:
            response["Cache-Control"] = "no-store"
            return response
        patch_vary_headers(response, ["Accept", "Accept-Encoding"])
        if response.has_header("Cache-Control"):
            # The view knows better: a citation, say, has today's date in it.
            return response
        if key is None or response.streaming or not response.has_header("Dataset-Revision"):
            # A stream may break off: no tag may say later that what came of it is all.
            response["Cache-Control"] = "public, no-cache"
            return response
        revision = int(response["Dataset-Revision"])
        newest_revision.heard(revision)
        pinned = getattr(response, "pinned", False)
        etag = make_etag(revision, pinned, key)
        response["ETag"] = etag
        response["Cache-Control"] = lifetime(pinned)
        if request.method == "GET" and len(response.content) <= LARGEST:
            match = request.resolver_match
            kept: Any = response
            # What is answered from memory is resolved to no view, and the counters want to know.
            kept.revision, kept.pinned, kept.route = revision, pinned, match and f"/{match.route}"
            keep(key, kept)
        if known and etag in tags(known):
            return not_modified(revision, pinned, etag)
        return response


def find(key: str) -> Any:
    try:
        return cache.get(key)
    except redis.RedisError:
        log.exception("Redis does not answer: nothing is found in the cache.")
        return None


def keep(key: str, kept: HttpResponse) -> None:
    with contextlib.suppress(redis.RedisError):
        cache.set(key, kept, None)


def question(request: HttpRequest) -> str | None:
    """What is asked and in which form, whatever the order of the parameters; None where it is
    too long to remember."""
    meta = request.META
    query = meta.get("QUERY_STRING", "")
    accept, encoding = meta.get("HTTP_ACCEPT", ""), meta.get("HTTP_ACCEPT_ENCODING", "")
    if len(query) + len(accept) + len(encoding) > LONGEST:
        return None
    asked = "\n".join(
        (
            settings.BUILD,
            # Links in the answer begin with the host, unless PUBLIC_URL is set; and a host must
            # have been found good before anything is kept for it.
            request.scheme or "",
            meta.get("HTTP_HOST") or f"{meta['SERVER_NAME']}:{meta['SERVER_PORT']}",
            request.path_info,
            "&".join(sorted(query.split("&"))),
            accept,
            encoding,
            "cross" if "HTTP_ORIGIN" in meta else "",
        )
    )
    return hashlib.blake2b(asked.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()


def make_etag(revision: int, pinned: bool, key: str) -> str:
    # Weak: the bytes differ with the compression, the content does not.
    return f'W/"{revision}{"p" if pinned else "n"}-{key}"'


def tags(header: str) -> list[str]:
    return [tag.strip() for tag in header.split(",")]


def unchanged(known: str, key: str) -> HttpResponse | None:
    """A 304 if the client's copy is of this question and still good; without any query but the
    newest revision's number, and that at most once a second."""
    for tag in tags(known[:LONGEST]):
        version, _, asked = tag.removeprefix('W/"').rstrip('"').partition("-")
        if asked != key or version[-1:] not in ("n", "p") or not version[:-1].isdecimal():
            continue
        revision, pinned, newest = int(version[:-1]), version.endswith("p"), newest_revision()
        if revision == newest or (pinned and revision < newest):
            return not_modified(revision, pinned, tag)
    return None


def not_modified(revision: int, pinned: bool, etag: str) -> HttpResponse:
    response = HttpResponse(status=304)
    del response["Content-Type"]
    response["ETag"] = etag
    response["Cache-Control"] = lifetime(pinned)
    response["Dataset-Revision"] = str(revision)
    response["Vary"] = "Accept, Accept-Encoding, Origin"
    return response


def lifetime(pinned: bool) -> str:
    """A past revision never changes; the newest must be asked for again, at the price of a 304."""
    return "public, max-age=86400, immutable" if pinned else "public, no-cache"
