"""The release as an entry of catalogues: DCAT-AP for portals, schema.org for search engines.

Addresses are relative to the file that has them, so that they are right wherever a release is.
Sizes and checksums are left out of DCAT-AP: versions 2 and 3 demand different types for the one,
version 2 SHA-1 for the other. The Data Package has both.
"""

from collections.abc import Sequence
from typing import Any

from records.api.licence import AUTHOR, LICENCE
from records.api.views.dataset import DESCRIPTION, KEYWORDS, TITLE
from records.models import Revision
from records.releases.files import File
from records.releases.sources import stamp

Json = dict[str, Any]

HOME = "../../"
"""The front page of the site, from a file of a release."""
EU = "http://publications.europa.eu/resource/authority/"
CONTEXT = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcatap": "http://data.europa.eu/r5r/",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "dct:issued": {"@type": "xsd:dateTime"},
    "dct:modified": {"@type": "xsd:dateTime"},
}
FORMATS = {"csv": "CSV", "json": "JSON", "jsonld": "JSON_LD", "xml": "XML", "md": "TXT"}
"""Format of a file → its code in the European list of file types, where it has one."""
DATE_TYPES = {4: "xsd:gYear", 7: "xsd:gYearMonth", 10: "xsd:date"}
"""Length of a date as far as it is known → its type."""


class Period:
    """The first and last date that records name, as far as they are known."""

    def __init__(self) -> None:
        self.first = self.last = ""

    def write(self, documents: Sequence[Json]) -> None:
        """Take the dates of documents into account."""
        for document in documents:
            for known in dates_of(document):
                self.first = min(self.first or known, known)
                self.last = max(self.last, known)


def dates_of(document: Json) -> list[str]:
    """Return the dates of a record: what it is about, and when a statement was made."""
    names = ("as_of", "published_on", "said_on")
    period = document.get("period") or {}
    found = [document.get(name) for name in names] + [period.get("start"), period.get("end")]
    return [known for known in found if known]


def node(address: str, *types: str) -> Json:
    """Return a resource by its address."""
    return {"@id": address, "@type": list(types)}


def literal(known: str) -> Json:
    """Return a date, typed by how much of it is known."""
    return {"@value": known, "@type": DATE_TYPES[len(known)]}


def distribution(file: File, revision: Revision) -> Json:
    found: Json = {
        "@id": file.path,
        "@type": "dcat:Distribution",
        "dct:title": in_english(file.path),
        "dct:description": in_english(file.description or file.path),
        "dcat:accessURL": node("./", "rdfs:Resource"),
        "dcat:downloadURL": node(file.path, "rdfs:Resource"),
        "dcat:mediaType": node(media_type(file), "dct:MediaType"),
        "dct:license": licence(),
        "dct:issued": stamp(revision.published_at),
        "dcatap:availability": concept("planned-availability/STABLE", "stable"),
    }
    if code := FORMATS.get(file.format):
        found["dct:format"] = node(f"{EU}file-type/{code}", "dct:MediaTypeOrExtent")
    return found


def concept(code: str, label: str) -> Json:
    """Return a concept of the European authority lists."""
    return {**node(EU + code, "skos:Concept"), "skos:prefLabel": in_english(label)}


def in_english(text: str) -> Json:
    return {"@value": text, "@language": "en"}


def media_type(file: File) -> str:
    return f"https://www.iana.org/assignments/media-types/{file.media_type}"


def licence() -> Json:
    return node(LICENCE["url"], "dct:LicenseDocument")


def dcat(revision: Revision, first: Revision, period: Period, files: Sequence[File]) -> Json:
    """Return the release in DCAT-AP, as JSON-LD."""
    publisher = {
        **node(HOME, "foaf:Agent", "foaf:Organization"),
        "foaf:name": in_english(AUTHOR),
    }
    dataset: Json = {
        "@id": "./",
        "@type": "dcat:Dataset",
        "dct:title": in_english(TITLE),
        "dct:description": in_english(DESCRIPTION),
        "dct:identifier": f"aidapi-r{revision.number}",
        "dct:language": node(f"{EU}language/ENG", "dct:LinguisticSystem"),
        "dct:publisher": publisher,
        "dct:license": licence(),
        "dct:accessRights": node(f"{EU}access-right/PUBLIC", "dct:RightsStatement"),
        "dct:issued": stamp(first.published_at),
        "dct:modified": stamp(revision.published_at),
        "dcat:version": str(revision.number),
        "adms:versionNotes": in_english(revision.message),
        "dcat:keyword": [in_english(word) for word in KEYWORDS],
        "dcat:theme": concept("data-theme/HEAL", "Health"),
        "dcat:contactPoint": {
            "@type": ["vcard:Kind", "vcard:Organization"],
            "vcard:fn": AUTHOR,
            "vcard:hasURL": {"@id": HOME},
        },
        "dcat:landingPage": node("./", "foaf:Document"),
        "dcat:distribution": [distribution(file, revision) for file in files],
    }
    if period.first:
        dataset["dct:temporal"] = {
            "@type": "dct:PeriodOfTime",
            "dcat:startDate": literal(period.first),
            "dcat:endDate": literal(period.last),
        }
    service = {
        "@id": "../../api/v1/",
        "@type": "dcat:DataService",
        "dct:title": in_english("AidAPI"),
        "dct:publisher": {"@id": HOME},
        "dct:license": licence(),
        "dcat:endpointURL": node("../../api/v1/", "rdfs:Resource"),
        "dcat:endpointDescription": node("../../api/v1/openapi.json", "rdfs:Resource"),
        "dcat:servesDataset": {"@id": "./"},
    }
    return {"@context": CONTEXT, "@graph": [dataset, service]}


def schema_org(revision: Revision, period: Period, files: Sequence[File]) -> Json:
    """Return the release in schema.org, as JSON-LD."""
    organisation = {"@type": "Organization", "name": AUTHOR, "url": HOME}
    return {
        "@context": {"@vocab": "https://schema.org/"},
        "@type": "Dataset",
        "@id": "./",
        "name": f"{TITLE}, revision {revision.number}",
        "description": DESCRIPTION,
        "url": {"@id": "./"},
        "identifier": f"aidapi-r{revision.number}",
        "version": str(revision.number),
        "datePublished": stamp(revision.published_at),
        "license": {"@id": LICENCE["url"]},
        "isAccessibleForFree": True,
        "inLanguage": "en",
        "keywords": KEYWORDS,
        "creator": organisation,
        "publisher": organisation,
        **({"temporalCoverage": f"{period.first}/{period.last}"} if period.first else {}),
        "distribution": [
            {
                "@type": "DataDownload",
                "@id": file.path,
                "name": file.path,
                "description": file.description or file.path,
                "encodingFormat": file.media_type,
                "contentUrl": {"@id": file.path},
                "contentSize": f"{file.size} B",
                "sha256": file.sha256,
            }
            for file in files
        ],
    }
