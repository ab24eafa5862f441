"""SQL of a list page: milliseconds of its statements together, and their growth.

The statements are those that the real view runs; each is run repeatedly, execute and fetch.
"""

# ruff: noqa: T201 (it prints what it measures)

import argparse
import contextlib
import os
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

import databases

SMALL, LARGE = 10_000, 200_000
GROWTH = 1.5
"""Maximum ratio of times between the large database and the small one."""
TARGETS = {"sqlite": {"simple": 0.5, "hard": 1.5}, "postgresql": {"simple": 1.5, "hard": 4.0}}
LIST = "/api/v1/donations/"
PAGE = 50
RARE = 400
"""Number of records of the rare recipient: about the same in both databases."""
DEPTH = 100
"""Page number of the deep cursor."""
TURNS = 10


@dataclass
class Shape:
    """Times of one query on one database."""

    name: str
    difficulty: str
    """`simple` or `hard`: which target applies."""
    path: str
    rows: int = 0
    milliseconds: float = 0
    statements: int = 0


def shapes() -> list[Shape]:
    """Return the queries to measure, with rare values of this database."""
    from records.index.models import FilterStatistics
    from records.models import DonationFigure, RevisionCounter

    recipients = FilterStatistics.objects.filter(kind="donation", role="recipient")
    rare = min(recipients, key=lambda count: (abs(count.versions - RARE), count.key)).key

    def top(place: int, **condition: str) -> str:
        """Return the value that the given number of figures reach, so that both databases find as
        many records."""
        figures = DonationFigure.objects.filter(**condition, value__isnull=False)
        return f"value_min={figures.order_by('-value')[place].value:.0f}"

    early = max(2, RevisionCounter.number() // 20)
    value = "item=mask&value_min=1000000"
    queries = [
        ("no filter", "simple", ""),
        ("rare recipient", "simple", f"recipient={rare}"),
        ("commonest donor", "simple", "donor=CHN"),
        ("parent item + value", "simple", value),
        ("donor + recipient", "hard", f"donor=CHN&recipient={rare}"),
        ("donor + item + value", "hard", f"donor=CHN&{value}"),
        ("recipient + item + value", "hard", f"recipient={rare}&{value}"),
        ("very rare value", "hard", f"currency=USD&{top(20, currency='USD')}"),
        ("very rare value of item", "hard", f"item=goggles&{top(20, item='goggles')}"),
        ("rare value", "hard", f"currency=USD&{top(300, currency='USD')}"),
        ("first revision", "hard", "revision=2"),
        ("revision at 5 %", "hard", f"revision={early}"),
        ("commonest donor, 5 %", "hard", f"donor=CHN&revision={early}"),
        ("deep cursor", "hard", deep_cursor()),
    ]
    return [Shape(name, difficulty, f"{LIST}?{query}") for name, difficulty, query in queries]


def deep_cursor() -> str:
    """Return the query of the page at depth, reached in larger steps: page sizes may change."""
    from django.test import Client

    step = 9 * PAGE
    path = f"{LIST}?page_size={step}"
    for _ in range((DEPTH - 1) * PAGE // step):
        path = Client().get(path).json()["next"]
    return path.partition("?")[2].replace(f"page_size={step}", f"page_size={PAGE}")


def statements_of(path: str) -> tuple[int, list[tuple[bool, str, Any]]]:
    """Return the number of results of a page, and its statements: whether the database keeps the
    plan, SQL and parameters."""
    from django.db import connection
    from django.test import Client

    seen: list[tuple[bool, str, Any]] = []
    django_cursor = type(connection.cursor().cursor)

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        kept = not isinstance(context["cursor"].cursor, django_cursor)
        seen.append((kept, sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        response = Client().get(path)
    if response.status_code != 200:
        raise SystemExit(f"{path} answers {response.status_code}: {response.content[:500]!r}")
    return len(response.json()["results"]), seen


MEASURED: list[tuple[Shape, list[tuple[bool, str, Any]]]] = []
"""Queries of the database that this process measures, each with its statements."""


def prepare(database_url: str) -> None:
    """Set up this process for the database, and record the statements of every query."""
    if hasattr(os, "sched_setaffinity"):
        # All on one core, for cores differ.
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    databases.set_up_django(database_url)
    for shape in shapes():
        shape.rows, statements = statements_of(shape.path)
        shape.statements = len(statements)
        MEASURED.append((shape, statements))


def measured() -> list[Shape]:
    return [shape for shape, _ in MEASURED]


def times(place: int, repetitions: int) -> list[float]:
    """Return the milliseconds of a query's statements, for each repetition."""
    from django.db import connection

    from records.query import prepared

    _, statements = MEASURED[place]
    found = []
    with connection.cursor() as plain, prepared.cursor() as keeping:
        for _ in range(repetitions):
            start = time.perf_counter()
            for kept, sql, params in statements:
                cursor = keeping if kept else plain
                cursor.execute(sql, params)
                cursor.fetchall()
            found.append((time.perf_counter() - start) * 1000)
    return found


def plans(place: int) -> list[str]:
    return [explained(sql, params) for _, sql, params in MEASURED[place][1]]


def explained(sql: str, params: Any) -> str:
    """Return a statement and its plan."""
    from django.db import connection

    how = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN (ANALYZE, BUFFERS)"
    with connection.cursor() as cursor:
        cursor.execute(f"{how} {sql}", params)
        plan = [str(row[-1]) for row in cursor.fetchall()]
    return "\n".join([sql, *(f"    {step}" for step in plan)])


def table(vendor: str, small: list[Shape], large: list[Shape], sizes: list[int]) -> str:
    lines = [
        f"{vendor:26}statements      rows"
        + "".join(f"{head:>10}" for head in (*(f"{n:,}" for n in sizes), "growth", "target"))
    ]
    for before, after in zip(small, large, strict=True):
        growth = after.milliseconds / before.milliseconds
        target = TARGETS[vendor][after.difficulty]
        missed = [
            name
            for name, over in (
                ("time", after.milliseconds > target),
                ("growth", growth > GROWTH),
            )
            if over
        ]
        lines.append(
            f"{after.name:26}{after.statements:10}{f'{before.rows}, {after.rows}':>10}"
            f"{before.milliseconds:10.3f}{after.milliseconds:10.3f}{growth:10.2f}{target:10.1f}"
            + (f"  MISSED: {' and '.join(missed)}" if missed else "")
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--databases", nargs="+", choices=TARGETS, default=list(TARGETS))
    parser.add_argument("--sizes", nargs=2, type=int, default=[SMALL, LARGE])
    parser.add_argument("--repetitions", type=int, default=300)
    parser.add_argument("--explain", action="store_true", help="print the plans as well")
    options = parser.parse_args()

    print(
        f"Milliseconds of SQL for a page of {PAGE} (medians of {options.repetitions}); from "
        f"{options.sizes[0]:,} to {options.sizes[1]:,} donations each may grow {GROWTH}-fold."
    )
    for vendor in options.databases:
        urls = [databases.generated(vendor, n) for n in options.sizes]
        with contextlib.ExitStack() as stack:
            processes = [
                stack.enter_context(
                    ProcessPoolExecutor(1, get_context("spawn"), prepare, initargs=(url,))
                )
                for url in urls
            ]
            small, large = (process.submit(measured).result() for process in processes)
            for place in range(len(small)):
                # The two take turns, so that a slow minute of the machine is no growth.
                found: list[list[float]] = [[], []]
                for _ in range(TURNS):
                    for process, milliseconds in zip(processes, found, strict=True):
                        share = -(-options.repetitions // TURNS)
                        milliseconds += process.submit(times, place, share).result()
                small[place].milliseconds, large[place].milliseconds = map(
                    statistics.median, found
                )
            print(table(vendor, small, large, options.sizes), flush=True)
            for place, shape in enumerate(large if options.explain else []):
                explanation = processes[1].submit(plans, place).result()
                print(f"\n{vendor}: {shape.name}", *explanation, sep="\n")


if __name__ == "__main__":
    main()
