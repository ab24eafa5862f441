"""What was published stays as it was, on the running database, by any writer and means: by the
ORM, in bulk, in raw SQL; before and after a migration that rebuilds the tables."""

import re
from functools import partial
from typing import Any, ClassVar

import pytest
from django.core.checks import Tags, run_checks
from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import connection, migrations, models
from django.db.migrations.executor import MigrationExecutor

from records.models import (
    KINDS,
    State,
    Statement,
)
from records.publishing import triggers, withdraw
from tests.support.attempts import (
    DERIVED,
    TABLES,
    attempts_on,
    attempts_on_history,
    changed,
    children,
    copy,
    got_through,
    is_refused,
    run,
    specimens,
    written,
)
from tests.support.factories import (
    RECORDS,
    ContributorFactory,
    DonationFactory,
    RevisionFactory,
    StatementFactory,
    UserFactory,
)

EVERY_KIND = pytest.mark.parametrize("kind", KINDS)


@pytest.mark.slow(sample=True)
@pytest.mark.django_db
@EVERY_KIND
def test_what_is_published_stays_as_it_was(kind: str) -> None:
    published, draft = specimens(kind)
    content, body = published.content(), published.document.body

    assert got_through(attempts_on(published, draft)) == []

    published = type(published).objects.get(pk=published.pk)
    assert (published.content(), published.document.body) == (content, body)


@pytest.mark.slow(sample=True)
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


@pytest.mark.django_db
def test_every_table_is_guarded() -> None:
    guarded = {trigger.table for trigger in triggers.triggers(connection).values()}

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
@pytest.mark.parametrize("relation", DERIVED)
def test_derived_rows_may_be_rewritten(relation: str) -> None:
    row = getattr(DonationFactory(published=True), relation)

    row.format = "other"
    row.save()

    row.refresh_from_db()
    assert row.format == "other"
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
    """Adds a column to every guarded table, which makes SQLite build them again."""

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


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_migration_that_rebuilds_the_tables_leaves_them_guarded() -> None:
    pairs = [specimens(kind) for kind in KINDS]
    withdraw([StatementFactory(published=True)], by=UserFactory(), reason="It was never said.")
    before = MigrationExecutor(connection).loader.project_state()

    migrate("apply", before.clone())
    try:
        through = [name for pair in pairs for name in got_through(attempts_on(*pair))]
        through += got_through(attempts_on_history())
        faults = triggers.faults(connection)
    finally:
        migrate("unapply", before)

    assert through == []
    assert faults == {}
    assert triggers.faults(connection) == {}
    assert got_through(attempts_on(*pairs[0])) == []


def damages() -> list[tuple[str, list[str]]]:
    """Return ways to take a trigger out of force, each with what the check then calls it."""
    name = next(name for name in triggers.installed(connection) if "_donation_" in name)
    sql, table = triggers.triggers(connection)[name].create, "records_donation"
    if connection.vendor == "sqlite":
        harmless = f"{sql.partition(' WHEN ')[0]} BEGIN SELECT 1; END"
        return [
            ("missing", [f"DROP TRIGGER {name}"]),
            ("replaced", [f"DROP TRIGGER {name}", harmless]),
        ]
    function = f"FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql"
    path = f"SET search_path = {triggers.SEARCH_PATH}"
    unconditional, conditional = "FOR EACH ROW", "FOR EACH ROW WHEN (false)"
    drop = f"DROP TRIGGER {name} ON {table}"
    return [
        ("missing", [drop]),
        ("disabled", [f"ALTER TABLE {table} DISABLE TRIGGER {name}"]),
        ("disabled", [f"ALTER TABLE {table} ENABLE TRIGGER {name}"]),
        ("replaced", [f"CREATE OR REPLACE {function} {path} AS $$ BEGIN RETURN NEW; END $$"]),
        ("replaced", [f"ALTER FUNCTION {name}() RESET search_path"]),
        ("replaced", [drop, sql.replace(unconditional, conditional)]),
    ]


@pytest.mark.django_db
def test_a_guard_out_of_force_is_noticed_and_installed_again() -> None:
    assert run_checks(tags=[Tags.database], databases=["default"]) == []

    for fault, statements in damages():
        for sql in statements:
            run(sql)

        assert list(triggers.faults(connection).values()) == [fault], statements
        (warning,) = run_checks(tags=[Tags.database], databases=["default"])
        assert warning.id == "records.W001"
        assert f"1 {fault}" in warning.msg
        assert warning.hint == "Run manage.py migrate."

        triggers.install()

        assert triggers.faults(connection) == {}, statements


@pytest.mark.django_db
def test_a_database_without_tables_lacks_no_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    """A first `migrate` would warn of what it is about to make."""
    triggers.drop()
    monkeypatch.setattr(connection.introspection, "table_names", list)

    assert run_checks(tags=[Tags.database], databases=["default"]) == []

    monkeypatch.undo()
    triggers.install()


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


@pytest.mark.skipif(connection.vendor != "sqlite", reason="Only SQLite replaces rows.")
def test_rows_that_would_be_replaced_are_found_by_their_keys(db: None) -> None:
    """Not by their state: a version published would cost as much as all that are published."""
    wrong = []
    for table, rule in triggers.rules("sqlite"):
        if "it would replace" not in rule.message:
            continue
        (sql,) = re.findall(r"^EXISTS \((.*)\)$", rule.forbidden)
        sql = re.sub(r"\b(NEW|OLD)\.", "x.", sql.replace(triggers.SCHEMA, ""))
        with connection.cursor() as cursor:
            # The row that is written is one of another table, which every column is found in.
            cursor.execute(f"CREATE TEMPORARY TABLE written AS SELECT * FROM {table} LIMIT 0")
            cursor.execute(
                f"EXPLAIN QUERY PLAN SELECT (SELECT 1 WHERE EXISTS ({sql})) FROM temp.written x"
            )
            plan = [detail for *_, detail in cursor.fetchall()]
            cursor.execute("DROP TABLE temp.written")
        found = [line for line in plan if re.search(r"\bo\b", line)]
        assert found, plan
        wrong += [(table, line) for line in found if "SCAN" in line or "(state=" in line]
    assert wrong == []
