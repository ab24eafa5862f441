"""A set of versions that is published at once equals the same published one by one."""

import datetime
from typing import Any

import pytest
from django.db import DataError, IntegrityError, connection, transaction

from records.models import (
    DATED,
    Action,
    Change,
    Contributor,
    Donation,
    DonationFigure,
    Party,
    Record,
    RevisionCounter,
)
from records.models.rows import insert_rows, number_rows, update_rows
from records.publishing import approve, begin_correction, publish, submit
from tests.support.factories import (
    ContractFactory,
    DonationFactory,
    ExportFactory,
    PartyFactory,
    StatementFactory,
    UserFactory,
)
from tests.support.factories import publish as publish_records

pytestmark = pytest.mark.django_db

DAY = datetime.date(2020, 4, 10)
LEFT_OUT = {"id", "at", "published_at"}
"""Columns that differ between two attempts: PostgreSQL's sequences do not go back."""


def content_of_database() -> dict[str, list[Any]]:
    """Return the rows of every table but the audit log, without keys and times."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if not table.startswith("records_") or "_index_" in table:
                continue
            cursor.execute(f"SELECT * FROM {table}")
            columns = [column[0] for column in cursor.description]
            kept = [place for place, name in enumerate(columns) if name not in LEFT_OUT]
            rows = [tuple(row[place] for place in kept) for row in cursor.fetchall()]
            found[table] = sorted(rows, key=repr)
    return found


def set_in_review() -> list[Record]:
    """Return versions of every kind in review, new ones and corrections, that rest on each other
    and link to each other."""
    records: list[Any] = [StatementFactory(in_review=True) for _ in range(3)]
    statement = records[0]
    for factory in (DonationFactory, ExportFactory, ContractFactory):
        earlier = factory()
        publish_records(earlier)
        first = factory(
            figures=[{"statement": statement}, {"item": "respirator-n95"}],
            links={"part_of": earlier},
            in_review=True,
        )
        second = factory(links={"may_overlap": first}, in_review=True)
        correction = begin_correction(
            earlier, by=UserFactory(username="editor"), reason="It says so."
        )
        submit(correction, by=UserFactory(username="editor"))
        correction.refresh_from_db()
        records += [first, second, correction]
        cited = [row.statement for one in (first, second) for row in one.ordered_evidence()]
        for row in cited:
            if row.is_open and row not in records:
                if not row.digest:
                    submit(row, by=UserFactory(username="editor"))
                records.append(row)
    return records


def test_a_set_equals_the_same_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    records = set_in_review()
    reviewer = UserFactory(username="reviewer")
    found = []
    for size in (100, 1):
        monkeypatch.setattr(publish, "CHUNK", size)
        with transaction.atomic():
            approve(records, by=reviewer, message="A set.", because="Said in the video.")
            found.append(content_of_database())
            transaction.set_rollback(True)

    assert found[0] == found[1]
    assert len(found[0]["records_change"]) > len(records)


def test_nobody_approves_a_set_with_a_version_of_their_own() -> None:
    records = [StatementFactory(in_review=True) for _ in range(3)]
    own = records[1]
    Contributor.edited(own, reviewer := UserFactory(username="reviewer"))
    before = RevisionCounter.number()

    with pytest.raises(Exception, match=f"You had a hand in {own.public_id} v1"):
        approve(records, by=reviewer, message="A set.")

    assert RevisionCounter.number() == before
    assert not Change.objects.filter(action=Action.PUBLISHED).exists()


# --- Rows in sets


def draft(number: int) -> Donation:
    row = Donation(
        public_id=f"don-0000000{number}", title=f"Gift {number}", as_of=DAY, form="goods"
    )
    row.derive_columns()
    return row


def test_rows_get_the_next_keys_in_their_order() -> None:
    before = DonationFactory()
    rows = [draft(1), draft(2), draft(3)]

    insert_rows(rows)

    assert [row.pk for row in rows] == [before.pk + 1, before.pk + 2, before.pk + 3]
    assert DonationFactory().pk == before.pk + 4
    stored = Donation.objects.get(pk=rows[1].pk)
    for field in Donation._meta.concrete_fields:
        assert getattr(stored, field.attname) == getattr(rows[1], field.attname), field


def test_rows_that_were_numbered_keep_their_keys() -> None:
    rows = [draft(1), draft(2)]
    number_rows(rows)
    keys = [row.pk for row in rows]

    insert_rows(rows)

    assert [*Donation.objects.order_by("pk").values_list("pk", flat=True)] == keys


def test_more_rows_than_one_statement_takes_are_all_written() -> None:
    codes = [f"party-{number}" for number in range(250)]
    insert_rows([Party(code=code, version=1, name=code, type="ngo") for code in codes])

    assert Party.objects.filter(code__in=codes).count() == 250


@pytest.mark.parametrize("kind", DATED)
def test_the_database_judges_rows_of_a_set(kind: str) -> None:
    model: Any = DATED[kind]
    row = model(public_id=f"{model.PREFIX}-00000001", title="", as_of=DAY)

    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows([row])

    assert not model.objects.exists()


def test_rows_of_published_versions_are_refused_in_sets() -> None:
    donation = DonationFactory(published=True)
    figure = donation.figures.get()
    figure.pk = None
    with pytest.raises(IntegrityError, match="its version is published"), transaction.atomic():
        insert_rows([figure])
    stored = DonationFigure.objects.get()
    stored.quote = "another"
    with pytest.raises(IntegrityError, match="its version is published"), transaction.atomic():
        update_rows([stored], ["quote"])


def test_named_columns_of_rows_are_written() -> None:
    one, other = PartyFactory(code="ITA"), PartyFactory(code="JPN")
    one.name, other.name, other.region = "First", "Second", "002"

    update_rows([one, other], ["name"])

    other.refresh_from_db()
    assert Party.objects.get(code="ITA").name == "First"
    assert (other.name, other.region) == ("Second", "030")


def test_rows_get_exactly_what_is_written() -> None:
    texts = ["NULL", "{}", '{"a", b}', "O'Neil, \\ and \\\\", "a\nb\tc", "%s %%", "中国 – é"]
    rows = [DonationFactory() for _ in texts]
    names = ["title", "note", "as_of", "published_in"]
    for row, text in zip(rows, texts, strict=True):
        row.title, row.note, row.as_of = text, "", DAY + datetime.timedelta(days=len(text))
    rows[0].note = "Only this one has a note."

    update_rows(rows[::-1], names)

    found = Donation.objects.order_by("pk").values_list(*names)
    assert [*found] == [(row.title, row.note, row.as_of, None) for row in rows]


def test_text_that_is_too_long_is_refused_and_not_cut() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no lengths.")
    party = PartyFactory()
    party.name = "x" * 10_000

    with pytest.raises(DataError), transaction.atomic():
        update_rows([party], ["name"])
