"""The database away: PostgreSQL restarted, stopped and hung, the file of SQLite moved away, while
readers read and probes ask.

Every response must be right, or 503 with Retry-After; what is pinned and cached goes on. When the
database is back, so is the site, without a restart. Everything stays on 127.0.0.1. Exit status 1
if anything is answered wrongly, or not within its time.
"""

import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from drills.clusters import cluster  # noqa: E402
from drills.faults import Readers, head, row, wait_for  # noqa: E402 (scripts beside this one)
from drills.overload import serving  # noqa: E402
from drills.waiting import manage  # noqa: E402

LIST = "/api/v1/statements/?page_size=20"
PINNED = f"{LIST}&revision=1"
READ = [LIST, PINNED, "/api/v1/statements/?count=true&search=masks", "/", "/livez", "/readyz"]
ASKED = [*READ, "/api/v1/", "/api/v1/changes/", "/api/v1/statements/?format=csv", "/admin/login/"]
LIMITS = {"LOAD_AT_START": 0, "CACHE_ENTRIES": 500, "QUERY_SECONDS": 2, "RATE_LIMIT": 0}
DURING = 12.0
SLOWEST = 15.0
"""Seconds of the slowest response: in line for a slot, and until the deadline of its own."""


def main() -> None:
    os.environ |= {name: str(value) for name, value in LIMITS.items()}
    failures = []
    head()
    with tempfile.TemporaryDirectory() as folder:
        file, there = Path(folder) / "site.sqlite3", Path(folder) / "elsewhere"
        prepare(f"sqlite:///{file}")
        with serving(f"sqlite:///{file}") as site:
            site.wait()
            failures += drill(
                Readers(site, READ),
                "SQLite: file moved away and back",
                lambda: file.rename(there),
                lambda: there.rename(file),
            )
    with cluster() as server:
        prepare(server.url())
        faults: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
            "PostgreSQL restarted": (lambda: (server.stop(), server.start()), lambda: None),
            "PostgreSQL stopped": (server.stop, server.start),
            "PostgreSQL hung": (
                lambda: server.signal(signal.SIGSTOP),
                lambda: server.signal(signal.SIGCONT),
            ),
        }
        with serving(server.url()) as site:
            site.wait()
            readers = Readers(site, READ)
            for name, (fail, mend) in faults.items():
                failures += drill(readers, name, fail, mend)
    if failures:
        sys.exit(f"Failed: {'; '.join(failures)}.")


def prepare(url: str) -> None:
    manage(url, "manage.py", "migrate", "--verbosity", "0")
    manage(url, "drills/waiting.py", "--prepare")


def drill(
    readers: Readers, name: str, fail: Callable[[], Any], mend: Callable[[], Any]
) -> list[str]:
    wrong = []
    for path in (*ASKED, PINNED):
        readers.get(path)
    with readers.reading() as seen:
        time.sleep(1)
        fail()
        until = time.monotonic() + DURING
        for path in ASKED:
            status, retry, body = readers.get(path)
            if status != 200 and (status != 503 or not retry):
                wrong.append(f"{path} is {status}")
            if path.startswith("/admin/") and status == 503 and b"not available" not in body:
                wrong.append(f"{path} has no words")
        if readers.get(PINNED)[0] != 200:
            wrong.append("what is pinned and cached is not served")
        time.sleep(max(0, until - time.monotonic()))
        mend()
        mended = time.monotonic()
        wait_for(lambda: all(readers.get(path)[0] == 200 for path in ASKED))
        time.sleep(2)
    recovered = max(0.0, seen.last_failure - mended)
    if seen.lost or seen.slowest > SLOWEST:
        wrong.append("lost or late")
    if recovered > 10:
        wrong.append("recovers late")
    return row(name, seen, recovered, "; ".join(wrong))


if __name__ == "__main__":
    main()
