"""Processes that read from a replica: what it lacks is asked of the primary or refused, the latest
revision never goes back, and what needs accounts or writes is elsewhere.

Two databases stand for a primary with nine revisions and a replica that has eight.
"""

import datetime
import logging
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib import admin
from django.db import OperationalError, connection
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from aidapi import caching, primary, replicas
from aidapi.caching import Kept, newest_revision
from aidapi.database.addresses import attached
from aidapi.replicas import Look, Shown, Standing
from records.models import RevisionCounter
from records.publishing import publish
from tests.conftest import WatchedClient
from tests.support.databases import Templates, connected_to
from tests.support.factories import DonationFactory
from tests.support.histories import History
from tests.support.routes import API, RESOURCES, addresses, problem, walk

PAGES = [
    *("/", "/about/", "/changes/", "/corrections/", "/how-we-count/"),
    *("/browse/", "/browse/donations/"),
]
OLD, NEW = 8, 9


@pytest.fixture(scope="module")
def both(
    database_templates: Templates, history_is_made: tuple[str, bytes], django_db_blocker: Any
) -> Iterator[tuple[str, str, History]]:
    """The names of the replica and of the primary, and the books of what both have."""
    replica, books = history_is_made
    name = connection.creation.get_test_db_clone_settings("primary")["NAME"]
    with django_db_blocker.unblock():
        connection.close()
        database_templates.duplicate(replica, name)
        with connected_to(name):
            DonationFactory(published=True, title="is not at the replica")
    yield replica, name, pickle.loads(books)
    with django_db_blocker.unblock():
        connection.close()
        database_templates.remove(name)


@pytest.fixture
def history(both: tuple[str, str, History]) -> History:
    return both[2]


@pytest.fixture
def replica(both: tuple[str, str, History], django_db_blocker: Any) -> Iterator[Client]:
    """A reader of a process that knows only the replica."""
    with (
        django_db_blocker.unblock(),
        connected_to(both[0]),
        override_settings(READING=True, READ_ONLY=True),
    ):
        newest_revision.forget()
        primary.primary_lane.cache_clear()
        yield WatchedClient()
    primary.primary_lane.cache_clear()


@contextmanager
def with_primary(name: str) -> Iterator[None]:
    """Let the process know the primary, too."""
    with attached({**connection.settings_dict, "NAME": name}, primary.PRIMARY):
        primary.primary_lane.cache_clear()
        try:
            yield
        finally:
            lane = primary.primary_lane()
            for slot in lane.slots if lane else ():
                slot.connection.close()
            primary.primary_lane.cache_clear()


@pytest.fixture
def client(replica: Client, both: tuple[str, str, History]) -> Iterator[Client]:
    """A reader of a process that knows the replica, and whom to ask."""
    with with_primary(both[1]):
        yield replica


@pytest.fixture
def truth(both: tuple[str, str, History], replica: Client) -> Any:
    """Returns what a process at the primary answers."""

    def ask(address: str) -> Any:
        newest_revision.forget()
        with override_settings(READING=False, READ_ONLY=False), connected_to(both[1]):
            return WatchedClient().get(address)

    return ask


def versioned(history: History) -> list[str]:
    """Return the addresses that can be asked as of a revision."""
    return [
        address
        for address, parameters in addresses(history)
        if "revision" in parameters.base_filters
        and not address.startswith((f"{API}parties", f"{API}items"))
        and not address.endswith("/cite/")
    ]


def test_pinned_revision_that_the_replica_lacks_is_asked_of_the_primary(
    client: Client, history: History, truth: Any
) -> None:
    asked = versioned(history)
    assert len(asked) > 15
    for address in asked:
        pinned = f"{address}?revision={NEW}"
        response = client.get(pinned)
        right = truth(pinned)

        assert response.status_code == right.status_code, address
        if right.status_code == 200:
            assert response["Dataset-Revision"] == str(NEW), address
            assert response.content == right.content, address


def test_pinned_revision_is_503_without_a_primary_never_404(
    replica: Client, history: History
) -> None:
    for address in versioned(history):
        response = replica.get(f"{address}?revision={NEW}")

        assert problem(response, 503)["code"] == "behind", address
        assert int(response["Retry-After"]) > 0
        assert response["Cache-Control"] == "no-store"


def test_revision_that_nobody_has_does_not_exist(client: Client) -> None:
    assert problem(client.get(f"{API}donations/?revision=99"), 404)["code"] == "unknown_revision"


def test_revision_that_the_replica_has_costs_the_primary_nothing(
    replica: Client, history: History
) -> None:
    """Though a later one was shown."""
    replicas.shown.note(NEW)
    for address in versioned(history):
        response = replica.get(f"{address}?revision={OLD}")

        assert response.status_code == 200, address
        assert response["Dataset-Revision"] == str(OLD)


@pytest.mark.parametrize("resource", RESOURCES, ids=str)
def test_walk_begun_elsewhere_goes_on_whole(client: Client, truth: Any, resource: Any) -> None:
    first = truth(f"{resource.path}?page_size=5").json()
    if first["next"] is None:
        return

    pages = list(walk(client, first["next"]))

    assert {page["revision"] for page in pages} == {NEW}
    rows = [row for page in (first, *pages) for row in page["results"]]
    assert rows == truth(f"{resource.path}?page_size=500").json()["results"]


def test_cursor_is_503_without_a_primary_never_400(replica: Client, truth: Any) -> None:
    following = truth(f"{API}donations/?page_size=1").json()["next"]

    response = replica.get(following)

    assert problem(response, 503)["code"] == "behind"
    assert response["Retry-After"]


def test_latest_revision_never_goes_back(client: Client, history: History, truth: Any) -> None:
    """Whichever process has shown it."""
    latest = [address for address, _ in addresses(history)]
    replicas.shown.note(NEW)
    for address in [*latest, *PAGES]:
        response = client.get(address)

        right = truth(address)
        assert response.status_code == right.status_code, address
        assert response.get("Dataset-Revision") == right.get("Dataset-Revision"), address
        if "/cite/" not in address:
            assert response.content == right.content, address


def test_latest_revision_never_goes_back_without_a_primary(
    replica: Client, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replicas, "PATIENCE", 0)
    replicas.shown.note(NEW)
    for address in [*(address for address, _ in addresses(history)), *PAGES]:
        response = replica.get(address)

        if response.status_code != 200 or response.has_header("Dataset-Revision"):
            assert response.status_code == 503, address
            assert response["Retry-After"]


def test_followers_are_never_told_an_earlier_revision_than_they_have(
    client: Client, replica: Client
) -> None:
    response = client.get(f"{API}changes/?changed_since={NEW}")

    assert (response.json()["revision"], response.json()["results"]) == (NEW, [])

    for pinned in ("", f"&revision={NEW - 1}"):
        response = client.get(f"{API}changes/?changed_since={NEW + 1}{pinned}")

        error = problem(response, 404)
        assert error["code"] == "unknown_revision"
        assert f"the latest is {NEW}." in error["detail"]


def test_replica_that_catches_up_soon_is_waited_for(
    replica: Client, both: tuple[str, str, History], monkeypatch: pytest.MonkeyPatch
) -> None:
    """So a publication does not send the readers of all replicas to the primary."""
    replicas.shown.note(NEW)
    usual = replicas.head

    def head() -> int:
        connection.close()
        connection.settings_dict["NAME"] = both[1]
        return usual()

    monkeypatch.setattr(replicas, "head", head)
    try:
        response = replica.get(f"{API}donations/")
    finally:
        connection.close()
        connection.settings_dict["NAME"] = both[0]

    assert response["Dataset-Revision"] == str(NEW)


def test_kept_answer_of_the_shown_revision_is_served_by_a_replica_that_lacks_it(
    replica: Client, truth: Any
) -> None:
    address = f"{API}donations/?page_size=2"
    with override_settings(CACHE_ENTRIES=100):
        right = truth(address)
        replicas.shown.note(NEW)
        newest_revision.forget()

        response = replica.get(address)

    assert response.content == right.content


# --- What is kept


def kept(revision: int) -> Kept:
    return Kept(revision, False, "/api/v1/donations/", {"Content-Type": "text/plain"}, b"x")


def test_kept_answer_is_not_replaced_by_an_older_one() -> None:
    with override_settings(CACHE_ENTRIES=10):
        for revision in (8, 9, 8):
            caching.keep("a", kept(revision))

    assert caching.find("a") == kept(9)


# --- Days


def test_past_day_that_the_replica_may_lack_is_asked_of_the_primary(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = timezone.now().date() - datetime.timedelta(days=1)
    old = Standing(0, False, timezone.now() - datetime.timedelta(days=3))
    asked: list[int] = []
    monkeypatch.setattr(
        primary, "ASKED", type("Counted", (), {"inc": lambda self: asked.append(1)})()
    )

    assert client.get(f"{API}revisions/?on={day}").status_code == 200
    assert not asked
    monkeypatch.setattr(replicas.standing, "look", lambda: old)
    today = client.get(f"{API}revisions/?on={timezone.now().date()}")
    assert (today.json()["revision"], asked) == (OLD, [])

    assert client.get(f"{API}revisions/?on={day}").json()["revision"] == NEW

    assert asked == [1]


# --- What is elsewhere


def test_admin_and_forms_are_elsewhere(client: Client) -> None:
    for model in admin.site._registry:
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for response in (client.get(address), client.post(address)):
            assert problem(response, 404)["code"] == "not_here"
            assert not response.cookies
    for address in ("/admin/", "/admin/login/", "/records/don-7k3m9q2x/report/"):
        for response in (client.get(address), client.post(address)):
            detail = problem(response, 404)["detail"]
            assert f"http://testserver{address}" in detail
            assert response["Cache-Control"] == "no-store"
    page = client.get("/admin/", headers={"Accept": "text/html"})
    assert (page.status_code, page["Content-Type"]) == (404, "text/html; charset=utf-8")


# --- Streams


def test_piece_of_a_download_waits_for_its_revision(
    replica: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another connection of the process may lead to another replica."""
    numbers = iter([OLD, OLD, NEW])
    monkeypatch.setattr(replicas, "head", lambda: next(numbers))

    replicas.wait_for(NEW)

    assert next(numbers, None) is None
    monkeypatch.setattr(replicas, "head", lambda: OLD)
    with pytest.raises(OperationalError, match="lacks revision 9"):
        replicas.wait_for(NEW, 0.05)


# --- How far behind


def test_lag_is_the_age_of_what_was_received_and_not_applied(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [100.0]
    monkeypatch.setattr(replicas.time, "monotonic", lambda: now[0])
    look = Look()

    def lag(received: int, applied: int) -> float:
        now[0] += 10
        # The last transaction was a day ago: the primary was at rest.
        return look.note(True, received, applied, True, 86_400.0).lag

    assert lag(500, 500) == 0
    assert lag(600, 500) == 0
    assert lag(700, 500) == 10
    assert lag(700, 600) == 0, "what was received first is applied; the rest is seen now"
    assert lag(700, 650) == 10
    assert lag(700, 700) == 0


def test_replica_without_a_connection_is_as_old_as_its_last_transaction() -> None:
    look = Look()

    connected = look.note(True, 500, 500, True, 3_600.0)
    cut = look.note(True, 500, 500, False, 3_600.0)
    promoted = look.note(False, None, None, False, None)

    assert timezone.now() - connected.as_of < datetime.timedelta(seconds=5)
    assert timezone.now() - cut.as_of > datetime.timedelta(seconds=3_590)
    assert (cut.lag, cut.is_connected) == (0, False)
    assert promoted.is_connected


def test_replica_that_is_far_behind_is_not_ready(
    replica: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert replica.get("/readyz").status_code == 200
    monkeypatch.setattr(replicas.standing, "look", lambda: Standing(31.0, True, timezone.now()))

    assert "31 seconds behind" in problem(replica.get("/readyz"), 503)["detail"]


def test_replica_that_lacks_what_was_shown_is_not_ready_after_a_while(
    replica: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    replicas.shown.note(NEW)
    assert replica.get("/readyz").status_code == 200

    with override_settings(LAG_SECONDS=-1):
        assert f"revision {NEW}" in problem(replica.get("/readyz"), 503)["detail"]


def test_lag_is_measured(replica: Client) -> None:
    text = replica.get("/metrics").content.decode()

    assert "aidapi_replica_lag_seconds 0.0" in text
    assert "aidapi_replica_connected 1.0" in text
    assert f"aidapi_revision {OLD}.0" in text


# --- What processes share


def test_process_that_reads_nothing_else_shares_nothing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)

    shown = Shown()
    shown.note(4)
    shown.note(3)

    assert shown() == 4
    assert not caplog.records


@pytest.mark.django_db(transaction=True)
def test_what_is_published_is_told_unless_the_standby_has_not_confirmed_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    DonationFactory(published=True)
    told = replicas.shown.own
    numbers = iter(range(100))
    monkeypatch.setattr(publish, "_unconfirmed", lambda: next(numbers))

    DonationFactory(published=True)

    assert told > 0
    assert (replicas.shown.own, RevisionCounter.number() > told) == (told, True)
