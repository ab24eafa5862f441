"""Overload: unfinished sign-ins and unread downloads against one worker, while readers read.

Eight connections send a sign-in without its end, and sixteen ask for a file and take none of it.
Meanwhile lists and probes must be answered within a second each. Then the worker is killed, and
last the server is stopped with unread downloads open. Everything stays on 127.0.0.1. Exit status
1 if anything takes longer than it may, or is answered wrongly.
"""

# ruff: noqa: T201 (it prints what it measures)

import argparse
import contextlib
import functools
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))
import databases  # noqa: E402 (a script beside its own kind, not a package)

POSTS, DOWNLOADS = 8, 16
LIST, FILE = "/api/v1/donations/", "/api/v1/donations/?format=ndjson"
READ = [LIST, "/api/v1/contracts/?count=true", "/livez", "/readyz"]
LIMITS = {"BODY_SECONDS": 5, "WRITE_SECONDS": 5, "DRAIN_SECONDS": 5, "DOWNLOADS": 8}
BODIES = 4
"""Of sixteen bodies that may be read at once, those of one address."""
SLOWEST = 1.0
"""Seconds that a list or a probe may take."""
LET_GO = 2 * LIMITS["WRITE_SECONDS"] + 3
"""Seconds within which an unread download is cut off: what was taken at first begins the time
again, and connections are looked at once a second."""


@dataclass
class Drill:
    """A running server and what went wrong with it."""

    port: int
    process: subprocess.Popen
    failures: list[str] = field(default_factory=list)

    def get(self, path: str, timeout: float = 30) -> int:
        """Return the status of an answer that was read to its end."""
        return self.fetch(path, timeout)[0]

    def fetch(self, path: str, timeout: float = 30) -> tuple[int, bytes]:
        """Return status and body of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        with contextlib.closing(connection):
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()

    def open(self, request: str, buffer: int = 0) -> socket.socket:
        """Send the beginning of a request, and nothing more."""
        client = socket.socket()
        if buffer:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        client.settimeout(30)
        client.connect(("127.0.0.1", self.port))
        client.sendall(request.encode())
        return client

    def post(self) -> socket.socket:
        return self.open(
            "POST /admin/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 200\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n\r\nusername=a"
        )

    def download(self) -> socket.socket:
        return self.open(f"GET {FILE} HTTP/1.1\r\nHost: localhost\r\n\r\n", buffer=4096)

    def expect(self, name: str, value: object, right: bool) -> None:
        """Print one row of the table."""
        print(f"{name:58} {value!s:>16}  {'' if right else 'WRONG'}", flush=True)
        if not right:
            self.failures.append(name)

    def workers(self) -> list[int]:
        pid = self.process.pid
        return [int(pid) for pid in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def wait(self, seconds: float = 300) -> float:
        """Return the seconds until the server is ready; how long that takes is the machine's
        affair."""
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            if self.process.poll() is not None:
                raise SystemExit("The server ended.")
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self.get("/readyz") == 200:
                    return time.monotonic() - began
            time.sleep(0.1)
        raise SystemExit("The server does not become ready.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=4_000, help="donations to generate once")
    parser.add_argument("--database", choices=databases.VENDORS, default="sqlite")
    parser.add_argument("--seconds", type=float, default=10, help="length of the attack")
    options = parser.parse_args()

    with serving(databases.generated(options.database, options.n)) as drill:
        drill.wait()
        read(drill, 1, "no load")
        whole = whole_download(drill, "no load")
        attack(drill, options.seconds)
        same = whole_download(drill, "after the attack") == whole
        drill.expect("it has the same bytes as before", same, same)
        lose_a_worker(drill)
        stop(drill)
    if drill.failures:
        sys.exit(f"Failed: {'; '.join(drill.failures)}.")


@contextlib.contextmanager
def serving(url: str, log: Path | None = None, *options: str) -> Iterator[Drill]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    collect_static_files()
    limits = {name: str(value) for name, value in LIMITS.items()}
    command = [sys.executable, "-m", "aidapi.server", "--port", str(port), "--log-level", "error"]
    with open(log or os.devnull, "w") as errors:
        process = subprocess.Popen(
            [*command, *options],
            cwd=ROOT,
            env={"CACHE_ENTRIES": "0", **os.environ, **limits, "DATABASE_URL": url},
            stderr=errors,
        )
    try:
        yield Drill(port, process)
    finally:
        for pid in [] if process.poll() is not None else [process.pid, *children(process)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()


@functools.cache
def collect_static_files() -> None:
    """Collect them, once: pages in words name them by digest."""
    databases.manage("sqlite://:memory:", "collectstatic", "--noinput", "--verbosity", "0")


def children(process: subprocess.Popen) -> list[int]:
    found = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return [int(pid) for pid in found.read_text().split()] if found.exists() else []


def read(drill: Drill, seconds: float, name: str, paths: Sequence[str] = READ) -> None:
    """Read lists and probes, and print the longest time of each."""
    times: dict[str, list[float]] = {path: [] for path in paths}
    wrong: list[object] = []
    until = time.monotonic() + seconds

    def reader(path: str) -> None:
        while time.monotonic() < until:
            began = time.monotonic()
            try:
                status = drill.get(path)
                if status != 200:
                    wrong.append(status)
            except OSError as error:
                wrong.append(error)
            times[path].append(time.monotonic() - began)
            time.sleep(0.02)

    threads = [threading.Thread(target=reader, args=[path]) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for path, taken in times.items():
        slowest = max(taken)
        drill.expect(
            f"{name}: slowest of {len(taken)} {path}", f"{slowest:.3f} s", slowest <= SLOWEST
        )
    drill.expect(f"{name}: other answers than 200", len(wrong), not wrong)


def attack(drill: Drill, seconds: float) -> None:
    with contextlib.ExitStack() as stack:
        posts = [stack.enter_context(drill.post()) for _ in range(POSTS)]
        downloads = [stack.enter_context(drill.download()) for _ in range(DOWNLOADS)]
        heads = [download.recv(12).decode() for download in downloads]
        served = heads.count("HTTP/1.1 200")
        drill.expect("unread downloads that began", served, served == LIMITS["DOWNLOADS"])
        refused = heads.count("HTTP/1.1 503")
        drill.expect("unread downloads refused (503)", refused, refused == DOWNLOADS - served)
        retry = sum(
            b"retry-after: " in download.recv(1000).lower()
            for download, head in zip(downloads, heads, strict=True)
            if head.endswith("503")
        )
        drill.expect("of these with Retry-After", retry, retry == refused)
        with ThreadPoolExecutor() as pool:
            freed = pool.submit(free_again, drill)
            read(drill, seconds, "under attack")
            took = freed.result()
        drill.expect("a download may begin again after", f"{took:.1f} s", took < LET_GO)
        turned_away = sum(post_answer(post) == "HTTP/1.1 503" for post in posts)
        drill.expect("sign-ins refused at once (503)", turned_away, turned_away == POSTS - BODIES)
        shut = sum(is_closed(post) for post in posts)
        drill.expect("unfinished sign-ins whose connection was closed", shut, shut == POSTS)


def free_again(drill: Drill) -> float:
    """Return the seconds until a download may begin, as one that is not read was cut off."""
    began = time.monotonic()
    while time.monotonic() - began < 60:
        with drill.download() as client:
            if client.recv(12).decode().endswith("200"):
                break
        time.sleep(0.2)
    return time.monotonic() - began


def whole_download(drill: Drill, name: str) -> bytes:
    """Return a file that is read to its end. How long that takes is the machine's affair."""
    began = time.monotonic()
    status, body = drill.fetch(FILE, timeout=120)
    drill.expect(
        f"{name}: a whole download in", f"{time.monotonic() - began:.1f} s", status == 200
    )
    return body


def post_answer(client: socket.socket) -> str:
    """Return the status line's beginning; "" if the connection was closed without an answer."""
    with contextlib.suppress(ConnectionError):
        return client.recv(12).decode()
    return ""


def is_closed(client: socket.socket) -> bool:
    """Return whether the server closes the connection within ten seconds."""
    client.settimeout(10)
    with contextlib.suppress(ConnectionError):
        try:
            while client.recv(4096):
                pass
        except TimeoutError:
            return False
    return True


def lose_a_worker(drill: Drill) -> None:
    for pid in drill.workers():
        os.kill(pid, signal.SIGKILL)
    time.sleep(0.1)
    took = drill.wait()
    drill.expect("a killed worker is replaced within", f"{took:.1f} s", took < 60)


def stop(drill: Drill) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(LIMITS["DOWNLOADS"]):
            stack.enter_context(drill.download()).recv(12)
        began = time.monotonic()
        drill.process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            drill.process.wait(LIMITS["DRAIN_SECONDS"] + 30)
        took = time.monotonic() - began
        most = LIMITS["DRAIN_SECONDS"] + 5
        drill.expect("stopped, with unread downloads open, within", f"{took:.1f} s", took < most)


if __name__ == "__main__":
    main()
