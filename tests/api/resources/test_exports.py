"""What is peculiar to exports: who counted, whether sales only, and destinations nobody names."""

import datetime
from typing import Any

import pytest
from django.test import Client

from tests.support.factories import ExportFactory
from tests.support.routes import API, found

pytestmark = pytest.mark.django_db

EXPORTS = f"{API}exports/"


def titles(client: Client, **query: Any) -> set[str]:
    return {row["title"] for row in found(client, EXPORTS, **query)["results"]}


def test_customs_statistics_name_no_destination(client: Client) -> None:
    """As those of 1 March to 4 April 2020: a period, a running total, all countries together."""
    ExportFactory(
        title="customs",
        period_start=datetime.date(2020, 3, 1),
        period_end=datetime.date(2020, 4, 4),
        as_of=datetime.date(2020, 4, 4),
        series="china-customs-exports",
        figures=[{"item": "mask", "value": 3_860_000_000, "basis": "cumulative_to_date"}],
        published=True,
    )
    ExportFactory(title="to Italy", destinations=["ITA"], published=True)

    assert titles(client, destination="unknown") == {"customs"}
    assert titles(client, destination="ITA") == {"to Italy"}
    assert titles(client, destination_region="europe") == {"to Italy"}
    assert titles(client, basis="cumulative_to_date", value_min="3860000000", item="mask") == {
        "customs"
    }
    (row,) = found(client, EXPORTS, series="china-customs-exports")["results"]
    assert row["period"] == {"start": "2020-03-01", "end": "2020-04-04"}
    assert row["destinations"] == []
    assert [party["code"] for party in row["exporters"]] == ["CHN"]
    assert row["figures"][0]["value"] == 3_860_000_000


def test_sales_are_reported_from_gifts(client: Client) -> None:
    for trade in ("commercial", "includes_donations", "unclear"):
        ExportFactory(title=trade, trade=trade, published=True)

    assert titles(client, trade="commercial") == {"commercial"}
    assert titles(client, trade="commercial,unclear") == {"commercial", "unclear"}


def test_who_counted_is_reported(client: Client) -> None:
    for side in ("exporter", "destination", "official_record"):
        ExportFactory(title=side, reported_by=side, published=True)

    assert titles(client, reported_by="official_record") == {"official_record"}


def test_several_destinations_are_joint(client: Client) -> None:
    ExportFactory(title="to one", destinations=["ITA"], published=True)
    ExportFactory(title="to two", destinations=["ITA", "SRB"], published=True)

    assert titles(client, joint="true") == {"to two"}
    assert titles(client, destination="SRB,ITA") == {"to one", "to two"}
