"""No question occupies the database for long, on either database."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client, override_settings

from records.query import plan
from tests.support.deadlines import SLOW
from tests.support.factories import DonationFactory
from tests.support.routes import API, found, problem

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def slowly(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Makes every list take half a minute."""
    fetch = plan.fetch

    def make() -> None:
        monkeypatch.setattr(plan, "fetch", lambda *args: fetch(SLOW[connection.vendor], []))

    return make


def test_a_question_that_takes_too_long_is_broken_off(
    client: Client, slowly: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    donation = DonationFactory(published=True)
    began = time.monotonic()
    with monkeypatch.context(), override_settings(QUERY_SECONDS=0.2):
        slowly()
        response = client.get(f"{API}donations/")

    assert problem(response, 503)["code"] == "unavailable"
    assert int(response["Retry-After"]) > 0
    assert response["Cache-Control"] == "no-store"
    assert time.monotonic() - began < 5
    # The next request is none the worse for it.
    assert client.get(f"{API}donations/{donation.public_id}/").status_code == 200


def test_what_is_quick_is_left_alone(client: Client) -> None:
    donation = DonationFactory(published=True)

    with override_settings(QUERY_SECONDS=0.5):
        for _ in range(20):
            assert found(client, f"{API}donations/")["results"][0]["id"] == donation.public_id


def test_a_database_that_is_away_is_no_crash(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: Any) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(plan, "fetch", away)

    response = client.get(f"{API}donations/")

    problem(response, 503)
    assert response["Retry-After"]
    assert b"refused" not in response.content
