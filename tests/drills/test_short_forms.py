"""The drills whose result depends on no clock, in a short form, on the database of the tests.

Of many machines too: there a slow machine makes requests wait, which the drill counts as no fault.
"""

import os
import shutil
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from drills.clusters import binaries

SHORT = {
    # Every recipe restores what was acknowledged.
    "restore": ["--short"],
    # A process killed while it publishes loses and tears nothing.
    "kills": ["--kills", "5", "--writes", "100"],
}
MACHINES = ("haproxy", "pgbouncer", "redis-server")


def run(script: str, *options: str) -> None:
    drill = subprocess.run(
        [sys.executable, f"drills/{script}.py", *options],
        cwd=settings.BASE_DIR,
        text=True,
        capture_output=True,
    )
    assert drill.returncode == 0, f"{drill.stdout}\n{drill.stderr}"


def need_server() -> None:
    """Skip if no PostgreSQL server is installed here, which CI must have."""
    if not os.environ.get("CI"):
        try:
            binaries()
        except SystemExit as error:
            pytest.skip(str(error))


@pytest.fixture(scope="module")
def empty(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """A file with what `migrate` made for the tests: to run it again takes a quarter minute."""
    file = tmp_path_factory.mktemp("short") / "empty"
    with django_db_blocker.unblock():
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("VACUUM INTO %s", [str(file)])
            return str(file)
        found = connection.get_connection_params()
    place = {f"PG{name.upper()}": found.get(name) for name in ("host", "port", "user", "password")}
    subprocess.run(
        ["pg_dump", "--format=custom", "--no-owner", f"--file={file}", found["dbname"]],
        env=os.environ | {name: str(value) for name, value in place.items() if value},
        check=True,
    )
    return str(file)


@pytest.mark.slow
@pytest.mark.parametrize("name", SHORT)
def test_nothing_acknowledged_is_lost(name: str, empty: str) -> None:
    if connection.vendor == "postgresql":
        need_server()
    run(name, "--database", connection.vendor, *SHORT[name], "--empty", empty)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed")
@pytest.mark.skipif(connection.vendor != "sqlite", reason="the database changes nothing of it")
def test_cache_in_front_keeps_what_never_changes(empty: str) -> None:
    run("edge", "--short", "--empty", empty)


@pytest.mark.slow
@pytest.mark.skipif(not all(map(shutil.which, MACHINES)), reason=f"needs {', '.join(MACHINES)}")
@pytest.mark.skipif(connection.vendor != "postgresql", reason="of PostgreSQL")
def test_no_response_is_wrong_while_machines_fail(empty: str) -> None:
    need_server()
    run("many", "--short", "--empty", empty)
