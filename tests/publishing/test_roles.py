"""Guards hold for every role and every connection: for the roles of deploy/postgresql-roles.sql on
PostgreSQL, for a connection without this project's settings on SQLite."""

import re
import sqlite3
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from records.models import KINDS, Change, State, Statement
from records.publishing import triggers
from tests.support.attempts import (
    HISTORY,
    Attempt,
    attempts_on,
    attempts_on_history,
    got_through,
    raw,
    refusal,
    run,
    specimens,
    wrong_publications,
)
from tests.support.factories import RevisionFactory, StatementFactory

ROLES = Path(settings.BASE_DIR) / "deploy" / "postgresql-roles.sql"
POSTGRESQL = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no roles")


def role(name: str) -> str:
    """Return a role's name in these tests: roles belong to all databases of a server."""
    return f"{connection.settings_dict['NAME']}_{name}"


def make_roles() -> None:
    run("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks still to be made is not altered
    with connection.cursor() as cursor:
        # Without parameters, so that its percent signs are its own.
        cursor.execute(re.sub(r"aidapi_(?=owner|writer|reader)", role(""), ROLES.read_text()))


def act_as(name: str) -> None:
    """Act as the role until the test's transaction ends, and with it the role."""
    make_roles()
    run(f'SET LOCAL ROLE "{role(name)}"')


@pytest.fixture
def least_trusted(db: None) -> Iterator[None]:
    """The writing role; on SQLite a connection that replaces rows without firing triggers."""
    if connection.vendor == "postgresql":
        act_as("writer")
        yield
    else:
        run("PRAGMA recursive_triggers = OFF")
        yield
        run("PRAGMA recursive_triggers = ON")


def words_of(tables: set[str]) -> set[str]:
    """Return the words of every rule about the tables."""
    return {
        f"Refused ({table}): {rule.message}."
        for table, rule in triggers.rules(connection.vendor)
        if table in tables
    }


def of_kind(table: str, kind: str) -> bool:
    return table.startswith(f"records_{kind}")


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("kind", KINDS)
def test_every_rule_refuses_the_least_trusted_writer(kind: str, least_trusted: None) -> None:
    refusals: set[str] = set()

    through = got_through(attempts_on(*specimens(kind)), refusals)
    through += got_through(wrong_publications(kind), refusals)

    tables = {table for table, _ in triggers.rules(connection.vendor) if of_kind(table, kind)}
    assert through == []
    assert words_of(tables) - refusals == set()


def test_every_rule_of_history_refuses_the_least_trusted_writer(least_trusted: None) -> None:
    StatementFactory(published=True)
    StatementFactory(published=True)
    refusals: set[str] = set()

    assert got_through(attempts_on_history(), refusals) == []

    tables = {*(model._meta.db_table for model in HISTORY), "records_revisioncounter"}
    assert words_of(tables) - refusals == set()


# --- What would lead a guard astray


def raw_on(schema: str, attempts: Iterator[Attempt]) -> list[Attempt]:
    """Return those attempts that are raw SQL, on tables of that schema."""
    found: list[Attempt] = []
    for name, act in attempts:
        if isinstance(act, partial) and act.func is run and "TRUNCATE" not in name:
            sql = re.sub(r"(UPDATE|REPLACE|INTO|FROM) (records_)", rf"\1 {schema}.\2", act.args[0])
            found.append((name, partial(run, sql, *act.args[1:])))
    return found


@pytest.mark.slow(sample=True)
@pytest.mark.django_db
@pytest.mark.parametrize("kind", KINDS)
def test_temporary_tables_do_not_redirect_a_guard(kind: str) -> None:
    """In tables of the same names all is open, approved and of the latest revision."""
    schema = triggers.schema(connection) or "main"
    attempts = raw_on(schema, attempts_on(*specimens(kind)))
    attempts += raw_on(schema, wrong_publications(kind))
    states = {model._meta.db_table: "state = 'draft'" for model in KINDS.values()}
    states["records_contributor"] = "role = 'approver', reason = 'x'"
    for table, state in states.items():
        run(f"CREATE TEMPORARY TABLE {table} AS SELECT * FROM {table}")
        run(f"UPDATE {table} SET {state}")
    numbers = "SELECT number AS n FROM records_revision"
    run(f"CREATE TEMPORARY TABLE records_revisioncounter AS {numbers}")

    through = got_through(iter(attempts))

    for table in [*states, "records_revisioncounter"]:
        run(f"DROP TABLE {table}")
    assert len(attempts) > 5
    assert through == []


@POSTGRESQL
@pytest.mark.django_db
def test_operators_of_others_do_not_lead_a_guard_astray() -> None:
    """An exact match of types in the path of the session would win over PostgreSQL's own."""
    record = StatementFactory(published=True)
    run("CREATE FUNCTION never(varchar, text) RETURNS boolean LANGUAGE sql AS 'SELECT false'")
    run("CREATE OPERATOR <> (LEFTARG = varchar, RIGHTARG = text, FUNCTION = never)")
    run("CREATE OPERATOR = (LEFTARG = varchar, RIGHTARG = text, FUNCTION = never)")
    run("SET LOCAL search_path = public, pg_catalog")

    assert refusal(lambda: Statement.objects.filter(pk=record.pk).update(title="Changed"))


@POSTGRESQL
@pytest.mark.django_db
def test_guards_hold_for_replicated_writes() -> None:
    record = StatementFactory(published=True)

    run("SET LOCAL session_replication_role = replica")

    assert refusal(lambda: Statement.objects.filter(pk=record.pk).update(title="Changed"))


@POSTGRESQL
@pytest.mark.django_db
def test_the_writing_role_removes_no_guard() -> None:
    name = next(iter(triggers.installed(connection)))
    table = triggers.triggers(connection)[name].table
    act_as("writer")

    through = got_through(
        raw(
            f"DROP TRIGGER {name} ON {table}",
            f"ALTER TABLE {table} DISABLE TRIGGER ALL",
            f"ALTER TABLE {table} DROP COLUMN id",
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            f"TRUNCATE {table}",
            f"DROP FUNCTION {name}()",
            f"ALTER FUNCTION {name}() RESET search_path",
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql"
            f" AS $$ BEGIN RETURN NEW; END $$",
            f"CREATE TRIGGER zzz BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
            f"CREATE RULE none AS ON UPDATE TO {table} DO INSTEAD NOTHING",
            f"CREATE TEMPORARY TABLE {table} (id int)",
            "CREATE TABLE another (id int)",
            "SET LOCAL session_replication_role = replica",
            f'ALTER ROLE "{role("writer")}" SUPERUSER',
            f"DROP TABLE {table}",
            "DELETE FROM django_migrations",
        )
    )

    assert through == []


@POSTGRESQL
@pytest.mark.django_db
def test_the_reading_role_reads_what_is_public_and_writes_nothing() -> None:
    record = StatementFactory(published=True)
    act_as("reader")

    assert Statement.objects.get(pk=record.pk).state == State.PUBLISHED
    assert Change.objects.count() == 1
    secrets = (
        *("auth_user", "django_session", "otp_totp_totpdevice"),
        *("records_auditentry", "records_keptform", "records_proposal", "records_report"),
        "records_savedview",
        "records_sentnotice",
        "records_sourcecheck",
        *("records_thread", "records_comment", "records_assignment"),
    )
    through = got_through(
        raw(
            *(f"SELECT * FROM {table}" for table in secrets),
            "UPDATE records_donation SET note = ''",
            "INSERT INTO records_revisioncounter (id, n) VALUES (1, 0)",
            "CREATE TEMPORARY TABLE mine (id int)",
        )
    )
    assert through == []


@POSTGRESQL
@pytest.mark.django_db
def test_the_owning_role_migrates_and_the_writing_role_publishes() -> None:
    act_as("owner")
    triggers.drop()
    triggers.install()
    run("CREATE TABLE records_later (id int)")
    run(f'SET LOCAL ROLE "{role("writer")}"')
    StatementFactory(published=True)
    RevisionFactory()
    run("INSERT INTO records_later VALUES (1)")

    assert triggers.faults(connection) == {}


@POSTGRESQL
@pytest.mark.django_db
def test_making_the_roles_again_changes_nothing() -> None:
    make_roles()
    before = privileges()

    make_roles()

    assert privileges() == before


def privileges() -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname::text, relowner::regrole::text, relacl::text FROM pg_class"
            " WHERE relnamespace = current_schema()::regnamespace ORDER BY 1"
        )
        return cursor.fetchall()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="of SQLite")
@pytest.mark.django_db(transaction=True)
def test_a_plain_connection_to_the_file_is_refused() -> None:
    published, draft = specimens("donation")
    plain = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    attempts = [*attempts_on(published, draft), *attempts_on_history()]
    through = []
    for sql, act in attempts:
        if not (isinstance(act, partial) and act.func is run):
            continue
        try:
            plain.execute(act.args[0].replace("%s", "?"), act.args[1:])
        except sqlite3.IntegrityError as error:
            if "Refused (records_" in str(error):
                continue
        through.append(sql)
    plain.close()

    assert through == []
