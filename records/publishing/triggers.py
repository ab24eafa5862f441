"""Triggers that keep published rows as they are, on SQLite and PostgreSQL, for every writer: the
ORM, a bulk update or raw SQL.

They are generated from the models and the rules below. `migrate` drops them first and creates
them again last, since SQLite rebuilds whole tables in a migration and would lose or fire them;
`flush` does likewise. A system check compares the triggers of the database with those of the
rules. Content is guarded; derived rows, which `manage.py reindex` writes, are not.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connections

from accounts.models import AuditEntry
from records.models import (
    DATED,
    ENDED,
    EVIDENCE,
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
CONTENT = ("parties", "figures", "figure_items", "milestones", "links")
"""Relations of the rows that are guarded with their version."""


@dataclass(frozen=True)
class Rule:
    """What must not happen to a row: an event, while a condition over OLD and NEW holds."""

    event: str
    forbidden: str
    message: str
    """Why it is refused, after the name of the table."""


# --- Conditions, in SQL of PostgreSQL; `create` translates them for SQLite


def quoted(values: Iterable[str]) -> str:
    return ", ".join(f"'{value}'" for value in values)


def not_latest(number: str) -> str:
    """Return the condition that a number is not that of the latest revision."""
    return f"NOT EXISTS (SELECT 1 FROM {RevisionCounter._meta.db_table} h WHERE h.n = {number})"


def of_origin(*origins: Origin) -> str:
    """Return the condition that the publishing revision is of one of the origins."""
    return (
        f"EXISTS (SELECT 1 FROM {Revision._meta.db_table} v"
        f" WHERE v.number = NEW.published_in_id AND v.origin IN ({quoted(origins)}))"
    )


def approver(also: str = "") -> str:
    """Return the condition that the version has an approver, perhaps of a further condition."""
    return (
        f"EXISTS (SELECT 1 FROM {Contributor._meta.db_table} h"
        f" WHERE h.public_id = NEW.public_id AND h.version = NEW.version"
        f" AND h.role = '{ContributorRole.APPROVER}'{also})"
    )


def changed(columns: Iterable[str]) -> str:
    """Return the condition that one of the columns changes."""
    return " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in columns)


WAS_OPEN = f"OLD.state IN ({quoted(OPEN)})"
IS_OPEN = f"NEW.state IN ({quoted(OPEN)})"
IS_PUBLISHED = f"{WAS_OPEN} AND NOT {IS_OPEN}"
FROM_REVIEW = f"OLD.state = '{State.IN_REVIEW}' AND NEW.state = '{State.PUBLISHED}'"
RETIREMENT = (
    f"OLD.state = '{State.PUBLISHED}' AND NEW.state IN ({quoted(ENDED)})"
    f" AND NEW.retired_in_id IS NOT NULL"
)
IS_RETIRED = "OLD.retired_in_id IS NULL AND NEW.retired_in_id IS NOT NULL"
REASON = " AND h.reason <> ''"


# --- Rules


def record_rules(model: type[Record]) -> list[Rule]:
    """Return the rules of a table of records."""
    content = [
        str(field.column)
        for field in model._meta.concrete_fields
        if field.column not in ("state", "retired_in_id")
    ]
    return [
        Rule("INSERT", f"NOT {IS_OPEN}", "a version begins as a draft"),
        Rule("DELETE", f"NOT {WAS_OPEN}", "it is published"),
        Rule(
            "UPDATE",
            f"NOT {WAS_OPEN} AND (NOT ({RETIREMENT}) OR {changed(content)})",
            "it is published: only its retirement may be written, once",
        ),
        Rule(
            "UPDATE",
            f"{IS_RETIRED} AND {not_latest('NEW.retired_in_id')}",
            "an earlier revision retires nothing",
        ),
        Rule(
            "UPDATE",
            f"{IS_PUBLISHED} AND NOT ({FROM_REVIEW})",
            "only a version in review is published",
        ),
        Rule(
            "UPDATE",
            f"{IS_PUBLISHED} AND NOT {approver()}"
            f" AND NOT {of_origin(Origin.FILE, Origin.VOCABULARY)}",
            "nobody approved it: four eyes",
        ),
        Rule(
            "UPDATE",
            f"{IS_PUBLISHED} AND {not_latest('NEW.published_in_id')}",
            "an earlier revision publishes nothing",
        ),
    ]


def evidence_rules(model: type[Record]) -> list[Rule]:
    """Return the further rules of a table of records whose rows rest on statements."""
    own = "f.record_id = NEW.id"
    figures = f"{model.child('figures')._meta.db_table} f"
    found = [
        Rule(
            "UPDATE",
            f"{IS_PUBLISHED} AND NOT EXISTS (SELECT 1 FROM {figures} WHERE {own})",
            "it has no figure",
        )
    ]
    for name in (relation for of_kind, relation in EVIDENCE if of_kind is model):
        rows = f"{model.child(name)._meta.db_table} f"
        cited = f"{rows} JOIN {StatementModel._meta.db_table} s ON s.id = f.statement_id"
        found += [
            Rule(
                "UPDATE",
                f"{IS_PUBLISHED} AND EXISTS (SELECT 1 FROM {rows} WHERE {own}"
                f" AND NOT f.quote_found)"
                f" AND NOT {approver(REASON)} AND NOT {of_origin(Origin.VOCABULARY)}",
                f"quotes of its {name} are not in their statement and nobody said why",
            ),
            Rule(
                "UPDATE",
                f"{IS_PUBLISHED} AND EXISTS (SELECT 1 FROM {cited} WHERE {own}"
                f" AND s.state IN ({quoted(OPEN)}))",
                f"a statement of its {name} is not published",
            ),
        ]
    return found


def content_rules(model: type[Record]) -> list[Rule]:
    """Return the rules of a table whose rows belong to a version: they change while it is open."""

    def closed(row: str) -> str:
        # The lock makes a writer of such rows and a publisher wait for one another.
        return (
            f"(SELECT r.state FROM {model._meta.db_table} r WHERE r.id = {row}.record_id{LOCK})"
            f" NOT IN ({quoted(OPEN)})"
        )

    return [
        Rule("INSERT", closed("NEW"), "its version is published"),
        Rule("UPDATE", f"{closed('OLD')} OR {closed('NEW')}", "its version is published"),
        Rule("DELETE", closed("OLD"), "its version is published"),
    ]


HISTORY = [Rule("UPDATE", "1 = 1", "it is history"), Rule("DELETE", "1 = 1", "it is history")]
"""Rules of what is only ever added to."""
NUMBERED = Rule("INSERT", not_latest("NEW.number"), "the revision counter does not number it")
LATE = Rule("INSERT", not_latest("NEW.revision_id"), "an earlier revision gains no change")


def rules() -> Iterator[tuple[str, Rule]]:
    """Yield (table, rule) for every guarded table."""
    guarded: list[tuple[Any, list[Rule]]] = []
    for kind, model in KINDS.items():
        guarded.append((model, record_rules(model)))
        if kind in DATED:
            guarded.append((model, evidence_rules(model)))
        relations = {relation.name for relation in model._meta.related_objects}
        guarded += [
            (model.child(name), content_rules(model)) for name in CONTENT if name in relations
        ]
    guarded += [(model, HISTORY) for model in (Revision, Change, Contributor, AuditEntry)]
    guarded += [(Revision, [NUMBERED]), (Change, [LATE])]
    for model, rules_of_model in guarded:
        for rule in rules_of_model:
            yield model._meta.db_table, rule


# --- Triggers


def triggers(vendor: str) -> dict[str, tuple[str, str]]:
    """Return name → (table, SQL that creates the trigger). A name has the digest of its rule, so
    that a changed rule is a missing trigger."""
    create = create_on_sqlite if vendor == "sqlite" else create_on_postgresql
    made = {}
    for table, rule in rules():
        text = f"{table}{rule.event}{rule.forbidden}{rule.message}"
        name = f"{PREFIX}{table}_{hashlib.sha256(text.encode()).hexdigest()[:10]}"
        made[name] = table, create(name, table, rule)
    if vendor == "postgresql":
        for table in sorted({table for table, _ in rules()}):
            name = f"{PREFIX}{table}_truncate"
            made[name] = table, refuse_truncation(name, table)
    return made


def create_on_sqlite(name: str, table: str, rule: Rule) -> str:
    # One transaction writes at a time, without locks of rows.
    condition = rule.forbidden.replace("IS DISTINCT FROM", "IS NOT").replace(LOCK, "")
    return (
        f"CREATE TRIGGER {name} BEFORE {rule.event} ON {table} FOR EACH ROW WHEN {condition}"
        f" BEGIN SELECT RAISE(ABORT, 'Refused ({table}): {rule.message}.'); END"
    )


def create_on_postgresql(name: str, table: str, rule: Rule) -> str:
    # WHEN cannot hold a subquery here, so the condition is in the function.
    row = "OLD" if rule.event == "DELETE" else "NEW"
    return (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF {rule.forbidden} THEN {raise_error(table, rule.message)} END IF;"
        f" RETURN {row}; END $$;"
        f" CREATE TRIGGER {name} BEFORE {rule.event} ON {table} FOR EACH ROW"
        f" EXECUTE FUNCTION {name}()"
    )


def refuse_truncation(name: str, table: str) -> str:
    return (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN {raise_error(table, 'published rows are not truncated')} END $$;"
        f" CREATE TRIGGER {name} BEFORE TRUNCATE ON {table} EXECUTE FUNCTION {name}()"
    )


def raise_error(table: str, message: str) -> str:
    return (
        f"RAISE EXCEPTION 'Refused ({table}): {message}.'"
        f" USING ERRCODE = 'integrity_constraint_violation';"
    )


def installed(connection: Any) -> dict[str, str]:
    """Return name → table of the triggers in the database that are ours."""
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
    """Drop the triggers, for a migration or a flush."""
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
    """Create the triggers that are missing, drop outdated ones, and create the row of the revision
    counter."""
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
    existing_triggers = installed(connection)
    if stale := existing_triggers.keys() - wanted.keys():
        with connection.cursor() as cursor:
            for name in sorted(stale):
                _drop(connection, cursor, name, existing_triggers[name])
    if "records_revisioncounter" in existing:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO records_revisioncounter (id, n) VALUES (1, 0) ON CONFLICT DO NOTHING"
            )


def missing(connection: Any) -> set[str]:
    """Return the names of the triggers that the database lacks."""
    tables = set(connection.introspection.table_names())
    wanted = {name for name, (table, _) in triggers(connection.vendor).items() if table in tables}
    return wanted - installed(connection).keys()
