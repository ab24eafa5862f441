"""Memory while many objects are made that stay."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

OBJECTS, TIMES = 50_000, 100
"""So many objects are made between two searches for cycles among the young ones, and so many
searches between two among older ones."""


@contextmanager
def few_collections() -> Iterator[None]:
    """Let Python search rarely for cycles of objects that nobody refers to, and not among those
    that are there already. It took a seventh of the time of loading a dataset and found little."""
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(OBJECTS, TIMES, TIMES)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()
