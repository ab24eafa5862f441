"""Atom feeds (RFC 4287), page by page (RFC 5005): of changes, and of the records of any list."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape

from aidapi.pagination import base_url
from aidapi.renderers import Atom
from records.api.views.citations import AUTHOR, LICENCE
from records.models import Action, Revision

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
"""When the feed was updated before anything was published."""
TAKEN_ALONG = {"cursor", "page_size", "format", "ordering", "revision"}
"""Parameters that say how, not which, changes are told: the feed is the same."""
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""Characters that XML cannot hold, however they are written."""
VERBS = {
    Action.PUBLISHED: "Published",
    Action.CORRECTED: "Corrected",
    Action.WITHDRAWN: "Withdrawn",
    Action.EDITED: "Edited",
}


@dataclass(frozen=True)
class Entry:
    """What happened to a version of a record or term."""

    kind: str
    id: str
    version: int
    action: str
    name: str
    """What people call it."""
    told: str
    """What there is to say of it."""
    at: datetime
    address: str
    """Where it is read; it may begin at the root of the site."""


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
    request: HttpRequest, page: Any, entries: Callable[[Sequence[Any]], Iterator[Entry]]
) -> HttpResponse:
    """The page as a feed, of what `entries` makes of its rows."""
    base = base_url(request)
    address = f"{base}{request.path}"
    noun = request.path.strip("/").rsplit("/", 1)[-1]
    which = sorted((k, v) for k, v in request.GET.items() if k not in TAKEN_ALONG)
    query = f"?{urlencode(which, safe=',:')}" if which else ""
    asked = f": {', '.join(f'{name}={value}' for name, value in which)}" if which else ""
    revision = Revision.objects.filter(number=page.revision).first()
    about = f"AidAPI, {noun}{asked}"
    written = Feed(
        title=xml(about),
        link=f"{address}{query}",
        description="",
        subtitle="What was published, corrected or withdrawn, newest first.",
        language="en",
        author_name=AUTHOR,
        author_link=f"{base}/",
        feed_url=f"{base}{request.get_full_path()}",
        feed_guid=tag(f"{noun}{query}"),
        feed_copyright=f"{LICENCE['name']}, {LICENCE['url']}",
        updated=revision.published_at if revision else BEGINNING,
        next=as_feed(request, page.next),
        previous=as_feed(request, page.previous),
        license=LICENCE["url"],
    )
    for entry in entries(page.rows):
        written.add_item(
            title=xml(f"{VERBS[Action(entry.action)]}: {entry.name}"),
            link=f"{base}{entry.address}",
            description=escape(
                xml(f"{entry.told} ({entry.kind} {entry.id}, version {entry.version})")
            ),
            unique_id=tag(f"{entry.kind}/{entry.id}/{entry.version}/{entry.action}"),
            pubdate=entry.at,
            updateddate=entry.at,
            categories=(entry.kind, entry.action),
        )
    response = HttpResponse(
        written.writeString("utf-8").encode(), content_type=f"{Atom.media_type}; charset=utf-8"
    )
    response["Dataset-Revision"] = str(page.revision)
    return response


def record_entries(bodies: Sequence[str]) -> Iterator[Entry]:
    """Each record by the act that published its version, told by the words that bear it; one
    query."""
    documents = [orjson.loads(body) for body in bodies]
    times = dict(
        Revision.objects.filter(
            number__in={document["published_in"] for document in documents}
        ).values_list("number", "published_at")
    )
    for document in documents:
        quotes = [f"“{figure['evidence']['quote']}”" for figure in document.get("figures", ())]
        yield Entry(
            document["kind"],
            document["id"],
            document["version"],
            Action.PUBLISHED if document["version"] == 1 else Action.CORRECTED,
            document["title"],
            "; ".join(dict.fromkeys(quotes)) or document["summary"],
            times[document["published_in"]],
            document["page"],
        )


def as_feed(request: HttpRequest, address: str | None) -> str | None:
    """A further page is a feed as well, whatever its reader accepts."""
    return f"{address}&format=atom" if address and "format" not in request.GET else address


def tag(specific: str) -> str:
    """A name that never changes, wherever the site moves (RFC 4151)."""
    return f"tag:{settings.TAG_AUTHORITY},2026:{specific}"


def xml(text: str) -> str:
    """The text without what XML cannot hold."""
    return FORBIDDEN.sub("\ufffd", text)
