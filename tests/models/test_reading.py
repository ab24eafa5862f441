"""Numbers, qualifiers and dates in the words of statements."""

import datetime
from decimal import Decimal

import pytest

from records.models.reading import claims, dates_in, folded


def numbers(quote: str) -> set[Decimal]:
    return {value for claim in claims(quote) for value in claim.values}


@pytest.mark.parametrize(
    ("quote", "number"),
    [
        ("donated 50,000 masks", 50_000),
        ("donated 50 000 masks", 50_000),
        ("donated 50\u202f000 masks", 50_000),
        ("donated 50\u00a0000 masks", 50_000),
        ("donated 50'000 masks", 50_000),
        ("doneerde 50.000 mondkapjes", 50_000),
        ("５０，０００ masks", 50_000),
        ("٥٠٠٠٠ كمامة", 50_000),
        ("fifty thousand masks", 50_000),
        ("one hundred and twenty thousand masks", 120_000),
        ("half a million masks", 500_000),
        ("one and a half million masks", 1_500_000),
        ("11 and a half million K N95", 11_500_000),
        ("1.5m masks", 1_500_000),
        ("US$2m in cash", 2_000_000),
        ("P700-million purchase", 700_000_000),
        ("1.864 bln masks", 1_864_000_000),
        ("5万只口罩", 50_000),
        ("五万只口罩", 50_000),
        ("三百多万只口罩", 3_000_000),
        ("20余万只口罩", 200_000),
        ("一亿两千万剂疫苗", 120_000_000),
        ("3.86亿只口罩", 386_000_000),
        ("50만 장의 마스크", 500_000),
        ("2 милиона защитни маски", 2_000_000),
        ("5 миллионов масок", 5_000_000),
        ("2 triệu khẩu trang", 2_000_000),
        ("3 milyon maske", 3_000_000),
        ("10 lakh masks", 1_000_000),
        ("2 ล้านชิ้น", 2_000_000),
        ("between 3 and 5 million doses", 3_000_000),
        ("2020 ventilators", 2020),
    ],
)
def test_a_number_is_read(quote: str, number: int) -> None:
    assert number in numbers(quote)


@pytest.mark.parametrize(
    "quote",
    [
        "surgical masks",
        "N95 respirators",
        "COVID-19 tests",
        "Covid 19 tests",
        "delivered on 7 June",
        "in 2020 the ministry donated",
        "90% of the masks",
        "the 3rd batch of masks",
        "4月10日",
        "第3批口罩",
        "cinco millones de dólares",
    ],
)
def test_what_is_no_amount_is_no_number(quote: str) -> None:
    assert claims(quote) == []


@pytest.mark.parametrize(
    ("quote", "operators"),
    [
        ("more than 50 masks", {"more_than"}),
        ("no more than 50 masks", {"at_most"}),
        ("nearly 50 masks", {"approx"}),
        ("up to about 50 masks", {"at_most", "approx"}),
        ("at least US$50", {"at_least"}),
        ("50+ ventilators", {"at_least"}),
        ("más de 50 mascarillas", {"more_than"}),
        ("近50万只口罩", {"approx"}),
        ("50多万只口罩", {"more_than"}),
        ("свыше 50 масок", {"more_than"}),
        ("tens of thousands of masks", {"order_of_magnitude"}),
        ("50 masks", set()),
    ],
)
def test_qualifiers_are_read(quote: str, operators: set[str]) -> None:
    (claim,) = claims(quote)

    assert claim.qualifiers == operators


def test_a_qualifier_belongs_to_its_number() -> None:
    first, second = claims("about one million masks and 800,000 gloves")

    assert (first.qualifiers, second.qualifiers) == ({"approx"}, set())


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ("delivered on 7 June", ["06-07"]),
        ("delivered on June 7th, 2020", ["2020-06-07"]),
        ("delivered on 2020-06-07", ["2020-06-07"]),
        ("6月7日运抵", ["06-07"]),
        ("2020年6月", ["2020-06"]),
        ("el 7 de junio de 2020", ["2020-06-07"]),
        ("le 1er juin", ["06-01"]),
        ("am 7. Juni", ["06-07"]),
        ("7 июня", ["06-07"]),
        ("in April 2020", ["2020-04"]),
        ("from 5 to 10 April", []),
        ("5-10 April", []),
        ("April 5-10", []),
        ("10/4/2020", []),
        ("10 may be delivered", []),
        ("in march 500 masks", []),
    ],
)
def test_dates_are_read_where_they_are_sure(quote: str, found: list[str]) -> None:
    assert [str(one) for one in dates_in(folded(quote))] == found


@pytest.mark.parametrize(
    ("precision", "day", "agrees"),
    [
        ("day", datetime.date(2020, 6, 7), True),
        ("day", datetime.date(2020, 6, 8), False),
        ("month", datetime.date(2020, 6, 1), True),
        ("month", datetime.date(2020, 7, 1), False),
        ("year", datetime.date(2020, 1, 1), True),
        ("year", datetime.date(2021, 1, 1), False),
    ],
)
def test_a_date_agrees_as_far_as_it_is_known(
    precision: str, day: datetime.date, agrees: bool
) -> None:
    (said,) = dates_in(folded("7 June 2020"))

    assert said.may_be(day, precision) is agrees
