"""`migrate` beside a running site: it touches the guards only with something to migrate, in one
transaction, waits for nobody for long, and drops no history without being reported to."""

import io
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, connections, migrations, models
from django.db.migrations.loader import MigrationLoader
from django.test import Client, override_settings

from accounts.models import AuditEntry
from records.models import Revision, Statement
from records.publishing import triggers
from tests.support.attempts import run
from tests.support.factories import StatementFactory
from tests.support.locks import held_elsewhere
from tests.support.routes import API

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 60
ADD_COLUMN = migrations.AddField("statement", "later", models.TextField(default=""))


def migrate(*target: str, **options: Any) -> str:
    output = io.StringIO()
    call_command("migrate", *target, interactive=False, stdout=output, **options)
    return output.getvalue()


def in_thread(act: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    """Start a thread with a connection of its own; its result or error is in the list."""
    outcome: list[Any] = []

    def run_it() -> None:
        try:
            outcome.append(act())
        except Exception as error:
            outcome.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run_it)
    thread.start()
    return thread, outcome


def backup() -> AbstractContextManager[None]:
    """Another connection holds what a backup holds on PostgreSQL, and a writer on SQLite."""
    return held_elsewhere("LOCK TABLE records_statement IN ACCESS SHARE MODE", PATIENCE)


@contextmanager
def added(*operations: Any) -> Iterator[None]:
    """A further migration of records, which is unapplied afterwards."""
    ((_, leaf),) = MigrationLoader(None).graph.leaf_nodes("records")
    load = MigrationLoader.load_disk

    class Added(migrations.Migration):
        pass

    Added.dependencies = [("records", leaf)]
    Added.operations = list(operations)

    def load_more(loader: MigrationLoader) -> None:
        load(loader)
        loader.disk_migrations["records", "9999_added"] = Added("9999_added", "records")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MigrationLoader, "load_disk", load_more)
        try:
            yield
        finally:
            migrate("records", leaf)


def identities() -> dict[str, int]:
    """Return name → what is another number once a trigger was made again."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name, rowid FROM sqlite_master WHERE type = 'trigger'")
        else:
            cursor.execute("SELECT tgname, oid FROM pg_trigger WHERE NOT tgisinternal")
        return dict(cursor.fetchall())


def columns() -> set[str]:
    with connection.cursor() as cursor:
        found = connection.introspection.get_table_description(cursor, "records_statement")
    return {column.name for column in found}


def test_migrate_with_nothing_to_do_touches_no_guard_and_waits_for_nobody() -> None:
    before = identities()
    began = time.monotonic()

    with backup():
        migrate()

    assert identities() == before
    assert time.monotonic() - began < 10


@pytest.mark.slow
def test_migrations_of_others_touch_no_guard() -> None:
    before = identities()

    migrate("sessions", "zero")
    migrate("sessions")

    assert identities() == before


@pytest.mark.slow
def test_migration_behind_a_backup_ends_with_everything_as_it_was(client: Client) -> None:
    StatementFactory(published=True)
    before = identities()
    began = time.monotonic()

    with added(ADD_COLUMN), override_settings(LOCK_SECONDS=1):
        with backup():
            thread, outcome = in_thread(migrate)
            took = [time.monotonic()]
            while thread.is_alive():
                assert client.get(f"{API}statements/").status_code == 200
                took.append(time.monotonic())
            thread.join()
        error = outcome[0]
        after, there = identities(), columns()
        migrate()
        migrated = columns()

    assert isinstance(error, CommandError)
    assert "Nothing was changed" in str(error)
    if connection.vendor == "postgresql":
        assert "Locks are held by process" in str(error)
        assert time.monotonic() - began < PATIENCE
        # Who reads waits behind an attempt, which is short.
        assert max(b - a for a, b in itertools.pairwise(took)) < 4
    assert (after, "later" in there) == (before, False)
    assert "later" in migrated
    assert triggers.faults(connection) == {}


@pytest.mark.slow
def test_no_row_is_unguarded_while_a_migration_runs() -> None:
    record = StatementFactory(published=True)
    running, done = threading.Event(), threading.Event()

    def wait(*_: Any) -> None:
        running.set()
        done.wait(PATIENCE)

    def attempt() -> None:
        if connection.vendor == "postgresql":
            run("SET lock_timeout = 500")
        Statement.objects.filter(pk=record.pk).update(title="Changed")

    waiting = migrations.RunPython(wait, migrations.RunPython.noop)
    with added(waiting, ADD_COLUMN), override_settings(LOCK_SECONDS=1):
        migrating, _ = in_thread(migrate)
        assert running.wait(PATIENCE)
        attempting, outcome = in_thread(attempt)
        attempting.join()
        done.set()
        migrating.join()

    assert isinstance(outcome[0], OperationalError)
    record.refresh_from_db()
    assert record.title != "Changed"
    assert triggers.faults(connection) == {}


@pytest.mark.slow
def test_migration_that_fails_leaves_everything_as_it_was() -> None:
    StatementFactory(published=True)

    def fail(*_: Any) -> None:
        Statement.objects.update(title="Changed")
        raise RuntimeError("It fails.")

    with added(ADD_COLUMN, migrations.RunPython(fail)), pytest.raises(RuntimeError):
        migrate()

    assert "later" not in columns()
    assert not Statement.objects.filter(title="Changed").exists()
    assert triggers.faults(connection) == {}


@pytest.mark.slow
def test_two_migrates_at_once_are_one() -> None:
    with added(ADD_COLUMN):
        both = [in_thread(migrate) for _ in range(2)]
        for thread, _ in both:
            thread.join()
        there = columns()

    outcomes = [outcome[0] for _, outcome in both]
    assert all(isinstance(outcome, str) for outcome in outcomes), outcomes
    assert sum("Applying records.9999_added" in outcome for outcome in outcomes) == 1
    assert "later" in there


@pytest.mark.slow
def test_going_back_drops_history_only_if_reported_to() -> None:
    StatementFactory(published=True)

    with pytest.raises(CommandError, match=r"records_auditentry.*--drop-history"):
        migrate("records", "zero")

    assert (Revision.objects.count(), AuditEntry.objects.exists()) == (1, True)
    assert triggers.faults(connection) == {}

    try:
        migrate("records", "zero", drop_history=True)
        tables = connection.introspection.table_names()
    finally:
        migrate()

    assert "records_auditentry" not in tables
    assert triggers.faults(connection) == {}


def roles() -> dict[str, set[str]]:
    return {
        role.name: set(role.permissions.values_list("codename", flat=True))
        for role in Group.objects.all()
    }


def test_flush_brings_the_roles_back() -> None:
    before = roles()
    assert len(before["reviewer"]) > 10

    call_command("flush", interactive=False, verbosity=0)

    assert roles() == before
    assert not AuditEntry.objects.exists()
