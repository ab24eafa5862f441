"""Parquet: one file for each table, and the records of each kind with all that is nested in them.

Types are declared, never guessed: a column that is empty today has the type that it will have.
"""

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from rest_framework import serializers

from aidapi.tables import Column
from records.documents.columns import datatype
from records.documents.serializers import KnownDateField
from records.releases.tables import Document, Rows, Table

GROUP = 5_000
"""Rows of a row group, which are in memory while it is filled."""
NUMBER = pa.decimal128(21, 6)
"""15 significant digits, 6 of them decimals."""
TYPES = {
    "boolean": pa.bool_(),
    "integer": pa.int64(),
    "decimal": NUMBER,
    "date": pa.date32(),
    "dateTime": pa.timestamp("s", tz="UTC"),
}
"""Datatype of a column → its type; text for all others."""


def decimal(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(repr(value))


def day(value: str | None) -> date | None:
    return None if value is None else date.fromisoformat(value)


CONVERTED: dict[str, Callable[[Any], Any]] = {"decimal": decimal, "date": day}


def column_type(column: Column) -> Any:
    found = TYPES.get(column.datatype, pa.string())
    return pa.list_(found) if column.many else found


def column_values(column: Column, values: list[Any]) -> Any:
    """Return the values of a column as an array."""
    convert = CONVERTED.get(column.datatype)
    if column.datatype == "dateTime":
        return (
            pa.array([None if v is None else v.rstrip("Z") for v in values])
            .cast(pa.timestamp("s"))
            .cast(TYPES["dateTime"])
        )
    if convert is not None:
        values = [
            [convert(one) for one in value] if column.many else convert(value) for value in values
        ]
    return pa.array(values, column_type(column))


class Groups:
    """A Parquet file, written a row group at a time; the same rows give the same bytes."""

    def __init__(self, path: Path, schema: Any, about: dict[str, str]) -> None:
        self.schema = schema.with_metadata(about)
        self.file = pq.ParquetWriter(
            path, self.schema, compression="zstd", version="2.6", store_schema=True
        )
        self.batches: list[Any] = []
        self.count = 0

    def add(self, batch: Any) -> None:
        self.batches.append(batch)
        self.count += batch.num_rows
        while self.count >= GROUP:
            self.write_group(GROUP)

    def write_group(self, size: int) -> None:
        table = pa.Table.from_batches(self.batches, self.schema)
        self.file.write_table(table.slice(0, size), row_group_size=GROUP)
        self.batches = table.slice(size).to_batches()
        self.count -= size

    def close(self) -> None:
        if self.count:
            self.write_group(self.count)
        self.file.close()


class ParquetWriter:
    """Writes tables as Parquet."""

    def __init__(self, folder: Path, tables: Sequence[Table], about: dict[str, str]) -> None:
        folder.mkdir(exist_ok=True)
        self.files: dict[str, Groups] = {}
        for table in tables:
            schema = pa.schema(
                [
                    pa.field(
                        one.name,
                        column_type(one),
                        nullable=one.name not in table.key,
                        metadata={"description": one.description},
                    )
                    for one in table.columns
                ]
            )
            self.files[table.name] = Groups(folder / f"{table.name}.parquet", schema, about)

    def write(self, table: Table, rows: Rows) -> None:
        """Add rows to a table, if it is one of those written."""
        file = self.files.get(table.name)
        if file is None or not rows:
            return
        values = [
            column_values(column, list(cells))
            for column, cells in zip(table.columns, zip(*rows, strict=True), strict=True)
        ]
        file.add(pa.RecordBatch.from_arrays(values, schema=file.schema))

    def close(self) -> None:
        for file in self.files.values():
            file.close()


# --- Whole documents


def field_type(field: Any) -> Any:
    """Return the type of a field of a document."""
    if isinstance(field, serializers.ListSerializer):
        return pa.list_(field_type(field.child))
    if isinstance(field, serializers.Serializer):
        return pa.struct([pa.field(name, field_type(one)) for name, one in field.fields.items()])
    if isinstance(field, serializers.ListField):
        return pa.list_(pa.string())
    if isinstance(field, KnownDateField):
        return pa.string()
    return TYPES.get(datatype(field), pa.string())


def converter(field: Any) -> Any:
    """Return the function from a field's JSON to what Arrow takes; None if it takes the JSON."""
    if isinstance(field, serializers.ListSerializer):
        inner = converter(field.child)
        return inner and (lambda values: [inner(value) for value in values])
    if isinstance(field, serializers.Serializer):
        inside = {name: converter(one) for name, one in field.fields.items()}
        changed = {name: one for name, one in inside.items() if one is not None}
        if not changed:
            return None
        return lambda part: part | {name: one(part[name]) for name, one in changed.items()}
    return CONVERTED.get(datatype(field))


class DocumentWriter:
    """Writes whole documents of a kind as Parquet: parties, milestones, figures and statements
    are lists of structs. The days of dates are added as in tables."""

    def __init__(
        self, path: Path, serializer: Any, days: Sequence[Column], about: dict[str, str]
    ) -> None:
        fields = [
            pa.field(
                name,
                field_type(one),
                nullable=name != "id",
                metadata={"description": str(one.help_text or "")},
            )
            for name, one in serializer.fields.items()
        ]
        fields += [
            pa.field(one.name, column_type(one), metadata={"description": one.description})
            for one in days
        ]
        self.file = Groups(path, pa.schema(fields), about)
        self.convert = converter(serializer) or dict
        self.days = days

    def write(self, documents: Sequence[Document]) -> None:
        """Add documents."""
        rows = [
            self.convert(one) | {column.name: day(column.read(one)) for column in self.days}
            for one in documents
        ]
        self.file.add(pa.RecordBatch.from_pylist(rows, schema=self.file.schema))

    def close(self) -> None:
        self.file.close()
