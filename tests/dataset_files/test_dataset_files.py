"""The dataset's way in and out: load_dataset and dump_dataset, and flush."""

import datetime
import json
import os
import re
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from records.curation.proposals.deciding import propose_entry
from records.curation.proposals.models import Proposal
from records.curation.reports.models import Report
from records.curation.saved_views.models import SavedView
from records.dataset_files.dumping import Inline, InlineMapping, as_yaml
from records.dataset_files.layout import (
    FIGURE,
    HS_CODE,
    MILESTONE,
    NOUNS,
    columns,
)
from records.documents.models import DonationDocument
from records.index.models import FilterStatistics
from records.models import (
    DATED,
    KINDS,
    STAGED,
    Basis,
    Change,
    Contract,
    Contributor,
    ContributorRole,
    Donation,
    DonationFigure,
    Export,
    HSCode,
    Item,
    Measure,
    Operator,
    Origin,
    Party,
    Revision,
    RevisionCounter,
    Statement,
    Unit,
)
from records.models.figures import NEVER_COUNT
from records.models.milestones import RUNNING
from records.publishing import (
    approve,
    begin_correction,
    edit_vocabulary,
    submit,
    triggers,
    vocabulary_content,
)
from records.publishing.vocabulary_edits import FIELDS, HS_FIELDS, VocabularyEdit
from tests.support.databases import address
from tests.support.thoroughness import scaled

# --- A small dataset, written as a curator would

REVISIONS = """
- number: 1
  at: 2026-05-01T09:00:00Z
  message: The first records.
  origin: file
- number: 2
  at: 2026-05-02T09:30:00Z
  message: What arrived, and what was wrong.
  origin: file
"""
ITEMS = """
- code: medical-supplies
  version: 1
  revision: 1
  name: Medical supplies
- code: mask
  version: 1
  revision: 1
  name: Mask
  parent: medical-supplies
  default_unit: piece
  hs_codes:
    - {code: 6307.90, edition: HS2017}
  aliases: [masks, 口罩]
"""
PARTIES = """
- code: CHN
  version: 1
  revision: 1
  name: China
  type: country
  country: CHN
  region: 030
- code: PAK
  version: 1
  revision: 1
  name: Pakistan
  type: country
  country: PAK
  region: 034
- code: pak-punjab
  version: 1
  revision: 1
  name: Punjab
  type: local_government
  country: PAK
"""
STATEMENTS = """
- id: st-0000000a
  version: 1
  revision: 1
  title: A spokesperson on aid, as a newspaper printed it
  publisher: The Nation
  language: en
  url: https://example.org/nation
  published_on: 2020-04-13
  said_on: 2020-04
  summary: What China gave.
  topics: [aid-total]
- id: st-0000000a
  version: 2
  revision: 2
  reason: The speaker was found.
  title: A spokesperson on aid, as a newspaper printed it
  publisher: The Nation
  speaker: Zhao Lijian
  language: en
  url: https://example.org/nation
  published_on: 2020-04-13
  said_on: 2020-04-10
  summary: What China gave.
  topics: [aid-total]
- id: st-0000000b
  version: 1
  revision: 1
  title: A second report
  publisher: An agency
  language: zh
  url: https://example.org/agency
  published_on: 2020-04-14
  summary: The same gift, counted otherwise.
"""
DONATIONS = """
- id: don-0000000a
  version: 1
  revision: 1
  title: China gives Pakistan masks
  donors: [CHN]
  recipients: [PAK, pak-punjab]
  form: goods
  stage: announced
  stated_by: donor
  as_of: 2020-04-10
  figures:
    - measure: quantity
      value: 50000
      item: mask
      unit: piece
      statement: st-0000000a
      quote: 50,000 masks
- id: don-0000000a
  version: 2
  revision: 2
  reason: They arrived; a second report counts fewer.
  title: China gives Pakistan masks
  donors: [CHN]
  recipients: [PAK, pak-punjab]
  form: goods
  stage: delivered
  stated_by: donor
  as_of: 2020-04-10
  links:
    - {type: same_event_as, id: don-0000000b}
  figures:
    - measure: quantity
      value: 50000
      item: mask
      unit: piece
      rank: preferred
      rank_reason: The giver's own number.
      statement: st-0000000a
      quote: 50,000 masks
    - measure: quantity
      operator: more_than
      value: 40000
      item: mask
      unit: piece
      statement: st-0000000b
      quote: over 40,000
- id: don-0000000b
  version: 1
  revision: 1
  title: China gives Pakistan money
  donors: [CHN]
  recipients: [PAK]
  form: cash
  stage: committed
  stated_by: donor
  as_of: 2020-04
  figures:
    - measure: money
      operator: between
      lower: 1000000
      upper: 1500000.5
      currency: USD
      statement: st-0000000b
      quote: between one and one and a half million
- id: don-0000000b
  version: 1
  revision: 2
  action: withdrawn
  reason: It was an estimate, not a gift.
"""
EXPORTS = """
- id: exp-0000000a
  version: 1
  revision: 1
  title: Masks that left China in March 2020
  exporters: [CHN]
  reported_by: official_record
  period_start: 2020-02
  period_end: 2020-02
  as_of: 2020-03-01
  series: masks
  figures:
    - measure: quantity
      value: 3860000000
      item: mask
      basis: cumulative_to_date
      statement: st-0000000b
      quote: 38.6亿只口罩
"""
CONTRACTS = """
- id: con-0000000a
  version: 1
  revision: 1
  title: Countries with contracts for supplies from China
  suppliers: [CHN]
  stage: signed
  as_of: 2020-04-08
  figures:
    - measure: parties
      value: 58
      party_type: country
      party_role: buyer
      statement: st-0000000b
      quote: 58 countries
    - measure: money
      value: 0.5
      currency: USD
      basis: per_unit
      countable: false
      statement: st-0000000b
      quote: half a dollar each
"""
SMALL = {
    "revisions": REVISIONS,
    "items": ITEMS,
    "parties": PARTIES,
    "statements": STATEMENTS,
    "donations": DONATIONS,
    "exports": EXPORTS,
    "contracts": CONTRACTS,
}


def write(directory: Path, files: dict[str, str]) -> Path:
    directory.mkdir(exist_ok=True)
    for noun, text in files.items():
        (directory / f"{noun}.yaml").write_text(text.lstrip("\n"), encoding="utf-8")
    return directory


def replaced(noun: str, old: str, new: str, number: int = 1) -> dict[str, str]:
    """The small dataset with one of a text's occurrences written otherwise."""
    parts = SMALL[noun].split(old)
    assert len(parts) > number, f"{old!r} does not occur {number} times in {noun}"
    text = old.join(parts[:number]) + new + old.join(parts[number:])
    return SMALL | {noun: text}


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return write(tmp_path / "small", SMALL)


def load(directory: Path, **options: Any) -> str:
    reported = StringIO()
    call_command("load_dataset", directory, stdout=reported, **options)
    return reported.getvalue().strip()


def refused(directory: Path) -> list[str]:
    """The faults for which a load is refused; it must not write in order to find them."""
    with (
        CaptureQueriesContext(
            connection,
        ) as queries,
        pytest.raises(CommandError) as error,
    ):
        load(directory)
    written = [
        query["sql"]
        for query in queries
        if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))
    ]
    assert written == []
    *faults, summary = str(error.value).splitlines()
    assert summary.endswith("nothing was written.")
    return faults


def dump(directory: Path) -> dict[str, str]:
    call_command("dump_dataset", directory, stdout=StringIO())
    assert sorted(path.name for path in directory.iterdir()) == sorted(
        f"{noun}.yaml" for noun in NOUNS
    )
    return {noun: (directory / f"{noun}.yaml").read_text(encoding="utf-8") for noun in NOUNS}


def snapshot() -> dict[str, Any]:
    """All that a load writes."""
    return {
        "revisions": list(Revision.objects.order_by("number").values()),
        "changes": list(Change.objects.order_by("revision", "position").values()),
        "terms": [
            *Party.objects.order_by("code").values(),
            *Item.objects.order_by("code").values(),
        ],
        # Not of statements: their keys are the database's own.
        "counts": list(
            FilterStatistics.objects.exclude(role__startswith="statement")
            .order_by("kind", "role", "key")
            .values("kind", "role", "key", "versions")
        ),
        "records": [
            (record.public_id, record.version, record.state, record.published_in_id,
             record.retired_in_id, record.digest, record.content(), record.document.body)
            for model in KINDS.values()
            for record in model.objects.order_by("public_id", "version")
        ],
    }  # fmt: skip


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside is rolled back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


# --- In


@pytest.mark.django_db
def test_history_is_replayed(small: Path) -> None:
    reported = load(small)

    assert reported == (
        "Published revisions 1 to 2. Parties and items: 5, versions of records: 8, withdrawals: 1."
    )
    assert RevisionCounter.number() == 2
    assert list(Change.objects.filter(revision=2).values_list("public_id", "version", "action",
                                                              "reason")) == [
        ("st-0000000a", 2, "corrected", "The speaker was found."),
        ("don-0000000a", 2, "corrected", "They arrived; a second report counts fewer."),
        ("don-0000000b", 1, "withdrawn", "It was an estimate, not a gift."),
    ]  # fmt: skip
    assert Revision.objects.get(number=2).published_at.isoformat() == "2026-05-02T09:30:00+00:00"


@pytest.mark.django_db
def test_defaults_and_derived_values_are_filled_in(small: Path) -> None:
    load(small)

    newer, estimate = DonationFigure.objects.filter(position=0).order_by("-pk")[:2]
    assert (newer.operator, newer.basis, newer.countable, newer.lower) == (
        "exact", "single", True, newer.value)  # fmt: skip
    assert (estimate.value, estimate.lower) == (None, 1_000_000)
    assert Party.objects.get(code="pak-punjab").region == "034"
    assert Statement.objects.get(public_id="st-0000000a", version=1).said_on_precision == "month"
    export = Export.objects.get()
    assert (str(export.period_start), str(export.period_end)) == ("2020-02-01", "2020-02-29")


@pytest.mark.django_db
def test_figures_pin_the_statement_version_in_force(small: Path) -> None:
    load(small)

    pinned = DonationFigure.objects.filter(statement__public_id="st-0000000a")
    assert set(pinned.values_list("record__version", "statement__version")) == {(1, 1), (2, 2)}


@pytest.mark.django_db
def test_an_older_statement_version_can_be_pinned(tmp_path: Path) -> None:
    line = "statement: st-0000000a\n"
    files = replaced("donations", line, line + "      statement_version: 1\n", number=2)
    load(write(tmp_path / "files", files))

    dumped = dump(tmp_path / "dumped")

    assert set(DonationFigure.objects.filter(statement__public_id="st-0000000a").values_list(
        "statement__version", flat=True)) == {1}  # fmt: skip
    assert dumped["donations"].count("statement_version: 1") == 1


@pytest.mark.django_db
def test_loading_again_changes_nothing(small: Path) -> None:
    load(small)
    before = snapshot()

    reported = load(small)

    assert reported == "Nothing to do: the database is at revision 2."
    assert snapshot() == before


@pytest.mark.django_db
def test_only_missing_revisions_are_replayed(small: Path, tmp_path: Path) -> None:
    first = yaml.load(DONATIONS, Loader=yaml.CBaseLoader)[0::2][:2]
    load(
        write(
            tmp_path / "first",
            SMALL
            | {
                "revisions": REVISIONS.partition("- number: 2")[0],
                "statements": yaml.dump(
                    [entry for entry in yaml.load(STATEMENTS, Loader=yaml.CBaseLoader)
                     if entry["revision"] == "1"]
                ),
                "donations": yaml.dump(first),
            },
        )
    )  # fmt: skip
    assert RevisionCounter.number() == 1

    reported = load(small)

    assert (
        reported
        == "Published revision 2. Parties and items: 0, versions of records: 2, withdrawals: 1."
    )


PENDING_DONATION = """
- id: don-0000000c
  version: 1
  title: China gives Punjab masks
  donors: [CHN]
  recipients: [pak-lahore]
  form: goods
  stage: unknown
  stated_by: donor
  as_of: 2020-04-12
  figures:
    - measure: quantity
      value: 10
      item: mask
      statement: st-0000000a
      quote: ten masks
"""
PENDING_PARTY = """
- code: pak-lahore
  version: 1
  name: Lahore
  type: local_government
  country: PAK
"""


@pytest.mark.django_db
def test_pending_entries_become_one_revision(small: Path) -> None:
    load(small)
    write(
        small,
        {"donations": DONATIONS + PENDING_DONATION, "parties": PARTIES + PENDING_PARTY},
    )

    load(small, message="Masks for Lahore.")

    revision = Revision.objects.latest("number")
    assert (revision.number, revision.message, revision.origin) == (
        3, "Masks for Lahore.", Origin.FILE)  # fmt: skip
    assert list(revision.changes.values_list("public_id", flat=True)) == [
        "pak-lahore",
        "don-0000000c",
    ]
    assert load(small) == "Nothing to do: the database is at revision 3."


@pytest.mark.django_db
def test_pending_terms_alone_are_an_edit_of_the_vocabulary(small: Path) -> None:
    load(write(small, {"parties": PARTIES + PENDING_PARTY}))

    assert Revision.objects.latest("number").origin == Origin.VOCABULARY


@pytest.mark.django_db
def test_the_files_may_lag_behind_the_database(small: Path, tmp_path: Path) -> None:
    load(write(tmp_path / "more", SMALL | {"parties": PARTIES + PENDING_PARTY}))

    assert load(small) == "Nothing to do: the database is at revision 3."
    # What a pending entry names may stand in the database alone.
    reported = load(write(small, {"donations": DONATIONS + PENDING_DONATION}))
    assert (
        reported
        == "Published revision 4. Parties and items: 0, versions of records: 1, withdrawals: 0."
    )


@pytest.mark.django_db
def test_items_are_moved_top_down(small: Path, tmp_path: Path) -> None:
    swap = """
- code: medical-supplies
  version: 2
  reason: Turned over.
  name: Medical supplies
  parent: mask
- code: mask
  version: 2
  reason: Turned over.
  name: Mask
"""
    load(write(small, {"items": ITEMS + swap}))

    assert Item.objects.get(code="medical-supplies").lineage() == ["medical-supplies", "mask"]
    assert dump(tmp_path / "dumped")["items"].startswith("- code: mask\n")


LAHORE_TWICE = """
- code: pak-lahore-city
  version: 1
  name: City of Lahore
  type: local_government
  country: PAK
  replaced_by: pak-lahore
"""
MASKS_TWICE = """
- code: a-mask
  version: 1
  name: Masks
  parent: medical-supplies
  replaced_by: mask
"""


@pytest.mark.django_db
def test_replacements_come_and_go_with_the_files(small: Path, tmp_path: Path) -> None:
    """An entry comes after what replaces it, and a file without the key has none."""
    files = {"parties": PARTIES + LAHORE_TWICE + PENDING_PARTY, "items": ITEMS + MASKS_TWICE}
    load(write(small, files))

    assert Party.objects.get(code="pak-lahore-city").replaced_by_id == "pak-lahore"
    dumped = dump(tmp_path / "dumped")
    assert "  replaced_by: mask\n" in dumped["items"]
    assert dumped["parties"].count("replaced_by") == 1
    assert "Nothing to do" in load(tmp_path / "dumped")
    donation = PENDING_DONATION.replace("donors: [CHN]", "donors: [pak-lahore-city]")
    assert donation != PENDING_DONATION
    (fault,) = refused(write(small, {"donations": DONATIONS + donation}))
    assert "pak-lahore-city is replaced by pak-lahore: write pak-lahore." in fault


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("by", "message"),
    [
        ("pak-lahore-city", "A party cannot replace itself"),
        ("pak-lahor", "There is no party pak-lahor. Did you mean pak-lahore?"),
        ("PAK", "A country is replaced by a country only"),
    ],
)
def test_replacements_that_cannot_be_are_faults(small: Path, by: str, message: str) -> None:
    entry = LAHORE_TWICE.replace("replaced_by: pak-lahore", f"replaced_by: {by}")

    (fault,) = refused(write(small, {"parties": PARTIES + PENDING_PARTY + entry}))

    assert message in fault
    assert "pak-lahore-city v1" in fault


# --- What is refused


FAULTS = [
    # (noun, what is there, what is there instead, where the fault is, words of its report)
    ("donations", "form: goods", "forms: goods", "don-0000000a v1 forms",
     "There is no such key here. Did you mean form?"),
    ("donations", "form: goods\n", "form: goods\n  form: cash # twice\n", "don-0000000a v1 form",
     "This key is there twice"),
    ("donations", "form: goods", "form: good", "don-0000000a v1 form", "Did you mean goods?"),
    ("donations", "form: goods", "form: ''", "don-0000000a v1 form", "leave the key out"),
    ("donations", "form: goods", "form: [goods]", "don-0000000a v1 form", "Write one value"),
    ("donations", "form: goods", "form: !!binary goods", "", "tags are not used"),
    ("donations", "donors: [CHN]", "donors: CHN", "don-0000000a v1 donors", "Write a list"),
    ("donations", "donors: [CHN]", "donors: [CHI]", "don-0000000a v1 donors",
     "There is no party CHI."),
    ("donations", "donors: [CHN]", "donors: [CHN, CHN]", "don-0000000a v1 donors",
     "CHN is there twice"),
    ("donations", "as_of: 2020-04-10", "as_of: 2020-04-31", "don-0000000a v1 as_of",
     "no day of the calendar"),
    ("donations", "as_of: 2020-04-10", "as_of: 10.4.2020", "don-0000000a v1 as_of",
     "write the date as 2020-04-10"),
    ("donations", "as_of: 2020-04-10\n", "series: A b\n  as_of: 2020-04-10\n",
     "don-0000000a v1 series", "lower-case"),
    ("exports", "period_start: 2020-02", "period_start: 2020-03", "exp-0000000a v1",
     "The period ends before it begins."),
    ("donations", "value: 50000", "value: 50 000", "don-0000000a v1 figures[0].value",
     "is not a plain number"),
    ("donations", "value: 50000", "value: 1234567890.123456", "don-0000000a v1 figures[0].value",
     "15 significant digits"),
    ("donations", "item: mask", "item: masks", "don-0000000a v1 figures[0].item",
     "There is no item masks. Did you mean mask?"),
    ("donations", "unit: piece", "unit: pieces", "don-0000000a v1 figures[0].unit",
     "Did you mean piece?"),
    ("donations", "- measure: quantity", "- measure: money", "don-0000000a v1 figures[0]",
     "money has no unit"),
    ("donations", "value: 50000", "operator: between", "don-0000000a v1 figures[0]",
     "do not fit the operator"),
    ("donations", "value: 50000", "value: 50000\n      basis: target",
     "don-0000000a v1 figures[0]", "never part of a total"),
    ("donations", "statement: st-0000000a", "statement: st-0000000c",
     "don-0000000a v1 figures[0].statement", "There is no statement st-0000000c. Did you mean"),
    ("donations", "statement: st-0000000a", "statement: don-0000000b",
     "don-0000000a v1 figures[0].statement", "no id of a statement"),
    ("donations", "statement: st-0000000a", "statement: st-0000000a\n      statement_version: 2",
     "don-0000000a v1 figures[0].statement_version", "had no version 2 then"),
    ("donations", "      rank: preferred\n      rank_reason: The giver's own number.\n", "",
     "don-0000000a v2 figures", "rank exactly one as preferred"),
    ("donations", "rank: preferred\n      rank_reason: The giver's own number.", "rank: preferred",
     "don-0000000a v2 figures[0]", "Say why this report is preferred"),
    ("donations", "id: don-0000000b}", "id: don-0000000c}", "don-0000000a v2 links[0].id",
     "There is no donation don-0000000c. Did you mean don-0000000"),
    ("donations", "id: don-0000000b}", "id: don-0000000a}", "don-0000000a v2 links",
     "cannot link to itself"),
    ("donations", "type: same_event_as", "type: same_as", "don-0000000a v2 links[0].type",
     "Did you mean same_event_as?"),
    ("donations", "  reason: They arrived; a second report counts fewer.\n", "",
     "don-0000000a v2 reason", "Say why this version replaces"),
    ("donations", "version: 2", "version: 3", "don-0000000a v3 version", "Version 2 is missing."),
    ("donations", "version: 2", "version: 1", "don-0000000a v1",
     "is there already, in line 1"),
    ("donations", "version: 2", "version: two", "don-0000000a vtwo version", "not a whole number"),
    ("donations", "version: 1", "version: 0", "don-0000000a v0 version", "Versions are 1, 2, 3"),
    ("donations", "revision: 2", "revision: 1", "don-0000000a v2 revision",
     "follows in a later revision"),
    ("donations", "revision: 2", "revision: 7", "don-0000000a v2 revision",
     "revisions.yaml has no revision 7"),
    ("donations", "id: don-0000000a", "id: con-0000000a", "con-0000000a v1 id",
     "the id of a contract, not of a donation"),
    ("donations", "id: don-0000000a", "id: don-00000oil", "don-00000oil v1 id",
     "no id of a record"),
    ("donations", "- id: don-0000000a\n  version: 1", "- version: 1", "entry without id id",
     "This key is missing."),
    ("donations", "  title: China gives Pakistan money\n", "", "don-0000000b v1 title",
     "This key is missing."),
    ("donations", "      quote: 50,000 masks\n", "", "don-0000000a v1 figures[0].quote",
     "This key is missing."),
    ("donations", "action: withdrawn", "action: removed", "don-0000000b v1 action",
     "none of withdrawn"),
    ("donations", "action: withdrawn", "action: withdrawn\n  note: gone", "don-0000000b v1 note",
     "A withdrawal has no such key"),
    ("donations", "  reason: It was an estimate, not a gift.\n", "", "don-0000000b v1 reason",
     "This key is missing."),
    ("contracts", "suppliers: [CHN]\n  stage: signed", "stage: cancelled", "con-0000000a v1 note",
     "Say why the contract was cancelled."),
    ("contracts", "      countable: false\n", "", "con-0000000a v1 figures[1]",
     "never part of a total"),
    ("contracts", "countable: false", "countable: no", "con-0000000a v1 figures[1].countable",
     "write true or false"),
    ("exports", "  figures:\n", "  figure:\n", "exp-0000000a v1 figure",
     "Did you mean figures?"),
    ("statements", "url: https://example.org/agency", "url: example.org", "st-0000000b v1 url",
     "valid URL"),
    ("statements", "revision: 2\n  reason: The speaker was found.",
     "revision: 2\n  action: withdrawn\n  reason: Gone.", "st-0000000a v2 title",
     "A withdrawal has no such key"),
    ("items", "parent: medical-supplies", "parent: mask", "mask v1 parent", "its own ancestor"),
    ("items", "parent: medical-supplies", "parent: supplies", "mask v1 parent",
     "There is no item supplies"),
    ("items", "code: 6307.90", "code: 630790", "mask v1 hs_codes[0].code", "6307.90"),
    ("items", "edition: HS2017", "edition: HS2020", "mask v1 hs_codes[0].edition", "HS2022"),
    ("parties", "country: CHN", "country: PAK", "CHN v1", "A country's own country is itself"),
    ("parties", "region: 030", "region: 30", "CHN v1 region", "Did you mean 030?"),
    ("parties", "code: pak-punjab", "code: Punjab Province", "Punjab Province v1 code",
     "lower-case letters"),
    ("revisions", "number: 2", "number: 3", "revision 3 number", "this is the place of 2"),
    ("revisions", "at: 2026-05-02T09:30:00Z", "at: 2026-05-02", "revision 2 at", "with its zone"),
    ("revisions", "at: 2026-05-02T09:30:00Z", "at: 2020-05-02T09:30:00Z", "revision 2 at",
     "revisions never go back in time"),
    ("revisions", "origin: file", "origin: files", "revision 1 origin", "Did you mean file?"),
    ("revisions", "  message: The first records.\n", "", "revision 1 message",
     "This key is missing."),
]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(("noun", "old", "new", "where", "words"), FAULTS)
def test_every_fault_is_reported_with_its_place(
    tmp_path: Path, noun: str, old: str, new: str, where: str, words: str
) -> None:
    files = replaced(noun, old, new)

    faults = refused(write(tmp_path / "files", files))

    reported = [fault for fault in faults if words in fault]
    assert reported, faults
    place, _, rest = reported[0].partition(" ")
    place = place.rstrip(":")
    assert rest.startswith(f"{where}: " if where else "Aliases and tags"), reported[0]
    file, _, number = place.partition(":")
    assert file == f"{noun}.yaml"
    line = files[noun].lstrip("\n").splitlines()[int(number) - 1]
    key = where.rpartition(" ")[2].rpartition(".")[2].partition("[")[0]
    # The line of the key; where the key is absent, the line on which its entry begins.
    assert f"{key}:" in line or line.lstrip().startswith("- "), (reported[0], line)


@pytest.mark.django_db
def test_all_faults_of_all_files_are_reported_together(tmp_path: Path) -> None:
    files = SMALL | {
        "donations": DONATIONS.replace("form: cash", "form: cahs").replace("[CHN]", "[CNH]"),
        "exports": EXPORTS.replace("as_of: 2020-03-01", "as_of: March"),
        "parties": PARTIES.replace("type: local_government", "type: province"),
    }

    faults = refused(write(tmp_path / "files", files))

    assert [fault.split(" ")[:3] for fault in faults] == [
        ["parties.yaml:19", "pak-punjab", "v1"],
        ["donations.yaml:5", "don-0000000a", "v1"],
        ["donations.yaml:23", "don-0000000a", "v2"],
        ["donations.yaml:51", "don-0000000b", "v1"],
        ["donations.yaml:53", "don-0000000b", "v1"],
        ["exports.yaml:9", "exp-0000000a", "v1"],
    ]
    assert faults[3] == ("donations.yaml:51 don-0000000b v1 donors: There is no party CNH.")


BROKEN = [
    ("title: China gives Pakistan masks", "title: 'China", "cannot be read as YAML"),
    ("title: China gives Pakistan masks", "title: China: masks", "cannot be read as YAML"),
    ("title: China gives Pakistan masks", "title: \x07", "cannot be read as YAML"),
    ("as_of: 2020-04-10", "as_of: &day 2020-04-10\n  period_end: *day", "Aliases and tags"),
    ("- id: don-0000000a", "donations:\n- id: don-0000000a", "The file is a list"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("old", "new", "words"), BROKEN)
def test_what_is_no_plain_list_is_reported_alone(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    faults = refused(write(tmp_path / "files", replaced("donations", old, new)))

    assert faults
    assert all(fault.startswith("donations.yaml") for fault in faults)
    assert words in faults[0]


@pytest.mark.django_db
def test_missing_and_misnamed_files_are_reported(small: Path) -> None:
    (small / "donations.yaml").rename(small / "donation.yaml")
    (small / "exports.yaml").write_bytes(EXPORTS.encode("gb18030"))
    # What was decided about findings is beside the dataset.
    (small / "decided.yaml").write_text("no list", "utf-8")

    faults = refused(small)

    assert faults == [
        "donations.yaml: The file is missing; where there is nothing, write [] into it.",
        "exports.yaml:18: This is no UTF-8 text.",
        "donation.yaml: donation.yaml is no file of a dataset. Did you mean donations?",
    ]


@pytest.mark.django_db
def test_a_file_of_comments_has_no_entries(small: Path) -> None:
    (small / "exports.yaml").write_text("# None yet.\n", "utf-8")

    load(small)

    assert not Export.objects.exists()


@pytest.mark.django_db
def test_an_empty_file_and_one_that_cannot_be_read_are_reported(small: Path) -> None:
    (small / "exports.yaml").write_text("", "utf-8")
    (small / "contracts.yaml").unlink()
    (small / "contracts.yaml").mkdir()

    faults = refused(small)

    assert faults == [
        "exports.yaml: The file is empty; where there is nothing, write [] into it.",
        "contracts.yaml: The file cannot be read: Is a directory.",
    ]


@pytest.mark.django_db
def test_a_directory_in_place_of_a_file_leaves_older_files_alone(
    small: Path, tmp_path: Path
) -> None:
    load(small)
    target = tmp_path / "dumped"
    (target / "exports.yaml").mkdir(parents=True)
    (target / "revisions.yaml").write_text("older", "utf-8")

    with pytest.raises(CommandError, match=r"exports\.yaml: this is a directory, no file"):
        call_command("dump_dataset", target)

    assert (target / "revisions.yaml").read_text("utf-8") == "older"
    assert {path.name for path in target.iterdir()} == {"exports.yaml", "revisions.yaml"}


@pytest.mark.django_db
def test_a_directory_that_is_not_there_is_reported(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="there is no such directory"):
        load(tmp_path / "nowhere")


@pytest.mark.django_db
def test_a_statement_that_bears_a_figure_is_not_withdrawn(tmp_path: Path) -> None:
    withdrawal = """
- id: st-0000000b
  version: 1
  action: withdrawn
  reason: It was invented.
"""
    files = SMALL | {"statements": STATEMENTS + withdrawal}

    (fault,) = refused(write(tmp_path / "files", files))

    assert "Records rest on it (con-0000000a, don-0000000a, exp-0000000a)" in fault


MILESTONES = """
  missing: Two million goggles.
  milestones:
    - stage: delivered
      date: 2020-04-13
      statement: st-0000000a
      statement_version: 1
      quote: reached Lahore on Monday
    - stage: announced
      date: 2020-03
      dated: by
      statement: st-0000000b
      quote: 承诺的口罩
"""


def with_milestones(old: str = "", new: str = "") -> dict[str, str]:
    """The small dataset with milestones in the second version of the donation."""
    head, tail = DONATIONS.split("  stage: delivered\n", 1)
    reported = f"{head}  stage: delivered{MILESTONES}{tail}"
    assert old in reported
    return SMALL | {"donations": reported.replace(old, new, 1) if old else reported}


@pytest.mark.django_db
def test_milestones_go_there_and_back(tmp_path: Path) -> None:
    load(write(tmp_path / "files", with_milestones()))

    donation = Donation.objects.get(public_id="don-0000000a", version=2)
    first, last = donation.ordered_milestones()
    assert (first.stage, first.date_text, first.dated) == ("announced", "2020-03", "by")
    assert (last.stage, last.date_text, last.dated) == ("delivered", "2020-04-13", "on")
    assert last.statement.version == 1
    assert donation.missing == "Two million goggles."
    dumped = dump(tmp_path / "dumped")
    assert "date: 2020-03\n      dated: by\n      statement: st-0000000b" in dumped["donations"]
    assert load(tmp_path / "dumped").startswith("Nothing to do")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("stage: delivered\n  missing", "stage: paid\n  missing",
         "By its milestones the stage is delivered, not paid: write delivered."),
        ("- stage: announced\n", "- stage: delivered\n",
         "The stage is there twice: each is reached once."),
        ("date: 2020-03\n", "date: March 2020\n", "write the date as 2020-04-10"),
        ("date: 2020-03\n", "date: 2019-03\n", "The dataset begins in 2020"),
        ("    - stage: announced\n", "    - stage: signed\n", "'signed' is none of announced"),
        ("      quote: reached Lahore on Monday\n", "", "This key is missing."),
        ("  missing: Two", "  series: a-total\n  missing: Two",
         "A running total has no milestones"),
    ],
)  # fmt: skip
def test_wrong_milestones_are_refused_with_their_place(
    tmp_path: Path, old: str, new: str, expected: str
) -> None:
    faults = refused(write(tmp_path / "files", with_milestones(old, new)))

    assert len(faults) == 1, faults
    assert expected in faults[0]
    assert "don-0000000a v2" in faults[0]


@pytest.mark.django_db
def test_withdrawn_evidence_is_not_cited(tmp_path: Path) -> None:
    gone = """
- id: st-0000000c
  version: 1
  revision: 1
  title: A report
  publisher: An agency
  language: en
  url: https://example.org/c
  published_on: 2020-04-14
  summary: It was soon taken back.
- id: st-0000000c
  version: 1
  revision: 2
  action: withdrawn
  reason: Its publisher took it back.
"""
    donation = PENDING_DONATION.replace("pak-lahore", "PAK").replace("0000000a", "0000000c")
    files = SMALL | {"statements": STATEMENTS + gone, "donations": DONATIONS + donation}

    (fault,) = refused(write(tmp_path / "files", files))

    assert "figures[0].statement: st-0000000c was withdrawn" in fault


@pytest.mark.django_db
def test_an_empty_revision_is_reported(tmp_path: Path) -> None:
    third = "- number: 3\n  at: 2026-05-03T00:00:00Z\n  message: Nothing.\n  origin: file\n"

    (fault,) = refused(write(tmp_path / "files", SMALL | {"revisions": REVISIONS + third}))

    assert fault == "revisions.yaml:9 revision 3: No entry has this revision: it brings nothing."


DIVERGENCES = [
    ("revisions", "The first records.", "The first.", "revision 1 message", "The first records."),
    ("revisions", "origin: file", "origin: people", "revision 1 origin", "'file'"),
    ("donations", "stage: delivered", "stage: dispatched", "don-0000000a v2 stage",
     "with other content: stage"),
    ("donations", "value: 40000", "value: 40001", "don-0000000a v2 figures",
     "with other content: figures"),
    ("donations", "recipients: [PAK, pak-punjab]", "recipients: [pak-punjab, PAK]",
     "don-0000000a v1 recipients", "with other content: recipients"),
    ("donations", "They arrived; a", "They came; a", "don-0000000a v2 reason", "another reason"),
    ("donations", "It was an estimate", "It was a guess", "don-0000000b v1 reason",
     "another reason"),
    ("statements", "summary: The same gift, counted otherwise.", "summary: Another gift.",
     "st-0000000b v1 summary", "with other content: summary"),
    ("parties", "name: Punjab", "name: The Punjab", "pak-punjab v1 name", "other content: name"),
    ("items", "HS2017", "HS2022", "mask v1 hs_codes", "other content: hs_codes"),
    ("contracts", CONTRACTS, "[]", "revision 1", "also has con-0000000a v1 (published)"),
    ("contracts", "  revision: 1\n", "", "con-0000000a v1", "write `revision: 1`"),
    ("contracts", "revision: 1", "revision: 2", "con-0000000a v1 revision", "in revision 1"),
    ("contracts", CONTRACTS, CONTRACTS + CONTRACTS.replace("000a", "000b", 1),
     "con-0000000b v1 revision", "revision 1 does not have it"),
]  # fmt: skip


@pytest.mark.django_db
def test_a_history_that_diverges_is_refused(small: Path, subtests: pytest.Subtests) -> None:
    load(small)
    before = snapshot()

    for noun, old, new, where, words in DIVERGENCES:
        with subtests.test(f"{noun}: {new[:40]}"):
            faults = refused(write(small, replaced(noun, old, new)))

            assert any(f" {where}: " in fault and words in fault for fault in faults), faults
        write(small, SMALL)

    assert snapshot() == before


@pytest.mark.django_db
def test_an_open_draft_of_the_same_record_is_in_the_way(small: Path, editor: Any) -> None:
    load(small)
    begin_correction(Contract.objects.get(), by=editor, reason="Another number.")
    correction = CONTRACTS.replace("version: 1\n  revision: 1", "version: 2\n  reason: Other.")
    correction = correction.replace("stage: signed", "stage: unknown")

    with pytest.raises(CommandError) as error:
        load(write(small, {"contracts": CONTRACTS + correction}))

    held_back, summary = str(error.value).splitlines()
    assert (
        "con-0000000a v2: Somebody is working on this record in the database (draft v2)"
        in held_back
    )
    assert summary.startswith("1 entry was held back")
    assert RevisionCounter.number() == 2


# --- Out


@pytest.mark.django_db
def test_dumped_files_are_loaded_alike_and_dumped_alike(small: Path, tmp_path: Path) -> None:
    with undone():
        load(small)
        loaded = snapshot()
        dumped = dump(tmp_path / "dumped")
        assert load(tmp_path / "dumped") == "Nothing to do: the database is at revision 2."

    load(tmp_path / "dumped")

    assert without_keys(snapshot()) == without_keys(loaded)
    assert dump(tmp_path / "again") == dumped
    for noun, text in SMALL.items():
        assert len(yaml.safe_load(dumped[noun])) == len(yaml.safe_load(text))


def without_keys(snapshot: dict[str, Any]) -> dict[str, Any]:
    """A snapshot without the numbers of rows."""
    strip = [{key: value for key, value in row.items() if key != "id"} for row in
             [*snapshot["changes"], *snapshot["counts"]]]  # fmt: skip
    return snapshot | {"changes": strip, "counts": []}


@pytest.mark.django_db
def test_the_dump_is_written_as_a_curator_would(small: Path, tmp_path: Path) -> None:
    load(small)

    dumped = dump(tmp_path / "dumped")

    assert dumped["donations"].startswith(
        textwrap.dedent(
            """\
            - id: don-0000000a
              version: 1
              revision: 1
              title: China gives Pakistan masks
              donors: [CHN]
              recipients: [PAK, pak-punjab]
              form: goods
              stage: announced
              stated_by: donor
              as_of: 2020-04-10
              figures:
                - measure: quantity
                  value: 50000
                  item: mask
                  unit: piece
                  statement: st-0000000a
                  quote: 50,000 masks

            - id: don-0000000a
              version: 2
            """
        )
    )
    assert "    - {type: same_event_as, id: don-0000000b}\n" in dumped["donations"]
    assert "    - {code: 6307.90, edition: HS2017}\n  aliases: [masks, 口罩]\n" in dumped["items"]
    assert "  said_on: 2020-04\n" in dumped["statements"]
    assert dumped["revisions"] == REVISIONS.strip().replace("\n- ", "\n\n- ") + "\n"


@pytest.mark.django_db
def test_proposals_of_what_files_publish_are_removed_and_others_counted(
    small: Path, tmp_path: Path, editor: Any
) -> None:
    content = dict.fromkeys(FIELDS[Party], "") | {"name": "A firm", "type": "ngo", "aliases": []}
    for code in ("CHN", "firm"):
        propose_entry(Party, code, content | {"replaced_by": None}, by=editor, reason="Lacking.")

    assert "Proposals removed, since the dataset has them now: 1." in load(small)
    assert [row.code for row in Proposal.objects.all()] == ["firm"]
    printed = StringIO()
    call_command("dump_dataset", tmp_path / "dumped", stdout=printed)
    assert "proposed names (1)" in printed.getvalue()
    assert "firm" not in (tmp_path / "dumped" / "parties.yaml").read_text("utf-8")


@pytest.mark.django_db
def test_what_curators_keep_and_readers_report_is_counted(
    small: Path, tmp_path: Path, editor: Any
) -> None:
    load(small)
    SavedView.objects.create(user=editor, kind="donation", name="Mine")
    Report.objects.create(kind="donation", public_id="don-7k3m9q2x", version=1, text="A slip.")
    printed = StringIO()

    call_command("dump_dataset", tmp_path / "dumped", stdout=printed)

    assert "saved views (1), errors that readers reported (1)" in printed.getvalue()


@pytest.mark.django_db
def test_drafts_are_not_dumped(small: Path, tmp_path: Path, editor: Any) -> None:
    load(small)
    dumped = dump(tmp_path / "dumped")
    begin_correction(Export.objects.get(), by=editor, reason="Another number.")

    assert dump(tmp_path / "dumped") == dumped
    printed = StringIO()
    call_command("dump_dataset", tmp_path / "dumped", stdout=printed)
    assert (
        "not published: drafts (1), accounts (1), contributors to versions (1), entries of the "
        "audit log (3)." in printed.getvalue()
    )


@pytest.mark.django_db
def test_what_people_published_is_carried_over(
    small: Path, tmp_path: Path, editor: Any, reviewer: Any
) -> None:
    with undone():
        load(small)
        draft = begin_correction(Export.objects.get(), by=editor, reason="It says so elsewhere.")
        draft.note = "Doubtful."
        draft.save()
        submit(draft, by=editor)
        approve([draft], by=reviewer, message="A doubt.")
        china = Party.objects.get(code="CHN")
        content = vocabulary_content(china) | {"aliases": ["中国"]}
        edit_vocabulary(
            [VocabularyEdit(Party, "CHN", content, "Its own name.")], message="A name."
        )
        dumped = dump(tmp_path / "dumped")

    load(tmp_path / "dumped")

    assert dump(tmp_path / "again") == dumped
    assert Revision.objects.get(number=3).origin == Origin.PEOPLE
    hand = Contributor.objects.get(public_id="exp-0000000a", version=2)
    assert (hand.role, hand.user.username) == (ContributorRole.APPROVER, "dataset-file")
    assert not hand.user.has_usable_password()


@pytest.mark.django_db
def test_a_region_unlike_the_countrys_is_kept(small: Path, tmp_path: Path) -> None:
    files = replaced("parties", "  country: PAK\n", "  country: PAK\n  region: ''\n", number=2)
    load(write(small, files))

    dumped = dump(tmp_path / "dumped")

    assert Party.objects.get(code="pak-punjab").region == ""
    assert dumped["parties"].endswith("  country: PAK\n  region: ''\n")


@pytest.mark.django_db
def test_what_the_files_cannot_say_is_reported_and_nothing_replaced(
    small: Path, tmp_path: Path
) -> None:
    load(small)
    dumped = dump(tmp_path / "dumped")
    content = vocabulary_content(Party.objects.get(code="CHN")) | {"aliases": [""]}
    edit_vocabulary([VocabularyEdit(Party, "CHN", content, "A slip.")], message="A slip.")

    with pytest.raises(CommandError, match=r"CHN v2 aliases\[0\]: It is empty"):
        call_command("dump_dataset", tmp_path / "dumped")

    for noun, text in dumped.items():
        assert (tmp_path / "dumped" / f"{noun}.yaml").read_text() == text


def test_the_format_has_every_column_of_the_content() -> None:
    """A column that the files left out would be lost on the way."""
    for noun in NOUNS.values():
        if noun.is_record:
            kept = {field.name for field in columns(noun.model, noun.keys)}
            precisions = {f"{name}_precision" for name in kept}
            assert {field.name for field in noun.model.content_fields()} - precisions == kept
        elif noun.model in FIELDS:
            kept = {field.attname for field in columns(noun.model, noun.keys)}
            assert kept == set(FIELDS[noun.model])
    assert {field.name for field in columns(HSCode, HS_CODE)} == set(HS_FIELDS)
    for model in DATED.values():
        figure = model.child("figures")
        kept = {field.attname for field in columns(figure, FIGURE)}
        assert kept == {field.attname for field in figure.content_fields()}
    for model in STAGED.values():
        milestone = model.child("milestones")
        kept = {field.attname for field in columns(milestone, MILESTONE)}
        assert kept | {"date_precision"} == {field.attname for field in milestone.content_fields()}


def test_the_format_is_documented() -> None:
    reported = (settings.BASE_DIR / "docs" / "dataset.md").read_text(encoding="utf-8")

    keys = {key for noun in NOUNS.values() for key in noun.keys} | {*FIGURE, *HS_CODE, *MILESTONE}

    assert sorted(key for key in keys if not re.search(rf"\b{key}\b", reported)) == []


# --- There and back, whatever people write

AWKWARD = [
    "null", "no", "~", "true", "12", "0x1F", "1e3", "2020-04-10", "=", "<<", "- dash", "-", "?",
    "? question", "a: b", "a #b", "# c", ": d", "'quoted'", '"quoted"', "it's", "%e", "@f", "`g`",
    "*h", "&i", "!j", "|", ">", "[k", "{l}", "a, b", " leading", "trailing ", "two  spaces", "\t",
    "tab\there", "line\nbreak", "\nfirst", "last\n", "para\n\ngraph", "  indented\nmore",
    "windows\r\n", "…", "口罩十二万只", "маски", "كمامات", "e\u0301", "\u200f", "\ufeffmark",
    "\x85next", "\u2028line", "🎭", "\x07bell", "---", "...", "x" * 150, "word " * 30 + "end",
    "long: " + "prose that wraps, with “quotes” and 'others'; " * 8,
]  # fmt: skip
CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
ID_TAIL = st.text("0123456789abcdefghjkmnpqrstvwxyz", min_size=8, max_size=8)
DAYS = st.dates(min_value=datetime.date(1900, 1, 1)).map(datetime.date.isoformat)
DATES = st.tuples(DAYS, st.sampled_from([10, 7, 4])).map(lambda pair: pair[0][: pair[1]])
NUMBERS = st.tuples(st.integers(0, 999_999_999), st.integers(0, 999_999)).map(
    lambda parts: f"{parts[0]}.{parts[1]:06}".rstrip("0").rstrip(".")
)


def text(longest: int) -> st.SearchStrategy[str]:
    """What people write into a line or a paragraph."""
    awkward = st.sampled_from([word for word in AWKWARD if len(word) <= longest])
    return awkward | st.text(CHARACTERS, min_size=1, max_size=min(longest, 60))


REASONS = text(400).filter(str.strip)


@st.composite
def figures(draw: st.DrawFn, statement: str, measure: str) -> dict[str, Any]:
    """One figure of a measure, with any operator."""
    operator = draw(st.sampled_from(Operator.values))
    reported: dict[str, Any] = {"measure": measure, "operator": operator}
    if operator in ("between", "order_of_magnitude"):
        low, high = sorted(draw(st.lists(NUMBERS, min_size=2, max_size=2, unique=True)), key=float)
        reported |= {"lower": low, "upper": high}
    elif operator != "unspecified":
        reported["value"] = draw(NUMBERS)
    if measure == "quantity":
        reported["item"] = draw(st.sampled_from(["goods", "mask"]))
        reported |= optional(draw, unit=st.sampled_from(Unit.values))
    elif measure == "money":
        reported |= optional(draw, currency=st.sampled_from(["USD", "CNY"]), item=st.just("mask"))
    else:
        reported |= {"party_type": "mixed", "party_role": "recipient"}
    reported["basis"] = draw(st.sampled_from(Basis.values))
    if reported["basis"] in NEVER_COUNT or draw(st.booleans()):
        reported |= {"countable": "false", "countable_reason": "unclear"}
    if draw(st.booleans()):
        reported |= {"rank": "preferred", "rank_reason": draw(text(200))}
    reported |= optional(draw, offset=st.integers(0, 10**6).map(str), quote_found=st.just("true"))
    return reported | {"statement": statement, "quote": draw(text(200))}


def optional(draw: st.DrawFn, **values: st.SearchStrategy[Any]) -> dict[str, Any]:
    """Some of the keys."""
    return {key: draw(value) for key, value in values.items() if draw(st.booleans())}


@st.composite
def versions(draw: st.DrawFn, prefix: str, content: st.SearchStrategy[dict]) -> list[dict]:
    """The versions of one record in the revisions 1 to 3, or its withdrawal after the first."""
    public_id = f"{prefix}-{draw(ID_TAIL)}"
    revisions = draw(st.sets(st.sampled_from("23"))) if prefix != "st" else set(draw(
        st.sampled_from(["", "2", "23"])))  # fmt: skip
    reported = [{"id": public_id, "version": "1", "revision": "1", **draw(content)}]
    if revisions and prefix != "st" and draw(st.booleans()):
        revision, reason = sorted(revisions)[0], draw(REASONS)
        return [*reported, {"id": public_id, "version": "1", "revision": revision,
                        "action": "withdrawn", "reason": reason}]  # fmt: skip
    for version, revision in enumerate(sorted(revisions), start=2):
        head = {"version": str(version), "revision": revision, "reason": draw(REASONS)}
        # What decides whether there may be milestones is of each version alone.
        kept = {
            key: reported[0][key] for key in reported[0] if key not in ("milestones", "series")
        }
        reported.append(kept | head | draw(content))
    return reported


@st.composite
def statement_content(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "title": draw(text(200)),
        "publisher": draw(text(200)),
        "language": "zh-Hant",
        "url": "https://example.org/?q=a&b=%20#c",
        "published_on": draw(DATES),
        "summary": draw(text(400)),
        **optional(
            draw,
            speaker=text(200),
            said_on=DATES,
            accessed_on=DAYS,
            topics=st.lists(text(20), min_size=1, max_size=3),
            text_sha256=st.just("0" * 64),
            note=text(400),
        ),
    }


@st.composite
def dated_content(
    draw: st.DrawFn, statement: str, roles: tuple[str, ...], **fixed: Any
) -> dict[str, Any]:
    parties = st.lists(st.sampled_from(["CHN", "PAK", "who"]), min_size=1, max_size=3, unique=True)
    first = st.just("2020-01-01")
    measures = draw(st.lists(st.sampled_from(Measure.values), min_size=1, unique=True))
    reported = {
        "title": draw(text(200)),
        roles[0]: draw(parties),
        **fixed,
        **optional(draw, **dict.fromkeys(roles[1:], parties)),
        **optional(
            draw,
            note=text(400),
            missing=text(400),
            series=st.just("a-1"),
            period_start=first,
        ),
        "as_of": draw(DATES),
        "figures": [draw(figures(statement, measure)) for measure in measures],
    }
    single = "series" not in reported and all(
        figure["basis"] not in RUNNING for figure in reported["figures"]
    )
    if "stage" in fixed and single and draw(st.booleans()):
        reported["milestones"] = [draw(milestones(statement, fixed["stage"]))]
    return reported


@st.composite
def milestones(draw: st.DrawFn, statement: str, stage: str) -> dict[str, Any]:
    return {
        "stage": stage,
        "date": draw(DATES.filter(lambda date: date >= "2020")),
        **optional(draw, dated=st.just("by"), quote_found=st.just("true")),
        "statement": statement,
        "quote": draw(text(200)),
    }


@st.composite
def datasets(draw: st.DrawFn) -> dict[str, list[dict[str, Any]]]:
    """A dataset of a few records in up to three revisions."""
    statements = draw(versions("st", statement_content()))
    cited = statements[0]["id"]
    reported = {
        "items": [
            {"code": "goods", "version": "1", "revision": "1", "name": draw(text(200)),
             **optional(draw, description=text(400))},
            {"code": "mask", "version": "1", "revision": "1", "name": "Mask", "parent": "goods",
             **optional(draw, aliases=st.lists(text(40), min_size=1, max_size=4)),
             "hs_codes": [{"code": "6307.90", "edition": "HS2017"},
                          {"code": "6307.90", "edition": "HS2022", "confidence": "low"}]},
        ],
        "parties": [
            {"code": code, "version": "1", "revision": "1", "name": draw(text(200)),
             "type": "country", "country": code, **optional(draw, region=st.just("034"))}
            for code in ("CHN", "PAK")
        ]
        + [
            {"code": "who", "version": "1", "revision": "1", "name": "WHO",
             "type": "international_organisation",
             **optional(draw, country=st.just("PAK"), region=st.just("142"))},
            {"code": "who", "version": "2", "revision": "2", "reason": draw(REASONS),
             "name": draw(text(200)), "type": "other",
             **optional(draw, aliases=st.lists(text(40), min_size=1, max_size=9))},
        ],
        "statements": statements,
        "donations": draw(versions("don", dated_content(
            cited, ("donors", "recipients", "intermediaries"), form="loan", stage="paid",
            stated_by="both"))),
        "exports": draw(versions("exp", dated_content(
            cited, ("exporters", "destinations"), reported_by="both"))),
        "contracts": draw(versions("con", dated_content(
            cited, ("buyers", "suppliers"), stage="signed", ocid="ocds-1"))),
    }  # fmt: skip
    linked = {"type": "funds", "id": cited}
    for entry in draw(st.sampled_from([reported["donations"], reported["exports"], []])):
        if "action" not in entry:
            entry["links"] = [linked]
    brought = {entry["revision"] for entries in reported.values() for entry in entries}
    reported["revisions"] = [
        {"number": number, "at": f"2026-05-0{number}T10:00:00.000001Z",
         "message": draw(REASONS).strip(), "origin": draw(st.sampled_from(Origin.values))}
        for number in sorted(brought)
    ]  # fmt: skip
    return reported


@given(texts=st.lists(text(400), min_size=1, max_size=4), day=DATES)
def test_any_text_is_read_as_it_was_written(texts: list[str], day: str) -> None:
    entry = {"id": texts[0], "as_of": day, "donors": Inline(texts), "recipients": texts,
             "links": [InlineMapping(type=texts[-1], id="don-1")]}  # fmt: skip

    root = yaml.compose(as_yaml([entry, entry]), Loader=yaml.CBaseLoader)

    assert yaml.constructor.BaseConstructor().construct_object(root, deep=True) == [entry, entry]


@pytest.mark.slow(sample=True)
@pytest.mark.django_db
@hypothesis_settings(
    max_examples=scaled(6),
    # An example takes a second: a smaller one would take minutes to find.
    phases=set(Phase) - {Phase.shrink, Phase.explain},
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(reported=datasets())
def test_any_dataset_goes_there_and_back(tmp_path: Path, reported: dict[str, list]) -> None:
    # Another hand than ours writes the files first, with everything quoted and escaped.
    reported = json.loads(json.dumps(reported))
    files = {
        noun: yaml.safe_dump(entries, default_style='"') for noun, entries in reported.items()
    }
    with undone():
        load(write(tmp_path / "quoted", files))
        loaded = snapshot()
        dumped = dump(tmp_path / "dumped")
        assert load(tmp_path / "dumped").startswith("Nothing to do")

    with undone():
        load(tmp_path / "dumped")
        assert without_keys(snapshot()) == without_keys(loaded)
        assert dump(tmp_path / "again") == dumped

    # Nothing was lost, and nothing is said that need not be.
    for noun, entries in reported.items():
        read = yaml.load(dumped[noun], Loader=yaml.CBaseLoader)
        by_key = {entry_key(entry): entry for entry in read}
        for entry in entries:
            assert without_defaults(by_key[entry_key(entry)]) == without_defaults(entry)


def entry_key(entry: dict[str, Any]) -> tuple:
    return (entry.get("id") or entry.get("code") or entry.get("number"), entry.get("version"),
            entry.get("action"))  # fmt: skip


DEFAULTS = {"operator": "exact", "basis": "single", "rank": "normal", "confidence": "medium"}


def without_defaults(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_defaults(part) for key, part in value.items()
                if DEFAULTS.get(key) != part}  # fmt: skip
    return [without_defaults(part) for part in value] if isinstance(value, list) else value


# --- Killed in the middle

KILLED = """
import os, signal, sys
import django
django.setup()
from django.core.management import call_command
from records.index.writer import DerivedRows
writing = DerivedRows.publish
written = []
def publish(derived, records):
    writing(derived, records)
    written.extend(records)
    if len(written) >= 7:
        os.kill(os.getpid(), signal.SIGKILL)
DerivedRows.publish = publish
call_command("load_dataset", sys.argv[1])
"""


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_killed_load_leaves_nothing(small: Path) -> None:
    environment = os.environ | {
        "DATABASE_URL": address(),
        "DJANGO_SETTINGS_MODULE": "aidapi.settings",
        "PYTHONPATH": str(settings.BASE_DIR),
    }

    killed = subprocess.run([sys.executable, "-c", KILLED, small], env=environment)

    # At least seven of eight versions were written, some in the second revision.
    assert killed.returncode == -signal.SIGKILL
    assert RevisionCounter.number() == 0
    for model in (
        Revision,
        Change,
        Party,
        Item,
        Statement,
        Donation,
        FilterStatistics,
        DonationDocument,
    ):
        assert not model.objects.exists()
    assert load(small).startswith("Published revisions 1 to 2")


# --- Documents and guards


@pytest.mark.django_db(transaction=True)
def test_flush_empties_the_database_and_leaves_it_guarded(small: Path) -> None:
    load(small)

    call_command("flush", interactive=False, verbosity=0)

    assert (RevisionCounter.number(), Revision.objects.count(), Donation.objects.count()) == (
        0,
        0,
        0,
    )
    assert not triggers.faults(connection)
    assert load(small).startswith("Published revisions 1 to 2")
