"""Attempts on published rows: every way to change, remove, add or replace a row."""

import datetime
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from django.db import DatabaseError, IntegrityError, connection, models, transaction

from accounts.models import AuditEntry
from records.models import (
    DATED,
    EVIDENCE,
    KINDS,
    Change,
    Contributor,
    Record,
    Revision,
    RevisionCounter,
    State,
)
from records.publishing import begin_correction
from tests.support.factories import (
    RECORDS,
    ContributorFactory,
    ItemFactory,
    PartyFactory,
    RevisionFactory,
    StatementFactory,
    UserFactory,
    publish,
)

INSUFFICIENT_PRIVILEGE = "42501"
HISTORY: list[type[models.Model]] = [Revision, Change, Contributor, AuditEntry]
Attempt = tuple[str, Callable[[], Any]]


DERIVED = ("document", "search_document", "file_rows")
"""Relations to derived rows, which may be written again."""


def children(model: type[Record]) -> list[str]:
    """Return the relations that hold a version's content, from which documents are derived."""
    return [
        relation.name
        for relation in model._meta.related_objects
        if relation.field.name == "record" and relation.name not in DERIVED
    ]


TABLES: list[type[models.Model]] = [
    *KINDS.values(),
    *(model.child(name) for model in KINDS.values() for name in children(model)),
    *HISTORY,
    RevisionCounter,
]


def refusal(act: Callable[[], Any]) -> str:
    """Return the words by which a guard refuses the act, or Django or the role's permissions
    before it; empty if it is not refused: no other constraint counts."""
    try:
        with transaction.atomic():
            act()
    except models.ProtectedError:
        return "protected"
    except IntegrityError as error:
        return str(error).partition("\n")[0] if "Refused (records_" in str(error) else ""
    except DatabaseError as error:
        if getattr(error.__cause__, "sqlstate", "") == INSUFFICIENT_PRIVILEGE:
            return "no permission"
        raise
    return ""


def is_refused(act: Callable[[], Any]) -> bool:
    return bool(refusal(act))


def got_through(attempts: Iterator[Attempt], refusals: set[str] | None = None) -> list[str]:
    """Return the attempts that are not refused; the words of the others go into `refusals`."""
    through = []
    for name, act in attempts:
        if words := refusal(act):
            if refusals is not None:
                refusals.add(words)
        else:
            through.append(name)
    return through


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
    statements = [
        f"UPDATE {table} SET {key} = {key} + 100000 WHERE {key} = %s",
        f"UPDATE {table} SET {connection.ops.quote_name(field.column)} = NULL WHERE {key} = %s",
        f"DELETE FROM {table} WHERE {key} = %s",
    ]
    if connection.vendor == "sqlite":
        statements.append(
            f"INSERT OR REPLACE INTO {table} ({columns})"
            f" SELECT {columns} FROM {table} WHERE {key} = %s"
        )
    else:
        # A table with checks still to be made is not truncated anyway.
        run("SET CONSTRAINTS ALL IMMEDIATE")
        yield f"TRUNCATE {table} CASCADE", partial(run, f"TRUNCATE {table} CASCADE")
    for sql in statements:
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


def putting_in_place(row: Any, by: Any) -> Iterator[Attempt]:
    """Replacing a row by a copy of another with its key."""
    if connection.vendor == "sqlite":
        table, key = row._meta.db_table, row._meta.pk.column
        columns = ", ".join(field.column for field in written(row) if not field.primary_key)
        sql = (
            f"REPLACE INTO {table} ({key}, {columns})"
            f" SELECT %s, {columns} FROM {table} WHERE {key} = %s"
        )
        yield sql, partial(run, sql, row.pk, by.pk)


def attempts_on(published: Record, draft: Record) -> Iterator[Attempt]:
    """Every attempt on a published version, with a draft of the next to put in its place."""
    model = type(published)
    yield from changing(published)
    yield from adding(published, id=None, public_id=model.new_id())
    yield from replacing(published, by=draft)
    yield from putting_in_place(published, by=draft)
    for name in children(model):
        sealed, loose = (
            model.child(name).objects.filter(record=row)[0] for row in (published, draft)
        )
        table = sealed._meta.db_table
        yield from changing(sealed)
        yield from replacing(sealed, by=loose)
        yield from putting_in_place(sealed, by=loose)
        yield f"{table}: moved in", copy(loose, record_id=published.pk).save
        yield from adding(loose, id=None, record_id=published.pk)
        yield f"{table}: moved out", copy(sealed, record_id=draft.pk).save


def raw(*statements: str) -> Iterator[Attempt]:
    for sql in statements:
        yield sql, partial(run, sql)


def attempts_on_history() -> Iterator[Attempt]:
    """Every attempt on revisions, their changes and hands, two revisions having been made."""
    for model in HISTORY:
        yield from changing(model._base_manager.first())
    oldest = Revision.objects.earliest("number")
    yield from adding(oldest, number=RevisionCounter.number() + 1)
    yield from adding(oldest, number=0)
    yield from adding(oldest.changes.first(), id=None, position=99, version=99)
    counter = RevisionCounter._meta.db_table
    yield from raw(
        *(f"UPDATE {counter} SET n = {n}" for n in ("0", "n - 1", "n", "n + 2")),
        f"UPDATE {counter} SET id = 2, n = n + 1",
        f"DELETE FROM {counter}",
        f"INSERT INTO {counter} (id, n) VALUES (2, 7)",
    )
    # What is in the place of a row is replaced on a conflict.
    newest = Revision.objects.latest("number")
    if connection.vendor == "sqlite":
        yield from raw(
            f"INSERT OR REPLACE INTO {counter} (id, n) VALUES (1, 0)",
            f"REPLACE INTO records_revision (number, published_at, message, origin)"
            f" VALUES ({newest.pk}, '1999-01-01', 'Never said.', 'people')",
        )
    else:
        yield from raw(
            f"INSERT INTO {counter} (id, n) VALUES (1, 0) ON CONFLICT (id) DO UPDATE SET n = 0",
            f"INSERT INTO records_revision (number, published_at, message, origin)"
            f" VALUES ({newest.pk}, '1999-01-01', 'Never said.', 'people')"
            f" ON CONFLICT (number) DO UPDATE SET message = 'Never said.'",
        )


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


def wrong_publications(kind: str) -> Iterator[Attempt]:
    """Every attempt to publish or retire what may not be, each on a version of its own that lacks
    one thing only."""
    model = KINDS[kind]
    table = model._meta.db_table
    older = RevisionFactory()
    published = RECORDS[model](published=True)
    latest = RevisionFactory()

    def ready(reason: str = "", approved: bool = True, state: str = State.IN_REVIEW) -> Any:
        record = RECORDS[model](in_review=True)
        if record.ROLES:
            publish(*(row for row in record.cited_statements() if row.is_open))
        if approved:
            ContributorFactory(
                public_id=record.public_id,
                user=UserFactory(username="approver"),
                role="approver",
                reason=reason,
            )
        model._default_manager.filter(pk=record.pk).update(state=state)
        return record

    def publishing(name: str, record: Record, revision: Any = None) -> Attempt:
        number = revision.pk if revision else RevisionFactory().pk
        sql = f"UPDATE {table} SET state = 'published', published_in_id = %s WHERE id = %s"
        return f"{table}: {name}", partial(run, sql, number, record.pk)

    yield publishing("nobody approved it", ready(approved=False))
    yield publishing("not in review", ready(state=State.DRAFT))
    record = ready()
    RevisionFactory()
    yield publishing("by an earlier revision", record, latest)
    sql = f"UPDATE {table} SET state = 'withdrawn', retired_in_id = %s WHERE id = %s"
    yield f"{table}: retired early", partial(run, sql, older.pk, published.pk)
    if model not in DATED.values():
        return
    record = ready()
    record.figures.all().delete()
    yield publishing("no figure", record)
    for of_kind, relation in EVIDENCE:
        if of_kind is not model:
            continue
        for name, change in (
            ("quote not found", {"quote_found": False}),
            ("statement not published", {"statement": StatementFactory()}),
        ):
            record = ready()
            getattr(record, relation).update(**change)
            yield publishing(f"{name}: {relation}", record)
    only_proposed = {"name": "Proposed", "version": 0}
    party = PartyFactory(code="proposed", type="company", country="", region="", **only_proposed)
    item = ItemFactory(code="proposed", default_unit="piece", parent=None, **only_proposed)
    for relation, name, entry in (("parties", "party", party), ("figures", "item", item)):
        record = ready()
        row = getattr(record, relation).first()
        setattr(row, name, entry)
        row.save()
        yield publishing(f"only proposed: {name}", record)
