"""All rows of the table of docs/benchmarks.md, each with its target, beside other servers.

It prints a row as soon as it is measured, and leaves all of a database in a JSON file, which
`benchmarks.report` makes the table and the chart of. It only measures: its exit status is 0 also
where targets are missed.
"""

# ruff: noqa: T201 (it prints what it measures)

import argparse
import datetime
import json
import os
import platform
import time
from pathlib import Path
from typing import Any

from benchmarks import caching, databases, downloads, lists, load, loading, publishing
from benchmarks.peers.apis import PYTHON
from benchmarks.rows import HEADER, Run

MEASURES = (lists, caching, downloads, publishing, loading)
CASES = [case for measure in MEASURES for case in measure.CASES]
FILE = databases.DIRECTORY / "last_run.json"


def loop_seconds() -> float:
    """Return the CPU seconds of an empty loop of ten million, which tell machines apart."""
    loop = compile("for _ in range(10_000_000): pass", "loop", "exec")
    start = time.process_time()
    exec(loop)
    return time.process_time() - start


def measure(vendor: str, cases: list[str], run: Run) -> dict[str, Any]:
    """Measure on one database, print the rows, and return them with how they were measured."""
    databases.generated(vendor, run.donations)
    loop = loop_seconds()
    print(
        f"{vendor}: {run.donations:,} donations; an empty loop of ten million takes {loop:.2f} s; "
        f"requests by {load.NAME}, {run.rounds} rounds of {run.seconds} s, medians.\n{HEADER}",
        flush=True,
    )
    rows = []
    for module in MEASURES:
        if chosen := [case for case in module.CASES if case in cases]:
            for row in module.rows(vendor, chosen, run):
                print(row.line(), flush=True)
                rows.append(row)
    return {
        "date": datetime.date.today().isoformat(),
        "donations": run.donations,
        "loop_seconds": round(loop, 3),
        "python": platform.python_version(),
        "client": load.NAME,
        "rounds": run.rounds,
        "seconds": run.seconds,
        "rows": [row.as_json() for row in rows],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=databases.N, help="donations (BENCH_N)")
    parser.add_argument(
        "--databases", nargs="+", choices=databases.VENDORS, default=list(databases.VENDORS)
    )
    parser.add_argument("--cases", nargs="+", choices=CASES, default=CASES)
    parser.add_argument("--rounds", type=int, default=Run.rounds)
    parser.add_argument("--seconds", type=int, default=Run.seconds, help="length of a round")
    parser.add_argument(
        "--json", type=Path, default=FILE, help=f"file of the rows ({FILE}); what it has of "
        "other databases is kept",
    )  # fmt: skip
    options = parser.parse_args()
    if not PYTHON.exists():
        print(f"{PYTHON} does not exist: make bench installs django-ninja, Datasette and roapi.")
    # No page is asked for, so static files need not be collected.
    os.environ.setdefault("PYTHONWARNINGS", "ignore:No directory at")
    run = Run(options.n, options.rounds, options.seconds)
    for vendor in options.databases:
        measured = measure(vendor, options.cases, run)
        kept = json.loads(options.json.read_text()) if options.json.exists() else {}
        options.json.write_text(json.dumps(kept | {vendor: measured}, indent=1) + "\n")
    print(f"Rows are in {options.json}.")


if __name__ == "__main__":
    main()
