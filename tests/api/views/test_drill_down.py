"""The list behind a total: each figure says whether it is in it, and the rows add up to it."""

from typing import Any

import pytest
from django.test import Client

from tests.support.factories import DonationFactory
from tests.support.routes import API, found

pytestmark = pytest.mark.django_db
IN_TOTAL = ["in_at_least", "in_about", "left_out_reason", "held_by"]


def test_figures_beside_those_of_a_total_have_their_reason(client: Client) -> None:
    whole = DonationFactory(published=True, figures=[{"value": 800}])
    part = DonationFactory(
        published=True,
        links={"part_of": whole},
        figures=[{"value": 20}, {"money": True, "value": 7, "currency": "USD"}],
    )

    (row,) = found(client, f"{API}donations/", total="measure:money,currency:USD")["results"]

    assert row["id"] == part.public_id
    first, second = ([figure[name] for name in IN_TOTAL] for figure in row["figures"])
    assert first == [False, False, "outside", None]
    assert second == [True, True, None, None]
    (row,) = found(client, f"{API}donations/", total="measure:quantity,unit:piece")["results"]
    assert row["id"] == whole.public_id


def test_other_lists_and_documents_have_no_verdicts(client: Client) -> None:
    record = DonationFactory(published=True)
    listed: Any = found(client, f"{API}donations/")["results"][0]
    single: Any = found(client, f"{API}donations/{record.public_id}/")
    assert listed == single
    assert not set(IN_TOTAL) & set(single["figures"][0])


def test_fields_can_name_the_verdicts(client: Client) -> None:
    DonationFactory(published=True, figures=[{"value": 5}])
    requested = {
        "total": "measure:quantity,unit:piece",
        "fields": "figures.in_at_least,figures.lower",
    }
    assert found(client, f"{API}donations/", **requested)["results"] == [
        {"figures": [{"in_at_least": True, "lower": 5}]}
    ]
