"""Errors in a browser are pages; for programs, and below /api/, they are problems."""

from typing import Any

import pytest
from django.test import Client

from records.site.home import Home
from tests.support.factories import DonationFactory
from tests.support.histories import History
from tests.support.routes import problem

pytestmark = pytest.mark.django_db

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


def failing(client: Client, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Return addresses → the status of their error."""

    def crash(*args: Any) -> Any:
        raise RuntimeError("secret of the machine")

    monkeypatch.setattr(Home, "get", crash)
    client.raise_request_exception = False
    return {
        "/nothing/": 404,
        "/records/don-zzzzzzzz/nothing/": 404,
        "/guide/?a=%00": 400,
        "/": 500,
    }


def test_in_a_browser_an_error_is_a_page(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for address, status in failing(client, monkeypatch).items():
        response = client.get(address, headers={"Accept": BROWSER})

        page = response.content.decode()
        assert response.status_code == status, address
        assert response["Content-Type"] == "text/html; charset=utf-8"
        assert response["Cache-Control"] == "no-store"
        assert f'<p class="kicker">{status}</p>' in page
        assert page.count("<h1>") == 1
        assert 'href="/guide/"' in page
        assert "default-src 'self'" in response["Content-Security-Policy"]
        assert "secret" not in page
        assert ("asked-by-a-test" in page) == (status == 500)
        assert not response.cookies


def test_a_wrong_host_and_a_wrong_method_are_pages_in_a_browser(client: Client) -> None:
    host = client.get("/guide/", headers={"Accept": BROWSER, "Host": "elsewhere.example"})
    method = client.post("/guide/", headers={"Accept": BROWSER})

    assert (host.status_code, host["Content-Type"]) == (400, "text/html; charset=utf-8")
    assert (method.status_code, method["Content-Type"]) == (405, "text/html; charset=utf-8")
    assert method["Allow"] == "GET, HEAD, OPTIONS"


def test_an_error_of_all_pages_is_a_problem(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any) -> str:
        raise ValueError("No stylesheet.")

    monkeypatch.setattr("aidapi.errors.render_to_string", fail)

    problem(client.get("/nothing/", headers={"Accept": BROWSER}), 404)


def test_for_programs_and_in_the_api_an_error_is_a_problem(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for address, status in failing(client, monkeypatch).items():
        problem(client.get(address), status)
        problem(client.get(address, headers={"Accept": "application/json"}), status)
    for address in ("/api/", "/api/v2/", "/api/v1/donations/don-zzzzzzzz/"):
        problem(client.get(address, headers={"Accept": BROWSER}), 404)


def test_a_withdrawn_record_and_a_wrong_parameter_are_pages(
    client: Client, own_history: History
) -> None:
    history = own_history
    gone = history.withdrawn_ids("donation")[0]
    here = DonationFactory(published=True).public_id

    for address, status in {f"/records/{gone}/": 410, f"/records/{here}/?a=1": 400}.items():
        for headers in ({"Accept": BROWSER}, {}):
            response = client.get(address, headers=headers)
            assert response.status_code == status
            assert response["Content-Type"] == "text/html; charset=utf-8"
