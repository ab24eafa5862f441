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
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import databases

LIMIT = 60
"""Megabytes above idle."""
LIST = "/api/v1/donations/"
FILES = ["format=csv", "format=csv&rows=records", "format=ndjson", "format=ndjson&rows=records"]
SPAWN = get_context("spawn")


def memory(field: str) -> float:
    """Return VmRSS or VmHWM of this process, in MB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) / 1024
    raise LookupError(field)


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


def measure(url: str, query: str, pipe: Any) -> None:
    databases.set_up_django(url)
    from django.core.handlers.wsgi import WSGIHandler

    from aidapi import loading

    application = WSGIHandler()
    loading.load()
    take(application, "page_size=500")
    fill_cache()
    Path("/proc/self/clear_refs").write_text("5")  # resets the peak
    idle = memory("VmRSS")
    begun, begun_cpu = time.perf_counter(), time.process_time()
    headers, size, lines, first = take(application, query)
    took, cpu = time.perf_counter() - begun, time.process_time() - begun_cpu
    pipe.send(
        {
            "rows": int(headers["Dataset-Rows"]),
            "lines": lines - ("csv" in query),
            "size": size / 1e6,
            "took": took,
            "cpu": cpu,
            "first": first,
            "idle": idle,
            "above": memory("VmHWM") - idle,
        }
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
            mine, theirs = SPAWN.Pipe()
            process = SPAWN.Process(target=measure, args=(url, query, theirs))
            process.start()
            theirs.close()
            measured = mine.recv()
            process.join()
            print(
                f"| {vendor} | {query} | {measured['rows']:,} | {measured['took']:.1f} "
                f"| {measured['first']:.2f} | {measured['rows'] / measured['took']:,.0f} "
                f"| {measured['rows'] / measured['cpu']:,.0f} "
                f"| {measured['size']:.0f} | {measured['size'] / measured['took']:.0f} "
                f"| {measured['above']:.0f} |",
                flush=True,
            )
            # Quoted texts may hold line breaks, so there are at least as many lines as rows.
            sound &= measured["lines"] >= measured["rows"] and measured["above"] <= LIMIT
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
