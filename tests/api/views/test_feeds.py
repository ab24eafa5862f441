"""Atom feeds of changes and of records: valid, in order, whole, and with ids that never change."""

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from html import escape, unescape
from typing import Any

import feedparser
import pytest
from django.test import Client

from records.api.titles import attributed_title
from records.api.views import feeds
from records.models import Item, Party, RevisionCounter
from records.publishing import triggers
from tests.support.histories import History
from tests.support.routes import API, RECORDS, Resource, ask, found, problem, refused

pytestmark = pytest.mark.django_db

CHANGES = f"{API}changes/"
ATOM = "{http://www.w3.org/2005/Atom}"
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def feed(client: Client, address: str = f"{CHANGES}?format=atom", **query: Any) -> Any:
    response = ask(client, address, **query)
    assert response.status_code == 200, response.content
    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    root = ElementTree.fromstring(response.content)
    check(root)
    parsed = feedparser.parse(response.content)
    assert not parsed.bozo
    assert len(parsed.entries) == len(root.findall(f"{ATOM}entry"))
    return root


def check(root: Any) -> None:
    """What RFC 4287 demands of a feed and of its entries."""
    assert root.tag == f"{ATOM}feed"
    for element in (root, *root.findall(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            (only,) = element.findall(f"{ATOM}{name}")
            assert only.text
        assert re.fullmatch(r"tag:[a-z0-9.-]+,2026:\S+", element.findtext(f"{ATOM}id"))
        for name in ("updated", "published"):
            for moment in element.findall(f"{ATOM}{name}"):
                assert RFC3339.fullmatch(moment.text)
        links = [
            (link.get("rel"), link.get("hreflang")) for link in element.findall(f"{ATOM}link")
        ]
        assert links.count(("alternate", None)) == 1
    assert root.find(f"{ATOM}author/{ATOM}name").text
    assert link(root, "self")
    ids = [entry.findtext(f"{ATOM}id") for entry in root.findall(f"{ATOM}entry")]
    assert len(set(ids)) == len(ids)


def link(element: Any, rel: str) -> str | None:
    hrefs = [one.get("href") for one in element.findall(f"{ATOM}link") if one.get("rel") == rel]
    return hrefs[0] if hrefs else None


def entries(client: Client, path: str = CHANGES, **query: Any) -> Iterator[Any]:
    """All entries, page by page."""
    root = feed(client, path, format="atom", **query)
    while True:
        yield from root.findall(f"{ATOM}entry")
        further = link(root, "next")
        if further is None:
            return
        root = feed(client, further)


def reported(entry: Any) -> tuple[str, str]:
    return link(entry, "alternate") or "", entry.find(f"{ATOM}updated").text[:19]


def revision_of(entry: Any) -> int:
    return int(re.search(r"revisions/(\d+)", entry.findtext(f"{ATOM}id"))[1])  # type: ignore[index]


def grouped(changes: list[dict[str, Any]]) -> dict[int, list[dict[str, Any]]]:
    groups: dict[int, list[dict[str, Any]]] = {}
    for change in changes:
        groups.setdefault(change["revision"], []).append(change)
    return groups


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"page_size": "2"},
        {"page_size": "1", "action": "corrected,withdrawn"},
        {"kind": "donation"},
        {"kind": "party,item"},
        {"changed_since": "3"},
        {"revision": "3", "page_size": "4"},
        {"ordering": "revision", "page_size": "5"},
        {"changed_since": "7", "kind": "item"},
    ],
)
def test_the_feed_says_what_the_list_says(
    client: Client, history: History, query: dict[str, str]
) -> None:
    """All changes, of each revision in one entry, newest first unless requested otherwise."""
    requested = {"ordering": "-revision", **query, "page_size": "500"}
    expected = grouped(found(client, CHANGES, **requested)["results"])

    walked = list(entries(client, **query))

    assert [revision_of(entry) for entry in walked] == list(expected)
    for entry in walked:
        changes = expected[revision_of(entry)]
        assert entry.find(f"{ATOM}updated").text[:19] == changes[0]["published_at"][:19]
        html = entry.findtext(f"{ATOM}summary")
        assert html.count("<li>") == len(changes)
        for change in changes:
            assert f"({change['kind']} {change['id']}, version {change['version']})" in html
            assert escape(change["reason"] or "") in html
            if change["kind"] not in ("party", "item"):
                assert f"/records/{change['id']}/?revision={change['revision']}" in html
        terms = {category.get("term") for category in entry.findall(f"{ATOM}category")}
        assert terms == {change["action"] for change in changes}


def test_changes_are_named_as_people_call_things(client: Client, history: History) -> None:
    html = "".join(unescape(entry.findtext(f"{ATOM}summary")) for entry in entries(client))

    for version in history.versions:
        verb = "Published" if version.version == 1 else "Corrected"
        assert re.search(
            rf'{verb}: <a href="[^"]+">{re.escape(attributed_title(version.document))}</a>', html
        )
    assert ">Italia</a>" in html


def test_links_lead_to_pages(client: Client, history: History) -> None:
    for path in (CHANGES, f"{API}donations/"):
        for entry in entries(client, path):
            (alternate,) = [
                one for one in entry.findall(f"{ATOM}link") if one.get("rel") == "alternate"
            ]
            if "/api/" not in alternate.get("href"):
                assert alternate.get("type") == "text/html"
                assert client.get(alternate.get("href"))["Content-Type"].startswith("text/html")
            else:
                # A single edit of a vocabulary, whose entries have no pages.
                assert "/parties/" in alternate.get("href") or "/items/" in alternate.get("href")


def test_a_large_revision_says_what_it_does_not_list(
    client: Client, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "LISTED", 1)
    expected = grouped(found(client, CHANGES, page_size=500)["results"])

    for entry in entries(client):
        html = entry.findtext(f"{ATOM}summary")
        number = revision_of(entry)
        more = re.search(r'And (\d+): <a href="([^"]+)">', html)
        assert (int(more[1]) if more else 0) == len(expected[number]) - 1
        if more:
            listed = found(client, unescape(more[2]))["results"]
            assert grouped(listed) == {number: expected[number]}


def test_ids_never_change(client: Client, history: History, settings: Any) -> None:
    before = [entry.findtext(f"{ATOM}id") for entry in entries(client)]
    feed_id = feed(client).findtext(f"{ATOM}id")

    fork = history.fork()
    fork.release(fork.draft("statement"), fork.correction(fork.ids("donation")[0]))
    after = [entry.findtext(f"{ATOM}id") for entry in entries(client)]

    assert len(set(before)) == len(before)
    assert after[1:] == before
    assert feed(client).findtext(f"{ATOM}id") == feed_id
    # Of another feed the entry has other changes.
    assert {e.findtext(f"{ATOM}id") for e in entries(client, kind="item")}.isdisjoint(after)
    # The site moves; what it reported stays what it was.
    settings.PUBLIC_URL = "https://moved.example.org"
    assert [entry.findtext(f"{ATOM}id") for entry in entries(client)] == after


def test_one_feed_for_one_question(client: Client, history: History) -> None:
    def id_of(**query: str) -> str:
        return feed(client, CHANGES, format="atom", **query).findtext(f"{ATOM}id")

    assert id_of() == id_of(page_size="3") == id_of(ordering="revision") == id_of(revision="2")
    assert id_of(kind="item") == id_of(kind="item", page_size="1") != id_of()
    assert id_of(kind="item") != id_of(kind="party")


def test_the_feed_is_as_old_as_its_revision(client: Client, history: History) -> None:
    revisions = found(client, f"{API}revisions/", page_size=500)["results"]

    for revision in revisions:
        number = revision["number"]
        root = feed(client, CHANGES, format="atom", revision=number, kind="item")
        assert root.find(f"{ATOM}updated").text[:19] == revision["published_at"][:19]


def test_it_is_requested_for_by_accept_too(client: Client, history: History) -> None:
    by_name = client.get(f"{CHANGES}?format=atom")

    for accept in (
        "application/atom+xml",
        "application/atom+xml, */*;q=0.1",
        "application/json;q=0.5, application/atom+xml",
    ):
        response = client.get(CHANGES, headers={"Accept": accept})
        assert response["Content-Type"] == by_name["Content-Type"]
    assert client.get(CHANGES)["Content-Type"] == "application/json"
    assert "Accept" in client.get(CHANGES)["Vary"]
    further = client.get(f"{CHANGES}?page_size=1", headers={"Accept": "application/atom+xml"})
    further_page = feed(client, link(ElementTree.fromstring(further.content), "next") or "")
    assert further_page.findall(f"{ATOM}entry")
    head = client.head(f"{CHANGES}?format=atom")
    assert (head.content, head["Content-Type"]) == (b"", by_name["Content-Type"])


def test_what_makes_no_feed_is_refused(client: Client, history: History) -> None:
    for name, value in {"count": "true", "fields": "id", "omit": "reason"}.items():
        wrong = {name: value}
        assert refused(client, CHANGES, format="atom", **wrong) == {name: "not_with_this_format"}
    problem(ask(client, CHANGES, format="atom", revision=99), 404)


def test_pages_lead_back(client: Client, history: History) -> None:
    first = feed(client, CHANGES, format="atom", page_size="3")
    second = feed(client, link(first, "next") or "")

    back = feed(client, link(second, "previous") or "")

    assert link(first, "previous") is None
    assert [reported(e) for e in back.findall(f"{ATOM}entry")] == [
        reported(e) for e in first.findall(f"{ATOM}entry")
    ]


def test_before_the_first_revision_it_is_empty(client: Client, history: History) -> None:
    triggers.drop()
    RevisionCounter.objects.update(n=0)

    assert not feed(client).findall(f"{ATOM}entry")
    assert client.get(f"{CHANGES}?format=atom").content == (
        client.get(f"{CHANGES}?format=atom").content
    )


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script> & more",
        "]]>",
        "a\x01b\x0bc\x1fd",
        "\ufffe\uffff",
        "Ärzte 中国 🦠",
        "\"quoted\" 'twice'",
    ],
)
def test_what_xml_cannot_hold_is_kept_out(client: Client, history: History, text: str) -> None:
    fork = history.fork()
    fork.release(fork.draft("donation", title=text, stated_by="both"), message=text)

    root = feed(client, CHANGES, format="atom", changed_since=history.newest)

    (entry,) = root.findall(f"{ATOM}entry")
    clean = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "\ufffd", text)
    assert entry.findtext(f"{ATOM}title") == f"Revision {history.newest + 1}: {clean}"
    # The summary is HTML, in which the text is for itself.
    html = entry.findtext(f"{ATOM}summary")
    assert html.startswith(f"<p>{escape(clean)}</p>")
    assert f">{escape(clean)}</a>" in html


def test_the_queries_are_few(
    client: Client, history: History, django_assert_num_queries: Any
) -> None:
    # Newest revision, the page, its revision, numbers of changes, changes, titles by kind (four
    # at most).
    for size, queries in (("1", 9), ("500", 9)):
        with django_assert_num_queries(queries):
            feed(client, CHANGES, format="atom", page_size=size, kind=",".join(KINDS))


KINDS = ["statement", "donation", "export", "contract", Party.KIND, Item.KIND]


# --- Lists of records as feeds


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("resource", RECORDS, ids=str)
@pytest.mark.parametrize(
    "query",
    [
        {},
        {"page_size": "2"},
        {"page_size": "1", "revision": "4"},
        {"ordering": "title", "page_size": "3"},
        {"search": "mask", "page_size": "2"},
        {"changed_since": "2"},
    ],
)
def test_a_list_of_records_is_a_feed_of_its_records(
    client: Client, history: History, resource: Resource, query: dict[str, str]
) -> None:
    """What was published or corrected last comes first, and the conditions are the list's."""
    requested = {"ordering": "-published_in", **query, "page_size": "500"}
    listed = found(client, resource.path, **requested)["results"]

    walked = list(entries(client, resource.path, **query))

    assert [link(entry, "alternate") for entry in walked] == [
        f"http://testserver{document['page']}" for document in listed
    ]
    for entry, document in zip(walked, listed, strict=True):
        assert document["title"] in entry.findtext(f"{ATOM}title")
        reported = entry.findtext(f"{ATOM}summary")
        assert f"({document['kind']} {document['id']}, version {document['version']})" in reported
        for figure in document.get("figures", ()):
            assert figure["evidence"]["quote"] in unescape(reported)


def test_a_walk_of_records_keeps_its_order_whatever_its_form(
    client: Client, history: History
) -> None:
    path = f"{API}donations/"
    in_list = found(client, path, page_size=1, search="china")["next"]
    in_feed = link(feed(client, path, format="atom", page_size=1, search="china"), "next") or ""

    for further, other in (
        (in_list, f"{in_list}&format=atom"),
        (in_feed.replace("format=atom", "format=json"), in_feed),
    ):
        pages = [document["page"] for document in found(client, further)["results"]]
        reported = [
            link(entry, "alternate") for entry in feed(client, other).findall(f"{ATOM}entry")
        ]
        assert pages
        assert reported == [f"http://testserver{page}" for page in pages]


def test_the_queries_of_a_feed_of_records_are_few(
    client: Client, history: History, django_assert_num_queries: Any
) -> None:
    # The plan, the page, the feed's revision, and those of its records.
    for resource in RECORDS:
        with django_assert_num_queries(4):
            feed(client, resource.path, format="atom", page_size="500")
