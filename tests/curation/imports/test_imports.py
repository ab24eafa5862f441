"""Spreadsheets: what an import finds in each row, what it writes, what it refuses, and that what
was downloaded comes back as it was."""

import csv
import datetime
import io
import zipfile
from collections.abc import Iterable
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from records import publishing
from records.curation.imports import batches, columns, downloads, grids, mending
from records.curation.imports.models import (
    ImportBatch,
    ImportedDraft,
    ImportRow,
    ImportState,
)
from records.models import (
    DATED,
    KINDS,
    Contributor,
    Donation,
    Party,
    State,
    Statement,
)
from tests.support.factories import (
    RECORDS,
    ContractFactory,
    DonationFactory,
    ItemFactory,
    PartyFactory,
    StatementFactory,
    UserFactory,
    publish,
)

pytestmark = pytest.mark.django_db

EVERY_KIND = pytest.mark.parametrize("kind", list(KINDS))
FORMS = pytest.mark.parametrize("form", ["csv", "xlsx"])
VOCABULARY = ["party", "item"]


@pytest.fixture(autouse=True)
def _people(editor: User, reviewer: User) -> None:
    allow(editor, ["view", "add", "change", "delete"], KINDS)
    allow(reviewer, ["view", "publish"], KINDS)


@pytest.fixture
def statement() -> Statement:
    """A published statement to cite, and the terms that the rows below name."""
    for code in ("CHN", "PAK", "ITA", "who", "jack-ma-foundation"):
        PartyFactory(code=code)
    ItemFactory()
    return StatementFactory(published=True, url="https://example.org/read-here")


def allow(user: User, permissions: Iterable[str], models: Iterable[str]) -> None:
    codenames = [f"{permission}_{model}" for permission in permissions for model in models]
    user.user_permissions.add(*Permission.objects.filter(codename__in=codenames))


def again(user: User) -> User:
    """The user without what was remembered of their permissions."""
    return User.objects.get(pk=user.pk)


def row(cited: Statement, /, **cells: Any) -> dict[str, Any]:
    """A sound row of a new donation, but for the cells that are given."""
    return {
        "title": "China sends surgical masks to Pakistan",
        "donors": "CHN",
        "recipients": "PAK",
        "form": "goods",
        "stage": "unknown",
        "stated_by": "donor",
        "as_of": "2020-04-10",
        "measure": "quantity",
        "operator": "exact",
        "value": "50000",
        "item": "surgical-mask",
        "unit": "piece",
        "statement": cited.public_id,
        "quote": "donated 50,000 masks",
    } | cells


def as_csv(rows: list[dict[str, Any]], delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    text = io.StringIO(newline="")
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(text, names, delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(encoding)


def as_xlsx(rows: list[dict[str, Any]]) -> bytes:
    book = Workbook()
    names = list(dict.fromkeys(name for row in rows for name in row))
    book.active.append(names)
    for cells in rows:
        book.active.append([cells.get(name) for name in names])
    return saved(book)


def saved(book: Workbook) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def receive(data: Any, by: User, model: Any = Donation) -> ImportBatch:
    data = as_csv(data) if isinstance(data, list) else data
    return batches.receive(data, "rows.csv", model, by=again(by))[0]


def checked(data: Any, by: User, model: Any = Donation) -> ImportBatch:
    """The file after its check."""
    batch = receive(data, by, model)
    while batch.state == ImportState.CHECKING:
        batch = batches.check_slice(batch)
    return batch


def found(batch: ImportBatch) -> list[str]:
    return list(batch.lines.values_list("verdict", flat=True))


def reported(batch: ImportBatch) -> list[list[str]]:
    """All that was reported all rows."""
    return [part for line in batch.lines.all() for part in line.findings]


def imported(data: Any, by: User, model: Any = Donation, **words: Any) -> list[Any]:
    batch = checked(data, by, model)
    assert batch.state == ImportState.READY, reported(batch)
    return batches.confirm(batch, by=batch.by, **words)


def downloaded(client: Client, model: Any, form: str, **query: str) -> bytes:
    name = f"admin:records_{model._meta.model_name}_download"
    response = client.get(reverse(name, args=[form]), query)
    assert response.status_code == 200
    return response.getvalue()


def table(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def superuser_client() -> Client:
    client = Client()
    client.force_login(UserFactory(username="root", is_superuser=True))
    return client


class TestNewRecords:
    def test_a_row_becomes_a_draft_of_its_importer(
        self, statement: Statement, editor: User
    ) -> None:
        (draft,) = imported([row(statement)], editor)

        draft = Donation.objects.get(public_id=draft.public_id)
        figure = draft.figures.get()
        assert draft.state == State.DRAFT
        assert [party.party_id for party in draft.parties.all()] == ["CHN", "PAK"]
        assert (figure.value, figure.lower, figure.upper) == (50000, 50000, 50000)
        assert figure.statement == statement
        assert Contributor.objects.get(public_id=draft.public_id).user == editor

    @pytest.mark.parametrize("stage", ["committed", "delivered"])
    def test_a_stage_without_a_milestone_is_refused_with_what_to_write(
        self, statement: Statement, editor: User, stage: str
    ) -> None:
        batch = checked([row(statement, stage=stage)], editor)

        ((cell, message),) = reported(batch)
        assert (found(batch), cell) == (["refused"], "milestones")
        assert message.startswith(f"Nothing says when it was {stage}: add a milestone")
        assert f"“{stage} 2020-04-10 on st-7k3m9q2x “words of it””" in message
        right = f"{stage} 2020-04-10 on {statement.public_id} “donated 50,000 masks”"
        (draft,) = imported([row(statement, stage=stage, milestones=right)], editor)
        assert draft.milestones.get().stage == stage

    def test_the_draft_is_the_one_that_a_form_makes(
        self, statement: Statement, editor: User
    ) -> None:
        made = DonationFactory(
            title="China sends surgical masks to Pakistan",
            figures=[{"statement": statement, "quote": "donated 50,000 masks"}],
            stage="unknown",
            milestones=[],
        )

        (draft,) = imported([row(statement)], editor)

        draft = Donation.objects.get(public_id=draft.public_id)
        assert draft.content() == made.content()
        assert draft.title_key == made.title_key

    def test_rows_with_one_label_are_one_record(self, statement: Statement, editor: User) -> None:
        second = dict.fromkeys(row(statement), "")
        second |= {
            "measure": "money",
            "value": "7.5",
            "currency": "USD",
            "statement": statement.public_id,
            "quote": "worth $7.5",
        }
        other = row(statement, record="", title="Another gift")

        first, lone = imported(
            [row(statement, record="A", currency=""), other, second | {"record": "A"}], editor
        )

        figures = Donation.objects.get(public_id=first.public_id).figures
        assert list(figures.values_list("measure", "position")) == [("quantity", 0), ("money", 1)]
        assert lone.title == "Another gift"

    def test_rows_of_a_record_that_disagree_are_refused(
        self, statement: Statement, editor: User
    ) -> None:
        rows = [row(statement, record="A"), row(statement, record="A", stage="paid")]

        batch = checked(rows, editor)

        assert ["stage", "Line 2 says otherwise of the same record."] in reported(batch)
        assert found(batch) == ["refused", "refused"]

    def test_parties_and_items_are_known_by_code_name_and_alias(
        self, statement: Statement, editor: User
    ) -> None:
        cells = {"donors": "chine|Jack Ma Foundation", "recipients": "PAK", "item": "口罩"}

        (draft,) = imported([row(statement, **cells)], editor)

        draft = Donation.objects.get(public_id=draft.public_id)
        codes = [party.party_id for party in draft.parties_by_role["donor"]]
        assert codes == ["CHN", "jack-ma-foundation"]
        assert draft.figures.get().item_id == "surgical-mask"

    @pytest.mark.parametrize(
        ("cells", "operator", "unit"),
        [
            ({"value": "~50,000", "operator": ""}, "approx", "piece"),
            ({"value": "~50,000", "operator": "about"}, "approx", "piece"),
            ({"value": "50,000 pcs", "unit": ""}, "exact", "piece"),
            ({"value": "50,000+ pairs", "operator": "", "unit": ""}, "at_least", "pair"),
        ],
    )
    def test_a_value_may_say_its_operator_and_unit(
        self,
        cells: dict[str, str],
        operator: str,
        unit: str,
        statement: Statement,
        editor: User,
    ) -> None:
        words = {"quote_reason": "The page says so further down."}

        (draft,) = imported([row(statement, **cells, **words)], editor)

        figure = draft.figures.get()
        assert (figure.value, figure.operator, figure.unit) == (50_000, operator, unit)

    def test_a_value_may_say_them_where_the_file_has_no_column(
        self, statement: Statement, editor: User
    ) -> None:
        cells = row(statement, value="about 50,000 pieces", quote_reason="The page says so.")
        del cells["operator"], cells["unit"]

        (draft,) = imported([cells], editor)

        figure = draft.figures.get()
        assert (figure.value, figure.operator, figure.unit) == (50_000, "approx", "piece")

    @pytest.mark.parametrize(
        ("cells", "column", "words"),
        [
            ({"value": "~50,000"}, "value", "The cell names approx, and “operator” exact."),
            ({"value": "50,000 boxes"}, "value", "The cell names box, and “unit” piece."),
            ({"value": "50.000 pcs"}, "value", "“50.000” may be 50,000 or the decimal 50.000"),
            ({"value": "", "operator": "between", "lower": "~5", "upper": "9"}, "lower", "“~5”"),
        ],
    )
    def test_a_value_that_says_otherwise_than_the_row_is_refused(
        self,
        cells: dict[str, str],
        column: str,
        words: str,
        statement: Statement,
        editor: User,
    ) -> None:
        faults = reported(checked([row(statement, **cells)], editor))

        assert any(name == column and words in said for name, said in faults), faults

    @pytest.mark.parametrize("written", ["10-Apr-20", "10/04/20", "10.4.20", "20-04-10"])
    def test_a_year_of_two_digits_is_read_where_the_rules_leave_one_day(
        self, written: str, statement: Statement, editor: User
    ) -> None:
        (draft,) = imported([row(statement, as_of=written)], editor)

        assert str(draft.as_of) == "2020-04-10"

    def test_a_year_of_two_digits_is_asked_where_they_leave_several(
        self, statement: Statement, editor: User
    ) -> None:
        faults = reported(checked([row(statement, as_of="3/4/20")], editor))

        assert [name for name, _ in faults] == ["as_of"]
        assert "2020-04-03 or 2020-03-04" in faults[0][1]

    def test_evidence_is_found_by_its_address(self, statement: Statement, editor: User) -> None:
        (draft,) = imported([row(statement, statement="https://example.org/read-here")], editor)

        assert Donation.objects.get(pk=draft.pk).figures.get().statement == statement

    def test_evidence_may_be_a_draft(self, statement: Statement, editor: User) -> None:
        mine = StatementFactory()

        (draft,) = imported([row(mine)], editor)

        assert draft.figures.get().statement == mine

    def test_a_contract_keeps_its_own_rules(self, statement: Statement, editor: User) -> None:
        contract = row(statement, record="x", buyers="", suppliers="")
        for name in ("donors", "recipients", "form", "stated_by"):
            del contract[name]

        batch = checked([contract | {"stage": "signed"}], editor, KINDS["contract"])

        assert reported(batch) == [
            ["buyers", "Name a buyer or a supplier, or count the parties in a figure."]
        ]

    def test_statements_are_imported_with_their_text(self, editor: User) -> None:
        cells = {
            "title": "Press conference",
            "publisher": "The Nation",
            "language": "en",
            "url": "https://example.org/new",
            "published_on": "2020-04",
            "summary": "What was said.",
            "topics": "customs-facilitation|fast-track-talks",
            "text": "We donated 50,000 masks.",
        }

        (draft,) = imported([cells], editor, Statement)

        draft = Statement.objects.get(pk=draft.pk)
        assert draft.topics == ["customs-facilitation", "fast-track-talks"]
        assert (draft.published_on, draft.published_on_precision) == (
            datetime.date(2020, 4, 1),
            "month",
        )
        assert draft.publisher_key == "the nation"
        assert draft.text_sha256

    def test_the_quote_must_stand_in_a_text_on_file(self, editor: User) -> None:
        for code in ("CHN", "PAK"):
            PartyFactory(code=code)
        ItemFactory()
        statement = StatementFactory(text="They donated 50,000 masks.")

        sound = checked([row(statement)], editor)
        wrong = checked([row(statement, quote="gave 50,000 masks")], editor)

        assert found(sound) == ["new"]
        assert [column for column, _ in reported(wrong)] == ["quote"]

    def test_a_quote_is_taken_as_the_text_has_it(self, editor: User) -> None:
        for code in ("CHN", "PAK"):
            PartyFactory(code=code)
        ItemFactory()
        text = "“It is the\r\nminister’s gift,” of 50\u202f000 masks."
        statement = StatementFactory(text=text)

        (draft,) = imported([row(statement, quote="the minister's gift,\" of 50 000")], editor)

        figure = draft.figures.get()
        assert figure.quote == "the\r\nminister’s gift,” of 50\u202f000"
        assert (figure.offset, figure.quote_found) == (text.index(figure.quote), True)


class TestRefusals:
    @pytest.mark.slow(sample=True)
    @pytest.mark.parametrize(
        ("cells", "column", "words"),
        [
            ({"donors": "Chinaa"}, "donors", "Did you mean CHN?"),
            ({"donors": "nobody at all"}, "donors", "No party is called"),
            ({"donors": "CHN|China"}, "donors", "CHN is there twice"),
            ({"item": "surgical maks"}, "item", "Did you mean surgical-mask?"),
            ({"form": "good"}, "form", "Did you mean goods?"),
            ({"stage": ""}, "stage", "required"),
            ({"value": "1,5"}, "value", "decimals after a point"),
            ({"value": "50.000"}, "value", "write 50000 or 50.0000"),
            ({"value": "1e5"}, "value", "digits only"),
            ({"value": "9" * 30}, "value", "digits only"),
            ({"value": "1234567890123456"}, "value", "15 significant digits"),
            ({"value": "-5"}, "value", "digits only"),
            ({"as_of": "03/04/2020"}, "as_of", "2020-04-03 or 2020-03-04: write the one"),
            ({"as_of": "in spring"}, "as_of", "write the date as 2020-04-10"),
            ({"as_of": "2020-02-31"}, "as_of", "no day of the calendar"),
            ({"period_start": "2020-04-09", "period_end": "2020-04-01"}, "", "before it begins"),
            ({"operator": "between"}, "", "do not fit the operator"),
            ({"countable": "maybe"}, "countable", "true or false"),
            ({"countable": "false"}, "", "Say why the figure does not count"),
            ({"currency": "USD"}, "", "A quantity needs an item and has no currency"),
            ({"lower": "7"}, "lower", "leave it empty"),
            ({"statement": "st-00000000"}, "statement", "is no statement"),
            ({"statement": "https://example.org/read-her"}, "statement", "Did you mean"),
            ({"statement": ""}, "statement", "no number without a sentence"),
            ({"statement_version": "9"}, "statement_version", "has no version 9"),
            ({"statement_version": "9" * 40}, "statement_version", "has no version"),
            ({"quote": ""}, "quote", "required"),
            ({"links": "part_of don-00000000"}, "links", "There is no record"),
            ({"links": "partof don-00000000"}, "links", "Did you mean part_of?"),
            ({"series": "With Spaces"}, "series", "lower-case letters"),
            ({"title": "x" * 201}, "title", "200 characters"),
            ({"record": "don-00000000"}, "record", "There is no donation don-00000000"),
            ({"record": "exp-00000000"}, "record", "id of a export"),
            ({"version": "2"}, "version", "A new record has no version"),
            ({"note": "a\0b"}, "note", "no text"),
        ],
    )
    def test_a_cell_is_refused_with_its_reason(
        self, cells: dict[str, str], column: str, words: str, statement: Statement, editor: User
    ) -> None:
        batch = checked([row(statement, **cells), row(statement)], editor)

        assert found(batch) == ["refused", "new"]
        assert batch.state == ImportState.REFUSED
        assert [name for name, message in reported(batch) if words in message] == [column], (
            reported(batch)
        )

    def test_a_name_of_several_is_refused_with_their_codes(
        self, statement: Statement, editor: User
    ) -> None:
        for code in ("ITA", "who"):
            party = PartyFactory(code=code)
            party.aliases = ["Helpers"]
            party.save()

        batch = checked([row(statement, donors="helpers")], editor)

        assert reported(batch) == [
            ["donors", "“helpers” may be any of ITA, who: give the code."],
        ]

    def test_an_address_of_several_statements_is_refused_with_their_ids(
        self, statement: Statement, editor: User
    ) -> None:
        other = StatementFactory(published=True, url=statement.url)

        batch = checked([row(statement, statement=statement.url)], editor)

        ((_, message),) = reported(batch)
        assert statement.public_id in message
        assert other.public_id in message

    def test_a_refused_file_writes_nothing(self, statement: Statement, editor: User) -> None:
        batch = checked([row(statement), row(statement, form="x")], editor)

        with pytest.raises(ValidationError, match="refused"):
            batches.confirm(batch, by=batch.by)

        assert not Donation.objects.exists()
        assert not Contributor.objects.filter(public_id__startswith="don").exists()

    def test_the_rest_is_not_looked_at_when_too_much_is_refused(
        self, statement: Statement, editor: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(batches, "MOST_REFUSED", 3)
        monkeypatch.setattr(batches, "SLICE", 2)

        batch = checked([row(statement, form="x") for _ in range(9)], editor)

        assert batch.state == ImportState.REFUSED
        assert found(batch) == ["refused"] * 4 + [""] * 5


class TestFiles:
    """What a file must be to be read at all."""

    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
    def test_csv_of_every_program(
        self, delimiter: str, encoding: str, statement: Statement, editor: User
    ) -> None:
        data = as_csv([row(statement, title="Masks; gloves, “口罩”")], delimiter, encoding)

        (draft,) = imported(data, editor)

        assert draft.title == "Masks; gloves, “口罩”"

    def test_names_of_columns_do_not_mind_case_spaces_and_underscores(
        self, statement: Statement, editor: User
    ) -> None:
        cells = {name.upper().replace("_", " "): text for name, text in row(statement).items()}

        assert found(checked([cells], editor)) == ["new"]

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"colour": "red"}, "There is no column “colour”"),
            ({"recipiants": "PAK"}, "Did you mean recipients?"),
            ({"Title": "twice"}, "“title” is there twice"),
        ],
    )
    def test_odd_columns_are_refused(
        self, change: dict[str, str], words: str, statement: Statement, editor: User
    ) -> None:
        with pytest.raises(grids.SheetError, match=words):
            receive([row(statement) | change], editor)

    def test_missing_columns_are_named(self, statement: Statement, editor: User) -> None:
        cells = row(statement)
        del cells["quote"], cells["as_of"]

        with pytest.raises(grids.SheetError, match="missing: as_of, quote"):
            receive([cells], editor)

    @pytest.mark.parametrize(
        ("data", "words"),
        [
            (b"", "empty"),
            (b" \r\n\r\n", "empty"),
            ("title;form\r\n".encode("utf-16"), "UTF-16"),
            ("title,form\r\ncafé,x\r\n".encode("latin-1"), "Line 2.*Windows-1252"),
            ("title,form\r\n口罩援助,x\r\n".encode("gb18030"), "GB 18030"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old kind"),
            (b"PK\x03\x04 not an archive", "cannot be unpacked"),
            (b"1,2\r\n3,4\r\n", "No line names the columns"),
            (b"title," + b"," * 200, "more than 100 columns"),
        ],
    )
    def test_what_is_no_spreadsheet_is_refused(
        self, data: bytes, words: str, editor: User
    ) -> None:
        with pytest.raises(grids.SheetError, match=f"(?s){words}"):
            receive(data, editor)

        assert not ImportBatch.objects.exists()

    def test_a_quotation_that_never_ends_is_refused(
        self, statement: Statement, editor: User
    ) -> None:
        with pytest.raises(grids.SheetError, match="Line 3 cannot be read as CSV"):
            receive(as_csv([row(statement)]) + b'"never closed', editor)

    def test_a_file_without_rows_is_refused(self, statement: Statement, editor: User) -> None:
        with pytest.raises(grids.SheetError, match="no row below"):
            receive(as_csv([row(statement)]).splitlines()[0], editor)

    def test_too_many_rows_or_bytes_are_refused(
        self, statement: Statement, editor: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(grids, "MAX_ROWS", 2)
        with pytest.raises(grids.SheetError, match="more than 2 rows"):
            receive([row(statement)] * 3, editor)

        with pytest.raises(grids.SheetError, match="more than 10 MB"):
            receive(b"x" * 10_000_001, editor)

    def test_a_bomb_is_refused_unopened(self, editor: User) -> None:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("xl/workbook.xml", b"\0" * 90_000_000)

        with pytest.raises(grids.SheetError, match="unpacked"):
            receive(file.getvalue(), editor)

    def test_entities_are_not_expanded(self, statement: Statement, editor: User) -> None:
        book = zipfile.ZipFile(io.BytesIO(as_xlsx([row(statement)])))
        file = io.BytesIO()
        lol = b'<!DOCTYPE x [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;">]>'
        with zipfile.ZipFile(file, "w") as archive:
            for name in book.namelist():
                data = book.read(name)
                if name == "xl/worksheets/sheet1.xml":
                    data = data.replace(b"<worksheet", lol + b"<worksheet", 1)
                archive.writestr(name, data)

        with pytest.raises(grids.SheetError, match="cannot be read as an XLSX"):
            receive(file.getvalue(), editor)

    def test_another_archive_is_no_workbook(self, editor: User) -> None:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")

        with pytest.raises(grids.SheetError, match="cannot be read as an XLSX"):
            receive(file.getvalue(), editor)

    def test_empty_lines_and_explanations_are_passed_over(
        self, statement: Statement, editor: User
    ) -> None:
        rows = [
            row(statement, record="# explained", title="What this column means"),
            dict.fromkeys(row(statement), ""),
            row(statement, record=""),
        ]

        batch = checked(rows, editor)

        assert list(batch.lines.values_list("number", "verdict")) == [(4, "new")]

    def test_a_replaced_code_is_refused_and_its_names_mean_the_new_one(
        self, statement: Statement, editor: User
    ) -> None:
        """What a published record has stays, if its row is imported again."""
        DonationFactory(published=True, donors=["who"], figures__statement=statement)
        Party.objects.filter(code="who").update(replaced_by="CHN")
        new = {"record": "", "donors": "World Health Organization"}

        refused = checked([row(statement, donors="WHO")], editor)
        named = checked([row(statement, **new)], editor)
        (known,) = table(downloaded(superuser_client(), Donation, "csv"))
        unchanged = checked([known], editor)
        kept = checked([known | {"donors": "who|ITA", "reason": "Both gave it."}], editor)

        assert reported(refused) == [["donors", "who is replaced by CHN: write CHN."]]
        assert found(named) == ["new"]
        assert found(unchanged) == ["unchanged"]
        assert reported(kept) == [["donors", "who", "who|ITA"]]

    def test_a_value_without_a_column_is_refused(self, statement: Statement, editor: User) -> None:
        data = as_csv([row(statement)]).rstrip() + b",stray\r\n"

        ((column, message),) = reported(checked(data, editor))

        assert column == "column O"
        assert "“stray” is in a column without a name" in message


class TestWorkbooks:
    def test_cells_are_read_by_what_they_are(self, statement: Statement, editor: User) -> None:
        cells = row(
            statement,
            title=2020,
            value=50000.25,
            quote="donated masks",
            as_of=datetime.datetime(2020, 4, 10),
            period_start=datetime.date(2020, 3, 1),
            period_end=43931,
            countable=True,
        )

        (draft,) = imported(as_xlsx([cells]), editor)

        draft = Donation.objects.get(pk=draft.pk)
        assert draft.title == "2020"
        assert draft.as_of == datetime.date(2020, 4, 10)
        assert draft.period_start == datetime.date(2020, 3, 1)
        assert draft.period_end == datetime.date(2020, 4, 10)
        assert draft.content()["figures"][0]["value"] == "50000.25"

    def test_a_year_is_no_serial_day(self, statement: Statement, editor: User) -> None:
        (draft,) = imported(as_xlsx([row(statement, as_of=2020)]), editor)

        assert (draft.as_of, draft.as_of_precision) == (datetime.date(2020, 1, 1), "year")

    def test_numbers_have_the_15_digits_that_spreadsheets_show(
        self, statement: Statement, editor: User
    ) -> None:
        numbers = [0.1 + 0.2, 123456789012345]
        rows = [row(statement, value=number, quote="donated masks") for number in numbers]

        first, second = imported(as_xlsx(rows), editor)

        assert first.content()["figures"][0]["value"] == "0.3"
        assert second.content()["figures"][0]["value"] == "123456789012345"

    def test_of_formulas_the_saved_value_counts(self, statement: Statement, editor: User) -> None:
        data = as_xlsx([row(statement, value="=1+1", quote="donated masks")])
        book = zipfile.ZipFile(io.BytesIO(data))
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            for name in book.namelist():
                sheet = book.read(name)
                if name == "xl/worksheets/sheet1.xml":
                    assert b"<v />" in sheet or b"<v></v>" in sheet or b"<v/>" in sheet
                    for empty in (b"<v />", b"<v></v>", b"<v/>"):
                        sheet = sheet.replace(empty, b"<v>2</v>")
                archive.writestr(name, sheet)

        unsaved = checked(data, editor)
        (draft,) = imported(file.getvalue(), editor)

        assert reported(unsaved)[0][0] == "value"
        assert "formula without a saved value" in reported(unsaved)[0][1]
        assert draft.figures.get().value == 2

    def test_a_text_that_begins_like_a_formula_is_a_text(
        self, statement: Statement, editor: User
    ) -> None:
        book = load_workbook(io.BytesIO(as_xlsx([row(statement, title="x")])))
        cell = book.active["A2"]
        cell.value, cell.data_type = "=masks", "s"

        (draft,) = imported(saved(book), editor)

        assert draft.title == "=masks"

    def test_an_error_is_refused(self, statement: Statement, editor: User) -> None:
        batch = checked(as_xlsx([row(statement, value="#REF!")]), editor)

        assert ["value", "The cell holds the error #REF!: give the value."] in reported(batch)

    def test_half_a_pair_is_no_text(self, statement: Statement, editor: User) -> None:
        batch = checked(as_xlsx([row(statement, note="_xD800_")]), editor)

        assert [column for column, _ in reported(batch)] == ["note"]

    def test_merged_cells_count_once(self, statement: Statement, editor: User) -> None:
        rows = [row(statement, record="A"), row(statement, record="A", value=7, unit="")]
        rows = [cells | {"quote": "donated masks"} for cells in rows]
        book = load_workbook(io.BytesIO(as_xlsx(rows)))
        for column in "ABCDEFG":
            book.active.merge_cells(f"{column}2:{column}3")
        book.active["H3"], book.active["L3"] = "money", None
        book.active["K3"] = None

        (draft,) = imported(saved(book), editor)

        assert draft.figures.count() == 2

    def test_lines_beyond_any_worksheet_are_refused(
        self, statement: Statement, editor: User
    ) -> None:
        book = zipfile.ZipFile(io.BytesIO(as_xlsx([row(statement)])))
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            for name in book.namelist():
                sheet = book.read(name).replace(b'<row r="2"', b'<row r="99999999999"')
                archive.writestr(name, sheet)

        with pytest.raises(grids.SheetError, match="lines"):
            receive(file.getvalue(), editor)


class TestRoundTrip:
    @pytest.mark.slow(sample=True)
    @FORMS
    def test_no_text_is_taken_for_a_formula_or_lost(self, form: str, editor: User) -> None:
        texts = ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "'=1", "''x", "'", "_x0041_", "a\r\nb"]
        ours = [DonationFactory(note=text, published=True) for text in texts]

        data = downloaded(superuser_client(), Donation, form)
        batch = checked(data, editor)

        assert found(batch) == ["unchanged"] * len(ours)
        if form == "csv":
            notes = [cells["note"] for cells in table(data)]
            assert not [
                note for note in notes if note.startswith(("=", "+", "-", "@", "\t", "\r"))
            ]

    def test_a_list_is_downloaded_as_it_is_filtered(self) -> None:
        cash = DonationFactory(form="cash")
        DonationFactory(form="goods")

        rows = table(downloaded(superuser_client(), Donation, "csv", form__exact="cash"))

        assert [cells["record"] for cells in rows] == [cash.public_id]

    @pytest.mark.django_db(transaction=True)
    def test_a_connection_closed_meanwhile_cuts_no_download(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Between two pieces other requests use it, and may lose it."""
        monkeypatch.setattr(downloads, "PAGE", 2)
        ours = {DonationFactory().public_id for _ in range(5)}
        address = reverse("admin:records_donation_download", args=["csv"])

        response: Any = superuser_client().get(address)
        pieces = iter(response)
        begin = next(pieces) + next(pieces)
        connection.close()

        assert {cells["record"] for cells in table(begin + b"".join(pieces))} == ours

    def test_texts_of_statements_are_not_downloaded(self) -> None:
        StatementFactory(text="All of it.")

        data = downloaded(superuser_client(), Statement, "csv")

        assert b"All of it" not in data
        assert "text" not in table(data)[0]

    def test_a_statement_keeps_its_text_where_the_file_has_none(self, editor: User) -> None:
        statement = StatementFactory(text="We gave 5 masks.", published=True)
        rows = table(downloaded(superuser_client(), Statement, "csv"))

        (draft,) = imported([rows[0] | {"title": "Better"}], editor, Statement, reason="Typo.")

        draft = Statement.objects.get(pk=draft.pk)
        assert draft.text == "We gave 5 masks."
        assert draft.text_sha256 == statement.text_sha256

    @EVERY_KIND
    @FORMS
    def test_templates_name_and_explain_every_column(self, kind: str, form: str) -> None:
        model = KINDS[kind]
        PartyFactory(code="PAK")
        name = f"admin:records_{model._meta.model_name}_template"
        response = superuser_client().get(reverse(name, args=[form]))
        data = response.getvalue()

        names = [column.name for column in columns.columns_of(model)]
        if form == "csv":
            (explained,) = table(data)
            assert list(explained) == names
            assert all(explained.values())
        else:
            book = load_workbook(io.BytesIO(data))
            assert [cell.value for cell in book.worksheets[0][1]] == names
            about = {cells[0].value: cells[1].value for cells in book["about"]}
            assert set(names) <= about.keys()
            assert ["PAK", "Pakistan"] in [[c.value for c in cells] for cells in book["parties"]]
        with pytest.raises(grids.SheetError, match="no row below"):
            receive(data, UserFactory(username="root", is_superuser=True), model)


class TestCorrections:
    @pytest.fixture
    def published(self) -> Donation:
        return DonationFactory(
            published=True,
            figures=[{}, {"money": True, "statement": StatementFactory(title="Second")}],
        )

    def rows(self) -> list[dict[str, str]]:
        return table(downloaded(superuser_client(), Donation, "csv"))

    def test_a_changed_cell_is_shown_old_and_new(self, published: Donation, editor: User) -> None:
        first, second = self.rows()

        batch = checked([first | {"stated_by": "recipient"}, second | {"currency": "EUR"}], editor)

        assert found(batch) == ["changed", "changed"]
        assert reported(batch) == [
            ["stated_by", "donor", "recipient"],
            ["currency", "USD", "EUR"],
        ]

    def test_a_currency_in_one_cell_empties_no_other(self, editor: User) -> None:
        euros = {"money": True, "value": "7", "currency": "EUR", "quote": "7 euros"}
        DonationFactory(published=True, figures=[{"money": True}, euros])
        rows = self.rows()
        assert [cells.pop("currency") for cells in rows] == ["USD", "EUR"]
        rows[0]["value"] = f"US${rows[0]['value']}"

        batch = checked(rows, editor)

        assert reported(batch) == []

    def test_it_opens_a_correction_and_leaves_the_public_version(
        self, published: Donation, editor: User
    ) -> None:
        first, second = self.rows()

        (draft,) = imported(
            [first | {"stated_by": "recipient"}, second], editor, reason="It arrived."
        )

        published.refresh_from_db()
        draft = Donation.objects.get(pk=draft.pk)
        assert (draft.public_id, draft.version) == (published.public_id, 2)
        assert (draft.state, draft.reason) == (State.DRAFT, "It arrived.")
        assert published.state == State.PUBLISHED
        assert draft.content() == published.content() | {"stated_by": "recipient"}

    def test_a_figure_is_added_and_taken_away(self, published: Donation, editor: User) -> None:
        first, second = self.rows()
        third = second | {"value": "5", "currency": "EUR", "quote": "5 euros"}

        more = checked([first, second, third], editor)
        fewer = checked([first], editor)

        assert ["currency", "", "EUR"] in reported(more)
        assert ["figure 2: value", "20000000", ""] in reported(fewer)

    def test_a_reason_is_requested_for(self, published: Donation, editor: User) -> None:
        first, second = self.rows()
        batch = checked([first | {"stated_by": "recipient"}, second], editor)

        with pytest.raises(ValidationError, match="Say why"):
            batches.confirm(batch, by=batch.by)

        assert Donation.objects.count() == 1

    def test_a_row_gives_its_own_reason(self, published: Donation, editor: User) -> None:
        first, second = self.rows()
        rows = [first | {"stated_by": "recipient", "reason": "Seen to arrive."}, second]

        (draft,) = imported(rows, editor, reason="In general.")

        assert draft.reason == "Seen to arrive."

    def test_columns_that_are_left_out_stay(self, published: Donation, editor: User) -> None:
        rows = self.rows()
        rows[0]["stated_by"] = "recipient"
        for cells in rows:
            for name in ("donors", "recipients", "series", "countable", "statement_version"):
                del cells[name]

        (draft,) = imported(rows, editor, reason="It arrived.")

        assert Donation.objects.get(pk=draft.pk).content() == published.content() | {
            "stated_by": "recipient"
        }

    def test_evidence_stays_with_the_version_that_was_read(
        self, published: Donation, editor: User
    ) -> None:
        statement = published.cited_statements()[0]
        newer = publishing.begin_correction(statement, by=editor, reason="A better title.")
        publish(newer)

        batch = checked(self.rows(), editor)

        assert found(batch) == ["unchanged", "unchanged"]

    def test_who_may_only_add_corrects_nothing(self, published: Donation, editor: User) -> None:
        editor.user_permissions.remove(Permission.objects.get(codename="change_donation"))
        first, second = self.rows()

        batch = checked([first | {"stated_by": "recipient"}, second], editor)

        assert ["record", "You may add donations, but not correct any."] in reported(batch)

    def test_somebody_elses_draft_is_not_overwritten(
        self, published: Donation, editor: User, reviewer: User
    ) -> None:
        first, second = self.rows()
        publishing.begin_correction(published, by=reviewer, reason="Mine.")

        batch = checked([first | {"stated_by": "recipient"}, second], editor)

        assert "Somebody is already working on" in reported(batch)[0][1]

    def test_a_file_of_an_older_version_is_refused(
        self, published: Donation, editor: User
    ) -> None:
        rows = self.rows()
        publish(publishing.begin_correction(published, by=editor, reason="Between."))

        same = checked(rows, editor)
        changed = checked([rows[0] | {"stated_by": "recipient"}, rows[1]], editor)

        assert found(same) == ["unchanged", "unchanged"]
        assert "has version 2 by now: download it again" in reported(changed)[0][1]

    def test_a_withdrawn_record_is_not_corrected(
        self, published: Donation, editor: User, reviewer: User
    ) -> None:
        rows = self.rows()
        publishing.withdraw([published], by=reviewer, reason="It never happened.")

        batch = checked([rows[0] | {"stated_by": "recipient"}, rows[1]], editor)

        assert "was withdrawn: revert it on its page first" in reported(batch)[0][1]

    def test_a_record_is_corrected_once(self, published: Donation, editor: User) -> None:
        first, second = self.rows()
        once = first | {"stated_by": "recipient"}
        twice = first | {"stated_by": "both", "version": ""}

        batch = checked([once, second, twice], editor)

        assert "Line 2 is of the same record" in " ".join(part[1] for part in reported(batch))


class TestConfirming:
    def test_what_changed_after_the_check_is_checked_again(
        self, statement: Statement, editor: User, reviewer: User
    ) -> None:
        published = DonationFactory(published=True)
        (cells,) = table(downloaded(superuser_client(), Donation, "csv"))
        batch = checked([cells | {"stated_by": "recipient"}], editor)
        publishing.begin_correction(published, by=reviewer, reason="Mine.")

        with pytest.raises(batches.Stale):
            batches.confirm(batch, by=batch.by, reason="It arrived.")

        batch.refresh_from_db()
        assert (batch.state, batch.checked) == (ImportState.CHECKING, 0)
        assert Donation.objects.count() == 2
        assert found(batches.check_slice(batch)) == ["refused"]

    def test_a_failure_while_writing_leaves_nothing(
        self, statement: Statement, editor: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        batch = checked([row(statement)] * 3, editor)

        def fail(drafts: Any) -> None:
            assert Donation.objects.count() == 3
            raise OSError("The disk is full.")

        with pytest.raises(OSError, match="full"):
            batches.confirm(batch, by=batch.by, log=fail)

        batch.refresh_from_db()
        assert batch.state == ImportState.READY
        assert not Donation.objects.exists()
        assert not ImportedDraft.objects.exists()
        assert not Contributor.objects.filter(public_id__startswith="don").exists()

    def test_only_who_sent_it_imports_it(
        self, statement: Statement, editor: User, reviewer: User
    ) -> None:
        batch = checked([row(statement)], editor)

        with pytest.raises(ValidationError, match="Only who sent the file"):
            batches.confirm(batch, by=reviewer)

    def test_nobody_imports_twice(self, statement: Statement, editor: User) -> None:
        batch = checked([row(statement)], editor)
        stale = ImportBatch.objects.get(pk=batch.pk)
        batches.confirm(batch, by=batch.by)

        for late in (batch, stale):
            with pytest.raises(ValidationError, match="imported as drafts"):
                batches.confirm(late, by=batch.by)

        assert Donation.objects.count() == 1

    def test_the_same_file_is_known_again(self, statement: Statement, editor: User) -> None:
        first = checked([row(statement)], editor)
        batches.confirm(first, by=first.by)
        second = checked([row(statement)], editor)

        with pytest.raises(ValidationError, match="imported before"):
            batches.confirm(second, by=second.by)
        batches.confirm(second, by=second.by, again=True)

        assert Donation.objects.count() == 2

    def test_a_file_sent_twice_is_one_import_that_keeps_what_was_mended(
        self, statement: Statement, editor: User
    ) -> None:
        data = [row(statement, recipients="PKA")]
        first = checked(data, editor)
        mending.mend(first, mending.Changes({2: {"recipients": "PAK"}}), by=first.by)
        second, is_known = batches.receive(as_csv(data), "again.csv", Donation, by=again(editor))

        assert (second.pk, is_known, second.state) == (first.pk, True, ImportState.CHECKING)
        assert found(checked(data, editor)) == ["new"]
        assert ImportBatch.objects.count() == 1

    def test_another_file_person_or_sheet_is_an_import_of_its_own(
        self, statement: Statement, editor: User
    ) -> None:
        book = Workbook()
        for number, cells in enumerate([row(statement), row(statement, value="60000")]):
            sheet = book.create_sheet(f"Sheet {number}")
            sheet.append(list(cells))
            sheet.append(list(cells.values()))
        del book["Sheet"]
        other = UserFactory(username="other")
        allow(other, ["add"], ["donation"])
        for data, by, sheet_name in (
            (saved(book), editor, "Sheet 0"),
            (saved(book), editor, "Sheet 1"),
            (saved(book), other, "Sheet 0"),
            (as_csv([row(statement)]), editor, ""),
        ):
            received = batches.receive(data, "rows", Donation, by=again(by), sheet_name=sheet_name)
            assert received[1] is False

    def test_the_page_says_that_a_file_was_sent_before(self, statement: Statement) -> None:
        client = superuser_client()
        address = reverse("admin:records_donation_import")
        pages = []
        for _ in range(2):
            file = SimpleUploadedFile("rows.csv", as_csv([row(statement)]))
            pages.append(client.post(address, {"file": file}, follow=True))

        assert [b"You sent rows.csv before" in page.content for page in pages] == [False, True]
        # The page reloads itself when the file is checked: it says so then, too.
        address = pages[1].redirect_chain[-1][0]
        assert address == f"{pages[0].redirect_chain[-1][0]}?again"
        assert b"You sent rows.csv before" in client.get(address).content

    def test_there_may_be_nothing_to_import(self, statement: Statement, editor: User) -> None:
        DonationFactory(published=True)
        batch = checked(downloaded(superuser_client(), Donation, "csv"), editor)

        with pytest.raises(ValidationError, match="nothing to import"):
            batches.confirm(batch, by=batch.by)

    def test_two_who_check_at_once_keep_one_result(
        self, statement: Statement, editor: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(batches, "SLICE", 2)
        batch = receive([row(statement)] * 5, editor)
        other = ImportBatch.objects.get(pk=batch.pk)

        first = batches.check_slice(batch)
        late = batches.check_slice(other)

        assert (first.checked, late.checked) == (2, 2)

    def test_the_importer_does_not_approve(self, statement: Statement, editor: User) -> None:
        allow(editor, ["publish"], KINDS)
        (draft,) = imported([row(statement, stage="unknown")], editor)
        publishing.submit(draft, by=editor)

        with pytest.raises(ValidationError, match="somebody else must approve it"):
            publishing.approve([draft], by=editor, message="By myself.")

        publishing.approve([draft], by=UserFactory(username="other"), message="By another.")
        assert Donation.objects.get(pk=draft.pk).state == State.PUBLISHED

    def test_old_files_that_were_never_imported_are_forgotten(
        self, statement: Statement, editor: User, time_machine: Any
    ) -> None:
        time_machine.move_to("2026-05-01T12:00:00+00:00", tick=False)
        checked([row(statement)], editor)
        kept = checked([row(statement, title="Imported")], editor)
        batches.confirm(kept, by=kept.by)

        time_machine.move_to("2026-05-20T12:00:00+00:00", tick=False)
        receive([row(statement)], editor)

        assert ImportBatch.objects.count() == 2
        assert ImportBatch.objects.filter(pk=kept.pk).exists()


class TestUndoing:
    def test_all_drafts_go(self, statement: Statement, editor: User) -> None:
        published = DonationFactory(published=True)
        (cells,) = table(downloaded(superuser_client(), Donation, "csv"))
        rows = [
            cells | {"stated_by": "recipient"},
            cells | row(statement, record="", version="", milestones=""),
        ]
        batch = checked(rows, editor)
        batches.confirm(batch, by=batch.by, reason="It arrived.")

        gone = batches.undo(batch)

        assert len(gone) == 2
        assert list(Donation.objects.all()) == [published]
        assert batch.state == ImportState.UNDONE
        with pytest.raises(ValidationError, match="undone"):
            batches.undo(batch)

    def test_what_was_edited_since_is_requested_about(
        self, statement: Statement, editor: User, reviewer: User
    ) -> None:
        batch = checked([row(statement, stage="unknown")] * 3, editor)
        first, second, _ = batches.confirm(batch, by=batch.by)
        publishing.note_edit(first, by=reviewer)
        publishing.submit(second, by=editor)

        with pytest.raises(ValidationError, match="2 were edited or submitted"):
            batches.undo(batch)
        assert Donation.objects.count() == 3
        batches.undo(batch, edited_too=True)

        assert not Donation.objects.exists()

    def test_what_is_published_stays_and_so_does_the_rest(
        self, statement: Statement, editor: User
    ) -> None:
        batch = checked([row(statement, stage="unknown")] * 2, editor)
        first, _ = batches.confirm(batch, by=batch.by)
        publish(first)

        with pytest.raises(ValidationError, match="published"):
            batches.undo(batch, edited_too=True)

        assert Donation.objects.count() == 2

    def test_a_later_draft_of_the_same_version_stays(self, editor: User) -> None:
        published = DonationFactory(published=True)
        (cells,) = table(downloaded(superuser_client(), Donation, "csv"))
        batch = checked([cells | {"stated_by": "recipient"}], editor)
        (draft,) = batches.confirm(batch, by=batch.by, reason="It arrived.")
        publishing.discard(draft)
        later = publishing.begin_correction(published, by=editor, reason="By hand.")

        assert batches.undo(batch) == []

        assert Donation.objects.filter(pk=later.pk).exists()

    def test_statements_that_bear_figures_stay(self, editor: User) -> None:
        StatementFactory(published=True)
        (cells,) = table(downloaded(superuser_client(), Statement, "csv"))
        batch = checked([cells | {"record": "", "version": ""}], editor, Statement)
        (draft,) = batches.confirm(batch, by=batch.by)
        DonationFactory(figures=[{"statement": Statement.objects.get(pk=draft.pk)}])

        with pytest.raises(ValidationError, match="Records rest on these drafts"):
            batches.undo(batch)

        assert Statement.objects.filter(pk=draft.pk).exists()


class TestPages:
    @pytest.fixture
    def client(self, editor: User) -> Client:
        client = Client()
        client.force_login(editor)
        return client

    def send(self, client: Client, data: bytes, kind: str = "donation") -> Any:
        file = io.BytesIO(data)
        file.name = "rows.csv"
        return client.post(reverse(f"admin:records_{kind}_import"), {"file": file})

    def step(self, client: Client, batch: ImportBatch, name: str, **words: str) -> Any:
        url = reverse(f"admin:records_importbatch_{name}", args=[batch.pk])
        return client.post(url, words, headers={"Accept": "text/html"})

    def page(self, batch: ImportBatch) -> str:
        return reverse("admin:records_importbatch_change", args=[batch.pk])

    def test_a_file_is_sent_checked_imported_and_undone(
        self, client: Client, statement: Statement
    ) -> None:
        response = self.send(client, as_csv([row(statement, donors="China")]))
        batch = ImportBatch.objects.get()
        assert response["Location"] == self.page(batch)

        self.step(client, batch, "check")
        assert "Import 1 draft" in client.get(self.page(batch)).content.decode()
        self.step(client, batch, "confirm")
        draft = Donation.objects.get()
        page = client.get(self.page(batch)).content.decode()
        assert f"public_id__in={draft.public_id}" in page
        history = client.get(reverse("admin:records_donation_history", args=[draft.pk]))
        assert "Imported from rows.csv." in history.content.decode()
        self.step(client, batch, "undo")

        assert not Donation.objects.exists()
        assert "undone" in client.get(self.page(batch)).content.decode()

    def test_the_check_answers_a_script(
        self, client: Client, statement: Statement, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(batches, "SLICE", 2)
        self.send(client, as_csv([row(statement)] * 3))
        url = reverse("admin:records_importbatch_check", args=[ImportBatch.objects.get().pk])

        answers = [
            client.post(url, headers={"Accept": "application/json"}).json() for _ in range(2)
        ]

        assert answers == [
            {"checked": 2, "rows": 3, "done": False, "problem": ""},
            {"checked": 3, "rows": 3, "done": True, "problem": ""},
        ]

    def test_the_page_shows_every_verdict(self, client: Client, statement: Statement) -> None:
        DonationFactory(published=True, title="Stays")
        DonationFactory(published=True, title="Changes")
        rows = table(downloaded(client, Donation, "csv"))
        for cells in rows:
            if cells["title"] == "Changes":
                cells["stated_by"] = "recipient"
        kept = {"record": "", "version": "", "milestones": ""}
        new = rows[0] | row(statement, **kept, title="<b>New</b>")
        self.send(client, as_csv([*rows, new, new | {"form": "x"}]))
        batch = ImportBatch.objects.get()
        self.step(client, batch, "check")

        shown = {
            verdict: client.get(self.page(batch), {"show": verdict}).content.decode()
            for verdict in ("refused", "changed", "new", "unchanged")
        }

        assert "is none of cash" in shown["refused"]
        assert "<del>donor</del> → <ins>recipient</ins>" in shown["changed"]
        assert "&lt;b&gt;New&lt;/b&gt;" in shown["new"]
        assert "Stays" in shown["unchanged"]

    def test_what_is_wrong_with_a_file_is_reported_beside_it(self, client: Client) -> None:
        html = self.send(client, b"titel,form\r\nx,y\r\n").content.decode()

        assert "There is no column “titel”. Did you mean title?" in html
        assert "These columns are missing" in html

    def test_a_missing_reason_is_reported_beside_its_field(self, client: Client) -> None:
        DonationFactory(published=True)
        (cells,) = table(downloaded(client, Donation, "csv"))
        self.send(client, as_csv([cells | {"stated_by": "recipient"}]))
        batch = ImportBatch.objects.get()
        self.step(client, batch, "check")

        html = self.step(client, batch, "confirm").content.decode()

        assert "Say why published records change: readers see it." in html
        assert Donation.objects.count() == 1

    def test_a_file_is_forgotten(self, client: Client, statement: Statement) -> None:
        self.send(client, as_csv([row(statement)]))
        batch = ImportBatch.objects.get()

        self.step(client, batch, "discard")

        assert not ImportBatch.objects.exists()
        assert not ImportRow.objects.exists()

    def test_an_import_of_drafts_is_not_forgotten(
        self, client: Client, statement: Statement, editor: User
    ) -> None:
        batch = checked([row(statement)], editor)
        batches.confirm(batch, by=batch.by)

        html = self.step(client, batch, "discard").content.decode()

        assert "This import is imported as drafts." in html
        assert ImportBatch.objects.exists()

    def test_a_list_links_to_import_and_downloads(self, client: Client) -> None:
        html = client.get(
            reverse("admin:records_donation_changelist"), {"form__exact": "cash"}
        ).content.decode()

        assert reverse("admin:records_donation_import") in html
        assert "download.csv?form__exact=cash" in html

    @pytest.mark.parametrize(
        ("permissions", "page", "form", "expected"),
        [
            ([], "import", None, 403),
            ([], "template", "csv", 403),
            ([], "download", "csv", 403),
            (["view"], "import", None, 403),
            (["view"], "download", "csv", 200),
            (["add"], "import", None, 200),
            (["add"], "template", "xlsx", 200),
            (["add"], "download", "xlsx", 403),
            (["add", "view"], "download", "pdf", 404),
        ],
    )
    def test_pages_ask_for_the_kinds_permissions(
        self, permissions: list[str], page: str, form: str | None, expected: int
    ) -> None:
        user = UserFactory(username="partly")
        allow(user, permissions, ["donation"])
        client = Client()
        client.force_login(user)
        url = reverse(f"admin:records_donation_{page}", args=[form] if form else [])

        response = client.get(url)
        response.close()

        assert response.status_code == expected
        assert Client().get(url).status_code == 302

    def test_steps_ask_for_permissions_and_for_who_sent_it(
        self, client: Client, statement: Statement, editor: User, reviewer: User
    ) -> None:
        batch = checked([row(statement)], editor)
        stranger = UserFactory(username="stranger")
        allow(stranger, ["view", "add", "change"], ["donation"])
        clients = {}
        for user in (reviewer, stranger, UserFactory(username="nobody")):
            clients[user.username] = Client()
            clients[user.username].force_login(user)

        for name in ("confirm", "discard", "undo"):
            for other in clients.values():
                assert self.step(other, batch, name).status_code == 403
        assert self.step(clients["reviewer"], batch, "check").status_code == 403
        assert clients["nobody"].get(self.page(batch)).status_code == 403
        assert clients["reviewer"].get(self.page(batch)).status_code == 200
        assert client.get(reverse("admin:records_importbatch_undo", args=[batch.pk])).status_code
        assert not Donation.objects.exists()

    def test_steps_are_posted(self, client: Client, statement: Statement, editor: User) -> None:
        batch = checked([row(statement)], editor)

        for name in ("check", "confirm", "undo", "discard"):
            url = reverse(f"admin:records_importbatch_{name}", args=[batch.pk])
            assert client.get(url).status_code == 405

    def test_unknown_imports_are_not_found(self, client: Client) -> None:
        for key in ("7", "9" * 30, "x"):
            assert client.get(f"/admin/records/importbatch/{key}/change/").status_code == 404

    def test_a_crafted_lookup_leads_back_to_the_list(self, client: Client) -> None:
        url = reverse("admin:records_donation_download", args=["csv"])

        response = client.get(url, {"as_of__year": "0"})

        assert response.status_code in (200, 302, 400)


class TestQueries:
    @pytest.mark.slow(sample=True)
    @pytest.mark.parametrize("kind", list(DATED))
    def test_a_slice_takes_the_same_queries_at_any_length(
        self, kind: str, editor: User, django_assert_max_num_queries: Any
    ) -> None:
        factory = RECORDS[DATED[kind]]
        for _ in range(12):
            factory(published=True)
        rows = table(downloaded(superuser_client(), DATED[kind], "csv"))
        for cells in rows:
            cells |= {"note": "Changed."}
        batch = receive(as_csv(rows), editor, DATED[kind])

        with django_assert_max_num_queries(40):
            batches.check_slice(batch)
        batch.refresh_from_db()
        with django_assert_max_num_queries(40):
            batches.confirm(batch, by=batch.by, reason="A note.")

        assert DATED[kind].objects.filter(note="Changed.").count() == 12


def test_the_contracts_of_one_page_differ() -> None:
    """The columns of kinds are those of their own."""
    names = {kind: [column.name for column in columns.columns_of(KINDS[kind])] for kind in KINDS}

    assert "buyers" in names["contract"]
    assert "buyers" not in names["donation"]
    assert "measure" not in names["statement"]
    assert ContractFactory._meta.model is KINDS["contract"]
