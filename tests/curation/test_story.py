"""The whole way of a figure in a real browser: two people with a second factor take a pasted
statement to a published donation, a correction and a withdrawal. The pictures of the curators'
guide are taken on the way."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings
from django.urls import reverse
from playwright.sync_api import expect

from records.models import (
    Donation,
    DonationFigure,
    State,
    Statement,
)
from tests.curation.statement_reader.test_reader_browser import TEXT, Curator, stored
from tests.support.browser import fits
from tests.support.factories import ItemFactory, PartyFactory, UserFactory
from tests.support.sign_in import PASSWORD, authenticator_shows, enrolled, role

GUIDE = Path(settings.BASE_DIR) / "docs" / "curating.md"
PICTURES = os.environ.get("GUIDE_PICTURES", "")
"""A folder for the pictures of the guide: `make guide-pictures` names it."""
PICTURED = {
    "sign-in": 1280,
    "statement": 1280,
    "figures": 1280,
    "figures-phone": 390,
    "review": 1280,
    "return": 1280,
    "returned": 1280,
    "approved": 1280,
    "correction": 1280,
    "difference": 1280,
    "history": 1280,
    "withdraw": 1280,
}
"""The pictures that the story takes → the width of the window in which it takes them."""

INTERACTIONS = 24
"""Clicks, selections and filled fields from an empty statement until both it and the donation are
submitted."""
QUOTES = {
    "127 countries": ("parties", "exact", 127),
    "4 international organizations": ("parties", "exact", 4),
    "more than 3.86 million masks": ("quantity", "more_than", 3_860_000),
    "nearly 38,000 protective suits": ("quantity", "approx", 38_000),
    "16,000 ventilators": ("quantity", "exact", 16_000),
    "20 million US dollars": ("money", "exact", 20_000_000),
}
COMMENT = "Say until when: the spokesman said by 10 April."
CORRECTED = "The ministry confirmed that all of it arrived."
WITHDRAWN = "The ministry took the statement back."


@pytest.fixture
def people(transactional_db: None) -> dict[str, str]:
    """Name of each person → the secret of their authenticator."""
    keys = {}
    for name in ("curator", "reviewer"):
        person = UserFactory(username=name)
        person.set_password(PASSWORD)
        person.save()
        person.groups.add(role(name))
        keys[name] = enrolled(person)[0].key
    for item in ("surgical-mask", "respirator-n95", "protective-suit", "ventilator"):
        ItemFactory(code=item)
    for party in ("CHN", "who"):
        PartyFactory(code=party)
    return keys


@pytest.fixture
def sit_down(people: dict[str, str], look: Any, live_server: Any) -> Iterator[Callable]:
    """Opens a browser of their own for a person, who signs in with both factors."""

    def begin(name: str, width: int) -> Curator:
        person = Curator(look("/admin/", width), live_server.url)
        wait_for_focus(person, "id_username")
        person.page.fill("#id_username", name)
        person.page.fill("#id_password", PASSWORD)
        person.page.click("text=Log in")
        wait_for_focus(person, "id_code")
        person.page.fill("#id_code", authenticator_shows(people[name]))
        picture(person, "sign-in", width)
        person.page.click("text=Sign in >> nth=0")
        person.page.locator("#user-tools").wait_for()
        return person

    with override_settings(SECOND_FACTOR=True):
        yield begin


def wait_for_focus(person: Curator, place: str) -> None:
    """The page puts the cursor there itself, and complains where somebody was faster."""
    person.page.wait_for_function("place => document.activeElement.id === place", arg=place)


def picture(person: Curator, name: str, width: int, at: str = "") -> None:
    """The page as it is, for the guide, from the place `at` on; whatever its width, it has
    to fit."""
    assert fits(person.looked), name
    if PICTURES and PICTURED[name] == width:
        if at:
            person.page.locator(at).first.evaluate("place => place.scrollIntoView()")
        person.page.screenshot(path=Path(PICTURES) / f"{name}.png")


def press(person: Curator, button: str, reported: str) -> None:
    """Press a button, and be reported that it is done."""
    person.click(person.page.get_by_role("button", name=button, exact=True))
    person.page.locator(".messagelist .success", has_text=reported).wait_for()


def follow(person: Curator, link: str, page: str) -> None:
    """Click a link, and wait for the page that it leads to: a click by itself waits for none."""
    person.page.get_by_role("link", name=link, exact=True).click()
    person.page.wait_for_url(re.compile(rf"/{page}/(\?|$)"))


def review(person: Curator) -> None:
    """From the home to the review of the donation that waits there."""
    person.open("/admin/")
    person.page.locator("#work-review li a", has_text="don-").click()
    person.page.locator(".curation-comparison").first.wait_for()


def enter_statement(person: Curator, width: int) -> None:
    person.open(reverse("admin:records_statement_add"))
    person.interactions = 0
    person.fill("Title:", "Foreign ministry on aid to other countries")
    person.fill("Publisher:", "The Nation")
    person.fill("Published on:", "2020-04-13")
    person.fill("Said on:", "2020-04-10")
    person.fill("Summary:", "What China gave to other countries.")
    person.fill("Text:", TEXT)
    person.fill("Url:", "https://example.org/said")
    person.fill("Language:", "en")
    press(person, "Save and continue editing", "was added")
    picture(person, "statement", width)


def enter_donation(person: Curator, width: int) -> None:
    page = person.page
    person.click(page.get_by_role("link", name="New donation from this"))
    person.fill("Title:", "China gives supplies to 127 countries")
    person.choose("form", "mixed")
    person.choose("stated_by", "donor")
    person.click(page.get_by_role("button", name="China (CHN) is a donor"))
    person.click(page.get_by_role("button", name="World Health Organization (who) is a recipient"))
    person.press("Alt+ArrowDown")
    for n, quote in enumerate(QUOTES):
        if "20 million" in quote:
            person.press("Delete")  # what Chinese papers say of exports
        person.press("Enter")
        expect(page.locator(f"[name='figures-{n}-quote']")).to_have_value(quote)
    picture(person, "figures", width)
    picture(person, "figures-phone", width)
    press(person, "Save and submit for review", "was submitted for review")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", [1280, 390])
def test_two_people_take_a_statement_to_readers(width: int, sit_down: Any) -> None:
    curator, reviewer = sit_down("curator", width), sit_down("reviewer", width)

    def requested(address: str) -> tuple[int, Any]:
        answer = reviewer.page.request.get(f"{reviewer.address}/api/v1/donations/{address}")
        return answer.status, answer.json()

    # A pasted text becomes six figures, each with its words.
    enter_statement(curator, width)
    enter_donation(curator, width)
    assert curator.interactions == INTERACTIONS <= 25
    donation, text = stored(Donation.objects.get), stored(Statement.objects.get).text
    assert (donation.state, str(donation.as_of)) == (State.IN_REVIEW, "2020-04-10")
    assert "\r" not in text
    figures = stored(DonationFigure.objects.all)
    assert {row.quote: (row.measure, row.operator, row.value) for row in figures} == QUOTES
    assert all(row.quote_found and row.offset == text.index(row.quote) for row in figures)
    assert requested("")[1]["results"] == []

    # The reviewer sees them in their context, and hands them back.
    review(reviewer)
    marked = reviewer.page.locator(".curation-figure mark").all_inner_texts()
    assert set(marked) == set(QUOTES)
    picture(reviewer, "review", width, "h2:has-text('Figures'), .curation-comparison")
    reviewer.page.get_by_label("Comment:").fill(COMMENT)
    picture(reviewer, "return", width, "h2:has-text('Publish')")
    press(reviewer, "Return for changes", "was returned for changes")

    # The curator finds it at home, mends it and submits it again.
    curator.open("/admin/")
    assert COMMENT in curator.page.locator("#work-returned").inner_text()
    picture(curator, "returned", width)
    curator.page.locator("#work-returned li a", has_text="don-").click()
    assert COMMENT in curator.page.locator(".curation-note.warning").inner_text()
    curator.fill("Title:", "China gives supplies to 127 countries by 10 April")
    press(curator, "Save and continue editing", "was changed")
    press(curator, "Submit for review", "was submitted for review")

    # Approved with its statement, it is public with its words.
    review(reviewer)
    expect(reviewer.page.locator("input[name=also]")).to_be_checked()
    reviewer.page.get_by_label("Message").fill("What China gave by 10 April 2020.")
    press(reviewer, "Approve and publish", "approved and published")
    picture(reviewer, "approved", width)
    status, public = requested(f"{donation.public_id}/")
    assert (status, public["version"]) == (200, 1)
    assert [row["evidence"]["quote"] for row in public["figures"]] == list(QUOTES)
    assert all(row["evidence"]["quote_found"] for row in public["figures"])

    # A correction is private until somebody else approves it.
    curator.open(reverse("admin:records_donation_change", args=[donation.pk]))
    press(curator, "Correct", "is being corrected")
    curator.page.locator("#milestones-group .add-row a").click()
    curator.choose("milestones-0-stage", "delivered")
    curator.page.locator("[name=milestones-0-date]").fill("2020-04-10")
    title = stored(Statement.objects.get).title
    curator.search("milestones-0-statement", title.split()[0].lower(), title)
    curator.page.locator("[name=milestones-0-quote]").fill("127 countries")
    curator.page.locator("[name=reason]").fill(CORRECTED)
    press(curator, "Save and continue editing", "was changed")
    picture(curator, "correction", width)
    press(curator, "Submit for review", "was submitted for review")
    assert requested(f"{donation.public_id}/") == (200, public)
    review(reviewer)
    picture(reviewer, "difference", width)
    changed = reviewer.page.locator(".curation-comparison tr.changed").all_inner_texts()
    assert [row for row in changed if re.search(r"(?i)stage", row)]
    reviewer.page.get_by_label("Message").fill("All of it arrived.")
    press(reviewer, "Approve and publish", "approved and published")
    status, public = requested(f"{donation.public_id}/")
    assert (public["version"], public["stage"]) == (2, "delivered")
    versions = requested(f"{donation.public_id}/versions/")[1]["results"]
    assert CORRECTED in [row["reason"] for row in versions]

    # Withdrawn, its reason is in its place.
    follow(reviewer, "History", "history")
    picture(reviewer, "history", width)
    reviewer.page.go_back()
    follow(reviewer, "Withdraw", "withdraw")
    reviewer.page.get_by_label("Reason").fill(WITHDRAWN)
    picture(reviewer, "withdraw", width)
    press(reviewer, "Withdraw", "was withdrawn")
    status, gone = requested(f"{donation.public_id}/")
    assert (status, WITHDRAWN in str(gone)) == (410, True)

    # Nothing was refused by the policy, failed, or complained of in the console.
    assert curator.looked.complaints == []
    assert reviewer.looked.complaints == []


def test_the_guide_shows_the_pictures_that_the_story_takes() -> None:
    """As many as there are, all of them in the folder, and no other."""
    shown = re.findall(r"!\[[^]]+\]\(curating/([a-z-]+)\.png\)", GUIDE.read_text())
    kept = [path.stem for path in GUIDE.with_suffix("").glob("*")]

    assert sorted(shown) == sorted(PICTURED)
    assert sorted(kept) == sorted(PICTURED)
