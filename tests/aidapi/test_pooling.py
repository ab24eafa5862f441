"""Poolers before PostgreSQL: refused unless allowed, and what they need of the role."""

import shutil
import subprocess
import sys
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.test import Client, override_settings

from aidapi.database.addresses import connection_settings
from aidapi.database.postgresql import pooling
from tests.support.attempts import run
from tests.support.routes import problem

POSTGRESQL = pytest.mark.skipif(connection.vendor != "postgresql", reason="of PostgreSQL")


def settings_of(**more: bool) -> dict[str, Any]:
    address = "postgres://aidapi_writer@127.0.0.1:6432/aidapi"
    return connection_settings(address, lock_seconds=20, statement_seconds=900, **more)


def test_nothing_belongs_to_a_connection_through_a_pooler() -> None:
    direct, pooled = settings_of(), settings_of(pooled=True)

    assert "lock_timeout=20s" in direct["OPTIONS"]["options"]
    assert direct["OPTIONS"]["prepare_threshold"] == 2
    assert "options" not in pooled["OPTIONS"]
    assert pooled["OPTIONS"]["prepare_threshold"] is None
    assert pooled["DISABLE_SERVER_SIDE_CURSORS"]


@POSTGRESQL
@pytest.mark.django_db(transaction=True)
def test_pooler_is_refused_unless_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    connection.ensure_connection()
    assert not pooling.is_pooled(connection.connection)

    class Pooled:
        """A connection whose number is the pooler's."""

        def __getattr__(self, name: str) -> Any:
            return getattr(connection.connection, name)

        class info:
            backend_pid = 0

    with pytest.raises(OperationalError, match="Set POOLED=true"):
        pooling.refuse_pooler(Pooled())
    with override_settings(POOLED=True):
        pooling.refuse_pooler(Pooled())


@POSTGRESQL
@pytest.mark.parametrize(
    "words",
    [
        # PgBouncer up to 1.19, and from 1.20 on, which reads the options.
        "FATAL:  unsupported startup parameter: options",
        "FATAL:  unsupported startup parameter in options: jit",
    ],
)
def test_refusal_by_a_pooler_says_what_to_set(monkeypatch: pytest.MonkeyPatch, words: str) -> None:
    def refuse(**_: Any) -> None:
        raise psycopg.OperationalError(words)

    monkeypatch.setattr(psycopg, "connect", refuse)
    parameters = connection.get_connection_params()

    with pytest.raises(psycopg.OperationalError, match="Set POOLED=true"):
        connection.get_new_connection(parameters)


@POSTGRESQL
@pytest.mark.django_db
def test_role_without_the_settings_is_not_ready(client: Client) -> None:
    for name, value in {
        **pooling.SESSION,
        "lock_timeout": "20s",
        "statement_timeout": "9s",
    }.items():
        run(f"SET LOCAL {name} = '{value}'")
    with override_settings(POOLED=True):
        assert client.get("/readyz").status_code == 200
        run("SET LOCAL jit = on")
        run("SET LOCAL lock_timeout = 0")

        detail = problem(client.get("/readyz"), 503)["detail"]

    assert "jit = off, lock_timeout = '20s'" in detail


@POSTGRESQL
@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pgbouncer") is None, reason="PgBouncer is not installed")
def test_site_runs_through_the_documented_pooler() -> None:
    drill = subprocess.run(
        [sys.executable, "drills/pooling.py"],
        cwd=settings.BASE_DIR,
        text=True,
        capture_output=True,
    )

    assert drill.returncode == 0, f"{drill.stdout}\n{drill.stderr}"
