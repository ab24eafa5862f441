"""Requests per second of one core: AidAPI against a textbook API over the same tables.

Both are served by granian, one worker with one thread, and take turns in one run. Nothing is
cached. It only measures: its exit status is always 0.
"""

# ruff: noqa: T201 (it prints what it measures)

import argparse
import contextlib
import http.client
import itertools
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import Any

import databases

PAGE = 50
DEPTH = 100
"""Page number of the deep cursor."""
CONNECTIONS = 2
LIST = "/api/v1/donations/"
TARGETS = {
    "sqlite": {"list": 40, "detail": 18, "deep cursor": 35},
    "postgresql": {"list": 18, "detail": 15, "deep cursor": 18},
}
CASES = list(TARGETS["sqlite"])
SETTINGS = {"aidapi": "aidapi.settings", "textbook": "benchmarks.textbook.settings"}
AIDAPI = "aidapi.wsgi:application"
CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


@dataclass
class Server:
    """A granian that serves one of the two APIs."""

    port: int
    process: subprocess.Popen

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

    def get(self, path: str) -> dict:
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
    **env: str,
) -> Iterator[Server]:
    """Run one worker, if `pinned` on one core, with its output in the log file."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--host", "127.0.0.1", "--port", str(port), "--workers", str(workers)]
    options += ["--log-level", "error"]
    if application == AIDAPI:
        command = ["-m", "aidapi.server", *options]
    else:
        command = ["-m", "granian", "--interface", "wsgi", "--no-ws", *options]
        command += ["--blocking-threads", str(threads), application]
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=databases.ROOT,
        env={
            **os.environ,
            "DATABASE_URL": database_url,
            "DJANGO_SETTINGS_MODULE": settings,
            "THREADS": str(threads),
            "CACHE_ENTRIES": "0",
            "RATE_LIMIT": "0",
            # Totals are read by no case, and reading them would share the core.
            "LOAD_AT_START": "0",
            **env,
            "PYTHONPATH": str(databases.ROOT),
        },
        stdout=log,
        stderr=log,
        preexec_fn=(lambda: pin(0)) if pinned and workers == 1 else None,
    )
    try:
        wait_for(port, process)
        yield Server(port, process)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def pin(core: int) -> None:
    """Keep this process on one core, so that client and server do not share one."""
    if len(CORES) > 1:
        os.sched_setaffinity(0, {CORES[core]})


def wait_for(port: int, process: subprocess.Popen) -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise SystemExit("The server did not start.")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise SystemExit("The server did not answer within 30 seconds.")


@dataclass
class Score:
    """Results of one API in the rounds of one case."""

    rates: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    """CPU milliseconds per request."""

    @property
    def rate(self) -> float:
        return statistics.median(self.rates)


def load(
    server: Server,
    paths: list[str],
    seconds: float,
    headers: Mapping[str, str] | None = None,
    expected: int = 200,
) -> int:
    """Request the paths in turn over keep-alive connections; return the number of responses."""
    answered = [0] * CONNECTIONS
    failures: list[str] = []
    deadline = time.monotonic() + seconds

    def ask(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        with contextlib.closing(connection):
            # Each connection starts elsewhere, so that they do not ask the same at once.
            start = number * len(paths) // CONNECTIONS
            for path in itertools.islice(itertools.cycle(paths), start, None):
                connection.request("GET", path, headers=headers or {})
                response = connection.getresponse()
                response.read()
                if response.status != expected:
                    failures.append(f"{path} answers {response.status}")
                    return
                answered[number] += 1
                if time.monotonic() >= deadline:
                    return

    threads = [threading.Thread(target=ask, args=[number]) for number in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise SystemExit("; ".join(failures))
    return sum(answered)


def play(
    server: Server,
    paths: list[str],
    seconds: float,
    score: Score,
    headers: Mapping[str, str] | None = None,
    expected: int = 200,
) -> None:
    """Run one round."""
    cpu, start = server.cpu_seconds(), time.monotonic()
    answered = load(server, paths, seconds, headers, expected)
    score.rates.append(answered / (time.monotonic() - start))
    score.cpu.append((server.cpu_seconds() - cpu) / answered * 1000)


def ids(page: dict) -> list[str]:
    return [record.get("id") or record["public_id"] for record in page["results"]]


def address(url: str) -> str:
    """Return path and query of a link."""
    return url[url.index(LIST) :]


def list_paths(server: Server) -> list[str]:
    """Return the first pages of some of the ~220 recipients, of those that fill a page."""
    parties = server.get("/api/v1/parties/?type=country&page_size=500")["results"]
    paths = [f"{LIST}?recipient={party['code']}" for party in parties[::11]]
    return [path for path in paths if len(ids(server.get(path))) == PAGE]


def detail_paths(server: Server) -> list[str]:
    page = server.get(f"{LIST}?page_size=200")
    return [f"{LIST}{public_id}/" for public_id in ids(page)]


def deep_path(server: Server) -> str:
    """Return the page at depth, reached along `next`."""
    path = LIST
    for _ in range(DEPTH - 1):
        path = address(server.get(path)["next"])
    return path


def case_paths(case: str, servers: dict[str, Server]) -> dict[str, list[str]]:
    """Return the requests to each API in a case; both must return the same records."""
    if case == "deep cursor":
        paths = {name: [deep_path(server)] for name, server in servers.items()}
    else:
        ask = list_paths if case == "list" else detail_paths
        paths = dict.fromkeys(servers, ask(servers["aidapi"]))
    if case != "detail":
        for ours, theirs in zip(paths["aidapi"], paths["textbook"], strict=True):
            pages = ids(servers["aidapi"].get(ours)), ids(servers["textbook"].get(theirs))
            if pages[0] != pages[1] or len(pages[0]) != PAGE:
                raise SystemExit(f"The two disagree about {ours} and {theirs}.")
    return paths


def measure(
    servers: dict[str, Server], case: str, rounds: int, seconds: float
) -> dict[str, Score]:
    paths = case_paths(case, servers)
    scores = {name: Score() for name in servers}
    for name, server in servers.items():
        load(server, paths[name], min(seconds, 1))
    for _ in range(rounds):
        for name, server in servers.items():
            play(server, paths[name], seconds, scores[name])
    return scores


def line(vendor: str, case: str, scores: dict[str, Score]) -> str:
    ours, theirs = scores["aidapi"], scores["textbook"]
    spans = [f"{min(score.rates):.0f}-{max(score.rates):.0f}" for score in (ours, theirs)]
    cpu = [statistics.median(score.cpu) for score in (ours, theirs)]
    ratio, target = ours.rate / theirs.rate, TARGETS[vendor][case]
    return (
        f"{vendor} {case} {ratio:.1f}x ({ours.rate:.0f}/s against {theirs.rate:.0f}/s, "
        f"{spans[0]} and {spans[1]}); CPU of the server {cpu[0]:.2f} against {cpu[1]:.2f} ms a "
        f"request ({cpu[1] / cpu[0]:.1f}x); target {target}x "
        f"{'met' if ratio >= target else 'MISSED'}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=databases.N, help="donations (BENCH_N)")
    parser.add_argument("--databases", nargs="+", choices=TARGETS, default=list(TARGETS))
    parser.add_argument("--cases", nargs="+", choices=CASES, default=CASES)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3, help="length of a round")
    options = parser.parse_args()

    urls = {vendor: databases.generated(vendor, options.n) for vendor in options.databases}
    pin(-1)
    print(
        f"{options.n:,} donations, pages of {PAGE}, requests per second of one core: medians of "
        f"{options.rounds} rounds of {options.seconds:g} s (lowest-highest), textbook beside.",
        flush=True,
    )
    for vendor, url in urls.items():
        with contextlib.ExitStack() as stack:
            servers = {
                name: stack.enter_context(serving(settings, url))
                for name, settings in SETTINGS.items()
            }
            for case in options.cases:
                scores = measure(servers, case, options.rounds, options.seconds)
                print(line(vendor, case, scores), flush=True)


if __name__ == "__main__":
    main()
