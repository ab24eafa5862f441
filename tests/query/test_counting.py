"""How many records match: counted as of each revision, and once where totals read their keys."""

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from records.api.resources.donations import DONATIONS
from records.api.views.base import record_query
from records.query.planner import RecordQuery
from records.query.totals import Totals
from tests.support.factories import DonationFactory
from tests.support.routes import found

pytestmark = pytest.mark.django_db

PATH = "/api/v1/donations/"


def query_of(text: str) -> RecordQuery:
    return record_query(DONATIONS, DONATIONS.list_parameters(QueryDict(text)), None)


def test_count_under_a_milestone_is_that_of_each_revision(client: Client) -> None:
    first, between, last = (
        DonationFactory(published=True, stage=stage, milestones=[{"stage": stage}]).published_in_id
        for stage in ("delivered", "announced", "delivered")
    )

    for _ in range(2):
        for revision, count in ((first, 1), (between, 1), (last, 2)):
            asked = {"milestone": "delivered", "revision": revision, "count": "true"}
            assert found(client, PATH, **asked)["count"] == count, revision
    assert found(client, PATH, milestone="announced", count="true")["count"] == 3


def test_count_of_a_search_takes_what_totals_read() -> None:
    DonationFactory(published=True, title="Lanterns for a hospital")
    DonationFactory(published=True, title="Anchors for a hospital")
    query = query_of("search=lantern&form=goods")
    counted = query.count()

    Totals(query)
    with CaptureQueriesContext(connection) as queries:
        assert query.count() == counted == 1
    assert not queries.captured_queries


@pytest.mark.parametrize(
    ("search", "count"),
    [
        ("lantern", 2),
        ("anchor OR lantern", 3),
        ('"lanterns for"', 1),
        ("hospital -lantern", 1),
        ("lant*", 2),
    ],
)
def test_count_of_a_search_is_that_of_its_list(client: Client, search: str, count: int) -> None:
    DonationFactory(published=True, title="Lanterns for a hospital")
    DonationFactory(published=True, title="Anchors for a hospital")
    DonationFactory(published=True, title="A lantern factory for a city, and lanterns of it")
    DonationFactory(title="Lanterns that are not published")

    answer = found(client, PATH, search=search, count="true")
    assert answer["count"] == count == len(answer["results"])
