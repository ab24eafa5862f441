"""What is peculiar to contracts: buyers counted but not named, and what became of a purchase."""

import datetime
from typing import Any

import pytest
from django.test import Client

from tests.support.factories import ContractFactory, PartyFactory
from tests.support.routes import API, found

pytestmark = pytest.mark.django_db

CONTRACTS = f"{API}contracts/"


def titles(client: Client, **query: Any) -> set[str]:
    return {row["title"] for row in found(client, CONTRACTS, **query)["results"]}


def test_buyers_may_be_counted_and_not_named(client: Client) -> None:
    """As in: 58 countries and regions and four organisations have signed, 71 and ten are in
    talks."""
    countries = {"counted": True, "party_type": "country", "party_role": "buyer"}
    bodies = countries | {"party_type": "international_organisation"}
    ContractFactory(
        title="signed",
        buyers=[],
        figures=[countries | {"value": 58}, bodies | {"value": 4}],
        published=True,
    )
    ContractFactory(
        title="in talks",
        stage="in_talks",
        buyers=[],
        figures=[countries | {"value": 71}, bodies | {"value": 10}],
        published=True,
    )
    ContractFactory(title="Serbia buys ventilators", buyers=["SRB"], published=True)

    assert titles(client, buyer="unknown") == {"signed", "in talks"}
    assert titles(client, measure="parties", stage="signed") == {"signed"}
    assert titles(client, measure="parties", value_min="70") == {"in talks"}
    assert titles(client, measure="parties", value_max="5") == {"signed"}
    assert titles(client, party_type="international_organisation", measure="parties",
                  value_min="58") == set()  # fmt: skip
    assert titles(client, buyer="SRB,unknown", stage="signed") == {
        "signed",
        "Serbia buys ventilators",
    }


def test_a_purchase_has_a_stage_and_says_why_it_ended(client: Client) -> None:
    ContractFactory(title="signed", published=True)
    ContractFactory(
        title="cancelled", stage="cancelled", note="The masks failed a test.", published=True
    )

    assert titles(client, stage="cancelled") == {"cancelled"}
    assert titles(client, stage="cancelled,signed") == {"cancelled", "signed"}
    (row,) = found(client, CONTRACTS, stage="cancelled")["results"]
    assert row["note"] == "The masks failed a test."


def test_a_method_that_nobody_reported_is_null(client: Client) -> None:
    ContractFactory(title="unknown", published=True)
    ContractFactory(title="direct", method="direct", published=True)

    assert titles(client, method="direct") == {"direct"}
    methods = {row["title"]: row["method"] for row in found(client, CONTRACTS)["results"]}
    assert methods == {"unknown": None, "direct": "direct"}


def test_the_document_says_signature_and_process(client: Client) -> None:
    ContractFactory(
        signed_on=datetime.date(2020, 4, 1),
        signed_on_precision="month",
        ocid="ocds-0c46vo-0001",
        published=True,
    )
    ContractFactory(title="no more is known", published=True)

    known, unknown = sorted(
        found(client, CONTRACTS)["results"], key=lambda row: row["title"] == "no more is known"
    )
    assert (known["signed_on"], known["signed_on_precision"]) == ("2020-04", "month")
    assert known["ocid"] == "ocds-0c46vo-0001"
    assert (unknown["signed_on"], unknown["ocid"]) == (None, None)


def test_suppliers_are_found_by_country_and_type(client: Client) -> None:
    PartyFactory(code="CHN")
    ContractFactory(title="from a group of firms", published=True)
    ContractFactory(title="from nobody named", suppliers=[], published=True)

    assert titles(client, supplier_country="CHN") == {"from a group of firms"}
    assert titles(client, supplier_type="group") == {"from a group of firms"}
    assert titles(client, supplier="unknown") == {"from nobody named"}
    assert titles(client, supplier="unknown,chn-companies", buyer_country="ITA") == {
        "from a group of firms",
        "from nobody named",
    }
