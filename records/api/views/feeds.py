"""Atom feeds (RFC 4287), paginated (RFC 5005): of changes, and of any list of records."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import orjson
from django.conf import settings
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape, format_html, format_html_join

from aidapi.addresses import base_url, origin
from aidapi.renderers import Atom
from records.api.addresses import PLURALS
from records.api.licence import AUTHOR, LICENCE
from records.api.quotes import quoted
from records.api.titles import VERBS, attributed_title, titles_of_changes
from records.api.views.pages import Page
from records.documents.serializers import page_path
from records.models import KINDS, Action, Change, Revision

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
"""Date of a feed before anything is published."""
NOT_IDENTIFYING = {"cursor", "page_size", "format", "ordering", "revision"}
"""Parameters that do not change which feed it is."""
LISTED = 100
"""Maximum number of changes that the entry of a revision lists."""
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""Characters that XML cannot represent, even as references."""


@dataclass(frozen=True)
class Entry:
    """Entry of a feed."""

    title: str
    html: str
    """What happened, as HTML."""
    at: datetime
    address: str
    """Where to read it, from the root of the site."""
    name: str
    """What identifies it, in every feed."""
    terms: Sequence[str]
    """Categories."""


def identifying(given: dict[str, str]) -> list[tuple[str, str]]:
    """Return the parameters that say which feed it is."""
    return sorted((k, v) for k, v in given.items() if k not in NOT_IDENTIFYING)


def query_of(which: list[tuple[str, str]]) -> str:
    return f"?{urlencode(which, safe=',:')}" if which else ""


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

    def add_item_elements(self, handler: Any, item: Any) -> None:
        typed: Any = TypedLinks(handler)
        super().add_item_elements(typed, item)


class TypedLinks:
    """Writer of XML that says of links that they lead to pages."""

    def __init__(self, handler: Any) -> None:
        self.handler = handler

    def __getattr__(self, name: str) -> Any:
        return getattr(self.handler, name)

    def addQuickElement(self, name: str, contents: Any = None, attrs: Any = None) -> None:
        if name == "link" and attrs["rel"] == "alternate" and "/api/" not in attrs["href"]:
            attrs = {**attrs, "type": "text/html"}
        self.handler.addQuickElement(name, contents, attrs)


def feed(
    request: HttpRequest, page: Page, entries: Callable[[Sequence[Any]], Iterator[Entry]]
) -> HttpResponse:
    """Return the page as a feed of the entries that `entries` makes of its rows."""
    base = base_url(request)
    noun = request.path_info.strip("/").rsplit("/", 1)[-1].partition(".")[0]
    given = page.parameters.given
    which = identifying(given)
    query = query_of(which)
    filters = f": {', '.join(f'{name}={value}' for name, value in which)}" if which else ""
    revision = Revision.objects.filter(number=page.revision).first()
    about = f"AidAPI, {noun}{filters}"
    atom = Feed(
        title=xml(about),
        link=f"{base}/",
        description="",
        subtitle="What was published, corrected or withdrawn, newest first.",
        language="en",
        author_name=AUTHOR,
        author_link=f"{base}/",
        feed_url=f"{origin(request)}{request.get_full_path()}",
        feed_guid=tag(f"{noun}{query}"),
        feed_copyright=f"{LICENCE['name']}, {LICENCE['url']}",
        updated=revision.published_at if revision else BEGINNING,
        next=as_feed(request, page.next),
        previous=as_feed(request, page.previous),
        license=LICENCE["url"],
    )
    for entry in entries(page.rows):
        atom.add_item(
            title=xml(entry.title),
            link=f"{base}{entry.address}",
            description=xml(entry.html),
            unique_id=tag(entry.name),
            pubdate=entry.at,
            updateddate=entry.at,
            categories=entry.terms,
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
        action = Action.PUBLISHED if document["version"] == 1 else Action.CORRECTED
        text = "; ".join(dict.fromkeys(quotes)) or document["summary"]
        which = document["kind"], document["id"], document["version"]
        yield Entry(
            f"{VERBS[action]}: {attributed_title(document)}",
            escape("{} ({} {}, version {})".format(text, *which)),
            times[document["published_in"]],
            document["page"],
            "{}/{}/{}/{}".format(*which, action),
            (document["kind"], action),
        )


def revision_entries(matching: QuerySet, query: str, base: str) -> Callable[..., Iterator[Entry]]:
    """Return the function from revisions to their entries, each with the changes that match; of a
    revision of very many the first, and where to read all. `query` is that of the feed."""

    def entries(revisions: Sequence[Revision]) -> Iterator[Entry]:
        numbers = [revision.number for revision in revisions]
        counted = dict(
            matching.filter(revision__in=numbers)
            .order_by()
            .values_list("revision")
            .annotate(Count("pk"))
        )
        listed: dict[int, list[Change]] = {number: [] for number in numbers}
        few = [number for number in numbers if counted[number] <= LISTED]
        for change in matching.filter(revision__in=few).order_by("revision_id", "position"):
            listed[change.revision_id].append(change)
        for number in set(numbers) - set(few):
            listed[number] = [*matching.filter(revision=number).order_by("position")[:LISTED]]
        names = titles_of_changes([change for changes in listed.values() for change in changes])
        for revision in revisions:
            changes = listed[revision.number]
            lines = [change_line(change, names, base) for change in changes]
            more = counted[revision.number] - len(changes)
            if more:
                everything = (
                    f"{base}/api/v1/changes/?changed_since={revision.number - 1}"
                    f"&revision={revision.number}"
                )
                lines.append(format_html('And {}: <a href="{}">all of them</a>', more, everything))
            yield Entry(
                f"Revision {revision.number}: {revision.message}",
                format_html(
                    "<p>{}</p><ul>{}</ul>",
                    revision.message,
                    format_html_join("", "<li>{}</li>", ([line] for line in lines)),
                ),
                revision.published_at,
                page_of_change(changes[0])
                if counted[revision.number] == 1
                else f"/changes/{revision.number}/",
                f"revisions/{revision.number}{query}",
                sorted({change.action for change in changes}),
            )

    return entries


def change_line(change: Change, names: dict[tuple[str, str, int], str], base: str) -> str:
    """Return what a revision did to one record or entry, as HTML."""
    title = names[change.kind, change.public_id, change.version]
    reason = f": {change.reason}" if change.reason else ""
    return format_html(
        '{}: <a href="{}">{}</a> ({} {}, version {}){}',
        VERBS[Action(change.action)],
        f"{base}{page_of_change(change)}",
        title,
        change.kind,
        change.public_id,
        change.version,
        reason,
    )


def page_of_change(change: Change) -> str:
    """Return where people read what was changed: the page of a record as of the revision, or that
    of a party or item as it is now."""
    if change.kind in KINDS:
        return f"{page_path(change.public_id)}?revision={change.revision_id}"
    return f"/{PLURALS[change.kind]}/{change.public_id}/"


def as_feed(request: HttpRequest, address: str | None) -> str | None:
    """Return the address of another page of the feed, independent of the Accept header."""
    is_named = "format" in request.GET or not request.path_info.endswith("/")
    return address if is_named or address is None else f"{address}&format=atom"


def tag(specific: str) -> str:
    """Return an id that stays the same if the site moves (RFC 4151)."""
    return f"tag:{settings.TAG_AUTHORITY},2026:{specific}"


def xml(text: str) -> str:
    """Return the text without characters that XML cannot represent."""
    return FORBIDDEN.sub("\ufffd", text)
