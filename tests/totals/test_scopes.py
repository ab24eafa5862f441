"""What figures cover: inside, and provably apart."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from records.models.regions import regions_around
from records.totals.answer import PLACES, places_of
from records.totals.figures import Milestone, Party
from records.totals.milestones import COUNTED, dates_of
from records.totals.prepare import prepare
from records.totals.scopes import (
    STATES,
    TERRITORIES,
    Place,
    Query,
    apart,
    covers_query,
    items_apart,
    parties_apart,
    place_names,
    place_time,
    times_apart,
)
from tests.support.dataset_figures import party
from tests.support.totals_rows import (
    CHINA,
    CITY,
    GLOVES,
    ITALY,
    KENYA,
    MASK,
    PPE,
    SURGICAL,
    WHO,
    by,
    figure,
    running,
)

AFRICANS = Party("africans", "group", "", ("002", "001"))
FRIENDS = Party("friends", "group")
AUNION = Party("au", "international_organisation", "", ("002", "001"))
HONG_KONG = Party("HKG", "country", "HKG", ("030", "142", "001"))
MACAO = Party("MAC", "country", "MAC", ("030", "142", "001"))
REUNION = Party("REU", "country", "REU", ("014", "202", "002", "001"))
FRANCE = Party("FRA", "country", "FRA", ("155", "150", "001"))
SOUTHERN = Party("southern", "group", "", ("039", "150", "001"))
EUROPEANS = Party("europeans", "group", "", ("150", "001"))
FIRM = Party("fra-firm", "company", "FRA")


def test_territories_have_the_regions_of_the_dataset() -> None:
    for code, (state, regions) in TERRITORIES.items():
        assert party(code).regions == regions == tuple(regions_around(regions[0]))
        assert state in STATES
    for code, regions in STATES.items():
        assert party(code).regions == regions


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (CHINA, ITALY, True),
        (CHINA, CHINA, False),
        (CHINA, CITY, False),
        (CITY, ITALY, True),
        (CITY, Party("other-city", "local_government", "CHN"), False),
        (CHINA, HONG_KONG, False),
        (CITY, HONG_KONG, False),
        (HONG_KONG, MACAO, True),
        (FRANCE, REUNION, False),
        (FIRM, REUNION, False),
        (HONG_KONG, FRANCE, True),
        (CHINA, WHO, True),
        (CITY, WHO, True),
        (WHO, Party("unicef", "international_organisation"), False),
        (WHO, FRIENDS, False),
        (WHO, AUNION, False),
        (KENYA, AUNION, False),
        (ITALY, AUNION, True),
        (ITALY, AFRICANS, True),
        (KENYA, AFRICANS, False),
        (AFRICANS, EUROPEANS, True),
        (AFRICANS, AUNION, False),
        (CHINA, FRIENDS, False),
        # France may include Réunion, and Europeans France.
        (FRANCE, AFRICANS, False),
        (REUNION, EUROPEANS, False),
        (REUNION, AFRICANS, False),
        (HONG_KONG, EUROPEANS, True),
        (CITY, EUROPEANS, False),
        # Gibraltar is British.
        (FRANCE, SOUTHERN, True),
        (Party("GBR", "country", "GBR", ("154", "150", "001")), SOUTHERN, False),
    ],
)
def test_parties_are_apart(one: Party, other: Party, expected: bool) -> None:
    assert apart(one, other) is expected
    assert apart(other, one) is expected


def test_every_pair_must_be_apart_and_nobody_is_anyone() -> None:
    assert parties_apart((CHINA, CITY), (ITALY, KENYA))
    assert not parties_apart((CHINA, ITALY), (ITALY, KENYA))
    assert not parties_apart((), (ITALY,))
    assert not parties_apart((ITALY,), ())


def test_items_are_apart_unless_one_is_in_the_other() -> None:
    assert items_apart(MASK, GLOVES)
    assert not items_apart(MASK, PPE)
    assert not items_apart(PPE, SURGICAL)
    assert not items_apart(MASK, MASK)
    assert not items_apart((), MASK)
    assert not items_apart(MASK, ())


def day(month: int, number: int = 1) -> date:
    return date(2020, month, number)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (("delivered", 3), ("delivered", 4), True),
        (("delivered", 3), ("committed", 4), True),
        (("committed", 3), ("delivered", 4), False),
        (("paid", 3), ("delivered", 4), False),
        (("paid", 3), ("committed", 4), True),
        (("delivered", 3), ("delivered", 3), False),
    ],
)
def test_times_are_apart_where_the_earlier_is_as_far(
    one: tuple[str, int], other: tuple[str, int], expected: bool
) -> None:
    first, second = (
        dates_of(
            running("a", stage=stage, basis="period_total", start=day(m), end=day(m, 30)),
            COUNTED["donation"],
        )
        for stage, m in (one, other)
    )
    assert times_apart(first, second) is expected
    assert times_apart(second, first) is expected


@pytest.mark.parametrize(
    ("names", "conditions", "expected"),
    [
        ((CHINA,), by("code", "CHN"), Place.INSIDE),
        ((CITY,), by("code", "CHN"), Place.OUTSIDE),
        ((CHINA, CITY), by("code", "CHN"), Place.INSIDE),
        ((CHINA, ITALY), by("code", "CHN"), Place.JOINT),
        ((CHINA, ITALY), by("code", "CHN", "ITA"), Place.INSIDE),
        ((CITY,), by("country", "CHN"), Place.INSIDE),
        ((CITY, ITALY), by("country", "CHN"), Place.JOINT),
        ((), by("code", "CHN"), Place.OUTSIDE),
        ((), (), Place.INSIDE),
        ((KENYA,), by("region", "002"), Place.INSIDE),
        ((KENYA,), by("region", "150"), Place.OUTSIDE),
        ((CITY,), by("type", "country"), Place.OUTSIDE),
        ((CHINA, CITY), by("type", "country"), Place.JOINT),
        ((CHINA,), (*by("code", "CHN"), *by("region", "002")), Place.OUTSIDE),
        ((CHINA, KENYA), (*by("code", "CHN"), *by("region", "002")), Place.OUTSIDE),
    ],
)
def test_parties_lie_in_a_query(names: Any, conditions: Any, expected: Place) -> None:
    assert place_names(names, conditions) is expected


def test_a_side_outside_prevails_over_a_joint_one() -> None:
    query = Query(givers=by("code", "CHN"), receivers=by("code", "KEN"))
    prepared = prepare(
        [
            figure("a", givers=(CHINA, ITALY), receivers=(ITALY,)),
            figure("b", givers=(CHINA, ITALY), receivers=(KENYA,)),
            figure("c", givers=(CHINA,), receivers=(KENYA,)),
        ]
    )
    wide, _ = places_of(prepared, query, prepared.every)
    assert [PLACES[n] for n in wide] == [Place.OUTSIDE, Place.JOINT, Place.INSIDE]


def place(row: Any, near: bool = False, **query: Any) -> Place:
    return place_time(
        dates_of(row, COUNTED["donation"]), row.basis == "single", Query(**query), near
    )


def test_a_running_total_is_inside_only_with_both_its_ends() -> None:
    total = running("a", start=day(3), as_of=day(4))
    assert place(total) is Place.INSIDE
    assert place(total, end=day(4)) is Place.INSIDE
    assert place(total, end=date(2020, 3, 31)) is Place.UNDATED
    assert place(total, start=day(3)) is Place.INSIDE
    assert place(total, start=day(3, 2)) is Place.UNDATED
    assert place(total, start=day(4, 2)) is Place.OUTSIDE
    assert place(total, end=date(2020, 2, 29)) is Place.OUTSIDE
    unknown = running("a", as_of=day(4))
    assert place(unknown, start=day(1)) is Place.INSIDE
    assert place(unknown, start=day(1, 2)) is Place.UNDATED


def test_a_milestone_with_a_start_counts_by_its_own_dates_only() -> None:
    delivered = running("a", start=day(3), as_of=day(4))
    assert place(delivered, milestone="committed") is Place.INSIDE
    assert place(delivered, milestone="committed", end=day(4)) is Place.INSIDE
    assert place(delivered, milestone="committed", start=day(3)) is Place.UNDATED
    assert place(delivered, milestone="committed", start=day(5)) is Place.OUTSIDE
    assert place(delivered, milestone="delivered", start=day(3)) is Place.INSIDE
    assert place(delivered, milestone="paid") is Place.OUTSIDE


def test_what_went_further_may_have_reached_the_stage_on_any_day_before() -> None:
    row = figure("a", milestones=(Milestone("delivered", day(5)),))
    assert place(row, milestone="committed", end=day(4)) is Place.UNDATED
    assert place(row, milestone="committed", start=day(3), end=day(4)) is Place.UNDATED
    assert place(row, milestone="committed", end=date(2019, 12, 31)) is Place.OUTSIDE
    own = figure("a", milestones=(Milestone("committed", day(4)), Milestone("delivered", day(5))))
    assert place(own, milestone="committed", end=day(3)) is Place.OUTSIDE


def test_any_counted_claim_may_have_been_the_first() -> None:
    milestones = (Milestone("committed", day(5), "day", "by"), Milestone("delivered", day(4)))
    row = figure("a", milestones=milestones)
    assert place(row, start=day(4), end=day(4)) is Place.INSIDE
    assert place(row, start=day(3), end=day(3)) is Place.UNDATED
    assert place(row, start=day(5)) is Place.OUTSIDE


def test_record_that_reached_no_counted_stage_goes_by_its_first() -> None:
    milestones = (Milestone("announced", day(3)), Milestone("cancelled", day(5)))
    row = figure("a", milestones=milestones)
    assert place(row, start=day(3), end=day(3)) is Place.INSIDE
    assert place(row, start=day(5)) is Place.OUTSIDE
    grown = figure("a", milestones=(Milestone("amended", day(3)),))
    assert place(grown, start=day(3)) is Place.OUTSIDE


EXPORT: dict[str, Any] = {
    "kind": "export",
    "stage": "",
    "givers": (CHINA,),
    "receivers": (),
    "start": day(3),
    "as_of": date(2020, 12, 31),
}
ASKED = Query(givers=by("code", "CHN"), items=(MASK,), start=day(3), end=date(2020, 12, 31))


@pytest.mark.parametrize(
    ("content", "query", "expected"),
    [
        ({}, {}, True),
        ({}, {"items": (SURGICAL,)}, True),
        ({}, {"items": (PPE,)}, False),
        ({}, {"items": ()}, False),
        ({}, {"items": (SURGICAL, GLOVES)}, False),
        ({"item": PPE}, {"items": (SURGICAL, GLOVES)}, True),
        ({"item": ()}, {"items": ()}, True),
        ({"item": ()}, {}, True),
        ({}, {"givers": by("country", "CHN")}, True),
        ({}, {"givers": by("region", "030")}, False),
        ({}, {"givers": ()}, False),
        ({}, {"givers": by("code", "CHN", "ITA")}, False),
        ({"givers": (CHINA, ITALY)}, {}, True),
        ({"givers": (CITY,)}, {}, False),
        ({}, {"receivers": by("code", "ITA")}, False),
        ({"receivers": (ITALY,)}, {}, False),
        ({"receivers": (ITALY,)}, {"receivers": by("code", "ITA")}, True),
        ({}, {"filtered": True}, False),
        ({}, {"end": None}, False),
        ({}, {"end": date(2021, 1, 1)}, False),
        ({}, {"start": day(2, 29)}, False),
        ({}, {"start": None}, False),
        ({"start": day(1)}, {"start": None}, True),
        ({"start": None}, {"start": None}, False),
        ({"precision": "month"}, {}, False),
        ({"precision": "month"}, {"end": date(2020, 12, 1)}, True),
        ({"basis": "single"}, {}, False),
        ({"basis": "period_total"}, {}, False),
        ({"basis": "period_total", "end": date(2020, 12, 31)}, {}, True),
        ({"kind": "donation", "stage": "committed"}, {}, False),
        ({"kind": "donation", "stage": "committed", "start": day(1)}, {"start": None}, False),
        (
            {"kind": "donation", "stage": "committed", "start": day(1), "givers": (WHO,)},
            {"start": None, "givers": by("code", "who")},
            True,
        ),
        (
            {"kind": "donation", "stage": "committed", "givers": (WHO,)},
            {"givers": by("code", "who")},
            False,
        ),
        (
            {"kind": "donation", "stage": "committed", "givers": (WHO,)},
            {"givers": by("code", "who"), "milestone": "committed"},
            True,
        ),
        (
            {"kind": "donation", "stage": "committed", "givers": (WHO,)},
            {"givers": by("code", "who"), "milestone": "delivered"},
            False,
        ),
        (
            {"kind": "donation", "stage": "committed", "start": day(1), "givers": (WHO,)},
            {"start": None, "givers": by("code", "who"), "include": frozenset({"announced"})},
            False,
        ),
    ],
)
def test_a_running_total_surely_covers_a_query(
    content: dict[str, Any], query: dict[str, Any], expected: bool
) -> None:
    total = running("a", **(EXPORT | content))
    assert covers_query(total, replace(ASKED, **query), frozenset()) is expected


def test_nobody_named_covers_nobody_where_parties_were_counted() -> None:
    total = running("a", **EXPORT)
    assert covers_query(total, ASKED, frozenset({"givers"}))
    assert not covers_query(total, ASKED, frozenset({"receivers"}))


def test_figures_that_count_one_by_one_have_no_period() -> None:
    row = figure("a", as_of=day(4))
    assert place(row, start=day(4), end=day(4)) is Place.UNDATED
    assert place(row, near=True, start=day(4), end=day(4)) is Place.INSIDE
