"""The differences between two responses: their sorts and places."""

import io
import json
import zipfile
from typing import Any

import pytest
import xlsxwriter

from benchmarks.differences import Answer, Sort, differences

JSON = "application/json"
PROBLEM = "application/problem+json"


def found(before: Any, after: Any, media_type: str = JSON) -> list[tuple[Sort, str]]:
    """Return sort and place of each difference of two bodies."""
    answers = [
        Answer(200, {"content-type": media_type}, body if isinstance(body, bytes) else dump(body))
        for body in (before, after)
    ]
    return [(one.sort, one.place) for one in differences(*answers)]


def dump(value: Any) -> bytes:
    return (value if isinstance(value, str) else json.dumps(value)).encode()


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, [(Sort.ADDED, "body /b")]),
        ({"a": 1, "b": 2}, {"a": 1}, [(Sort.REMOVED, "body /b")]),
        ({"counted": "x"}, {"total": "x"}, [(Sort.RENAMED, "body /counted")]),
        # Nothing says that an empty value was renamed.
        ({"b": None}, {"c": None}, [(Sort.REMOVED, "body /b"), (Sort.ADDED, "body /c")]),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, [(Sort.VALUE, "body /a/b")]),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, [(Sort.BYTES, "body  order of names")]),
        ("[1, 2]", "[1,2]", [(Sort.BYTES, "body bytes")]),
        (["a", "b"], ["a", "c", "b"], [(Sort.ADDED, "body /*")]),
    ],
)
def test_sort_of_a_difference(before: Any, after: Any, expected: Any) -> None:
    assert found(before, after) == expected


def test_entries_are_paired_by_what_identifies_them() -> None:
    before = [{"id": "a", "n": 1}, {"id": "c", "n": 3}]
    after = [{"id": "a", "n": 1}, {"id": "b", "n": 2}, {"id": "c", "n": 4}]

    assert found(before, after) == [(Sort.VALUE, "body /*/n"), (Sort.ADDED, "body /*")]
    assert found(before, before[::-1]) == [(Sort.VALUE, "body /* order")]


def test_words_of_an_error_are_told_from_its_code() -> None:
    before = {"detail": "Not well put.", "errors": [{"parameter": "a", "code": "bad"}]}
    after = {"detail": "Invalid.", "errors": [{"parameter": "a", "code": "empty"}]}

    assert found(before, after, PROBLEM) == [
        (Sort.ERROR, "body /detail"),
        (Sort.VALUE, "body /errors/*/code"),
    ]


def test_status_is_the_only_difference_of_two_statuses() -> None:
    answers = [Answer(status, {"x": str(status)}, b"%d" % status) for status in (200, 400)]

    assert [(one.sort, one.change) for one in differences(*answers)] == [
        (Sort.STATUS, "200 → 400")
    ]


def test_header_that_is_new() -> None:
    answers = [Answer(200), Answer(200, {"etag": '"*"'})]

    assert [(one.sort, one.place) for one in differences(*answers)] == [
        (Sort.HEADER, "header etag")
    ]


def workbook(*rows: list[str]) -> bytes:
    """Return the parts of a workbook, as a recording has them."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    with zipfile.ZipFile(file) as archive:
        return b"\n".join(b"== %s\n%s" % (n.encode(), archive.read(n)) for n in archive.namelist())


SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.mark.parametrize("media_type", ["text/csv", SHEET])
def test_rows_are_paired_by_id_and_figure_and_columns_by_name(media_type: str) -> None:
    before = [["id", "figure", "value", "gone"], ["a", "1", "5", "x"], ["a", "2", "6", "x"]]
    after = [["id", "figure", "new", "value"], ["a", "1", "", "5"], ["a", "2", "", "7"]]
    one, other = (
        workbook(*rows) if media_type == SHEET else "\n".join(map(",".join, rows)).encode()
        for rows in (before, after)
    )

    assert found(one, other, media_type) == [
        (Sort.REMOVED, "body column"),
        (Sort.ADDED, "body column"),
        (Sort.VALUE, "body column value"),
    ]
