"""SQL compiled once per shape, and views that read without DRF's dispatch: they answer what the
reference answers, which builds every query, and dispatches every request as DRF does."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from unittest import mock
from urllib.parse import urlencode, urlsplit

import pytest
from django.test import Client
from rest_framework.views import APIView

from records.api.views.base import DatasetView
from records.query import compiled
from records.query.planner import RecordQuery
from tests.support.histories import History
from tests.support.parameter_values import good_values
from tests.support.random_queries import PLANS, drawn_query, planned_for
from tests.support.routes import API, RECORDS, addresses
from tests.support.thoroughness import scaled, some

pytestmark = pytest.mark.django_db

HEADERS: list[dict[str, str]] = [
    {},
    {"Accept": "text/csv;q=0.5, application/json"},
    {"Accept": "text/html"},
    {"Accept": ",".join(["a/b"] * 101)},
]


@contextmanager
def reference() -> Iterator[None]:
    with (
        mock.patch.object(RecordQuery, "shape", return_value=None),
        mock.patch.object(DatasetView, "dispatch", APIView.dispatch),
    ):
        yield


def compare(client: Client, address: str, method: str = "GET", **headers: str) -> str:
    """Return the address of the next page, if there is one; fail if the answers differ."""
    found = client.generic(method, address, headers=headers)
    with reference():
        expected = client.generic(method, address, headers=headers)

    assert found.status_code == expected.status_code, address
    assert dict(found.items()) == dict(expected.items()), address
    assert found.content == expected.content, address
    if (method, found.status_code, found["Content-Type"]) != ("GET", 200, "application/json"):
        return ""
    following = found.json().get("next") or ""
    return following and "{0.path}?{0.query}".format(urlsplit(following))


@pytest.mark.slow(every=True)
def test_fast_answers_are_those_of_the_reference(client: Client, history: History) -> None:
    """For every value of every parameter, every ordering, in both directions, and at random."""
    compiled.kept.clear()
    rng = Random(1)
    queries = [
        (resource, {name: value})
        for resource in RECORDS
        for name, parameter in resource.parameters.base_filters.items()
        for value in good_values(name, parameter, history)
    ]
    drawn = [
        (resource, drawn_query(rng, resource, history))
        for resource, _ in itertools.product(RECORDS, range(scaled(250)))
    ]
    for resource, query in [*some(queries, 60), *some(drawn, 25)]:
        page = resource.path + "?" + urlencode({"page_size": "2"} | query)
        with planned_for(rng.choice(PLANS)):
            after = compare(client, page)
            # From a page along both of its links.
            for _ in range(2):
                after = after and compare(client, after)
        if after:
            back = client.get(after).json()["previous"]
            compare(client, back.replace("http://testserver", ""))
    assert sum(one is not None for one in compiled.kept.values()) > 20
    assert None not in compiled.kept.values()


@pytest.mark.slow(every=True)
def test_every_route_answers_as_by_the_dispatch_of_drf(client: Client, history: History) -> None:
    for address, _ in some(addresses(history), 20):
        for query, headers in itertools.product(("", "?donr=CHN", "?revision=99"), HEADERS):
            compare(client, address + query, **headers)
        for method in ("HEAD", "OPTIONS", "POST"):
            compare(client, address, method)


def test_values_that_change_the_sql_are_not_compiled(history: History) -> None:
    query = RecordQuery(RECORDS[0].model, {})
    rows = query.model.objects.in_force(1)
    values = {"text": "mask"}

    assert compiled.compile_shape(values, lambda given: rows.filter(title=given["text"]))
    # Within a pattern; as many times as it has letters.
    assert not compiled.compile_shape(
        values, lambda given: rows.filter(title__contains=given["text"])
    )
    assert not compiled.compile_shape(
        values, lambda given: rows.filter(version__in=range(sum(map(ord, given["text"])) % 97))
    )


def test_kept_shapes_are_limited(
    client: Client, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled, "MAXIMUM", 3)
    compiled.kept.clear()

    for size in range(1, 7):
        assert len(client.get(f"{API}donations/?page_size={size}").json()["results"]) == size
        assert 1 <= len(compiled.kept) <= 3
