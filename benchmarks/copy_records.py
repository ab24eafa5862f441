"""Copy generated records from SQLite into PostgreSQL, so that both have the same.

    DATABASE_URL=postgres://… python benchmarks/copy_records.py FILE

copies all tables of records from an SQLite file into an empty, migrated PostgreSQL database.
"""

import argparse
import contextlib
import os
import sqlite3
import sys
from pathlib import Path
from typing import Any

import django
from django.core.management.color import no_style
from django.db import connection, models, transaction

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aidapi.settings")
    django.setup()

from django.apps import apps

from records.publishing import triggers


def copy(source: sqlite3.Connection) -> None:
    """Copy the tables, in one transaction without triggers and foreign keys."""
    tables = list(apps.get_app_config("records").get_models())
    with transaction.atomic():
        triggers.drop()
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            for model in tables:
                cursor.execute(f'TRUNCATE "{model._meta.db_table}" CASCADE')
            for model in tables:
                copy_table(source, cursor, model)
            for sql in connection.ops.sequence_reset_sql(no_style(), tables):
                cursor.execute(sql)
        triggers.install()
    with connection.cursor() as cursor:
        # As autovacuum would before long: index-only scans need it.
        cursor.execute("VACUUM ANALYZE")


def copy_table(source: sqlite3.Connection, cursor: Any, model: type[models.Model]) -> None:
    """Copy a table. SQLite writes values as PostgreSQL reads them, save for Boolean ones."""
    table = model._meta.db_table
    fields = [field for field in model._meta.concrete_fields if not field.generated]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    logical = [isinstance(field, models.BooleanField) for field in fields]
    with cursor.copy(f'COPY "{table}" ({columns}) FROM STDIN') as target:
        for row in source.execute(f'SELECT {columns} FROM "{table}"'):
            target.write_row(
                [
                    bool(value) if is_bool and value is not None else value
                    for value, is_bool in zip(row, logical, strict=True)
                ]
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("file", help="the SQLite database")
    options = parser.parse_args()
    if connection.vendor != "postgresql":
        raise SystemExit("DATABASE_URL must name a PostgreSQL database.")
    with contextlib.closing(
        sqlite3.connect(f"file:{Path(options.file).resolve()}?mode=ro", uri=True)
    ) as source:
        copy(source)


if __name__ == "__main__":
    main()
