"""Addresses below /api/v1/ that responses refer to."""

import hashlib
from typing import Any
from urllib.parse import unquote_plus, urlencode

import orjson
from django.http import HttpRequest
from django.utils.encoding import iri_to_uri

from aidapi.addresses import base_url
from records.models import KINDS, Change

PLURALS = {
    "statement": "statements",
    "donation": "donations",
    "export": "exports",
    "contract": "contracts",
    "party": "parties",
    "item": "items",
}
"""Kind of record or vocabulary entry → its list, as in addresses."""


def pinned(request: HttpRequest, path: str, query: dict[str, str], revision: int) -> str:
    """Return the permanent URL of a response: its path from the root of the site, its query in
    alphabetical order, and the revision."""
    pairs = [(name, value) for name, value in sorted(query.items()) if name != "revision"]
    pairs.append(("revision", str(revision)))
    return f"{base_url(request)}{path}?{urlencode(pairs, safe=',:')}"


def in_form(path: str, form: Any) -> str:
    """Return the path of a representation; `path` is that of any of its resource."""
    folder, _, name = path.removesuffix("/").rpartition("/")
    return f"{folder}/{name.partition('.')[0]}.{form.extension}"


def as_requested(request: HttpRequest, form: Any) -> str:
    """Return the URL of a request as it was sent, in another representation."""
    path, query = request.path_info, request.META.get("QUERY_STRING", "")
    if not path.endswith("/"):
        path = in_form(path, form)
    else:
        named = f"{form.parameter}={form.format}"
        pairs = [
            named if unquote_plus(pair).startswith(f"{form.parameter}=") else pair
            for pair in query.split("&")
            if pair
        ]
        query = "&".join(pairs if named in pairs else [*pairs, named])
    # What was sent may hold characters that no URL has.
    return iri_to_uri(f"{base_url(request)}{path}{'?' if query else ''}{query}")


def change_address(change: Change) -> str:
    """Return where to read what was changed: a record as of the change, an entry as it is now."""
    path = f"/api/v1/{PLURALS[change.kind]}/{change.public_id}/"
    return f"{path}?revision={change.revision_id}" if change.kind in KINDS else path


def digest(query: dict[str, str]) -> str:
    """Return six characters that identify a query in names of files and keys of citations."""
    return hashlib.blake2b(orjson.dumps(sorted(query.items())), digest_size=3).hexdigest()
