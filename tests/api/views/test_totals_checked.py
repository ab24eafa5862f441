"""docs/totals-checked.md: what the API says to questions over the shipped dataset, figure by
figure. The page is written by the test itself with REWRITE=1, to be checked by hand."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.test import Client

from tests.support.routes import API, found
from tests.support.totals_answers import get

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("dataset")]

PAGE = Path(settings.BASE_DIR) / "docs" / "totals-checked.md"
INTRODUCTION = """# Totals, checked

What `/summary/` says to questions over the shipped dataset: the amounts, the figures that they
rest on, and why each other figure adds nothing. Questions 1 to 24 are as of revision 4, those
after them, on aid of many countries, as of revision 11. A test keeps the page true
(`tests/api/views/test_totals_checked.py`; `REWRITE=1` writes it again). The rules are in
[decision 0020](decisions/0020-totals-prove-a-minimum.md).
"""
Question = tuple[str, str, dict[str, str]]
CHECKED_AS_OF_4: list[Question] = [
    ("Masks that China exported", "exports", {"exporter": "CHN", "item": "mask"}),
    (
        "The same to the end of 2020",
        "exports",
        {"exporter": "CHN", "item": "mask", "as_of_to": "2020-12-31"},
    ),
    (
        "The same in 2021",
        "exports",
        {
            "exporter": "CHN",
            "item": "mask",
            "as_of_from": "2021-01-01",
            "as_of_to": "2021-12-31",
        },
    ),
    (
        "Masks that China exported to the United States",
        "exports",
        {"exporter": "CHN", "destination": "USA", "item": "mask"},
    ),
    ("Ventilators that China exported", "exports", {"exporter": "CHN", "item": "ventilator"}),
    ("Test kits that China exported", "exports", {"exporter": "CHN", "item": "test-kit"}),
    ("Goggles that China exported", "exports", {"exporter": "CHN", "item": "goggles"}),
    (
        "China's cash to the World Health Organization",
        "donations",
        {"donor": "CHN", "recipient": "who", "currency": "USD"},
    ),
    (
        "The same by 10 April 2020",
        "donations",
        {"donor": "CHN", "recipient": "who", "currency": "USD", "as_of_to": "2020-04-10"},
    ),
    (
        "Masks that the Alibaba Foundation gave",
        "donations",
        {"donor": "alibaba-foundation", "item": "mask"},
    ),
    ("Masks given to Italy", "donations", {"recipient_country": "ITA", "item": "mask"}),
    ("Masks given to Japan", "donations", {"recipient_country": "JPN", "item": "mask"}),
    ("Masks given to Spain", "donations", {"recipient_country": "ESP", "item": "mask"}),
    ("Masks given to Pakistan", "donations", {"recipient_country": "PAK", "item": "mask"}),
    ("Test kits given to Pakistan", "donations", {"recipient": "PAK", "item": "test-kit"}),
    (
        "Ventilators given in Africa",
        "donations",
        {"recipient_region": "africa", "item": "ventilator"},
    ),
    ("Masks given in Africa", "donations", {"recipient_region": "africa", "item": "mask"}),
    ("Doctors and nurses sent", "donations", {"donor_country": "CHN", "item": "personnel"}),
    ("Vaccine doses that China gave", "donations", {"donor": "CHN", "item": "vaccine"}),
    ("Countries that China gave to", "donations", {"donor": "CHN", "measure": "parties"}),
    ("Masks that were bought", "contracts", {"item": "mask"}),
    ("Ventilators that were bought", "contracts", {"item": "ventilator"}),
    ("Test kits that Spain bought", "contracts", {"buyer_country": "ESP", "item": "test-kit"}),
    ("Purchases in US dollars", "contracts", {"currency": "USD"}),
]
CHECKED_AS_OF_11: list[Question] = [
    ("Vaccine doses that COVAX delivered", "donations", {"donor": "covax", "item": "vaccine"}),
    (
        "Vaccine doses that the United States gave",
        "donations",
        {"donor": "USA", "item": "vaccine"},
    ),
    (
        "The same to Bangladesh",
        "donations",
        {"donor": "USA", "recipient": "BGD", "item": "vaccine"},
    ),
    ("Masks given to Serbia", "donations", {"recipient_country": "SRB", "item": "mask"}),
    ("Medical brigades of Cuba", "donations", {"donor": "CUB", "item": "medical-team"}),
    ("Ventilators given to India", "donations", {"recipient": "IND", "item": "ventilator"}),
    (
        "Oxygen concentrators given to India",
        "donations",
        {"recipient": "IND", "item": "oxygen-concentrator"},
    ),
    ("Contracts of Peru", "contracts", {"buyer_country": "PER"}),
    (
        "Sputnik V that Argentina bought",
        "contracts",
        {"buyer_country": "ARG", "item": "sputnik-v-vaccine"},
    ),
    (
        "Vaccine doses that the European Union exported",
        "exports",
        {"exporter": "european-union", "item": "vaccine"},
    ),
    ("Gifts to Fiji", "donations", {"recipient": "FJI"}),
    ("Vaccine doses that India exported", "exports", {"exporter": "IND", "item": "vaccine"}),
    ("Test kits that South Korea exported", "exports", {"exporter": "KOR", "item": "test-kit"}),
    (
        "Vaccine doses that Japan gave Taiwan",
        "donations",
        {"donor": "JPN", "recipient": "TWN", "item": "vaccine"},
    ),
    (
        "Vaccine doses that the United Kingdom gave",
        "donations",
        {"donor": "GBR", "item": "vaccine"},
    ),
    ("Vaccine doses that Turkey gave", "donations", {"donor": "TUR", "item": "vaccine"}),
    ("Vaccine doses that South Korea gave", "donations", {"donor": "KOR", "item": "vaccine"}),
    ("Vaccine doses given to Tunisia", "donations", {"recipient": "TUN", "item": "vaccine"}),
    ("Contracts of the African Vaccine Acquisition Trust", "contracts", {"buyer": "avat"}),
    (
        "Vaccine that the European Union ordered",
        "contracts",
        {"buyer": "european-union", "item": "vaccine"},
    ),
    ("Money and doses for COVAX", "donations", {"recipient": "covax"}),
    ("Masks that Taiwan gave", "donations", {"donor": "TWN", "item": "mask"}),
]
QUESTIONS = [
    *((question, 4) for question in CHECKED_AS_OF_4),
    *((question, 11) for question in CHECKED_AS_OF_11),
]
"""Each question with the revision that answers it."""


def amount(number: Any) -> str:
    """Return a number for readers."""
    return "–" if number is None else f"{number:,}"


def page(client: Client) -> Iterator[str]:
    """Yield the lines of the page."""
    yield INTRODUCTION.rstrip()
    for number, ((title, kind, query), revision) in enumerate(QUESTIONS, start=1):
        requested = query | {"revision": str(revision)}
        answer = get(client, kind, **requested)
        yield ""
        yield f"## {number}. {title}"
        yield ""
        yield f"`/api/v1/{kind}/summary/?{urlencode(requested)}`"
        if not answer["totals"]:
            yield ""
            yield "No figure is about it."
        for total in answer["totals"]:
            yield ""
            yield from lines(client, kind, total, revision)


def lines(client: Client, kind: str, total: dict[str, Any], revision: int) -> Iterator[str]:
    """Yield the lines of one total."""
    names = ("measure", "unit", "currency", "party_type", "party_role")
    split = ", ".join(total[name] for name in names if total[name])
    others = total["with_others"]["at_least"]
    yield (
        f"**{split}**: at least {amount(total['at_least'])}, about {amount(total['about'])}, at "
        f"most {amount(total['at_most'])}"
        + ("" if others == total["at_least"] else f"; with others at least {amount(others)}")
        + "."
    )
    yield ""
    yield "| Figure | In the words of the source | At least | About | Why not, and what holds it |"
    yield "|---|---|---|---|---|"
    ids = {row["id"] for row in total["used"]}
    ids |= {row["id"] for left in total["left_out"] for row in left["which"]}
    quotes = {}
    listed = sorted(ids)
    for start in range(0, len(listed), 100):
        for row in found(
            client,
            f"{API}{kind}/",
            id=",".join(listed[start : start + 100]),
            revision=revision,
            fields="id,figures.evidence",
            page_size=100,
        )["results"]:
            for place, figure in enumerate(row["figures"], start=1):
                quotes[row["id"], place] = figure["evidence"]["quote"].replace("|", "/")
    for row in total["used"]:
        least, about = (("yes" if row[name] else "no") for name in ("in_at_least", "in_about"))
        quote = quotes[row["id"], row["figure"]]
        yield f"| `{row['id']}` {row['figure']} | {quote} | {least} | {about} | |"
    for left in total["left_out"]:
        assert len(left["which"]) == left["figures"], "every figure is on the page"
        for row in left["which"]:
            holder = f": `{row['held_by']}`" if row["held_by"] else ""
            quote = quotes[row["id"], row["figure"]]
            yield (
                f"| `{row['id']}` {row['figure']} | {quote} | no | no | {left['reason']}{holder} |"
            )


def test_page_says_what_the_api_answers(client: Client) -> None:
    written = "\n".join(page(client)) + "\n"
    if os.environ.get("REWRITE"):
        PAGE.write_text(written, "utf-8")

    assert len(QUESTIONS) >= 44
    assert PAGE.read_text("utf-8") == written
