"""Donations as activities of IATI 2.03.

A gift has at most one transaction, of its furthest stage, and only for an exact sum: goods and
valuations are no transactions. A gift of which only the month is known is no activity, since every
activity has a day. Groups ("Chinese companies") take part in words only. The extension
has all figures, with operator, bounds and quote.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import iso3166
from django.utils.xmlutils import SimplerXMLGenerator

from records.api.licence import AUTHOR
from records.api.views.feeds import xml
from records.models.regions import regions_around
from records.releases.sources import stamp
from records.releases.standards.amounts import (
    Json,
    amounts,
    date_in_words,
    figure_in_words,
    in_text,
    is_running,
    reported,
    sum_of,
)
from records.releases.standards.known import Known

VERSION = "2.03"
EXTENSION = "urn:x-aidapi:iati:1"
STATUS = {
    "announced": "1",
    "committed": "2",
    "dispatched": "2",
    "delivered": "3",
    "paid": "3",
    "cancelled": "5",
}
"""Stage → status of the activity; one that is not known has none, and no activity."""
TRANSACTION = {
    "announced": "12",
    "committed": "2",
    "dispatched": "2",
    "delivered": "3",
    "paid": "3",
}
"""Stage → the one transaction of a gift: outgoing pledge, commitment or disbursement."""
ARRIVED = ("delivered", "paid")
FUNDING, IMPLEMENTING = "1", "4"
SECTOR = "12264"
"""COVID-19 control, in the purpose codes of the OECD."""
UNSPECIFIED = "998"
OTHER = "90"
ALPHA_2 = {"XKX": "XK"}
OF_FIGURES = (
    *("measure", "operator", "value", "lower", "upper", "item", "unit", "currency"),
    *("party_type", "party_role", "basis", "countable", "countable_reason", "rank"),
)


class IATIWriter:
    """Writes the donations that can be activities."""

    def __init__(self, path: Path, known: Known) -> None:
        path.parent.mkdir()
        self.publisher, self.parties, self.items = known.iati_publisher, known.parties, known.items
        self.times = known.times
        self.opened = path.open("w", encoding="utf-8", newline="")
        file: Any = SimplerXMLGenerator(self.opened, "utf-8", short_empty_elements=True)
        self.file = file
        self.file.startDocument()
        self.file.startElement(
            "iati-activities",
            {
                "version": VERSION,
                "generated-datetime": stamp(known.revision.published_at),
                "xmlns:aid": EXTENSION,
            },
        )

    def write(self, documents: Sequence[Json]) -> None:
        """Add donations."""
        for document in documents:
            if is_activity(document):
                self.opened.write("\n")
                Activity(self, document).write()

    def close(self) -> None:
        self.opened.write("\n")
        self.file.endElement("iati-activities")
        self.file.endDocument()
        self.opened.write("\n")
        self.opened.close()


def is_activity(document: Json) -> bool:
    """Return whether a donation can be an activity: one of its own, of a known stage and day, and
    with an organisation."""
    return (
        document["stage"] in STATUS
        and document["as_of_precision"] == "day"
        and not is_running(document)
        and bool(organisations(document))
    )


def organisations(document: Json) -> list[tuple[str, Json]]:
    """Return the organisations that take part, each with its role. Groups are none."""
    return [
        (role, party)
        for role, name in ((FUNDING, "donors"), (IMPLEMENTING, "intermediaries"))
        for party in document[name]
        if party["type"] != "group"
    ]


def is_latest_day(document: Json) -> bool:
    """Return whether a gift had reached its stage by its day, and maybe before."""
    return not any(
        one["stage"] == document["stage"] and one["dated"] == "on"
        for one in document["milestones"]
    )


def recipient_code(country: str) -> str:
    """Return the two-letter code of a country; empty for one that the standard does not know."""
    known = iso3166.countries_by_alpha3.get(country)
    return ALPHA_2.get(country) or (known.alpha2 if known else "")


class Activity:
    """Writes one donation, its elements in the order of the standard."""

    def __init__(self, all_: IATIWriter, document: Json) -> None:
        self.all, self.file, self.document = all_, all_.file, document

    def element(self, name: str, text: str = "", **attributes: str | None) -> None:
        self.file.addQuickElement(name, xml(text), plain(attributes))

    def narrated(self, name: str, text: str, **attributes: str | None) -> None:
        """Write an element with a text."""
        self.file.startElement(name, plain(attributes))
        self.file.addQuickElement("narrative", xml(text))
        self.file.endElement(name)

    def write(self) -> None:
        document = self.document
        self.file.startElement(
            "iati-activity",
            {
                "xml:lang": "en",
                "last-updated-datetime": self.all.times[document["published_in"]],
            },
        )
        self.element("iati-identifier", f"{self.all.publisher}-{document['id']}")
        self.narrated(
            "reporting-org",
            AUTHOR,
            ref=self.all.publisher,
            type=OTHER,
            secondary_reporter="1",
        )
        self.narrated("title", document["title"])
        self.narrated("description", self.description(), type="1")
        for role, party in organisations(document):
            self.narrated("participating-org", party["name"], role=role, **self.known(party))
        self.element("activity-status", code=STATUS[document["stage"]])
        self.element("activity-date", type="2", iso_date=document["as_of"])
        self.recipients()
        self.element("sector", vocabulary="1", code=SECTOR)
        self.transaction()
        for statement in document["statements"]:
            self.source(statement)
        self.results()
        self.extension()
        self.file.endElement("iati-activity")

    def known(self, party: Json) -> dict[str, str | None]:
        """Return what is known of an organisation: its identifier and type."""
        entry = self.all.parties.get(party["code"], {})
        scheme = entry.get("identifier_scheme")
        return {
            "ref": f"{scheme}-{entry['identifier']}" if scheme else None,
            "type": entry.get("iati_type"),
        }

    def description(self) -> str:
        """Return in words what the elements cannot say."""
        document = self.document
        figures = [self.words(one) for one in document["figures"]]
        groups = [
            party["name"]
            for role in ("donors", "recipients", "intermediaries")
            for party in document[role]
            if party["type"] == "group"
        ]
        parts = [
            f"{document['title'].rstrip('.')}.",
            f"Reported: {'; '.join(dict.fromkeys(figures))}.",
            f"As of {date_in_words(document)}.",
            document["note"],
            document["missing"],
            f"With: {', '.join(dict.fromkeys(groups))}." if groups else None,
        ]
        return " ".join(part for part in parts if part)

    def recipients(self) -> None:
        """Write the country; of several, whose shares are not known, and of one that the standard
        does not know, the region around all."""
        countries = sorted({one["country"] for one in self.document["recipients"]} - {None})
        if len(countries) == 1 and (code := recipient_code(countries[0])):
            self.element("recipient-country", code=code)
            return
        around = [regions_around(self.region(country)) for country in countries]
        shared = [number for number in (around or [[]])[0] if all(number in one for one in around)]
        if shared:
            self.element("recipient-region", code=shared[0], vocabulary="2")
        else:
            self.element("recipient-region", code=UNSPECIFIED, vocabulary="1")

    def region(self, country: str) -> str:
        return self.all.parties.get(country, {}).get("region") or ""

    def transaction(self) -> None:
        """Write the one transaction of a gift of money, if its sum is known."""
        document, figure = self.document, sum_of(self.document)
        type_, day = TRANSACTION.get(document["stage"]), document["as_of"]
        if figure is None or type_ is None:
            return
        self.file.startElement("transaction", {})
        self.element("transaction-type", code=type_)
        self.element("transaction-date", iso_date=day)
        self.element(
            "value",
            in_text(figure["value"]),
            currency=figure["currency"],
            value_date=day,
        )
        if is_latest_day(document):
            self.narrated("description", "On this day at the latest: reported later.")
        for name, role in (("provider-org", "donors"), ("receiver-org", "recipients")):
            if len(document[role]) == 1 and document[role][0]["type"] != "group":
                party = document[role][0]
                self.narrated(name, party["name"], **self.known(party))
        self.file.endElement("transaction")

    def source(self, statement: Json) -> None:
        """Write a statement as a document."""
        self.file.startElement(
            "document-link", {"url": xml(statement["url"] or ""), "format": "text/html"}
        )
        self.narrated("title", statement["title"])
        self.element("category", code="A12")
        if statement["published_on_precision"] == "day":
            self.element("document-date", iso_date=statement["published_on"])
        self.file.endElement("document-link")

    def results(self) -> None:
        """Write goods and services: exact numbers as values, others in words."""
        day, arrived = self.document["as_of"], self.document["stage"] in ARRIVED
        exact = [id(one) for one in amounts(self.document, "quantity")]
        for rivals in reported(self.document, "quantity"):
            known = [one for one in rivals if id(one) in exact] or rivals
            for words, figure in {self.words(one): one for one in known}.items():
                self.file.startElement("result", {"type": "1"})
                self.narrated("title", words)
                self.file.startElement("indicator", {"measure": "1"})
                self.narrated("title", words)
                if id(figure) in exact:
                    self.file.startElement("period", {})
                    self.element("period-start", iso_date=day)
                    self.element("period-end", iso_date=day)
                    self.element("actual" if arrived else "target", value=in_text(figure["value"]))
                    self.file.endElement("period")
                self.file.endElement("indicator")
                self.file.endElement("result")

    def words(self, figure: Json) -> str:
        return figure_in_words(figure, self.all.items)

    def extension(self) -> None:
        """Write what the standard has no place for."""
        document = self.document
        self.element(
            "aid:record",
            id=document["id"],
            version=str(document["version"]),
            stage=document["stage"],
            form=document["form"],
            stated_by=document["stated_by"],
            as_of=document["as_of"],
            period_start=document["period"]["start"],
            period_end=document["period"]["end"],
        )
        for role in ("donor", "recipient", "intermediary"):
            for party in document["intermediaries" if role == "intermediary" else f"{role}s"]:
                self.element(
                    "aid:party", party["name"], role=role, code=party["code"], type=party["type"]
                )
        for milestone in document["milestones"]:
            self.evidence(
                "aid:milestone",
                milestone["evidence"],
                stage=milestone["stage"],
                date=milestone["date"],
                dated=milestone["dated"],
            )
        for number, figure in enumerate(document["figures"], start=1):
            attributes = {name: in_attribute(figure[name]) for name in OF_FIGURES}
            self.evidence("aid:figure", figure["evidence"], number=str(number), **attributes)
        for link in document["links"]:
            self.element("aid:link", type=link["type"], record=link["id"])

    def evidence(self, name: str, evidence: Json, **attributes: str | None) -> None:
        self.file.startElement(name, plain(attributes))
        self.file.addQuickElement(
            "aid:quote",
            xml(evidence["quote"]),
            {"statement": evidence["statement"], "xml:lang": evidence["lang"]},
        )
        self.file.endElement(name)


def in_attribute(value: Any) -> str | None:
    """Return a value as an attribute; None for one that is not given."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, int | float):
        return in_text(value)
    return value


def plain(attributes: Mapping[str, str | None]) -> dict[str, str]:
    """Return the attributes that are given, with hyphens in their names."""
    return {name.replace("_", "-"): xml(value) for name, value in attributes.items() if value}
