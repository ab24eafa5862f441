"""Browse and charts of many records: milliseconds of each page, and how large it is.

Times are those of whole requests, as Django's test client makes them, without the cache of
responses and after one request like it: the totals of the latest revision are in memory, as they
are in a server.
"""

# ruff: noqa: T201 (it prints what it measures)

import argparse

import databases
from totals import FILTERS, Measured, measured

TARGETS = {"browse": 300, "chart": 500}
"""Milliseconds at 200,000 records."""
KILOBYTES = 100
"""Maximum of a page of browse."""
CHARTS = (
    "months/?kind=donation",
    "months/?kind=donation&donor=CHN&item=mask",
    "parties/?kind=donation&item=mask",
    "parties/?kind=donation",
    "compare/?kind=donation&recipient_country=AAX,CHN&item=mask",
    "map/?kind=donation&item=mask",
    "map/?kind=donation",
)


def run(database_url: str, times: int) -> list[tuple[Measured, int]]:
    """Measure a database, in a process of its own; return the bytes of each response, too."""
    databases.set_up_django(database_url)

    from django.conf import settings
    from django.test import Client

    # The first request reads all figures.
    settings.QUERY_SECONDS = 600
    client = Client()
    client.get("/browse/donations/")
    paths = [("browse", f"/browse/donations/?{one}") for one in ("", *FILTERS)]
    paths += [("browse", "/browse/"), ("browse", "/browse/?search=mask")]
    paths += [("chart", f"/charts/{one}&format=svg") for one in CHARTS]
    found = []
    for kind, path in paths:
        response = client.get(path)
        took = measured(client, path, path, times, TARGETS[kind])
        found.append((took, len(response.content)))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--databases", nargs="+", choices=databases.VENDORS, default=list(databases.VENDORS)
    )
    parser.add_argument("-n", type=int, default=databases.N, help="donations")
    parser.add_argument("--times", type=int, default=5, help="repetitions of each request")
    options = parser.parse_args()
    for vendor in options.databases:
        url = databases.generated(vendor, options.n)
        databases.manage(url, "collectstatic", "--noinput", "--verbosity", "0")
        print(f"{vendor}, {options.n:,} donations")
        print(f"    {'':70}{'ms':>8}{'CPU':>8}{'KB':>6}")
        for one, size in databases.apart(run, url, options.times):
            missed = one.target is not None and one.wall > one.target
            large = "browse" in one.name and size > KILOBYTES * 1000
            print(
                f"    {one.name:70}{one.wall:8.0f}{one.cpu:8.0f}{size / 1000:6.0f}"
                f"{'  MISSED' if missed or large else ''}",
                flush=True,
            )


if __name__ == "__main__":
    main()
