"""Searching: what is found, in which order, whatever is typed; the same on both databases."""

import datetime
from typing import Any

import pytest
from django.core.checks import Tags, run_checks
from django.core.management import call_command
from django.db import connection
from django.test import Client

from records.index import search_index
from records.index.models import DonationSearchDocument, FilterStatistics
from records.index.search import Search
from records.models import KINDS, Party
from records.models.text import line, words
from records.publishing import (
    begin_correction,
    submit,
)
from tests.support.factories import (
    ContractFactory,
    DonationFactory,
    ExportFactory,
    PartyFactory,
    StatementFactory,
    UserFactory,
    publish,
)
from tests.support.routes import API, RECORDS, Resource, ask, found, problem, refused

# Words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("COVID-19", "covid 19"),
        ("3.86 billion", "3 86 billion"),
        ("50,000 masks, 1,250,000 gloves", "50000 masks 1250000 gloves"),
        ("1,2 and 12,34,567", "1 2 and 12 34 567"),
        ("５０,000", "50000"),
        ("Émile ZOLA’s “Straße”", "emile zola s strasse"),
        ("捐赠N95口罩5万只", "捐 赠 n 95 口 罩 5 万 只"),
        ("マスク", "マ ス ク"),
        ("Известия", "известия"),
        ("हिन्दी में", "हिनदी में"),
        ("soft\u00adhyphen zero\u200bwidth", "softhyphen zerowidth"),
        ("❤️ * -- ' %_", ""),
        ("covid19 COVID-19 Covid 19", "covid 19 covid 19 covid 19"),
        ("KN95s, 3M, 3-ply, 19th, RMB50,000", "kn 95 s 3 m 3 ply 19 th rmb 50000"),
        ("маски95 ５Ｇ हिन्दी५", "маски 95 5 g हिनदी 5"),
        ("٥٠٬٠٠٠ كِمامة N٩٥", "50000 كمامه n 95"),
        ("x" * 50, "x" * 40),
    ],
)
def test_texts_are_split_into_words(text: str, expected: str) -> None:
    assert " ".join(words(text)) == expected


def test_no_phrase_runs_from_one_text_into_the_next() -> None:
    assert line(["Masks for Italy", "", "China", "China"]) == (
        "/ masks for italy / china / masks_for for_italy"
    )
    assert line(["", "--"]) == "/"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"masks" "Italy"', [("masks", False), ("italy", False)]),
        ('"masks" "MASKS"', [("masks", False)]),
        ("ship", [(form, False) for form in ("ship", "ships", "shipped", "shipping")]),
        ("vent*", [("vent", True)]),
        ('"test kits"', [("test_kits", False)]),
        ("“Test kits” «big ki*»", [("test_kits", False), ("big_ki", True)]),
        ("COVID-1*", [("covid_1", True)]),
        ('"" & …', []),
        (
            '"Masks:" 50 % – "what" "is" "PPE?" (https://example.org)',
            [
                *((word, False) for word in ("masks", "50", "what", "is", "ppe")),
                *((pair, False) for pair in ("https_example", "example_org")),
            ],
        ),
        (
            '"title:mask" "m?sk" "a | b" "NOT"',
            [
                *((pair, False) for pair in ("title_mask", "m_sk", "a_b")),
                ("not", False),
            ],
        ),
    ],
)
def test_any_text_is_a_search(text: str, expected: list[tuple[str, bool]]) -> None:
    assert Search.parse(text).terms == expected


# What is found


MAKERS: dict[str, Any] = {
    "statement": StatementFactory,
    "donation": DonationFactory,
    "export": ExportFactory,
    "contract": ContractFactory,
}


def titles(client: Client, kind: str, **requested: str) -> list[str]:
    return [row["title"] for row in found(client, f"{API}{kind}/", **requested)["results"]]


@pytest.fixture
def donation(db: None) -> Any:
    """A donation with something to find in every text that is searched."""
    PartyFactory(code="jack-ma-foundation", aliases=["马云公益基金会", "Fundación Jack Ma"])
    statement = StatementFactory(
        title="Untold", publisher="Österreichischer Rundfunk", speaker="Zhao Lijian"
    )
    return DonationFactory(
        title="Two lots of relief for Islamabad",
        note="Many were of poor quality",
        stage="cancelled",
        donors=["jack-ma-foundation"],
        figures=[
            {"statement": statement, "quote": "3.86 billion masks (50,000 N95) against COVID-19"}
        ],
        published=True,
    )


FOUND = [
    "relief",
    "RELIEF islamabad",
    "jack ma",
    "pakistan",
    "surgical masks",
    "medical face mask",
    "口罩",
    "马云",
    "公益基金",
    "fundacion",
    "Fundación",
    "österreichischer",
    "OSTERREICH*",
    "lijian",
    "3.86",
    "3.86 billion",
    "50,000",
    "50000",
    "COVID-19",
    "covid 19",
    '"covid 19"',
    "covid19",
    "covid1*",
    "COVID_19",
    "n-95",
    "N 95",
    '"n 95"',
    "n9*",
    '"two lots of relief"',
    '"lots of rel*"',
    "relief (masks) & zhao!",
    "italy OR islamabad",
    'italy OR "two lots" masks',
    '"lots two of relief" OR "two lots of relief" OR italy zhao',
    "relief -italy",
    "-italy",
    '-"relief two" -"two lots of islamabad"',
    "relief −covid20",
    "relief OR italy -france",
    '"poor quality"',
    "faulty",
    "defective islamabad",
    "italy OR substandard",
    "cancelled",
    "canceled",
    "-returned",
    "relief AND islamabad",
    '"two lots" AND zhao AND -italy',
    "relief - islamabad",
    "two lots - relief -italy",
    "Two lots of relief? Islamabad (50,000 N95) / masks: ~50,000; +relief & #masks!",
]
UNFOUND = [
    "untold",
    '"faulty"',
    "fault*",
    "relief -faulty",
    "relief -annulled",
    "regular press conference",
    "elief",
    "relie",
    "relief italy",
    '"relief two"',
    '"islamabad jack"',
    '"two lots relief"',
    '"two lots of islamabad"',
    "基公益",
    "3.8",
    "86.3",
    "5000",
    "COVID-20",
    "covid1",
    "covid20",
    "n 9",
    "n955",
    "donation",
    "-relief",
    "islamabad -relief",
    'islamabad -"two lots"',
    'islamabad -"two lots of relief"',
    "islamabad -rel*",
    "islamabad -n95",
    "italy OR france",
    'islamabad italy OR "lots two"',
]


@pytest.mark.django_db
def test_what_is_in_its_texts_finds_a_record(client: Client, donation: Any) -> None:
    missed = [text for text in FOUND if not titles(client, "donations", search=text)]
    wrong = [text for text in UNFOUND if titles(client, "donations", search=text)]

    assert missed == []
    assert wrong == []
    assert titles(client, "exports", search="relief") == []


@pytest.mark.django_db
def test_statements_are_found_by_title_summary_publisher_and_speaker(client: Client) -> None:
    StatementFactory(
        title="Briefing on aid",
        publisher="新华社",
        speaker="Émile Zola",
        summary="Customs cleared 3.86 billion masks.",
        note="Read in a reprint",
        topics=["fast-track-talks"],
        text="unpublished words",
        organisation="Ministry",
        published=True,
    )
    for text in ("briefing", "新华社", "新华", "emile", "reprint", "fast-track"):
        assert titles(client, "statements", search=text) == ["Briefing on aid"], text
    for text in ("customs 3.86", '"cleared 3.86 billion"'):
        assert titles(client, "statements", search=text) == ["Briefing on aid"], text
    for text in ("unpublished", "华新", "ministry", "3.68"):
        assert titles(client, "statements", search=text) == [], text


JOINED = ["covid19", "covid-19", "covid 19", "COVID–19", '"covid 19"', "covid_19"]
SIGNED = ["kn95", "kn-95", "kn 95", "KN 95", "kn95*"]


@pytest.mark.slow(sample=True)
@pytest.mark.django_db
@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.parametrize("spellings", [JOINED, SIGNED], ids=["covid", "kn95"])
def test_letters_and_digits_are_found_joined_and_apart(
    client: Client, kind: str, spellings: list[str]
) -> None:
    """However a text joins them, and however a search does."""
    written = [spelling.strip('"*') for spelling in spellings]
    drafts = [MAKERS[kind](title=f"About {spelling} in {n}") for n, spelling in enumerate(written)]
    others = [MAKERS[kind](title=f"About {spelling}0") for spelling in written]
    publish(*drafts, *others)
    expected = sorted(draft.title for draft in drafts)

    for search in spellings:
        starred = search.endswith("*")
        found = [title for title in titles(client, f"{kind}s", search=search) if " in " in title]
        assert sorted(found) == expected, search
        assert len(titles(client, f"{kind}s", search=search)) == len(expected) * (1 + starred)


LETTERS = {
    "Łódź city council on masks": ("Gazeta Łódzka", ["Lodz", "ŁÓDŹ", "łodz"], "lodzka"),
    "København on masks for Ærø": ("Københavns Avis", ["Kobenhavn", "Aero"], "kobenhavns"),
    "Đồng Nai on masks": ("Đồng Nai báo", ["Dong Nai", "đong"], "dong nai"),
    "Sırbistan on masks": ("İzmir Haber", ["Sirbistan", "SIRBISTAN"], "izmir"),
    "Guðjónsson on masks": ("Morgunblaðið", ["Gudjonsson"], "morgunbladid"),
    "كِمامات من إيران": ("وكالة الأنباء", ["كمامات", "ايران", "کمامات ایران"], "الانباء"),
    "ماسک از چین، ۷۰٬۰۰۰ عدد": ("ایرنا", ["ماسك", "70000", "٧٠٠٠٠"], "ايرنا"),
}
"""Title → publisher, searches that find the title, and a part of the publisher."""


@pytest.mark.slow(sample=True)
@pytest.mark.django_db
@pytest.mark.parametrize("kind", list(KINDS))
def test_letters_that_keyboards_lack_are_found_without_them(client: Client, kind: str) -> None:
    drafts = []
    for title, (publisher, _, _) in LETTERS.items():
        drafts.append(StatementFactory(title=title, publisher=publisher))
        if KINDS[kind].ROLES:
            drafts.append(MAKERS[kind](title=title, figures=[{"statement": drafts[-1]}]))
    publish(*drafts)

    for title, (_, searches, part) in LETTERS.items():
        for search in searches:
            assert titles(client, f"{kind}s", search=search) == [title], search
        assert titles(client, f"{kind}s", publisher=part) == [title], part


@pytest.mark.django_db
def test_names_are_as_they_were_when_published(client: Client, donation: Any) -> None:
    Party.objects.filter(code="jack-ma-foundation").update(name="Renamed", aliases=["Nickname"])

    assert titles(client, "donations", search="jack")
    assert not titles(client, "donations", search="renamed")

    draft = begin_correction(donation, by=UserFactory(username="editor"), reason="A new name.")
    publish(draft)

    assert not titles(client, "donations", search="马云")
    assert titles(client, "donations", search="renamed nickname")
    assert titles(client, "donations", search="马云", revision=str(donation.published_in_id))


@pytest.mark.django_db
def test_what_is_found_by_name_comes_first_then_the_newest(client: Client) -> None:
    day = datetime.date

    def donate(title: str, as_of: datetime.date, quote: str = "some help") -> Any:
        return DonationFactory(
            title=title, as_of=as_of, figures=[{"quote": quote, "item": "ventilator"}]
        )

    records = [
        donate("In the quote, newest", day(2021, 1, 1), "sent 9 oximeters"),
        donate("Oximeters, older", day(2020, 1, 1)),
        donate("Oximeters, newer", day(2020, 6, 1)),
        donate("In the quote, oldest", day(2019, 1, 1), "oximeters as well"),
        donate("Not at all", day(2021, 2, 1)),
    ]
    publish(*records)
    tiers = [
        "Oximeters, newer",
        "Oximeters, older",
        "In the quote, newest",
        "In the quote, oldest",
    ]

    assert titles(client, "donations", search="oximeters") == tiers
    # All words must stand in the head; it does not matter in which of its texts.
    assert titles(client, "donations", search="oximeters ventilators") == tiers
    assert titles(client, "donations", search="oximeters newest") == [tiers[2]]
    # An order that is requested holds, the default one too.
    by_date = [tiers[2], tiers[0], tiers[1], tiers[3]]
    assert titles(client, "donations", search="oximeters", ordering="-as_of") == by_date
    assert titles(client, "donations", search="oximeters", ordering="as_of") == by_date[::-1]
    assert titles(client, "donations", search="oximeters", ordering="title") == sorted(tiers)


# Whatever is typed


@pytest.mark.django_db
def test_a_search_without_letters_is_refused(client: Client) -> None:
    for text in ("&", '""', "– …", "。", "\u0301"):
        assert refused(client, f"{API}donations/", search=text) == {"search": "empty"}
    assert refused(client, f"{API}donations/", search="a" * 201) == {"search": "too_long"}
    assert refused(client, f"{API}donations/", q="a") == {"q": "unknown_parameter"}


MISTAKES = [
    *("title:mask", "-title:mask", 'publisher:"two words"', "donor.name:china", "title:*"),
    *("m?sk", "?ask", "m?sk*", "ve*nt", "*mask", "mask *", "*", '"ma* kits"', '"mask"*', "mask**"),
    *(
        "-",
        "mask -",
        "mask OR - gown",
        "mask - OR gown",
        "--mask",
        "- mask",
        "-*",
        '-""',
        "-(mask)",
        "−",
        "-- ' ) ; %_",
    ),
    *("mask (-n95)", 'mask-"two words"', "mask,-n95", "mask –n95", "!mask"),
    *(
        "OR",
        "mask OR",
        "OR mask",
        "mask OR OR gown",
        "mask OR -gown",
        "-mask OR gown",
        "mask OR &",
    ),
    *("mask OR &", "(mask OR gown) china", "mask|gown", "mask | gown", "mask || gown"),
    *("mask NOT n95", "NOT mask", "mask~", '"test kits"~5', "mask^2"),
    *("AND mask", "mask AND", "mask AND AND gown", "a AND b OR c", "a OR b AND c", "mask AND &"),
    *("mask NEAR gown", "mask NEAR/5 gown", "mask ADJ gown", "mask XOR gown"),
    *('"mask', 'mask"', '"a" "b'),
]
"""Signs that can only be meant as other searches use them, or that lack something."""


@pytest.mark.parametrize("resource", RECORDS, ids=str)
def test_what_a_search_cannot_mean_is_refused_with_what_it_takes(
    client: Client, db: None, resource: Resource
) -> None:
    for text in MISTAKES:
        (error,) = problem(ask(client, resource.path, search=text), 400)["errors"]
        assert (error["parameter"], error["code"]) == ("search", "not_a_search"), text
        assert '`-word` or `-"two words"` to exclude, and `OR`' in error["detail"]


# Who is not to be found


@pytest.mark.django_db
def test_drafts_are_not_found_nor_counted(client: Client) -> None:
    published = ExportFactory(published=True)
    counted = FilterStatistics.objects.count()
    ExportFactory(title="Canary")
    submit(ExportFactory(title="Canary in review"), by=UserFactory(username="editor"))
    draft = begin_correction(published, by=UserFactory(username="editor"), reason="Canary")
    draft.title = "Canary correction"
    draft.save()

    answer = found(client, f"{API}exports/", search="canary", count="true")

    assert (answer["count"], answer["results"]) == (0, [])
    assert KINDS["export"].child("search_document").objects.count() == 1
    assert FilterStatistics.objects.count() == counted


# The index


@pytest.mark.django_db(transaction=True)
def test_flush_empties_the_index_too(client: Client) -> None:
    DonationFactory(title="Before the flush", published=True)
    call_command("flush", interactive=False, verbosity=0)
    DonationFactory(title="After it", published=True)

    assert titles(client, "donations", search="before") == []
    assert titles(client, "donations", search="after") == ["After it"]
    sql, params = DonationSearchDocument.matching(Search.parse("before"))
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        assert cursor.fetchall() == []


@pytest.mark.django_db
def test_an_index_that_vanished_is_noticed_and_made_again(client: Client, donation: Any) -> None:
    assert run_checks(tags=[Tags.database], databases=["default"]) == []
    name = DonationSearchDocument.index()
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"DROP TABLE {name}")
        else:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"DROP INDEX {name}_all")

    (warning,) = run_checks(tags=[Tags.database], databases=["default"])
    assert warning.id == "records.W002"
    search_index.install()

    assert run_checks(tags=[Tags.database], databases=["default"]) == []
    assert titles(client, "donations", search="relief")
