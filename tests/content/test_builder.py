"""One builder of drafts: a record is the same, whichever source it comes from."""

from datetime import date
from typing import Any

import pytest
import yaml

from records.content.builder import Entry
from records.curation.imports.building import SheetBuilder
from records.curation.imports.columns import columns_of, rows_of
from records.curation.imports.models import ImportRow, Verdict
from records.dataset_files.building import FileBuilder, read_head
from records.dataset_files.dumping import as_yaml, record_entries
from records.dataset_files.history import History
from records.dataset_files.layout import NOUNS
from records.dataset_files.reading import FileEntry, Problems
from records.models import Donation, Record
from tests.support.factories import DonationFactory, ItemFactory, StatementFactory

pytestmark = pytest.mark.django_db


def from_file(record: Record) -> Any:
    """The record as the dataset files have it, built again."""
    noun, history, problems = NOUNS["donations"], History(), Problems()
    ((_, written),) = record_entries(noun, history)
    root: Any = yaml.compose(as_yaml([written]), Loader=yaml.CBaseLoader)
    act = read_head(FileEntry(problems, "donations", root.value[0], noun.keys), noun)
    assert act is not None
    act.at = history.head
    # The factories publish no vocabulary: as if those files could not be read.
    unread = {"parties", "items"}
    FileBuilder(history, unread, problems).record(act, Donation, noun.keys, entered=True)
    assert problems.lines() == []
    return act.record


def from_sheet(record: Record) -> Any:
    """The record as the rows of a download, built as a new one."""
    rows = [
        ImportRow(
            number=number,
            first=2,
            record="new",
            cells={name: text for name, text in cells.items() if name not in head},
        )
        for head in [("record", "version")]
        for number, cells in enumerate(rows_of(record), start=2)
    ]
    names = [column.name for column in columns_of(Donation)]
    (group,) = SheetBuilder(Donation, names, may_change=True).build_all([rows])
    assert (group.verdict, dict(group.faults)) == (Verdict.NEW, {row.number: [] for row in rows})
    return group.draft


def test_a_file_and_a_spreadsheet_build_the_same_record() -> None:
    ItemFactory(code="ventilator")
    other = StatementFactory(published=True)
    made: Any = DonationFactory(
        recipients=["ITA", "PAK"],
        links={"part_of": other},
        note="Two flights.",
        as_of=date(2020, 4, 1),
        as_of_precision="month",
        figures=[
            {"operator": "approx", "value": 50_000},
            {"item": "ventilator", "value": 20, "countable": False, "countable_reason": "pledge"},
        ],
        published=True,
    )
    donation = Donation.objects.get(pk=made.pk)

    assert from_file(donation).content() == donation.content()
    assert from_sheet(donation).content() == donation.content()


class Texts(Entry):
    """An entry of texts, for its reading alone."""

    def __init__(self, **texts: str) -> None:
        super().__init__()
        self.texts = texts
        self.faults: list[tuple[str, str]] = []

    def text(self, key: str) -> str:
        return self.texts.get(key, "")

    def fault(self, message: str, key: str = "") -> None:
        self.faults.append((key, message))


def test_a_wrong_value_is_reported_at_its_key_and_read_as_the_default() -> None:
    entry = Texts(version="two")

    assert entry.value("version", int, 1) == 1
    assert entry.value("number", int, 1) == 1
    assert [key for key, _ in entry.faults] == ["version"]
