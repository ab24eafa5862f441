"""Approvals that wait: for a lock, for a slow statement, for a standby. The wait has an end,
readers are served meanwhile, and the page says what happened and whether anything was written."""

import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client, override_settings

from aidapi import outcomes
from aidapi.database.postgresql.base import WAIT_FUNCTION
from aidapi.errors import MEDIA_TYPE, REFUSAL, overloaded
from aidapi.outcomes import explained
from records.models import Record, Revision, RevisionCounter, State
from records.publishing import publish as publishing
from tests.aidapi.test_deadlines import SLOW
from tests.curation.workflow.test_steps import approve, entered, reported, state
from tests.support.attempts import run
from tests.support.factories import StatementFactory
from tests.support.locks import held_elsewhere
from tests.support.routes import API

pytestmark = pytest.mark.django_db(transaction=True)
POSTGRESQL = pytest.mark.skipif(connection.vendor != "postgresql", reason="of PostgreSQL")
BACKEND: Any = BaseDatabaseWrapper
RAISED = "It took longer than it may."


@pytest.fixture
def waiting(superuser: User) -> tuple[Client, Record]:
    """A reviewer, signed in and for a while, and a version to approve."""
    client = entered(superuser)
    record = StatementFactory(in_review=True)
    approve(client, record)
    return client, record


def locked_elsewhere() -> AbstractContextManager[None]:
    """Another connection publishes, and does not come to its end."""
    return held_elsewhere("SELECT * FROM records_revisioncounter FOR UPDATE", 30)


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Set how long this connection waits for a lock."""
    if connection.vendor == "postgresql":
        run(f"SET lock_timeout = '{seconds}s'")
    with override_settings(LOCK_SECONDS=seconds):
        yield


def refused(response: Any, *sentences: str) -> None:
    text = response.content.decode()
    assert response.status_code == 503
    assert response["Content-Type"].startswith("text/html")
    assert int(response["Retry-After"]) > 0
    assert [sentence for sentence in sentences if sentence not in text] == []


def test_approval_behind_a_lock_ends_and_writes_nothing(waiting: tuple[Client, Record]) -> None:
    client, record = waiting
    began = time.monotonic()

    with patience(0.5), locked_elsewhere():
        response = approve(client, record, message="Publishes.")
        listed = client.get(f"{API}statements/")

    refused(response, outcomes.HAPPENED["55P03"], outcomes.NOTHING, "What you typed")
    assert time.monotonic() - began < 5
    assert listed.status_code == 200
    assert (state(record), RevisionCounter.number()) == (State.IN_REVIEW, 0)
    assert approve(client, record, message="Publishes.").status_code == 302
    assert state(record) == State.PUBLISHED


def test_approval_that_takes_too_long_is_broken_off_and_writes_nothing(
    waiting: tuple[Client, Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, record = waiting
    with monkeypatch.context() as patched, override_settings(ADMIN_SECONDS=0.3):
        patched.setattr(publishing, "_log", lambda *args, **kwargs: run(SLOW[connection.vendor]))
        response = approve(client, record, message="Publishes.")

    refused(response, RAISED, outcomes.NOTHING)
    assert (state(record), Revision.objects.count()) == (State.IN_REVIEW, 0)
    assert approve(client, record, message="Publishes.").status_code == 302


@pytest.fixture
def slow_check(waiting: tuple[Client, Record]) -> Iterator[None]:
    """A check of a revision that is left to the commit, and takes a second."""
    run(
        "CREATE FUNCTION wait_long() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_sleep(1); RETURN NULL; END $$;"
        " CREATE CONSTRAINT TRIGGER wait_long AFTER INSERT ON records_revision"
        " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait_long()"
    )
    yield
    run("DROP FUNCTION wait_long() CASCADE")


@POSTGRESQL
def test_deferred_check_that_takes_too_long_is_broken_off_and_writes_nothing(
    waiting: tuple[Client, Record], slow_check: None
) -> None:
    client, record = waiting
    with override_settings(ADMIN_SECONDS=0.5):
        response = approve(client, record, message="Publishes.")

    refused(response, RAISED, outcomes.NOTHING)
    assert (state(record), Revision.objects.count()) == (State.IN_REVIEW, 0)


@POSTGRESQL
def test_deferred_check_is_no_part_of_the_wait_for_a_standby(
    waiting: tuple[Client, Record], slow_check: None
) -> None:
    """Of a large set it takes longer than any standby may."""
    client, record = waiting
    with override_settings(COMMIT_SECONDS=0.3):
        response = approve(client, record, message="Publishes.")

    assert response.status_code == 302
    assert state(record) == State.PUBLISHED


# What a standby that is away does to a commit is shown on a server of its own: drills/waiting.py.


@POSTGRESQL
def test_commit_that_no_standby_confirmed_is_reported_as_written(
    waiting: tuple[Client, Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, record = waiting
    commit = BACKEND._commit

    def cut_short(database: Any) -> None:
        commit(database)
        database.note_notice(SimpleNamespace(source_function=WAIT_FUNCTION))

    monkeypatch.setattr(BACKEND, "_commit", cut_short)
    response = approve(client, record, message="Publishes.")

    assert response.status_code == 302
    assert outcomes.UNCONFIRMED in reported(response)
    assert state(record) == State.PUBLISHED


@POSTGRESQL
def test_commit_whose_outcome_is_not_known_is_reported_as_that(
    waiting: tuple[Client, Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, record = waiting
    commit = BACKEND._commit

    def lost(database: Any) -> None:
        publishes = Revision.objects.exists()
        commit(database)
        if publishes:
            database.connection.close()
            raise OperationalError("server closed the connection unexpectedly")

    with monkeypatch.context() as patched:
        patched.setattr(BACKEND, "_commit", lost)
        response = approve(client, record, message="Publishes.")

    refused(response, outcomes.AWAY, outcomes.UNKNOWN)
    assert outcomes.NOTHING not in response.content.decode()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="of SQLite")
def test_wait_for_a_lock_holds_no_mutex() -> None:
    """A thread of a reader may have to destroy a cursor of the connection that waits."""
    connection.ensure_connection()
    cursors = [connection.connection.execute("SELECT 1 UNION SELECT 2")]
    times = []

    def destroy() -> None:
        time.sleep(0.3)
        began = time.monotonic()
        cursors.clear()
        times.append(time.monotonic() - began)

    destroying = threading.Thread(target=destroy)
    with patience(2), locked_elsewhere():
        destroying.start()
        with pytest.raises(OperationalError, match="locked"):
            run("UPDATE records_donation SET note = ''")
    destroying.join()

    assert times[0] < 1


@POSTGRESQL
def test_connections_have_limits_of_their_own() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('lock_timeout'), current_setting('statement_timeout')"
        )
        assert cursor.fetchone() == ("20s", "15min")


@pytest.mark.slow
def test_command_behind_a_lock_reports_what_happened() -> None:
    with patience(0.5), locked_elsewhere():
        load = partial(call_command, "load_dataset", "fixtures", verbosity=0)
        report = explained(load, outcomes.commits())

    assert report.startswith(f"{outcomes.HAPPENED['55P03']} {outcomes.NOTHING}")


def test_request_without_a_slot_is_refused_in_words(client: Client) -> None:
    refusal: Any = {REFUSAL: overloaded()}

    refused(client.post("/admin/login/", **refusal), "Too many requests", outcomes.NOTHING)
    assert client.get(f"{API}statements/", **refusal)["Content-Type"] == MEDIA_TYPE
