"""What a process keeps of the loaded dataset, such as figures prepared for totals: made once for
all tests that only read, and not once for each."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from records.query import kept
from records.query.kept import Subject

WRITES = ("INSERT", "UPDATE", "DELETE")


class Loaded:
    """The database with the dataset, and whether a test wrote to it."""

    name = ""
    is_written = False

    def forget(self) -> None:
        """Drop what is kept, unless it follows from the dataset alone."""
        kept.forget(unless=self.is_untouched)
        self.is_written = False

    def is_untouched(self, subject: Subject, revision: int) -> bool:
        return subject.database[1] == self.name and not self.is_written

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Drop all when something is written inside, and when what was written is gone."""
        writes = 0

        def note(execute: Callable, sql: str, params: Any, many: bool, context: Any) -> Any:
            nonlocal writes
            if sql.lstrip().upper().startswith(WRITES):
                writes += 1
                self.is_written = True
                kept.forget()
            return execute(sql, params, many, context)

        with connection.execute_wrapper(note):
            yield
        self.is_written = writes > 0


loaded = Loaded()
