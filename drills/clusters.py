"""PostgreSQL servers of a drill, each a cluster of its own in a temporary folder."""

import contextlib
import os
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
        self.run("pg_ctl", "start", "--silent", "--wait", f"--pgdata={self.data}", log)

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
