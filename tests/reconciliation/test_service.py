"""The reconciliation services: Reconciliation Service API 0.2, as the specification has it."""

import json
import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from jsonschema import Draft202012Validator

from aidapi.caching import newest_revision
from records.models import Item, Party, RevisionCounter
from records.publishing.vocabulary import edit_vocabulary
from records.publishing.vocabulary_edits import VocabularyEdit, vocabulary_content
from tests.reconciliation import specification as spec
from tests.support.factories import PartyFactory
from tests.support.routes import problem

PARTIES, ITEMS = "/reconcile/parties/", "/reconcile/items/"
SERVICES = (PARTIES, ITEMS)
FORM = "application/x-www-form-urlencoded"
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("dataset")]


def post(client: Client, address: str, **form: Any) -> Any:
    """Send a form, with what is no text in it as JSON."""
    texts = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in form.items()
    }
    return client.post(address, urlencode(texts), FORM)


def checked(response: Any, schema: dict[str, Any]) -> Any:
    """The body of a response, which is as the specification requires."""
    assert response.status_code == 200, response.content[:1000]
    assert response["Content-Type"] == "application/json"
    assert response["Dataset-Revision"] == str(RevisionCounter.number())
    body = response.json()
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(body)
    return body


def candidates(client: Client, service: str, **query: Any) -> list[dict[str, Any]]:
    response = post(client, service, queries={"q": query})
    return checked(response, spec.RESULTS)["q"]["result"]


def first(client: Client, service: str, name: str, **query: Any) -> tuple[str, bool]:
    found = candidates(client, service, query=name, **query)
    return (found[0]["id"], found[0]["match"]) if found else ("", False)


def refused(response: Any) -> dict[str, str]:
    return {one["parameter"]: one["code"] for one in problem(response, 400)["errors"]}


# --- The manifest


@pytest.mark.parametrize("service", SERVICES)
def test_manifest_is_as_specified_and_its_addresses_answer(client: Client, service: str) -> None:
    body = checked(client.get(service), spec.MANIFEST)

    assert re.fullmatch(r"http://testserver/api/v1/(parties|items)/", body["identifierSpace"])
    code = "who" if service == PARTIES else "mask"
    for template in (body["view"]["url"], body["preview"]["url"]):
        assert client.get(template.replace("{{id}}", code)).status_code == 200
    schemas = {
        "entity": spec.SUGGESTED_ENTITIES,
        "type": spec.SUGGESTED_TYPES,
        "property": spec.SUGGESTED_PROPERTIES,
    }
    for kind, suggester in body["suggest"].items():
        address = suggester["service_url"] + suggester["service_path"]
        found = checked(client.get(address, {"prefix": ""}), schemas[kind])["result"]
        assert found
        flyout = suggester["flyout_service_url"] + suggester["flyout_service_path"]
        for one in found[:5]:
            shown = checked(client.get(flyout.replace("${id}", one["id"])), spec.FLYOUT)
            assert shown["id"] == one["id"]
            assert one["name"].split("'")[0] in shown["html"]
    proposer = body["extend"]["propose_properties"]
    address = proposer["service_url"] + proposer["service_path"]
    for one in body["defaultTypes"]:
        proposed = checked(client.get(address, {"type": one["id"], "limit": 3}), spec.PROPOSED)
        assert len(proposed["properties"]) == 3
    assert client.get(body["logo"]).status_code in (200, 302)
    assert client.get(body["documentation"]).status_code == 200


# --- Queries


def test_names_aliases_and_codes_match_where_they_are_certain(client: Client) -> None:
    for name, expected in {
        "PAK": ("PAK", True),
        "pak": ("PAK", False),  # a word in other languages
        "NO": ("NOR", True),
        "no": ("NOR", False),
        "who": ("who", True),
        "World Health Organisation": ("who", True),
        "  WORLD   health ORGANIZATION ": ("who", True),
        "世界卫生组织": ("who", True),
        "jack-ma-foundation": ("jack-ma-foundation", True),
        "jack ma foundation": ("jack-ma-foundation", True),
        "Côte d'Ivoire": ("CIV", True),
        "cote d'ivoire": ("CIV", True),
        "Foundation Jack Ma": ("jack-ma-foundation", False),  # the words alone
        "Jack Ma Fundation": ("jack-ma-foundation", False),  # a slip
        "National Emergency Supply Agency (Finland)": (
            "fin-national-emergency-supply-agency",
            False,
        ),
        "Qwertyuiop": ("", False),
        "x" * 500: ("", False),
    }.items():
        assert first(client, PARTIES, name) == expected, name
    for name, expected in {
        "口罩": ("mask", True),
        "N95 masks": ("respirator-n95", True),
        "vaccine (Sputnik V, component 2)": ("sputnik-v-vaccine", False),
        "surgical-mask": ("surgical-mask", True),
    }.items():
        assert first(client, ITEMS, name) == expected, name


def test_countries_are_found_by_their_names_in_any_language(client: Client) -> None:
    """First, and for people to confirm: Latvian Nigēra is Niger, and a slip for Nigeria."""
    for name, code in {
        "Bundesrepublik Deutschland": "DEU",
        "República del Perú": "PER",
        "Република Србија": "SRB",
        "Российская Федерация": "RUS",
        "جمهورية مصر العربية": "EGY",
        "Konungariket Sverige": "SWE",
        "République démocratique du Congo": "COD",
        "Tyskland": "DEU",
        "Росія": "RUS",
    }.items():
        assert first(client, PARTIES, name) == (code, False), name
    for name, codes in {
        "República de China": {"CHN", "TWN"},
        "Republik Korea": {"KOR", "PRK"},
        "Repubblica del Congo": {"COD", "COG"},
    }.items():
        found = candidates(client, PARTIES, query=name)
        assert {one["id"] for one in found[:2]} == codes
        assert found[0]["score"] == found[1]["score"]
    assert first(client, PARTIES, "中华人民共和国") == ("CHN", True)
    assert first(client, ITEMS, "Deutschland") == ("", False)


def test_names_aliases_and_codes_of_the_vocabulary_are_found_first(client: Client) -> None:
    for service, model in ((PARTIES, Party), (ITEMS, Item)):
        replaced = model.replacements()
        wanted = [
            (name, replaced.get(row.code, row.code))
            for row in model.objects.all()
            for name in (row.code, *row.names())
        ]
        assert len(wanted) > 1000
        # A sample, to be quick.
        for start in range(0, len(wanted), 1000):
            part = wanted[start : start + 1000 : 10]
            queries = {str(n): {"query": name} for n, (name, _) in enumerate(part)}
            results = post(client, service, queries=queries).json()
            for n, (name, code) in enumerate(part):
                best = results[str(n)]["result"]
                named = [one["id"] for one in best if one["features"][0]["value"]]
                assert best[0]["features"][0]["value"], name
                assert code in named, (name, code, named)


def test_batches_answer_each_query_by_itself(client: Client) -> None:
    queries: dict[str, dict[str, Any]] = {
        "a": {"query": "China"},
        "b": {"query": "Peru", "limit": 1},
        "ü": {"query": "zzzz"},
    }
    together = checked(post(client, PARTIES, queries=queries), spec.RESULTS)

    assert list(together) == ["a", "b", "ü"]
    assert [len(one["result"]) > 0 for one in together.values()] == [True, True, False]
    assert len(together["b"]["result"]) == 1
    for key, query in queries.items():
        assert together[key]["result"] == candidates(client, PARTIES, **query)
    for one in together.values():
        scores = [candidate["score"] for candidate in one["result"]]
        assert scores == sorted(scores, reverse=True)
    assert checked(post(client, PARTIES, queries="{}"), spec.RESULTS) == {}


def test_get_and_post_and_single_queries_answer_alike(client: Client) -> None:
    query = {"query": "UNICEF", "limit": 2}
    posted = post(client, PARTIES, queries={"q": query})
    got = client.get(PARTIES, {"queries": json.dumps({"q": query})})

    assert got.json() == posted.json()
    single = checked(client.get(PARTIES, {"query": json.dumps(query)}), spec.RESULT)
    assert single == got.json()["q"]
    plain = checked(client.get(PARTIES, {"query": "UNICEF"}), spec.RESULT)
    assert plain["result"][:2] == single["result"]
    assert posted["Cache-Control"] == "no-store"
    assert not posted.cookies
    again = client.get(
        PARTIES, {"queries": json.dumps({"q": query})}, headers={"If-None-Match": got["ETag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


def test_types_and_properties_select_and_rank(client: Client) -> None:
    companies = candidates(client, PARTIES, query="Alibaba", type="company", limit=20)
    assert companies
    assert all("company" in [t["id"] for t in one["type"]] for one in companies)
    both = candidates(
        client, PARTIES, query="Alibaba", type=["company", "foundation"], type_strict="all"
    )
    assert both == []
    assert candidates(client, PARTIES, query="Alibaba", type=[{"id": "company"}], limit=20) == (
        companies
    )
    for value in (
        "KHM",
        "Cambodia",
        "柬埔寨",
        {"id": "KHM"},
        ["PAK", "KHM"],
        {"id": "?", "name": "KH"},
    ):
        given = [{"pid": "country", "v": value}]
        found = candidates(client, PARTIES, query="Ministry of Health", properties=given)
        assert found[0]["id"] == "khm-ministry-of-health", value
    unlike = [{"pid": "country", "v": "PAK"}]
    assert first(client, PARTIES, "China", properties=unlike) == ("CHN", False)
    assert first(client, PARTIES, "China", properties=[{"pid": "region", "v": "asia"}]) == (
        "CHN",
        True,
    )
    international = [{"pid": "country", "v": "CHE"}]
    assert first(client, PARTIES, "who", properties=international) == ("who", False)
    assert first(client, PARTIES, "who", properties=[{"pid": "country", "v": ""}]) == ("who", True)
    only = candidates(
        client,
        PARTIES,
        properties=[{"pid": "type", "v": "foundation"}, {"pid": "country", "v": "CHN"}],
        limit=50,
    )
    expected = Party.objects.filter(type="foundation", country="CHN", replaced_by=None)
    assert {one["id"] for one in only} == set(expected.values_list("code", flat=True))
    masks = candidates(
        client, ITEMS, properties=[{"pid": "hs_codes", "v": "6307.90"}], type="ppe", limit=50
    )
    assert "surgical-mask" in [one["id"] for one in masks]


def test_namesakes_are_no_match_until_a_property_decides(client: Client) -> None:
    for country in ("PER", "CHL"):
        PartyFactory(
            code=f"red-aid-{country.lower()}",
            name="Red Aid",
            type="ngo",
            country=country,
            region="005",
        )

    assert [one["match"] for one in candidates(client, PARTIES, query="Red Aid")[:2]] == [
        False,
        False,
    ]
    decided = first(client, PARTIES, "Red Aid", properties=[{"pid": "country", "v": "Chile"}])
    assert decided == ("red-aid-chl", True)


def test_an_edit_of_the_vocabulary_is_read_with_its_revision(client: Client) -> None:
    row = Party.objects.get(code="jack-ma-foundation")
    content = vocabulary_content(row) | {"aliases": [*row.aliases, "Ma's Own Fund"]}
    assert first(client, PARTIES, "Ma's Own Fund")[1] is False
    before = client.get(PARTIES)["ETag"]

    edit_vocabulary([VocabularyEdit(Party, row.code, content, "Used.")], message="An alias.")
    newest_revision.forget()  # it is kept for a second

    assert first(client, PARTIES, "Ma's Own Fund") == ("jack-ma-foundation", True)
    assert client.get(PARTIES)["ETag"] != before


def test_replaced_codes_lead_to_the_code_that_replaces_them(client: Client) -> None:
    PartyFactory(
        code="who-old",
        name="Old Health Office",
        type="international_organisation",
        country="",
        region="",
        replaced_by=Party.objects.get(code="who"),
    )

    for name in ("who-old", "Old Health Office"):
        assert first(client, PARTIES, name) == ("who", True)
    extended = post(client, PARTIES, extend={"ids": ["who-old"], "properties": [{"id": "code"}]})
    assert extended.json()["rows"] == {"who-old": {"code": [{"str": "who"}]}}
    assert client.get(f"{PARTIES}preview/", {"id": "who-old"}).status_code == 200


# --- Suggestions, previews, data extension


def test_suggestions_begin_with_what_was_typed(client: Client) -> None:
    def ids(service: str, kind: str, **query: Any) -> list[str]:
        response = client.get(f"{service}suggest/{kind}/", query)
        return [one["id"] for one in response.json()["result"]]

    assert ids(PARTIES, "entity", prefix="world health")[0] == "who"
    assert ids(PARTIES, "entity", prefix="who")[0] == "who"
    assert {"who", "paho"} <= set(ids(PARTIES, "entity", prefix="health org"))
    assert "mask" in ids(ITEMS, "entity", prefix="口")
    pages = [ids(PARTIES, "entity", prefix="", cursor=skip) for skip in (0, 20, 40)]
    assert len({code for page in pages for code in page}) == 60
    assert ids(PARTIES, "type", prefix="found") == ["foundation"]
    assert ids(PARTIES, "property", prefix="Coun") == ["country"]
    assert set(ids(ITEMS, "entity", prefix="m", type="ppe", spell="always")) >= {"mask"}


def test_preview_may_be_framed_and_nothing_else_may(client: Client) -> None:
    response = client.get(f"{PARTIES}preview/", {"id": "who"})

    assert response["Content-Type"].startswith("text/html")
    assert "frame-ancestors *" in response["Content-Security-Policy"]
    assert not response.has_header("X-Frame-Options")
    assert not response.cookies
    page = response.content.decode()
    assert "World Health Organization" in page
    assert 'href="/api/v1/parties/who/"' in page
    for address in (PARTIES, f"{PARTIES}preview/?id=nobody", "/guide/"):
        other = client.get(address)
        assert "frame-ancestors 'none'" in other["Content-Security-Policy"]


def test_names_are_shown_as_text(client: Client) -> None:
    PartyFactory(
        code="odd-name", name="<b>Odd</b> & Co", type="company", country="CHN", region="030"
    )

    shown = [
        client.get(f"{PARTIES}preview/", {"id": "odd-name"}).content.decode(),
        client.get(f"{PARTIES}flyout/entity/", {"id": "odd-name"}).json()["html"],
    ]
    for html in shown:
        assert "&lt;b&gt;Odd&lt;/b&gt; &amp; Co" in html
        assert "<b>" not in html


def test_data_extension_returns_every_property(client: Client) -> None:
    for service, code in ((PARTIES, "jack-ma-foundation"), (ITEMS, "surgical-mask")):
        offered = client.get(f"{service}properties/").json()["properties"]
        query = {
            "ids": [code, "nothing-has-this-code"],
            "properties": [{"id": one["id"], "settings": {}} for one in offered],
        }
        posted = checked(post(client, service, extend=query), spec.EXTENSION)
        got = checked(client.get(service, {"extend": json.dumps(query)}), spec.EXTENSION)

        assert posted == got
        assert posted["meta"] == offered
        assert list(posted["rows"]) == query["ids"]
        row = posted["rows"][code]
        assert list(row) == [one["id"] for one in offered]
        document = client.get(f"/api/v1{service.removeprefix('/reconcile')}{code}/").json()
        assert row["code"] == [{"str": code}]
        assert row["name"] == [{"str": document["name"]}]
        assert row["aliases"] == [{"str": alias} for alias in document["aliases"]]
        if service == PARTIES:
            assert row["country"] == [{"id": "CHN", "name": "China"}]
            assert row["region"] == [{"str": document["region"]}]
        else:
            assert row["parent"] == [{"id": "mask", "name": "Mask"}]
            assert len(row["hs_codes"]) == len(document["hs_codes"])
        assert not any(posted["rows"]["nothing-has-this-code"].values())


# --- Wrong requests


def test_wrong_queries_name_what_is_wrong(client: Client) -> None:
    for query, expected in (
        ({"query": ""}, {"queries.q.query": "not_a_name"}),
        ({"query": 5}, {"queries.q.query": "not_a_name"}),
        ({}, {"queries.q": "empty_query"}),
        ({"properties": []}, {"queries.q": "empty_query"}),
        ({"query": "x", "limit": 0}, {"queries.q.limit": "not_a_limit"}),
        ({"query": "x", "limit": 1.5}, {"queries.q.limit": "not_a_limit"}),
        ({"query": "x", "limit": True}, {"queries.q.limit": "not_a_limit"}),
        ({"query": "x", "limit": float("inf")}, {"queries": "not_json"}),
        ({"query": "x", "type": "companies"}, {"queries.q.type": "unknown_type"}),
        ({"query": "x", "type": [None]}, {"queries.q.type": "unknown_type"}),
        ({"query": "x", "type_strict": "most"}, {"queries.q.type_strict": "unknown_value"}),
        ({"query": "x", "limits": 3}, {"queries.q.limits": "unknown_field"}),
        ({"query": "x", "properties": {}}, {"queries.q.properties": "not_a_list"}),
        (
            {"query": "x", "properties": [{"pid": "country"}]},
            {"queries.q.properties.0": "not_a_property"},
        ),
        (
            {"query": "x", "properties": [{"pid": "nation", "v": "PAK"}]},
            {"queries.q.properties.0.pid": "unknown_property"},
        ),
        (
            {"query": "x", "properties": [{"pid": "country", "v": {}}]},
            {"queries.q.properties.0.v": "not_a_value"},
        ),
    ):
        response = post(client, PARTIES, queries={"q": query})
        assert refused(response) == expected, query
    assert refused(post(client, PARTIES, queries='{"q": 1}')) == {"queries.q": "not_an_object"}
    for text in ("", "{", "[]", "1"):
        assert set(refused(post(client, PARTIES, queries=text))) == {"queries"}
    suggested = post(client, PARTIES, queries='{"q": {"query": "x", "type": "compony"}}')
    assert suggested.json()["errors"][0]["suggestion"] == "company"


def test_wrong_requests_are_problems(client: Client) -> None:
    assert refused(client.get(PARTIES, {"callback": "f"})) == {"callback": "no_jsonp"}
    assert refused(client.get(PARTIES, {"querys": "{}"})) == {"querys": "unknown_parameter"}
    assert refused(client.get(f"{PARTIES}?query=a&query=b")) == {"query": "repeated"}
    assert set(refused(client.get(PARTIES, {"query": "a", "extend": "{}"}))) == {
        "query",
        "extend",
    }
    assert refused(client.post(PARTIES, "&", FORM)) == {"queries": "missing"}
    assert refused(post(client, f"{PARTIES}?a=1", queries={})) == {"a": "not_in_the_address"}
    problem(client.post(PARTIES, "{}", "application/json"), 415)
    for method in ("PUT", "DELETE", "PATCH"):
        response = client.generic(method, PARTIES)
        assert problem(response, 405)["code"] == "method_not_allowed"
        assert response["Allow"] == "GET, HEAD, OPTIONS, POST"
    problem(client.post(f"{PARTIES}suggest/entity/", {"prefix": "a"}), 405)
    for path, query in (
        ("suggest/entity/", {}),
        ("suggest/entity/", {"prefix": "a", "cursor": "-1"}),
        ("suggest/entity/", {"prefix": "a", "callback": "f"}),
        ("preview/", {}),
        ("properties/", {"type": "nothing"}),
        ("properties/", {"limit": "0"}),
        ("flyout/type/", {"id": "who", "callback": "f"}),
    ):
        problem(client.get(PARTIES + path, query), 400)
    for path in ("preview/", "flyout/entity/", "flyout/type/", "flyout/property/"):
        problem(client.get(PARTIES + path, {"id": "nobody"}), 404)
    problem(client.get("/reconcile/statements/"), 404)
    for extend in (
        {"ids": "who", "properties": []},
        {"ids": ["who"], "properties": [{"id": "nation"}]},
        {"ids": ["who"]},
        {"ids": [], "properties": [], "more": 1},
    ):
        problem(post(client, PARTIES, extend=extend), 400)


def test_sizes_are_bounded(client: Client) -> None:
    queries = {str(number): {"query": "China"} for number in range(101)}
    problem(post(client, PARTIES, queries=queries), 413)
    ids = {"ids": ["who"] * 501, "properties": []}
    problem(post(client, PARTIES, extend=ids), 413)
    problem(post(client, PARTIES, queries={"q": {"query": "x" * 1_000_000}}), 413)
    found = candidates(client, PARTIES, query="ministry", limit=10_000)
    assert 0 < len(found) <= 100


def test_a_query_needs_no_token_and_no_other_address_takes_a_post() -> None:
    strict = Client(enforce_csrf_checks=True)

    assert post(strict, PARTIES, queries={}).json() == {}
    problem(strict.post("/api/v1/parties/", "queries={}", FORM), 405)
    problem(strict.post(f"{PARTIES}preview/", "id=who", FORM), 405)


def test_other_sites_may_read(client: Client) -> None:
    for response in (
        client.get(PARTIES, headers={"Origin": "https://example.org"}),
        client.post(ITEMS, "queries={}", FORM, headers={"Origin": "https://example.org"}),
        client.get(f"{ITEMS}suggest/type/?prefix=", headers={"Origin": "https://example.org"}),
    ):
        assert response["Access-Control-Allow-Origin"] == "*"


def test_queries_read_the_vocabulary_once_a_revision(
    client: Client, django_assert_num_queries: Any
) -> None:
    client.get(PARTIES)
    # The number of the latest revision alone.
    with django_assert_num_queries(1):
        post(client, PARTIES, queries={"q": {"query": "Peru"}})
