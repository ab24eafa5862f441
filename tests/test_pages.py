"""The pages for people, also looked at in a real browser, which complains of whatever breaks the
policy that nothing comes from elsewhere."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client

from aidapi.problems import FAILURES
from aidapi.schema import document
from records.models import KINDS
from tests.contract.routes import API
from tests.histories import long_history

PAGES = ["/", "/docs/", "/reference/"]


def test_home_says_what_there_is(client: Client, db: None, django_assert_num_queries: Any) -> None:
    history = long_history()

    # The newest revision; how many records of each kind it has.
    with django_assert_num_queries(2):
        page = client.get("/").content.decode()

    total = sum(len(history.at(kind)) for kind in KINDS)
    assert f"{total} records as of" in page
    assert f"revision {history.newest}</a>" in page
    for kind in KINDS:
        assert f"<dd>{len(history.at(kind))}</dd>" in page
    for address in ("/docs/", "/reference/", API, f"{API}donations/?recipient=who"):
        assert f'href="{address}"' in page


def test_home_without_records_says_so(client: Client, db: None) -> None:
    assert "Nothing has been published yet." in client.get("/").content.decode()


def test_every_kind_of_problem_is_explained_where_its_type_leads(client: Client, db: None) -> None:
    page = client.get("/docs/").content.decode()

    for failure in FAILURES.values():
        for example in failure.examples:
            address, _, anchor = example.body()["type"].partition("#")
            assert address == "/docs/"
            assert f'id="{anchor}"' in page


@pytest.mark.parametrize("address", PAGES)
def test_scripts_come_from_here_only(client: Client, address: str, db: None) -> None:
    policy = client.get(address)["Content-Security-Policy"]

    directives = dict(part.strip().partition(" ")[::2] for part in policy.split(";"))
    assert directives["default-src"] == "'self'"
    assert "script-src" not in directives
    assert "worker-src" not in directives
    assert directives["object-src"] == "'none'"
    if address == "/":
        assert "style-src" not in directives


# --- In a browser


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

browser_test = pytest.mark.browser


@dataclass
class Looked:
    """A page as a browser shows it, and what it complained of."""

    page: Any
    complaints: list[str] = field(default_factory=list)


@pytest.fixture
def look(live_server: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Opens an address in Chromium, in a window of some width."""
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is not installed, and CI looks at pages.")
        pytest.skip("Chromium is not installed: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    # The browser is driven by an event loop in this thread; the database is not used in it.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, headless=True, args=["--no-sandbox"]
        )

        def open_page(address: str, width: int = 1280, scheme: Any = "light") -> Looked:
            page = chromium.new_page(viewport={"width": width, "height": 844}, color_scheme=scheme)
            looked = Looked(page)
            page.on("console", lambda message: looked.complaints.append(message.text))
            page.on("pageerror", lambda error: looked.complaints.append(str(error)))
            page.on("requestfailed", lambda request: looked.complaints.append(request.url))
            page.on("request", lambda request: note_foreign(request.url, looked))
            page.goto(f"{live_server.url}{address}")
            return looked

        def note_foreign(url: str, looked: Looked) -> None:
            if not url.startswith((f"{live_server.url}/", "data:")):
                looked.complaints.append(f"asked elsewhere: {url}")

        yield open_page
        chromium.close()


SIZES = pytest.mark.parametrize("width", [1280, 390])


def fits(looked: Looked) -> bool:
    return looked.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@browser_test
@SIZES
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_home_in_a_browser(look: Any, width: int, scheme: str) -> None:
    looked = look("/", width, scheme)

    assert looked.page.get_by_role("heading", level=1).is_visible()
    assert looked.page.get_by_role("link", name="Which contracts were cancelled").is_visible()
    assert contrast(looked) >= 4.5
    assert fits(looked)
    assert looked.complaints == []


def contrast(looked: Looked) -> float:
    """Of the text on its ground, as WCAG reckons it."""
    colours = looked.page.evaluate(
        "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
    )
    light, dark = sorted((luminance(colour) for colour in colours), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(part) / 255 for part in colour.removeprefix("rgb(").rstrip(")").split(",")]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@browser_test
@SIZES
def test_swagger_ui_in_a_browser(look: Any, width: int) -> None:
    looked = look("/docs/#/donations/listDonations", width)
    page = looked.page

    page.locator(".opblock.is-open").wait_for()
    assert page.locator(".opblock").count() == operations()
    page.locator("tr[data-param-name=page_size] input").fill("3")
    page.locator(".opblock.is-open .execute").click()
    page.locator(".live-responses-table .response").wait_for()

    # Fields are left empty, so that the question is the one that was put.
    assert page.locator(".request-url pre").inner_text().endswith("/donations/?page_size=3")
    assert page.locator(".live-responses-table .response-col_status").last.inner_text() == "200"
    assert fits(looked)
    assert looked.complaints == []


@browser_test
def test_a_problem_is_explained_in_a_browser(look: Any) -> None:
    looked = look("/docs/#problem-withdrawn")

    looked.page.locator(".opblock").first.wait_for()
    assert looked.page.locator("#problem-withdrawn").bounding_box()["y"] < 844, "without scrolling"
    assert looked.complaints == []


@browser_test
@SIZES
def test_redoc_in_a_browser(look: Any, width: int) -> None:
    looked = look("/reference/", width)

    looked.page.locator("[data-section-id^='tag/donations/operation/']").first.wait_for()
    sections = looked.page.locator("[data-section-id*='/operation/']")
    shown = {section.get_attribute("data-section-id") for section in sections.all()}
    assert len(shown) == operations()
    assert fits(looked)
    assert looked.complaints == []


def operations() -> int:
    return len(document()["paths"])
