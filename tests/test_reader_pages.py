"""The statement reader in a real browser: from a pasted text to a record's figures, by mouse and by
keyboard alone, on a wide screen and on a phone."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from records.models import Donation, DonationFigure, State, Statement
from tests.browser import Looked, barriers, fits
from tests.factories import (
    DonationFactory,
    ItemFactory,
    PartyFactory,
    StatementFactory,
    UserFactory,
    publish,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SIZES = pytest.mark.parametrize("width", [1280, 390])
SHOTS = os.environ.get("SCREENSHOTS", "")
"""A folder for pictures of the pages, for whoever wants to look at them."""

TEXT = """Q: What has China done for other countries? 😀

A: By 10 April, China had given medical supplies to 127 countries and 4 international \
organizations. It sent more than 3.86 million masks, nearly 38,000 protective suits and \
16,000 ventilators. 中国还出口了口罩284万只。

It also gave 20 million US dollars in cash to the World Health Organization. Once more: \
16,000 ventilators.
"""
QUOTES = {
    "127 countries": ("parties", "exact", 127),
    "4 international organizations": ("parties", "exact", 4),
    "more than 3.86 million masks": ("quantity", "more_than", 3_860_000),
    "nearly 38,000 protective suits": ("quantity", "approx", 38_000),
    "16,000 ventilators": ("quantity", "exact", 16_000),
    "20 million US dollars": ("money", "exact", 20_000_000),
}


class Curator:
    """Somebody at the browser, signed in, whose clicks, selections and filled fields count."""

    def __init__(self, looked: Looked, address: str) -> None:
        self.looked = looked
        self.page = looked.page
        self.address = address
        self.interactions = 0

    def open(self, address: str) -> None:
        self.page.goto(self.address + address)

    def fill(self, label: str, words: str) -> None:
        self.interactions += 1
        self.page.get_by_label(label, exact=True).fill(words)

    def choose(self, name: str, value: str) -> None:
        self.interactions += 1
        self.page.locator(f"[name='{name}']").select_option(value)

    def click(self, what: Any) -> None:
        self.interactions += 1
        what.click()

    def search(self, name: str, words: str, found: str) -> None:
        """Choose from a search: open it, type, take what it found."""
        box = self.page.locator(f"[name='{name}'] + .select2")
        self.click(box)
        self.interactions += 1
        self.page.locator(".select2-search__field").fill(words)
        self.click(self.page.get_by_role("option", name=found))

    def select(self, words: str, occurrence: int = 0) -> None:
        """Select words in the text, as a mouse does."""
        self.interactions += 1
        self.page.evaluate(
            """([words, occurrence]) => {
                const text = document.querySelector(".reader-text");
                let at = text.value.indexOf(words);
                for (; occurrence > 0; occurrence--) at = text.value.indexOf(words, at + 1);
                text.focus();
                text.setSelectionRange(at, at + words.length);
            }""",
            [words, occurrence],
        )

    def press(self, keys: str) -> None:
        self.interactions += 1
        self.page.keyboard.press(keys)

    def text(self) -> Any:
        return self.page.locator(".reader-text")

    def status(self) -> Any:
        return self.page.locator(".reader-status")

    def value(self, name: str) -> str:
        return self.page.locator(f"[name='{name}']").input_value()

    def shoot(self, name: str, whole: bool = False) -> None:
        if SHOTS:
            Path(SHOTS).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=f"{SHOTS}/reader-{name}.png", full_page=whole)


@pytest.fixture
def session(transactional_db: None) -> str:
    """Signed in before the browser starts: its event loop would have a connection of its own."""
    client = Client()
    client.force_login(UserFactory(username="curator", is_superuser=True))
    return client.cookies[settings.SESSION_COOKIE_NAME].value


@pytest.fixture
def vocabulary(transactional_db: None) -> None:
    for item in ["surgical-mask", "respirator-n95", "protective-suit", "ventilator"]:
        ItemFactory(code=item)
    for party in ["CHN", "who", "PAK"]:
        PartyFactory(code=party)


@pytest.fixture
def sit_down(session: str, look: Any, live_server: Any) -> Callable[..., Curator]:
    def begin(address: str, width: int = 1280) -> Curator:
        looked = look("/livez", width)
        looked.page.context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}]
        )
        looked.complaints.clear()  # a page without an icon says so
        curator = Curator(looked, live_server.url)
        curator.open(address)
        return curator

    return begin


def add_page(statement: Any) -> str:
    return f"{reverse('admin:records_donation_add')}?statement={statement.pk}"


def change_page(record: Any) -> str:
    return reverse(f"admin:records_{record.KIND}_change", args=[record.pk])


def wrong_with(curator: Curator) -> list[str]:
    complaints = [*curator.looked.complaints, *barriers(curator.looked)]
    return complaints + ([] if fits(curator.looked) else ["wider than the window"])


@SIZES
def test_a_statement_and_six_figures_take_few_interactions(
    vocabulary: None, sit_down: Any, width: int
) -> None:
    curator = sit_down(reverse("admin:records_statement_add"), width)
    page = curator.page

    curator.fill("Title:", "Foreign ministry on aid to other countries")
    curator.fill("Publisher:", "The Nation")
    curator.fill("Published on:", "2020-04-13")
    curator.fill("Said on:", "2020-04-10")
    curator.fill("Summary:", "What China gave to other countries.")
    curator.fill("Text:", TEXT)
    curator.fill("Url:", "https://example.org/said")
    curator.fill("Language:", "en")
    curator.click(page.get_by_role("button", name="Save and continue editing"))
    curator.shoot(f"statement-{width}", whole=True)
    curator.click(page.get_by_role("link", name="New donation from this"))
    curator.fill("Title:", "China gives supplies to 127 countries")
    curator.choose("form", "mixed")
    curator.choose("stage", "committed")
    curator.choose("stated_by", "donor")
    curator.search("parties-0-party", "china", "China (CHN)")
    curator.search("parties-1-party", "world", "World Health Organization (who)")
    for n, (quote, (measure, _, _)) in enumerate(QUOTES.items()):
        curator.select(quote)
        curator.press("Enter")
        page.locator(f"[name='figures-{n}-measure'] >> visible=true").wait_for()
        page.wait_for_function(
            "([n, measure]) => document.getElementsByName(`figures-${n}-measure`)[0].value"
            " === measure",
            arg=[n, measure],
        )
    curator.shoot(f"six-figures-{width}")
    curator.shoot(f"six-figures-whole-{width}", whole=True)
    wrong = wrong_with(curator)
    curator.click(page.get_by_role("button", name="Save and continue editing"))
    curator.click(page.get_by_role("button", name="Submit for review"))

    page.get_by_text("was submitted for review").wait_for()
    assert wrong == []
    assert wrong_with(curator) == []
    assert curator.interactions <= 40
    print(f"interactions: {curator.interactions}")
    donation = Donation.objects.get()
    assert donation.state == State.IN_REVIEW
    assert str(donation.as_of) == "2020-04-10"
    text = Statement.objects.get().text
    assert "\r" not in text
    figures = {figure.quote: figure for figure in donation.figures.all()}
    assert {
        quote: (figure.measure, figure.operator, figure.value)
        for quote, figure in figures.items()
    } == QUOTES
    for quote, figure in figures.items():
        assert figure.quote_found
        assert figure.offset == text.index(quote)
