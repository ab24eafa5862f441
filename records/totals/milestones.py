"""Stages and their dates: which stage proves which, how far a record came, and when."""

from collections.abc import Collection, Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from aidapi.dates import span
from records.totals.figures import PERIOD, SINGLE, Figure, Milestone

FLOOR = date(2020, 1, 1)
"""The earliest date allowed: where an unknown beginning begins."""
COUNTED = {
    "donation": ("committed", "dispatched", "delivered", "paid"),
    "contract": ("signed", "dispatched", "delivered"),
    "export": ("",),
}
"""Stages that totals count, the lowest first."""
RANKS = {
    "unknown": 0,
    "in_talks": 1,
    "announced": 1,
    "committed": 2,
    "signed": 2,
    "dispatched": 3,
    "delivered": 4,
    "paid": 4,
}
UNDOING = ("suspended", "returned", "cancelled", "terminated")
"""Stages that undo, the more final later."""
AMENDED = "amended"
REASON_STAGES = {"pledge": "announced", "not_signed": "in_talks", "cancelled": "cancelled"}
"""Reasons of uncountable figures that mean a stage."""
BEFORE = {
    "committed": {"announced"},
    "signed": {"in_talks"},
    "dispatched": {"announced", "committed", "in_talks", "signed"},
    "delivered": {"announced", "committed", "in_talks", "signed", "dispatched"},
    "paid": {"announced", "committed"},
}
"""Stages that were reached by whatever reached the stage. Money is not dispatched, so `paid`
neither proves `dispatched` nor is compared with `delivered`."""


class Claim(NamedTuple):
    """All of it reached the stage on a day from `first` to `last`."""

    stage: str
    first: date
    last: date


@lru_cache(maxsize=50_000)
def claim(stage: str, first: date, last: date) -> Claim:
    """Return a claim; the same object for equal ones, of which many figures have some."""
    return Claim(stage, first, last)


class Dates(NamedTuple):
    """When a figure's amount reached its stages."""

    wide: tuple[Claim, ...]
    """What is unknown at its widest."""
    near: tuple[Claim, ...]
    """The same claims with what is dated `by` at that date."""
    first: int
    """Which of the claims is the first counted milestone."""


def implies(stage: str, other: str) -> bool:
    """Return whether reaching the stage means having reached the other."""
    return stage == other or other in BEFORE.get(stage, ())


def stage_of(milestones: Sequence[Milestone]) -> str:
    """Return the furthest stage reached, unless an undoing one is later; unknown where there is
    no milestone.

    An undoing one is later unless its date surely lies before that of the furthest stage.
    Of several undoing ones the latest is the stage, on one day the most final.
    """
    reached = [one for one in milestones if one.stage in RANKS]
    undone = [one for one in milestones if one.stage in UNDOING]
    furthest = max(reached, key=lambda one: (RANKS[one.stage], one.day), default=None)
    if furthest is not None:
        since, _ = span(furthest.day, furthest.precision)
        undone = [one for one in undone if span(one.day, one.precision)[1] >= since]
    if undone:
        return max(
            undone,
            key=lambda one: (span(one.day, one.precision)[1], UNDOING.index(one.stage)),
        ).stage
    return furthest.stage if furthest is not None else "unknown"


def figure_stage(figure: Figure) -> str:
    """Return the stage that a figure's record came to: typed for running and period totals."""
    if figure.basis == SINGLE and figure.milestones:
        return stage_of(figure.milestones)
    return figure.stage


def counted_stages(kind: str, include: Collection[str] = (), milestone: str = "") -> set[str]:
    """Return the stages that count in a query."""
    found = set(COUNTED[kind])
    found |= {stage for stage in include if stage in RANKS or stage in UNDOING}
    found |= {REASON_STAGES[reason] for reason in include if reason in REASON_STAGES}
    return found | {milestone} if milestone else found


def proves_stage(reason: str) -> bool:
    """Return whether a reason in `include` is a stage, or means one."""
    return reason in REASON_STAGES or reason in UNDOING or RANKS.get(reason, 0) > 0


def lowest_stage(stages: Collection[str]) -> str | None:
    """Return the stage that all of the others imply, or None."""
    for stage in sorted(stages):
        if all(implies(other, stage) for other in stages):
            return stage
    return None


def dates_of(figure: Figure, counted: Collection[str], meant: str = "") -> Dates:
    """Return when the figure's amount reached its counted stages, or of none of these any stage.

    `date_of` of a record without `milestone=` is `first`; with it, the claim of that stage. A
    version without milestones has its stage `by` its `as_of`. A figure that counts at one stage
    only, `meant`, has the dates of that one.
    """
    if figure.basis != SINGLE:
        only = claim(figure.stage, figure.start or FLOOR, last_day(figure))
        return Dates((only,), (only,), 0)
    milestones: Sequence[Milestone] = figure.milestones
    if meant:
        milestones = [one for one in milestones if one.stage == meant]
    if not milestones:
        first, last = span(figure.as_of, figure.precision)
        stage = meant or figure.stage
        return Dates((claim(stage, FLOOR, last),), (claim(stage, first, last),), 0)
    grown = max(
        (span(one.day, one.precision)[1] for one in milestones if one.stage == AMENDED),
        default=FLOOR,
    )
    wide, near = [], []
    reached = [one for one in milestones if one.stage != AMENDED]
    for one in [one for one in reached if one.stage in counted] or reached:
        since, last = span(one.day, one.precision)
        first, begun = since, FLOOR if one.dated == "by" else since
        for other in reached:
            early, late = span(other.day, other.precision)
            # A further stage on an earlier day: the dates of the record contradict each other.
            if implies(other.stage, one.stage) and late < since:
                first = min(first, early)
                begun = min(begun, FLOOR if other.dated == "by" else early)
        # An amount that grew was not all there before.
        last = max(last, grown)
        wide.append(claim(one.stage, begun, last))
        near.append(claim(one.stage, first, last))
    earliest = min(
        range(len(wide)),
        key=lambda n: (wide[n].last, -wide[n].first.toordinal(), RANKS.get(wide[n].stage, 0)),
        default=0,
    )
    return Dates(tuple(wide), tuple(near), earliest)


def last_day(figure: Figure) -> date:
    """Return the last day that a running or period total may cover."""
    if figure.basis == PERIOD and figure.end:
        return figure.end
    return span(figure.as_of, figure.precision)[1]


def sure_last_day(figure: Figure) -> date | None:
    """Return the last day that a running or period total surely covers, or None."""
    if figure.basis == PERIOD:
        return figure.end
    return span(figure.as_of, figure.precision)[0]
