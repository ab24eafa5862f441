"""Addresses of this site, at the root of a host or below a path.

Django knows the path below which a request came, its script prefix. It is the path of PUBLIC_URL
(`FORCE_SCRIPT_NAME`) or, if that has none, the prefix that the server names in SCRIPT_NAME. Routes
and the paths in this code begin at the root of the site; addresses in responses begin with the
prefix.
"""

from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.urls import get_script_prefix

BASE_URL = "aidapi.base_url"
"""Key of the start of links in the environment of a request, once it is known."""


def site_path() -> str:
    """Return the path below which the site is, `/aid`; empty at the root of a host."""
    return get_script_prefix().rstrip("/")


def without_site_path(environ: dict[str, Any]) -> None:
    """Remove the path of PUBLIC_URL from the path of a request, if a proxy has kept it."""
    path, prefix = environ["PATH_INFO"], settings.FORCE_SCRIPT_NAME
    if prefix and (path == prefix or path.startswith(f"{prefix}/")):
        environ["PATH_INFO"] = path[len(prefix) :] or "/"


def origin(request: HttpRequest) -> str:
    """Return scheme and host of links: of PUBLIC_URL or, if it is not set, of the request."""
    if settings.PUBLIC_URL:
        return origin_of(settings.PUBLIC_URL)
    return f"{request.scheme}://{request.get_host()}"


@lru_cache(1)
def origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def base_url(request: HttpRequest) -> str:
    """Return the start of links to a path from the root of the site."""
    known = request.META.get(BASE_URL)
    if known is None:
        # A list has several links, and each check of the host costs as much as all else of them.
        request.META[BASE_URL] = known = origin(request) + site_path()
    return known
