"""Making a release: one pass over each kind of record into all formats, in a temporary folder that
becomes the release when it is whole."""

import fcntl
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import orjson

from aidapi.database.memory import little_cache
from records.api.addresses import PLURALS
from records.api.licence import LICENCE
from records.api.views.verdicts import add_verdicts
from records.documents.render import SERIALIZERS
from records.models import DATED, KINDS, Contract, Donation, Item, Party, Revision
from records.query.totals import verdicts_in_parts
from records.query.verdicts import Verdicts
from records.releases import sources
from records.releases.files import PACKAGE, File, files_in, write_sums
from records.releases.package import description
from records.releases.shelf import Shelf, release_name
from records.releases.standards import csvw
from records.releases.standards.catalogue import Period, dcat, schema_org
from records.releases.standards.croissant import croissant
from records.releases.standards.iati import IATIWriter
from records.releases.standards.known import Known
from records.releases.standards.ocds import OCDSWriter
from records.releases.tables import (
    CHANGES,
    HS_CODES,
    ITEMS,
    PARTIES,
    REVISIONS,
    Table,
    day_columns,
    tables_of,
)
from records.releases.texts import LICENCE_TEXT, write_changes, write_readme
from records.releases.writers.csv_files import CSVWriter
from records.releases.writers.ndjson import NDJSONWriter
from records.releases.writers.parquet_files import DocumentWriter, ParquetWriter
from records.releases.writers.sqlite_file import SQLiteWriter

UNFINISHED = ".making-"
"""Beginning of the name of a folder that is not a release yet."""


class ReleaseExists(Exception):
    """Error of a release that was made before: releases never change."""


def make(shelf: Shelf, revision: Revision, since: int | None = None) -> Path:
    """Make the release of a revision, with the changes since another, by default that of the
    release before it; return its folder."""
    folder = shelf.folder / release_name(revision)
    shelf.folder.mkdir(parents=True, exist_ok=True)
    with alone(shelf.folder), little_cache():
        if folder.exists():
            raise ReleaseExists(f"{folder} exists, and releases never change.")
        if since is None:
            since = shelf.before(revision.number)
        unfinished = shelf.folder / f"{UNFINISHED}{folder.name}"
        unfinished.mkdir()
        try:
            write(unfinished, revision, since)
            settle(unfinished, revision)
            unfinished.rename(folder)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise
    return folder


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder of releases, without what killed makers left there."""
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left in folder.glob(f"{UNFINISHED}*"):
            shutil.rmtree(left)
        yield


def settle(folder: Path, revision: Revision) -> None:
    """Write everything to the disk, with the time of the revision."""
    at = int(revision.published_at.timestamp())
    for path in [*folder.rglob("*"), folder]:
        opened = os.open(path, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
        os.utime(path, (at, at))


def write(folder: Path, revision: Revision, since: int) -> None:
    """Write all files of a release into an empty folder."""
    period = Period()
    tables = write_data(folder, revision, period)
    write_changes(folder, revision.number, since)
    (folder / "LICENSE.md").write_text(LICENCE_TEXT.read_text("utf-8"), "utf-8")
    write_readme(folder, revision, since, tables)
    write_json(folder, csvw.PATH, csvw.table_group(revision, tables))
    files = files_in(folder)
    first = Revision.objects.earliest("number")
    described = {
        "dcat.jsonld": dcat(revision, first, period, files),
        "schema-org.jsonld": schema_org(revision, period, files),
        "croissant.json": croissant(revision, files, tables),
    }
    for name, content in described.items():
        files.append(write_json(folder, name, content))
    files.sort(key=lambda file: file.path)
    package = description(revision, since, files, tables)
    files.append(write_json(folder, PACKAGE, package))
    write_sums(folder, files)


def write_json(folder: Path, path: str, content: dict[str, Any]) -> File:
    """Write a file of JSON, indented for people."""
    (folder / path).write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n")
    return File(folder, path)


def about(revision: Revision) -> dict[str, str]:
    """Return what a file says of itself where its format has a place for it."""
    return {"revision": str(revision.number), "license": LICENCE["url"]}


def write_data(folder: Path, revision: Revision, period: Period) -> list[Table]:
    """Write the tables, documents and standards of records; return the tables. `period` takes
    note of the dates."""
    # First, since it takes the most memory: what comes later needs less, and uses it again.
    verdicts = {kind: verdicts_in_parts(model, revision.number) for kind, model in DATED.items()}
    of_kinds = {kind: tables_of(kind) for kind in KINDS}
    others = [REVISIONS, CHANGES, PARTIES, ITEMS, HS_CODES]
    vocabulary: dict[str, dict[str, Any]] = {}
    tables = [*others, *(table for some in of_kinds.values() for table in some)]
    # The records themselves are there with all that is nested in them.
    flat = [table for table in tables if table.name not in map(PLURALS.get, KINDS)]
    with ExitStack() as stack:
        writers = Writers(
            stack.enter_context(closing(CSVWriter(folder / "csv", tables))),
            stack.enter_context(closing(ParquetWriter(folder / "parquet", flat, about(revision)))),
            stack.enter_context(
                closing(SQLiteWriter(folder / "aidapi.sqlite3", tables, revision.number))
            ),
        )
        (folder / "ndjson").mkdir()
        for row in sources.revisions(revision.number):
            writers.write(REVISIONS, [row])
        for page in sources.changes(revision.number):
            writers.write(CHANGES, page)
        for model, some in ((Party, [PARTIES]), (Item, [ITEMS, HS_CODES])):
            entries = list(sources.entries(model, revision.number))
            lines = NDJSONWriter(folder / "ndjson" / f"{some[0].name}.ndjson")
            with closing(lines):
                lines.write([orjson.dumps(entry).decode() for entry in entries])
            for table in some:
                writers.write(table, entries)
            vocabulary[model.KIND] = {entry["code"]: entry for entry in entries}
        known = Known(revision, vocabulary[Party.KIND], vocabulary[Item.KIND])
        standards: dict[str, Any] = {
            Donation.KIND: IATIWriter(folder / "iati" / "activities.xml", known),
            Contract.KIND: OCDSWriter(folder / "ocds", known),
        }
        for writer in standards.values():
            stack.enter_context(closing(writer))
        for kind, some in of_kinds.items():
            standard = [one for one in (standards.get(kind), period) if one is not None]
            write_kind(folder, kind, some, writers, known, standard, verdicts.get(kind))
    return tables


class Writers:
    """The formats that have every table."""

    def __init__(self, *writers: Any) -> None:
        self.writers = writers

    def write(self, table: Table, documents: Sequence[Any]) -> None:
        """Write the rows that documents have in a table."""
        rows = table.rows(documents)
        for writer in self.writers:
            writer.write(table, rows)


def write_kind(
    folder: Path,
    kind: str,
    tables: Sequence[Table],
    writers: Writers,
    known: Known,
    others: Sequence[Any],
    verdicts: Verdicts | None,
) -> None:
    """Write the records of a kind into all formats, and give them to what else reads them;
    `verdicts` says what became of their figures in totals."""
    revision = known.revision
    name = PLURALS[kind]
    lines = NDJSONWriter(folder / "ndjson" / f"{name}.ndjson")
    whole = DocumentWriter(
        folder / "parquet" / f"{name}.parquet",
        SERIALIZERS[kind](),
        day_columns(tables[0]),
        about(revision),
    )
    with closing(lines), closing(whole):
        for page in sources.bodies(kind, revision.number):
            lines.write(page)
            documents = [orjson.loads(body) for body in page]
            if verdicts is not None:
                add_verdicts(verdicts, documents)
            for table in tables:
                writers.write(table, documents)
            for writer in (whole, *others):
                writer.write(documents)
