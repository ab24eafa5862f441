"""Kills: 200 times, a process that publishes is killed with SIGKILL at a random moment.

Each life publishes revisions of several statements, and writes down what was acknowledged. After
each death nothing is repaired: the next life opens the database as it is. At the end every
acknowledged record must be there with its digest, revisions must have no gap, and every published
version its document, change and guards. On SQLite and on PostgreSQL, which is a cluster of its
own. Exit status 1 if anything is lost or torn.
"""

import argparse
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from drills.checks import acknowledged  # noqa: E402 (a script beside its own kind)
from drills.clusters import cluster  # noqa: E402
from drills.restore import (  # noqa: E402
    EMPTY,
    Report,
    check_whole,
    environment,
    made,
    state_of,
)

VENDORS = ("sqlite", "postgresql")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--records", type=int, default=10, help="statements of each revision")
    parser.add_argument("--writes", type=int, default=10_000, help="acknowledged, at least")
    parser.add_argument("--database", choices=VENDORS, help="only this one")
    parser.add_argument("--empty", metavar="FILE", help=EMPTY)
    parser.add_argument("--lives", metavar="FILE", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.lives:
        live(options)
        return
    report = Report()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.database != "postgresql":
            drill(f"sqlite:///{folder / 'site.sqlite3'}", "SQLite", options, folder, report)
            with closing(sqlite3.connect(folder / "site.sqlite3")) as connection:
                ((found,),) = connection.execute("PRAGMA integrity_check")
            report.row("SQLite: integrity_check", found, found == "ok")
        if options.database != "sqlite":
            with cluster() as server:
                drill(server.url(), "PostgreSQL", options, folder, report)
    if report.failures:
        sys.exit(f"Failed: {'; '.join(report.failures)}.")


def drill(url: str, name: str, options: argparse.Namespace, folder: Path, report: Report) -> None:
    made(url, options.empty)
    output = folder / f"{name}.acknowledged"
    command = [sys.executable, __file__, "--lives", str(output)]
    for option in ("kills", "records", "writes"):
        command += [f"--{option}", str(getattr(options, option))]
    began = time.monotonic()
    subprocess.run(command, cwd=ROOT, env=environment(url), check=True)
    said = acknowledged(output.read_text())
    found = state_of(url)
    writes = sum(len(revision.records) for revision in said.values())
    kills = len(Path(f"{output}.kills").read_text().splitlines())
    report.row(f"{name}: kills in {time.monotonic() - began:.0f} s", kills, kills >= options.kills)
    report.row(f"{name}: acknowledged writes", writes, writes >= options.writes)
    lost = found.lost(said, found.revision) + sum(number > found.revision for number in said)
    report.row(f"{name}: lost", lost, lost == 0)
    check_whole(name, found, report)
    more = found.revision - len(said)
    report.row(f"{name}: published when killed before the answer", more, 0 <= more <= kills)


def live(options: argparse.Namespace) -> None:
    """Fork one life after another, each from a process that has the code but no connection, and
    kill each at a random moment, until there were enough kills and writes."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aidapi.settings")
    django.setup()
    from drills import publisher

    output = Path(options.lives)
    output.touch()
    chance = random.Random(20200410)
    kills, writes = 0, 0
    per_life = -(-options.writes // options.kills)
    while kills < options.kills or writes < options.writes:
        child = os.fork()
        if not child:
            os.dup2(os.open(output, os.O_WRONLY | os.O_APPEND), 1)
            publisher.publish(options.records)
            os._exit(0)
        wanted = writes + chance.randint(per_life // 2, 2 * per_life)
        while (writes := count(output, options.records)) < wanted:
            if os.waitpid(child, os.WNOHANG) != (0, 0):
                raise SystemExit("The publisher ended by itself.")
            time.sleep(0.01)
        # At any moment of the next revision.
        time.sleep(chance.uniform(0, 0.05 * options.records))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        kills += 1
        writes = count(output, options.records)
        with Path(f"{output}.kills").open("a") as file:
            file.write(f"{child}\n")


def count(output: Path, records: int) -> int:
    with output.open("rb") as file:
        return sum(1 for _ in file) * records


if __name__ == "__main__":
    main()
