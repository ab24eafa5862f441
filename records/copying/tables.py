"""The tables that are copied, in the order of their references, and what they hold."""

from graphlib import TopologicalSorter
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import connections

from accounts.models import KeptForm
from records.index.models import DerivedState
from records.models import RevisionCounter

LEFT_OUT: dict[Any, str] = {Session: "sessions", KeptForm: "forms that are not saved"}
"""What is not copied, in words: people sign in again, and such forms belong to pages that are open
there."""
MADE_BY_MIGRATE: tuple[Any, ...] = (
    ContentType,
    Permission,
    Group,
    Group.permissions.through,
    DerivedState,
    RevisionCounter,
)
"""What `migrate` writes into an empty database: replaced by the rows of the source."""


def tables() -> list[Any]:
    """Return the models of all tables that are copied, each after those that it refers to."""
    models = [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and model not in LEFT_OUT
    ]
    order = TopologicalSorter(
        {
            model: {
                field.related_model
                for field in model._meta.concrete_fields
                if field.is_relation and field.related_model is not model
            }
            for model in models
        }
    )
    return list(order.static_order())


def columns(model: Any) -> list[Any]:
    """Return the fields of a table that are written: the database computes the others."""
    return [field for field in model._meta.concrete_fields if not field.generated]


def filled(using: str) -> list[str]:
    """Return the tables that hold what `migrate` does not write."""
    found = [
        model._meta.db_table
        for model in tables()
        if model not in MADE_BY_MIGRATE and model._base_manager.using(using).exists()
    ]
    if RevisionCounter.objects.using(using).filter(n__gt=0).exists():
        found.append(RevisionCounter._meta.db_table)
    return sorted(found)


# --- The counters that number new rows. They are copied too: a key that a deleted row had must
# not be given again, since logs may name it.


def last_keys(using: str) -> dict[str, int]:
    """Return table → the greatest key that was ever given in it."""
    connection = connections[using]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name, seq FROM sqlite_sequence")
            return dict(cursor.fetchall())
        found = {}
        for table, column in numbered():
            cursor.execute(
                "SELECT pg_sequence_last_value(pg_get_serial_sequence(%s, %s)::regclass)",
                [f'"{table}"', column],
            )
            if (last := cursor.fetchone()[0]) is not None:
                found[table] = last
        return found


def set_last_keys(using: str, keys: dict[str, int]) -> None:
    connection = connections[using]
    with connection.cursor() as cursor:
        for table, column in numbered():
            if connection.vendor == "sqlite":
                cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
                if last := keys.get(table):
                    cursor.execute("INSERT INTO sqlite_sequence VALUES (%s, %s)", [table, last])
            else:
                cursor.execute(
                    "SELECT setval(pg_get_serial_sequence(%s, %s), %s, %s)",
                    [f'"{table}"', column, keys.get(table) or 1, table in keys],
                )


def numbered() -> list[tuple[str, str]]:
    """Return the tables whose rows the database numbers, each with its column of keys."""
    return [
        (model._meta.db_table, model._meta.auto_field.column)
        for model in tables()
        if model._meta.auto_field
    ]
