"""What a file holds before its columns are known: sheets of lines, and what cannot be read."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from decimal import Decimal
from typing import Any

from openpyxl.utils.datetime import WINDOWS_EPOCH

MAX_BYTES = 10_000_000
MAX_ROWS = 20_000
MAX_COLUMNS = 100
HEADER_LINES = 30
"""Lines with a value among which the names of the columns are looked for."""


class SheetError(Exception):
    """Why a file cannot be read as a spreadsheet of its kind: one sentence for each fault."""

    def __init__(self, *problems: str, choices: Sequence[str] = ()) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems
        self.choices = list(choices)
        """Names of the sheets of which one is to be chosen."""


@dataclass(frozen=True)
class Unreadable:
    """In place of a cell's value: why there is none."""

    why: str


Row = dict[int, Any]
"""Place from 0 → value, of the cells that have one: a text, or what a workbook makes of it."""


@dataclass(frozen=True)
class Range:
    """Cells that are merged into one: lines from 1 and places from 0, ends included."""

    first_line: int
    last_line: int
    first_place: int
    last_place: int

    def covers(self, line: int) -> bool:
        return self.first_line <= line <= self.last_line


@dataclass
class Grid:
    """One sheet of a file: its lines that have a value."""

    name: str = ""
    """Empty for a CSV, which has no sheets."""
    rows: list[tuple[int, Row]] = field(default_factory=list)
    """(line as a spreadsheet program numbers it, its values)"""
    merged: list[Range] = field(default_factory=list)
    is_hidden: bool = False
    is_cut: bool = False
    """Whether it has more rows than are read."""
    end: int = 0
    """The last line, with a value or only formatted."""
    epoch: datetime = WINDOWS_EPOCH
    """The day from which its program counts days."""
    decimal_comma: bool = False
    """Whether its program probably writes 1,5 for one and a half."""

    def line(self, number: int) -> str:
        """Return what to call a line: line 3 of sheet Data."""
        return f"line {number:,} of sheet {self.name}" if self.name else f"line {number:,}"


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
    if isinstance(value, datetime):
        midnight = value.time() == time()
        return value.date().isoformat() if midnight else value.isoformat(" ")
    return "" if value is None else str(value)


def shown(value: Any, most: int = 40) -> str:
    """Return the beginning of a value for a message, without what is no text."""
    text = text_of(value)[:most].replace("\0", "\ufffd")
    return text.encode(errors="replace").decode()
