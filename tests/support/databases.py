"""Test databases as copies of templates, which are built once for all workers and runs.

The name of a template has a digest of all that its content follows from, so a stale one is never
used. It is built under another name and renamed when it is whole, so half of one is never used.
One worker builds, others wait for it. `pytest --create-db` builds new templates.
"""

import shutil
import sqlite3
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from importlib.metadata import distributions
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connection, connections

WAIT_SECONDS = 600
"""So long may another worker take to build a template."""
PAGES = {"__pycache__", "templates", "static"}
"""Directories of packages from which nothing gets into a database."""


@dataclass(frozen=True)
class Template:
    """A kind of content, and what writes it into a copy of another or an empty database."""

    kind: str
    write: Callable[[], None]
    base: "Template | None" = None


def migrate() -> None:
    call_command("migrate", interactive=False, verbosity=0)


def load_dataset() -> None:
    call_command("load_dataset", Path(settings.BASE_DIR) / "fixtures", verbosity=0)


MIGRATED = Template("migrated", migrate)
DATASET = Template("dataset", load_dataset, MIGRATED)


@contextmanager
def connected_to(name: str) -> Iterator[None]:
    """Let connections that are opened inside lead to the database of that name, those of other
    threads too. The connection that was in use is left as it is, within a transaction too."""
    database = connection.settings_dict
    usual, outer = database["NAME"], connections[DEFAULT_DB_ALIAS]
    del connections[DEFAULT_DB_ALIAS]
    database["NAME"] = name
    # Django keeps the keys of content types, which are others after a flush.
    ContentType.objects.clear_cache()
    try:
        yield
    finally:
        connection.close()
        database["NAME"] = usual
        connections[DEFAULT_DB_ALIAS] = outer
        ContentType.objects.clear_cache()


def address(name: str = "") -> str:
    """Return the address of the connected database, or of another of that name beside it."""
    database = connection.settings_dict
    name = name or database["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    password = f":{quote(database['PASSWORD'])}" if database["PASSWORD"] else ""
    place = f"{database['HOST'] or 'localhost'}:{database['PORT'] or 5432}"
    return f"postgres://{quote(database['USER'])}{password}@{place}/{name}"


class Templates(ABC):
    """Templates and the copies that are made of them."""

    def __init__(self, run: str = "") -> None:
        """With the id of a run, templates of its own."""
        self.run = run

    @cached_property
    def digest(self) -> str:
        return digest(self.server_version(), self.run)

    def copy(self, template: Template, target: str) -> None:
        """Make a database of that name with the content of the template, which is built if it
        is missing."""
        name = self.name(template.kind, self.digest)
        with self.alone(template.kind):
            if name not in self.built(template.kind):
                self.build(template, name)
            self.duplicate(name, target)

    @contextmanager
    def beside(self, template: Template, kind: str, blocker: Any) -> Iterator[str]:
        """Make a copy of the template beside the test database, and remove it in the end; its
        name."""
        name = connection.creation.get_test_db_clone_settings(kind)["NAME"]
        with blocker.unblock():
            self.copy(template, name)
        yield name
        with blocker.unblock():
            self.remove(name)

    def build(self, template: Template, name: str) -> None:
        """Build the template in place of those that are built already."""
        draft = self.name(template.kind, "draft")
        self.remove(draft)
        if template.base:
            self.copy(template.base, draft)
        else:
            self.create(draft)
        with connected_to(draft):
            template.write()
        for old in self.built(template.kind):
            self.remove(old)
        self.rename(draft, name)

    @abstractmethod
    def server_version(self) -> str: ...

    @abstractmethod
    def name(self, kind: str, version: str) -> str: ...

    @abstractmethod
    def alone(self, kind: str) -> Any:
        """Return a context that one process at a time is in, for each kind; the end of the
        process ends it too."""

    @abstractmethod
    def built(self, kind: str) -> Iterable[str]:
        """Return the names of all whole templates of a kind."""

    @abstractmethod
    def create(self, name: str) -> None: ...

    @abstractmethod
    def duplicate(self, name: str, target: str) -> None:
        """Copy a database to which nothing is connected, in place of what has that name."""

    @abstractmethod
    def rename(self, name: str, target: str) -> None: ...

    @abstractmethod
    def remove(self, name: str) -> None:
        """Remove the database if there is one of that name."""


class SQLiteTemplates(Templates):
    """Files in var/tests."""

    @cached_property
    def directory(self) -> Path:
        directory = Path(settings.BASE_DIR) / "var" / "tests"
        directory.mkdir(parents=True, exist_ok=True)
        return directory

    def server_version(self) -> str:
        return sqlite3.sqlite_version

    def name(self, kind: str, version: str) -> str:
        return str(self.directory / f"{kind}-{version}.sqlite3")

    @contextmanager
    def alone(self, kind: str) -> Iterator[None]:
        lock = sqlite3.connect(
            self.directory / f"{kind}.lock", timeout=WAIT_SECONDS, isolation_level=None
        )
        try:
            lock.execute("BEGIN EXCLUSIVE")
            yield
        finally:
            lock.close()

    def built(self, kind: str) -> list[str]:
        draft = self.name(kind, "draft")
        return [
            path for path in map(str, self.directory.glob(f"{kind}-*.sqlite3")) if path != draft
        ]

    def create(self, name: str) -> None:
        """Do nothing: the first connection makes the file."""

    def duplicate(self, name: str, target: str) -> None:
        self.remove(target)
        shutil.copyfile(name, target)

    def rename(self, name: str, target: str) -> None:
        if Path(f"{name}-wal").exists():
            raise RuntimeError(f"{name} is still in use: part of it is in another file.")
        Path(name).replace(target)

    def remove(self, name: str) -> None:
        for suffix in ("", "-wal", "-shm"):
            Path(name + suffix).unlink(missing_ok=True)


class PostgreSQLTemplates(Templates):
    """Databases on the same server, beside the test database."""

    def __init__(self, run: str = "") -> None:
        super().__init__(run)
        self.prefix = f"test_{connection.settings_dict['NAME']}"

    def server_version(self) -> str:
        return self.ask("SELECT version()")[0]

    def name(self, kind: str, version: str) -> str:
        return f"{self.prefix}_{kind}_{version}"

    @contextmanager
    def alone(self, kind: str) -> Iterator[None]:
        with connection._nodb_cursor() as cursor:
            cursor.execute("SET statement_timeout = %s", [WAIT_SECONDS * 1000])
            cursor.execute(
                "SELECT pg_advisory_lock(hashtextextended(%s, 0))", [self.name(kind, "lock")]
            )
            yield

    def built(self, kind: str) -> list[str]:
        pattern = f"_{kind}_[0-9a-f]{{{len(self.digest)}}}$"
        return self.ask(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s)"
            " AND substr(datname, %s) ~ %s",
            self.prefix, len(self.prefix) + 1, f"^{pattern}",
        )  # fmt: skip

    def create(self, name: str) -> None:
        self.execute(f"CREATE DATABASE {quoted(name)}")

    def duplicate(self, name: str, target: str) -> None:
        self.remove(target)
        self.execute(f"CREATE DATABASE {quoted(target)} TEMPLATE {quoted(name)}")

    def rename(self, name: str, target: str) -> None:
        self.execute(f"ALTER DATABASE {quoted(name)} RENAME TO {quoted(target)}")

    def remove(self, name: str) -> None:
        # With what is still connected: servers of a test end after it.
        self.execute(f"DROP DATABASE IF EXISTS {quoted(name)} WITH (FORCE)")

    def execute(self, statement: str) -> None:
        with connection._nodb_cursor() as cursor:
            cursor.execute(statement)

    def ask(self, question: str, *parameters: Any) -> list[Any]:
        """Return the first column of the answer."""
        with connection._nodb_cursor() as cursor:
            cursor.execute(question, parameters)
            return [row[0] for row in cursor.fetchall()]


def quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def templates(run: str = "") -> Templates:
    """Return the templates for the database that the settings name."""
    kind = SQLiteTemplates if connection.vendor == "sqlite" else PostgreSQLTemplates
    return kind(run)


def digest(*more: str) -> str:
    """Return a digest of what the content of templates follows from: the code and the data of
    every package but these tests, the dataset's files, and the versions of what runs them."""
    hasher = blake2b(digest_size=8)
    for path in sources():
        content = path.read_bytes()
        hasher.update(f"{path.relative_to(settings.BASE_DIR)}\0{len(content)}\0".encode())
        hasher.update(content)
    installed = sorted({(found.name, found.version) for found in distributions()})
    hasher.update(repr([sys.version, installed, settings_of_database(), *more]).encode())
    return hasher.hexdigest()


def sources() -> Iterator[Path]:
    base = Path(settings.BASE_DIR)
    packages = {path.parent for path in base.glob("*/__init__.py")} - {base / "tests"}
    for directory in sorted(packages | {base / "fixtures"}):
        for path in sorted(directory.rglob("*")):
            if path.is_file() and not PAGES & {*path.relative_to(directory).parts}:
                yield path
    yield Path(__file__)


def settings_of_database() -> list[Any]:
    return [connection.settings_dict[name] for name in ("ENGINE", "OPTIONS")]
