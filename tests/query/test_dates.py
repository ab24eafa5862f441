"""Dates that are known to the month or year: what a range finds, and where they come in a list."""

import datetime
from itertools import product
from typing import Any

import pytest
from django.test import Client

from records.models import Donation
from records.query.filters import not_after, not_before
from tests.support.dates import days
from tests.support.factories import RECORDS as FACTORIES
from tests.support.factories import DonationFactory, StatementFactory
from tests.support.routes import API, RECORDS, Resource, found, refused, walk

pytestmark = pytest.mark.django_db

DONATIONS = f"{API}donations/"
KNOWN = [
    "2019", "2019-12", "2019-12-31", "2020", "2020-01", "2020-01-01", "2020-01-31", "2020-02",
    "2020-02-29", "2020-03-01", "2020-11-30", "2020-12", "2020-12-31", "2021", "2021-01-01",
]  # fmt: skip
BOUNDS = [
    datetime.date.min,
    datetime.date(2019, 12, 31),
    *(datetime.date(2020, month, day) for month in (1, 2, 3, 11, 12) for day in (1, 2, 28, 29)),
    *(datetime.date(2020, month, 30) for month in (1, 11, 12)),
    *(datetime.date(2020, month, 31) for month in (1, 12)),
    datetime.date(2021, 1, 1),
    datetime.date.max,
]
RANGES = [
    (resource, name.removesuffix("_from"))
    for resource in RECORDS
    for name in resource.filters.base_filters
    if name.endswith("_from") and name != "reached_from"
]
"""Ranges of a record's own dates; those of its milestones are tested in `test_milestones`."""
COLUMNS = {"as_of": "as_of", "published": "published_on", "said": "said_on"}


def given(name: str, known: str) -> dict[str, Any]:
    """The columns of a date as far as it is known."""
    precision = {4: "year", 7: "month", 10: "day"}[len(known)]
    day = datetime.date.fromisoformat(f"{known}-01-01"[:10])
    return {name: day, f"{name}_precision": precision}


def test_a_bound_compares_all_days_that_a_date_may_be() -> None:
    for known in KNOWN:
        DonationFactory(title=known, **given("as_of", known))

    for bound, certain in product(BOUNDS, (False, True)):
        day = bound.isoformat()
        later = {known for known in KNOWN if days(known)[not certain] >= day}
        earlier = {known for known in KNOWN if days(known)[certain] <= day}
        for condition, expected in (
            (not_before("as_of_key", bound, certain), later),
            (not_after("as_of_key", bound, certain), earlier),
        ):
            titles = Donation.objects.filter(condition).values_list("title", flat=True)
            assert set(titles) == expected, (day, certain)


def published(resource: Resource, name: str, known: str) -> str:
    """The id of a published record with such a date."""
    return FACTORIES[resource.model](**given(COLUMNS[name], known), published=True).public_id


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize(("resource", "name"), RANGES, ids=str)
def test_a_range_finds_what_may_lie_in_it_or_what_must(
    client: Client, resource: Resource, name: str
) -> None:
    ids = {known: published(resource, name, known) for known in KNOWN}

    def finds(*, certain: str = "", **query: str) -> set[str]:
        bounds = {f"{name}_{side.strip('_')}": value for side, value in query.items()}
        more = {"certain": certain} if certain else {}
        rows = found(client, resource.path, **bounds, **more, count="true")
        found_ids = {row["id"] for row in rows["results"]}
        assert rows["count"] == len(found_ids)
        return {known for known, id in ids.items() if id in found_ids}

    february = {"2020", "2020-02", "2020-02-29"}
    assert finds(from_="2020-02-10", to="2020-02-29") == february
    assert finds(from_="2020-02", to="2020-02") == february
    assert finds(from_="2020-02-10", to="2020-02-29", certain="true") == {"2020-02-29"}
    assert finds(from_="2020-02", to="2020-02", certain="true") == {"2020-02", "2020-02-29"}
    assert finds(from_="2020-02", to="2020-02", certain="false") == february
    within = {known for known in KNOWN if known.startswith("2020")}
    assert finds(from_="2020", to="2020") == within
    assert finds(from_="2020", to="2020", certain="true") == within
    assert finds(from_="2020-12") == {"2020", "2020-12", "2020-12-31", "2021", "2021-01-01"}
    assert finds(to="2019") == {"2019", "2019-12", "2019-12-31"}


@pytest.mark.parametrize(("resource", "name"), RANGES, ids=str)
def test_an_empty_range_is_refused(client: Client, resource: Resource, name: str) -> None:
    for start, end in (
        ("2020-05", "2020-04"),
        ("2021", "2020-12-31"),
        ("2020-04-02", "2020-04-01"),
    ):
        query = {f"{name}_from": start, f"{name}_to": end}
        assert refused(client, resource.path, **query) == {f"{name}_to": "empty_range"}


@pytest.mark.parametrize("resource", RECORDS, ids=str)
def test_without_a_range_certain_leaves_nothing_out(client: Client, resource: Resource) -> None:
    ids = {published(resource, name, "2020") for kind, name in RANGES if kind == resource}

    rows = found(client, resource.path, certain="true")["results"]

    assert {row["id"] for row in rows} == ids


def test_a_date_that_is_not_known_lies_in_no_range(client: Client) -> None:
    StatementFactory(said_on=None, said_on_precision="month", published=True)

    path = f"{API}statements/"
    for query in ({"said_from": "2000"}, {"said_to": "2100"}):
        for certain in ({}, {"certain": "true"}):
            assert found(client, path, **query, **certain)["results"] == []
    (statement,) = found(client, path)["results"]
    assert (statement["said_on"], statement["said_on_precision"]) == (None, None)


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize(("resource", "name"), RANGES, ids=str)
def test_a_vague_date_comes_before_its_days(client: Client, resource: Resource, name: str) -> None:
    """On every page, in both directions; equal dates are ordered by id."""
    rows = [(known, published(resource, name, known)) for known in (*KNOWN, *KNOWN)]
    column = COLUMNS[name]

    for ordering in (column, f"-{column}"):
        expected = sorted(rows, reverse=ordering.startswith("-"))
        path = f"{resource.path}?ordering={ordering}&page_size=4"
        walked = [row for page in walk(client, path) for row in page["results"]]
        assert [(row[column], row["id"]) for row in walked] == expected


@pytest.mark.parametrize(
    ("earlier", "latest"),
    [
        ([], ["2020", "2020-04", "2020-04-01"]),
        (["2020-03-31", "2020-03"], ["2020", "2020-04", "2020-04-15"]),
        (["2020-04-01", "2020-04-15"], ["2020-04", "2020-04-16"]),
        (["2020", "2020-04", "2020-04-15"], ["2021"]),
    ],
)
def test_the_latest_points_of_a_series_are_those_that_none_surely_follows(
    client: Client, earlier: list[str], latest: list[str]
) -> None:
    for known in (*latest, *earlier):
        DonationFactory(series="doses", **given("as_of", known), published=True)

    for value, expected in (("true", latest), ("false", earlier)):
        rows = found(client, DONATIONS, latest=value, count="true")
        assert sorted(row["as_of"] for row in rows["results"]) == sorted(expected)
        assert rows["count"] == len(expected)
    series = found(client, f"{API}series/doses/")
    assert {point["as_of"]: point["overtaken"] for point in series["points"]} == {
        **dict.fromkeys(latest, False),
        **dict.fromkeys(earlier, True),
    }
    (row,) = found(client, f"{API}series/")["results"]
    every = [*earlier, *latest]
    assert (row["first"], row["last"]) == (min(every), max(every))
