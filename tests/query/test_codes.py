"""What is suggested for a code that does not exist: what is called so, or what was mistyped."""

from typing import Any

import iso3166
import pytest
from django.test import Client

from aidapi.parameters import MAX_ERRORS
from records.curation.imports.building import SheetBuilder
from records.models import Donation, Party
from records.models.parties import PartyType
from records.query.filters import RecordFilter
from tests.support.factories import PartyFactory
from tests.support.routes import API, RESOURCES, Resource, ask, found, problem

pytestmark = pytest.mark.django_db

OF_PARTIES = [
    pytest.param(resource, name, id=f"{resource}?{name}")
    for resource in RESOURCES
    for name, parameter in resource.parameters.base_filters.items()
    if isinstance(parameter, RecordFilter) and parameter.vocabulary == "party"
]
COUNTRIES = {country.alpha2: country.alpha3 for country in iso3166.countries}
ELSEWHERE = [
    *("England", "Scotland", "Wales", "Northern Ireland", "Bavaria", "Bohemia"),
    *("Persia", "Siam", "Dagestan", "Kurdistan", "Catalonia", "Chechnya", "Transnistria"),
    *("Flanders", "Saxony", "Crimea", "Sardinia", "Transvaal"),
]
"""Places that are no country, or are called otherwise, each like the name of another."""


def suggestions(client: Client, path: str, parameter: str, values: list[str]) -> dict[str, Any]:
    """Return value → what is suggested instead; of values that are no codes."""
    suggested: dict[str, Any] = {}
    for start in range(0, len(values), MAX_ERRORS):
        part = values[start : start + MAX_ERRORS]
        errors = problem(ask(client, path, **{parameter: ",".join(part)}), 400)["errors"]
        suggested |= dict(zip(part, [error["suggestion"] for error in errors], strict=True))
    return suggested


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize(("resource", "parameter"), OF_PARTIES)
def test_two_letters_lead_to_their_country(
    client: Client, dataset: None, resource: Resource, parameter: str
) -> None:
    assert suggestions(client, resource.path, parameter, list(COUNTRIES)) == COUNTRIES


def test_other_letters_lead_to_nothing(client: Client, dataset: None) -> None:
    known = {party.code for party in Party.objects.all()}
    known |= {name for party in Party.objects.all() for name in party.words_key.split("\n")}
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    words = [f"{a}{b}{c}" for a in letters[::3] for b in letters[::5] for c in ["", *letters[::4]]]
    unknown = [word for word in words if word not in known and word.lower() not in known]

    suggested = suggestions(client, f"{API}donations/", "recipient", unknown)

    assert len(unknown) > 100
    assert set(suggested.values()) == {None}


def test_a_place_is_not_taken_for_one_of_a_like_name(client: Client, dataset: None) -> None:
    names = [name.replace(" ", "-") for name in ELSEWHERE]

    suggested = suggestions(client, f"{API}donations/", "recipient", names)

    assert {name: code for name, code in suggested.items() if code} == {}


@pytest.mark.parametrize("slip", ["Pakstan", "Germny", "Swizerland", "Philipines", "Chinaa"])
def test_a_mistyped_name_leads_to_its_country(client: Client, dataset: None, slip: str) -> None:
    (code,) = suggestions(client, f"{API}donations/", "donor", [slip]).values()

    assert code is not None
    assert Party.objects.get(code=code).type == PartyType.COUNTRY


def test_imports_take_two_letters_for_their_country(dataset: None) -> None:
    called = SheetBuilder(Donation, [], may_change=False)._called(Party)

    found = {code: called[code.lower()] for code in COUNTRIES}

    # The African Union is called so, too: an import requests which is meant.
    assert found == {two: {three} for two, three in COUNTRIES.items()} | {
        "AU": {"AUS", "african-union"}
    }


def test_a_list_of_parties_knows_two_letters(client: Client) -> None:
    for code in ("PAK", "CHN", "who"):
        PartyFactory(code=code)

    rows = found(client, f"{API}parties/", name="PK")["results"]

    assert [row["code"] for row in rows] == ["PAK"]
