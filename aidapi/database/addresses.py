"""Addresses of databases, as `DATABASE_URL` has them, and connections to a second one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from environ import Env

FORM = "postgres://user:password@host:5432/name or sqlite:////absolute/path"

SESSION = {"jit": "off", "max_parallel_workers_per_gather": "0", "enable_memoize": "off"}
"""Settings of each connection to PostgreSQL. A page is read along an index in a millisecond, each
row of a join once: starting workers, compiling or remembering rows for it takes longer than it
saves, and estimates of such walks are bad enough to tempt the planner."""


def connection_settings(
    address: str, *, lock_seconds: int, statement_seconds: int, pooled: bool = False
) -> dict[str, Any]:
    """Return Django's settings of the database at the address, or of the pooler there. An error
    never shows the address, which may contain a password."""
    try:
        found: dict[str, Any] = Env.db_url_config(address)
        engine = found["ENGINE"]
        # Of `sqlite://file` the parser makes a database in memory, which ends with the process,
        # and of `sqlite://folder/file` another file.
        if not found["NAME"] or (engine.endswith("sqlite3") and found.get("HOST")):
            raise ValueError
    except Exception:  # the parser raises many kinds of error
        raise ValueError(f"cannot be read: give {FORM}.") from None
    if engine.endswith("sqlite3"):
        found["ENGINE"] = "aidapi.database.sqlite3"
        found["OPTIONS"] = {
            # A transaction takes the write lock at its start, so that no upgrade fails later.
            "transaction_mode": "IMMEDIATE",
            # While a connection opens; then it waits as the backend says.
            "timeout": lock_seconds,
            # Readers never wait for the writer; INSERT OR REPLACE fires the triggers of deletion.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA recursive_triggers=ON;"
            " PRAGMA cache_size=-65536; PRAGMA busy_timeout=5;",
        }
    elif engine.endswith("postgresql"):
        found["ENGINE"] = "aidapi.database.postgresql"
        options: dict[str, Any] = {
            # Not the minutes that a network without an answer takes.
            "connect_timeout": 3,
            # Statements of every request are planned once per connection
            # (records.query.prepared); a pooler may give the next transaction another connection.
            "prepare_threshold": None if pooled else 2,
        }
        if pooled:
            # A cursor of the server would end with the transaction that opened it.
            found["DISABLE_SERVER_SIDE_CURSORS"] = True
        else:
            session = SESSION | {
                "lock_timeout": f"{lock_seconds}s",
                "statement_timeout": f"{statement_seconds}s",
            }
            options["options"] = " ".join(f"-c {name}={value}" for name, value in session.items())
        found["OPTIONS"] = options | found.get("OPTIONS", {})
    else:
        raise ValueError(
            f"names {engine}: AidAPI runs on SQLite (sqlite:///) and PostgreSQL (postgres://)."
        )
    return found


@contextmanager
def attached(settings: dict[str, Any], alias: str) -> Iterator[str]:
    """Let Django know a further database by that alias."""
    known = connections.configure_settings({DEFAULT_DB_ALIAS: {}, alias: settings})
    connections.settings[alias] = known[alias]
    try:
        yield alias
    finally:
        connections[alias].close()
        del connections[alias]
        del connections.settings[alias]


def place(settings: dict[str, Any]) -> tuple[str, ...]:
    """Return what two databases have in common only if they are one."""
    name = str(settings["NAME"])
    if settings["ENGINE"].endswith("sqlite3"):
        return ("sqlite", str(Path(name).resolve()))
    return ("postgresql", *(str(settings.get(key) or "") for key in ("HOST", "PORT")), name)
