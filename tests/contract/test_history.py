"""The past: every revision can be requested, always answers the same, and is what its changes made
of the one before."""

import datetime
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
from django.test import Client

from records.models import (
    KINDS,
    Item,
    Party,
    RevisionCounter,
)
from records.publishing import triggers
from tests.support.histories import History
from tests.support.naive_evaluator import NOT_A_FILTER, evaluate
from tests.support.parameter_values import anchored, good_values
from tests.support.routes import (
    API,
    RECORDS,
    RESOURCES,
    Resource,
    addresses,
    ask,
    found,
    problem,
    walk,
)

pytestmark = pytest.mark.django_db

PLURALS = {resource.kind: resource.name for resource in RECORDS} | {
    "party": "parties",
    "item": "items",
}


def stored(rows: list[Any]) -> dict[str, Any]:
    return {row.id: row.document for row in rows}


# Lists and documents as of a revision


@pytest.mark.parametrize("resource", RECORDS, ids=str)
def test_every_revision_shows_what_was_in_force(
    client: Client, history: History, resource: Resource
) -> None:
    sizes = set()
    for number in range(1, history.newest + 1):
        in_force = history.at(resource.kind, number)

        page = found(client, resource.path, revision=number, count="true")

        assert page["revision"] == number
        assert page["count"] == len(in_force)
        assert {row["id"]: row for row in page["results"]} == stored(in_force)
        sizes.add(len(in_force))
    assert len(sizes) > 1


@pytest.mark.parametrize("resource", RECORDS, ids=str)
def test_every_document_can_be_read_as_of_every_revision(
    client: Client, history: History, resource: Resource
) -> None:
    for id in history.ids(resource.kind):
        for number in range(1, history.newest + 1):
            response = client.get(f"{resource.path}{id}/?revision={number}")

            known = [row for row in history.of(id) if row.published_in <= number]
            if not known:
                assert problem(response, 404)["code"] == "not_yet_published"
            elif not known[-1].in_force(number):
                assert problem(response, 410)["withdrawn"]["revision"] == known[-1].retired_in
            else:
                assert response.content == known[-1].body.encode()
                assert response["Dataset-Revision"] == str(number)


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("resource", RECORDS, ids=str)
@pytest.mark.parametrize("number", [2, 4, 8])
def test_filters_hold_as_of_a_revision(
    client: Client, history: History, resource: Resource, number: int
) -> None:
    for name, parameter in resource.parameters.base_filters.items():
        if name in NOT_A_FILTER:
            continue
        value = good_values(name, parameter, history)[0]
        query = anchored(name, value) | {"revision": str(number)}
        expected = evaluate(history, resource.kind, query, resource.default_ordering())

        page = found(client, resource.path, **query, count="true")

        assert [row["id"] for row in page["results"]] == [row.id for row in expected], query
        assert page["count"] == len(expected)


def test_the_header_names_the_revision_of_the_answer(client: Client, history: History) -> None:
    for address, parameters in addresses(history):
        versioned = "revision" in parameters.base_filters
        for query in ({}, {"revision": "3"}) if versioned else ({},):
            response = ask(client, address, **query)

            number = int(response["Dataset-Revision"])
            assert number == int(query.get("revision", history.newest))
            assert response.json().get("revision", number) == number


def test_the_past_answers_the_same_for_ever(client: Client, history: History) -> None:
    """Whatever is published, corrected, withdrawn or renamed later."""

    def past() -> dict[str, bytes]:
        return {
            address: client.get(address).content
            for number in (1, 4, history.newest)
            for path, parameters in addresses(history)
            if "revision" in parameters.base_filters
            for address in (f"{path}?revision={number}",)
        }

    before = past()
    books = history.fork()
    books.release(
        *(books.correction(books.ids(kind)[0]) for kind in KINDS),
        *(books.draft(kind) for kind in KINDS),
    )
    books.edit(Party.objects.get(code="CHN"), name="People's Republic of China", region="035")
    books.edit(Item.objects.get(code="goggles"), name="Eye protection", parent="personnel")
    donation = next(row for row in books.at("donation"))
    books.release(withdrawing=[books.rows[donation.id]])

    assert past() == before


@pytest.mark.parametrize("resource", RECORDS, ids=str)
def test_an_edit_of_the_vocabulary_changes_no_document(
    client: Client, history: History, resource: Resource
) -> None:
    """The fifth and sixth revisions renamed a party and an item and moved both."""
    before = found(client, resource.path, revision=4)["results"]

    assert found(client, resource.path, revision=5)["results"] == before
    assert found(client, resource.path, revision=6)["results"] == before


def test_filters_read_what_was_so_when_a_record_was_published(
    client: Client, history: History
) -> None:
    """Records of before and after the edits stand beside each other in one list."""
    books = history.fork()
    statement = next(row for row in books.rows.values() if row.KIND == "statement")
    masks = {"statement": statement, "quote": "…", "value": 5, "item": "surgical-mask"}
    new = books.draft("donation", recipients=["ITA"], donors=["CHN"], figures=[masks])
    books.release(new)

    def ids(**query: str) -> set[str]:
        return {row["id"] for row in found(client, f"{API}donations/", **query)["results"]}

    italian = {row.id for row in evaluate(books, "donation", {"recipient": "ITA"}, "id")}
    assert new.public_id in italian
    assert len(italian) > 1
    assert new.public_id in ids(recipient="ITA", recipient_region="western-europe")
    assert new.public_id not in ids(recipient="ITA", recipient_region="039")
    assert new.public_id in ids(recipient_type="government")
    assert new.public_id in ids(item="goggles")
    assert new.public_id not in ids(item="mask")
    for query in ({"recipient_region": "039"}, {"item": "mask"}, {"recipient_type": "country"}):
        expected = {row.id for row in evaluate(books, "donation", query, "id")}
        assert ids(**query) == expected


def test_the_vocabulary_shows_its_current_state(client: Client, history: History) -> None:
    party = found(client, f"{API}parties/ITA/")
    item = found(client, f"{API}items/surgical-mask/")

    assert (party["name"], party["region"], party["version"]) == ("Italia", "155", 2)
    assert (item["name"], item["parent"], item["version"]) == ("Face masks", "goggles", 2)


# Versions


@pytest.mark.parametrize("resource", RECORDS, ids=str)
def test_versions_are_reported_with_their_lives(
    client: Client, history: History, resource: Resource
) -> None:
    for id in history.ids(resource.kind):
        for number in (history.of(id)[0].published_in, 4, history.newest):
            path = f"{resource.path}{id}/versions/"
            known = [row for row in history.of(id) if row.published_in <= number]
            if not known:
                problem(ask(client, path, revision=number), 404)
                continue

            page = found(client, path, revision=number)

            assert page["count"] == len(known)
            assert page["revision"] == number
            for reported, row in zip(page["results"], known, strict=True):
                ended = row.retired_in is not None and row.retired_in <= number
                assert reported["id"] == id
                assert reported["version"] == row.version
                assert reported["published_in"] == row.published_in
                assert reported["retired_in"] == (row.retired_in if ended else None)
                assert reported["reason"] == (row.reason or None)
                assert reported["withdrawn"] == (
                    {"revision": row.retired_in, "reason": row.withdrawn}
                    if row.withdrawn and ended
                    else None
                )
                assert client.get(reported["url"]).content == row.body.encode()


@pytest.mark.parametrize("resource", RECORDS, ids=str)
def test_versions_say_what_changed(client: Client, history: History, resource: Resource) -> None:
    reported = 0
    for id in history.ids(resource.kind):
        rows = history.of(id)
        results = found(client, f"{resource.path}{id}/versions/")["results"]

        assert results[0]["changes"] == []
        for before, after, result in zip(rows, rows[1:], results[1:], strict=False):
            changed = {change["field"]: change for change in result["changes"]}
            for name, value in after.document.items():
                was = before.document[name]
                if isinstance(value, dict | list) or name in ("version", "published_in"):
                    continue
                assert (name in changed) == (value != was)
                if name in changed:
                    assert (changed[name]["before"], changed[name]["after"]) == (was, value)
                    reported += 1
    assert reported


@pytest.mark.parametrize("resource", RECORDS, ids=str)
def test_a_record_can_come_back(client: Client, history: History, resource: Resource) -> None:
    """Withdrawn, then published again as the next version: it is there, with its past."""
    books = history.fork()
    id = books.withdrawn_ids(resource.kind)[0]
    gone = books.of(id)[-1]
    problem(client.get(f"{resource.path}{id}/"), 410)

    books.release(books.correction(id))

    assert client.get(f"{resource.path}{id}/").content == books.of(id)[-1].body.encode()
    problem(ask(client, f"{resource.path}{id}/", revision=gone.retired_in), 410)
    versions = found(client, f"{resource.path}{id}/versions/")["results"]
    assert [version["version"] for version in versions] == [row.version for row in books.of(id)]
    assert versions[-2]["withdrawn"]["reason"] == gone.withdrawn
    assert versions[-1]["withdrawn"] is None


# Changes


def feed(client: Client, **query: Any) -> list[dict[str, Any]]:
    """The feed from page to page, without times and addresses."""
    rows = [
        row
        for page in walk(client, f"{API}changes/?{urlencode(query | {'page_size': 20})}")
        for row in page["results"]
    ]
    return [
        {name: value for name, value in row.items() if name not in ("published_at", "url")}
        for row in rows
    ]


def test_the_feed_says_every_change_in_order(client: Client, history: History) -> None:
    assert feed(client) == history.changes


@pytest.mark.parametrize("since", range(9))
def test_the_feed_begins_after_a_revision(client: Client, history: History, since: int) -> None:
    expected = [change for change in history.changes if change["revision"] > since]

    assert feed(client, changed_since=since) == expected


def test_the_feed_is_narrowed_by_kind_and_action(client: Client, history: History) -> None:
    for kind in PLURALS:
        for action in ("published", "corrected", "withdrawn", "edited"):
            expected = [
                change
                for change in history.changes
                if change["kind"] == kind and change["action"] == action
            ]
            assert feed(client, kind=kind, action=action) == expected
    assert feed(client, kind="party,item") == [
        change for change in history.changes if change["kind"] in ("party", "item")
    ]


def test_the_feed_has_a_past(client: Client, history: History) -> None:
    expected = [change for change in history.changes if 2 < change["revision"] <= 5]

    assert feed(client, changed_since=2, revision=5) == expected


@pytest.mark.parametrize(
    "path", ["changes/", "donations/", "donations/summary/", "donations/facets/", "exports/cite/"]
)
@pytest.mark.parametrize("query", [{}, {"revision": 5}])
def test_who_follows_another_copy_is_told(
    client: Client, history: History, path: str, query: dict[str, int]
) -> None:
    """They would wait for ever for what is new."""
    newest = history.newest
    assert client.get(f"{API}{path}", {"changed_since": newest, **query}).status_code == 200

    response = client.get(f"{API}{path}", {"changed_since": newest + 1, **query})

    error = problem(response, 404)
    assert error["code"] == "unknown_revision"
    assert f"There is no revision {newest + 1}; the latest is {newest}." in error["detail"]


def test_a_change_leads_to_what_it_left(client: Client, history: History) -> None:
    for change in found(client, f"{API}changes/", page_size=500)["results"]:
        response = client.get(change["url"])

        assert f"/api/v1/{PLURALS[change['kind']]}/{change['id']}/" in change["url"]
        if change["action"] == "withdrawn":
            assert problem(response, 410)["withdrawn"]["reason"] == change["reason"]
        elif change["action"] == "edited":
            assert response.json()["version"] == change["version"]
        else:
            assert response.json()["version"] == change["version"]
            assert response.json()["published_in"] == change["revision"]


@pytest.mark.parametrize("resource", RECORDS, ids=str)
def test_following_the_feed_keeps_a_copy_true(
    client: Client, history: History, resource: Resource
) -> None:
    """From the copy of any revision, the changes since lead to the newest."""
    newest = stored(history.at(resource.kind))
    for since in range(1, history.newest):
        copy = stored(history.at(resource.kind, since))
        changes = found(
            client, f"{API}changes/", changed_since=since, kind=resource.kind, page_size=500
        )
        for change in changes["results"]:
            if change["action"] == "withdrawn":
                del copy[change["id"]]
            else:
                copy[change["id"]] = found(client, change["url"])

        assert copy == newest


@pytest.mark.parametrize("resource", RECORDS, ids=str)
def test_changed_since_finds_the_new_versions_in_force(
    client: Client, history: History, resource: Resource
) -> None:
    for since in range(history.newest + 1):
        page = found(client, resource.path, changed_since=since, count="true")

        new = [row for row in history.at(resource.kind) if row.published_in > since]
        assert {row["id"]: row for row in page["results"]} == stored(new)
        assert page["count"] == len(new)


# Revisions


def test_revisions_say_what_they_brought(client: Client, history: History) -> None:
    results = found(client, f"{API}revisions/")["results"]

    assert [row["number"] for row in results] == list(range(history.newest, 0, -1))
    for row, expected in zip(reversed(results), history.revisions, strict=True):
        changes = [c for c in history.changes if c["revision"] == expected["number"]]
        assert row["message"] == expected["message"]
        assert row["origin"] == expected["origin"]
        assert row["changes"] == len(changes)
        assert datetime.datetime.fromisoformat(row["published_at"]) == expected["published_at"]
        since = row["number"] - 1
        assert row["changes_url"].endswith(f"?changed_since={since}&revision={row['number']}")
        assert feed(client, changed_since=since, revision=row["number"]) == changes
        assert found(client, f"{API}revisions/{row['number']}/") == row


def test_the_revision_of_a_day_is_the_last_by_its_end(client: Client, history: History) -> None:
    def on(day: str) -> list[int]:
        page = found(client, f"{API}revisions/", on=day, count="true")
        assert page["count"] == len(page["results"]) <= 1
        return [row["number"] for row in page["results"]]

    assert on("2026-04-30") == []
    assert on("2026-05-01") == [1]
    # Two were published on the second day.
    assert on("2026-05-02") == [3]
    assert on("2026-05-03") == [4]
    assert on("9999-12-31") == [history.newest]
    assert on("0001-01-01") == []


def test_revisions_have_a_past(client: Client, history: History) -> None:
    page = found(client, f"{API}revisions/", revision=3)

    assert [row["number"] for row in page["results"]] == [3, 2, 1]
    assert page["revision"] == 3
    assert (
        found(client, f"{API}revisions/", revision=3, on="9999-12-31")["results"]
        == (page["results"][:1])
    )


def test_a_dataset_without_revisions_is_empty(client: Client, history: History) -> None:
    """As it is before the first one is published."""
    triggers.drop()
    RevisionCounter.objects.update(n=0)

    for resource in RESOURCES:
        page = found(client, resource.path, count="true")
        assert page["revision"] == 0
        if resource.declared.versioned:
            assert (page["results"], page["count"]) == ([], 0)
    body = client.get(f"{API}donations/{history.ids('donation')[0]}/").content
    assert orjson.loads(body)["status"] == 404
