"""The one rebuilder of derived rows: writes again what other code wrote, while the site runs.

Each chunk is a short transaction, and what was written is not written again, so a rebuild that
was killed continues where it was. Published versions do not change, so only the last step of
each part needs the lock of publishing.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import models, transaction

from records.index import search_index, state
from records.index.names import NameHistory
from records.index.recount import Recount, Step
from records.index.search import Names
from records.index.signature import Rows, signatures
from records.index.writer import (
    DocumentRow,
    FileRow,
    SearchRow,
    document,
    file_rows,
    search_document,
)
from records.models import KINDS, Record, RevisionCounter

VERSIONS_AT_ONCE = 200
"""Maximum versions whose derived rows one transaction writes."""
STORED: dict[str, tuple[Rows, tuple[str, ...]]] = {
    "search_document": (Rows.SEARCH, SearchRow._fields[1:]),
    "document": (Rows.DOCUMENT, DocumentRow._fields[1:]),
    "file_rows": (Rows.FILE, FileRow._fields[1:]),
}
"""Relation of a row that each version has → its sort and its columns, beside the version."""


@dataclass
class Report:
    """Outcome of a rebuild or a check."""

    versions: int = 0
    """Versions whose documents were written, or compared."""
    outdated: list[str] = field(default_factory=list)
    """Versions of which a stored document was missing or other than this code derives."""
    damaged: list[str] = field(default_factory=list)
    """Versions whose content does not match its digest; their documents are left as they are."""
    statistics: int = 0
    """Rows of statistics that were missing, wrong or too many."""
    indexes: list[str] = field(default_factory=list)
    """Full-text indexes that do not match their table."""

    @property
    def is_clean(self) -> bool:
        return not (self.outdated or self.damaged or self.statistics or self.indexes)


def no_progress(done: int) -> None:
    """Show nothing."""


@dataclass
class Reindex:
    """A rebuild of the derived rows that are out of date, or of all; or a check of all, which
    changes none."""

    everything: bool = False
    check: bool = False
    progress: Callable[[int], Any] = no_progress
    report: Report = field(default_factory=Report)

    def __post_init__(self) -> None:
        every = self.everything or self.check
        due = [key for key in signatures() if every or key in state.out_of_date()]
        self.documents = [
            kind for kind in KINDS if {(kind, rows) for _, rows, _ in stored(kind)} & set(due)
        ]
        self.statistics = [kind for kind, rows in due if rows == Rows.STATISTICS]

    def total(self) -> int:
        """Return how many versions there are to go through, for a progress bar."""
        documents = [self.versions(kind) for kind in self.documents]
        return sum(rows.count() for rows in [*documents, *map(published, self.statistics)])

    def run(self) -> Report:
        """Rebuild or check documents and search documents, then the statistics."""
        names = NameHistory()
        for kind in self.documents:
            self.do_documents(kind, names)
        for kind in self.statistics:
            for versions in Recount(kind, self.everything, self.check):
                self.do_statistics(versions)
        if self.check:
            self.report.indexes = search_index.mismatched()
        elif self.everything:
            search_index.rebuild_all()
        return self.report

    def versions(self, kind: str) -> models.QuerySet:
        """Return the versions to go through."""
        if self.everything or self.check:
            return published(kind)
        return outdated(kind)

    def do_documents(self, kind: str, names: NameHistory) -> None:
        """Go through the versions of a kind; then write, under the lock, what other code
        published meanwhile."""
        before = RevisionCounter.number()
        for records in chunks(self.versions(kind)):
            self.do_chunk(records, names)
        if self.check:
            return
        with transaction.atomic():
            RevisionCounter.locked()
            late = outdated(kind).filter(published_in__gt=before)
            names = NameHistory() if late.exists() else names
            for records in chunks(late):
                self.do_chunk(records, names)
            for _, sort, _ in stored(kind):
                state.mark_complete(kind, sort)

    def do_chunk(self, records: list[Any], names: NameHistory) -> None:
        """Write or compare the documents of some versions of a kind."""
        columns = {relation: columns for relation, _, columns in stored(records[0].KIND)}
        rows: dict[str, list[Any]] = {relation: [] for relation in columns}
        for record in records:
            name = f"{record.public_id} v{record.version}"
            if record.content_digest() != record.digest:
                self.report.damaged.append(name)
                continue
            # Before those that are made, which then are the record's.
            there = {relation: getattr(record, relation, None) for relation in columns}
            made = derived(record, names.at(record.published_in_id))
            differing = [
                relation
                for relation in columns
                if not is_same(there[relation], made[relation], columns[relation])
            ]
            for relation in differing:
                rows[relation].append(made[relation])
            if differing:
                self.report.outdated.append(name)
            self.report.versions += 1
        if not self.check:
            with transaction.atomic():
                for relation in columns:
                    write(records[0].child(relation), rows[relation], columns[relation])
        self.progress(len(records))

    def do_statistics(self, step: Step) -> None:
        self.report.statistics += step.differences
        self.progress(step.versions)


def published(kind: str) -> models.QuerySet:
    """Return every version that was ever published."""
    return KINDS[kind]._default_manager.filter(published_in__isnull=False)


def outdated(kind: str) -> models.QuerySet:
    """Return the versions of which a stored document is missing or was written by other code."""
    written = {
        f"{relation}__format": signatures()[kind, rows] for relation, rows, _ in stored(kind)
    }
    return published(kind).exclude(**written)


def chunks(versions: models.QuerySet) -> Iterator[list[Any]]:
    """Yield the versions with all that documents are made of, some at a time."""
    after = 0
    while True:
        part = versions.filter(pk__gt=after).order_by("pk")[:VERSIONS_AT_ONCE]
        relations = [relation for relation, _, _ in stored(versions.model.KIND)]
        records = list(part.select_related(*relations).prefetch_related(*versions.model.ROWS))
        if not records:
            return
        after = records[-1].pk
        yield records


def stored(kind: str) -> list[tuple[str, Rows, tuple[str, ...]]]:
    """Return the rows that each version of the kind has: relation, sort and columns."""
    return [
        (relation, rows, columns)
        for relation, (rows, columns) in STORED.items()
        if (kind, rows) in signatures()
    ]


def derived(record: Any, names: Names) -> dict[str, Any]:
    """Return relation → the row that this code derives from a version."""
    public = document(record)
    made: dict[str, Any] = {
        "search_document": search_document(record, names),
        "document": public,
    }
    if record.ROLES:
        made["file_rows"] = file_rows(record, public.body)
    return made


def is_same(stored: Record | None, row: Any, columns: Sequence[str]) -> bool:
    """Return whether the stored row has what the row has."""
    return stored is not None and all(
        getattr(stored, column) == getattr(row, column) for column in columns
    )


def write(model: Any, rows: list[Any], columns: Sequence[str]) -> None:
    """Write the rows, over those that there are."""
    if rows:
        model._default_manager.bulk_create(
            [model(**row._asdict()) for row in rows],
            update_conflicts=True,
            unique_fields=["record"],
            update_fields=columns,
        )
