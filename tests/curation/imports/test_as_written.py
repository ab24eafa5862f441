"""Values as people write them: read where they have one reading, refused with a question where
they have several."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from records.curation.imports.as_written import (
    is_nothing,
    read_amount,
    read_currency,
    read_date,
    read_name,
)
from records.models import Donation, Item, Party
from tests.curation.imports.test_imports import as_csv, as_xlsx, checked, imported, reported, row
from tests.support.factories import ItemFactory, PartyFactory, StatementFactory, UserFactory


@pytest.mark.parametrize(
    ("text", "number", "currency"),
    [
        ("1500000.5", "1500000.5", ""),
        ("20,000", "20000", ""),
        ("1,234,567.8", "1234567.8", ""),
        ("12,34,567", "1234567", ""),
        ("1.234.567", "1234567", ""),
        ("1 500", "1500", ""),
        ("1\u202f500\u00a0000", "1500000", ""),
        ("1'500", "1500", ""),
        ("0.125", "0.125", ""),
        ("1.1 million", "1100000", ""),
        ("1.25 bn", "1250000000", ""),
        ("3 lakh", "300000", ""),
        ("100万", "1000000", ""),
        ("20k", "20000", ""),
        ("US$ 1.1 million", "1100000", "USD"),
        ("20,000 USD", "20000", "USD"),
        ("EUR 1,000.50", "1000.50", "EUR"),
        ("€50 million", "50000000", "EUR"),
        ("5 million yuan", "5000000", "CNY"),
        ("£5", "5", "GBP"),
    ],
)
def test_amounts_of_one_reading_are_read(text: str, number: str, currency: str) -> None:
    found = read_amount(text)

    said = read_currency(found.currency) if found.currency else ""
    assert (found.number, said, found.operator, found.unit) == (number, currency, "", "")


@pytest.mark.parametrize(
    ("text", "number", "operator", "unit"),
    [
        ("~500", "500", "approx", ""),
        ("approx. 300", "300", "approx", ""),
        ("300 (approx.)", "300", "approx", ""),
        ("500+", "500", "at_least", ""),
        (">= 1,000", "1000", "at_least", ""),
        ("> 1,000", "1000", "more_than", ""),
        ("over 20,000", "20000", "more_than", ""),
        ("up to 1.5 million", "1500000", "at_most", ""),
        ("500 or more", "500", "at_least", ""),
        ("mindestens 500", "500", "at_least", ""),
        ("500 pcs", "500", "", "piece"),
        ("30万枚", "300000", "", "piece"),
        ("about 1.2 million pieces", "1200000", "approx", "piece"),
        ("500+ boxes", "500", "at_least", "box"),
        ("half a million doses", "500000", "", "dose"),
        ("one million", "1000000", "", ""),
        (".5 million", "500000", "", ""),
        ("2 dozen", "24", "", ""),
    ],
)
def test_words_that_qualify_and_count_a_number_are_read(
    text: str, number: str, operator: str, unit: str
) -> None:
    found = read_amount(text)

    assert (found.number, found.operator, found.unit) == (number, operator, unit)


def test_a_qualified_amount_keeps_its_currency() -> None:
    assert read_amount("about US$ 1 million") == ("1000000", "us$", "approx", "")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1,5", "Is 1.5 meant?"),
        ("1.234,5", "Is 1234.5 meant?"),
        ("20,00", "Is 20.00 meant?"),
        ("50.000 million", "may be 50,000 million or the decimal 50.000 million"),
        ("2 mil", "not a plain number"),
        ("approx 500+", "digits only"),
        ("several thousand", "digits only"),
        ("two or three", "digits only"),
        ("500 or so " + "x" * 80, "digits only"),
        ("500¹", "raised digit"),
        ("50,000 masks", "digits only"),
        ("10-20", "digits only"),
        ("5%", "digits only"),
        ("-5", "digits only"),
        ("1e5", "digits only"),
    ],
)
def test_amounts_of_several_readings_are_refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words.replace("?", r"\?")):
        read_amount(text)


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2020-04-10", "2020-04-10"),
        ("2020", "2020"),
        ("March 28, 2020", "2020-03-28"),
        ("Saturday, 28 March 2020", "2020-03-28"),
        ("28th of March 2020", "2020-03-28"),
        ("28-Mar-2020", "2020-03-28"),
        ("Sept. 3, 2020", "2020-09-03"),
        ("10 de abril de 2020", "2020-04-10"),
        ("2020年4月10日", "2020-04-10"),
        ("2020년 4월 10일", "2020-04-10"),
        ("2020. 4. 10.", "2020-04-10"),
        ("20200410", "2020-04-10"),
        ("2020-04-10 00:00:00", "2020-04-10"),
        ("2020-04-10T15:30:00", "2020-04-10T15:30:00"),
        ("vendredi 10 avril 2020", "2020-04-10"),
        ("le 10 avril 2020", "2020-04-10"),
        ("10 апреля 2020 г.", "2020-04-10"),
        ("2020/4/1", "2020-04-01"),
        ("28/03/2020", "2020-03-28"),
        ("03/28/2020", "2020-03-28"),
        ("28.03.2020", "2020-03-28"),
        ("05/05/2020", "2020-05-05"),
        ("March 2020", "2020-03"),
        ("2020年4月", "2020-04"),
        ("03/2020", "2020-03"),
        ("in spring", "in spring"),
        ("13/13/2020", "13/13/2020"),
        ("31/04/2020", "2020-04-31"),
        ("04/31/2020", "2020-04-31"),
    ],
)
def test_dates_of_one_reading_are_read(text: str, date: str) -> None:
    assert read_date(text) == date


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("03/04/2020", "2020-04-03 or 2020-03-04"),
        ("3.4.2020", "2020-04-03 or 2020-03-04"),
        ("3. 4. 2020", "2020-04-03 or 2020-03-04"),
        ("28/03/20", "2020-03-28 or 2028-03-20"),
        ("10/04/20", "2020-04-10 or 2020-10-04 or 2010-04-20"),
        ("10-Apr-20", "2020-04-10 or 2010-04-20"),
        ("Mar-20", "four digits"),
        ("1 May", "give the year"),
    ],
)
def test_dates_of_several_readings_are_refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_date(text)


def test_what_says_that_a_cell_is_empty() -> None:
    assert all(is_nothing(text) for text in ("n/a", "N/A", " - ", "–", "None", "not applicable"))
    # Namibia; a stage; a text.
    assert not any(is_nothing(text) for text in ("NA", "unknown", "'-", "0"))


def test_units_operators_and_currencies_are_known_by_name() -> None:
    assert [read_name("unit", text) for text in ("Pieces", "kg", "只", "furlong")] == [
        *("piece", "kilogram", "piece", "furlong")
    ]
    assert [read_name("operator", text) for text in ("Over", ">=", "≈", "between")] == [
        *("more_than", "at_least", "approx", "between")
    ]
    assert [read_currency(text) for text in ("US dollars", "euro", "USD", "RMB")] == [
        *("USD", "EUR", "USD", "CNY")
    ]
    with pytest.raises(ValueError, match="several currencies"):
        read_currency("$")
    assert read_currency("$", "CAD") == "CAD"


@pytest.mark.django_db
class TestImports:
    @pytest.fixture
    def statement(self) -> Any:
        for code in ("CHN", "PAK"):
            PartyFactory(code=code)
        ItemFactory()
        return StatementFactory(published=True)

    def test_a_row_as_people_write_it_becomes_a_draft(self, statement: Any, editor: User) -> None:
        cells = row(
            statement,
            stated_by="The donor",
            as_of="March 28, 2020",
            measure="Amount of money",
            operator="more than",
            value="US$ 1.1 million",
            item="n/a",
            unit="-",
            quote="more than $1.1 million",
            countable="Yes",
            intermediaries="none",
        )
        for data in (as_csv([cells]), as_xlsx([cells])):
            (draft,) = imported(data, editor)

            figure = Donation.objects.get(pk=draft.pk).figures.get()
            assert (figure.measure, figure.currency, figure.item) == ("money", "USD", None)
            assert (figure.value, figure.operator) == (1_100_000, "more_than")
            assert str(draft.as_of) == "2020-03-28"

    @pytest.mark.parametrize(
        ("cells", "column", "words"),
        [
            ({"value": "$7"}, "value", "several currencies"),
            ({"value": "€7", "currency": "USD"}, "value", "names EUR, and “currency” USD"),
            ({"value": "50.000"}, "value", "may be 50,000 or the decimal 50.000"),
            ({"as_of": "03/04/2020"}, "as_of", "2020-04-03 or 2020-03-04"),
            ({"currency": "dollars"}, "currency", "give the code"),
        ],
    )
    def test_what_has_several_readings_is_refused_once(
        self, cells: Any, column: str, words: str, statement: Any, editor: User
    ) -> None:
        money = {"measure": "money", "item": "", "unit": "", "quote": "worth 7", "currency": ""}

        ((name, message),) = reported(checked([row(statement, **money | cells)], editor))

        assert name == column
        assert words in message

    @pytest.mark.parametrize("several", ["PAK, CHN", "PAK; CHN", "PAK\nCHN", "PAK and CHN"])
    def test_several_values_without_bars_are_refused_with_what_is_right(
        self, several: str, statement: Any, editor: User
    ) -> None:
        ((column, message),) = reported(checked([row(statement, recipients=several)], editor))

        assert column == "recipients"
        assert "“PAK|CHN”" in message

    def test_a_statement_is_known_by_its_title(self, statement: Any, editor: User) -> None:
        (draft,) = imported([row(statement, statement=statement.title.upper())], editor)
        assert draft.figures.get().statement == statement

        StatementFactory(published=True, title=statement.title)
        ((column, message),) = reported(
            checked([row(statement, statement=statement.title)], editor)
        )
        assert column == "statement"
        assert message.startswith("Several statements have it: st-")

    def test_a_title_is_known_in_each_of_its_spellings(self, statement: Any, editor: User) -> None:
        spellings = [statement.title, statement.title.upper(), f" {statement.title}"]

        drafts = imported([row(statement, statement=title) for title in spellings], editor)

        cited = {figure.statement for draft in drafts for figure in draft.figures.all()}
        assert cited == {statement}

    def test_the_preview_shows_what_each_cell_was_read_as(self, statement: Any) -> None:
        root = UserFactory(username="root", is_superuser=True)
        client = Client()
        client.force_login(root)

        cells = {
            "donors": "china",
            "item": "口罩",
            "value": "20,000",
            "unit": "Pieces",
            "as_of": "March 28, 2020",
            "stated_by": "The donor",
            "intermediaries": "n/a",
            "statement": statement.url,
            "quote": "20,000 masks",
        }
        batch = checked([row(statement, **cells)], root)

        page = client.get(reverse("admin:records_importbatch_change", args=[batch.pk]))
        shown = " ".join(re.sub(r"<[^>]+>", "", page.content.decode()).split())
        item = Item.objects.get(code="surgical-mask")
        donor = Party.objects.get(code="CHN")
        for read in (
            f"donors china → {donor.name} (CHN)",
            f"item 口罩 → {item.name} ({item.code})",
            "unit Pieces → piece",
            "as_of March 28, 2020 → 28 March 2020",
            "stated_by The donor → donor",
            "intermediaries n/a → (empty)",
            f"statement {statement.url} → {statement.public_id}",
        ):
            assert read in shown
        assert "recipients PAK " in shown
        assert "recipients PAK →" not in shown
