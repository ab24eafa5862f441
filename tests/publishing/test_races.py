"""Several people publish at once, or a process dies in the middle: revisions stay numbered
without a gap, records keep one published version, and nothing is ever half published."""

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from unittest import mock

import pytest
from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connections, transaction

from records.index.writer import DerivedRows
from records.models import (
    Donation,
    Record,
    Revision,
    RevisionCounter,
    State,
    Statement,
)
from records.publishing import (
    approve,
    begin_correction,
    submit,
    withdraw,
)
from tests.support.databases import address
from tests.support.factories import DonationFactory, StatementFactory, UserFactory, publish

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 60
"""Seconds after which a thread that waits for another gives up."""


@contextmanager
def threads(n: int) -> Iterator[Callable[..., Future]]:
    """A starter of threads, each with a database connection of its own."""

    def run(act: Callable, *arguments: Any) -> Any:
        try:
            return act(*arguments)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(n) as pool:
        yield lambda act, *arguments: pool.submit(run, act, *arguments)


def in_correction(record: Statement) -> Record:
    """The next version of a published record, in review."""
    draft = begin_correction(record, by=UserFactory(), reason="A later statement.")
    submit(draft, by=UserFactory())
    return draft


@pytest.mark.slow
def test_publishers_and_a_withdrawer_race() -> None:
    """Two publishers race for the same corrections, each with new records between them; a
    withdrawer races for the versions that the corrections replace."""
    contested = [StatementFactory() for _ in range(10)]
    publish(*contested)
    corrections = [in_correction(record) for record in contested]
    fresh = {
        name: [StatementFactory(in_review=True) for _ in range(15)] for name in ("one", "other")
    }
    people = {name: UserFactory(username=name) for name in [*fresh, "withdrawer"]}
    start = threading.Barrier(3, timeout=PATIENCE)
    lost: list[str] = []

    def publisher(name: str) -> list[Record]:
        won: list[Record] = []
        start.wait()
        for new, contest in zip(fresh[name], [*corrections, *[None] * 5], strict=True):
            approve([new], by=people[name], message=f"{name} publishes.")
            if contest:
                try:
                    approve([contest], by=people[name], message=f"{name} corrects.")
                    won.append(contest)
                except ValidationError as error:
                    lost.append(f"correction: {error.messages[0]}")
        return won

    def withdrawer() -> list[Record]:
        won: list[Record] = []
        start.wait()
        for record in contested:
            try:
                withdraw([record], by=people["withdrawer"], reason="It was never said.")
                won.append(record)
            except ValidationError as error:
                lost.append(f"withdrawal: {error.messages[0]}")
        return won

    with threads(3) as begin:
        racing = [begin(publisher, name) for name in fresh]
        withdrawing = begin(withdrawer)
        wins = Counter(record.pk for future in racing for record in future.result())
        withdrawn = withdrawing.result()

    assert wins == {record.pk: 1 for record in corrections}
    assert sorted(lost) == sorted(
        [f"correction: {record.public_id} v2 is not in review." for record in contested]
        + [
            f"withdrawal: {record.public_id} v1 is not published."
            for record in contested
            if record not in withdrawn
        ]
    )
    total = 1 + 2 * 15 + len(corrections) + len(withdrawn)
    assert total > 40
    numbers = Revision.objects.order_by("number").values_list("number", flat=True)
    assert list(numbers) == list(range(1, total + 1))
    assert RevisionCounter.number() == total
    assert all(revision.changes.exists() for revision in Revision.objects.all())
    for record in contested:
        versions: Any = Statement.objects.filter(public_id=record.public_id).order_by("version")
        first, second = versions
        assert second.state == State.PUBLISHED
        assert first.state == (State.WITHDRAWN if record in withdrawn else State.SUPERSEDED)
        assert first.published_in_id < first.retired_in_id <= second.published_in_id


def test_one_record_has_one_winner() -> None:
    record = StatementFactory(in_review=True)
    people = [UserFactory(username=f"reviewer-{n}") for n in range(4)]
    start = threading.Barrier(len(people), timeout=PATIENCE)

    def race(person: Any) -> bool:
        start.wait()
        try:
            approve([record], by=person, message="Publishes.")
        except ValidationError:
            return False
        return True

    with threads(len(people)) as begin:
        outcomes = [future.result() for future in [begin(race, person) for person in people]]

    assert sorted(outcomes) == [False, False, False, True]
    assert RevisionCounter.number() == Revision.objects.count() == 1


def test_corrections_begun_at_once_are_one() -> None:
    record = StatementFactory(published=True)
    people = [UserFactory(username=f"editor-{n}") for n in range(4)]
    start = threading.Barrier(len(people), timeout=PATIENCE)

    def race(person: Any) -> bool:
        start.wait()
        try:
            begin_correction(record, by=person, reason="A typing error.")
        except ValidationError:
            return False
        return True

    with threads(len(people)) as begin:
        outcomes = [future.result() for future in [begin(race, person) for person in people]]

    assert sorted(outcomes) == [False, False, False, True]


def test_an_edit_that_is_not_yet_committed_is_not_approved_over() -> None:
    record = DonationFactory()
    publish(*record.cited_statements())
    submit(record, by=UserFactory())
    reviewer = UserFactory(username="reviewer")
    edited, approving = threading.Event(), threading.Event()

    def edit() -> None:
        with transaction.atomic():
            record.figures.update(quote="one more mask")
            edited.set()
            assert approving.wait(PATIENCE)
            # Long enough for an approval that does not wait to be through.
            threading.Event().wait(0.3)

    with threads(1) as begin:
        editing = begin(edit)
        assert edited.wait(PATIENCE)
        approving.set()
        with pytest.raises(ValidationError, match="was edited since it was submitted"):
            approve([record], by=reviewer, message="Publishes.")
        editing.result()

    record.refresh_from_db()
    assert record.state == State.IN_REVIEW


def test_what_is_being_published_is_not_edited() -> None:
    record = DonationFactory(in_review=True)
    (statement,) = record.cited_statements()
    submit(statement, by=UserFactory())
    reviewer = UserFactory(username="reviewer")
    figure = record.figures.get()
    rendering, editing = threading.Event(), threading.Event()
    publish_derived = DerivedRows.publish

    def slowly(derived: DerivedRows, versions: Any) -> None:
        publish_derived(derived, versions)
        if any(one.pk == record.pk and isinstance(one, Donation) for one in versions):
            rendering.set()
            assert editing.wait(PATIENCE)
            threading.Event().wait(0.3)

    with threads(1) as begin, mock.patch.object(DerivedRows, "publish", slowly):
        approving = begin(lambda: approve([record, statement], by=reviewer, message="Publishes."))
        assert rendering.wait(PATIENCE)
        editing.set()
        figure.quote = "one more mask"
        with pytest.raises(IntegrityError, match="its version is published"):
            figure.save()
        approving.result()

    record.refresh_from_db()
    assert record.content_digest() == record.digest


PUBLISHER = """
import pkgutil, sys, time
from unittest import mock
import django
django.setup()
from django.contrib.auth import get_user_model
from records.publishing import approve
from records.models import Donation

point, key = sys.argv[1:]
original = pkgutil.resolve_name(point)

def stop(*args, **kwargs):
    result = original(*args, **kwargs)
    print("here", flush=True)
    time.sleep(600)
    return result

with mock.patch(point, stop):
    reviewer = get_user_model().objects.get(username="reviewer")
    approve([Donation.objects.get(pk=key)], by=reviewer, message="Corrects.")
"""
"""A process that publishes a correction and stops for good right after the named step."""


def everything() -> dict[str, list[dict[str, Any]]]:
    """All rows of all tables of records."""
    return {
        model.__name__: list(model._base_manager.order_by("pk").values())
        for model in apps.get_app_config("records").get_models()
    }


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize(
    "point",
    [
        "records.models.RevisionCounter.advance",
        "records.publishing.sealing.seal",
        "records.index.writer.DerivedRows.publish",
        "records.index.writer.DerivedRows.write",
    ],
)
def test_a_publisher_killed_in_the_middle_leaves_the_previous_state(point: str) -> None:
    published = DonationFactory(published=True)
    draft = begin_correction(published, by=UserFactory(), reason="A later statement.")
    submit(draft, by=UserFactory())
    reviewer = UserFactory(username="reviewer")
    before = everything()

    process = subprocess.Popen(
        [sys.executable, "-c", PUBLISHER, point, str(draft.pk)],
        cwd=settings.BASE_DIR,
        env=os.environ | {"DATABASE_URL": address(), "DJANGO_SETTINGS_MODULE": "aidapi.settings"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
        assert everything() == before
    finally:
        process.kill()
        process.communicate()

    assert process.returncode == -signal.SIGKILL
    assert everything() == before
    revision = approve([draft], by=reviewer, message="Corrects after all.")
    assert revision.number == published.published_in_id + 1
