"""Many machines, on this one: a primary and two streaming replicas, PgBouncer, Redis, HAProxy or
nginx, and four processes of ours, from the files of deploy/. Under the load of eight clients, and
of a publisher, one after another fails.

No response may be wrong, none may be a failure other than 503 with Retry-After, no acknowledged
revision may be lost, and revisions must be linear (drills/history.py). Everything stays on
127.0.0.1. Exit status 1 if it is otherwise. `--short` is what CI runs; `--publications 5000` is a
long history, in which only primaries fail.
"""

# ruff: noqa: T201 (it prints what it measures)

import argparse
import contextlib
import hashlib
import http.client
import itertools
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import psycopg

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
sys.path.insert(0, str(ROOT))
from drills.clusters import NAME, Member  # noqa: E402 (scripts beside this one)
from drills.faults import wait_for  # noqa: E402
from drills.history import Publication, Reading, Shown, times_alone, wrong  # noqa: E402
from drills.overload import Drill, children  # noqa: E402
from drills.pooling import Pooler  # noqa: E402
from drills.proxies import proxy  # noqa: E402
from drills.redis_faults import Redis  # noqa: E402
from drills.restore import EMPTY, made  # noqa: E402
from drills.waiting import PUBLISHED, manage  # noqa: E402

CLIENTS = 8
PAUSE = 0.03
"""Seconds between two requests of a client, and between two publications."""
PUBLISHERS = 4
"""Of a long history. Its clients read more rarely, since the machine is to publish."""
LONG_PAUSE = 0.3
LONGEST = 3_600
"""Seconds that a long history may take."""
UNPINNED = [
    "/api/v1/statements/?page_size=20",
    "/api/v1/changes/?ordering=-revision&page_size=5",
    "/api/v1/statements/?count=true&search=masks&page_size=5",
    "/api/v1/revisions/?page_size=3",
]
WALK = "/api/v1/statements/?page_size=100&count=true"
LIMITS = {
    "ENVIRONMENT": "development",
    "LOAD_AT_START": "0",
    "RATE_LIMIT": "0",
    "BEHIND_PROXY": "false",
    "COMMIT_SECONDS": "2",
    "QUERY_SECONDS": "5",
    "LAG_SECONDS": "5",
    "LOG_REQUESTS": "false",
}
"""What differs from deploy/ in a drill: nothing is encrypted, and faults are short."""
HEAD = (
    *("fault", "requests", "wrong", "other 5xx", "503", "lost", "slowest"),
    *("writes", "lost", "reads back", "writes back"),
)


class Process(NamedTuple):
    """A process of ours."""

    name: str
    file: str
    """Its environment, of deploy/."""
    port: int
    replica: str = ""
    """The address that it reads from; that of the file if empty."""


class Site:
    """All machines."""

    def __init__(self, stack: contextlib.ExitStack, empty: str | None) -> None:
        self.stack = stack
        self.empty = empty
        self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        self.folder.chmod(0o755)
        self.members = {name: self.member(name) for name in ("db1", "db2", "db3")}
        for one in self.members.values():
            one.others = [other for other in self.members.values() if other is not one]
        self.primary = self.members["db1"]
        self.redis = self.start_redis()
        self.start_members()
        folder = self.folder / "pooler"
        folder.mkdir()
        self.pool = Pooler(self.members["db3"], folder, "aidapi_reader")
        self.start_pool()
        stack.callback(lambda: self.pool.stop())
        self.port = free_port()
        self.processes = [
            Process("curators", "curators.env", free_port()),
            Process("reader1", "readers.env", free_port()),
            Process("reader2", "readers.env", free_port(), "@db3,db2/"),
            Process("reader3", "readers.env", free_port(), self.pool.url),
        ]
        self.running: dict[str, Drill] = {}
        self.proxy: subprocess.Popen | None = None

    def member(self, name: str) -> Member:
        folder = self.folder / name
        folder.mkdir()
        made = Member(folder, name)
        self.stack.callback(made.stop)
        return made

    def addresses(self, text: str) -> str:
        """Return a text with the addresses of the servers in place of their names."""

        def hosts(found: re.Match) -> str:
            names = found[1].split(",")
            return "@" + ",".join(f"127.0.0.1:{self.members[one].port}" for one in names) + "/"

        return re.sub(r"@([\w,]+)/", hosts, text)

    def start_redis(self) -> Redis:
        """Start Redis with the file of deploy/, in place of the drill's own options."""
        settings = (DEPLOY / "redis.conf").read_text("utf-8")

        class FromFile(Redis):
            def start(self) -> None:
                file = Path(self.folder) / "redis.conf"
                file.write_text(re.sub(r"^port .*", f"port {self.port}", settings, flags=re.M))
                self.process = subprocess.Popen(
                    ["redis-server", str(file)], cwd=self.folder, stdout=subprocess.DEVNULL
                )
                wait_for(self.answers)

        redis = FromFile(str(self.folder))
        self.stack.callback(redis.end)
        return redis

    def start_pool(self) -> None:
        self.pool.start()
        wait_for(lambda: (self.pool.folder / "pid").exists())

    def start_members(self) -> None:
        first = self.primary
        first.make()
        first.boot()
        first.run("pg_ctl", "promote", "--silent", "--wait", f"--pgdata={first.data}")
        local = "-c synchronous_commit=local"
        with psycopg.connect(first.url("postgres"), autocommit=True, options=local) as connection:
            connection.execute("CREATE ROLE aidapi_replicator LOGIN REPLICATION")
            connection.execute(f'CREATE DATABASE "{NAME}"')
        first.ask("CREATE EXTENSION pg_stat_statements")
        first.make_slots()
        for other in first.others:
            other.follow(first)
            other.make_slots()
        wait_for(lambda: all(other.streams() for other in first.others))
        made(first.url(), self.empty)
        manage(first.url(), "drills/waiting.py", "--prepare")
        first.ask((DEPLOY / "postgresql-roles.sql").read_text("utf-8"))

    # Our processes, and the proxy

    def environment(self, process: Process) -> dict[str, str]:
        text = (DEPLOY / "common.env").read_text("utf-8")
        text += (DEPLOY / process.file).read_text("utf-8")
        found = dict(re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE))
        if process.replica.startswith("@"):
            before = found["READ_DATABASE_URL"]
            found["READ_DATABASE_URL"] = re.sub(r"@[\w,]+/", process.replica, before)
        elif process.replica:
            found |= {"READ_DATABASE_URL": process.replica, "POOLED": "true"}
        found |= {
            "CACHE_URL": self.redis.url,
            "PUBLIC_URL": f"http://127.0.0.1:{self.port}",
            "ALLOWED_HOSTS": "127.0.0.1",
        }
        return {name: self.addresses(value) for name, value in (found | LIMITS).items()}

    def start(self, process: Process) -> None:
        command = [sys.executable, "-m", "aidapi.server", "--log-level", "error"]
        log = (self.folder / f"{process.name}.log").open("a")
        made = subprocess.Popen(
            [*command, "--port", str(process.port)],
            cwd=ROOT,
            env=os.environ | self.environment(process) | {"TMPDIR": str(self.folder)},
            stderr=log,
            stdout=log,
        )
        self.running[process.name] = Drill(process.port, made)
        self.stack.callback(lambda: self.kill(process.name))

    def kill(self, name: str) -> None:
        process = self.running[name].process
        for pid in [] if process.poll() is not None else [process.pid, *children(process)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()

    def start_proxy(self, program: str) -> None:
        folder = self.folder / program
        folder.mkdir()
        ports = [process.port for process in self.processes]
        command = proxy(program, folder, self.port, ports)
        self.proxy = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=(folder / "errors").open("w")
        )
        self.stack.callback(self.stop_proxy)

    def stop_proxy(self) -> None:
        if self.proxy is not None:
            self.proxy.terminate()
            self.proxy.wait(10)
            self.proxy = None

    # Faults

    def promote(self) -> None:
        """Fail over, among the standbys that run."""
        standbys = {one.place: one for one in self.primary.others if one.is_running()}
        said = subprocess.run(
            [str(DEPLOY / "failover.sh"), *standbys],
            env=os.environ | {"PGUSER": "postgres"},
            check=True,
            text=True,
            stdout=subprocess.PIPE,
        ).stdout
        self.primary = standbys[said.strip()]
        for one in standbys.values():
            one.leader = self.primary if one is not self.primary else None

    def times_alone(self) -> list[tuple[float, float]]:
        """Return when one process or another was without Redis, by the clock of `monotonic`."""
        since = time.time() - time.monotonic()
        return [
            (began - since, ended - since)
            for log in self.folder.glob("*.log")
            for began, ended in times_alone(log.read_text("utf-8"))
        ]

    def queries_of_readers(self) -> int:
        sql = (
            "SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements s"
            " JOIN pg_roles r ON r.oid = s.userid WHERE rolname = 'aidapi_reader'"
        )
        return int(self.primary.ask(sql)[0][0])


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


# --- Load


class Load:
    """Eight clients that read, and publishers."""

    def __init__(self, site: Site, pause: float = PAUSE) -> None:
        self.site = site
        self.pause = pause
        self.shown = Shown()
        self.lock = threading.Lock()
        self.end = threading.Event()
        self.latest = 1
        self.first: int | None = None
        """The revision before the first that is published here."""
        self.publishers: list[subprocess.Popen] = []
        self.threads = [
            threading.Thread(target=self.read, args=[number]) for number in range(CLIENTS)
        ]

    def get(self, client: int, path: str) -> tuple[Reading, bytes]:
        began = time.monotonic()
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.site.port, timeout=30, source_address=(f"127.0.1.{client + 1}", 0)
        )
        try:
            with contextlib.closing(connection):
                connection.request("GET", path)
                response = connection.getresponse()
                body = response.read()
        except (OSError, http.client.HTTPException):
            return Reading(client, path, began, time.monotonic(), 0), b""
        made = Reading(
            client,
            path,
            began,
            time.monotonic(),
            response.status,
            response.getheader("Retry-After") is not None,
            int(response.getheader("Dataset-Revision") or 0),
            "revision=" in path or "cursor=" in path,
            hashlib.blake2b(body, digest_size=8).hexdigest(),
        )
        return made, body

    def note(self, made: Reading) -> None:
        with self.lock:
            self.shown.readings.append(made)
            self.latest = max(self.latest, made.revision)

    def read(self, client: int) -> None:
        for turn in itertools.count(client):
            if self.end.is_set():
                return
            if client >= CLIENTS - 2:
                self.walk(client)
            else:
                paths = [*UNPINNED, f"{UNPINNED[0]}&revision={max(1, self.latest - turn % 3)}"]
                self.note(self.get(client, paths[turn % len(paths)])[0])
            time.sleep(self.pause)

    def walk(self, client: int) -> None:
        """Read a list to its end, along cursors; its pages must be whole, of one revision."""
        path, ids = WALK, []
        count = 0
        while path and not self.end.is_set():
            made, body = self.get(client, path)
            if made.status != 200:
                self.note(made)
                if made.status in (0, 503):
                    # As a client does, which is told to try again.
                    time.sleep(0.3)
                    continue
                return
            page = json.loads(body)
            count = page["count"]
            ids += [row["id"] for row in page["results"]]
            following = urlsplit(page["next"] or "")
            path = f"{following.path}?{following.query}" if following.path else ""
            torn = ""
            if not path and self.first is not None:
                expected = PUBLISHED + max(0, made.revision - self.first)
                if not len(set(ids)) == len(ids) == count == expected:
                    torn = f"{len(set(ids))} of {len(ids)} ids, {count} counted, {expected} there"
            self.note(replace(made, torn=torn))

    def publish(self, publishers: int = 1) -> None:
        """Start the publishers."""
        process = next(one for one in self.site.processes if one.name == "curators")
        for number in range(publishers):
            publisher = subprocess.Popen(
                [sys.executable, __file__, "--publish"],
                cwd=ROOT,
                env=os.environ | self.site.environment(process),
                stdout=subprocess.PIPE,
                stderr=(self.site.folder / f"publisher{number}.log").open("w"),
                text=True,
            )
            self.publishers.append(publisher)
            threading.Thread(target=self.listen, args=[publisher], daemon=True).start()

    def listen(self, publisher: subprocess.Popen) -> None:
        for line in publisher.stdout or ():
            made = Publication(**json.loads(line))
            with self.lock:
                self.shown.publications.append(made)

    def stop(self) -> None:
        self.end.set()
        for thread in self.threads:
            if thread.is_alive():
                thread.join()
        for publisher in self.publishers:
            publisher.kill()
            publisher.wait()

    def acknowledged(self) -> int:
        with self.lock:
            return len(self.shown.acknowledged())

    def is_served(self) -> bool:
        """Return whether the last second had no failure."""
        now = time.monotonic()
        with self.lock:
            last = [one for one in self.shown.readings if one.ended > now - 1]
        return len(last) > 3 and all(one.status == 200 for one in last)


def publish() -> None:
    """Publish without end, whatever fails; print how each attempt ended."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aidapi.settings")
    django.setup()
    from django.contrib.auth.models import User
    from django.db import DatabaseError, InterfaceError, connection

    from aidapi.deadlines import bounded
    from drills.publisher import draft
    from records.publishing import approve, submit

    database: Any = connection
    for number in itertools.count():
        began = time.monotonic()
        made = Publication(began, began, "failed")
        try:
            with bounded(8):
                editor, _ = User.objects.get_or_create(username="drill-editor")
                reviewer, _ = User.objects.get_or_create(username="drill-reviewer")
                one = draft(f"{os.getpid()}-{number}")
                submit(one, by=editor)
                before = database.unconfirmed
                revision = approve([one], by=reviewer, message="Publishes what two agreed on.")
                state = "unconfirmed" if database.unconfirmed > before else "acknowledged"
                made = Publication(began, time.monotonic(), state, revision.number, one.public_id)
        except (DatabaseError, InterfaceError) as error:
            print(f"{time.monotonic():.3f} {error!r}", file=sys.stderr, flush=True)
            if made.state == "failed":
                made = Publication(began, time.monotonic(), "failed")
            with contextlib.suppress(Exception):
                connection.close()
            time.sleep(0.2)
        print(json.dumps(made.__dict__), flush=True)
        time.sleep(PAUSE)


# --- The drill


class Table:
    """Faults, each with what was seen meanwhile."""

    def __init__(self, site: Site, load: Load) -> None:
        self.site, self.load = site, load
        self.failures: list[str] = []
        self.known: set[str] = set()
        """What was wrong in the rows before."""

    def head(self) -> None:
        print(f"{HEAD[0]:38}" + "".join(f"{name:>11}" for name in HEAD[1:]), flush=True)

    def drill(self, name: str, fail: Callable[[], Any], *, longest: float = 40.0) -> None:
        """Let something fail, and wait until all is well again."""
        began = time.monotonic()
        time.sleep(1)
        failed = time.monotonic()
        more = fail()
        writes = self.load.acknowledged()
        published = writes + 2 if self.load.publishers else -1
        wait_for(lambda: self.load.is_served() and self.load.acknowledged() > published, longest)
        time.sleep(1)
        self.row(name, began, failed, time.monotonic(), more)

    def row(self, name: str, began: float, failed: float, ended: float, more: Any) -> None:
        with self.load.lock:
            here = self.load.shown.between(began, ended)
            whole = Shown(list(self.load.shown.publications), list(self.load.shown.readings))
        unfit = [one for one in here.readings if one.status != 200]
        other = [one for one in unfit if one.status >= 500 and not documented(one)]
        lost = [one for one in unfit if one.status == 0]
        found = list(wrong(whole, self.site.times_alone()))
        fresh = [one for one in found if one not in self.known]
        self.known |= set(found)
        gone = self.lost()
        reads_back = max([one.ended for one in unfit], default=failed) - failed
        writes = here.acknowledged()
        gaps = [one.ended for one in writes if one.began > failed]
        # Until the first that begins after the last attempt that failed.
        unsure = [one.ended for one in here.publications if one.state != "acknowledged"]
        last = max(unsure, default=failed)
        writes_back = min([one for one in gaps if one > last], default=failed) - failed
        cells = (
            *(len(here.readings), len(fresh), len(other)),
            *(len(unfit) - len(other) - len(lost), len(lost)),
        )
        slowest = max((one.ended - one.began for one in here.readings), default=0.0)
        print(
            f"{name:38}"
            + "".join(f"{cell:>11,}" for cell in cells)
            + f"{slowest:>9.2f} s{len(writes):>11,}{len(gone):>11,}"
            + f"{max(0.0, reads_back):>9.1f} s"
            + (f"{writes_back if unsure else 0.0:>9.1f} s" if here.publications else f"{'':>11}")
            + (f"  {more}" if isinstance(more, str) else ""),
            flush=True,
        )
        for kind in (fresh, gone, [f"{one.path}: {one.status}" for one in other]):
            if kind:
                print("   ", "; ".join(map(str, kind[:4])), flush=True)
                self.failures.append(f"{name}: {kind[0]}")
        if isinstance(more, str) and "WRONG" in more:
            self.failures.append(f"{name}: {more}")

    def lost(self) -> list[str]:
        """Return the acknowledged revisions that the primary does not have."""
        with self.load.lock:
            said = {(one.number, one.public_id) for one in self.load.shown.acknowledged()}
        sql = "SELECT revision_id, public_id FROM records_change"
        return sorted(str(one) for one in said - set(self.site.primary.ask(sql)))


def documented(one: Reading) -> bool:
    return one.status == 503 and one.retry_after


def quiet(site: Site, load: Load, seconds: float) -> str:
    """Let clients read while nothing is published; return what it cost the primary."""
    site.primary.ask("SELECT pg_stat_statements_reset()")
    time.sleep(seconds)
    queries = site.queries_of_readers()
    return f"queries at the primary: {queries}{'' if not queries else ' WRONG'}"


def publishing(site: Site, load: Load, seconds: float) -> str:
    site.primary.ask("SELECT pg_stat_statements_reset()")
    time.sleep(seconds)
    return f"queries at the primary: {site.queries_of_readers()}"


def lagging(site: Site, seconds: float) -> str:
    """Let replicas stand still in turn."""
    for standby in site.primary.others:
        standby.ask("SELECT pg_wal_replay_pause()")
        time.sleep(seconds)
        standby.ask("SELECT pg_wal_replay_resume()")
    return ""


def delayed(site: Site, seconds: float) -> str:
    """Let both replicas apply everything late."""
    for standby in site.primary.others:
        standby.ask("ALTER SYSTEM SET recovery_min_apply_delay = '700ms'")
        standby.ask("SELECT pg_reload_conf()")
    time.sleep(seconds)
    for standby in site.primary.others:
        standby.ask("ALTER SYSTEM RESET recovery_min_apply_delay")
        standby.ask("SELECT pg_reload_conf()")
    return ""


def lose_replica(site: Site, seconds: float) -> str:
    standby = site.primary.others[0]
    standby.stop()
    time.sleep(seconds)
    standby.boot()
    return standby.name


def lose_primary(site: Site) -> str:
    site.primary.stop()
    site.promote()
    return f"{site.primary.name} promoted"


def come_back(site: Site, former: Member) -> str:
    """Start a former primary as its unit does; it must take no write."""
    former.boot()
    taken = takes_write(former)
    former.rewind(site.primary)
    back = wait_for(former.streams, 60)
    return f"write accepted: {'no' if not taken else 'yes WRONG'}, a standby {back:.1f} s later"


def takes_write(member: Member) -> bool:
    """Return whether a server acknowledges a write of a superuser."""
    try:
        with psycopg.connect(member.url(), autocommit=True) as connection:
            timer = threading.Timer(3, connection.cancel)
            timer.start()
            warned: list[str] = []
            connection.add_notice_handler(lambda notice: warned.append(notice.sqlstate))
            connection.execute("UPDATE records_revisioncounter SET n = n")
            timer.cancel()
            # A cancelled wait for a standby ends with a warning: nothing was acknowledged.
            return not warned
    except psycopg.Error:
        return False


def freeze_primary(site: Site, seconds: float) -> str:
    """Let the primary stand still, promote another, and let it go on as if nothing had been."""
    former = site.primary
    former.signal(signal.SIGSTOP)
    site.promote()
    time.sleep(seconds)
    former.signal(signal.SIGCONT)
    time.sleep(1)
    with contextlib.suppress(psycopg.Error):
        if former.is_standby():
            return "WRONG: the former primary is a standby by itself"
    taken = takes_write(former)
    time.sleep(1)
    former.rewind(site.primary)
    back = wait_for(former.streams, 60)
    return f"write accepted: {'no' if not taken else 'yes WRONG'}, a standby {back:.1f} s later"


def without_pooler(site: Site, seconds: float) -> str:
    site.pool.stop()
    time.sleep(seconds)
    site.start_pool()
    return ""


def without_redis(site: Site, seconds: float) -> str:
    site.redis.end()
    time.sleep(seconds)
    site.redis.start()
    back = wait_for(lambda: all(ended < float("inf") for _, ended in site.times_alone()))
    return f"all processes have it again after {back:.1f} s" + " WRONG" * (back > 60)


def without_process(site: Site, name: str, seconds: float) -> str:
    site.kill(name)
    time.sleep(seconds)
    site.start(next(one for one in site.processes if one.name == name))
    site.running[name].wait()
    return ""


@contextlib.contextmanager
def many(options: argparse.Namespace) -> Iterator[tuple[Site, Load]]:
    with contextlib.ExitStack() as stack:
        site = Site(stack, options.empty)
        for process in site.processes:
            site.start(process)
        for drill in site.running.values():
            drill.wait()
        site.start_proxy(options.proxy)
        load = Load(site, LONG_PAUSE if options.publications else PAUSE)
        stack.callback(load.stop)
        wait_for(lambda: load.get(0, UNPINNED[0])[0].status == 200)
        load.first = load.latest = load.get(0, UNPINNED[0])[0].revision
        yield site, load


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="fewer faults, what CI runs")
    parser.add_argument("--proxy", choices=["haproxy", "nginx"], default="haproxy")
    parser.add_argument("--failovers", type=int, default=5, help="failovers of the history")
    parser.add_argument("--publications", type=int, default=0, help="only the history, of so many")
    parser.add_argument("--empty", metavar="FILE", help=EMPTY)
    parser.add_argument("--publish", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.publish:
        publish()
        return
    for program in ("pgbouncer", "redis-server", options.proxy):
        if shutil.which(program) is None:
            sys.exit(f"{program} is not installed.")
    # Whoever stops the drill stops what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped."))
    started = time.monotonic()
    with many(options) as (site, load):
        for thread in load.threads:
            thread.start()
        table = Table(site, load)
        table.head()
        began = time.monotonic()
        if options.publications:
            load.publish(PUBLISHERS)
        else:
            began = fail_one_after_another(table, short=options.short)
        if not options.short:
            fail_over(table, options.failovers, options.publications)
        load.stop()
        table.row("the whole history", began, began, time.monotonic(), attempts(load))
        table.failures += routed(site)
        if not load.acknowledged():
            table.failures.append("nothing was published")
    print(f"In {time.monotonic() - started:.0f} s")
    if table.failures:
        sys.exit(f"Failed: {'; '.join(table.failures)}.")


def fail_one_after_another(table: Table, *, short: bool) -> float:
    """Let each part fail once; return when the first publication may have been."""
    site, load = table.site, table.load
    seconds = 3 if short else 6
    table.drill("reading only", lambda: quiet(site, load, seconds))
    load.publish()
    wait_for(lambda: load.acknowledged() > 2)
    began = time.monotonic()
    table.drill("publishing", lambda: publishing(site, load, seconds))
    table.drill("replicas stand still in turn", lambda: lagging(site, seconds))
    if not short:
        table.drill("both replicas 0.7 s behind", lambda: delayed(site, seconds))
        table.drill("a replica killed", lambda: lose_replica(site, seconds))
    former = site.primary
    table.drill("the primary killed, another promoted", lambda: lose_primary(site))
    table.drill("the former primary back", lambda: come_back(site, former))
    if not short:
        table.drill("the primary frozen, and back", lambda: freeze_primary(site, seconds))
        table.drill("the pooler stopped", lambda: without_pooler(site, seconds))
    table.drill("Redis killed", lambda: without_redis(site, seconds))
    if not short:
        table.drill("a process for reading killed", lambda: without_process(site, "reader1", 3))
    return began


def fail_over(table: Table, failovers: int, publications: int) -> None:
    """Lose one primary after another, until so many publications were acknowledged."""
    site, load = table.site, table.load
    until = time.monotonic() + LONGEST

    def reach(acknowledged: int) -> None:
        wait_for(lambda: load.acknowledged() >= acknowledged, until - time.monotonic())

    for number in range(1, failovers + 1):
        reach(publications * number // (failovers + 1))
        former = site.primary
        table.drill(f"failover {number}", lambda: lose_primary(site))
        table.drill(f"the former primary back {number}", partial(come_back, site, former))
    reach(publications)
    if load.acknowledged() < publications:
        table.failures.append(f"only {load.acknowledged():,} publications in {LONGEST:,} s")


def routed(site: Site) -> list[str]:
    """Return what is wrong with the ways to the processes, after all faults."""
    found = [
        f"{name} is not ready"
        for name, one in site.running.items()
        if wait_for(partial(is_ready, one)) > 60
    ]
    proxy = Drill(site.port, site.running["curators"].process)
    for where, status, wanted in (
        ("/admin/ at the proxy", proxy.get("/admin/"), 302),
        ("/admin/ at a process for reading", site.running["reader1"].get("/admin/"), 404),
        ("/readyz at the proxy", proxy.get("/readyz"), 404),
    ):
        if status != wanted:
            found.append(f"{where} is {status}")
    print(f"Ways after all faults: {'; '.join(found) or 'right'}", flush=True)
    return found


def is_ready(process: Drill) -> bool:
    return process.get("/readyz") == 200


def attempts(load: Load) -> str:
    states = [one.state for one in load.shown.publications]
    said = ", ".join(f"{states.count(one)} {one}" for one in ("unconfirmed", "failed"))
    return f"attempts to publish: {len(states)}, of which {said}"


if __name__ == "__main__":
    main()
