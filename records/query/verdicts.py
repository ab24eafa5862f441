"""What became of figures in totals, and why: as columns, of which a record's are looked up."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from records.totals.answer import Outcome
from records.totals.table import Array, Numbers


@dataclass(frozen=True)
class Verdict:
    """What became of a figure in the totals of a query."""

    in_at_least: bool
    in_about: bool
    reason: str | None
    """Why it is not in both, of `about` where it is in neither."""
    held_by: str | None
    """Id of the record whose figure counts in its place."""


OUTSIDE = Verdict(False, False, "outside", None)
"""Of a figure that the query does not hold."""


class Verdicts:
    """What became of the figures in some totals, in the order of the ids of their records; of a
    figure that several of the totals judge, the last verdict."""

    def __init__(self, outcomes: Iterable[Outcome] = ()) -> None:
        self.known = Numbers()
        """Verdicts by number: most figures have one of a few."""
        ids, numbers, verdicts = [np.array([], "S1")], [NONE], [NONE]
        for outcome in outcomes:
            ids.append(outcome.table.ids[outcome.rows])
            numbers.append(outcome.table.figure[outcome.rows])
            verdicts.append(self.numbers_of(outcome))
        every = np.concatenate(ids)
        order = np.argsort(every, kind="stable")
        self.ids = every[order]
        self.numbers = np.concatenate(numbers)[order]
        self.verdicts = np.concatenate(verdicts)[order]

    def __len__(self) -> int:
        return len(self.ids)

    def numbers_of(self, outcome: Outcome) -> Array:
        """Return the numbers of the verdicts on the figures of an outcome."""
        least, about = outcome.least, outcome.about
        # Why a figure is in neither is told by `about`.
        reasons = np.where(about.taken, least.reasons, about.reasons)
        holders = np.where(about.taken, least.holders, about.holders)
        alike = reasons << 2 | least.taken << 1 | about.taken

        def number(key: int, holder: str | None = None) -> int:
            reason = about.known.values[key >> 2] or None
            return self.known.of(Verdict(bool(key & 2), bool(key & 1), reason, holder))

        keys, places = np.unique(alike, return_inverse=True)
        found = np.array([number(key) for key in keys.tolist()], np.int32)[places]
        for place in np.flatnonzero(holders.astype(np.bool_)).tolist():
            found[place] = number(int(alike[place]), holders[place])
        return found

    def of(self, ids: Sequence[str]) -> Iterator[dict[int, Verdict]]:
        """Yield number of a figure → what became of it, of each record."""
        values = self.known.values
        for found in self.numbered(ids):
            yield {number: values[verdict] for number, verdict in found.items()}

    def numbered(self, ids: Sequence[str]) -> Iterator[dict[int, int]]:
        """Yield number of a figure → number of its verdict, of each record."""
        wanted = np.array(ids, "S") if ids else self.ids[:0]
        firsts = np.searchsorted(self.ids, wanted, "left")
        counts = np.searchsorted(self.ids, wanted, "right") - firsts
        ends = np.cumsum(counts)
        places = np.arange(ends[-1] if ids else 0) + np.repeat(firsts - ends + counts, counts)
        numbers, verdicts = self.numbers[places].tolist(), self.verdicts[places].tolist()
        for end, count in zip(ends.tolist(), counts.tolist(), strict=True):
            yield dict(zip(numbers[end - count : end], verdicts[end - count : end], strict=True))


NONE = np.array([], np.int32)
