"""What was published stays as it was, on the running database, whoever writes and however: by the
ORM, in bulk, in raw SQL; before and after a migration that rebuilds the tables."""

import datetime
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, ClassVar

import pytest
from django.core.checks import Tags, run_checks
from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import IntegrityError, connection, migrations, models, transaction
from django.db.migrations.executor import MigrationExecutor

from accounts.models import AuditEntry
from records.models import (
    KINDS,
    Change,
    Contributor,
    Record,
    Revision,
    RevisionCounter,
    State,
    Statement,
)
from records.publishing import begin_correction, triggers, withdraw
from tests.support.factories import (
    RECORDS,
    ContributorFactory,
    RevisionFactory,
    StatementFactory,
    UserFactory,
)

EVERY_KIND = pytest.mark.parametrize("kind", KINDS)
HISTORY: list[type[models.Model]] = [Revision, Change, Contributor, AuditEntry]
Attempt = tuple[str, Callable[[], Any]]


def children(model: type[Record]) -> list[str]:
    """Return the relations that hold a version's content, from which documents are derived."""
    return [
        relation.name
        for relation in model._meta.related_objects
        if relation.field.name == "record" and relation.name not in ("document", "words")
    ]


TABLES: list[type[models.Model]] = [
    *KINDS.values(),
    *(model.child(name) for model in KINDS.values() for name in children(model)),
    *HISTORY,
]


def is_refused(act: Callable[[], Any]) -> bool:
    """Whether a guard refuses the act, or Django before it: no other constraint counts."""
    try:
        with transaction.atomic():
            act()
    except models.ProtectedError:
        return True
    except IntegrityError as error:
        return "Refused (records_" in str(error)
    return False


def got_through(attempts: Iterator[Attempt]) -> list[str]:
    return [name for name, act in attempts if not is_refused(act)]


def run(sql: str, *parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def changed(field: Any, row: models.Model) -> Any:
    """Some other value of the column, of its type."""
    value = getattr(row, field.attname)
    if isinstance(field, models.BooleanField):
        return not value
    if isinstance(field, models.DateTimeField):
        return datetime.datetime(1999, 1, 1, tzinfo=datetime.UTC)
    if isinstance(field, models.DateField):
        return datetime.date(1999, 1, 1)
    if isinstance(field, models.JSONField):
        return ["something else"]
    if isinstance(
        field.target_field if field.is_relation else field, models.CharField | models.TextField
    ):
        return "x"
    return (value or 0) + 1


def written(row: models.Model) -> list[Any]:
    """The columns that somebody writes; the database generates others."""
    return [field for field in row._meta.concrete_fields if not field.generated]


def copy(row: models.Model, **columns: Any) -> models.Model:
    values = {field.attname: getattr(row, field.attname) for field in written(row)}
    return type(row)(**values | columns)


def changing(row: Any) -> Iterator[Attempt]:
    """Every way to change or remove a row."""
    model, table, key = type(row), row._meta.db_table, row._meta.pk.column
    manager = model._base_manager
    rows = manager.filter(pk=row.pk)
    fields = [field for field in written(row) if not field.primary_key]
    for field in fields:
        other = {field.attname: changed(field, row)}
        yield f"{table}: update of {field.name}", partial(rows.update, **other)
    field = next(field for field in fields if not field.is_relation)
    edited = copy(row, **{field.attname: changed(field, row)})
    yield f"{table}: save", edited.save
    yield f"{table}: bulk_update", partial(manager.bulk_update, [edited], [field.attname])
    yield (
        f"{table}: bulk_create over it",
        partial(
            manager.bulk_create,
            [edited],
            update_conflicts=True,
            unique_fields=[row._meta.pk.name],
            update_fields=[field.name],
        ),
    )
    yield f"{table}: delete", copy(row).delete
    yield f"{table}: delete in bulk", rows.delete
    columns = ", ".join(field.column for field in written(row))
    raw = [
        f"UPDATE {table} SET {key} = {key} + 100000 WHERE {key} = %s",
        f"UPDATE {table} SET {connection.ops.quote_name(field.column)} = NULL WHERE {key} = %s",
        f"DELETE FROM {table} WHERE {key} = %s",
    ]
    if connection.vendor == "sqlite":
        raw.append(
            f"INSERT OR REPLACE INTO {table} ({columns})"
            f" SELECT {columns} FROM {table} WHERE {key} = %s"
        )
    else:
        # A table with checks still to be made is not truncated anyway.
        run("SET CONSTRAINTS ALL IMMEDIATE")
        yield f"TRUNCATE {table} CASCADE", partial(run, f"TRUNCATE {table} CASCADE")
    for sql in raw:
        yield sql, partial(run, sql, row.pk)


def adding(row: Any, **columns: Any) -> Iterator[Attempt]:
    """Every way to add a row like this one."""
    table, create = row._meta.db_table, type(row)._base_manager.bulk_create
    new = copy(row, **columns)
    yield f"{table}: added", copy(new).save
    yield f"{table}: added in bulk", partial(create, [new])
    yield f"{table}: added unless there", partial(create, [new], ignore_conflicts=True)


def replacing(row: Any, by: Any) -> Iterator[Attempt]:
    """Putting another row of the table in its place, which SQLite can."""
    if connection.vendor == "sqlite":
        key = row._meta.pk.column
        sql = f"UPDATE OR REPLACE {row._meta.db_table} SET {key} = %s WHERE {key} = %s"
        yield sql, partial(run, sql, row.pk, by.pk)


def attempts_on(published: Record, draft: Record) -> Iterator[Attempt]:
    """Every attempt on a published version, with a draft of the next to put in its place."""
    model = type(published)
    yield from changing(published)
    yield from adding(published, id=None, public_id=model.new_id())
    yield from replacing(published, by=draft)
    for name in children(model):
        sealed, loose = (
            model.child(name).objects.filter(record=row)[0] for row in (published, draft)
        )
        table = sealed._meta.db_table
        yield from changing(sealed)
        yield from replacing(sealed, by=loose)
        yield f"{table}: moved in", copy(loose, record_id=published.pk).save
        yield from adding(loose, id=None, record_id=published.pk)
        yield f"{table}: moved out", copy(sealed, record_id=draft.pk).save


def attempts_on_history() -> Iterator[Attempt]:
    """Every attempt on revisions, their changes and hands, two revisions having been made."""
    for model in HISTORY:
        yield from changing(model._base_manager.first())
    oldest = Revision.objects.earliest("number")
    yield from adding(oldest, number=RevisionCounter.number() + 1)
    yield from adding(oldest, number=0)
    yield from adding(oldest.changes.first(), id=None, position=99, version=99)


def specimens(kind: str) -> tuple[Record, Record]:
    """A published version and a draft of the next, both with every kind of child."""
    published = RECORDS[KINDS[kind]](
        published=True, links={"same_event_as": StatementFactory(published=True)}
    )
    draft = begin_correction(published, by=UserFactory(), reason="A later statement.")
    if published.ROLES:
        for row in published.figure_items.all():
            copy(row, id=None, record_id=draft.pk, figure_id=draft.figures.get().pk).save()
    return published, draft


@pytest.mark.django_db
@EVERY_KIND
def test_what_is_published_stays_as_it_was(kind: str) -> None:
    published, draft = specimens(kind)
    content, body = published.content(), published.document.body

    assert got_through(attempts_on(published, draft)) == []

    published = type(published).objects.get(pk=published.pk)
    assert (published.content(), published.document.body) == (content, body)


@pytest.mark.django_db
@pytest.mark.parametrize("state", [State.SUPERSEDED, State.WITHDRAWN])
@EVERY_KIND
def test_what_is_retired_stays_as_it_was(kind: str, state: State) -> None:
    published, draft = specimens(kind)
    type(published).objects.filter(pk=published.pk).update(
        state=state, retired_in=RevisionFactory()
    )
    published.refresh_from_db()

    assert got_through(attempts_on(published, draft)) == []


@pytest.mark.django_db
def test_history_stays_as_it_was() -> None:
    StatementFactory(published=True)
    StatementFactory(published=True)

    assert got_through(attempts_on_history()) == []


def test_every_table_is_guarded() -> None:
    guarded = {table for table, _ in triggers.triggers(connection.vendor).values()}

    assert guarded == {model._meta.db_table for model in TABLES}


@pytest.mark.django_db
@EVERY_KIND
def test_a_draft_stays_editable(kind: str) -> None:
    _, draft = specimens(kind)

    for name in reversed(children(type(draft))):
        row = draft.child(name).objects.filter(record=draft)[0]
        column = next(field.name for field in written(row) if not field.primary_key)
        row.save()
        type(row)._base_manager.bulk_update([row], [column])
        type(row)._base_manager.filter(pk=row.pk).update(record=draft)
        again = copy(row)
        row.delete()
        again.save()
    draft.title = "China sends masks to Peru"
    draft.save()
    draft.delete()

    assert not type(draft).objects.open().exists()


@pytest.mark.django_db
@pytest.mark.parametrize("relation", ["document", "words"])
def test_derived_rows_may_be_rewritten(relation: str) -> None:
    row = getattr(StatementFactory(published=True), relation)

    row.body = "{}"
    row.save()

    row.refresh_from_db()
    assert row.body == "{}"
    assert row.delete()[0] == 1


@pytest.mark.django_db
class TestRetirement:
    """The one thing that may still be written of a published version, once."""

    @pytest.mark.parametrize("state", [State.SUPERSEDED, State.WITHDRAWN])
    @EVERY_KIND
    def test_it_is_written_once(self, kind: str, state: State) -> None:
        record = RECORDS[KINDS[kind]](published=True)
        rows = type(record).objects.filter(pk=record.pk)
        revision = RevisionFactory()

        assert rows.update(state=state, retired_in=revision) == 1

        later = RevisionFactory()
        for again in (
            {"retired_in": later},
            {"retired_in": None},
            {"state": State.PUBLISHED, "retired_in": None},
            {"state": State.DRAFT},
            {"state": State.SUPERSEDED if state == State.WITHDRAWN else State.WITHDRAWN},
        ):
            assert is_refused(partial(rows.update, **again)), again

    @pytest.mark.parametrize(
        "columns",
        [
            {"state": State.WITHDRAWN},
            {"state": State.DRAFT},
            {"state": State.IN_REVIEW},
            {"retired": True},
            {"state": State.DRAFT, "retired": True},
        ],
    )
    def test_nothing_else_is(self, columns: dict[str, Any]) -> None:
        record = StatementFactory(published=True)
        columns = dict(columns)
        if columns.pop("retired", False):
            columns["retired_in"] = RevisionFactory()

        assert is_refused(lambda: Statement.objects.filter(pk=record.pk).update(**columns))

    @EVERY_KIND
    def test_no_column_changes_along_with_it(self, kind: str) -> None:
        record = RECORDS[KINDS[kind]](published=True)
        rows = type(record).objects.filter(pk=record.pk)
        retired = {"state": State.WITHDRAWN, "retired_in": RevisionFactory()}

        through = got_through(
            (field.name, partial(rows.update, **retired | {field.attname: changed(field, record)}))
            for field in written(record)
            if field.name not in retired
        )

        assert through == []

    def test_an_earlier_revision_retires_nothing(self) -> None:
        record = StatementFactory(published=True)
        earlier, _ = RevisionFactory(), RevisionFactory()

        assert is_refused(
            lambda: Statement.objects.update(state=State.WITHDRAWN, retired_in=earlier)
        )
        record.refresh_from_db()
        assert record.state == State.PUBLISHED

    def test_an_earlier_revision_publishes_nothing(self) -> None:
        record = StatementFactory(in_review=True)
        ContributorFactory(
            public_id=record.public_id, user=UserFactory(username="reviewer"), role="approver"
        )
        earlier, newest = RevisionFactory(), RevisionFactory()
        rows = Statement.objects.filter(pk=record.pk)

        assert is_refused(lambda: rows.update(state=State.PUBLISHED, published_in=earlier))
        assert rows.update(state=State.PUBLISHED, published_in=newest) == 1

    @pytest.mark.parametrize("state", [State.DRAFT, State.IN_REVIEW])
    @pytest.mark.parametrize("end", [State.PUBLISHED, State.SUPERSEDED, State.WITHDRAWN])
    def test_only_what_is_in_review_is_published(self, state: State, end: State) -> None:
        record = StatementFactory(in_review=True)
        ContributorFactory(
            public_id=record.public_id, user=UserFactory(username="reviewer"), role="approver"
        )
        rows = Statement.objects.filter(pk=record.pk)
        rows.update(state=state)
        revision = RevisionFactory()

        def publish() -> int:
            return rows.update(state=end, published_in=revision)

        assert is_refused(publish) or (state, end) == (State.IN_REVIEW, State.PUBLISHED)


class Rebuild(migrations.Migration):
    """Adds a column to every guarded table, which makes SQLite build them anew."""

    operations: ClassVar = [
        migrations.AddField(
            str(model._meta.model_name), "added", models.IntegerField(db_default=0, default=0)
        )
        for model in TABLES
    ]


def migrate(act: str, state: Any) -> Any:
    """Apply or unapply the migration between the signals that `migrate` sends."""
    migration = Rebuild("rebuild", "records")
    emit_pre_migrate_signal(0, False, "default")
    with connection.schema_editor(atomic=True) as editor:
        state = getattr(migration, act)(state, editor)
    emit_post_migrate_signal(0, False, "default")
    return state


@pytest.mark.django_db(transaction=True)
def test_a_migration_that_rebuilds_the_tables_leaves_them_guarded() -> None:
    pairs = [specimens(kind) for kind in KINDS]
    withdraw([StatementFactory(published=True)], by=UserFactory(), reason="It was never said.")
    before = MigrationExecutor(connection).loader.project_state()

    migrate("apply", before.clone())
    try:
        through = [name for pair in pairs for name in got_through(attempts_on(*pair))]
        through += got_through(attempts_on_history())
        missing = triggers.missing(connection)
    finally:
        migrate("unapply", before)

    assert through == []
    assert missing == set()
    assert triggers.missing(connection) == set()
    assert got_through(attempts_on(*pairs[0])) == []


@pytest.mark.django_db
def test_a_guard_that_vanished_is_noticed_and_put_up_again() -> None:
    name, table = next(iter(triggers.installed(connection).items()))
    assert run_checks(tags=[Tags.database], databases=["default"]) == []

    run(f"DROP TRIGGER {name}" + (f" ON {table}" if connection.vendor == "postgresql" else ""))

    assert triggers.missing(connection) == {name}
    (warning,) = run_checks(tags=[Tags.database], databases=["default"])
    assert warning.id == "records.W001"
    assert warning.hint == "Run manage.py migrate."

    triggers.install()

    assert triggers.missing(connection) == set()


@pytest.mark.django_db
def test_a_guard_of_a_rule_that_is_gone_is_taken_down() -> None:
    old = "guard_records_donation_0123456789"
    if connection.vendor == "sqlite":
        run(f"CREATE TRIGGER {old} BEFORE DELETE ON records_donation BEGIN SELECT 1; END")
    else:
        run(
            f"CREATE FUNCTION {old}() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN RETURN OLD; END $$;"
            f" CREATE TRIGGER {old} BEFORE DELETE ON records_donation"
            f" FOR EACH ROW EXECUTE FUNCTION {old}()"
        )

    triggers.install()

    assert old not in triggers.installed(connection)
