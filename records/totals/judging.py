"""Judging figures by themselves and among the reports of their record."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from records.totals.figures import ASIDE, NEVER_COUNT, Figure, Split
from records.totals.milestones import COUNTED, REASON_STAGES, Dates

ZERO = Decimal(0)


@dataclass(slots=True, eq=False)
class Entry:
    """A figure, judged by itself and among the reports of its record."""

    figure: Figure
    split: Split
    dates: Dates
    stage: str
    reason: str
    """Why it does not count, whatever the query; "" if it may."""
    holder: str
    """Id of the record whose figure is used instead, for `rival` and `repeated`."""
    least: Decimal
    """Its lower bound; 0 where it has none."""
    face: Decimal
    """The same, or of an approximate number the value."""
    sides: tuple[int, int, int, int]
    """Numbers of its givers, receivers, item and dates: equal sides have equal numbers."""
    speaker: "Entry | None" = None
    """The approximate preferred report of which this is a rival: the rival counts in `at_least`
    only, its speaker in `about`."""


def why_alone(figure: Figure, stage: str, include: Collection[str]) -> str:
    """Return why a figure does not count by itself; "" if it does. `include` has
    the stage of the query's milestone too."""
    if figure.basis in NEVER_COUNT:
        return figure.basis
    if figure.rank == "deprecated":
        return "deprecated"
    if not figure.countable:
        if figure.reason not in include:
            return figure.reason or "uncountable"
        if figure.reason in REASON_STAGES:
            return ""
    return "" if stage in COUNTED[figure.kind] or stage in include else stage


def judge_rivals(entries: Iterable[Entry]) -> set[Entry]:
    """Let the preferred of rival reports speak, and one of equal ones. Return the figures beside
    which their record has others about the same thing."""
    together: set[Entry] = set()
    records: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        records[entry.figure.id].append(entry)
    for rows in records.values():
        if len(rows) > 1:
            judge_record(rows)
            sorts: dict[object, list[Entry]] = defaultdict(list)
            for row in rows:
                sorts[row.figure.sort].append(row)
            together.update(row for alike in sorts.values() if len(alike) > 1 for row in alike)
    return together


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
