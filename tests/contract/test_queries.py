"""How many queries an answer takes: the same for a page of one record as for one of sixty."""

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from benchmarks import generate_records
from records.models import Donation, Export
from tests.support.histories import inside_transaction
from tests.support.routes import API, RESOURCES, Resource, found

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def records(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """More than sixty records of each kind but statements, some of them corrected."""
    with inside_transaction(django_db_blocker), pytest.MonkeyPatch.context() as patch:
        patch.setattr(generate_records, "REVISION_SIZE", 310)
        generate_records.Generator(Random(generate_records.SEED), 620).run()
        if connection.vendor == "postgresql":
            # Autovacuum may have found the tables empty, since it does not see the transaction.
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")
        yield


LISTS = {
    # 2 queries: the plan (newest revision, counts of terms, known codes), the page.
    "statements": 2,
    "donations": 2,
    "exports": 2,
    "contracts": 2,
    # 2 queries: newest revision, the page.
    "parties": 2,
    "revisions": 2,
    "changes": 2,
    # 2 queries: newest revision, all points of series.
    "series": 2,
    # 3 queries: newest revision, the page, the HS codes of its items.
    "items": 3,
}


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("resource", RESOURCES, ids=str)
@pytest.mark.parametrize("size", [1, 10, 60])
def test_a_list_takes_the_same_queries_whatever_its_length(
    client: Client,
    django_assert_num_queries: Callable,
    resource: Resource,
    size: int,
) -> None:
    with django_assert_num_queries(LISTS[resource.name]):
        page = found(client, resource.path, page_size=size)

    assert len(page["results"]) == size or page["next"] is None


QUERIES: list[tuple[str, int, dict[str, Any]]] = [
    # A count is a query of its own.
    ("donations", 3, {"count": "true"}),
    ("donations", 3, {"count": "true", "recipient_region": "africa"}),
    ("donations", 3, {"count": "true", "donor": "CHN", "item": "mask"}),
    # Documents are thinned in memory.
    ("donations", 2, {"fields": "id,figures.value"}),
    # A party or an item drives by join.
    ("donations", 2, {"donor": "CHN"}),
    ("donations", 2, {"item": "mask", "ordering": "title"}),
    ("donations", 2, {"donor": "CHN", "recipient_region": "africa", "as_of_from": "2020-04-01"}),
    # Codes that do not exist are found out by the plan.
    ("donations", 2, {"party": "CHN,company-1,organisation-2"}),
    # What may be rare is probed within the plan.
    ("donations", 2, {"unit": "piece", "value_min": "1"}),
    ("donations", 2, {"item": "mask", "value_min": "1", "value_max": "500000"}),
    # Figures in the order of their values, with those that have none.
    ("donations", 2, {"unit": "piece", "ordering": "-value"}),
    ("donations", 2, {"item": "mask", "donor": "CHN", "unit": "piece", "ordering": "value"}),
    # So is what is searched for; the tiers of what it finds are one query.
    ("donations", 2, {"search": "country pieces"}),
    ("donations", 3, {"search": '"country chn" gog*', "count": "true", "donor": "CHN"}),
    ("statements", 2, {"search": "speaker 1*", "ordering": "said_on"}),
    ("exports", 1, {"search": "nothing of the kind"}),
    # No statistics are no proof that there is nothing; a probe that finds nothing is.
    ("donations", 2, {"linked": "funds"}),
    ("donations", 1, {"item": "mask", "value_min": "999999999"}),
    ("exports", 2, {"publisher": "generated publisher 3"}),
    ("contracts", 2, {"latest": "true", "joint": "false", "changed_since": "1"}),
    ("statements", 2, {"speaker": "speaker", "said_from": "2020-02-01"}),
    ("statements", 2, {"ordering": "said_on", "revision": "1"}),
]


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize(("name", "queries", "requested"), QUERIES)
@pytest.mark.parametrize("size", [1, 60])
def test_no_filter_takes_more_than_three_queries(
    client: Client,
    django_assert_num_queries: Callable,
    name: str,
    queries: int,
    requested: dict[str, Any],
    size: int,
) -> None:
    with django_assert_num_queries(queries):
        found(client, f"{API}{name}/", page_size=size, **requested)


FIRST_TOTALS = 7
"""Queries of the first totals of a revision in a process; what they read is then kept."""
STAGED_TOTALS = FIRST_TOTALS + 1
"""The same for records with milestones."""
TOTALS: list[tuple[str, int, dict[str, Any]]] = [
    # The plan, replaced codes, the records, the figures, their parties, the items above theirs,
    # all links.
    ("donations/summary/", STAGED_TOTALS, {}),
    ("exports/summary/", FIRST_TOTALS, {"group_by": "month", "convert": "USD"}),
    ("donations/summary/", STAGED_TOTALS, {"group_by": "donor,recipient_region"}),
    ("contracts/summary/", STAGED_TOTALS, {"group_by": "buyer,year", "include": "in_talks"}),
    ("donations/summary/", STAGED_TOTALS, {"item": "mask", "unit": "piece", "donor": "CHN"}),
    # What is no side and only chooses is found in what was read.
    ("donations/summary/", STAGED_TOTALS, {"stage": "delivered"}),
    # Which figures meet the conditions on figures.
    ("donations/summary/", STAGED_TOTALS + 1, {"item": "mask", "operator": "exact"}),
    # The list behind a total: its counting, then the plan and the page.
    ("donations/", STAGED_TOTALS + 2, {"total": "measure:quantity"}),
    # One for each parameter, one for the number of records, one more for those that name nobody.
    ("donations/facets/", 4, {"facets": "donor", "item": "mask", "stage": "delivered"}),
    # Newest revision, days of statements; of each other kind days, countries, roles, figures.
    ("coverage/", 14, {}),
]


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize(("path", "queries", "requested"), TOTALS)
@pytest.mark.parametrize("narrow", [{}, {"revision": 2}])
def test_totals_and_facets_take_the_same_queries_whatever_there_is(
    client: Client,
    django_assert_num_queries: Callable,
    path: str,
    queries: int,
    requested: dict[str, Any],
    narrow: dict[str, Any],
) -> None:
    with django_assert_num_queries(queries):
        found(client, API + path, **requested, **narrow)


def test_figures_of_a_revision_are_read_once(
    client: Client, django_assert_num_queries: Callable
) -> None:
    found(client, f"{API}donations/summary/", revision=2)

    # 1 query: the plan.
    with django_assert_num_queries(1):
        found(client, f"{API}donations/summary/", revision=2, donor="CHN", group_by="month")


def test_a_further_page_takes_no_more(client: Client, django_assert_num_queries: Callable) -> None:
    first = found(client, f"{API}donations/", donor="CHN", page_size=10)

    # 2 queries: the plan, the page behind the cursor.
    with django_assert_num_queries(2):
        assert client.get(first["next"]).status_code == 200


def test_a_detail_takes_one_query(client: Client, django_assert_num_queries: Callable) -> None:
    donation = Donation.objects.filter(version=2)[0]

    for query in ("", f"?revision={donation.published_in_id}", "?fields=title"):
        # 1 query: the newest revision and the document in force.
        with django_assert_num_queries(1):
            response = client.get(f"{API}donations/{donation.public_id}/{query}")
        assert response.status_code == 200


def test_versions_take_three_queries(client: Client, django_assert_num_queries: Callable) -> None:
    for version in (1, 2):
        export = Export.objects.filter(version=version)[0]
        # 3 queries: newest revision, versions with documents and revisions, withdrawals.
        with django_assert_num_queries(3):
            found(client, f"{API}exports/{export.public_id}/versions/")


@pytest.mark.parametrize(
    ("path", "queries"),
    [
        # 2 queries: newest revision, the party.
        ("parties/CHN/", 2),
        # 3 queries: newest revision, the item, its HS codes.
        ("items/mask/", 3),
        # 2 queries: the revision with the number of its changes, newest revision.
        ("revisions/1/", 2),
    ],
)
def test_details_of_the_rest(
    client: Client, django_assert_num_queries: Callable, path: str, queries: int
) -> None:
    with django_assert_num_queries(queries):
        found(client, API + path)


def test_an_absent_record_takes_three_queries(
    client: Client, django_assert_num_queries: Callable
) -> None:
    # 3 queries: newest revision without a document, last change of the id, first change of it.
    with django_assert_num_queries(3):
        assert client.get(f"{API}donations/don-00000000/").status_code == 404


def test_a_bad_question_takes_none(client: Client, django_assert_num_queries: Callable) -> None:
    with django_assert_num_queries(0):
        assert client.get(f"{API}donations/?giver=CHN&page_size=0").status_code == 400


def test_unknown_codes_take_one_more_for_the_suggestions(
    client: Client, django_assert_num_queries: Callable
) -> None:
    codes = ",".join(f"nobody-{n}" for n in range(100))

    # 2 queries: the plan, the names of all parties.
    with django_assert_num_queries(2):
        assert client.get(f"{API}donations/?donor={codes}").status_code == 400
