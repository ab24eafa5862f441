"""What a list query finds in any dataset: records of random content, corrected and withdrawn as
it comes, and many questions about them."""

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from records.models import DATED, KINDS
from tests.support.histories import History
from tests.support.random_queries import PLANS, check, drawn_query, planned_for
from tests.support.routes import RECORDS
from tests.support.thoroughness import scaled

pytestmark = pytest.mark.django_db


# Every example leaves the database as it found it.
@pytest.mark.slow(sample=True)
@settings(max_examples=scaled(6), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10**6), st.lists(st.sampled_from(list(KINDS)), min_size=1, max_size=8))
def test_queries_find_what_they_mean_in_any_dataset(
    client: Client, db: None, seed: int, kinds: list[str]
) -> None:
    with transaction.atomic():
        history = History(seed)
        history.release(history.draft("statement"), history.draft("statement"))
        history.release(*(history.draft(kind) for kind in kinds))
        first = history.ids(kinds[0])[-1]
        if kinds[0] in DATED and history.random.random() < 0.5:
            history.release(withdrawing=[history.rows[first]])
        history.release(history.correction(first))

        for _ in range(12):
            resource = history.random.choice(RECORDS)
            with planned_for(history.random.choice(PLANS)):
                check(client, history, resource, drawn_query(history.random, resource, history))

        transaction.set_rollback(True)
