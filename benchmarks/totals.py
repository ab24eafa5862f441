"""Totals and coverage of many records: in a new process, after each of several publications, and
again; without a filter and with one.

Each database is copied first, since records are published in it. Times are those of whole
requests, as Django's test client makes them, without the cache of responses.
"""

# ruff: noqa: T201 (it prints what it measures)

import argparse
import statistics
import time
from typing import Any, NamedTuple

import databases
from walk import hand_in, new_donation

SUMMARY = "/api/v1/donations/summary/"
COVERAGE = "/api/v1/coverage/"
TARGETS = {"summary": 1000, "filter": 150, "coverage": 300}
"""Milliseconds at 200,000 records."""
FILTERS = (
    *("donor=CHN", "recipient_country=AAX", "item=mask", "as_of_from=2020-06-01", "as_of_to=2021"),
    *("stage=delivered", "form=goods", "stated_by=donor", "joint=true", "joint=false"),
    *("unit=piece", "currency=USD", "basis=single", "operator=exact", "milestone=delivered"),
)
PUBLICATIONS = 5


class Measured(NamedTuple):
    """What a request took."""

    name: str
    wall: float
    """Milliseconds until the response."""
    cpu: float
    """Milliseconds of the process's own time, without that of PostgreSQL."""
    target: int | None = None

    def line(self) -> str:
        """Return it as a line of the table."""
        missed = "" if self.target is None or self.cpu <= self.target else "  MISSED"
        target = "" if self.target is None else f"{self.target}"
        return f"    {self.name:42}{self.wall:10.0f}{self.cpu:10.0f}{target:>8}{missed}"


def measured(client: Any, name: str, path: str, times: int, target: int | None) -> Measured:
    """Make a request several times and return the medians."""
    found = []
    for _ in range(times):
        begun, worked = time.perf_counter(), time.process_time()
        response = client.get(path)
        found.append((time.perf_counter() - begun, time.process_time() - worked))
        if response.status_code != 200:
            raise SystemExit(f"{path} answers {response.status_code}: {response.content[:500]!r}")
    wall, cpu = (statistics.median(numbers) * 1000 for numbers in zip(*found, strict=True))
    return Measured(name, wall, cpu, target)


def publish(title: str) -> None:
    """Publish a donation like another."""
    from records.models import Donation, Origin, State
    from records.publishing import Publication, publish_revision

    model = Donation.objects.filter(state=State.PUBLISHED).order_by("-public_id").first()
    assert model is not None
    draft = new_donation(model, title, model.as_of)
    hand_in([draft])
    publish_revision([Publication(draft)], message=title, origin=Origin.FILE)


def after_publications(client: Any, name: str, path: str, target: int) -> Measured:
    """Return the medians of the first requests after publications."""
    found = []
    for n in range(PUBLICATIONS):
        publish(f"{name} {n}")
        found.append(measured(client, name, path, 1, target))
    return Measured(
        f"{name}, after a publication",
        statistics.median(one.wall for one in found),
        statistics.median(one.cpu for one in found),
        target,
    )


def run(database_url: str, times: int) -> tuple[list[Measured], int]:
    """Measure a database, in a process of its own; return the megabytes that it took, too."""
    databases.set_up_django(database_url)

    from django.conf import settings
    from django.db import connection
    from django.test import Client

    # What is measured includes the first reading, which a request may not have the time for.
    settings.QUERY_SECONDS = 600
    client = Client()
    connection.ensure_connection()
    idle = databases.peak_megabytes()
    found = [
        measured(client, "coverage, in a new process", COVERAGE, 1, None),
        measured(client, "summary, in a new process", SUMMARY, 1, None),
    ]
    taken = databases.peak_megabytes() - idle
    for name, path in (("summary", SUMMARY), ("coverage", COVERAGE)):
        found.append(measured(client, name, path, times, TARGETS[name]))
        found.append(after_publications(client, name, path, TARGETS[name]))
    for condition in FILTERS:
        path = f"{SUMMARY}?{condition}"
        client.get(path)
        found.append(measured(client, condition, path, times, TARGETS["filter"]))
    return found, taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--databases", nargs="+", choices=databases.VENDORS, default=list(databases.VENDORS)
    )
    parser.add_argument("-n", type=int, default=databases.N, help="donations")
    parser.add_argument("--times", type=int, default=9, help="repetitions of a warm request")
    options = parser.parse_args()
    for vendor in options.databases:
        databases.generated(vendor, options.n)
        name = f"totals{options.n}"
        databases.create(vendor, name, f"gen{options.n}")
        try:
            found, taken = databases.apart(run, databases.url(vendor, name), options.times)
        finally:
            databases.drop(vendor, name)
        print(f"{vendor}, {options.n:,} donations; {taken} MB above the idle process")
        print(f"    {'':42}{'wall ms':>10}{'CPU ms':>10}{'target':>8}")
        for one in found:
            print(one.line(), flush=True)


if __name__ == "__main__":
    main()
