"""What a process keeps of past revisions, which never change: the values used last, within a
limit of their size."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Kept(Generic[Value]):
    """Values by key, those used last; `size` gives the size of a value. A value that is larger
    than the limit alone is still kept, as the only one."""

    def __init__(self, size: Callable[[Value], int], limit: int) -> None:
        self.size = size
        self.limit = limit
        self.values: OrderedDict[Hashable, Value] = OrderedDict()
        self.reading = Lock()
        self.making = Lock()
        """Held while a value is made, so that no two threads make the same one."""

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """Return the value of a key, made if it is not kept."""
        found = self.find(key)
        if found is None:
            with self.making:
                found = self.find(key)
                if found is None:
                    found = make()
                    self.keep(key, found)
        return found

    def find(self, key: Hashable) -> Value | None:
        """Return the value of a key if it is kept."""
        with self.reading:
            if key in self.values:
                self.values.move_to_end(key)
                return self.values[key]
        return None

    def keep(self, key: Hashable, value: Value) -> None:
        """Keep a value, and drop those that were not used for longest until all fit."""
        with self.reading:
            self.values[key] = value
            total = sum(map(self.size, self.values.values()))
            while total > self.limit and len(self.values) > 1:
                _, dropped = self.values.popitem(last=False)
                total -= self.size(dropped)

    def clear(self) -> None:
        """Drop all values."""
        with self.reading:
            self.values.clear()
