"""The page of a record: all that its document says, for every version, and nothing of drafts."""

import html
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from aidapi.dates import in_words
from records.models import DATED, KINDS, CountableReason
from records.query.totals import verdicts_of
from records.query.verdicts import OUTSIDE, Verdict
from records.site.social import LONGEST
from records.site.wording import (
    RATES,
    REASONS,
    figure_in_words,
    in_full,
    reason_in_words,
    short,
)
from tests.support.factories import RECORDS as FACTORIES
from tests.support.factories import publish
from tests.support.histories import History, Version
from tests.support.thoroughness import some

pytestmark = pytest.mark.django_db

Json = dict[str, Any]


def page(client: Client, id: str, status: int = 200, **query: Any) -> str:
    """The page's text, with entities as the letters that they mean."""
    response = client.get(f"/records/{id}/", query)
    assert response.status_code == status, (id, query, response.status_code)
    assert response["Content-Type"] == "text/html; charset=utf-8"
    return html.unescape(response.content.decode())


def says(text: str, version: Version) -> None:
    document = version.document
    assert document["title"] in text
    assert f"version {version.version} of" in text
    for role in KINDS[version.kind].ROLES.values():
        for party in document[role]:
            assert f'href="/parties/{party["code"]}/">{party["name"]}</a>' in text
    for figure in document.get("figures", ()):
        assert f"“{figure['evidence']['quote']}”" in text
        assert (figure["rank_reason"] or "") in text
        for number in ("value", "lower", "upper"):
            if figure[number] is not None and figure["operator"] in ("exact", "between"):
                assert short(figure[number]) in text
    for statement in document.get("statements", ()):
        assert f'href="/records/{statement["id"]}/">{statement["title"]}</a>' in text
        assert f'href="{statement["url"]}"' in text
        assert in_words(statement["published_on"]) in text
    for link in document["links"]:
        assert f'href="/records/{link["id"]}/"' in text
    plural = reverse(f"{version.kind}s-detail", args=[version.id])
    assert f'href="{plural}?revision={version.published_in}"' in text
    assert f'href="{plural}versions/"' in text
    assert f"?id={version.id}&format=csv" in text
    for field in ("note", "summary", "publisher", "speaker", "organisation", "series"):
        assert (document.get(field) or "") in text


@pytest.mark.parametrize("kind", KINDS)
def test_every_record_has_a_page_that_says_what_its_document_says(
    client: Client, history: History, kind: str
) -> None:
    for version in history.at(kind):
        assert version.document["page"] == reverse("record-page", args=[version.id])

        says(page(client, version.id), version)


@pytest.mark.parametrize("kind", KINDS)
def test_every_version_is_shown_for_ever(client: Client, history: History, kind: str) -> None:
    for id in history.ids(kind):
        versions = history.of(id)
        for version in versions:
            text = page(client, id, version=version.version)

            says(text, version)
            assert ("This version was replaced" in text) == bool(
                version.retired_in and not version.withdrawn
            )
            assert (f"Withdrawn</strong> in revision {version.retired_in}:" in text) == bool(
                version.withdrawn
            )
            for other in versions:
                assert f"Version {other.version}" in text
                assert other.reason in text


@pytest.mark.slow(every=True)
@pytest.mark.parametrize("kind", KINDS)
def test_a_revision_shows_the_record_as_it_was(
    client: Client, history: History, kind: str
) -> None:
    for id in history.ids(kind):
        for revision in some(range(1, history.newest + 1), 2):
            known = [row for row in history.of(id) if row.published_in <= revision]
            current = [row for row in known if row.in_force(revision)]
            status = 200 if current else 410 if known else 404
            response = client.get(f"/records/{id}/?revision={revision}")

            assert response.status_code == status
            if current:
                text = html.unescape(response.content.decode())
                says(text, current[0])
                assert f"version {current[0].version} of {len(known)}<" in text
                assert response["Dataset-Revision"] == str(revision)


@pytest.mark.parametrize("kind", KINDS)
def test_a_withdrawn_record_is_gone_with_the_reason(
    client: Client, history: History, kind: str
) -> None:
    for id in history.withdrawn_ids(kind):
        last = history.of(id)[-1]

        text = page(client, id, 410)

        assert last.withdrawn in text
        assert f"{id} was withdrawn in revision {last.retired_in}:" in text
        assert f'href="/records/{id}/?version={last.version}"' in text


@pytest.mark.parametrize(
    ("id", "query", "status", "words"),
    [
        ("don-zzzzzzzz", {}, 404, "There is no donation `don-zzzzzzzz`"),
        ("nothing", {}, 404, "There is no record `nothing`"),
        ("con-" + "z" * 500, {}, 404, "There is no contract"),
        ("<script>", {}, 404, "There is no record `<script>`"),
        ("known", {"version": 99}, 404, "has no version 99"),
        ("known", {"version": 0}, 400, "Not a whole number"),
        ("known", {"revision": 99}, 404, "There is no revision 99"),
        ("known", {"revision": "x"}, 400, "Not a whole number"),
        ("known", {"revsion": 1}, 400, "Did you mean `revision`?"),
        ("known", {"format": "json"}, 400, "Unknown parameter"),
    ],
)
def test_a_wrong_address_is_a_page_that_says_what_is_wrong(
    client: Client, history: History, id: str, query: Json, status: int, words: str
) -> None:
    known = history.at("donation")[0].id

    assert words in page(client, id.replace("known", known), status, **query)


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize(
    "address",
    [
        "/records/don-%ED%A0%80/",
        "/records/%FF/",
        "/records/don-\u0661\u0662/",
        "/records/..%2f..%2fetc%2fpasswd/",
        "/records/don-{{ 7 }}/",
        "/records/{known}/?version=9999999999",
        "/records/{known}/?version=-1",
        "/records/{known}/?version=1&version=2",
        "/records/{known}/?revision=%D9%A1",
        "/records/{known}/?revision=1%0a",
        "/records/{known}/?%ED%A0%80=1",
        "/records/{known}/?" + "&".join(f"x{n}=1" for n in range(900)),
    ],
)
def test_a_hostile_address_is_refused(client: Client, history: History, address: str) -> None:
    known = history.at("donation")[0].id

    response = client.get(address.replace("{known}", known))

    assert response.status_code in (400, 404)
    assert len(response.content) < 100_000


def test_nul_is_refused(client: Client, history: History) -> None:
    for address in ("/records/don-%00/", "/records/don-zzzzzzzz/?version=%00"):
        assert client.get(address)["Content-Type"] == "application/problem+json"


def test_records_named_in_a_reason_are_links(client: Client, history: History) -> None:
    id = history.at("donation")[0].id
    statement = FACTORIES[KINDS["statement"]](note=f"See {id} <b>, not xx{id}.")
    publish(statement)

    content = client.get(f"/records/{statement.public_id}/").content.decode()

    link = f'<a href="/records/{id}/">{id}</a>'
    assert f'<p class="note">See {link} &lt;b&gt;, not xx{id}.</p>' in content


def test_names_are_text_and_no_markup(client: Client, history: History) -> None:
    evil = '<img src=x onerror="alert(1)">'
    statement = FACTORIES[KINDS["statement"]](title=evil, speaker=evil, summary=evil)
    donation = FACTORIES[KINDS["donation"]](
        title=evil, note=evil, figures=[{"statement": statement, "quote": evil}]
    )
    publish(donation)

    for id in (donation.public_id, statement.public_id, evil):
        content = client.get(f"/records/{id}/").content.decode()
        assert "<img" not in content
        assert html.escape(evil, quote=False)[:4] in content


def test_only_reading_is_known(client: Client, history: History) -> None:
    address = f"/records/{history.at('donation')[0].id}/"

    for method in ("post", "put", "patch", "delete"):
        response = getattr(client, method)(address)
        assert response.status_code == 405
        assert response["Content-Type"] == "application/problem+json"
    assert client.head(address).status_code == 200


@pytest.mark.parametrize("kind", KINDS)
def test_queries_do_not_grow_with_what_is_shown(
    client: Client, history: History, django_assert_max_num_queries: Any, kind: str
) -> None:
    """The revision, the versions, withdrawals, items; links by kind and the series, or what
    rests on a statement by kind. What totals need of a revision is read once and kept."""
    for model in DATED.values():
        verdicts_of(model, history.newest, "")
    for version in history.at(kind):
        with django_assert_max_num_queries(9):
            page(client, version.id)


# --- Words


FIGURE: Json = {
    "measure": "quantity",
    "operator": "exact",
    "value": 70,
    "lower": 70,
    "upper": 70,
    "item": "mask",
    "unit": "piece",
    "currency": None,
    "party_type": None,
    "party_role": None,
    "basis": "single",
    "countable": True,
    "countable_reason": None,
    "rank": "normal",
    "rank_reason": None,
    "evidence": {
        "statement": "st-00000000",
        "quote": "70 masks",
        "quote_translation": None,
        "quote_found": None,
    },
}
MONEY = {"measure": "money", "unit": None, "item": None}
PARTIES = {
    "measure": "parties",
    "unit": None,
    "item": None,
    "party_type": "country",
    "party_role": "intermediary",
}


@pytest.mark.parametrize(
    ("changes", "headline", "about"),
    [
        ({}, "70 pieces", "Mask"),
        ({"value": 1}, "1 piece", "Mask"),
        ({"unit": "box"}, "70 boxes", "Mask"),
        ({"unit": None}, "70", "Mask (unit not stated)"),
        ({"operator": "more_than"}, "More than 70 pieces", "Mask"),
        ({"operator": "at_least"}, "At least 70 pieces", "Mask"),
        ({"operator": "approx"}, "About 70 pieces", "Mask"),
        ({"operator": "at_most"}, "At most 70 pieces", "Mask"),
        ({"operator": "less_than"}, "Less than 70 pieces", "Mask"),
        (
            {"operator": "between", "value": None, "lower": 2, "upper": 3},
            "Between 2 pieces and 3 pieces",
            "Mask",
        ),
        (
            {"operator": "order_of_magnitude", "value": None, "lower": 10000, "upper": 100000},
            "Some number between 10,000 pieces and 100,000 pieces",
            "Mask",
        ),
        (
            {"operator": "unspecified", "value": None, "lower": None, "upper": None, "unit": None},
            "No number given",
            "Mask",
        ),
        (MONEY | {"currency": "USD", "value": 1_500_000}, "USD 1.5 million", "Money"),
        (
            MONEY | {"value": 7_700_000_000, "item": "mask"},
            "An unclear currency, 7.7 billion",
            "Money for: Mask",
        ),
        (PARTIES | {"value": 127}, "127 countries", "As intermediaries"),
        (PARTIES | {"value": 1, "party_role": "buyer"}, "1 country", "As buyers"),
        (
            PARTIES | {"value": None, "operator": "unspecified", "lower": None, "upper": None},
            "No number given",
            "Countries, as intermediaries",
        ),
    ],
)
def test_a_figure_in_words(changes: Json, headline: str, about: str) -> None:
    words = words_of(changes)

    assert (words.headline, words.about) == (headline, about)


TOTAL = "the total of all exports in pieces"


@pytest.mark.parametrize(
    ("changes", "verdict", "counts", "left_out", "why_not"),
    [
        ({}, Verdict(True, True, None, None), f"Counts in {TOTAL}", "", ""),
        (
            {"unit": None},
            Verdict(True, True, None, None),
            "Counts in the total of all exports without a stated unit",
            "",
            "",
        ),
        (
            MONEY | {"currency": None},
            Verdict(True, True, None, None),
            "Counts in the total of all exports in an unclear currency",
            "",
            "",
        ),
        (
            PARTIES,
            Verdict(True, True, None, None),
            "Counts in the largest count of countries in exports",
            "",
            "",
        ),
        (
            {},
            Verdict(True, False, "overlaps", "exp-00000000"),
            f"Counts in the proven minimum (at_least) of {TOTAL}, not in its about",
            "",
            "a figure that counts may contain it",
        ),
        ({}, Verdict(False, False, "pledge", None), "", TOTAL, "promised, not yet given"),
        (
            {"basis": "per_unit"},
            Verdict(False, False, "per_unit", None),
            "",
            TOTAL,
            "a price is never added up",
        ),
    ],
)
def test_how_a_figure_counts_in_words(
    changes: Json, verdict: Verdict, counts: str, left_out: str, why_not: str
) -> None:
    words = words_of(changes, verdict)

    assert (words.counts, words.left_out, words.why_not) == (counts, left_out, why_not)


def words_of(changes: Json, verdict: Verdict = OUTSIDE) -> Any:
    return figure_in_words(
        FIGURE | changes, {"mask": "Mask"}, {}, 1, agree=True, kind="export", verdict=verdict
    )


@pytest.mark.parametrize("kind", ["donation", "export", "contract"])
def test_every_reason_has_words(kind: str) -> None:
    model = DATED[kind]
    stages = model.Stage.values if "stage" in model.CODED else []
    for reason in [*REASONS, *RATES, *CountableReason.values, *stages]:
        words = reason_in_words(reason, kind)
        assert words
        assert "_" not in words


@pytest.mark.parametrize(
    ("number", "as_said", "full"),
    [
        (999_999, "999,999", ""),
        (1_000_000, "1 million", "1,000,000"),
        (1_234_567, "1,234,567", ""),
        (70_600_000_000, "70.6 billion", "70,600,000,000"),
        (438_500_000_000, "438.5 billion", "438,500,000,000"),
        (123_456_789_012_345, "123,456,789,012,345", ""),
        (2_000_000_000_000, "2 trillion", "2,000,000,000,000"),
        (1.5, "1.5", ""),
        (0, "0", ""),
        (0.000001, "0.000001", ""),
    ],
)
def test_a_number_is_shortened_where_nothing_is_lost(
    number: float, as_said: str, full: str
) -> None:
    assert short(number) == as_said
    assert in_full(FIGURE | {"value": number}) == full


# --- How other sites show a link to it, and paper


def meta(text: str, name: str) -> str:
    """The content of a meta element."""
    (found,) = re.findall(rf'<meta (?:property|name)="{name}" content="([^"]*)">', text)
    return html.unescape(found)


@pytest.mark.parametrize("kind", KINDS)
def test_other_sites_show_a_record_with_a_figure_and_its_quote(
    client: Client, history: History, kind: str
) -> None:
    for version in some(history.at(kind), 3):
        text = client.get(f"/records/{version.id}/").content.decode()

        assert version.document["title"] in meta(text, "og:title")
        assert meta(text, "og:title") == meta(text, "twitter:title")
        description = meta(text, "og:description")
        assert description == meta(text, "twitter:description")
        assert len(description) <= LONGEST
        if kind == "statement":
            assert description.rstrip("…") in version.document["summary"]
        else:
            quotes = [figure["evidence"]["quote"] for figure in version.document["figures"]]
            assert any(f"“{quote}”" in description for quote in quotes)
        assert meta(text, "og:url") == f"http://testserver/records/{version.id}/"
        assert 'print.css" media="print"' in text
