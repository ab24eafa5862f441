"""The rules of `check_dataset`: each finds its doubt, and nothing beside it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from records.curation.dataset_check.findings import Finding
from records.curation.dataset_check.rows import (
    FigureRow,
    ItemRow,
    MilestoneRow,
    PairRow,
    PartyRow,
    Published,
    RecordRow,
    StatementRow,
)
from records.curation.dataset_check.rules import RULES, check

ITEMS = [
    ItemRow(code="medical-supplies", names=("Medical supplies",)),
    ItemRow(code="mask", names=("Mask",), parent="medical-supplies", unit="piece"),
    ItemRow(code="surgical-mask", names=("Surgical mask",), parent="mask", unit="piece"),
    ItemRow(code="respirator-n95", names=("N95 respirator",), parent="mask", unit="piece"),
    ItemRow(code="ventilator", names=("Ventilator",), parent="medical-supplies", unit="piece"),
    ItemRow(code="test-kit", names=("Test kit", "test kits"), parent="medical-supplies"),
    ItemRow(code="vaccine", names=("Vaccine",), parent="medical-supplies", unit="dose"),
    ItemRow(code="personnel", names=("Personnel",)),
    ItemRow(code="medical-team", names=("Medical team",), parent="personnel", unit="team"),
    ItemRow(code="medical-expert", names=("Medical expert",), parent="personnel", unit="person"),
]
APRIL = date(2020, 4, 10)


def figure(value: Any = 500, **fields: Any) -> FigureRow:
    number = None if value is None else Decimal(value)
    usual = {"item": "mask", "unit": "piece", "quote": "500 masks", "statement": "st-00000001"}
    bounds = {"value": number, "lower": number, "upper": number}
    if fields.get("operator") in ("approx", "more_than", "at_least"):
        bounds["upper"] = None
    return FigureRow(**{**usual, **bounds, **fields})


def record(id: str = "don-00000001", *figures: FigureRow, **fields: Any) -> RecordRow:
    usual = {"givers": ("CHN",), "receivers": ("ITA",), "first": APRIL, "last": APRIL}
    numbered = tuple(replace(row, place=place) for place, row in enumerate(figures))
    return RecordRow(**{**usual, "id": id, "figures": numbered or (figure(),), **fields})


def dataset(*records: RecordRow, **fields: Any) -> Published:
    statement = StatementRow(
        id="st-00000001", publisher="Xinhua", organisation="Embassy", first=APRIL, last=APRIL
    )
    statements = [statement, *fields.pop("statements", [])]
    return Published(
        records=list(records),
        statements={row.id: row for row in statements},
        items={row.code: row for row in fields.pop("items", ITEMS)},
        **fields,
    )


def found(code: str, published: Published) -> list[str]:
    """Return the places of the findings of one rule."""
    findings = check(published, [code])

    assert {finding.code for finding in findings} <= {code}
    assert all(finding.expected for finding in findings)
    return [finding.at for finding in findings]


# Quotes


@pytest.mark.parametrize(
    ("quote", "fields", "is_found"),
    [
        pytest.param("500 masks", {}, False, id="the item"),
        pytest.param("500 Schutzmasken", {}, False, id="in another language"),
        pytest.param("500 masks", {"item": "surgical-mask"}, False, id="an item above"),
        pytest.param("500 N95 respirators", {}, False, id="an item below"),
        pytest.param("gives 500 more", {}, True, id="no item"),
        pytest.param("500 ventilators", {}, True, id="another item"),
        pytest.param("500 surgical masks", {"item": "respirator-n95"}, True, id="its sibling"),
        pytest.param("500 doses", {"item": "vaccine", "unit": "dose"}, False, id="a telling unit"),
        pytest.param("500 pieces", {}, True, id="a unit of many items"),
        pytest.param("500 respirators", {"item": "respirator-n95"}, False, id="ambiguous"),
        pytest.param("500 respirators", {"item": "vaccine"}, True, id="ambiguous, and neither"),
        pytest.param("30 tons", {"item": "medical-supplies"}, False, id="supplies of all kinds"),
        pytest.param("gives 500", {"translation": "gives 500 masks"}, False, id="translated"),
        pytest.param(
            "medical team of 500", {"item": "medical-expert", "unit": "person"}, False, id="team"
        ),
        pytest.param("$500", {"measure": "money"}, False, id="money"),
    ],
)
def test_quote_without_the_item(quote: str, fields: dict[str, Any], is_found: bool) -> None:
    published = dataset(record("don-00000001", figure(quote=quote, **fields)))

    assert found("item-not-in-quote", published) == ["don-00000001 figures[0]"] * is_found


def test_doubt_without_a_reason_and_translation_of_another_number() -> None:
    published = dataset(
        record(
            "don-00000001",
            figure(),
            figure(doubts=("The quote has “5”, the figure 500.",)),
            figure(translation="600 masks"),
            figure(translation="five hundred masks"),
        )
    )

    assert found("number-not-in-quote", published) == [
        "don-00000001 figures[1]",
        "don-00000001 figures[2]",
    ]


def test_claim_of_the_giver_without_a_speaker() -> None:
    silent = StatementRow(id="st-00000002", publisher="The Blog")
    own = StatementRow(id="st-00000003", publisher="Jack Ma Foundation")
    unnamed, by_itself = figure(statement=silent.id), figure(statement=own.id)
    published = dataset(
        record("don-00000001", stated_by="donor"),
        record("don-00000002", unnamed, stated_by="donor"),
        record("don-00000003", unnamed, stated_by="third_party"),
        record("don-00000004", by_itself, stated_by="donor", givers=("jack-ma-foundation",)),
        record("don-00000005", unnamed, figure(), stated_by="donor"),
        statements=[silent, own],
        parties={"jack-ma-foundation": PartyRow(code="x", names=("Jack Ma Foundation",))},
    )

    assert found("claim-without-speaker", published) == ["don-00000002"]


# Dates


def test_statement_without_its_day() -> None:
    month: dict[str, Any] = {"first": date(2020, 4, 1), "last": date(2020, 4, 30)}
    published = dataset(
        statements=[
            StatementRow(id="st-00000002", **month),
            StatementRow(id="st-00000003", said=True, **month),
            StatementRow(id="st-00000004", note="Only the month is known.", **month),
        ]
    )

    assert found("statement-without-day", published) == ["st-00000002"]


def milestone(day: date, last: date | None = None, **fields: Any) -> MilestoneRow:
    usual = {"stage": "delivered", "statement": "st-00000001", "quote": "500 masks arrived"}
    return MilestoneRow(**{**usual, "first": day, "last": last or day, **fields})


@pytest.mark.parametrize(
    ("row", "code"),
    [
        pytest.param(milestone(APRIL), "", id="on the day"),
        pytest.param(milestone(date(2020, 2, 1)), "", id="some weeks before"),
        pytest.param(milestone(date(2020, 1, 1)), "milestone-long-before", id="long before"),
        pytest.param(milestone(date(2020, 1, 1), dated="by"), "", id="by then"),
        pytest.param(milestone(date(2020, 1, 1), quote_has_date=True), "", id="as quoted"),
        pytest.param(milestone(date(2020, 1, 1), explained=True), "", id="with a reason"),
        pytest.param(milestone(date(2019, 1, 1), date(2019, 12, 31)), "", id="a year"),
        pytest.param(milestone(date(2020, 4, 11)), "", id="across time zones"),
        pytest.param(milestone(date(2020, 4, 12)), "milestone-after", id="after"),
    ],
)
def test_milestone_beside_its_statement(row: MilestoneRow, code: str) -> None:
    published = dataset(record(milestones=(row,)))

    codes = [
        finding.code for finding in check(published, ["milestone-long-before", "milestone-after"])
    ]

    assert codes == [code] * bool(code)


def test_milestones_out_of_order() -> None:
    early, late = date(2020, 4, 1), date(2020, 4, 5)
    published = dataset(
        record(
            "don-00000001",
            milestones=(milestone(early, stage="announced"), milestone(late, stage="delivered")),
        ),
        record(
            "don-00000002",
            milestones=(milestone(late, stage="announced"), milestone(early, stage="delivered")),
        ),
        record(
            "don-00000003",
            milestones=(
                milestone(late, stage="announced", dated="by"),
                milestone(early, stage="delivered"),
            ),
        ),
    )

    assert found("milestones-out-of-order", published) == ["don-00000002 milestones delivered"]


# Amounts


def running(value: Any, **fields: Any) -> FigureRow:
    return figure(value, basis="cumulative_to_date", **fields)


def point(id: str, day: int, *figures: FigureRow, **fields: Any) -> RecordRow:
    on = date(2020, 4, day)
    return record(id, *figures, **{"series": "masks", "first": on, "last": on, **fields})


def test_series_that_falls() -> None:
    published = dataset(
        point("don-00000001", 1, running(100)),
        point("don-00000002", 2, running(90)),
        point("don-00000003", 3, running(88, operator="approx")),
        point("don-00000004", 4, running(50, operator="more_than")),
        point("don-00000005", 5, running(10, rank="deprecated"), running(120, rank="preferred")),
        point("don-00000006", 6, running(10, item="ventilator")),
        point("don-00000007", 7, running(5), series="others"),
    )

    assert found("series-falls", published) == ["don-00000002 figures[0]"]


@pytest.mark.parametrize(
    ("later", "is_found"),
    [
        pytest.param({}, True, id="lower"),
        pytest.param({"figure": running(400)}, False, id="higher"),
        pytest.param({"figure": running(200, item="vaccine")}, False, id="another item"),
        pytest.param({"figure": running(200, item="medical-supplies")}, True, id="an item above"),
        pytest.param({"figure": running(200, operator="more_than")}, False, id="open above"),
        pytest.param({"givers": ("USA",)}, False, id="another giver"),
        pytest.param({"receivers": ()}, True, id="any receiver"),
        pytest.param({"receivers": ("FRA",)}, False, id="another receiver"),
        pytest.param({"stage": "delivered"}, False, id="another stage"),
        pytest.param({"kind": "export"}, False, id="another kind"),
        pytest.param({"start": date(2020, 3, 1)}, False, id="a later beginning"),
        pytest.param({"links": (("contradicts", "don-00000001"),)}, False, id="linked"),
    ],
)
def test_total_that_a_later_one_contradicts(later: dict[str, Any], is_found: bool) -> None:
    row = later.pop("figure", running(200))
    published = dataset(
        point("don-00000001", 1, running(300), series=""),
        point("don-00000002", 9, row, series="", **later),
    )

    assert found("total-contradicted", published) == ["don-00000001 figures[0]"] * is_found


def test_part_that_exceeds_its_total() -> None:
    march = date(2020, 3, 1)
    of_whole = (("part_of", "don-00000009"),)
    published = dataset(
        record("don-00000009", figure(300), figure(50, item="medical-supplies")),
        record("don-00000001", figure(400), links=of_whole),
        record("don-00000002", figure(200, item="surgical-mask"), links=of_whole),
        point("don-00000003", 30, running(1000), start=march),
        record("don-00000004", figure(2000)),
        record("don-00000005", figure(2000), givers=("USA",)),
        record("don-00000006", figure(2000, countable=False)),
        record("don-00000007", figure(2000), first=date(2020, 2, 1), last=date(2020, 2, 1)),
    )

    assert found("part-exceeds-total", published) == [
        "don-00000001 figures[0]",
        "don-00000004 figures[0]",
    ]


def test_amount_far_outside_the_others() -> None:
    usual = [record(f"don-0000000{place}", figure(1000 + place)) for place in range(9)]
    wrong, far = figure(10**9, rank="deprecated"), figure(10**9)
    outranked = (far, figure(1000, rank="preferred"))

    assert found("amount-outlier", dataset(*usual, record("don-0000000x", wrong))) == []
    assert found("amount-outlier", dataset(*usual, record("don-0000000x", *outranked))) == []
    assert found("amount-outlier", dataset(*usual, record("don-0000000x", figure(5000)))) == []
    assert found("amount-outlier", dataset(record("don-0000000x", far), *usual[:6])) == []
    assert found("amount-outlier", dataset(*usual, record("don-0000000x", far))) == [
        "don-0000000x figures[0]"
    ]
    assert found("amount-outlier", dataset(*usual, record("don-0000000x", figure(5)))) == [
        "don-0000000x figures[0]"
    ]


def test_unit_that_the_item_does_not_have() -> None:
    published = dataset(
        record("don-00000001", figure(), figure(unit=""), figure(unit="box")),
        record("don-00000002", figure(item="medical-supplies", unit="tonne")),
    )

    assert found("unit-unusual", published) == ["don-00000001 figures[2]"]


def test_unit_that_no_word_names() -> None:
    kits = {"item": "test-kit", "unit": "kit"}
    published = dataset(
        record(
            "don-00000001",
            figure(**kits, quote="20,000 test kits"),
            figure(**kits, quote="2만개", translation="20,000 test kits"),
            figure(item="test-kit", unit="piece", quote="20,000 test kits"),
            figure(item="test-kit", unit="", quote="20,000 test kits"),
            figure(item="test-kit", unit="box", quote="500 boxes of test kits"),
            figure(item="test-kit", unit="test", quote="20,000 tests"),
            figure(**kits, quote="10,000 kits"),
            figure(item="mask", unit="piece", quote="3 million masks"),
        ),
    )

    assert found("unit-not-in-quote", published) == [
        "don-00000001 figures[0]",
        "don-00000001 figures[1]",
        "don-00000001 figures[2]",
    ]


# Relations


def test_likely_duplicate() -> None:
    published = dataset(pairs=[PairRow(one="don-00000001", other="don-00000002")])

    assert found("duplicate-undecided", published) == ["don-00000001 don-00000002"]


def test_contradiction_without_a_ranking() -> None:
    against = (("contradicts", "don-00000001"),)
    published = dataset(
        record("don-00000001"),
        record("don-00000002", links=against),
        record("don-00000003", figure(countable=False), links=against),
        record("don-00000004", figure(rank="deprecated"), links=against),
        record("don-00000005", figure(item="ventilator"), links=against),
        record("don-00000006", links=(("part_of", "don-00000001"),)),
    )

    assert found("contradiction-unranked", published) == ["don-00000002 don-00000001"]


def test_what_nothing_uses() -> None:
    published = dataset(
        record(others=("who",)),
        statements=[
            StatementRow(id="st-00000002"),
            StatementRow(id="st-00000003", topics=("seizure",)),
            StatementRow(id="st-00000004", linked=("st-00000001",)),
        ],
        parties={
            row.code: row
            for row in [
                PartyRow(code="who", names=("WHO",)),
                PartyRow(code="xinhua", names=("Xinhua",)),
                PartyRow(code="FJI", type="country", names=("Fiji",)),
                PartyRow(code="adb", names=("ADB",)),
            ]
        },
    )

    assert found("statement-unused", published) == ["st-00000002"]
    assert found("party-unused", published) == ["party adb"]
    # A kind of mask is near enough; a root stands for too much.
    assert found("item-unused", published) == [
        "item medical-expert",
        "item medical-team",
        "item personnel",
        "item test-kit",
        "item vaccine",
        "item ventilator",
    ]


# All


def test_sound_dataset_has_no_finding() -> None:
    """The empty one, and one in which all is as it should be."""
    sound = dataset(record(stated_by="donor", milestones=(milestone(APRIL),)), items=ITEMS[:2])

    assert check(Published()) == []
    assert check(sound) == []


@pytest.mark.parametrize(("code", "rule"), RULES.items())
def test_rule_has_a_documented_code(code: str, rule: Callable, settings: Any) -> None:
    text = (settings.BASE_DIR / "docs" / "dataset.md").read_text("utf-8")

    assert f"| `{code}` |" in text
    assert rule.__doc__


def test_findings_have_an_order() -> None:
    one, other = (Finding("a", at, "", "") for at in ("don-1", "don-2"))

    assert sorted([other, one]) == [one, other]
