"""Panels of upright bars by month, on one scale."""

from collections.abc import Sequence

from records.site.charts.chart import Row
from records.site.charts.drawing import (
    GAP,
    MARGIN,
    Canvas,
    Json,
    amounts,
    panel_title,
    short_amount,
    text_width,
)
from records.site.charts.grouped import bar_label, number

TICK = 14
FEW = 8
"""Bars up to which each has its number above it."""


def month_panels(
    panels: Sequence[tuple[str, Sequence[Row]]],
    months: Sequence[str],
    tall: int,
    canvas: Canvas,
) -> Json:
    """Return the specification of panels of bars, each a name and its rows."""
    tops = [
        max(number(row.values["at_least"]) or 0, number(row.values["about"]) or 0)
        for _, rows in panels
        for row in rows
    ]
    top = max(tops, default=0) * 1.12 or 1
    axis = text_width(short_amount(top), 11) + TICK + 8
    width = round(canvas.width - 2 * MARGIN - axis)
    return {
        "vconcat": [
            month_panel(name, rows, months, (width, tall), top, canvas) for name, rows in panels
        ],
        "spacing": GAP,
    }


def month_panel(
    name: str,
    rows: Sequence[Row],
    months: Sequence[str],
    size: tuple[int, int],
    top: float,
    canvas: Canvas,
) -> Json:
    """Return the specification of one panel: what is proven before what is about."""
    scheme = canvas.scheme
    every = max(1, -(-len(months) // (4 if canvas.narrow else 10)))
    x: Json = {
        "field": "month",
        "type": "ordinal",
        "title": None,
        "scale": {"domain": list(months)},
        "axis": {
            "values": list(months[::every]),
            "labelAngle": 0,
            "grid": False,
            "labelExpr": "timeFormat(toDate(datum.value + '-15'), '%b %Y')",
        },
    }
    up: Json = {
        "type": "quantitative",
        "scale": {"domain": [0, top], "nice": False},
        "axis": amounts(minExtent=canvas.width - 2 * MARGIN - size[0]),
    }
    marks = [
        {
            "month": row.values["month"],
            "at_least": number(row.values["at_least"]),
            "about": number(row.values["about"]),
            "end": max(number(row.values["at_least"]) or 0, number(row.values["about"]) or 0),
            "label": bar_label(row.values) if len(rows) <= FEW and not canvas.narrow else "",
            "page": row.address,
            "tooltip": f"{row.label}: {row.amount}",
        }
        for row in rows
    ]
    linked = {
        "href": {"field": "page"},
        "tooltip": {"field": "tooltip"},
        "description": {"field": "tooltip"},
    }
    layers: list[Json] = [
        {
            "mark": {"type": "bar", "color": colour},
            "encoding": {"x": x, "y": up | {"field": field}, **linked},
        }
        for field, colour in (("about", scheme.pale), ("at_least", scheme.solid))
    ]
    if any(one["label"] for one in marks):
        layers.append(
            {
                "mark": {"type": "text", "dy": -6, "fontSize": 10},
                "encoding": {"x": x, "y": up | {"field": "end"}, "text": {"field": "label"}},
            }
        )
    return {
        **panel_title(name, size[0]),
        "width": size[0],
        "height": size[1],
        "data": {"values": marks},
        "layer": layers,
    }
