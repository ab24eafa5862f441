"""Rows written in sets.

The ORM builds an INSERT expression by expression for every batch, which took a third of the time
of publishing many records. Here the statement of a table is built once and takes the values of a
set of rows: `COPY` on PostgreSQL, few INSERTs on SQLite. Constraints and triggers judge each
row as they do any other.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain, count, islice
from operator import attrgetter
from typing import Any

from django.db import connection, connections, models, transaction
from django.db.models.sql import Query

AS_IT_IS = (
    models.CharField,
    models.TextField,
    models.IntegerField,
    models.BooleanField,
)
"""Columns that a database takes as Python has them, if the type is that of the column."""
ROWS_PER_STATEMENT = 250
"""Rows that one INSERT of SQLite takes. Other tables would take them one by one as fast, but the
full-text index writes what it has at the savepoint that each statement has."""


def insert_rows(rows: Sequence[models.Model]) -> None:
    """Insert rows of one model in their order. Those without a key get the next ones; generated
    columns are not read back."""
    if not rows:
        return
    model: Any = type(rows[0])
    columns = [field for field in model._meta.concrete_fields if not field.generated]
    with transaction.atomic(savepoint=False):
        number_rows([row for row in rows if row.pk is None])
        _write(model, columns, _values(rows, columns, add=True))
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


def insert_values(model: Any, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows of a model, each the values of the named columns, in their order. To make an
    object of a row takes longer than to write it. The database gives the rows their keys."""
    columns = [model._meta.get_field(name) for name in names]
    with transaction.atomic(savepoint=False):
        _write(model, columns, _converted([list(row) for row in rows], columns))


def update_rows(rows: Sequence[models.Model], names: Sequence[str]) -> None:
    """Write the named columns of stored rows of one model."""
    if not rows:
        return
    options: Any = type(rows[0])._meta
    columns = [*(options.get_field(name) for name in names), options.pk]
    values = _values(rows, columns, add=False)
    if connection.vendor == "postgresql":
        _update_joined(options, columns, values)
    else:
        *new, key = [f"{_quoted(field.column)} = %s" for field in columns]
        update = f"UPDATE {_quoted(options.db_table)} SET {', '.join(new)} WHERE {key}"
        with connection.cursor() as cursor:
            cursor.executemany(update, list(values))


def set_prefetched(record: Any, rows: Mapping[str, Sequence[Any]]) -> None:
    """Let a record's relations answer with these rows, as if they had been prefetched. They have
    the columns of the related model, and need not be objects of it."""
    kept = record.__dict__.setdefault("_prefetched_objects_cache", {})
    for relation, own in rows.items():
        model = record.child(relation)
        found: Any = models.QuerySet(model, _query_of(model))
        kept[relation] = found
        found._result_cache, found._prefetch_done = list(own), True


@cache
def _query_of(model: type[models.Model]) -> Query:
    """Return the query of all rows of a model: whoever filters takes a copy."""
    return Query(model)


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def number_rows(rows: Sequence[Any]) -> None:
    """Give rows of one model the next keys of their table, as the database would. They are
    inserted in the same transaction, before others are numbered."""
    if not rows:
        return
    table, key = rows[0]._meta.db_table, rows[0]._meta.pk.column
    keys: Iterator[int]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                # The sequence is looked up once, not for each key.
                "WITH keys AS MATERIALIZED (SELECT pg_get_serial_sequence(%s, %s)::regclass AS of)"
                " SELECT nextval(keys.of) FROM keys, generate_series(1, %s)",
                [_quoted(table), key, len(rows)],
            )
            keys = iter([number for (number,) in cursor.fetchall()])
        else:
            # The transaction holds the lock of writing, so nobody else takes them.
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
            last = cursor.fetchone()
            keys = count(last[0] + 1 if last else 1)
    for row in rows:
        row.pk = next(keys)


def _values(rows: Sequence[Any], columns: Sequence[Any], *, add: bool) -> Iterator[list[Any]]:
    """Yield the values of each row as the database takes them."""
    read = attrgetter(*(field.attname for field in columns))
    # Columns that are set on writing, as the time of creation is.
    set_on_writing = [
        field for field in columns if add and type(field).pre_save is not models.Field.pre_save
    ]
    for field in set_on_writing:
        for row in rows:
            field.pre_save(row, True)
    return _converted(([*read(row)] for row in rows), columns)


def _converted(rows: Iterable[list[Any]], columns: Sequence[Any]) -> Iterator[list[Any]]:
    """Yield each row with its values as the database takes them."""
    # Not the name for it, which looks it up whenever it is read.
    database = connections[connection.alias]
    conversions = [
        (place, convert)
        for place, field in enumerate(columns)
        if (convert := _conversion(field, connection.vendor))
    ]
    for values in rows:
        for place, convert in conversions:
            # Most columns of numbers and dates are empty in most rows.
            if values[place] is not None:
                values[place] = convert(values[place], database)
        yield values


@cache
def _conversion(field: Any, vendor: str) -> Callable[[Any, Any], Any] | None:
    """Return what makes a value of a column one that a database takes, given both; None where that
    is the value itself."""
    target = field
    while target.is_relation:
        target = target.target_field
    if isinstance(target, AS_IT_IS):
        return None
    prepare: Callable[[Any, Any], Any] = field.get_db_prep_save
    return prepare


def _write(model: Any, columns: Sequence[Any], values: Iterator[list[Any]]) -> None:
    """Insert rows by the statement that is fastest for the database."""
    (_copy if connection.vendor == "postgresql" else _insert)(model, columns, values)


def _insert(model: Any, columns: Sequence[Any], values: Iterator[list[Any]]) -> None:
    names = ", ".join(_quoted(field.column) for field in columns)
    insert = f"INSERT INTO {_quoted(model._meta.db_table)} ({names}) VALUES "
    row = f"({', '.join(['%s'] * len(columns))})"
    with connection.cursor() as cursor:
        while part := list(islice(values, ROWS_PER_STATEMENT)):
            cursor.execute(insert + ", ".join([row] * len(part)), [*chain.from_iterable(part)])


def _update_joined(options: Any, columns: Sequence[Any], values: Iterator[list[Any]]) -> None:
    """Write what is joined to the table as arrays: PostgreSQL would plan a statement for each
    row."""
    table, names = _quoted(options.db_table), [_quoted(field.column) for field in columns]
    new = ", ".join(f"{name} = new.{name}" for name in names[:-1])
    update = (
        f"UPDATE {table} SET {new} FROM {joined(columns)} AS new ({', '.join(names)})"
        f" WHERE {table}.{names[-1]} = new.{names[-1]}"
    )
    with connection.cursor() as cursor:
        while part := list(islice(values, ROWS_PER_STATEMENT)):
            cursor.execute(update, [list(column) for column in zip(*part, strict=True)])


def joined(columns: Sequence[Any]) -> str:
    """Return the rows of PostgreSQL's that have an array for each column, as a parameter."""
    # Without its length: a cast would cut what is too long, where writing it is an error.
    types = [re.sub(r"\(.*\)", "", field.db_type(connection)) for field in columns]
    return f"unnest({', '.join(f'%s::{type}[]' for type in types)})"


def _copy(model: Any, columns: Sequence[Any], values: Iterator[list[Any]]) -> None:
    names = ", ".join(_quoted(field.column) for field in columns)
    table = _quoted(model._meta.db_table)
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy,
    ):
        for row in values:
            copy.write_row(row)
