"""What the drills of faults share: readers that compare each response with that of before, and the
rows of the table."""

# ruff: noqa: T201 (it prints what it measures)

import contextlib
import http.client
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from drills.overload import Drill

HEAD = ("fault", "requests", "wrong", "other 5xx", "503", "lost", "slowest", "recovered")
NUMBERS = itertools.count()


@dataclass
class Seen:
    """Responses to readers during one fault."""

    requests: int = 0
    wrong: int = 0
    """Responses with status 200 that differ from those of before."""
    unavailable: int = 0
    """503 with Retry-After, as documented."""
    undocumented: list[str] = field(default_factory=list)
    """Other responses of the server's failure."""
    lost: int = 0
    """Requests without a response."""
    slowest: float = 0.0
    last_failure: float = 0.0
    """When a request last had no right response."""


class Readers:
    """Threads that read pages and lists, each from addresses of its own."""

    def __init__(self, server: Drill, paths: list[str]) -> None:
        self.server, self.paths = server, paths
        self.expected = {path: self.get(path)[2] for path in paths}
        self.seen = Seen()
        self.lock = threading.Lock()
        self.end = threading.Event()

    def get(self, path: str, address: str = "") -> tuple[int, str | None, bytes]:
        """Return status, Retry-After and body; every request has an address of its own."""
        number = next(NUMBERS)
        address = address or f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        with contextlib.closing(connection):
            connection.request("GET", path, headers={"X-Forwarded-For": address})
            response = connection.getresponse()
            return response.status, response.getheader("Retry-After"), response.read()

    def read(self, path: str) -> None:
        while not self.end.is_set():
            began = time.monotonic()
            try:
                answer = self.get(path)
            except (OSError, http.client.HTTPException):
                answer = None
            self.note(path, answer, time.monotonic() - began)
            time.sleep(0.01)

    def note(self, path: str, answer: tuple[int, str | None, bytes] | None, took: float) -> None:
        with self.lock:
            seen = self.seen
            seen.requests += 1
            seen.slowest = max(seen.slowest, took)
            right = False
            if answer is None:
                seen.lost += 1
            elif answer[0] == 200:
                right = answer[2] == self.expected[path]
                seen.wrong += not right
            elif answer[0] == 503 and answer[1]:
                seen.unavailable += 1
            else:
                seen.undocumented.append(f"{path}: {answer[0]}")
            if not right:
                seen.last_failure = time.monotonic()

    @contextlib.contextmanager
    def reading(self) -> Iterator[Seen]:
        """Read while the block runs; yield what is seen."""
        self.seen, self.end = Seen(), threading.Event()
        threads = [threading.Thread(target=self.read, args=[path]) for path in self.paths]
        for thread in threads:
            thread.start()
        yield self.seen
        self.end.set()
        for thread in threads:
            thread.join()


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> float:
    """Return the seconds until the condition holds."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            return float("inf")
        time.sleep(0.05)
    return time.monotonic() - began


def head() -> None:
    print(f"{HEAD[0]:34}" + "".join(f"{name:>11}" for name in HEAD[1:]), flush=True)


def row(fault: str, seen: Seen, recovered: float, wrong: str = "") -> list[str]:
    """Print one row; return what is wrong with it. `wrong` is what the drill found beside it."""
    if seen.wrong:
        wrong = f"{wrong} {seen.wrong} wrong answers".strip()
    if seen.undocumented:
        wrong = f"{wrong} {sorted(set(seen.undocumented))[:5]}".strip()
    cells = (seen.requests, seen.wrong, len(seen.undocumented), seen.unavailable, seen.lost)
    print(
        f"{fault:34}"
        + "".join(f"{cell:>11,}" for cell in cells)
        + f"{seen.slowest:>9.2f} s{recovered:>9.1f} s"
        + (f"  WRONG: {wrong}" if wrong else ""),
        flush=True,
    )
    return [f"{fault}: {wrong}"] if wrong else []
