"""How we count: the ways in which aid is counted twice, each on a record that shows it.

`tests/test_counting.py` holds every example to the dataset.
"""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from aidapi.views import Page

Json = dict[str, Any]


@dataclass(frozen=True)
class Example:
    """A record, the words of it that show the pitfall, and what of its document says so."""

    id: str
    quote: str
    about: str
    shows: Json
    """What the figure with that quote holds."""
    record: Json
    """What the record holds beside it."""


@dataclass(frozen=True)
class Pitfall:
    slug: str
    title: str
    rule: str
    examples: tuple[Example, ...]


PITFALLS = (
    Pitfall(
        "running-totals",
        "A running total overtakes itself",
        "“Since 1 March” is said again and again with a larger number. The points of one total "
        "share a `series`; the latest inside a question counts, and points are never added. A "
        "later point that is silent on an item does not erase what an earlier one said of it.",
        (
            Example(
                "exp-0sqzymfg",
                "3.86 billion masks",
                "1 March to 4 April. The same series says more six weeks later:",
                {"value": 3_860_000_000, "basis": "cumulative_to_date"},
                {"series": "china-customs-anti-epidemic-exports", "as_of": "2020-04-04"},
            ),
            Example(
                "exp-zp8czx5a",
                "50.9 billion masks",
                "1 March to 16 May. This takes in the 3.86 billion.",
                {"value": 50_900_000_000, "basis": "cumulative_to_date"},
                {"series": "china-customs-anti-epidemic-exports", "as_of": "2020-05-16"},
            ),
        ),
    ),
    Pitfall(
        "rivals",
        "Several reports of one thing",
        "Reports of one gift are figures of one record. Equal ones count once. Where they "
        "differ, exactly one is preferred, with the reason, and the rest stay beside it. Rank "
        "goes by source, not by who spoke last.",
        (
            Example(
                "don-wgk8fxeh",
                "Of the 500,000 masks, 50,000 are N-95",
                "Preferred: stated by the consul general who handed the masks over.",
                {"value": 500_000, "rank": "preferred"},
                {},
            ),
            Example(
                "don-wgk8fxeh",
                "450,000 face masks including 50,000 N-95",
                "Deprecated: a later recollection. It is kept, and no total takes it in.",
                {"value": 450_000, "rank": "deprecated"},
                {},
            ),
        ),
    ),
    Pitfall(
        "parts",
        "Parts and wholes",
        "“Of which” is a part. Inside a record it is a figure that does not count; a part that "
        "is a record of its own is linked `part_of`, and left out where its whole is in the same "
        "question.",
        (
            Example(
                "don-wgk8fxeh",
                "50,000 are N-95",
                "Contained in the 500,000.",
                {"value": 50_000, "countable": False, "countable_reason": "part_of_total"},
                {},
            ),
            Example(
                "don-vvqzd7ts",
                "100,000 masks",
                "Zambia’s share of a gift to 54 countries, which is a record of its own.",
                {"value": 100_000},
                {"links": [{"type": "part_of", "id": "don-dnpqqg5z"}]},
            ),
        ),
    ),
    Pitfall(
        "joint",
        "Joint gifts",
        "When two give together, the amount is the gift’s. It is not each donor’s, and not to "
        "be halved either: totals have one group, `joint`.",
        (
            Example(
                "don-h2vmjxdw",
                "donation of 1,000 ventilators",
                "The Jack Ma Foundation and the Tsai foundation, together.",
                {"value": 1_000, "countable": True},
                {
                    "donors": [
                        {"code": "jack-ma-foundation"},
                        {"code": "joe-and-clara-tsai-foundation"},
                    ]
                },
            ),
        ),
    ),
    Pitfall(
        "each",
        "“Each” and “per”",
        "A number for each recipient, for each unit or for each day is never added, and never "
        "multiplied by us: that every country got its share is a claim of its own.",
        (
            Example(
                "don-dnpqqg5z",
                "20,000 testing kits",
                "For each of 54 African countries.",
                {"value": 20_000, "basis": "per_recipient", "countable": False},
                {},
            ),
            Example(
                "exp-zp8czx5a",
                "35億元以上",
                "At least 3.5 billion yuan a day: a rate, beside the total.",
                {"value": 3_500_000_000, "basis": "per_day", "countable": False},
                {},
            ),
        ),
    ),
    Pitfall(
        "targets",
        "Aims and talks are no aid",
        "A target, a promise, an option and a negotiation move nothing. They are kept, so that "
        "you can hold them against what came of them, and do not count.",
        (
            Example(
                "exp-5w802hj2",
                "total of 2 billion doses",
                "What China aimed at for 2021.",
                {"basis": "target", "countable": False, "countable_reason": "target"},
                {},
            ),
            Example(
                "con-a2b8cg84",
                "another 71 countries and ten",
                "Countries in talks, as of 8 April 2020.",
                {"value": 71, "countable": False, "countable_reason": "not_signed"},
                {"stage": "in_talks"},
            ),
        ),
    ),
    Pitfall(
        "at-least",
        "More than, at least, about, up to",
        "The qualifier stays with the number. “More than 70” has 70 as its lower bound and no "
        "upper one; a total that takes it in says “at least”. “About” has no bounds at all, and "
        "makes a total inexact.",
        (
            Example(
                "don-fm802nn1",
                "over 70 video conferences",
                "The lower bound is 70, the upper one is open.",
                {"operator": "more_than", "value": 70, "lower": 70, "upper": None},
                {},
            ),
            Example(
                "con-ga18y2xw",
                "about 58,000",
                "Test kits that Spain sent back: neither bound is known.",
                {"operator": "approx", "value": 58_000, "lower": None, "upper": None},
                {},
            ),
            Example(
                "con-mdmc3f44",
                "up to 550 million COVID-19 vaccines",
                "From nothing to 550 million.",
                {"operator": "at_most", "lower": 0, "upper": 550_000_000},
                {},
            ),
        ),
    ),
    Pitfall(
        "contradictions",
        "Contradictions are kept",
        "Where statements disagree on who gave, who received, or whether it was a gift, each "
        "account is a record. They are linked `contradicts`, and the weaker one does not count.",
        (
            Example(
                "don-5mfj8d5g",
                "donation of 1,000 ventilators",
                "A headline credits China itself with the foundations’ ventilators.",
                {"countable": False, "countable_reason": "duplicate_report"},
                {"links": [{"type": "contradicts", "id": "don-h2vmjxdw"}]},
            ),
        ),
    ),
    Pitfall(
        "unspecified",
        "Goods without a number",
        "“Included surgical masks” is a claim too: it is a figure without a value, with its "
        "quote. Totals count such mentions and sum nothing.",
        (
            Example(
                "don-9pcxcdm8",
                "included surgical masks, protective gears and testing reagents",
                "Which goods, but not how many.",
                {"operator": "unspecified", "value": None},
                {},
            ),
        ),
    ),
    Pitfall(
        "apart",
        "What is never added",
        "Donations, exports and contracts overlap: an export may be the delivery of a contract. "
        "Countries and organisations that a source counts apart stay apart. Stages stay apart, "
        "and so do units: a pair is no piece, a box no stated number of anything.",
        (
            Example(
                "don-9pcxcdm8",
                "131 países e organizações internacionais",
                "A headline adds 127 countries and four organisations. It is kept, and marked.",
                {"value": 131, "rank": "deprecated", "countable": False},
                {},
            ),
        ),
    ),
)


class HowWeCount(Page):
    """The pitfalls of counting aid, on real records."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "records/counting.html", {"pitfalls": PITFALLS})
