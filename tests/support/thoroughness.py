"""How much of the slow tests runs: a sample in `make test`, all in `make test-slow`."""

import os
from collections.abc import Iterable
from typing import Any

import pytest

THOROUGH = os.environ.get("THOROUGH", "") not in ("", "0")


def scaled(number: int) -> int:
    """Return the maximum examples of a property test marked `slow(sample=True)`."""
    return number if THOROUGH else max(number // 10, 3)


def some(values: Iterable[Any], number: int) -> list[Any]:
    """Return all of the values in a thorough run, else about so many of them, evenly spread."""
    every = list(values)
    return every if THOROUGH else every[:: max(len(every) // number, 1)]


def left_out(items: list[pytest.Item]) -> list[pytest.Item]:
    """Return the tests that a run which is not thorough leaves out: those marked `slow` or
    `browser`, except the first case of each that has a sample. Of those marked `slow(every=True)`
    every case runs, with fewer values."""
    sampled: set[tuple[object, str]] = set()
    found = []
    for item in items:
        mark = item.get_closest_marker("slow") or item.get_closest_marker("browser")
        if mark is None or mark.kwargs.get("every"):
            continue
        test = (item.parent, getattr(item, "originalname", item.name))
        if not mark.kwargs.get("sample") or test in sampled:
            found.append(item)
        sampled.add(test)
    return found
