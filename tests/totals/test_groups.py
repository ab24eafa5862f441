"""Totals by group, each a query of its own."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from records.totals.figures import Figure, Milestone
from records.totals.groups import GROUPINGS, days_of, grouped, name_of
from records.totals.prepare import prepare
from records.totals.scopes import Query
from tests.support.totals_rows import (
    CHINA,
    CITY,
    GLOVES,
    ITALY,
    KENYA,
    MASK,
    SURGICAL,
    WHO,
    by,
    figure,
    running,
)


def sums(
    rows: list[Figure], *grouping: str, query: Query | None = None
) -> dict[Any, Decimal | None]:
    """Return `at_least` by group, of the only split."""
    found = grouped(prepare(rows), query or Query(), grouping)
    return {key if len(key) > 1 else key[0]: total.at_least for key, (total,) in found.items()}


def on(id: str, value: int, day: date, **content: Any) -> Figure:
    return figure(id, value, milestones=(Milestone("delivered", day),), **content)


def test_groups_by_party_are_joint_or_unknown_where_several_or_none_are_named() -> None:
    rows = [
        figure("a", 1),
        figure("b", 2, givers=(CITY,)),
        figure("c", 4, givers=(CITY, ITALY)),
        figure("d", 8, givers=()),
        figure("e", 16, givers=(CHINA, CITY)),
        figure("f", 32, givers=(WHO,)),
    ]
    assert sums(rows, "givers_code") == {
        "CHN": 17,
        "chn-city": 2,
        "ITA": None,
        "joint": 20,
        "unknown": 8,
        "who": 32,
    }
    assert sums(rows, "givers_country") == {
        "CHN": 19,
        "ITA": None,
        "joint": 4,
        "unknown": 8,
        None: 32,
    }
    assert sums(rows, "givers_region")["030"] == 1
    there_and_back = [figure("a", 1), figure("b", 2, givers=(ITALY,), receivers=(CHINA,))]
    assert sums(there_and_back, "givers_code") == {"CHN": 1, "ITA": 2}
    assert sums(rows, "receivers_type") == {"country": 63}


def test_joint_gifts_are_named_in_the_group_of_every_giver() -> None:
    rows = [figure("a", 1), figure("b", 2, givers=(CHINA, ITALY))]
    ((total,),) = (
        totals
        for key, totals in grouped(prepare(rows), Query(), ["givers_code"]).items()
        if key == ("CHN",)
    )
    assert (total.at_least, total.with_others) == (1, (3, 3))
    assert [row.in_about.reason for row in total.left_out] == ["joint"]


def test_groups_by_time_hold_what_surely_happened_in_them() -> None:
    rows = [
        on("a", 1, date(2020, 3, 5)),
        on("b", 2, date(2020, 4, 5)),
        on("c", 4, date(2021, 4, 5)),
        running("p", 8, basis="period_total", start=date(2020, 4, 1), end=date(2020, 5, 2)),
    ]
    rows.append(figure("by", 16, as_of=date(2020, 12, 1)))
    rows[3].receivers = (KENYA,)
    assert sums(rows, "month") == {
        "2020-03": 1,
        "2020-04": 2,
        "2021-04": 4,
        "2020-12": None,
        None: 24,
    }
    assert sums(rows, "quarter")["2020-Q2"] == 10
    # What is dated by a day of 2020 begins on the earliest date, so it lies in that year.
    assert sums(rows, "year") == {"2020": 27, "2021": 4}
    assert sums(rows, "year", query=Query(end=date(2020, 4, 30))) == {
        "2020": 3,
    }


def test_about_places_what_is_dated_by_a_day_in_its_month() -> None:
    rows = [figure("a", 16, as_of=date(2020, 12, 1))]
    found = grouped(prepare(rows), Query(), ["month"])
    assert {key: (total.at_least, total.about) for key, (total,) in found.items()} == {
        ("2020-12",): (None, 16),
        (None,): (16, 16),
    }


def test_groups_by_time_follow_the_milestone() -> None:
    milestones = (
        Milestone("committed", date(2020, 3, 1)),
        Milestone("delivered", date(2020, 5, 1)),
    )
    rows = [figure("a", 1, milestones=milestones)]
    assert sums(rows, "month") == {"2020-03": 1}
    query = Query(milestone="delivered")
    found = grouped(prepare(rows, None, (), "delivered"), query, ["month"])
    assert list(found) == [("2020-05",)]


def test_groups_by_item_hold_what_is_inside_the_item() -> None:
    rows = [figure("a", 1), figure("b", 2, item=SURGICAL), figure("c", 4, item=GLOVES)]
    assert sums(rows, "item") == {"mask": 3, "surgical": 2, "gloves": 4, "ppe": 7, "supplies": 7}
    assert sums(rows, "item", query=Query(items=(MASK,))) == {"mask": 3, "surgical": 2}
    assert sums(rows, "item_category") == {"ppe": 7}
    money = [figure("m", 5, measure="money", unit="", currency="USD", item=())]
    assert sums(money, "item") == {None: 5}
    assert sums(money, "currency") == {"USD": 5}


def test_groups_of_two_groupings() -> None:
    rows = [figure("a", 1, form="goods"), figure("b", 2, receivers=(KENYA,), series="s")]
    assert sums(rows, "receivers_code", "form") == {("ITA", "goods"): 1, ("KEN", None): 2}
    assert sums(rows, "series") == {None: 1, "s": 2}
    assert sums(rows, "receivers_country", query=Query(receivers=by("code", "KEN"))) == {"KEN": 2}


def test_upper_bounds_hold_for_groups_of_named_parties_only() -> None:
    rows = [
        running("t", 9, kind="export", stage="", start=date(2020, 1, 1), as_of=date(2020, 12, 31)),
        figure("j", 1, kind="export", stage="", receivers=(ITALY, KENYA)),
    ]
    query = Query(items=(MASK,), end=date(2020, 12, 31), receivers=by("code", "ITA"))
    found = grouped(prepare(rows), query, ["givers_code"])
    assert [total.at_most for (total,) in found.values()] == [9]
    given = replace(query, givers=by("code", "CHN"))
    joint = grouped(prepare(rows), given, ["receivers_code"])
    bounds = {key: total.at_most for key, (total,) in joint.items()}
    assert (bounds["ITA",], bounds["joint",]) == (9, None)


@pytest.mark.parametrize(
    ("step", "name", "last"),
    [
        ("month", "2020-02", date(2020, 2, 29)),
        ("month", "2020-12", date(2020, 12, 31)),
        ("quarter", "2020-Q1", date(2020, 3, 31)),
        ("quarter", "2020-Q4", date(2020, 12, 31)),
        ("year", "2020", date(2020, 12, 31)),
    ],
)
def test_names_of_periods_and_their_days(step: str, name: str, last: date) -> None:
    first, found = days_of(name)
    assert found == last
    assert first.day == 1
    assert name_of(first, step) == name_of(last, step) == name


def test_every_grouping_gives_totals() -> None:
    rows = [figure("a", 1, form="goods", series="s")]
    for name in GROUPINGS:
        assert grouped(prepare(rows), Query(), [name]), name
