"""How much of the slow tests runs: a sample in `make test`, all in `make test-slow`."""

import os

import pytest

THOROUGH = os.environ.get("THOROUGH", "") not in ("", "0")


def scaled(number: int) -> int:
    """Return the maximum examples of a property test marked `slow(sample=True)`."""
    return number if THOROUGH else max(number // 10, 3)


def left_out(items: list[pytest.Item]) -> list[pytest.Item]:
    """Return the tests that a run which is not thorough leaves out: those marked `slow` or
    `browser`, except the first case of each that has a sample."""
    sampled: set[tuple[object, str]] = set()
    found = []
    for item in items:
        mark = item.get_closest_marker("slow") or item.get_closest_marker("browser")
        if mark is None:
            continue
        test = (item.parent, getattr(item, "originalname", item.name))
        if not mark.kwargs.get("sample") or test in sampled:
            found.append(item)
        sampled.add(test)
    return found
