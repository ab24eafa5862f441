"""Filters by milestones: which records may have reached a stage in a period, and that a list, its
count, its facets, its download and its summary agree on them."""

import csv
import io
from collections.abc import Iterator
from datetime import date
from random import Random
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from records.models import STAGED
from tests.support.factories import RECORDS as FACTORIES
from tests.support.factories import publish
from tests.support.histories import History, inside_transaction, long_history
from tests.support.naive_evaluator import AS_OF, REACHED, Query
from tests.support.parameter_values import good_values
from tests.support.random_queries import check, drawn_conditions
from tests.support.routes import RECORDS, Resource, found
from tests.support.thoroughness import scaled

pytestmark = pytest.mark.django_db

KINDS = [resource for resource in RECORDS if resource.kind in STAGED]
DAYS = ["2020-01-01", "2020-04-01", "2020-04-09", "2020-04-10", "2020-04-22", "2020-12-31"]
FIRST = {"donation": "announced", "contract": "in_talks"}
LOWEST = {"donation": "committed", "contract": "signed"}


@pytest.fixture(scope="module")
def history(django_db_setup: None, django_db_blocker: Any) -> Iterator[History]:
    with inside_transaction(django_db_blocker):
        history = long_history(seed=13)
        history.release(*(history.draft(kind) for kind in STAGED for _ in range(20)))
        yield history


@pytest.mark.slow
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(KINDS), st.randoms(use_true_random=False))
def test_list_facets_download_and_summary_have_the_same_records(
    client: Client, history: History, resource: Resource, rng: Random
) -> None:
    query: Query = {}
    if rng.random() < 0.5:
        query = drawn_conditions(rng, resource, history)
    filters = resource.parameters.base_filters
    query |= {"milestone": rng.choice(good_values("milestone", filters["milestone"], history))}
    if rng.random() < 0.3:
        del query["milestone"]
    start, end = sorted(rng.sample(DAYS, 2))
    query |= rng.choice(
        [{"reached_from": start}, {"reached_to": end}, {"reached_from": start, "reached_to": end}]
    )
    # Of a list these are dates of its records, of a summary those of its figures; what may lie
    # in the period is found by both, what must is for the summary to say.
    query = {name: value for name, value in query.items() if name not in (*AS_OF, "certain")}

    listed = found(client, resource.path, **query, count="true", page_size="500")
    ids = {row["id"] for row in listed["results"]}
    summary = found(client, f"{resource.path}summary/", **query)
    facets = found(client, f"{resource.path}facets/", **query)
    download = client.get(resource.path, query | {"format": "csv"})
    text = b"".join(download.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.DictReader(io.StringIO(text)))

    assert listed["count"] == facets["records"] == summary["records"] == len(ids), query
    assert {row["id"] for row in rows} == ids
    used = {row["id"] for total in summary["totals"] for row in total["used"]}
    assert used <= ids
    judged = [row for row in rows if row["left_out_reason"] != "outside"]
    assert {row["id"] for row in judged} == ids, query
    assert len(judged) == summary["figures"], query


@pytest.mark.slow(sample=True)
@settings(max_examples=scaled(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(KINDS), st.randoms(use_true_random=False))
def test_certain_finds_what_must_have_been_reached_in_the_period(
    client: Client, history: History, resource: Resource, rng: Random
) -> None:
    filters = resource.parameters.base_filters
    start, end = sorted(rng.sample(DAYS, 2))
    query: Query = {"reached_from": start, "reached_to": end, "certain": "true"}
    del query[rng.choice(["reached_from", "reached_to", "certain"])]
    if rng.random() < 0.7:
        query["milestone"] = rng.choice(good_values("milestone", filters["milestone"], history))
    if rng.random() < 0.3:
        query["basis"] = rng.choice(["single", "cumulative_to_date,period_total"])

    check(client, history, resource, query)


def is_found(client: Client, record: Any, **query: str) -> bool:
    path = f"/api/v1/{record.KIND}s/"
    return bool(found(client, path, **query, id=record.public_id)["results"])


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("resource", KINDS, ids=str)
@pytest.mark.parametrize(
    ("values", "start", "end", "found_"),
    [
        ({}, "2020-05-10", "2020-05-10", True),
        ({}, "2020-05-11", "2020-05-31", False),
        ({}, "2020-05-01", "2020-05-09", False),
        ({"date_precision": "month"}, "2020-05-31", "2020-06-30", True),
        ({"date_precision": "month"}, "2020-06-01", "2020-06-30", False),
        ({"date_precision": "month"}, "2020-04-01", "2020-04-30", False),
        ({"date_precision": "year"}, "2020-12-31", "2020-12-31", True),
        ({"date_precision": "year"}, "2021-01-01", "2021-12-31", False),
        ({"dated": "by"}, "2020-02-01", "2020-02-29", True),
        ({"dated": "by"}, "2020-05-11", "2020-05-31", False),
    ],
)
def test_dates_find_what_may_lie_in_the_period(
    client: Client,
    resource: Resource,
    values: dict[str, str],
    start: str,
    end: str,
    found_: bool,
) -> None:
    stage = LOWEST[resource.kind]
    milestone = {"stage": stage, "date": date(2020, 5, 10)} | values
    record = FACTORIES[STAGED[resource.kind]](stage=stage, milestones=[milestone])
    publish(record)

    period = {"reached_from": start, "reached_to": end}
    for query in (period, period | {"milestone": stage}):
        assert is_found(client, record, **query) is found_
        surely = found_ and values == {}
        assert is_found(client, record, **query, certain="true") is surely


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("resource", KINDS, ids=str)
@pytest.mark.parametrize(
    ("values", "start", "end"),
    [
        ({"date_precision": "month"}, "2020-05-01", "2020-05-31"),
        ({"date_precision": "month"}, "2020-05", "2020-05"),
        ({"date_precision": "year"}, "2020-01-01", "2020-12-31"),
        ({"dated": "by"}, "2020-01-01", "2020-05-10"),
    ],
)
def test_certain_finds_what_has_all_its_possible_days_in_the_period(
    client: Client, resource: Resource, values: dict[str, str], start: str, end: str
) -> None:
    stage = LOWEST[resource.kind]
    milestone = {"stage": stage, "date": date(2020, 5, 10), "quote_reason": "Meant."} | values
    record = FACTORIES[STAGED[resource.kind]](stage=stage, milestones=[milestone])
    publish(record)

    for query in ({}, {"milestone": stage}):
        for period, surely in (
            ({"reached_from": start, "reached_to": end}, True),
            ({"reached_to": end}, True),
            ({"reached_to": end, "reached_from": "2020-05-02"}, False),
            ({"reached_from": start, "reached_to": "2020-05-09"}, False),
        ):
            assert is_found(client, record, **query, **period, certain="true") is surely, period


@pytest.mark.parametrize("resource", KINDS, ids=str)
def test_stage_is_found_by_its_own_date_and_not_by_that_of_another(
    client: Client, resource: Resource
) -> None:
    first, lowest = FIRST[resource.kind], LOWEST[resource.kind]
    record = FACTORIES[STAGED[resource.kind]](
        stage="delivered",
        milestones=[
            {"stage": first, "date": date(2020, 3, 5)},
            {"stage": lowest, "date": date(2020, 4, 5)},
            {"stage": "delivered", "date": date(2020, 6, 5)},
        ],
    )
    publish(record)
    months = {first: "03", lowest: "04", "delivered": "06"}

    def in_month(month: str, **query: str) -> bool:
        period = {"reached_from": f"2020-{month}-01", "reached_to": f"2020-{month}-30"}
        return is_found(client, record, **query, **period)

    for stage, own in months.items():
        for month in ("03", "04", "05", "06"):
            assert in_month(month, milestone=stage) is (month == own)
    # Without a stage it is the first that totals count.
    assert [month for month in ("03", "04", "05", "06") if in_month(month)] == ["04"]
    # No milestone of its own, but it went further: on an unknown day until then.
    between = [month for month in ("03", "06", "07") if in_month(month, milestone="dispatched")]
    assert between == ["03", "06"]
    assert is_found(client, record, milestone="dispatched", reached_to="2020-02-01")
    assert not is_found(client, record, milestone=lowest, reached_to="2020-04-04")


@pytest.mark.parametrize("resource", KINDS, ids=str)
def test_period_that_ends_before_it_begins_is_refused(client: Client, resource: Resource) -> None:
    query = {"reached_from": "2020-05-01", "reached_to": "2020-04-30"}
    for path in ("", "summary/", "facets/"):
        response = client.get(f"{resource.path}{path}", query)
        assert response.status_code == 400
        assert [one["parameter"] for one in response.json()["errors"]] == ["reached_to"]


def test_exports_have_no_milestones(client: Client) -> None:
    for name in REACHED:
        assert client.get("/api/v1/exports/", {name: "2020-04-01"}).status_code == 400
