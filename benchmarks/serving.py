"""Servers that are measured: processes, each pinned to one core unless told otherwise."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any

from benchmarks import databases

AIDAPI = "aidapi.wsgi:application"
CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
PATIENCE = 120
"""Seconds within which a server must answer, and end."""


@dataclass
class Server:
    """A process that answers on a port of this machine."""

    port: int
    process: subprocess.Popen

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, path: str) -> tuple[Message, bytes]:
        """Return headers and body of the response."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            connection.request("GET", path)
            response = connection.getresponse()
            body = response.read()
        if response.status != 200:
            raise SystemExit(f"{path} answers {response.status}: {body[:500]!r}")
        return response.headers, body

    def get(self, path: str) -> Any:
        """Return the JSON of the response."""
        return json.loads(self.ask(path)[1])

    def cpu_seconds(self) -> float:
        """Return the CPU time of its processes so far; 0 if the system does not provide it."""
        ticks = sum(
            int(value)
            for pid in family(self.process.pid)
            for value in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        )
        return ticks / os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """Return the process and its descendants."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    if not children.exists():
        return []
    return [
        pid,
        *(found for child in children.read_text().split() for found in family(int(child))),
    ]


@contextlib.contextmanager
def serving(
    settings: str,
    database_url: str,
    application: str = AIDAPI,
    workers: int = 1,
    threads: int = 1,
    log: Any = None,
    pinned: bool = True,
    python: str = sys.executable,
    **env: str,
) -> Iterator[Server]:
    """Run a Django application under granian, with its output in the log file."""
    port = free_port()
    options = ["--host", "127.0.0.1", "--port", str(port), "--workers", str(workers)]
    options += ["--log-level", "error"]
    if application == AIDAPI:
        command = ["-m", "aidapi.server", *options]
    else:
        command = ["-m", "granian", "--interface", "wsgi", "--no-ws", *options]
        command += ["--blocking-threads", str(threads), application]
    environment = {
        "DATABASE_URL": database_url,
        "DJANGO_SETTINGS_MODULE": settings,
        "THREADS": str(threads),
        "CACHE_ENTRIES": "0",
        "RATE_LIMIT": "0",
        # Totals are read by no case, and reading them would share the core.
        "LOAD_AT_START": "0",
        **env,
        "PYTHONPATH": str(databases.ROOT),
    }
    with running([python, *command], port, log, pinned and workers == 1, environment) as server:
        yield server


@contextlib.contextmanager
def running(
    command: Sequence[str],
    port: int,
    log: Any = None,
    pinned: bool = True,
    env: dict[str, str] | None = None,
) -> Iterator[Server]:
    """Run a command that serves on that port, until it answers and as long as it is used."""
    process = subprocess.Popen(
        command,
        cwd=databases.ROOT,
        env={**os.environ, **(env or {})},
        stdout=log,
        stderr=log,
        preexec_fn=(lambda: pin(0)) if pinned else None,
    )
    try:
        wait_for(port, process)
        yield Server(port, process)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def pin(core: int) -> None:
    """Keep this process on one core, so that client and server do not share one."""
    if len(CORES) > 1:
        os.sched_setaffinity(0, {CORES[core]})


@contextlib.contextmanager
def pinned(core: int) -> Iterator[None]:
    """Keep this thread, and what it starts, on one core for a while."""
    pin(core)
    try:
        yield
    finally:
        if CORES:
            os.sched_setaffinity(0, CORES)


def wait_for(port: int, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SystemExit("The server did not start.")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise SystemExit(f"The server did not answer within {PATIENCE} seconds.")
