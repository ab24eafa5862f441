"""Totals by group: every group is a query of its own, so groups need not add up."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from records.totals.answer import Total, answer
from records.totals.figures import Party
from records.totals.judging import Entry
from records.totals.milestones import Claim
from records.totals.prepare import Prepared
from records.totals.scopes import Condition, Query
from records.totals.table import Array

JOINT, UNKNOWN = "joint", "unknown"
TIMES = ("month", "quarter", "year")
COLUMNS = ("code", "country", "region", "type")
GROUPINGS = (
    *(f"{side}_{column}" for side in ("givers", "receivers") for column in COLUMNS),
    *("item", "item_category", *TIMES, "form", "currency", "series"),
)

Value = str | None


def grouped(
    prepared: Prepared,
    query: Query,
    by: Sequence[str],
    only: tuple[Value, ...] | None = None,
    members: Array | None = None,
) -> dict[tuple[Value, ...], list[Total]]:
    """Return the totals of every group, or of the one whose key is `only`, of all prepared figures
    or, with `members`, of some rows.

    `by`: one or more of `GROUPINGS`; the key of a group has its value in each. A record of
    several names is in the group of each, where it is `joint` and counts in `with_others` (a
    body beside its country is inside), and in the group `joint`; one without names is in
    `unknown`; a figure that no one month, quarter or year holds, or that has no value, in None.
    """
    rows = prepared.every if members is None else members
    paths = prepared.item_paths(rows)
    groups: list[tuple[tuple[Value, ...], Array]] = [((), rows)]
    for at, name in enumerate(by):
        wanted = None if only is None else only[at]
        groups = [
            ((*key, value), inner)
            for key, outer in groups
            for value, inner in divided(prepared, query, name, outer).items()
            if only is None or value == wanted
        ]
    found = {}
    for key, inner in groups:
        inside: Query | None = query
        for name, value in zip(by, key, strict=True):
            inside = inside and narrowed(inside, name, value, paths)
        if inside and (totals := answer(prepared, inside, inner)):
            found[key] = totals
    return found


def divided(prepared: Prepared, query: Query, name: str, rows: Array) -> dict[Value, Array]:
    """Return the groups of a grouping, each with its rows in rising order."""
    numbers = column_of(prepared, name)[rows]
    order = np.argsort(numbers, kind="stable")
    ends = np.flatnonzero(np.diff(numbers[order], append=-1)) + 1
    found: dict[Value, list[Array]] = defaultdict(list)
    for alike in np.split(rows[order], ends[:-1]):
        if len(alike):
            # Figures of equal sides are in the same groups.
            for value in values(prepared.table.entries[alike[0]], name, query):
                found[value].append(alike)
    return {value: np.sort(np.concatenate(parts)) for value, parts in found.items()}


def column_of(prepared: Prepared, name: str) -> Array:
    """Return the column that decides in which groups of a grouping figures are."""
    table = prepared.table
    if name in TIMES:
        return table.dates
    if name in ("item", "item_category"):
        return table.item
    if name == "currency":
        return table.split
    side, _, _ = name.partition("_")
    column: Array = getattr(table, side)
    return column


def values(entry: Entry, name: str, query: Query) -> Iterable[Value]:
    """Return the groups of a grouping in which a figure is."""
    figure = entry.figure
    if name in TIMES:
        return times(entry, name, query)
    if name == "item":
        return figure.item or [None]
    if name == "item_category":
        # The child of the root above the item, or the root itself.
        return figure.item[-2:][:1] or [None]
    side, _, column = name.partition("_")
    if side in ("givers", "receivers"):
        return party_values(getattr(figure, side), column)
    return [getattr(figure, name) or None]


def party_values(names: Sequence[Party], column: str) -> set[Value]:
    """Return the groups of a figure by the parties of a side."""
    if not names:
        return {UNKNOWN}
    found: set[Value] = {party_value(party, column) for party in names}
    if len(found) > 1 or (column == "code" and len(names) > 1):
        found.add(JOINT)
    return found


def party_value(party: Party, column: str) -> Value:
    """Return a party's code, country, type or innermost region."""
    if column == "region":
        return party.regions[0] if party.regions else None
    return getattr(party, column) or None


def times(entry: Entry, step: str, query: Query) -> set[Value]:
    """Return the months, quarters or years that hold a figure: by its wide dates, with None
    where no one does, and by its near dates."""
    dates = entry.dates
    found: set[Value] = set()
    for claims, sure in ((dates.wide, True), (dates.near, False)):
        if query.milestone:
            tested: Sequence[Claim] = [one for one in claims if one.stage == query.milestone]
        else:
            tested = claims[dates.first : dates.first + 1]
        periods = [period(claim, step) for claim in tested]
        if sure or any(periods):
            found.add(periods[0] if periods else None)
    return found


def period(claim: Claim, step: str) -> Value:
    """Return the month, quarter or year that holds all days of a claim, or None."""
    first, last = name_of(claim.first, step), name_of(claim.last, step)
    return first if first == last else None


def name_of(day: date, step: str) -> str:
    """Return the name of the month, quarter or year of a day: 2020-04, 2020-Q2, 2020."""
    if step == "year":
        return f"{day.year}"
    if step == "month":
        return f"{day.year}-{day.month:02}"
    return f"{day.year}-Q{(day.month + 2) // 3}"


def days_of(name: str) -> tuple[date, date]:
    """Return the first and the last day of a month, quarter or year by its name."""
    year, _, rest = name.partition("-")
    if not rest:
        return date(int(year), 1, 1), date(int(year), 12, 31)
    if rest[0] == "Q":
        first, months = date(int(year), 3 * int(rest[1:]) - 2, 1), 3
    else:
        first, months = date(int(year), int(rest), 1), 1
    following = first.month + months
    after = date(first.year + (following > 12), (following - 1) % 12 + 1, 1)
    return first, after - timedelta(days=1)


def narrowed(
    query: Query, name: str, value: Value, paths: dict[str, tuple[str, ...]]
) -> Query | None:
    """Return the query of one group, or None where the query has nothing in it."""
    side, _, column = name.partition("_")
    if value in (None, JOINT, UNKNOWN) or name in ("item_category", "form", "series"):
        return replace(query, filtered=True)
    assert value is not None
    if name in TIMES:
        within = query.narrowed(*days_of(value))
        return within if within.start and within.end and within.start <= within.end else None
    if name == "item":
        path = paths[value]
        if query.items and not any(wanted[0] in path for wanted in query.items):
            return None
        return replace(query, items=(path,))
    condition = Condition(column, frozenset([value]))
    if side == "givers":
        return replace(query, givers=(*query.givers, condition))
    if side == "receivers":
        return replace(query, receivers=(*query.receivers, condition))
    return query
