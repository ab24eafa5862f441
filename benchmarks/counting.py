"""Counting: milliseconds of the first page of a large list with `count=true`, under one filter.

Each filter is measured with its own example or, if that is a code that generated records do not
have, with one that they have: single values, several, texts, an earlier revision. Whole requests
go through the real view, without the network; the result is the median of those after the first.
"""

# ruff: noqa: T201 (it prints what it measures)

import argparse
import statistics
import time

import databases

LIST = "/api/v1/donations/"
TARGET = 100.0
ONE = [
    "",
    "donor=CHN",
    "recipient=AAX",
    "recipient=unknown",
    "party=CHN",
    "donor_type=country",
    "donor_country=CHN",
    "recipient_type=country",
    "recipient_country=AAX",
    "recipient_region=africa",
    "form=goods",
    "stage=delivered",
    "stated_by=donor",
    "as_of_from=2021-01-01",
    "as_of_to=2021-01-01",
    "changed_since=50",
    "linked=contradicts",
    "series=generated",
    "latest=true",
    "latest=false",
    "joint=true",
    "item=mask",
    "measure=money",
    "basis=single",
    "operator=exact",
    "unit=piece",
    "currency=USD",
    "countable=false",
    "publisher=publisher 1",
    "speaker=speaker 77",
    "organisation=body",
    "search=mask",
    "search=mask chn",
    "search=gene*",
    "revision=100",
]
"""One filter of one value."""
MORE = [
    "stage=committed,delivered",
    "recipient=AAX,ABX",
    "donor_type=country,company",
    "item=surgical-mask,ventilator",
    "operator=approx,more_than",
    "currency=USD,EUR",
    "unit=piece&value_min=1000",
    "item=mask&value_min=100000",
    "donor=CHN&item=mask",
    "revision=100&donor=CHN",
]
"""Several values, or several filters."""


def measure(database_url: str, repetitions: int) -> list[tuple[str, int, float]]:
    """Return (query, number of records, milliseconds) of each, measured in this process."""
    databases.set_up_django(database_url)
    from django.test import Client

    client = Client()
    found = []
    for query in ONE + MORE:
        parameters = dict(pair.split("=", 1) for pair in query.split("&") if pair)
        times = []
        for _ in range(repetitions + 1):
            began = time.perf_counter()
            response = client.get(LIST, {"count": "true", **parameters})
            times.append((time.perf_counter() - began) * 1000)
        if response.status_code != 200:
            raise SystemExit(f"{query} answers {response.status_code}: {response.content!r}")
        found.append((query, response.json()["count"], statistics.median(times[1:])))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "--databases", nargs="+", choices=databases.VENDORS, default=[*databases.VENDORS]
    )
    parser.add_argument("-n", type=int, default=databases.N, help="donations in the database")
    parser.add_argument("--repetitions", type=int, default=5)
    options = parser.parse_args()

    for vendor in options.databases:
        url = databases.generated(vendor, options.n)
        found = databases.apart(measure, url, options.repetitions)
        print(f"{vendor}, {options.n:,} donations; target under one filter: {TARGET:.0f} ms")
        for query, count, took in found:
            owed = query in ONE
            missed = "MISSED" if owed and took > TARGET else ""
            print(f"    {took:8.1f} ms {count:9,}  {query or 'no filter'} {missed}".rstrip())


if __name__ == "__main__":
    main()
