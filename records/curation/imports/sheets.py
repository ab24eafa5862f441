"""Reading a spreadsheet, CSV or XLSX, into lines of text by column. Its author may have
meant harm, or have used a program that guesses: what cannot be read for certain is refused, with
the cell and what would be right."""

import csv
import datetime
import io
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import WINDOWS_EPOCH, from_excel
from openpyxl.utils.escape import unescape

from aidapi.errors import nearest
from aidapi.tables import FORMULA
from records.content.values import read_text
from records.curation.imports.columns import Column
from records.models import fold

MAX_BYTES = 10_000_000
MAX_ROWS = 20_000
MAX_COLUMNS = 100
MAX_UNPACKED = 80_000_000
"""Bytes that a workbook may have when it is unpacked."""
LAST_LINE = 1_048_576
"""Of any worksheet."""
COMMENT = "# "
"""What begins so in the column `record` is a line for people, as the template's explanations."""
SERIAL_DAYS = range(25_569, 73_415)
"""Days as spreadsheets number them, from 1970 to 2100: what is less may be a year."""
CUT = re.compile(r" … \[cut here, of \d+ characters: the CSV has them all\]\Z")
NO_TEXT = "It holds characters that are no text (NUL, or half of a pair): type it again."
WAS_CUT = "The text was cut when it was downloaded as XLSX: take the CSV."

Fault = list[str]
"""[column, what is wrong and what would be right]"""


class SheetError(Exception):
    """Why a file cannot be read as a spreadsheet of its kind: one sentence for each fault."""

    def __init__(self, *problems: str) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


@dataclass
class Line:
    """A line of the file that holds something."""

    number: int
    """As a spreadsheet program numbers it."""
    cells: dict[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


@dataclass
class Sheet:
    columns: list[str]
    """The known names of its columns, in its order."""
    lines: list[Line]


@dataclass(frozen=True)
class Unreadable:
    """In place of a cell's value: why there is none."""

    why: str


Row = Sequence[Any]
"""The values of a line: texts, or what a workbook makes of its cells."""


def read(data: bytes, columns: Sequence[Column]) -> Sheet:
    """The file as lines; refused if it is no spreadsheet, or not one with these columns."""
    if len(data) > MAX_BYTES:
        raise SheetError(f"The file has more than {MAX_BYTES // 1_000_000} MB: divide it.")
    if not data.strip():
        raise SheetError("The file is empty.")
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise SheetError("This is a workbook of the old kind (.xls): save it as .xlsx.")
    if data.startswith(b"PK"):
        epoch, rows = workbook_rows(data)
    else:
        epoch, rows = WINDOWS_EPOCH, csv_rows(data, columns)
    numbered = enumerate(rows, start=1)
    for number, row in numbered:
        if any(text_of(value) for value in row):
            places = header(row, columns)
            lines = list(content(numbered, places, epoch))
            if not lines:
                raise SheetError(f"There is no row below the names of the columns, line {number}.")
            names = [column.name for column in places.values()]
            return Sheet(names, lines)
    raise SheetError("The file is empty.")


def key_of(name: str) -> str:
    """A column's name as it is compared: case, spaces and underscores do not matter."""
    return re.sub(r"[\s_]+", "", fold(name))


def header(row: Row, columns: Sequence[Column]) -> dict[int, Column]:
    """Place → column, of the line that names them."""
    known = {key_of(column.name): column for column in columns}
    places: dict[int, Column] = {}
    problems = []
    for place, value in enumerate(row):
        name = text_of(value).strip()
        if not name:
            continue
        column = known.get(key_of(name))
        if column is None:
            meant = nearest(key_of(name), known, exact_case=True)
            question = f" Did you mean {known[meant].name}?" if meant else ""
            problems.append(f"There is no column “{name[:60]}”.{question}")
        elif column in places.values():
            problems.append(f"The column “{column.name}” is there twice.")
        else:
            places[place] = column
    if not places:
        raise SheetError(
            "The first line must name the columns: take them from the template.", *problems[:5]
        )
    missing = [column.name for column in columns
               if column.required and column not in places.values()]  # fmt: skip
    if missing:
        problems.append(f"These columns are missing: {', '.join(missing)}.")
    if problems:
        raise SheetError(*problems[:20])
    return places


def content(
    numbered: Iterable[tuple[int, Row]], places: dict[int, Column], epoch: datetime.datetime
) -> Iterator[Line]:
    count = 0
    for number, row in numbered:
        if number > LAST_LINE:
            raise SheetError(f"The file has more lines than a worksheet can have ({LAST_LINE:,}).")
        line = Line(number)
        for place, value in enumerate(row):
            if value is None or value == "":
                continue
            read_cell(line, place, places.get(place), value, epoch)
        if line.cells.get("record", "").startswith(COMMENT) or not (line.cells or line.faults):
            continue
        count += 1
        if count > MAX_ROWS:
            raise SheetError(f"The file has more than {MAX_ROWS:,} rows: divide it.")
        yield line


def read_cell(
    line: Line, place: int, column: Column | None, value: Any, epoch: datetime.datetime
) -> None:
    name = column.name if column else f"column {get_column_letter(place + 1)}"
    if isinstance(value, Unreadable):
        line.faults.append([name, value.why])
        return
    text = text_of(value)
    try:
        read_text(text)
    except ValueError:
        line.faults.append([name, NO_TEXT])
        return
    if not text.strip():
        return
    if column is None:
        line.faults.append([name, f"“{text[:40]}” is in a column without a name."])
        return
    if CUT.search(text):
        line.faults.append([name, WAS_CUT])
        return
    if column.free:
        text = unguarded(text)
    elif column.is_date:
        text = day_of(text.strip(), epoch)
    else:
        text = text.strip()
    line.cells[name] = text


def unguarded(text: str) -> str:
    """The text without the apostrophe that downloads put before what a spreadsheet might take
    for a formula (`aidapi.tables.guarded`)."""
    return text[1:] if text.startswith("'") and FORMULA.match(text[1:]) else text


def day_of(text: str, epoch: datetime.datetime) -> str:
    """A day that a spreadsheet has as a number, or with a time of 00:00, as the day alone."""
    if re.fullmatch(r"[0-9]{5}(?:\.0+)?", text, re.ASCII):
        days = int(text[:5])
        if days in SERIAL_DAYS:
            moment = from_excel(days, epoch)
            return moment.date().isoformat()
    return re.sub(r"(?<=\d)[ T]00:00(?::00)?\Z", "", text)


def text_of(value: Any) -> str:
    """The value of a cell as it would be typed."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        # Spreadsheets show and keep 15 digits; what is beyond is noise of their arithmetic.
        exact = Decimal(f"{value:.15g}")
        return f"{exact:f}" if exact.is_finite() else str(value)
    if isinstance(value, datetime.datetime):
        midnight = value.time() == datetime.time()
        return value.date().isoformat() if midnight else value.isoformat(" ")
    return "" if value is None else str(value)


# --- CSV


def csv_rows(data: bytes, columns: Sequence[Column]) -> Iterator[Row]:
    text = decoded(data)
    known = {key_of(column.name) for column in columns}
    first = next((line for line in text.splitlines() if line.strip()), "")

    def named(delimiter: str) -> int:
        names = next(csv.reader([first], delimiter=delimiter), [])
        return sum(key_of(name) in known for name in names)

    delimiter = max(",;\t", key=named)
    csv.field_size_limit(MAX_BYTES)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise SheetError(
                f"Line {reader.line_num} cannot be read as CSV ({error}): a text that holds "
                f"quotation marks, line breaks or separators must be in quotation marks."
            ) from error
        if len(row) > MAX_COLUMNS:
            raise SheetError(f"Line {reader.line_num} has more than {MAX_COLUMNS} columns.")
        yield row


def decoded(data: bytes) -> str:
    """The text of a CSV in UTF-8; else what it seems to be, and what would be right."""
    right = "save it as “CSV UTF-8”, or as XLSX"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise SheetError(f"The file is in UTF-16 (“Unicode text”): {right}.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        byte = data[error.start]
        raise SheetError(
            f"Line {line} is no UTF-8 (byte {byte:02X}): the file is probably in "
            f"{guessed(data)}; {right}."
        ) from error


def guessed(data: bytes) -> str:
    """The encoding in which the file was probably saved."""
    for name, shown in (("gb18030", "GB 18030"), ("big5", "Big5")):
        try:
            letters = [letter for letter in data.decode(name) if letter > "\x7f"]
        except UnicodeDecodeError:
            continue
        if letters and all("\u2e80" <= letter <= "\uffef" for letter in letters):
            return shown
    return "Windows-1252"


# --- XLSX


def workbook_rows(data: bytes) -> tuple[datetime.datetime, Iterator[Row]]:
    """The date from which the workbook counts days, and the rows of its first sheet."""
    refuse_bombs(data)
    with sound():
        book = load_workbook(io.BytesIO(data), read_only=True)
        if not book.worksheets:
            raise SheetError("The workbook has no sheet with cells.")
        return book.epoch, sheet_rows(data, book)


def refuse_bombs(data: bytes) -> None:
    """Refuse what is no archive, or is small only because it is packed. No more is unpacked of a
    file than the archive says that it has."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
            encrypted = any(entry.flag_bits & 1 for entry in archive.infolist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise SheetError("The file looks like a workbook but cannot be unpacked: save it "
                         "again as .xlsx.") from error  # fmt: skip
    if size > MAX_UNPACKED:
        raise SheetError(
            f"The workbook has more than {MAX_UNPACKED // 1_000_000} MB when it is unpacked: "
            f"divide it, or remove what is not needed."
        )
    if encrypted:
        raise SheetError("The workbook is protected by a password: save it without one.")


@contextmanager
def sound() -> Iterator[None]:
    """Raise whatever a broken or hostile workbook raises as one sentence for people. Warnings of
    the library (styles, validations) are about nothing that is read here."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            yield
    except SheetError:
        raise
    except Exception as error:
        # The library raises whatever its parts do: of ZIP, of XML, of wrong types and numbers.
        raise SheetError(
            "The file cannot be read as an XLSX workbook: open it in a spreadsheet program and "
            "save it again as .xlsx."
        ) from error


def sheet_rows(data: bytes, book: Any) -> Iterator[Row]:
    """The rows of the first sheet. Of a formula the value that was saved with it counts."""
    cached: Any = None
    with sound():
        sheet = book.worksheets[0]
        sheet.reset_dimensions()
        for number, row in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS + 1), start=1):
            if len(row) > MAX_COLUMNS and row[MAX_COLUMNS].value is not None:
                raise SheetError(f"Line {number} has more than {MAX_COLUMNS} columns.")
            if number > LAST_LINE:
                raise SheetError(f"The sheet has more than {LAST_LINE:,} lines.")
            if any(cell.data_type == "f" for cell in row):
                cached = cached or SavedValues(data)
                yield cached.of(number, [value_of(cell) for cell in row], row)
            else:
                yield [value_of(cell) for cell in row]


def value_of(cell: Any) -> Any:
    if cell.data_type == "e":
        return Unreadable(f"The cell holds the error {cell.value}: give the value.")
    value = cell.value
    return unescape(value) if isinstance(value, str) and "_x" in value else value


class SavedValues:
    """The values that were saved beside formulas: the sheet once more, read in step."""

    def __init__(self, data: bytes) -> None:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()
        self.rows = enumerate(sheet.iter_rows(max_col=MAX_COLUMNS + 1), start=1)

    def of(self, number: int, values: list[Any], row: Sequence[Any]) -> list[Any]:
        saved = next(cells for at, cells in self.rows if at == number)
        return [
            value if cell.data_type != "f" else self.saved(other)
            for value, cell, other in zip(values, row, saved, strict=True)
        ]

    def saved(self, cell: Any) -> Any:
        if cell.value is None:
            return Unreadable("The cell holds a formula without a saved value: paste the value "
                              "in its place.")  # fmt: skip
        return value_of(cell)
