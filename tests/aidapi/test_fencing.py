"""A primary that was superseded takes no write: it is passed over, or refuses to publish."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection, connections, transaction
from django.test import Client

from aidapi.database.postgresql import base
from aidapi.database.postgresql.fencing import SUPERSEDED, Place, Timelines, each_host, timelines
from records.models import RevisionCounter
from tests.support.routes import problem

POSTGRESQL = pytest.mark.skipif(connection.vendor != "postgresql", reason="of PostgreSQL")


@pytest.fixture(autouse=True)
def nothing_seen() -> Iterator[None]:
    timelines.own.clear()
    yield
    timelines.own.clear()


def test_later_timeline_of_a_cluster_supersedes_the_earlier() -> None:
    seen = Timelines()
    seen.note(Place("a", 2))

    assert seen.is_superseded(Place("a", 1))
    assert not seen.is_superseded(Place("a", 2))
    assert not seen.is_superseded(Place("a", 3))
    assert not seen.is_superseded(Place("b", 1)), "another cluster"
    assert not seen.is_superseded(None), "a standby"


def test_hosts_are_tried_one_by_one() -> None:
    assert each_host({"host": "a,b", "port": "1,2", "user": "u"}) == [
        {"host": "a", "port": "1", "user": "u"},
        {"host": "b", "port": "2", "user": "u"},
    ]
    assert each_host({"host": "a,b"}) == [{"host": "a"}, {"host": "b"}]
    assert each_host({"host": "a,b", "port": 5}) == [
        {"host": "a", "port": "5"},
        {"host": "b", "port": "5"},
    ]


@POSTGRESQL
@pytest.mark.django_db(transaction=True)
def test_superseded_primary_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here both hosts are one server, which says that it is the old and the new primary."""
    params = connection.get_connection_params()
    host = params.get("host") or "/var/run/postgresql"
    places = iter([Place("a", 1), Place("a", 2)])
    monkeypatch.setattr(base, "place_of", lambda driver: next(places))
    timelines.note(Place("a", 2))

    connection.get_new_connection({**params, "host": f"{host},{host}"}).close()

    wrapper: Any = connection
    assert wrapper.place == Place("a", 2)
    assert next(places, None) is None
    monkeypatch.setattr(base, "place_of", lambda driver: Place("a", 1))
    with pytest.raises(OperationalError, match="another was promoted"):
        connection.get_new_connection({**params, "host": f"{host},{host}"})
    wrapper.place = None
    connection.close()


@POSTGRESQL
@pytest.mark.django_db(transaction=True)
def test_place_of_a_primary_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    with psycopg.connect(**connection.get_connection_params()) as driver:
        place = base.place_of(driver)

    assert place is not None
    assert place.system.isdecimal()
    assert place.timeline >= 1


@pytest.mark.django_db
def test_nothing_is_published_on_a_connection_to_it(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(connections["default"]), "is_superseded", lambda self: True)

    with pytest.raises(OperationalError, match="is the primary now"), transaction.atomic():
        RevisionCounter.advance()

    if connection.vendor == "postgresql":
        assert SUPERSEDED in problem(client.get("/readyz"), 503)["detail"]
