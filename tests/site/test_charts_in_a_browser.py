"""Charts, embeds and profiles as a browser shows them: nothing breaks the policy, nothing keeps
people out, and a chart becomes interactive when it is asked for."""

import os
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.support.browser import barriers, fits

PICTURES = os.environ.get("CHART_PICTURES", "")
SERIES = "/charts/series/?series=china-customs-anti-epidemic-exports&item=mask&unit=piece"
EMBED = "/embed/parties/?kind=donation&item=mask"
IMAGES = """
    new Promise((then) => requestAnimationFrame(() => requestAnimationFrame(then)))
        .then(() => Promise.all([...document.images].map((image) => image.decode())))
"""
"""Waits for the images that a window shows now, and fails if one is missing."""
SHOWN = (
    "/charts/",
    SERIES,
    "/charts/months/?kind=donation&donor=CHN&item=mask",
    "/charts/map/?kind=donation&item=mask",
    "/charts/compare/?kind=donation&donor=CHN,jack-ma-foundation&item=mask",
    EMBED,
    "/parties/CHN/",
    "/items/mask/",
    "/series/china-mfa-recipient-countries/",
)


def test_charts_and_profiles_in_a_browser(dataset_for_live_server: None, look: Any) -> None:
    """Each at two widths and in both colour schemes."""
    wrong: list[tuple[str, str]] = []
    for address in SHOWN:
        looked = look(address)
        page = looked.page
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 844})
            if not fits(looked):
                wrong.append((address, f"wider than a window of {width}"))
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                # Each scheme and width has an image of its own.
                page.evaluate(IMAGES)
                wrong += [(address, f"{width} {scheme}: {one}") for one in barriers(looked)]
        if page.get_by_role("heading", level=1).count() != 1:
            wrong.append((address, "not one heading of the first level"))
        wrong += [(address, complaint) for complaint in looked.complaints]
        page.close()
    assert wrong == []


@pytest.mark.browser
def test_a_chart_becomes_interactive_when_asked(dataset_for_live_server: None, look: Any) -> None:
    looked = look(SERIES)
    page = looked.page
    scripts: list[str] = []
    page.on("request", lambda request: scripts.append(request.url))

    page.get_by_role("button", name="Make it interactive").click()
    page.locator(".drawn-chart svg .mark-symbol path").nth(1).wait_for()
    page.locator(".drawn-chart svg .mark-symbol path").nth(1).hover()

    assert any("/static/records/vega" in url for url in scripts), "loaded before it was asked for"
    expect(page.locator("#vg-tooltip-element")).to_contain_text("“3.86 billion masks”")
    page.locator(".drawn-chart svg .mark-symbol path").nth(1).click()
    page.wait_for_url("**/records/exp-0sqzymfg/")
    assert looked.complaints == []


class Elsewhere(BaseHTTPRequestHandler):
    """A page of another site with a frame."""

    framed = ""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(f'<iframe src="{self.framed}" width="720"></iframe>'.encode())

    def log_message(self, *args: Any) -> None:
        """Write nothing."""


def test_another_site_may_frame_an_embed_and_nothing_else(
    dataset_for_live_server: None, look: Any, live_server: Any
) -> None:
    server = HTTPServer(("localhost", 0), Elsewhere)
    Thread(target=server.serve_forever, daemon=True).start()
    looked = look("/charts/")
    shown = {}
    try:
        for address in (EMBED, "/charts/"):
            Elsewhere.framed = f"{live_server.url}{address}"
            looked.page.goto(f"http://localhost:{server.server_port}/")
            looked.page.wait_for_load_state("networkidle")
            frame = looked.page.frames[1]
            shown[address] = frame.url == Elsewhere.framed
    finally:
        server.shutdown()
        server.server_close()

    assert shown == {EMBED: True, "/charts/": False}


@pytest.mark.skipif(not PICTURES, reason="takes the pictures of docs/charts.md")
def test_pictures_of_a_table_a_party_a_series_and_an_embed(
    dataset_for_live_server: None, look: Any
) -> None:
    folder = Path(PICTURES)
    folder.mkdir(parents=True, exist_ok=True)
    for name, address, width, height in (
        ("browse", "/browse/contracts/?buyer_country=ESP", 1280, 900),
        ("party", "/parties/huawei/", 900, 1100),
        ("series", "/series/china-customs-anti-epidemic-exports/", 900, 1100),
        ("embed", EMBED, 740, 520),
    ):
        looked = look(address, width)
        looked.page.set_viewport_size({"width": width, "height": height})
        looked.page.wait_for_load_state("networkidle")
        looked.page.screenshot(path=folder / f"{name}.png")
        assert looked.complaints == []
