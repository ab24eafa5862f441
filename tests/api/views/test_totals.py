"""Totals, case by case."""

import csv
import io
import zipfile
from datetime import date
from decimal import Context, Decimal
from pathlib import Path
from typing import Any

import currency_converter
import pytest
from django.test import Client

from tests.support.factories import DonationFactory, ExportFactory, StatementFactory
from tests.support.routes import API, ask, refused
from tests.support.totals_answers import exact, get, only

pytestmark = pytest.mark.django_db


def give(**content: Any) -> Any:
    """Publish a donation."""
    return DonationFactory(published=True, **content)


def reasons(total: dict[str, Any]) -> list[str]:
    """Return why figures are left out of a total."""
    return [left["reason"] for left in total["left_out"]]


def test_exact_figures_add_up_and_the_list_behind_them_is_named(client: Client) -> None:
    first = give(figures=[{"value": 1000}])
    second = give(figures=[{"value": Decimal("0.5")}])

    total = only(client)

    assert (total["at_least"], total["about"]) == (Decimal("1000.5"),) * 2
    assert (total["figures"], total["records"], total["search"]) == (2, 2, "exact")
    behind = exact(client.get(total["url"]))["results"]
    assert {row["id"] for row in behind} == {first.public_id, second.public_id}


def test_joint_gifts_are_in_the_group_of_each_and_count_with_others(client: Client) -> None:
    give(donors=["CHN", "ITA"], figures=[{"value": 5}])
    give(donors=["who"], figures=[{"value": 1}])
    give(donors=[], figures=[{"value": 2}])

    answer = get(client, group_by="donor")

    assert {total["group"]["donor"]: total["at_least"] for total in answer["totals"]} == {
        "CHN": None,
        "ITA": None,
        "who": 1,
        "joint": 5,
        "unknown": 2,
    }
    others = {total["group"]["donor"]: total["with_others"] for total in answer["totals"]}
    assert others["CHN"] == {"at_least": 5, "about": 5}
    assert "need not add up" in answer["note"]
    for total in answer["totals"]:
        page = exact(client.get(total["url"]))
        assert len(page["results"]) == total["records"]


def test_counts_of_parties_are_never_added(client: Client) -> None:
    give(figures=[{"counted": True, "value": 127}])
    give(figures=[{"counted": True, "value": 4}])

    total = only(client)

    assert (total["at_least"], total["about"], total["figures"]) == (127, 127, 1)
    assert total["unproven"] == {"figures": 1, "records": 1, "sum": None}


def test_parts_and_their_whole_count_once(client: Client) -> None:
    whole = give(figures=[{"value": 800}])
    part = give(links={"part_of": whole}, figures=[{"value": 200}])

    total = only(client)

    assert total["at_least"] == 800
    (left,) = total["left_out"]
    assert (left["reason"], left["includable"]) == ("part", False)
    assert left["which"] == [{"id": part.public_id, "figure": 1, "held_by": whole.public_id}]


def test_reason_without_a_stage_proves_nothing_when_included(client: Client) -> None:
    give(figures=[{"value": 7, "countable": False, "countable_reason": "unclear"}])
    give(stage="announced", figures=[{"value": 3}])

    assert only(client)["at_least"] is None
    total = only(client, include="unclear")
    assert (total["at_least"], total["about"]) == (None, 7)
    total = only(client, include="announced")
    assert (total["at_least"], reasons(total)) == (3, ["unclear"])
    assert get(client, milestone="delivered")["totals"] == []


def test_points_of_a_series_overlap_and_what_is_silent_erases_nothing(client: Client) -> None:
    def point(day: int, *figures: dict[str, Any]) -> None:
        ExportFactory(
            published=True,
            series="customs",
            as_of=date(2020, 4, day),
            figures=[figure | {"basis": "cumulative_to_date"} for figure in figures],
        )

    point(1, {"value": 100}, {"item": "goggles", "unit": "piece", "value": 7})
    point(2, {"value": 150})
    point(3, {"operator": "unspecified", "value": None})

    answer = get(client, "exports", group_by="item")
    sums = {total["group"]["item"]: total["at_least"] for total in answer["totals"]}
    assert (sums["surgical-mask"], sums["goggles"]) == (150, 7)
    until = get(client, "exports", group_by="item", as_of_to="2020-04-01")
    sums = {total["group"]["item"]: total["at_least"] for total in until["totals"]}
    assert (sums["surgical-mask"], sums["goggles"]) == (100, 7)


def test_of_equal_reports_that_of_the_chosen_source_counts(client: Client) -> None:
    sources = [StatementFactory(published=True) for _ in range(2)]
    give(figures=[{"value": 10, "statement": source} for source in sources])

    assert reasons(only(client)) == ["repeated"]
    total = only(client, statement=sources[1].public_id)
    assert (total["at_least"], [row["figure"] for row in total["used"]]) == (10, [2])


def test_a_total_has_at_most_two_groupings_and_a_limit(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for donor in ("CHN", "ITA", "who"):
        give(donors=[donor])
    path = f"{API}donations/summary/"
    assert refused(client, path, group_by="donor,month,item") == {"group_by": "too_many"}

    monkeypatch.setattr("records.api.views.totals.MAX_GROUPS", 2)
    assert refused(client, path, group_by="donor") == {"group_by": "too_many_groups"}


# Conversion


def reference_rates() -> dict[str, dict[str, str]]:
    """Day → currency → its rate, read from the table itself."""
    path = Path(currency_converter.__file__).parent / "eurofxref-hist.zip"
    with zipfile.ZipFile(path) as archive:
        text = archive.read(archive.namelist()[0]).decode()
    return {row["Date"]: row | {"EUR": "1"} for row in csv.DictReader(io.StringIO(text))}


@pytest.mark.parametrize("target", ["USD", "EUR", "CNY"])
def test_amounts_are_converted_at_the_rate_of_their_day(client: Client, target: str) -> None:
    ten = Context(prec=10)
    table = reference_rates()
    # Good Friday has no rate: the day before counts.
    days = {"2020-04-10": "2020-04-09", "2020-06-01": "2020-06-01", "2020-06-07": "2020-06-05"}
    amounts = dict(
        zip(days, (Decimal("1234567.89"), Decimal(999), Decimal(50_000_000)), strict=True)
    )
    for day, amount in amounts.items():
        figure = {"money": True, "currency": "CNY", "value": amount}
        give(figures=[figure], as_of=date.fromisoformat(day))

    converted = only(client, convert=target)["converted"]

    expected, rates = Decimal(0), []
    for day, quoted in days.items():
        at = quoted if target != "CNY" else day
        rate = Decimal(1)
        if target != "CNY":
            rate = ten.plus(1 / Decimal(table[at]["CNY"]) * Decimal(table[at][target]))
        expected += amounts[day] * rate
        rates.append({"date": at, "rate": rate, "figures": 1})
    assert converted["at_least"] == expected.quantize(Decimal("0.01"))
    assert converted["rates"] == rates
    assert (converted["currency"], converted["without_rate"]) == (target, 0)
    assert converted["rate_source"].startswith("European Central Bank")


@pytest.mark.parametrize(("precision", "day"), [("month", "2020-05-29"), ("year", "2020-12-31")])
def test_a_month_or_year_is_converted_at_the_rate_of_its_last_day(
    client: Client, precision: str, day: str
) -> None:
    figure = {"money": True, "currency": "CNY", "value": Decimal(100)}
    give(figures=[figure], as_of=date(2020, 5, 3), as_of_precision=precision)

    (rate,) = only(client, convert="EUR")["converted"]["rates"]

    assert rate["date"] == day


def test_what_has_no_rate_is_not_converted(client: Client) -> None:
    give(figures=[{"money": True, "currency": "FJD"}])
    give(figures=[{"money": True, "currency": "USD"}])
    give(figures=[{"money": True, "currency": ""}])

    answer = get(client, convert="EUR")

    converted = {
        total["currency"]: (
            total["converted"]["at_least"] is None,
            total["converted"]["without_rate"],
        )
        for total in answer["totals"]
    }
    assert converted == {"FJD": (True, 1), "USD": (False, 0), None: (True, 1)}


def test_only_amounts_are_converted(client: Client) -> None:
    give()

    assert only(client, convert="USD")["converted"] is None
    answer = ask(client, f"{API}donations/summary/", convert="XXX")
    assert answer.status_code == 400
