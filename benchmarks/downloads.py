"""All records of a kind as CSV and NDJSON: rows and megabytes per second, and memory above that of
an idle process.

Each file is read from the WSGI application, as a server reads it, in a process of its own that has
loaded what a server loads at its start, and whose database cache is full. The kernel counts peak
memory; idle is the same process before the file. Exit status 1 if a file is incomplete or takes
more than LIMIT.
"""

# ruff: noqa: T201 (it prints what it measures)

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import databases
from benchmarks.peers.apis import LIST
from benchmarks.rows import Row, Run

LIMIT = 60
"""Megabytes above idle."""
FILES = ["format=csv", "format=csv&rows=records", "format=ndjson", "format=ndjson&rows=records"]
CASES = {
    "CSV, a row per figure": "format=csv",
    "NDJSON, a line per record": "format=ndjson&rows=records",
}
TARGETS = {
    ("sqlite", "CSV, a row per figure"): 120_000,
    ("sqlite", "NDJSON, a line per record"): 200,
    ("postgresql", "CSV, a row per figure"): 100_000,
    ("postgresql", "NDJSON, a line per record"): 120,
}
"""Rows or megabytes a second."""


@dataclass(frozen=True)
class File:
    """What a file took."""

    rows: int
    lines: int
    megabytes: float
    seconds: float
    cpu: float
    first: float
    """Seconds to the first byte."""
    above: float
    """Megabytes of memory above idle."""

    @property
    def sound(self) -> bool:
        """Return whether it is complete and was made in the memory it may take."""
        # Quoted texts may hold line breaks, so there are at least as many lines as rows.
        return self.lines >= self.rows and self.above <= LIMIT


def take(application: Any, query: str) -> tuple[dict[str, str], int, int, float]:
    """Return headers, bytes, lines and the time to the first byte."""
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": LIST,
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "HTTP_HOST": "127.0.0.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": sys.stdin.buffer,
    }
    headers: dict[str, str] = {}
    begun = time.perf_counter()
    answer = application(environ, lambda status, sent, exc_info=None: headers.update(sent))
    size = lines = 0
    first = 0.0
    for chunk in answer:
        first = first or time.perf_counter() - begun
        size += len(chunk)
        lines += chunk.count(b"\n")
    answer.close()
    return headers, size, lines, first


def fill_cache() -> None:
    """Fill the cache of SQLite, which keeps what it has read up to `cache_size`, as in a process
    that has served for a while."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(length(body)) FROM records_donationdocument")
        cursor.fetchone()


def measure(url: str, query: str) -> File:
    databases.set_up_django(url)
    from django.core.handlers.wsgi import WSGIHandler

    from aidapi import loading

    application = WSGIHandler()
    loading.load()
    take(application, "page_size=500")
    fill_cache()
    Path("/proc/self/clear_refs").write_text("5")  # resets the peak
    idle = databases.memory("VmRSS")
    begun, begun_cpu = time.perf_counter(), time.process_time()
    headers, size, lines, first = take(application, query)
    return File(
        rows=int(headers["Dataset-Rows"]),
        lines=lines - ("csv" in query),
        megabytes=size / 1e6,
        seconds=time.perf_counter() - begun,
        cpu=time.process_time() - begun_cpu,
        first=first,
        above=databases.memory("VmHWM") - idle,
    )


def rows(vendor: str, cases: Sequence[str], run: Run) -> Iterator[Row]:
    """Yield a row for each case."""
    url = databases.generated(vendor, run.donations)
    for case in cases:
        file = databases.apart(measure, url, CASES[case])
        if not file.sound:
            raise SystemExit(f"{case} is incomplete or takes too much memory: {file}")
        amount, unit = (file.rows, "rows/s") if "CSV" in case else (file.megabytes, "MB/s")
        yield Row(
            case,
            unit,
            amount / file.seconds,
            our_cpu=file.cpu * 1000,
            judged="ours",
            target=TARGETS[vendor, case],
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--vendor", choices=databases.VENDORS, action="append")
    parser.add_argument("--records", type=int, default=databases.N)
    options = parser.parse_args()
    print(
        "| database | file | rows | s | first byte s | rows/s | rows per CPU s | MB | MB/s "
        "| MB above idle |"
    )
    print("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|")
    sound = True
    for vendor in options.vendor or databases.VENDORS:
        url = databases.generated(vendor, options.records)
        for query in FILES:
            file = databases.apart(measure, url, query)
            print(
                f"| {vendor} | {query} | {file.rows:,} | {file.seconds:.1f} | {file.first:.2f} "
                f"| {file.rows / file.seconds:,.0f} | {file.rows / file.cpu:,.0f} "
                f"| {file.megabytes:.0f} | {file.megabytes / file.seconds:.0f} "
                f"| {file.above:.0f} |",
                flush=True,
            )
            sound &= file.sound
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
