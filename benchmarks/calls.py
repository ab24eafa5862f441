"""Calls of project functions that one request makes, in a warm process with nothing cached.

Counted with `sys.setprofile`: every frame of a file of this project, generators and
comprehensions included, in the thread that serves the request.
"""

# ruff: noqa: T201 (it prints what it measures)

import argparse
import sys
from collections import Counter
from types import FrameType
from typing import Any

import databases

ADDRESS = "/api/v1/donations/?recipient=PAK&search=mask"
MAXIMUM = 150
PACKAGES = tuple(f"{databases.ROOT}/{name}/" for name in ("aidapi", "accounts", "records"))


def count_calls(address: str) -> Counter[str]:
    """Return file and function → how often a warm request to the address calls it."""
    from django.test import Client

    client = Client()
    calls: Counter[str] = Counter()

    def profile(frame: FrameType, event: str, argument: Any) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(PACKAGES):
            calls[f"{code.co_filename.removeprefix(f'{databases.ROOT}/')}:{code.co_qualname}"] += 1

    for _ in range(3):
        response = client.get(address)
        if response.status_code != 200:
            raise SystemExit(f"{address} answers {response.status_code}: {response.content!r}")
    sys.setprofile(profile)
    try:
        client.get(address)
    finally:
        sys.setprofile(None)
    return calls


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("address", nargs="?", default=ADDRESS)
    parser.add_argument("--database", help="URL of a database with the dataset; made by default")
    parser.add_argument("--all", action="store_true", help="print every function")
    options = parser.parse_args()

    databases.set_up_django(options.database or databases.with_dataset("sqlite", "calls"))
    calls = count_calls(options.address)
    files = {name.partition(":")[0] for name in calls}
    if options.all:
        for name, n in sorted(calls.items()):
            print(f"    {n:4}  {name}")
    print(f"{calls.total()} calls in {len(files)} files for {options.address}")
    if options.address == ADDRESS:
        print(f"maximum {MAXIMUM}: {'met' if calls.total() <= MAXIMUM else 'MISSED'}")


if __name__ == "__main__":
    main()
