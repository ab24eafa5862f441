"""Random queries, and what the API must answer to them, under every plan and any statistics."""

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from unittest import mock
from urllib.parse import urlencode

from django.test import Client

from records.query import limits
from tests.support.histories import History
from tests.support.naive_evaluator import NOT_A_FILTER, Query, evaluate
from tests.support.parameter_values import good_values
from tests.support.routes import Resource, found, walk

PLANS = [0, 2, 400]
"""Records that a list looks up at most: the fewer, the sooner it is read in its own order."""


@contextmanager
def planned_for(records: int) -> Iterator[None]:
    """Scale the planner's limits to that many records."""
    with mock.patch.multiple(
        limits,
        SORTED_RECORDS=records,
        DRIVING_VERSIONS=records * 20,
        SEARCH_IDS=records * 10,
        PROBE_IDS={"sqlite": records * 10, "postgresql": records},
    ):
        yield


def drawn_query(rng: Random, resource: Resource, history: History) -> Query:
    """Some filters with values that may well be met, an ordering, a revision."""
    parameters = resource.parameters
    names = [name for name in parameters.base_filters if name not in NOT_A_FILTER]
    query: Query = {}
    for name in rng.sample(names, rng.choice([0, 1, 1, 2, 2, 3, 4])):
        query[name] = rng.choice(good_values(name, parameters.base_filters[name], history))
    if rng.random() < 0.7:
        column = rng.choice(list(parameters.ORDERINGS))
        query["ordering"] = rng.choice(["", "-"]) + column
        if column == "value":
            query |= rng.choice([{"unit": "piece"}, {"currency": "USD"}, {"measure": "parties"}])
    sized = [name for name in ("value_min", "value_max") if name in query]
    if sized and not {"item", "unit", "currency"} & query.keys():
        query |= rng.choice(
            [{"unit": "piece"}, {"currency": "USD"}, {"item": "mask"}, {"measure": "parties"}]
        )
    reached = ("reached_from", "reached_to")
    ranged = [name for name in names if name.endswith(("_from", "_to")) and name not in reached]
    ranges = [(name, f"{name.removesuffix('_from')}_to") for name in ranged if "_from" in name]
    for low, high in (("value_min", "value_max"), reached, *ranges):
        if low in query and high in query:
            # An empty range is refused; see the tests of parameters.
            del query[high]
    if rng.random() < 0.3:
        query["revision"] = str(rng.randint(1, history.newest))
    return query


def drawn_conditions(rng: Random, resource: Resource, history: History) -> Query:
    """The same where nothing is listed: without what lists alone know."""
    query = drawn_query(rng, resource, history)
    return {name: value for name, value in query.items() if name not in ("ordering", "total")}


def check(client: Client, history: History, resource: Resource, requested: Query) -> None:
    expected = [
        row.id for row in evaluate(history, resource.kind, requested, resource.default_ordering())
    ]
    whole = found(client, resource.path, **requested, count="true", page_size="500")
    pages = walk(client, f"{resource.path}?{urlencode(requested)}&page_size=3")
    walked = [row["id"] for page in pages for row in page["results"]]

    assert [row["id"] for row in whole["results"]] == expected, requested
    assert whole["count"] == len(expected), requested
    assert walked == expected, requested
