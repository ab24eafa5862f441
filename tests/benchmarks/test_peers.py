"""What other servers over our tables return: the queries of Datasette, and the rows of a file."""

import datetime
from typing import Any

import pytest
from django.db import connection

from benchmarks.peers.apis import BY_ID, LATEST_OF_A_RECIPIENT, as_document
from tests.support.factories import DonationFactory

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "sqlite", reason="Datasette serves SQLite."),
]


def rows(sql: str, **parameters: str) -> list[dict[str, Any]]:
    """Return the rows of a query, whose parameters are named as SQLite does."""
    connection.ensure_connection()
    cursor = connection.connection.execute(sql, parameters)
    names = [column[0] for column in cursor.description]
    return [as_document(dict(zip(names, row, strict=True))) for row in cursor]


def test_latest_donations_of_a_recipient() -> None:
    DonationFactory(recipients=["ITA"], published=True)
    older, newer = (
        DonationFactory(recipients=["PAK"], as_of=datetime.date(2020, 4, day), published=True)
        for day in (10, 12)
    )
    DonationFactory(recipients=["PAK"])

    found = rows(LATEST_OF_A_RECIPIENT, recipient="PAK")

    assert [row["id"] for row in found] == [newer.public_id, older.public_id]


def test_donation_with_what_hangs_on_it() -> None:
    donation = DonationFactory(donors=["CHN"], recipients=["PAK"], published=True)

    (found,) = rows(BY_ID, id=donation.public_id)

    figure = donation.figures.get()
    assert [party["code"] for party in found["donors"]] == ["CHN"]
    assert found["recipient"] == "PAK"
    assert found["figures"][0]["value"] == figure.value
    assert found["figures"][0]["item"]["code"] == figure.item_id
    assert found["figures"][0]["statement"]["public_id"] == figure.statement.public_id


def test_list_is_read_along_an_index() -> None:
    connection.ensure_connection()
    plan = connection.connection.execute(
        f"EXPLAIN QUERY PLAN {LATEST_OF_A_RECIPIENT}", {"recipient": "PAK"}
    )
    steps = [step for *_, step in plan]

    assert any("donationparty_party " in step for step in steps)
    assert not any("TEMP B-TREE" in step for step in steps)
