"""Triggers that keep published rows as they are, on SQLite and PostgreSQL, for every writer: the
ORM, a bulk update or raw SQL, whatever the connection's settings.

They are generated from the models and the rules below. A migration of records drops them first
and creates them again last, in one transaction with its changes, since SQLite rebuilds whole
tables and would lose or fire them; `flush` does likewise. A system check compares the triggers of
the database with those of the rules. Content is guarded; derived rows, which `manage.py reindex`
writes, are not.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import connections, models

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
    Item,
    Origin,
    Party,
    Revision,
    RevisionCounter,
)
from records.models import Statement as StatementModel
from records.models.base import Record, State

PREFIX = "guard_"
SCHEMA = "@schema."
"""Precedes every name of a table in the rules."""
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
    vendor: str = ""
    """The only database that needs it; empty for both."""


# --- Conditions, in SQL of PostgreSQL; `create` translates them for SQLite


def quoted(values: Iterable[str]) -> str:
    return ", ".join(f"'{value}'" for value in values)


def table_of(model: Any) -> str:
    return f"{SCHEMA}{model._meta.db_table}"


def not_latest(number: str) -> str:
    """Return the condition that a number is not that of the latest revision."""
    return f"NOT EXISTS (SELECT 1 FROM {table_of(RevisionCounter)} h WHERE h.n = {number})"


def of_origin(*origins: Origin) -> str:
    """Return the condition that the publishing revision is of one of the origins."""
    return (
        f"EXISTS (SELECT 1 FROM {table_of(Revision)} v"
        f" WHERE v.number = NEW.published_in_id AND v.origin IN ({quoted(origins)}))"
    )


def approver(also: str = "") -> str:
    """Return the condition that the version has an approver, perhaps of a further condition."""
    return (
        f"EXISTS (SELECT 1 FROM {table_of(Contributor)} h"
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
    figures = f"{table_of(model.child('figures'))} f"
    found = [
        Rule(
            "UPDATE",
            f"{IS_PUBLISHED} AND NOT EXISTS (SELECT 1 FROM {figures} WHERE {own})",
            "it has no figure",
        )
    ]
    for name in (relation for of_kind, relation in EVIDENCE if of_kind is model):
        rows = f"{table_of(model.child(name))} f"
        cited = f"{rows} JOIN {table_of(StatementModel)} s ON s.id = f.statement_id"
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
    for relation, entries in (("parties", Party), ("figures", Item)):
        rows = f"{table_of(model.child(relation))} f"
        named = f"{rows} JOIN {table_of(entries)} e ON e.code = f.{entries.KIND}_id"
        found.append(
            Rule(
                "UPDATE",
                f"{IS_PUBLISHED} AND EXISTS (SELECT 1 FROM {named} WHERE {own} AND e.version = 0)",
                f"a {entries.KIND} that it names is only proposed",
            )
        )
    return found


def content_rules(model: type[Record]) -> list[Rule]:
    """Return the rules of a table whose rows belong to a version: they change while it is open."""

    is_closed = content_of(model)
    # The lock makes a writer of such rows and a publisher wait for one another.
    old, new = is_closed("OLD", LOCK), is_closed("NEW", LOCK)
    return [
        Rule("INSERT", new, "its version is published"),
        Rule("UPDATE", f"{old} OR {new}", "its version is published"),
        Rule("DELETE", old, "its version is published"),
    ]


# --- Whether a row, by its name in SQL, may no longer be changed


def record_itself(row: str) -> str:
    return f"{row}.state NOT IN ({quoted(OPEN)})"


def content_of(model: type[Record]) -> Callable[..., str]:
    def is_closed(row: str, lock: str = "") -> str:
        return (
            f"(SELECT r.state FROM {table_of(model)} r WHERE r.id = {row}.record_id{lock})"
            f" NOT IN ({quoted(OPEN)})"
        )

    return is_closed


def always(row: str) -> str:
    return "1 = 1"


def replacement_rules(model: Any, is_closed: Callable[[str], str]) -> list[Rule]:
    """Return the rules against `OR REPLACE` of SQLite, which deletes the rows that conflict with
    the new one: without firing a trigger, unless the connection has `recursive_triggers`."""
    conflict = " OR ".join(
        " AND ".join(
            [f"o.{column} = NEW.{column}" for column in columns]
            + [
                # `+`: not by an index of states, which would find all that is published.
                f"{row}.{column} IN ({quoted(values)})"
                for row in ("+o", "NEW")
                for column, values in condition.items()
            ]
        )
        for columns, condition in unique_keys(model)
    )
    replaced = f"FROM {table_of(model)} o WHERE ({conflict}) AND {is_closed('o')}"
    key, message = model._meta.pk.column, "it would replace a row that is published"
    return [
        Rule("INSERT", f"EXISTS (SELECT 1 {replaced})", message, "sqlite"),
        Rule(
            "UPDATE",
            f"EXISTS (SELECT 1 {replaced} AND o.{key} <> OLD.{key})",
            message,
            "sqlite",
        ),
    ]


def unique_keys(model: Any) -> Iterator[tuple[list[str], dict[str, list[str]]]]:
    """Yield the columns of each unique key, and column → values of the rows that it is about."""
    for field in model._meta.concrete_fields:
        if field.unique:
            yield [field.column], {}
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint):
            condition: dict[str, list[str]] = {}
            children: Any = constraint.condition.children if constraint.condition else ()
            for name, value in children:
                column, _, is_list = name.partition("__")
                condition[column] = value if is_list else [value]
            columns = [model._meta.get_field(name).column for name in constraint.fields]
            yield columns, condition


HISTORY = [Rule("UPDATE", "1 = 1", "it is history"), Rule("DELETE", "1 = 1", "it is history")]
"""Rules of what is only ever added to."""
NUMBERED = Rule("INSERT", not_latest("NEW.number"), "the revision counter does not number it")
LATE = Rule("INSERT", not_latest("NEW.revision_id"), "an earlier revision gains no change")
COUNTER = [
    Rule("INSERT", "NEW.n <> 0", "it counts from 0"),
    Rule("UPDATE", "NEW.id <> OLD.id OR NEW.n <> OLD.n + 1", "it counts one by one"),
    Rule("DELETE", "1 = 1", "it numbers the revisions"),
]


def rules(vendor: str) -> Iterator[tuple[str, Rule]]:
    """Yield (table, rule) for every guarded table."""
    guarded: list[tuple[Any, list[Rule], Callable[[str], str]]] = []
    for kind, model in KINDS.items():
        of_record = record_rules(model) + (evidence_rules(model) if kind in DATED else [])
        guarded.append((model, of_record, record_itself))
        relations = {relation.name for relation in model._meta.related_objects}
        guarded += [
            (model.child(name), content_rules(model), content_of(model))
            for name in CONTENT
            if name in relations
        ]
    guarded += [
        (Revision, [*HISTORY, NUMBERED], always),
        (Change, [*HISTORY, LATE], always),
        (Contributor, HISTORY, always),
        (AuditEntry, HISTORY, always),
        (RevisionCounter, COUNTER, always),
    ]
    for model, rules_of_model, is_closed in guarded:
        for rule in rules_of_model + replacement_rules(model, is_closed):
            if rule.vendor in ("", vendor):
                yield model._meta.db_table, rule


# --- Triggers


@dataclass(frozen=True)
class Trigger:
    """A trigger as it should be."""

    table: str
    create: str
    """SQL that creates it."""
    stored: tuple[Any, ...]
    """What the database shows of it while it is intact, as `installed` reads it."""


ENABLED_ALWAYS = "A"
"""State of a PostgreSQL trigger that fires whatever `session_replication_role` is."""
ROW, BEFORE = 1, 2
EVENTS = {"INSERT": 4, "DELETE": 8, "UPDATE": 16, "TRUNCATE": 32}
"""Bits of pg_trigger.tgtype."""
SEARCH_PATH = "pg_catalog, pg_temp"
"""Where guards look for operators: nobody else's, and no temporary table. Tables are named with
their schema."""


def triggers(connection: Any) -> dict[str, Trigger]:
    """Return name → trigger. A name has the digest of its rules."""
    return wanted_triggers(connection.vendor, schema(connection))


@cache
def wanted_triggers(vendor: str, schema: str) -> dict[str, Trigger]:
    made = {}
    if vendor == "sqlite":
        for table, rule in rules(vendor):
            name = name_of(table, [rule])
            made[name] = on_sqlite(name, table, rule)
        return made
    grouped: dict[tuple[str, str], list[Rule]] = {}
    for table, rule in rules(vendor):
        grouped.setdefault((table, rule.event), []).append(rule)
    for (table, event), of_event in grouped.items():
        # One for all rules of an event: to call it takes longer than what it asks.
        name = name_of(table, of_event)
        made[name] = on_postgresql(schema, name, table, event, body(schema, table, of_event))
    for table in sorted({table for table, _ in grouped}):
        name = f"{PREFIX}{table}_truncate"
        refusal = f" BEGIN {raise_error(table, 'published rows are not truncated')} END "
        made[name] = on_postgresql(schema, name, table, "TRUNCATE", refusal)
    return made


def name_of(table: str, of_event: Sequence[Rule]) -> str:
    text = "".join(f"{table}{rule.event}{rule.forbidden}{rule.message}" for rule in of_event)
    return f"{PREFIX}{table}_{hashlib.sha256(text.encode()).hexdigest()[:10]}"


def body(schema: str, table: str, of_event: Sequence[Rule]) -> str:
    """Return what the function of a trigger does: WHEN cannot hold a subquery, so the conditions
    are here."""
    row = "OLD" if of_event[0].event == "DELETE" else "NEW"
    tests = " ".join(
        f"IF {rule.forbidden.replace(SCHEMA, f'{schema}.')} THEN"
        f" {raise_error(table, rule.message)} END IF;"
        for rule in of_event
    )
    return f" BEGIN {tests} RETURN {row}; END "


def on_sqlite(name: str, table: str, rule: Rule) -> Trigger:
    # Names in a trigger are those of its own database, never of a temporary table. One
    # transaction writes at a time, without locks of rows.
    condition = rule.forbidden.replace("IS DISTINCT FROM", "IS NOT")
    condition = condition.replace(LOCK, "").replace(SCHEMA, "")
    sql = (
        f"CREATE TRIGGER {name} BEFORE {rule.event} ON {table} FOR EACH ROW WHEN {condition}"
        f" BEGIN SELECT RAISE(ABORT, 'Refused ({table}): {rule.message}.'); END"
    )
    return Trigger(table, sql, (table, sql))


def on_postgresql(schema: str, name: str, table: str, event: str, body: str) -> Trigger:
    level = "STATEMENT" if event == "TRUNCATE" else "ROW"
    sql = (
        f"CREATE OR REPLACE FUNCTION {schema}.{name}() RETURNS trigger LANGUAGE plpgsql"
        f" SET search_path = {SEARCH_PATH} AS $${body}$$;"
        f" CREATE TRIGGER {name} BEFORE {event} ON {schema}.{table} FOR EACH {level}"
        f" EXECUTE FUNCTION {schema}.{name}();"
        f" ALTER TABLE {schema}.{table} ENABLE ALWAYS TRIGGER {name}"
    )
    kind = BEFORE + EVENTS[event] + (ROW if level == "ROW" else 0)
    settings = [f"search_path={SEARCH_PATH}"]
    function = (f"{schema}.{name}", "plpgsql", body, settings)
    return Trigger(table, sql, (table, ENABLED_ALWAYS, kind, True, *function))


def raise_error(table: str, message: str) -> str:
    return (
        f"RAISE EXCEPTION 'Refused ({table}): {message}.'"
        f" USING ERRCODE = 'integrity_constraint_violation';"
    )


def schema(connection: Any) -> str:
    """Return the quoted name of the schema in which the tables are; empty on SQLite."""
    if connection.vendor == "sqlite":
        return ""
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(current_schema())")
        return cursor.fetchone()[0]


def installed(connection: Any) -> dict[str, tuple[Any, ...]]:
    """Return name → what the database shows of each trigger that is ours, its table first."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'")
        else:
            cursor.execute(
                "SELECT t.tgname, c.relname, t.tgenabled::text, t.tgtype,"
                " t.tgqual IS NULL AND t.tgattr = '',"
                " quote_ident(n.nspname) || '.' || quote_ident(p.proname), l.lanname, p.prosrc,"
                " p.proconfig"
                " FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
                " JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_namespace n ON n.oid = p.pronamespace"
                " JOIN pg_language l ON l.oid = p.prolang"
                " WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace"
            )
        return {name: tuple(row) for name, *row in cursor.fetchall() if name.startswith(PREFIX)}


def faults(connection: Any) -> dict[str, str]:
    """Return name → `missing`, `disabled` or `replaced`, for the triggers that do not guard as
    they should."""
    found = installed(connection)
    tables = set(connection.introspection.table_names())
    wrong = {}
    for name, trigger in triggers(connection).items():
        if trigger.table not in tables:
            continue
        stored = found.get(name)
        if stored is None:
            wrong[name] = "missing"
        elif stored != trigger.stored:
            is_disabled = connection.vendor == "postgresql" and stored[1] != ENABLED_ALWAYS
            wrong[name] = "disabled" if is_disabled else "replaced"
    return wrong


def concern(plan: Iterable[tuple[Any, bool]]) -> bool:
    """Return whether a plan of migrations may alter or write guarded tables."""
    return any(migration.app_label == RevisionCounter._meta.app_label for migration, _ in plan)


def drop(using: str = "default", plan: Any = None, **kwargs: Any) -> None:
    """Drop the triggers, for a flush, or for a migration if its plan concerns them."""
    if plan is not None and not concern(plan):
        return
    connection = connections[using]
    _drop(connection, {name: stored[0] for name, stored in installed(connection).items()})


def _drop(connection: Any, tables: dict[str, str]) -> None:
    """Drop the named triggers, each of a table."""
    where = schema(connection)
    with connection.cursor() as cursor:
        for name, table in tables.items():
            if connection.vendor == "sqlite":
                cursor.execute(f"DROP TRIGGER {name}")
            else:
                cursor.execute(
                    f"DROP TRIGGER {name} ON {where}.{table};"
                    f" DROP FUNCTION IF EXISTS {where}.{name}()"
                )


def install(using: str = "default", **kwargs: Any) -> None:
    """Create the triggers that are missing, again those that were changed, drop outdated ones,
    and create the row of the revision counter. What is as it should be is not touched."""
    connection = connections[using]
    wanted, there, wrong = triggers(connection), installed(connection), faults(connection)
    unfit = there.keys() & (wrong.keys() | there.keys() - wanted.keys())
    _drop(connection, {name: there[name][0] for name in sorted(unfit)})
    with connection.cursor() as cursor:
        if wrong and connection.vendor == "postgresql" and connection.in_atomic_block:
            # A table with references still to be checked is not altered.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for name in sorted(wrong):
            cursor.execute(wanted[name].create)
    if RevisionCounter._meta.db_table in connection.introspection.table_names():
        counter = RevisionCounter.objects.using(using)
        if not counter.exists():
            counter.bulk_create([RevisionCounter(pk=1)], ignore_conflicts=True)
