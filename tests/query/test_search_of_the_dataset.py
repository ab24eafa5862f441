"""What a journalist types, in the dataset of fixtures/."""

import pytest
from django.test import Client

from tests.support.routes import API, found

pytestmark = pytest.mark.django_db

FAULTY = {
    "con-ga18y2xw": "sent back as substandard",
    "con-jpbs06s9": "cancelled because the tests were faulty",
    "con-k8tj2amw": "annulled for poor quality",
    "con-z4rasve4": "performed poorly",
    "con-t1cm20ez": "performed poorly",
    "con-kbm87pdj": "many reported faulty",
    "con-bqrjraky": "recalled as defective",
    "con-2dwzarze": "found defective",
    "con-f2c2tm5a": "found unfit for hospitals",
}
"""Contracts whose goods were faulty, and how the record says it."""


@pytest.mark.parametrize("word", ["faulty", "defective", "Substandard"])
def test_faulty_finds_what_was_faulty(client: Client, dataset: None, word: str) -> None:
    ids = {row["id"] for row in found(client, f"{API}contracts/", search=word)["results"]}
    kits = found(client, f"{API}contracts/", search=f"{word} test", stage="cancelled,returned")

    assert ids >= FAULTY.keys()
    assert len(kits["results"]) == 5


@pytest.mark.parametrize("word", ["refund", "refunds", "Refunded", "refunding"])
def test_a_word_finds_its_other_forms(client: Client, dataset: None, word: str) -> None:
    ids = {row["id"] for row in found(client, f"{API}contracts/", search=word)["results"]}
    quoted = found(client, f"{API}contracts/", search='"refund"')["results"]

    # Its title has refunds, its quote refunded.
    assert "con-kb2cddyh" in ids - {row["id"] for row in quoted}


def test_stages_and_topics_are_found(client: Client, dataset: None) -> None:
    for stage in ("cancelled", "returned", "delivered"):
        ids = {
            row["id"]
            for row in found(client, f"{API}contracts/", search=stage, page_size="500")["results"]
        }
        named = found(client, f"{API}contracts/", stage=stage, page_size="500")["results"]
        assert ids >= {row["id"] for row in named[:50]}, stage
    (facet,) = found(client, f"{API}statements/facets/", facets="topic", limit="5")["facets"]
    for value in facet["values"]:
        results = found(client, f"{API}statements/", search=value["value"], page_size="500")
        named = found(client, f"{API}statements/", topic=value["value"], page_size="500")
        assert {row["id"] for row in results["results"]} >= {row["id"] for row in named["results"]}
