"""Quotes in a text: found whatever the kind of spaces and signs, and kept as the text has them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.models import EVIDENCE, KINDS
from records.models.evidence import MAX_QUOTE_LENGTH
from records.models.quotes import comparable_letter, find_quote
from tests.support.factories import (
    ContractFactory,
    DonationFactory,
    ExportFactory,
    StatementFactory,
)

ALIKE = [
    (" ", "\u00a0", "\u2009", "\u202f", "\u3000", "\n", "\r\n", "\t", "  ", " \n "),
    ("'", "’", "‘", "`", "´", "ʼ", "′"),
    ('"', "“", "”", "„", "«", "»", "「", "″", "’"),
    ("-", "\u2010", "\u2011", "–", "—", "−"),
    ("ex", "e\u00adx", "e\u200bx", "e\u2060x", "\ufeffex", "e\u200dx\ufe0f"),
    ("office flat", "o\ufb03ce \ufb02at"),
    ("coeur", "cœur"),
    ("é", "e\u0301"),
    ("...", "…"),
    ("50", "５０"),
    ("50% of", "50％ of"),
    ("100 kg", "100 ㎏"),
    ("lijst", "lĳst"),
    ("كم", "\ufedb\ufee2"),
    ("أرسلت الصين", "أَرْسَلَتِ الصِّينُ", "أرسلت الصيـــن"),
    ("שלום", "שָׁלוֹם"),
    ("한국", "\u1112\u1161\u11ab\u1100\u116e\u11a8"),
    ("ガ", "ｶﾞ", "カ\u3099"),
    ("কো", "ক\u09c7\u09be"),
    ("கொ", "க\u0bc6\u0bbe"),
    ("क़", "\u0958"),
    ("提供援助", "提供\n援助", "提供\r\n援 助", "提供\u3000援助"),
    ("口罩，500只", "口罩,500 只", "口罩，\n500只", "口罩， 500\u3000只"),
    ("COVID-19", "COVID-\n19", "COVID\u2011\r\n19"),
    ("equipment", "equip\u00ad\nment", "equip\u00adment", "equip\u034fment"),
    ("마스크", "마\u3164스크"),
]
"""Ways to write the same."""
DIFFERENT = [
    ("50 000 masks", "60 000 masks"),
    ("50 000", "50000"),
    ("1.5", "15"),
    ("10\u00b2", "102"),
    ("masks", "Masks"),
    ("café", "cafe"),
    ("cafe\u0301", "cafe"),
    ("ministers gift", "minister’s gift"),
    ("o\ufb03ce", "fice"),
    ("маска", "macka"),
    ("1020", "10-\n20"),
    ("한", "\u1112\u1161"),
    ("كَم", "كن"),
]
"""Text and quote that differ in a letter, in a digit or by a sign."""


@pytest.mark.parametrize("spellings", ALIKE, ids=lambda spellings: spellings[0])
def test_a_quote_is_found_in_other_spaces_and_signs(spellings: tuple[str, ...]) -> None:
    for written in spellings:
        for typed in spellings:
            text, quote = f"Before a{written}z after", f"a{typed}z"

            start, end = find_quote(quote, text) or (0, 0)

            assert text[start:end] == f"a{written}z", (written, typed)


def test_a_word_that_a_line_break_divides_is_found() -> None:
    text = "medical equip-\n ment for well-\nknown hospitals"

    assert find_quote("medical equipment", text) == (0, 20)
    assert find_quote("well-known", text) == (25, 36)
    assert find_quote("equip - ment", text) is None


@pytest.mark.parametrize(("text", "quote"), DIFFERENT)
def test_a_letter_or_digit_is_a_difference(text: str, quote: str) -> None:
    assert find_quote(f"{quote} end", f"{text} end") is None


def test_of_several_places_the_selected_one_is_taken_then_the_verbatim() -> None:
    text = "a\u00a0mask, a mask, a\u202fmask"

    assert find_quote("a mask", text) == (8, 14)
    assert find_quote("a mask", text, 0) == (0, 6)
    assert find_quote("a mask", text, 16) == (16, 22)
    assert find_quote("a mask", text, 3) == (8, 14)


@given(st.text(), st.text(min_size=1), st.text())
def test_every_part_of_a_text_is_found_in_it(before: str, quote: str, after: str) -> None:
    text = before + quote + after

    assert find_quote(quote, text, len(before)) == (len(before), len(before) + len(quote))
    assert find_quote(quote, text) is not None


@given(st.characters())
def test_every_character_is_compared_as_something_final(character: str) -> None:
    alike = comparable_letter(character)

    assert "".join(map(comparable_letter, alike)) == alike or len(alike) > 1


MAKERS: dict[str, Any] = {
    "donation": DonationFactory,
    "export": ExportFactory,
    "contract": ContractFactory,
}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("model", "relation"),
    [pytest.param(model, relation, id=f"{model.KIND} {relation}") for model, relation in EVIDENCE],
)
def test_what_the_text_has_is_stored_with_its_place(model: Any, relation: str) -> None:
    text = "It is “the minister’s gift”\r\nof 50\u202f000 masks."
    statement = StatementFactory(text=text)
    quote = '"the minister\'s gift" of 50 000'
    maker = MAKERS[model.KIND]
    evidence = {"statement": statement, "quote": quote}
    if relation == "figures":
        record = maker(figures=[evidence])
    else:
        record = maker()
        record.milestones.create(stage="delivered", date="2020-04-10", dated="on", **evidence)

    row = getattr(record, relation).get(statement=statement)

    assert row.quote_found
    assert row.quote == "“the minister’s gift”\r\nof 50\u202f000"
    assert row.offset == text.index(row.quote)


@pytest.mark.django_db
def test_a_quote_stays_short_where_the_text_has_many_spaces() -> None:
    statement = StatementFactory(text=f"50{' ' * MAX_QUOTE_LENGTH}masks")

    donation = DonationFactory(figures=[{"statement": statement, "quote": "50 masks"}])

    figure = donation.figures.get()
    assert (figure.quote, figure.quote_found) == ("50 masks", False)


def test_all_kinds_with_evidence_are_tested() -> None:
    assert {model.KIND for model, _ in EVIDENCE} == MAKERS.keys() == KINDS.keys() - {"statement"}
