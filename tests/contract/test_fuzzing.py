"""Some of the requests and searches that `benchmarks/fuzz.py` sends by the ten thousand: no answer
is a server error, and each is as the OpenAPI document has it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from random import Random
from typing import Any
from unittest import mock
from urllib.parse import unquote_plus

import orjson
import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from aidapi.schema import document
from tests.support import fuzzing
from tests.support.fuzzing import HEADERS, HostileRequest, Request, answer, difference, faults
from tests.support.histories import History
from tests.support.naive_evaluator import evaluate
from tests.support.routes import API, RECORDS
from tests.support.thoroughness import THOROUGH, scaled

pytestmark = pytest.mark.django_db

EACH = 6 if THOROUGH else 2
"""So many derived requests, and so many hostile ones, are requested of each operation."""


@pytest.fixture(scope="module")
def schema() -> Any:
    return fuzzing.schema_of(document())


@pytest.fixture
def application() -> Iterator[Callable]:
    # Imported when the settings of the tests hold: the server's entry point loads all at once.
    from aidapi import wsgi

    # The connection is the test's, with its open transaction: a request must not close it.
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    # Without lanes, whose requests have connections of their own.
    with mock.patch.object(wsgi, "answer", wsgi.site):
        yield wsgi.application
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


def wrong(application: Callable, requested: list[HostileRequest]) -> list[tuple[str, list[str]]]:
    """The requests that are answered as they must not be."""
    found = [
        (str(one.request), faults(one, answer(application, one.request))) for one in requested
    ]
    return [(request, reported) for request, reported in found if reported]


@pytest.mark.slow(every=True)
def test_requests_derived_from_the_document_are_answered_as_it_says(
    application: Callable, history: History, schema: Any
) -> None:
    operations = fuzzing.operations(schema)
    requested = [
        one
        for operation in operations
        for one in islice(fuzzing.systematic(schema, operation), EACH)
    ]

    assert len({one.case.operation.label for one in requested if one.case}) == len(
        document()["paths"]
    )
    assert wrong(application, requested) == []


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("path", ["donations/", "contracts/summary/", "statements/{id}/cite/"])
def test_requests_drawn_from_the_document_are_answered_as_it_says(
    application: Callable, history: History, schema: Any, path: str
) -> None:
    requested = fuzzing.drawn(schema[API + path]["GET"], examples=10, seed_=1)

    assert len(requested) >= 10
    assert wrong(application, requested) == []


@pytest.mark.slow
def test_hostile_requests_are_refused_as_the_document_says(
    application: Callable, history: History, schema: Any
) -> None:
    rng = Random(1)
    requested = list(fuzzing.elsewhere())
    for operation in fuzzing.operations(schema):
        requested += rng.sample(list(fuzzing.hostile(operation)), EACH)

    assert wrong(application, requested) == []


def test_requests_are_drawn_of_an_operation_without_parameters(schema: Any) -> None:
    """It has no invalid ones."""
    bare = [one for one in fuzzing.operations(schema) if not list(one.iter_parameters())]

    assert bare
    for operation in bare:
        assert fuzzing.drawn(operation, examples=3, seed_=1)


@pytest.mark.slow(every=True)
def test_searches_of_any_text_find_what_they_mean(application: Callable, history: History) -> None:
    statuses = set()
    for place, text in enumerate(fuzzing.searches(max(scaled(200), 60), seed_=1)):
        resource = RECORDS[place % len(RECORDS)]
        target = f"{resource.path}?page_size=500&search={text}"
        got = answer(application, Request("GET", target, HEADERS))

        assert got.status in (200, 400), text
        statuses.add(got.status)
        if got.status == 200:
            expected = evaluate(
                history,
                resource.kind,
                {"search": unquote_plus(text)},
                resource.default_ordering(),
            )
            ids = [row["id"] for row in orjson.loads(got.body)["results"]]
            assert ids == [row.id for row in expected], text
    assert statuses == {200, 400}


# The judge


@pytest.fixture
def good(
    application: Callable, history: History, schema: Any
) -> tuple[HostileRequest, fuzzing.Answer]:
    operation = schema[f"{API}donations/"]["GET"]
    requested = HostileRequest(Request("GET", f"{API}donations/", HEADERS), operation.Case())
    return requested, answer(application, requested.request)


def test_what_must_not_be_is_noticed(good: tuple[HostileRequest, fuzzing.Answer]) -> None:
    requested, got = good
    page = orjson.loads(got.body)
    page["results"][0]["title"] = None
    headers = {name: value for name, value in got.headers.items() if name != "dataset-revision"}

    assert faults(requested, got) == []
    assert "JsonSchemaError" in faults(requested, replace(got, body=orjson.dumps(page)))[0]
    assert "MissingHeaders" in faults(requested, replace(got, headers=headers))[0]
    assert faults(requested, replace(got, status=500))
    assert faults(requested, replace(got, status=418))
    assert faults(replace(requested, statuses=(400,)), got) == ["200 is none of (400,)"]


def test_what_differs_is_noticed(good: tuple[HostileRequest, fuzzing.Answer]) -> None:
    requested, got = good

    assert difference(requested.request, got, got) is None
    assert difference(requested.request, got, replace(got, status=404)) == "status 200 and 404"
    assert difference(requested.request, got, replace(got, body=b"")) == "bodies"
    other = replace(got, headers=got.headers | {"etag": "x"})
    assert difference(requested.request, got, other) == "headers etag"
