"""Django's migrate, in one transaction with the triggers that guard published rows."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.core.management.commands import migrate
from django.db import OperationalError, connections, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import AmbiguityError, MigrationLoader

from records.index import search_index
from records.publishing import triggers

Plan = list[tuple[Any, bool]]
"""Migrations, each with whether it is unapplied."""

MIGRATE_KEY = 0x61696461
"""PostgreSQL's advisory lock of those who migrate."""
OTHER_SECONDS = 60
"""How long to wait for another migrate."""
LOCK_SECONDS, ATTEMPTS = 1, 5
"""How long to wait for the locks of tables, and how often. Readers of a table wait behind a
lock that is waited for, so that each attempt is short."""


class Command(migrate.Command):
    help = (
        f"{migrate.Command.help} All of it or nothing, in one transaction with the triggers that "
        "guard published rows. With nothing to do it waits for nobody."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--drop-history",
            action="store_true",
            help="Going back, drop tables even if they hold the audit log, revisions or published "
            "versions.",
        )

    def handle(self, *args: Any, drop_history: bool = False, **options: Any) -> None:
        connection = connections[options["database"]]
        plan = planned(connection, options)
        if not drop_history:
            refuse_loss(connection, plan)
        is_dry = options["plan"] or options["check_unapplied"]
        if is_dry or not (plan or damaged(connection) or search_index.missing(connection)):
            super().handle(*args, **options)
            return
        try:
            with one_transaction(connection):
                lock_tables(connection, planned(connection, options))
                super().handle(*args, **options)
        except OperationalError as error:
            if not is_lock_timeout(error):
                raise
            raise CommandError(
                f"Nothing was changed: another process holds what this needs. "
                f"{holders(connection)}"
            ) from error


def planned(connection: Any, options: dict[str, Any]) -> Plan:
    """Return what Django will do by these options; nothing where it will refuse them."""
    executor = MigrationExecutor(connection)
    app, name = options["app_label"], options["migration_name"]
    targets = executor.loader.graph.leaf_nodes(app)
    if app and name:
        try:
            found = name if name == "zero" else executor.loader.get_migration_by_prefix(app, name)
        except (KeyError, AmbiguityError):
            return []
        targets = [(app, None if name == "zero" else found.name)]
        if targets[0][1] and targets[0] not in executor.loader.graph.nodes:
            return []
    return executor.migration_plan(targets)


def damaged(connection: Any) -> set[str]:
    """Return the tables whose triggers are not as they should be."""
    wanted = triggers.triggers(connection)
    return {wanted[name].table for name in triggers.faults(connection)}


def refuse_loss(connection: Any, plan: Plan) -> None:
    """Refuse to unapply migrations that made guarded tables which are not empty."""
    loader = MigrationLoader(connection)
    there = set(connection.introspection.table_names())
    guarded = {trigger.table for trigger in triggers.triggers(connection).values()} & there
    for migration, backwards in plan:
        if not backwards:
            continue
        key = (migration.app_label, migration.name)
        after, before = (loader.project_state(key, at_end=end).models for end in (True, False))
        lost = {f"{app}_{model}" for app, model in after.keys() - before.keys()}
        if full := sorted(table for table in lost & guarded if has_rows(connection, table)):
            raise CommandError(
                f"Nothing was changed: to go back behind {migration} would drop "
                f"{', '.join(full)}, with history that cannot be made again. Make a backup, and "
                f"repeat it with --drop-history."
            )


def has_rows(connection: Any, table: str) -> bool:
    # The revision counter always has one.
    if table == "records_revisioncounter":
        return False
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM {table} LIMIT 1")
        return cursor.fetchone() is not None


@contextmanager
def one_transaction(connection: Any) -> Iterator[None]:
    """Be the only migrate, in one transaction."""
    # SQLite rebuilds tables, and checks foreign keys afterwards; inside a transaction it cannot
    # be switched off meanwhile.
    unchecked = connection.vendor == "sqlite" and connection.disable_constraint_checking()
    try:
        with transaction.atomic(using=connection.alias):
            # On SQLite the transaction itself is the lock: it began as IMMEDIATE.
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute(f"SET LOCAL lock_timeout = '{OTHER_SECONDS}s'")
                    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [MIGRATE_KEY])
                    # An index may take its time. Rows whose references are still to be checked
                    # would keep a later migration from altering their table.
                    cursor.execute("SET LOCAL statement_timeout = 0")
                    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            yield
    finally:
        if unchecked:
            connection.enable_constraint_checking()


def lock_tables(connection: Any, plan: Plan) -> None:
    """Lock the tables whose triggers will be dropped, all at once, so that nobody sees a row
    without them."""
    if connection.vendor == "sqlite":
        return
    names = {trigger.table for trigger in triggers.triggers(connection).values()}
    if not triggers.concern(plan):
        names = damaged(connection)
    tables = sorted(names & set(connection.introspection.table_names()))
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
        for attempt in range(ATTEMPTS if tables else 0):
            try:
                with transaction.atomic(using=connection.alias):
                    cursor.execute(f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE")
                break
            except OperationalError as error:
                if not is_lock_timeout(error) or attempt == ATTEMPTS - 1:
                    raise
                time.sleep(LOCK_SECONDS / 2)
        cursor.execute(f"SET LOCAL lock_timeout = '{ATTEMPTS}s'")


def is_lock_timeout(error: OperationalError) -> bool:
    return getattr(error.__cause__, "sqlstate", "") == "55P03" or "locked" in str(error)


def holders(connection: Any) -> str:
    """Return who holds locks of this database's tables, or migrates, in a sentence."""
    if connection.vendor == "sqlite":
        return "It writes to the database file."
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT a.pid, a.usename, a.application_name, a.client_addr, a.xact_start"
            " FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid"
            " WHERE l.granted AND a.pid <> pg_backend_pid() AND a.datname = current_database()"
            " AND (l.relation IN (SELECT oid FROM pg_class"
            " WHERE relnamespace = current_schema()::regnamespace)"
            " OR l.locktype = 'advisory' AND l.objid = %s)",
            [MIGRATE_KEY],
        )
        found = [
            f"process {pid} of {user} ({name or 'no name'}, from {address or 'this machine'}, "
            f"since {since:%H:%M:%S})"
            for pid, user, name, address, since in cursor.fetchall()
        ]
    return f"Locks are held by {'; '.join(found)}." if found else "It has released it by now."
