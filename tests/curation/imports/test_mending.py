"""Cells that are mended on the page of an import: what each asks, what is checked again, and that
both the file's text and the mended one are kept."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from accounts.models import KeptForm
from records.curation.imports import batches
from records.curation.imports.models import ImportBatch, ImportState
from records.models import Donation, Statement
from tests.curation.imports.test_imports import as_xlsx, checked, found, reported, row
from tests.curation.workflow.test_steps import entered
from tests.support.factories import ItemFactory, PartyFactory, StatementFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def statement() -> Statement:
    for code in ("CHN", "PAK", "ITA"):
        PartyFactory(code=code)
    ItemFactory()
    return StatementFactory(published=True)


@pytest.fixture
def root() -> User:
    return UserFactory(username="root", is_superuser=True)


@pytest.fixture
def client(root: User) -> Client:
    return entered(root)


def page(client: Client, batch: ImportBatch, **query: str) -> str:
    url = reverse("admin:records_importbatch_change", args=[batch.pk])
    return client.get(url, query).content.decode()


def mend(client: Client, batch: ImportBatch, fields: dict[str, str], **shown: str) -> Any:
    """Send the page with what it showed in the cells, and what was typed."""
    url = reverse("admin:records_importbatch_change", args=[batch.pk])
    was = {f"shown-{key.replace('__', '-')}": text for key, text in shown.items()}
    response = client.post(url, was | fields)
    batch.refresh_from_db()
    return response


def draft_of(batch: ImportBatch) -> Donation:
    (draft,) = batches.confirm(batch, by=batch.by)
    return Donation.objects.get(pk=draft.pk)


def test_a_typed_cell_replaces_that_of_the_file_and_both_are_kept(
    client: Client, root: User, statement: Statement
) -> None:
    batch = checked([row(statement, recipients="Itly"), row(statement)], root)
    html = page(client, batch)
    assert 'name="cell-2-recipients" value="Itly"' in html
    assert 'type="radio" name="reading-2-recipients-0" value="ITA"' in html

    mend(client, batch, {"cell-2-recipients": "Italyy"}, **{"2__recipients": "Itly"})
    html = page(client, batch)
    assert batch.state == ImportState.REFUSED
    assert 'value="Italyy"' in html
    assert "was: <del>Itly</del>" in html

    mend(client, batch, {"cell-2-recipients": "PAK|ITA"}, **{"2__recipients": "Italyy"})
    assert (batch.state, found(batch)) == (ImportState.READY, ["new", "new"])
    assert "(was: <del>Itly</del>)" in page(client, batch)
    line = batch.lines.get(number=2)
    assert (line.original["recipients"], line.mended["recipients"]) == ("Itly", "PAK|ITA")

    first, _ = batches.confirm(batch, by=batch.by)
    assert [one.party_id for one in first.parties_by_role["recipient"]] == ["PAK", "ITA"]
    assert "<del>Itly</del>" in page(client, batch)


def test_only_the_mended_record_is_checked_again(
    client: Client, root: User, statement: Statement, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        row(statement, record="a", form="x"),
        row(statement, record="b", form="x"),
        row(statement, record="a", form="x", quote="50,000 masks"),
    ]
    batch = checked(rows, root)
    seen: list[int] = []
    build_all = batches.SheetBuilder.build_all

    def watch(self: Any, groups: Any) -> Any:
        groups = list(groups)
        seen.extend(line.number for group in groups for line in group)
        return build_all(self, groups)

    monkeypatch.setattr(batches.SheetBuilder, "build_all", watch)
    mend(client, batch, {"cell-2-form": "goods"}, **{"2__form": "x"})

    assert seen == [2, 4]
    assert found(batch) == ["refused"] * 3


@pytest.mark.parametrize(
    ("cells", "column", "answer", "expected"),
    [
        ({"as_of": "03/04/2020"}, "as_of", "2020-03-04", "2020-03-04"),
        ({"value": "50.000"}, "value", "50000", "50000"),
        ({"value": "2.500 million", "quote": "2.5 million"}, "value", "2.5000 million", "2500000"),
        ({"recipients": "Itly"}, "recipients", "ITA", "ITA"),
    ],
)
def test_one_answer_is_applied_to_all_cells_with_the_question(
    cells: dict[str, str],
    column: str,
    answer: str,
    expected: str,
    client: Client,
    root: User,
    statement: Statement,
) -> None:
    statement = StatementFactory(published_on=date(2020, 6, 1))
    batch = checked([row(statement, **cells)] * 3, root)
    key = f"2-{column}-0"
    assert "also in 2 other cells with this question" in page(client, batch)

    mend(
        client,
        batch,
        {f"reading-{key}": answer, f"all-{key}": "on"},
        **{f"2__{column}": cells[column]},
    )

    assert found(batch) == ["new"] * 3
    mended = [line.cells[column] for line in batch.lines.all()]
    assert mended == [expected] * 3
    assert batch.answers[0].startswith("Applied to 3 cells of")
    assert batch.answers[0] in page(client, batch).replace("&quot;", '"')


def test_a_search_box_answers_for_a_name(client: Client, root: User, statement: Statement) -> None:
    batch = checked(
        [row(statement, donors="CHN | Somebody", statement="https://example.org/x")], root
    )
    assert 'name="search-2-donors-1"' in page(client, batch)

    mend(
        client,
        batch,
        {"search-2-donors-1": "ITA", "search-2-statement-0": str(statement.pk)},
        **{"2__donors": "CHN | Somebody", "2__statement": "https://example.org/x"},
    )

    draft = draft_of(batch)
    assert [one.party_id for one in draft.parties_by_role["donor"]] == ["CHN", "ITA"]
    assert draft.figures.get().statement == statement


def test_a_currency_in_another_cell_answers_for_the_amount(
    client: Client, root: User, statement: Statement
) -> None:
    money = {"measure": "money", "item": "", "unit": "", "value": "$7", "quote": "worth $7"}
    batch = checked([row(statement, **money)], root)
    assert "CAD" in page(client, batch)

    mend(client, batch, {"new-2": "currency", "newtext-2": "CAD"}, **{"2__value": "$7"})

    figure = draft_of(batch).figures.get()
    assert (figure.value, figure.currency) == (7, "CAD")


def test_a_record_is_left_out_and_taken_in_again(
    client: Client, root: User, statement: Statement
) -> None:
    rows = [row(statement, record="a", form="x"), row(statement, record="a"), row(statement)]
    batch = checked(rows, root)

    mend(client, batch, {"canout-3": "1", "out-3": "on"})
    assert found(batch) == ["left_out", "left_out", "new"]
    assert len(list(batches.build_all(batch))) == 1

    mend(client, batch, {"canout-2": "1"})
    assert found(batch) == ["refused", "refused", "new"]


def test_a_row_joins_a_record_by_its_label(
    client: Client, root: User, statement: Statement
) -> None:
    names = (
        "title",
        "donors",
        "recipients",
        "form",
        "stage",
        "stated_by",
        "as_of",
        "item",
        "unit",
    )
    money = dict.fromkeys(names, "") | {"measure": "money", "currency": "CNY"}
    batch = checked([row(statement, record="a", currency=""), row(statement, **money)], root)
    assert "refused" in found(batch)

    mend(client, batch, {"new-3": "record", "newtext-3": "a"})

    assert reported(batch) == []
    assert draft_of(batch).figures.count() == 2


def test_what_belongs_in_no_column_is_asked_and_kept(
    client: Client, root: User, statement: Statement
) -> None:
    batch = checked([row(statement, form="x")], root)

    response = mend(
        client,
        batch,
        {"newtext-2": "Typed", "cell-2-form": "cash", "canout-2": "1"},
        **{"2__form": "x"},
    )

    html = response.content.decode()
    assert "Line 2: choose the column in which “Typed” belongs." in html
    assert 'value="Typed"' in html
    assert '<option value="cash" selected>' in html
    assert batch.lines.get().mended == {}


def test_only_who_sent_the_file_mends_it_and_only_before_it_is_imported(
    client: Client, root: User, statement: Statement
) -> None:
    batch = checked([row(statement)], root)
    other = Client()
    other.force_login(UserFactory(username="other", is_superuser=True))

    assert mend(other, batch, {"cell-2-form": "cash"}, **{"2__form": "goods"}).status_code == 403

    batches.confirm(batch, by=root)
    response = mend(client, batch, {"cell-2-form": "cash"}, **{"2__form": "goods"})
    assert response.status_code == 409
    assert batch.lines.get().mended == {}


def test_what_was_typed_without_a_session_is_shown_again(
    client: Client, root: User, statement: Statement
) -> None:
    batch = checked([row(statement, recipients="Itly")], root)
    owner = page(client, batch).partition('name="_owner" value="')[2].partition('"')[0]
    fields = {"_owner": owner, "cell-2-recipients": "Italien"}
    sent = mend(Client(), batch, fields, **{"2__recipients": "Itly"})
    assert sent.status_code == 302

    key = KeptForm.objects.get(user=root).key
    html = page(client, batch, kept=key)

    assert 'name="cell-2-recipients" value="Italien"' in html
    assert batch.lines.get().mended == {}


def test_statements_are_mended_too(client: Client, root: User) -> None:
    cells = {
        "title": "Briefing on masks",
        "publisher": "Ministry",
        "language": "english",
        "url": "https://example.org/briefing",
        "published_on": "03/04/2020",
        "summary": "Masks were given.",
    }
    batch = checked([cells], root, Statement)

    answer = {"reading-2-published_on-0": "2020-04-03"}
    mend(client, batch, answer, **{"2__published_on": "03/04/2020"})
    assert [name for name, _ in reported(batch)] == ["language"]
    mend(client, batch, {"cell-2-language": "en"}, **{"2__language": "english"})

    (draft,) = batches.confirm(batch, by=root)
    assert (str(draft.published_on), draft.language) == ("2020-04-03", "en")


class TestDates:
    """Dates with two readings, of which the rules refuse one."""

    def test_the_reading_that_is_left_is_taken_and_shown(
        self, client: Client, root: User, statement: Statement
    ) -> None:
        statement = StatementFactory(published_on=date(2020, 3, 20))
        batch = checked([row(statement, as_of="04/03/2020")], root)

        assert found(batch) == ["new"]
        html = " ".join(page(client, batch).split())
        assert "04/03/2020 → <ins>4 March 2020</ins>" in html
        assert "the other reading is refused: Is 2020-04-03 meant?" in html
        assert str(draft_of(batch).as_of) == "2020-03-04"

    @pytest.mark.parametrize(
        "cells",
        [
            {"as_of": "03/02/2020"},  # both are possible
            {"as_of": "04/03/2020", "date_reason": "Because."},  # a reason lets both pass
            {"as_of": "04/03/2020", "donors": "Nobody"},  # what is wrong hides the rule
            {"as_of": "05/06/2020"},  # neither is possible
        ],
    )
    def test_what_the_rules_leave_open_is_asked(
        self, cells: dict[str, str], root: User, statement: Statement
    ) -> None:
        statement = StatementFactory(published_on=date(2020, 3, 20))
        batch = checked([row(statement, **cells)], root)

        assert any(name == "as_of" for name, _ in batch.lines.get().findings)

    def test_a_changed_statement_asks_again(self, root: User, statement: Statement) -> None:
        statement = StatementFactory(published_on=date(2020, 3, 20))
        batch = checked([row(statement, as_of="04/03/2020")], root)
        Statement.objects.filter(pk=statement.pk).update(published_on=date(2020, 6, 1))

        with pytest.raises(batches.Stale):
            batches.confirm(batch, by=root)

        batch.refresh_from_db()
        batches.check_slice(batch)
        assert found(batch) == ["refused"]


def test_what_was_read_from_a_workbook_stays_when_a_neighbour_is_mended(
    client: Client, root: User, statement: Statement
) -> None:
    cells = row(statement, value=1.234, quote="1.234 kg", unit="kilogram", form="x")
    batch = checked(as_xlsx([cells]), root)

    mend(client, batch, {"cell-2-form": "goods"}, **{"2__form": "x"})

    assert found(batch) == ["new"]
    assert draft_of(batch).figures.get().value == Decimal("1.234")
