"""Response cache: ETags, 304 without a query, and a bounded cache of finished responses.

Published data changes only with the revision, so a response is valid while its revision is the
latest, and one that is pinned to a revision (`revision=`, or a cursor) is always valid. Nothing is
purged and nothing becomes stale: a cached response is compared with the number of the latest
revision, which a process reads at most once a second.

A cached response is looked up by the WSGI environment alone, in two places: before Django
(aidapi.repeated), which reads neither the database nor Redis, and in the middleware, which does.
"""

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import orjson
from django.conf import settings
from django.core.handlers.wsgi import get_script_name
from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_http_date, parse_http_date_safe
from django.utils.module_loading import import_string

from aidapi import replicas
from aidapi.deadlines import bounded
from aidapi.errors import REFUSAL
from aidapi.requests import route_at, route_of
from aidapi.shared import PREFIX as SHARED_PREFIX
from aidapi.shared import Unavailable, shared

PREFIXES = (
    *("/api/v1/", "/reconcile/"),
    *("/browse/", "/charts/", "/embed/", "/parties/", "/items/", "/series/"),
)
"""Beginnings of the paths whose responses depend on nothing but the request and the revision."""
READING = ("GET", "HEAD")
MAX_AGE = 1.0
"""Seconds for which a process keeps the number of the latest revision."""
MAX_BODY = 256 * 1024
"""Maximum size of a cached body in bytes."""
KEYS = f"{SHARED_PREFIX}responses:"
"""Beginning of keys in Redis."""
KEPT_SECONDS = 86_400
KEEP = """
local before = string.match(redis.call('GETRANGE', KEYS[1], 0, 20), '^%[(%d+),')
if before and tonumber(before) > tonumber(ARGV[3]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return 1
"""
"""Stores a response in Redis, unless one of a later revision is there: a request that took long,
or at a replica that was behind, replaces nothing newer."""
VARY = "Accept, Accept-Encoding"
"""What cached responses depend on, besides the address."""
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
        least = replicas.least()
        if now - read_at > MAX_AGE or number < least:
            # This comes before the deadline of the request.
            with bounded(settings.PROBE_SECONDS):
                number = max(import_string(settings.DATASET_HEAD).number(), least)
            # One assignment: other threads see number and time of the same reading.
            self.known = number, now
        return number

    def fresh(self) -> int:
        """Return the number if it need not be read again, else -1."""
        number, read_at = self.known
        is_fresh = time.monotonic() - read_at <= MAX_AGE and number >= replicas.least()
        return number if is_fresh else -1

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
        if not is_cached(request.META) or REFUSAL in request.META:
            return never_guessed(self.get_response(request))
        key = cache_key(request.META)
        if key is not None:
            answer = find_answer(request.META, key, newest_revision, find)
            if answer is not None:
                return answer.response()
        return self.finish(request, self.get_response(request), key)

    def finish(
        self, request: HttpRequest, response: HttpResponse, key: str | None
    ) -> HttpResponse:
        """Set the headers of the response, and store it if it may be cached."""
        # A shared response has no cookies: a broken CSRF cookie, say, gets no new one.
        response.cookies.clear()
        if response.status_code not in (200, 206):
            response["Cache-Control"] = "no-store"
            return response
        # In the same words for all variants: nginx keeps none beside one of other words.
        response["Vary"] = VARY
        if response.has_header("Cache-Control"):
            # The view decides: a citation, say, contains the current date.
            return response
        is_file = getattr(response, "is_file", False)
        known = request.META.get("HTTP_IF_NONE_MATCH", "")
        if key is None or (response.streaming and not is_file):
            # A stream may break off: no ETag may confirm an incomplete file.
            response["Cache-Control"] = "public, no-cache"
            return response
        if not response.has_header("Dataset-Revision"):
            # The OpenAPI document, which its view has given an ETag.
            response["Cache-Control"] = "public, no-cache"
            if known and weak(response.get("ETag", "")) in tags(known):
                return without_body(response)
            return response
        revision = int(response["Dataset-Revision"])
        newest_revision.observe(revision)
        pinned = getattr(response, "pinned", False)
        response["ETag"] = etag = make_etag(revision, pinned, key)
        response["Cache-Control"] = lifetime(pinned)
        if is_file:
            if not known and is_unmodified(request, response):
                same: Any = not_modified(revision, pinned, key, route_of(request)).response()
                # Closing the 304 closes the file: to close a response ends the request.
                same._resource_closers += response._resource_closers  # type: ignore[attr-defined]
                return same
        elif keeps() and request.method == "GET" and len(response.content) <= MAX_BODY:
            # A cached response has no resolved view, and metrics need the route.
            keep(
                key,
                Kept(
                    revision, pinned, route_of(request), dict(response.items()), response.content
                ),
            )
        if weak(etag) in tags(known):
            return not_modified(revision, pinned, key, route_of(request)).response()
        return response


def keeps() -> bool:
    """Return whether finished responses are kept."""
    return bool(settings.CACHE_ENTRIES or settings.CACHE_URL)


def is_cached(environ: dict[str, Any]) -> bool:
    """Return whether the responses to such requests are cached."""
    return environ["REQUEST_METHOD"] in READING and environ["PATH_INFO"].startswith(PREFIXES)


def never_guessed(response: HttpResponse) -> HttpResponse:
    """Return the response, which no cache reuses by guessing how long it is valid: pages, and
    what is not read."""
    response.headers.setdefault("Cache-Control", "no-cache")
    return response


def is_unmodified(request: HttpRequest, response: HttpResponse) -> bool:
    """Return whether the client's copy of a file has its date, as tools have that keep no ETag."""
    date = parse_http_date_safe(request.headers.get("If-Modified-Since", ""))
    return date is not None and date >= parse_http_date(response["Last-Modified"])


def without_body(response: HttpResponse) -> HttpResponse:
    """Return 304 in place of the response."""
    same = HttpResponse(status=304)
    del same["Content-Type"]
    for name in ("ETag", "Cache-Control", "Vary"):
        same[name] = response[name]
    return same


@dataclass(frozen=True)
class Kept:
    """A finished response, before the headers that each request gets: as it is cached, or a 304.
    It is stored as bytes, which are read without executing anything."""

    revision: int
    pinned: bool
    route: str
    headers: dict[str, str]
    body: bytes
    status: int = 200

    @cached_property
    def items(self) -> list[tuple[str, str]]:
        """The headers as WSGI has them."""
        return list(self.headers.items())

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
        response: Any = HttpResponse(self.body, status=self.status, headers=self.headers)
        if "Content-Type" not in self.headers:
            del response["Content-Type"]
        response.route = self.route
        return response


class Store:
    """The cached responses of this process: those that were last used."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.kept = OrderedDict[str, Kept]()

    def get(self, key: str) -> Kept | None:
        with self.lock:
            kept = self.kept.get(key)
            if kept is not None:
                self.kept.move_to_end(key)
            return kept

    def put(self, key: str, kept: Kept) -> None:
        with self.lock:
            before = self.kept.get(key)
            if before is None or before.revision <= kept.revision:
                self.kept[key] = kept
            self.kept.move_to_end(key)
            while len(self.kept) > settings.CACHE_ENTRIES:
                self.kept.popitem(last=False)

    def clear(self) -> None:
        with self.lock:
            self.kept.clear()


store = Store()


def find_answer(
    environ: dict[str, Any],
    key: str,
    newest: Callable[[], int],
    find: Callable[[str], Kept | None],
) -> Kept | None:
    """Return the response to a request, if one is cached and valid or if the client's copy is.
    `newest` returns the number of the latest revision, and is called only where it matters."""
    known = environ.get("HTTP_IF_NONE_MATCH")
    if known and (same := unchanged(known, key, environ["PATH_INFO"], newest)):
        return same
    kept = find(key)
    if kept is None or not (kept.pinned or kept.revision == newest()):
        return None
    return kept


def find(key: str) -> Kept | None:
    """Return what is cached for all processes or, without Redis, in this one."""
    server = shared()
    if server is None:
        return store.get(key)
    try:
        stored = server.run(("GET", f"{KEYS}{key}"))[0]
    except Unavailable:
        return store.get(key)
    kept = Kept.loads(stored) if stored else None
    if kept:
        store.put(key, kept)
    return kept


def keep(key: str, kept: Kept) -> None:
    """Store a response in this process and, with Redis, for all processes."""
    store.put(key, kept)
    server = shared()
    if server is None:
        return
    with suppress(Unavailable):
        server.run(("EVAL", KEEP, 1, f"{KEYS}{key}", kept.dumps(), KEPT_SECONDS, kept.revision))


def cache_key(environ: dict[str, Any]) -> str | None:
    """Return the key of a request, independent of the order of its parameters; None if it is too
    long to cache."""
    get = environ.get
    query = get("QUERY_STRING", "")
    accept, encoding = get("HTTP_ACCEPT", ""), get("HTTP_ACCEPT_ENCODING", "")
    if len(query) + len(accept) + len(encoding) > MAX_REQUEST:
        return None
    return digest(
        # Links in the response begin with the host, unless PUBLIC_URL is set; and only responses
        # to allowed hosts are stored.
        scheme_behind_proxy(environ)
        if settings.SECURE_PROXY_SSL_HEADER
        else environ["wsgi.url_scheme"],
        get("HTTP_HOST") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}",
        settings.FORCE_SCRIPT_NAME or get_script_name(environ),
        environ["PATH_INFO"],
        query,
        accept,
        encoding,
    )


@lru_cache(1_000)
def digest(
    scheme: str,
    host: str,
    site: str,
    path: str,
    query: str,
    accept: str,
    encoding: str,
) -> str:
    """Return the digest of what responses of this build depend on."""
    query = "&".join(sorted(query.split("&")))
    parts = (settings.BUILD, scheme, host, site, path, query, accept, encoding)
    identity = "\n".join(parts).encode("utf-8", "surrogateescape")
    return hashlib.blake2b(identity, digest_size=16).hexdigest()


def scheme_behind_proxy(environ: dict[str, Any]) -> str:
    """Return the scheme of a request, which the proxy in front names, as HttpRequest does."""
    header, secure = settings.SECURE_PROXY_SSL_HEADER
    if header not in environ:
        return environ["wsgi.url_scheme"]
    return "https" if environ[header].partition(",")[0].strip() == secure else "http"


def make_etag(revision: int, pinned: bool, key: str) -> str:
    # Weak: the bytes differ with the compression, the content does not.
    return f'W/"{revision}{"p" if pinned else "n"}-{key}"'


def weak(tag: str) -> str:
    """Return a tag as it is compared: compression makes it weak, and some clients and proxies
    make it strong again."""
    return tag.removeprefix("W/")


def tags(header: str) -> list[str]:
    """Return the tags that a client sent, as they are compared."""
    return [weak(tag.strip()) for tag in header.split(",")]


def unchanged(known: str, key: str, path: str, newest: Callable[[], int]) -> Kept | None:
    """Return 304 if the client's copy belongs to this request and is still valid."""
    for tag in tags(known[:MAX_REQUEST]):
        version, _, tag_key = tag.strip('"').partition("-")
        if tag_key != key or version[-1:] not in ("n", "p") or not version[:-1].isdecimal():
            continue
        revision, pinned = int(version[:-1]), version.endswith("p")
        # What is pinned is valid whatever is the latest, also while the database is away.
        if (
            (pinned and revision <= newest_revision.known[0])
            or revision == (latest := newest())
            or (pinned and revision < latest)
        ):
            return not_modified(revision, pinned, key, route_at(path))
    return None


def not_modified(revision: int, pinned: bool, key: str, route: str) -> Kept:
    headers = {
        "ETag": make_etag(revision, pinned, key),
        "Cache-Control": lifetime(pinned),
        "Dataset-Revision": str(revision),
        "Vary": VARY,
    }
    return Kept(revision, pinned, route, headers, b"", 304)


def lifetime(pinned: bool) -> str:
    """Return Cache-Control: a past revision never changes, the latest must be revalidated."""
    return "public, max-age=86400, immutable" if pinned else "public, no-cache"
