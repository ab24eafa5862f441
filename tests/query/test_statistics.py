"""Filter statistics never change an answer: under empty, stale, random and true ones every list,
count, page and facet is that of the filters themselves, and of the plain meaning of the
parameters in the documents."""

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aidapi.parameters import ParameterSet
from records.models import DATED, KINDS, Donation
from records.query.filters import ChoiceParameter, RecordFilter
from records.query.matching import matching_records
from tests.support.histories import History, inside_transaction, long_history
from tests.support.naive_evaluator import NOT_A_FILTER, Query, evaluate
from tests.support.parameter_values import anchored, good_values
from tests.support.random_queries import (
    PLANS,
    check,
    drawn_conditions,
    drawn_query,
    planned_for,
)
from tests.support.routes import API, RECORDS, Resource, found, walk
from tests.support.statistics import STATES, statistics
from tests.support.thoroughness import scaled

pytestmark = pytest.mark.django_db

examples = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def history(django_db_setup: None, django_db_blocker: Any) -> Iterator[History]:
    with inside_transaction(django_db_blocker):
        history = long_history(seed=11)
        history.release(*(history.draft(kind) for kind in DATED for _ in range(8)))
        yield history


def reference(resource: Resource, query: Query, history: History) -> list[str]:
    """Return the ids that the filters of the query select by themselves."""
    requested = QueryDict(mutable=True)
    requested.update(query)
    parameters: ParameterSet = resource.parameters(requested)
    filters = {
        name: (parameters.base_filters[name], value)
        for name, value in parameters.cleaned.items()
        if isinstance(parameters.base_filters[name], RecordFilter)
    }
    in_force = KINDS[resource.kind].objects.in_force(int(query.get("revision", history.newest)))
    return sorted(matching_records(in_force, filters).values_list("public_id", flat=True))


def completed(name: str, value: str) -> Query:
    """Return the query of one parameter, with what it needs beside it."""
    return {name: value} | ({"unit": "piece"} if name.startswith("value_") else {})


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("resource", RECORDS, ids=str)
def test_every_filter_returns_the_same_under_any_statistics(
    client: Client, history: History, resource: Resource, state: str
) -> None:
    rng = Random(5)
    filters = resource.parameters.base_filters
    with statistics(state, rng):
        for name in sorted(filters.keys() - NOT_A_FILTER - {"certain"}):
            for value in rng.sample(good_values(name, filters[name], history), 2):
                query = completed(name, value)
                expected = sorted(row.id for row in evaluate(history, resource.kind, query, "id"))

                assert reference(resource, query, history) == expected, query
                with planned_for(rng.choice(PLANS)):
                    page = found(client, resource.path, **query, ordering="id", count="true")
                assert [row["id"] for row in page["results"]] == expected, query
                assert page["count"] == len(expected), query


@pytest.mark.slow(sample=True)
@settings(examples, max_examples=scaled(60))
@given(
    st.sampled_from(RECORDS),
    st.sampled_from(STATES),
    st.sampled_from(PLANS),
    st.randoms(use_true_random=False),
)
def test_combined_filters_return_the_same_under_any_statistics(
    client: Client, history: History, resource: Resource, state: str, few: int, rng: Random
) -> None:
    query = drawn_query(rng, resource, history)
    expected = sorted(row.id for row in evaluate(history, resource.kind, query, "id"))

    assert reference(resource, query, history) == expected, query
    with statistics(state, rng), planned_for(few):
        check(client, history, resource, query)
        check(client, history, resource, {k: v for k, v in query.items() if k != "ordering"})


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("state", STATES)
def test_every_ordering_walks_both_ways_under_any_statistics(
    client: Client, history: History, state: str
) -> None:
    rng = Random(7)
    with statistics(state, rng):
        for resource in RECORDS:
            for column in resource.parameters.ORDERINGS:
                ordering = rng.choice(["", "-"]) + column
                query = drawn_query(rng, resource, history) | anchored("ordering", ordering)
                with planned_for(rng.choice(PLANS)):
                    check(client, history, resource, query)
                    requested = QueryDict(mutable=True)
                    requested.update(query | {"page_size": "2"})
                    pages = list(walk(client, f"{resource.path}?{requested.urlencode()}"))
                    if len(pages) > 1:
                        back = list(walk(client, pages[-1]["previous"], "previous"))
                        assert [page["results"] for page in reversed(back)] == [
                            page["results"] for page in pages[:-1]
                        ], query


@pytest.mark.slow(sample=True)
@settings(examples, max_examples=scaled(20))
@given(st.sampled_from(RECORDS), st.sampled_from(STATES[:-1]), st.randoms(use_true_random=False))
def test_facets_are_the_same_under_any_statistics(
    client: Client, history: History, resource: Resource, state: str, rng: Random
) -> None:
    query = rng.choice([{}, drawn_conditions(rng, resource, history)])
    names = resource.sets["facets/"].base_filters["facets"].field.choices
    requested = query | {"facets": ",".join(names), "limit": "500"}
    expected = found(client, f"{resource.path}facets/", **requested)

    with statistics(state, rng):
        assert found(client, f"{resource.path}facets/", **requested) == expected


@pytest.mark.parametrize("counted", [False, True])
def test_filter_added_over_an_existing_column_finds_its_records(
    client: Client, history: History, monkeypatch: pytest.MonkeyPatch, counted: bool
) -> None:
    """Whether or not its codes are counted from now on: nothing was counted until now."""
    resource = next(resource for resource in RECORDS if resource.kind == "donation")
    added = ChoiceParameter(Donation, "as_of_precision", example="month")
    monkeypatch.setitem(resource.parameters.base_filters, "as_of_precision", added)
    if counted:
        monkeypatch.setattr(Donation, "CODED", (*Donation.CODED, "as_of_precision"))
    documents = [version.document for version in history.at("donation")]

    total = 0
    for precision in ("day", "month", "year"):
        expected = {row["id"] for row in documents if row["as_of_precision"] == precision}
        for ordering in ("-as_of", "title"):
            query = {"as_of_precision": precision, "ordering": ordering, "count": "true"}
            page = found(client, f"{API}donations/", **query)
            assert {row["id"] for row in page["results"]} == expected
            assert page["count"] == len(expected)
        total += len(expected)
    assert total == len(documents) > 2
