"""The pages for people, also looked at in a real browser, which complains of whatever breaks the
policy that nothing comes from elsewhere."""

import json
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import expect

from aidapi.problems import FAILURES
from aidapi.schema import document
from records.models import KINDS, Donation
from tests.support.browser import barriers, box, contrast, fits
from tests.support.factories import DonationFactory, PartyFactory, publish
from tests.support.histories import History, long_history
from tests.support.routes import API

PAGES = [
    *("/", "/browse/", "/docs/", "/reference/", "/guide/", "/how-we-count/", "/dictionary/"),
    *("/about/", "/corrections/"),
]


def test_home_says_what_there_is(
    client: Client, own_history: History, django_assert_num_queries: Any
) -> None:
    history = own_history

    # The newest revision; how many records of each kind it has, and of which days; the latest
    # of each.
    with django_assert_num_queries(7):
        page = client.get("/").content.decode()

    total = sum(len(history.at(kind)) for kind in KINDS)
    assert f"{total} records as of" in page
    assert f"revision {history.newest}</a>" in page
    for kind in KINDS:
        assert f"<dd>{len(history.at(kind))}</dd>" in page
        latest = max(history.at(kind), key=lambda version: (version.published_in, version.id))
        assert f'href="/records/{latest.id}/"' in page
    for address in ("/docs/", "/reference/", "/guide/", "/dictionary/", "/how-we-count/", API):
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
    if address not in ("/docs/", "/reference/"):
        assert "style-src" not in directives


# --- In a browser


SIZES = pytest.mark.parametrize("width", [1280, 390])


@SIZES
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_home_in_a_browser(look: Any, width: int, scheme: str) -> None:
    looked = look("/", width, scheme)

    expect(looked.page.get_by_role("heading", level=1)).to_be_visible()
    expect(looked.page.get_by_role("link", name="How many masks did China").first).to_be_visible()
    assert contrast(looked) >= 4.5
    assert barriers(looked) == []
    assert fits(looked)
    assert looked.complaints == []


@pytest.fixture
def history_for_live_server(transactional_db: None) -> History:
    """Made before the browser starts: its event loop would have a connection of its own."""
    return long_history()


def test_a_browser_takes_the_description_of_the_dataset_for_data(
    history_for_live_server: History, look: Any
) -> None:
    """The policy forbids scripts in pages; search engines read this one, nobody runs it."""
    history = history_for_live_server

    looked = look("/")

    described = looked.page.locator("script[type='application/ld+json']").inner_text()
    assert json.loads(described)["version"] == str(history.newest)
    assert looked.complaints == []


@pytest.fixture
def china_for_live_server(transactional_db: None) -> None:
    PartyFactory(code="CHN")


@SIZES
def test_swagger_ui_in_a_browser(china_for_live_server: None, look: Any, width: int) -> None:
    looked = look("/docs/#/donations/listDonations", width)
    page = looked.page

    operation = page.locator(".opblock.is-open")
    operation.wait_for()
    expect(page.locator(".opblock-tag").first).to_have_attribute("data-tag", "donations")
    expect(operation.locator(".parameter-group")).to_have_text(
        ["Most used", "Parties", "Figures", "Dates", "Sources", "Other filters", "The response"]
    )
    operation.locator("tr[data-param-name=search]").scroll_into_view_if_needed()
    assert box(operation.locator(".execute"))["y"] < 844, "without scrolling"
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        # Swagger UI draws a second `main`, whose other role axe does not like either.
        found = [one for one in barriers(looked) if not one.startswith("aria-allowed-role")]
        assert found == [], scheme
    page.locator("tr[data-param-name=donor] input").fill("CHN")
    page.locator("tr[data-param-name=page_size] input").fill("3")
    operation.locator(".execute").click()
    page.locator(".live-responses-table .response").wait_for()

    # Fields are left empty, so that the question is the one that was put.
    requested = page.locator(".request-url pre").inner_text()
    assert requested.endswith("/donations/?donor=CHN&page_size=3")
    expect(page.locator(".live-responses-table .response-col_status").last).to_have_text("200")
    assert fits(looked)
    assert looked.complaints == []


def test_links_open_the_requests_that_people_try_first(look: Any) -> None:
    looked = look("/docs/")
    page = looked.page

    for text, operation in (("list them", "listDonations"), ("take totals", "getDonationSummary")):
        page.get_by_role("link", name=text).first.click()
        expect(page.locator(f"#operations-donations-{operation}.is-open")).to_be_visible()
    assert looked.complaints == []


def test_swagger_ui_has_every_operation(look: Any) -> None:
    looked = look("/docs/")
    page = looked.page

    page.get_by_role("button", name="Show all requests").click()
    page.locator(".opblock-tag").first.wait_for()
    found = 0
    # One after another: with 150 rows open, Swagger UI 5.33 keeps only those in view.
    for tag in page.locator(".opblock-tag").all():
        tag.click()
        page.locator(".opblock").first.wait_for()
        found += page.locator(".opblock").count()
        tag.click()
        expect(page.locator(".opblock")).to_have_count(0)

    assert found == operations()
    assert looked.complaints == []


@pytest.mark.browser
def test_a_problem_is_explained_in_a_browser(look: Any) -> None:
    looked = look("/docs/#problem-withdrawn")

    looked.page.keyboard.press("Shift")
    looked.page.locator(".opblock-tag").first.wait_for()
    assert box(looked.page.locator("#problem-withdrawn"))["y"] < 844, "without scrolling"
    assert looked.complaints == []


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


SHOWN = {
    "/": 200,
    "/guide/": 200,
    "/how-we-count/": 200,
    "/changes/": 200,
    "/changes/6/": 200,
    "/corrections/": 200,
    "/docs/": 200,
    "/corrections/?kind=gift": 400,
    "/about/": 200,
    "/records/exp-p19e7t6s/report/": 200,
    "/releases/": 200,
    "/dictionary/": 200,
    "/records/exp-p19e7t6s/": 200,
    "/records/con-nbba3vv1/": 200,
    "/records/don-dnpqqg5z/?revision=1": 200,
    "/records/st-76867pfx/": 200,
    "/records/don-j0mc2cet/": 410,
    "/records/don-zzzzzzzz/": 404,
}


def test_pages_in_a_browser(dataset_for_live_server: None, look: Any) -> None:
    """Each at two widths and in both colour schemes, with all that folds unfolded."""
    wrong: list[tuple[str, str]] = []
    for address, status in SHOWN.items():
        looked = look(address)
        page = looked.page
        page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 844})
            if not fits(looked):
                wrong.append((address, f"wider than a window of {width}"))
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            wrong += [(address, f"{scheme}: {barrier}") for barrier in barriers(looked)]
        if page.get_by_role("heading", level=1).count() != 1:
            wrong.append((address, "not one heading of the first level"))
        wrong += [
            (address, complaint)
            for complaint in looked.complaints
            # What Chromium itself says of every page with such a status.
            if status == 200 or f"status of {status}" not in complaint
        ]
        page.close()
    assert wrong == []


@pytest.fixture
def donation(transactional_db: None) -> Donation:
    """Published before the browser starts: under its event loop Django would open another
    connection, and leave it open."""
    donation = DonationFactory()
    publish(donation)
    return donation


def test_a_citation_is_copied(donation: Donation, look: Any) -> None:
    looked = look(f"/records/{donation.public_id}/")
    looked.page.context.grant_permissions(["clipboard-read", "clipboard-write"])

    looked.page.get_by_role("button", name="Copy the BibTeX").click()

    looked.page.get_by_role("button", name="Copied").wait_for()
    copied = looked.page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"@dataset{{aidapi-{donation.public_id}-r")
    assert looked.complaints == []
