"""How much of the slow tests runs: a sample in `make test`, all in `make test-slow`; and in which
order."""

import math
import os
from collections.abc import Iterable
from typing import Any

import pytest

THOROUGH = os.environ.get("THOROUGH", "") not in ("", "0")


def scaled(number: int) -> int:
    """Return the maximum examples of a property test marked `slow(sample=True)`."""
    return number if THOROUGH else max(number // 10, 3)


def some(values: Iterable[Any], number: int) -> list[Any]:
    """Return all of the values in a thorough run, else at most so many of them, evenly spread."""
    every = list(values)
    return every if THOROUGH else every[:: max(math.ceil(len(every) / number), 1)]


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


def without_waiting(items: list[pytest.Item]) -> list[pytest.Item]:
    """Return the tests in an order in which one process can make a template of the database while
    others run modules that do not need it: first one module that needs a database, then those that
    need none, then one that needs the dataset, and the others of the dataset last."""
    modules: dict[str, list[pytest.Item]] = {}
    for item in items:
        modules.setdefault(item.nodeid.partition("::")[0], []).append(item)
    by_need: list[list[list[pytest.Item]]] = [[], [], []]
    for tests in modules.values():
        by_need[max(map(database_needed, tests))].append(tests)
    none, empty, dataset = by_need
    ordered = [*empty[:1], *none, *dataset[:1], *empty[1:], *dataset[1:]]
    return [item for tests in ordered for item in tests]


def database_needed(item: pytest.Item) -> int:
    """Return 2 for a test that needs the dataset, 1 for an empty database, else 0."""
    fixtures = set(getattr(item, "fixturenames", ()))
    if "dataset_is_loaded" in fixtures:
        return 2
    return int("django_db_setup" in fixtures or item.get_closest_marker("django_db") is not None)
