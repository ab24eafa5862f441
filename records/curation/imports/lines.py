"""The lines below the names of the columns: merged cells, lines that are no rows, and the text of
each cell in the form that files have."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import from_excel

from aidapi.errors import nearest
from aidapi.tables import FORMULA
from records.curation.imports import as_written, grids
from records.curation.imports.cells import NO_TEXT, Fault, is_text, read_cell, settle
from records.curation.imports.columns import Column
from records.curation.imports.grids import Grid, Range, Row, SheetError, Unreadable, shown, text_of
from records.curation.imports.headers import key_of, with_merged
from records.models import fold

COMMENT = "# "
"""A line whose first value begins so is for people, as the template's explanations."""
SERIAL_DAYS = range(25_569, 73_415)
"""Days as spreadsheets number them, from 1970 to 2100: what is less may be a year."""
CUT = re.compile(r" … \[cut here, of \d+ characters: the CSV has them all\]\Z")
WAS_CUT = "The text was cut when it was downloaded as XLSX: take the CSV."
TOTAL = re.compile(
    fold(
        "(?:(?:grand|sub|sous|tussen|eind)[ -]?)?tota(?:ls?|les?|ux|is|al)"
        "(?: (?:general|geral|generale|gral|global|complessivo|keseluruhan))?"
        "|sum|in all|overall|insgesamt|gesamt|(?:zwischen|gesamt|end)?summe|suma|somme|ensemble"
        "|(?:общий |общая )?(?:итого?|сумма)|всего|усього|всього|разом|общо|укупно|ukupno"
        "|razem|ogolem|lacznie|osszesen|(?:genel |ara )?toplam|jumlah|tong(?: cong)?"
        "|총계|합계|소계|총합계|कुल|योग"
        "|المجموع|الإجمالي|الاجمالي|المجموع الكلي"
        "|合计|合計|总计|總計|総計|小计|小計|计|計"
    )
)
NOTE = re.compile(
    r"(?:sources?|notes?|n\.?b\.?|remarks?|quelle|fuente|注|来源|來源)\s*[:：.]|[*†‡]"
)
ALONE = "Nothing else is filled in. If it is a note or a total, delete it or begin it with “# ”."
OVER_COLUMNS = (
    "“{shown}” is in a cell that is merged over the columns {names}: undo that, and fill in each."
)
ONE_NUMBER = (
    "The cell is merged with that of line {line}, “{shown}”: whether this line has the same "
    "number is not clear. Undo that, and give each line its own."
)
ONE_TITLE = (
    "The cell is merged with that of line {line}, “{shown}”. If the lines are one record, give "
    "them the same label in “record”; if not, undo that, and give each its title."
)


@dataclass
class Line:
    """A line of the file that holds something."""

    number: int
    """As a spreadsheet program numbers it."""
    cells: dict[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    original: dict[str, str] = field(default_factory=dict)
    """Column → text in the file, where that is not what `cells` has."""


@dataclass
class Sheet:
    columns: list[str]
    """The known names of its columns, in its order."""
    lines: list[Line]
    notes: list[str]
    """How it was read: which sheet and lines, and what was passed over."""
    decimal_comma: bool = False
    """Whether its program probably writes 1,5 for one and a half."""


class LineReader:
    """Reads the lines below the names of the columns."""

    def __init__(
        self, grid: Grid, header: int, columns: Sequence[Column], known: Mapping[str, Column]
    ) -> None:
        self.grid, self.header = grid, header
        self.known = known
        self.notes: list[str] = []
        self.places = self.named_places(
            next(row for number, row in with_merged(grid) if number == header), columns
        )
        self.merged = sorted(
            (merged for merged in grid.merged if merged.first_line > header),
            key=lambda merged: merged.first_line,
            reverse=True,
        )
        self.open: list[tuple[Range, Any]] = []
        """Merged cells that reach the line that is read, and their values."""
        self.wide_header = {
            place: self.places[merged.first_place].name
            for merged in grid.merged
            if merged.covers(header) and merged.first_place in self.places
            for place in range(
                merged.first_place + 1, min(merged.last_place, grids.MAX_COLUMNS) + 1
            )
        }

    def named_places(self, row: Row, columns: Sequence[Column]) -> dict[int, Column]:
        """Place → column, of the line that names them."""
        places: dict[int, Column] = {}
        problems = []
        for place, value in sorted(row.items()):
            name = text_of(value).strip()
            if not name:
                continue
            column = self.known.get(key_of(name))
            if place >= grids.MAX_COLUMNS:
                problems.append(self.far_away(self.header, place, name))
            elif column is None:
                meant = nearest(key_of(name), self.known, exact_case=True)
                question = f" Did you mean {self.known[meant].name}?" if meant else ""
                problems.append(f"There is no column “{shown(name, 60)}”.{question}")
            elif column in places.values():
                problems.append(f"The column “{column.name}” is there twice.")
            else:
                places[place] = column
        missing = [column.name for column in columns
                   if column.required and column not in places.values()]  # fmt: skip
        if missing:
            problems.append(f"These columns are missing: {', '.join(missing)}.")
        if problems:
            read_as = f"Read as names of the columns: {self.grid.line(self.header)}."
            raise SheetError(*problems[:20], read_as)
        return places

    def far_away(self, line: int, place: int, text: str) -> str:
        return (
            f"Cell {get_column_letter(place + 1)}{line} holds “{shown(text)}”, beyond the "
            f"{grids.MAX_COLUMNS} columns that a sheet may have: delete it."
        )

    def read(self) -> Sheet:
        lines = list(self.lines())
        if self.grid.is_cut:
            raise self.too_many_rows()
        if not lines:
            raise SheetError(
                f"There is no row below the names of the columns, {self.grid.line(self.header)}."
            )
        read_as = [f"header in line {self.header:,}", f"last row in line {lines[-1].number:,}"]
        if self.grid.name:
            read_as.insert(0, f"sheet {self.grid.name}")
        if self.grid.end > self.grid.rows[-1][0]:
            read_as.append(f"the lines below it, to line {self.grid.end:,}, hold no value")
        names = [column.name for column in self.places.values()]
        notes = [f"Read: {', '.join(read_as)}.", *self.notes]
        return Sheet(names, lines, notes, self.grid.decimal_comma)

    def lines(self) -> Iterator[Line]:
        count = 0
        for number, row in self.grid.rows:
            if number <= self.header:
                continue
            line = Line(number)
            own = self.without_covered(number, row)
            if not own or self.is_passed_over(number, own):
                continue
            values = self.with_values_above(line, own)
            for place, value in sorted(values.items()):
                self.read_cell(line, place, value)
            settle(
                self.places.values(),
                line.cells,
                line.faults,
                line.original,
                decimal_comma=self.grid.decimal_comma,
            )
            line.original = {
                name: text
                for name, text in line.original.items()
                if line.cells.get(name, "") != text.strip()
            }
            if len(values) == 1 and line.cells and "record" not in line.cells:
                line.faults.append(["", ALONE])
            if not (line.cells or line.faults):
                continue
            count += 1
            if count > grids.MAX_ROWS:
                raise self.too_many_rows()
            yield line

    def too_many_rows(self) -> SheetError:
        return SheetError(f"The file has more than {grids.MAX_ROWS:,} rows: divide it.")

    # Merged cells

    def without_covered(self, number: int, row: Row) -> Row:
        """Return the values that the sheet shows: what merged cells cover is hidden."""
        self.open = [(merged, value) for merged, value in self.open if merged.last_line >= number]
        while self.merged and self.merged[-1].first_line <= number:
            merged = self.merged.pop()
            if merged.last_line >= number and not self.overlaps(merged):
                at_first = merged.first_line == number
                self.open.append((merged, row.get(merged.first_place) if at_first else None))
        own = dict(row)
        for merged, _ in self.open:
            for place in range(merged.first_place, merged.last_place + 1) if own else ():
                if (number, place) != (merged.first_line, merged.first_place):
                    own.pop(place, None)
                if place > grids.MAX_COLUMNS:
                    break
        return own

    def overlaps(self, merged: Range) -> bool:
        """Whether a range is beyond the columns or, as in no sound workbook, over another."""
        return merged.first_place > grids.MAX_COLUMNS or any(
            merged.first_place <= other.last_place and other.first_place <= merged.last_place
            for other, _ in self.open
        )

    def with_values_above(self, line: Line, own: Row) -> Row:
        """Return the values of a line with those of merged cells, which count for every line that
        they cover; refuse those of which it is not clear for what they count."""
        values = dict(own)
        for merged, value in self.open:
            if value is None:
                continue
            values.pop(merged.first_place, None)
            places = [p for p in self.places if merged.first_place <= p <= merged.last_place]
            if not places:
                if merged.first_line == line.number:
                    values[merged.first_place] = value
                continue
            name = self.places[places[0]].name
            said = shown(value)
            if len(places) > 1:
                names = ", ".join(self.places[place].name for place in places)
                line.faults.append(
                    [name, OVER_COLUMNS.format(shown=said, names=names)],
                )
                continue
            from_above = merged.first_line < line.number
            if from_above and self.places[places[0]].is_number:
                fault = ONE_NUMBER.format(line=merged.first_line, shown=said)
                line.faults.append([name, fault])
                continue
            values[places[0]] = value
            if from_above and name == "title" and not self.is_labelled(values):
                fault = ONE_TITLE.format(line=merged.first_line, shown=said)
                line.faults.append([name, fault])
        return values

    def is_labelled(self, values: Row) -> bool:
        """Whether the line says of which record it is."""
        labels = [p for p, column in self.places.items() if column.name == "record"]
        merged = [m.first_place for m, value in self.open if value is not None]
        return any(place in values or place in merged for place in labels)

    # Lines that are no rows

    def is_passed_over(self, number: int, row: Row) -> bool:
        """Whether a line is for people: an explanation, a total, a note, or the header again.
        Totals and notes are reported."""
        texts = {place: text_of(value).strip() for place, value in sorted(row.items())}
        first = next(iter(texts.values()))
        if first.startswith(COMMENT) or self.is_comment(texts):
            return True
        keys = {place: key_of(text) for place, text in texts.items()}
        if all(
            place in self.places and self.known.get(key) is self.places[place]
            for place, key in keys.items()
        ):
            return True
        names = {self.known[key].name for key in keys.values() if key in self.known}
        if {column.name for column in self.places.values() if column.required} <= names:
            raise SheetError(
                f"The columns are named again, in another order, in {self.grid.line(number)}: "
                f"put each table into a sheet or file of its own."
            )
        what = self.purpose(number, texts)
        if what:
            self.notes.append(f"Passed over: line {number:,}, {what} (“{shown(first)}”).")
        return bool(what)

    def is_comment(self, texts: Mapping[int, str]) -> bool:
        return any(
            column.name == "record" and texts.get(place, "").startswith(COMMENT)
            for place, column in self.places.items()
        )

    def purpose(self, number: int, texts: Mapping[int, str]) -> str:
        """Return what a line is that is no row; empty for a row."""
        place, first = next(iter(texts.items()))
        filled = {self.places[place].name for place in texts if place in self.places}
        label = fold(first).strip(" :.*=")
        if not filled & {"statement", "quote"} and TOTAL.fullmatch(label):
            return "a total"
        if len(texts) > 1 or filled & {"record"}:
            return ""
        is_wide = any(
            merged.covers(number) and merged.first_place == place
            and merged.last_place > merged.first_place
            for merged, _ in self.open
        )  # fmt: skip
        return "a note" if is_wide or NOTE.match(fold(first)) else ""

    # Cells

    def read_cell(self, line: Line, place: int, value: Any) -> None:
        column = self.places.get(place)
        name = column.name if column else f"column {get_column_letter(place + 1)}"
        if isinstance(value, Unreadable):
            line.faults.append([name, value.why])
            return
        text = text_of(value)
        if not is_text(text):
            line.faults.append([name, NO_TEXT])
            return
        if not text.strip():
            return
        line.original[name] = text
        if column is None:
            line.faults.append([name, self.unnamed(line.number, place, text)])
        elif CUT.search(text):
            line.faults.append([name, WAS_CUT])
        elif isinstance(value, str) and as_written.is_nothing(text):
            pass
        else:
            try:
                if text := self.read_text(line, column, value, text):
                    line.cells[name] = text
            except ValueError as error:
                line.faults.append([name, str(error)])

    def unnamed(self, number: int, place: int, text: str) -> str:
        if place >= grids.MAX_COLUMNS:
            return self.far_away(number, place, text)
        stray = f"“{shown(text)}” is in a column without a name"
        if wide := self.wide_header.get(place):
            return f"{stray}: the name “{wide}” is merged over it, and counts for one column."
        return f"{stray}."

    def read_text(self, line: Line, column: Column, value: Any, text: str) -> str:
        """Return the text of a cell in the form that files have."""
        if column.free and column.name != "currency":
            return unguarded(text)
        text = text.strip()
        if column.is_date:
            text = line.original[column.name] = day_of(text, self.grid.epoch)
        if column.is_number and not isinstance(value, str):
            # What a workbook has as a number is one for certain.
            text = line.original[column.name] = as_written.clear(text)
        return read_cell(column, text)


def unguarded(text: str) -> str:
    """The text without the apostrophe that downloads put before what a spreadsheet might take
    for a formula (`aidapi.tables.guarded`)."""
    return text[1:] if text.startswith("'") and FORMULA.match(text[1:]) else text


def day_of(text: str, epoch: datetime) -> str:
    """A day that a spreadsheet has as a number, or with a time of 00:00, as the day alone."""
    if re.fullmatch(r"[0-9]{5}(?:\.0+)?", text, re.ASCII):
        days = int(text[:5])
        if days in SERIAL_DAYS:
            moment = from_excel(days, epoch)
            return moment.date().isoformat()
    return re.sub(r"(?<=\d)[ T]00:00(?::00)?\Z", "", text)
