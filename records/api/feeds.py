"""Changes as an Atom feed (RFC 4287), page by page (RFC 5005)."""

import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape

from aidapi.pagination import base_url
from records.api.citations import AUTHOR, LICENCE
from records.models import KINDS, Change, Revision

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
"""When the feed was updated before anything was published."""
TAKEN_ALONG = {"cursor", "page_size", "format", "ordering", "revision"}
"""Parameters that say how, not which, changes are told: the feed is the same."""
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""Characters that XML cannot hold, however they are written."""
WORDS = {
    "published": "Published",
    "corrected": "Corrected",
    "withdrawn": "Withdrawn",
    "edited": "Edited",
}


class Feed(Atom1Feed):
    """Atom as Django writes it, with the way to the other pages, and the time of the revision
    that is shown instead of the present one."""

    def latest_post_date(self) -> datetime:
        return self.feed["updated"]

    def add_root_elements(self, handler: Any) -> None:
        super().add_root_elements(handler)
        for rel in ("next", "previous", "license"):
            if self.feed[rel]:
                handler.addQuickElement("link", "", {"rel": rel, "href": self.feed[rel]})


def feed(
    request: HttpRequest,
    page: Any,
    documents: Any,
    names: dict[tuple[str, str, int], str],
    revision: Revision | None,
) -> bytes:
    """The page of changes, each with its document, and names of what they changed."""
    base = base_url(request)
    address = f"{base}{request.path}"
    which = sorted((k, v) for k, v in request.GET.items() if k not in TAKEN_ALONG)
    query = f"?{urlencode(which, safe=',:')}" if which else ""
    asked = f": {', '.join(f'{name}={value}' for name, value in which)}" if which else ""
    written = Feed(
        title=f"AidAPI, what changed{xml(asked)}",
        link=f"{address}{query}",
        description="What was published, corrected, withdrawn or edited, and why.",
        subtitle="What was published, corrected, withdrawn or edited, and why.",
        language="en",
        author_name=AUTHOR,
        author_link=f"{base}/",
        feed_url=f"{base}{request.get_full_path()}",
        feed_guid=tag(f"changes{query}"),
        feed_copyright=f"{LICENCE['name']}, {LICENCE['url']}",
        updated=revision.published_at if revision else BEGINNING,
        next=as_feed(request, page.next),
        previous=as_feed(request, page.previous),
        license=LICENCE["url"],
    )
    for change, document in zip(page.rows, documents, strict=True):
        name = names.get((change.kind, change.public_id, change.version), change.public_id)
        published_at = change.revision.published_at
        told = change.reason or change.revision.message
        written.add_item(
            title=xml(f"{WORDS[change.action]}: {name}"),
            link=document["url"],
            description=escape(
                xml(f"{told} ({change.kind} {change.public_id}, version {change.version})")
            ),
            unique_id=tag(f"{change.kind}/{change.public_id}/{change.version}/{change.action}"),
            pubdate=published_at,
            updateddate=published_at,
            categories=(change.kind, change.action),
        )
    return written.writeString("utf-8").encode()


def as_feed(request: HttpRequest, address: str | None) -> str | None:
    """A further page is a feed as well, whatever its reader accepts."""
    return f"{address}&format=atom" if address and "format" not in request.GET else address


def titles(changes: Sequence[Change]) -> dict[tuple[str, str, int], str]:
    """(kind, id, version) → what people call it; one query for each kind of record."""
    names: dict[tuple[str, str, int], str] = {}
    ids: dict[str, set[str]] = defaultdict(set)
    for change in changes:
        if change.kind in KINDS:
            ids[change.kind].add(change.public_id)
        elif change.content:
            names[change.kind, change.public_id, change.version] = change.content["name"]
    for kind in sorted(ids):
        rows = KINDS[kind]._default_manager.filter(
            public_id__in=sorted(ids[kind]), published_in__isnull=False
        )
        for public_id, version, title in rows.values_list("public_id", "version", "title"):
            names[kind, public_id, version] = title
    return names


def tag(specific: str) -> str:
    """A name that never changes, wherever the site moves (RFC 4151)."""
    return f"tag:{settings.TAG_AUTHORITY},2026:{specific}"


def xml(text: str) -> str:
    """The text without what XML cannot hold."""
    return FORBIDDEN.sub("\ufffd", text)
