"""Search boxes in a real browser: Enter takes what was typed, however slow the network is, and
never what an older list offers."""

import time
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from records.models import Party
from tests.curation.statement_reader.test_reader_browser import Curator, session, sit_down

__all__ = ["session", "sit_down"]

pytestmark = pytest.mark.django_db(transaction=True)

PARTIES = {
    "CHN": ("China", ["中国", "PRC"]),
    "china-aid": ("China Aid", ["CIDCA"]),
    "chn-companies": ("Chinese companies", []),
    "red-cross-of-china": ("Red Cross Society of China", ["China Red Cross"]),
    "bank-of-china": ("Bank of China", ["BOC"]),
    "boc": ("BOC Aviation", []),
    "who": ("World Health Organization", ["WHO Geneva"]),
}
"""Code → name and aliases: each name begins or ends another one."""
BOX = "[name='parties-0-party']"
FIELD = ".select2-search__field"


@pytest.fixture
def parties(transactional_db: None) -> None:
    for code, (name, aliases) in PARTIES.items():
        Party.objects.create(code=code, version=1, name=name, aliases=aliases, type="group")


def type_into(curator: Curator, before: str, typed: str) -> None:
    """Open the box, look something up, and type something else over it, with Enter at once."""
    page = curator.page
    page.locator(f"{BOX} + .select2").click()
    page.locator(FIELD).fill(before)
    page.locator(".select2-results__option[aria-selected]").first.wait_for()
    page.locator(FIELD).fill(typed)
    page.keyboard.press("Enter")


@pytest.mark.parametrize("delay", [0, 300, 1500])
def test_enter_takes_what_was_typed(parties: None, sit_down: Any, delay: int) -> None:
    curator = sit_down(reverse("admin:records_donation_add"))
    page = curator.page

    def late(route: Any) -> None:
        time.sleep(delay / 1000)
        route.continue_()

    page.route("**/autocomplete/**", late)
    terms = [(code, term) for code, (name, more) in PARTIES.items() for term in [name, *more]]
    unlike = [term for term in terms if term[1] != "BOC"]
    for code, typed in unlike if delay < 1000 else unlike[:4]:
        type_into(curator, "chin" if code != "CHN" else "bank", typed)
        expect(page.locator(".select2-container--open")).to_have_count(0)
        assert (typed, curator.value("parties-0-party")) == (typed, code)


def test_what_two_are_called_is_asked(parties: None, sit_down: Any) -> None:
    curator = sit_down(reverse("admin:records_donation_add"))
    page = curator.page

    type_into(curator, "chin", "boc")

    options = page.locator(".select2-results__option[aria-selected]")
    expect(options).to_have_count(2)
    page.keyboard.press("Enter")
    expect(options).to_have_count(2)
    assert curator.value("parties-0-party") == ""
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert curator.value("parties-0-party") == "boc"
