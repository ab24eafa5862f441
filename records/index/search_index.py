"""Full-text indexes over the search documents: FTS5 on SQLite, GIN on PostgreSQL.

Like the triggers of publishing they belong to one database each, so `migrate` creates those that
are missing, and a system check reports them. PostgreSQL maintains its indexes itself; on SQLite
triggers do.
"""

from typing import Any

from django.db import DatabaseError, connection, connections, transaction

from records.index.search import SearchDocument
from records.models import KINDS

EVENTS = {"insert": ("new",), "delete": ("old",), "update": ("old", "new")}
"""Event → the rows that a trigger removes from the index (old) or adds to it (new)."""


def tables() -> dict[str, type[SearchDocument]]:
    """Return table of search documents → its model."""
    models: list[type[SearchDocument]] = [
        model.child("search_document") for model in KINDS.values()
    ]
    return {model._meta.db_table: model for model in models}


def wanted(connection: Any) -> dict[str, tuple[str, list[str]]]:
    """Return name of an index or trigger → its table, and the statements that create it."""
    made: dict[str, tuple[str, list[str]]] = {}
    for table, model in tables().items():
        index = model.index()
        if connection.vendor == "sqlite":
            # The index stores no text of its own: it reads the table. `detail=column` suffices,
            # since phrases are found by pairs of words. The texts are split already: the
            # tokenizer splits at spaces only.
            made[index] = (
                table,
                [
                    (
                        f"CREATE VIRTUAL TABLE {index} USING fts5(head, body,"
                        f" content='{table}', content_rowid='record_id',"
                        " tokenize='ascii tokenchars _', detail='column', columnsize=0)"
                    ),
                    rebuild(index),
                ],
            )
            for event, rows in EVENTS.items():
                acts = " ".join(
                    f"INSERT INTO {index}(rowid, head, body)"
                    " VALUES (new.record_id, new.head, new.body);"
                    if row == "new"
                    else f"INSERT INTO {index}({index}, rowid, head, body)"
                    " VALUES ('delete', old.record_id, old.head, old.body);"
                    for row in rows
                )
                name = f"{index}_{event}"
                sql = f"CREATE TRIGGER {name} AFTER {event} ON {table} BEGIN {acts} END"
                made[name] = (table, [sql])
        else:
            for part in ("head", "all"):
                # Without a pending list, which every search would scan; and without statistics
                # of PostgreSQL: our query planner decides whether to use the index, and no
                # estimate must make PostgreSQL scan the table instead.
                made[f"{index}_{part}"] = (
                    table,
                    [
                        (
                            f"CREATE INDEX {index}_{part} ON {table}"
                            f" USING gin (({model.vector(head=part == 'head')}))"
                            " WITH (fastupdate = off)"
                        ),
                        f"ALTER INDEX {index}_{part} ALTER COLUMN 1 SET STATISTICS 0",
                    ],
                )
    return made


def rebuild(index: str) -> str:
    """Return SQL that rebuilds an FTS5 index from its table."""
    return f"INSERT INTO {index}({index}) VALUES ('rebuild')"


def existing_names(connection: Any) -> set[str]:
    """Return the names of all indexes and triggers in the database."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master")
        else:
            cursor.execute("SELECT indexname FROM pg_indexes WHERE schemaname = current_schema()")
        return {name for (name,) in cursor.fetchall()}


def missing(connection: Any) -> dict[str, list[str]]:
    """Return name → the statements that create it, of what the database lacks."""
    existing = set(connection.introspection.table_names())
    there = existing_names(connection)
    return {
        name: statements
        for name, (table, statements) in wanted(connection).items()
        if table in existing and name not in there
    }


def install(using: str = "default", **kwargs: Any) -> None:
    """Create what is missing, filled from the search documents."""
    connection = connections[using]
    with connection.cursor() as cursor:
        for statements in missing(connection).values():
            for sql in statements:
                cursor.execute(sql)


def suspend(using: str = "default", plan: Any = None, **kwargs: Any) -> None:
    """Drop the triggers for a migration, in which SQLite rebuilds tables and would fire them. A
    migration that writes search documents must drop the index, which is then created again."""
    connection = connections[using]
    if connection.vendor == "sqlite" and (
        plan is None or any(migration.app_label == "records" for migration, _ in plan)
    ):
        with connection.cursor() as cursor:
            for model in tables().values():
                for event in EVENTS:
                    cursor.execute(f"DROP TRIGGER IF EXISTS {model.index()}_{event}")


def rewritten(using: str) -> None:
    """Rebuild the indexes of tables that were rewritten while the triggers were down; PostgreSQL
    maintains its own."""
    connection = connections[using]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for model in tables().values():
                cursor.execute(rebuild(model.index()))


def rebuild_all() -> None:
    """Rebuild every index from its table. Publishing waits while one is rebuilt."""
    with connection.cursor() as cursor:
        for model in tables().values():
            if connection.vendor == "sqlite":
                cursor.execute(rebuild(model.index()))
            else:
                for part in ("head", "all"):
                    cursor.execute(f"REINDEX INDEX {model.index()}_{part}")


def mismatched() -> list[str]:
    """Return the indexes that do not match their table: on SQLite only, where triggers maintain
    them."""
    found = []
    if connection.vendor == "sqlite":
        for model in tables().values():
            index = model.index()
            try:
                with transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute(
                        f"INSERT INTO {index}({index}, rank) VALUES ('integrity-check', 1)"
                    )
            except DatabaseError:
                found.append(index)
    return found
