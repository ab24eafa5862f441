"""Contracts as OCDS: compiled releases say what the API says, and nothing that is not known."""

import json
import zipfile
from pathlib import Path
from typing import Any

import jsonschema
import orjson
import pytest

from records.releases.sources import Version
from records.releases.standards.ocds import process
from tests.support.standards import standards

STATUS = {
    "in_talks": "pending",
    "signed": "active",
    "dispatched": "active",
    "delivered": "active",
    "returned": "active",
    "suspended": "active",
    "terminated": "terminated",
}
Json = dict[str, Any]


def read(release: Path, name: str) -> Json:
    return orjson.loads((release / "ocds" / name).read_bytes())


@pytest.fixture(scope="module")
def compiled(release: Path) -> dict[str, Json]:
    """Return id → compiled release."""
    return {
        one["ocid"].removeprefix("ocds-aidapi-"): one["compiledRelease"]
        for one in read(release, "records.json")["records"]
    }


@pytest.fixture(scope="module")
def contracts(release: Path) -> dict[str, Json]:
    lines = (release / "ndjson" / "contracts.ndjson").read_bytes().splitlines()
    return {one["id"]: one for one in map(orjson.loads, lines)}


def exact(document: Json, measure: str) -> list[Json]:
    """Return the exact countable figures; of rival reports the preferred one, whatever it is."""
    preferred = {
        (figure["item"], figure["unit"], figure["currency"])
        for figure in document["figures"]
        if figure["rank"] == "preferred"
    }
    return [
        figure
        for figure in document["figures"]
        if figure["measure"] == measure
        and (
            figure["rank"] == "preferred"
            or (figure["item"], figure["unit"], figure["currency"]) not in preferred
        )
        and figure["countable"]
        and figure["operator"] == "exact"
        and figure["basis"] == "single"
        and figure["rank"] != "deprecated"
    ]


def test_packages_keep_the_schemas(release: Path) -> None:
    """References between the schemas are resolved from the archive."""
    archive = zipfile.ZipFile(standards("ocds-1.1.5") / "ocds-1.1.5" / "standard.zip")
    schemas = {
        name.rpartition("/")[2]: json.loads(archive.read(name))
        for name in archive.namelist()
        if name.endswith("-schema.json") and "/schema/" in name
    }
    schema = schemas["release-schema.json"]
    validator = jsonschema.Draft4Validator(schema, format_checker=jsonschema.FormatChecker())
    package = read(release, "releases.json")
    errors = [
        f"{one['id']}: {error.json_path} {error.message}"
        for one in package["releases"]
        for error in validator.iter_errors(one)
    ]

    assert len(package["releases"]) > 80
    assert errors == []
    head = schemas["release-package-schema.json"]["required"]
    assert set(head) <= package.keys()


def test_compiled_releases_say_what_the_api_says(
    compiled: dict[str, Json], contracts: dict[str, Json]
) -> None:
    for id, document in contracts.items():
        running = document["series"] or all(f["basis"] != "single" for f in document["figures"])
        assert (id in compiled) != bool(running), id
        if running:
            continue
        release = compiled[id]
        (contract,), (award,) = release["contracts"], release["awards"]
        assert release["tag"] == ["compiled"]
        assert release["aidapi"] == document
        assert contract["title"] == document["title"]
        reached = {one["stage"] for one in document["milestones"]}
        signed = document["signed_on"] is not None or reached & (STATUS.keys() - {"in_talks"})
        undone = document["stage"] == "cancelled" and signed
        assert contract.get("status") == (
            "terminated" if undone else STATUS.get(document["stage"])
        )
        for role, named in (("suppliers", award.get("suppliers", [])),):
            legal = [party for party in document[role] if party["type"] != "group"]
            assert [one["id"] for one in named] == [party["code"] for party in legal]
            assert "suppliers" not in award or award["suppliers"]
        legal = [party["code"] for party in document["buyers"] if party["type"] != "group"]
        assert release.get("buyer", {}).get("id") == (
            legal[0] if len(legal) == len(document["buyers"]) == 1 else None
        )
        for party in release.get("parties", ()):
            for role in party["roles"]:
                assert party["id"] in {one["code"] for one in document[f"{role}s"]}
        sums = {(one["value"], one["currency"]) for one in exact(document, "money")}
        value = contract.get("value")
        assert {(value["amount"], value["currency"])} == sums if value else len(sums) != 1
        quantities = {(one["item"], one["value"]) for one in exact(document, "quantity")}
        for item in contract.get("items", ()):
            if "quantity" in item:
                code = item["id"].removesuffix(f"-{item.get('unit', {}).get('name', '')}")
                assert (code, item["quantity"]) in quantities
        signed_on = document["signed_on"] if document["signed_on_precision"] == "day" else None
        assert contract.get("dateSigned") == (signed_on and f"{signed_on}T00:00:00Z")
        for party in (*document["suppliers"], *document["buyers"]):
            assert party["name"] in contract["description"]
        assert [one["id"] for one in contract["documents"]] == [
            one["id"] for one in document["statements"]
        ]
        assert ": null" not in json.dumps({**release, "aidapi": 0})
    assert len(compiled) > 50


def test_releases_are_the_versions_of_a_contract(release: Path) -> None:
    """A sum that a version withdrew is null in all later ones, until one states another."""
    records = {one["ocid"]: one["releases"] for one in read(release, "records.json")["records"]}
    flat = [one for releases in records.values() for one in releases]
    assert flat == read(release, "releases.json")["releases"]
    assert len({one["id"] for one in flat}) == len(flat)

    first, *later = records["ocds-aidapi-con-nbba3vv1"]

    assert first["contracts"][0]["value"] == {"amount": 990000000, "currency": "USD"}
    assert first["tag"] == ["award", "contract"]
    assert len(later) >= 2
    for number, one in enumerate(later, start=2):
        contract = one["contracts"][0]
        assert contract["value"] == {"amount": None, "currency": None}
        assert one["tag"] == ["awardUpdate", "contractUpdate"]
        assert [amendment["id"] for amendment in contract["amendments"]] == [
            str(before) for before in range(2, number + 1)
        ]
        assert all(amendment["rationale"] for amendment in contract["amendments"])
        assert contract["amendments"][-1]["releaseID"] == one["id"]
    dates = [one["date"] for one in (first, *later)]
    assert dates == sorted(dates)


def test_what_is_no_longer_stated_is_null(contracts: dict[str, Json]) -> None:
    """Sum, quantity, day of signature and status."""
    document = next(
        one for one in contracts.values() if exact(one, "money") and exact(one, "quantity")
    )
    before = document | {"stage": "signed", "signed_on": "2020-04-01"}
    before |= {"signed_on_precision": "day"}
    vague = [{**figure, "operator": "approx"} for figure in document["figures"]]
    after = document | {"stage": "unknown", "version": 9, "figures": vague}
    after |= {"signed_on": "2020-04", "signed_on_precision": "month"}
    items = {one["item"]: {"name": str(one["item"])} for one in document["figures"]}

    class Names:
        """What a release reads beside the records."""

        parties: dict[str, Json] = {}
        ocds_prefix = "ocds-aidapi"
        times = {document["published_in"]: "2026-11-29T00:00:00Z"}

    Names.items = items  # type: ignore[attr-defined]

    known: Any = Names

    one, two = process([Version(before, ""), Version(after, "Less is known.")], known)

    old, new = one["contracts"][0], two["contracts"][0]
    assert old["value"]["amount"]
    assert old["status"] == "active"
    assert old["dateSigned"]
    assert new["value"] == {"amount": None, "currency": None}
    assert new["status"] is new["dateSigned"] is two["awards"][0]["status"] is None
    assert [item["quantity"] for item in new["items"] if "quantity" in item] == [
        None for item in old["items"] if "quantity" in item
    ]
    assert "Signed: April 2020" in new["description"]
