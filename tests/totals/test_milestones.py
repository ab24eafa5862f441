"""Stages and their dates."""

from datetime import date

import pytest

from records.totals.figures import Milestone
from records.totals.milestones import (
    COUNTED,
    FLOOR,
    Claim,
    counted_stages,
    dates_of,
    implies,
    lowest_stage,
    proves_stage,
    span,
    stage_of,
)
from tests.support.totals_rows import figure, running

MAY, JUNE = date(2020, 5, 1), date(2020, 6, 1)
DAY = date(2020, 4, 10)


@pytest.mark.parametrize(
    ("stages", "expected"),
    [
        ([], "unknown"),
        ([("announced", MAY)], "announced"),
        ([("delivered", MAY), ("committed", JUNE)], "delivered"),
        ([("suspended", MAY), ("delivered", JUNE)], "delivered"),
        ([("delivered", MAY), ("returned", JUNE)], "returned"),
        ([("delivered", MAY), ("returned", MAY)], "returned"),
        ([("signed", MAY), ("cancelled", MAY), ("suspended", MAY)], "cancelled"),
        ([("signed", MAY), ("terminated", MAY), ("suspended", JUNE)], "suspended"),
        ([("cancelled", MAY)], "cancelled"),
        ([("announced", MAY), ("paid", JUNE), ("amended", JUNE)], "paid"),
        ([("unknown", JUNE), ("in_talks", MAY)], "in_talks"),
        ([("paid", MAY), ("delivered", JUNE)], "delivered"),
        ([("delivered", MAY), ("paid", JUNE)], "paid"),
    ],
)
def test_stage_is_the_furthest_unless_an_undoing_one_is_later(
    stages: list[tuple[str, date]], expected: str
) -> None:
    assert stage_of([Milestone(stage, day) for stage, day in stages]) == expected


def test_an_undoing_stage_of_the_same_month_may_be_later() -> None:
    delivered = Milestone("delivered", date(2020, 5, 20))
    assert stage_of([delivered, Milestone("returned", MAY, "month")]) == "returned"
    assert stage_of([delivered, Milestone("returned", date(2020, 4, 1), "month")]) == "delivered"
    assert stage_of([delivered, Milestone("returned", date(2020, 5, 19))]) == "delivered"
    month = Milestone("delivered", date(2020, 5, 31), "month")
    assert stage_of([month, Milestone("returned", MAY)]) == "returned"


def test_no_milestone_leaves_the_typed_stage() -> None:
    assert stage_of([]) == "unknown"


@pytest.mark.parametrize(
    ("stage", "other", "expected"),
    [
        ("delivered", "committed", True),
        ("delivered", "dispatched", True),
        ("committed", "delivered", False),
        ("committed", "announced", True),
        ("dispatched", "signed", True),
        ("signed", "in_talks", True),
        ("paid", "committed", True),
        ("paid", "dispatched", False),
        ("paid", "delivered", False),
        ("delivered", "paid", False),
        ("cancelled", "committed", False),
        ("", "", True),
    ],
)
def test_a_stage_proves_those_before_it(stage: str, other: str, expected: bool) -> None:
    assert implies(stage, other) is expected


def test_a_date_is_all_of_its_days() -> None:
    assert span(DAY, "day") == (DAY, DAY)
    assert span(date(2020, 2, 14), "month") == (date(2020, 2, 1), date(2020, 2, 29))
    assert span(DAY, "year") == (date(2020, 1, 1), date(2020, 12, 31))


def test_counted_stages_follow_the_query() -> None:
    assert counted_stages("export") == {""}
    assert counted_stages("contract") == set(COUNTED["contract"])
    more = counted_stages("donation", {"pledge", "unclear"}, "announced")
    assert more == {*COUNTED["donation"], "announced"}
    assert "cancelled" in counted_stages("donation", {"cancelled"})
    assert [lowest_stage(COUNTED[kind]) for kind in ("donation", "contract", "export")] == [
        *("committed", "signed", "")
    ]
    assert lowest_stage({"committed", "cancelled"}) is None
    assert [proves_stage(one) for one in ("pledge", "returned", "announced")] == [True] * 3
    assert [proves_stage(one) for one in ("unknown", "unclear", "lent")] == [False] * 3


COUNT = COUNTED["donation"]


def test_a_version_without_milestones_has_its_stage_by_its_date() -> None:
    dates = dates_of(figure("a", as_of=DAY, precision="month"), COUNT)
    assert dates.wide == (Claim("delivered", FLOOR, date(2020, 4, 30)),)
    assert dates.near == (Claim("delivered", date(2020, 4, 1), date(2020, 4, 30)),)


def test_milestones_on_and_by_a_date() -> None:
    milestones = (
        Milestone("announced", date(2020, 3, 1)),
        Milestone("committed", JUNE, "day", "by"),
        Milestone("delivered", MAY, "month"),
    )
    dates = dates_of(figure("a", milestones=milestones), COUNT)
    assert dates.wide == (
        Claim("committed", FLOOR, JUNE),
        Claim("delivered", MAY, date(2020, 5, 31)),
    )
    # What had arrived in May was committed by then.
    assert dates.near[0] == Claim("committed", MAY, JUNE)
    assert dates.first == 1


def test_an_amount_that_grew_holds_from_then_on() -> None:
    milestones = (Milestone("committed", DAY), Milestone("amended", MAY))
    assert dates_of(figure("a", milestones=milestones), COUNT).wide == (
        Claim("committed", DAY, MAY),
    )
    earlier = (Milestone("committed", MAY), Milestone("amended", DAY))
    assert dates_of(figure("a", milestones=earlier), COUNT).wide == (Claim("committed", MAY, MAY),)


@pytest.mark.parametrize(("dated", "first"), [("on", DAY), ("by", FLOOR)])
def test_a_stage_begins_no_later_than_a_further_one(dated: str, first: date) -> None:
    milestones = (Milestone("committed", MAY), Milestone("delivered", DAY, "day", dated))
    wide = dates_of(figure("a", milestones=milestones), COUNT).wide
    assert wide[0] == Claim("committed", first, MAY)


def test_a_pledge_has_the_dates_of_its_announcement() -> None:
    milestones = (
        Milestone("announced", DAY),
        Milestone("committed", MAY),
        Milestone("amended", JUNE),
    )
    pledge = figure("a", milestones=milestones, countable=False, reason="pledge")
    stages = counted_stages("donation", {"pledge"})
    assert dates_of(pledge, stages, "announced").wide == (Claim("announced", DAY, DAY),)
    alone = figure("a", countable=False, reason="pledge", as_of=MAY)
    assert dates_of(alone, stages, "announced").wide == (Claim("announced", FLOOR, MAY),)


def test_totals_run_from_their_start_or_from_the_floor() -> None:
    assert dates_of(running("a", as_of=DAY, precision="year"), COUNT).wide == (
        Claim("delivered", FLOOR, date(2020, 12, 31)),
    )
    period = running("a", basis="period_total", start=DAY, end=MAY, as_of=JUNE)
    assert dates_of(period, COUNT).wide == (Claim("delivered", DAY, MAY),)
    period = running("a", basis="period_total", start=DAY, as_of=JUNE)
    assert dates_of(period, COUNT).wide == (Claim("delivered", DAY, JUNE),)
