"""What a process keeps of revisions, which never change. What another revision needs is made from
what is kept of the nearest one, so that only the difference is read."""

import gc
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from threading import Lock, RLock
from typing import Any, Generic, NamedTuple, TypeVar

from django.db import connection

Value = TypeVar("Value")

LARGE = 10_000
"""Size from which on a value has so many objects that a search for cycles among them stops all
threads of the process for long: at 200,000 donations for two seconds."""


class Subject(NamedTuple):
    """What a value is about, beside the revision."""

    database: tuple[str, str]
    kind: str
    options: tuple[Hashable, ...] = ()

    @classmethod
    def of(cls, kind: str, *options: Hashable) -> "Subject":
        """Return a subject in the database in use."""
        return cls((connection.alias, str(connection.settings_dict["NAME"])), kind, options)


EVERY: list["Kept[Any]"] = []


def forget(unless: Callable[[Subject, int], bool] = lambda subject, revision: False) -> None:
    """Drop what is kept, unless it is of certain revisions: for tests, which publish other
    revisions of one number."""
    for kept in EVERY:
        kept.drop(unless)


@contextmanager
def uncollected() -> Iterator[None]:
    """Pause the search for cycles: among a million new objects, none of them in a cycle, it would
    take as long as making them."""
    begun = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if begun:
            gc.enable()


class Kept(Generic[Value]):
    """Values of subjects at revisions, those used last; `size` gives the size of a value. A value
    that is larger than the limit alone is still kept, as the only one."""

    def __init__(self, size: Callable[[Value], int], limit: int) -> None:
        EVERY.append(self)
        self.size = size
        self.limit = limit
        self.values: OrderedDict[tuple[Subject, int], Value] = OrderedDict()
        self.reading = Lock()
        self.making: dict[Hashable, RLock] = {}
        """Locks by database and kind, held while a value is made: no two threads make the same
        one, nor change what values of several revisions share."""

    def get(
        self,
        subject: Subject,
        revision: int,
        make: Callable[[tuple[int, Value] | None], Value],
    ) -> Value:
        """Return the value of a subject at a revision. If it is not kept, it is made from that of
        the nearest revision that is, given with its number, or of None."""
        found = self.find(subject, revision)
        if found is None:
            with self.making.setdefault(subject[:2], RLock()):
                found = self.find(subject, revision)
                if found is None:
                    known = self.nearest(subject, revision)
                    with uncollected():
                        found = make(known)
                        if known is None and self.size(found) >= LARGE:
                            # Searches for cycles pass it over from now on: it has none.
                            gc.freeze()
                    self.keep(subject, revision, found)
        return found

    def find(self, subject: Subject, revision: int) -> Value | None:
        """Return a value if it is kept."""
        with self.reading:
            if (subject, revision) in self.values:
                self.values.move_to_end((subject, revision))
            return self.values.get((subject, revision))

    def nearest(self, subject: Subject, revision: int) -> tuple[int, Value] | None:
        """Return the number of the nearest revision of which a value of the subject is kept, and
        that value."""
        with self.reading:
            revisions = [number for one, number in self.values if one == subject]
            if not revisions:
                return None
            number = min(revisions, key=lambda one: (abs(one - revision), one))
            return number, self.values[subject, number]

    def keep(self, subject: Subject, revision: int, value: Value) -> None:
        """Keep a value, and drop those that were not used for longest until all fit."""
        with self.reading:
            self.values[subject, revision] = value
            total = sum(map(self.size, self.values.values()))
            while total > self.limit and len(self.values) > 1:
                _, dropped = self.values.popitem(last=False)
                total -= self.size(dropped)

    def drop(self, unless: Callable[[Subject, int], bool]) -> None:
        """Drop all values, unless they are of certain revisions."""
        with self.reading:
            for key in [key for key in self.values if not unless(*key)]:
                del self.values[key]
