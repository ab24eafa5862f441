"""The latest records of a query of several kinds, and who published their statements."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from aidapi.dates import in_words
from records.api.titles import attributed_title
from records.query.ordering import Ordering
from records.query.planner import RecordQuery

Json = dict[str, Any]

READ = 50
"""Records of each kind whose sources are counted, the latest."""
SHOWN = 10
"""Latest records that are listed."""
PUBLISHERS = 8


@dataclass(frozen=True)
class Recent:
    """The latest records, and the publishers of what they rest on."""

    records: list[Json]
    publishers: list[tuple[str, int]]
    """Publishers with the numbers of records that cite them, the most cited first."""
    read: int
    """Records that were counted."""


def recent(queries: Mapping[str, RecordQuery]) -> Recent:
    """Return the latest of the records of queries, by kind."""
    ordering = Ordering("-as_of", {"as_of": "as_of_key"})
    documents = [
        orjson.loads(row[0])
        for query in queries.values()
        for row in query.page(ordering, None, READ)
    ]
    documents.sort(key=lambda document: (document["as_of"], document["id"]), reverse=True)
    cited = Counter(
        publisher
        for document in documents
        for publisher in {statement["publisher"] for statement in document["statements"]}
    )
    return Recent(
        [
            {
                "id": document["id"],
                "kind": document["kind"],
                "title": attributed_title(document),
                "date": in_words(document["as_of"]),
            }
            for document in documents[:SHOWN]
        ],
        sorted(cited.items(), key=lambda one: (-one[1], one[0]))[:PUBLISHERS],
        len(documents),
    )
