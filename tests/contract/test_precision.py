"""No date of the shipped dataset is shown as more precise than it is known, anywhere."""

import csv
import datetime
import io
import re
from collections.abc import Iterator
from typing import Any

import openpyxl
import orjson
import pytest
from django.test import Client

from records.models import DATED, KINDS, RevisionCounter
from tests.support.dates import days
from tests.support.routes import API, RECORDS, Resource, found, walk
from tests.support.thoroughness import some

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("dataset")]

LENGTHS = {"day": 10, "month": 7, "year": 4}
DATED_FIELDS = ("as_of", "published_on", "said_on", "signed_on")
STYLES = ("text", "bibtex", "ris", "csl-json")


def documents(client: Client, resource: Resource) -> Iterator[dict[str, Any]]:
    for page in walk(client, f"{resource.path}?page_size=500"):
        yield from page["results"]


def parts(value: Any) -> Iterator[dict[str, Any]]:
    """Every object of a document, at any depth."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from parts(part)


def check(part: dict[str, Any], prefix: str = "") -> int:
    """Check every date of an object or row that may lack its day; return how many do."""
    vague = 0
    for name in DATED_FIELDS:
        if f"{prefix}{name}" not in part:
            continue
        known, precision = part[f"{prefix}{name}"], part[f"{prefix}{name}_precision"]
        if not known:
            assert not precision, (name, part)
        else:
            assert len(known) == LENGTHS[precision], (name, part)
            vague += precision != "day"
    return vague


def unshowable(document: dict[str, Any]) -> set[str]:
    """The first days of the document's vague dates, as far as it does not have them for other
    reasons."""
    text = orjson.dumps(document).decode()
    vague = {
        value
        for part in parts(document)
        for name, value in part.items()
        if (name in DATED_FIELDS or name == "date") and value and len(value) < LENGTHS["day"]
    }
    return {days(known)[0] for known in vague} - set(re.findall(r"\d{4}-\d\d-\d\d", text))


def spellings(day: str) -> list[str]:
    """How a day may be written."""
    date = datetime.date.fromisoformat(day)
    month = f"{date:%B}"
    return [
        day,
        f"{date:%Y/%m/%d}",
        f"{date.day} {month} {date.year}",
        f"{date.day} {month[:3]} {date.year}",
        f"{month} {date.day}, {date.year}",
        f"[{date.year},{date.month},{date.day}]",
    ]


@pytest.mark.parametrize("resource", RECORDS, ids=str)
def test_every_document_says_how_much_of_its_dates_is_known(
    client: Client, resource: Resource
) -> None:
    vague = 0
    for revision in range(1, RevisionCounter.number() + 1):
        for page in walk(client, f"{resource.path}?page_size=500&revision={revision}"):
            vague += sum(check(part) for part in parts(page["results"]))
    assert vague


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("resource", RECORDS, ids=str)
@pytest.mark.parametrize("rows", ["figures", "records"])
def test_every_file_says_how_much_of_its_dates_is_known(
    client: Client, resource: Resource, rows: str
) -> None:
    if resource.kind == "statement" and rows == "figures":
        pytest.skip("Statements have no figures.")

    def file(representation: str) -> bytes:
        response = client.get(f"{resource.path}?format={representation}&rows={rows}")
        assert response.status_code == 200
        return response.getvalue()

    table = list(csv.DictReader(io.StringIO(file("csv").decode("utf-8-sig"))))
    lines = [orjson.loads(line) for line in file("ndjson").splitlines()]
    sheet = openpyxl.load_workbook(io.BytesIO(file("xlsx"))).worksheets[0]
    names, *cells = sheet.iter_rows(values_only=True)
    book = [
        # A cell of a whole day is a date, any other is text.
        {
            name: f"{value:%Y-%m-%d}" if isinstance(value, datetime.date) else value
            for name, value in zip(names, row, strict=True)
        }
        for row in cells
    ]

    assert len(table) == len(lines) == len(book)
    for records in (table, book, lines):
        vague = sum(check(row) + check(row, "statement_") for row in records)
        assert vague


def days_of_citing(client: Client, statement: str) -> set[str]:
    """Return the days that records which cite a statement have: its page shows them too."""
    days: set[str] = set()
    for resource in RECORDS:
        if resource.kind != "statement":
            page = client.get(f"{resource.path}?statement={statement}&page_size=500")
            days |= set(re.findall(r"\d{4}-\d\d-\d\d", page.content.decode()))
    return days


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("resource", RECORDS, ids=str)
def test_no_page_citation_or_feed_shows_a_day_that_is_not_known(
    client: Client, resource: Resource
) -> None:
    tried = 0
    vague = [document for document in documents(client, resource) if unshowable(document)]
    for document in some(vague, 6):
        id = document["id"]
        days_hidden = unshowable(document)
        if resource.kind == "statement":
            days_hidden -= days_of_citing(client, id)
        hidden = [text for day in days_hidden for text in spellings(day)]
        if not hidden:
            continue
        tried += 1
        cite = f"{resource.path}{id}/cite/"
        figures = range(1, len(document.get("figures", ())) + 1)
        for address in (
            f"/records/{id}/",
            f"{resource.path}{id}/",
            f"{resource.path}{id}/versions/",
            f"{resource.path}?id={id}&format=atom",
            f"{resource.path}?id={id}&format=csv",
            cite,
            *(f"{cite}?style={style}" for style in STYLES),
            *(f"{cite}?style={style}&figure={n}" for style in STYLES for n in figures),
        ):
            response = client.get(address)
            assert response.status_code == 200, address
            text = response.getvalue().decode()
            shown = [one for one in hidden if re.search(rf"(?<!\d){re.escape(one)}", text)]
            assert not shown, (address, shown)
    assert tried


@pytest.mark.slow(every=True)
def test_series_and_coverage_show_no_day_that_is_not_known(client: Client) -> None:
    known = {
        kind: [
            day
            for (day,) in KINDS[kind]
            .objects.in_force(RevisionCounter.number())
            .values_list(f"{KINDS[kind].DATE}_key")
        ]
        for kind in KINDS
    }

    for row in found(client, f"{API}coverage/")["kinds"]:
        assert row["first"] == min(known[row["kind"]])
        assert row["last"] == max(known[row["kind"]])
    for page in walk(client, f"{API}series/"):
        for series in some(page["results"], 5):
            points = found(client, f"{API}series/{series['slug']}/")["points"]
            own = [point["as_of"] for point in points if point["kind"] == series["kind"]]
            assert (series["first"], series["last"]) == (min(own), max(own))
            for point in points:
                check(point)
    every = [day for kind in DATED for day in known[kind]]
    period = found(client, f"{API}metadata/")["dct:temporal"]
    assert (period["dcat:startDate"], period["dcat:endDate"]) == (min(every), max(every))


@pytest.mark.parametrize("kind", KINDS)
def test_lists_and_coverage_agree(client: Client, kind: str) -> None:
    """A month finds the records that coverage counts in it, and those that are dated to its year
    only; with `certain=true` it finds exactly the former."""
    resource = next(one for one in RECORDS if one.kind == kind)
    name = "published" if kind == "statement" else "as_of"
    (row,) = [row for row in found(client, f"{API}coverage/")["kinds"] if row["kind"] == kind]
    column = KINDS[kind].DATE
    years = [
        document[column]
        for document in documents(client, resource)
        if document[f"{column}_precision"] == "year"
    ]

    for month in row["months"]:
        bounds = {f"{name}_from": month["month"], f"{name}_to": month["month"], "count": "true"}
        certain = found(client, resource.path, **bounds, certain="true")["count"]
        assert certain == month["records"], month
        possible = found(client, resource.path, **bounds)["count"]
        assert possible == month["records"] + years.count(month["month"][:4]), month


def test_what_is_known_to_the_year_is_found_in_all_of_it(client: Client) -> None:
    """Mongolia gave China sheep in 2020; of a delivery only the month, July 2020, is known."""
    path = f"{API}donations/"
    sheep = {"donor": "MNG", "recipient": "CHN"}

    for period in (("2020-02-01", "2020-12-31"), ("2020-01-01", "2020-01-31"), ("2020", "2020")):
        query = dict(zip(("as_of_from", "as_of_to"), period, strict=True))
        rows = found(client, path, **sheep, **query)["results"]
        assert "2020" in {row["as_of"] for row in rows}, period
    query = {"as_of_from": "2020-07-02", "as_of_to": "2020-07-31"}
    july = {row["id"] for row in found(client, path, **query)["results"]}
    assert "don-swwhgj6s" in july
    surely = {row["id"] for row in found(client, path, **query, certain="true")["results"]}
    assert surely < july
    assert "don-swwhgj6s" not in surely


def test_totals_over_a_period_say_what_rests_on_dates_that_only_overlap_it(
    client: Client,
) -> None:
    path = f"{API}donations/"
    query = {"donor": "MNG", "recipient": "CHN", "as_of_from": "2020-02"}

    summary = found(client, f"{path}summary/", **query, as_of_to="2020-11")
    (total,) = [row for row in summary["totals"] if row["unit"] == "head"] or summary["totals"]
    whole = found(client, f"{path}summary/", **query | {"as_of_from": "2020"}, as_of_to="2020")

    undated = [row for row in total["left_out"] if row["reason"] == "undated"]
    assert undated
    assert not total["at_least"]
    assert any(row["at_least"] for row in whole["totals"])
