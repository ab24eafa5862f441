"""Derived rows: rebuilt where other code wrote them, beside publishing, and checked."""

from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any
from unittest import mock

import pytest
from django.core.checks import Tags, run_checks
from django.core.management import CommandError, call_command
from django.core.management.sql import emit_post_migrate_signal
from django.db import connection
from django.test import Client, TestCase

from records.index import recount, reindex, search_index, state, statistics
from records.index.models import DerivedState, FilterStatistics
from records.index.signature import Rows, signatures
from records.models import KINDS, Donation, Item, Party
from records.publishing import (
    VocabularyEdit,
    begin_correction,
    edit_vocabulary,
    triggers,
    vocabulary_content,
    withdraw,
)
from tests.support.databases import MIGRATED, Templates, connected_to
from tests.support.factories import (
    RECORDS,
    DonationFactory,
    ExportFactory,
    StatementFactory,
    UserFactory,
    publish,
)
from tests.support.histories import inside_transaction

STALE = "0123456789abcdef"
pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def published_is_made(
    database_templates: Templates, django_db_setup: None, django_db_blocker: Any
) -> Iterator[str]:
    """The name of a database with what `publish_everything` publishes."""
    with database_templates.beside(MIGRATED, "published", django_db_blocker) as name:
        with django_db_blocker.unblock(), connected_to(name):
            publish_everything()
        yield name


@pytest.fixture
def published(published_is_made: str, db: None, django_db_blocker: Any) -> Iterator[None]:
    """The same for one test, which may write to it."""
    with connected_to(published_is_made), inside_transaction(django_db_blocker):
        yield


def publish_everything() -> None:
    """Publish versions of every kind over several revisions: corrected, withdrawn, and published
    before and after the vocabulary changed."""
    drafts = [RECORDS[model](in_review=True) for model in KINDS.values()]
    # As in production, every entry of the vocabulary begins with a change that names it.
    entries = [*Item.objects.all(), *Party.objects.all()]
    edit_vocabulary(
        [
            VocabularyEdit(type(entry), entry.code, vocabulary_content(entry), "As it is.")
            for entry in entries
        ],
        message="Begins the vocabulary.",
    )
    publish(*drafts)
    withdrawn = ExportFactory(published=True)
    rename("CHN", "Cathay")
    for record in drafts:
        publish(begin_correction(record, by=UserFactory(), reason="A later statement."))
    withdraw([withdrawn], by=UserFactory(), reason="It was never said.")
    rename("CHN", "Middle Kingdom")
    DonationFactory(published=True, links={"part_of": drafts[1]})


def rename(code: str, name: str) -> None:
    content = vocabulary_content(Party.objects.get(code=code)) | {"name": name}
    edit_vocabulary([VocabularyEdit(Party, code, content, "Renamed.")], message="Renamed.")


def run(*options: str) -> str:
    written = StringIO()
    call_command("reindex", *options, stdout=written)
    return written.getvalue()


def stored() -> dict[str, list[Any]]:
    """Return every derived row, without keys of the database."""
    rows: dict[str, list[Any]] = {
        f"{kind} {relation}": list(
            model.child(relation)._default_manager.order_by("record_id").values()
        )
        for kind, model in KINDS.items()
        for relation in ("document", "search_document", *(("file_rows",) if model.ROLES else ()))
    }
    columns = ["kind", *recount.COLUMNS]
    rows["statistics"] = list(
        FilterStatistics.objects.order_by("kind", "role", *columns[2:3]).values_list(*columns)
    )
    rows["state"] = list(
        DerivedState.objects.order_by("kind", "rows").values_list("kind", "rows", "signature")
    )
    return rows


def spoil() -> None:
    """Write other rows everywhere, as other code might have."""
    for model in KINDS.values():
        model.child("document").objects.update(format=STALE, body="{}")
        model.child("search_document").objects.update(format=STALE, head="/ nothing /", body="/")
        if model.ROLES:
            model.child("file_rows").objects.update(format=STALE, lines="[]")
    FilterStatistics.objects.filter(role="recipient").delete()
    FilterStatistics.objects.filter(role="stage").update(versions=1)
    FilterStatistics.objects.create(kind="donation", role="colour", key="red", versions=3)
    DerivedState.objects.update(signature=STALE)


def test_derived_rows_of_an_earlier_signature_are_rebuilt_as_they_were_written(
    published: None,
) -> None:
    before = stored()
    spoil()

    run()

    assert stored() == before
    assert run("--check").startswith("Compared ")


def test_rows_that_are_missing_are_written_again(published: None) -> None:
    before = stored()
    for model in KINDS.values():
        model.child("document").objects.all().delete()
        model.child("search_document").objects.all().delete()
        if model.ROLES:
            model.child("file_rows").objects.all().delete()
    FilterStatistics.objects.all().delete()

    run("--all")

    assert stored() == before


def test_nothing_is_written_where_nothing_is_out_of_date(published: None) -> None:
    with mock.patch.object(reindex, "write") as write:
        assert run() == (
            "Went through 0 versions: documents of 0 and 0 rows of statistics were rewritten.\n"
        )

    assert not write.called


def test_only_the_rows_that_changed_are_rebuilt(published: None) -> None:
    DerivedState.objects.filter(kind="export", rows=Rows.DOCUMENT).update(signature=STALE)
    model = KINDS["export"].child("document")
    key = model.objects.first().pk
    model.objects.filter(pk=key).update(format=STALE, body="{}")

    assert run().startswith("Went through 1 versions: documents of 1 and 0 rows")


def test_names_are_those_of_the_versions_time(published: None) -> None:
    spoil()

    run()

    heads = [row.search_document.head for row in Donation.objects.order_by("published_in_id")]
    assert [[name for name in NAMES if f" / {name} / " in head] for head in heads] == [
        [name] for name in NAMES
    ]


NAMES = ["china", "cathay", "middle kingdom"]


def test_search_finds_what_was_reindexed(client: Client, published: None) -> None:
    address = "/api/v1/donations/?search=mask*&count=true"
    before = client.get(address).json()["count"]
    spoil()

    assert client.get(address).json()["results"] == []
    run()

    assert client.get(address).json()["count"] == before > 0
    assert search_index.mismatched() == []


class Killed(Exception):
    """Is for a process that ends in the middle."""


def dying(after: int, act: Callable[..., Any]) -> Callable[..., Any]:
    """Return the act, which ends the process once it was called so often."""
    calls = iter(range(after))

    def die(*args: Any, **kwargs: Any) -> Any:
        if next(calls, None) is None:
            raise Killed
        return act(*args, **kwargs)

    return die


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("after", [0, 1, 3, 6])
def test_a_rebuild_that_was_killed_continues(published: None, after: int) -> None:
    before = stored()
    spoil()
    with (
        mock.patch.object(reindex, "VERSIONS_AT_ONCE", 2),
        mock.patch.object(reindex, "write", dying(after, reindex.write)),
        pytest.raises(Killed),
    ):
        run()
    rendered = sum(
        model.child("document").objects.exclude(format=STALE).count() for model in KINDS.values()
    )

    went_through = int(run().split()[2])

    total = sum(model.child("document").objects.count() for model in KINDS.values())
    assert went_through <= total - rendered + 2
    assert stored() == before


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("after", [1, 4])
def test_a_recount_that_was_killed_continues(published: None, after: int) -> None:
    before = stored()
    DerivedState.objects.filter(rows=Rows.STATISTICS).update(signature=STALE)
    FilterStatistics.objects.filter(kind="donation").update(versions=99)
    counted: list[Any] = []

    def note(record: Any) -> Any:
        counted.append((record.public_id, record.version))
        return statistics.keys_of(record)

    with (
        mock.patch.object(recount, "VERSIONS_AT_ONCE", 1),
        mock.patch.object(recount, "keys_of", dying(after, note)),
        pytest.raises(Killed),
    ):
        run()
    with mock.patch.object(recount, "keys_of", note):
        run()

    assert len(counted) == len(set(counted))
    assert stored() == before


def test_versions_published_during_a_rebuild_are_counted_once(published: None) -> None:
    spoil()
    keys_of, acts = statistics.keys_of, iter([publish_and_withdraw])

    def interrupted(record: Any) -> Any:
        for act in acts:
            act()
        return keys_of(record)

    with mock.patch.object(recount, "keys_of", interrupted):
        run()

    assert next(acts, None) is None
    assert run("--check")


def publish_and_withdraw() -> None:
    first = DonationFactory(published=True)
    DonationFactory(published=True)
    withdraw([first], by=UserFactory(), reason="It was never said.")


def test_two_recounts_at_once_are_refused(published: None) -> None:
    with mock.patch.object(recount, "VERSIONS_AT_ONCE", 1):
        steps = iter(recount.Recount("donation", everything=True))
        next(steps)
        other = iter(recount.Recount("donation", everything=True))
        next(other)
        next(other)

        with pytest.raises(recount.RecountedElsewhereError, match="run one at a time"):
            list(steps)


def test_a_version_that_was_tampered_with_is_reported_and_left_alone() -> None:
    record = DonationFactory(published=True)
    body = record.document.body
    triggers.drop()
    Donation.objects.filter(pk=record.pk).update(note="Not what was approved.")
    triggers.install()
    spoil()

    with pytest.raises(CommandError, match=f"{record.public_id} v1 does not match its digest"):
        run()

    assert Donation.objects.get(pk=record.pk).document.body == "{}" != body


@pytest.mark.parametrize(
    ("relation", "column"),
    [
        *(("document", "body"), ("file_rows", "lines")),
        *(("search_document", "head"), ("search_document", "body")),
    ],
)
def test_the_check_finds_a_row_that_was_changed(relation: str, column: str) -> None:
    record = DonationFactory(published=True)
    record.child(relation).objects.update(**{column: "/ other /"})

    with pytest.raises(CommandError, match=f"Documents of {record.public_id} v1 differ"):
        run("--check")

    assert getattr(record.child(relation).objects.get(), column) == "/ other /"


def test_the_check_finds_statistics_that_were_changed() -> None:
    DonationFactory(published=True)
    FilterStatistics.objects.filter(role="stage").update(versions=7)

    with pytest.raises(CommandError, match="Filter statistics differ"):
        run("--check")

    assert not FilterStatistics.objects.filter(kind__startswith="+").exists()
    assert FilterStatistics.objects.filter(versions=7).exists()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL maintains its indexes")
def test_the_check_finds_a_full_text_index_that_lost_a_row() -> None:
    StatementFactory(published=True)
    model = KINDS["statement"].child("search_document")
    search_index.suspend()
    model.objects.update(head="/ other words /")
    search_index.install()

    assert search_index.mismatched() == [model.index()]
    run("--all")
    assert search_index.mismatched() == []


# --- The state


def test_an_empty_database_is_up_to_date() -> None:
    assert state.out_of_date() == []


def test_rows_of_other_code_are_reported_by_the_check_and_the_probe(client: Client) -> None:
    DonationFactory(published=True)
    DerivedState.objects.filter(kind="donation", rows=Rows.STATISTICS).update(signature=STALE)

    (warning,) = run_checks(tags=[Tags.database], databases=["default"])
    response = client.get("/readyz")

    assert (warning.id, warning.hint) == ("records.W003", "Run manage.py reindex.")
    assert response.status_code == 503
    assert (
        "out of date: statistics of donations. Run manage.py reindex."
        in (response.json()["detail"])
    )
    run()
    assert client.get("/readyz").status_code == 200


def test_other_code_that_publishes_leaves_the_state_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = {**signatures(), ("export", Rows.DOCUMENT): STALE}
    for module in ("records.index.state", "records.index.writer"):
        monkeypatch.setattr(f"{module}.signatures", lambda: other)
    DonationFactory(published=True)
    monkeypatch.undo()

    assert state.out_of_date() == [("export", Rows.DOCUMENT)]


def migrate() -> str:
    written = StringIO()
    # What it rebuilds, it rebuilds when its transaction is through.
    with TestCase.captureOnCommitCallbacks(execute=True):
        emit_post_migrate_signal(1, False, "default", stdout=written)
    return written.getvalue()


def test_migrate_rebuilds_the_derived_rows_of_a_small_database(published: None) -> None:
    before = stored()
    spoil()

    assert "Derived rows are out of date" in migrate()

    assert stored() == before
    assert migrate() == ""


def test_migrate_says_what_to_run_on_a_large_database(published: None, settings: Any) -> None:
    settings.REINDEX_ON_MIGRATE = 1
    spoil()

    said = migrate()

    assert "statistics of statements, donations, exports, contracts" in said
    assert "run manage.py reindex" in said
    assert state.out_of_date()
