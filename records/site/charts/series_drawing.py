"""The drawing of a series: a panel for each line, with marks for qualifiers, bands for ranges, and
as much time for a point as its date leaves open."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from records.models import Operator
from records.site.charts.chart import Row
from records.site.charts.drawing import (
    GAP,
    MARGIN,
    Canvas,
    amounts,
    panel_title,
    panels_height,
    short_amount,
    text_width,
)

Json = dict[str, Any]

SHAPES = {
    Operator.EXACT: "circle",
    Operator.APPROX: "diamond",
    Operator.AT_LEAST: "triangle-up",
    Operator.MORE_THAN: "triangle-up",
    Operator.AT_MOST: "triangle-down",
    Operator.LESS_THAN: "triangle-down",
    Operator.BETWEEN: "square",
    Operator.ORDER_OF_MAGNITUDE: "square",
}
"""Qualifier → its mark."""
LEGEND = {
    "circle": "● the number as stated",
    "triangle-up": "▲ at least or more than it",
    "triangle-down": "▼ at most or less than it",
    "diamond": "◆ about it",
    "square": "■ a range, as a band",
}
STATUS = {
    "latest": "blue is the latest point",
    "overtaken": "grey one that a later point follows",
    "contradicted": "orange one that another report contradicts",
}
ALONE, AMONG = 260, 140
"""Height of the panel of a single line, and of one of several."""
TICK = 14
ROOM_FOR_LABELS = 1.18
"""Factor from the greatest number to the end of the axis."""
SIZE, DOUBTED_SIZE = 85, 190
LABEL_HEIGHT, LABEL_GAP = 14, 9


def height(names: Sequence[str], canvas: Canvas) -> float:
    """Return the height of panels of those names."""
    return panels_height(names, panel_height(len(names)), canvas)


def panel_height(panels: int) -> int:
    return ALONE if panels <= 1 else AMONG


def legend(rows: Sequence[Row]) -> str:
    """Return what the marks and colours mean that the rows need, in a sentence."""
    shapes = {SHAPES[Operator(row.values["operator"])] for row in rows}
    found = {row.values["status"] for row in rows}
    said = [meaning for one, meaning in LEGEND.items() if one in shapes]
    said += [meaning for one, meaning in STATUS.items() if one in found and len(found) > 1]
    return f"{'; '.join(said)}."


def draw(panels: Sequence[tuple[str, Sequence[Row]]], canvas: Canvas) -> Json:
    """Return the specification of panels, each a name and its rows in order of time."""
    days = [
        date.fromisoformat(row.values[edge])
        for _, rows in panels
        for row in rows
        for edge in ("first", "last")
    ]
    margin = max((max(days) - min(days)) * 0.06, timedelta(days=10))
    period = (min(days) - margin, max(days) + margin)
    marks = [[mark(row, canvas) for row in rows] for _, rows in panels]
    axis = max(text_width(short_amount(one["top"] * 1.5), 11) for row in marks for one in row)
    size = (round(canvas.width - 2 * MARGIN - axis - TICK), panel_height(len(panels)))
    return {
        "vconcat": [
            panel(name, drawn, period, size, canvas)
            for (name, _), drawn in zip(panels, marks, strict=True)
        ],
        "spacing": GAP,
    }


def panel(
    name: str,
    marks: Sequence[Json],
    period: tuple[date, date],
    size: tuple[int, int],
    canvas: Canvas,
) -> Json:
    """Return the specification of one panel."""
    top = max(one["top"] for one in marks) * ROOM_FOR_LABELS or 1
    place_labels(marks, period, top, size)
    dates = {"format": "%b %Y", "grid": False, "tickCount": 5 if canvas.narrow else 6}
    along: Json = {
        "field": "day",
        "type": "temporal",
        "title": None,
        "scale": {"type": "utc", "domain": [moment(day) for day in period]},
        "axis": dates | {"labelOverlap": True},
    }
    up: Json = {
        "field": "y",
        "type": "quantitative",
        "scale": {"domain": [0, top], "nice": False},
        "axis": amounts(minExtent=canvas.width - 2 * MARGIN - size[0]),
    }
    colour = {"field": "colour", "type": "nominal", "scale": None}
    layers: list[Json] = [
        {
            "transform": [{"filter": "datum.linked"}],
            "mark": {"type": "line", "color": canvas.scheme.line, "strokeWidth": 2},
            "encoding": {"x": along, "y": up, "order": {"field": "day"}},
        },
    ]
    if any(one["low"] is not None for one in marks):
        # A range is a band from its lower to its upper bound.
        band = {"y": up | {"field": "low"}, "y2": {"field": "high"}}
        layers.append(
            {
                "transform": [{"filter": "isValid(datum.low)"}],
                "mark": {"type": "rule", "strokeWidth": 10, "opacity": 0.35},
                "encoding": {"x": along, **band, "color": colour},
            }
        )
    if any(one["first"] != one["last"] for one in marks):
        # A month or a year is all of its days.
        days = {"x": along | {"field": "first"}, "x2": {"field": "last"}}
        layers.append(
            {
                "transform": [{"filter": "datum.first !== datum.last"}],
                "mark": {"type": "rule", "strokeWidth": 2},
                "encoding": {**days, "y": up, "color": colour},
            }
        )
    layers += [
        {
            "mark": {"type": "point", "filled": True, "opacity": 1},
            "encoding": {
                "size": {"field": "size", "type": "quantitative", "scale": None},
                "x": along,
                "y": up,
                "color": colour,
                "shape": {"field": "shape", "type": "nominal", "scale": None},
                "href": {"field": "page"},
                "tooltip": {"field": "tooltip"},
                "description": {"field": "tooltip"},
            },
        },
        {
            "transform": [{"filter": "datum.label !== ''"}],
            "mark": {"type": "text", "dy": -LABEL_GAP, "baseline": "bottom", "fontSize": 11},
            "encoding": {"x": along | {"field": "at"}, "y": up, "text": {"field": "label"}},
        },
    ]
    return {
        **panel_title(name, size[0]),
        "width": size[0],
        "height": size[1],
        # What is contradicted lies below, as a ring where something else is at the same place.
        "data": {"values": sorted(marks, key=lambda one: one["linked"])},
        "layer": layers,
    }


def moment(day: date) -> Json:
    """Return a day as the grammar writes it, in UTC."""
    return {"year": day.year, "month": day.month, "date": day.day, "utc": True}


def mark(row: Row, canvas: Canvas) -> Json:
    """Return what is drawn of a row."""
    values = row.values
    first, last = date.fromisoformat(values["first"]), date.fromisoformat(values["last"])
    low, high = values["lower"], values["upper"]
    y = values["value"]
    if y is None:
        y = high if high is not None else low
    ranged = values["value"] is None and low is not None and high is not None
    return {
        "day": (first + (last - first) / 2).isoformat(),
        "first": values["first"],
        "last": values["last"],
        "y": float((low + high) / 2 if ranged else y),
        "low": float(low) if ranged else None,
        "high": float(high) if ranged else None,
        "top": float(high if ranged else y),
        "size": DOUBTED_SIZE if values["status"] == "contradicted" else SIZE,
        "linked": values["status"] != "contradicted",
        "colour": {
            "latest": canvas.scheme.solid,
            "overtaken": canvas.scheme.muted,
            "contradicted": canvas.scheme.warning,
        }[values["status"]],
        "shape": SHAPES[Operator(values["operator"])],
        "words": values["words"],
        "label": "",
        "at": "",
        "page": row.page,
        "tooltip": f"{row.label}: {row.amount}. “{row.sentence.quote}”" if row.sentence else "",
    }


def place_labels(
    marks: Sequence[Json], period: tuple[date, date], top: float, size: tuple[int, int]
) -> None:
    """Name the numbers of the marks, the latest first, wherever a label touches none before it
    nor the edges; at an edge it is moved inwards."""
    width, tall = size
    days = (period[1] - period[0]).days
    taken: list[tuple[float, float, float, float]] = []
    for one in marks:
        x = (date.fromisoformat(one["day"]) - period[0]).days / days * width
        y = tall * (1 - one["y"] / top)
        taken.append((x - 6, x + 6, y - 6, y + 6))
    points = list(taken)
    # Those that another report contradicts come last.
    order = sorted(range(len(marks)), key=lambda at: (marks[at]["linked"], at), reverse=True)
    for at in order:
        one = marks[at]
        half = text_width(one["words"], 11) / 2
        x = (points[at][0] + points[at][1]) / 2
        y = (points[at][2] + points[at][3]) / 2
        x = min(max(x, half), width - half)
        box = (x - half, x + half, y - LABEL_GAP - LABEL_HEIGHT, y - LABEL_GAP + 2)
        others = [taken[other] for other in range(len(taken)) if other != at]
        if box[2] > -LABEL_HEIGHT and not any(meet(box, other) for other in others):
            one["label"] = one["words"]
            one["at"] = (period[0] + timedelta(days=x / width * days)).isoformat()
            taken.append(box)


def meet(box: Sequence[float], other: Sequence[float]) -> bool:
    """Return whether two boxes, each left, right, top and bottom, overlap."""
    return box[0] < other[1] and other[0] < box[1] and box[2] < other[3] and other[2] < box[3]
