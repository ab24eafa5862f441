"""Descriptions of a release for catalogues and programs: complete, and of what is in it."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from django.test import Client

from records.releases.shelf import Shelf
from tests.releases.test_tables import rows_of, tables

Json = dict[str, Any]
DESCRIPTIONS = {"dcat.jsonld", "schema-org.jsonld", "croissant.json", "datapackage.json"}


def read(release: Path, path: str) -> Json:
    return orjson.loads((release / path).read_bytes())


@pytest.fixture(scope="module")
def sums(release: Path) -> dict[str, str]:
    """Return path → checksum of the files that descriptions name."""
    lines = (release / "SHA256SUMS").read_text("utf-8").splitlines()
    found = {path: digest for digest, path in (line.split("  ", 1) for line in lines)}
    return {path: digest for path, digest in found.items() if path not in DESCRIPTIONS}


def test_catalogues_name_every_file(release: Path, sums: dict[str, str]) -> None:
    dataset, service = read(release, "dcat.jsonld")["@graph"]
    named = [one["dcat:downloadURL"]["@id"] for one in dataset["dcat:distribution"]]
    assert set(named) == sums.keys()
    assert len(named) == len(sums)
    assert service["dcat:servesDataset"]["@id"] == dataset["@id"] == "./"

    described = read(release, "schema-org.jsonld")["distribution"]
    assert {one["contentUrl"]["@id"]: one["sha256"] for one in described} == sums

    objects = read(release, "croissant.json")["distribution"]
    assert {one["contentUrl"]: one["sha256"] for one in objects} == sums
    assert len({one["name"] for one in objects}) == len(objects)


def test_dcat_has_resources_and_typed_dates(release: Path) -> None:
    """Not texts, which harvesters refuse."""
    dataset, _ = read(release, "dcat.jsonld")["@graph"]
    for name in ("dct:language", "dct:license", "dct:publisher", "dcat:landingPage"):
        assert {"@id", "@type"} <= dataset[name].keys()
    for one in dataset["dcat:distribution"]:
        assert one["dcat:mediaType"]["@id"].startswith("https://www.iana.org/assignments/")
    period = dataset["dct:temporal"]
    types = {4: "xsd:gYear", 7: "xsd:gYearMonth", 10: "xsd:date"}
    dates = {
        row[name]
        for table in ("statements", "donations", "exports", "contracts")
        for row in rows_of(release, table)
        for name in ("as_of", "published_on", "said_on", "period_start", "period_end")
        if row.get(name)
    }
    for name, known in (("dcat:startDate", min(dates)), ("dcat:endDate", max(dates))):
        assert period[name] == {"@value": known, "@type": types[len(known)]}


def test_descriptions_of_columns_are_those_of_the_files(release: Path) -> None:
    """In CSV on the Web, Croissant and the Data Package alike."""
    group = {
        one["url"]: one["tableSchema"] for one in read(release, "csv/csv-metadata.json")["tables"]
    }
    sets = {one["@id"]: one for one in read(release, "croissant.json")["recordSet"]}
    assert set(sets) == set(tables(release)) == {name.removesuffix(".csv") for name in group}
    for name, described in tables(release).items():
        with (release / "csv" / f"{name}.csv").open(encoding="utf-8") as file:
            columns = file.readline().rstrip("\r\n").split(",")
        schema = group[f"{name}.csv"]
        assert [one["name"] for one in schema["columns"]] == columns
        assert [one["source"]["extract"]["column"] for one in sets[name]["field"]] == columns
        assert schema["primaryKey"] == described["schema"]["primaryKey"]
        keys = sets[name]["key"]
        keys = keys if isinstance(keys, list) else [keys]
        assert [one["@id"] for one in keys] == [f"{name}/{key}" for key in schema["primaryKey"]]
        types = {one["name"]: one["type"] for one in described["schema"]["fields"]}
        for column in schema["columns"]:
            assert ("separator" in column) == (types[column["name"]] == "list")
        for key in schema["foreignKeys"]:
            for column in key["columnReference"]:
                assert all(row[column] for row in rows_of(release, name))


@pytest.mark.django_db
def test_csv_files_name_their_description_first(client: Client, served: Shelf) -> None:
    name = served.releases()[0].name
    for path, first in (
        ("csv/donations.csv", '<csv-metadata.json>; rel="describedby"'),
        ("CHANGES.csv", "<https://creativecommons.org/licenses/by/4.0/>"),
    ):
        assert client.get(f"/releases/{name}/{path}")["Link"].startswith(first)
    assert client.get(f"/releases/{name}/csv/csv-metadata.json").status_code == 200
