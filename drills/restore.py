"""Restores: every recipe of docs/operating.md, run while people publish, timed and checked.

Of each recipe: the backup is made while a publisher publishes; then the publisher is killed, the
site restored elsewhere, and compared with what was acknowledged. Everything that was acknowledged
before the backup began must be there, whole and guarded, and public answers must be the same
bytes. PostgreSQL is a cluster of its own with an archive of its write-ahead log. Exit status 1
if anything is lost, torn, unguarded or different. `--short` is what CI runs.
"""

# ruff: noqa: T201 (it prints what it measures)

import argparse
import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import psycopg

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "benchmarks"))
import databases  # noqa: E402 (a script beside its own kind)

from drills.checks import Acknowledged, State, acknowledged  # noqa: E402
from drills.clusters import Cluster, cluster  # noqa: E402
from drills.overload import serving  # noqa: E402

EMPTY = "what `migrate` makes, as an SQLite file or a dump of PostgreSQL; saves a quarter minute"
LEAD = 5
"""Revisions that are acknowledged before a backup begins."""
MADE_BY_MIGRATE = (
    *("auth_group_permissions", "auth_permission", "auth_group", "django_content_type"),
    *("records_derivedstate", "records_revisioncounter", "django_migrations"),
)
"""Tables that `migrate` fills, each after those that refer to it."""
ANSWERS = [
    "changes/?revision={0}&page_size=50",
    "statements/?revision={0}&search=masks",
    "donations/?revision={0}&count=true",
    "donations/summary/?revision={0}",
]


@dataclass
class Report:
    """The table, and what went wrong."""

    failures: list[str] = field(default_factory=list)

    def row(self, name: str, value: object, right: bool) -> None:
        print(f"{name:62} {value!s:>14}  {'' if right else 'WRONG'}", flush=True)
        if not right:
            self.failures.append(name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=4_000, help="donations of the site")
    parser.add_argument("--short", action="store_true", help="an empty site, without a server")
    parser.add_argument("--database", choices=databases.VENDORS, help="only this one")
    parser.add_argument("--empty", metavar="FILE", help=EMPTY)
    options = parser.parse_args()
    n = 0 if options.short else options.n
    report = Report()
    make = partial(made, empty=options.empty)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        site = folder / "site.sqlite3"
        if n:
            copy_online(Path(databases.generated("sqlite", n).removeprefix("sqlite:///")), site)
        if options.database != "postgresql":
            original = folder / "original.sqlite3"
            if n:
                shutil.copyfile(site, original)
            else:
                make(f"sqlite:///{original}")
            drill_sqlite(original, folder, report, served=bool(n))
        if options.database != "sqlite":
            drill_postgresql(site if n else None, folder, report, make)
    if report.failures:
        sys.exit(f"Failed: {'; '.join(report.failures)}.")


# --- SQLite


def drill_sqlite(site: Path, folder: Path, report: Report, *, served: bool) -> None:
    for name, back_up in [("VACUUM INTO", vacuum_into), ("online backup", copy_online)]:
        backup, restored = folder / "backup.sqlite3", folder / "restored.sqlite3"
        remove(backup)
        remove(restored)

        def restore(backup: Path = backup, restored: Path = restored) -> str:
            shutil.copyfile(backup, restored)
            return f"sqlite:///{restored}"

        trial = Trial(f"SQLite, {name}", f"sqlite:///{site}", report, served=served)
        trial.run(lambda to=backup, by=back_up: by(site, to), restore)
    old_wal(site, folder, report)


def vacuum_into(site: Path, backup: Path) -> None:
    with contextlib.closing(sqlite3.connect(site)) as source:
        source.execute("VACUUM INTO ?", [str(backup)])


def copy_online(site: Path, backup: Path) -> None:
    with (
        contextlib.closing(sqlite3.connect(site)) as source,
        contextlib.closing(sqlite3.connect(backup)) as copy,
    ):
        source.backup(copy)


def old_wal(site: Path, folder: Path, report: Report) -> None:
    """Show what the write-ahead log of the lost site does to a backup beside which it is left."""
    backup = folder / "backup.sqlite3"
    remove(backup)
    vacuum_into(site, backup)
    with publishing(f"sqlite:///{site}") as publisher:
        publisher.wait(LEAD)
    log = Path(f"{site}-wal")
    report.row("SQLite: a killed publisher leaves a -wal", log.exists(), log.exists())
    place = folder / "place.sqlite3"
    shutil.copyfile(backup, place)
    shutil.copyfile(log, f"{place}-wal")
    is_backup = content(place) == content(backup)
    report.row("SQLite: beside an old -wal it is the backup", is_backup, not is_backup)
    remove(place)
    shutil.copyfile(backup, place)
    is_backup = content(place) == content(backup)
    report.row("SQLite: with the -wal removed it is the backup", is_backup, is_backup)


def content(file: Path) -> str:
    with contextlib.closing(sqlite3.connect(file)) as source:
        try:
            return "\n".join(source.iterdump())
        except sqlite3.Error as error:
            return str(error)


def remove(file: Path) -> None:
    """Remove a database with its write-ahead log, which would be applied to its successor."""
    for suffix in ("", "-wal", "-shm"):
        Path(f"{file}{suffix}").unlink(missing_ok=True)


# --- PostgreSQL


def drill_postgresql(
    site: Path | None, folder: Path, report: Report, make: Callable[[str], None]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        archive = Path(name) / "archive"
        archive.mkdir()
        if os.geteuid() == 0:
            shutil.chown(name, "postgres")
            shutil.chown(archive, "postgres")
        keep = f"test ! -f {archive}/%f && cp %p {archive}/%f"
        with cluster(
            archive_mode="on", archive_command=keep, archive_timeout="5s", fsync="off"
        ) as server:
            url = server.url()
            make(url)
            if site is not None:
                manage(url, "copy_database", f"sqlite:///{site}")
            dumps(server, folder, report, make, served=site is not None)
            point_in_time(server, Path(name), archive, report)


def dumps(
    server: Cluster,
    folder: Path,
    report: Report,
    make: Callable[[str], None],
    *,
    served: bool,
) -> None:
    file = folder / "site.dump"

    def whole() -> str:
        url = server.create("restored_whole")
        server_tool("pg_restore", "--exit-on-error", f"--dbname={url}", str(file))
        execute(url, "ANALYZE")
        return url

    def data_only() -> str:
        url = server.create("restored_data")
        make(url)
        for table in MADE_BY_MIGRATE:
            execute(url, f"ALTER TABLE {table} DISABLE TRIGGER ALL", f"DELETE FROM {table}")
        server_tool(
            *("pg_restore", "--data-only", "--disable-triggers", "--single-transaction"),
            *(f"--dbname={url}", str(file)),
        )
        report.row("PostgreSQL, data only: guards are down", *is_down(url))
        manage(url, "migrate", "--verbosity", "0")
        execute(url, "ANALYZE")
        return url

    for name, arguments, restore in [
        ("pg_dump whole", [], whole),
        ("pg_dump data only", ["--data-only"], data_only),
    ]:
        trial = Trial(f"PostgreSQL, {name}", server.url(), report, served=served)
        dump = ["pg_dump", "--format=custom", f"--file={file}", *arguments, server.url()]
        trial.run(lambda dump=dump: server_tool(*dump), restore)


def is_down(url: str) -> tuple[int, bool]:
    guards = len(state_of(url).guards)
    return guards, guards > 0


def point_in_time(server: Cluster, folder: Path, archive: Path, report: Report) -> None:
    """Restore a base backup and the archived log: to a moment, and as far as it goes."""
    base = folder / "base"
    began = time.monotonic()
    server.run("pg_basebackup", f"--pgdata={base}", "--checkpoint=fast", f"--port={server.port}",
               "--host=127.0.0.1", "--username=postgres")  # fmt: skip
    report.row("PostgreSQL, base backup", seconds(began), True)
    with publishing(server.url()) as publisher:
        publisher.wait(LEAD)
        publisher.process.send_signal(signal.SIGSTOP)
        time.sleep(1)
        with psycopg.connect(server.url(), autocommit=True) as connection:
            ((moment,),) = connection.execute("SELECT now()")
        right = max(publisher.acknowledged())
        publisher.process.send_signal(signal.SIGCONT)
        publisher.wait(LEAD)
        time.sleep(6)  # once more than archive_timeout
        server.stop()
    said = publisher.acknowledged()
    for name, settings in [
        ("to a moment", {"recovery_target_time": str(moment)}),
        ("to the end of the archive", {}),
    ]:
        with tempfile.TemporaryDirectory() as place:
            restored = Cluster(Path(place))
            began = time.monotonic()
            restored.act("cp", "-r", str(base), str(restored.data))
            restored.act("touch", str(restored.data / "recovery.signal"))
            restored.start(
                restore_command=f"cp {archive}/%f %p",
                recovery_target_action="promote",
                archive_mode="off",
                hot_standby="off",
                **settings,
            )
            try:
                found = state_of(restored.url())
            finally:
                restored.stop()
            title = f"PostgreSQL, {name}"
            report.row(f"{title}: restored within", seconds(began), True)
            check_whole(title, found, report)
            if settings:
                report.row(f"{title}: revision", found.revision, found.revision == right)
                lost = found.lost(said, right)
            else:
                reached = max(number for number in said if number <= found.revision)
                gone = said[max(said)].time - said[reached].time
                report.row(f"{title}: lost with the server", f"{gone:.1f} s", gone < 15)
                lost = found.lost(said, found.revision)
            report.row(f"{title}: acknowledged before that and lost", lost, lost == 0)


# --- A trial of one recipe


@dataclass
class Trial:
    """A backup made while a publisher publishes, and its restore."""

    name: str
    url: str
    report: Report
    served: bool

    def run(self, back_up: Callable[[], object], restore: Callable[[], str]) -> None:
        with publishing(self.url) as publisher:
            publisher.wait(LEAD)
            before = max(publisher.acknowledged())
            began = time.monotonic()
            back_up()
            self.report.row(f"{self.name}: backup", seconds(began), True)
            publisher.wait(1)
        began = time.monotonic()
        restored = restore()
        self.report.row(f"{self.name}: restore", seconds(began), True)
        found = state_of(restored)
        check_whole(self.name, found, self.report)
        said = publisher.acknowledged()
        lost = found.lost(said, before)
        self.report.row(f"{self.name}: acknowledged before and lost", lost, lost == 0)
        if self.served:
            began = time.monotonic()
            given = answers(restored, found.revision)
            self.report.row(f"{self.name}: then served, with 4 answers, in", seconds(began), True)
            expected = answers(self.url, found.revision)
            same = sum(one == other for one, other in zip(given, expected, strict=True))
            self.report.row(f"{self.name}: answers that are the same", same, same == len(ANSWERS))


def check_whole(name: str, found: State, report: Report) -> None:
    torn = len(found.torn) + (found.revision != found.revisions)
    report.row(f"{name}: torn", torn, torn == 0)
    report.row(f"{name}: guards that are down", len(found.guards), not found.guards)


def answers(url: str, revision: int) -> list[bytes]:
    with serving(url) as server:
        server.wait()
        found = []
        for path in ANSWERS:
            address = f"http://127.0.0.1:{server.port}/api/v1/{path.format(revision)}"
            request = urllib.request.Request(address, headers={"Host": "localhost"})
            with urllib.request.urlopen(request, timeout=60) as response:
                found.append(response.read())
        return found


class Publisher:
    """A process that publishes, and what it has acknowledged."""

    def __init__(self, url: str, output: Path) -> None:
        self.output = output
        with output.open("w") as file:
            command = [sys.executable, "drills/publisher.py"]
            self.process = subprocess.Popen(command, cwd=ROOT, env=environment(url), stdout=file)

    def acknowledged(self) -> dict[int, Acknowledged]:
        return acknowledged(self.output.read_text())

    def wait(self, revisions: int) -> None:
        """Wait until so many more are acknowledged."""
        wanted = len(self.acknowledged()) + revisions
        while len(self.acknowledged()) < wanted:
            if self.process.poll() is not None:
                raise SystemExit("The publisher ended.")
            time.sleep(0.02)


@contextlib.contextmanager
def publishing(url: str) -> Iterator[Publisher]:
    """Publish meanwhile; the publisher is killed at the end."""
    with tempfile.TemporaryDirectory() as folder:
        publisher = Publisher(url, Path(folder) / "acknowledged")
        try:
            yield publisher
        finally:
            publisher.process.kill()
            publisher.process.wait()
            said = publisher.acknowledged()
            publisher.acknowledged = lambda: said  # type: ignore[method-assign]


def made(url: str, empty: str | None = None) -> None:
    """Make the tables of an empty database, by `migrate` unless there is a file that has them."""
    if empty is None:
        manage(url, "migrate", "--verbosity", "0")
    elif url.startswith("sqlite:///"):
        shutil.copyfile(empty, url.removeprefix("sqlite:///"))
    else:
        server_tool("pg_restore", "--exit-on-error", "--no-owner", f"--dbname={url}", empty)


def environment(url: str) -> dict[str, str]:
    return {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "aidapi.settings"}


def manage(url: str, *command: str) -> None:
    run(url, "manage.py", *command)


def run(url: str, *command: str) -> None:
    """Run a script for the site."""
    printed(url, *command)


def printed(url: str, *command: str) -> str:
    """Run a script for the site; return what it prints."""
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=environment(url),
        check=True,
        text=True,
        stdout=subprocess.PIPE,
    ).stdout


def state_of(url: str) -> State:
    return State(**json.loads(printed(url, "drills/checks.py")))


def server_tool(*command: str) -> None:
    subprocess.run(command, check=True)


def execute(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for sql in statements:
            connection.execute(sql)


def seconds(began: float) -> str:
    return f"{time.monotonic() - began:.1f} s"


if __name__ == "__main__":
    main()
