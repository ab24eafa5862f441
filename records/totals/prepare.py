"""Preparing figures for queries: what no query changes is found once for all of them."""

from collections.abc import Iterable
from dataclasses import dataclass

from records.totals.figures import Figure
from records.totals.judging import ZERO, Entry, judge_rivals, why_alone
from records.totals.links import Links
from records.totals.milestones import (
    REASON_STAGES,
    Dates,
    counted_stages,
    dates_of,
    figure_stage,
)
from records.totals.overlaps import Overlaps

GIVING = frozenset({"donor", "exporter", "supplier"})


@dataclass
class Prepared:
    """Judged figures of one kind of record, with the links between records."""

    entries: list[Entry]
    overlaps: Overlaps
    include: frozenset[str]
    milestone: str
    counted_sides: dict[str, frozenset[str]]
    """Record → sides of which it counts the parties."""


class Sides:
    """Numbers for equal sides, so that sides are compared once and not per figure."""

    def __init__(self) -> None:
        self.numbers: dict[object, int] = {}
        self.by_id: dict[int, int] = {}
        self.values: list[object] = []
        self.kept: list[object] = []

    def number(self, value: object) -> int:
        """Return the number of a value, the same for equal values."""
        found = self.by_id.get(id(value))
        if found is None:
            found = self.numbers.setdefault(value, len(self.values))
            if found == len(self.values):
                self.values.append(value)
            # The object is kept, or another could come to have its identity.
            self.kept.append(value)
            self.by_id[id(value)] = found
        return found


def prepare(
    figures: Iterable[Figure],
    links: Links | None = None,
    include: Iterable[str] = (),
    milestone: str = "",
) -> Prepared:
    """Judge figures of one kind of record.

    Give *all* figures of every record that may be in a query (those that filters on figures did
    not choose with `chosen=False`), countable or not, and all running and period totals of the
    kind: only these can give an upper bound. More figures than a query takes do no harm: the
    query places them. `links` are those of all published records of all kinds.
    """
    taken = frozenset(include)
    named = taken | {milestone} if milestone else taken
    sides = Sides()
    counted: dict[str, set[str]] = {}
    entries = []
    dated: dict[tuple[object, ...], tuple[Dates, int]] = {}
    for figure in figures:
        stages = counted.get(figure.kind)
        if stages is None:
            stages = counted[figure.kind] = counted_stages(figure.kind, taken, milestone)
        stage = figure_stage(figure)
        reason = why_alone(figure, stage, named)
        key = (
            figure.basis,
            figure.start,
            figure.end,
            figure.as_of,
            figure.precision,
            figure.stage,
            figure.milestones,
            figure.reason,
            bool(reason),
        )
        found = dated.get(key)
        if found is None:
            meant = "" if reason or figure.countable else REASON_STAGES.get(figure.reason, "")
            dates = dates_of(figure, stages, meant)
            found = dated[key] = dates, sides.number(dates)
        lower = figure.lower
        least = lower if lower is not None and lower > 0 else ZERO
        approximate = figure.operator == "approx" and figure.value is not None
        face = figure.value if approximate and figure.value is not None else least
        entries.append(
            Entry(
                figure,
                figure.split,
                found[0],
                stage,
                reason,
                "",
                least,
                face,
                (
                    sides.number(figure.givers),
                    sides.number(figure.receivers),
                    sides.number(figure.item),
                    found[1],
                ),
            )
        )
    judge_rivals(entries)
    return Prepared(
        entries,
        Overlaps(entries, links or Links()),
        taken,
        milestone,
        sides_counted(entries),
    )


def sides_counted(entries: Iterable[Entry]) -> dict[str, frozenset[str]]:
    """Return of which sides the records count the parties."""
    found: dict[str, frozenset[str]] = {}
    for entry in entries:
        figure = entry.figure
        if figure.measure == "parties":
            side = "givers" if figure.party_role in GIVING else "receivers"
            found[figure.id] = found.get(figure.id, frozenset()) | {side}
    return found
