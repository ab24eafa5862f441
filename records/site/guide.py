"""The guide by question: what a newsroom asks, what is to be requested, the part of the answer
that decides, and how to read it.

The requests name the revision that they were answered from, so the answers stay what they are.
`tests/site/test_guide.py` puts every request to the dataset and holds the page to what comes back.
"""

from dataclasses import dataclass
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from aidapi.views import Page

Json = dict[str, Any]


@dataclass(frozen=True)
class Step:
    """One request and the parts of its answer that matter; all else is left out."""

    request: str
    shows: Json
    about: str = ""

    @property
    def excerpt(self) -> str:
        return orjson.dumps(self.shows, option=orjson.OPT_INDENT_2).decode()


@dataclass(frozen=True)
class Question:
    """A question with its answer in a sentence, the requests behind it, and how to read them."""

    slug: str
    title: str
    answer: str
    steps: tuple[Step, ...]
    reading: tuple[str, ...]

    @property
    def request(self) -> str:
        return self.steps[0].request


QUESTIONS = (
    Question(
        "masks-by-mid-may",
        "How many masks did China export by mid-May 2020, and who says so?",
        "50.9 billion from 1 March to 16 May 2020, by China’s customs administration. Two reports "
        "have the number, in English and in Chinese.",
        (
            Step(
                "/api/v1/exports/?series=china-customs-anti-epidemic-exports&item=mask"
                "&as_of_to=2020-05-16&ordering=-as_of&page_size=1&revision=4",
                {
                    "revision": 4,
                    "results": [
                        {
                            "id": "exp-zp8czx5a",
                            "reported_by": "official_record",
                            "period": {"start": "2020-03-01", "end": "2020-05-16"},
                            "as_of": "2020-05-16",
                            "figures": [
                                {
                                    "operator": "exact",
                                    "value": 50_900_000_000,
                                    "item": "mask",
                                    "unit": "piece",
                                    "basis": "cumulative_to_date",
                                    "evidence": {"quote": "50.9 billion masks"},
                                },
                                {
                                    "value": 50_900_000_000,
                                    "evidence": {"quote": "509億只口罩"},
                                },
                            ],
                            "statements": [
                                {
                                    "published_on": "2020-05-17",
                                    "organisation": "General Administration of Customs of China",
                                }
                            ],
                        }
                    ],
                },
            ),
        ),
        (
            (
                "The record is a point of a running total (`basis` is `cumulative_to_date`): it "
                "takes in what earlier points counted. Never add two points. `as_of_to` with "
                "`ordering=-as_of&page_size=1` gives the last one up to a day."
            ),
            (
                "Two figures of one record that claim the same are two witnesses of one number: "
                "they count once."
            ),
            "`note` says what the number hides: sales and gifts are not told apart.",
        ),
    ),
    Question(
        "jack-ma-in-africa",
        "What did the Jack Ma Foundation give to Africa?",
        "With the Alibaba Foundation, more than 1 million test kits and 5.4 million masks for 54 "
        "countries in March 2020, and later 4.6 million masks.",
        (
            Step(
                "/api/v1/donations/?donor=jack-ma-foundation&recipient=unknown&item=test-kit"
                "&revision=4",
                {
                    "results": [
                        {
                            "id": "don-dnpqqg5z",
                            "donors": [
                                {"code": "jack-ma-foundation"},
                                {"code": "alibaba-foundation"},
                            ],
                            "stage": "delivered",
                            "as_of": "2020-03-22",
                            "figures": [
                                {
                                    "measure": "parties",
                                    "value": 54,
                                    "party_type": "country",
                                    "evidence": {"quote": "each of the 54 African countries"},
                                },
                                {
                                    "value": 20_000,
                                    "item": "test-kit",
                                    "basis": "per_recipient",
                                    "countable": False,
                                },
                                {
                                    "operator": "more_than",
                                    "value": 1_000_000,
                                    "item": "test-kit",
                                    "rank": "preferred",
                                    "rank_reason": "Tells what was delivered; the others tell "
                                    "what was announced.",
                                    "evidence": {"quote": "more than a million"},
                                },
                                {
                                    "value": 5_400_000,
                                    "item": "mask",
                                    "evidence": {"quote": "5.4 million masks"},
                                },
                            ],
                        }
                    ]
                },
                "The large gift counts its receivers but does not name them, so no filter by "
                "country finds it. `recipient=unknown` does.",
            ),
            Step(
                "/api/v1/donations/?donor=jack-ma-foundation&recipient_region=africa&revision=4",
                {
                    "results": [
                        {
                            "id": "don-8z76yh1p",
                            "as_of": "2020-04-30",
                            "figures": [{"value": 4_600_000, "item": "mask"}],
                        },
                        {
                            "id": "don-vvqzd7ts",
                            "links": [{"type": "part_of", "id": "don-dnpqqg5z"}],
                        },
                    ]
                },
                "Gifts whose receivers are named and lie in Africa.",
            ),
        ),
        (
            "Two donors make a joint gift: the amount is the gift’s, never each donor’s.",
            "“20,000 test kits each” is `per_recipient`: not countable, and not to be multiplied.",
            "Zambia’s kits are `part_of` the large gift. Adding both would count them twice.",
        ),
    ),
    Question(
        "signed-or-in-talks",
        "How many countries had signed contracts with Chinese firms, and how many were in talks?",
        "As of 8 April 2020, 58 countries and regions and 4 international organisations had "
        "signed; another 71 countries and 10 organisations were in talks.",
        (
            Step(
                "/api/v1/contracts/?supplier=chn-companies&measure=parties"
                "&as_of_from=2020-04-08&as_of_to=2020-04-08&ordering=id&revision=4",
                {
                    "results": [
                        {
                            "id": "con-a2b8cg84",
                            "stage": "in_talks",
                            "as_of": "2020-04-08",
                            "figures": [
                                {
                                    "value": 71,
                                    "party_type": "country",
                                    "countable": False,
                                    "countable_reason": "not_signed",
                                },
                                {
                                    "value": 10,
                                    "party_type": "international_organisation",
                                    "countable": False,
                                },
                            ],
                        },
                        {
                            "id": "con-k4nhtnwh",
                            "stage": "signed",
                            "as_of": "2020-04-08",
                            "figures": [
                                {
                                    "value": 58,
                                    "party_type": "country",
                                    "party_role": "buyer",
                                    "evidence": {"quote": "58 countries and regions"},
                                },
                                {"value": 4, "party_type": "international_organisation"},
                            ],
                        },
                    ]
                },
            ),
        ),
        (
            (
                "Countries and organisations are counted apart by the source, and stay apart: 58 "
                "and 4 are not “62 countries”."
            ),
            (
                "Talks are no contracts. Their figures have `countable: false` with the reason "
                "`not_signed`, and no total takes them in."
            ),
        ),
    ),
    Question(
        "contradictions",
        "Which claims contradict each other?",
        "Ask for `linked=contradicts`. Of contracts there are 3 such claims, among them that "
        "Spain’s tests came from the Chinese government.",
        (
            Step(
                "/api/v1/contracts/?linked=contradicts&count=true&revision=4",
                {
                    "count": 3,
                    "results": [
                        {
                            "id": "con-qg7f3qbd",
                            "figures": [
                                {"countable": False, "countable_reason": "duplicate_report"}
                            ],
                            "links": [{"type": "contradicts", "id": "con-mhn6ymts"}],
                        },
                        {"id": "con-78emv3x4"},
                        {"id": "con-6fxkmsd1"},
                    ],
                },
                "Accounts that disagree on who gave, who received, or whether it was sold are "
                "records of their own. The weaker one links to the stronger.",
            ),
            Step(
                "/api/v1/exports/exp-p19e7t6s/?revision=4",
                {
                    "figures": [
                        {
                            "value": 224_200_000_000,
                            "rank": "preferred",
                            "rank_reason": "The fuller number of the customs spokesperson; the "
                            "other report rounds it.",
                        },
                        {
                            "value": 224_000_000_000,
                            "rank": "normal",
                            "evidence": {"quote": "224-billion masks from March to end-December"},
                        },
                    ]
                },
                "Accounts that disagree on a number only are figures of one record, one of them "
                "preferred, with the reason.",
            ),
        ),
        (
            "Nothing is overwritten: the claim that is thought wrong is kept, with its source.",
            (
                "A figure with the reason `duplicate_report` tells of a gift that another record "
                "counts."
            ),
        ),
    ),
    Question(
        "what-changed",
        "What changed since I last looked?",
        "Since revision 2, one donation was withdrawn as a duplicate; 9 other records were "
        "corrected. Each change says why.",
        (
            Step(
                "/api/v1/changes/?changed_since=2&action=withdrawn&revision=4",
                {
                    "revision": 4,
                    "results": [
                        {
                            "revision": 3,
                            "published_at": "2026-11-20T15:00:00Z",
                            "kind": "donation",
                            "id": "don-j0mc2cet",
                            "action": "withdrawn",
                            "reason": "A second record of the gift in don-a0vmg5z1 (two million "
                            "masks for Europe); its number and source now stand there.",
                        }
                    ],
                },
            ),
            Step(
                "/api/v1/changes/?changed_since=2&action=corrected&count=true&revision=4",
                {"count": 9, "results": [{"action": "corrected", "kind": "donation"}]},
            ),
        ),
        (
            (
                "Every answer has its `revision`. Remember that number, not the date, and ask "
                "with `changed_since` next time: nothing is missed and nothing comes twice."
            ),
            "A withdrawn record answers 410 with the reason, and its page says so.",
            (
                "To begin from a date, `/api/v1/revisions/?on=2026-11-19` tells which revision "
                "was in force then."
            ),
        ),
    ),
    Question(
        "known-on-a-day",
        "What was known on a day?",
        "On 19 November 2026, in revision 1, California’s order from BYD stood at 300 million N95 "
        "masks. It was corrected to 150 million afterwards.",
        (
            Step(
                "/api/v1/revisions/?on=2026-11-19&revision=4",
                {"results": [{"number": 1, "published_at": "2026-11-19T09:00:00Z"}]},
                "First, which revision was in force at the end of that day?",
            ),
            Step(
                "/api/v1/contracts/con-nbba3vv1/?revision=1",
                {
                    "id": "con-nbba3vv1",
                    "version": 1,
                    "figures": [{"value": 300_000_000, "item": "respirator-n95"}],
                },
                "Then ask anything with that revision.",
            ),
            Step(
                "/api/v1/contracts/con-nbba3vv1/versions/?revision=4",
                {
                    "count": 3,
                    "results": [
                        {"version": 1, "retired_in": 2},
                        {
                            "version": 2,
                            "reason": "AP (GV Wire) of 9 June 2020: certified, and now for 150 "
                            "million masks, half of what was first planned.",
                        },
                        {"version": 3, "retired_in": None},
                    ],
                },
                "What became of it, version by version.",
            ),
        ),
        (
            (
                "`revision` works on every list and every record, with all filters. The answer "
                "to a question with a `revision` is the same for ever: put it into what you "
                "publish."
            ),
            (
                "Two clocks run here: `as_of` is when the figures held in the world, `revision` "
                "is when we knew."
            ),
        ),
    ),
    Question(
        "cancelled-or-returned",
        "Which orders of test kits were cancelled or sent back, and why?",
        "All 5 that there are: India’s 300,000 and 250,000, Georgia’s 200,000, Spain’s 640,000, "
        "and about 58,000 that Spain sent back.",
        (
            Step(
                "/api/v1/contracts/?item=test-kit&stage=cancelled,returned&count=true&revision=4",
                {
                    "count": 5,
                    "results": [
                        {
                            "id": "con-z4rasve4",
                            "buyers": [{"name": "India"}],
                            "figures": [{"value": 300_000, "item": "antibody-test-kit"}],
                        },
                        {
                            "id": "con-t1cm20ez",
                            "buyers": [{"name": "India"}],
                            "figures": [{"value": 250_000, "item": "antibody-test-kit"}],
                        },
                        {
                            "id": "con-jpbs06s9",
                            "stage": "cancelled",
                            "note": "Bought through an unnamed Spanish distributor. Cancelled "
                            "because the tests were faulty; a refund was sought, of an amount "
                            "not stated.",
                            "figures": [
                                {
                                    "value": 640_000,
                                    "countable": False,
                                    "countable_reason": "cancelled",
                                }
                            ],
                        },
                        {
                            "id": "con-k8tj2amw",
                            "figures": [{"value": 200_000, "item": "test-kit"}],
                        },
                        {
                            "id": "con-ga18y2xw",
                            "stage": "returned",
                            "figures": [{"operator": "approx", "value": 58_000}],
                        },
                    ],
                },
            ),
        ),
        (
            (
                "`item=test-kit` finds all kinds of test kits below it: antigen and antibody "
                "tests too."
            ),
            "`note` says why. A cancelled order must have one.",
            "What was sent back is a record of its own, `part_of` the order.",
        ),
    ),
    Question(
        "one-statement",
        "What did this one statement claim, and is it all here?",
        "Zhao Lijian’s briefing of 10 April 2020 bears 5 donation records, among them 127 "
        "countries and more than 70 video conferences.",
        (
            Step(
                "/api/v1/statements/?speaker=zhao&publisher=nation&topic=aid-total&revision=4",
                {
                    "results": [
                        {
                            "id": "st-76867pfx",
                            "speaker": "Zhao Lijian",
                            "said_on": "2020-04-10",
                            "published_on": "2020-04-13",
                        }
                    ]
                },
            ),
            Step(
                "/api/v1/donations/?statement=st-76867pfx&count=true&ordering=id&revision=4",
                {
                    "count": 5,
                    "results": [
                        {
                            "id": "don-9pcxcdm8",
                            "figures": [{"value": 127, "party_type": "country"}],
                        },
                        {
                            "id": "don-fm802nn1",
                            "figures": [{"operator": "more_than", "value": 70}],
                        },
                    ],
                },
                "The same with `exports` and `contracts` in place of `donations`. The "
                "statement’s page has all three together.",
            ),
        ),
        (
            (
                "What a statement says beyond transfers, such as help with customs, stands in "
                "its `topics` and `summary`."
            ),
            "Full texts belong to their authors and are not published; quotes are.",
        ),
    ),
)


class Guide(Page):
    """Questions of a newsroom, asked and answered."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "records/guide.html", {"questions": QUESTIONS})
