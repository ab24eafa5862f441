"""Fuzzing: a hundred thousand requests, each sent to both databases.

SQLite and PostgreSQL have the dataset of fixtures/. For each, a process serves AidAPI's own WSGI
application, without cache and rate limit. Each response is checked against the OpenAPI document,
and the two are compared with each other: status, headers and body.

- Requests: all that schemathesis derives from the document, some random ones, and hostile ones
  (`tests/support/fuzzing.py`), up to the number given.
- Searches: random texts as `search=` over the four kinds of record: 200 or 400, and the same
  records in the same order.

Prints counts and the first errors. Exit status 1 if there is any.
"""

# ruff: noqa: T201 (it prints what it finds)

import argparse
import itertools
import logging
import math
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Any

import databases
import yaml

sys.path.insert(0, str(databases.ROOT))
from tests.support import fuzzing

KINDS = ("statements", "donations", "exports", "contracts")
NOON = "2026-11-22T12:00:00+00:00"
"""Day of retrieval in citations."""
DRAWN_AT_LEAST = 10
"""Minimum number of valid, and of invalid, random requests for each operation."""
SHOWN = 100

application: Callable


def serve(database_url: str) -> None:
    """Set up Django in this process with that database."""
    global application
    import time_machine

    # The date is fixed; clocks for measuring go on.
    time_machine.travel(NOON, tick=False).start()
    os.environ["RATE_LIMIT"] = "0"
    databases.set_up_django(database_url)
    from aidapi.wsgi import application

    # What is refused as suspicious is logged with a trace; here that is the rule.
    logging.getLogger("django.security").setLevel(logging.CRITICAL)


def answer(request: fuzzing.Request) -> fuzzing.Answer:
    return fuzzing.answer(application, request)


@dataclass
class Tally:
    """Number of requests, and the errors found."""

    requests: int = 0
    statuses: Counter = field(default_factory=Counter)
    seconds: dict[str, list[float]] = field(
        default_factory=lambda: {vendor: [] for vendor in databases.VENDORS}
    )
    found: dict[str, list[str]] = field(
        default_factory=lambda: {"server errors": [], "violations": [], "differences": []}
    )

    def add(self, case: fuzzing.HostileRequest, answers: list[fuzzing.Answer]) -> None:
        self.requests += 1
        self.statuses[answers[0].status] += 1
        for vendor, got in zip(databases.VENDORS, answers, strict=True):
            self.seconds[vendor].append(got.seconds)
            if got.status >= 500:
                self.note("server errors", case, f"{vendor}: {got.status}")
        differ = fuzzing.difference(case.request, *answers)
        if differ:
            self.note("differences", case, differ)
        # What both say alike is looked at once.
        for got in answers if differ else answers[:1]:
            for fault in fuzzing.faults(case, got):
                self.note("violations", case, fault)

    def note(self, sort: str, case: fuzzing.HostileRequest, fault: str) -> None:
        self.found[sort].append(f"{case.request}\n        {fault}")
        if len(self.found[sort]) <= SHOWN:
            # At once: a run takes long, and may be stopped.
            print(f"\n    {sort}: {self.found[sort][-1]}", flush=True)

    def errors(self) -> int:
        return sum(map(len, self.found.values()))

    def report(self, name: str) -> int:
        print(f"{name}: {self.requests:,} requests to each database", flush=True)
        print(
            "    " + ", ".join(f"{n:,} of {status}" for status, n in sorted(self.statuses.items()))
        )
        for vendor, seconds in self.seconds.items():
            seconds.sort()
            print(
                f"    {vendor:12}p99 {seconds[int(len(seconds) * 0.99)] * 1000:.0f} ms, "
                f"slowest {seconds[-1] * 1000:.0f} ms"
            )
        print("    " + ", ".join(f"{len(faults):,} {sort}" for sort, faults in self.found.items()))
        return self.errors()


@dataclass
class Both:
    """A process for each database."""

    servers: list[ProcessPoolExecutor]

    def put(self, batches: Iterable[list[fuzzing.HostileRequest]], tally: Tally) -> None:
        """Send all requests; the next batch is generated while one is served."""
        waiting: tuple[list[fuzzing.HostileRequest], list[Iterator[fuzzing.Answer]]] | None = None
        for batch in itertools.chain(batches, [[]]):
            requests = [case.request for case in batch]
            begun = [server.map(answer, requests, chunksize=50) for server in self.servers]
            if waiting:
                for case, *answers in zip(waiting[0], *waiting[1], strict=True):
                    tally.add(case, answers)
                print(
                    f"\r{tally.requests:,} requests, {tally.errors():,} errors",
                    end="",
                    file=sys.stderr,
                    flush=True,
                )
            waiting = batch, begun


def batches(
    document: dict[str, Any], wanted: int, seed: int
) -> Iterator[list[fuzzing.HostileRequest]]:
    """Yield at least the given number of requests, in a batch per operation: all that the document
    gives, and all hostile ones or, if there are too many, a sample."""
    schema = fuzzing.schema_of(document)
    operations = fuzzing.operations(schema)
    derived = [list(fuzzing.systematic(schema, operation)) for operation in operations]
    hostile = [list(fuzzing.hostile(operation)) for operation in operations]
    there = sum(map(len, derived))
    malice = sum(map(len, hostile))
    share = min(1.0, max(0, wanted - there) / malice)
    more = max(DRAWN_AT_LEAST, math.ceil((wanted - there - malice) / len(operations)))
    print(
        f"{len(operations)} operations: {there:,} requests derived from the document, "
        f"{share:.0%} of {malice:,} hostile ones, and up to {2 * more} drawn for each",
        flush=True,
    )
    rng = random.Random(seed)
    for place, operation in enumerate(operations):
        yield [
            *derived[place],
            *rng.sample(hostile[place], math.ceil(len(hostile[place]) * share)),
            *fuzzing.drawn(operation, examples=more, seed_=seed),
        ]
    yield list(fuzzing.elsewhere())


def searches(number: int, seed: int) -> Iterator[list[fuzzing.HostileRequest]]:
    """Yield a search for each text, over the four kinds in turn."""
    batch = []
    for place, text in enumerate(fuzzing.searches(number, seed)):
        target = f"/api/v1/{KINDS[place % 4]}/?fields=id&page_size=500&search={text}"
        request = fuzzing.Request("GET", target, fuzzing.HEADERS)
        batch.append(fuzzing.HostileRequest(request, statuses=(200, 400)))
        if len(batch) == 1_000:
            yield batch
            batch = []
    yield batch


def prepared(vendor: str) -> str:
    """Return the URL of a database with the dataset of fixtures/."""
    if databases.newest_revision(vendor, "fuzz") is None:
        databases.create(vendor, "fuzz")
    url = databases.url(vendor, "fuzz")
    databases.manage(url, "migrate", "--verbosity", "0")
    databases.manage(url, "load_dataset", "fixtures", "--verbosity", "0")
    return url


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--searches", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    urls = [prepared(vendor) for vendor in databases.VENDORS]
    databases.manage(urls[0], "collectstatic", "--noinput", "--verbosity", "0")
    document = yaml.load(
        (databases.ROOT / "openapi" / "openapi.yaml").read_text("utf-8"), yaml.CSafeLoader
    )
    # Sets are written in the same order by both.
    os.environ["PYTHONHASHSEED"] = "0"
    servers = [
        ProcessPoolExecutor(1, get_context("spawn"), initializer=serve, initargs=(url,))
        for url in urls
    ]
    both = Both(servers)
    faults = 0
    began = time.monotonic()
    for name, cases in (
        ("Requests", batches(document, options.requests, options.seed)),
        ("Searches", searches(options.searches, options.seed)),
    ):
        tally = Tally()
        both.put(cases, tally)
        if tally.requests:
            faults += tally.report(name)
    print(f"{time.monotonic() - began:.0f} seconds", flush=True)
    for server in servers:
        server.shutdown()
    raise SystemExit(1 if faults else 0)


if __name__ == "__main__":
    main()
