"""Documents of the API, shortened for assistants: what is said, by whom, and where."""

from collections.abc import Iterable
from typing import Any

Json = dict[str, Any]
SOURCE = ("publisher", "speaker", "organisation", "published_on", "title", "url")
WHAT = ("measure", "operator", "value", "lower", "upper", "item", "unit", "currency")
COUNTS = ("basis", "countable", "countable_reason", "party_type", "party_role")
ROLES = (
    *("donors", "recipients", "exporters", "destinations", "buyers", "suppliers"),
    "intermediaries",
)
REASONS = {
    "deprecated": "known to be wrong",
    "rival": "another report of the same is preferred",
    "repeated": "an equal report is included",
    "contained": "surely inside a figure that is included",
    "overlaps": "possibly inside a figure that is included",
    "overtaken": "a later point of its series is included",
    "part": "the whole that it is part of is included",
    "whole": "its parts are included",
    "same_event": "another report of the same event is included",
    "joint": "named together with others",
    "undated": "it cannot be placed in the period",
    "no_lower_bound": "its words prove no amount",
    "unspecified": "its words prove no amount",
    "pledge": "promised, not yet given",
    "duplicate_report": "reported in another record too",
    "part_of_total": "contained in another figure of the record",
    "umbrella": "sums up other records",
    "cancelled": "never came about",
    "target": "a target, not a transfer",
    "pass_through": "passed on; counted where it was first given",
    "valuation": "a price put on gifts",
    "conversion": "the reporter's currency conversion",
    "option": "optional or framework maximum",
    "instalment": "a part payment of a counted amount",
    "refund": "money given back",
    "lent": "lent, not given",
    "not_signed": "negotiated, not signed",
    "unclear": "unclear; see the note of the record",
}
"""Reason for which a total leaves a figure out → the same in words."""


def given(document: Json, names: Iterable[str]) -> Json:
    """Return the fields of a document that have a value."""
    return {name: document[name] for name in names if document.get(name) not in (None, "", [])}


def in_words(reason: str) -> str:
    """Return a reason in words; stages and bases are words already."""
    return REASONS.get(reason, reason.replace("_", " "))


def source_of(evidence: Json, document: Json) -> Json:
    """Return the statement that a quote is from, with its address."""
    statements: list[Json] = document["statements"]
    found = next((one for one in statements if one["id"] == evidence["statement"]), {})
    return {"statement": evidence["statement"], **given(found, SOURCE)}


def quoted(evidence: Json, document: Json) -> Json:
    """Return a quote and its source."""
    return {
        "quote": evidence["quote"],
        **given(evidence, ("lang", "quote_translation")),
        "source": source_of(evidence, document),
    }


def milestones(document: Json) -> list[Json]:
    """Return the stages that all of it reached, with quotes and sources."""
    names = ("stage", "date", "precision", "dated")
    return [
        given(one, names) | quoted(one["evidence"], document)
        for one in document.get("milestones", [])
    ]


def figure(number: int, one: Json, document: Json) -> Json:
    """Return a figure with its quote and source."""
    return {"figure": number, **given(one, (*WHAT, *COUNTS)), **quoted(one["evidence"], document)}


def figures(document: Json) -> list[Json]:
    """Return the figures of a record."""
    return [figure(n, one, document) for n, one in enumerate(document.get("figures", []), 1)]


def brief(document: Json, site: str) -> Json:
    """Return a record in short; a statement is its own source."""
    parties = {
        role: [party["code"] for party in document[role]] for role in ROLES if document.get(role)
    }
    dated = ("as_of", "form", "stage", "trade", "method", "series", "missing", "note")
    said = (
        "publisher",
        "speaker",
        "speaker_role",
        "organisation",
        "published_on",
        "summary",
        "url",
    )
    own = said if document["kind"] == "statement" else dated
    return {
        **given(document, ("id", "kind", "version", "title", *own)),
        **parties,
        "figures": figures(document),
        "page": f"{site}{document['page']}",
    }
