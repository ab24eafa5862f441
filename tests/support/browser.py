"""A page as a browser shows it, and what is wrong with it."""

from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

PATIENCE = 30_000
"""Milliseconds that a page on a busy machine may take to show what is expected of it."""
expect.set_options(timeout=PATIENCE)

# A colour on its way from one scheme to the other is neither's.
AT_REST = """
async () => {
  await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
  const ends = (one) => one.effect.getComputedTiming().endTime < Infinity;
  await Promise.allSettled(document.getAnimations().filter(ends).map((one) => one.finished));
}
"""


@dataclass
class Looked:
    """A page as a browser shows it, and what it complained of."""

    page: Any
    complaints: list[str] = field(default_factory=list)


def fits(looked: Looked) -> bool:
    """Whether the page is no wider than its window. A page that has only begun to load has no
    width yet."""
    looked.page.wait_for_load_state()
    return looked.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def box(place: Any) -> dict[str, float]:
    """Where a part of the page is. A script may be replacing it, so it has several tries."""
    for _ in range(20):
        expect(place).to_be_visible()
        if found := place.bounding_box():
            return found
    raise AssertionError(f"{place} does not stay on the page")


def barriers(looked: Looked) -> list[str]:
    """What axe finds that would keep people out; in the admin without what is minor or moderate,
    which Django's own pages have."""
    looked.page.wait_for_load_state()
    looked.page.evaluate(AT_REST)
    lesser = {"minor", "moderate"} if "/admin/" in looked.page.url else set()
    found = Axe().run(looked.page).response["violations"]
    return [
        f"{violation['id']} ({violation['impact']}): "
        + "; ".join(node["html"][:200] for node in violation["nodes"][:3])
        for violation in found
        if violation["impact"] not in lesser
    ]


def contrast(looked: Looked) -> float:
    """Of the text on its ground, as WCAG reckons it."""
    colours = looked.page.evaluate(
        "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
    )
    light, dark = sorted((luminance(colour) for colour in colours), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(part) / 255 for part in colour.removeprefix("rgb(").rstrip(")").split(",")]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
