"""What became of figures in totals, added to their documents or to their rows in CSV."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import orjson

from aidapi.tables import csv_cells, csv_lines
from records.documents.columns import figure_columns
from records.documents.serializers import FigureSerializer
from records.query.verdicts import OUTSIDE, Verdict, Verdicts

Stored = tuple[str, str]
"""A record's public id, and its stored rows."""


def add_verdicts(verdicts: Verdicts, documents: Sequence[Any]) -> None:
    """Add to the figures of documents what became of them."""
    ids = [one["id"] for one in documents]
    for document, found in zip(documents, verdicts.of(ids), strict=True):
        for number, figure in enumerate(document["figures"], start=1):
            figure |= fields_of(found.get(number, OUTSIDE))


def fields_of(verdict: Verdict) -> dict[str, Any]:
    """Return the fields of a figure that a verdict fills."""
    return {
        "in_at_least": verdict.in_at_least,
        "in_about": verdict.in_about,
        "left_out_reason": verdict.reason,
        "held_by": verdict.held_by,
    }


def judged_lines(verdicts: Verdicts) -> Callable[[Iterable[Stored]], list[str]]:
    """Return the function from stored rows of records to whole lines of CSV."""
    ends = LineEnds(verdicts)

    def lines_of(page: Iterable[Stored]) -> list[str]:
        page = list(page)
        ids = [id for id, _ in page]
        return [
            f"{line},{ends[found.get(number)]}"
            for (_, stored), found in zip(page, verdicts.numbered(ids), strict=True)
            for number, line in enumerate(orjson.loads(stored), start=1)
        ]

    return lines_of


class LineEnds(dict[int | None, str]):
    """Number of a verdict → its cells in CSV; None → those of a figure without one."""

    def __init__(self, verdicts: Verdicts) -> None:
        super().__init__()
        self.verdicts = verdicts
        self.columns = [one for one in figure_columns() if one.name in FigureSerializer.IN_TOTAL]
        self.cells = csv_cells(self.columns)

    def __missing__(self, number: int | None) -> str:
        verdict = OUTSIDE if number is None else self.verdicts.known.values[number]
        figure = fields_of(verdict)
        row = [cell(one.read(figure)) for one, cell in zip(self.columns, self.cells, strict=True)]
        self[number] = csv_lines([row])[0]
        return self[number]
