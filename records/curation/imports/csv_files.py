"""Reading a CSV file, in the dialect of whatever program wrote it, into lines of texts."""

import csv
import io
import re
from collections.abc import Callable
from itertools import islice

from records.curation.imports.grids import (
    HEADER_LINES,
    MAX_BYTES,
    MAX_COLUMNS,
    MAX_ROWS,
    Grid,
    SheetError,
)

SEPARATORS = ",;\t"
SAID = re.compile(r'"?sep=(?P<separator>[,;\t])"?[ \t]*(?:\r\n|\r|\n|\Z)', re.IGNORECASE)
"""A first line that names the separator, as Excel writes and reads it."""
HEAD = 1 << 16
"""Characters in which the separator is looked for."""


def read_csv(data: bytes, names: Callable[[str], bool]) -> Grid:
    """Return the lines that have a value. `names` says whether a text is the name of a column: by
    them the separator is known."""
    text = decoded(data)
    said = SAID.match(text)
    body = text[said.end() :] if said else text
    separator = said["separator"] if said else separator_of(body, names)
    grid = Grid()
    csv.field_size_limit(MAX_BYTES)
    lines = io.StringIO(without_blanks(body, separator), newline="")
    reader = csv.reader(lines, delimiter=separator, strict=True)
    for number in range(1 + bool(said), MAX_BYTES):
        try:
            values = next(reader, None)
        except csv.Error as error:
            raise SheetError(
                f"Line {reader.line_num + bool(said)} cannot be read as CSV ({error}): a text "
                f"that holds quotation marks, line breaks or separators must be in quotation "
                f"marks."
            ) from error
        if values is None:
            break
        if len(values) > MAX_COLUMNS:
            raise SheetError(
                f"Line {reader.line_num + bool(said)} has more than {MAX_COLUMNS} columns."
            )
        row = {place: value for place, value in enumerate(values) if value.strip()}
        if not row:
            continue
        grid.rows.append((number, row))
        grid.end = number
        if len(grid.rows) > MAX_ROWS + HEADER_LINES:
            grid.is_cut = True
            break
    grid.decimal_comma = separator == ";"
    return grid


def separator_of(text: str, names: Callable[[str], bool]) -> str:
    """Return the separator by which a line among the first has most names of columns."""

    def named(separator: str) -> int:
        lines = io.StringIO(without_blanks(text[:HEAD], separator), newline="")
        reader = csv.reader(lines, delimiter=separator)
        return max(
            (sum(names(value) for value in row) for row in islice(reader, 2 * HEADER_LINES)),
            default=0,
        )

    return max(SEPARATORS, key=named)


def without_blanks(text: str, separator: str) -> str:
    """Return the text without the blanks around values in quotation marks, as lists kept by hand
    have them: the marks would otherwise be part of the value. A file of tabs stays as it is."""
    if separator == "\t" or '"' not in text:
        return text
    end = rf"(?P<end>[{separator}\r\n]|\Z)"
    blanks = r"[ \t\u00a0]*"
    quoted = rf'{blanks}(?P<value>"[^"]*+(?:""[^"]*+)*+"){blanks}{end}'
    field = re.compile(rf"{quoted}|[^{separator}\r\n]*+(?:[{separator}\r\n]|\Z)")
    return field.sub(
        lambda found: found[0] if found["value"] is None else found["value"] + found["end"], text
    )


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
