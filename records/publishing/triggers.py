"""Triggers that keep what was published as it was, on SQLite and PostgreSQL, whoever writes:
the ORM, a bulk update or raw SQL.

They are generated from the models. `migrate` drops them first and makes them again last, since
SQLite rebuilds whole tables in a migration and would lose or trip them; `flush` does likewise.
A system check compares what stands in the database with what is generated here.
"""

import hashlib
from collections.abc import Iterator
from typing import Any

from django.db import connections
from django.db.models import Model

from accounts.models import AuditEntry
from records.models import (
    DATED,
    ENDED,
    KINDS,
    OPEN,
    Change,
    Contributor,
    ContributorRole,
    Origin,
    Revision,
    RevisionCounter,
)
from records.models import Statement as StatementModel
from records.models.base import Record, State

PREFIX = "guard_"
LOCK = " FOR NO KEY UPDATE"


def quoted(values: Any) -> str:
    return ", ".join(f"'{value}'" for value in values)


def children(model: type[Record]) -> list[type[Model]]:
    """The tables that hold a record's content beside its own row; documents are renderings."""
    return [
        relation.related_model
        for relation in model._meta.related_objects
        if relation.name in ("parties", "figures", "figure_items", "links", "words")
    ]


def rules() -> Iterator[tuple[str, str, str, str]]:
    """(table, event, condition that must not hold, message) for every guarded table."""
    for model in KINDS.values():
        yield from record_rules(model)
        table = model._meta.db_table
        for child in children(model):
            for event, rows in (
                ("INSERT", ["NEW"]),
                ("UPDATE", ["OLD", "NEW"]),
                ("DELETE", ["OLD"]),
            ):
                # The lock makes a writer of children and a publisher wait for one another.
                sealed = " OR ".join(
                    f"(SELECT r.state FROM {table} r WHERE r.id = {row}.record_id{LOCK})"
                    f" NOT IN ({quoted(OPEN)})"
                    for row in rows
                )
                yield child._meta.db_table, event, sealed, "its version is published"
    for immutable in (Revision, Change, Contributor, AuditEntry):
        for event in ("UPDATE", "DELETE"):
            yield immutable._meta.db_table, event, "1 = 1", "it is history"
    yield (
        Revision._meta.db_table,
        "INSERT",
        not_newest("NEW.number"),
        "it is not numbered by the head",
    )
    yield (
        Change._meta.db_table,
        "INSERT",
        not_newest("NEW.revision_id"),
        "an earlier revision gains no change",
    )


def not_newest(number: str) -> str:
    """The condition that a number is not that of the newest revision: no earlier one changes."""
    return f"NOT EXISTS (SELECT 1 FROM {RevisionCounter._meta.db_table} h WHERE h.n = {number})"


def record_rules(model: type[Record]) -> Iterator[tuple[str, str, str, str]]:
    table = model._meta.db_table
    content = [
        field.column
        for field in model._meta.concrete_fields
        if field.column not in ("state", "retired_in_id")
    ]
    changed = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in content)
    yield (
        table,
        "INSERT",
        f"NEW.state NOT IN ({quoted(OPEN)})",
        "a version begins as a draft",
    )
    yield table, "DELETE", f"OLD.state NOT IN ({quoted(OPEN)})", "it is published"
    yield (
        table,
        "UPDATE",
        (
            f"OLD.state NOT IN ({quoted(OPEN)}) AND (NOT (OLD.state = '{State.PUBLISHED}'"
            f" AND NEW.state IN ({quoted(ENDED)}) AND NEW.retired_in_id IS NOT NULL) OR {changed})"
        ),
        "it is published: only its retirement may be written, once",
    )
    yield (
        table,
        "UPDATE",
        (
            f"OLD.retired_in_id IS NULL AND NEW.retired_in_id IS NOT NULL"
            f" AND {not_newest('NEW.retired_in_id')}"
        ),
        "an earlier revision retires nothing",
    )
    becoming = f"OLD.state IN ({quoted(OPEN)}) AND NEW.state NOT IN ({quoted(OPEN)})"
    yield (
        table,
        "UPDATE",
        (
            f"{becoming} AND NOT"
            f" (OLD.state = '{State.IN_REVIEW}' AND NEW.state = '{State.PUBLISHED}')"
        ),
        "only a version in review is published",
    )
    yield (
        table,
        "UPDATE",
        (
            f"{becoming} AND NOT EXISTS (SELECT 1 FROM {Contributor._meta.db_table} h"
            f" WHERE h.public_id = NEW.public_id AND h.version = NEW.version"
            f" AND h.role = '{ContributorRole.APPROVER}')"
            f" AND NOT EXISTS (SELECT 1 FROM {Revision._meta.db_table} v"
            f" WHERE v.number = NEW.published_in_id"
            f" AND v.origin IN ({quoted([Origin.FILE, Origin.VOCABULARY])}))"
        ),
        "nobody approved it: four eyes",
    )
    yield (
        table,
        "UPDATE",
        f"{becoming} AND {not_newest('NEW.published_in_id')}",
        "an earlier revision publishes nothing",
    )
    if model in DATED.values():
        figures = model.child("figures")._meta.db_table
        yield (
            table,
            "UPDATE",
            (
                f"{becoming} AND EXISTS (SELECT 1 FROM {figures} f"
                f" WHERE f.record_id = NEW.id AND NOT f.quote_found)"
                f" AND NOT EXISTS (SELECT 1 FROM {Contributor._meta.db_table} h"
                f" WHERE h.public_id = NEW.public_id AND h.version = NEW.version"
                f" AND h.role = '{ContributorRole.APPROVER}' AND h.reason <> '')"
                f" AND NOT EXISTS (SELECT 1 FROM {Revision._meta.db_table} v"
                f" WHERE v.number = NEW.published_in_id"
                f" AND v.origin = '{Origin.VOCABULARY}')"
            ),
            "words of its figures are not in their statement and nobody said why",
        )
        statements = StatementModel._meta.db_table
        yield (
            table,
            "UPDATE",
            f"{becoming} AND NOT EXISTS (SELECT 1 FROM {figures} f WHERE f.record_id = NEW.id)",
            "it has no figure",
        )
        yield (
            table,
            "UPDATE",
            (
                f"{becoming} AND EXISTS (SELECT 1 FROM {figures} f JOIN {statements} s"
                f" ON s.id = f.statement_id WHERE f.record_id = NEW.id"
                f" AND s.state IN ({quoted(OPEN)}))"
            ),
            "a statement of its figures is not published",
        )


def triggers(vendor: str) -> dict[str, tuple[str, str]]:
    """Name → (table, SQL that creates the trigger). A name carries the digest of its rule, so
    that a changed rule is a missing trigger."""
    made = {}
    for table, event, condition, message in rules():
        digest = hashlib.sha256(f"{table}{event}{condition}{message}".encode()).hexdigest()[:10]
        name = f"{PREFIX}{table}_{digest}"
        if vendor == "sqlite":
            # Here one transaction writes at a time, without locks of rows.
            condition = condition.replace("IS DISTINCT FROM", "IS NOT").replace(LOCK, "")
            sql = (
                f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW WHEN {condition}"
                f" BEGIN SELECT RAISE(ABORT, 'Refused ({table}): {message}.'); END"
            )
        else:
            # A plain WHEN cannot hold a subquery here, so the condition stands in the function.
            row = "OLD" if event == "DELETE" else "NEW"
            sql = (
                f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                f" IF {condition} THEN RAISE EXCEPTION 'Refused ({table}): {message}.'"
                f" USING ERRCODE = 'integrity_constraint_violation'; END IF;"
                f" RETURN {row}; END $$;"
                f" CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW"
                f" EXECUTE FUNCTION {name}()"
            )
        made[name] = (table, sql)
    if vendor == "postgresql":
        for table in sorted({table for table, *_ in rules()}):
            name = f"{PREFIX}{table}_truncate"
            made[name] = (
                table,
                (
                    f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS"
                    f" $$ BEGIN RAISE EXCEPTION"
                    f" 'Refused ({table}): published rows are not truncated.'"
                    f" USING ERRCODE = 'integrity_constraint_violation'; END $$;"
                    f" CREATE TRIGGER {name} BEFORE TRUNCATE ON {table}"
                    f" EXECUTE FUNCTION {name}()"
                ),
            )
    return made


def installed(connection: Any) -> dict[str, str]:
    """Name → table of the guards that stand in the database."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'")
        else:
            cursor.execute(
                "SELECT t.tgname, c.relname FROM pg_trigger t JOIN pg_class c"
                " ON c.oid = t.tgrelid WHERE NOT t.tgisinternal"
                " AND c.relnamespace = current_schema()::regnamespace"
            )
        return {name: table for name, table in cursor.fetchall() if name.startswith(PREFIX)}


def drop(using: str = "default", **kwargs: Any) -> None:
    """Take the guards down, for a migration or a flush."""
    connection = connections[using]
    with connection.cursor() as cursor:
        for name, table in installed(connection).items():
            _drop(connection, cursor, name, table)


def _drop(connection: Any, cursor: Any, name: str, table: str) -> None:
    if connection.vendor == "sqlite":
        cursor.execute(f"DROP TRIGGER {name}")
    else:
        cursor.execute(f"DROP TRIGGER {name} ON {table}")
        cursor.execute(f"DROP FUNCTION {name}()")


def install(using: str = "default", **kwargs: Any) -> None:
    """Put up the guards that are missing, take down outdated ones; make the head row."""
    connection = connections[using]
    existing = set(connection.introspection.table_names())
    wanted = {
        name: sql
        for name, (table, sql) in triggers(connection.vendor).items()
        if table in existing
    }
    if missing := wanted.keys() - installed(connection).keys():
        with connection.cursor() as cursor:
            for name in sorted(missing):
                cursor.execute(wanted[name])
    standing = installed(connection)
    if stale := standing.keys() - wanted.keys():
        with connection.cursor() as cursor:
            for name in sorted(stale):
                _drop(connection, cursor, name, standing[name])
    if "records_revisioncounter" in existing:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO records_revisioncounter (id, n) VALUES (1, 0) ON CONFLICT DO NOTHING"
            )


def missing(connection: Any) -> set[str]:
    """Names of the guards that ought to stand in the database and do not."""
    tables = set(connection.introspection.table_names())
    wanted = {name for name, (table, _) in triggers(connection.vendor).items() if table in tables}
    return wanted - installed(connection).keys()
