"""What a profile says of one side of aid: the totals of a query by item, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import QueryDict

from records.models import Measure
from records.query.planner import RecordQuery
from records.query.totals import Group, Totals
from records.site import addresses
from records.site.amounts import NOTHING, amount_in_words
from records.site.charts.chart import Chart
from records.site.charts.grouped import drawn_amount, records_in, split_name
from records.site.charts.months import months_chart
from records.site.charts.parameters import RESOURCES, parameters_of
from records.site.charts.parties import parties_chart
from records.site.charts.words import Names
from records.site.wording import roles_in_words
from records.totals.answer import Total
from records.totals.figures import Split

MOST_ITEMS = 8
"""Maximum number of items of a section."""
TRIED = 2
"""Totals of which a chart is tried."""
HEADINGS = {
    "donor": "Gave",
    "recipient": "Received",
    "exporter": "Exported",
    "destination": "Imported",
    "supplier": "Sold",
    "buyer": "Bought",
    "intermediary": "Passed on",
}
"""Role → what the party did."""


@dataclass(frozen=True)
class Line:
    """A total of a section."""

    item: str
    """Code of the item; empty for money without one."""
    name: str
    amount: str
    alone: str
    """The total of a country itself, without its bodies and firms, if it is another."""
    records: int
    stated: int
    """Figures that name the item itself."""
    address: str
    """Of the list of its records or, if it has none, of those that may be in it."""
    query: dict[str, str]
    """What a chart of it shows."""
    drawn: bool
    """Whether it is an amount, which a chart can divide."""

    @property
    def what(self) -> tuple[str, str]:
        """What it counts: totals of one thing in several units stand together."""
        return self.item, self.name


@dataclass(frozen=True)
class Section:
    """What a party did in a role, or what records of a kind say of an item."""

    heading: str
    kind: str
    query: dict[str, str]
    lines: list[Line]
    more: int
    """Items that are not shown."""
    address: str
    """Of the list of all its records."""
    charts: list[tuple[str, str]]
    """Further charts: label, address."""


def record_query(kind: str, query: Mapping[str, str]) -> RecordQuery:
    """Return the query of a kind with filters by their names."""
    filters = RESOURCES[kind].filters.base_filters
    return RecordQuery(
        RESOURCES[kind].model,
        {name: (filters[name], filters[name].field.clean(text)) for name, text in query.items()},
    )


def section(
    heading: str, kind: str, query: dict[str, str], alone: Mapping[str, str] | None = None
) -> Section | None:
    """Return the section of a query, or None if no record matches; `alone` is the query of a
    country itself, where the other has its bodies and firms."""
    totals = Totals(record_query(kind, query))
    items = totals.items()
    if not items:
        return None
    own = Totals(record_query(kind, alone)) if alone else None
    # What sources name most, not what has most below it.
    named = sorted(items, key=lambda code: (-items[code], code or ""))
    names = Names(items=[code for code in named[:MOST_ITEMS] if code])
    lines = []
    for code in named[:MOST_ITEMS]:
        itself = {
            group.total.split: amount_in_words(group.total)
            for group in (own.grouped(["item"], [code]) if own else ())
        }
        lines += [
            line(kind, query, group, names, items[code], itself if own else None)
            for group in totals.grouped(["item"], [code])
            if is_told(group.total)
        ]
    roles = RESOURCES[kind].model.MAIN_ROLES
    others = [role for role in roles if role not in query and f"{role}_country" not in query]
    return Section(
        heading,
        kind,
        query,
        lines,
        more=max(len(named) - MOST_ITEMS, 0),
        address=addresses.browse(kind, query),
        charts=[
            ("by month", addresses.chart("months", {"kind": kind, **query})),
            *(
                (f"by {role}", addresses.chart("parties", {"kind": kind, **query, "by": role}))
                for role in others
            ),
            ("on a map", addresses.chart("map", {"kind": kind, **query})),
        ],
    )


def is_told(total: Total) -> bool:
    """Return whether something counts in a total, alone or with others."""
    return drawn_amount(total) is not None or any(
        number is not None for number in total.with_others
    )


def line(
    kind: str,
    query: Mapping[str, str],
    group: Group,
    names: Names,
    stated: int,
    itself: Mapping[Split, str] | None,
) -> Line:
    """Return a total as a line of a section."""
    code, split = group.values[0], group.total.split
    unit = split.unit or split.currency or split.party_type
    narrowed = {
        **query,
        **({"item": code} if code else {}),
        **({"unit": split.unit} if split.unit else {}),
        **({"currency": split.currency} if split.currency else {}),
        **({"party_type": split.party_type} if split.party_type else {}),
        **({} if unit else {"measure": split.measure}),
    }
    name = names.item(code) if code else ""
    if split.measure == Measure.MONEY:
        name = f"Money for {name}" if code else "Money"
    elif split.measure == Measure.PARTIES:
        name = f"Number of {roles_in_words(split.party_role)}"
    amount = amount_in_words(group.total)
    alone = ""
    if itself is not None:
        said = itself.get(split, NOTHING)
        alone = said if said != amount else ""
    records = records_in(group.total)
    listed = {**query, **({"item": code} if code else {})}
    return Line(
        code or "",
        name,
        amount,
        alone,
        records,
        stated,
        addresses.browse(kind, narrowed if not records else listed | {"total": split_name(split)}),
        narrowed,
        split.measure != Measure.PARTIES and drawn_amount(group.total) is not None,
    )


def chart_of(sections: Sequence[Section]) -> Chart | None:
    """Return a chart of what sources name most, by month or by party, if it has several bars; None
    if none of the first few has."""
    lines = [
        (-line.stated, place, section.kind, line.query)
        for place, section in enumerate(sections)
        for line in section.lines
        if line.drawn
    ]
    for *_, kind, query in sorted(lines, key=lambda one: one[:2])[:TRIED]:
        for name, draw in (("months", months_chart), ("parties", parties_chart)):
            text = QueryDict(urlencode({"kind": kind, **query}))
            chart = draw(kind, parameters_of(name, kind)(text))
            if len(chart.rows) > 1:
                return chart
    return None
