"""The query planner: under every plan a list has the records that the plain meaning of its
parameters finds in the documents, once each and in order."""

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from records.models import DATED
from tests.support.histories import History, inside_transaction, long_history
from tests.support.naive_evaluator import Query
from tests.support.random_queries import PLANS, check, drawn_query, planned_for
from tests.support.routes import RECORDS, Resource
from tests.support.thoroughness import scaled

pytestmark = pytest.mark.django_db

# The dataset stays as it is, so that what a fixture of one test set up serves all its examples.
examples = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def history(django_db_setup: None, django_db_blocker: Any) -> Iterator[History]:
    """A history with more records of each kind than the contract suite needs."""
    with inside_transaction(django_db_blocker):
        history = long_history(seed=7)
        history.release(*(history.draft(kind) for kind in DATED for _ in range(12)))
        yield history


@pytest.mark.slow(sample=True)
@settings(examples, max_examples=scaled(150))
@given(st.sampled_from(RECORDS), st.randoms(use_true_random=False), st.sampled_from(PLANS))
def test_a_query_finds_what_its_parameters_mean(
    client: Client, history: History, resource: Resource, rng: Random, few: int
) -> None:
    with planned_for(few):
        check(client, history, resource, drawn_query(rng, resource, history))


PLAN_QUERIES: list[tuple[str, Query]] = [
    # Two parties each drive a join of their own.
    ("donations", {"donor": "CHN"}),
    ("donations", {"recipient": "PAK"}),
    ("donations", {"donor": "CHN", "recipient": "PAK"}),
    # The days bound the join's index.
    ("donations", {"donor": "CHN", "as_of_from": "2020-04-02", "as_of_to": "2020-04-10"}),
    ("exports", {"exporter": "CHN", "as_of_to": "2020-04-10", "destination_region": "asia"}),
    # Several parties in one role: no join, no record twice.
    ("donations", {"donor": "CHN,ITA,who,JPN", "recipient": "CHN,ITA,PAK,ETH,unknown"}),
    ("contracts", {"party": "CHN,ITA,chn-companies"}),
    # Items, alone and with other conditions on the same figure.
    ("donations", {"item": "medical-supplies"}),
    ("donations", {"item": "medical-supplies,mask,surgical-mask"}),
    ("donations", {"item": "medical-supplies", "operator": "exact,approx", "unit": "piece"}),
    ("exports", {"item": "medical-supplies", "value_min": "5", "publisher": "a"}),
    ("contracts", {"unit": "piece,box", "value_min": "1", "value_max": "50000"}),
    # Statements: text and ids of evidence.
    ("donations", {"publisher": "a", "speaker": "a"}),
    # Numbers, of figures and of their items.
    ("donations", {"unit": "piece"}),
    ("exports", {"unit": "piece", "item": "mask,medical-supplies", "exporter": "CHN"}),
    ("contracts", {"currency": "USD", "buyer_country": "ITA,PAK", "operator": "exact,at_least"}),
    ("donations", {"measure": "parties", "milestone": "committed", "reached_to": "2020-06"}),
    # One statement or several.
    ("donations", {"single_source": "true", "donor": "CHN"}),
    ("contracts", {"single_source": "false"}),
    ("exports", {"single_source": "false", "item": "medical-supplies"}),
    # Points that a later one overtook, alone and with another condition.
    ("donations", {"latest": "false"}),
    ("exports", {"latest": "false", "item": "medical-supplies"}),
]


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize(("name", "requested"), PLAN_QUERIES)
def test_every_plan_finds_the_same(
    client: Client,
    history: History,
    name: str,
    requested: Query,
) -> None:
    resource = next(resource for resource in RECORDS if resource.name == name)
    for few in PLANS:
        with planned_for(few):
            for ordering in ORDERINGS + VALUE_ORDERINGS * has_unit(requested):
                check(client, history, resource, requested | {"ordering": ordering})


ORDERINGS = ["-as_of", "as_of", "title", "-published_in", "id"]
VALUE_ORDERINGS = ["value", "-value"]


def has_unit(requested: Query) -> bool:
    """Whether all figures that are requested have one unit."""
    units = [requested.get("unit", ","), requested.get("currency", ",")]
    return requested.get("measure") == "parties" or any("," not in codes for codes in units)
