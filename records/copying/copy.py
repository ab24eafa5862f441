"""The copy of a whole database: all of it or nothing, and proved before it is committed."""

from collections.abc import Callable
from contextlib import closing
from typing import Any

from django.contrib.auth.models import Group
from django.db import DatabaseError, connections, transaction
from django.db.migrations.executor import MigrationExecutor

from aidapi.database.addresses import place
from records.copying.rows import Count, Tally, read, tally, write
from records.copying.tables import (
    MADE_BY_MIGRATE,
    filled,
    last_keys,
    set_last_keys,
    tables,
)
from records.publishing.unguarded import unguarded

Tallies = dict[str, Tally]
"""Table → what it holds."""


class CopyError(Exception):
    """Why a database cannot be copied; nothing was written."""


def copy(source: str, target: str, progress: Callable[[], Any] | None = None) -> Tallies:
    """Copy the database of one alias into that of another; return what both then hold. `progress`
    is called after each table that was copied or compared.

    Readers of the source go on meanwhile, its writers wait: what they wrote would be lost.
    """
    check(source, target)
    done = progress or (lambda: None)
    with transaction.atomic(using=source):
        lock(source, "SHARE")
        with transaction.atomic(using=target):
            lock(target, "ACCESS EXCLUSIVE")
            check(source, target)
            with unguarded(target):
                copied = copy_tables(source, target, done)
            compare(copied, target, done)
    return copied


def check(source: str, target: str) -> None:
    """Refuse databases of which the one cannot become a copy of the other."""
    if place(connections[source].settings_dict) == place(connections[target].settings_dict):
        raise CopyError("Source and target are the same database.")
    for alias, name in ((source, "source"), (target, "target")):
        executor = MigrationExecutor(connections[alias])
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            raise CopyError(f"The {name} lacks migrations: run manage.py migrate on it.")
        if later := executor.loader.applied_migrations.keys() - executor.loader.graph.nodes:
            raise CopyError(
                f"The {name} is of a later release than this code: it has "
                f"{', '.join(sorted('.'.join(key) for key in later))}."
            )
    if full := filled(target):
        raise CopyError(
            f"The target is not empty: it has rows in {', '.join(full)}. Make a new database, "
            f"run manage.py migrate on it, and copy into that."
        )
    roles, of_source = (set(Group.objects.using(alias).values_list("name", flat=True))
                        for alias in (target, source))  # fmt: skip
    if own := roles - of_source:
        raise CopyError(
            f"The target has roles that the source lacks: {', '.join(sorted(own))}. Remove them."
        )


def lock(using: str, mode: str) -> None:
    """Lock all tables until the transaction ends; it may take its time."""
    connection = connections[using]
    # On SQLite the transaction itself is the lock: it began as IMMEDIATE.
    if connection.vendor == "postgresql":
        names = ", ".join(connection.ops.quote_name(model._meta.db_table) for model in tables())
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
            cursor.execute(f"LOCK TABLE {names} IN {mode} MODE")


def copy_tables(source: str, target: str, done: Callable[[], Any]) -> Tallies:
    connection = connections[target]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # References are checked with each table, instead of all of them being remembered.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for model in reversed(tables()):
            if model in MADE_BY_MIGRATE:
                cursor.execute(f"DELETE FROM {connection.ops.quote_name(model._meta.db_table)}")
    copied = {}
    for model in tables():
        count = Count()
        table = model._meta.db_table
        try:
            # Closed here, if the target refuses a row: a cursor must not outlive its connection.
            with closing(read(model, source)) as rows:
                write(model, target, count.watch(rows))
        except DatabaseError as error:
            raise CopyError(
                f"The target refused one of the first {count.rows} rows of {table}: "
                f"{str(error).strip()}"
            ) from error
        copied[table] = count.tally
        done()
    set_last_keys(target, last_keys(source))
    return copied


def compare(copied: Tallies, target: str, done: Callable[[], Any]) -> None:
    """Refuse the copy unless the target gives back what the source gave."""
    different = []
    for model in tables():
        table = model._meta.db_table
        if (found := tally(model, target)) != copied[table]:
            different.append(f"{table} ({copied[table].rows} rows, {found.rows} arrived)")
        done()
    if different:
        raise CopyError(f"What arrived is not what was sent: {', '.join(different)}.")
