"""A primary that another has superseded: nothing is written there.

Each promotion of a standby begins a new timeline of PostgreSQL's log, so that of two primaries of
one cluster the later has the higher number. Where DATABASE_URL lists hosts, a process takes note
of the timeline of each primary that it connects to, in Redis for all processes, and refuses a
lower one from then on.
"""

from contextlib import suppress
from typing import Any, NamedTuple

from aidapi.shared import PREFIX, Unavailable, shared

KEY = f"{PREFIX}timelines"
KEPT_SECONDS = 30 * 86_400
SUPERSEDED = (
    "The database server was the primary until another was promoted: nothing is written here. "
    "Make it a standby of the new primary."
)


class Place(NamedTuple):
    """Where a primary is in the history of its cluster."""

    system: str
    timeline: int


class Timelines:
    """The highest timeline of each cluster that was seen."""

    def __init__(self) -> None:
        self.own: dict[str, int] = {}

    def note(self, place: Place) -> None:
        self.own[place.system] = max(place.timeline, self.own.get(place.system, 0))
        server = shared()
        if server is not None:
            with suppress(Unavailable):
                server.run(
                    ("ZADD", KEY, "GT", place.timeline, place.system),
                    ("EXPIRE", KEY, KEPT_SECONDS),
                )

    def highest(self, system: str) -> int:
        server = shared()
        if server is not None:
            with suppress(Unavailable):
                found = server.run(("ZSCORE", KEY, system))[0]
                known = int(float(found)) if found is not None else 0
                self.own[system] = max(known, self.own.get(system, 0))
        return self.own.get(system, 0)

    def is_superseded(self, place: Place | None) -> bool:
        return place is not None and place.timeline < self.highest(place.system)


timelines = Timelines()


def place_of(driver: Any) -> Place | None:
    """Return the place of the server of a new connection; None if it is a standby."""
    with driver.cursor() as cursor:
        found = read_place(cursor)
    driver.rollback()
    return found


def read_place(cursor: Any) -> Place | None:
    cursor.execute(
        "SELECT system_identifier::text, CASE WHEN NOT pg_is_in_recovery()"
        " THEN left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) END"
        " FROM pg_control_system()"
    )
    system, timeline = cursor.fetchone()
    return Place(system, int(timeline, 16)) if timeline else None


def each_host(params: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the parameters of a connection for each host of a list."""
    hosts = str(params.get("host") or "").split(",")
    ports = str(params.get("port") or "").split(",")
    if len(ports) == 1:
        ports *= len(hosts)
    return [
        {**params, "host": host} | ({"port": port} if port else {})
        for host, port in zip(hosts, ports, strict=True)
    ]
