"""Growth: what a request takes where there are many donations, beside what it takes where there
are few.

    .venv/bin/python -m benchmarks.growth [-n 1000000] [--few 10000] [--databases sqlite]

Two servers of ours take turns on one core; nothing is cached. All pages are full in both. Where
there are a hundred times as many donations, a filter finds as many more, also that of a rare
donor, and `count=true` counts them. Target: what a request takes grows at most 1.3 times.
"""

# ruff: noqa: T201 (it prints what it measures)

import argparse
from collections.abc import Sequence
from contextlib import ExitStack

from benchmarks import databases
from benchmarks.lists import DEPTH, recipients
from benchmarks.load import Requests, Score, play_in_turns
from benchmarks.peers import apis
from benchmarks.peers.apis import LIST, Api
from benchmarks.rows import Run

TARGET = 1.3


def paths_of(api: Api) -> dict[str, list[str]]:
    """Return case → the paths that are asked in turn."""
    codes = recipients(api)[:20]
    ids = api.ids(f"{LIST}?page_size=200")
    return {
        "list": [api.list_path(code) for code in codes],
        "detail": [api.detail_path(id) for id in ids],
        "deep cursor": [api.follow(DEPTH)],
        "search": [f"{LIST}?search=mask", f"{LIST}?search=generated+donation&donor=CHN"],
        "count of a rare code": [f"{LIST}?donor={rare(api)}&count=true&page_size=1"],
        "count of a frequent code": [f"{LIST}?donor=CHN&count=true&page_size=1"],
    }


def rare(api: Api) -> str:
    """Return the donor of the fewest donations among those that facets name."""
    (donors,) = api.server.get(f"{LIST}facets/?facets=donor")["facets"]
    return min((one["records"], one["value"]) for one in donors["values"])[1]


def line(case: str, many: Score, few: Score) -> str:
    growth = few.rate / many.rate
    target = f"{TARGET}× {'met' if growth <= TARGET else 'MISSED'}"
    return (
        f"{case} | {1000 / few.rate:.2f} ms | {1000 / many.rate:.2f} ms | {growth:.2f}× | "
        f"{few.milliseconds:.2f} and {many.milliseconds:.2f} ms of CPU | {target}"
    )


def measure(vendor: str, sizes: Sequence[int], run: Run) -> None:
    urls = [databases.generated(vendor, size) for size in sizes]
    with ExitStack() as stack:
        few, many = (stack.enter_context(apis.aidapi(url)) for url in urls)
        small, large = paths_of(few), paths_of(many)
        for case in small:
            scores = play_in_turns(
                {
                    "few": Requests(few.server, small[case]),
                    "many": Requests(many.server, large[case]),
                },
                run,
            )
            print(f"{vendor} | {line(case, scores['many'], scores['few'])}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=1_000_000, help="many donations (1,000,000)")
    parser.add_argument("--few", type=int, default=10_000, help="few donations (10,000)")
    parser.add_argument(
        "--databases", nargs="+", choices=databases.VENDORS, default=list(databases.VENDORS)
    )
    parser.add_argument("--rounds", type=int, default=Run.rounds)
    parser.add_argument("--seconds", type=int, default=Run.seconds, help="length of a round")
    options = parser.parse_args()
    print("database | case | few | many | growth | CPU | target")
    for vendor in options.databases:
        measure(vendor, [options.few, options.n], Run(options.n, options.rounds, options.seconds))


if __name__ == "__main__":
    main()
