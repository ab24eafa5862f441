"""Walks along cursors: each is a consistent snapshot, exact at any page size, in both directions,
and a cursor that is not ours or belongs elsewhere is refused."""

import base64
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import orjson
import pytest
from django.core import signing
from django.test import Client

from aidapi.pagination import signer
from records.models import DATED, Party
from tests.support.histories import History
from tests.support.naive_evaluator import evaluate
from tests.support.routes import API, RECORDS, RESOURCES, Resource, ask, found, refused, walk

pytestmark = pytest.mark.django_db

ORDERINGS = [
    pytest.param(resource, sign + column, id=f"{resource} {sign}{column}")
    for resource in RECORDS
    for column in resource.parameters.ORDERINGS
    if column != "value"  # see tests/query/test_value_ordering.py
    for sign in ("", "-")
]


def cursor_of(link: str) -> str:
    return parse_qs(urlsplit(link).query)["cursor"][0]


def name_of(row: dict[str, Any]) -> Any:
    """What says a result from the others."""
    if "code" in row:
        return row["code"]
    if "slug" in row:
        return row["slug"], row["kind"]
    return row.get("number") or (row["id"], row.get("version"), row.get("action"))


# Orderings and walks


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize(("resource", "ordering"), ORDERINGS)
def test_a_walk_finds_everything_once_and_in_order(
    client: Client, history: History, resource: Resource, ordering: str
) -> None:
    """Ties and rows without a value included."""
    rows = evaluate(history, resource.kind, {"ordering": ordering}, ordering)
    keys = [row.document[ordering.lstrip("-")] for row in rows]
    assert len(set(keys)) < len(keys) or ordering.lstrip("-") == "id"

    for size in (1, 2, 3, len(rows) - 1, len(rows)):
        start = f"{resource.path}?{urlencode({'ordering': ordering, 'page_size': size})}"
        pages = list(walk(client, start))

        walked = [row["id"] for page in pages for row in page["results"]]
        assert walked == [row.id for row in rows]
        assert [len(page["results"]) for page in pages[:-1]] == [size] * (len(pages) - 1)


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize(("resource", "ordering"), ORDERINGS)
def test_the_way_back_shows_the_same_pages(
    client: Client, history: History, resource: Resource, ordering: str
) -> None:
    for size in (1, 3):
        start = f"{resource.path}?{urlencode({'ordering': ordering, 'page_size': size})}"
        there = list(walk(client, start))

        back = list(walk(client, there[-1]["previous"], "previous"))

        expected = [page["results"] for page in reversed(there[:-1])]
        assert [page["results"] for page in back] == expected
        assert back[-1]["previous"] is None
        # And forth again.
        again = list(walk(client, back[-1]["next"]))
        assert [page["results"] for page in again] == [page["results"] for page in there[1:]]


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize(
    "resource", [resource for resource in RESOURCES if not resource.is_record], ids=str
)
def test_the_rest_is_walked_as_well(client: Client, history: History, resource: Resource) -> None:
    whole = found(client, resource.path, page_size=500)["results"]
    names = [name_of(row) for row in whole]
    assert len(set(names)) == len(names) > 3

    for size in (1, 3, len(whole) - 1):
        there = list(walk(client, f"{resource.path}?page_size={size}"))
        assert [row for page in there for row in page["results"]] == whole
        back = list(walk(client, there[-1]["previous"], "previous"))
        assert [page["results"] for page in reversed(back)] == [
            page["results"] for page in there[:-1]
        ]


def test_undated_words_come_last_in_both_directions(client: Client, history: History) -> None:
    for ordering in ("said_on", "-said_on"):
        days = [
            row["said_on"]
            for row in found(client, f"{API}statements/", ordering=ordering)["results"]
        ]
        dated = [day for day in days if day is not None]
        assert 1 < len(dated) < len(days)
        assert days == sorted(dated, reverse=ordering[0] == "-") + [None] * days.count(None)


@pytest.mark.parametrize("resource", RECORDS, ids=str)
def test_the_default_is_newest_first(client: Client, history: History, resource: Resource) -> None:
    default = resource.default_ordering()

    assert default.startswith("-")
    assert (
        found(client, resource.path)["results"]
        == found(client, resource.path, ordering=default)["results"]
    )


# Snapshots


@pytest.mark.parametrize("resource", RECORDS, ids=str)
def test_a_walk_stays_in_its_revision_while_others_are_published(
    client: Client, history: History, resource: Resource
) -> None:
    """Between any two pages a revision adds, corrects and withdraws records of the kind."""
    books = history.fork()
    at = history.newest
    expected = [
        orjson.loads(row.body)
        for row in evaluate(history, resource.kind, {}, resource.default_ordering())
    ]
    spare = [row.id for row in history.at(resource.kind)]

    walked, pages = [], walk(client, f"{resource.path}?page_size=3&count=true")
    for page in pages:
        assert page["revision"] == at
        assert page["count"] == len(expected)
        walked += page["results"]
        drafts = [books.draft(resource.kind)]
        if len(spare) > 3:
            drafts.append(books.correction(spare.pop()))
        going = [books.rows[spare.pop()]] if resource.kind in DATED and len(spare) > 3 else []
        books.release(*drafts, withdrawing=going)

    assert walked == expected
    # What came in between is seen by a new walk, and not by one that names the old revision.
    assert found(client, resource.path, page_size=500)["revision"] == books.newest > at + 1
    assert found(client, resource.path, revision=at, page_size=500)["results"] == expected


def test_a_walk_of_changes_stays_in_its_revision(client: Client, history: History) -> None:
    first = found(client, f"{API}changes/", page_size=30, count="true")

    history.fork().edit(Party.objects.get(code="PAK"), name="Islamic Republic of Pakistan")

    rest = found(client, first["next"])
    assert rest["count"] == first["count"] == len(history.changes)
    assert len(first["results"]) + len(rest["results"]) == first["count"]
    assert found(client, f"{API}changes/", count="true")["count"] == first["count"] + 1


def test_vocabularies_show_the_newest_revision_on_every_page(
    client: Client, history: History
) -> None:
    """They have no past, so no page may claim one."""
    first = found(client, f"{API}parties/", page_size=2)

    history.fork().edit(Party.objects.get(code="who"), name="World Health Organisation")

    assert first["revision"] == history.newest
    assert found(client, first["next"])["revision"] == history.newest + 1


def test_page_size_fields_and_count_may_change_on_the_way(
    client: Client, history: History
) -> None:
    whole = found(client, f"{API}donations/")["results"]
    cursor = cursor_of(found(client, f"{API}donations/", page_size=2)["next"])

    page = found(
        client, f"{API}donations/", cursor=cursor, page_size=500, fields="id", count="true"
    )

    assert page["results"] == [{"id": row["id"]} for row in whole[2:]]
    assert page["count"] == len(whole)


def test_links_keep_the_question(client: Client, history: History) -> None:
    query = {"as_of_to": "2021-01-01", "page_size": "1", "fields": "id,title", "ordering": "title"}

    link = urlsplit(found(client, f"{API}donations/", **query)["next"])

    assert link.path == f"{API}donations/"
    requested = {name: values[0] for name, values in parse_qs(link.query).items()}
    assert requested.pop("cursor")
    assert requested == query


def test_the_longest_title_still_makes_a_cursor(client: Client, history: History) -> None:
    """200 characters take three times as many bytes, and a cursor carries them."""
    books = history.fork()
    books.release(*(books.draft("statement", title="語" * 200) for _ in range(3)))

    pages = list(walk(client, f"{API}statements/?ordering=title&page_size=1"))

    assert [row["id"] for page in pages for row in page["results"]] == [
        row.id for row in evaluate(books, "statement", {"ordering": "title"}, "title")
    ]


# Cursors that are refused


TAMPERED = [
    lambda cursor: cursor[:-1],
    lambda cursor: cursor + "A",
    lambda cursor: cursor[1:],
    lambda cursor: cursor.partition(":")[0],
    lambda cursor: cursor.partition(":")[0] + ":",
    lambda cursor: ":" + cursor.partition(":")[2],
    lambda cursor: cursor.swapcase(),
    lambda cursor: cursor.replace(":", "%00"),
    lambda cursor: base64.urlsafe_b64encode(b"p=2020-04-10").decode(),
    lambda cursor: base64.urlsafe_b64encode(b'[1,"-as_of",0,null,null,""]').decode(),
    lambda cursor: signing.Signer(key="another key", salt="aidapi.cursor").sign("W10"),
    lambda cursor: signing.Signer(key="another key", salt="").sign(cursor),
    lambda cursor: "é" * 20,
    lambda cursor: "../../etc/passwd",
    lambda cursor: "null",
    lambda cursor: "0",
]


@pytest.mark.parametrize("resource", RESOURCES, ids=str)
def test_a_tampered_cursor_is_refused(
    client: Client, history: History, resource: Resource
) -> None:
    cursor = cursor_of(found(client, resource.path, page_size=1)["next"])

    for change in TAMPERED:
        tampered = change(cursor)
        errors = refused(client, resource.path, cursor=tampered)
        assert errors == {"cursor": "bad_cursor"}, tampered


@pytest.mark.parametrize("payload", [b"", b"[]", b"{}", b"null", b"[1,2]", b"\xff", b"[" * 1000])
def test_a_signed_cursor_of_no_sense_is_refused(client: Client, db: None, payload: bytes) -> None:
    """Nobody can sign one without the key; a key that leaked must still break nothing."""
    cursor = signer().sign(base64.urlsafe_b64encode(payload).decode().rstrip("="))

    assert refused(client, f"{API}donations/", cursor=cursor) == {"cursor": "bad_cursor"}


@pytest.mark.parametrize(
    "other",
    [
        {"as_of_to": "2020-12-31"},
        {"as_of_to": "2021-01-01", "form": "cash"},
        {"as_of_to": "2021-01-01", "ordering": "title"},
        {"as_of_to": "2021-01-01", "ordering": "-as_of"},
        {"as_of_from": "2021-01-01"},
        {},
    ],
)
def test_the_cursor_of_another_question_is_refused(
    client: Client, history: History, other: dict[str, str]
) -> None:
    page = found(client, f"{API}donations/", as_of_to="2021-01-01", page_size=1)

    errors = refused(client, f"{API}donations/", cursor=cursor_of(page["next"]), **other)

    assert errors == {"cursor": "cursor_of_another_query"}


@pytest.mark.parametrize("resource", RESOURCES, ids=str)
def test_the_cursor_of_another_list_is_refused(
    client: Client, history: History, resource: Resource
) -> None:
    cursor = cursor_of(found(client, resource.path, page_size=1)["next"])

    for other in RESOURCES:
        if other != resource:
            errors = refused(client, other.path, cursor=cursor)
            assert errors == {"cursor": "cursor_of_another_query"}


def test_the_order_of_its_parameters_is_the_same_question(
    client: Client, history: History
) -> None:
    link = found(client, f"{API}donations/", as_of_to="2021-01-01", ordering="id", page_size=1)[
        "next"
    ]
    cursor = cursor_of(link)

    response = client.get(
        f"{API}donations/?cursor={cursor}&ordering=id&page_size=1&as_of_to=2021-01-01"
    )

    assert response.json()["results"] == found(client, link)["results"]


@pytest.mark.parametrize("resource", [*RECORDS, RESOURCES[-1]], ids=str)
def test_the_cursor_of_another_revision_is_refused(
    client: Client, history: History, resource: Resource
) -> None:
    cursor = cursor_of(found(client, resource.path, page_size=1)["next"])

    assert ask(client, resource.path, cursor=cursor, revision=history.newest).status_code == 200
    errors = refused(client, resource.path, cursor=cursor, revision=history.newest - 1)
    assert errors == {"revision": "cursor_of_another_revision"}


def test_a_walk_through_the_past_stays_there(client: Client, history: History) -> None:
    expected = evaluate(history, "donation", {"revision": "3"}, "-as_of")

    pages = list(walk(client, f"{API}donations/?revision=3&page_size=2"))

    assert [row["id"] for page in pages for row in page["results"]] == [row.id for row in expected]
    assert {page["revision"] for page in pages} == {3}


def test_keys_rotate_without_breaking_a_walk(
    client: Client, history: History, settings: Any
) -> None:
    old = settings.CURSOR_KEYS[0]
    link = found(client, f"{API}donations/", page_size=1)["next"]

    settings.CURSOR_KEYS = ["new key", old]
    assert client.get(link).status_code == 200
    settings.CURSOR_KEYS = ["new key"]
    assert client.get(link).status_code == 400
