"""How many clicks, selections and filled fields it takes: a customs total of twelve figures, and a
correction with a second source. The story has that of a statement with six."""

import re
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from records.models import Donation, Export, Item, State
from tests.curation.statement_reader.test_reader_browser import (
    SIZES,
    Curator,
    change_page,
    session,
    sit_down,
    stored,
)
from tests.support.factories import DonationFactory, PartyFactory, StatementFactory, publish

__all__ = ["session", "sit_down"]

pytestmark = pytest.mark.django_db(transaction=True)

GOODS = {
    "mask": ("masks", "27.8 billion", 27_800_000_000),
    "protective-suit": ("protective suits", "130 million", 130_000_000),
    "test-kit": ("test kits", "73.41 million", 73_410_000),
    "ventilator": ("ventilators", "49,100", 49_100),
    "infrared-thermometer": ("infrared thermometers", "12.57 million", 12_570_000),
    "patient-monitor": ("patient monitors", "124,000", 124_000),
    "goggles": ("goggles", "43.63 million", 43_630_000),
    "face-shield": ("face shields", "2.1 million", 2_100_000),
    "hospital-bed": ("hospital beds", "23,500", 23_500),
    "stethoscope": ("stethoscopes", "61,000", 61_000),
    "syringe": ("syringes", "8.4 million", 8_400_000),
    "oximeter": ("oximeters", "315,000", 315_000),
}
"""Item → its name, the number in words, the number."""
TEXT = (
    "China exported " + ", ".join(f"{number} {name}" for name, number, _ in GOODS.values()) + "."
)
SECOND = "Officials in Islamabad said that 50,000 surgical masks had arrived from China."


def add_statement(curator: Curator) -> None:
    curator.open(reverse("admin:records_statement_add"))
    curator.interactions = 0
    curator.fill("Title:", "Customs on exports since the first of March")
    curator.fill("Publisher:", "Customs")
    curator.fill("Published on:", "2020-05-01")
    curator.fill("Said on:", "2020-04-30")
    curator.fill("Summary:", "What China exported in two months.")
    curator.fill("Text:", TEXT)
    curator.fill("Url:", "https://example.org/customs")
    curator.fill("Language:", "en")
    press(curator, "Save and continue editing")


def press(curator: Curator, button: str) -> None:
    curator.click(curator.page.get_by_role("button", name=button, exact=True))
    curator.page.locator(".messagelist .success").first.wait_for()


@SIZES
def test_a_customs_total_of_twelve_takes_thirty(sit_down: Any, width: int) -> None:
    stored(lambda: [
        Item.objects.create(code=code, version=1, name=name.capitalize(), default_unit="piece")
        for code, (name, _, _) in GOODS.items()
    ])  # fmt: skip
    stored(lambda: PartyFactory(code="CHN"))
    curator = sit_down("/admin/", width)
    page = curator.page

    add_statement(curator)
    curator.click(page.get_by_role("link", name="New export from this"))
    curator.fill("Title:", "China's exports since the first of March")
    curator.choose("trade", "unclear")
    curator.choose("reported_by", "official_record")
    curator.fill("Series:", "customs-exports")
    curator.fill("Period start:", "2020-03-01")
    curator.click(page.get_by_role("button", name="China (CHN) is an exporter"))
    curator.press("Alt+ArrowDown")
    for n, (_, number, _) in enumerate(GOODS.values()):
        curator.press("Enter")
        expect(page.locator(f"[name='figures-{n}-quote']")).to_have_value(re.compile(f"^{number}"))
    height = page.locator("#figures-group").bounding_box()["height"]
    items = page.locator("#figures-group .figure-line .field-item .select2-selection").all()
    widths = [item.bounding_box()["width"] for item in items]
    press(curator, "Save and submit for review")

    assert curator.interactions <= 30
    record = stored(Export.objects.get)
    assert record.state == State.IN_REVIEW
    rows = stored(lambda: list(record.figures.order_by("position")))
    assert [(row.item_id, int(row.value), row.basis) for row in rows] == [
        (code, value, "cumulative_to_date") for code, (_, _, value) in GOODS.items()
    ]
    assert height < 6_500  # in full, twelve figures take 17,000
    assert len(widths) == 12
    assert min(widths) > 90  # the name of the item can be read
    assert curator.looked.complaints == []


@SIZES
def test_a_correction_with_a_second_source_takes_twelve(sit_down: Any, width: int) -> None:
    def prepare() -> Any:
        record = DonationFactory(published=True)
        publish(StatementFactory(title="Islamabad confirms the masks", text=SECOND))
        return record

    record = stored(prepare)
    curator = sit_down(change_page(record), width)
    page = curator.page

    press(curator, "Correct")
    curator.click(page.locator("#figures-group .add-row a"))
    curator.search("figures-1-statement", "islamabad", "Islamabad confirms the masks")
    expect(page.locator(".reader-text")).to_have_value(SECOND)
    curator.press("Alt+ArrowDown")
    curator.press("Enter")
    expect(page.locator("[name='figures-1-quote']")).to_have_value("50,000 surgical masks")
    curator.fill("Reason:", "The recipient confirms it.")
    press(curator, "Save and submit for review")

    assert curator.interactions <= 12
    draft = stored(lambda: Donation.objects.get(version=2))
    assert draft.state == State.IN_REVIEW
    assert [int(row.value) for row in stored(lambda: list(draft.figures.all()))] == [50_000] * 2
