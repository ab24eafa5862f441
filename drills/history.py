"""The history of a drill: what was published and read, when, and whether it could be so.

Revisions must be linear: whoever reads sees a revision that was in force between the beginning and
the end of the request, and no client sees an earlier one than before.
"""

import datetime
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

REDIS = re.compile(r"^(\S+) \[warning *\] Redis is (not )?available", re.MULTILINE)
"""What a process logs when it loses Redis, and when it has it again."""
AROUND = 1.0
"""Seconds before the first line, in which Redis was waited for, and after the second, in which a
response that had begun was sent."""


@dataclass(frozen=True)
class Publication:
    """An attempt to publish one record."""

    began: float
    ended: float
    state: str
    """`acknowledged`, `unconfirmed` (the standby has not confirmed it) or `failed`."""
    number: int = 0
    public_id: str = ""


@dataclass(frozen=True)
class Reading:
    """A request and its response; status 0 if there was none."""

    client: int
    path: str
    began: float
    ended: float
    status: int
    retry_after: bool = False
    revision: int = 0
    pinned: bool = False
    digest: str = ""
    torn: str = ""
    """What is wrong with a walk through all pages."""


@dataclass
class Shown:
    """What was seen while a fault lasted."""

    publications: list[Publication] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)

    def between(self, began: float, ended: float) -> "Shown":
        return Shown(
            [one for one in self.publications if began <= one.ended < ended],
            [one for one in self.readings if began <= one.ended < ended],
        )

    def acknowledged(self) -> list[Publication]:
        return [one for one in self.publications if one.state == "acknowledged"]


def times_alone(log: str) -> Iterator[tuple[float, float]]:
    """Yield when a process was without Redis, as it logged, in seconds since 1970."""
    began = None
    for said, is_away in REDIS.findall(log):
        moment = datetime.datetime.fromisoformat(said).timestamp()
        if is_away:
            began = moment - AROUND
        elif began is not None:
            yield began, moment + AROUND
            began = None
    if began is not None:
        yield began, float("inf")


def wrong(history: Shown, alone: Iterable[tuple[float, float]] = ()) -> Iterator[str]:
    """Yield what cannot be. In the times `alone` a process did not know of the others, since it
    was without Redis: then a client may not yet see what another process has shown."""
    alone = list(alone)
    digests: dict[tuple[str, int], str] = {}
    begun: dict[int, float] = {}
    for attempt in history.publications:
        # A number may have been given twice, if it was not confirmed at first.
        begun[attempt.number] = min(attempt.began, begun.get(attempt.number, attempt.began))
    acknowledged = sorted((one.ended, one.number) for one in history.acknowledged())
    newest, place = 0, 0
    seen: dict[int, tuple[float, int]] = {}
    for one in sorted(history.readings, key=lambda one: one.began):
        while place < len(acknowledged) and acknowledged[place][0] < one.began:
            newest = max(newest, acknowledged[place][1])
            place += 1
        if one.torn:
            yield f"{one.path}: {one.torn}"
        if one.status != 200:
            if one.status not in (0, 503):
                yield f"{one.path}: status {one.status}"
            continue
        known = digests.setdefault((one.path, one.revision), one.digest)
        if known != one.digest:
            yield f"{one.path} is not the same twice at revision {one.revision}"
        if one.revision and begun.get(one.revision, 0) > one.ended:
            yield f"{one.path}: revision {one.revision} was not published yet"
        if one.pinned:
            continue
        if one.revision < newest and not any(
            began <= one.ended and one.began <= ended for began, ended in alone
        ):
            yield f"{one.path}: revision {one.revision}, when {newest} was in force"
        ended, before = seen.get(one.client, (0.0, 0))
        if ended <= one.began and one.revision < before:
            yield f"client {one.client}: revision {one.revision} after {before}"
        if one.revision >= before:
            seen[one.client] = one.ended, one.revision
