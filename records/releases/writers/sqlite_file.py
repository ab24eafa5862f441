"""One SQLite file with all tables, keys, foreign keys and indexes, for Datasette and others."""

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import orjson

from aidapi.tables import Column
from records.releases.tables import Rows, Table, converted

APPLICATION = int.from_bytes(b"AidR")
"""Identifies the format of the file to programs such as `file`."""
TYPES = {"boolean": "INTEGER", "integer": "INTEGER", "decimal": "REAL"}
INDEXED = ("as_of", "series", "measure", "currency", "published_on")
"""Columns that have an index where they are, beside keys and foreign keys."""


def quoted(name: str) -> str:
    return f'"{name}"'


def names(columns: Sequence[str]) -> str:
    return ", ".join(map(quoted, columns))


def as_list(value: list[Any]) -> str:
    return orjson.dumps(value).decode()


def conversion(column: Column) -> Callable[[Any], Any] | None:
    """Return the function from a value to what is stored; None if it is stored as it is."""
    if column.many:
        return as_list
    if column.datatype == "decimal":
        return lambda value: None if value is None else float(value)
    return None


def definition(table: Table) -> str:
    """Return the statement that creates a table."""
    lines = [
        f"{quoted(one.name)} {'TEXT' if one.many else TYPES.get(one.datatype, 'TEXT')}"
        + (" NOT NULL" if one.name in table.key else "")
        for one in table.columns
    ]
    lines.append(f"PRIMARY KEY ({names(table.key)})")
    lines += [
        f"FOREIGN KEY ({names(one.columns)}) REFERENCES {quoted(one.table)} ({names(one.to)})"
        for one in table.references
    ]
    inside = ",\n  ".join(lines)
    return f"CREATE TABLE {quoted(table.name)} (\n  {inside}\n)"


class SQLiteWriter:
    """Writes tables into one SQLite file. The same rows give the same bytes: one transaction, rows
    in the order of their keys, no time and no free pages."""

    def __init__(self, path: Path, tables: Sequence[Table], revision: int) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None)
        run = self.connection.execute
        run("PRAGMA page_size = 4096")
        run("PRAGMA encoding = 'UTF-8'")
        run("PRAGMA journal_mode = OFF")
        run("PRAGMA synchronous = OFF")
        run("PRAGMA cache_size = -4000")
        run(f"PRAGMA application_id = {APPLICATION}")
        run(f"PRAGMA user_version = {revision}")
        run("BEGIN")
        self.tables = tables
        self.inserts = {}
        for table in tables:
            run(definition(table))
            places = ", ".join("?" * len(table.columns))
            changed = [
                (place, convert)
                for place, column in enumerate(table.columns)
                if (convert := conversion(column))
            ]
            self.inserts[table.name] = (
                f"INSERT INTO {quoted(table.name)} VALUES ({places})",
                changed,
            )

    def write(self, table: Table, rows: Rows) -> None:
        """Add rows to a table."""
        statement, changed = self.inserts[table.name]
        self.connection.executemany(statement, (converted(row, changed) for row in rows))

    def close(self) -> None:
        for table in self.tables:
            columns = [one.columns for one in table.references]
            columns += [(one.name,) for one in table.columns if one.name in INDEXED]
            for some in columns:
                if some != table.key[: len(some)]:
                    name = quoted("_".join([table.name, *some]))
                    self.connection.execute(
                        f"CREATE INDEX {name} ON {quoted(table.name)} ({names(some)})"
                    )
        self.connection.execute("COMMIT")
        self.connection.close()
