"""What is suggested for a code that does not exist: what is called so, or what was mistyped."""

from typing import Any

import iso3166
import langcodes
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
    names = [*ELSEWHERE, *(name.replace(" ", "-") for name in ELSEWHERE if " " in name)]

    suggested = suggestions(client, f"{API}donations/", "recipient", names)

    assert {name: code for name, code in suggested.items() if code} == {}


@pytest.mark.parametrize("slip", ["Pakstan", "Germny", "Swizerland", "Philipines", "Chinaa"])
def test_a_mistyped_name_leads_to_its_country(client: Client, dataset: None, slip: str) -> None:
    (code,) = suggestions(client, f"{API}donations/", "donor", [slip]).values()

    assert code is not None
    assert Party.objects.get(code=code).type == PartyType.COUNTRY


def names_of_countries() -> dict[str, str]:
    """Return every ISO and English name, and some that people use, with its country; without
    commas, which a list cannot have in a name."""
    names: dict[str, str] = {}
    for country in iso3166.countries:
        named = [country.alpha3.lower(), country.name, country.apolitical_name]
        named += [langcodes.Language.make(territory=country.alpha2).territory_name()]
        for name in named:
            short, comma, rest = name.partition(", ")
            names[f"{rest} {short}" if comma else name] = country.alpha3
    return {name.replace(",", ""): code for name, code in names.items()} | USED


USED = {
    "usa": "USA",
    "America": "USA",
    "united states of america": "USA",
    "U.S.": "USA",
    "Great Britain": "GBR",
    "Britain": "GBR",
    "UK": "GBR",
    "gb": "GBR",
    "pk": "PAK",
    "KR": "KOR",
    "South Korea": "KOR",
    "Republic of Korea": "KOR",
    "north-korea": "PRK",
    "Ivory Coast": "CIV",
    "Burma": "MMR",
    "Holland": "NLD",
    "Swaziland": "SWZ",
    "Macedonia": "MKD",
    "Czech Republic": "CZE",
    "East Timor": "TLS",
    "Cabo Verde": "CPV",
    "Democratic Republic of the Congo": "COD",
    "Congo-Brazzaville": "COG",
    "DRC": "COD",
    "Vatican": "VAT",
    "Holy See": "VAT",
    "The Gambia": "GMB",
    "Viet Nam": "VNM",
    "Deutschland": "DEU",
    "Suisse": "CHE",
    "España": "ESP",
    "Україна": "UKR",
    "Bundesrepublik Deutschland": "DEU",
    "República del Perú": "PER",
    "Република Србија": "SRB",
    "中华人民共和国": "CHN",
    "Republic of Macedonia": "MKD",
    "République du Congo": "COG",
    "Republic of Ireland": "IRL",
    "中国": "CHN",
    "ایران": "IRN",
    "مصر": "EGY",
    "日本": "JPN",
    "Ísland": "ISL",
    "Magyarország": "HUN",
    "United Stats": "USA",
    "Untied States": "USA",
    "Unted Kingdom": "GBR",
    "Sout Korea": "KOR",
    "Saudi Arabai": "SAU",
    "Sri Lnka": "LKA",
    "new zeeland": "NZL",
    "Burkina Fasso": "BFA",
    "Slovakya": "SVK",
    "Phillipines": "PHL",
    "Colombai": "COL",
    "Kazakstan": "KAZ",
}
"""Names and slips → the country that is meant."""
SHARED_NAMES = {
    "Congo": "`COD` or `COG`",
    "korea": "`KOR` or `PRK`",
    "Virgin Islands": "`VGB` or `VIR`",
    "República de China": "`CHN` or `TWN`",
    "Austrlia": "`AUS` or `AUT`",
    "Nigera": "`NER` or `NGA`",
    "Republika Nigera": "`NER` or `NGA`",
}


@pytest.mark.parametrize("parameter", ["recipient", "donor_country"])
def test_every_name_of_a_country_leads_to_it(
    client: Client, dataset: None, parameter: str
) -> None:
    names = {name: code for name, code in names_of_countries().items() if name not in SHARED_NAMES}

    suggested = suggestions(client, f"{API}donations/", parameter, list(names))

    assert len(names) > 2 * len(COUNTRIES)
    assert suggested == names


def test_a_name_of_several_countries_leads_to_none_but_names_them(
    client: Client, dataset: None
) -> None:
    for name, offered in SHARED_NAMES.items():
        (error,) = problem(ask(client, f"{API}donations/", donor=name), 400)["errors"]
        assert error["suggestion"] is None, name
        assert f"Did you mean {offered}?" in error["detail"]


def test_a_name_of_two_words_leads_to_its_party_or_item(client: Client, dataset: None) -> None:
    path = f"{API}donations/"

    assert suggestions(client, path, "donor", ["Jack Ma", "Jak Ma", "Jack Ma Fundation"]) == {
        "Jack Ma": "jack-ma",
        "Jak Ma": "jack-ma",
        "Jack Ma Fundation": "jack-ma-foundation",
    }
    assert suggestions(client, path, "item", ["surgical masks", "Medical Face Mask"]) == {
        "surgical masks": "surgical-mask",
        "Medical Face Mask": "surgical-mask",
    }


def test_a_word_of_names_leads_to_those_that_have_it(client: Client, dataset: None) -> None:
    path = f"{API}donations/"

    assert suggestions(client, path, "item", ["Pfizer", "concentrator", "elastomeric"]) == {
        "Pfizer": "pfizer-vaccine",
        "concentrator": "oxygen-concentrator",
        "elastomeric": "reusable-respirator",
    }
    (error,) = problem(ask(client, path, item="oxygen"), 400)["errors"]
    assert error["suggestion"] is None
    assert "`liquid-oxygen` or `oxygen-concentrator` or" in error["detail"]
    assert suggestions(client, path, "donor", ["Gates", "Melinda"]) == {
        "Gates": "bill-and-melinda-gates-foundation",
        "Melinda": None,
    }


def test_a_word_of_many_names_leads_to_their_list(client: Client, dataset: None) -> None:
    (error,) = problem(ask(client, f"{API}donations/", item="kits"), 400)["errors"]

    assert "see /api/v1/items/?name=kits." in error["detail"]
    assert len(found(client, f"{API}items/", name="kits")["results"]) > 5


def test_lists_of_parties_and_items_know_their_codes(client: Client, dataset: None) -> None:
    assert suggestions(client, f"{API}parties/", "country", ["KR", "Frankreich", "xqzw"]) == {
        "KR": "KOR",
        "Frankreich": "FRA",
        "xqzw": None,
    }
    (error,) = problem(ask(client, f"{API}items/", within="masks"), 400)["errors"]
    assert (error["code"], error["suggestion"]) == ("unknown_code", "mask")


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
