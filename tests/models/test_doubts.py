"""Rules of what is entered: numbers against words, dates that can hardly be, short quotes. They
are the models' own, so every way in has them."""

import datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import models

from records.models import DATED, KINDS, STAGED, Milestone, Statement
from records.totals.milestones import FLOOR
from tests.support.factories import FIGURES, RECORDS, StatementFactory, add_milestone

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]

EVERY_KIND = pytest.mark.parametrize("kind", KINDS)
EVERY_DATED_KIND = pytest.mark.parametrize("kind", DATED)
EVERY_STAGED_KIND = pytest.mark.parametrize("kind", STAGED)
TODAY = datetime.date(2026, 11, 28)
DATES = [
    (model, column.name)
    for model in [*KINDS.values(), *(model.child("milestones") for model in STAGED.values())]
    for column in model.content_fields()
    if isinstance(column, models.DateField)
]


@pytest.fixture
def now() -> Any:
    with time_machine.travel(datetime.datetime(2026, 11, 28, 12, tzinfo=datetime.UTC), tick=False):
        yield


def refusal(row: Any) -> dict[str, list[str]]:
    """Return what `clean` refuses; empty if it accepts the row."""
    try:
        row.clean()
    except ValidationError as error:
        return error.message_dict
    return {}


def figure(kind: str, **values: Any) -> Any:
    row = FIGURES[DATED[kind]].build(**{"item": None, "statement": None} | values)
    row.fill_bounds()
    return row


# --- Numbers against words


@EVERY_DATED_KIND
@pytest.mark.parametrize(
    ("quote", "value", "language"),
    [
        ("100 mil da mesma vacina", 100_000, "pt"),
        ("211 bin 200 doz", 211_200, "tr"),
        ("dix millions de doses", 10_000_000, "fr"),
    ],
)
def test_numbers_are_read_in_the_language_of_the_statement(
    kind: str, quote: str, value: int, language: str
) -> None:
    """“mil” and “bin” are a thousand, “dix” is ten: each in its own language only."""
    for tag in (language, "en"):
        statement = StatementFactory(language=tag)
        row = figure(kind, value=Decimal(value), quote=quote, statement=statement)

        assert (refusal(row) == {}) == (tag == language)


@EVERY_DATED_KIND
@pytest.mark.parametrize("value", [5_000, 50_000_000, 50, 1])
def test_another_number_than_in_the_quote_needs_a_reason(kind: str, value: int) -> None:
    row = figure(kind, value=Decimal(value), quote="donated 50 000 masks")

    (message,) = refusal(row)["value"]

    assert f"The quote has “50 000”, the figure {value:,}." in message
    assert "`quote_reason`" in message
    row.quote_reason = "Each box holds so many."
    assert refusal(row) == {}


@EVERY_DATED_KIND
@pytest.mark.parametrize(
    ("quote", "values"),
    [
        ("donated 50 000 masks", {"value": 50_000}),
        ("donated 50,000 masks and 20 ventilators", {"value": 20}),
        ("surgical masks", {"value": 50_000}),
        ("cinco millones de dólares", {"value": 5_000_000}),
        ("medical supplies for 18 countries", {"operator": "unspecified", "value": None}),
        ("more than 50,000 masks", {"operator": "more_than", "value": 50_000}),
        ("50,000 masks", {"operator": "more_than", "value": 50_000}),
        (
            "between 3 and 5 million doses",
            {"operator": "between", "value": None, "lower": 3_000_000, "upper": 5_000_000},
        ),
        (
            "tens of thousands of masks",
            {"operator": "order_of_magnitude", "value": None, "lower": 10_000, "upper": 100_000},
        ),
    ],
)
def test_what_the_quote_bears_needs_none(kind: str, quote: str, values: dict[str, Any]) -> None:
    assert refusal(figure(kind, quote=quote, **values)) == {}


@EVERY_DATED_KIND
@pytest.mark.parametrize(
    ("quote", "operator", "said"),
    [
        ("more than 50,000 masks", "exact", "more_than"),
        ("nearly 50,000 masks", "at_least", "approx"),
        ("up to 50,000 masks", "more_than", "at_most"),
        ("at least 50,000 masks", "less_than", "at_least"),
        ("5万余只口罩", "exact", "more_than"),
        ("más de 50.000 mascarillas", "approx", "more_than"),
    ],
)
def test_another_qualifier_than_in_the_quote_needs_a_reason(
    kind: str, quote: str, operator: str, said: str
) -> None:
    row = figure(kind, quote=quote, operator=operator, value=Decimal(50_000))

    (message,) = refusal(row)["operator"]

    assert f"The quote means “{said}”, the figure has “{operator}”." in message
    row.quote_reason = "The rest of the sentence takes it back."
    assert refusal(row) == {}


@EVERY_DATED_KIND
def test_money_has_a_currency_that_exists_or_none(kind: str) -> None:
    """The API refuses to filter by others, so they would be found by nobody."""
    for currency in ("CNY", "USD", "XOF", ""):
        row = figure(kind, measure="money", currency=currency, quote="they paid", value=5)
        assert refusal(row) == {}, currency
    for currency in ("RMB", "usd", "BTC"):
        row = figure(kind, measure="money", currency=currency, quote="paid 7", value=5)
        assert {"currency", "value"} <= refusal(row).keys(), currency


CUT = [
    ("China sent 1,500 masks.", "500 masks", 500, "en", "1,500"),
    ("It gave 1.5 million masks.", "5 million masks", 5_000_000, "en", "1.5 million"),
    ("Rs 2.5 crore was given", "5 crore", 50_000_000, "en", "2.5 crore"),
    ("three hundred thousand masks", "hundred thousand masks", 100_000, "en", "three hundred"),
    ("捐赠三百万只口罩", "百万只", 1_000_000, "zh", "三百万"),
    ("sent 1 500 masques", "500 masques", 500, "fr", "1 500"),
    ("500,000 masks", "500", 500, "en", "500,000"),
]
"""Text, quote that cuts a number of it, the figure's value, language, and the number."""
WHOLE = [
    ("In 2020, 500 masks came.", "500 masks", 500, "en"),
    ("Against COVID-19 500 masks", "500 masks", 500, "en"),
    ("100, 500 masks", "500 masks", 500, "en"),
    ("1,500 gloves, and then 500 masks; 500 masks", "500 masks", 500, "en"),
    ("3 to 5 million masks", "5 million masks", 5_000_000, "en"),
    ("1,500 masks and 1500 masks, 500 masks", "500 masks", 500, "en"),
]


@EVERY_DATED_KIND
def test_a_quote_that_cuts_a_number_of_the_text_needs_a_reason(kind: str) -> None:
    for text, quote, value, language, number in CUT:
        statement = StatementFactory(text=text, language=language)
        row = figure(kind, statement=statement, quote=quote, value=value)

        (message,) = refusal(row)["quote"]

        assert f"“{number}" in message
        row.quote_reason = "The source has a slip there."
        assert refusal(row) == {}, text
    for text, quote, value, language in WHOLE:
        statement = StatementFactory(text=text, language=language)
        assert refusal(figure(kind, statement=statement, quote=quote, value=value)) == {}, text


@EVERY_DATED_KIND
def test_a_bound_is_a_number_of_the_figure(kind: str) -> None:
    bounds = {"operator": "between", "value": None, "lower": 40, "upper": 50}

    assert refusal(figure(kind, quote="50 masks", **bounds)) == {}
    (message,) = refusal(figure(kind, quote="60 masks", **bounds))["lower"]
    assert "The quote has “60”, the figure 40–50." in message


# --- Dates


@pytest.mark.parametrize(("model", "name"), DATES)
@pytest.mark.parametrize(
    ("day", "requested"),
    [
        (datetime.date(2062, 4, 10), "Is 2062 meant? 2062-04-10 is after today (2026-11-28)."),
        (TODAY + datetime.timedelta(days=1), "Is 2026-11-29 meant?"),
        (datetime.date(1020, 4, 10), "Is 1020 meant? 1020-04-10 is before the epidemic"),
        (datetime.date(2019, 11, 30), "Is 2019 meant?"),
    ],
)
def test_a_date_that_cannot_be_needs_a_reason(
    model: Any, name: str, day: datetime.date, requested: str
) -> None:
    row = model(**{name: day})
    if issubclass(model, Milestone) and day < FLOOR:
        with pytest.raises(ValidationError, match="The dataset begins in 2020"):
            row.full_clean()
        return

    (message,) = refusal(row)[name]

    assert requested in message
    reason = "date_reason" if model in KINDS.values() else "quote_reason"
    assert f"`{reason}`" in message
    setattr(row, reason, "It is a plan for decades.")
    assert refusal(row) == {}


@pytest.mark.parametrize(("model", "name"), DATES)
@pytest.mark.parametrize("day", [TODAY, datetime.date(2019, 12, 1)])
def test_a_date_that_may_be_needs_none(model: Any, name: str, day: datetime.date) -> None:
    assert refusal(model(**{name: day})) == {}


@pytest.mark.parametrize(
    ("model", "name"),
    [(model, name) for model, name in DATES if hasattr(model, f"{name}_precision")],
)
@pytest.mark.parametrize("year", [2019, 2026])
def test_a_year_that_may_be_needs_none(model: Any, name: str, year: int) -> None:
    row = model(**{name: datetime.date(year, 1, 1), f"{name}_precision": "year"})

    assert refusal(row) == {}


@pytest.mark.parametrize(
    ("said_on", "accessed_on", "field"),
    [
        ("2020-04-15", "2020-04-13", "said_on"),
        ("2020-04-14", "2020-04-13", ""),
        ("2015-04-13", "2020-04-13", "said_on"),
        ("2020-04-13", "2020-04-11", "accessed_on"),
        ("2020-04-13", "2020-04-12", ""),
    ],
)
def test_days_of_a_statement_are_compared(said_on: str, accessed_on: str, field: str) -> None:
    day = datetime.date.fromisoformat
    statement = Statement(
        published_on=day("2020-04-13"), said_on=day(said_on), accessed_on=day(accessed_on)
    )

    assert list(refusal(statement)) == ([field] if field else [])


@EVERY_DATED_KIND
@pytest.mark.parametrize(
    ("as_of", "doubtful"),
    [
        ("2020-04-13", False),
        ("2020-04-14", False),
        ("2020-04-15", True),
        ("2020-01-01", False),
    ],
)
def test_a_record_is_compared_with_its_statements(kind: str, as_of: str, doubtful: bool) -> None:
    statement = StatementFactory(published_on=datetime.date(2020, 4, 13))
    record = RECORDS[DATED[kind]](
        as_of=datetime.date.fromisoformat(as_of), figures__statement=statement
    )

    found = record.doubts_beside()

    assert [doubt.field for doubt in found] == (["as_of"] if doubtful else [])
    if doubtful:
        assert "The statement was published before it (2020-04-13)." in found[0].text
        with pytest.raises(ValidationError, match="`date_reason`"):
            record.clean_rows()
        record.date_reason = "The ministry looks ahead."
        record.clean_rows()


@EVERY_DATED_KIND
def test_a_statement_of_years_later_is_doubtful(kind: str) -> None:
    statement = StatementFactory(published_on=datetime.date(2024, 4, 13))
    record = RECORDS[DATED[kind]](figures__statement=statement)

    (doubt,) = record.doubts_beside()

    assert "The statement was published years after it" in doubt.text


@EVERY_DATED_KIND
def test_a_plan_may_lie_ahead(kind: str) -> None:
    statement = StatementFactory(published_on=datetime.date(2020, 4, 1))
    plan = {"basis": "target", "countable": False, "countable_reason": "target"}
    record = RECORDS[DATED[kind]](figures=[plan | {"statement": statement}])

    assert record.doubts_beside() == []


@EVERY_STAGED_KIND
@pytest.mark.parametrize(
    ("quote", "date", "doubtful"),
    [
        ("arrived on 10 April", "2020-04-10", False),
        ("arrived on 11 April", "2020-04-10", True),
        ("4月11日运抵", "2020-04-10", True),
        ("arrived on Friday", "2020-04-10", False),
        ("arrived on 10/4/2020", "2020-04-09", False),
    ],
)
def test_a_date_in_the_quote_is_the_milestones(
    kind: str, quote: str, date: str, doubtful: bool
) -> None:
    record = RECORDS[STAGED[kind]]()
    row = add_milestone(
        record, stage="delivered", date=datetime.date.fromisoformat(date), quote=quote
    )

    assert list(refusal(row)) == (["date"] if doubtful else [])
    row.quote_reason = "The ministry corrected the day."
    assert refusal(row) == {}


@EVERY_STAGED_KIND
def test_a_milestone_is_compared_with_its_statement(kind: str) -> None:
    statement = StatementFactory(published_on=datetime.date(2020, 4, 13))
    record = RECORDS[STAGED[kind]](figures__statement=statement)
    row = add_milestone(record, stage="delivered", date=datetime.date(2020, 5, 1))

    assert "was published before it" in refusal(row)["date"][0]


@EVERY_STAGED_KIND
def test_what_happened_by_a_date_may_have_an_earlier_one_in_its_quote(kind: str) -> None:
    row = add_milestone(
        RECORDS[STAGED[kind]](), stage="delivered", dated="by", quote="had arrived on 3 April"
    )

    assert refusal(row) == {}


# --- Quotes


@EVERY_DATED_KIND
@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ("On Friday the ministry donated masks to Pakistan gladly", "9 words"),
        ("masks—gowns—goggles—suits—gloves—caps—kits—vials—beds", "9 words"),
        ("一些外科口罩和防护服以及其他医疗用品都运到了巴基斯坦", "26 characters"),
    ],
)
def test_a_long_quote_is_refused_with_its_length(kind: str, quote: str, found: str) -> None:
    row = figure(kind, quote=quote)
    row.quote_reason = "No reason makes it shorter."

    (message,) = refusal(row)["quote"]

    assert f"It has {found}" in message
    assert "Quote at most 8 words, or 20 characters of a script without spaces" in message


@EVERY_DATED_KIND
@pytest.mark.parametrize(
    "quote",
    [
        "On Friday the ministry donated 50 000 masks",
        "the ministry gave one hundred and twenty thousand masks",
    ],
)
def test_a_number_is_one_word(kind: str, quote: str) -> None:
    value = Decimal(50_000 if "50" in quote else 120_000)

    assert refusal(figure(kind, quote=quote, value=value)) == {}
