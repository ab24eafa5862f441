"""What words suggest: numbers as people write them, and how they qualify them."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from records.curation.statement_reader.suggestions import Known, proposals, suggest

KNOWN = Known.of(
    [
        ("mask", "Masks", ["口罩", "маски"], "piece"),
        ("surgical-mask", "Surgical masks", ["medical face mask"], "piece"),
        ("test-kit", "Test kits", ["testing kit"], ""),
        ("computer", "Computers", ["PCs"], "piece"),
        ("vaccine", "Vaccines", [], "dose"),
        ("antiviral", "Antivirals", ["remdesivir"], ""),
        ("ventilator", "Ventilators", [], "piece"),
    ],
    {"surgical-mask": "mask"},
)


def said(words: str, language: str = "en", role: str = "recipient") -> dict[str, Any]:
    return suggest(words, KNOWN, language, role)


@pytest.mark.parametrize(
    ("words", "language", "value"),
    [
        ("3.86 billion masks", "en", "3860000000"),
        ("1,300,000 masks", "en", "1300000"),
        ("1.300.000 masks", "de", "1300000"),
        ("1,3 Millionen masks", "de", "1300000"),
        ("690.000 masks", "nl", "690000"),
        ("10,000 masks", "es", "10000"),
        ("37.325 masks", "en", "37325"),
        ("1.234 million masks", "en", "1234000"),
        ("100 000 masks", "fr", "100000"),
        ("some 300, 000 masks", "en", "300000"),
        ("5,50,000 masks", "en", "550000"),
        ("7 lakh masks", "en", "700000"),
        ("210K masks", "en", "210000"),
        ("38.6亿只口罩", "zh", "3860000000"),
        ("５万口罩", "zh", "50000"),
        ("half a million masks", "en", "500000"),
        ("a million masks", "en", "1000000"),
        ("one and a half million masks", "en", "1500000"),
        ("two hundred and fifty thousand masks", "en", "250000"),
        ("fifty-two masks", "en", "52"),
        ("100,000 N95 masks for COVID-19", "en", "100000"),
        ("2020年3亿口罩", "zh", "300000000"),
    ],
)
def test_numbers(words: str, language: str, value: str) -> None:
    found = said(words, language)

    assert (found["value"], found["item"], found["unit"]) == (value, "mask", "piece")


@pytest.mark.parametrize(
    ("words", "language", "operator"),
    [
        ("70 masks", "en", "exact"),
        ("more than 70 masks", "en", "more_than"),
        ("over 70 masks", "en", "more_than"),
        ("más de 70 masks", "es", "more_than"),
        ("超过70口罩", "zh", "more_than"),
        ("70多口罩", "zh", "more_than"),
        ("nearly 70 masks", "en", "approx"),
        ("Some 70 masks", "en", "approx"),
        ("约70口罩", "zh", "approx"),
        ("at least 70 masks", "en", "at_least"),
        ("70+ masks", "en", "at_least"),
        ("no less than 70 masks", "en", "at_least"),
        ("up to 70 masks", "en", "at_most"),
        ("no more than 70 masks", "en", "at_most"),
        ("fewer than 70 masks", "en", "less_than"),
        ("handed over 70 masks", "en", "exact"),
        ("70-odd masks", "en", "approx"),
        ("70 or so masks", "en", "approx"),
        ("70-plus masks", "en", "at_least"),
        ("70 masks + gloves", "en", "exact"),
        ("mínimo 70 mascarillas", "es", "at_least"),
        ("mind. 70 Masken", "de", "at_least"),
        ("70'i aşkın maske", "tr", "more_than"),
        ("70 से अधिक मास्क", "hi", "more_than"),
        ("70を超えるマスク", "ja", "more_than"),
    ],
)
def test_qualifiers(words: str, language: str, operator: str) -> None:
    found = said(words, language)

    assert (found["operator"], found["value"], found["item"]) == (operator, "70", "mask")


@pytest.mark.parametrize(
    ("words", "language", "item", "unit", "value"),
    [
        ("masks (3 million), ventilators (20)", "en", "mask", "piece", "3000000"),
        ("masks - 500 pcs", "en", "mask", "piece", "500"),
        ("500 PCs", "en", "computer", "piece", "500"),
        ("500 pcs of masks", "en", "mask", "piece", "500"),
        ("masks 500 pcs", "en", "mask", "piece", "500"),
        ("masks – 500, ventilators – 20", "en", "mask", "piece", "500"),
        ("500 ml bottles, 20 masks", "en", "mask", "piece", "20"),
        ("300 families received masks, 20 ventilators", "en", "ventilator", "piece", "20"),
        ("진단키트 30만 회분", "ko", "test-kit", "test", "300000"),
        ("検査キット3万回分", "ja", "test-kit", "test", "30000"),
        ("5,000 doses of remdesivir", "en", "antiviral", "dose", "5000"),
        ("50 ألفا من الكمامات", "ar", "mask", "piece", "50000"),
        ("doses: 1,200,000", "en", "vaccine", "dose", "1200000"),
        ("dosis: 1.200.000", "es", "vaccine", "dose", "1200000"),
        ("Tél. 01 42 34 56 78 : 20 masques", "fr", "mask", "piece", "20"),
        ("확진자 86명, 마스크 20장", "ko", "mask", "piece", "20"),
        ("un centenar de mascarillas", "es", "mask", "piece", "100"),
        ("medio centenar de masks", "es", "mask", "piece", "50"),
        ("mezzo migliaio di masks", "it", "mask", "piece", "500"),
        ("полсотни masks", "ru", "mask", "piece", "50"),
        ("deux dizaines de masques", "fr", "mask", "piece", "20"),
    ],
)
def test_what_is_counted(words: str, language: str, item: str, unit: str, value: str) -> None:
    found = said(words, language)

    assert (found["item"], found["unit"], found["value"]) == (item, unit, value)


def test_names_begin_after_signs_of_scripts_without_spaces() -> None:
    known = Known.of([("mask", "口罩", [], ""), ("respirator-n95", "N95口罩", [], "")])

    assert suggest("捐赠N95口罩1.5万只", known, "zh")["item"] == "respirator-n95"
    assert suggest("约US$50万", known, "zh")["currency"] == "USD"


@pytest.mark.parametrize(
    ("words", "language", "values"),
    [
        ("500 masks conforming to GB 19083-2010", "en", ["500"]),
        ("masks of EN 149:2001 and 5,000 gloves", "en", ["5000"]),
        ("ISO 13485 masks, 500 of them", "en", ["500"]),
        ("ít nhất 30 máy thở", "vi", ["30"]),
        ("لـ27 دولة", "ar", ["27"]),
        ("half a tonne of masks", "en", ["0.5"]),
        (".5 million masks", "en", ["500000"]),
        ("Masks.5 ventilators", "en", ["5"]),
        ("a Boeing 777 with 40 tonnes of masks", "en", ["40"]),
        ("eine halbe Tonne masks", "de", ["0.5"]),
    ],
)
def test_numbers_beside_names_dates_and_letters(
    words: str, language: str, values: list[str]
) -> None:
    assert [one.fields["value"] for one in proposals(words, KNOWN, language)] == values


def test_people_are_no_goods_that_the_next_words_name() -> None:
    (people, masks) = proposals("3만 명, 마스크 20만 장", KNOWN, "ko")

    assert "item" not in people.fields
    assert (masks.fields["item"], masks.doubts) == ("mask", [])


@pytest.mark.parametrize(
    ("words", "language", "lower", "upper"),
    [
        ("3 tons to 5 tons of masks", "en", "3", "5"),
        ("50枚から60枚のマスク", "ja", "50", "60"),
        ("10 से 15 लाख मास्क", "hi", "1000000", "1500000"),
        ("3 ile 4 ton arasında maske", "tr", "3", "4"),
        ("3 000 à 5 000 masques", "fr", "3000", "5000"),
        ("五六万只口罩", "zh", "50000", "60000"),
        ("between five hundred and six hundred masks", "en", "500", "600"),
        ("entre dois mil e três mil masks", "pt", "2000", "3000"),
        ("one or two masks", "en", "1", "2"),
        ("zwei oder drei Millionen masks", "de", "2000000", "3000000"),
        ("twee of drie miljoen masks", "nl", "2000000", "3000000"),
        ("2 или 3 миллиона маски", "ru", "2000000", "3000000"),
        ("more than 2 but less than 3 million masks", "en", "2000000", "3000000"),
        ("más de 2 pero menos de 3 millones de masks", "es", "2000000", "3000000"),
        ("超过200万但不到300万只口罩", "zh", "2000000", "3000000"),
    ],
)
def test_ranges_of_languages(words: str, language: str, lower: str, upper: str) -> None:
    found = said(words, language)

    assert (found["operator"], found["lower"], found["upper"]) == ("between", lower, upper)
    assert found["item"] == "mask"


@pytest.mark.parametrize(
    ("words", "operator", "lower", "upper"),
    [
        ("between 1 and 1.5 million masks", "between", "1000000", "1500000"),
        ("between one and one and a half million masks", "between", "1000000", "1500000"),
        ("3-4 million masks", "between", "3000000", "4000000"),
        ("from 300 to 400 masks", "between", "300", "400"),
        ("tens of thousands of masks", "order_of_magnitude", "10000", "100000"),
        ("hundreds of masks", "order_of_magnitude", "100", "1000"),
    ],
)
def test_ranges(words: str, operator: str, lower: str, upper: str) -> None:
    found = said(words)

    assert (found["operator"], found["lower"], found["upper"]) == (operator, lower, upper)
    assert "value" not in found


def test_two_numbers_of_two_things_or_times_are_no_range() -> None:
    for words, value in (
        ("70 masks and 90 ventilators", "70"),
        ("raised from 70 to 90 masks", "90"),
    ):
        found = said(words)
        assert (found["operator"], found["value"], found["item"]) == ("exact", value, "mask")


@pytest.mark.parametrize(
    ("words", "value", "currency"),
    [
        ("$5 million in aid", "5000000", "USD"),
        ("US$ 100,000 to the islands", "100000", "USD"),
        ("2 billion U.S. dollars", "2000000000", "USD"),
        ("€10 million", "10000000", "EUR"),
        ("333 yuan (US$48)", "333", "CNY"),
        ("approximately RMB 70,000", "70000", "CNY"),
        ("累计14.1亿美元", "1410000000", "USD"),
        ("2 millions de dollars", "2000000", "USD"),
        ("NZD$2.5 million", "2500000", "NZD"),
        ("200 million Norwegian kroner", "200000000", "NOK"),
    ],
)
def test_money(words: str, value: str, currency: str) -> None:
    found = said(words)

    assert (found["measure"], found["value"], found["currency"]) == ("money", value, currency)
    assert "unit" not in found


@pytest.mark.parametrize(
    ("words", "party_type"),
    [
        ("127 countries", "country"),
        ("127个国家", "country"),
        ("13个国际组织", "international_organisation"),
        ("110を超える国", "country"),
        ("over 20 African countries", "country"),
        ("4 international organizations", "international_organisation"),
        ("150 countries and international organizations", "mixed"),
        ("77 countries and 12 international organizations", "country"),
    ],
)
def test_parties_are_counted_in_the_requested_role(words: str, party_type: str) -> None:
    found = said(words)

    assert (found["measure"], found["party_type"]) == ("parties", party_type)
    assert found["party_role"] == "recipient"


def test_the_longest_name_wins_and_a_kit_at_its_end_is_no_unit() -> None:
    """Test kits have no default unit: a kit may be one test or a hundred."""
    assert said("1,000 surgical masks")["item"] == "surgical-mask"
    kits = said("1,000 test kits")
    assert (kits["item"], kits.get("unit")) == ("test-kit", None)
    assert said("1,000 boxes of test kits")["unit"] == "box"
    tests = said("20,000 tests")
    assert (tests["item"], tests["unit"]) == ("test-kit", "test")
    assert said("20 boxes of masks")["unit"] == "box"


def test_a_mention_without_a_number_is_unspecified() -> None:
    assert said("surgical masks") == {
        "measure": "quantity",
        "operator": "unspecified",
        "item": "surgical-mask",
        "unit": "piece",
    }
    assert said("nothing of the kind") == {}


def test_a_number_beyond_the_database_is_left_out() -> None:
    assert "value" not in said("999999999999999999999 masks")


@given(st.text(max_size=200), st.sampled_from(["en", "de", "zh", ""]))
def test_no_words_are_too_odd(words: str, language: str) -> None:
    found = said(words, language)

    assert all(isinstance(value, str) for value in found.values())


@pytest.mark.slow
def test_most_of_what_curators_wrote_is_suggested_from_its_quote() -> None:
    """Every quote of the dataset, against the figures that people entered for it. What the quote
    does not name (“63,000 to the Solomon Islands”) cannot be suggested: units and items are
    compared where one is suggested, a more general item is right, since a curator knows the
    maker of the vaccine from the page; and most quotes must have a suggestion."""
    entries = {
        noun: yaml.load(
            (Path(settings.BASE_DIR) / "fixtures" / f"{noun}.yaml").read_text("utf-8"),
            yaml.CSafeLoader,
        )
        for noun in ("items", "statements", "donations", "exports", "contracts")
    }
    items = {item["code"]: item for item in entries["items"] if "name" in item}
    known = Known.of(
        [
            (code, item["name"], item.get("aliases", []), item.get("default_unit") or "")
            for code, item in items.items()
        ],
        {code: item.get("parent") for code, item in items.items()},
    )
    languages = {entry["id"]: entry.get("language", "en") for entry in entries["statements"]}
    written: dict[tuple[str, str], list[dict]] = {}
    for noun in ("donations", "exports", "contracts"):
        for entry in entries[noun]:
            for figure in entry.get("figures", []):
                key = figure["statement"], figure["quote"]
                written.setdefault(key, []).append(figure)
    suggestions = {
        (statement, quote): suggest(quote, known, languages[statement])
        for statement, quote in written
    }

    def entered(key: tuple[str, str], name: str, default: str = "") -> set[str]:
        return {str(figure.get(name, default)) for figure in written[key]}

    def agree(name: str, default: str = "") -> float:
        hits = sum(
            found.get(name, "") in entered(key, name, default)
            for key, found in suggestions.items()
        )
        return hits / len(written)

    def named(name: str) -> dict[tuple[str, str], str]:
        return {key: found[name] for key, found in suggestions.items() if name in found}

    units, suggested = named("unit"), named("item")
    right_units = sum(unit in entered(key, "unit") for key, unit in units.items())
    right_items = sum(
        any(item == code or known.is_below(code, item) for code in entered(key, "item"))
        for key, item in suggested.items()
    )

    assert len(written) > 500
    assert agree("measure") > 0.97
    assert agree("operator", "exact") > 0.97
    assert agree("value") > 0.95
    assert agree("currency") > 0.97
    assert len(units) / len(written) > 0.6
    assert right_units / len(units) > 0.95
    assert len(suggested) / len(written) > 0.65
    assert right_items / len(suggested) > 0.95


@pytest.mark.parametrize(
    ("words", "language", "operator"),
    [
        ("en plus de 500 000 masks", "fr", "exact"),
        ("plus de 500 000 masks", "fr", "more_than"),
        ("mille ventilators, oltre a 500.000 masks", "it", "exact"),
        ("oltre 500.000 masks", "it", "more_than"),
        ("además de 500.000 masks", "es", "exact"),
        ("más de 500.000 masks", "es", "more_than"),
        ("além de 500 mil masks", "pt", "exact"),
        ("mais de 500 mil masks", "pt", "more_than"),
        ("over and above 500,000 masks", "en", "exact"),
    ],
)
def test_besides_is_no_qualifier(words: str, language: str, operator: str) -> None:
    found = [one.fields for one in proposals(words, KNOWN, language)]

    assert [one["operator"] for one in found if one["value"] == "500000"] == [operator]


@pytest.mark.parametrize(
    ("words", "values"),
    [
        ("17 million masks of the two-layer kind", ["17000000"]),
        ("to the 55-state body, 50 million masks", ["50000000"]),
        ("five-year-old boys with 500 masks", ["500"]),
        ("a 26-tonne shipment of masks", ["26"]),
        ("the 50-million-mask order", ["50000000"]),
        ("a 10-member team with 500 masks", ["10", "500"]),
        ("a $10-million donation", ["10000000"]),
        ("a 2.5-million-dollar donation", ["2500000"]),
    ],
)
def test_number_within_a_word_is_no_amount(words: str, values: list[str]) -> None:
    assert [one.fields["value"] for one in proposals(words, KNOWN)] == values


@pytest.mark.parametrize(
    ("words", "language"),
    [
        ("US$ 2.5 million worth of masks", "en"),
        ("EUR 5 million for the purchase of masks", "en"),
        ("EUR 5 million to buy masks", "en"),
        ("5 millones de euros en masks", "es"),
        ("R$ 5 milhões em masks", "pt"),
        ("5 Millionen Euro für masks", "de"),
        ("2 milioni di euro in masks", "it"),
        ("5 milyon euro değerinde masks", "tr"),
        ("50 लाख रुपये के masks", "hi"),
    ],
)
def test_money_has_the_item_that_it_is_spent_on(words: str, language: str) -> None:
    found = said(words, language)

    assert (found["measure"], found["item"]) == ("money", "mask")


@pytest.mark.parametrize(
    ("words", "values"),
    [
        ("It includes: 1) 10,000 masks; 2) 500 ventilators", ["10000", "500"]),
        ("(1) 500 masks, (2) 20 ventilators", ["500", "20"]),
        ("ventilators (20) and masks (500)", ["20", "500"]),
        ("ventilators: (20), masks: 500", ["20", "500"]),
    ],
)
def test_numbers_of_a_list_are_not_amounts(words: str, values: list[str]) -> None:
    found = [one for one in proposals(words, KNOWN) if one.is_aid]

    assert [one.fields["value"] for one in found] == values


def test_money_has_no_item_from_beyond_other_words() -> None:
    assert "item" not in said("EUR 5 million to Fiji, which has masks")
    assert "item" not in said("EUR 5 million for research into masks")


@pytest.mark.parametrize(
    ("words", "language", "each"),
    [
        ("5 boxes each containing 2,000 masks", "en", True),
        ("5 cartons contenant chacun 2 000 masks", "fr", True),
        ("12个国家各获得500只口罩", "zh", True),
        ("masks at a unit price of EUR 2", "en", True),
        ("ten masks each and 20 ventilators", "en", False),
        ("each country has tests, China sent 20 ventilators", "en", False),
    ],
)
def test_each_is_noted_on_what_each_has(words: str, language: str, each: bool) -> None:
    *_, found = proposals(words, KNOWN, language)

    assert ("said of each, not of all together" in found.notes) is each


@pytest.mark.parametrize(
    ("words", "language", "doubt"),
    [
        ("three-layer masks", "en", "the number may be a part of a word, as in one-shot"),
        ("50-kilogram masks", "en", "the number may say how large each one is"),
        ("1/2 million masks", "en", "it may be a fraction"),
        ("3 x 10,000 masks", "en", "it may be multiplied"),
        ("3M masks", "en", "“3M” may be the company"),
        ("200 m masks", "en", "“m” after the number"),
        ("two mask factories", "en", "what it counts is not understood"),
        ("백신 100만 명분", "ko", "doses, or what so many people need?"),
        ("10⁶ masks", "en", "the raised digit"),
        ("USD 250.000", "en", "“250.000” can be read in two ways"),
        ("5,000 doses of hope", "en", "which item it is, is not understood"),
        ("trescientos cuarenta y", "es", "the words end within the number"),
        ("two hundred and", "en", "the words end within the number"),
        ("3 out of 10 masks", "en", "one number is said to be a part of another"),
        ("tres de cada diez masks", "es", "one number is said to be a part of another"),
        ("5 or 10 masks", "en", "two numbers are said of which one can be"),
        ("2 million masks and ventilators", "en", "several items are named together"),
        ("ten mask suppliers", "en", "what it counts is not understood"),
        ("masks for 500 nurses", "en", "people who are sent, or whom it is for?"),
        ("mascarillas para 500 personas", "es", "people who are sent, or whom it is for?"),
    ],
)
def test_number_that_may_be_another_is_marked(words: str, language: str, doubt: str) -> None:
    *_, found = proposals(words, KNOWN, language)

    assert any(one.startswith(doubt) for one in found.doubts)


@pytest.mark.parametrize(
    ("words", "language", "doubt"),
    [
        ("not 500 masks", "en", "it may be denied or corrected"),
        ("previously reported 500 masks", "en", "it may be denied or corrected"),
        ("en vez de 500 masks", "es", "it may be denied or corrected"),
        ("statt der versprochenen 500 masks", "de", "it may be denied or corrected"),
        ("не 500 масок, а 600 masks", "ru", "it may be denied or corrected"),
        ("500枚の口罩ではなく", "ja", "it may be denied or corrected"),
        ("instead of the promised 1 million masks", "en", "it may be denied or corrected"),
        ("China did not send 500 masks", "en", "it may be denied or corrected"),
        ("the donation of 45,000 masks was cancelled", "en", "it may be cancelled"),
        ("500.000 masks sind abgelaufen", "de", "it may be cancelled"),
        ("500 masks fueron cancelados", "es", "it may be cancelled"),
        ("masks enough for 5 million tests", "en", "it may be what something is enough for"),
        ("half of the 400 masks", "en", "a part of the number may be meant"),
        ("none of the 400 masks", "en", "a part of the number may be meant"),
        ("20% of the 400 masks", "en", "a part of the number may be meant"),
        ("20 pour cent des 400 masks", "fr", "a part of the number may be meant"),
        ("300,000 masks per month", "en", "it may be so many in a day or month"),
        ("300.000 masks pro Monat", "de", "it may be so many in a day or month"),
        ("每天生产10万只口罩", "zh", "it may be so many in a day or month"),
        ("günde 10 bin masks", "tr", "it may be so many in a day or month"),
        ("200 boxes of 50 masks", "en", "it may be multiplied by another number"),
        ("EUR 3 million of masks and ventilators", "en", "several items are named together"),
        ("masks and ventilators worth EUR 3 million", "en", "several items are named together"),
        ("500 masks, computers and ventilators", "en", "several items are named together"),
    ],
)
def test_number_that_is_not_of_the_aid_is_marked(words: str, language: str, doubt: str) -> None:
    first, *_ = proposals(words, KNOWN, language)

    assert any(one.startswith(doubt) for one in first.doubts)


@pytest.mark.parametrize(
    ("words", "language"),
    [
        ("not less than 500 masks", "en"),
        ("not only 500 masks", "en"),
        ("não menos de 500 masks", "pt"),
        ("не более чем 500 маски", "ru"),
        ("one batch of 500 masks", "en"),
        ("500 masks, and ventilators next month", "en"),
    ],
)
def test_number_of_the_aid_is_not_marked(words: str, language: str) -> None:
    *_, found = proposals(words, KNOWN, language)

    assert found.doubts == []


@pytest.mark.parametrize(
    ("words", "language"),
    [
        ("500 masks, approximately", "en"),
        ("500 masks (approximately)", "en"),
        ("500 masks, give or take, arrived", "en"),
        ("500 masks, circa", "it"),
        ("500 masks, mais ou menos", "pt"),
    ],
)
def test_qualifiers_between_pauses(words: str, language: str) -> None:
    assert said(words, language)["operator"] == "approx"


def test_qualifier_of_the_next_words_is_not_that_of_the_number() -> None:
    masks, computers = proposals("500 masks, circa 20 computers", KNOWN, "it")

    assert masks.fields["operator"] == "exact"
    assert computers.fields["operator"] == "approx"


def test_each_at_the_beginning_of_the_clause_is_said_of_what_they_receive() -> None:
    countries, masks = proposals("each of the 12 countries received 500 masks", KNOWN)

    assert not countries.notes
    assert masks.notes == ["said of each, not of all together"]


def test_sign_that_ends_a_name_is_no_unit() -> None:
    found = said("5000份检测试剂", "zh")

    assert (found["item"], found.get("unit")) == ("test-kit", None)
