"""Contracts as contracting processes of OCDS 1.1: releases of their versions, and records with
compiled releases.

Merging cannot take back what a list named before, so compiled releases are made of the version in
force. What a later version no longer states is null in its release. Points of series and running
totals are no contracts, groups ("Chinese companies") no suppliers, a month is no date: all that is
in the description and, as the document of the API, in `aidapi`.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings

from aidapi.dates import in_words
from records.api.licence import AUTHOR, LICENCE
from records.models import Contract
from records.releases import sources
from records.releases.shelf import release_name
from records.releases.standards.amounts import (
    Json,
    amounts,
    date_in_words,
    figure_in_words,
    is_running,
    reported,
    sum_of,
)
from records.releases.standards.known import Known

STATUS = {
    "in_talks": "pending",
    "signed": "active",
    "dispatched": "active",
    "delivered": "active",
    "returned": "active",
    "suspended": "active",
    "terminated": "terminated",
}
"""Stage → status of the contract; one that is not known has none."""
AFTER_SIGNATURE = frozenset({"signed", "dispatched", "delivered", "returned", "suspended"})
ROLES = {"buyers": "buyer", "suppliers": "supplier"}


class Array:
    """A JSON file whose last member is an array, written one element at a time."""

    def __init__(self, path: Path, head: Json, name: str) -> None:
        self.file = path.open("wb")
        self.file.write(orjson.dumps(head)[:-1] + f',"{name}":['.encode())
        self.before = b"\n"

    def add(self, element: Json) -> None:
        self.file.write(self.before + orjson.dumps(element))
        self.before = b",\n"

    def close(self) -> None:
        self.file.write(b"\n]}\n")
        self.file.close()


class OCDSWriter:
    """Writes the contracts that can be contracting processes."""

    def __init__(self, folder: Path, known: Known) -> None:
        folder.mkdir()
        self.known = known
        self.releases = Array(
            folder / "releases.json", package(known, "ocds/releases.json"), "releases"
        )
        self.records = Array(
            folder / "records.json", package(known, "ocds/records.json"), "records"
        )

    def write(self, documents: Sequence[Json]) -> None:
        """Add the contracts in force, with their earlier versions."""
        ids = [document["id"] for document in documents if not is_running(document)]
        revision = self.known.revision.number
        for id, versions in sources.versions(Contract.KIND, revision, ids).items():
            releases = process(versions, self.known)
            for release in releases:
                self.releases.add(release)
            self.records.add(
                {
                    "ocid": ocid(id, self.known),
                    "releases": releases,
                    "compiledRelease": compiled(releases[-1]),
                }
            )

    def close(self) -> None:
        self.releases.close()
        self.records.close()


def package(known: Known, path: str) -> Json:
    """Return the members with which a package begins."""
    name = release_name(known.revision)
    return {
        "uri": f"tag:{settings.TAG_AUTHORITY},2026:releases/{name}/{path}",
        "version": "1.1",
        "publishedDate": sources.stamp(known.revision.published_at),
        "publisher": {"name": AUTHOR},
        "license": LICENCE["url"],
    }


def ocid(id: str, known: Known) -> str:
    return f"{known.ocds_prefix}-{id}"


def process(versions: Sequence[sources.Version], known: Known) -> list[Json]:
    """Return the releases of a contract, from its first version on."""
    releases: list[Json] = []
    amendments: list[Json] = []
    for version in versions:
        release = as_release(version.document, known)
        contract = release["contracts"][0]
        if releases:
            amendments.append(
                {
                    "id": str(version.document["version"]),
                    "date": release["date"],
                    "rationale": version.reason,
                    "amendsReleaseID": releases[-1]["id"],
                    "releaseID": release["id"],
                }
            )
            contract["amendments"] = list(amendments)
            withdraw(releases[-1], release)
        release["tag"] = tags(contract, bool(releases))
        releases.append(release)
    return releases


def tags(contract: Json, later: bool) -> list[str]:
    """Return what a release is about."""
    ended = contract.get("status") == "terminated"
    return [
        "awardUpdate" if later else "award",
        "contractTermination" if ended else "contractUpdate" if later else "contract",
    ]


def as_release(document: Json, known: Known) -> Json:
    """Return the release of a version, its tags excepted."""
    id, award = document["id"], f"{document['id']}-award"
    contract = {
        "id": id,
        "awardID": award,
        "title": document["title"],
        "description": description(document, known.items),
        "documents": [as_document(one) for one in document["statements"]],
    }
    status = status_of(document)
    if status:
        contract["status"] = status
    figure = sum_of(document)
    if figure:
        contract["value"] = {"amount": figure["value"], "currency": figure["currency"]}
    if document["signed_on_precision"] == "day":
        contract["dateSigned"] = f"{document['signed_on']}T00:00:00Z"
    if items := goods(document, known.items):
        contract["items"] = items
    awarded: Json = {"id": award, "title": document["title"]}
    if status:
        awarded["status"] = "pending" if status == "pending" else "active"
    suppliers = named(document["suppliers"])
    if suppliers:
        awarded["suppliers"] = suppliers
    release: Json = {
        "ocid": ocid(id, known),
        "id": f"{id}-{document['version']}",
        "date": known.times[document["published_in"]],
        "tag": [],
        "initiationType": "tender",
        "language": "en",
    }
    if parties := organisations(document, known.parties):
        release["parties"] = parties
    buyers = named(document["buyers"])
    if len(document["buyers"]) == len(buyers) == 1:
        release["buyer"] = buyers[0]
    if document["method"]:
        release["tender"] = {"id": f"{id}-tender", "procurementMethod": document["method"]}
    if document["ocid"]:
        release["relatedProcesses"] = [
            {"id": "1", "scheme": "ocid", "identifier": document["ocid"]}
        ]
    return release | {"awards": [awarded], "contracts": [contract], "aidapi": document}


def status_of(document: Json) -> str | None:
    """Return the status of a contract. One that was cancelled after it was signed is terminated,
    since `cancelled` means before; where that is not known it has none."""
    if document["stage"] == "cancelled":
        reached = {one["stage"] for one in document["milestones"]}
        signed = document["signed_on"] is not None or reached & AFTER_SIGNATURE
        return "terminated" if signed else None
    return STATUS.get(document["stage"])


def named(parties: Sequence[Json]) -> list[Json]:
    """Return references to parties; a group is no legal person."""
    return [
        {"id": party["code"], "name": party["name"]}
        for party in parties
        if party["type"] != "group"
    ]


def organisations(document: Json, entries: Mapping[str, Json]) -> list[Json]:
    """Return the parties with their roles, identifiers and countries."""
    found: dict[str, Json] = {}
    for name, role in ROLES.items():
        for party in document[name]:
            if party["type"] == "group":
                continue
            entry = entries.get(party["code"], {})
            one = found.setdefault(
                party["code"], {"id": party["code"], "name": party["name"], "roles": []}
            )
            one["roles"].append(role)
            if entry.get("identifier_scheme"):
                one["identifier"] = {
                    "scheme": entry["identifier_scheme"],
                    "id": entry["identifier"],
                }
            if country := entries.get(party["country"] or ""):
                one["address"] = {"countryName": country["name"]}
    return list(found.values())


def goods(document: Json, items: Mapping[str, Json]) -> list[Json]:
    """Return what was ordered; a quantity only where it is exact."""
    exact = {(one["item"], one["unit"]): one["value"] for one in amounts(document, "quantity")}
    found = []
    for rivals in reported(document, "quantity"):
        figures = [one for one in rivals if one["basis"] == "single"]
        if not figures:
            continue
        figure = figures[0]
        key = figure["item"], figure["unit"]
        words = dict.fromkeys(figure_in_words(one, items) for one in figures)
        item: Json = {
            "id": "-".join(part for part in key if part),
            "description": figure_in_words(figure, items) if key in exact else "; ".join(words),
        }
        if key in exact:
            item["quantity"] = exact[key]
        if figure["unit"]:
            item["unit"] = {"name": figure["unit"]}
        found.append(item)
    return found


def description(document: Json, items: Mapping[str, Json]) -> str:
    """Return in words what no field can say."""
    figures = dict.fromkeys(figure_in_words(one, items) for one in document["figures"])
    parts = [f"{document['title'].rstrip('.')}.", f"Reported: {'; '.join(figures)}."]
    for role, word in (
        ("buyers", "Buyers"),
        ("suppliers", "Suppliers"),
        ("intermediaries", "Intermediaries"),
    ):
        if names := [party["name"] for party in document[role]]:
            parts.append(f"{word}: {', '.join(names)}.")
    if document["signed_on"]:
        parts.append(f"Signed: {in_words(document['signed_on'])}.")
    parts += [f"Stage: {document['stage']}, as of {date_in_words(document)}."]
    return " ".join([*parts, *(document[name] for name in ("note", "missing") if document[name])])


def as_document(statement: Json) -> Json:
    """Return a statement as a document."""
    found = {"id": statement["id"], "title": statement["title"], "url": statement["url"]}
    if statement["published_on_precision"] == "day":
        found["datePublished"] = f"{statement['published_on']}T00:00:00Z"
    return found


def withdraw(before: Json, release: Json) -> None:
    """State as null what the release before stated and this one does not, so that merging takes it
    back. A sum is withdrawn by its members: null in place of an object is passed over."""
    old, new = before["contracts"][0], release["contracts"][0]
    if "value" in old:
        new.setdefault("value", {"amount": None, "currency": None})
    for name in ("status", "dateSigned"):
        if name in old:
            new.setdefault(name, None)
    if "status" in before["awards"][0]:
        release["awards"][0].setdefault("status", None)
    quantities = {one["id"] for one in old.get("items", ()) if "quantity" in one}
    for item in new.get("items", ()):
        if item["id"] in quantities:
            item.setdefault("quantity", None)


def compiled(release: Json) -> Json:
    """Return the compiled release: what the version in force states, and no more."""
    found = {name: value for name, value in release.items() if name != "aidapi"}
    without = without_nulls(found)
    without["tag"] = ["compiled"]
    without["id"] = f"{release['ocid']}-{release['date']}"
    return without | {"aidapi": release["aidapi"]}


def without_nulls(value: Any) -> Any:
    """Return JSON without members that are null, nor objects that had nothing else."""
    if isinstance(value, dict):
        inner = {name: without_nulls(one) for name, one in value.items() if one is not None}
        return {name: one for name, one in inner.items() if one != {}}
    if isinstance(value, list):
        return [without_nulls(one) for one in value]
    return value
