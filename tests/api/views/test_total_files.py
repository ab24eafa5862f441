"""Totals as files: every digit, names beside codes, and the first groups."""

import csv
import io
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from records.models import Party
from tests.support.factories import DonationFactory
from tests.support.histories import History
from tests.support.routes import API, ask, refused
from tests.support.totals_answers import get

pytestmark = pytest.mark.django_db


def rows(client: Client, kind: str, **query: Any) -> list[dict[str, str]]:
    response = ask(client, f"{API}{kind}/summary/", format="csv", **query)
    assert response.status_code == 200, response.content
    text = response.getvalue().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_sums_keep_every_digit(client: Client) -> None:
    for value in (Decimal("999999999999999"), Decimal("0.5"), Decimal("0.000001")):
        DonationFactory(published=True, figures=[{"value": value}])
    (row,) = rows(client, "donations")
    assert row["at_least"] == "999999999999999.500001"


def test_names_stand_beside_codes(client: Client) -> None:
    DonationFactory(
        published=True, donors=["CHN"], recipients=["ITA"], form="goods", figures=[{"value": 5}]
    )
    DonationFactory(published=True, donors=["CHN", "ITA"], recipients=["ITA"])
    DonationFactory(published=True, donors=[], recipients=["ITA"])

    def names(by: str) -> dict[str, str]:
        return {row[by]: row[f"{by}_name"] for row in rows(client, "donations", group_by=by)}

    assert names("donor") == {
        "CHN": "China",
        "ITA": "Italy",
        "joint": "several together",
        "unknown": "not named",
    }
    assert names("recipient_region")["039"] == "Southern Europe"
    assert names("recipient_type") == {
        "country": "country or territory, its national government included"
    }
    assert names("recipient_country") == {"ITA": "Italy"}
    assert names("item")["surgical-mask"]
    assert names("form") == {"goods": "goods"}
    assert "month_name" not in rows(client, "donations", group_by="month")[0]


def test_names_are_those_of_the_revision(client: Client) -> None:
    history = History(seed=1)
    history.release(history.draft("statement"))
    figure = {"statement": next(iter(history.rows.values())), "value": 5}
    history.release(history.draft("donation", donors=["ITA"], figures=[figure]))
    before = history.edit(Party.objects.get(code="ITA"), name="Old name")
    history.edit(Party.objects.get(code="ITA"), name="=cmd")

    def name(**query: Any) -> str:
        return rows(client, "donations", group_by="donor", **query)[0]["donor_name"]

    assert name(revision=before) == "Old name"
    assert name() == "'=cmd"
    assert name(raw="true") == "=cmd"


def test_converted_amounts_have_columns(client: Client) -> None:
    DonationFactory(published=True, figures=[{"money": True, "value": 20, "currency": "EUR"}])
    DonationFactory(published=True, figures=[{"value": 7}])
    table = {row["measure"]: row for row in rows(client, "donations", convert="EUR")}
    assert table["money"]["converted_currency"] == "EUR"
    assert table["money"]["converted_at_least"] == "20.0"
    assert table["quantity"]["converted_at_least"] == ""


def test_limit_keeps_the_first_groups_of_each_unit(client: Client) -> None:
    for value, donor in enumerate(["CHN", "ITA", "JPN", "PAK"], start=1):
        DonationFactory(published=True, donors=[donor], figures=[{"value": value}])
        money = {"money": True, "value": value, "currency": "USD"}
        DonationFactory(published=True, donors=[donor], figures=[money])

    query = {"group_by": "donor", "ordering": "-at_least", "limit": "2"}
    answer = get(client, **query)
    found = [(total["measure"], total["group"]["donor"]) for total in answer["totals"]]
    assert found == [("money", "PAK"), ("money", "JPN"), ("quantity", "PAK"), ("quantity", "JPN")]
    assert answer["more"] == 4
    assert [(row["measure"], row["donor"]) for row in rows(client, "donations", **query)] == found
    everything = get(client, group_by="donor")
    assert everything["more"] == 0
    assert answer["records"] == everything["records"]
    assert answer["left_out"] == everything["left_out"]
    assert refused(client, f"{API}donations/summary/", limit="0") == {
        "limit": "not_a_number_in_range"
    }
