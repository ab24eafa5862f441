"""The curators' pages as a browser shows them: the worklist, a review, a merge. They fit a desk
and a phone, keep nobody out, and request nothing that the policy forbids."""

import os
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import expect

from records import publishing
from records.models import Donation, Statement
from tests.support.browser import Looked, barriers, box, fits
from tests.support.factories import (
    DonationFactory,
    ItemFactory,
    PartyFactory,
    StatementFactory,
    UserFactory,
    publish,
)

pytestmark = pytest.mark.django_db(transaction=True)
WIDTHS = pytest.mark.parametrize("width", [1280, 390])
TEXT = (
    "Foreign ministry spokesperson Zhao Lijian said on Friday that, as part of its support, China "
    "sent 50,000 surgical masks and 700 protective suits to Pakistan by air. More would follow in "
    "the coming weeks, he said at the regular press conference."
)


@pytest.fixture
def curator(transactional_db: None) -> User:
    return UserFactory(username="chief", is_superuser=True)


@pytest.fixture
def correction(curator: User) -> Donation:
    """In review: one figure changed, one added whose words are not in the text, one party and a
    title changed; its new statement waits with it."""
    author = UserFactory(username="author")
    published = DonationFactory(
        title="China sends masks to Pakistan",
        figures__statement=StatementFactory(text=TEXT),
        figures__quote="50,000 surgical masks",
        published=True,
    )
    draft = publishing.begin_correction(
        published, by=author, reason="A later statement says more."
    )
    draft.title = "China sends masks and suits to Pakistan"
    draft.save()
    figure = draft.figures.get()
    figure.operator, figure.unit = "more_than", "box"
    figure.save()
    other = StatementFactory(title="Briefing of the embassy", text=TEXT)
    draft.figures.create(
        measure="quantity",
        value=700,
        item=ItemFactory(code="protective-suit"),
        statement=other,
        quote="seven hundred suits",
        position=1,
    )
    draft.parties.create(role="recipient", party=PartyFactory(code="who"), position=1)
    for record in (other, draft):
        publishing.submit(record, by=author)
    draft.refresh_from_db()
    return draft


@pytest.fixture
def enter(look: Any, live_server: Any, curator: User) -> Any:
    """Opens a page of the admin, signed in."""
    client = Client()
    client.force_login(curator)
    session = client.cookies["sessionid"].value

    def open_page(address: str, width: int) -> Looked:
        looked: Looked = look("/", width)
        looked.page.context.add_cookies(
            [{"name": "sessionid", "value": session, "url": live_server.url}]
        )
        looked.complaints.clear()
        looked.page.goto(f"{live_server.url}{address}")
        return looked

    return open_page


def pictured(looked: Looked, name: str, width: int) -> None:
    """Kept where SCREENSHOTS names a folder, to be looked at."""
    if folder := os.environ.get("SCREENSHOTS"):
        path = Path(folder) / f"{name}-{width}.png"
        looked.page.screenshot(path=str(path), full_page=True)


def sound(looked: Looked, name: str, width: int) -> None:
    pictured(looked, name, width)
    assert looked.complaints == []
    assert fits(looked)
    assert barriers(looked) == []
    # What axe itself puts into a page to look at it, the policy refuses.
    looked.complaints.clear()


@WIDTHS
def test_the_home_is_a_worklist(
    width: int, correction: Donation, curator: User, enter: Any
) -> None:
    mine = DonationFactory(title="China sends a medical team to Italy")
    publishing.note_edit(mine, by=curator)
    returned = StatementFactory()
    publishing.note_edit(returned, by=curator)
    publishing.submit(returned, by=curator)
    publishing.return_for_changes(
        returned, by=UserFactory(username="reviewer"), comment="Name the occasion."
    )

    looked = enter("/admin/", width)

    page = looked.page
    expect(page.locator("#work-review li")).to_have_count(2)
    expect(page.locator("#work-returned")).to_contain_text("Name the occasion.")
    sound(looked, "home", width)
    page.locator("#work-review a", has_text="1 donation").click()
    page.locator("#result_list tbody tr").first.wait_for()
    expect(page.locator("#result_list tbody tr")).to_have_count(1)


@WIDTHS
def test_a_review_shows_what_changes_and_publishes_it(
    width: int, correction: Donation, enter: Any
) -> None:
    looked = enter(f"/admin/records/donation/{correction.pk}/change/", width)
    page = looked.page
    page.get_by_role("link", name="Review", exact=True).click()

    expect(page.locator(".curation-comparison")).to_have_count(2)
    expect(page.locator(".curation-figure.changed mark").first).to_have_text(
        "50,000 surgical masks"
    )
    sound(looked, "review", width)
    page.get_by_label("Message").fill("More masks, and suits.")
    page.get_by_role("button", name="Approve and publish").click()
    expect(page.locator(".errornote")).to_contain_text("say why it is published all the same")
    page.get_by_label("Why it is published").fill("The broadcast spells the number out.")
    page.get_by_role("button", name="Approve and publish").click()
    page.locator(".messagelist .success").wait_for()
    assert "Quotes that are not in the text on file were accepted" in page.content()
    sound(looked, "approved", width)


@WIDTHS
def test_the_second_save_is_merged(width: int, curator: User, enter: Any) -> None:
    draft = DonationFactory(title="As it was", recipients=["PAK", "ITA"])
    looked = enter(f"/admin/records/donation/{draft.pk}/change/", width)
    page = looked.page
    page.locator("#id_title").fill("By the second")
    page.locator("#id_note").fill("My note.")
    publishing.note_edit(draft, by=UserFactory(username="author"))
    Donation.objects.filter(pk=draft.pk).update(title="By the first", form="cash")
    page.locator("[name=_save]").first.click()

    expect(page.locator(".curation-choice")).to_have_count(3)
    expect(page.locator(".curation-choice.undecided legend")).to_contain_text("Title")
    # The page answers 409, which the browser reports in its console.
    looked.complaints[:] = [each for each in looked.complaints if "409" not in each]
    sound(looked, "merge", width)
    page.locator(".undecided label", has_text="Mine").click()
    page.get_by_role("button", name="Save as chosen").click()
    page.locator(".messagelist .success").wait_for()
    now = Donation.objects.get()
    assert (now.title, now.note, now.form) == ("By the second", "My note.", "cash")


@WIDTHS
def test_a_correction_is_one_click_away(width: int, curator: User, enter: Any) -> None:
    statement = StatementFactory(published=True)
    publish(publishing.begin_correction(statement, by=curator, reason="The speaker's name."))
    now = Statement.objects.get(state="published")

    looked = enter(f"/admin/records/statement/{now.pk}/change/", width)
    looked.page.get_by_role("button", name="Correct").click()

    expect(looked.page.locator(".curation-standing")).to_contain_text("No reason is given yet")
    expect(looked.page.locator(".curation-standing")).to_contain_text("chief")
    sound(looked, "correction", width)


@WIDTHS
def test_error_beside_other_fields_is_as_wide_as_its_field(
    width: int, curator: User, enter: Any
) -> None:
    doubtful = {"value": 5_000, "quote": "donated 50,000 masks"}
    draft = DonationFactory(figures=[doubtful])
    page = enter(f"/admin/records/donation/{draft.pk}/change/", width).page

    page.get_by_role("button", name="Save and continue editing").click()

    error = page.locator("#id_figures-0-value_error")
    expect(error).to_contain_text("The quote has “50,000”, the figure 5,000.")
    assert box(error)["width"] > 150


@WIDTHS
def test_a_search_left_open_takes_no_click(width: int, curator: User, enter: Any) -> None:
    draft = DonationFactory(title="As it was")
    looked = enter(f"/admin/records/donation/{draft.pk}/change/", width)
    page = looked.page
    page.locator("#id_title").fill("As it is")
    page.locator("[name=parties-0-party] + .select2").click()
    page.locator(".select2-results__option[aria-selected]").first.wait_for()

    page.get_by_role("button", name="Save and continue editing").click()

    page.locator(".messagelist .success").wait_for()


def test_the_browser_requests_before_typed_words_are_lost(curator: User, enter: Any) -> None:
    draft = DonationFactory(title="As it was")
    page = enter(f"/admin/records/donation/{draft.pk}/change/", 1280).page
    leave = "() => window.dispatchEvent(new Event('beforeunload', {cancelable: true}))"

    page.wait_for_load_state("networkidle")
    untouched = page.evaluate(leave)
    page.locator("#id_title").fill("As it is")

    assert (untouched, page.evaluate(leave)) == (True, False)
