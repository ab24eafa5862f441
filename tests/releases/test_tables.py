"""What the files of a release say is what the API says as of its revision."""

import csv
import sqlite3
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pytest
from django.test import Client

from records.releases.shelf import Shelf
from tests.support.routes import found

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("dataset")]

PLURALS = {"donation": "donations", "export": "exports", "contract": "contracts"}


def package(folder: Path) -> dict[str, Any]:
    return orjson.loads((folder / "datapackage.json").read_bytes())


def tables(folder: Path) -> dict[str, dict[str, Any]]:
    """Return name → description of the tables."""
    return {one["name"]: one for one in package(folder)["resources"] if one["type"] == "table"}


def rows_of(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / "csv" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_ndjson_has_the_documents_of_the_api(client: Client, shelf_of_dataset: Shelf) -> None:
    """Byte for byte, of the latest revision and of a past one."""
    latest = shelf_of_dataset.releases()[0]
    for release in shelf_of_dataset.releases():
        for kind in ("statements", *PLURALS.values()):
            query: Any = {"format": "ndjson", "rows": "records", "revision": release.revision}
            if kind == "statements":
                del query["rows"]
            wanted = client.get(f"/api/v1/{kind}/", query).getvalue().splitlines()
            lines = (release.folder / "ndjson" / f"{kind}.ndjson").read_bytes().splitlines()
            assert len(lines) > 10
            assert sorted(lines) == sorted(wanted)
            assert [orjson.loads(one)["id"] for one in lines] == sorted(
                orjson.loads(one)["id"] for one in wanted
            )
    for kind in ("parties", "items"):
        wanted = client.get(f"/api/v1/{kind}/", {"format": "ndjson"}).getvalue().splitlines()
        lines = (latest.folder / "ndjson" / f"{kind}.ndjson").read_bytes().splitlines()
        assert sorted(lines) == sorted(wanted)


def test_csv_has_the_columns_and_rows_of_the_downloads(client: Client, release: Path) -> None:
    """Numbers in one form, dates with their days, and no byte order mark."""
    for kind, plural in PLURALS.items():
        text = client.get(f"/api/v1/{plural}/", {"format": "csv"}).getvalue().decode("utf-8-sig")
        wanted = {(row["id"], row["figure"]): row for row in csv.DictReader(text.splitlines(True))}
        rows = rows_of(release, f"{kind}_figures")
        assert len(rows) == len(wanted) > 20
        for row in rows:
            other = wanted[row["id"], row["figure"]]
            for name, value in other.items():
                if name in ("value", "lower", "upper"):
                    assert (row[name] == "") == (value == "")
                    if value:
                        assert "." in row[name]
                        assert Decimal(row[name]) == Decimal(value)
                else:
                    assert row[name] == value, (row["id"], name)
            known = row["as_of"]
            assert row["as_of_first"][: len(known)] == known == row["as_of_last"][: len(known)]
            assert len(row["as_of_first"]) == len(row["as_of_last"]) == 10
            assert row["as_of_first"] <= row["as_of_last"]
            assert (row["as_of_first"] == row["as_of_last"]) == (row["as_of_precision"] == "day")


def keys(folder: Path) -> Iterator[tuple[str, list[str], str, list[str]]]:
    """Yield the foreign keys: table and columns, table and columns referred to."""
    for name, one in tables(folder).items():
        for key in one["schema"]["foreignKeys"]:
            to = key["reference"]
            yield name, key["fields"], to["resource"] or name, to["fields"]


def test_every_table_keeps_its_keys(shelf_of_dataset: Shelf) -> None:
    for release in shelf_of_dataset.releases():
        folder = release.folder
        rows = {name: rows_of(folder, name) for name in tables(folder)}
        for name, one in tables(folder).items():
            primary = one["schema"]["primaryKey"]
            values = [tuple(row[column] for column in primary) for row in rows[name]]
            assert len(set(values)) == len(values), name
            assert all(all(value) for value in values), name
            assert [field["name"] for field in one["schema"]["fields"]] == list(
                rows[name][0] if rows[name] else [f["name"] for f in one["schema"]["fields"]]
            )
        for name, columns, to, named in keys(folder):
            known = {tuple(row[column] for column in named) for row in rows[to]}
            used = {tuple(row[column] for column in columns) for row in rows[name]}
            assert {value for value in used if any(value)} <= known, (name, columns)
        assert {to for _, _, to, _ in keys(folder)} == {
            *("revisions", "parties", "items", "statements"),
            *PLURALS.values(),
        }


def test_sqlite_has_all_tables_with_keys(release: Path) -> None:
    connection = sqlite3.connect(f"file:{release / 'aidapi.sqlite3'}?mode=ro", uri=True)
    try:
        run = connection.execute
        assert run("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert run("PRAGMA foreign_key_check").fetchall() == []
        assert run("PRAGMA freelist_count").fetchone() == (0,)
        declared = {
            (name, row[3], row[2], row[4])
            for name in tables(release)
            for row in run(f"PRAGMA foreign_key_list({name})")
        }
        assert declared == {
            (name, columns[0], to, named[0]) for name, columns, to, named in keys(release)
        }
        for name in tables(release):
            rows = rows_of(release, name)
            assert run(f"SELECT count(*) FROM {name}").fetchone() == (len(rows),)
        # A list is JSON, a number is a number, a truth is 0 or 1.
        (donor,) = run(
            "SELECT count(*) FROM donations, json_each(donors_code) WHERE value = 'CHN'"
        ).fetchone()
        assert donor == sum(
            "CHN" in row["donors_code"].split("|") for row in rows_of(release, "donations")
        )
        assert run(
            "SELECT DISTINCT typeof(lower) FROM donation_figures WHERE lower IS NOT NULL"
        ).fetchall() == [("real",)]
        assert run("SELECT DISTINCT in_about FROM donation_figures ORDER BY 1").fetchall() == [
            (0,),
            (1,),
        ]
    finally:
        connection.close()


def test_parquet_and_csv_have_the_same_rows(release: Path) -> None:
    """Types are declared: a column is of one type whether it has values or not."""
    database = duckdb.connect()
    types = {
        "string": "VARCHAR",
        "list": "VARCHAR[]",
        "integer": "BIGINT",
        "number": "DECIMAL(21,6)",
        "boolean": "BOOLEAN",
        "date": "DATE",
        "datetime": "TIMESTAMP WITH TIME ZONE",
    }
    for name, one in tables(release).items():
        path = release / "parquet" / f"{name}.parquet"
        count = database.sql(f"SELECT count(*) FROM '{path}'").fetchall()
        assert count == [(len(rows_of(release, name)),)]
        described = dict(
            row[:2] for row in database.sql(f"DESCRIBE SELECT * FROM '{path}'").fetchall()
        )
        if name in ("statements", *PLURALS.values()):
            assert described["id"] == "VARCHAR"
            assert described["links"] == 'STRUCT("type" VARCHAR, id VARCHAR)[]'
            continue
        assert described == {
            field["name"]: types[field["type"]] for field in one["schema"]["fields"]
        }


def test_nested_records_are_the_documents(release: Path) -> None:
    database = duckdb.connect()
    for plural in PLURALS.values():
        lines = (release / "ndjson" / f"{plural}.ndjson").read_bytes().splitlines()
        documents = {one["id"]: one for one in map(orjson.loads, lines)}
        path = release / "parquet" / f"{plural}.parquet"
        rows = database.sql(f"SELECT * FROM '{path}'").arrow().read_all().to_pylist()
        assert len(rows) == len(documents)
        for row in rows:
            document = documents[row["id"]]
            assert row.keys() - document.keys() >= {"as_of_first", "as_of_last"}
            for name, value in document.items():
                if name not in ("figures", "period"):
                    assert plain(row[name]) == value, (row["id"], name)
            for figure, wanted in zip(row["figures"], document["figures"], strict=True):
                assert isinstance(figure.pop("in_at_least"), bool)
                assert isinstance(figure.pop("in_about"), bool)
                figure.pop("left_out_reason"), figure.pop("held_by")
                assert plain(figure) == wanted


def plain(value: Any) -> Any:
    """Return a value of Parquet as JSON has it."""
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value if value is None or isinstance(value, (str, int, bool)) else str(value)


def test_sums_of_rows_in_totals_are_the_totals_of_the_api(
    client: Client, shelf_of_dataset: Shelf
) -> None:
    """By another program over Parquet, for every measure, unit and currency of every kind."""
    database = duckdb.connect()
    compared = 0
    for release in shelf_of_dataset.releases():
        for kind, plural in PLURALS.items():
            path = release.folder / "parquet" / f"{kind}_figures.parquet"
            rows = database.sql(
                "SELECT measure, unit, currency, sum(lower) FILTER (in_at_least),"
                " sum(CASE WHEN operator = 'approx' THEN value ELSE lower END)"
                f" FILTER (in_about) FROM '{path}'"
                " WHERE measure <> 'parties' GROUP BY ALL"
            ).fetchall()
            sums = {tuple(row[:3]): row[3:] for row in rows}
            answer = found(client, f"/api/v1/{plural}/summary/", revision=release.revision)
            for total in answer["totals"]:
                if total["measure"] == "parties":
                    continue
                at_least, about = sums[total["measure"], total["unit"], total["currency"]]
                assert (at_least is None) == (total["at_least"] is None)
                assert float(at_least or 0) == float(total["at_least"] or 0), (plural, total)
                assert float(about or 0) == float(total["about"] or 0), (plural, total)
                compared += 1
    assert compared >= 20


def test_changes_are_those_since_the_release_before(
    client: Client, shelf_of_dataset: Shelf
) -> None:
    latest, before = shelf_of_dataset.releases()
    assert (latest.changes_since, before.changes_since) == (before.revision, 0)
    for release in (latest, before):
        with (release.folder / "CHANGES.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        wanted = found(
            client,
            "/api/v1/changes/",
            changed_since=release.changes_since,
            revision=release.revision,
            page_size=500,
            count="true",
        )
        assert len(rows) == wanted["count"] > 0
        for row, change in zip(rows, wanted["results"], strict=False):
            assert (row["kind"], row["id"], int(row["version"]), row["action"]) == (
                change["kind"],
                change["id"],
                change["version"],
                change["action"],
            )
        text = (release.folder / "CHANGES.md").read_text("utf-8")
        for row in rows:
            if row["action"] in ("corrected", "withdrawn"):
                assert f"{row['kind']} {row['id']}, version {row['version']}" in text
