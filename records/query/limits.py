"""Limits of the query planner. None changes what a query returns; each bounds what a plan costs.

Chosen by measurement at 200,000 donations (docs/benchmarks.md).
"""

from django.db import connection

SORTED_RECORDS = 200
"""Maximum records that a list looks up by id and sorts; it reads more of them in its own order."""
DRIVING_VERSIONS = 4_000
"""Maximum versions, by the statistics, under a filter whose ids drive a list: sorting these is
still faster than meeting them while reading the list in order."""
SEARCH_IDS = 2_000
"""Maximum ids that the plan takes from the full-text index."""
PROBE_IDS = {"sqlite": 2_000, "postgresql": 200}
"""Maximum ids that a probe returns. PostgreSQL estimates by itself what is more frequent."""
KEPT_COUNTS = 1_000
"""Maximum counts that a process keeps of revisions."""


def probe_ids() -> int:
    """Return the maximum ids of a probe on the database in use."""
    return PROBE_IDS[connection.vendor]
