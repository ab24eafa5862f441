"""Amounts by the month of the milestone, and the same for several parties or items compared."""

from collections.abc import Sequence

from aidapi.dates import in_words
from aidapi.parameters import ParameterSet
from records.query.totals import Group
from records.site import addresses
from records.site.amounts import amount_in_words
from records.site.charts.bars import month_panels
from records.site.charts.chart import Chart
from records.site.charts.drawing import panels_height
from records.site.charts.grouped import AMOUNTS, NOTHING, READING, GroupedQuery, drawn_amount
from records.site.charts.parameters import compared
from records.site.charts.words import Names

MOST_MONTHS = 60
"""Maximum number of months drawn, the latest."""
MOST_COMPARED = 6
"""Maximum number of parties or items that are compared."""
ALONE, AMONG = 260, 96
"""Height of the panel of one query, and of one of several."""


def months_chart(kind: str, parameters: ParameterSet) -> Chart:
    """Return the chart of a query by month."""
    query = GroupedQuery(kind, parameters)
    split, groups = query.divided("month")
    dated, months, cut = within(groups)
    rows = query.rows(dated, [in_words(group.values[0]) for group in dated])
    return Chart(
        name="months",
        title=query.title(split, Names.of(query.values), "by month"),
        revision=query.revision,
        query=query.given,
        about=[READING if rows else NOTHING],
        columns=["month", *AMOUNTS],
        rows=rows,
        draw=lambda canvas: month_panels([("", rows)], months, ALONE, canvas),
        height=lambda canvas: panels_height([""], ALONE, canvas),
        row_name="Month",
        notes=[*undated(groups), *cut],
        others=query.other_splits(split) if split else [],
    )


def compare_chart(kind: str, parameters: ParameterSet) -> Chart:
    """Return the chart of several parties or items by month, one above the other on one scale."""
    query = GroupedQuery(kind, parameters)
    by = query.values.get("by") or compared(parameters)[0]
    codes = list(dict.fromkeys(query.totals.of_bodies(by, query.values[by])))
    values, more = codes[:MOST_COMPARED], codes[MOST_COMPARED:]
    split, wholes = query.divided(by, among=values)
    totals = {group.values[0]: group.total for group in wholes}
    groups = [
        group
        for group in (query.totals.grouped([by, "month"], split=split) if split else ())
        if group.values[0] in values
    ]
    # In the order of the request.
    groups.sort(key=lambda group: (values.index(str(group.values[0])), group.values[1] or ""))
    dated, months, cut = within(groups)
    names = Names.of(query.values, values, values if by == "item" else ())
    named = {value: names.item(value) if by == "item" else names.party(value) for value in values}
    rows = query.rows(
        dated,
        [f"{named[str(group.values[0])]}, {in_words(group.values[1])}" for group in dated],
        [addresses.page_of("item" if by == "item" else "party", str(g.values[0])) for g in dated],
    )
    panels = [
        (
            f"{named[value]}: {amount_in_words(totals[value])}"
            if value in totals
            else f"{named[value]}: nothing that counts",
            [row for row in rows if row.values[by] == value],
        )
        for value in values
    ]
    notes = [
        note
        for value in values
        for note in undated([g for g in groups if g.values[0] == value], f"{named[value]}: ")
    ]
    if more:
        notes.append(f"Not compared: {', '.join(names.party(code) for code in more)}.")
    return Chart(
        name="compare",
        title=query.title(split, names, "compared by month"),
        revision=query.revision,
        query=query.given,
        about=[f"{READING} All have one scale."] if rows else [NOTHING],
        columns=[by, "month", *AMOUNTS],
        rows=rows,
        draw=lambda canvas: month_panels(panels, months, AMONG, canvas),
        height=lambda canvas: panels_height([name for name, _ in panels], AMONG, canvas),
        row_name="Party and month" if by != "item" else "Item and month",
        notes=[*notes, *cut],
        others=query.other_splits(split) if split else [],
    )


def within(groups: Sequence[Group]) -> tuple[list[Group], list[str], list[str]]:
    """Return the groups of months that are drawn, all months from the first to the last, and what
    is not drawn."""
    dated = [
        group
        for group in groups
        if group.values[-1] is not None and drawn_amount(group.total) is not None
    ]
    if not dated:
        return [], [], []
    found = sorted({str(group.values[-1]) for group in dated})
    months = between(found[0], found[-1])
    shown, cut = months[-MOST_MONTHS:], months[:-MOST_MONTHS]
    said = [f"Not drawn: {cut[0]} to {cut[-1]}; `as_of_to` shows them."] if cut else []
    return [group for group in dated if group.values[-1] in shown], shown, said


def between(first: str, last: str) -> list[str]:
    """Return the months from one to another, such as 2020-04."""
    start, end = (int(month[:4]) * 12 + int(month[5:]) - 1 for month in (first, last))
    return [f"{at // 12}-{at % 12 + 1:02}" for at in range(start, end + 1)]


def undated(groups: Sequence[Group], who: str = "") -> list[str]:
    """Return what no month holds."""
    return [
        f"{who}no single month holds {amount_in_words(group.total)}, which has a longer period or "
        f"a date that is not known to the month."
        for group in groups
        if group.values[-1] is None and drawn_amount(group.total) is not None
    ]
