"""Judged figures by row, most of them in a temporary file, and their columns until all are there:
they take hardly any memory."""

import pickle
from bisect import bisect_right
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import fields
from tempfile import TemporaryFile
from types import TracebackType
from typing import Any

import numpy as np

from records.totals.judging import Entry
from records.totals.table import Array, Table, column_type

BLOCK = 200
"""Figures that are read together."""


class PackedEntries:
    """The entries of a table. Some stay in memory and are always the same objects; of the others,
    which are read from a file, each reading makes new ones. To be used in a `with` statement."""

    def __init__(self) -> None:
        self.length = 0
        self.kept: dict[int, Entry] = {}
        """Row → entry that stays."""
        self.rows: list[int] = []
        self.places: list[int] = []
        """First row of each block, and where it begins in the file."""
        self.last: tuple[int, Sequence[Entry | None]] = (-1, ())
        """The block that was read last, with its number."""
        self.file = TemporaryFile()  # noqa: SIM115 (closed by __exit__)

    def __enter__(self) -> "PackedEntries":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.file.close()

    def add(self, entries: Array, stay: Array) -> None:
        """Add entries; `stay` says which of them stay in memory."""
        for place in np.flatnonzero(stay).tolist():
            self.kept[self.length + place] = entries[place]
        for start in range(0, len(entries), BLOCK):
            block = [
                None if self.length + place in self.kept else entries[place]
                for place in range(start, min(start + BLOCK, len(entries)))
            ]
            self.rows.append(self.length + start)
            self.places.append(self.file.tell())
            pickle.dump(block, self.file, pickle.HIGHEST_PROTOCOL)
        self.length += len(entries)

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, rows: Any) -> Any:
        """Return the entry of a row, or an array of those of several rows, which are given by
        their numbers or as a mask."""
        if not isinstance(rows, np.ndarray):
            return self.entry(int(rows))
        numbers = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        found = np.empty(len(numbers), object)
        found[:] = [self.entry(row) for row in numbers.tolist()]
        return found

    def entry(self, row: int) -> Entry:
        found = self.kept.get(row)
        if found is None:
            number = bisect_right(self.rows, row) - 1
            if self.last[0] != number:
                self.file.seek(self.places[number])
                self.last = number, pickle.load(self.file)
            found = self.last[1][row - self.rows[number]]
            assert found is not None
        return found


class PackedColumns:
    """The columns of tables that become one table: each is in a file until its turn comes, so that
    none is in memory twice."""

    def __init__(self) -> None:
        self.names = [one.name for one in fields(Table)][1:]
        self.parts: dict[str, list[tuple[np.dtype, int]]] = {name: [] for name in self.names}
        """Type and length of each part of a column."""

    def __enter__(self) -> "PackedColumns":
        with ExitStack() as files:
            self.files = {name: files.enter_context(TemporaryFile()) for name in self.names}
            self.closing = files.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self.closing.close()

    def add(self, table: Table) -> None:
        """Add the rows of a table."""
        for name in self.names:
            column = getattr(table, name)
            self.files[name].write(column.tobytes())
            self.parts[name].append((column.dtype, len(column)))

    def table(self, entries: Any) -> Table:
        """Return all rows as one table, with its entries."""
        return Table(entries, *map(self.column, self.names))

    def column(self, name: str) -> Array:
        types = [type for type, _ in self.parts[name]]
        found = np.empty(
            sum(length for _, length in self.parts[name]),
            np.result_type(*types) if types else column_type(name),
        )
        self.files[name].seek(0)
        start = 0
        for type, length in self.parts[name]:
            part = self.files[name].read(type.itemsize * length)
            found[start : start + length] = np.frombuffer(part, type)
            start += length
        return found
