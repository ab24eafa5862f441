"""Downloads: every result of a list as one file, and the twin that describes it.

Records are walked by key, some hundred at a time, each read a statement of its own at the one
revision: no transaction stays open however slowly the file is taken.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from aidapi.errors import InvalidParameters, ParameterError
from aidapi.pagination import Cursor
from aidapi.renderers import (
    CSV,
    NDJSON,
    XLSX,
    TableMetadata,
)
from aidapi.tables import (
    MAX_SHEET_ROWS,
    Blocks,
    Table,
    csv_stream,
    ndjson_stream,
    workbook,
)
from records.api.views.citations import (
    AUTHOR,
    LICENCE,
    Citation,
    pinned,
)
from records.models import Revision
from records.query.planner import Ordering

STEP = 250
"""So many records are in memory at a time."""
WAY = {"format", "revision"}
"""Parameters that say how, not what, is asked."""

FILES = {one.format: one for one in (CSV, NDJSON, XLSX)}
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8; header=present",
    "ndjson": NDJSON.media_type,
    "xlsx": XLSX.media_type,
    "metadata": TableMetadata.media_type,
}


def digest(query: dict[str, str]) -> str:
    """Six characters that stand for the question in names of files and keys of citations."""
    return hashlib.blake2b(orjson.dumps(sorted(query.items())), digest_size=3).hexdigest()


def asked_of(request: HttpRequest) -> dict[str, str]:
    """The parameters as they were sent, without those that say how it is answered."""
    return {name: str(value) for name, value in request.GET.items() if name not in WAY}


def walk(
    read: Callable[[Cursor | None, int], Sequence[tuple]], ordering: Ordering, revision: int
) -> Iterator[Sequence[str]]:
    """The documents of all rows in order; `read` gives so many rows from a cursor on, each as
    (document, key, id) and, where results come in tiers, tier."""
    cursor = None
    while True:
        page = read(cursor, STEP)
        if page:
            yield [row[0] for row in page]
        if len(page) < STEP:
            return
        _, key, *place = page[-1]
        cursor = Cursor(revision, ordering.name, False, key, *place)


@dataclass(frozen=True)
class Download:
    """A table, the question that it answers, and when."""

    request: HttpRequest
    table: Table
    revision: Revision
    citation: Citation
    versioned: bool = True
    """Whether the revision can be asked for again."""

    @property
    def raw(self) -> bool:
        return self.request.GET.get("raw") == "true"

    @property
    def stem(self) -> str:
        """Name of the file without its ending."""
        name = f"aidapi-{self.table.name}-r{self.revision.number}"
        return f"{name}-{digest(asked_of(self.request))}"

    def address(self, representation: str) -> str:
        """The same question in another form, at the same revision."""
        query = asked_of(self.request) | {"format": representation}
        if representation == "ndjson":
            query.pop("raw", None)
        if self.versioned:
            return pinned(self.request, self.request.path, query, self.revision.number)
        address = pinned(self.request, self.request.path, query, 0)
        return address.removesuffix("&revision=0")

    def answer(self, representation: str) -> HttpResponseBase:
        """The file, or its description; HEAD gets the headers and makes no file."""
        if representation == "xlsx" and self.table.count > MAX_SHEET_ROWS:
            raise too_many_for_a_sheet(self.table.count)
        ending = "metadata.json" if representation == "metadata" else representation
        response: HttpResponseBase
        if self.request.method == "HEAD":
            response = StreamingHttpResponse(iter(()))
        elif representation == "metadata":
            response = HttpResponse(orjson.dumps(self.metadata(), option=orjson.OPT_INDENT_2))
        elif representation == "xlsx":
            file = workbook(self.table, self.raw, self.about(), self.revision.published_at)
            response = StreamingHttpResponse(Blocks(file))
            response["Content-Length"] = str(file.seek(0, 2))
            file.seek(0)
        else:
            response = StreamingHttpResponse(
                csv_stream(self.table, self.raw)
                if representation == "csv"
                else ndjson_stream(self.table)
            )
        response["Content-Type"] = MEDIA_TYPES[representation]
        disposition = "inline" if representation == "metadata" else "attachment"
        response["Content-Disposition"] = f'{disposition}; filename="{self.stem}.{ending}"'
        response["Dataset-Revision"] = str(self.revision.number)
        response["Dataset-Rows"] = str(self.table.count)
        if representation != "metadata":
            response["Link"] = (
                f'<{self.address("metadata")}>; rel="describedby"; '
                f'type="{TableMetadata.media_type}"'
            )
        return response

    def about(self) -> list[tuple[str, str]]:
        """What the second sheet of a workbook begins with."""
        return [
            ("source", self.address("xlsx")),
            ("revision", f"{self.revision.number} of {self.revision.published_at:%Y-%m-%d}"),
            ("rows", str(self.table.count)),
            ("licence", f"{LICENCE['name']}, {LICENCE['url']}"),
        ]

    def metadata(self) -> dict[str, Any]:
        """The table as CSV on the Web describes one: its CSV, and beside it the other forms."""
        return {
            "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
            "@type": "Table",
            "url": self.address("csv"),
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
                for name, value in sorted(asked_of(self.request).items())
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
                for one in FILES
            ],
            "dialect": {"encoding": "utf-8", "lineTerminators": ["\r\n"], "header": True},
            "tableSchema": {"columns": [column.csvw() for column in self.table.columns]},
        }


def too_many_for_a_sheet(count: int) -> InvalidParameters:
    return InvalidParameters(
        [
            ParameterError(
                "format",
                "too_many_rows_for_xlsx",
                f"A workbook has at most {MAX_SHEET_ROWS} rows, these are {count}: take `csv` or "
                f"`ndjson`, or ask for less.",
                "csv",
            )
        ]
    )


def bodies(serialized: Sequence[Any]) -> list[str]:
    return [orjson.dumps(document).decode() for document in serialized]
