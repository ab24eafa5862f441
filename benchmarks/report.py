"""Show a run of `benchmarks.run` in docs/benchmarks.md: as a table, and as a chart beside it.

    .venv/bin/python -m benchmarks.report [FILE]

copies the file to docs/benchmarks/last_run.json and writes both anew from it.
"""

import argparse
import json
import re
import textwrap
from pathlib import Path
from typing import Any

from benchmarks import databases
from benchmarks.rows import Row, markdown
from records.site.charts.drawing import (
    MARGIN,
    Canvas,
    Heading,
    Json,
    complete,
    svg,
    text_width,
)

PAGE = databases.ROOT / "docs" / "benchmarks.md"
LAST = databases.ROOT / "docs" / "benchmarks" / "last_run.json"
CHART = LAST.with_name("ratios.svg")
TABLE = re.compile(r"(?<=<!-- last run -->\n).*(?=<!-- end of last run -->)", re.DOTALL)
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
LINE = 120
STEP = 18
"""Height of a bar and its gap."""
AXIS = 44
LEGEND = 30


def rows_of(run: dict[str, Any]) -> list[Row]:
    return [Row.from_json(row) for row in run["rows"]]


def tables(runs: dict[str, Any]) -> str:
    """Return the table of each database, with how it was measured."""
    parts = []
    for vendor, run in runs.items():
        how = (
            f"{NAMES[vendor]}, {run['donations']:,} donations, {run['date']}, Python "
            f"{run['python']}, an empty loop of ten million in {run['loop_seconds']:.2f} s, "
            f"requests by {run['client']}, medians of {run['rounds']} rounds of "
            f"{run['seconds']} s:"
        )
        parts.append(f"{textwrap.fill(how, LINE)}\n\n{markdown(rows_of(run))}\n")
    return "\n" + "\n".join(parts) + "\n"


def bars(runs: dict[str, Any]) -> list[Json]:
    """Return what the chart has of each ratio: without rows whose rate is judged alone."""
    return [
        {
            "case": row.name,
            "database": NAMES[vendor],
            "ratio": row.ratio,
            "target": row.target,
            "label": f"{row.ratio:.3g}",
        }
        for vendor, run in runs.items()
        for row in rows_of(run)
        if row.ratio and row.judged != "ours"
    ]


def chart(runs: dict[str, Any], canvas: Canvas) -> str:
    """Return the drawing: how many times as fast ours is, on a logarithmic scale."""
    found = bars(runs)
    cases = list(dict.fromkeys(bar["case"] for bar in found))
    per_case = STEP * len(runs)
    label = max(text_width(case, 11) for case in cases) + MARGIN
    width, height = round(canvas.width - 2 * MARGIN - label), per_case * len(cases)
    ends = [bar["ratio"] for bar in found] + [bar["target"] for bar in found if bar["target"]]
    # Room at both ends, and for the number of the longest bar.
    domain = [min(1, *ends) / 1.1, max(ends) * 1.4]
    up: Json = {"field": "case", "type": "nominal", "sort": cases, "title": None}
    along: Json = {"type": "quantitative", "scale": {"type": "log", "domain": domain}}
    beside: Json = {"field": "database", "sort": list(NAMES.values())}
    scheme = canvas.scheme
    layers = [
        {
            "mark": {"type": "bar"},
            "encoding": {
                "x": along
                | {
                    "field": "ratio",
                    "axis": {
                        "title": "times as fast as the other",
                        "format": "~r",
                        "tickCount": 4,
                    },
                },
                # Bars of a logarithmic scale have no zero: they begin where nothing is gained.
                "x2": {"datum": 1},
                "color": {
                    "field": "database",
                    "title": None,
                    "scale": {"range": [scheme.solid, scheme.pale]},
                    "sort": list(NAMES.values()),
                    "legend": {"orient": "top"},
                },
            },
        },
        {
            "transform": [{"filter": "datum.target !== null"}],
            "mark": {"type": "tick", "color": scheme.warning, "thickness": 2, "size": STEP - 6},
            "encoding": {"x": along | {"field": "target"}},
        },
        {
            "mark": {"type": "text", "align": "left", "dx": 4, "fontSize": 10},
            "encoding": {
                "x": along | {"field": "ratio"},
                "text": {"field": "label"},
            },
        },
    ]
    heading = Heading(
        "How many times as fast as other servers",
        ["Bars to the left of 1 are slower. A line marks the target, where there is one."],
    )
    spec = complete(
        {
            "width": width,
            "height": height,
            "data": {"values": found},
            "encoding": {"y": up | {"axis": {"labelLimit": 400}}, "yOffset": beside},
            "layer": layers,
        },
        heading,
        canvas,
    )
    tall = height + heading.height(canvas) + AXIS + LEGEND + 2 * MARGIN
    return svg(spec, canvas.width, round(tall))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "file", type=Path, nargs="?", default=databases.DIRECTORY / "last_run.json"
    )
    runs = json.loads(parser.parse_args().file.read_text())
    LAST.parent.mkdir(exist_ok=True)
    LAST.write_text(json.dumps(runs, indent=1) + "\n")
    CHART.write_text(chart(runs, Canvas.of()))
    PAGE.write_text(TABLE.sub(lambda _: tables(runs), PAGE.read_text()))


if __name__ == "__main__":
    main()
