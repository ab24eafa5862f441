"""The full-text indexes over the words of published versions: FTS5 on SQLite, GIN on PostgreSQL.

Like the guards they belong to one database each, so `migrate` makes what is missing last, and a
system check tells of what is. PostgreSQL keeps its indexes up by itself; on SQLite triggers do.
"""

from typing import Any

from django.db import connections

from records.index.search import SearchDocument
from records.models import KINDS

EVENTS = {"insert": ("new",), "delete": ("old",), "update": ("old", "new")}
"""Event → the rows by which a trigger takes words out (old) or puts them in (new)."""


def tables() -> dict[str, type[SearchDocument]]:
    """Table of words → its model."""
    models: list[type[SearchDocument]] = [model.child("words") for model in KINDS.values()]
    return {model._meta.db_table: model for model in models}


def wanted(connection: Any) -> dict[str, tuple[str, list[str]]]:
    """Name of an index or trigger → its table, and the statements that make it."""
    made: dict[str, tuple[str, list[str]]] = {}
    for table, model in tables().items():
        index = model.index()
        if connection.vendor == "sqlite":
            # No words are kept twice: the index reads the table. `detail=column` suffices, for
            # phrases are looked for by pairs; what is told to ASCII splits nothing but spaces.
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
                # Without a list of what is pending, which every search would read through. And
                # without statistics: whether to look here is decided before, by the
                # query planner, and no estimate shall make the planner read all words instead.
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
    """SQL that makes an FTS5 index anew from its table."""
    return f"INSERT INTO {index}({index}) VALUES ('rebuild')"


def standing(connection: Any) -> set[str]:
    """Names of all that stands in the database and may be an index or a trigger of ours."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master")
        else:
            cursor.execute("SELECT indexname FROM pg_indexes WHERE schemaname = current_schema()")
        return {name for (name,) in cursor.fetchall()}


def missing(connection: Any) -> dict[str, list[str]]:
    """Name → the statements that make it, of what ought to stand in the database."""
    existing = set(connection.introspection.table_names())
    there = standing(connection)
    return {
        name: statements
        for name, (table, statements) in wanted(connection).items()
        if table in existing and name not in there
    }


def install(using: str = "default", **kwargs: Any) -> None:
    """Make what is missing, filled with the words that are there."""
    connection = connections[using]
    with connection.cursor() as cursor:
        for statements in missing(connection).values():
            for sql in statements:
                cursor.execute(sql)


def suspend(using: str = "default", **kwargs: Any) -> None:
    """Take down the triggers, for a migration: SQLite rebuilds tables in it, and would trip
    them. One that writes words must drop the index, so that it is made anew."""
    connection = connections[using]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for model in tables().values():
                for event in EVENTS:
                    cursor.execute(f"DROP TRIGGER IF EXISTS {model.index()}_{event}")


def emptied(using: str = "default") -> None:
    """Make the indexes of tables that were emptied as empty as these."""
    connection = connections[using]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for model in tables().values():
                cursor.execute(rebuild(model.index()))
