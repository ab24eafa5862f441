"""Replicas: what a process that reads from one must know of it.

A replica is behind its primary, by milliseconds or, if something is wrong, by hours. Readers must
not notice: a revision that a replica lacks is not one that does not exist, and the latest revision
never goes back for anybody. So the processes share the highest revision that any of them has
shown, in Redis if there is one. A replica that lacks it, or a revision that a request names, does
not answer (aidapi.primary).
"""

import contextlib
import datetime
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import DatabaseError, OperationalError, connection
from django.utils import timezone
from django.utils.module_loading import import_string
from prometheus_client import Gauge

from aidapi.database.postgresql.fencing import read_place, timelines
from aidapi.errors import RETRY_AFTER, Problem
from aidapi.shared import PREFIX, Unavailable, shared

KEY, MEMBER = f"{PREFIX}shown", "revision"
"""Sorted set in Redis, whose score only grows, with the highest revision shown."""
KEPT_SECONDS = 86_400
PATIENCE = 0.25
"""Seconds for which a request waits for its replica before the primary is asked."""
TICK = 0.01
LAG = Gauge(
    "aidapi_replica_lag_seconds",
    "Seconds that the replica is behind what it has received, or was shown.",
    multiprocess_mode="mostrecent",
)
CONNECTED = Gauge(
    "aidapi_replica_connected",
    "1 while the replica receives the log of its primary, else 0.",
    multiprocess_mode="mostrecent",
)
REVISION = Gauge(
    "aidapi_revision", "Latest revision in the database.", multiprocess_mode="mostrecent"
)


class Behind(Problem):
    """The replica lacks what the request is about."""

    def __init__(self, detail: str) -> None:
        super().__init__(503, "behind", "Not yet here", f"{detail} Try again after Retry-After.")
        self.headers |= {"Retry-After": str(RETRY_AFTER), "Cache-Control": "no-store"}


@dataclass
class Attempt:
    """One way to answer a request."""

    at_primary: bool = False
    follows: int = 0
    """The revision that the client had by its own account (`changed_since`)."""
    lacked: int | None = None
    """The revision that the replica lacks; 0 if it is not known which."""


attempt: ContextVar[Attempt | None] = ContextVar("attempt", default=None)


@contextmanager
def attempting(at_primary: bool = False, follows: int = 0) -> Iterator[Attempt]:
    made = Attempt(at_primary, follows)
    token = attempt.set(made)
    try:
        yield made
    finally:
        attempt.reset(token)


class Shown:
    """The highest revision that was shown: by this process, and by all that share a Redis."""

    def __init__(self) -> None:
        self.own = 0

    def __call__(self) -> int:
        server = shared()
        if server is not None:
            with suppress(Unavailable):
                found = server.run(("ZSCORE", KEY, MEMBER))[0]
                known = int(float(found)) if found is not None else 0
                if known < self.own:
                    # Redis was emptied, or away when it was shown.
                    self.tell(server)
                self.own = max(self.own, known)
        return self.own

    def note(self, revision: int) -> None:
        """Take note of a revision before it is shown."""
        if revision <= self.own:
            return
        self.own = revision
        server = shared()
        if server is not None:
            with suppress(Unavailable):
                self.tell(server)

    def tell(self, server: Any) -> None:
        server.run(("ZADD", KEY, "GT", self.own, MEMBER), ("EXPIRE", KEY, KEPT_SECONDS))


shown = Shown()


def least() -> int:
    """Return the lowest number that the latest revision may have for readers of this process."""
    return shown() if settings.READING else 0


def head() -> int:
    """Return the latest revision's number in the database in use."""
    return import_string(settings.DATASET_HEAD).number()


def check(requested: int | None, latest: int) -> None:
    """Raise Behind if the database in use, whose latest revision is given, lacks the requested
    one, by default the latest that was shown; else take note of what is shown."""
    if not settings.READING:
        return
    made = attempt.get()
    at_primary = made is not None and made.at_primary
    if requested is None:
        needed = least()
        if made is not None and not at_primary:
            needed = max(needed, made.follows)
        if latest < needed:
            lack(needed, f"This server has no revision {needed} yet; its latest is {latest}.")
        shown.note(latest)
    elif requested <= latest:
        shown.note(requested)
    elif not at_primary:
        lack(requested, f"This server has no revision {requested} yet; its latest is {latest}.")


def check_until(moment: datetime.datetime) -> None:
    """Raise Behind if revisions of before a past moment may be missing in the database in use."""
    made = attempt.get()
    if not settings.READING or (made is not None and made.at_primary) or moment > timezone.now():
        return
    if standing.look().as_of < moment:
        lack(0, f"This server may lack revisions of before {moment:%Y-%m-%d %H:%M}.")


def lack(revision: int, detail: str) -> None:
    made = attempt.get()
    if made is not None:
        made.lacked = revision
    raise Behind(detail)


def wait_for(revision: int, seconds: float | None = None) -> None:
    """Return when the database in use has the revision; raise OperationalError if that takes
    longer than a request may."""
    if settings.READING and not arrives(revision, seconds or settings.QUERY_SECONDS):
        raise OperationalError(f"The replica lacks revision {revision}.")


def arrives(revision: int, seconds: float) -> bool:
    """Return whether the database in use has the revision, within so many seconds."""
    until = time.monotonic() + seconds
    while head() < revision:
        if time.monotonic() > until:
            return False
        time.sleep(TICK)
    return True


# --- How far behind it is


@dataclass(frozen=True)
class Standing:
    """How a replica follows its primary."""

    lag: float
    """Seconds."""
    is_connected: bool
    as_of: datetime.datetime
    """The replica surely has everything from before this moment."""


class Look:
    """Looks at the replica. What it has received and not yet applied is as old as the look that
    first saw it: the time of the last transaction says nothing while the primary is at rest."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        self.mark: tuple[int, float] | None = None
        """A place of the log that was received and not applied, and when that was seen."""
        self.cut_at: float | None = None
        """When it was first seen without a connection."""
        self.lacking_since: float | None = None

    def look(self) -> Standing:
        if connection.vendor != "postgresql":
            return self.note(False, None, None, True, 0.0)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_is_in_recovery(),"
                " pg_wal_lsn_diff(pg_last_wal_receive_lsn(), '0/0')::bigint,"
                " pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::bigint,"
                " EXISTS (SELECT FROM pg_stat_get_wal_receiver() WHERE pid IS NOT NULL),"
                " extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float8"
            )
            found = cursor.fetchone()
            is_standby = found[0]
            if not is_standby and (place := read_place(cursor)):
                # Promoted: those who write must know.
                timelines.note(place)
            return self.note(*found)

    def note(
        self,
        is_standby: bool,
        received: int | None,
        applied: int | None,
        is_connected: bool,
        since_last: float | None,
    ) -> Standing:
        """Return the standing by what the replica says of itself."""
        now = time.monotonic()
        with self.lock:
            is_connected = is_connected or not is_standby
            self.cut_at = None if is_connected else self.cut_at or now
            if not is_standby or received is None or applied is None or applied >= received:
                self.mark = None
            elif self.mark is None or applied >= self.mark[0]:
                self.mark = received, now
            lag = now - self.mark[1] if self.mark else 0.0
            # Without a connection nobody knows what else there is.
            unknown = lag if is_connected else max(lag, since_last or 0.0, now - self.cut_at)  # type: ignore[operator]
        LAG.set(lag)
        CONNECTED.set(is_connected)
        as_of = timezone.now() - datetime.timedelta(seconds=unknown + 1)
        return Standing(lag, is_connected, as_of)

    def lacking(self) -> float:
        """Return the seconds for which a revision that was shown has been missing."""
        number = head()
        REVISION.set(number)
        now = time.monotonic()
        with self.lock:
            if number >= least():
                self.lacking_since = None
            elif self.lacking_since is None:
                self.lacking_since = now
            return now - self.lacking_since if self.lacking_since is not None else 0.0


standing = Look()


def faults() -> Iterator[str]:
    """Yield why the replica is too far behind."""
    if not settings.READING:
        return
    if (lag := standing.look().lag) > settings.LAG_SECONDS:
        yield f"The replica is {lag:.0f} seconds behind what it has received."
    if (lacking := standing.lacking()) > settings.LAG_SECONDS:
        yield (
            f"The replica lacks, since {lacking:.0f} seconds, revision {least()}, which readers "
            "were shown: it receives nothing, or revisions were lost."
        )


def measure() -> None:
    """Set the metrics of the replica, if it answers."""
    if settings.READING:
        with contextlib.suppress(DatabaseError):
            standing.look()
            standing.lacking()
