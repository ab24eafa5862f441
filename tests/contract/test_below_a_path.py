"""A copy below a path: every address that it gives is below that path, and works."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from math import inf
from typing import Any
from urllib.parse import urljoin, urlsplit

import orjson
import pytest
from django.core.handlers.wsgi import get_script_name
from django.test import Client, override_settings
from django.test.client import ClientHandler
from django.urls import Resolver404, resolve, set_script_prefix

from aidapi.addresses import without_site_path
from tests.support.factories import UserFactory
from tests.support.routes import problem
from tests.support.sign_in import PASSWORD
from tests.support.thoroughness import THOROUGH

HOST = "https://aid.example.org"
SITE = "/aid"
EACH = 2 if THOROUGH else 1
MOST = inf if THOROUGH else 60
"""Responses of a walk."""
"""Addresses of one route that are requested; all are looked at."""
PAGES = ["/", "/docs/", "/reference/", "/guide/", "/how-we-count/", "/dictionary/", "/api/v1/"]
PAGES += ["/browse/", "/releases/", "/releases/feed.atom"]
MORE = [
    "/api/v1/openapi.json",
    "/api/v1/donations/?page_size=2",
    "/api/v1/donations/?fields=id,page",
    "/api/v1/donations/?format=atom&page_size=2",
    "/api/v1/donations/?format=ndjson&rows=records",
    "/api/v1/donations/?format=csv&rows=records",
    "/api/v1/donations/?format=metadata",
    "/api/v1/exports/summary/?item=mask",
    "/api/v1/changes/?page_size=3",
    "/api/v1/changes/?format=atom&page_size=3",
    "/api/v1/metadata/",
    "/api/v1/cite/",
    "/api/v1/series/",
    "/api/v1/coverage/",
]


class Below(ClientHandler):
    """The site as its server calls it: behind a proxy that removes the path, one that keeps it, or
    with the server's own prefix."""

    def __init__(self, deployment: str) -> None:
        super().__init__(enforce_csrf_checks=True)
        self.deployment = deployment

    def __call__(self, environ: dict[str, Any]) -> Any:
        if self.deployment == "server":
            environ["SCRIPT_NAME"] = SITE
        if self.deployment != "kept":
            environ["PATH_INFO"] = environ["PATH_INFO"].removeprefix(SITE)
        without_site_path(environ)
        set_script_prefix(get_script_name(environ))
        return super().__call__(environ)


class Reader(Client):
    """A browser or client that follows addresses."""

    def __init__(self, deployment: str) -> None:
        super().__init__(HTTP_HOST="aid.example.org", SERVER_PORT="443")
        self.deployment, self.handler = deployment, Below(deployment)
        self.seen: dict[str, int] = {}

    def request(self, **request: Any) -> Any:
        assert request["PATH_INFO"].startswith(f"{SITE}/"), request["PATH_INFO"]
        return super().request(**request | {"wsgi.url_scheme": "https"})

    def walk(self, starts: list[str], within: str = "/") -> int:
        """Follow all addresses, some of each route; return the number of responses."""
        queue = [SITE + start for start in starts]
        known = set(queue)
        responses = 0
        while queue and responses < MOST:
            address = queue.pop(0)
            response: Any = self.get(address)
            # 405: the action of a form.
            assert response.status_code in (200, 302, 405, 410), f"{address}: {response}"
            responses += 1
            for found in addresses(address, response):
                # The address of the server, to which the paths of operations are added.
                if found == SITE and address.endswith("/openapi.json"):
                    continue
                assert found.startswith(f"{SITE}/"), f"{address} has {found}"
                if within in found and found not in known and self.is_wanted(found):
                    known.add(found)
                    queue.append(found)
        return responses

    def is_wanted(self, address: str) -> bool:
        path = urlsplit(address).path.removeprefix(SITE)
        try:
            route = resolve(path).route
        except Resolver404:
            route = path if path.startswith("/static/") else "nowhere"
        if route.endswith(("/logout/", "/autocomplete/")):
            return False
        self.seen[route] = self.seen.get(route, 0) + 1
        return self.seen[route] <= EACH


class Links(HTMLParser):
    """Addresses in the attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: Any) -> None:
        for name, value in attributes:
            if name in ("href", "src", "action", "formaction") or (
                name.startswith("data-") and (value or "").startswith("/")
            ):
                self.found.append(value or "")


def addresses(base: str, response: Any) -> Iterator[str]:
    """Yield all addresses of this site that a response has: paths from the root of the host."""
    kind = response.get("Content-Type", "").partition(";")[0]
    body = b"".join(response)
    text = (
        body.decode() if kind.startswith("text/") or "json" in kind or kind.endswith("xml") else ""
    )
    found = re.findall(r"<([^>]+)>", response.get("Link", ""))
    if response.has_header("Location"):
        found.append(response["Location"])
    if kind == "text/html":
        links = Links()
        links.feed(text)
        found += links.found
        found += [one.replace("\\u0026", "&") for one in re.findall(r'"(https?://[^"]+)"', text)]
    elif "json" in kind:
        lines = text.splitlines() if "ndjson" in kind else [text]
        found += [one for line in lines for one in texts(orjson.loads(line)) if is_address(one)]
        found += re.findall(r"\]\((/[^)]*)\)", text)
    elif kind.endswith("xml"):
        found += re.findall(r'(?:href="|<uri>)([^"<]+)', text)
    elif kind == "text/css":
        found += re.findall(r"url\([\"']?([^)\"']+)", text)
    else:
        found += re.findall(r"(?<![\w/.])/(?:aid/)?(?:records|api)/[\w/-]+", text)
    for one in found:
        whole = urlsplit(urljoin(HOST + base, one.replace("&amp;", "&")))
        if whole.netloc == "aid.example.org" and whole.path:
            yield f"{whole.path}?{whole.query}" if whole.query else whole.path
        assert "testserver" not in whole.netloc


def texts(part: Any) -> Iterator[str]:
    """Yield the texts of a document, without keys, such as the paths of operations."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict):
        for value in part.values():
            yield from texts(value)
    elif isinstance(part, list):
        for one in part:
            yield from texts(one)


def is_address(text: str) -> bool:
    return bool(re.match(r"(https?://aid\.example\.org|/\w)", text)) and " " not in text


@pytest.fixture(params=["removed", "kept", "server"])
def below(request: Any) -> Iterator[Reader]:
    forced = None if request.param == "server" else SITE
    with override_settings(
        PUBLIC_URL=HOST if request.param == "server" else HOST + SITE,
        FORCE_SCRIPT_NAME=forced,
        ALLOWED_HOSTS=["aid.example.org"],
        CSRF_TRUSTED_ORIGINS=[HOST],
        SESSION_COOKIE_PATH=f"{forced or ''}/",
        CSRF_COOKIE_PATH=f"{forced or ''}/",
    ):
        yield Reader(request.param)
    set_script_prefix("/")


@pytest.mark.slow(sample=True)
def test_pages_and_api_give_only_addresses_below_the_path(below: Reader, dataset: None) -> None:
    assert below.walk(PAGES + MORE) > 30 * EACH
    assert {"records/<str:id>/", "api/v1/<slug>/"} & set(below.seen)


@pytest.mark.slow(sample=True)
def test_admin_gives_only_addresses_below_the_path(below: Reader, dataset: None) -> None:
    user = UserFactory(username="walker", is_superuser=True)
    user.set_password(PASSWORD)
    user.save()
    page: Any = below.get(f"{SITE}/admin/")
    assert page["Location"] == f"{SITE}/admin/login/?next={SITE}/admin/"
    page = below.get(page["Location"])
    (token,) = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page.content.decode())

    form = {"username": "walker", "password": PASSWORD, "csrfmiddlewaretoken": token}
    signed_in = below.post(
        f"{SITE}/admin/login/?next={SITE}/admin/", form, headers={"Origin": HOST}
    )

    assert (signed_in.status_code, signed_in["Location"]) == (302, f"{SITE}/admin/")
    own = "/" if below.deployment == "server" else f"{SITE}/"
    assert {cookie["path"] for cookie in signed_in.cookies.values()} == {own}
    assert below.walk(["/admin/"], within="/admin/") > 30 * EACH


def test_redirects_problems_and_probes_are_below_the_path(below: Reader, dataset: None) -> None:
    slash: Any = below.get(f"{SITE}/api/v1/donations?donor=CHN")
    unknown = problem(below.get(f"{SITE}/nothing/"), 404)
    code = problem(below.get(f"{SITE}/api/v1/donations/?donor=XXX"), 400)
    admin: Any = below.get(f"{SITE}/admin/nothing")

    assert slash["Location"] == f"{SITE}/api/v1/donations/?donor=CHN"
    assert unknown["type"] == f"{SITE}/docs/#problem-not_found"
    assert f"{SITE}/api/v1/ lists" in unknown["detail"]
    assert f"see {SITE}/api/v1/parties/" in code["errors"][0]["detail"]
    assert not admin.headers["Content-Type"].startswith("application/problem")
    assert below.get(f"{SITE}/livez").status_code == 200


def test_document_names_the_server_below_the_path(below: Reader) -> None:
    schema = below.get(f"{SITE}/api/v1/openapi.json").json()

    assert schema["servers"] == [{"url": f"{HOST}{SITE}"}]
    assert "/api/v1/donations/" in schema["paths"]
    assert f"]({SITE}/api/v1/changes/)" in schema["info"]["description"]


def test_kept_response_of_one_path_is_not_that_of_another(dataset: None) -> None:
    address = "/api/v1/donations/?page_size=1"
    with override_settings(CACHE_ENTRIES=500, ALLOWED_HOSTS=["*"]):
        plain = Client(HTTP_HOST="aid.example.org").get(address).json()["results"][0]["page"]
        below = Reader("server").get(SITE + address).json()["results"][0]["page"]
    set_script_prefix("/")

    assert below == SITE + plain
