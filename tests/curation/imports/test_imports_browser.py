"""An import as a curator sees it: sent, checked with a bar that moves, looked over, imported and
undone, in a real browser."""

import os
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import expect

from records.curation.imports import batches
from tests.curation.imports.test_imports import as_csv, downloaded, row, superuser_client, table
from tests.support.browser import barriers, fits
from tests.support.factories import DonationFactory, ItemFactory, PartyFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)

PICTURES = os.environ.get("PICTURES", "")
"""A folder for pictures of each step, if they are wanted."""


@pytest.fixture
def files(transactional_db: None, tmp_path: Path) -> dict[str, Any]:
    """A file that is refused and one that is sound, and the session of a curator."""
    for code in ("CHN", "PAK", "ITA"):
        PartyFactory(code=code)
    ItemFactory()
    donation = DonationFactory(published=True)
    statement = donation.cited_statements()[0]
    (cells,) = table(downloaded(superuser_client(), type(donation), "csv"))
    arrived = f"delivered 2020-04-12 on {statement.public_id} “the masks arrived”"
    milestones = f"{cells['milestones']} | {arrived}"
    changed = cells | {"stage": "delivered", "milestones": milestones, "reason": ""}
    new = [
        row(statement, record="", title=f"China sends masks to Italy, lot {n}", recipients="Italy")
        for n in range(1, 6)
    ]
    blank = dict.fromkeys(cells, "")
    sound = tmp_path / "sound.csv"
    sound.write_bytes(as_csv([changed, *(blank | one for one in new)]))
    wrong = tmp_path / "wrong.csv"
    wrong.write_bytes(as_csv([blank | new[0] | {"recipients": "Itly"}, blank | new[1]]))
    client = Client()
    client.force_login(UserFactory(username="curator", is_superuser=True))
    session = client.cookies["sessionid"].value
    return {"sound": sound, "wrong": wrong, "session": session, "id": donation.public_id}


@pytest.mark.parametrize("width", [1280, 390])
def test_a_file_is_sent_looked_over_imported_and_undone(
    files: dict[str, Any], look: Any, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "SLICE", 2)
    looked = look("/livez", width)
    page = looked.page
    page.context.add_cookies(
        [{"name": "sessionid", "value": files["session"], "url": page.url.split("/livez")[0]}]
    )
    page.goto(page.url.replace("/livez", "/admin/records/donation/"))
    page.get_by_role("link", name="Import", exact=True).click()
    seen(looked, "upload")
    page.get_by_label("Spreadsheet").set_input_files(files["wrong"])
    page.get_by_role("button", name="Check").click()
    page.get_by_text("Nothing was imported").wait_for()
    expect(page.get_by_text("Did you mean ITA?")).to_have_count(1)
    seen(looked, "refused")

    # Mended in its place: with the search box of the forms.
    page.locator(".import-search .select2-selection").click()
    page.locator(".select2-search__field").fill("ITA")
    page.keyboard.press("Enter")
    expect(page.locator(".import-search .select2-selection")).to_contain_text("ITA")
    page.get_by_role("button", name="Check again").click()
    page.get_by_text("1 cell mended. No row is refused any more.").wait_for()
    expect(page.locator(".import-cell del", has_text="Itly")).to_have_count(1)
    seen(looked, "mended")

    page.goto(page.url.split("/admin/")[0] + "/admin/records/donation/import/")
    page.get_by_label("Spreadsheet").set_input_files(files["sound"])
    page.get_by_role("button", name="Check").click()
    page.get_by_text("Ready to import: 5 new, 1 corrected").wait_for()
    expect(page.get_by_text("committed → delivered")).to_have_count(1)
    seen(looked, "ready")
    page.get_by_label("Reason for the corrections").fill("It arrived.")
    page.get_by_role("button", name="Import 6 drafts").click()
    page.get_by_text("6 as they were imported").wait_for()
    seen(looked, "imported")

    page.get_by_role("link", name="drafts 1 to 6").click()
    page.get_by_text("6 donations").first.wait_for()
    page.go_back()
    page.get_by_role("button", name="Undo: delete the drafts of this import").click()
    page.get_by_text("Undone: 6 drafts deleted.").wait_for()
    seen(looked, "undone")

    # The admin has no icon of its own for the browser to find.
    assert [reported for reported in looked.complaints if "404" not in reported] == []


def seen(looked: Any, name: str) -> None:
    """The page fits the window and nothing on it keeps people out; its picture, if wanted. What
    the tools that look at it do to its styles is no complaint about the page."""
    said = list(looked.complaints)
    if PICTURES:
        width = looked.page.viewport_size["width"]
        looked.page.screenshot(path=f"{PICTURES}/import-{name}-{width}.png", full_page=True)
    assert fits(looked), name
    assert barriers(looked) == [], name
    looked.page.wait_for_timeout(100)
    looked.complaints[:] = said
