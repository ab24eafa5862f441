"""Searching: milliseconds of 200 mixed searches of a large list, a page of 50 each.

Rare and common words, prefixes, phrases, words that rarely occur together, words with a party or
an item, an explicit order, a further page; all drawn from the content of the database. Each is
sent to the real view, once to warm up, then as often as requested. The times are those of whole
requests, without the network.
"""

# ruff: noqa: T201 (it prints what it measures)

import argparse
import os
import random
import statistics
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import databases

SEARCHES = 200
PAGE = 50
SEED = 11
TARGETS = {"median": 10.0, "p99": 200.0}
LIST = "/api/v1/donations/"


@dataclass
class Timed:
    """A search and its times."""

    sort: str
    path: str
    rows: int = 0
    times: list[float] = field(default_factory=list)
    """Milliseconds."""


def searches(rng: random.Random) -> list[Timed]:
    """Yield searches of every sort in turn."""
    from records.index.models import FilterStatistics

    counts = FilterStatistics.objects.filter(kind="donation", role="word").exclude(key="")
    ranked = list(counts.order_by("-versions", "key").values_list("key", "versions"))
    words = [(word, n) for word, n in ranked if "_" not in word]
    pairs = [(word.replace("_", " "), n) for word, n in ranked if "_" in word]
    total = words[0][1]
    common = [word for word, n in words if n > total / 10]
    middling = [word for word, n in words if total / 1000 < n <= total / 10]
    rare = [word for word, n in words if n <= total / 1000]
    phrases = [word for word, n in pairs if n > total / 100]
    rare_phrases = [word for word, n in pairs if n <= total / 1000]
    parties = FilterStatistics.objects.filter(kind="donation", role="recipient").order_by(
        "-versions", "key"
    )
    recipients = [count.key for count in parties]
    items = ["mask", "goggles", "sinopharm-vaccine", "medical-supplies"]

    def two(of: list[str]) -> str:
        return " ".join(rng.sample(of, 2))

    sorts: dict[str, Any] = {
        "common word": lambda: {"search": rng.choice(common)},
        "middling word": lambda: {"search": rng.choice(middling)},
        "rare word": lambda: {"search": rng.choice(rare)},
        "absent word": lambda: {"search": f"{rng.choice(rare)}x"},
        "two common words": lambda: {"search": two(common)},
        "two middling words": lambda: {"search": two(middling)},
        "common and rare word": lambda: {"search": f"{rng.choice(common)} {rng.choice(rare)}"},
        "common prefix": lambda: {"search": f"{rng.choice(common)[:3]}*"},
        "prefix of one letter": lambda: {"search": f"{rng.choice(common + rare)[:1]}*"},
        "rare prefix": lambda: {"search": f"{rng.choice(rare)[:5]}*"},
        "common phrase": lambda: {"search": f'"{rng.choice(phrases)}"'},
        "rare phrase": lambda: {"search": f'"{rng.choice(rare_phrases)}"'},
        "absent phrase": lambda: {"search": f'"{two(common)}"'},
        "common word, donor": lambda: {"search": rng.choice(common), "donor": "CHN"},
        "middling word, item": lambda: {
            "search": rng.choice(middling), "item": rng.choice(items)
        },
        "word, rare recipient": lambda: {
            "search": rng.choice(common + middling), "recipient": rng.choice(recipients[100:])
        },
        "rare word, donor": lambda: {"search": rng.choice(rare), "donor": "CHN"},
        "word, by title": lambda: {
            "search": rng.choice(common + middling), "ordering": "title"
        },
        "word, early revision": lambda: {"search": rng.choice(common), "revision": "5"},
        "word, further page": lambda: {"search": rng.choice(common), "further": "1"},
    }  # fmt: skip
    names = list(sorts)
    found = []
    for place in range(SEARCHES):
        name = names[place % len(names)]
        found.append(Timed(name, address(sorts[name]())))
    return found


def address(parameters: dict[str, str]) -> str:
    """Return the address of a search, or of its second page."""
    from django.test import Client

    further = parameters.pop("further", None)
    path = f"{LIST}?{urlencode(parameters)}"
    if further:
        path = Client().get(path).json()["next"] or path
    return path


def measure(database_url: str, repetitions: int) -> list[Timed]:
    """Run all searches on one database, in this process."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    databases.set_up_django(database_url)
    from django.test import Client

    client = Client()
    found = searches(random.Random(SEED))
    for search in found:
        response = client.get(search.path)
        if response.status_code != 200:
            raise SystemExit(f"{search.path} answers {response.status_code}: {response.content!r}")
        search.rows = len(response.json()["results"])
        for _ in range(repetitions):
            start = time.perf_counter()
            client.get(search.path)
            search.times.append((time.perf_counter() - start) * 1000)
    return found


def summary(vendor: str, found: list[Timed], *, slowest: int) -> str:
    times = sorted(time for search in found for time in search.times)
    figures = {
        "median": statistics.median(times),
        "p99": times[min(len(times) - 1, int(len(times) * 0.99))],
        "slowest": times[-1],
    }
    missed = [name for name, target in TARGETS.items() if figures[name] > target]
    lines = [
        f"{vendor:12}"
        + "".join(f"{name} {time:8.2f}   " for name, time in figures.items())
        + (f"MISSED: {' and '.join(missed)}" if missed else "")
    ]
    sorts: dict[str, list[float]] = {}
    for search in found:
        sorts.setdefault(search.sort, []).extend(search.times)
    lines += [
        f"    {sort:26}median {statistics.median(times):8.2f}   slowest {max(times):8.2f}"
        for sort, times in sorts.items()
    ]
    worst = sorted(found, key=lambda search: -statistics.median(search.times))[:slowest]
    lines += [
        f"    {statistics.median(search.times):9.2f} ms  {search.rows:3} rows  {search.path}"
        for search in worst
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--databases", nargs="+", choices=databases.VENDORS, default=list(databases.VENDORS)
    )
    parser.add_argument("-n", type=int, default=databases.N, help="donations in the database")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--slowest", type=int, default=5, help="how many of the slowest to show")
    options = parser.parse_args()

    print(
        f"Milliseconds of {SEARCHES} searches over {options.n:,} donations, a page of {PAGE}; "
        f"targets: median {TARGETS['median']:.0f}, p99 {TARGETS['p99']:.0f}."
    )
    for vendor in options.databases:
        url = databases.generated(vendor, options.n)
        found = databases.apart(measure, url, options.repetitions)
        print(summary(vendor, found, slowest=options.slowest), flush=True)


if __name__ == "__main__":
    main()
