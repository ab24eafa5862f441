"""Questions of a newsroom, answered from the home page by clicking and typing only: each story
ends at the sentence that says it, and at its source, within six interactions."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Locator, Page, expect

MOST = 6


class Reader:
    """A browser whose interactions are counted."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.interactions = 0

    def click(self, place: Locator) -> None:
        self.interactions += 1
        place.click()

    def fill(self, place: Locator, text: str) -> None:
        self.interactions += 1
        place.fill(text)

    def press_enter(self) -> None:
        self.interactions += 1
        self.page.keyboard.press("Enter")

    def choose(self, place: Locator, label: str) -> None:
        self.interactions += 1
        place.select_option(label=label)

    def search(self, text: str) -> None:
        """Search from the home page."""
        self.fill(self.page.locator("main").get_by_role("searchbox"), text)
        self.press_enter()
        self.page.get_by_role("heading", name="Browse the dataset").wait_for()

    def link(self, name: str, within: Locator | None = None) -> Locator:
        place = within or self.page.locator("main")
        return place.get_by_role("link", name=name, exact=True).first

    def kind(self, name: str) -> Locator:
        return self.page.get_by_label("Kinds of record").get_by_role("link", name=name, exact=True)

    def row(self, text: str) -> Locator:
        return self.page.locator("tbody tr", has_text=text).first

    def reads(self, words: str, publisher: str) -> None:
        """Expect a record with the words as the quote of a figure, by a publisher with an address
        of its own among the sources."""
        figure = self.page.locator(".claim", has_text=words).first
        expect(figure.locator("blockquote")).to_contain_text(words)
        expect(figure.get_by_role("link", name=publisher)).to_be_visible()
        source = self.page.locator(".sources li", has_text=publisher).first
        expect(source.locator("a[rel~=external]")).to_have_attribute(
            "href", re.compile("^https?:")
        )


def masks_that_china_had_exported_by_mid_may(reader: Reader) -> None:
    reader.click(reader.link("China’s exports of masks"))
    row = reader.row("50.9 billion pieces")
    reader.click(reader.link("MarketScreener / Chinese government website", row))

    reader.reads("50.9 billion masks", "MarketScreener / Chinese government website")


def who_gave_serbia_what_in_march_2020(reader: Reader) -> None:
    page = reader.page
    reader.search("Serbia")
    reader.fill(page.get_by_label("From", exact=True), "2020-03")
    reader.fill(page.get_by_label("Until", exact=True), "2020-03")
    reader.press_enter()
    page.locator(".chips").get_by_text("Until: March 2020").wait_for()
    row = reader.row("1,000 rapid test kits")
    expect(reader.link("Mammoth Foundation", row)).to_be_visible()
    reader.click(reader.link("Xinhua", row))

    reader.reads("1,000 rapid test kits", "Xinhua")


def the_ten_largest_givers_of_masks(reader: Reader) -> None:
    reader.search("masks")
    reader.click(reader.link("The page of Mask"))
    reader.click(reader.link("by donor"))
    rows = reader.page.get_by_label("Rows of the chart").locator("tbody tr")
    expect(rows).to_have_count(10)
    reader.click(reader.link("“over 51 million masks to more than 80”", rows.first))

    reader.reads("over 51 million masks to more than 80", "Business Wire")


def what_spain_bought_and_what_was_cancelled(reader: Reader) -> None:
    reader.search("Spain")
    reader.click(reader.link("The page of Spain"))
    bought = reader.page.locator("h2", has_text="Bought")
    reader.click(bought.locator("xpath=following-sibling::p[1]").get_by_text("All records"))
    expect(reader.page.locator("tbody tr")).to_have_count(7)
    cancelled = reader.row("Cancelled")
    expect(cancelled).to_contain_text("640,000 Antigen test kit")
    reader.click(reader.link("Fox News", cancelled))

    reader.reads("order of 640,000 antigen coronavirus tests", "Fox News")


def everything_about_faulty_test_kits(reader: Reader) -> None:
    reader.search("faulty tests")
    for buyer in ("Spain", "United Kingdom", "Czech Republic", "India"):
        expect(reader.row(buyer)).to_be_visible()
    reader.click(reader.link("PresStories", reader.row("unusable antibody tests")))

    reader.reads("500,000 of them remain in stock", "PresStories")


def chinas_money_for_who_through_time(reader: Reader) -> None:
    page = reader.page
    reader.search("China WHO")
    reader.click(reader.kind("Donations"))
    reader.click(page.get_by_role("group", name="Currency").get_by_label("USD"))
    page.locator(".chips").get_by_text("USD").wait_for()
    reader.click(reader.link("by month"))
    rows = page.get_by_label("Rows of the chart").locator("tbody tr")
    expect(rows.nth(0)).to_contain_text("March 2020")
    expect(rows.nth(1)).to_contain_text("June 2020")
    reader.click(reader.link("“donated $20 million to the WHO”", rows.first))

    reader.reads("donated $20 million to the WHO", "The Nation (Pakistan)")


def which_figures_rest_on_one_source(reader: Reader) -> None:
    reader.click(reader.page.get_by_label("Pages").get_by_role("link", name="Browse"))
    reader.click(reader.page.get_by_text("More filters"))
    reader.choose(reader.page.get_by_label("Rests on a single statement"), "yes")
    api = urljoin(reader.page.url, "/api/v1/")
    counts = [
        reader.page.request.get(f"{api}{kind}/?single_source=true&count=true").json()["count"]
        for kind in ("donations", "exports", "contracts")
    ]
    expect(reader.page.locator(".count")).to_contain_text(f"{sum(counts)} records")
    reader.click(reader.link("CMIO / teleSUR", reader.row("Second lot of Abdala")))

    reader.reads("with some 4.9 million units", "CMIO / teleSUR")
    expect(reader.page.locator(".sources li")).to_have_count(1)


def what_changed_last_month(reader: Reader) -> None:
    page = reader.page
    reader.click(page.get_by_role("contentinfo").get_by_role("link", name="What changed"))
    revision = page.locator(".versions > li", has_text="Procurement contracts of many countries")
    expect(revision).to_contain_text("3 contracts corrected")
    expect(revision.locator("time")).to_have_text(re.compile(r"\d+ \w+ \d{4}"))
    reader.click(revision.get_by_role("link"))
    reader.click(reader.link("Serbia receives one million doses of Sinopharm vaccine from China"))

    expect(page.locator(".versions")).to_contain_text("A second report on the same doses.")
    reader.reads("Serbia received one million doses", "B92")


STORIES: tuple[Callable[[Reader], None], ...] = (
    who_gave_serbia_what_in_march_2020,
    masks_that_china_had_exported_by_mid_may,
    the_ten_largest_givers_of_masks,
    what_spain_bought_and_what_was_cancelled,
    everything_about_faulty_test_kits,
    chinas_money_for_who_through_time,
    which_figures_rest_on_one_source,
    what_changed_last_month,
)


@pytest.mark.browser(sample=True)
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_a_question_is_answered_in_a_few_interactions(
    dataset_for_live_server: None, look: Any, story: Callable[[Reader], None]
) -> None:
    looked = look("/")
    reader = Reader(looked.page)

    story(reader)

    assert reader.interactions <= MOST
    assert looked.complaints == []
