"""Atom feeds (RFC 4287), paginated (RFC 5005): of changes, and of any list of records."""

import re
from collections import defaultdict
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

from aidapi.addresses import base_url, origin
from aidapi.renderers import Atom
from records.api.addresses import change_address
from records.api.licence import AUTHOR, LICENCE
from records.api.quotes import quoted
from records.api.titles import attributed_title
from records.api.views.pages import Page
from records.models import KINDS, Action, Change, Revision

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
"""Date of a feed before anything is published."""
NOT_IDENTIFYING = {"cursor", "page_size", "format", "ordering", "revision"}
"""Parameters that do not change which feed it is."""
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""Characters that XML cannot represent, even as references."""
VERBS = {
    Action.PUBLISHED: "Published",
    Action.CORRECTED: "Corrected",
    Action.WITHDRAWN: "Withdrawn",
    Action.EDITED: "Edited",
}


@dataclass(frozen=True)
class Entry:
    """What happened to a version of a record or vocabulary entry."""

    kind: str
    id: str
    version: int
    action: str
    title: str
    text: str
    at: datetime
    address: str
    """Where to read it, from the root of the site."""


class Feed(Atom1Feed):
    """Django's Atom feed with links to other pages, and with the time of the revision that it
    shows instead of the current time."""

    def latest_post_date(self) -> datetime:
        return self.feed["updated"]

    def add_root_elements(self, handler: Any) -> None:
        super().add_root_elements(handler)
        for rel in ("next", "previous", "license"):
            if self.feed[rel]:
                handler.addQuickElement("link", "", {"rel": rel, "href": self.feed[rel]})


def feed(
    request: HttpRequest, page: Page, entries: Callable[[Sequence[Any]], Iterator[Entry]]
) -> HttpResponse:
    """Return the page as a feed of the entries that `entries` makes of its rows."""
    base = base_url(request)
    address = f"{base}{request.path_info}"
    noun = request.path_info.strip("/").rsplit("/", 1)[-1]
    given = page.parameters.given
    which = sorted((k, v) for k, v in given.items() if k not in NOT_IDENTIFYING)
    query = f"?{urlencode(which, safe=',:')}" if which else ""
    filters = f": {', '.join(f'{name}={value}' for name, value in which)}" if which else ""
    revision = Revision.objects.filter(number=page.revision).first()
    about = f"AidAPI, {noun}{filters}"
    atom = Feed(
        title=xml(about),
        link=f"{address}{query}",
        description="",
        subtitle="What was published, corrected or withdrawn, newest first.",
        language="en",
        author_name=AUTHOR,
        author_link=f"{base}/",
        feed_url=f"{origin(request)}{request.get_full_path()}",
        feed_guid=tag(f"{noun}{query}"),
        feed_copyright=f"{LICENCE['name']}, {LICENCE['url']}",
        updated=revision.published_at if revision else BEGINNING,
        next=as_feed(page, page.next),
        previous=as_feed(page, page.previous),
        license=LICENCE["url"],
    )
    for entry in entries(page.rows):
        atom.add_item(
            title=xml(f"{VERBS[Action(entry.action)]}: {entry.title}"),
            link=f"{base}{entry.address}",
            description=escape(
                xml(f"{entry.text} ({entry.kind} {entry.id}, version {entry.version})")
            ),
            unique_id=tag(f"{entry.kind}/{entry.id}/{entry.version}/{entry.action}"),
            pubdate=entry.at,
            updateddate=entry.at,
            categories=(entry.kind, entry.action),
        )
    response = HttpResponse(
        atom.writeString("utf-8").encode(), content_type=f"{Atom.media_type}; charset=utf-8"
    )
    response["Dataset-Revision"] = str(page.revision)
    return response


def record_entries(bodies: Sequence[str]) -> Iterator[Entry]:
    """Yield the act that published the current version of each record, with its quotes; one
    query."""
    documents = [orjson.loads(body) for body in bodies]
    times = dict(
        Revision.objects.filter(
            number__in={document["published_in"] for document in documents}
        ).values_list("number", "published_at")
    )
    for document in documents:
        quotes = [quoted(figure["evidence"]) for figure in document.get("figures", ())]
        yield Entry(
            document["kind"],
            document["id"],
            document["version"],
            Action.PUBLISHED if document["version"] == 1 else Action.CORRECTED,
            attributed_title(document),
            "; ".join(dict.fromkeys(quotes)) or document["summary"],
            times[document["published_in"]],
            document["page"],
        )


def change_entries(changes: Sequence[Change]) -> Iterator[Entry]:
    """Yield each change as an entry."""
    names = titles(changes)
    for change in changes:
        yield Entry(
            change.kind,
            change.public_id,
            change.version,
            change.action,
            names.get((change.kind, change.public_id, change.version), change.public_id),
            change.reason or change.revision.message,
            change.revision.published_at,
            change_address(change),
        )


def titles(changes: Sequence[Change]) -> dict[tuple[str, str, int], str]:
    """Return (kind, id, version) → title of a record or name of an entry; one query for each kind
    of record."""
    names: dict[tuple[str, str, int], str] = {}
    ids: dict[str, set[str]] = defaultdict(set)
    for change in changes:
        if change.kind in KINDS:
            ids[change.kind].add(change.public_id)
        elif change.content:
            names[change.kind, change.public_id, change.version] = change.content["name"]
    for kind in sorted(ids):
        rows: Any = KINDS[kind]._default_manager.filter(
            public_id__in=sorted(ids[kind]), published_in__isnull=False
        )
        bodies = rows.values_list("public_id", "version", "document__body")
        for public_id, version, body in bodies:
            names[kind, public_id, version] = attributed_title(orjson.loads(body))
    return names


def as_feed(page: Page, address: str | None) -> str | None:
    """Return the address of another page of the feed, independent of the Accept header."""
    return (
        f"{address}&format=atom" if address and "format" not in page.parameters.given else address
    )


def tag(specific: str) -> str:
    """Return an id that stays the same if the site moves (RFC 4151)."""
    return f"tag:{settings.TAG_AUTHORITY},2026:{specific}"


def xml(text: str) -> str:
    """Return the text without characters that XML cannot represent."""
    return FORBIDDEN.sub("\ufffd", text)
