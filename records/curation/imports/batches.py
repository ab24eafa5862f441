"""The life of an import: received, checked slice by slice, imported as drafts all at once, undone
all at once."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from records.curation.duplicates import finding
from records.curation.imports.building import PENDING_REASON, RowGroup, SheetBuilder, grouped
from records.curation.imports.columns import columns_of
from records.curation.imports.models import (
    ImportBatch,
    ImportedDraft,
    ImportRow,
    ImportState,
    Verdict,
)
from records.curation.imports.sheets import read
from records.curation.imports.sources import given_sources
from records.curation.teamwork.models import forget_versions
from records.models import KINDS, Contributor, ContributorRole, Record, State, Statement
from records.models.rows import insert_rows

SLICE = 250
"""Records that are checked at a time: about a second's work."""
MOST_REFUSED = 500
"""Rows that are refused before the rest is left unchecked: nobody mends more at a time."""
KEPT = timedelta(days=14)
"""So long is what was never imported kept."""
NOT_WRITTEN = [ImportState.CHECKING, ImportState.READY, ImportState.REFUSED]
LONGEST_LABEL = 200


def receive(
    data: bytes, file_name: str, model: type[Record], *, by: Any, sheet_name: str = ""
) -> tuple[ImportBatch, bool]:
    """Read a file and keep its rows, to be checked; what is old and was never imported goes.
    Return the import, and whether it was there: a file that the same person sent before and has
    not imported keeps what was mended of it, and is checked again."""
    sheet = read(data, columns_of(model), sheet_name)
    batch = ImportBatch(
        kind=model.KIND,
        file_name=file_name[-200:],
        digest=hashlib.sha256(data).hexdigest(),
        by=by,
        columns=sheet.columns,
        notes=sheet.notes,
        decimal_comma=sheet.decimal_comma,
        rows=len(sheet.lines),
    )
    rows = []
    for line in sheet.lines:
        row = ImportRow(
            batch=batch,
            number=line.number,
            cells=line.cells,
            faults=line.faults,
            original=line.original,
        )
        take_label(row)
        rows.append(row)
    set_firsts(rows)
    with transaction.atomic():
        old = ImportBatch.objects.filter(
            state__in=NOT_WRITTEN, created_at__lt=timezone.now() - KEPT
        )
        old.delete()
        # Of a double click the second waits here, and finds what the first made.
        get_user_model().objects.select_for_update().get(pk=by.pk)
        if known := unfinished(batch):
            check_again(known)
            known.refresh_from_db()
            return known, True
        batch.save()
        ImportRow.objects.bulk_create(rows)
    return batch, False


def unfinished(batch: ImportBatch) -> ImportBatch | None:
    """Return the import of the same sheet by the same person that is not imported yet."""
    same = ImportBatch.objects.filter(
        digest=batch.digest, kind=batch.kind, by=batch.by, state__in=NOT_WRITTEN
    )
    # What the notes say of the reading tells the sheets of a file apart; mending leaves them.
    return next((one for one in same if one.notes == batch.notes), None)


def take_label(row: ImportRow) -> None:
    """Take the label of a row's record out of its cells."""
    record = row.cells.pop("record", "")
    if len(record) > LONGEST_LABEL:
        row.faults.append(["record", f"A label has at most {LONGEST_LABEL} characters."])
        row.original["record"] = record
        record = record[:LONGEST_LABEL]
    row.record = record


def set_firsts(rows: Iterable[ImportRow]) -> None:
    """Set which rows of a file are one record: those with the same label and version."""
    firsts: dict[tuple[str, str], int] = {}
    for row in rows:
        key = (row.record, row.cells.get("version", ""))
        row.first = firsts.setdefault(key, row.number) if row.record else row.number


def earlier(batch: ImportBatch) -> ImportBatch | None:
    """Return the last import of the very same file that was not undone."""
    same = ImportBatch.objects.filter(
        digest=batch.digest, kind=batch.kind, state=ImportState.IMPORTED
    )
    return same.exclude(pk=batch.pk).select_related("by").first()


def builder_for(batch: ImportBatch) -> SheetBuilder:
    model = KINDS[batch.kind]
    may_change = batch.by.has_perm(f"records.change_{model._meta.model_name}")
    sources = None
    if model is not Statement and batch.by.has_perm("records.add_statement"):
        sources = given_sources(batch)
    return SheetBuilder(model, batch.columns, may_change=may_change, sources=sources)


# --- Checking


def check_slice(batch: ImportBatch) -> ImportBatch:
    """Check the next records of a file; what was found is kept, nothing else is written. Two
    who check at once do the same work, and only one keeps it."""
    unchecked = batch.lines.filter(verdict="").order_by("first")
    firsts = list(unchecked.values_list("first", flat=True).distinct()[:SLICE])
    rows = list(batch.lines.filter(first__in=firsts).order_by("first", "number"))
    builder = builder_for(batch)
    found = builder.build_all(grouped(rows))
    refuse_repeated(batch, found)
    try_out(builder, found, by=batch.by)
    for one in found:
        one.conclude()
    with transaction.atomic():
        now = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        if now.state != ImportState.CHECKING or now.checked != batch.checked:
            return now
        ImportRow.objects.bulk_create(
            rows,
            update_conflicts=True,
            update_fields=["verdict", "findings", "resolved"],
            unique_fields=["batch", "number"],
        )
        now.checked += len(rows)
        refused = now.lines.filter(verdict=Verdict.REFUSED).count()
        if now.checked >= now.rows or refused >= MOST_REFUSED:
            now.state = ImportState.REFUSED if refused else ImportState.READY
        now.save(update_fields=["checked", "state"])
    return now


def refuse_repeated(batch: ImportBatch, found: Sequence[RowGroup]) -> None:
    """A record is corrected once: its rows in two versions cannot both be meant."""
    changed = {one.rows[0].record: one for one in found if one.verdict == Verdict.CHANGED}
    elsewhere = batch.lines.filter(record__in=changed).values_list("record", "first", "verdict")
    for record, first, verdict in elsewhere.distinct():
        one = changed[record]
        if first != one.rows[0].first and verdict in ("", Verdict.CHANGED):
            one.fault(one.rows[0], "record", f"Line {first} is of the same record, with another "
                                             f"version: keep one of them.")  # fmt: skip


def try_out(builder: SheetBuilder, found: Sequence[RowGroup], *, by: Any) -> None:
    """Write the drafts and take them back: what the database would refuse, it refuses now, and
    the constraints say why."""
    drafts = [one for one in found if one.verdict in (Verdict.NEW, Verdict.CHANGED)]
    if not drafts:
        return
    try:
        with transaction.atomic():
            write(drafts, by=by)
            transaction.set_rollback(True)
    except (IntegrityError, DataError) as error:
        for one in drafts:
            builder.obey(one)
        if all(one.verdict != Verdict.REFUSED for one in drafts):
            raise ValidationError(f"The database refused: {error}") from error


# --- Importing


class Stale(ValidationError):
    """The database changed since the check."""


def confirm(
    batch: ImportBatch,
    *,
    by: Any,
    reason: str = "",
    again: bool = False,
    log: Callable[[Sequence[Any]], None] | None = None,
) -> list[Any]:
    """Write all drafts of a checked file, or none; they are the importer's, who therefore does
    not approve them. `log` is called with them in the same transaction. Refused where the database
    changed since the check: the file is then checked again."""
    if by != batch.by:
        raise ValidationError("Only who sent the file imports it: send it yourself.")
    if batch.state != ImportState.READY:
        raise ValidationError(f"This import is {batch.get_state_display()}.")
    if earlier(batch) and not again:
        raise ValidationError(
            {"again": "The same file was imported before: say that it is to be imported again."}
        )
    found = list(build_all(batch))
    drafts = [one for one in found if one.draft is not None]
    if not drafts:
        raise ValidationError("There is nothing to import: every row is unchanged or left out.")
    for one in drafts:
        if one.draft.reason == PENDING_REASON:
            if not reason.strip():
                raise ValidationError(
                    {"reason": "Say why published records change: readers see it."}
                )
            one.draft.reason = reason.strip()
    try:
        with transaction.atomic():
            now = ImportBatch.objects.select_for_update().get(pk=batch.pk)
            if now.state != ImportState.READY:
                raise ValidationError(f"This import is {now.get_state_display()}.")
            hold(drafts)
            written = write(drafts, by=by)
            now.state, now.reason = ImportState.IMPORTED, reason.strip()
            now.imported_at = timezone.now()
            now.save(update_fields=["state", "reason", "imported_at"])
            ImportedDraft.objects.bulk_create([ImportedDraft.of(now, one) for one in written])
            if log is not None:
                log(written)
    except (Stale, IntegrityError) as error:
        check_again(batch)
        raise Stale(
            "Somebody changed records of this file, or what they cite, after it was checked: "
            "nothing was imported, and the file is checked again."
        ) from error
    batch.refresh_from_db()
    return [one.draft for one in drafts]


def build_all(batch: ImportBatch) -> Iterable[RowGroup]:
    """Yield every record of the file once more, as it was checked."""
    builder = builder_for(batch)
    lines = batch.lines.filter(left_out=False)
    firsts = list(lines.order_by("first").values_list("first", flat=True).distinct())
    for start in range(0, len(firsts), SLICE):
        rows = list(
            lines.filter(first__in=firsts[start : start + SLICE]).order_by("first", "number")
        )
        checked = {row.number: outcome(row) for row in rows}
        for one in builder.build_all(grouped(rows)):
            one.conclude()
            if any(checked[row.number] != outcome(row) for row in one.rows):
                check_again(batch)
                raise Stale(
                    "Somebody changed records of this file, or what they cite, after it was "
                    "checked: nothing was imported, and the file is checked again."
                )
            yield one


def outcome(row: ImportRow) -> tuple[Any, ...]:
    """Return what the check of a row found, as its importer saw it."""
    return row.verdict, row.findings, {name: taken for name, (taken, _) in row.resolved.items()}


def check_again(batch: ImportBatch) -> None:
    with transaction.atomic():
        batch.lines.filter(left_out=False).update(verdict="", findings=[])
        ImportBatch.objects.filter(pk=batch.pk, state__in=NOT_WRITTEN).update(
            state=ImportState.CHECKING, checked=batch.lines.filter(left_out=True).count()
        )


def hold(drafts: Sequence[RowGroup]) -> None:
    """Lock the versions that are corrected; they are still those in force."""
    bases = [one.base.pk for one in drafts if one.base is not None]
    if not bases:
        return
    model = type(drafts[0].draft)
    held = model.objects.select_for_update().filter(pk__in=bases, state=State.PUBLISHED)
    if len(held.values_list("pk")) != len(bases):
        raise Stale("A version that is corrected is not in force any more.")


def write(drafts: Sequence[RowGroup], *, by: Any) -> list[Any]:
    """Write the drafts with their children, and whose they are; before them those of statements
    that the file describes. Return all of them."""
    records = [one.draft for one in drafts]
    citing = new_statements(drafts)
    statements = [rows[0].statement for rows in citing]
    for record in (*statements, *records):
        record.derive_columns()
    if statements:
        store(statements)
        for statement, rows in zip(statements, citing, strict=True):
            for row in rows:
                row.statement = statement
    store(records)
    for relation in ("links", "parties", "figures", "milestones"):
        children = []
        for one in drafts:
            for child in one.children.get(relation, ()):
                child.record = one.draft
                children.append(child)
        if children:
            store(children)
    records = [*statements, *records]
    ids = [row.public_id for row in records]
    noted = set(
        Contributor.objects.filter(public_id__in=ids, user=by).values_list("public_id", "version")
    )
    Contributor.objects.bulk_create(
        [
            Contributor(
                public_id=row.public_id, version=row.version, user=by, role=ContributorRole.EDITOR
            )
            for row in records
            if (row.public_id, row.version) not in noted
        ],
        ignore_conflicts=True,
    )
    return records


def new_statements(drafts: Sequence[RowGroup]) -> list[list[Any]]:
    """Return the rows that cite a statement that is not stored, together for each statement."""
    citing: dict[int, list[Any]] = {}
    for one in drafts:
        for row in (*one.children.get("figures", ()), *one.children.get("milestones", ())):
            if row.statement_id and row.statement_id < 0:
                citing.setdefault(row.statement_id, []).append(row)
    return [*citing.values()]


def store(rows: Sequence[Any]) -> None:
    """Insert unsaved rows of one model that were numbered for their check."""
    for row in rows:
        row.pk = None
    insert_rows(rows)


# --- Undoing


def keys_of(batch: ImportBatch, model: type[Record]) -> list[int]:
    """Return the keys of the drafts of one kind that an import wrote."""
    drafts = batch.drafts.filter(public_id__startswith=f"{model.PREFIX}-")
    return list(drafts.values_list("record", flat=True))


def sources_of(batch: ImportBatch) -> list[Statement]:
    """Return the statements of which the import of another kind made the drafts."""
    if batch.kind == Statement.KIND:
        return []
    return list(Statement.objects.filter(pk__in=keys_of(batch, Statement)).order_by("pk"))


def forget_sources(batch: ImportBatch) -> list[Statement]:
    """Delete the drafts of statements that came with an import, but for those that were edited or
    submitted since, or that others cite."""
    gone = []
    for statement in sources_of(batch):
        if statement.state == State.DRAFT and not statement.edits:
            try:
                with transaction.atomic():
                    Statement.objects.filter(pk=statement.pk).delete()
            except ProtectedError:
                continue
            gone.append(statement)
    finding.forget(Statement.KIND, [one.public_id for one in gone])
    forget_versions(gone)
    return gone


def standing(batch: ImportBatch) -> tuple[list[Any], list[Any], list[Any]]:
    """The drafts of an import that are there, in three lists: untouched, edited or in review
    since, published."""
    model = KINDS[batch.kind]
    keys = keys_of(batch, model)
    rows = model.objects.filter(pk__in=keys).order_by("pk")
    rows = rows.only("public_id", "version", "state", "title", "edits")
    untouched, edited, published = [], [], []
    for row in rows:
        if not row.is_open:
            published.append(row)
        elif row.edits or row.state != State.DRAFT:
            edited.append(row)
        else:
            untouched.append(row)
    return untouched, edited, published


def undo(batch: ImportBatch, *, edited_too: bool = False) -> list[Any]:
    """Delete all drafts of an import. Refused if one is published, or was edited since and
    nobody said that it may go."""
    with transaction.atomic():
        now = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        if now.state != ImportState.IMPORTED:
            raise ValidationError(f"This import is {now.get_state_display()}.")
        model = KINDS[now.kind]
        keys = keys_of(now, model)
        list(model.objects.select_for_update().filter(pk__in=keys).values_list("pk"))
        untouched, edited, published = standing(now)
        if published:
            raise ValidationError(
                f"Of its drafts {len(published)} are published ({named(published)}), so it cannot "
                f"be undone as a whole: discard the others, and withdraw what is published."
            )
        if edited and not edited_too:
            raise ValidationError(
                {"edited": f"{len(edited)} were edited or submitted since ({named(edited)}): say "
                           f"that they may go too."}
            )  # fmt: skip
        gone = [*untouched, *edited]
        try:
            model.objects.filter(pk__in=[row.pk for row in gone]).delete()
        except ProtectedError as error:
            resting: Iterable[Any] = error.protected_objects
            names = sorted({str(getattr(figure, "record", figure)) for figure in resting})
            raise ValidationError(
                f"Records rest on these drafts: {'; '.join(names[:5])}. Let them cite another "
                f"statement first."
            ) from error
        finding.forget(now.kind, [row.public_id for row in gone])
        forget_versions(gone)
        gone += forget_sources(now)
        now.state, now.undone_at = ImportState.UNDONE, timezone.now()
        now.save(update_fields=["state", "undone_at"])
    batch.refresh_from_db()
    return gone


def named(records: Sequence[Any]) -> str:
    ids = ", ".join(record.public_id for record in records[:5])
    return ids + (" …" if len(records) > 5 else "")


def throw_away(batch: ImportBatch) -> None:
    """Forget a file that was not imported."""
    with transaction.atomic():
        now = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        if now.state not in NOT_WRITTEN:
            raise ValidationError(f"This import is {now.get_state_display()}.")
        now.delete()
