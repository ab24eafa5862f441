"""The line that names the columns: in which sheet of a file it is, and in which line."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from records.curation.imports.columns import Column
from records.curation.imports.grids import HEADER_LINES, Grid, Row, SheetError, text_of
from records.models import fold


def key_of(name: Any) -> str:
    """A column's name as it is compared: case, spaces, underscores, hyphens and the marks behind
    a name do not matter."""
    return re.sub(r"[\s_\-–]+|[\s:*]+\Z", "", fold(text_of(name)))


def known_names(columns: Sequence[Column]) -> dict[str, Column]:
    """Return the columns by their names, and by the labels that forms give them."""
    labels = {key_of(label): column for column in columns for label in column.labels}
    return labels | {key_of(column.name): column for column in columns}


def chosen(
    found: Sequence[Grid], columns: Sequence[Column], known: Mapping[str, Column], sheet: str
) -> tuple[Grid, int]:
    """Return the sheet that has the columns and the line that names them; refuse where none or
    several do."""
    if sheet:
        named = [grid for grid in found if grid.name == sheet]
        if not named:
            names = ", ".join(f"“{grid.name}”" for grid in found[:20])
            raise SheetError(f"There is no sheet “{sheet[:60]}”. The sheets are {names}.")
        found = named
    headers = [(grid, header_of(grid, columns, known)) for grid in found if grid.rows]
    sound = [(grid, line) for grid, (line, complete, _) in headers if complete]
    # A sheet of names alone, as a template beside the data, is not meant where another has rows.
    filled = [(grid, line) for grid, line in sound if grid.rows[-1][0] > line]
    visible = [(grid, line) for grid, line in filled or sound if not grid.is_hidden or sheet]
    if len(visible) == 1:
        return visible[0]
    if visible:
        places = "; ".join(f"{grid.name}, header in line {line}" for grid, line in visible)
        raise SheetError(
            f"Several sheets have the columns: which one is meant? {places}. Choose it below and "
            f"send the file again.",
            choices=[grid.name for grid, _ in visible],
        )
    if sound:
        names = ", ".join(grid.name for grid, _ in sound)
        raise SheetError(
            f"Only a hidden sheet has the columns ({names}): unhide it, or choose it below.",
            choices=[grid.name for grid, _ in sound],
        )
    # The line that has most of the names is most probably the one that is meant.
    grid, (line, _, count) = max(
        headers, key=lambda header: (not header[0].is_hidden, header[1][2])
    )
    if not count:
        looked = ", ".join(
            f"{each.line(each.rows[0][0])}{' and what follows' if len(each.rows) > 1 else ''}"
            for each, _ in headers[:5]
        )
        raise SheetError(
            f"No line names the columns: take their names from the template. Looked at: {looked}."
        )
    return grid, line


def header_of(
    grid: Grid, columns: Sequence[Column], known: Mapping[str, Column]
) -> tuple[int, bool, int]:
    """Return the line that names the columns, whether it names all that are required, and how
    many it names."""
    required = {column.name for column in columns if column.required}
    best = (grid.rows[0][0], False, 0)
    for number, row in islice(with_merged(grid), HEADER_LINES):
        names = {known[key].name for value in row.values() if (key := key_of(value)) in known}
        if required <= names:
            return number, True, len(names)
        best = max(best, (number, False, len(names)), key=lambda line: line[2])
    return best


def with_merged(grid: Grid) -> Iterator[tuple[int, Row]]:
    """Yield the lines with the values of cells that are merged over several lines: of a header
    of two lines, some columns have their names in the first."""
    above: dict[int, tuple[int, Any]] = {}
    starts = defaultdict(list)
    for merged in grid.merged:
        if merged.last_line > merged.first_line and merged.first_place == merged.last_place:
            starts[merged.first_line].append(merged)
    for number, row in grid.rows:
        for merged in starts.get(number, ()):
            if merged.first_place in row:
                above[merged.first_place] = merged.last_line, row[merged.first_place]
        yield (
            number,
            {place: value for place, (last, value) in above.items() if last >= number} | row,
        )
