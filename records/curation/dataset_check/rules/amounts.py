"""Rules about amounts beside other amounts: series, totals, parts, outliers, units."""

import math
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from statistics import quantiles

from records.curation.dataset_check.findings import Finding, figure_at
from records.curation.dataset_check.rows import FigureRow, Published, RecordRow
from records.models import Basis, Measure, Operator, Rank

ABOUT = Decimal("0.05")
"""How far from the number stated "about" reaches."""
RUNNING = (Basis.CUMULATIVE_TO_DATE, Basis.PERIOD_TOTAL)
FEWEST = 8
"""Amounts of an item from which an outlier can be told."""
FAR = {Basis.SINGLE: 100, Basis.PER_UNIT: 10}
"""How many times an amount exceeds the upper quartile of its item's, or the lower quartile exceeds
it, if it is an outlier: gifts vary more than prices."""

Located = tuple[RecordRow, FigureRow]


def least(figure: FigureRow) -> Decimal | None:
    """Return the least that a figure may mean."""
    low = figure.low
    return low if low is None or figure.operator != Operator.APPROX else low * (1 - ABOUT)


def most(figure: FigureRow) -> Decimal | None:
    """Return the most that a figure may mean; None if it leaves that open."""
    if figure.operator == Operator.APPROX and figure.value is not None:
        return figure.value * (1 + ABOUT)
    return figure.upper


def exceeds(one: FigureRow, other: FigureRow) -> bool:
    """Whether one surely is more than the other."""
    low, high = least(one), most(other)
    return low is not None and high is not None and low > high


def series_falls(published: Published) -> Iterator[Finding]:
    """Yield points of a series that are lower than the point before."""
    points: dict[tuple, list[Located]] = defaultdict(list)
    for record in published.records:
        for figure in record.figures:
            if record.series and figure.low is not None and figure.rank != Rank.DEPRECATED:
                points[record.series, figure.subject, figure.basis].append((record, figure))
    for (series, *_), located in points.items():
        # Of rival reports in one record the preferred speaks.
        located.sort(key=lambda one: (one[1].rank == Rank.PREFERRED, one[1].place))
        each = {record.id: (record, figure) for record, figure in located}
        ordered = sorted(each.values(), key=lambda one: (one[0].last, one[0].first, one[0].id))
        for (before, earlier), (after, later) in pairwise(ordered):
            # “More than 50” after 54 is no fall: it leaves open how many.
            if exceeds(earlier, later) and before.last < after.first:
                yield Finding(
                    "series-falls",
                    figure_at(after.id, later.place),
                    f"{later.number()} as of {after.last}",
                    f"at least {earlier.number()}, as of {before.last} in {before.id} "
                    f"(series {series})",
                    (later.statement, before.id),
                )


def totals(published: Published) -> Iterator[Located]:
    """Yield the running and period totals of goods and money."""
    for record in published.records:
        for figure in record.figures:
            if (
                figure.basis in RUNNING
                and figure.measure != Measure.PARTIES
                and figure.rank != Rank.DEPRECATED
            ):
                yield record, figure


def total_contradicted(published: Published) -> Iterator[Finding]:
    """Yield totals that a later total is lower than, although it covers all of the earlier: the
    same giver, stage and kind, the same or any receiver, the item or one above it, from the same
    time or earlier. Points of one series are judged by `series_falls`."""
    known = list(totals(published))
    for record, figure in known:
        for later, total in known:
            if (
                record.id != later.id
                and not (record.series and record.series == later.series)
                and not linked(record, later)
                and (record.kind, record.stage) == (later.kind, later.stage)
                and set(record.givers) == set(later.givers)
                and (not later.receivers or set(record.receivers) == set(later.receivers))
                and record.last <= later.first
                and lasts(later, record, figure)
                and total in totals_of(published, figure, later)
                and exceeds(figure, total)
            ):
                yield Finding(
                    "total-contradicted",
                    figure_at(record.id, figure.place),
                    f"{figure.number()} by {record.last}",
                    f"at most {total.number()}, the total by {later.last} in {later.id}",
                    (figure.statement, later.id),
                )


def part_exceeds_total(published: Published) -> Iterator[Finding]:
    """Yield amounts that exceed a total in which they lie: that of the record of which theirs is
    a part, or a running total of the same giver over their time."""
    records = {record.id: record for record in published.records}
    running = {record.id: record for record, _ in totals(published) if record.start is not None}
    for record in published.records:
        wholes = [
            *(records[id] for kind, id in record.links if kind == "part_of" and id in records),
            *(
                whole
                for whole in running.values()
                if whole.id != record.id
                and whole.kind == record.kind
                and not linked(record, whole)
                and record.givers
                and set(record.givers) <= set(whole.givers)
                and (not whole.receivers or set(record.receivers) == set(whole.receivers))
                and record.stage == whole.stage
            ),
        ]
        for figure in record.figures:
            if figure.basis != Basis.SINGLE or not figure.countable:
                continue
            for whole in wholes:
                for total in totals_of(published, figure, whole):
                    within = linked(record, whole) or (
                        total.countable
                        and total.basis in RUNNING
                        and lasts(whole, record, figure)
                        and record.last <= whole.first
                    )
                    if within and exceeds(figure, total):
                        yield Finding(
                            "part-exceeds-total",
                            figure_at(record.id, figure.place),
                            figure.number(),
                            f"at most {total.number()}, which {whole.id} has in total",
                            (figure.statement, whole.id),
                        )


def lasts(whole: RecordRow, record: RecordRow, figure: FigureRow) -> bool:
    """Whether the time of a total began before that of a figure, as far as both are known."""
    if whole.start is None:
        return True
    began = record.start if figure.basis in RUNNING else record.start or record.first
    return began is not None and began >= whole.start


def totals_of(published: Published, figure: FigureRow, whole: RecordRow) -> list[FigureRow]:
    """Return the figures of a record that count what a figure of another counts: the same measure
    and unit, of its item or, if there is none, of the nearest above it."""
    line = published.lineage(figure.item) or [""]
    alike = [
        total
        for total in whole.figures
        if total.basis in (Basis.SINGLE, *RUNNING)
        and total.rank != Rank.DEPRECATED
        and total.measure == figure.measure != Measure.PARTIES
        and (total.unit, total.currency) == (figure.unit, figure.currency)
        and total.item in (*line, "")
    ]
    places = {
        total.item: line.index(total.item) if total.item in line else len(line) for total in alike
    }
    nearest = min(places.values(), default=0)
    return [total for total in alike if places[total.item] == nearest]


def linked(one: RecordRow, other: RecordRow) -> bool:
    """Whether it is said how two records relate."""
    return other.id in {id for _, id in one.links} or one.id in {id for _, id in other.links}


def amount_outlier(published: Published) -> Iterator[Finding]:
    """Yield amounts that are far outside the others of their item and unit, or currency."""
    groups: dict[tuple, list[Located]] = defaultdict(list)
    for record in published.records:
        for figure in record.figures:
            if (
                figure.basis in FAR
                and figure.measure != Measure.PARTIES
                and figure.low
                and not is_outranked(record, figure)
            ):
                key = figure.basis, record.kind, figure.item, figure.unit, figure.currency
                groups[key].append((record, figure))
    for (basis, *_), located in groups.items():
        # Several reports of one gift are one amount.
        amounts = list({(r.id, f.subject): float(f.low or 0) for r, f in located}.values())
        if len(amounts) < FEWEST:
            continue
        low, _, high = (10**part for part in quantiles([math.log10(one) for one in amounts], n=4))
        for record, figure in located:
            amount = float(figure.low or 0)
            if amount > high * FAR[basis] or amount < low / FAR[basis]:
                yield Finding(
                    "amount-outlier",
                    figure_at(record.id, figure.place),
                    figure.number(),
                    f"something near the other {len(amounts) - 1}: half of them are from "
                    f"{low:,.0f} to {high:,.0f}",
                    (figure.statement,),
                )


def is_outranked(record: RecordRow, figure: FigureRow) -> bool:
    """Whether it is known to be wrong, or another report in the record is preferred to it."""
    return figure.rank == Rank.DEPRECATED or (
        figure.rank == Rank.NORMAL
        and any(
            rival.rank == Rank.PREFERRED and rival.subject == figure.subject
            for rival in record.figures
        )
    )


def unit_unusual(published: Published) -> Iterator[Finding]:
    """Yield quantities in another unit than the one that their item has by default."""
    for record in published.records:
        for figure in record.figures:
            item = published.items.get(figure.item)
            if item and item.unit and figure.unit not in ("", item.unit):
                yield Finding(
                    "unit-unusual",
                    figure_at(record.id, figure.place),
                    figure.quote,
                    f"a number of {item.unit}, not of {figure.unit}",
                    (figure.statement,),
                )
