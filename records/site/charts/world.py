"""A world map of the countries of receivers. What a country has no colour for is not nothing: no
figure names it."""

from bisect import bisect_right
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path

import orjson

from aidapi.parameters import ParameterSet
from records.query.groupings import side_of
from records.site.charts.chart import Chart, Row
from records.site.charts.drawing import MARGIN, Canvas, Json, short_amount
from records.site.charts.grouped import AMOUNTS, NOTHING, GroupedQuery, number
from records.site.charts.parameters import party_roles
from records.site.charts.parties import besides, named_rows, of_one_party
from records.site.charts.words import role_in_words

SHAPES = Path(__file__).parent / "countries.json"
"""Outlines of countries (TopoJSON) by ISO 3166-1 alpha-3 code; docs/charts.md says whence."""
CLASSES = 6
LINE_HEIGHT = 20
"""Height of a line of the legend."""
RATIO = 0.49
"""Height of the map by its width."""


@cache
def shapes() -> Json:
    """Return the outlines of the countries."""
    found: Json = orjson.loads(SHAPES.read_bytes())
    return found


@cache
def outlined() -> frozenset[str]:
    """Return the codes of the countries that have an outline."""
    geometries = shapes()["objects"]["countries"]["geometries"]
    return frozenset(geometry["id"] for geometry in geometries if "id" in geometry)


def world_map(kind: str, parameters: ParameterSet) -> Chart:
    """Return the map of a query by country."""
    query = GroupedQuery(kind, parameters)
    receiver = next(role for role in party_roles(kind) if side_of(role) == "receivers")
    by = query.values.get("by", f"{receiver}_country")
    split, groups = query.divided(by)
    names, rows = named_rows(query, of_one_party(groups))
    return Chart(
        name="map",
        title=query.title(split, names, f"by {role_in_words(by)}"),
        revision=query.revision,
        query=query.given,
        about=[READING] if rows else [NOTHING],
        columns=[by, "name", *AMOUNTS],
        rows=rows,
        draw=lambda canvas: draw(rows, by, canvas),
        height=height,
        row_name="Country",
        notes=[*unshaped(rows, by), *besides(groups)],
        others=query.other_splits(split) if split else [],
    )


def height(canvas: Canvas) -> float:
    """Return the height of the map with its legend."""
    lines = 3 if canvas.narrow else 1
    return (canvas.width - 2 * MARGIN) * RATIO + lines * LINE_HEIGHT + 8


READING = (
    "Colours: the proven minimum, or the approximate number where nothing is proven. Grey: no "
    "figure names the country alone. Names and borders imply no recognition."
)


def unshaped(rows: Sequence[Row], by: str) -> list[str]:
    """Return the countries that are too small for the map, with their totals."""
    small = [f"{row.label} ({row.amount})" for row in rows if row.values[by] not in outlined()]
    return [f"Too small for the map: {'; '.join(small)}."] if small else []


def edges(numbers: Sequence[float]) -> list[float]:
    """Return the lower edges of the classes above the first: rounded quantiles, so that each has
    about as many countries."""
    ordered = sorted(numbers)
    found = {rounded(ordered[len(ordered) * place // CLASSES]) for place in range(1, CLASSES)}
    return sorted(found - {0.0})


def rounded(value: float) -> float:
    """Return a number rounded down to one digit: 4,000 for 4,711."""
    scale = 10 ** (len(str(int(value))) - 1)
    return float(int(value) // scale * scale)


def draw(rows: Sequence[Row], by: str, canvas: Canvas) -> Json:
    """Return the specification of the map above its legend."""
    scheme = canvas.scheme
    steps = edges([amount_of(row) for row in rows]) if rows else []
    colours = scheme.steps[-len(steps) - 1 :]
    values = [
        {
            "code": row.values[by],
            "colour": colours[bisect_right(steps, amount_of(row))],
            "page": row.address,
            "tooltip": f"{row.label}: {row.amount}",
        }
        for row in rows
    ]
    width = canvas.width - 2 * MARGIN
    outline = {"type": "geoshape", "stroke": scheme.paper, "strokeWidth": 0.4}
    layers: list[Json] = [{"mark": outline | {"fill": scheme.line}}]
    if values:
        countries = {"data": {"values": values}, "key": "code"}
        layers.append(
            {
                "transform": [
                    {
                        "lookup": "id",
                        "from": countries | {"fields": ["colour", "page", "tooltip"]},
                    },
                    {"filter": "isValid(datum.colour)"},
                ],
                "mark": outline,
                "encoding": {
                    "fill": {"field": "colour", "type": "nominal", "scale": None},
                    "href": {"field": "page"},
                    "tooltip": {"field": "tooltip"},
                    "description": {"field": "tooltip"},
                },
            }
        )
    world = {
        "width": width,
        "height": round(width * RATIO),
        "projection": {"type": "naturalEarth1"},
        "data": {"values": shapes(), "format": {"type": "topojson", "feature": "countries"}},
        "layer": layers,
    }
    return {"vconcat": [world, legend(steps, colours, width, canvas)], "spacing": 8}


def amount_of(row: Row) -> float:
    """Return what the colour of a country shows."""
    least = row.values["at_least"]
    return number(row.values["about"] if least is None else least) or 0.0


def legend(steps: Sequence[float], colours: Sequence[str], width: int, canvas: Canvas) -> Json:
    """Return the classes with their limits."""
    words = [short_amount(step) for step in steps]
    labels = (
        [
            f"under {words[0]}",
            *(f"{low} to {high}" for low, high in pairwise(words)),
            f"{words[-1]} or more",
        ]
        if words
        else ["any amount"]
    )
    across = 2 if canvas.narrow else CLASSES
    marks = [
        {
            "x": place % across * (width / across) + 8,
            "y": place // across * LINE_HEIGHT + 10,
            "label": label,
            "colour": colour,
        }
        for place, (label, colour) in enumerate(zip(labels, colours, strict=True))
    ]
    at = {
        axis: {"field": axis, "type": "quantitative", "scale": None, "axis": None}
        for axis in ("x", "y")
    }
    return {
        "width": width,
        "height": -(-CLASSES // across) * LINE_HEIGHT,
        "data": {"values": marks},
        "layer": [
            {
                "mark": {"type": "square", "size": 120, "opacity": 1},
                "encoding": at | {"color": {"field": "colour", "type": "nominal", "scale": None}},
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 10, "fontSize": 10},
                "encoding": at | {"text": {"field": "label"}},
            },
        ],
    }
