"""Downloads: all results of a list as one file, and the metadata that describe it.

Records are read in keyset pages, each by a statement of its own at the same revision: no
transaction stays open however slowly a client reads the file.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from typing import IO, Any

import orjson
from django.db import connections
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import http_date

from aidapi.addresses import site_path
from aidapi.errors import InvalidParameters, ParameterError
from aidapi.pagination import Cursor
from aidapi.ranges import file_response
from aidapi.renderers import (
    CSV,
    NDJSON,
    XLSX,
    TableMetadata,
)
from aidapi.tables import (
    BOM,
    MAX_SHEET_ROWS,
    Table,
    csv_stream,
    ndjson_stream,
    workbook,
    written,
)
from records.api.addresses import as_requested, digest, in_form, pinned
from records.api.licence import AUTHOR, LICENCE
from records.api.resource import RecordResource, RowResource
from records.api.views.base import PRESENTATION, filters_given, record_query
from records.api.views.citations import (
    Citation,
    list_citation,
    published,
    vocabulary_citation,
)
from records.api.views.pages import QuerySetRows
from records.api.views.verdicts import add_verdicts, judged_lines
from records.documents.columns import layout
from records.documents.serializers import placed
from records.index import state
from records.index.signature import Rows
from records.models import Revision
from records.query.ordering import Ordering
from records.query.planner import FILE_LINES
from records.query.revisions import latest_revision
from records.query.totals import Totals, of_total
from records.query.verdicts import Verdicts

STEP = 1_000
"""Number of records in memory at a time."""
WHOLE_ROWS = 10_000
"""Number of rows up to which a file is finished before its first byte is sent, so that it has
validators and ranges: none may confirm a stream, of which nobody knows whether it will break
off."""

FILES = {one.format: one for one in (CSV, NDJSON, XLSX)}
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8; header=present",
    "ndjson": NDJSON.media_type,
    "xlsx": XLSX.media_type,
    "metadata": TableMetadata.media_type,
}


Read = Callable[[Cursor | None, int], Sequence[tuple]]
"""Function that returns a page of rows after a cursor, each as (stored content, sort key, id) and,
where a search has tiers, the tier."""


def walk(read: Read, ordering: Ordering, revision: int) -> Iterator[Sequence[str]]:
    """Yield the stored contents of all rows in order, some hundred at a time."""
    for page in pages(read, ordering, revision):
        yield [row[0] for row in page]


def pages(read: Read, ordering: Ordering, revision: int) -> Iterator[Sequence[tuple]]:
    """Yield all rows in order, some hundred at a time. While one page is written, the next is
    read: a database and what waits for it would else take turns."""
    found = one_by_one(read, ordering, revision)
    first = next(found, ())
    if first:
        yield first
    if len(first) == STEP:
        yield from ahead(found)


def ahead(found: Iterator[Sequence[tuple]]) -> Iterator[Sequence[tuple]]:
    """Yield pages that another thread reads, with this one's connections."""
    shared = connections.all(initialized_only=True)

    def share() -> None:
        for connection in shared:
            connections[connection.alias] = connection

    for connection in shared:
        connection.inc_thread_sharing()
    context = copy_context()

    def following() -> Sequence[tuple] | None:
        return context.run(next, found, None)

    reader = ThreadPoolExecutor(1, "pages", share)
    try:
        coming = reader.submit(following)
        while (page := coming.result()) is not None:
            coming = reader.submit(following)
            yield page
    finally:
        # A page that is being read has the connection, which goes to another request.
        reader.shutdown()
        for connection in shared:
            connection.dec_thread_sharing()


def one_by_one(read: Read, ordering: Ordering, revision: int) -> Iterator[Sequence[tuple]]:
    """Yield all rows in order, a page at a time."""
    cursor = None
    while True:
        page = read(cursor, STEP)
        if page:
            yield page
        if len(page) < STEP:
            return
        _, key, *place = page[-1]
        cursor = Cursor(revision, ordering.name, False, key, *place)


@dataclass(frozen=True)
class Download:
    """Table of all results of a request, as of a revision."""

    request: HttpRequest
    given: dict[str, str]
    """The parameters as they were sent, without format and revision."""
    raw: bool
    """Whether text that a spreadsheet may read as a formula is left unchanged."""
    table: Table
    revision: Revision
    citation: Citation
    versioned: bool = True
    """Whether the revision can be requested again."""
    formats: Sequence[str] = tuple(FILES)
    """The forms of the file."""

    @property
    def stem(self) -> str:
        """Name of the file without its extension."""
        name = f"aidapi-{self.table.name}-r{self.revision.number}"
        return f"{name}-{digest(self.given)}"

    def address(self, representation: str) -> str:
        """Return the URL of the same request in another representation, at the same revision."""
        query = dict(self.given)
        if representation == "ndjson":
            query.pop("raw", None)
        path = in_form(self.request.path_info, FILES[representation])
        if self.versioned:
            return pinned(self.request, path, query, self.revision.number)
        return re.sub("[?&]revision=0$", "", pinned(self.request, path, query, 0))

    def response(self, representation: str) -> HttpResponseBase:
        """Return the file, or its metadata; for HEAD the headers only, without making a file."""
        if representation == "xlsx" and self.table.count > MAX_SHEET_ROWS:
            raise too_many_for_a_sheet(self.table.count)
        extension = "csv-metadata.json" if representation == "metadata" else representation
        is_whole = representation == "xlsx" or (
            representation != "metadata" and self.table.count <= WHOLE_ROWS
        )
        response: Any
        if representation == "metadata":
            response = HttpResponse(orjson.dumps(self.metadata(), option=orjson.OPT_INDENT_2))
        elif self.request.method == "HEAD":
            response = StreamingHttpResponse(iter(()))
        elif is_whole:
            file = self.file(representation)
            response = file_response(self.request, file, self.revision.published_at)
        else:
            response = StreamingHttpResponse(self.stream(representation))
        if is_whole:
            response["Accept-Ranges"] = "bytes"
        if is_whole or representation == "metadata":
            # For the response cache, which does not keep files (aidapi.caching).
            response.is_file = True
            response["Last-Modified"] = http_date(self.revision.published_at.timestamp())
        response["Content-Type"] = MEDIA_TYPES[representation]
        disposition = "inline" if representation == "metadata" else "attachment"
        response["Content-Disposition"] = f'{disposition}; filename="{self.stem}.{extension}"'
        response["Dataset-Revision"] = str(self.revision.number)
        response["Dataset-Rows"] = str(self.table.count)
        if representation != "metadata":
            response["Link"] = (
                f'<{as_requested(self.request, TableMetadata)}>; rel="describedby"; '
                f'type="{TableMetadata.media_type}"'
            )
        return response

    def stream(self, representation: str) -> Iterator[bytes]:
        """Return the CSV or NDJSON piece by piece."""
        if representation == "csv":
            return csv_stream(self.table, self.raw)
        return ndjson_stream(self.table)

    def file(self, representation: str) -> IO[bytes]:
        """Return the open file."""
        if representation == "xlsx":
            return workbook(self.table, self.raw, self.about(), self.revision.published_at)
        return written(self.stream(representation))

    def about(self) -> list[tuple[str, str]]:
        """Return the first rows of the second sheet of a workbook."""
        return [
            ("source", self.address("xlsx")),
            ("revision", f"{self.revision.number} of {self.revision.published_at:%Y-%m-%d}"),
            ("rows", str(self.table.count)),
            ("licence", f"{LICENCE['name']}, {LICENCE['url']}"),
        ]

    def metadata(self) -> dict[str, Any]:
        """Return the metadata of the CSV file as CSV on the Web, with the other formats."""
        return {
            "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
            "@type": "Table",
            # Readers ignore metadata that do not name the address of their file as requested.
            "url": as_requested(self.request, CSV),
            "dc:title": self.citation.title,
            "dc:publisher": AUTHOR,
            "dc:license": {"@id": LICENCE["url"]},
            "dc:rights": f"{LICENCE['name']}; quotes remain their authors'.",
            "dc:issued": {
                "@value": self.revision.published_at.isoformat(),
                "@type": "xsd:dateTime",
            },
            "dc:bibliographicCitation": self.citation.undated(),
            "schema:version": str(self.revision.number),
            "schema:additionalProperty": [
                {"@type": "schema:PropertyValue", "schema:name": name, "schema:value": value}
                for name, value in sorted(self.given.items())
            ],
            "schema:size": {
                "@type": "schema:QuantitativeValue",
                "schema:value": self.table.count,
                "schema:unitText": "rows",
            },
            "dcat:distribution": [
                {
                    "@type": "dcat:Distribution",
                    "dcat:downloadURL": {"@id": self.address(one)},
                    "dcat:mediaType": FILES[one].media_type,
                }
                for one in self.formats
            ],
            "dialect": {"encoding": "utf-8", "lineTerminators": ["\r\n"], "header": True},
            "tableSchema": {"columns": self.columns()},
        }

    def columns(self) -> list[dict[str, Any]]:
        """Return the descriptions of the columns. The first has its name with the byte order mark,
        which some readers take for a part of it, as a title."""
        first, *others = [column.csvw() for column in self.table.columns]
        first["titles"] = [f"{BOM}{first['name']}", first["titles"]]
        return [first, *others]


def too_many_for_a_sheet(count: int) -> InvalidParameters:
    return InvalidParameters(
        [
            ParameterError(
                "format",
                "too_many_rows_for_xlsx",
                f"Too many rows for a workbook: {count}, with a maximum of {MAX_SHEET_ROWS}. Use "
                f"`csv` or `ndjson`, or add filters.",
                "csv",
            )
        ]
    )


def record_download(request: HttpRequest, resource: RecordResource, parameters: Any) -> Download:
    """Return the download of all records that match the filters, in the order of the list."""
    values = parameters.cleaned
    ordering = Ordering.of(parameters)
    query = record_query(resource, parameters, values.get("revision"))
    revision = published(query.revision)
    figures = bool(resource.model.ROLES) and values.get("rows", "figures") == "figures"
    records = query.selection()
    rows = records
    if figures:
        rows = resource.model.child("figures").objects.filter(record__in=records.values("pk"))
    columns = layout(resource.serializer_class, figures)

    def read(cursor: Cursor | None, size: int) -> list[tuple]:
        return query.page(ordering, cursor, size)

    # Later, when the stream is read, no request says where the site is.
    below = site_path()

    def verdicts() -> Verdicts:
        if "total" in values:
            return of_total(query.without("total"), values["total"]).verdicts(values["total"])
        return Totals(query, listed=True).verdicts({})

    def lines() -> Iterator[Sequence[str]]:
        def read_lines(cursor: Cursor | None, size: int) -> list[tuple]:
            return query.page(ordering, cursor, size, FILE_LINES)

        lines_of = judged_lines(verdicts())
        for page in pages(read_lines, ordering, query.revision):
            yield lines_of((id, stored) for stored, _, id, *_ in page)

    # Rows that other code made may lack a column; below a path, addresses in them are others.
    stored = figures and not below and (resource.model.KIND, Rows.FILE) not in state.out_of_date()
    table = Table(
        resource.name,
        columns.columns,
        lambda: (placed(page, below) for page in walk(read, ordering, query.revision)),
        lambda cells: columns.rows(cells, partial(add_verdicts, verdicts()) if figures else None),
        rows.count(),
        documents=not figures,
        lines=lines if stored else None,
    )
    count = records.count() if figures else table.count
    filters = filters_given(resource, parameters)
    citation = list_citation(request, resource.name, filters, count, revision)
    return Download(
        request, presented(parameters), values.get("raw", False), table, revision, citation
    )


def vocabulary_download(request: HttpRequest, resource: RowResource, parameters: Any) -> Download:
    """Return the download of all entries that match the filters, as they are now. Files of one
    revision are alike, but an earlier revision cannot be requested."""
    values = parameters.cleaned
    revision = published(latest_revision())
    ordering = Ordering.of(parameters)
    matching = parameters.filter_queryset(resource.rows(revision.number))
    rows = QuerySetRows(revision.number, matching, resource.row_id)
    columns = layout(resource.serializer_class, figures=False)

    def read(cursor: Cursor | None, size: int) -> list[tuple]:
        page = rows.page(ordering, cursor, size)
        documents = resource.serializer_class([row[0] for row in page], many=True).data
        return [
            (orjson.dumps(document).decode(), *place)
            for document, (_, *place) in zip(documents, page, strict=True)
        ]

    table = Table(
        resource.name,
        columns.columns,
        lambda: walk(read, ordering, revision.number),
        columns.rows,
        rows.count(),
        documents=True,
    )
    return Download(
        request,
        presented(parameters),
        values.get("raw", False),
        table,
        revision,
        vocabulary_citation(request, resource.name, table.count, revision),
        versioned=False,
    )


def presented(parameters: Any) -> dict[str, str]:
    """Return the parameters as they were sent, without format and revision."""
    return {name: text for name, text in parameters.given.items() if name not in PRESENTATION}
