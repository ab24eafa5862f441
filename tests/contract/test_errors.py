"""Every failure is a problem as RFC 9457 has them, wherever it happens."""

from typing import Any

import pytest
from django.conf import settings as site
from django.db import DatabaseError
from django.test import Client

from aidapi import pagination
from records.api.views.lists import RecordList
from records.models import RevisionCounter
from records.publishing import triggers
from tests.support.histories import History
from tests.support.routes import API, RESOURCES, Resource, addresses, ask, problem

pytestmark = pytest.mark.django_db

SECRETS = [
    "Traceback",
    "site-packages",
    str(site.BASE_DIR),
    site.SECRET_KEY,
    "SELECT",
    "records_",
    "django",
]
"""What no answer may say of the machine."""


def assert_discreet(content: bytes) -> None:
    text = content.decode()
    assert [secret for secret in SECRETS if secret in text] == []


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/nothing/",
        "/api/",
        "/api/v2/",
        "/api/v1/donation/",
        "/api/v1/summary/",
        "/api/v1/donations/don-00000000/figures/",
        "/api/v1/donations//",
        "/api/v1/donations/%0A/",
        "/api/v1/donations.json",
        "/API/V1/DONATIONS/",
        "//api/v1/donations/",
        "/api/v1/../../etc/passwd",
        "/api/v1/donations/..%2F..%2Fetc%2Fpasswd/",
        "/é/\ud83e\udda0/".encode("utf-16", "surrogatepass").decode("utf-16"),
        "/%FF/",
    ],
)
def test_an_unknown_address_is_a_problem(client: Client, db: None, path: str) -> None:
    body = problem(client.get(path), 404)

    assert body["code"] == "not_found"
    assert_discreet(client.get(path).content)


@pytest.mark.parametrize("resource", RESOURCES, ids=str)
def test_a_bad_question_names_the_kind_of_problem(
    client: Client, db: None, resource: Resource
) -> None:
    response = ask(client, resource.path, unheard_of="1")

    body = problem(response, 400)
    assert body["type"] == "/docs/#problem-invalid_parameters"
    assert body["code"] == "invalid_parameters"
    assert "unheard_of" in body["detail"]
    assert list(body["errors"][0]) == ["parameter", "code", "detail", "suggestion"]
    assert not response.has_header("Dataset-Revision")


def test_a_revision_to_come_is_unknown(client: Client, history: History) -> None:
    for address, parameters in addresses(history):
        if "revision" in parameters.base_filters:
            body = problem(ask(client, address, revision=history.newest + 1), 404)

            assert body["code"] == "unknown_revision"
            assert f"the latest is {history.newest}" in body["detail"]
            assert "no-store" in client.get(address, {"revision": 99}).get(
                "Cache-Control", "no-store"
            )


def test_before_the_first_revision_there_is_none(client: Client, history: History) -> None:
    triggers.drop()
    RevisionCounter.objects.update(n=0)

    body = problem(ask(client, f"{API}donations/", revision=1), 404)

    assert body["detail"] == "Nothing has been published yet."


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("error", [ValueError, KeyError, DatabaseError, RecursionError])
def test_a_crash_says_nothing(
    history: History, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def crash(*args: Any, **kwargs: Any) -> None:
        raise error(f"SELECT secret FROM records_donation at {site.BASE_DIR}")

    monkeypatch.setattr(RecordList, "page", crash)
    response = Client(raise_request_exception=False).get(f"{API}donations/")

    body = problem(response, 500)
    assert body["code"] == "server_error"
    assert_discreet(response.content)


def test_a_crash_outside_the_views_says_nothing(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*args: Any) -> None:
        raise RuntimeError(site.SECRET_KEY)

    monkeypatch.setattr(pagination, "signer", crash)
    response = Client(raise_request_exception=False).get(f"{API}donations/?page_size=1")

    problem(response, 500)
    assert_discreet(response.content)


def test_a_foreign_host_is_refused(client: Client, db: None) -> None:
    for path in ("/", f"{API}donations/", "/nothing/"):
        problem(client.get(path, headers={"Host": "evil.example"}), 400)


def test_a_forwarded_host_decides_nothing(client: Client, history: History) -> None:
    headers = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}

    response = client.get(f"{API}donations/?page_size=1", headers=headers)

    assert b"evil.example" not in response.content


@pytest.mark.parametrize("debug", [False, True])
def test_errors_are_the_same_in_debug(
    client: Client, db: None, settings: Any, debug: bool
) -> None:
    """A page with source code is no answer of an API, on whatever machine it runs."""
    settings.DEBUG = debug

    assert_discreet(client.get("/nothing/").content)
    problem(client.get("/nothing/"), 404)
    problem(client.get(f"{API}donations/?giver=CHN"), 400)
    problem(client.get("/", headers={"Host": "evil.example"}), 400)
