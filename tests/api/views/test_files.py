"""Downloads: every result in a file, exactly what the documents say, and no end too early."""

import csv
import gzip
import io
import json
import re
import threading
import time
from collections.abc import Iterator, Sequence
from decimal import Decimal
from operator import itemgetter
from typing import Any

import openpyxl
import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from aidapi import tables
from aidapi.pagination import Cursor
from aidapi.tables import (
    FORMULA,
    Column,
    Table,
    csv_stream,
    guarded,
    ndjson_stream,
    number,
)
from records.api.views import files
from records.index.models import DerivedState
from records.index.signature import Rows
from records.models import KINDS, Party, RevisionCounter
from records.publishing import triggers
from records.query.ordering import Ordering
from tests.support.factories import DonationFactory, StatementFactory, publish
from tests.support.histories import History
from tests.support.parameter_values import anchored
from tests.support.routes import RECORDS, RESOURCES, Resource, ask, found, problem, refused, walk

pytestmark = pytest.mark.django_db

TERMS = [resource for resource in RESOURCES if resource.name in ("parties", "items")]
LISTS = [*RECORDS, *TERMS]
DATED = [resource for resource in RECORDS if resource.name != "statements"]
ROWS = [
    *(pytest.param(resource, "figures", id=f"{resource}-figures") for resource in DATED),
    *(pytest.param(resource, "records", id=f"{resource}-records") for resource in RECORDS),
    *(pytest.param(resource, "", id=str(resource)) for resource in TERMS),
]
FILES = ["csv", "ndjson", "xlsx"]


def requested(rows: str, **query: Any) -> dict[str, Any]:
    return query | ({"rows": rows} if rows else {})


def file(client: Client, resource: Resource, **query: Any) -> bytes:
    response = ask(client, resource.path, **query)
    assert response.status_code == 200, response.content
    return response.getvalue()


def read_csv(data: bytes) -> list[list[str]]:
    text = data.decode("utf-8")
    assert text[0] == "\ufeff"
    return list(csv.reader(io.StringIO(text[1:], newline=""), strict=True))


def listed(client: Client, resource: Resource, **query: Any) -> list[dict[str, Any]]:
    """All documents of the list, page by page."""
    first = found(client, resource.path, page_size=3, **query)
    pages = [first, *walk(client, first["next"])] if first["next"] else [first]
    return [document for page in pages for document in page["results"]]


DECIMALS = {"value", "lower", "upper"}
"""Columns of numbers that may have decimals, and in files all have."""
VERDICT = ["in_at_least", "in_about", "left_out_reason", "held_by"]


def in_documents(table: list[list[str]]) -> list[list[str]]:
    """The columns that documents have: without what became of figures in totals."""
    last = len(table[0]) - (len(VERDICT) if table[0][-len(VERDICT) :] == VERDICT else 0)
    return [row[:last] for row in table]


# What a cell should hold, by the rules in words and not by the code


def expected(document: dict[str, Any], header: list[str], rows: str) -> Iterator[list[str]]:
    if rows != "figures":
        yield [text(of_record(document, name)) for name in header]
        return
    for n, figure in enumerate(document["figures"], start=1):
        evidence = figure["evidence"]
        (statement,) = [s for s in document["statements"] if s["id"] == evidence["statement"]]
        row = []
        for name in header:
            if name == "figure":
                value = n
            elif name in figure:
                value = figure[name]
            elif name in evidence:
                value = evidence[name]
            elif name.startswith("statement_"):
                value = statement[name.removeprefix("statement_")]
            else:
                value = of_record(document, name)
            row.append(text(in_column(name, value)))
        yield row


def in_column(name: str, value: Any) -> Any:
    return float(value) if name in DECIMALS and value is not None else value


def of_record(document: dict[str, Any], name: str) -> Any:
    if name == "figures":
        return len(document["figures"])
    if name in document:
        return document[name]
    (around,) = [key for key in document if name.startswith(f"{key}_")]
    inner, value = name.removeprefix(f"{around}_"), document[around]
    return [one[inner] for one in value] if isinstance(value, list) else value[inner]


def text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "|".join("none" if part is None else part.replace("|", "¦") for part in value)
    return f"{Decimal(str(value)):f}" if isinstance(value, float) else str(value)


def bare(cell: str) -> str:
    """The cell without the apostrophe that keeps a spreadsheet from calculating."""
    return cell[1:] if re.match(r"''*[\s\x00-\x1f]*[=+\-@＝＋－＠]|'+[\t\r\n]", cell) else cell


@pytest.mark.parametrize(("resource", "rows"), ROWS)
@pytest.mark.parametrize("revision", [None, 3])
def test_csv_says_what_the_documents_say(
    client: Client, history: History, resource: Resource, rows: str, revision: int | None
) -> None:
    if revision and resource in TERMS:
        pytest.skip("vocabularies show their present state")
    when = {"revision": revision} if revision else {}
    documents = listed(client, resource, **when)

    header, *table = in_documents(
        read_csv(file(client, resource, **requested(rows, format="csv", **when)))
    )

    wanted = [row for document in documents for row in expected(document, header, rows)]
    assert [[bare(cell) for cell in row] for row in table] == wanted
    assert len(set(header)) == len(header)
    assert table


@pytest.mark.parametrize(("resource", "rows"), ROWS)
def test_every_field_of_the_documents_has_its_column(
    client: Client, history: History, resource: Resource, rows: str
) -> None:
    header, *_ = read_csv(file(client, resource, **requested(rows, format="csv")))

    for document in listed(client, resource):
        for name, value in document.items():
            assert any(column == name or column.startswith(f"{name}_") for column in header) or (
                rows == "figures" and name in ("figures", "statements")
            ), (name, value)
        for figure in document.get("figures", ()) if rows == "figures" else ():
            names = {*figure, *figure["evidence"]} - {"evidence"}
            assert names <= set(header)


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("resource", LISTS, ids=str)
@pytest.mark.parametrize("step", [1, 2, 250])
def test_rows_stand_in_the_order_of_the_list(
    client: Client,
    history: History,
    monkeypatch: pytest.MonkeyPatch,
    resource: Resource,
    step: int,
) -> None:
    """Every ordering, however many are read at a time."""
    monkeypatch.setattr(files, "STEP", step)
    for ordering in resource.parameters.base_filters["ordering"].field.choices:
        query = anchored("ordering", ordering)
        rows = {} if resource in TERMS else {"rows": "records"}

        lines = file(client, resource, format="ndjson", **rows, **query).splitlines()

        assert [json.loads(line) for line in lines] == listed(client, resource, **query)


@pytest.mark.parametrize(
    "query",
    [
        {"donor": "CHN"},
        {"item": "mask"},
        {"item": "mask", "unit": "piece", "value_min": "500"},
        {"recipient_region": "africa", "ordering": "title"},
        {"latest": "true"},
        {"publisher": "xinhua", "joint": "false"},
        {"item": "mask,goggles", "donor": "unknown"},
        {"changed_since": "2", "revision": "4"},
        {"linked": "funds"},
    ],
)
def test_a_filter_holds_for_the_file(
    client: Client, history: History, monkeypatch: pytest.MonkeyPatch, query: dict[str, str]
) -> None:
    monkeypatch.setattr(files, "STEP", 2)
    donations = next(resource for resource in RECORDS if resource.name == "donations")
    documents = listed(client, donations, **query)

    whole = file(client, donations, format="ndjson", rows="records", **query).splitlines()
    header, *rows = in_documents(read_csv(file(client, donations, format="csv", **query)))

    assert [json.loads(line) for line in whole] == documents
    assert rows == [
        [guarded(cell) for cell in row]
        for document in documents
        for row in expected(document, header, "figures")
    ]


@pytest.mark.parametrize("resource", RECORDS, ids=str)
def test_ndjson_of_records_is_the_stored_documents(
    client: Client, history: History, resource: Resource
) -> None:
    bodies = {row.body for row in history.at(resource.kind)}

    lines = file(client, resource, format="ndjson", rows="records").decode().split("\n")

    assert lines.pop() == ""
    assert set(lines) == bodies


@pytest.mark.parametrize("resource", DATED, ids=str)
def test_ndjson_of_figures_has_the_columns_of_the_csv(
    client: Client, history: History, resource: Resource
) -> None:
    header, *table = read_csv(file(client, resource, format="csv", raw="true"))

    rows = [json.loads(line) for line in file(client, resource, format="ndjson").splitlines()]

    assert [list(row) for row in rows] == [header] * len(table)
    assert [[text(value) for value in row.values()] for row in rows] == table


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize(("resource", "rows"), ROWS)
@pytest.mark.parametrize("raw", ["true", "false"])
def test_xlsx_is_the_csv(
    client: Client, history: History, resource: Resource, rows: str, raw: str
) -> None:
    query = requested(rows, raw=raw)
    header, *table = read_csv(file(client, resource, format="csv", **query))

    book = openpyxl.load_workbook(io.BytesIO(file(client, resource, format="xlsx", **query)))

    sheet, about = book.worksheets
    first, *others = sheet.iter_rows()
    assert [cell.value for cell in first] == header
    cells = [[as_csv(*pair) for pair in zip(header, row, strict=True)] for row in others]
    assert cells == table
    explained = dict(about.iter_rows(values_only=True))
    assert all(explained[name] for name in header)
    assert explained["revision"].startswith(str(history.newest))
    assert "creativecommons.org" in explained["licence"]


def as_csv(name: str, cell: Any) -> str:
    assert cell.data_type != "f", "no cell is a formula"
    if cell.is_date:
        return cell.value.date().isoformat()
    return text(in_column(name, cell.value))


# What is not requested


@pytest.mark.parametrize("resource", LISTS, ids=str)
@pytest.mark.parametrize("format", [*FILES, "metadata"])
def test_what_pages_are_requested_is_refused(
    client: Client, history: History, resource: Resource, format: str
) -> None:
    wanted_words = {"page_size": "5", "count": "true", "fields": "version", "omit": "version"}
    for name, value in wanted_words.items():
        assert refused(client, resource.path, format=format, **{name: value}) == {
            name: "not_with_this_format"
        }
    cursor = found(client, resource.path, page_size=1)["next"].rpartition("cursor=")[2]
    response = client.get(f"{resource.path}?format={format}&cursor={cursor}")
    assert problem(response, 400)["errors"][0]["parameter"] == "cursor"


def test_what_files_are_requested_is_refused_of_pages(client: Client, history: History) -> None:
    for resource in LISTS:
        assert refused(client, resource.path, raw="true") == {"raw": "not_with_this_format"}
        assert refused(client, resource.path, format="ndjson", raw="true")
    for resource in RECORDS:
        wrong = {"rows": "records"}
        assert refused(client, resource.path, **wrong) == {"rows": "not_with_this_format"}
    assert refused(client, "/api/v1/statements/", format="csv", rows="figures") == {
        "rows": "unknown_value"
    }
    # What Accept requests is requested.
    response = client.get("/api/v1/donations/?page_size=1", headers={"Accept": "text/csv"})
    assert problem(response, 400)["errors"][0]["parameter"] == "page_size"


def test_a_workbook_has_an_end(
    client: Client, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MAX_SHEET_ROWS", 3)

    assert refused(client, "/api/v1/donations/", format="xlsx") == {
        "format": "too_many_rows_for_xlsx"
    }
    assert ask(client, "/api/v1/donations/", format="csv").status_code == 200


# How it is requested

CSV = "text/csv; charset=utf-8; header=present"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("text/csv", CSV),
        ("TEXT/CSV", CSV),
        ("text/csv;charset=utf-8", CSV),
        ("text/*", CSV),
        ("application/x-ndjson", "application/x-ndjson"),
        (XLSX, XLSX),
        ("application/csvm+json", "application/csvm+json"),
        ("application/json", "application/json"),
        ("application/json; charset=utf-8", "application/json"),
        ("application/*", "application/json"),
        ("*/*", "application/json"),
        ("", "application/json"),
        ("text/csv, application/json", "application/json"),
        ("text/csv, application/json;q=0.9", CSV),
        ("text/csv;q=0.5, application/json;q=0.9", "application/json"),
        ("text/csv;q=0.5, application/x-ndjson;q=0.6, */*;q=0.1", "application/x-ndjson"),
        ("application/json;q=0, */*", CSV),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "application/json"),
        ("text/csv;q=0, text/*;q=1, application/json;q=0.1", "application/json"),
    ],
)
def test_accept_is_weighed(
    client: Client, history: History, accept: str, content_type: str
) -> None:
    headers = {"Accept": accept} if accept else {}

    response = client.get("/api/v1/donations/", headers=headers)

    assert response.status_code == 200
    assert response["Content-Type"] == content_type
    assert response.getvalue()
    assert "Accept" in response["Vary"]


@pytest.mark.parametrize(
    "accept",
    ["text/html", "application/pdf", "image/*", "text/csv;q=0", "*/*;q=0", "application/rss+xml"],
)
def test_what_there_is_not_is_not_acceptable(
    client: Client, history: History, accept: str
) -> None:
    response = client.get("/api/v1/donations/", headers={"Accept": accept})

    assert problem(response, 406)["code"] == "not_acceptable"


def test_format_goes_before_accept(client: Client, history: History) -> None:
    for accept in ("text/html", "application/json", XLSX):
        response = client.get("/api/v1/donations/?format=csv", headers={"Accept": accept})
        assert response["Content-Type"] == CSV
        assert response.getvalue()
    answer = client.get("/api/v1/donations/?format=json", headers={"Accept": "text/csv"})
    assert answer["Content-Type"] == "application/json"
    assert refused(client, "/api/v1/revisions/", format="csv") == {"format": "unknown_value"}
    assert refused(client, "/api/v1/parties/", format="atom") == {"format": "unknown_value"}


@pytest.mark.parametrize("accept", ["text/csv", "application/x-ndjson", "application/json"])
def test_options_are_reported_in_json_alone(client: Client, history: History, accept: str) -> None:
    response = client.options("/api/v1/donations/", headers={"Accept": accept})

    assert response.status_code == (200 if accept == "application/json" else 406)


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("resource", LISTS, ids=str)
@pytest.mark.parametrize("format", [*FILES, "metadata"])
def test_head_says_of_the_file_without_making_it(
    client: Client, history: History, resource: Resource, format: str
) -> None:
    get, head = (
        getattr(client, method)(f"{resource.path}?format={format}") for method in ("get", "head")
    )

    assert head.status_code == 200
    assert head.getvalue() == b""
    for name in ("Content-Type", "Content-Disposition", "Dataset-Revision", "Dataset-Rows"):
        assert head[name] == get[name]
    assert head["Link"] == get["Link"]


# What is beside it


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize(("resource", "rows"), ROWS)
@pytest.mark.parametrize("format", FILES)
def test_the_twin_describes_the_file(
    client: Client, history: History, resource: Resource, rows: str, format: str
) -> None:
    response = ask(client, resource.path, **requested(rows, format=format))
    # Some readers look at the first link only.
    first = re.match(
        r'<([^>]+)>; rel="describedby"; type="application/csvm\+json"', response["Link"]
    )
    assert first
    twin = client.get(first[1]).json()

    header, *table = read_csv(file(client, resource, **requested(rows, format="csv")))
    columns = twin["tableSchema"]["columns"]
    assert [column["name"] for column in columns] == header
    assert all(column["dc:description"] and column["datatype"] for column in columns)
    assert twin["schema:size"]["schema:value"] == len(table) == int(response["Dataset-Rows"])
    assert twin["schema:version"] == response["Dataset-Revision"] == str(history.newest)
    assert twin["dc:license"]["@id"].startswith("https://creativecommons.org/licenses/by/4.0")
    assert f"evision {history.newest}" in twin["dc:bibliographicCitation"]
    # All forms of the file are to be had where it says, and are the same ones.
    for distribution in twin["dcat:distribution"]:
        again = client.get(distribution["dcat:downloadURL"]["@id"])
        assert again.status_code == 200
        assert again["Content-Type"].startswith(distribution["dcat:mediaType"])
        data = again.getvalue()
        if again["Content-Type"] == response["Content-Type"]:
            assert data == response.getvalue()


def test_the_twin_says_the_question(client: Client, history: History) -> None:
    twin = ask(
        client, "/api/v1/donations/", donor="CHN", ordering="title", format="metadata"
    ).json()

    reported = {p["schema:name"]: p["schema:value"] for p in twin["schema:additionalProperty"]}
    assert reported == {"donor": "CHN", "ordering": "title"}
    assert "donor=CHN" in twin["dc:title"]


@pytest.mark.parametrize(
    "query",
    [
        "format=csv",
        "donor=CHN&format=csv&revision=3",
        "revision=3&format=csv&donor=CHN",
        "donor=CHN&donor=ITA&format=csv",
        "publisher=caf%c3%a9&f%6Frmat=csv",
    ],
)
def test_the_twin_names_the_address_that_was_requested(
    client: Client, history: History, query: str
) -> None:
    """As it was sent, since readers compare the text."""
    response = client.get(f"/api/v1/donations/?{query}")
    address = re.match(r"<([^>]+)>", response["Link"])
    assert address

    twin = client.get(address[1]).json()

    named = query.replace("f%6Frmat", "format")
    assert twin["url"] == f"http://testserver/api/v1/donations/?{named}"


def test_the_twin_knows_the_byte_order_mark(client: Client, history: History) -> None:
    """Readers that take it for a part of the first title find the column all the same."""
    for resource in LISTS:
        header, *_ = file(client, resource, format="csv").decode().splitlines()
        columns = ask(client, resource.path, format="metadata").json()["tableSchema"]["columns"]

        titles = header.split(",")
        assert titles[0] == "\ufeff" + columns[0]["name"] == columns[0]["titles"][0]
        assert titles[0][1:] in columns[0]["titles"]
        assert titles[1:] == [column["titles"] for column in columns[1:]]


# Caches and downloads that are continued


@pytest.mark.parametrize("format", FILES)
def test_a_file_is_validated_and_continued(client: Client, history: History, format: str) -> None:
    address = f"/api/v1/donations/?format={format}"
    whole = client.get(address)
    data = whole.getvalue()
    assert whole["Content-Length"] == str(len(data))
    head = client.head(address)

    for known in (
        {"If-None-Match": whole["ETag"]},
        {"If-None-Match": head["ETag"]},
        {"If-Modified-Since": whole["Last-Modified"]},
    ):
        same = client.get(address, headers=known)
        assert (same.status_code, same.content, same["ETag"]) == (304, b"", whole["ETag"])
    for known in (
        {"If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"},
        {"If-None-Match": '"other"', "If-Modified-Since": whole["Last-Modified"]},
        {"If-Modified-Since": "yesterday"},
    ):
        assert client.get(address, headers=known).getvalue() == data

    size = len(data)
    for wanted, part in (
        ("bytes=0-0", data[:1]),
        ("bytes=100-", data[100:]),
        ("bytes=5-9", data[5:10]),
        (f"bytes=5-{size * 2}", data[5:]),
        ("bytes=-7", data[-7:]),
    ):
        response = client.get(address, headers={"Range": wanted, "Accept-Encoding": "gzip"})
        assert (response.status_code, response.getvalue()) == (206, part), wanted
        assert not response.has_header("Content-Encoding")
        first, last = re.fullmatch(
            rf"bytes (\d+)-(\d+)/{size}", response["Content-Range"]
        ).groups()  # type: ignore[union-attr]
        assert data[int(first) : int(last) + 1] == part
    for ignored in ("bytes=9-5", "bytes=0-1,3-4", "lines=1-2", "bytes=-", "bytes=a-"):
        assert client.get(address, headers={"Range": ignored}).getvalue() == data
    for behind in (f"bytes={size}-", "bytes=-0"):
        response = client.get(address, headers={"Range": behind})
        assert problem(response, 416)["code"] == "range_not_satisfiable"
        assert response["Content-Range"] == f"bytes */{size}"
    for of, status in ((whole["Last-Modified"], 206), (whole["ETag"], 200), ('"other"', 200)):
        headers = {"Range": "bytes=5-9", "If-Range": of}
        assert client.get(address, headers=headers).status_code == status


def test_a_pinned_file_is_immutable(client: Client, history: History) -> None:
    for format in [*FILES, "metadata"]:
        response = client.get(f"/api/v1/donations/?format={format}&revision=3")
        assert response["Cache-Control"] == "public, max-age=86400, immutable"
        assert response.has_header("ETag")
        assert response.getvalue()


def test_a_stream_confirms_nothing(
    client: Client, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may break off, and servers end it as if it was whole."""
    monkeypatch.setattr(files, "WHOLE_ROWS", 0)

    for format in ("csv", "ndjson"):
        response = client.get(
            f"/api/v1/donations/?format={format}&revision=3", headers={"Range": "bytes=5-9"}
        )
        assert response.status_code == 200
        assert response.getvalue()
        assert response["Cache-Control"] == "public, no-cache"
        for name in ("ETag", "Last-Modified", "Accept-Ranges"):
            assert not response.has_header(name)


@pytest.mark.parametrize("format", ["csv", "ndjson", "metadata", "atom"])
def test_files_are_compressed(client: Client, history: History, format: str) -> None:
    address = f"/api/v1/donations/?format={format}"
    plain = client.get(address).getvalue()

    response = client.get(address, headers={"Accept-Encoding": "gzip"})

    assert response["Content-Encoding"] == "gzip"
    assert gzip.decompress(response.getvalue()) == plain


def test_every_form_has_a_name(client: Client, history: History) -> None:
    def name(**query: Any) -> str:
        response = ask(client, "/api/v1/donations/", **query)
        assert response.getvalue()
        disposition = response["Content-Disposition"]
        return re.fullmatch(r'(?:attachment|inline); filename="([a-z0-9.-]+)"', disposition)[1]  # type: ignore[index]

    newest = history.newest
    assert re.fullmatch(rf"aidapi-donations-r{newest}-[0-9a-f]{{6}}\.csv", name(format="csv"))
    stem = name(format="csv", donor="CHN").removesuffix(".csv")
    assert name(format="xlsx", donor="CHN") == f"{stem}.xlsx"
    assert name(format="metadata", donor="CHN") == f"{stem}.csv-metadata.json"
    assert name(format="csv", donor="ITA").removesuffix(".csv") != stem
    assert name(format="csv", donor="CHN", revision=3) == f"{stem}.csv".replace(f"r{newest}", "r3")


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("resource", RECORDS, ids=str)
@pytest.mark.parametrize("format", FILES)
def test_a_pinned_file_stays_the_same(
    client: Client, history: History, clock: Any, resource: Resource, format: str
) -> None:
    """Byte for byte, whatever is published later, and whenever it is taken."""
    query = {"format": format, "revision": history.newest}
    before = file(client, resource, **query)

    fork = history.fork()
    fork.release(fork.draft("statement"), fork.draft("donation"), fork.draft("export"))
    clock.shift(100_000)

    assert file(client, resource, **query) == before
    assert file(client, resource, format=format, revision=3) != before


@pytest.mark.parametrize("resource", LISTS, ids=str)
def test_an_empty_file_is_a_header(client: Client, history: History, resource: Resource) -> None:
    nothing: dict[str, Any] = {"changed_since": history.newest}
    if resource in TERMS:
        nothing = {"name": "nobody is called so"}

    header, *rows = read_csv(file(client, resource, format="csv", **nothing))

    assert header
    assert rows == []
    assert file(client, resource, format="ndjson", **nothing) == b""
    assert ask(client, resource.path, format="csv", **nothing)["Dataset-Rows"] == "0"


def test_before_the_first_revision_there_is_no_file(client: Client, history: History) -> None:
    triggers.drop()
    RevisionCounter.objects.update(n=0)

    for resource in LISTS:
        for format in [*FILES, "metadata"]:
            response = ask(client, resource.path, format=format)
            assert problem(response, 404)["code"] == "unknown_revision"


def test_a_file_is_read_in_few_statements(
    client: Client,
    history: History,
    django_assert_num_queries: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(files, "STEP", 3)
    records = len(history.at("donation"))

    # The plan; the revision; whether rows are stored; rows and records counted; records, figures,
    # parties, items, replaced codes, milestones and links of the totals; the records, three by
    # three.
    with django_assert_num_queries(12 + records // 3 + 1):
        ask(client, "/api/v1/donations/", format="csv").getvalue()


@pytest.mark.parametrize("resource", DATED, ids=str)
def test_stored_rows_are_those_of_the_documents(
    client: Client, history: History, resource: Resource
) -> None:
    path, kind = resource.path, resource.name.removesuffix("s")
    queries: list[dict[str, Any]] = [
        {},
        {"ordering": "-value", "unit": "piece"},
        {"search": "masks"},
        {"total": "measure:quantity"},
        {"revision": 3},
    ]
    stored = [ask(client, path, format="csv", **query).getvalue() for query in queries]
    KINDS[kind].child("file_rows").objects.update(lines="of other code")
    DerivedState.objects.filter(kind=kind, rows=Rows.FILE).update(signature="")

    made = [ask(client, path, format="csv", **query).getvalue() for query in queries]

    assert stored == made
    assert sum(len(one.splitlines()) for one in made) > len(queries)


# Formulas


DANGEROUS = [
    "=1+1",
    "=cmd|'/C calc'!A0",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "\u00a0=1",
    "\u3000=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(1)",
    "'=1",
    "''-1",
    "\x01=1",
    "\tplain",
    '=HYPERLINK("https://example.org","x")',
]
HARMLESS = ["", "a=1", "1-2", "'tis", "“=1”", "100 %", "(=1)", "Ärzte", "中国", "#REF", "<b>"]


@pytest.mark.parametrize("cell", DANGEROUS)
def test_a_formula_is_defused(cell: str) -> None:
    assert guarded(cell) == "'" + cell
    assert bare(guarded(cell)) == cell


@pytest.mark.parametrize("cell", HARMLESS)
def test_other_texts_stay(cell: str) -> None:
    assert guarded(cell) == cell


@given(st.text(alphabet=st.sampled_from("=+-@'\t\r\n a1,;\"|＝"), max_size=8) | st.text())
def test_no_text_begins_like_a_formula_and_none_is_lost(cell: str) -> None:
    safe = guarded(cell)

    assert safe == cell or safe[0] == "'"
    assert not re.match(r"[\s\x00-\x1f]*[=+\-@＝＋－＠]|[\t\r\n]", safe)
    assert bare(safe) == cell
    assert bool(FORMULA.match(cell)) == (safe != cell)


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("raw", [False, True])
@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_formulas_in_records_are_defused(client: Client, db: None, format: str, raw: bool) -> None:
    statement = StatementFactory(publisher="=1+1", speaker="@x", summary="-1", published=True)
    for cell in DANGEROUS:
        figures = [{"statement": statement, "quote": cell, "value": Decimal("5")}]
        donation = DonationFactory(title=cell, note=cell, figures=figures)
        publish(donation)
    Party.objects.filter(code="CHN").update(name="+1")
    query = {"format": format} | ({"raw": "true"} if raw else {})

    for path in ("/api/v1/donations/", "/api/v1/statements/", "/api/v1/parties/"):
        data = ask(client, path, **query).getvalue()
        if format == "csv":
            cells = [cell for row in read_csv(data)[1:] for cell in row]
        else:
            sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
            cells = [c.value for row in sheet.iter_rows(min_row=2) for c in row]
            cells = [cell for cell in cells if isinstance(cell, str)]
        risky = [cell for cell in cells if FORMULA.match(cell) and cell[0] != "'"]
        assert bool(risky) == raw, path


# Numbers and long texts


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.000001, "0.000001"),
        (1.5, "1.5"),
        (123456789.123456, "123456789.123456"),
        (10**15 - 1, "999999999999999.0"),
        (20, "20.0"),
        (2e6, "2000000.0"),
        (Decimal("1E+2"), "100.0"),
        (1e22, "10000000000000000000000.0"),
        (None, None),
    ],
)
def test_numbers_have_one_form(value: Any, written: Any) -> None:
    assert number(value) == written


def one_row(*values: Any, count: int = 1) -> Table:
    columns = [Column(f"c{n}", "string", "A text.", itemgetter(n)) for n in range(len(values))]
    return Table(
        "things",
        columns,
        lambda: iter([[json.dumps(values)]]),
        lambda cells: (
            lambda rows: [
                [cell(column.read(row)) for column, cell in zip(columns, cells, strict=True)]
                for row in rows
            ]
        ),
        count,
    )


def test_a_text_too_long_for_a_cell_says_so(clock: Any) -> None:
    table = one_row("x" * 40_000)

    with tables.workbook(table, False, [], timezone.now()) as file:
        book = openpyxl.load_workbook(file)

    value = book.worksheets[0]["A2"].value
    assert len(value) == tables.MAX_CELL
    assert value.endswith("[cut here, of 40000 characters: the CSV has them all]")


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_csv_gives_every_text_back(values: list[str]) -> None:
    table = one_row(*values)

    data = b"".join(csv_stream(table, raw=False))

    assert [[bare(cell) for cell in row] for row in read_csv(data)[1:]] == [values]
    assert data.endswith(b"\r\n")
    assert data.decode().count("\r\n") >= 2


# No end too early


class Interrupted(Exception):
    pass


def broken(table: Table) -> Table:
    """The table, of which the second page cannot be read."""

    def pages() -> Iterator[list[str]]:
        yield ['["good"]']
        raise Interrupted

    return Table(table.name, table.columns, pages, table.rows, 2)


@pytest.mark.parametrize("format", ["csv", "ndjson"])
@pytest.mark.parametrize("fault", ["error", "too few"])
def test_a_file_that_is_cut_off_says_so(format: str, fault: str) -> None:
    """To people by words, to programs by what is no row: their parsers refuse it."""
    table = broken(one_row("good")) if fault == "error" else one_row("good", count=2)
    stream = csv_stream(table, raw=False) if format == "csv" else ndjson_stream(table)
    data = b""

    while True:
        try:
            data += next(stream)
        except (Interrupted, tables.Incomplete):
            # The server is reported, too.
            break

    assert b"good" in data
    assert b"INCOMPLETE: the server failed after 1 of 2 rows." in data.splitlines()[-1]
    if format == "csv":
        with pytest.raises(csv.Error, match="unexpected end of data"):
            read_csv(data)
    else:
        with pytest.raises(json.JSONDecodeError):
            json.loads(data.splitlines()[-1])


class Numbered:
    """Pages of one row each, read with the connection of the database; some cannot be."""

    def __init__(self, count: int, broken: int = -1) -> None:
        self.count, self.broken = count, broken
        self.connections: set[int] = set()
        self.threads: set[str] = set()
        self.begun = threading.Semaphore(0)
        self.reading = 0

    def __call__(self, cursor: Cursor | None, size: int) -> list[tuple]:
        number = 0 if cursor is None else int(cursor.row_id) + 1
        self.reading += 1
        self.begun.release()
        time.sleep(0.02)
        self.threads.add(threading.current_thread().name)
        self.connections.add(id(connections["default"]))
        with connections["default"].cursor() as asked:
            asked.execute("SELECT 1")
        self.reading -= 1
        if number == self.broken:
            raise Interrupted
        return [(f"page {number}", "2020", str(number), 0)] if number < self.count else []

    def walk(self) -> Iterator[Sequence[str]]:
        return files.walk(self, Ordering("as_of", {"as_of": "as_of_key", "id": "id"}), 1)


@pytest.mark.django_db
def test_pages_are_read_ahead_with_the_connection_of_the_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(files, "STEP", 1)
    read = Numbered(5)

    assert [*read.walk()] == [[f"page {number}"] for number in range(5)]
    assert read.connections == {id(connections["default"])}
    assert len(read.threads) == 2
    assert not connections["default"].allow_thread_sharing


@pytest.mark.django_db
def test_a_page_that_cannot_be_read_ends_the_file_after_those_before_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(files, "STEP", 1)
    pages = Numbered(5, broken=3).walk()

    assert [next(pages) for _ in range(3)] == [["page 0"], ["page 1"], ["page 2"]]
    with pytest.raises(Interrupted):
        next(pages)


@pytest.mark.django_db
def test_a_reader_who_leaves_leaves_no_page_that_is_being_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(files, "STEP", 1)
    read = Numbered(100)
    pages = read.walk()
    for _ in range(3):
        next(pages)
    for _ in range(4):
        read.begun.acquire()
    assert read.reading == 1

    pages.close()  # type: ignore[attr-defined]

    assert read.reading == 0
    assert not connections["default"].allow_thread_sharing


def test_a_reader_who_leaves_is_no_fault() -> None:
    stream = csv_stream(one_row("good"), raw=False)
    next(stream)

    stream.close()  # type: ignore[attr-defined]


def test_a_workbook_that_is_cut_off_is_not_sent(clock: Any) -> None:
    with pytest.raises(Interrupted):
        tables.workbook(broken(one_row("good")), False, [], timezone.now())
    with pytest.raises(tables.Incomplete):
        tables.workbook(one_row("good", count=2), False, [], timezone.now())
