"""Reading an XLSX workbook into sheets of values.

The sheets are parsed here and not by openpyxl, because a workbook may hold a million cells that
are formatted and empty, or one cell far away from the others: openpyxl makes objects of all cells
and of the gaps between them, and while reading does not say which cells are merged (decision 37).
What dates, number formats and escapes mean is left to it.
"""

import io
import posixpath
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from typing import Any
from xml.parsers import expat

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format
from openpyxl.utils.cell import column_index_from_string, range_boundaries
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel
from openpyxl.utils.escape import unescape

from records.curation.imports.as_written import clear, is_of_amounts
from records.curation.imports.grids import (
    HEADER_LINES,
    MAX_ROWS,
    Grid,
    Range,
    Row,
    SheetError,
    Unreadable,
    text_of,
)

MAX_UNPACKED = 80_000_000
"""Bytes that a workbook may have when it is unpacked."""
MAX_TAGS = 8_000_000
"""Tags of XML that are read of a workbook; a cell with a value has four."""
EMPTY_CELL = re.compile(rb'<c r="[A-Z]{1,3}[0-9]{1,7}"(?: s="[0-9]{1,5}")? ?/>')
"""A cell that is only formatted, as programs write it: passed over before the parser sees it."""
MAX_MERGED = 200_000
MAX_LENGTH = 1_000_000
"""Characters of a cell. Spreadsheet programs write 32,767 at most, other programs more."""
LAST_LINE = 1_048_576
"""Of any worksheet."""
CHUNK = 1 << 16
NO_WORKBOOK = (
    "The file cannot be read as an XLSX workbook: open it in a spreadsheet program and save it "
    "again as .xlsx."
)
LITERAL = re.compile(r'"([^"]*)"|\[\$([^\]-]*)[^\]]*\]|\\(.)|([%$€£¥₹₩₽])')
"""What a number format shows as it is: "text", [$€-407], \\x, and signs of currencies."""


def read_workbook(data: bytes) -> list[Grid]:
    """Return the sheets that have cells, in their order."""
    with sound():
        return list(Workbook(opened(data)).grids())


def opened(data: bytes) -> zipfile.ZipFile:
    """Open the archive; refuse what is none, or is small only because it is packed. No more is
    unpacked of a file than the archive says that it has."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise SheetError("The file looks like a workbook but cannot be unpacked: save it "
                         "again as .xlsx.") from error  # fmt: skip
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED:
        raise SheetError(
            f"The workbook has more than {MAX_UNPACKED // 1_000_000} MB when it is unpacked: "
            f"divide it, or remove what is not needed, such as the formats of empty rows."
        )
    if any(entry.flag_bits & 1 for entry in entries):
        raise SheetError("The workbook is protected by a password: save it without one.")
    if "content.xml" in archive.namelist():
        raise SheetError("This is a workbook of OpenDocument (.ods): save it as .xlsx.")
    return archive


@contextmanager
def sound() -> Iterator[None]:
    """Raise whatever a broken or hostile workbook raises as one sentence for people."""
    try:
        yield
    except SheetError:
        raise
    except Exception as error:
        # The parsers raise whatever their parts do: of ZIP, of XML, of wrong types and numbers.
        raise SheetError(NO_WORKBOOK) from error


class Enough(Exception):
    """No more of a part needs to be read."""


class Workbook:
    """The parts of a workbook that say what is in its cells."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.tags = 0
        self.epoch: datetime = WINDOWS_EPOCH
        self.sheets: list[tuple[str, str, bool]] = []
        """(name, id of the relation, whether it is hidden)"""
        links = self.relations("")
        self.path = next(path for kind, path in links.values() if kind == "officeDocument")
        self.links = self.relations(self.path)
        self.parse(self.path, self.note_sheet)

    def grids(self) -> Iterator[Grid]:
        for name, link, hidden in self.sheets:
            kind, path = self.links[link]
            if kind == "worksheet":
                reader = SheetReader(self, Grid(name, is_hidden=hidden, epoch=self.epoch))
                yield reader.read(path)

    def note_sheet(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "workbookPr" and attributes.get("date1904") in ("1", "true"):
            self.epoch = MAC_EPOCH
        elif name == "sheet":
            link = next(text for key, text in attributes.items() if local(key) == "id")
            hidden = attributes.get("state", "visible") != "visible"
            self.sheets.append((attributes["name"], link, hidden))

    def relations(self, path: str) -> dict[str, tuple[str, str]]:
        """Return id → kind and path of the parts to which a part is related."""
        folder, name = posixpath.split(path)
        found: dict[str, tuple[str, str]] = {}

        def note(name: str, attributes: Mapping[str, str]) -> None:
            if name == "Relationship" and attributes.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", folder, attributes["Target"]))
                kind = attributes["Type"].rpartition("/")[2]
                found[attributes["Id"]] = kind, target.lstrip("/")

        self.parse(posixpath.join(folder, "_rels", f"{name}.rels"), note)
        return found

    def part(self, kind: str) -> str:
        """Return the path of the one part of a kind; empty if the workbook has none."""
        return next((path for other, path in self.links.values() if other == kind), "")

    @cached_property
    def strings(self) -> list[str]:
        """The texts that cells refer to by number."""
        found: list[str] = []
        texts = Texts()

        def end(name: str) -> None:
            texts.end(name)
            if name == "si":
                found.append(texts.taken())

        if path := self.part("sharedStrings"):
            self.parse(path, texts.start, end, texts)
        return found

    @cached_property
    def shown(self) -> list[str]:
        """How much each style shows of a number that is a date: day, month, year; duration for a
        length of time. The words that it shows beside a number that is none, as “€{}”; nothing
        where it shows none that change what the number means."""
        formats: dict[int, str] = dict(BUILTIN_FORMATS)
        found: list[str] = []
        inside = ""

        def start(name: str, attributes: Mapping[str, str]) -> None:
            nonlocal inside
            if name in ("cellXfs", "cellStyleXfs"):
                inside = name
            elif name == "numFmt" and "numFmtId" in attributes:
                formats[int(attributes["numFmtId"])] = attributes.get("formatCode", "")
            elif name == "xf" and inside == "cellXfs":
                found.append(shown_by(formats.get(int(attributes.get("numFmtId", 0)), "")))

        if path := self.part("styles"):
            self.parse(path, start)
        return found

    def parse(
        self,
        path: str,
        start: Callable[[str, Mapping[str, str]], None],
        end: Callable[[str], None] | None = None,
        texts: "Texts | None" = None,
    ) -> None:
        """Read a part with handlers of its elements, by their names without the namespace."""
        parser = expat.ParserCreate()
        parser.buffer_text = True

        def begin(name: str, attributes: dict[str, str]) -> None:
            # Most programs write names without a prefix, which then need no cutting.
            prefixed = ":" in name
            parser.StartElementHandler = started if prefixed else start
            parser.EndElementHandler = ended if prefixed and end else end
            parser.StartElementHandler(name, attributes)

        def started(name: str, attributes: Mapping[str, str]) -> None:
            start(local(name), attributes)

        def ended(name: str) -> None:
            if end is not None:
                end(local(name))

        def refuse(*_: Any) -> None:
            raise SheetError(NO_WORKBOOK)

        parser.StartElementHandler = begin
        # No part of a workbook declares a document type: entities are only there to do harm.
        parser.StartDoctypeDeclHandler = refuse
        if texts is not None:
            texts.parser = parser
        with self.archive.open(path) as file:
            while chunk := file.read(CHUNK):
                chunk = EMPTY_CELL.sub(b"", chunk)
                self.tags += chunk.count(b"<")
                if self.tags > MAX_TAGS:
                    raise SheetError(
                        f"The workbook has more than {MAX_TAGS // 4:,} cells: divide it, or copy "
                        f"the rows that are meant into a new workbook."
                    )
                parser.Parse(chunk)
        parser.Parse(b"", True)


def local(name: str) -> str:
    return name.rpartition(":")[2]


def shown_by(number_format: str) -> str:
    """Return how much a number format shows of a date, or what it shows beside a number."""
    if not number_format or not is_date_format(number_format):
        if number_format and is_timedelta_format(number_format):
            return "duration"
        return said_by(number_format)
    letters = re.sub(r'"[^"]*"|\[[^\]]*\]|\\.|_.|\*.', "", number_format.lower().split(";")[0])
    if "y" not in letters or "d" in letters or "h" in letters:
        return "day"
    return "month" if "m" in letters else "year"


def said_by(number_format: str) -> str:
    """Return the currency, scale or per cent sign that a format shows, beside “{}” for the number:
    a cell that shows “€7” or “5 million” holds 7 or 5."""
    shown = re.sub(r"_.|\*.", "", number_format.split(";")[0])
    marks = re.sub(r'"[^"]*"|\[[^\]]*\]|\\.', lambda found: "x" * len(found[0]), shown)
    digits = re.search(r"[0#?](?:[0#?.,]*[0#?])?(,*)", marks)
    if digits is None:
        return ""
    sides = [
        "".join(part for found in LITERAL.findall(side) for part in found).strip()
        for side in (shown[: digits.start()], shown[digits.end() :])
    ]
    # Commas at the end of the digits divide by thousands: what follows says so, and the cell holds
    # the whole number.
    before, after = (side if is_of_amounts(side, scales=not digits[1]) else "" for side in sides)
    return f"{before} {{}} {after}".strip() if before or after else ""


class Texts:
    """The text of an entry, without the reading aids (`rPh`) of Japanese."""

    def __init__(self) -> None:
        self.parser: Any = None
        self.parts: list[str] = []
        self.is_aid = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "rPh":
            self.is_aid = True
        elif name == "t" and not self.is_aid:
            self.parser.CharacterDataHandler = self.parts.append

    def end(self, name: str) -> None:
        if name == "rPh":
            self.is_aid = False
        elif name == "t":
            self.parser.CharacterDataHandler = None

    def taken(self) -> str:
        text = "".join(self.parts)
        self.parts.clear()
        return unescape(text) if "_x" in text else text


class SheetReader(Texts):
    """Reads one sheet. Of a formula the value that was saved with it counts."""

    def __init__(self, book: Workbook, grid: Grid) -> None:
        super().__init__()
        self.book, self.grid = book, grid
        self.row: Row = {}
        self.line = 0
        self.place = -1
        self.cell: Mapping[str, str] = {}
        self.is_formula = False
        self.places: dict[str, int] = {}

    def read(self, path: str) -> Grid:
        try:
            self.book.parse(path, self.start, self.end, self)
        except Enough:
            self.grid.is_cut = True
        self.grid.rows.sort(key=lambda row: row[0])
        self.grid.end = self.line
        return self.grid

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "c":
            self.cell, self.is_formula = attributes, False
            reference = attributes.get("r", "")
            self.place = self.place_of(reference) if reference else self.place + 1
        elif name == "row":
            self.line = int(attributes.get("r", self.line + 1))
            if self.line > LAST_LINE:
                raise SheetError(f"Sheet {self.grid.name} has more than {LAST_LINE:,} lines.")
            self.place, self.row = -1, {}
        elif name == "v":
            self.parser.CharacterDataHandler = self.parts.append
        elif name == "f":
            self.is_formula = True
        elif name == "mergeCell":
            self.note_merged(attributes["ref"])
        else:
            super().start(name, attributes)

    def end(self, name: str) -> None:
        if name == "c":
            if self.parts or self.is_formula:
                value = self.value(self.taken())
                if value is not None and not (isinstance(value, str) and not value.strip()):
                    self.row[self.place] = value
        elif name == "row":
            if self.row:
                if self.grid.rows and self.grid.rows[-1][0] == self.line:
                    raise SheetError(NO_WORKBOOK)
                self.grid.rows.append((self.line, self.row))
                if len(self.grid.rows) > MAX_ROWS + HEADER_LINES:
                    raise Enough
        elif name == "v":
            self.parser.CharacterDataHandler = None
        else:
            super().end(name)

    def place_of(self, reference: str) -> int:
        letters = reference.rstrip("0123456789")
        if letters not in self.places:
            self.places[letters] = column_index_from_string(letters) - 1
        return self.places[letters]

    def note_merged(self, reference: str) -> None:
        if len(self.grid.merged) == MAX_MERGED:
            raise SheetError(
                f"Sheet {self.grid.name} has more than {MAX_MERGED:,} merged cells: undo them."
            )
        left, top, right, bottom = range_boundaries(reference)
        self.grid.merged.append(Range(top, bottom, left - 1, right - 1))

    def value(self, text: str) -> Any:
        """Return the value of a cell; None where it has none."""
        if len(text) > MAX_LENGTH:
            return Unreadable(f"The cell holds more than {MAX_LENGTH:,} characters: shorten it.")
        kind = self.cell.get("t", "n")
        if kind == "inlineStr":
            return text
        if kind == "str":
            return text
        if not text.strip():
            return (
                Unreadable("The cell holds a formula without a saved value: paste the value in "
                           "its place.") if self.is_formula else None
            )  # fmt: skip
        if kind == "s":
            return self.book.strings[int(text)]
        if kind == "e":
            return Unreadable(f"The cell holds the error {text[:20]}: give the value.")
        if kind == "b":
            return text.strip() in ("1", "true")
        if kind == "d":
            return datetime.fromisoformat(text.strip())
        return self.number(text)

    def number(self, text: str) -> Any:
        number = float(text) if re.search(r"[.eE]", text) else int(text)
        style = int(self.cell.get("s", 0))
        shown = self.book.shown[style] if style < len(self.book.shown) else ""
        if "{}" in shown:
            share = shown.endswith("%")
            said = text_of(float(f"{number * 100:.15g}") if share else number)
            return shown.replace("{}", said if share else clear(said))
        if not shown:
            return number
        try:
            moment = from_excel(number, self.book.epoch, timedelta=shown == "duration")
        except (OverflowError, ValueError):
            return Unreadable("The cell holds a date that no calendar has: give the date.")
        # A text that says no more than the cell shows: 2020-03 where it shows Mar-20.
        if isinstance(moment, datetime) and moment.day == 1:
            if shown == "month":
                return f"{moment:%Y-%m}"
            if shown == "year" and moment.month == 1:
                return f"{moment:%Y}"
        return moment
