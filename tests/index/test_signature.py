"""Signatures of derived rows: what changes them, and what does not."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from django.conf import settings

from records.documents import columns
from records.documents.donations import DonationSerializer
from records.documents.render import SERIALIZERS, renderer
from records.documents.serializers import PageField
from records.index import search, statistics
from records.index.samples import samples
from records.index.signature import Rows, derived_from_samples, digest, signatures
from records.models import DATED, KINDS, Donation
from records.models import text as text_module

PRINTED = """
import django
django.setup()
from records.index.signature import signatures
print(sorted(signatures().items()))
"""


@pytest.fixture(autouse=True)
def nothing_compiled() -> Iterator[None]:
    """Serializers are compiled once: what a test changes in them, the next must not have."""
    yield
    forget()


def forget() -> None:
    for compiled in (renderer, columns.layout, columns.figure_lines):
        compiled.cache_clear()


def digests(kind: str = "donation") -> dict[Rows, str]:
    forget()
    return {rows: digest(derived) for rows, derived in derived_from_samples(kind).items()}


def changed(before: dict[Rows, str]) -> set[Rows]:
    return {rows for rows, value in digests().items() if value != before[rows]}


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("seed", ["1", "2"])
def test_every_process_has_the_same_signatures(seed: str) -> None:
    printed = subprocess.run(
        [sys.executable, "-c", PRINTED],
        cwd=settings.BASE_DIR,
        env=os.environ | {"PYTHONHASHSEED": seed, "DJANGO_SETTINGS_MODULE": "aidapi.settings"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert printed.stdout.strip() == str(sorted(signatures().items()))


def test_every_kind_and_sort_of_derived_rows_has_a_signature() -> None:
    every = {(kind, rows) for kind in KINDS for rows in Rows}
    assert signatures().keys() == every - {("statement", Rows.FILE)}
    assert all(len(value) == search.SIGNATURE_LENGTH for value in signatures().values())


@pytest.mark.parametrize("kind", KINDS)
def test_the_samples_have_every_column_and_none(kind: str) -> None:
    full, bare = samples(kind)
    rows = (
        zip(*(each.ordered_figures() for each in (full, bare)), strict=True)
        if kind in DATED
        else ()
    )

    for one, other in [(full, bare), *rows]:
        for field in one.content_fields():
            assert getattr(one, field.attname) not in (None, "", []), field.name
            needed = not (field.null or field.blank or field.has_default())
            expected = field.get_default() if not needed else getattr(one, field.attname)
            assert getattr(other, field.attname) == expected, field.name


def test_a_field_of_the_serializer_changes_documents_and_rows_in_files(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Shorter(DonationSerializer):
        class Meta(DonationSerializer.Meta):
            fields = [field for field in DonationSerializer.Meta.fields if field != "stage"]

    before = digests()
    monkeypatch.setitem(SERIALIZERS, "donation", Shorter)

    assert changed(before) == {Rows.DOCUMENT, Rows.FILE}


def test_another_column_of_files_changes_the_rows_in_files(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = digests()
    monkeypatch.setattr(columns, "INHERENT", (*columns.INHERENT, "note"))

    assert changed(before) == {Rows.FILE}


def test_another_way_to_show_a_value_changes_the_documents(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = digests()
    monkeypatch.setattr(PageField, "to_representation", lambda self, value: f"/r/{value}/")

    assert changed(before) == {Rows.DOCUMENT, Rows.FILE}


@pytest.mark.parametrize("column", ["as_of_precision", "series"])
def test_a_column_that_is_counted_changes_the_statistics(
    column: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = digests()
    monkeypatch.setattr(Donation, "CODED", (*Donation.CODED, column))

    assert changed(before) == {Rows.STATISTICS}


def test_a_code_of_figures_that_is_counted_changes_the_statistics(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = digests()
    monkeypatch.setattr(statistics, "FIGURE_CODES", (*statistics.FIGURE_CODES, "rank"))

    assert changed(before) == {Rows.STATISTICS}


def test_another_way_to_split_words_changes_search_documents_and_statistics(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = digests()
    monkeypatch.setattr(text_module, "LONGEST", 5)
    text_module.words.cache_clear()
    try:
        found = changed(before)
    finally:
        monkeypatch.undo()
        text_module.words.cache_clear()

    assert found == {Rows.SEARCH, Rows.STATISTICS}


def test_the_text_of_a_help_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    before = digests()
    monkeypatch.setattr(Donation._meta.get_field("form"), "help_text", "Another help.")

    assert changed(before) == set()
