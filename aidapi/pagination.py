"""Signed keyset cursors that pin the revision: all pages of a list show one snapshot."""

import base64
import hashlib
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import orjson
from django.conf import settings
from django.core import signing
from django.http import HttpRequest

from aidapi.addresses import base_url
from aidapi.errors import InvalidParameters, ParameterError

DEFAULT_PAGE = 50
MAX_PAGE = 500
FREE = {"cursor", "page_size", "count", "revision", "fields", "omit", "format"}
"""Parameters that may change between the pages of a list."""


@dataclass(frozen=True)
class Cursor:
    """Position in a list: after (or, backward, before) a row, at a revision."""

    revision: int
    ordering: str
    backward: bool
    key: Any
    """Value of the row in the ordered column, as JSON."""
    row_id: str
    tier: int = 0
    """Tier of the row, where results of a search have tiers."""

    def encode(self, request: HttpRequest) -> str:
        payload = orjson.dumps(
            [
                self.revision,
                self.ordering,
                int(self.backward),
                self.key,
                self.row_id,
                self.tier,
                digest(request),
            ]
        )
        return signer().sign(base64.urlsafe_b64encode(payload).decode().rstrip("="))

    @classmethod
    def decode(cls, text: str, request: HttpRequest) -> "Cursor":
        try:
            payload = signer().unsign(text)
            padded = payload + "=" * (-len(payload) % 4)
            revision, ordering, backward, key, row_id, tier, made_for = orjson.loads(
                base64.urlsafe_b64decode(padded)
            )
        except (signing.BadSignature, ValueError, TypeError):
            raise InvalidParameters(
                [
                    ParameterError(
                        "cursor",
                        "bad_cursor",
                        "Invalid cursor: use the `next` or `previous` link of a list unchanged.",
                    )
                ]
            ) from None
        if made_for != digest(request):
            raise InvalidParameters(
                [
                    ParameterError(
                        "cursor",
                        "cursor_of_another_query",
                        "The cursor belongs to another query: keep the filters and the ordering "
                        "of its list, or start without the cursor.",
                    )
                ]
            )
        return cls(revision, ordering, bool(backward), key, row_id, tier)


def signer() -> signing.Signer:
    keys: list[Any] = settings.CURSOR_KEYS
    return signing.Signer(key=keys[0], fallback_keys=keys[1:], salt="aidapi.cursor")


def digest(request: HttpRequest) -> str:
    """Return the digest that binds a cursor to its list and filters, in any order, without the
    parameters that may change from page to page."""
    bound = [pair for pair in given(request) if pair[0] not in FREE]
    return hashlib.blake2b(orjson.dumps([request.path_info, bound]), digest_size=9).hexdigest()


def given(request: HttpRequest) -> list[tuple[str, str]]:
    """Return the parameters of a request, repeated ones joined, in alphabetical order, so that
    equal requests have equal responses."""
    return sorted((name, ",".join(values)) for name, values in request.GET.lists())


def page_link(request: HttpRequest, cursor: Cursor | None) -> str | None:
    """Return the URL of the page at the cursor."""
    if cursor is None:
        return None
    query = [pair for pair in given(request) if pair[0] != "cursor"]
    query.append(("cursor", cursor.encode(request)))
    return f"{base_url(request)}{request.path_info}?{urlencode(query, safe=',:')}"
