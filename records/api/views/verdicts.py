"""What became of figures in totals, added to their documents or to their rows in CSV."""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
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
    found = verdicts.of([one["id"] for one in documents])
    for document in documents:
        for number, figure in enumerate(document["figures"], start=1):
            figure |= fields_of(found.get((document["id"], number), OUTSIDE))


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
    end_of = line_ends()

    def lines_of(page: Iterable[Stored]) -> list[str]:
        page = list(page)
        found = verdicts.of([id for id, _ in page])
        return [
            f"{line},{end_of(found.get((id, number), OUTSIDE))}"
            for id, stored in page
            for number, line in enumerate(orjson.loads(stored), start=1)
        ]

    return lines_of


def line_ends() -> Callable[[Verdict], str]:
    """Return the function from a verdict to its cells in CSV, which remembers them."""
    columns = [one for one in figure_columns() if one.name in FigureSerializer.IN_TOTAL]
    cells = csv_cells(columns)

    @cache
    def end_of(verdict: Verdict) -> str:
        figure = fields_of(verdict)
        row = [cell(one.read(figure)) for one, cell in zip(columns, cells, strict=True)]
        return csv_lines([row])[0]

    return end_of
