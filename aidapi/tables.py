"""Tables as files: CSV, NDJSON and XLSX from the same columns and rows, in constant memory.

A table never ends too early in silence. How many rows it has is counted before the first is sent
(`Dataset-Rows`); where fewer come, or something fails between, CSV and NDJSON end in a line that
no parser takes, with words for people, whatever the server then does with the connection. XLSX is
finished before its first byte is sent.
"""

import csv
import datetime
import io
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import IO, Any

import orjson
from xlsxwriter import Workbook

BOM = "\ufeff"
SEPARATOR = "|"
INSTEAD = "¦"
"""Stands for a separator that is part of a value."""
MAX_SHEET_ROWS = 100_000
MAX_CELL = 32_767
"""Characters that a cell of a workbook can hold."""
BLOCK = 1 << 16

Cell = Callable[[Any], Any]
"""What makes of a value what the file has for it."""


@dataclass(frozen=True)
class Column:
    """A column: its name, the kind of its values in terms of XML Schema, and what they mean."""

    name: str
    datatype: str
    description: str
    read: Callable[[Any], Any]
    """Its value, or list of values, in a document or in a part of one."""
    many: bool = False
    free: bool = True
    """Whether it is text of any form, not a code, id or day."""

    def csvw(self) -> dict[str, Any]:
        """The column as CSV on the Web describes it."""
        described: dict[str, Any] = {
            "name": self.name,
            "titles": self.name,
            "dc:description": self.description,
            "datatype": self.datatype,
        }
        return described | ({"separator": SEPARATOR} if self.many else {})


@dataclass(frozen=True)
class Table:
    """What a file holds. Rows come from documents, page by page of JSON texts."""

    name: str
    columns: Sequence[Column]
    pages: Callable[[], Iterator[Sequence[str]]]
    rows: Callable[[Sequence[Cell]], Callable[[Any], Sequence[Sequence[Any]]]]
    """Given a cell for each column: what makes of a document its rows."""
    count: int
    """How many rows there are."""
    documents: bool = False
    """Whether the rows are the documents: NDJSON then sends them as they stand."""


class Incomplete(Exception):
    """A table has not the rows that were counted."""


# --- Text


FORMULA = re.compile(r"'*[\s\x00-\x1f]*[=+\-@＝＋－＠]|'*[\t\r\n]")
"""What begins so, a spreadsheet may calculate instead of showing it."""


def guarded(text: Any) -> Any:
    """The text with an apostrophe before it if a spreadsheet might take it for a formula. What
    begins with apostrophes and is then dangerous has one more, so that taking one away again
    always gives the original."""
    if not text or text[0].isalnum() or not FORMULA.match(text):
        return text
    return "'" + text


def joined(values: Sequence[str | None]) -> str:
    """Several values in one cell."""
    if not values:
        return ""
    return SEPARATOR.join([(value or "").replace(SEPARATOR, INSTEAD) for value in values])


def guarded_joined(values: Sequence[str | None]) -> str:
    return guarded(joined(values))


def number(value: float | None) -> Any:
    """Digits, never an exponent."""
    return f"{Decimal(repr(value)):f}" if isinstance(value, float) else value


def truth(value: bool | None) -> str | None:
    return None if value is None else "true" if value else "false"


def same(value: Any) -> Any:
    return value


def cell(column: Column, raw: bool, kinds: dict[str, Cell]) -> Cell:
    """What a column's values become; `kinds` are those that are no text."""
    if column.many:
        return joined if raw or not column.free else guarded_joined
    return kinds.get(column.datatype) or (same if raw or not column.free else guarded)


# --- CSV and NDJSON


def csv_stream(table: Table, raw: bool) -> Iterator[bytes]:
    kinds: dict[str, Cell] = {"decimal": number, "integer": same, "boolean": truth}
    rows_of = table.rows([cell(column, raw, kinds) for column in table.columns])
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    text.write(BOM)
    writer.writerow([column.name for column in table.columns])

    def lines() -> Iterator[tuple[int, bytes]]:
        yield 0, text.getvalue().encode()
        for page in table.pages():
            text.seek(0)
            text.truncate()
            written = 0
            for body in page:
                rows = rows_of(orjson.loads(body))
                writer.writerows(rows)
                written += len(rows)
            yield written, text.getvalue().encode()

    # The quotation mark is never closed: parsers refuse the file.
    return whole(table, lines(), '"', "\r\n")


def ndjson_stream(table: Table) -> Iterator[bytes]:
    names = [column.name for column in table.columns]
    rows_of = table.rows([same] * len(names))

    def lines() -> Iterator[tuple[int, bytes]]:
        for page in table.pages():
            if table.documents:
                yield len(page), "".join(f"{body}\n" for body in page).encode()
                continue
            written, data = 0, bytearray()
            for body in page:
                for row in rows_of(orjson.loads(body)):
                    data += orjson.dumps(dict(zip(names, row, strict=True)))
                    data += b"\n"
                    written += 1
            yield written, bytes(data)

    return whole(table, lines(), "", "\n")


def whole(
    table: Table, lines: Iterator[tuple[int, bytes]], mark: str, end: str
) -> Iterator[bytes]:
    """The stream, which ends in a line that says so if it is not whole."""
    written = 0
    try:
        for rows, data in lines:
            written += rows
            yield data
        if written != table.count:
            raise Incomplete(f"{table.name}: {written} rows of {table.count}")
    except Exception:
        yield (
            f"{mark}INCOMPLETE: the server failed after {written} of {table.count} rows. "
            f"Download the file again.{end}"
        ).encode()
        raise


# --- XLSX


def workbook(
    table: Table,
    raw: bool,
    about: Sequence[tuple[str, str]],
    created: datetime.datetime,
    lists: Sequence[tuple[str, Sequence[tuple[str, str]]]] = (),
) -> IO[bytes]:
    """The table as an open workbook in a temporary file: the rows in the first sheet, what they
    are and what the columns mean in the second, lists of codes and their names in further ones.
    The same table gives the same bytes."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 (who gets it closes it)
    try:
        write_workbook(file, table, raw, about, created, lists)
    except Exception:
        file.close()
        raise
    file.seek(0)
    return file


def write_workbook(
    file: IO[bytes],
    table: Table,
    raw: bool,
    about: Sequence[tuple[str, str]],
    created: datetime.datetime,
    lists: Sequence[tuple[str, Sequence[tuple[str, str]]]] = (),
) -> None:
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
    }
    # Closed whatever happens, it leaves no files of its own behind.
    with Workbook(file, options) as book:
        book.set_properties({"title": table.name, "author": "AidAPI", "created": naive(created)})
        bold = book.add_format({"bold": True})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet = book.add_worksheet(table.name)
        sheet.freeze_panes(1, 0)
        for place, column in enumerate(table.columns):
            sheet.write_string(0, place, column.name, bold)
        kinds: dict[str, Cell] = dict.fromkeys(("decimal", "integer", "boolean"), same)
        kinds["date"] = date_cell
        rows_of = table.rows([cell(column, raw, kinds) for column in table.columns])
        line = 0
        for page in table.pages():
            for body in page:
                for row in rows_of(orjson.loads(body)):
                    line += 1
                    for place, value in enumerate(row):
                        write(sheet, line, place, value, day)
        if line != table.count:
            raise Incomplete(f"{table.name}: {line} rows of {table.count}")
        explained = [*about, ("", "")] + [
            (column.name, column.description) for column in table.columns
        ]
        for title, pairs in [("about", explained), *lists]:
            notes = book.add_worksheet(title)
            notes.set_column(0, 0, 28)
            notes.set_column(1, 1, 100)
            for line, (name, meaning) in enumerate(pairs):
                notes.write_string(line, 0, name, bold)
                notes.write_string(line, 1, guarded(meaning)[:MAX_CELL])


def date_cell(text: str | None) -> datetime.date | str | None:
    """A day; as text where it is before the time that workbooks know."""
    return datetime.date.fromisoformat(text) if text and text >= "1900-03-01" else text


def write(sheet: Any, line: int, place: int, value: Any, day: Any) -> None:
    if value is None or value == "":
        return
    if isinstance(value, str):
        sheet.write_string(line, place, value if len(value) <= MAX_CELL else cut(value))
    elif isinstance(value, bool):
        sheet.write_boolean(line, place, value)
    elif isinstance(value, datetime.date):
        sheet.write_datetime(line, place, value, day)
    else:
        sheet.write_number(line, place, value)


def cut(text: str) -> str:
    """What a cell can hold of a text that is too long for it, and that it is cut."""
    notice = f" … [cut here, of {len(text)} characters: the CSV has them all]"
    return text[: MAX_CELL - len(notice)] + notice


def naive(moment: datetime.datetime) -> datetime.datetime:
    return moment.astimezone(datetime.UTC).replace(tzinfo=None, microsecond=0)


class Blocks:
    """A file piece by piece; the server closes it, read or not."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if block := self.file.read(BLOCK):
            return block
        raise StopIteration

    def close(self) -> None:
        self.file.close()
