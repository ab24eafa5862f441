"""`copy_database`: a whole instance from one database into an empty other one."""

import contextlib
import gc
import io
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import DatabaseError, OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import AuditEntry
from accounts.second_factor import make_recovery_codes
from aidapi.caching import newest_revision
from aidapi.database.addresses import attached, connection_settings
from records.copying import copy as copying
from records.copying.rows import Tally, tally
from records.copying.tables import filled, tables
from records.curation.duplicates.models import DuplicateSearch, DuplicateStatus
from records.curation.imports.models import ImportBatch, ImportedDraft, ImportRow
from records.curation.notices.models import SentNotice
from records.curation.saved_views.models import SavedView
from records.curation.source_check.models import Outcome, SourceCheck
from records.curation.teamwork.assigning import assign
from records.index import search_index
from records.management.commands.copy_database import SOURCE
from records.models import Donation, DraftSave, RevisionCounter, form_values
from records.publishing import return_for_changes, submit, triggers
from tests.support.databases import MIGRATED, Templates, address, connected_to
from tests.support.factories import (
    DonationFactory,
    DuplicatePairFactory,
    HSCodeFactory,
    ProposalFactory,
    ReportFactory,
    StatementFactory,
    ThreadFactory,
    UserFactory,
)
from tests.support.histories import long_history
from tests.support.routes import API

pytestmark = pytest.mark.django_db(transaction=True)

TEXT = "The ministry donated 50,000 masks.\nThe quotes “are” ‘curly’, 口罩, and a tab\t."
MEANWHILE = "meanwhile"
PASSWORD = "correct horse battery staple"
NEVER_FILLED = {
    # Written by axes alone, on a failed sign-in.
    "axes_accessattempt",
    "axes_accessattemptexpiration",
    "axes_accessfailurelog",
}
ADDRESSES = [
    "revisions/",
    "changes/",
    "parties/",
    "items/",
    *(f"{kind}/" for kind in ("statements", "donations", "exports", "contracts")),
    "donations/?search=masks&count=true",
    "donations/?revision=3&ordering=title",
    "donations/facets/",
    "donations/summary/",
    "statements/?search=mask*",
    "exports/?format=csv",
    "coverage/",
]


@pytest.fixture(scope="module")
def instance(
    database_templates: Templates, django_db_setup: None, django_db_blocker: Any
) -> Iterator[str]:
    """The name of a database with rows in every table."""
    name = connection.creation.get_test_db_clone_settings("instance")["NAME"]
    with django_db_blocker.unblock():
        database_templates.copy(MIGRATED, name)
        with connected_to(name):
            long_history()
            work_in_private()
    yield name
    with django_db_blocker.unblock():
        database_templates.remove(name)


def work_in_private() -> None:
    """Write what no dataset file carries."""
    editor, reviewer = UserFactory(username="editor"), UserFactory(username="reviewer")
    editor.set_password(PASSWORD)
    editor.save()
    editor.groups.add(Group.objects.get(name="curator"))
    reviewer.user_permissions.add(Permission.objects.get(codename="view_auditentry"))
    TOTPDevice.objects.create(user=editor, name="authenticator", key="0f" * 20)
    make_recovery_codes(editor)
    Client().force_login(editor)

    draft = DonationFactory(figures__statement=StatementFactory(text=TEXT))
    HSCodeFactory()
    SourceCheck.objects.create(
        address="https://example.org/release",
        asked_at=timezone.now(),
        since=timezone.now(),
        outcome=Outcome.FOUND,
        status=200,
    )
    DraftSave.objects.create(
        public_id=draft.public_id,
        version=1,
        number=0,
        user=editor,
        content=form_values(draft),
    )
    returned = StatementFactory(text=TEXT)
    submit(returned, by=editor)
    return_for_changes(returned, by=reviewer, comment="Say who speaks.")
    LogEntry.objects.log_actions(editor.pk, [draft], CHANGE, "Changed the title.")
    batch = ImportBatch.objects.create(
        kind="donation", file_name="gifts.xlsx", digest="a" * 64, by=editor, columns=["title"]
    )
    ImportRow.objects.create(batch=batch, number=2, first=2, cells={"title": "Masks", "n": "1"})
    ImportedDraft.of(batch, draft).save()
    SentNotice.objects.create(user=reviewer, items=["review:don-00000000:1:00"])
    SavedView.objects.create(user=editor, kind="donation", name="Mine", query="work=mine")
    pair = DuplicatePairFactory()
    pair.decide(DuplicateStatus.NOT_A_DUPLICATE, by=editor, why="Two flights.")
    DuplicateSearch.objects.create(kind="donation")
    ProposalFactory()
    assign(ReportFactory(), editor, by=editor, seen=None)
    ThreadFactory(record=draft)
    # A deleted draft's key must not be given again: logs name it.
    DonationFactory().delete()


numbers = count()


@contextlib.contextmanager
def empty(databases: Templates) -> Iterator[str]:
    """The name of another database, migrated and empty."""
    # A name of its own: SQLite's file of one name must stay the same in a process.
    name = connection.creation.get_test_db_clone_settings(f"empty{next(numbers)}")["NAME"]
    databases.copy(MIGRATED, name)
    try:
        yield name
    finally:
        databases.remove(name)


@pytest.fixture(autouse=True)
def further_connections(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow connections to databases that the settings do not name."""
    usual = BaseDatabaseWrapper.ensure_connection

    def ensure(database: Any) -> None:
        if database.connection is None and database.alias in (SOURCE, MEANWHILE):
            database.connect()
        else:
            usual(database)

    monkeypatch.setattr(BaseDatabaseWrapper, "ensure_connection", ensure)


@pytest.fixture
def target(database_templates: Templates) -> Iterator[str]:
    with empty(database_templates) as name:
        yield name


def copy_from(source: str) -> str:
    """Copy the database at the address into the connected one; return what is printed."""
    output = io.StringIO()
    call_command("copy_database", source, stdout=output)
    return output.getvalue()


def tallies(name: str) -> dict[str, Tally]:
    with connected_to(name):
        return {model._meta.db_table: tally(model, "default") for model in tables()}


def answers(name: str) -> list[bytes]:
    newest_revision.forget()
    with connected_to(name):
        return [Client().get(API + path).getvalue() for path in ADDRESSES]


def manage(database: str, *command: str) -> None:
    subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=settings.BASE_DIR,
        env=os.environ | {"DATABASE_URL": database},
        check=True,
    )


@pytest.fixture(scope="module")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite database that was just migrated, where PostgreSQL is tested."""
    if connection.vendor == "sqlite":
        pytest.skip("It is about both engines.")
    path = tmp_path_factory.mktemp("sqlite") / "migrated.sqlite3"
    manage(f"sqlite:///{path}", "migrate", "--verbosity", "0")
    return path


def test_everything_arrives(instance: str, target: str) -> None:
    arrives(instance, address(instance), target)


def test_everything_goes_to_the_other_engine_and_back(
    instance: str, target: str, migrated_sqlite: Path
) -> None:
    path = migrated_sqlite.with_name("between")
    shutil.copyfile(migrated_sqlite, path)
    between = f"sqlite:///{path}"
    manage(between, "copy_database", address(instance))

    arrives(instance, between, target)


def arrives(instance: str, source: str, target: str) -> None:
    """Check that the source, which is the instance or a copy of it, is copied whole."""
    with connected_to(target):
        printed = copy_from(source)
        before = tallies(instance)

    assert tallies(target) == before
    assert {table for table, found in before.items() if not found.rows} == NEVER_FILLED
    rows = sum(found.rows for found in before.values())
    assert f"Copied {rows:,} rows of {len(before)} tables." in printed
    assert " sessions, 0 forms that are not saved." in printed
    assert answers(target) == answers(instance)
    with connected_to(target):
        assert not triggers.faults(connection)
        assert not search_index.missing(connection)
        assert not search_index.mismatched()
        assert User.objects.get(username="editor").check_password(PASSWORD)
        assert not Session.objects.exists()
        with pytest.raises(Exception, match="Refused"):
            AuditEntry.objects.all().delete()


def test_no_key_of_a_deleted_row_is_given_again(instance: str, target: str) -> None:
    with connected_to(instance):
        last = Donation.objects.latest("pk").pk

    with connected_to(target):
        copy_from(address(instance))
        new = DonationFactory()

    assert new.pk == last + 2


def test_a_target_that_is_not_empty_is_refused(instance: str, editor: User) -> None:
    with pytest.raises(CommandError, match=r"(?s)not empty: it has rows in auth_user.*Nothing"):
        copy_from(address(instance))

    assert filled("default") == ["auth_user", "records_auditentry"]


def test_a_role_of_the_target_alone_is_refused(instance: str) -> None:
    group = Group.objects.create(name="guests")
    try:
        with pytest.raises(CommandError, match="roles that the source lacks: guests"):
            copy_from(address(instance))
    finally:
        group.delete()


def test_sources_that_cannot_be_copied_are_refused(tmp_path: Path) -> None:
    unmigrated = tmp_path / "unmigrated.sqlite3"
    unmigrated.touch()
    for source, words in [
        (f"sqlite:///{tmp_path}/nowhere.sqlite3", "There is no file"),
        (f"sqlite:///{unmigrated}", "The source lacks migrations: run manage.py migrate"),
        ("postgres://me:secret@host:port/name", "cannot be read: give postgres://user:password@"),
        ("mysql://me:secret@host/name", "AidAPI runs on SQLite"),
        (address(), "are the same database"),
    ]:
        with pytest.raises(CommandError, match=words) as error:
            copy_from(source)
        assert "secret" not in str(error.value)
    assert not (tmp_path / "nowhere.sqlite3").exists()


@pytest.mark.parametrize("when", ["compared", "written"])
def test_a_copy_that_fails_leaves_the_target_as_it_was(
    instance: str, target: str, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    def fail(*arguments: Any) -> Any:
        if when == "written":
            raise KeyboardInterrupt
        return Tally(1, "another")

    name = {"compared": "tally", "written": "set_last_keys"}[when]
    monkeypatch.setattr(copying, name, fail)

    with connected_to(target):
        with pytest.raises((CommandError, KeyboardInterrupt)) as error:
            copy_from(address(instance))
        assert when == "written" or "What arrived is not what was sent" in str(error.value)
        assert not filled("default")
        assert Group.objects.count() == 4
        assert RevisionCounter.number() == 0
        assert not triggers.faults(connection)
        assert not search_index.missing(connection)


def test_a_value_that_the_target_refuses_is_named(target: str, migrated_sqlite: Path) -> None:
    """SQLite holds no column to its length."""
    path = migrated_sqlite.with_name("long")
    shutil.copyfile(migrated_sqlite, path)
    with contextlib.closing(sqlite3.connect(path)) as source, source:
        source.execute("INSERT INTO auth_group (name) VALUES (?)", ["x" * 200])

    with connected_to(target):
        with pytest.raises(CommandError, match=r"first 5 rows of auth_group: .*too long") as error:
            copy_from(f"sqlite:///{path}")

        assert "Nothing was written." in str(error.value)
        assert not filled("default")


def test_a_copy_that_fails_leaves_no_cursor_open(
    instance: str, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cursor that outlives its connection fails whatever runs when it is collected."""
    left: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", left.append)

    def refuse(model: Any, using: str, rows: Iterator[Any]) -> None:
        next(rows, None)
        if model is User:
            raise DatabaseError("refused")

    monkeypatch.setattr(copying, "write", refuse)
    with connected_to(target), pytest.raises(CommandError, match="rows of auth_user") as error:
        copy_from(address(instance))
    # What is raised holds the frames, and what they were reading from.
    del error
    gc.collect()

    assert left == []


def test_writers_of_the_source_wait_and_readers_do_not(
    instance: str, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[Any] = []
    compare = copying.compare

    def meanwhile(*arguments: Any) -> None:
        other = connection_settings(address(instance), lock_seconds=1, statement_seconds=9)
        with attached(other, MEANWHILE):
            found.append(Donation.objects.using(MEANWHILE).count())
            editors = User.objects.using(MEANWHILE).filter(username="editor")
            with pytest.raises(OperationalError, match="lock"):
                editors.update(is_staff=False)
            found.append(editors.get().is_staff)
        compare(*arguments)

    monkeypatch.setattr(copying, "compare", meanwhile)

    monkeypatch.setattr(settings, "LOCK_SECONDS", 1)

    with connected_to(target):
        copy_from(address(instance))

    assert found[0] > 0
    assert found[1:] == [True]
