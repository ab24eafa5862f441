"""Facets and coverage: what there is to choose from, and what is missing."""

from collections import Counter
from collections.abc import Iterator
from itertools import zip_longest
from random import Random
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from records.models import DATED, KINDS
from tests.support.histories import History, inside_transaction, long_history
from tests.support.naive_evaluator import evaluate
from tests.support.random_queries import drawn_conditions
from tests.support.routes import API, RECORDS, Resource, found
from tests.support.thoroughness import scaled

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def history(django_db_setup: None, django_db_blocker: Any) -> Iterator[History]:
    with inside_transaction(django_db_blocker):
        yield long_history(seed=5)


def facets_of(resource: Resource) -> list[str]:
    return resource.sets["facets/"].base_filters["facets"].field.choices


@pytest.mark.slow(sample=True)
@settings(max_examples=scaled(25), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(RECORDS), st.randoms(use_true_random=False))
def test_a_facet_counts_what_its_value_would_find(
    client: Client, history: History, resource: Resource, rng: Random
) -> None:
    query = drawn_conditions(rng, resource, history)
    names = [name for name in facets_of(resource) if name not in query]
    assume(names)

    answer = found(client, f"{resource.path}facets/", **query, facets=",".join(names), limit="500")

    assert answer["records"] == len(evaluate(history, resource.kind, query, "id"))
    assert [facet["parameter"] for facet in answer["facets"]] == names
    for facet in answer["facets"]:
        for reported in facet["values"]:
            further = query | {facet["parameter"]: reported["value"]}
            expected = evaluate(history, resource.kind, further, "id")
            assert reported["records"] == len(expected), further


def values_of(parameter: str, value: str | None) -> list[str]:
    """The values of a facet under which a document counts: a language under all that it
    continues."""
    if value is None or parameter != "language":
        return [value] if value else []
    return ["-".join(value.split("-")[: n + 1]) for n in range(value.count("-") + 1)]


@pytest.mark.parametrize("resource", RECORDS, ids=str)
def test_facets_miss_no_value(client: Client, history: History, resource: Resource) -> None:
    """Of codes that stand in the documents themselves none is missing."""
    documents = [row.document for row in history.at(resource.kind)]
    answer = found(client, f"{resource.path}facets/", limit="500")

    assert answer["facets"]
    for facet in answer["facets"]:
        counts = Counter(
            value
            for document in documents
            for value in values_of(facet["parameter"], document[facet["parameter"]])
        )
        reported = {row["value"]: row["records"] for row in facet["values"]}
        assert reported == counts
        assert facet["more"] == 0


@pytest.mark.parametrize("resource", RECORDS, ids=str)
def test_the_most_frequent_come_first(
    client: Client, history: History, resource: Resource
) -> None:
    name = "donor" if resource.kind == "donation" else facets_of(resource)[0]
    path = f"{resource.path}facets/"
    (whole,) = found(client, path, facets=name, limit="500")["facets"]
    (some,) = found(client, path, facets=name, limit="1")["facets"]

    numbers = [row["records"] for row in whole["values"]]
    assert numbers == sorted(numbers, reverse=True)
    assert some["values"] == whole["values"][:1]
    assert some["more"] == len(whole["values"]) - 1


# Coverage


@pytest.mark.parametrize("revision", [None, 3])
def test_coverage_counts_what_there_is(
    client: Client, history: History, revision: int | None
) -> None:
    query = {"revision": revision} if revision else {}
    kinds = {row["kind"]: row for row in found(client, f"{API}coverage/", **query)["kinds"]}

    assert list(kinds) == list(KINDS)
    for kind, reported in kinds.items():
        documents = [row.document for row in history.at(kind, revision)]
        date = KINDS[kind].DATE
        days = [document[date] for document in documents]
        assert reported["records"] == len(documents)
        assert (reported["first"], reported["last"]) == (min(days), max(days))
        counts = Counter(
            document[date][:7]
            for document in documents
            if document.get(f"{date}_precision", "day") != "year"
        )
        months = {row["month"]: row["records"] for row in reported["months"]}
        assert {month: n for month, n in months.items() if n} == counts
        names = list(months)
        assert names == sorted(names)
        if kind in DATED:
            check_children(kind, reported, documents)
        else:
            assert (reported["figures"], reported["countries"]) == (0, [])


def check_children(kind: str, reported: dict[str, Any], documents: list[dict[str, Any]]) -> None:
    model = DATED[kind]
    countries: Counter = Counter()
    missing: Counter = Counter()
    for document in documents:
        for role in model.MAIN_ROLES:
            parties = document[model.ROLES[role]]
            countries.update({(role, party["country"]) for party in parties if party["country"]})
            missing[role] += not parties
        figures = document["figures"]
        missing["number"] += any(row["operator"] == "unspecified" for row in figures)
        missing["unit"] += any(
            row["measure"] == "quantity" and row["unit"] is None for row in figures
        )
        missing["currency"] += any(
            row["measure"] == "money" and row["currency"] is None for row in figures
        )
        missing["day"] += document["as_of_precision"] != "day"
        missing["month"] += document["as_of_precision"] == "year"
    found = {(row["role"], row["country"]): row["records"] for row in reported["countries"]}
    assert found == countries
    assert {row["what"]: row["records"] for row in reported["missing"]} == +missing
    quotes = Counter(
        figure["evidence"]["quote_found"] for row in documents for figure in row["figures"]
    )
    assert reported["figures"] == quotes.total()
    assert reported["quotes"] == {
        "found": quotes[True],
        "not_found": quotes[False],
        "not_checked": quotes[None],
    }


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("resource", RECORDS, ids=str)
def test_what_publishing_counted_is_what_lists_find(
    client: Client, history: History, resource: Resource
) -> None:
    """After corrections and withdrawals, too: under each value of each parameter alone."""
    answer = found(
        client, f"{resource.path}facets/", facets=",".join(facets_of(resource)), limit="500"
    )
    requested = [
        {facet["parameter"]: reported["value"]}
        for facet in answer["facets"]
        for reported in facet["values"]
    ]
    reported = [row["records"] for facet in answer["facets"] for row in facet["values"]]
    flags = [{name: value} for name in ("joint", "countable") for value in ("true", "false")]
    requested += [query for query in flags if resource.kind in DATED]
    requested += [{"search": word} for word in ("mask", "china", "ventilators", "canary")]

    for query, records in zip_longest([{}, *requested], [answer["records"], *reported]):
        expected = len(evaluate(history, resource.kind, query, "id"))
        page = found(client, resource.path, **query, count="true", page_size="1")
        assert page["count"] == expected, query
        assert records in (expected, None), query
        assert bool(page["results"]) == bool(expected), query
