"""Keyset cursors, signed, that pin the revision: a walk is one consistent snapshot."""

import base64
import hashlib
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import orjson
from django.conf import settings
from django.core import signing
from django.http import HttpRequest

from aidapi.errors import InvalidParameters, ParameterError

DEFAULT_PAGE = 50
MAX_PAGE = 500
# What may change between the pages of one walk.
FREE = {"cursor", "page_size", "count", "revision", "fields", "omit", "format"}


@dataclass(frozen=True)
class Cursor:
    """A place in a list: after (or, backward, before) a row, at a revision."""

    revision: int
    ordering: str
    backward: bool
    key: Any
    """The row's value in the ordered column, as JSON; null where it is null."""
    row_id: str
    tier: int = 0
    """The tier in which the row stands, where what a list finds comes in tiers."""

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
                        "This is not a cursor of ours: follow the `next` link of a list as it is.",
                    )
                ]
            ) from None
        if made_for != digest(request):
            raise InvalidParameters(
                [
                    ParameterError(
                        "cursor",
                        "cursor_of_another_query",
                        "The cursor belongs to another question: keep the filters and the "
                        "ordering of its list, or begin again without it.",
                    )
                ]
            )
        return cls(revision, ordering, bool(backward), key, row_id, tier)


def signer() -> signing.Signer:
    keys: list[Any] = settings.CURSOR_KEYS
    return signing.Signer(key=keys[0], fallback_keys=keys[1:], salt="aidapi.cursor")


def digest(request: HttpRequest) -> str:
    """What a cursor is bound to: the list and its filters, in whatever order they stand, but not
    what may change from page to page."""
    bound = sorted((name, values) for name, values in request.GET.lists() if name not in FREE)
    return hashlib.blake2b(orjson.dumps([request.path, bound]), digest_size=9).hexdigest()


def base_url(request: HttpRequest) -> str:
    """Where links begin: PUBLIC_URL, or the request's own host in its absence."""
    return settings.PUBLIC_URL or f"{request.scheme}://{request.get_host()}"


def page_link(request: HttpRequest, cursor: Cursor | None) -> str | None:
    if cursor is None:
        return None
    query = [(name, value) for name, value in request.GET.items() if name != "cursor"]
    # In one order, however it was asked: equal questions have equal answers.
    query = [*sorted(query), ("cursor", cursor.encode(request))]
    return f"{base_url(request)}{request.path}?{urlencode(query, safe=',:')}"
