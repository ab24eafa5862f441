"""Generated databases for measurements: reused if they exist, else created.

BENCH_DIR (default var/bench) is the folder of the SQLite databases; BENCH_POSTGRES (default
postgres://postgres@127.0.0.1:5432) is the PostgreSQL server, without a database's name.
"""

# ruff: noqa: T201 (it prints what it measures)

import contextlib
import multiprocessing
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Thread
from typing import Any

import psycopg

ROOT = Path(__file__).resolve().parent.parent
DIRECTORY = Path(os.environ.get("BENCH_DIR") or ROOT / "var" / "bench").resolve()
POSTGRES = (os.environ.get("BENCH_POSTGRES") or "postgres://postgres@127.0.0.1:5432").rstrip("/")
N = int(os.environ.get("BENCH_N") or 200_000)
VENDORS = ("sqlite", "postgresql")


def url(vendor: str, name: str) -> str:
    """Return the DATABASE_URL of a database of that name."""
    if vendor == "sqlite":
        return f"sqlite:///{DIRECTORY / name}.sqlite3"
    return f"{POSTGRES}/aidapi_{name}"


def file_of(database_url: str) -> Path:
    """Return the file of an SQLite database."""
    return Path(database_url.removeprefix("sqlite:///"))


def generated(vendor: str, n: int) -> str:
    """Return the URL of the database of n generated donations; create it if there is none. They
    are generated in SQLite, and copied into PostgreSQL."""
    name = f"gen{n}"
    if newest_revision(vendor, name) is None:
        if vendor == "postgresql":
            generated("sqlite", n)
        print(f"Making {n:,} donations for {vendor}: this happens once.", file=sys.stderr)
        part = f"{name}_part"
        create(vendor, part)
        manage(url(vendor, part), "migrate", "--verbosity", "0")
        if vendor == "postgresql":
            manage(url(vendor, part), "copy_database", url("sqlite", name))
        else:
            run(url(vendor, part), "benchmarks/generate_records.py", str(n))
        rename(vendor, part, name)
    if not newest_revision(vendor, name):
        raise SystemExit(
            f"{url(vendor, name)} holds no records: it is still being made, or was left "
            f"unfinished. Wait, or remove it."
        )
    return url(vendor, name)


def with_dataset(vendor: str, name: str) -> str:
    """Return the URL of a new database with the dataset of fixtures/."""
    create(vendor, name)
    made = url(vendor, name)
    manage(made, "migrate", "--verbosity", "0")
    manage(made, "load_dataset", "fixtures", "--verbosity", "0")
    return made


def newest_revision(vendor: str, name: str) -> int | None:
    """Return its latest revision's number; None if there is no such database."""
    try:
        return number(vendor, name, "SELECT n FROM records_revisioncounter")
    except sqlite3.OperationalError:
        return 0 if (DIRECTORY / f"{name}.sqlite3").exists() else None
    except psycopg.OperationalError as error:
        if "does not exist" in str(error):
            return None
        raise
    except psycopg.errors.UndefinedTable:
        return 0


def number(vendor: str, name: str, sql: str) -> int:
    """Return the one value of a query."""
    if vendor == "sqlite":
        with contextlib.closing(read_only(name)) as reader:
            return reader.execute(sql).fetchone()[0]
    with psycopg.connect(url(vendor, name)) as connection:
        (found,) = connection.execute(sql).fetchone() or (0,)
        return found


def create(vendor: str, name: str, template: str | None = None) -> None:
    """Create a database, empty or as a copy of another, and replace one of that name."""
    if vendor == "postgresql":
        model = f' TEMPLATE "aidapi_{template}"' if template else ""
        administer(f'DROP DATABASE IF EXISTS "aidapi_{name}"')
        administer(f'CREATE DATABASE "aidapi_{name}"{model}')
        return
    drop(vendor, name)
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    if template:
        with (
            contextlib.closing(read_only(template)) as source,
            contextlib.closing(sqlite3.connect(DIRECTORY / f"{name}.sqlite3")) as copy,
        ):
            source.backup(copy)


def read_only(name: str) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{DIRECTORY / name}.sqlite3?mode=ro", uri=True)


def rename(vendor: str, old: str, new: str) -> None:
    if vendor == "postgresql":
        administer(f'ALTER DATABASE "aidapi_{old}" RENAME TO "aidapi_{new}"')
    else:
        # Closing the last connection has emptied the write-ahead log into the file.
        shutil.move(DIRECTORY / f"{old}.sqlite3", DIRECTORY / f"{new}.sqlite3")


def drop(vendor: str, name: str) -> None:
    if vendor == "postgresql":
        administer(f'DROP DATABASE IF EXISTS "aidapi_{name}"')
    else:
        for suffix in ("", "-wal", "-shm"):
            Path(f"{DIRECTORY / name}.sqlite3{suffix}").unlink(missing_ok=True)


def administer(sql: str) -> None:
    with psycopg.connect(f"{POSTGRES}/postgres", autocommit=True) as connection:
        connection.execute(sql)


def manage(database_url: str, *arguments: str) -> None:
    """Run a management command on the database."""
    run(database_url, "manage.py", *arguments)


def run(database_url: str, *arguments: str) -> None:
    """Run a script on the database."""
    subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url},
        check=True,
    )


def set_up_django(database_url: str) -> None:
    """Set up Django in this process with that database."""
    end_with_parent()
    os.environ["DATABASE_URL"] = database_url
    # The database is measured, so no response comes from the cache.
    os.environ["CACHE_ENTRIES"] = "0"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aidapi.settings")
    sys.path.insert(0, str(ROOT))

    import django

    django.setup()


def end_with_parent() -> None:
    """End this process when the one that spawned it is gone: killed, that has no time to say so,
    and this one would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent:
        Thread(target=end_after, args=(parent,), daemon=True).start()


def end_after(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)


def apart(function: Any, *arguments: Any) -> Any:
    """Return the function's result, computed in a process of its own."""
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        return process.submit(function, *arguments).result()


def memory(field: str) -> float:
    """Return VmRSS or VmHWM of this process, in MB; of Linux."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) / 1024
    raise LookupError(field)


def peak_megabytes() -> int:
    """Return the most memory that this process has had; on Linux without what its parent had,
    which getrusage counts in a process that was just made."""
    if sys.platform == "linux":
        return int(memory("VmHWM"))
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most // (1024 if sys.platform != "darwin" else 1024 * 1024)
