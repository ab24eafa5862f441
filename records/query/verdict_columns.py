"""What became of all figures of a kind, for one pass over its records: they are read and judged in
parts, so that memory hardly grows with their number."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from records.query.bodies import bodies_at
from records.query.engine_rows import engine_rows
from records.query.revisions import in_force
from records.query.totals import Verdict, links_at
from records.totals.answer import answer
from records.totals.figures import Figure
from records.totals.packed import PackedEntries
from records.totals.prepare import prepare_in_parts
from records.totals.scopes import Query
from records.totals.table import Numbers

PART = 2_000
"""Number of records whose figures are in memory at a time."""


class VerdictColumns:
    """What became of figures in the totals of all records of a kind at a revision, as columns in
    the order of the ids."""

    def __init__(self, model: Any, revision: int) -> None:
        with PackedEntries() as packed:
            prepared = prepare_in_parts(figures(model, revision), links_at(revision), packed)
            self.ids, self.numbers = prepared.table.ids, prepared.table.figure
            self.known = Numbers()
            """Verdicts by number: most figures have one of a few."""
            self.verdicts = np.full(len(self.ids), -1, np.int32)
            for total in answer(prepared, Query()):
                outcome = total.outcome
                self.verdicts[outcome.rows] = [
                    self.known.of(Verdict.of(least, about))
                    for _, _, least, about in outcome.verdicts(range(len(outcome.rows)))
                ]

    def of(self, ids: Sequence[str]) -> dict[tuple[str, int], Verdict]:
        """Return (record, number of a figure) → what became of it, of the records from the first
        to the last of some ids, which are in order."""
        if not ids:
            return {}
        first = np.searchsorted(self.ids, ids[0].encode(), "left")
        end = np.searchsorted(self.ids, ids[-1].encode(), "right")
        return {
            (id.decode(), number): self.known.values[verdict]
            for id, number, verdict in zip(
                self.ids[first:end].tolist(),
                self.numbers[first:end].tolist(),
                self.verdicts[first:end].tolist(),
                strict=True,
            )
            if verdict >= 0
        }


def figures(model: Any, revision: int) -> Iterator[list[Figure]]:
    """Yield the figures of the records in force at a revision by the ids of these, in parts."""
    rows = in_force(model, revision).order_by("public_id").values_list("pk", flat=True)
    keys = np.fromiter(rows.iterator(), np.int64)
    bodies = bodies_at(revision)
    for start in range(0, len(keys), PART):
        part = keys[start : start + PART].tolist()
        yield engine_rows(in_force(model, revision, part), bodies)
