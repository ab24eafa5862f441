"""PostgreSQL servers of a drill, each a cluster of its own in a temporary folder."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg

NAME = "aidapi"


def binaries() -> Path:
    """Return the folder of the newest installed server."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    initdb = found[-1] if found else shutil.which("initdb")
    if initdb is None:
        sys.exit("PostgreSQL is not installed: its initdb is not found.")
    return Path(initdb).parent


class Cluster:
    """A server, or the place for one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        # The server refuses to run as root.
        self.owner = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if self.owner:
            shutil.chown(folder, "postgres")

    def run(self, program: str, *arguments: str) -> None:
        """Run a program of PostgreSQL as the owner of the server."""
        self.act(str(binaries() / program), *arguments)

    def act(self, *command: str) -> None:
        """Run any program as the owner of the server."""
        line = [*self.owner, *command]
        subprocess.run(line, check=True, cwd=self.folder, stdout=subprocess.DEVNULL)

    def make(self) -> None:
        self.run(
            *("initdb", f"--pgdata={self.data}", "--username=postgres", "--auth=trust"),
            *("--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"),
        )

    def start(self, **settings: str) -> None:
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self.folder),
            "port": str(self.port),
        } | settings
        with (self.data / "postgresql.auto.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
        log = f"--log={self.folder}/log"
        try:
            self.run("pg_ctl", "start", "--silent", "--wait", f"--pgdata={self.data}", log)
        except subprocess.CalledProcessError:
            said = (self.folder / "log").read_text("utf-8").splitlines()
            sys.stderr.write("\n".join([*said[-12:], ""]))
            raise

    def stop(self) -> None:
        """Stop it as a crash does."""
        if (self.data / "postmaster.pid").exists():
            self.run("pg_ctl", "stop", "--silent", "--mode=immediate", f"--pgdata={self.data}")

    def signal(self, number: int) -> None:
        """Send a signal to all processes of the server."""
        main = int((self.data / "postmaster.pid").read_text().splitlines()[0])
        children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
        for pid in (main, *map(int, children)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def url(self, name: str = NAME) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/{name}"

    def create(self, name: str = NAME) -> str:
        """Make an empty database; return its address."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return self.url(name)


@contextlib.contextmanager
def cluster(**settings: str) -> Iterator[Cluster]:
    """Yield a running server with an empty database."""
    with tempfile.TemporaryDirectory() as folder:
        made = Cluster(Path(folder))
        made.make()
        made.start(**settings)
        try:
            made.create()
            yield made
        finally:
            made.stop()


class Member(Cluster):
    """A server of a cluster in which each may be the primary, with the settings of deploy/."""

    DEPLOY = Path(__file__).resolve().parent.parent / "deploy"

    def __init__(self, folder: Path, name: str) -> None:
        super().__init__(folder)
        self.name = name
        self.others: list[Member] = []
        self.leader: Member | None = None
        """The primary that it follows."""
        self.starter = (self.DEPLOY / "systemd" / "postgresql-standby.conf").read_text("utf-8")

    def settings(self) -> dict[str, str]:
        text = (self.DEPLOY / "postgresql.conf").read_text("utf-8")
        found = dict(re.findall(r"^(\w+) = '?([^'\n]*)'?$", text, re.MULTILINE))
        return found | {
            "cluster_name": self.name,
            "primary_conninfo": f"{self.leader.place} user=aidapi_replicator"
            if self.leader
            else "",
            "primary_slot_name": self.name,
            "shared_preload_libraries": "pg_stat_statements",
            # Processes are killed here, not the machine.
            "fsync": "off",
        }

    def boot(self) -> None:
        """Start it as the unit does: always as a standby."""
        command = re.findall(r"^ExecStartPre=(.*)$", self.starter, re.MULTILINE)[0]
        self.act(*re.sub(r"/var/lib/postgresql/\d+/main", str(self.data), command).split())
        self.start(**self.settings())

    @property
    def place(self) -> str:
        return f"host=127.0.0.1 port={self.port}"

    def make_slots(self) -> None:
        for other in self.others:
            self.ask(
                "SELECT pg_create_physical_replication_slot(%s) WHERE NOT EXISTS"
                " (SELECT FROM pg_replication_slots WHERE slot_name = %s)",
                *(other.name, other.name),
            )

    def follow(self, primary: "Member") -> None:
        """Make it a copy of the primary, and start it."""
        self.run(
            *("pg_basebackup", f"--pgdata={self.data}", "--checkpoint=fast", "--no-sync"),
            f"--dbname={primary.place} user=aidapi_replicator",
        )
        self.leader = primary
        self.boot()

    def rewind(self, primary: "Member") -> None:
        """Bring a former primary back, without what the other does not have."""
        # In order: pg_rewind takes no standby that crashed.
        self.run("pg_ctl", "stop", "--silent", "--mode=fast", f"--pgdata={self.data}")
        source = f"{primary.place} user=postgres dbname=postgres"
        self.run(
            *("pg_rewind", "--no-sync", f"--target-pgdata={self.data}"),
            f"--source-server={source}",
        )
        self.leader = primary
        self.boot()

    def ask(self, sql: str, *values: object) -> list[tuple]:
        """Execute a statement as superuser, without waiting for a standby."""
        with psycopg.connect(
            self.url(NAME), autocommit=True, options="-c synchronous_commit=local"
        ) as connection:
            cursor = connection.execute(sql, values or None)
            return cursor.fetchall() if cursor.description else []

    def is_running(self) -> bool:
        return (self.data / "postmaster.pid").exists()

    def is_standby(self) -> bool:
        return bool(self.ask("SELECT pg_is_in_recovery()")[0][0])

    def streams(self) -> bool:
        """Return whether it receives the log of a primary."""
        sql = "SELECT count(*) FROM pg_stat_wal_receiver WHERE status = 'streaming'"
        return bool(self.ask(sql)[0][0])
