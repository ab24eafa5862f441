"""The database is away: every route says so, and what needs no database is answered."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, OperationalError, connection, connections
from django.test import Client, override_settings

from aidapi import caching, deadlines
from aidapi.caching import newest_revision
from aidapi.lanes import Lane
from aidapi.outcomes import commits, explained
from tests.support.deadlines import SLOW
from tests.support.histories import History
from tests.support.routes import API, addresses, problem

WITHOUT = {"/livez", "/docs/", "/reference/", "/guide/", "/dictionary/", f"{API}openapi.json"}
"""Addresses that need no database."""
PAGES = ["/", "/how-we-count/", "/records/don-7k3m9q2x/", "/records/don-00000000/"]
ADMIN = ["/admin/", "/admin/records/donation/", "/admin/password_change/"]


@contextmanager
def away() -> Iterator[None]:
    """No statement is executed, as when the server ended."""

    def refuse(*_: Any) -> Any:
        raise OperationalError("server closed the connection unexpectedly")

    newest_revision.forget()
    with connection.execute_wrapper(refuse):
        yield


def test_every_route_is_503_with_retry_after(client: Client, history: History) -> None:
    api = [address for address, _ in addresses(history)]
    assert len(api) > 20
    with away():
        for address in [*api, *PAGES, "/readyz"]:
            response = client.get(address)

            problem(response, 503)
            assert int(response["Retry-After"]) > 0, address
            assert response["Cache-Control"] == "no-store", address
        for address in WITHOUT:
            assert client.get(address).status_code == 200, address


def test_people_read_it_in_words(superuser_client: Client) -> None:
    superuser_client.raise_request_exception = False
    with away():
        pages = [superuser_client.get(address) for address in ADMIN]
        pages.append(superuser_client.get("/", headers={"Accept": "text/html,*/*;q=0.8"}))

    for page in pages:
        assert (page.status_code, page["Content-Type"]) == (503, "text/html; charset=utf-8")
        assert "The database is not available." in page.content.decode()
        assert page["Retry-After"] == "5"
    assert "Nothing was written." in pages[0].content.decode()
    assert "written" not in pages[-1].content.decode()


@contextmanager
def not_migrated() -> Iterator[None]:
    """The table of every statement is missing, as in a database of an earlier version."""

    def ask_elsewhere(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        return execute("SELECT n FROM no_such_table", None, many, context)

    newest_revision.forget()
    with connection.execute_wrapper(ask_elsewhere):
        yield


@pytest.mark.django_db(transaction=True)
def test_database_that_is_not_migrated_says_what_to_run(client: Client) -> None:
    """Alike on both databases, whose errors are of different classes."""
    with not_migrated():
        told = explained(lambda: call_command("reindex"), commits())
        answers = [client.get(address) for address in (f"{API}donations/", "/")]

    assert "run `manage.py migrate`" in told
    assert "Nothing was written." in told
    for response in answers:
        problem(response, 503)


def test_lost_session_store_after_a_view_is_no_error_of_ours(
    superuser_client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    """In middleware, where no view handles it."""
    superuser_client.raise_request_exception = False
    with away():
        superuser_client.get("/admin/")

    assert not [record for record in caplog.records if record.exc_info]


def test_pinned_responses_are_served_and_latest_ones_are_not(
    client: Client, history: History
) -> None:
    client.raise_request_exception = False
    latest = f"{API}donations/?page_size=2"
    pinned = f"{latest}&revision={history.newest}"
    with override_settings(CACHE_ENTRIES=500):
        before = {address: client.get(address) for address in (latest, pinned)}
        with away():
            served = client.get(pinned)
            refused = client.get(latest)
            newest_revision.observe(history.newest)
            newest_revision.known = history.newest, float("-inf")
            same = client.get(pinned, headers={"If-None-Match": before[pinned]["ETag"]})

    assert served.content == before[pinned].content
    assert same.status_code == 304
    problem(refused, 503)
    assert refused["Retry-After"]


def test_revision_number_has_a_deadline_of_its_own(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is read before the deadline of the request begins."""
    seen: list[Any] = []

    def number() -> int:
        seen.extend(deadlines.watch.watched)
        return 0

    monkeypatch.setattr(caching, "import_string", lambda _: SimpleNamespace(number=number))
    with override_settings(CACHE_ENTRIES=500):
        newest_revision.forget()
        newest_revision()

    assert len(seen) == 1
    assert not deadlines.watch.watched


@pytest.fixture
def hung(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A server that takes no cancellation, and does not notice that its client went."""
    if connection.vendor != "postgresql":
        pytest.skip("of PostgreSQL")
    monkeypatch.setattr(deadlines, "CUT_SECONDS", -1)
    yield
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_server_that_takes_no_cancellation_loses_its_client(hung: None) -> None:
    began = time.monotonic()

    with (
        pytest.raises(OperationalError),
        deadlines.limited(0.2, connections[DEFAULT_DB_ALIAS]),
        connection.cursor() as cursor,
    ):
        cursor.execute(SLOW["postgresql"])

    assert time.monotonic() - began < 5


def in_a_slot(lane: Lane, act: Callable[[Any], None]) -> None:
    """Do something as a request of the lane does, with a slot's connection that is open."""

    def run() -> None:
        slot = lane.take("192.0.2.1", 0)
        slot.connection.ensure_connection()
        with slot:
            act(slot.connection)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(10)
    assert len(lane.free) == len(lane.slots)


@pytest.fixture
def lane(transactional_db: None) -> Iterator[Lane]:
    lane = Lane("test", 3, 1)
    yield lane
    for slot in lane.slots:
        slot.connection.close()


def renewed(lane: Lane) -> list[bool]:
    return [slot.renewed for slot in lane.slots]


def lose(database: Any) -> None:
    database.close()


def overrun(database: Any) -> None:
    """Run a statement past the deadline of its request."""
    with (
        pytest.raises(OperationalError),
        deadlines.bounded(0.1),
        database.cursor() as cursor,
    ):
        cursor.execute(SLOW[database.vendor])
    assert database.connection is None


def test_lost_connection_renews_those_of_free_slots(lane: Lane) -> None:
    in_a_slot(lane, lose)

    assert renewed(lane) == [True, True, False]


def test_renewed_connection_renews_no_others(lane: Lane) -> None:
    """Even if its request needs none."""
    lane.slots[2].connection.ensure_connection()
    lane.slots[2].renewed = True

    in_a_slot(lane, lambda database: None)

    assert lane.slots[2].connection.connection is None
    assert renewed(lane) == [False] * 3


def test_deadline_leaves_the_connections_of_others(lane: Lane) -> None:
    in_a_slot(lane, overrun)

    assert renewed(lane) == [False] * 3


def test_deadline_of_a_hung_server_renews_them(hung: None, lane: Lane) -> None:
    in_a_slot(lane, overrun)

    assert renewed(lane) == [True, True, False]
