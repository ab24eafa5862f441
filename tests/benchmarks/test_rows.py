"""The rows of the table of benchmarks: ratios, targets, and how they are shown and stored."""

import json
from dataclasses import replace

import pytest

from benchmarks.rows import HEADER, Row, markdown

LIST = Row(
    *("list", "requests/s", 1190.4),
    peer="textbook",
    theirs=28.4,
    our_cpu=0.74,
    their_cpu=33.2,
    judged="rate",
    target=40,
)
PUBLISHING = Row(
    *("generate and publish", "donations/s", 1100),
    our_cpu=1.0,
    judged="ours",
    target=1000,
    megabytes=239,
    most_megabytes=400,
)


def test_line_of_a_row() -> None:
    assert LIST.cells() == [
        *("list against textbook", "1,190 requests/s", "28", "41.9×"),
        *("0.740 against 33.2", "40×", "met"),
    ]
    assert PUBLISHING.line() == (
        "generate and publish | 1,100 donations/s, 239 MB | – | – | 1.0 | 1,000, 400 MB | met"
    )


def test_ratio_that_is_judged_by_cpu_is_that_of_cpu() -> None:
    row = replace(LIST, judged="cpu", our_cpu=0.05, their_cpu=0.1, target=3)

    assert row.ratio == 2
    assert row.cells()[3:] == ["2.00× by CPU", "0.050 against 0.100", "3×", "MISSED"]


@pytest.mark.parametrize(
    ("row", "met"),
    [
        (replace(LIST, target=None), None),
        (replace(LIST, target=42), False),
        (replace(LIST, theirs=None), False),
        (replace(PUBLISHING, megabytes=401), False),
        (replace(PUBLISHING, ours=999), False),
    ],
)
def test_target(row: Row, met: bool | None) -> None:
    assert row.met is met


@pytest.mark.parametrize("row", [LIST, PUBLISHING])
def test_stored_row_is_shown_as_it_was(row: Row) -> None:
    stored = json.loads(json.dumps(row.as_json()))

    assert Row.from_json(stored).line() == row.line()


def test_table() -> None:
    lines = markdown([LIST, PUBLISHING]).splitlines()

    assert lines[0] == f"| {HEADER} |"
    assert [line.count("|") for line in lines] == [8, 8, 8, 8]
