"""Totals over a history: every grouping, reason and query, against the plain meaning of the
rules of counting."""

from collections.abc import Iterator
from itertools import combinations
from random import Random
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from records.models import DATED
from records.query.figure_rows import groupings, reasons
from tests.support.histories import History, inside_transaction, long_history
from tests.support.random_queries import drawn_conditions
from tests.support.routes import Resource
from tests.support.totals_queries import COUNTED, check

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def history(django_db_setup: None, django_db_blocker: Any) -> Iterator[History]:
    with inside_transaction(django_db_blocker):
        history = long_history(seed=11)
        history.release(*(history.draft(kind) for kind in DATED for _ in range(8)))
        yield history


@pytest.mark.parametrize("resource", COUNTED, ids=str)
def test_totals_are_as_counted_by_hand_in_every_grouping(
    client: Client, history: History, resource: Resource
) -> None:
    names = groupings(DATED[resource.kind])
    singles = [(name,) for name in names]

    check(client, history, resource, {}, [(), *singles])
    check(client, history, resource, {"revision": "3"}, singles, drill=False)
    check(client, history, resource, {}, list(combinations(names, 2)), drill=False)


@pytest.mark.parametrize("resource", COUNTED, ids=str)
def test_every_reason_can_be_overridden(
    client: Client, history: History, resource: Resource
) -> None:
    names = reasons(DATED[resource.kind])

    for name in names:
        check(client, history, resource, {}, include=[name], drill=False)
    check(client, history, resource, {}, [("year",)], names)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(COUNTED), st.randoms(use_true_random=False))
def test_totals_hold_for_any_query(
    client: Client, history: History, resource: Resource, rng: Random
) -> None:
    query = drawn_conditions(rng, resource, history)
    model = DATED[resource.kind]
    by = rng.sample(groupings(model), rng.randrange(3))
    include = rng.sample(reasons(model), rng.choice([0, 0, 1, 3]))

    check(client, history, resource, query, [by], include)
