"""Lists and documents of every resource: their shape, their bytes, what is absent, and how they
are requested."""

import itertools
from typing import Any

import orjson
import pytest
from django.test import Client
from django.urls import get_resolver

from records.models import KINDS
from tests.support.factories import RECORDS as FACTORIES
from tests.support.histories import History
from tests.support.routes import (
    ABOUT,
    API,
    RECORDS,
    RESOURCES,
    ROUTES,
    Resource,
    addresses,
    ask,
    found,
    problem,
)

pytestmark = pytest.mark.django_db

READING = ["GET", "HEAD", "OPTIONS"]
NEVER_THERE = ["0", "-1", "don-00000000", "nobody", "DON-00000000", "%C3%A9", "a b", "01", "1.0"]
NEVER_THERE += ["%", "*"]
WRITING = ["POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"]


def of_kind(resource: Resource, history: History) -> list[bytes]:
    """The documents in force, newest first."""
    date = KINDS[resource.kind].DATE
    rows = history.at(resource.kind)
    rows.sort(key=lambda row: (row.document[date], row.id), reverse=True)
    return [row.body.encode() for row in rows]


# Lists


@pytest.mark.parametrize("resource", RESOURCES, ids=str)
def test_a_list_has_an_envelope(client: Client, history: History, resource: Resource) -> None:
    response = client.get(resource.path)
    body = response.json()

    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert list(body) == ["revision", "count", "next", "previous", "results"]
    assert body["revision"] == int(response["Dataset-Revision"]) == history.newest
    assert body["count"] is None
    assert body["previous"] is None
    assert body["results"]


@pytest.mark.parametrize("resource", RECORDS, ids=str)
def test_a_list_sends_the_stored_documents(
    client: Client, history: History, resource: Resource
) -> None:
    """Byte for byte, newest first."""
    documents = of_kind(resource, history)

    response = client.get(resource.path)

    head = b'{"revision":%d,"count":null,"next":null,"previous":null,' % history.newest
    assert response.content == head + b'"results":[' + b",".join(documents) + b"]}"


@pytest.mark.parametrize("resource", RESOURCES, ids=str)
def test_a_page_has_its_size(client: Client, history: History, resource: Resource) -> None:
    whole = found(client, resource.path)["results"]

    page = found(client, resource.path, page_size=2)

    assert page["results"] == whole[:2]
    assert (page["next"] is None) == (len(whole) <= 2)


@pytest.mark.parametrize("resource", RESOURCES, ids=str)
def test_count_is_reported_when_requested_for(
    client: Client, history: History, resource: Resource
) -> None:
    whole = found(client, resource.path, page_size=500)["results"]

    assert found(client, resource.path, count="true", page_size=1)["count"] == len(whole)
    assert found(client, resource.path, count="false")["count"] is None


@pytest.mark.parametrize("resource", RESOURCES, ids=str)
def test_an_empty_dataset_has_empty_lists(client: Client, resource: Resource) -> None:
    assert ask(client, resource.path).status_code == 200


# Documents


@pytest.mark.parametrize("resource", RECORDS, ids=str)
def test_a_detail_is_the_stored_document(
    client: Client, history: History, resource: Resource
) -> None:
    for row in history.at(resource.kind):
        response = client.get(f"{resource.path}{row.id}/")

        assert response.content == row.body.encode()
        assert response["Content-Type"] == "application/json"
        assert int(response["Dataset-Revision"]) == history.newest


@pytest.mark.parametrize(
    "resource",
    [resource for resource in RESOURCES if len(resource.sets) == 2 and resource.name != "series"],
    ids=str,
)
def test_a_detail_is_what_the_list_shows(
    client: Client, history: History, resource: Resource
) -> None:
    for row in found(client, resource.path)["results"]:
        id = row.get("code") or row.get("number")
        response = client.get(f"{resource.path}{id}/")

        assert response.json() == row
        assert int(response["Dataset-Revision"]) == history.newest


@pytest.mark.parametrize("resource", RECORDS, ids=str)
def test_a_document_names_its_evidence(
    client: Client, history: History, resource: Resource
) -> None:
    """No number without a sentence: every figure has its quote and a statement that is there."""
    for document in found(client, resource.path)["results"]:
        statements = {row["id"]: row["version"] for row in document.get("statements", ())}
        for figure in document.get("figures", ()):
            assert figure["evidence"]["quote"]
            cited = figure["evidence"]["statement"]
            versions = found(client, f"{API}statements/{cited}/versions/")["results"]
            assert statements[cited] in [version["version"] for version in versions]


# Absent ones


@pytest.mark.parametrize(
    "resource", [resource for resource in RESOURCES if "{id}/" in resource.sets], ids=str
)
def test_what_was_never_there_is_not_found(
    client: Client, history: History, resource: Resource
) -> None:
    below_one = [below for below in resource.sets if "{id}" in below]
    for id, below in itertools.product(NEVER_THERE, below_one):
        body = problem(client.get(resource.path + below.format(id=id)), 404)
        assert body["code"] == "not_found", (id, below)


@pytest.mark.parametrize("resource", RECORDS, ids=str)
def test_a_record_of_another_kind_is_not_found(
    client: Client, history: History, resource: Resource
) -> None:
    for other in RECORDS:
        if other != resource:
            body = problem(client.get(f"{resource.path}{other.example(history)}/"), 404)
            assert other.path in body["detail"]


@pytest.mark.parametrize(
    ("path", "code"), [("parties/chn", "CHN"), ("parties/China", "CHN"), ("items/masks", "mask")]
)
def test_a_code_that_does_not_exist_leads_to_the_one_that_is_meant(
    client: Client, history: History, path: str, code: str
) -> None:
    body = problem(client.get(f"{API}{path}/"), 404)

    assert f"Did you mean `{code}`?" in body["detail"]


@pytest.mark.parametrize("resource", RECORDS, ids=str)
def test_a_withdrawn_record_is_gone_and_says_why(
    client: Client, history: History, resource: Resource
) -> None:
    gone = history.withdrawn_ids(resource.kind)
    assert gone

    for id in gone:
        last = history.of(id)[-1]
        for below in (f"{id}/", f"{id}/?revision={history.newest}"):
            body = problem(client.get(resource.path + below), 410)

            assert body["code"] == "withdrawn"
            assert last.retired_in is not None
            assert last.withdrawn in body["detail"]
            assert body["withdrawn"] == {
                "id": id,
                "revision": last.retired_in,
                "reason": last.withdrawn,
                "last_version": last.version,
                "last_seen_in_revision": last.retired_in - 1,
            }
        assert last.retired_in is not None
        seen = client.get(f"{resource.path}{id}/?revision={last.retired_in - 1}")
        assert seen.content == last.body.encode()


# Parts of documents


def paths(document: Any, prefix: str = "") -> set[str]:
    """Every field of a document, those inside others with a dot."""
    if isinstance(document, list):
        return set().union(*(paths(part, prefix) for part in document))
    if not isinstance(document, dict):
        return set()
    return {prefix + name for name in document}.union(
        *(paths(value, f"{prefix}{name}.") for name, value in document.items())
    )


def kept(document: Any, wanted: set[str]) -> Any:
    """The document with the wanted fields, and the fields around them, only."""
    if isinstance(document, list):
        return [kept(part, wanted) for part in document]
    if not isinstance(document, dict) or "" in wanted:
        return document
    thin = {}
    for name, value in document.items():
        inner = {
            path.removeprefix(name).removeprefix(".")
            for path in wanted
            if path == name or path.startswith(f"{name}.")
        }
        if inner:
            thin[name] = kept(value, inner)
    return thin


def dropped(document: Any, unwanted: set[str]) -> Any:
    """The document without the unwanted fields."""
    if isinstance(document, list):
        return [dropped(part, unwanted) for part in document]
    if not isinstance(document, dict):
        return document
    return {
        name: dropped(
            value,
            {path.removeprefix(f"{name}.") for path in unwanted if path.startswith(f"{name}.")},
        )
        for name, value in document.items()
        if name not in unwanted
    }


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("resource", RESOURCES, ids=str)
def test_every_field_can_be_had_alone_or_left_out(
    client: Client, history: History, resource: Resource
) -> None:
    documents = found(client, resource.path, page_size=10)["results"]
    known = sorted(paths(documents))
    assert any("." in path for path in known) or not resource.is_record

    for path in known:
        alone = found(client, resource.path, page_size=10, fields=path)["results"]
        assert alone == [kept(document, {path}) for document in documents], path
        without = found(client, resource.path, page_size=10, omit=path)["results"]
        assert without == [dropped(document, {path}) for document in documents], path


@pytest.mark.parametrize("resource", RECORDS, ids=str)
@pytest.mark.parametrize(
    ("fields", "omit"),
    [
        ("id,title", ""),
        ("links,id,links.type", ""),
        ("links.type,links", ""),
        ("id,links", "links.id"),
        ("", "links,links.type,note"),
        ("title", "title"),
    ],
)
def test_fields_and_omit_go_together(
    client: Client, history: History, resource: Resource, fields: str, omit: str
) -> None:
    document = orjson.loads(history.of(resource.example(history))[-1].body)
    expected = kept(document, set(fields.split(","))) if fields else document
    query = {name: value for name, value in (("fields", fields), ("omit", omit)) if value}

    answer = found(client, f"{resource.path}{document['id']}/", **query)

    assert answer == dropped(expected, set(omit.split(",")))
    assert list(answer) == [name for name in document if name in answer]


# Ways of asking


@pytest.mark.parametrize("method", WRITING)
def test_the_api_only_reads(client: Client, history: History, method: str) -> None:
    for address, _ in addresses(history):
        response = client.generic(method, address, b'{"title": "Ours"}', "application/json")

        body = problem(response, 405)
        assert body["code"] == "method_not_allowed"
        assert response["Allow"] == ", ".join(READING)


@pytest.mark.parametrize("method", WRITING)
def test_pages_only_read(client: Client, db: None, method: str) -> None:
    for url in get_resolver().url_patterns:
        if getattr(url, "callback", None) and not url.pattern.converters:
            response = client.generic(method, f"/{url.pattern}")

            problem(response, 405)
            assert {"GET", "HEAD"} <= set(response["Allow"].split(", ")), url


def test_a_method_cannot_be_smuggled_in(client: Client, history: History) -> None:
    address = f"{API}donations/"

    assert client.get(address, headers={"X-HTTP-Method-Override": "DELETE"}).status_code == 200
    assert client.post(address, headers={"X-HTTP-Method-Override": "GET"}).status_code == 405
    assert client.post(address, {"_method": "GET"}).status_code == 405


def test_head_is_get_without_a_body(client: Client, history: History) -> None:
    for address, _ in addresses(history):
        get, head = client.get(address), client.head(address)

        assert head.status_code == get.status_code == 200
        assert head.content == b""
        assert head["Dataset-Revision"] == get["Dataset-Revision"]
        assert head["Content-Type"] == get["Content-Type"]


def test_options_say_what_is_allowed(client: Client, history: History) -> None:
    for address, _ in addresses(history):
        response = client.options(address)

        assert response.status_code == 200
        assert response["Allow"] == ", ".join(READING)


def test_a_missing_slash_is_added(client: Client, db: None) -> None:
    response = client.get(f"{API}donations?donor=CHN")

    assert response.status_code == 301
    assert response["Location"] == f"{API}donations/?donor=CHN"


@pytest.mark.parametrize("path", [f"{API}donations", "/reconcile/parties"])
def test_what_is_sent_without_the_slash_is_sent_again_as_it_is(
    client: Client, db: None, path: str
) -> None:
    """Not as a GET, whose answer would be taken for that of the POST."""
    response = client.post(path, {"queries": "{}"})

    assert (response.status_code, response["Location"]) == (308, f"{path}/")


def test_a_link_begins_with_the_public_address(
    client: Client, history: History, settings: Any
) -> None:
    """Behind a cache no request's Host header decides what others read."""
    settings.PUBLIC_URL = "https://aid.example.org"

    page = found(client, f"{API}donations/", page_size=1)
    change = found(client, f"{API}changes/", page_size=1)["results"][0]

    assert page["next"].startswith("https://aid.example.org/api/v1/donations/?page_size=1&")
    assert change["url"].startswith("https://aid.example.org/api/v1/statements/")


# The suite covers what there is


def test_every_kind_is_routed_and_covered(history: History) -> None:
    assert {resource.kind for resource in RECORDS} == set(KINDS)
    assert set(FACTORIES) == set(KINDS.values())
    for resource in RECORDS:
        assert len(history.at(resource.kind)) >= 5


def test_every_route_belongs_to_a_resource_or_the_dataset() -> None:
    below = {f"{resource.name}/{path}" for resource in RESOURCES for path in resource.sets}

    assert below | {"", *(f"{name}/" for name in ABOUT)} == set(ROUTES)
