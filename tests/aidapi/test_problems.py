"""Whatever fails, anywhere but in the admin, fails as a problem that says what to do and nothing
of the source."""

from typing import Any, NoReturn

import pytest
from django.http import HttpRequest
from django.test import Client
from django.urls import include, path
from pytest_django import Settings

from tests.support.routes import API, problem

PAGES = ["/", "/docs/", "/reference/"]


@pytest.mark.parametrize(
    "address",
    [
        "/nothing",
        "/nothing/",
        "/api/",
        "/api/v2/",
        f"{API}gifts/",
        f"{API}donations/a/b/",
        "/.env",
    ],
)
@pytest.mark.parametrize("debug", [False, True])
def test_an_unknown_address_is_a_problem(
    client: Client, settings: Settings, db: None, address: str, debug: bool
) -> None:
    settings.DEBUG = debug

    assert problem(client.get(address), 404)["code"] == "not_found"


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("address", ["/", f"{API}donations/", "/nothing"])
def test_a_strange_host_is_a_problem(
    client: Client, settings: Settings, db: None, address: str, debug: bool
) -> None:
    settings.DEBUG = debug

    response = client.get(address, headers={"host": "evil.example.org"})

    assert problem(response, 400)["code"] == "bad_request"
    assert b"evil" not in response.content


def test_what_cannot_be_accepted_is_a_problem(client: Client, db: None) -> None:
    response = client.get(f"{API}donations/", headers={"accept": "application/pdf"})

    assert problem(response, 406)["code"] == "not_acceptable"


def test_a_nul_character_is_a_problem(client: Client, db: None) -> None:
    for address in (f"{API}donations/?series=a%00b", "/api/v1/donations/a%00b/", "/%00"):
        assert problem(client.get(address), 400)["code"] == "nul_character"


def crash(request: HttpRequest) -> NoReturn:
    raise RuntimeError("a secret of the source")


urlpatterns = [path("crash", crash), path("admin/crash", crash), path("", include("aidapi.urls"))]
handler500 = "aidapi.errors.server_error"
handler404 = "aidapi.errors.page_not_found"


@pytest.mark.urls("tests.aidapi.test_problems")
@pytest.mark.parametrize("debug", [False, True])
def test_a_crash_is_a_problem_that_says_nothing(
    settings: Settings, db: None, caplog: pytest.LogCaptureFixture, debug: bool
) -> None:
    settings.DEBUG = debug
    client = Client(raise_request_exception=False)

    response = client.get("/crash")

    assert problem(response, 500)["code"] == "server_error"
    assert b"secret" not in response.content
    assert any(record.exc_info for record in caplog.records), "the log has the trace"


def test_a_crash_behind_the_api_is_a_problem(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    def fail(*arguments: Any, **options: Any) -> None:
        raise RuntimeError("a secret of the source")

    monkeypatch.setattr("records.api.views.index.latest_revision", fail)
    client = Client(raise_request_exception=False)

    response = client.get(API)

    assert problem(response, 500)["code"] == "server_error"
    assert b"secret" not in response.content


@pytest.mark.urls("tests.aidapi.test_problems")
def test_the_admin_keeps_pages_for_people(superuser: Any) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(superuser)

    for address, status in (("/admin/crash", 500), ("/admin/records/nothing/", 404)):
        response = client.get(address)
        assert response.status_code == status
        assert response["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("address", [*PAGES, API, f"{API}openapi.json", "/livez", "/readyz"])
def test_head_and_options_are_known(client: Client, db: None, address: str) -> None:
    got, head, options = client.get(address), client.head(address), client.options(address)

    assert got.status_code == head.status_code == options.status_code == 200
    assert head.content == b""
    assert head["Content-Type"] == got["Content-Type"]
    assert options["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_pages_are_only_read(address: str, method: str, db: None) -> None:
    client = Client(enforce_csrf_checks=True)

    response = getattr(client, method)(address)

    problem(response, 405)
    assert response["Allow"] == "GET, HEAD, OPTIONS"
