"""The table and the chart of the last run, as docs/benchmarks.md shows them."""

import json
from typing import Any

import pytest

from benchmarks.report import CHART, LAST, PAGE, bars, chart, tables
from records.site.charts.drawing import Canvas


@pytest.fixture(scope="module")
def runs() -> dict[str, Any]:
    return json.loads(LAST.read_text())


def test_documents_show_the_last_run(runs: dict[str, Any]) -> None:
    assert tables(runs) in PAGE.read_text(), "run make bench-docs"
    assert f"({CHART.relative_to(PAGE.parent)})" in PAGE.read_text()


def test_chart_has_a_bar_for_each_ratio(runs: dict[str, Any]) -> None:
    drawn = chart(runs, Canvas.of())

    assert bars(runs)
    for bar in bars(runs):
        assert f">{bar['case']}<" in drawn
        assert f">{bar['label']}<" in drawn
