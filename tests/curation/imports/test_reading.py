"""Spreadsheets as programs and people leave them: where the rows are, merged cells, dialects of
CSV, and cells that hold nothing."""

import datetime
import io
import re
import time
import zipfile
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from openpyxl import Workbook
from xlsxwriter import Workbook as Written

from records.curation.imports import grids
from records.curation.imports.columns import columns_of
from records.curation.imports.models import ImportBatch
from records.curation.imports.sheets import Sheet, read
from records.models import Donation
from records.models import Statement as StatementRecord
from tests.curation.imports.test_imports import (
    as_csv,
    as_xlsx,
    checked,
    found,
    imported,
    reported,
    saved,
)
from tests.support.factories import ItemFactory, PartyFactory, StatementFactory, UserFactory

NAMES = [
    *("title", "donors", "recipients", "form", "stage", "stated_by", "as_of", "measure"),
    *("operator", "value", "item", "unit", "statement", "quote"),
]
MASKS = [
    *("China gives Pakistan masks", "CHN", "PAK", "goods", "unknown", "donor", "2020-04-10"),
    *("quantity", "exact", "50000", "surgical-mask", "piece"),
    *("https://example.org/cases/statement", "donated 50,000 masks"),
]
GLOVES = [*MASKS[:2], "ITA", *MASKS[3:9], "1200", *MASKS[10:13], "1,200 masks"]


def book(*sheets: tuple[str, list[list[Any]]]) -> Workbook:
    made = Workbook()
    made.remove(made.active)
    for name, rows in sheets:
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    return made


def lines(data: bytes | Workbook, sheet: str = "", model: Any = Donation) -> Sheet:
    data = saved(data) if isinstance(data, Workbook) else data
    return read(data, columns_of(model), sheet)


def cells(data: bytes | Workbook) -> list[dict[str, str]]:
    return [line.cells for line in lines(data).lines]


def faults(data: bytes | Workbook) -> list[list[str]]:
    return [fault for line in lines(data).lines for fault in line.faults]


class TestWhereTheRowsAre:
    @pytest.mark.parametrize(
        ("sheets", "hidden", "read_as"),
        [
            (
                [
                    ("Read me", [["Gifts, version 3"], [], ["Source: ministry"]]),
                    ("Data", [NAMES, MASKS]),
                ],
                [],
                "sheet Data, header in line 1, last row in line 2",
            ),
            (
                [("lists", [["CHN", "PAK"]]), ("Data", [NAMES, MASKS])],
                ["lists"],
                "sheet Data, header in line 1",
            ),
            (
                [("Sheet", [["Table 2. Gifts received"], [], NAMES, MASKS])],
                [],
                "sheet Sheet, header in line 3, last row in line 4",
            ),
            (
                [("template", [NAMES]), ("Data", [NAMES, MASKS])],
                [],
                "sheet Data, header in line 1",
            ),
            (
                [("old", [NAMES, MASKS]), ("new", [["Gifts"], NAMES, MASKS])],
                ["old"],
                "sheet new, header in line 2",
            ),
        ],
    )
    def test_the_sheet_and_line_that_name_the_columns_are_found(
        self, sheets: list[Any], hidden: list[str], read_as: str
    ) -> None:
        made = book(*sheets)
        for name in hidden:
            made[name].sheet_state = "veryHidden"

        sheet = lines(made)

        assert read_as in sheet.notes[0]
        assert [line.cells["recipients"] for line in sheet.lines] == ["PAK"]

    def test_titles_above_the_header_of_a_csv_are_passed_over(self) -> None:
        table = as_csv([dict(zip(NAMES, MASKS, strict=True))], delimiter=";").decode()
        sheet = lines(f"Table 2, of 3, as of May\n\n{table}".encode())

        assert "header in line 3" in sheet.notes[0]
        assert sheet.lines[0].number == 4

    def test_of_two_sheets_one_is_chosen(self) -> None:
        made = book(("2020", [NAMES, MASKS]), ("2021", [["Gifts"], NAMES, GLOVES]))

        with pytest.raises(grids.SheetError, match="which one is meant") as refused:
            lines(made)

        assert refused.value.choices == ["2020", "2021"]
        assert "2020, header in line 1; 2021, header in line 2" in str(refused.value)
        assert lines(made, "2021").lines[0].cells["recipients"] == "ITA"
        with pytest.raises(grids.SheetError, match="There is no sheet “2022”"):
            lines(made, "2022")

    def test_a_hidden_sheet_is_read_only_by_name(self) -> None:
        made = book(("Read me", [["Gifts"]]), ("Data", [NAMES, MASKS]))
        made["Data"].sheet_state = "hidden"

        with pytest.raises(grids.SheetError, match="Only a hidden sheet has the columns") as no:
            lines(made)

        assert no.value.choices == ["Data"]
        assert lines(made, "Data").lines

    @pytest.mark.parametrize(
        ("sheets", "words"),
        [
            (
                [("Read me", [["Gifts"]]), ("Data", [[], NAMES[1:], MASKS[1:]])],
                "columns are missing: title.*line 2 of sheet Data",
            ),
            ([("A", [["x"], ["y"]]), ("B", [["z"]])], "line 1 of sheet A.*line 1 of sheet B"),
            (
                [("A", [["x"]]), ("B", [[], [], ["y"], ["z"]])],
                "line 1 of sheet A, line 3 of sheet B and what follows",
            ),
            ([("A", [NAMES])], "no row below the names of the columns, line 1 of sheet A"),
            (
                [("A", [NAMES, MASKS, [], NAMES[::-1], MASKS[::-1]])],
                "named again, in another order, in line 4 of sheet A",
            ),
        ],
    )
    def test_the_message_names_sheet_and_line(self, sheets: list[Any], words: str) -> None:
        with pytest.raises(grids.SheetError, match=f"(?s){words}"):
            lines(book(*sheets))

    def test_a_header_again_is_no_row(self) -> None:
        assert len(cells(book(("A", [NAMES, MASKS, NAMES, GLOVES])))) == 2

    def test_forms_call_columns_so_too(self) -> None:
        names = ["Title *", "Donor", "RECIPIENT", "Form:", "Stage", "Stated by", "As of"]

        assert cells(book(("A", [[*names, *NAMES[7:]], MASKS])))[0]["stated_by"] == "donor"

    def test_prefixed_names_and_strict_workbooks_are_read(self) -> None:
        """Some programs write every name with a prefix."""
        data = as_xlsx([dict(zip(NAMES, MASKS, strict=True))])
        file = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w") as new:
            for name in old.namelist():
                part = old.read(name)
                if name in ("xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml"):
                    part = re.sub(rb"<(/?)(?=[a-zA-Z])", rb"<\1x:", part)
                    part = part.replace(b"xmlns=", b"xmlns:x=")
                new.writestr(name, part)

        assert cells(file.getvalue()) == cells(data)

    def test_an_opendocument_is_refused_by_its_name(self) -> None:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("content.xml", "<office:document-content/>")

        with pytest.raises(grids.SheetError, match="OpenDocument"):
            lines(file.getvalue())


class TestMergedCells:
    def merged(self, *ranges: str, rows: Any = (NAMES, MASKS, GLOVES)) -> Workbook:
        made = book(("A", list(rows)))
        for merged in ranges:
            made["A"].merge_cells(merged)
        return made

    @pytest.mark.parametrize("column", ["B", "D", "E", "F", "G", "H", "I", "K", "L", "M"])
    def test_a_value_counts_for_every_line(self, column: str) -> None:
        first, second = cells(self.merged(f"{column}2:{column}3"))

        name = NAMES[ord(column) - ord("A")]
        assert first[name] == second[name]
        assert set(second) == set(NAMES)

    def test_several_ranges_and_longer_ones_count(self) -> None:
        rows = [NAMES, MASKS, GLOVES, GLOVES, MASKS]
        made = self.merged("B2:B3", "B4:B400", "M2:M5", rows=rows)
        made["A"]["B4"] = "who"

        assert [line["donors"] for line in cells(made)] == ["CHN", "CHN", "who", "who"]

    def test_one_label_makes_one_record(self) -> None:
        rows = [[*NAMES, "record"], [*MASKS, "a"], [*GLOVES, None]]

        first, second = cells(self.merged("A2:A3", "B2:B3", "O2:O3", rows=rows))

        assert first["record"] == second["record"] == "a"
        assert second["title"] == MASKS[0]

    @pytest.mark.parametrize(
        ("merged", "column", "words"),
        [
            ("J2:J3", "value", "merged with that of line 2, “50000”"),
            ("A2:A3", "title", "same label in “record”"),
            ("B2:C2", "donors", "merged over the columns donors, recipients"),
            ("B2:C3", "donors", "merged over the columns donors, recipients"),
        ],
    )
    def test_what_is_not_clear_is_refused(self, merged: str, column: str, words: str) -> None:
        found = faults(self.merged(merged))

        assert {name for name, _ in found} == {column}
        assert words in found[0][1]

    def test_covered_and_empty_lines_are_no_rows(self) -> None:
        made = self.merged("B2:B9", "N2:N3")
        made["A"]["P5"] = None

        assert len(cells(made)) == 2

    def test_a_header_of_two_lines_is_read(self) -> None:
        above = [*NAMES[:7], "Figure"]
        made = self.merged(
            *(f"{letter}1:{letter}2" for letter in "ABCDEFG"),
            "H1:N1",
            rows=[above, [None] * 7 + NAMES[7:], MASKS],
        )

        assert cells(made) == [dict(zip(NAMES, MASKS, strict=True))]

    def test_a_header_of_merged_lines_is_no_row(self) -> None:
        letters = "ABCDEFGHIJKLMN"
        made = self.merged(*(f"{c}1:{c}2" for c in letters), rows=[NAMES, [], MASKS])

        assert cells(made) == [dict(zip(NAMES, MASKS, strict=True))]

    def test_a_name_over_two_columns_counts_for_one(self) -> None:
        rows = [[*NAMES, "note", None], [*MASKS, "a", "b"]]

        found = faults(self.merged("O1:P1", rows=rows))

        ((column, message),) = found
        assert column == "column P"
        assert message.endswith("the name “note” is merged over it, and counts for one column.")


class TestCsv:
    @pytest.mark.parametrize("gap", [", ", " ,", "  , ", "\u00a0,\u00a0", "; ", " ;\t"])
    def test_blanks_around_quotation_marks_are_passed_over(self, gap: str) -> None:
        titles = ['"Masks; suits, and ""gowns"", both"', "Plain title", '"Two\n lines"', '""']
        rows = [NAMES, *([title, *(f'"{value}"' for value in MASKS[1:])] for title in titles)]

        read_as = cells("\r\n".join(gap.join(row) for row in rows).encode())

        assert [row.get("title", "").strip() for row in read_as] == [
            'Masks; suits, and "gowns", both',
            "Plain title",
            "Two\n lines",
            "",
        ]
        assert {row["donors"] for row in read_as} == {"CHN"}
        assert {row["quote"] for row in read_as} == {"donated 50,000 masks"}

    def test_blanks_inside_a_text_stay(self) -> None:
        title = 'He said, "masks" , "gowns"; \n "both"'
        rows = [dict(zip(NAMES, [title, *MASKS[1:]], strict=True))]

        for separator in ",;\t":
            assert cells(as_csv(rows, separator))[0]["title"] == title

    def test_a_file_of_tabs_stays_as_it_is(self) -> None:
        row = ['"Masks"', ' "CHN"', *MASKS[2:]]

        (found,) = cells("\n".join("\t".join(one) for one in (NAMES, row)).encode())

        assert (found["title"], found["donors"]) == ("Masks", '"CHN"')

    @pytest.mark.parametrize("said", ["sep=;", '"sep=;"', "\ufeffSEP=;"])
    def test_a_line_that_names_the_separator_is_no_row(self, said: str) -> None:
        table = as_csv([dict(zip(NAMES, MASKS, strict=True))], delimiter=";").decode()

        sheet = lines(f"{said}\r\n{table}".encode())

        assert sheet.lines[0].number == 3
        assert "header in line 2" in sheet.notes[0]

    def test_a_file_of_semicolons_may_have_decimal_commas(self) -> None:
        rows = [dict(zip(NAMES, MASKS, strict=True)) | {"value": "20,000"}]

        assert cells(as_csv(rows))[0]["value"] == "20000"
        ((column, message),) = faults(as_csv(rows, delimiter=";"))
        assert column == "value"
        assert "write 20000 or 20.0000" in message


class TestLinesForPeople:
    @pytest.mark.parametrize(
        ("row", "what"),
        [
            (["Total", *[None] * 8, 51200], "a total"),
            ([None, None, "Grand total:", *[None] * 6, 51200], "a total"),
            (["Total général", *[None] * 8, 51200], "a total"),
            (["Zwischensumme:", *[None] * 8, 51200], "a total"),
            (["合計", *[None] * 8, 51200], "a total"),
            (["ИТОГО", *[None] * 8, 51200], "a total"),
            (["الإجمالي", *[None] * 8, 51200], "a total"),
            (["Source: ministry of commerce"], "a note"),
            (["* without what came by sea"], "a note"),
        ],
    )
    def test_totals_and_notes_are_passed_over_and_reported(self, row: Any, what: str) -> None:
        sheet = lines(book(("A", [NAMES, MASKS, row])))

        assert [line.number for line in sheet.lines] == [2]
        assert sheet.notes[1].startswith(f"Passed over: line 3, {what} (“")

    def test_a_text_over_all_columns_is_a_note(self) -> None:
        made = book(("A", [NAMES, ["Asia"], MASKS]))
        made["A"].merge_cells("A2:N2")

        sheet = lines(made)

        assert sheet.notes[1] == "Passed over: line 2, a note (“Asia”)."

    @pytest.mark.parametrize("row", [["Prepared by the desk"], [None] * 9 + [51200]])
    def test_a_line_of_one_cell_is_refused_with_what_to_do(self, row: Any) -> None:
        ((column, message),) = faults(book(("A", [NAMES, MASKS, row])))

        assert column == ""
        assert "delete it or begin it with “# ”" in message

    def test_a_row_that_is_called_total_is_a_row(self) -> None:
        assert len(cells(book(("A", [NAMES, ["Total", *MASKS[1:]]])))) == 1


class TestCells:
    @pytest.mark.parametrize(
        ("number_format", "day", "expected"),
        [
            ("mmm-yy", datetime.date(2020, 3, 1), "2020-03"),
            ("mmmm yyyy", datetime.date(2020, 3, 28), "2020-03-28"),
            ("yyyy", datetime.date(2020, 1, 1), "2020"),
            ("d mmm yyyy", datetime.date(2020, 3, 1), "2020-03-01"),
            ("yyyy-mm-dd hh:mm", datetime.date(2020, 3, 1), "2020-03-01"),
        ],
    )
    def test_a_date_says_no_more_than_its_cell_shows(
        self, number_format: str, day: datetime.date, expected: str
    ) -> None:
        made = book(("A", [NAMES, MASKS]))
        made["A"]["G2"] = day
        made["A"]["G2"].number_format = number_format

        assert cells(made)[0]["as_of"] == expected

    @pytest.mark.parametrize(
        ("number_format", "number", "expected"),
        [
            ("[$€-407] #,##0.00", 7, "€ 7"),
            ('_-* #,##0.00 "€"_-', 7, "7 €"),
            ('"$"#,##0', 1.234, "$ 1.2340"),
            ('0" million"', 5, "5 million"),
            ('0.0,,"M"', 5_000_000, "5000000"),
            ("0%", 0.5, "50 %"),
            ("[>9]0;[Red]0", 5_000, "5000"),
            ('#,##0" pcs"', 5_000, "5000"),
            ("#,##0.00", 5_000, "5000"),
        ],
    )
    def test_a_number_says_the_currency_or_scale_that_its_cell_shows(
        self, number_format: str, number: float, expected: str
    ) -> None:
        made = book(("A", [NAMES, MASKS]))
        made["A"]["J2"] = number
        made["A"]["J2"].number_format = number_format

        (line,) = lines(made).lines
        assert line.original.get("value", line.cells.get("value")) == expected

    def test_days_are_counted_as_the_workbook_counts(self) -> None:
        file = io.BytesIO()
        with Written(file, {"date_1904": True}) as made:
            sheet = made.add_worksheet()
            sheet.write_row(0, 0, NAMES)
            sheet.write_row(1, 0, MASKS)
            style = made.add_format({"num_format": "yyyy-mm-dd"})
            sheet.write_datetime(1, 6, datetime.datetime(2020, 4, 10), style)

        assert cells(file.getvalue())[0]["as_of"] == "2020-04-10"

    def test_a_number_of_three_decimals_is_certain_in_a_workbook(self) -> None:
        made = book(("A", [NAMES, MASKS]))
        made["A"]["J2"] = 1.234

        assert cells(made)[0]["value"] == "1.2340"

    @pytest.mark.django_db
    @pytest.mark.parametrize("stray", ["_xD800_", "_x0000_"])
    def test_what_is_no_text_is_reported_without_it(self, stray: str) -> None:
        client = Client()
        client.force_login(UserFactory(username="root", is_superuser=True))
        made = book(("A", [NAMES, [*MASKS, None, f"x{stray}"], [f"Source: {stray}"]]))
        made["A"].merge_cells("B2:C2")
        made["A"]["B2"] = stray
        named = book(("A", [[*NAMES, stray], MASKS]))

        for workbook in (made, named):
            file = io.BytesIO(saved(workbook))
            file.name = "gifts.xlsx"
            url = reverse("admin:records_donation_import")
            assert client.post(url, {"file": file}, follow=True).status_code == 200

    def test_text_in_parts_is_one_text(self) -> None:
        file = io.BytesIO()
        with Written(file) as made:
            sheet = made.add_worksheet()
            sheet.write_row(0, 0, NAMES)
            sheet.write_row(1, 0, MASKS)
            bold = made.add_format({"bold": True})
            sheet.write_rich_string(1, 0, "China ", bold, "gives", " masks")

        assert cells(file.getvalue())[0]["title"] == "China gives masks"


class TestBoundedWork:
    def formatted(self, rows: int, *, last: bool = False) -> bytes:
        file = io.BytesIO()
        made = Written(file, {"constant_memory": True})
        sheet, bold = made.add_worksheet(), made.add_format({"bold": True})
        sheet.write_row(0, 0, NAMES)
        sheet.write_row(1, 0, MASKS)
        for line in range(2, rows):
            sheet.write_blank(line, 0, None, bold)
        if last:
            sheet.write_row(rows, 0, GLOVES)
        made.close()
        return file.getvalue()

    def test_rows_without_a_value_cost_next_to_nothing(self) -> None:
        data = self.formatted(50_000, last=True)
        started = time.process_time()

        sheet = lines(data)

        assert time.process_time() - started < 5
        assert [line.number for line in sheet.lines] == [2, 50_001]

    def test_the_end_is_reported(self) -> None:
        (note,) = lines(self.formatted(2_000)).notes

        assert "last row in line 2, the lines below it, to line 2,000, hold no value" in note

    @pytest.mark.parametrize("reference", ["XFD1048576", "XFD2", "CW1"])
    def test_one_cell_far_away_is_named(self, reference: str) -> None:
        made = book(("A", [NAMES, MASKS]))
        made["A"][reference] = "stray"
        started = time.process_time()

        try:
            ((_, message),) = faults(made)
        except grids.SheetError as refused:
            message = str(refused)

        assert f"Cell {reference} holds “stray”" in message
        assert time.process_time() - started < 3

    def test_blanks_far_away_are_nothing(self) -> None:
        made = book(("A", [NAMES, MASKS]))
        made["A"]["XFD1048576"] = " "

        assert len(cells(made)) == 1

    def test_more_cells_than_can_be_read_in_seconds_are_refused(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("records.curation.imports.workbooks.MAX_TAGS", 1_000)

        with pytest.raises(grids.SheetError, match="cells: divide it"):
            lines(book(("A", [NAMES, *[MASKS] * 50])))


@pytest.mark.django_db
class TestPages:
    @pytest.fixture
    def client(self) -> Client:
        client = Client()
        client.force_login(UserFactory(username="root", is_superuser=True))
        return client

    def test_a_sheet_is_chosen_and_the_preview_says_which(self, client: Client) -> None:
        made = saved(book(("2020", [NAMES, MASKS]), ("2021", [["Gifts"], [], NAMES, GLOVES])))
        url = reverse("admin:records_donation_import")

        def send(**more: str) -> Any:
            file = io.BytesIO(made)
            file.name = "gifts.xlsx"
            return client.post(url, {"file": file, **more})

        requested = send().content.decode()
        response = send(sheet="2021")

        assert '<select name="sheet"' in requested
        assert '<option value="2021">2021</option>' in requested
        page = client.get(response["Location"]).content.decode()
        assert "sheet 2021, header in line 3" in page
        assert ImportBatch.objects.get().notes

    def test_rows_with_merged_givers_become_drafts(self, client: Client) -> None:
        for code in ("CHN", "PAK", "ITA"):
            PartyFactory(code=code)
        ItemFactory()
        StatementFactory(url=MASKS[12], published=True)
        made = book(("A", [NAMES, MASKS, [*GLOVES[:-1], "donated 1,200 masks"]]))
        made["A"].merge_cells("B2:B3")
        root = User.objects.get(username="root")

        batch = checked(saved(made), root)

        assert found(batch) == ["new", "new"], reported(batch)
        drafts = imported(saved(made), root)
        assert [
            [party.party_id for party in draft.parties_by_role["donor"]]
            for draft in Donation.objects.filter(pk__in=[draft.pk for draft in drafts])
        ] == [["CHN"], ["CHN"]]


def test_statements_have_their_header_found_too() -> None:
    names = ["title", "publisher", "language", "url", "published_on", "summary"]
    made = book(
        ("Cover", [["List"]]), ("Data", [["Sources"], names, ["a"] * 4 + ["May 2020", "b"]])
    )

    (line,) = lines(made, model=StatementRecord).lines

    assert line.cells["published_on"] == "2020-05"
