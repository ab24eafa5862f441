"""SQLite as Django has it, with notes of commits and of the files that were opened, and another
way to wait for the lock of writing."""

import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import OperationalError
from django.db.backends.sqlite3 import base

from aidapi.database import CommitNotes

PAUSE = 0.02
"""Maximum seconds between two attempts to get the lock of writing."""

Identity = tuple[int, int] | None

opened: dict[str, Identity] = {}
"""Name of a database file → what it was when this process first opened it."""


def identity(name: Any) -> Identity:
    """Return what distinguishes the file of that name from another; None if there is none."""
    try:
        found = Path(name).stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def wait_for_lock(
    execute: Callable, sql: str, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    """Execute a statement, again and again while another connection has the lock of writing.

    SQLite can wait itself, but keeps a mutex of the connection meanwhile: a thread of a reader in
    which Python happens to collect a cursor of that connection would wait too.
    """
    until = time.monotonic() + settings.LOCK_SECONDS
    while True:
        try:
            return execute(sql, params, many, context)
        except OperationalError as error:
            # Inside a transaction the lock is taken already.
            if "database is locked" not in str(error) or time.monotonic() > until:
                raise
        time.sleep(random.uniform(0, PAUSE))


class DatabaseWrapper(CommitNotes, base.DatabaseWrapper):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.execute_wrappers.append(wait_for_lock)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        name = str(self.settings_dict["NAME"])
        if opened.get(name) and not identity(name):
            # SQLite would make an empty file in its place.
            raise OperationalError("The database file is away.")
        connection = super().get_new_connection(conn_params)
        opened.setdefault(name, identity(name))
        return connection

    def _start_transaction_under_autocommit(self) -> None:
        name = str(self.settings_dict["NAME"])
        if opened.get(name) and identity(name) != opened[name]:
            # What is written to a file without a name is lost with the process.
            raise OperationalError("The database file was deleted or replaced.")
        super()._start_transaction_under_autocommit()  # type: ignore[misc]  # not in the stubs
