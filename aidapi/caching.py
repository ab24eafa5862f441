"""Response cache: ETags, 304 without a query, and a bounded cache of finished responses.

Published data changes only with the revision, so a response is valid while its revision is the
latest, and one that is pinned to a revision (`revision=`, or a cursor) is always valid. Nothing is
purged and nothing becomes stale: a cached response is compared with the number of the latest
revision, which a process reads at most once a second.
"""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
from django.conf import settings
from django.core.cache import cache
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.http import HttpRequest, HttpResponse
from django.urls import get_script_prefix
from django.utils.cache import patch_vary_headers
from django.utils.module_loading import import_string

from aidapi.deadlines import limited
from aidapi.lanes import REFUSAL
from aidapi.requests import route_of
from aidapi.shared import PREFIX as SHARED_PREFIX
from aidapi.shared import Unavailable, shared

PREFIX = "/api/v1/"
MAX_AGE = 1.0
"""Seconds for which a process keeps the number of the latest revision."""
MAX_BODY = 256 * 1024
"""Maximum size of a cached body in bytes."""
KEYS = f"{SHARED_PREFIX}responses:"
"""Beginning of keys in Redis."""
KEPT_SECONDS = 86_400
MAX_REQUEST = 1_000
"""Maximum length of query string and headers of a cached request, in characters."""


class NewestRevision:
    """Number of the latest revision, kept for a second."""

    known: tuple[int, float]
    """Number, and when it was read."""

    def __init__(self) -> None:
        self.forget()

    def __call__(self) -> int:
        number, read_at = self.known
        now = time.monotonic()
        if now - read_at > MAX_AGE:
            # This comes before the deadline of the request.
            with limited(settings.PROBE_SECONDS, connections[DEFAULT_DB_ALIAS]) as deadline:
                try:
                    number = import_string(settings.DATASET_HEAD).number()
                finally:
                    if deadline.passed:
                        connection.close()
            # One assignment: other threads see number and time of the same reading.
            self.known = number, now
        return number

    def observe(self, number: int) -> None:
        """Take note of a response with a later revision: this process never returns to an
        earlier one."""
        if number > self.known[0]:
            self.known = number, time.monotonic()

    def forget(self) -> None:
        self.known = -1, float("-inf")


newest_revision = NewestRevision()


class CacheMiddleware:
    """Middleware that serves cached responses, and sets ETag and Cache-Control."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if (
            request.method not in ("GET", "HEAD")
            or not request.path_info.startswith(PREFIX)
            or REFUSAL in request.META
        ):
            return self.get_response(request)
        key = cache_key(request)
        known = request.META.get("HTTP_IF_NONE_MATCH")
        if key is not None:
            if known and (same := unchanged(known, key)):
                return same
            kept = find(key)
            if kept is not None and (kept.pinned or kept.revision == newest_revision()):
                return kept.response()
        response = self.get_response(request)
        return self.finish(request, response, key, known)

    def finish(
        self, request: HttpRequest, response: HttpResponse, key: str | None, known: str | None
    ) -> HttpResponse:
        """Set the headers of the response, and store it if it may be cached."""
        # A shared response has no cookies: a broken CSRF cookie, say, gets no new one.
        response.cookies.clear()
        if response.status_code != 200:
            response["Cache-Control"] = "no-store"
            return response
        patch_vary_headers(response, ["Accept", "Accept-Encoding"])
        if response.has_header("Cache-Control"):
            # The view decides: a citation, say, contains the current date.
            return response
        if key is None or response.streaming or not response.has_header("Dataset-Revision"):
            # A stream may break off: no ETag may confirm an incomplete file.
            response["Cache-Control"] = "public, no-cache"
            return response
        revision = int(response["Dataset-Revision"])
        newest_revision.observe(revision)
        pinned = getattr(response, "pinned", False)
        etag = make_etag(revision, pinned, key)
        response["ETag"] = etag
        response["Cache-Control"] = lifetime(pinned)
        if request.method == "GET" and len(response.content) <= MAX_BODY:
            # A cached response has no resolved view, and metrics need the route.
            keep(
                key,
                Kept(
                    revision, pinned, route_of(request), dict(response.items()), response.content
                ),
            )
        if known and etag in tags(known):
            return not_modified(revision, pinned, etag)
        return response


@dataclass(frozen=True)
class Kept:
    """A response as it is cached: as bytes, which are read without executing anything."""

    revision: int
    pinned: bool
    route: str
    headers: dict[str, str]
    body: bytes

    def dumps(self) -> bytes:
        head = [self.revision, self.pinned, self.route, self.headers]
        return orjson.dumps(head) + b"\n" + self.body

    @classmethod
    def loads(cls, stored: bytes) -> "Kept | None":
        """Return what was stored; None if it is something else."""
        head, _, body = stored.partition(b"\n")
        try:
            revision, pinned, route, headers = orjson.loads(head)
            return cls(revision, pinned, route, dict(headers), body)
        except (TypeError, ValueError):
            return None

    def response(self) -> HttpResponse:
        response: Any = HttpResponse(self.body, headers=self.headers)
        response.route = self.route
        return response


def find(key: str) -> Kept | None:
    """Return what is cached for all processes or, without Redis, in this one."""
    server = shared()
    try:
        stored = server.run(("GET", f"{KEYS}{key}"))[0] if server else cache.get(key)
    except Unavailable:
        stored = cache.get(key)
    return Kept.loads(stored) if stored else None


def keep(key: str, kept: Kept) -> None:
    server = shared()
    try:
        if server:
            server.run(("SET", f"{KEYS}{key}", kept.dumps(), "EX", KEPT_SECONDS))
            return
    except Unavailable:
        pass
    cache.set(key, kept.dumps(), KEPT_SECONDS)


def cache_key(request: HttpRequest) -> str | None:
    """Return the key of the request, independent of the order of its parameters; None if it is too
    long to cache."""
    meta = request.META
    query = meta.get("QUERY_STRING", "")
    accept, encoding = meta.get("HTTP_ACCEPT", ""), meta.get("HTTP_ACCEPT_ENCODING", "")
    if len(query) + len(accept) + len(encoding) > MAX_REQUEST:
        return None
    identity = "\n".join(
        (
            settings.BUILD,
            # Links in the response begin with the host, unless PUBLIC_URL is set; and only
            # responses to allowed hosts are stored.
            request.scheme or "",
            meta.get("HTTP_HOST") or f"{meta['SERVER_NAME']}:{meta['SERVER_PORT']}",
            get_script_prefix(),
            request.path_info,
            "&".join(sorted(query.split("&"))),
            accept,
            encoding,
            "cross" if "HTTP_ORIGIN" in meta else "",
        )
    )
    return hashlib.blake2b(identity.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()


def make_etag(revision: int, pinned: bool, key: str) -> str:
    # Weak: the bytes differ with the compression, the content does not.
    return f'W/"{revision}{"p" if pinned else "n"}-{key}"'


def tags(header: str) -> list[str]:
    return [tag.strip() for tag in header.split(",")]


def unchanged(known: str, key: str) -> HttpResponse | None:
    """Return 304 if the client's copy belongs to this request and is still valid. The only query
    is for the number of the latest revision, at most once a second."""
    for tag in tags(known[:MAX_REQUEST]):
        version, _, tag_key = tag.removeprefix('W/"').rstrip('"').partition("-")
        if tag_key != key or version[-1:] not in ("n", "p") or not version[:-1].isdecimal():
            continue
        revision, pinned = int(version[:-1]), version.endswith("p")
        # What is pinned is valid whatever is the latest, also while the database is away.
        if pinned and revision <= newest_revision.known[0]:
            return not_modified(revision, pinned, tag)
        newest = newest_revision()
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
    """Return Cache-Control: a past revision never changes, the latest must be revalidated."""
    return "public, max-age=86400, immutable" if pinned else "public, no-cache"
