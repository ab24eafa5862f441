"""The tables in a browser and against a server: by clicking and typing, and by the code that they
give."""

import re
import shutil
import subprocess
import sys
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from playwright.sync_api import expect

from records.site.browse import views
from tests.site.test_browse import count, table
from tests.support.browser import barriers, fits


@pytest.mark.slow(sample=True)
def test_code_fetches_the_records_of_the_page(
    dataset_for_live_server: None, live_server: Any, tmp_path: Any
) -> None:
    client = Client(SERVER_NAME="localhost")
    host = urlsplit(live_server.url).netloc
    for address in ("/browse/donations/?donor=CHN&page_size=25", "/browse/?party=PAK"):
        page = client.get(address, headers={"host": host}).content.decode()
        programs = dict(
            re.findall(
                r"The same request as (\w+)</summary><pre><code>(.*?)</code>", page, re.DOTALL
            )
        )
        assert set(programs) == {"curl", "Python", "R", "JavaScript"}

        run = subprocess.run(
            [sys.executable, "-c", unescape(programs["Python"])],
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert run.stdout == f"{count(page)} records\n", run.stderr

        if shutil.which("curl") is None:
            pytest.skip("curl is not installed.")
        subprocess.run(
            ["sh", "-e", "-c", unescape(programs["curl"])], cwd=tmp_path, check=True, timeout=60
        )
        files = list(tmp_path.glob("*.csv"))
        ids = {line.split(",")[0] for file in files for line in file.read_text().splitlines()[1:]}
        assert set(table(page)) - {id for id in table(page) if id.startswith("st-")} <= ids


def test_tables_in_a_browser(dataset_for_live_server: None, look: Any) -> None:
    """At two widths and in both colour schemes, with all that folds unfolded."""
    wrong: list[tuple[str, str]] = []
    for address in (
        "/browse/",
        "/browse/donations/?item=mask&unit=piece&page_size=25",
        "/browse/statements/?page_size=25",
        "/browse/donations/?recipient=NRU",
        "/browse/donations/facets/?facets=donor",
    ):
        looked = look(address)
        looked.page.evaluate(
            "document.querySelectorAll('details').forEach(each => each.open = true)"
        )
        for width in (1280, 390):
            looked.page.set_viewport_size({"width": width, "height": 844})
            if not fits(looked):
                wrong.append((address, f"wider than a window of {width}"))
            for scheme in ("light", "dark"):
                looked.page.emulate_media(color_scheme=scheme)
                wrong += [(address, f"{width} {scheme}: {one}") for one in barriers(looked)]
        wrong += [(address, complaint) for complaint in looked.complaints]
        looked.page.close()
    assert wrong == []


def test_the_page_follows_the_form(dataset_for_live_server: None, look: Any) -> None:
    looked = look("/browse/donations/")
    page = looked.page

    page.locator("#f-stage-delivered").check()
    page.locator(".chips").get_by_text("delivered").wait_for()

    expect(page).to_have_url(re.compile(r"\?stage=delivered$"))
    expect(page.locator("#f-stage-delivered")).to_be_focused()
    page.go_back()
    page.wait_for_function("!document.querySelector('.chips')")
    expect(page).to_have_url(re.compile(r"/browse/donations/$"))
    assert looked.complaints == []


def test_facets_of_many_records_come_after_the_page(
    dataset_for_live_server: None, look: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(views, "COUNTED_AT_ONCE", 0)

    looked = look("/browse/donations/?stage=delivered")

    looked.page.locator("#facets .n").first.wait_for()
    expect(looked.page).to_have_url(re.compile(r"\?stage=delivered$"))
    expect(looked.page.locator("#f-stage-delivered")).to_be_checked()
    assert looked.complaints == []


def test_a_table_works_without_javascript(dataset_for_live_server: None, look: Any) -> None:
    looked = look("/")
    context = looked.page.context.browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(looked.page.url)

    page.get_by_role("link", name="Browse").click()
    page.get_by_role("link", name="Donations", exact=True).first.click()
    page.locator("#f-stage-delivered").check()
    page.get_by_role("button", name="Show records").click()

    expect(page).to_have_url(re.compile(r"\?stage=delivered$"))
    expect(page.locator("tbody tr")).to_have_count(50)
    page.get_by_role("link", name="Next page").click()
    assert page.locator("tbody tr").count() > 0
    page.get_by_role("link", name="remove this filter").first.click()
    expect(page).to_have_url(re.compile(r"/browse/donations/(\?|$)"))
    context.close()
