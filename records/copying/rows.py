"""Rows of a table: read from one database in batches, written into another, and digested."""

import hashlib
from collections.abc import Generator, Iterable, Iterator
from decimal import Decimal
from itertools import islice
from typing import Any, NamedTuple

import orjson
from django.db import connections

from records.copying.tables import columns

BATCH = 2_000
"""Rows in memory at once."""
Row = tuple[Any, ...]


class Tally(NamedTuple):
    """What a table holds: the number of its rows, and a digest of their values."""

    rows: int
    digest: str


class Count:
    """Tallies the rows that pass through it. Values are digested as Django has them, so that both
    engines give the same."""

    def __init__(self) -> None:
        self.rows = 0
        self.hash = hashlib.sha256()

    def watch(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            self.rows += 1
            self.hash.update(orjson.dumps(row, default=plain, option=orjson.OPT_SORT_KEYS))
            yield row

    @property
    def tally(self) -> Tally:
        return Tally(self.rows, self.hash.hexdigest())


def plain(value: Any) -> str:
    """Return a value that JSON lacks, as text that is the same whatever its padding."""
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def read(model: Any, using: str) -> Generator[Row, None, None]:
    """Yield the rows of a table by key, few at a time."""
    names = [field.attname for field in columns(model)]
    rows = model._base_manager.using(using).order_by(model._meta.pk.attname).values_list(*names)
    yield from rows.iterator(chunk_size=BATCH)


def tally(model: Any, using: str) -> Tally:
    count = Count()
    for _ in count.watch(read(model, using)):
        pass
    return count.tally


def write(model: Any, using: str, rows: Iterable[Row]) -> None:
    """Write the rows as they are: no default, no time of now, no signal."""
    connection = connections[using]
    fields = columns(model)
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    names = ", ".join(quote(field.column) for field in fields)
    prepared = (
        [
            field.get_db_prep_save(value, connection)
            for field, value in zip(fields, row, strict=True)
        ]
        for row in rows
    )
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            copying = cursor.copy(f"COPY {table} ({names}) FROM STDIN")
            with connection.wrap_database_errors, copying as target:
                for row in prepared:
                    target.write_row(row)
            return
        marks = ", ".join(["%s"] * len(fields))
        while batch := list(islice(prepared, BATCH)):
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", batch)
