"""A page that is killed while somebody types, as a browser shows it afterwards."""

import os
import time
from collections.abc import Callable
from contextlib import suppress

import pytest
from django.urls import reverse
from playwright.sync_api import Error, Request, expect

from accounts.models import KeptForm
from records.models import Donation
from tests.curation.statement_reader.test_reader_browser import (  # noqa: F401  # fixtures
    Curator,
    session,
    sit_down,
    stored,
    vocabulary,
    wrong_with,
)

pytestmark = pytest.mark.django_db(transaction=True)
SHOTS = os.environ.get("SCREENSHOTS", "")
KEPT = "are kept ("
PROMISED = 64 * 1024
"""Bytes that a browser sends from a page that is gone."""


def shoot(curator: Curator, name: str) -> None:
    if SHOTS:
        curator.page.screenshot(path=f"{SHOTS}/autosave-{name}.png")


def kill(curator: Curator) -> None:
    """End the process of the page: no script of it runs any more."""
    curator.page.on("dialog", lambda dialog: dialog.accept())
    with suppress(Error):
        curator.page.goto("chrome://crash", timeout=5_000)


@pytest.mark.usefixtures("vocabulary")
@pytest.mark.parametrize("width", [1280, 390])
def test_killed_page_comes_back(width: int, sit_down: Callable[..., Curator]) -> None:  # noqa: F811
    add = reverse("admin:records_donation_add")
    curator = sit_down(add, width)
    status = curator.page.locator(".kept-status")
    curator.page.locator("#id_title").press_sequentially("Masks for Pak")
    expect(status).to_contain_text(KEPT)
    # The network fails, and comes back.
    curator.page.context.set_offline(True)
    curator.page.locator("#id_note").press_sequentially("By air.")
    expect(status).to_contain_text("not kept at the moment")
    shoot(curator, f"failed-{width}")
    curator.page.context.set_offline(False)
    expect(status).to_contain_text(KEPT)
    curator.search("parties-0-party", "China", "China")
    curator.page.locator("#figures-group .add-row a").click()
    curator.page.locator("[name=figures-1-value]").press_sequentially("50000")
    # A row that was moved comes back where it was moved to.
    curator.page.locator("#figures-1 .row-up").click()
    with curator.page.expect_response("**/kept-forms/"):
        pass
    curator.page.locator("#id_title").press("End")
    curator.page.locator("#id_title").press_sequentially("istan")
    shoot(curator, f"kept-{width}")

    kill(curator)

    curator = sit_down(add, width)
    offer = curator.page.locator(".kept-offer")
    expect(offer).to_contain_text("You have unsaved changes")
    expect(curator.page.locator("#id_title")).to_have_value("")
    assert wrong_with(curator) == []
    shoot(curator, f"offered-{width}")
    offer.get_by_role("link", name="Continue with them").click()
    expect(curator.page.locator("#id_note")).to_have_value("By air.")
    assert curator.value("title").startswith("Masks for Pak")
    assert curator.value("parties-0-party") == "CHN"
    assert curator.value("figures-1-value") == "50000"
    rows = curator.page.locator("#figures-group .inline-related:not(.empty-form)")
    assert [row.get_attribute("id") for row in rows.all()] == ["figures-1", "figures-0"]
    expect(curator.page.locator(".errornote")).to_have_count(0)
    assert wrong_with(curator) == []
    shoot(curator, f"continued-{width}")

    curator.page.locator("#id_title").fill("Masks for Pakistan")
    with curator.page.expect_response("**/kept-forms/"):
        pass
    assert stored(KeptForm.objects.get).content["title"] == "Masks for Pakistan"
    curator.page.on("dialog", lambda dialog: dialog.accept())
    curator.open(add)
    offer.get_by_role("button", name="Discard").click()
    expect(offer).to_have_count(0)
    assert stored(KeptForm.objects.count) == 0
    assert stored(Donation.objects.count) == 0


def test_form_that_is_too_large_is_said_to_be(sit_down: Callable[..., Curator]) -> None:  # noqa: F811
    curator = sit_down(reverse("admin:records_statement_add"))
    page = curator.page
    page.locator("#id_title").press_sequentially("Masks")
    # Nine characters for each, as it is sent: more than the server reads.
    page.locator("#id_text").fill("口" * 400_000)

    status = page.locator(".kept-status.problem")
    expect(status).to_contain_text("not kept: the form is too large. Save them")


def kept_text() -> dict[str, str]:
    content = KeptForm.objects.get().content
    return {name: content.get(name, "") for name in ("title", "text", "note")}


@pytest.mark.parametrize("how", ["left", "closed"])
def test_long_form_keeps_what_was_typed_just_before_it_is_gone(
    how: str,
    sit_down: Callable[..., Curator],  # noqa: F811
) -> None:
    """Longer than a browser sends from a page that is gone."""
    curator = sit_down(reverse("admin:records_statement_add"))
    page = curator.page
    page.on("dialog", lambda dialog: dialog.accept())
    sizes: list[int] = []

    def note(request: Request) -> None:
        if request.url.endswith("/kept-forms/"):
            sizes.append(len(request.post_data_buffer or b""))

    page.on("request", note)
    lines = "😀" + "China sent 50,000 masks to Serbia.\n" * 2_000
    # As pasted: typed by Playwright, so many lines take minutes.
    page.locator("#id_title").click()
    page.locator("#id_text").evaluate(
        """(text, value) => {
            text.value = value;
            text.dispatchEvent(new Event("input", { bubbles: true }));
        }""",
        lines,
    )
    expect(page.locator(".kept-status")).to_contain_text(KEPT)

    page.locator("#id_title").press_sequentially("Masks")
    page.evaluate(
        """() => {
            const text = document.querySelector("#id_text");
            text.setSelectionRange(20_000, 20_010);
            text.setRangeText("typed 😀 later\\n");
            text.dispatchEvent(new Event("input", { bubbles: true }));
        }"""
    )
    expected = page.locator("#id_text").input_value().replace("\n", "\r\n")
    if how == "left":
        page.goto("about:blank")
    else:
        page.close(run_before_unload=False)

    for _ in range(50):
        found = stored(kept_text)
        if found["title"] == "Masks":
            break
        time.sleep(0.1)
    assert found["title"] == "Masks"
    assert found["text"] == expected
    # On this machine a long form may arrive all the same; a browser promises so much only.
    assert sizes[0] > PROMISED
    # Of a page that was closed the last request is not seen from here.
    assert how == "closed" or PROMISED > sizes[-1] > 0
