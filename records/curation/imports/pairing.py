"""Which figure of the corrected version a row of a spreadsheet is: spreadsheets are sorted, and
rows are put in and taken out, so their order says little."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from records.content.diff import most_alike

Cells = Mapping[str, str]


class Place(NamedTuple):
    """Where the figure of a row comes in its record."""

    number: int | None
    """The place of a figure of the corrected version; None behind them."""
    is_same: bool
    """Whether the row is that figure, and not another in its place."""


def pair(rows: Sequence[Cells], figures: Sequence[Cells]) -> list[Place]:
    """Return the place of each row. Rows and figures are given as cells that can be compared.

    Rows that are equal to a figure are that figure. Of the others the most alike belong together,
    by statement, words, measure, item and unit; order decides only where that leaves a choice.
    Where as many rows are left as figures, they take their places.
    """
    places: list[int | None] = [None] * len(rows)
    equal: dict[frozenset[tuple[str, str]], list[int]] = defaultdict(list)
    for place, figure in reversed(list(enumerate(figures))):
        equal[frozenset(figure.items())].append(place)
    for n, row in enumerate(rows):
        if same := equal[frozenset(row.items())]:
            places[n] = same.pop()
    left = sorted(place for same in equal.values() for place in same)
    rest = [n for n, place in enumerate(places) if place is None]
    alike = most_alike([*map(_content, figures)], [*map(_content, rows)], left, rest)
    for place, n in alike.items():
        places[n] = place
    left = [place for place in left if place not in alike]
    rest = [n for n in rest if places[n] is None]
    others = dict(zip(rest, left, strict=True)) if len(rest) == len(left) else {}
    return [Place(others.get(n, place), place is not None) for n, place in enumerate(places)]


def _content(cells: Cells) -> dict[str, object]:
    """Return cells in the form that contents have, as far as likeness looks at them."""
    return {**cells, "statement": [cells.get("statement", "")]}
