"""The parties with the largest totals, as bars with the marks of their qualifiers."""

from collections.abc import Sequence

from aidapi.parameters import ParameterSet
from records.query.groupings import side_of
from records.query.totals import Group
from records.site import addresses
from records.site.amounts import amount_in_words
from records.site.charts.chart import Chart, Row
from records.site.charts.drawing import (
    MARGIN,
    Canvas,
    Json,
    amounts,
    text_width,
)
from records.site.charts.grouped import (
    AMOUNTS,
    NOTHING,
    READING,
    GroupedQuery,
    bar_label,
    drawn_amount,
    number,
)
from records.site.charts.parameters import SHOWN, party_roles
from records.site.charts.words import Names, role_in_words
from records.totals.groups import JOINT, UNKNOWN

BAR = 30
"""Height of a bar with its gap."""
AXIS = 26
NO_PARTY = {
    JOINT: "Several parties together, whose parts are not known",
    UNKNOWN: "Parties that the sources do not name",
    None: "Parties without a country",
}
"""Groups that are no party → what they hold."""


def parties_chart(kind: str, parameters: ParameterSet) -> Chart:
    """Return the chart of the parties of a role, the largest first."""
    query = GroupedQuery(kind, parameters)
    by = query.values.get("by") or divided_by(kind, parameters)
    split, groups = query.divided(by)
    parties = of_one_party(groups)
    shown = parties[: query.values.get("limit", SHOWN)]
    names, rows = named_rows(query, shown)
    return Chart(
        name="parties",
        title=query.title(split, names, f"by {role_in_words(by)}"),
        revision=query.revision,
        query=query.given,
        about=[f"{READING} ≥ is at least, ≈ about, = exactly."] if rows else [NOTHING],
        columns=[by, "name", *AMOUNTS],
        rows=rows,
        draw=lambda canvas: draw(rows, by, canvas),
        height=lambda canvas: max(len(rows), 1) * BAR + AXIS,
        row_name="Party",
        notes=[*besides(groups), *further(len(parties) - len(shown))],
        others=query.other_splits(split) if split else [],
    )


def of_one_party(groups: Sequence[Group]) -> list[Group]:
    """Return the groups that are one party and have an amount, the largest first."""
    found = [
        group
        for group in groups
        if group.values[0] not in NO_PARTY and drawn_amount(group.total) is not None
    ]
    return sorted(found, key=size, reverse=True)


def named_rows(query: GroupedQuery, groups: Sequence[Group]) -> tuple[Names, list[Row]]:
    """Return the names that the words of a chart need, and the rows of groups of one party, each
    with the party's name and page."""
    codes = [str(group.values[0]) for group in groups]
    names = Names.of(query.values, codes)
    pages = [addresses.page_of("party", code) for code in codes]
    return names, query.rows(groups, [names.party(code) for code in codes], pages)


def divided_by(kind: str, parameters: ParameterSet) -> str:
    """Return the role whose parties are drawn unless `by` names one: the givers, or the receivers
    where the query is about certain givers."""
    givers, receivers = sorted(party_roles(kind), key=side_of)
    is_about_givers = any(name in parameters.cleaned for name in (givers, f"{givers}_country"))
    return receivers if is_about_givers else givers


def size(group: Group) -> tuple[object, ...]:
    """Return what bars are ordered by, of equal ones the first by name."""
    total = group.total
    return drawn_amount(total), total.at_least or 0, tuple(-ord(c) for c in str(group.values[0]))


def besides(groups: Sequence[Group]) -> list[str]:
    """Return what belongs to no party alone."""
    return [
        f"{NO_PARTY[group.values[0]]}: {amount_in_words(group.total)}."
        for group in groups
        if group.values[0] in NO_PARTY and drawn_amount(group.total) is not None
    ]


def further(more: int) -> list[str]:
    """Return how many parties are not drawn."""
    return [f"Not drawn: {more} more with smaller totals; `limit` shows up to 30."] if more else []


def draw(rows: Sequence[Row], by: str, canvas: Canvas) -> Json:
    """Return the specification of the bars."""
    scheme = canvas.scheme
    marks = [
        {
            "place": place,
            "name": row.label,
            "at_least": number(row.values["at_least"]),
            "about": number(row.values["about"]),
            "end": max(number(row.values["at_least"]) or 0, number(row.values["about"]) or 0),
            "label": bar_label(row.values),
            "page": row.address,
            "tooltip": f"{row.label}: {row.amount}",
        }
        for place, row in enumerate(rows)
    ]
    room = 120 if canvas.narrow else 210
    names = min(max((text_width(row.label, 11) for row in rows), default=0) + 8, room)
    width = round(canvas.width - 2 * MARGIN - names - 8)
    labels = max((text_width(str(one["label"]), 11) for one in marks), default=0) + 12
    longest = max((float(one["end"]) for one in marks), default=0) or 1  # type: ignore[arg-type]
    # The longest bar leaves room for its number.
    end = longest * width / max(width - labels, 60)
    y: Json = {
        "field": "name",
        "type": "nominal",
        "title": None,
        "sort": {"field": "place"},
        "axis": {"labelLimit": names, "ticks": False, "domain": False, "minExtent": names},
    }
    x: Json = {
        "type": "quantitative",
        "scale": {"domain": [0, end], "nice": False},
        "axis": amounts(tickCount=2 if canvas.narrow else 4, labelOverlap=True),
    }
    linked = {
        "href": {"field": "page"},
        "tooltip": {"field": "tooltip"},
        "description": {"field": "tooltip"},
    }
    return {
        "width": width,
        "height": max(len(rows), 1) * BAR,
        "data": {"values": marks},
        "layer": [
            *(
                {
                    "mark": {"type": "bar", "color": colour, "height": BAR - 12},
                    "encoding": {"y": y, "x": x | {"field": field}, **linked},
                }
                for field, colour in (("about", scheme.pale), ("at_least", scheme.solid))
            ),
            {
                "mark": {"type": "text", "align": "left", "dx": 6, "fontSize": 11},
                "encoding": {"y": y, "x": x | {"field": "end"}, "text": {"field": "label"}},
            },
        ],
    }
