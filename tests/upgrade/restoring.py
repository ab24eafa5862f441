"""The database of a release, restored for a test of the tested database's sort."""

import lzma
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from django.conf import settings
from django.db import connection

RELEASES = Path(__file__).parent / "releases"
LATEST = "0.1.0"


@contextmanager
def restored_release(directory: Path, version: str = LATEST) -> Iterator[str]:
    """Restore the release's database, and yield its address."""
    if connection.vendor == "sqlite":
        path = directory / "release.sqlite3"
        path.write_bytes(lzma.decompress((RELEASES / f"{version}.sqlite3.xz").read_bytes()))
        yield f"sqlite:///{path}"
        return
    server = settings.DATABASES["default"]
    name = f"release_{uuid4().hex[:8]}"
    account = f"{server['USER']}:{server['PASSWORD'] or ''}"
    address = f"{account}@{server['HOST']}:{server['PORT'] or 5432}"
    with psycopg.connect(f"postgresql://{address}/postgres", autocommit=True) as administrator:
        administrator.execute(f"CREATE DATABASE {name}".encode())
        try:
            subprocess.run(
                ["psql", "-q", "-v", "ON_ERROR_STOP=1", f"postgresql://{address}/{name}"],
                input=lzma.decompress((RELEASES / f"{version}.sql.xz").read_bytes()),
                stdout=subprocess.DEVNULL,
                check=True,
            )
            yield f"postgres://{address}/{name}"
        finally:
            administrator.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
