"""A killed worker, a killed process of the admin, and the end on SIGTERM, while readers read.

Of two workers one is killed: at most the requests that it was executing are lost, the other goes
on, and a new one takes its place. The processes that execute the requests to the admin are killed:
readers notice nothing, and the next request to the admin has another process. Then the server is
stopped: what runs is finished, nothing new is accepted, and it ends in time. Everything stays on
127.0.0.1. Exit status 1 if it is otherwise.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from drills.database_away import LIST, PINNED, prepare  # noqa: E402 (scripts beside this one)
from drills.faults import Readers, Seen, head, row, wait_for  # noqa: E402
from drills.overload import LIMITS, Drill, serving  # noqa: E402

READ = [LIST, PINNED, "/", "/guide/", f"{LIST}&count=true", "/livez", "/readyz", "/dictionary/"]
BODY = b"username=somebody&password=" + b"x" * 173
DRAIN = LIMITS["DRAIN_SECONDS"]


def main() -> None:
    os.environ |= {"LOAD_AT_START": "0", "RATE_LIMIT": "0"}
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/site.sqlite3"
        prepare(url)
        with serving(url, None, "--workers", "2") as site:
            site.wait()
            wait_for(lambda: sum(map(is_serving, workers(site))) == 2)
            readers = Readers(site, READ)
            head()
            failures += kill_one(site, readers)
            failures += kill_admin(site, readers)
            failures += stop(site, readers)
    if failures:
        sys.exit(f"Failed: {'; '.join(failures)}.")


def workers(site: Drill) -> set[int]:
    return set(site.workers())


def is_serving(pid: int) -> bool:
    """Return whether a worker has started the server's threads."""
    with contextlib.suppress(OSError):
        return len(list(Path(f"/proc/{pid}/task").iterdir())) > 2
    return False


def kill_one(site: Drill, readers: Readers) -> list[str]:
    before = workers(site)
    victim = min(before)
    with readers.reading() as seen:
        time.sleep(2)
        os.kill(victim, signal.SIGKILL)
        recovered = wait_for(lambda: any(map(is_serving, workers(site) - before)))
        time.sleep(1)
    wrong = []
    # Each reader has one request at a time, so no more can have been with the worker; and those
    # that it had accepted, and not yet begun.
    if seen.lost > len(READ):
        wrong.append("more than its own requests lost")
    if seen.unavailable or recovered > 30:
        wrong.append("refused, or replaced late")
    return row("one of two workers killed", seen, recovered, "; ".join(wrong))


def admins(site: Drill) -> set[int]:
    """Return the processes of the admin, one for each worker."""
    threads = [task for pid in workers(site) for task in Path(f"/proc/{pid}/task").iterdir()]
    return {int(pid) for task in threads for pid in (task / "children").read_text().split()}


def kill_admin(site: Drill, readers: Readers) -> list[str]:
    """Kill the process of the admin of both workers."""
    wrong = []
    before = admins(site)
    with readers.reading() as seen:
        time.sleep(1)
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        recovered = wait_for(lambda: one(site.port, "/admin/login/") == "answered")
        time.sleep(1)
    if len(before) != 2 or not admins(site) - before:
        wrong.append("it was not replaced")
    if seen.lost or seen.unavailable:
        wrong.append("readers noticed")
    return row("processes of the admin killed", seen, recovered, "; ".join(wrong))


def stop(site: Drill, readers: Readers) -> list[str]:
    """Stop the server while readers read, and while a sign-in is being sent."""
    wrong = []
    client = socket.create_connection(("127.0.0.1", site.port), timeout=30)
    client.sendall(
        b"POST /admin/login/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (len(BODY), BODY[:100])
    )
    seen, counting = Seen(), threading.Lock()
    end = threading.Event()

    def read(path: str) -> None:
        while not end.is_set():
            began = time.monotonic()
            outcome = one(site.port, path)
            with counting:
                seen.requests += 1
                seen.slowest = max(seen.slowest, time.monotonic() - began)
                seen.lost += outcome == "lost"
                if outcome == "refused":
                    return

    threads = [threading.Thread(target=read, args=[path]) for path in READ]
    for thread in threads:
        thread.start()
    time.sleep(1)
    began = time.monotonic()
    site.process.send_signal(signal.SIGTERM)
    time.sleep(1)
    client.sendall(BODY[100:])
    answer = b""
    with contextlib.suppress(OSError):
        while piece := client.recv(4096):
            answer += piece
    if not answer.startswith(b"HTTP/1.1 ") or b"\r\n\r\n" not in answer:
        wrong.append(f"the request that was being sent got {answer[:40]!r}")
    with contextlib.suppress(subprocess.TimeoutExpired):
        site.process.wait(DRAIN + 30)
    took = time.monotonic() - began
    end.set()
    for thread in threads:
        thread.join()
    if took > DRAIN + 5:
        wrong.append("ends late")
    if seen.lost:
        wrong.append("running requests lost")
    return row("stopped by SIGTERM", seen, took, "; ".join(wrong))


def one(port: int, path: str) -> str:
    """Send one request; return "refused" if the server takes no connection, "lost" if it took the
    request and did not answer."""
    try:
        client = socket.create_connection(("127.0.0.1", port), timeout=30)
    except OSError:
        return "refused"
    with client:
        try:
            client.sendall(
                f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
            )
            answer = b""
            while piece := client.recv(65536):
                answer += piece
        except OSError:
            return "lost"
    return "answered" if answer.startswith(b"HTTP/1.1 200") else "lost"


if __name__ == "__main__":
    main()
