"""Totals of rows, case by case."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from records.totals.answer import Unproven, answer, known_missing
from records.totals.figures import Figure, Milestone, Party
from records.totals.links import Links
from records.totals.prepare import prepare
from records.totals.scopes import Query
from tests.support.totals_rows import (
    CHINA,
    CITY,
    GLOVES,
    ITALY,
    KENYA,
    MASK,
    PPE,
    SURGICAL,
    about,
    by,
    figure,
    only,
    reasons,
    running,
    totals,
)

MARCH, DECEMBER = date(2020, 3, 1), date(2020, 12, 31)
FRIENDS = Party("friends", "group")


def test_singles_add_up_beside_a_smaller_running_total() -> None:
    found = only(figure("a", 100), figure("b", 200), running("t", 250))
    assert (found.at_least, found.about, found.at_most) == (300, 300, None)
    assert {one.id for one in found.used} == {"a", "b"}
    assert reasons(found) == {"t": ("overlaps", "b")}
    assert (found.unproven.figures, found.unproven.records, found.unproven.sum) == (1, 1, 250)


def test_what_is_apart_holds_nothing() -> None:
    apart = figure("c", 900, receivers=(KENYA,))
    found = only(figure("a", 100), figure("b", 200), apart, running("t", 250))
    assert (found.at_least, reasons(found)) == (1200, {"t": ("overlaps", "b")})


def test_the_largest_of_several_holders_is_named() -> None:
    rows = [
        running("t", 300, receivers=(KENYA,)),
        running("u", 500),
        figure("a", 10, receivers=()),
    ]
    assert reasons(only(*rows)) == {"a": ("overlaps", "u")}
    rows[0], rows[1] = running("t", 600, receivers=(KENYA,)), running("u", 500)
    assert reasons(only(*rows)) == {"a": ("overlaps", "t")}


def test_a_greater_running_total_is_for_singles_that_it_may_hold() -> None:
    rows = [figure("a", 100), figure("b", 200, receivers=(KENYA,)), running("t", 150)]
    found = only(*rows)
    assert found.at_least == 350
    assert {one.id for one in found.used} == {"b", "t"}
    assert reasons(found) == {"a": ("overlaps", "t")}


def test_figures_surely_inside_a_used_one_are_contained() -> None:
    common: dict[str, Any] = {"kind": "export", "stage": ""}
    total = running("t", 500, start=MARCH, as_of=DECEMBER, item=PPE, **common)
    part = running("p", 90, start=MARCH, as_of=date(2020, 5, 1), givers=(CITY,), **common)
    early = running("e", 80, as_of=date(2020, 5, 1), **common)
    wide = running("w", 70, start=MARCH, receivers=(), as_of=date(2020, 5, 1), **common)
    late = running("l", 60, start=MARCH, as_of=date(2021, 1, 1), **common)
    found = only(total, part, early, wide, late)
    assert reasons(found) == {
        "p": ("contained", "t"),
        "e": ("overlaps", "t"),
        "w": ("overlaps", "t"),
        "l": ("overlaps", "t"),
    }
    assert found.unproven.sum == 210


def test_a_body_is_not_surely_contained_in_what_its_country_gave() -> None:
    total = running("t", 500, start=MARCH, as_of=DECEMBER)
    inner = running("p", 90, start=MARCH, as_of=date(2020, 5, 1), givers=(CITY,))
    assert reasons(only(total, inner)) == {"p": ("overlaps", "t")}
    early = running("s", 90, start=MARCH, as_of=date(2020, 5, 1), stage="committed")
    assert reasons(only(total, early)) == {"s": ("overlaps", "t")}


def test_a_total_to_an_unknown_number_of_parties_surely_contains_nobody() -> None:
    total = running("t", 500, receivers=(), start=MARCH, as_of=DECEMBER)
    inner = running("p", 90, start=MARCH, as_of=date(2020, 5, 1))
    assert reasons(only(total, inner)) == {"p": ("contained", "t")}
    count = running(
        "t", 5, measure="parties", party_type="country", party_role="recipient", item=(), unit=""
    )
    found = next(one for one in totals(total, inner, count) if one.split.measure == "quantity")
    assert reasons(found) == {"p": ("overlaps", "t")}


def test_figures_of_one_record_are_reported_apart_by_item() -> None:
    found = only(figure("a", 10), figure("a", 20, item=GLOVES), figure("a", 25, item=PPE))
    assert found.at_least == 30
    assert reasons(found) == {"a": ("same_event", "a")}
    found = only(figure("a", 10), figure("a", 25, item=PPE))
    assert reasons(found) == {"a": ("contained", "a")}


@pytest.mark.parametrize(
    ("link", "reason", "sum"),
    [
        (("a", "part_of", "b"), "part", 0),
        (("b", "part_of", "a"), "whole", 0),
        (("a", "same_event_as", "b"), "same_event", 0),
        (("a", "contradicts", "b"), "same_event", 0),
        (("a", "may_overlap", "b"), "overlaps", 10),
    ],
)
def test_linked_singles_are_not_added(link: tuple[str, str, str], reason: str, sum: int) -> None:
    found = only(figure("a", 10), figure("b", 30), links=[link])
    assert found.at_least == 30
    assert reasons(found) == {"a": (reason, "b")}
    assert found.unproven.sum == sum


def test_linked_singles_of_other_items_are_added_save_where_never() -> None:
    rows = [figure("a", 10, item=GLOVES), figure("b", 30)]
    assert only(*rows, links=[("a", "part_of", "b")]).at_least == 40
    assert only(*rows, links=[("a", "may_overlap", "b")]).at_least == 30


def test_a_part_is_apart_from_the_running_total_of_its_record_by_item_only() -> None:
    total = running("t", 100, as_of=MARCH)
    later = figure("p", 10, milestones=(Milestone("delivered", date(2020, 4, 1)),))
    assert only(total, later).at_least == 110
    assert only(total, later, links=[("p", "part_of", "t")]).at_least == 100


def test_many_parts_stand_for_their_whole_where_they_are_more() -> None:
    rows = [figure("w", 100), figure("p", 60), figure("q", 70)]
    links = [("p", "part_of", "w"), ("q", "part_of", "w")]
    found = only(*rows, links=links)
    assert found.at_least == 130
    assert reasons(found) == {"w": ("whole", "q")}


def test_points_of_a_series_are_overtaken_used_or_not() -> None:
    early = running("a", 10, series="s", as_of=MARCH)
    late = running("b", 20, series="s", as_of=date(2020, 5, 1))
    found = only(early, late)
    assert (found.at_least, reasons(found)) == (20, {"a": ("overtaken", "b")})
    beside = only(early, late, running("c", 90))
    assert reasons(beside) == {"a": ("overtaken", "b"), "b": ("overlaps", "c")}
    assert beside.unproven.sum == 20


def test_a_later_point_that_says_less_takes_an_earlier_one_back() -> None:
    early = running("a", 30, series="s", as_of=MARCH)
    late = running("b", 20, series="s", as_of=date(2020, 5, 1))
    found = only(early, late)
    assert (found.at_least, reasons(found)) == (20, {"a": ("overtaken", "b")})
    assert only(early, late, query=Query(end=MARCH)).at_least == 30
    more = running("b", 20, series="s", as_of=date(2020, 5, 1), operator="more_than", upper=None)
    assert only(early, more).at_least == 30
    vague = about("b", 20, series="s", as_of=date(2020, 5, 1), basis="cumulative_to_date")
    assert only(early, vague).at_least is None
    elsewhere = running("b", 20, series="s", as_of=date(2020, 5, 1), receivers=(KENYA,))
    assert only(early, elsewhere).at_least == 50


@pytest.mark.parametrize(
    ("early", "late", "later"),
    [
        (("2020-04-15", "day"), ("2020-04-16", "day"), True),
        (("2020-04-15", "day"), ("2020-04-15", "day"), False),
        (("2020-04-01", "month"), ("2020-04-15", "day"), False),
        (("2020-04-01", "month"), ("2020-04-30", "day"), False),
        (("2020-04-01", "month"), ("2020-05-01", "day"), True),
        (("2020-04-15", "day"), ("2020-05-01", "month"), True),
        (("2020-01-01", "year"), ("2020-12-31", "day"), False),
        (("2020-01-01", "year"), ("2021-01-01", "year"), True),
    ],
)
def test_a_point_is_later_only_where_every_day_of_it_is(
    early: tuple[str, str], late: tuple[str, str], later: bool
) -> None:
    dates = [
        {"series": "s", "as_of": date.fromisoformat(day), "precision": precision}
        for day, precision in (early, late)
    ]
    less = only(running("a", 30, **dates[0]), running("b", 20, **dates[1]))
    assert less.at_least == (20 if later else 30)
    more = only(running("a", 10, **dates[0]), running("b", 20, **dates[1]))
    assert (more.at_least, reasons(more)) == (
        20,
        {"a": ("overtaken" if later else "same_event", "b")},
    )


@pytest.mark.parametrize(("large", "small"), [("s", "t"), ("t", "s")])
def test_points_of_different_series_only_overlap(large: str, small: str) -> None:
    found = only(running("a", 30, series=large), running("b", 20, series=small))
    assert reasons(found) == {"b": ("overlaps", "a")}


def test_linked_figures_are_reported_apart_by_the_dates_of_the_sum() -> None:
    """Parts of one whole: one came by December, and in no case before it was committed."""
    part = figure("a", 10, stage="committed", as_of=DECEMBER)
    other = running("b", 20, start=MARCH, as_of=date(2020, 5, 1))
    links = [("a", "part_of", "w"), ("b", "part_of", "w")]
    found = only(part, other, links=links)
    assert (found.at_least, found.about) == (20, 30)


def test_singles_of_a_series_take_nothing_back() -> None:
    rows = [figure("a", 30, series="s", as_of=MARCH), figure("b", 20, series="s")]
    assert only(*rows).at_least == 50


def test_approximate_numbers_count_in_about() -> None:
    found = only(figure("a", 10), about("b", 500))
    assert (found.at_least, found.about) == (10, 510)
    assert [one.id for one in found.used] == ["a"]
    verdicts = {row.figure.id: row.in_at_least for row in found.judged}
    assert verdicts["b"] == (False, "no_lower_bound", None)
    assert found.left_out == []


def test_what_has_no_number_is_counted_and_not_summed() -> None:
    found = only(
        figure("a", None, operator="unspecified"),
        figure("b", 7, operator="at_most", lower=Decimal(0)),
    )
    assert (found.at_least, found.about) == (None, None)
    assert reasons(found) == {"a": ("unspecified", None), "b": ("no_lower_bound", None)}


def test_the_preferred_of_rival_reports_speaks() -> None:
    found = only(figure("a", 10, rank="preferred"), figure("a", 90), figure("b", 1))
    assert found.at_least == 11
    assert reasons(found) == {"a": ("rival", "a")}


def test_a_rival_lends_its_lower_bound_to_an_approximate_preferred_report() -> None:
    preferred = about("a", 50, rank="preferred")
    found = only(preferred, figure("a", 48), figure("a", 51))
    assert (found.at_least, found.about) == (48, 50)
    assert [one.value for one in found.used] == [48]
    assert [row.in_about.reason for row in found.judged] == ["", "rival", "rival"]
    assert only(preferred, figure("a", 50)).at_least == 50
    joint: dict[str, Any] = {"givers": (CHINA, ITALY)}
    rows = about("a", 50, rank="preferred", **joint), figure("a", 48, **joint)
    assert reasons(only(*rows, query=Query(givers=by("code", "CHN")))) == {"a": ("joint", None)}
    unchosen = about("a", 50, rank="preferred", chosen=False)
    assert totals(unchosen, figure("a", 48))[0].at_least is None


def test_about_is_never_below_what_is_proven() -> None:
    common: dict[str, Any] = {"series": "s", "as_of": MARCH, "basis": "cumulative_to_date"}
    late = running("b", 55, series="s", operator="at_most", lower=Decimal(0))
    found = only(about("a", 60, rank="preferred", **common), figure("a", 50, **common), late)
    assert (found.at_least, found.about) == (50, 50)
    assert [row.in_about.taken for row in found.judged] == [False, True, False]


def test_what_does_not_count_keeps_its_reason_beside_a_preferred_report() -> None:
    found = only(figure("a", 10, rank="preferred"), figure("a", 90, rank="deprecated"))
    assert (found.at_least, reasons(found)) == (10, {"a": ("deprecated", None)})


def test_equal_reports_count_once() -> None:
    found = only(figure("a", 10), figure("a", 10), figure("a", 10))
    assert found.at_least == 10
    assert [row.in_about.reason for row in found.judged] == ["", "repeated", "repeated"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"basis": "per_recipient", "countable": False}, "per_recipient"),
        ({"rank": "deprecated"}, "deprecated"),
        ({"countable": False, "reason": "valuation"}, "valuation"),
        ({"countable": False}, "uncountable"),
        ({"stage": "announced"}, "announced"),
        ({"stage": "cancelled"}, "cancelled"),
        ({"milestones": (Milestone("announced", MARCH),)}, "announced"),
    ],
)
def test_what_does_not_count_is_left_out_with_its_reason(
    content: dict[str, Any], reason: str
) -> None:
    found = only(figure("a", 10, **content))
    assert (found.at_least, found.about) == (None, None)
    assert reasons(found) == {"a": (reason, None)}


def test_included_stages_are_proven_and_other_reasons_are_not() -> None:
    rows = [figure("a", 10), figure("b", 5, stage="announced")]
    rows.append(figure("c", 2, countable=False, reason="pledge"))
    rows.append(figure("d", 1, countable=False, reason="lent"))
    assert only(*rows).at_least == 10
    assert only(*rows, query=Query(include=frozenset({"announced"}))).at_least == 15
    assert only(*rows, query=Query(include=frozenset({"pledge"}))).at_least == 12
    lent = only(*rows, query=Query(include=frozenset({"lent"})))
    assert (lent.at_least, lent.about, lent.used) == (None, 11, [])
    assert lent.with_others == (None, 11)
    assert {row.in_at_least.reason for row in lent.judged} == {"unproven"}


def test_a_milestone_names_the_stage_to_be_reached() -> None:
    announced = figure("a", 10, milestones=(Milestone("announced", MARCH),))
    query = Query(milestone="announced", end=MARCH)
    assert only(announced, query=query).at_least == 10
    delivered = figure("a", 10, milestones=(Milestone("delivered", MARCH),))
    assert only(delivered, query=query).at_least == 10
    undated = only(delivered, query=Query(milestone="announced", start=MARCH))
    assert reasons(undated) == {"a": ("undated", None)}
    assert totals(announced, query=Query(milestone="delivered")) == []


def test_a_single_by_a_date_counts_in_about_at_that_date() -> None:
    query = Query(start=date(2020, 4, 1), end=date(2020, 4, 30))
    found = only(figure("a", 10), query=query)
    assert (found.at_least, found.about) == (None, 10)
    verdict = found.judged[0].in_at_least
    assert verdict == (False, "undated", None)


def test_counts_of_parties_are_never_added() -> None:
    count: dict[str, Any] = {
        "measure": "parties",
        "party_type": "country",
        "party_role": "recipient",
        "item": (),
        "unit": "",
        "basis": "cumulative_to_date",
    }
    found = only(figure("a", 50, **count), figure("b", 30, **count), about("c", 60, **count))
    assert (found.at_least, found.about) == (50, 60)
    assert reasons(found) == {"b": ("overlaps", "c")}
    assert (found.unproven.figures, found.unproven.sum) == (2, None)
    series = [
        figure("a", 151, series="s", as_of=MARCH, **count),
        figure("b", 150, series="s", as_of=DECEMBER, **count),
    ]
    assert only(*series).at_least == 150
    assert only(figure("a", 50, **count)).unproven == Unproven(0, 0, None)
    singles = [figure(id, 50, **(count | {"basis": "single"})) for id in ("a", "b")]
    assert only(*singles, links=[("a", "may_overlap", "b")]).at_least == 50
    assert reasons(only(*series)) == {"a": ("overtaken", "b")}


def test_joint_gifts_count_whole_with_others() -> None:
    query = Query(givers=by("code", "CHN"))
    rows = [figure("a", 10), figure("b", 5, givers=(CHINA, ITALY)), running("t", 99)]
    rows[2].givers = (CHINA, ITALY)
    found = only(*rows, query=query)
    assert (found.at_least, found.with_others) == (10, (15, 15))
    assert reasons(found) == {"b": ("joint", None), "t": ("joint", None)}


def test_upper_bounds_meet_the_minimum_or_conflict_with_it() -> None:
    common: dict[str, Any] = {"kind": "export", "stage": "", "start": MARCH, "as_of": DECEMBER}
    query = Query(
        givers=by("code", "CHN"),
        receivers=by("code", "ITA"),
        items=(MASK,),
        start=MARCH,
        end=DECEMBER,
    )
    found = only(running("t", 10, **common), query=query)
    assert (found.at_least, found.at_most, found.exact, found.conflict) == (10, 10, True, False)
    wider = running("w", 8, **(common | {"item": PPE, "start": date(2020, 1, 1)}))
    found = only(running("t", 10, **common), wider, query=query)
    assert (found.at_least, found.at_most, found.exact, found.conflict) == (10, 8, False, True)
    assert only(running("t", 10, **common)).at_most is None
    rival = running("t", 4, **common)
    preferred = running("t", 10, rank="preferred", **common)
    assert only(preferred, rival, query=query).at_most == 10


def test_splits_are_never_mixed() -> None:
    found = totals(
        figure("a", 1),
        figure("b", 2, unit=""),
        figure("c", 4, measure="money", unit="", currency="USD", item=()),
        figure("d", 8, measure="money", unit="", currency="EUR", item=()),
        figure("e", 16, kind="export", stage=""),
    )
    assert sorted(total.at_least or 0 for total in found) == [1, 2, 4, 8, 16]


def test_parts_of_a_total_follow_the_same_rule() -> None:
    rows = [figure("a", 10), figure("b", 5, stage="committed"), running("t", 40)]
    found = only(*rows)
    assert found.at_least == 40
    parts = [(part.basis, part.stage, part.at_least, part.figures) for part in found.breakdown]
    assert parts == [
        ("cumulative_to_date", "delivered", 40, 1),
        ("single", "committed", 5, 1),
        ("single", "delivered", 10, 1),
    ]
    april = Query(start=date(2020, 4, 1), end=date(2020, 4, 30), givers=by("code", "CHN"))
    joint = figure("j", 7, givers=(CHINA, ITALY))
    (part,) = only(figure("a", 10), joint, query=april).breakdown
    assert (part.at_least, part.about, part.figures, part.records) == (None, 10, 1, 1)
    alone = only(figure("a", 10), about("a", 5, item=GLOVES)).breakdown[0]
    assert (alone.at_least, alone.about, alone.figures, alone.records) == (10, 15, 2, 1)


def test_figures_that_were_not_chosen_have_no_row() -> None:
    found = only(figure("a", 10), figure("b", 5, chosen=False))
    assert (found.at_least, [row.figure.id for row in found.judged]) == (10, ["a"])


def test_records_that_name_uncounted_amounts_are_known() -> None:
    rows = [
        figure("a", 1, missing="an unknown number of gowns"),
        figure("b", 1, missing="gloves", receivers=(KENYA,)),
        figure("c", 1, missing="goggles", chosen=False),
    ]
    query = Query(receivers=by("code", "ITA"))
    assert known_missing(prepare(rows), query) == {"a": "an unknown number of gowns"}


def test_the_order_of_rows_changes_nothing() -> None:
    rows: list[Figure] = [
        running("t1", 50, item=PPE),
        running("t2", 50),
        figure("a", 30, item=SURGICAL),
        figure("b", 20, item=GLOVES),
        figure("c", 50, givers=(FRIENDS,)),
    ]
    links = Links([("a", "may_overlap", "c")])
    found = set()
    for shift in range(len(rows)):
        turned = [*rows[shift:], *rows[:shift]]
        (total,) = answer(prepare(turned, links), Query())
        found.add((total.at_least, tuple(sorted(one.id for one in total.used))))
    assert len(found) == 1


def test_sums_keep_every_digit() -> None:
    found = only(figure("a", "999999999999999"), figure("b", "0.0000000000000001"))
    assert str(found.at_least) == "999999999999999.0000000000000001"
    assert str(only(figure("a", "100.000000"), figure("b", 200)).at_least) == "300"
    assert str(only(figure("a", "0.000001"), figure("b", "1.5")).at_least) == "1.500001"
    assert str(only(about("a", "1000.000001")).about) == "1000.000001"
    overlapping = [figure("a", "0.00000001"), figure("b", 2), running("t", 9)]
    assert str(only(*overlapping).unproven.sum) == "2.00000001"


def test_a_query_needs_figures_that_were_prepared_for_it() -> None:
    with pytest.raises(AssertionError):
        answer(prepare([figure("a", 1)]), Query(milestone="delivered"))
    with pytest.raises(AssertionError):
        answer(prepare([figure("a", 1)], None, {"pledge"}), Query())


def test_about_is_never_above_what_is_proven_at_most() -> None:
    """A single of which only a summary of May says that it had left is in the point of May; with
    the point of March it would come to more than that point allows."""
    january, march, may = date(2020, 1, 1), date(2020, 3, 31), date(2020, 5, 5)
    exported = {"kind": "export", "stage": ""}
    points = {"series": "masks", "start": january, **exported}
    figures = [
        running("a", 48, as_of=march, **points),
        running("b", 60, as_of=may, **points),
        figure("c", "27.6", as_of=may, **exported),
    ]
    query = Query(
        givers=by("code", CHINA.code), receivers=by("code", ITALY.code), items=(MASK,), end=may
    )

    found = only(*figures, query=query)

    assert (found.at_least, found.about, found.at_most) == (60, 60, 60)
    assert not found.conflict
    assert reasons(found) == {"a": ("overtaken", "b"), "c": ("contained", "b")}
