"""How many donations a second one process generates and publishes, beside plain INSERTs of the
same rows.

Each is done in a process of its own, in an empty database. The plain INSERTs are `executemany`
into the same tables with their indexes, but without triggers.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import psycopg

from benchmarks.databases import (
    apart,
    create,
    drop,
    manage,
    peak_megabytes,
    set_up_django,
    url,
)
from benchmarks.rows import Row, Run

CASES = ("generate and publish",)
DONATIONS = 10_000
"""To publish, at most: the rate hardly depends on it."""
ROWS_AT_ONCE = 10_000
TARGETS = {"sqlite": 1_000, "postgresql": 800}
"""Donations a second."""
MEGABYTES = 400


@dataclass
class Measured:
    """What a process took."""

    seconds: float
    cpu: float
    megabytes: int
    rows: int = 0


def measured(act: Callable[[], int]) -> Measured:
    """Return what an act takes, which returns how many rows it wrote."""
    wall, cpu = time.perf_counter(), time.process_time()
    rows = act()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return Measured(wall, cpu, peak_megabytes(), rows)


def generate(database_url: str, n: int) -> Measured:
    """Generate and publish n donations."""
    set_up_django(database_url)
    from benchmarks import generate_records

    def act() -> int:
        generate_records.generate(n)
        return 0

    return measured(act)


def insert(database_url: str, source: str) -> Measured:
    """Insert the rows of another database as they are; only the INSERTs are measured."""
    set_up_django(database_url)
    from django.apps import apps
    from django.db import connection, transaction

    from records.publishing import triggers

    triggers.drop()
    total = Measured(0, 0, 0)
    with transaction.atomic(), connection.cursor() as cursor:
        for model in apps.get_app_config("records").get_models():
            fields = [field for field in model._meta.concrete_fields if not field.generated]
            columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
            places = ", ".join(["%s"] * len(fields))
            table = model._meta.db_table
            # Migrations leave a row in some.
            cursor.execute(f"DELETE FROM {table}")
            for part in parts_of(source, f"SELECT {columns} FROM {table}"):
                sql = f"INSERT INTO {table} ({columns}) VALUES ({places})"
                took = measured(lambda sql=sql, part=part: cursor.executemany(sql, part) and 0)
                total.seconds += took.seconds
                total.cpu += took.cpu
                total.rows += len(part)
                total.megabytes = took.megabytes
    return total


def parts_of(source: str, sql: str) -> Iterator[list[Any]]:
    """Yield rows of a database, many at a time."""
    if source.startswith("sqlite"):
        connection: Any = sqlite3.connect(source.removeprefix("sqlite:///"))
    else:
        connection = psycopg.connect(source)
    rows = iter(connection.execute(sql))
    while part := [tuple(map(as_parameter, row)) for row in islice(rows, ROWS_AT_ONCE)]:
        yield part
    connection.close()


def as_parameter(value: Any) -> Any:
    """Return a value that was read as it is written: JSON is read as lists and mappings."""
    return psycopg.types.json.Jsonb(value) if isinstance(value, list | dict) else value


def rows(vendor: str, cases: Sequence[str], run: Run) -> Iterator[Row]:
    """Yield the row."""
    n = min(run.donations, DONATIONS)
    names = ("publishing", "plain")
    for name in names:
        create(vendor, name)
        manage(url(vendor, name), "migrate", "--verbosity", "0")
    ours = apart(generate, url(vendor, names[0]), n)
    plain = apart(insert, url(vendor, names[1]), url(vendor, names[0]))
    for name in names:
        drop(vendor, name)
    yield Row(
        CASES[0],
        "donations/s",
        n / ours.seconds,
        peer="plain INSERTs",
        theirs=n / plain.seconds,
        our_cpu=ours.cpu / n * 1000,
        their_cpu=plain.cpu / n * 1000,
        judged="ours",
        target=TARGETS[vendor],
        megabytes=ours.megabytes,
        most_megabytes=MEGABYTES,
    )
