"""Numbers, qualifiers and dates in the words of statements."""

import datetime
from decimal import Decimal

import pytest

from records.models.reading import Said, claims, dates_in, folded
from records.models.reading import numbers as read_numbers


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
        ("50,000¹ masks", 50_000),
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
        ("100 K masks", 100_000),
        ("10⁶ masks", 1_000_000),
    ],
)
def test_a_number_is_read(quote: str, number: int) -> None:
    assert number in numbers(quote)


SPELT = {
    "en": {"two hundred and fifty thousand": 250_000, "a billion and a half": 1_500_000_000}
    | {"half one million": 500_000, "three lakh": 300_000}
    | {"half a dozen": 6, "fifty-two": 52, "a hundred thousand": 100_000, "two dozen": 24}
    | {"2½ million": 2_500_000, "€20 m": 20_000_000, "three-quarters of a million": 750_000}
    | {"five hundred and six hundred": 500 + 600, "an extra million": 1_000_000},
    "es": {"mil millones": 10**9, "31 millones": 31_000_000, "dos mil quinientos": 2500}
    | {"13 millones trescientos once mil trescientos cuarenta y cinco": 13_311_345}
    | {"dos docenas": 24, "docena y media": 18, "tres cuartos de millón": 750_000}
    | {"dos mil y tres mil": 2000 + 3000, "USD 2,5 M": 2_500_000}
    | {"400 mil 800": 400_800, "millón y medio": 0, "un millón y medio": 1_500_000},
    "pt": {
        "mil milhões": 10**9,
        "dois milhões e quinhentos mil": 2_500_000,
        "meio milhão": 500_000,
        "dois mil e três mil": 2000 + 3000,
    },
    "fr": {
        "quatre-vingt-dix-sept mille": 97_000,
        "soixante et onze": 71,
        "un demi-million": 500_000,
        "20 M€": 20_000_000,
        "deux douzaines": 24,
    },
    "it": {"duemila e tremila": 2000 + 3000}
    | {"19mila": 19_000, "due milioni e cinquecentomila": 2_500_000, "ventuno": 21},
    "de": {"zweihundertfünfzigtausend": 250_000, "anderthalb Millionen": 1_500_000}
    | {"2,2 Milliarden": 2_200_000_000, "eine halbe Million": 500_000, "dreiundzwanzig": 23}
    | {"zwei Dutzend": 24, "eine Dreiviertelmillion": 750_000},
    "nl": {"een miljard": 10**9, "zesenvijftig": 56},
    "ru": {
        "двадцать пять тысяч триста": 25_300,
        "полтора миллиона": 1_500_000,
        "550 тыс.": 550_000,
    }
    | {"два с половиной миллиона": 2_500_000, "миллион": 1_000_000}
    | {"четверть миллиона": 250_000, "два десятка": 20},
    "uk": {"двісті тисяч": 200_000},
    "pl": {"około ćwierć miliona": 250_000, "pięćdziesiąt dwa": 52, "2,5 mln": 2_500_000},
    "sr": {"два милиона": 2_000_000, "milion i po": 1_500_000},
    "bg": {"2 милиона": 2_000_000},
    "ro": {"31 de milioane": 31_000_000, "două milioane cinci sute de mii": 2_500_000},
    "hu": {"ötszázezer": 500_000},
    "zh": {
        "一亿两千万": 120_000_000,
        "二百四十萬": 2_400_000,
        "18萬8160": 188_160,
        "廿五萬": 250_000,
        "一百零五名": 105,
        "一亿零五百万": 105_000_000,
        "两千〇五台": 2005,
        "1万零500": 10_500,
        "3000亿日元": 300_000_000_000,
    },
    "ja": {"1億2000万": 120_000_000, "三百万": 3_000_000},
    "ko": {"1천794만5천": 17_945_000, "2억2천598만": 225_980_000, "오십만 명": 500_000},
    "id": {
        "dua lusin": 24,
        "dua puluh lima juta": 25_000_000,
        "seratus ribu": 100_000,
        "setengah juta": 500_000,
    },
    "tr": {
        "on beş bin": 15_000,
        "2 milyondan": 2_000_000,
        "211 bin 200": 211_200,
        "ikibinbeşyüz": 2500,
        "bir buçuk milyon": 1_500_000,
    },
    "ar": {
        "مليون و368 ألفًا و900": 1_368_900,
        "خمسة وعشرون ألف": 25_000,
        "مليونان ونصف": 2_500_000,
        "مليون ونصف المليون": 1_500_000,
        "ربع مليون": 250_000,
    },
    "hi": {"दो दर्जन": 24, "साढ़े तीन लाख": 350_000, "डेढ़ करोड़": 15_000_000, "निन्यानवे": 99},
    "vi": {"hai mươi lăm triệu": 25_000_000, "7 tỷ": 7 * 10**9},
}


def test_number_words_of_every_language_add_up() -> None:
    read = {
        language: {
            words: sum(one.value for one in read_numbers(folded(words), language))
            for words in rows
        }
        for language, rows in SPELT.items()
    }

    assert read == SPELT


def test_digits_are_read_as_the_language_writes_them() -> None:
    rows = {
        ("1,300.5", "en"): 1300.5,
        ("1.300,5", "de"): 1300.5,
        ("1 000 000", "fr"): 10**6,
        ("1’000’000", "de"): 10**6,
        ("5,50,000", "en"): 550_000,
        ("1.050.660", "es"): 1_050_660,
        ("1.000 millones", "es"): 10**9,
        ("1.864 bln", "en"): 1_864_000_000,
        ("٥٠٫٥", "ar"): 50.5,
    }

    read = {(words, tag): float(read_numbers(folded(words), tag)[0].value) for words, tag in rows}

    assert read == rows


def test_digits_that_can_be_read_in_two_ways_have_both_readings() -> None:
    for words, tag, readings in (
        ("1.254 millones", "es", {1_254_000, 1_254_000_000}),
        ("37.325 masks", "en", {37, 37_325}),
        ("10,000 masks", "es", {10, 10_000}),
        ("10⁶ masks", "en", {10, 1_000_000}),
    ):
        (number,) = read_numbers(folded(words), tag)
        assert {int(number.value), int(number.other or 0)} == readings


def test_orders_of_magnitude_have_bounds() -> None:
    for words, tag, lower in (
        ("tens of thousands of masks", "en", 10_000),
        ("decenas de miles de mascarillas", "es", 10_000),
        ("数十万只口罩", "zh", 100_000),
        ("Hunderttausende Masken", "de", 100_000),
        ("mehrere Tausend Masken", "de", 1_000),
        ("a few hundred thousand masks", "en", 100_000),
        ("несколько миллионов масок", "ru", 1_000_000),
        ("kilkadziesiąt masek", "pl", 10),
    ):
        (number,) = read_numbers(folded(words), tag)
        assert number.bounds == (lower, 10 * lower)


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
        "call +86 10 6596 1114",
        "at 14:30",
        "on 15.04.2020",
        "15/04/2020",
        "mRNA-1273",
        "an Il-76, an A400M and an A330-200",
        "самолёт Ан-124",
        "the B.1.1.7 variant",
        "Tel. 030 123456",
        "電話03-1234-5678",
        "코로나19 진단키트",
        "일본과 이백신",
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
        ("≥ 50 ventilators", {"at_least"}),
        (">50 masks", {"more_than"}),
        ("~50 masks", {"approx"}),
        ("max. 50 masks", {"at_most"}),
        ("ca. 50 Masken", {"approx"}),
        ("vitamin C 50 tablets", set()),
        ("más de 50 mascarillas", {"more_than"}),
        ("近50万只口罩", {"approx"}),
        ("50多万只口罩", {"more_than"}),
        ("свыше 50 масок", {"more_than"}),
        ("tens of thousands of masks", {"order_of_magnitude"}),
        ("50 masks", set()),
        ("handed over 50 masks", set()),
        ("just shy of 50 masks", {"less_than"}),
        ("as few as 50 masks", {"at_least"}),
    ],
)
def test_qualifiers_are_read(quote: str, operators: set[str]) -> None:
    (claim,) = claims(quote)

    assert claim.qualifiers == operators


def test_two_bounds_of_one_number_are_read_as_its_range() -> None:
    first, second = claims("more than 2 but less than 3 million masks")

    assert first.values == {2, 2_000_000}
    assert second.values == {3_000_000}


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


@pytest.mark.parametrize(
    ("language", "quote"),
    [
        ("es", "el 20 por ciento de las mascarillas"),
        ("pt", "vinte por cento das máscaras"),
        ("fr", "vingt pour cent des masques"),
        ("it", "il venti per cento delle mascherine"),
    ],
)
def test_the_hundred_of_a_share_is_no_number(language: str, quote: str) -> None:
    assert Said.of(quote, language).numbers == []
