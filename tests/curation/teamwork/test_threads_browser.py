"""A curator and a reviewer talk over a figure in a real browser, on a wide screen and on a phone:
nothing else that is typed is lost, and what was agreed is previewed, approved and public."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect

from records.curation.teamwork.models import Thread
from records.models import Contributor, Donation
from tests.curation.statement_reader.test_reader_browser import Curator
from tests.support.browser import barriers, fits
from tests.support.factories import DonationFactory, StatementFactory, UserFactory
from tests.support.sign_in import role

pytestmark = pytest.mark.django_db(transaction=True)

SHOTS = os.environ.get("SCREENSHOTS", "")
"""A folder for pictures of the pages, for those who want to look at them."""
TEXT = "The ministry donated 50,000 masks, it said. The embassy donated 5,000 masks."


@pytest.fixture
def record(transactional_db: None) -> Any:
    """A donation."""
    statement = StatementFactory(published=True, text=TEXT)
    return DonationFactory(figures=[{"statement": statement, "quote": "donated 50,000 masks"}])


@pytest.fixture
def people(record: Any) -> dict[str, str]:
    """Name of each person → the key of their session; the curator wrote the donation, and has
    submitted it. All before the browser begins, whose event loop would have another connection
    to the database."""
    keys = {}
    for name in ("curator", "reviewer"):
        person = UserFactory(username=name)
        person.groups.add(role(name))
        client = Client()
        client.force_login(person)
        keys[name] = client.cookies[settings.SESSION_COOKIE_NAME].value
        if name == "curator":
            Contributor.edited(record, person)
            client.post(reverse("admin:records_donation_submit", args=[record.pk]))
    return keys


@pytest.fixture
def sit_down(people: dict[str, str], look: Any, live_server: Any) -> Callable[..., Curator]:
    """Opens a browser of their own for a person."""

    def begin(name: str, width: int) -> Curator:
        looked = look("/", width)
        cookie = {"name": settings.SESSION_COOKIE_NAME, "url": live_server.url}
        looked.page.context.add_cookies([cookie | {"value": people[name]}])
        return Curator(looked, live_server.url)

    return begin


def seen(person: Curator, name: str, width: int) -> None:
    """The page fits, and keeps nobody out."""
    assert fits(person.looked), name
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        person.page.screenshot(path=f"{SHOTS}/threads-{name}-{width}.png", full_page=True)
    assert person.looked.complaints == []
    assert barriers(person.looked) == [], name
    # The looker itself writes styles, of which the browser complains.
    person.looked.complaints.clear()


@pytest.mark.parametrize("width", [1280, 390])
def test_a_curator_and_a_reviewer_talk_over_a_figure(
    width: int, record: Any, sit_down: Callable[..., Curator]
) -> None:
    review = reverse("admin:records_donation_approve", args=[record.pk])
    change = reverse("admin:records_donation_change", args=[record.pk])

    # The reviewer has a question about the figure, having begun to write the message.
    reviewer = sit_down("reviewer", width)
    reviewer.open(review)
    page = reviewer.page
    page.locator("#id_message").fill("A gift of masks.")
    page.get_by_text("Comment on this figure").click()
    page.get_by_label("Comment on Figure 1: 50,000 piece").fill(
        "The embassy says 5,000.\nWhich is it?"
    )
    page.locator(".curation-figure").get_by_role("button", name="Comment", exact=True).click()
    said = page.locator(".curation-figure .curation-thread")
    expect(said).to_contain_text("Which is it?")
    expect(page.get_by_text("1 thread is open")).to_be_visible()
    expect(page.locator("#id_message")).to_have_value("A gift of masks.")
    seen(reviewer, "review", width)

    # The curator finds it on the home, takes the version, and answers beside an unsaved edit.
    curator = sit_down("curator", width)
    curator.open("/admin/")
    seen(curator, "home", width)
    page = curator.page
    page.locator("#work-threads li a").click()
    page.wait_for_url(f"**{change}#thread-*")
    page.get_by_role("button", name="Take it").click()
    expect(page.locator(".curation-holder")).to_contain_text("Assigned to curator since")
    page.locator("#id_title").fill("The ministry gives masks")
    expect(page.locator(".thread-mark")).to_have_text("1 open thread")
    answer = page.get_by_label("Reply to this thread")
    answer.fill("Another gift: the ministry's is 50,000.")
    page.get_by_role("button", name="Reply", exact=True).click()
    expect(page.locator("#threads .curation-entry")).to_have_count(2)
    expect(page.locator("#id_title")).to_have_value("The ministry gives masks")
    expect(page.locator("#threads [data-done]")).to_have_text("Your reply is added.")
    expect(answer).to_have_value("")
    seen(curator, "form", width)

    # The reviewer resolves it, looks at the page that readers will see, and approves.
    reviewer.open(review)
    page = reviewer.page
    expect(page.locator(".curation-figure .curation-entry")).to_have_count(2)
    page.get_by_role("button", name="Resolve").click()
    expect(page.locator(".curation-resolved")).to_be_visible()
    expect(page.get_by_text("1 thread is open")).to_have_count(0)
    page.get_by_role("link", name="Preview the public page").click()
    expect(page.get_by_text("So readers would see version 1")).to_be_visible()
    seen(reviewer, "preview", width)
    page.go_back()
    page.locator("#id_message").fill("A gift of masks.")
    page.get_by_role("button", name="Approve and publish").click()
    expect(page.locator(".messagelist .success")).to_be_visible()
    page.goto(f"{reviewer.address}/records/{record.public_id}/")
    expect(page.get_by_text("Which is it?")).to_have_count(0)
    assert [curator.looked.complaints, reviewer.looked.complaints] == [[], []]
    assert Donation.objects.get(pk=record.pk).state == "published"
    assert not Thread.objects.get().is_open
