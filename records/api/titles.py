"""Titles of records that say who says so."""

from typing import Any

MAX_NAMES = 3
"""Maximum number of names in a title."""
PARTIES = {
    "donor": ("donors", "the donor"),
    "recipient": ("recipients", "the recipient"),
    "exporter": ("exporters", "the exporting side"),
    "destination": ("destinations", "the receiving side"),
}
"""Side that reports → its parties in a document, and what to call it if these are not named."""


def attributed_title(document: dict[str, Any]) -> str:
    """Return the title of a record; of one that a single side or a third party reports with
    `according to`, its names or its publishers."""
    side = document.get("stated_by") or document.get("reported_by")
    title = document["title"]
    if side == "third_party":
        names = [statement["publisher"] for statement in document["statements"]]
        unnamed = "third parties"
    elif side in PARTIES:
        role, unnamed = PARTIES[side]
        names = [party["name"] for party in document[role]]
    else:
        return title
    listed = list(dict.fromkeys(names))
    who = in_a_row(listed) if 0 < len(listed) <= MAX_NAMES else unnamed
    return f"{title.rstrip('.')}, according to {who}"


def in_a_row(names: list[str]) -> str:
    """Return names as a sentence has them: A, B and C."""
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
