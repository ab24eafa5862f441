"""Judging figures by themselves and among the reports of their record: what no query changes."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from records.totals.figures import ASIDE, NEVER_COUNT, SINGLE, Figure
from records.totals.links import Links
from records.totals.milestones import (
    RANKS,
    REASON_STAGES,
    UNDOING,
    Dates,
    counted_stages,
    dates_of,
    figure_stage,
)

ZERO = Decimal(0)
ANY_STAGE = frozenset(RANKS) | frozenset(UNDOING)
GIVING = frozenset({"donor", "exporter", "supplier"})


@dataclass(slots=True, eq=False)
class Entry:
    """A figure, judged by itself and among the reports of its record."""

    figure: Figure
    dates: Dates
    stage: str
    reason: str
    """Why it does not count, whatever the query; "" if it may."""
    holder: str
    """Id of the record whose figure stands for it, for `rival` and `repeated`."""
    least: Decimal
    """Its lower bound; 0 where it has none."""
    face: Decimal
    """The same, or of an approximate number the value."""
    sides: tuple[int, int, int, int]
    """Numbers of its givers, receivers, item and dates: equal sides have equal numbers."""
    speaker: "Entry | None" = None
    """The approximate preferred report of which this is a rival: the rival counts in `at_least`
    only, its speaker in `about`."""


@dataclass
class Prepared:
    """Judged figures of one kind of record, with the links between records."""

    entries: list[Entry]
    running: list[Entry]
    """Running and period totals among them."""
    links: Links
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
    sides = Sides()
    counted: dict[str, set[str]] = {}
    entries = []
    dated: dict[tuple[object, ...], tuple[Dates, int]] = {}
    for figure in figures:
        stages = counted.get(figure.kind)
        if stages is None:
            stages = counted[figure.kind] = counted_stages(figure.kind, taken, milestone)
        stage = figure_stage(figure)
        reason = why_alone(figure, stage, stages, taken)
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
            dates = dates_of(figure, ANY_STAGE if reason else stages)
            found = dated[key] = dates, sides.number(dates)
        lower = figure.lower
        least = lower if lower is not None and lower > 0 else ZERO
        approximate = figure.operator == "approx" and figure.value is not None
        face = figure.value if approximate and figure.value is not None else least
        entries.append(
            Entry(
                figure,
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
    running = [entry for entry in entries if entry.figure.basis != SINGLE]
    return Prepared(entries, running, links or Links(), taken, milestone, sides_counted(entries))


def why_alone(figure: Figure, stage: str, stages: set[str], include: frozenset[str]) -> str:
    """Return why a figure does not count whatever stands beside it; "" if it does."""
    if figure.basis in NEVER_COUNT:
        return figure.basis
    if figure.rank == "deprecated":
        return "deprecated"
    if not figure.countable:
        if figure.reason not in include:
            return figure.reason or "uncountable"
        if figure.reason in REASON_STAGES:
            return ""
    return "" if stage in stages else stage


def judge_rivals(entries: Iterable[Entry]) -> None:
    """Let the preferred of rival reports speak, and one of equal ones."""
    records: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        records[entry.figure.id].append(entry)
    for rows in records.values():
        if len(rows) > 1:
            judge_record(rows)


def judge_record(rows: Sequence[Entry]) -> None:
    """Judge the figures of one record. Which is preferred does not depend on which were chosen."""
    preferred = {row.figure.sort: row for row in rows if row.figure.rank == "preferred"}
    seen: set[tuple[object, ...]] = set()
    for row in rows:
        figure = row.figure
        if row.reason or not figure.chosen or figure.reason in ASIDE:
            continue
        speaker = preferred.get(figure.sort, row)
        if speaker.figure.claim != figure.claim:
            value = speaker.figure.value
            if (
                speaker.reason
                or not speaker.figure.chosen
                or speaker.figure.operator != "approx"
                or value is None
                or not ZERO < row.least <= value
            ):
                row.reason, row.holder = "rival", figure.id
                continue
            row.speaker = speaker
        key = (*figure.sort, *figure.claim)
        if key in seen:
            row.reason, row.holder = "repeated", figure.id
        seen.add(key)


def sides_counted(entries: Iterable[Entry]) -> dict[str, frozenset[str]]:
    """Return of which sides the records count the parties."""
    found: dict[str, frozenset[str]] = {}
    for entry in entries:
        figure = entry.figure
        if figure.measure == "parties":
            side = "givers" if figure.party_role in GIVING else "receivers"
            found[figure.id] = found.get(figure.id, frozenset()) | {side}
    return found
