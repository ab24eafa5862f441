"""Redis killed, hung, full and read-only, while readers read and one client asks too much.

During each fault every response must be right and take less than a second, the limit of requests
must hold, and the log has one line when Redis fails and one when it is back. Everything stays on
127.0.0.1. Exit status 1 if anything is answered wrongly.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from drills.faults import Readers, head, row, wait_for  # noqa: E402 (scripts beside this one)
from drills.overload import serving  # noqa: E402
from drills.waiting import manage  # noqa: E402

LIST = "/api/v1/statements/?page_size=20"
READ = [LIST, f"{LIST}&revision=1", "/api/v1/changes/", "/guide/"]
LIMIT, TOO_MANY = 300, 400
LIMITS = {"RATE_LIMIT": LIMIT, "PROXIES": 1, "LOAD_AT_START": 0}
DURING = 5.0
SLOWEST = 1.0


class Redis:
    """A server of its own, which can be broken."""

    def __init__(self, folder: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.folder = folder
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.client: Any = redis.Redis.from_url(self.url, socket_timeout=1)
        self.start()

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--save", "", "--bind", "127.0.0.1"]
        self.process = subprocess.Popen(command, cwd=self.folder, stdout=subprocess.DEVNULL)
        wait_for(self.answers)

    def answers(self) -> bool:
        try:
            return self.client.ping()
        except redis.RedisError:
            return False

    def end(self) -> None:
        self.process.kill()
        self.process.wait()

    def counted(self) -> int:
        """Return the requests that it counted in this minute or the last."""
        return sum(int(self.client.get(key)) for key in self.client.scan_iter("aidapi:requests:*"))

    def faults(self) -> dict[str, tuple[Callable[[], Any], Callable[[], Any]]]:
        pid, client = self.process.pid, self.client
        return {
            "Redis hung": (
                lambda: os.kill(pid, signal.SIGSTOP),
                lambda: os.kill(pid, signal.SIGCONT),
            ),
            "Redis full": (
                lambda: client.config_set("maxmemory", 1),
                lambda: client.config_set("maxmemory", 0),
            ),
            "Redis read-only": (
                lambda: client.replicaof("127.0.0.1", "1"),
                lambda: client.replicaof("NO", "ONE"),
            ),
            "Redis killed, and started empty": (self.end, self.start),
        }


def main() -> None:
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/site.sqlite3"
        manage(url, "manage.py", "migrate", "--verbosity", "0")
        manage(url, "drills/waiting.py", "--prepare")
        server = Redis(folder)
        os.environ |= {name: str(value) for name, value in LIMITS.items()}
        os.environ["CACHE_URL"] = server.url
        log = Path(folder) / "log"
        try:
            with serving(url, log) as site:
                site.wait()
                readers = Readers(site, READ)
                head()
                for name, (fail, mend) in server.faults().items():
                    failures += drill(readers, server, log, name, fail, mend)
        finally:
            server.end()
    if failures:
        sys.exit(f"Failed: {'; '.join(failures)}.")


def drill(
    readers: Readers,
    server: Redis,
    log: Path,
    name: str,
    fail: Callable[[], Any],
    mend: Callable[[], Any],
) -> list[str]:
    lines = redis_lines(log)
    with readers.reading() as seen:
        time.sleep(1)
        fail()
        until = time.monotonic() + DURING
        served = greedy(readers)
        time.sleep(max(0, until - time.monotonic()))
        mend()
        before = server.counted()
        recovered = wait_for(lambda: server.counted() > before)
    wrong = []
    if served > LIMIT:
        wrong.append(f"{served} of {TOO_MANY} requests of one client served, with {LIMIT} allowed")
    if (said := redis_lines(log) - lines) != 2:
        wrong.append(f"{said} lines in the log")
    if seen.slowest > SLOWEST or seen.lost or seen.unavailable:
        wrong.append("slow, lost or refused")
    return row(name, seen, recovered, "; ".join(wrong))


def greedy(readers: Readers) -> int:
    """Send more requests from one address than it may; return the number that were served. A new
    minute may begin meanwhile, so it begins with one."""
    if time.time() % 60 > 45:
        time.sleep(60 - time.time() % 60)
    statuses = [readers.get("/docs", address="192.0.2.1")[0] for _ in range(TOO_MANY)]
    return len(statuses) - statuses.count(429)


def redis_lines(log: Path) -> int:
    return sum("Redis" in line for line in log.read_text().splitlines())


if __name__ == "__main__":
    main()
