"""Two people at the same thread, assignment or draft at the same moment."""

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from records.curation.teamwork import assigning, talking
from records.curation.teamwork.models import Assignment, Comment, Thread
from records.curation.workflow.steps import StepInput, step_named, take
from records.models import Statement
from tests.publishing.test_races import PATIENCE, threads
from tests.support.factories import StatementFactory, ThreadFactory
from tests.support.sign_in import person

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
ROUNDS = 8


def at_once(*acts: Callable[[], Any]) -> list[str]:
    """Do several things at the same moment; return why some were refused."""
    start = threading.Barrier(len(acts), timeout=PATIENCE)

    def do(act: Callable[[], Any]) -> str:
        start.wait()
        try:
            act()
        except ValidationError as error:
            return error.messages[0]
        return ""

    with threads(len(acts)) as begin:
        found = [begin(do, act) for act in acts]
        return [refusal for one in found if (refusal := one.result(PATIENCE))]


@pytest.fixture
def people(transactional_db: None) -> list[User]:
    return [person("one", "curator"), person("other", "curator")]


def test_a_thread_is_resolved_by_one_of_two(people: list[User]) -> None:
    record = StatementFactory()
    for _ in range(ROUNDS):
        thread = ThreadFactory(record=record)
        resolve = partial(talking.add, record, thread, act=Comment.Act.RESOLVED)

        (refusal,) = at_once(*(partial(resolve, by=user) for user in people))

        (winner,) = thread.comments.filter(act=Comment.Act.RESOLVED)
        assert refusal.startswith(f"Meanwhile {winner.user} resolved this. The thread is resolved")


def test_a_version_is_taken_by_one_of_two(people: list[User]) -> None:
    for _ in range(ROUNDS):
        record = StatementFactory()
        take_it = partial(assigning.assign, record, seen=None)

        refused = at_once(*(partial(take_it, user, by=user) for user in people))

        holder = Assignment.objects.get(public_id=record.public_id).user
        assert refused == [f"Meanwhile {holder} took it: look at it again."]


def test_nothing_is_left_of_a_draft_that_is_discarded_meanwhile(people: list[User]) -> None:
    one, other = people
    for _ in range(ROUNDS):
        record = StatementFactory()

        at_once(
            partial(take, step_named("discard"), [record], StepInput(one, {}, {})),
            partial(talking.begin, record, by=other, text="Wait."),
            partial(assigning.assign, record, other, by=other, seen=None),
        )

        assert not Statement.objects.filter(pk=record.pk).exists()
        assert not Thread.objects.exists()
        assert not Assignment.objects.exists()
