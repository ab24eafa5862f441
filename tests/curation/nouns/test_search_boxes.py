"""Search boxes of parties and items: the order of what they offer, over every name of the
dataset."""

from typing import Any

import pytest
from django.contrib.admin import site
from django.test import Client, RequestFactory
from django.urls import reverse

from records.curation.nouns.choices import ALIAS
from records.index.models import FilterStatistics
from records.models import Item, Party, VocabularyEntry
from tests.support.thoroughness import some

FIELDS = {"party": ("donationparty", "party"), "item": ("donationfigure", "item")}
"""What is searched → the model and the field of its search box."""


def offered(client: Client, kind: str, typed: str) -> list[dict[str, Any]]:
    model, field = FIELDS[kind]
    query = {"term": typed, "app_label": "records", "model_name": model, "field_name": field}
    response = client.get(reverse("admin:autocomplete"), query)
    assert response.status_code == 200, response.content
    return response.json()["results"]


def party(code: str, name: str, *aliases: str) -> Party:
    return Party.objects.create(code=code, version=1, name=name, aliases=[*aliases], type="ngo")


def codes(client: Client, kind: str, typed: str) -> list[str]:
    return [one["id"] for one in offered(client, kind, typed)]


@pytest.mark.django_db
def test_what_fits_better_comes_first(superuser_client: Client) -> None:
    party("red", "Works of Red", "R")
    party("b-name", "Red")
    party("c-alias", "Rouge", "RED")
    party("d-start", "Red Cross")
    party("e-start", "Croix", "Red Star")
    party("f-word", "The Red House")
    party("g-part", "Allred")

    found = offered(superuser_client, "party", "Réd")

    assert [one["id"] for one in found] == [
        *("b-name", "c-alias", "d-start", "e-start", "f-word", "red", "g-part")
    ]
    assert [one["id"] for one in found if one["exact"]] == ["b-name", "c-alias"]
    assert codes(superuser_client, "party", "red")[:3] == ["red", "b-name", "c-alias"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Côte d’Ivoire", "cote d'ivoire"),
        ("Côte d'Ivoire", "Côte d’Ivoire"),
        ("Guinea-Bissau", "guinea–bissau"),
        ("Guinea-Bissau", "“Guinea Bissau”"),
        ("Trinidad and Tobago", "Trinidad & Tobago"),
        ("Johnson & Johnson", "Johnson and Johnson"),
        ("Côte d'Ivoire", "Cote dIvoire"),
        ("Côte d’Ivoire", "cote divoire"),
        ("People's Bank", "Peoples Bank"),
        ("UK aid", "U.K. aid"),
        ("WHO", "W.H.O."),
        ("U.S. Agency", "U.S."),
    ],
)
def test_signs_of_a_name_may_be_others(name: str, typed: str, superuser_client: Client) -> None:
    party("other", "Something else")
    party("wanted", name)

    assert codes(superuser_client, "party", typed) == ["wanted"]


def used(kind: str, code: str, versions: int) -> None:
    FilterStatistics.objects.create(kind=kind, role="party", key=code, versions=versions)


@pytest.mark.django_db
def test_among_equals_the_more_frequent_comes_first(superuser_client: Client) -> None:
    for code in ("aid-rare", "aid-often"):
        party(code, f"Aid {code[4:]}")
    for kind, versions in (("donation", 3), ("export", 4)):
        used(kind, "aid-often", versions)
    used("donation", "aid-rare", 6)

    assert codes(superuser_client, "party", "aid") == ["aid-often", "aid-rare"]


@pytest.mark.django_db
def test_points_of_an_abbreviation_may_be_typed(superuser_client: Client) -> None:
    party("ukr", "Ukraine")
    party("gbr", "United Kingdom", "UK")

    assert codes(superuser_client, "party", "U.K.") == ["gbr", "ukr"]
    assert offered(superuser_client, "party", "U.K.")[0]["exact"] is True


@pytest.mark.django_db
def test_names_of_a_replaced_code_offer_what_replaces_it(superuser_client: Client) -> None:
    new = party("new", "Of any kind")
    Party.objects.filter(code=party("old", "Old face").code).update(replaced_by=new)

    (found,) = offered(superuser_client, "party", "old face")

    assert (found["id"], found["exact"]) == ("new", True)


@pytest.mark.slow(every=True)
@pytest.mark.parametrize("model", [Party, Item])
def test_every_name_of_the_dataset_offers_its_owner_or_asks(
    dataset: None, rf: RequestFactory, model: type[VocabularyEntry]
) -> None:
    """Enter takes the only one that is called exactly so, and nothing where several are."""
    request = rf.get(reverse("admin:autocomplete"))
    boxes = site.get_model_admin(model)
    replaced = model.replacements()
    wrong = []

    for entry in some(model.objects.all(), 6):
        meant = replaced.get(entry.code, entry.code)
        for typed in dict.fromkeys([entry.code, *entry.names()]):
            rows: Any = boxes.get_search_results(request, model.objects.all(), typed)[0]
            found = [(row.code, row.fit <= ALIAS) for row in rows[:20]]
            exact = [code for code, is_exact in found if is_exact]
            if meant not in exact or found[: len(exact)] != [(code, True) for code in exact]:
                wrong.append((typed, meant, exact))

    assert wrong == []
