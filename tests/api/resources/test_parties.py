"""What is peculiar to parties: names in any language, countries and regions."""

from typing import Any

import pytest
from django.test import Client

from tests.support.factories import PARTIES, PartyFactory, StatementFactory
from tests.support.routes import API, found, problem, refused, walk

pytestmark = pytest.mark.django_db

PATH = f"{API}parties/"


@pytest.fixture(autouse=True)
def parties(db: None) -> None:
    for code in PARTIES:
        PartyFactory(code=code)


def codes(client: Client, **query: Any) -> list[str]:
    answer = found(client, PATH, **query, count="true")
    assert answer["count"] == len(answer["results"])
    return [row["code"] for row in answer["results"]]


def test_parties_stand_in_the_order_of_their_names(client: Client) -> None:
    PartyFactory(code="aland", name="Åland", type="local_government", country="", region="154")

    names = [row["name"] for row in found(client, PATH)["results"]]

    assert names.index("Åland") == 0
    assert sorted(names[1:]) == names[1:]


def test_a_party_is_found_by_a_part_of_any_of_its_names(client: Client) -> None:
    PartyFactory(
        code="gamaleya",
        name="Gamaleya Institute",
        type="academic",
        country="RUS",
        region="151",
        aliases=["Институт имени Гамалеи", "Центр Гамалеи"],
    )

    for name in ("gamaleya", "INSTITUTE", "ГАМАЛЕИ", "институт имени", "центр"):
        assert codes(client, name=name) == ["gamaleya"], name
    assert codes(client, name="институт центр") == []
    assert codes(client, name="%") == codes(client, name="_") == []
    assert codes(client, name="ma found") == ["jack-ma-foundation"]


MATCHES = [
    ("chad", "Chad", []),
    ("republic", "Democratic China Chad", ["Chad"]),
    ("chad-basin", "Chad Basin Commission", []),
    ("alias-only", "Ndjamena and Chadians", ["Beside Chad"]),
    ("within", "Lake Chadwick", []),
    ("inside", "Orchad", []),
    ("chadwick", "A Chadwick", []),
]
"""Code, name and aliases of parties that `chad` finds."""


def test_the_best_match_of_a_name_comes_first(client: Client) -> None:
    for code, name, aliases in reversed(MATCHES):
        PartyFactory(code=code, name=name, aliases=aliases, type="other", country="", region="")
    ranked = ["chad", "republic", "chad-basin", "chadwick", "within", "alias-only", "inside"]
    by_name = sorted(ranked, key=lambda code: next(n for c, n, _ in MATCHES if c == code).lower())

    assert codes(client, name="CHAD") == codes(client, name="chad", ordering="match") == ranked
    assert codes(client, name="chad", ordering="-match") == ranked[::-1]
    assert codes(client, name="chad", ordering="name") == by_name
    assert refused(client, PATH, ordering="match") == {"ordering": "needs_name"}
    StatementFactory(published=True)
    file = client.get(PATH, {"name": "chad", "format": "csv"}).getvalue().decode()
    assert [line.partition(",")[0] for line in file.splitlines()[1:]] == ranked
    for size in (1, 2, 3):
        pages = list(walk(client, f"{PATH}?name=chad&page_size={size}"))
        assert [row["code"] for page in pages for row in page["results"]] == ranked
        back = list(walk(client, pages[-1]["previous"], "previous"))
        assert [page["results"] for page in reversed(back)] == [
            page["results"] for page in pages[:-1]
        ]


def test_a_country_has_its_bodies_beside_it(client: Client) -> None:
    assert codes(client, country="ITA") == ["ITA", "lombardy"]
    assert codes(client, country="ITA", type="country") == ["ITA"]
    assert codes(client, type="foundation,local_government") == [
        "alibaba-foundation",
        "jack-ma-foundation",
        "lombardy",
    ]


def test_a_region_includes_those_inside_it(client: Client) -> None:
    assert codes(client, region="014") == codes(client, region="africa") == ["ETH"]
    assert codes(client, region="002,039") == ["ETH", "ITA", "lombardy", "SRB"]
    assert "who" not in codes(client, region="world")


def test_what_is_not_known_of_a_party_is_null(client: Client) -> None:
    party = found(client, f"{PATH}who/")

    assert party == {
        "code": "who",
        "name": "World Health Organization",
        "type": "international_organisation",
        "country": None,
        "region": None,
        "iati_type": None,
        "identifier_scheme": None,
        "identifier": None,
        "aliases": [],
        "replaced_by": None,
        "version": 1,
    }


def test_a_code_is_written_as_it_is(client: Client) -> None:
    assert found(client, f"{PATH}PAK/")["name"] == "Pakistan"
    for code in ("pak", "Pak", "WHO"):
        problem(client.get(f"{PATH}{code}/"), 404)
