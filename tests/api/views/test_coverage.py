"""Coverage of few records: what is listed month by month, and what is one gap."""

import datetime

import pytest
from django.test import Client

from tests.support.factories import ExportFactory, publish
from tests.support.routes import API, found

pytestmark = pytest.mark.django_db


def test_coverage_of_nothing(client: Client) -> None:
    for reported in found(client, f"{API}coverage/")["kinds"]:
        assert (reported["records"], reported["months"], reported["gaps"]) == (0, [], [])


@pytest.mark.parametrize(
    ("days", "listed", "gaps"),
    [
        ([("2020-01-01", "year")], [], []),
        (
            [("2020-11-03", "day"), ("2021-01-01", "month")],
            {"2020-11": 1, "2020-12": 0, "2021-01": 1},
            [],
        ),
        (
            [("2020-04-10", "day"), ("2021-05-01", "day")],
            {"2020-04": 1}
            | {f"2020-{month:02}": 0 for month in range(5, 13)}
            | {f"2021-{month:02}": 0 for month in range(1, 5)}
            | {"2021-05": 1},
            [],
        ),
        (
            [("2020-04-10", "day"), ("2021-06-01", "day")],
            {"2020-04": 1, "2021-06": 1},
            [("2020-05", "2021-05", 13)],
        ),
        (
            [("1020-04-10", "day"), ("2020-04-10", "day"), ("2062-04-10", "day")],
            {"1020-04": 1, "2020-04": 1, "2062-04": 1},
            [("1020-05", "2020-03", 11_999), ("2020-05", "2062-03", 503)],
        ),
    ],
)
def test_coverage_lists_long_gaps_as_one(
    client: Client,
    days: list[tuple[str, str]],
    listed: dict[str, int],
    gaps: list[tuple[str, str, int]],
) -> None:
    for day, precision in days:
        record = ExportFactory(
            as_of=datetime.date.fromisoformat(day),
            as_of_precision=precision,
            date_reason="It is meant.",
        )
        publish(record)

    (reported,) = [
        row for row in found(client, f"{API}coverage/")["kinds"] if row["kind"] == "export"
    ]

    assert {row["month"]: row["records"] for row in reported["months"]} == dict(listed)
    assert [(row["first"], row["last"], row["months"]) for row in reported["gaps"]] == gaps
