"""Titles of records that say who says so."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import orjson

from records.models import KINDS, Action, Change

MAX_NAMES = 3
"""Maximum number of names in a title."""
PARTIES = {
    "donor": ("donors", "the donor"),
    "recipient": ("recipients", "the recipient"),
    "exporter": ("exporters", "the exporting side"),
    "destination": ("destinations", "the receiving side"),
}
"""Side that reports → its parties in a document, and what to call it if these are not named."""

VERBS = {
    Action.PUBLISHED: "Published",
    Action.CORRECTED: "Corrected",
    Action.WITHDRAWN: "Withdrawn",
    Action.EDITED: "Edited",
}
"""What a revision did to a record, party or item, in a word."""


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


def titles_of_changes(changes: Iterable[Change]) -> dict[tuple[str, str, int], str]:
    """Return (kind, id, version) → title of a record, name of an entry or, where there is none,
    the id; one query for each kind of record."""
    names: dict[tuple[str, str, int], str] = {}
    ids: dict[str, set[str]] = defaultdict(set)
    for change in changes:
        name = (change.content or {}).get("name", change.public_id)
        names[change.kind, change.public_id, change.version] = name
        if change.kind in KINDS:
            ids[change.kind].add(change.public_id)
    for kind in sorted(ids):
        rows: Any = KINDS[kind]._default_manager.filter(
            public_id__in=sorted(ids[kind]), published_in__isnull=False
        )
        bodies = rows.values_list("public_id", "version", "document__body")
        for public_id, version, body in bodies:
            names[kind, public_id, version] = attributed_title(orjson.loads(body))
    return names
