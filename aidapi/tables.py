"""Tables as files: CSV, NDJSON and XLSX from the same columns and rows, in constant memory.

A truncated table is never mistaken for a complete one. Rows are counted before the first is sent
(`Dataset-Rows`); if there are fewer, or an error occurs, CSV and NDJSON end in a line that no
parser accepts and that explains the error. XLSX is finished before its first byte is sent.
"""

import csv
import datetime
import io
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import IO, Any, cast

import orjson
from xlsxwriter import Workbook

from aidapi.dates import LENGTHS, PATTERN

BOM = "\ufeff"
SEPARATOR = "|"
INSTEAD = "¦"
"""Replaces a separator that is part of a value."""
NOTHING = "none"
"""Replaces a value of a list that is null: an empty cell is a list without values. For CSV on the
Web it is a value, since there a cell of one null would be null, not a list."""
MAX_SHEET_ROWS = 100_000
IN_MEMORY = 1024 * 1024
"""Size up to which a temporary file is kept in memory, in bytes."""
MAX_CELL = 32_767
"""Maximum length of a workbook cell in characters."""

KNOWN_DATE = "known date"
"""Datatype of dates that may lack their day or month."""

Cell = Callable[[Any], Any]
"""Function from a value to the content of its cell."""


@dataclass(frozen=True)
class Column:
    """Column: its name, the XML Schema datatype of its values or KNOWN_DATE, and their meaning."""

    name: str
    datatype: str
    description: str
    read: Callable[[Any], Any]
    """Return its value, or list of values, in a document or in a part of one."""
    many: bool = False
    free: bool = True
    """Whether it is free text, not a code, id or date."""

    def csvw(self) -> dict[str, Any]:
        """Return the description of the column as CSV on the Web."""
        described: dict[str, Any] = {
            "name": self.name,
            "titles": self.name,
            "dc:description": self.description,
            "datatype": {"base": "string", "format": PATTERN}
            if self.datatype == KNOWN_DATE
            else self.datatype,
        }
        return described | ({"separator": SEPARATOR} if self.many else {})


@dataclass(frozen=True)
class Table:
    """Content of a file. Its rows are made from documents, in pages of JSON texts."""

    name: str
    columns: Sequence[Column]
    pages: Callable[[], Iterator[Sequence[str]]]
    rows: Callable[[Sequence[Cell]], Callable[[Sequence[Any]], Sequence[Sequence[Any]]]]
    """Return, given a cell for each column, the function from a page of documents to its rows."""
    count: int
    """Number of rows."""
    documents: bool = False
    """Whether each row is a document, which NDJSON sends unchanged."""
    lines: Callable[[], Iterator[Sequence[str]]] | None = None
    """Return the rows as lines of CSV, in pages, where these are stored."""


class Incomplete(Exception):
    """Error of a table with other rows than were counted."""


# --- Text


FORMULA = re.compile(r"'*[\s\x00-\x1f]*[=+\-@＝＋－＠]|'*[\t\r\n]")
"""Beginning of text that a spreadsheet may read as a formula."""


def guarded(text: Any) -> Any:
    """Return the text, prefixed with an apostrophe if a spreadsheet may read it as a formula. Text
    that has apostrophes before such a beginning gets one more, so that removing one always
    restores the original."""
    if not text or text[0].isalnum() or not FORMULA.match(text):
        return text
    return "'" + text


def joined(values: Sequence[str | None]) -> str:
    """Return several values as one cell, with an entry for each, so that lists of the same things
    side by side keep their places."""
    if not values:
        return ""
    return SEPARATOR.join(
        [NOTHING if value is None else value.replace(SEPARATOR, INSTEAD) for value in values]
    )


def guarded_joined(values: Sequence[str | None]) -> str:
    return guarded(joined(values))


def number(value: float | Decimal | None) -> str | None:
    """Return the number in digits, with at least one decimal and never with an exponent. Readers
    guess the type of a column from its first rows: all its numbers have one form."""
    if value is None:
        return None
    if isinstance(value, int):
        return f"{value}.0"
    digits = f"{Decimal(repr(value)) if isinstance(value, float) else value.normalize():f}"
    return digits if "." in digits else f"{digits}.0"


def fraction(value: float | None) -> float | None:
    """Return the number as JSON writes those that have decimals, as `number` does in CSV. Figures
    have at most 15 digits, which it keeps."""
    return None if value is None else float(value)


def truth(value: bool | None) -> str | None:
    return None if value is None else "true" if value else "false"


def same(value: Any) -> Any:
    return value


def cell(column: Column, raw: bool, kinds: dict[str, Cell]) -> Cell:
    """Return the cell of a column; `kinds` has the cells of datatypes other than text."""
    if column.many:
        return joined if raw or not column.free else guarded_joined
    return kinds.get(column.datatype) or (same if raw or not column.free else guarded)


# --- CSV and NDJSON


CSV_CELLS: dict[str, Cell] = {"decimal": number, "integer": same, "boolean": truth}
LINE_END = "\r\n"
UNCLOSED = '"'
"""Quotation mark that is never closed: parsers refuse the file."""


def csv_cells(columns: Sequence[Column], raw: bool = False) -> list[Cell]:
    """Return the cells of columns in CSV."""
    return [cell(column, raw, CSV_CELLS) for column in columns]


def csv_lines(rows: Sequence[Sequence[Any]]) -> list[str]:
    """Return rows as lines of CSV, without their ends."""
    lines = []
    for row in rows:
        text = io.StringIO(newline="")
        # Only cells with parts of the writer's line end are quoted for them.
        csv.writer(text, lineterminator=LINE_END).writerow(row)
        lines.append(text.getvalue().removesuffix(LINE_END))
    return lines


def stored_stream(table: Table, pages: Iterator[Sequence[str]]) -> Iterator[bytes]:
    """Yield the CSV of a table whose lines are stored."""

    def lines() -> Iterator[tuple[int, bytes]]:
        names = csv_lines([[column.name for column in table.columns]])
        yield 0, f"{BOM}{names[0]}{LINE_END}".encode()
        for page in pages:
            yield len(page), f"{LINE_END.join(page)}{LINE_END}".encode()

    return whole(table, lines(), UNCLOSED, LINE_END)


def csv_stream(table: Table, raw: bool) -> Iterator[bytes]:
    if table.lines and not raw:
        return stored_stream(table, table.lines())
    rows_of = table.rows(csv_cells(table.columns, raw))
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    text.write(BOM)
    writer.writerow([column.name for column in table.columns])

    def lines() -> Iterator[tuple[int, bytes]]:
        yield 0, text.getvalue().encode()
        for page in table.pages():
            text.seek(0)
            text.truncate()
            rows = rows_of(list(map(orjson.loads, page)))
            writer.writerows(rows)
            yield len(rows), text.getvalue().encode()

    return whole(table, lines(), UNCLOSED, LINE_END)


def ndjson_stream(table: Table) -> Iterator[bytes]:
    names = [column.name for column in table.columns]
    rows_of = table.rows(
        [
            fraction if column.datatype == "decimal" and not column.many else same
            for column in table.columns
        ]
    )

    def lines() -> Iterator[tuple[int, bytes]]:
        for page in table.pages():
            if table.documents:
                yield len(page), "".join(f"{body}\n" for body in page).encode()
                continue
            rows = rows_of(list(map(orjson.loads, page)))
            data = bytearray()
            for row in rows:
                data += orjson.dumps(dict(zip(names, row, strict=True)))
                data += b"\n"
            yield len(rows), bytes(data)

    return whole(table, lines(), "", "\n")


def written(stream: Iterator[bytes]) -> IO[bytes]:
    """Return an open temporary file of the stream, or raise what broke it off."""
    file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 (the caller closes it)
    try:
        file.writelines(stream)
    except Exception:
        file.close()
        raise
    return cast("IO[bytes]", file)


def whole(
    table: Table, lines: Iterator[tuple[int, bytes]], mark: str, end: str
) -> Iterator[bytes]:
    """Yield the stream, with a last line that says so if it is incomplete."""
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
    """Return the table as a workbook in an open temporary file: the rows in the first sheet, the
    metadata and the meaning of columns in the second, lists of codes and names in further ones.
    The same table gives the same bytes."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 (the caller closes it)
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
    # Always closed, so that it leaves no temporary files.
    with Workbook(file, options) as book:
        book.set_properties({"title": table.name, "author": "AidAPI", "created": naive(created)})
        bold = book.add_format({"bold": True})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet = book.add_worksheet(table.name)
        sheet.freeze_panes(1, 0)
        for place, column in enumerate(table.columns):
            sheet.write_string(0, place, column.name, bold)
        kinds: dict[str, Cell] = dict.fromkeys(("integer", "boolean"), same)
        # A workbook holds floats, whatever number of zeros a decimal has.
        kinds["decimal"] = fraction
        kinds["date"] = kinds[KNOWN_DATE] = date_cell
        rows_of = table.rows([cell(column, raw, kinds) for column in table.columns])
        line = 0
        for page in table.pages():
            for row in rows_of(list(map(orjson.loads, page))):
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
    """Return the date; as text if it is no whole day, or too early for workbooks."""
    whole = text and len(text) == LENGTHS["day"] and text >= "1900-03-01"
    return datetime.date.fromisoformat(text) if text and whole else text


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
    """Return the text shortened to the maximum of a cell, with a notice."""
    notice = f" … [cut here, of {len(text)} characters: the CSV has them all]"
    return text[: MAX_CELL - len(notice)] + notice


def naive(moment: datetime.datetime) -> datetime.datetime:
    return moment.astimezone(datetime.UTC).replace(tzinfo=None, microsecond=0)
