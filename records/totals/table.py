"""Prepared figures as columns: a query places and sums hundreds of thousands of them at once.

Equal values have equal numbers, so what follows from a value is found once and looked up by its
number. Amounts are kept in millionths, in two columns of whole numbers, so that sums are exact.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from functools import cached_property
from threading import Lock
from typing import Any, NamedTuple

import numpy as np

from records.totals.figures import SINGLE
from records.totals.judging import Entry

Array = np.ndarray[Any, Any]

PLACES = 6
"""Decimal places of amounts in columns."""
LOW = 10**9
"""What the lower column of an amount counts up to. Sums of both columns stay far below 2**63."""
MOST = 10**21
NOTHING = (0, 0)
WHY_NOT = (
    *("rival", "repeated", "joint", "undated", "unspecified", "no_lower_bound", "unproven"),
    *("overtaken", "part", "whole", "same_event", "contained", "overlaps"),
)
"""Reasons that figures of a query may have beside their own."""
TOTALS = 2_000
"""Totals of which is kept what was found: most groups of a query are the same after a
publication as before it. Those of the dataset take some 3 kB each."""
FEW = 4_000
"""Rows up to which sorting is cheaper than counting over all numbers."""


class Part(NamedTuple):
    """What totals are broken down by."""

    basis: str
    stage: str


class Numbers:
    """Numbers of values, from 0; they only grow, and never change."""

    def __init__(self, *first: Hashable) -> None:
        self.values: list[Any] = []
        self.known: dict[Hashable, int] = {}
        self.growing = Lock()
        for value in first:
            self.of(value)

    def of(self, value: Hashable) -> int:
        """Return the number of a value, the same for equal values."""
        found = self.known.get(value)
        if found is None:
            with self.growing:
                found = self.known.get(value)
                if found is None:
                    found = len(self.values)
                    # Whoever finds the number finds the value, too.
                    self.values.append(value)
                    self.known[value] = found
        return found


class Recent:
    """What was found of totals, by what it follows from: of those that were last asked for."""

    def __init__(self) -> None:
        self.known: OrderedDict[Hashable, dict[str, Any]] = OrderedDict()
        self.lock = Lock()

    def of(self, key: Hashable) -> dict[str, Any]:
        """Return what is known of a total; what is added to it is found by the next who asks."""
        with self.lock:
            found = self.known.setdefault(key, {})
            self.known.move_to_end(key)
            if len(self.known) > TOTALS:
                self.known.popitem(last=False)
            return found


class Registry:
    """The numbers of all values that figures of one kind have in columns, and what was found of
    totals of them."""

    def __init__(self) -> None:
        self.parties = Numbers()
        self.items = Numbers()
        self.dates = Numbers()
        self.records = Numbers()
        self.splits = Numbers()
        self.parts = Numbers()
        self.reasons = Numbers("", *WHY_NOT)
        self.words = Numbers("unspecified")
        """Operators, forms, series and codes of records."""
        self.found = Recent()

    @property
    def size(self) -> int:
        """The number of records and sides that were ever numbered."""
        return sum(len(one.values) for one in (self.parties, self.items, self.dates, self.records))


@dataclass
class Table:
    """Columns of prepared figures, a row for each."""

    entries: Any
    """The judged figures, as an array, or as `PackedEntries` by row."""
    ids: Array
    """Ids of the records, as bytes."""
    version: Array
    """Keys of the versions of the records; only the caller reads them."""
    key: Array
    """Keys of the figures; only the caller reads them."""
    record: Array
    figure: Array
    """Numbers of the figures in their records."""
    split: Array
    part: Array
    reason: Array
    """Why it does not count, whatever the query; 0 if it may."""
    givers: Array
    receivers: Array
    item: Array
    dates: Array
    least_high: Array
    least_low: Array
    face_high: Array
    face_low: Array
    size: Array
    """What figures are listed by, as floats: exact enough to distinguish numbers of 15 digits."""
    single: Array
    chosen: Array
    operator: Array
    tied: Array
    """Whether it is a single that other figures of its record and split may overlap."""
    together: Array
    """Whether its record has other figures about the same thing."""
    long: Array
    """Whether it has more digits than the columns of amounts."""
    form: Array
    series: Array
    codes: Array
    missing: Array
    """Whether its record names amounts that no figure holds."""

    def __len__(self) -> int:
        return len(self.entries)

    @cached_property
    def rows(self) -> Array:
        """All columns but the figures themselves, as bytes: a row of them for each figure."""
        columns = [getattr(self, one.name) for one in fields(self) if one.name != "entries"]
        return np.concatenate(
            [
                np.ascontiguousarray(column).view(np.uint8).reshape(len(column), column.itemsize)
                for column in columns
                if column.itemsize
            ],
            axis=1,
        )

    @cached_property
    def some_least(self) -> Array:
        """Which rows have a lower bound."""
        return (self.least_high | self.least_low) != 0

    @cached_property
    def some_face(self) -> Array:
        """Which rows have a number to count at its face."""
        return (self.face_high | self.face_low) != 0

    def spliced(self, gone: Array, added: "Table") -> "Table":
        """Return the table without some records, given by number, and with the rows of others;
        both tables are in the order of the ids."""
        stay = np.flatnonzero(~np.isin(self.record, gone))
        places = np.searchsorted(self.ids[stay], added.ids)
        order = np.insert(stay, places, len(self) + np.arange(len(added)))
        return Table(
            *(
                np.concatenate([getattr(self, one.name), getattr(added, one.name)])[order]
                for one in fields(self)
            )
        )


TYPES: dict[str, Any] = {
    "entries": object,
    "ids": np.bytes_,
    "version": np.int64,
    "key": np.int64,
    "size": np.float64,
    **dict.fromkeys(("least_high", "least_low", "face_high", "face_low"), np.int64),
    **dict.fromkeys(("single", "chosen", "missing"), np.bool_),
    **dict.fromkeys(("tied", "together", "long"), np.bool_),
}


def column_type(name: str) -> Any:
    return TYPES.get(name, np.int32)


def columns(
    entries: Sequence[Entry],
    registry: Registry,
    tied: Collection[Entry],
    together: Collection[Entry],
) -> Table:
    """Return the table of entries; `tied` are singles that figures of their record overlap,
    `together` those beside which it has others about the same thing."""
    words = registry.words
    units = Units()
    rows = []
    for entry in entries:
        figure = entry.figure
        least, face = units.of(entry.least), units.of(entry.face)
        rows.append(
            (
                entry,
                figure.id,
                figure.record,
                figure.key,
                registry.records.of(figure.id),
                figure.figure,
                registry.splits.of(entry.split),
                registry.parts.of(Part(figure.basis, entry.stage)),
                registry.reasons.of(entry.reason),
                *entry.sides,
                *(least or NOTHING),
                *(face or NOTHING),
                figure.lower or figure.value or 0,
                figure.basis == SINGLE,
                figure.chosen,
                words.of(figure.operator),
                entry in tied,
                entry in together,
                least is None or face is None,
                words.of(figure.form),
                words.of(figure.series),
                words.of(figure.codes),
                bool(figure.missing),
            )
        )
    names = [one.name for one in fields(Table)]
    values = zip(*rows, strict=True) if rows else [()] * len(names)
    return Table(
        *(np.array(column, column_type(name)) for name, column in zip(names, values, strict=True))
    )


class Units:
    """Amounts in millionths, as a higher and a lower whole number; each is computed once."""

    def __init__(self) -> None:
        self.known: dict[int, tuple[int, int] | None] = {}
        self.kept: list[Decimal] = []

    def of(self, amount: Decimal) -> tuple[int, int] | None:
        """Return the columns of an amount; None where it has more digits than they hold."""
        if id(amount) in self.known:
            return self.known[id(amount)]
        number, parts = amount.as_integer_ratio()
        units, rest = divmod(number * 10**PLACES, parts)
        found = None if rest or units >= MOST else divmod(units, LOW)
        self.known[id(amount)] = found
        # The object is kept, or another could come to have its identity.
        self.kept.append(amount)
        return found


def amount(units: int) -> Decimal:
    """Return an amount in millionths as a number."""
    whole, rest = divmod(units, 10**PLACES)
    return Decimal(units).scaleb(-PLACES) if rest else Decimal(whole)


def distinct(numbers: Array) -> Array:
    """Return the different numbers of a column, in rising order."""
    if len(numbers) < FEW:
        # Faster than np.unique, which hashes.
        ordered = np.sort(numbers)
        return ordered[np.append(True, ordered[1:] != ordered[:-1])] if len(ordered) else ordered
    return np.flatnonzero(marked(numbers))


def count(numbers: Array) -> int:
    """Return how many different numbers a column has."""
    return int(np.count_nonzero(marked(numbers))) if len(numbers) else 0


def marked(numbers: Array) -> Array:
    """Return which numbers, from 0 to the greatest, a column has."""
    found = np.zeros(int(numbers.max()) + 1, np.bool_)
    found[numbers] = True
    return found


class Found:
    """What follows from the numbers of columns, each found once and kept."""

    UNKNOWN = 255

    def __init__(self) -> None:
        self.known: Array = np.zeros(0, np.uint8)

    def of(self, numbers: Array, find: Callable[[int], int]) -> Array:
        """Return what follows from the numbers of a column: whole numbers below UNKNOWN."""
        if not len(numbers):
            return np.zeros(0, np.uint8)
        known = self.known
        if (size := int(numbers.max()) + 1) > len(known):
            # What another thread adds meanwhile is found again.
            more = np.full(size - len(known), self.UNKNOWN, np.uint8)
            self.known = known = np.concatenate([known, more])
        found = known[numbers]
        lacking = distinct(numbers[found == self.UNKNOWN])
        if len(lacking):
            known[lacking] = [find(number) for number in lacking.tolist()]
            found = known[numbers]
        return found


def looked_up(numbers: Array, find: Callable[[int], Any], type: Any = np.uint8) -> Array:
    """Return what follows from the numbers of a column; each different one is found once."""
    present = distinct(numbers)
    if not len(present):
        return np.zeros(0, type)
    table = np.zeros(int(present[-1]) + 1, type)
    table[present] = [find(number) for number in present.tolist()]
    return table[numbers]


def sums_by(classes: Array, high: Array, low: Array) -> dict[int, int]:
    """Return class → the exact sum of its rows in millionths."""
    present = distinct(classes)
    if not len(present):
        return {}
    place = np.zeros(int(present[-1]) + 1, np.int64)
    place[present] = np.arange(len(present))
    at = place[classes]
    sums = []
    for column in (high, low):
        summed = np.zeros(len(present), np.int64)
        np.add.at(summed, at, column)
        sums.append(summed.tolist())
    return {
        number: more * LOW + less
        for number, more, less in zip(present.tolist(), *sums, strict=True)
    }
