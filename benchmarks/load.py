"""The client of a measurement: requests to a server in rounds, their rate and their CPU time.

The client is wrk, which needs a fraction of a core at rates that keep a server in Python busy.
Where it is not installed, requests are sent from this process, which then shares the limit.
"""

import contextlib
import http.client
import itertools
import json
import resource
import shutil
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.rows import Row, Run
from benchmarks.serving import PATIENCE, Server, pinned

CONNECTIONS = 2
IDLE = 0.05
"""Seconds without work after which a server is idle."""
WARM_UP = 1
"""Seconds for which each is asked before it is measured."""
WRK = shutil.which("wrk")
SCRIPT = Path(__file__).with_name("wrk.lua")
NAME = "wrk" if WRK else "http.client (wrk is not installed)"


@dataclass(frozen=True)
class Requests:
    """What is asked of a server, in turn."""

    server: Server
    paths: Sequence[str]
    if_none_match: str = ""

    @property
    def headers(self) -> dict[str, str]:
        return {"If-None-Match": self.if_none_match} if self.if_none_match else {}

    @property
    def status(self) -> int:
        """Return the status that every response must have."""
        return 304 if self.if_none_match else 200

    def check(self) -> None:
        """End the run if a response has another status."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        with contextlib.closing(connection):
            for path in self.paths:
                connection.request("GET", path, headers=self.headers)
                response = connection.getresponse()
                response.read()
                if response.status != self.status:
                    raise SystemExit(f"{path} answers {response.status}, not {self.status}")


@dataclass
class Score:
    """Results of one server in the rounds of one case."""

    rates: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    """CPU milliseconds of the server per request."""
    client: list[float] = field(default_factory=list)
    """Share of a core that the client needed."""

    @property
    def rate(self) -> float:
        return statistics.median(self.rates)

    @property
    def milliseconds(self) -> float:
        return statistics.median(self.cpu)


def compared(case: str, mine: Score, peer: str, theirs: Score, **more: Any) -> Row:
    """Return the row of a case that both were asked."""
    return Row(
        case,
        "requests/s",
        mine.rate,
        peer=peer,
        theirs=theirs.rate,
        our_cpu=mine.milliseconds,
        their_cpu=theirs.milliseconds,
        client=max(*mine.client, *theirs.client),
        **more,
    )


def play(requests: Requests, seconds: int, score: Score) -> None:
    """Run one round."""
    who = resource.RUSAGE_CHILDREN if WRK else resource.RUSAGE_SELF
    client, cpu = cpu_of(who), requests.server.cpu_seconds()
    answered, took = send(requests, seconds)
    if not answered:
        raise SystemExit(f"{requests.paths[0]} takes longer than {seconds} s: choose more.")
    score.rates.append(answered / took)
    score.cpu.append((cpu_when_idle(requests.server) - cpu) / answered * 1000)
    score.client.append((cpu_of(who) - client) / took)


def cpu_when_idle(server: Server) -> float:
    """Return the CPU time of a server that has finished the requests that nobody waits for any
    more: they would take from the round of the next."""
    used = server.cpu_seconds()
    for _ in range(round(PATIENCE / IDLE)):
        time.sleep(IDLE)
        before, used = used, server.cpu_seconds()
        if used == before:
            break
    return used


def cpu_of(who: int) -> float:
    """Return the CPU seconds so far of this process, or of those that it has waited for."""
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def play_in_turns(requests: dict[str, Requests], run: Run) -> dict[str, Score]:
    """Return the score of each server after rounds in which they took turns."""
    scores = {name: Score() for name in requests}
    with pinned(-1):
        for one in requests.values():
            one.check()
            send(one, WARM_UP)
        for _ in range(run.rounds):
            for name, one in requests.items():
                play(one, run.seconds, scores[name])
    return scores


def send(requests: Requests, seconds: int) -> tuple[int, float]:
    """Return the number of responses within some seconds, and the seconds it took."""
    return (send_by_wrk if WRK else send_from_here)(requests, seconds)


def send_by_wrk(requests: Requests, seconds: int) -> tuple[int, float]:
    """Send them by wrk, which repeats the paths."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(requests.paths))
        file.flush()
        done = subprocess.run(
            [
                *(WRK or "wrk", "--threads", "1", "--connections", str(CONNECTIONS)),
                *("--duration", f"{seconds}s", "--timeout", "60s", "--script", str(SCRIPT)),
                *(f"{requests.server.address}/", "--", file.name, requests.if_none_match),
            ],
            capture_output=True,
            text=True,
            check=True,
        )
    told = json.loads(done.stdout.splitlines()[-1])
    if told["errors"]:
        raise SystemExit(f"{told['errors']} requests like {requests.paths[0]} failed.")
    return told["requests"], told["microseconds"] / 1e6


def send_from_here(requests: Requests, seconds: int) -> tuple[int, float]:
    """Send them from threads of this process, one per connection."""
    answered = [0] * CONNECTIONS
    failures: list[str] = []
    start = time.monotonic()
    paths = requests.paths

    def ask(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", requests.server.port, timeout=60)
        with contextlib.closing(connection):
            # Each connection starts elsewhere, so that they do not ask the same at once.
            first = number * len(paths) // CONNECTIONS
            for path in itertools.islice(itertools.cycle(paths), first, None):
                connection.request("GET", path, headers=requests.headers)
                response = connection.getresponse()
                response.read()
                if response.status != requests.status:
                    failures.append(f"{path} answers {response.status}")
                    return
                answered[number] += 1
                if time.monotonic() >= start + seconds:
                    return

    threads = [threading.Thread(target=ask, args=[number]) for number in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise SystemExit("; ".join(failures))
    return sum(answered), time.monotonic() - start
