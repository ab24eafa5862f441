"""Page of a series: its records, the parties in them, and who publishes them."""

from collections import Counter
from typing import Any

import orjson

from aidapi.dates import in_words
from records.api.addresses import PLURALS
from records.api.titles import attributed_title
from records.models import DATED
from records.site.profiles.recent import PUBLISHERS

Json = dict[str, Any]

MOST = 200
"""Maximum number of records that are listed, the latest."""
MOST_PARTIES = 12
"""Maximum number of parties of a role that are listed."""


def series_profile(slug: str, revision: int) -> Json:
    """Return what the page of a series shows beside its chart."""
    documents: list[Json] = []
    for model in DATED.values():
        points = model.objects.in_force(revision).filter(series=slug).exclude(series="")
        latest = points.order_by("-as_of_key", "-public_id")
        documents += map(orjson.loads, latest.values_list("document__body", flat=True)[:MOST])
    documents.sort(key=lambda document: (document["as_of"], document["id"]), reverse=True)
    cited = Counter(
        publisher
        for document in documents
        for publisher in {statement["publisher"] for statement in document["statements"]}
    )
    return {
        "slug": slug,
        "records": [
            {"id": one["id"], "title": attributed_title(one), "date": in_words(one["as_of"])}
            for one in documents
        ],
        "kinds": sorted({PLURALS[document["kind"]] for document in documents}),
        "roles": roles_of(documents),
        "publishers": sorted(cited.items(), key=lambda one: (-one[1], one[0]))[:PUBLISHERS],
    }


def roles_of(documents: list[Json]) -> list[tuple[str, list[Json]]]:
    """Return the parties by role, of each the most frequent."""
    found: dict[str, Counter[tuple[str, str]]] = {}
    for document in documents:
        for role in DATED[document["kind"]].ROLES.values():
            for party in document[role]:
                found.setdefault(role, Counter())[party["code"], party["name"]] += 1
    return [
        (role.capitalize(), [{"code": code, "name": name} for (code, name), _ in most])
        for role, counts in found.items()
        if (most := counts.most_common(MOST_PARTIES))
    ]
