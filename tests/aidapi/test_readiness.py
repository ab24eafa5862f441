"""`/readyz` fails where a process would serve the wrong data, or fail at the next write."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.db import connection, connections
from django.test import Client, override_settings

from tests.publishing.test_roles import act_as
from tests.support.attempts import run
from tests.support.databases import connected_to
from tests.support.routes import problem

SQLITE = pytest.mark.skipif(connection.vendor != "sqlite", reason="of SQLite")
POSTGRESQL = pytest.mark.skipif(connection.vendor != "postgresql", reason="of PostgreSQL")


def faults(client: Client) -> str:
    """Return what the probe says; empty if the process is ready."""
    response = client.get("/readyz")
    return "" if response.status_code == 200 else problem(response, 503)["detail"]


@pytest.fixture
def file(tmp_path: Path, transactional_db: None) -> Path:
    """A copy of the test database."""
    run("PRAGMA wal_checkpoint(TRUNCATE)")
    copy = tmp_path / "copy.sqlite3"
    shutil.copyfile(connection.settings_dict["NAME"], copy)
    return copy


@SQLITE
def test_deleted_file_is_noticed(client: Client, file: Path) -> None:
    with connected_to(str(file)):
        assert faults(client) == ""

        file.unlink()

        assert "was deleted or replaced" in faults(client)


@SQLITE
def test_replaced_file_is_noticed_even_by_a_new_connection(client: Client, file: Path) -> None:
    with connected_to(str(file)):
        assert faults(client) == ""

        shutil.copyfile(file, file.with_suffix(".new"))
        file.with_suffix(".new").replace(file)

        assert "was deleted or replaced" in faults(client)
        connection.close()
        assert "was deleted or replaced" in faults(client)


@SQLITE
def test_read_only_file_is_noticed_where_the_process_writes(client: Client, file: Path) -> None:
    with connected_to(f"file:{file}?mode=ro"):
        assert "database file is read-only" in faults(client)
        with override_settings(READ_ONLY=True):
            assert faults(client) == ""


@SQLITE
def test_full_disk_of_the_file_is_noticed(
    client: Client, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connected_to(str(file)):
        monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1_000_000))

        assert "disk of the database file is full" in faults(client)


@SQLITE
@pytest.mark.django_db(transaction=True)
def test_file_in_which_another_writes_is_ready(client: Client) -> None:
    with another_connection(), connection.cursor():
        assert faults(client) == ""


@contextmanager
def another_connection() -> Iterator[None]:
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("BEGIN IMMEDIATE")
        yield
        cursor.execute("ROLLBACK")
    other.close()


@POSTGRESQL
@pytest.mark.django_db
def test_read_only_server_is_noticed_where_the_process_writes(client: Client) -> None:
    run("SET LOCAL transaction_read_only = on")

    assert "is read-only for this process" in faults(client)
    with override_settings(READ_ONLY=True):
        assert faults(client) == ""


@POSTGRESQL
@pytest.mark.django_db
def test_reading_role_is_ready_where_the_process_only_reads(client: Client) -> None:
    act_as("reader")

    assert "is read-only for this process" in faults(client)
    with override_settings(READ_ONLY=True):
        assert faults(client) == ""


@POSTGRESQL
@pytest.mark.django_db
def test_writing_role_is_ready(client: Client) -> None:
    act_as("writer")

    assert faults(client) == ""


@POSTGRESQL
@pytest.mark.django_db
def test_logical_subscriber_is_noticed(client: Client) -> None:
    run("SET LOCAL allow_system_table_mods = on")
    run(
        "INSERT INTO pg_subscription_rel (srsubid, srrelid, srsubstate)"
        " VALUES (1, 'records_donation'::regclass, 'r')"
    )

    assert "logical replication" in faults(client)


@POSTGRESQL
@pytest.mark.django_db
def test_disk_on_which_the_server_cannot_write_is_noticed(client: Client) -> None:
    run("SET LOCAL temp_file_limit = 0")

    assert "cannot write to its disk" in faults(client)
