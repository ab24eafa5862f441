"""What is peculiar to parties: names in any language, countries and regions."""

from typing import Any

import pytest
from django.test import Client

from tests.support.factories import PARTIES, PartyFactory
from tests.support.routes import API, found, problem

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
