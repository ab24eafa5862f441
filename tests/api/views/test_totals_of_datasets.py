"""Totals over datasets of random content, each in a database without any other."""

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from records.models import DATED
from records.query import kept
from records.query.groupings import groupings, reasons
from tests.api.views.test_totals_of_histories import (
    DATASETS,
    NARROWER,
    check,
    check_groups,
    dataset,
)

pytestmark = pytest.mark.django_db


@settings(max_examples=DATASETS, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10**9), st.integers(1, 9))
def test_totals_of_any_dataset(client: Client, db: None, seed: int, size: int) -> None:
    with transaction.atomic():
        kept.forget()
        history, resource = dataset(seed, size)
        rng = history.random
        for query in ({}, rng.choice(NARROWER), rng.choice(NARROWER)):
            include = rng.sample(reasons(DATED[resource.kind]), rng.choice([0, 0, 0, 1, 2]))
            check(client, history, resource, query, include)
        for by in rng.sample(groupings(DATED[resource.kind]), 2):
            check_groups(client, history, resource, by)
        transaction.set_rollback(True)
    kept.forget()
