"""A pooler of transactions before PostgreSQL (PgBouncer, as deploy/pgbouncer.ini has it): many
more clients' connections than the server has, publishing and downloads, the pooler stopped, and
the server restarted behind it.

Every response must be right, or 503 with Retry-After, and every acknowledged revision there at the
end. Without POOLED the process must refuse the pooler. Exit status 1 otherwise.
"""

# ruff: noqa: T201 (it prints what it measures)

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from drills.clusters import NAME, Cluster, cluster  # noqa: E402 (scripts beside this one)
from drills.faults import Readers, head, row, wait_for  # noqa: E402
from drills.overload import serving  # noqa: E402
from drills.waiting import manage  # noqa: E402

PAGES = [
    "/api/v1/statements/?page_size=20&revision=1",
    "/api/v1/statements/?count=true&search=masks&revision=1",
    "/api/v1/changes/?changed_since=0&page_size=5&revision=1",
]
FILES = [
    "/api/v1/statements/?format=csv&revision=1",
    "/api/v1/statements/?format=ndjson&revision=1",
]
PROBES = ["/livez", "/readyz"]
LIMITS = {"LOAD_AT_START": 0, "RATE_LIMIT": 0, "DOWNLOADS": 16}
CONNECTIONS = "20"
"""Of the server; the pooler takes eight, and the processes would open more than forty."""
DURING = 4.0
REVISIONS = 60
RECOVERY_SECONDS = 15
"""Longest time until the last failure after a fault has ended: clients that then wait for the
pooler do so for its query_wait_timeout, 10 s."""


class Pooler:
    """PgBouncer with the settings of deploy/, but for addresses and accounts."""

    def __init__(self, server: Cluster, folder: Path, user: str = "aidapi_writer") -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.folder, self.owner, self.user = folder, server.owner, user
        settings = (ROOT / "deploy" / "pgbouncer.ini").read_text("utf-8")
        for pattern, own in {
            "port=5432": f"port={server.port} user={user}",
            "listen_port = .*": f"listen_port = {self.port}",
            "auth_type = .*": "auth_type = any",
            "auth_file = .*": f"logfile = {folder}/log\npidfile = {folder}/pid",
            "default_pool_size = .*": "default_pool_size = 8",
        }.items():
            settings, count = re.subn(pattern, own, settings)
            assert count == 1, pattern
        (folder / "pgbouncer.ini").write_text(settings, "utf-8")
        if self.owner:
            shutil.chown(folder, "postgres")

    def start(self) -> None:
        line = [*self.owner, "pgbouncer", "-q", str(self.folder / "pgbouncer.ini")]
        self.process = subprocess.Popen(line, stderr=subprocess.DEVNULL)

    def stop(self) -> None:
        """Stop it as a crash does."""
        if self.process.poll() is None:
            # `runuser` passes no SIGKILL on.
            os.kill(int((self.folder / "pid").read_text()), 9)
            self.process.wait(10)
        (self.folder / "pid").unlink(missing_ok=True)

    @property
    def url(self) -> str:
        return f"postgres://{self.user}@127.0.0.1:{self.port}/{NAME}"


@contextlib.contextmanager
def pooler(server: Cluster) -> Iterator[Pooler]:
    with tempfile.TemporaryDirectory() as folder:
        made = Pooler(server, Path(folder))
        made.start()
        try:
            yield made
        finally:
            made.stop()


def main() -> None:
    if shutil.which("pgbouncer") is None:
        sys.exit("PgBouncer is not installed.")
    os.environ |= {name: str(value) for name, value in LIMITS.items()}
    failures = []
    with cluster(max_connections=CONNECTIONS) as server:
        prepare(server)
        with pooler(server) as pool:
            failures += refused(pool)
            os.environ["POOLED"] = "true"
            with (
                serving(pool.url, None, "--workers", "4") as site,
                serving(pool.url, None, "--workers", "2") as other,
            ):
                site.wait()
                other.wait()
                head()
                readers = Readers(site, [*PAGES, *FILES, *FILES, *PROBES])
                failures += drill(readers, "publishing, and downloads", lambda: publish(pool))
                failures += drill(readers, "the pooler killed", pool.stop, pool.start)
                failures += drill(
                    readers, "PostgreSQL restarted", server.stop, lambda: restart(server)
                )
        failures += lost(server)
    if failures:
        sys.exit(f"Failed: {'; '.join(failures)}.")


def prepare(server: Cluster) -> None:
    manage(server.url(), "manage.py", "migrate", "--verbosity", "0")
    manage(server.url(), "drills/waiting.py", "--prepare")
    roles = (ROOT / "deploy" / "postgresql-roles.sql").read_text("utf-8")
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(roles)


def refused(pool: Pooler) -> list[str]:
    """Return a failure unless a process without POOLED refuses the pooler."""
    found = subprocess.run(
        [sys.executable, "manage.py", "showmigrations"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": pool.url, "POOLED": "false"},
        text=True,
        capture_output=True,
    )
    right = found.returncode != 0 and "Set POOLED=true" in found.stderr
    print(f"Without POOLED: {'refused' if right else 'WRONG'}", flush=True)
    return [] if right else ["a pooler is not refused"]


REVISIONS_SEEN: list[int] = []


def publish(pool: Pooler) -> None:
    said = manage(pool.url, "drills/publisher.py", "--revisions", str(REVISIONS))
    REVISIONS_SEEN.extend(int(line.split()[0]) for line in said.splitlines())


def restart(server: Cluster) -> None:
    server.start(max_connections=CONNECTIONS)


def drill(
    readers: Readers, name: str, fail: Callable[[], Any], mend: Callable[[], Any] | None = None
) -> list[str]:
    wrong = []
    with readers.reading() as seen:
        time.sleep(1)
        fail()
        mended = time.monotonic()
        if mend is not None:
            time.sleep(DURING)
            mend()
            mended = time.monotonic()
            wait_for(lambda: all(readers.get(path)[0] == 200 for path in readers.paths))
        time.sleep(2)
    recovered = max(0.0, seen.last_failure - mended)
    if mend is None and (seen.lost or seen.unavailable):
        wrong.append("lost or refused without a fault")
    if recovered > RECOVERY_SECONDS:
        wrong.append("recovers late")
    return row(name, seen, recovered, "; ".join(wrong))


def lost(server: Cluster) -> list[str]:
    """Return a failure unless every acknowledged revision is there."""
    with psycopg.connect(server.url()) as connection:
        found = {number for (number,) in connection.execute("SELECT number FROM records_revision")}
    missing = set(REVISIONS_SEEN) - found
    print(f"Acknowledged revisions: {len(REVISIONS_SEEN)}, lost: {len(missing)}", flush=True)
    return [] if len(REVISIONS_SEEN) == REVISIONS and not missing else ["revisions were lost"]


if __name__ == "__main__":
    main()
