"""Searching a history: what is found is what the plain meaning of a search finds in the documents,
in its order, page by page, under every plan; and no text breaks a search."""

import re
from collections.abc import Iterator
from random import Random
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from records.index.search import Search
from records.models import KINDS, Donation, State
from records.models.text import words
from records.query.filters import SearchParameter
from records.query.planner import RecordQuery
from tests.support.histories import (
    NOTES,
    QUOTES,
    SUMMARIES,
    TITLES,
    History,
    inside_transaction,
    long_history,
)
from tests.support.naive_evaluator import Query, evaluate
from tests.support.random_queries import PLANS, check, planned_for
from tests.support.routes import API, RECORDS, Resource, ask, found, walk
from tests.support.thoroughness import scaled

pytestmark = pytest.mark.django_db

# The dataset stays as it is, so that what a fixture of one test set up serves all its examples.
examples = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def history(django_db_setup: None, django_db_blocker: Any) -> Iterator[History]:
    """A history with some more donations and statements, so that searches find many."""
    with inside_transaction(django_db_blocker):
        history = long_history(seed=5)
        history.release(*(history.draft(kind) for kind in ("statement", "donation") * 15))
        yield history


# Against the plain meaning


PARTS = [
    *sorted(
        {
            part
            for text in [*TITLES, *QUOTES, *SUMMARIES, *NOTES]
            for part in text.split()
            if words(part)
        }
    ),
    "China",
    "Pakistan",
    "italia",
    "masks",
    "口",
    "中国",
    "foundation",
    "xinhua",
    "Zola",
    "COVID-19",
    "3.86",
    "50000",
    "كمامة",
    "نمكي",
    "faulty",
    "defective",
    "returned",
    "delivered",
    "announced",
    "customs",
]


@st.composite
def searches(draw: Any) -> str:
    """Some words of the dataset, whole, cut off or as a phrase."""
    parts = draw(st.lists(st.sampled_from(PARTS), min_size=1, max_size=3))
    sort = draw(st.sampled_from(["words", "phrase", "prefix", "title", "alternatives", "less"]))
    if sort == "phrase":
        return f'"{" ".join(parts)}"'
    if sort == "prefix":
        return f"{parts[0][:3]}* {' '.join(parts[1:])}"
    if sort == "title":
        title = draw(st.sampled_from([*TITLES, *QUOTES])).split()
        start = draw(st.integers(0, len(title) - 1))
        return f'"{" ".join(title[start : start + 3])}"'
    if sort == "alternatives":
        return " OR ".join([*parts, f'"{parts[0]} {parts[-1]}"'])
    if sort == "less":
        excluded = [f"-{word}" for word in parts if word[0].isalnum()]
        return f'{draw(st.sampled_from(PARTS))} {" ".join(excluded)} -"{" ".join(parts)}"'
    return " ".join(parts)


FILTERS: list[Query] = [
    {},
    {},
    {"ordering": "title"},
    {"ordering": "-id"},
    {"revision": "3"},
    {"linked": "same_event_as"},
    {"changed_since": "2"},
]
OF_TRANSFERS: list[Query] = [{"party": "CHN"}, {"item": "mask"}, {"currency": "USD"}]


@pytest.mark.slow(sample=True)
@settings(examples, max_examples=scaled(100))
@given(st.sampled_from(RECORDS), searches(), st.randoms(use_true_random=False))
def test_a_search_finds_what_its_words_mean(
    client: Client, history: History, resource: Resource, search: str, rng: Random
) -> None:
    if not all(words(alternative) for alternative in search.split(" OR ")):
        # An alternative of signs alone is refused.
        return
    filters = FILTERS + (OF_TRANSFERS if KINDS[resource.kind].ROLES else [])
    with planned_for(rng.choice(PLANS)):
        check(client, history, resource, {"search": search[:200], **rng.choice(filters)})


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("few", PLANS)
@pytest.mark.parametrize("search", ["masks", "chin*", '"surgical masks"', "the", "口罩", "1"])
def test_a_walk_over_the_tiers_goes_both_ways(
    client: Client, history: History, few: int, search: str
) -> None:
    expected = [row.id for row in evaluate(history, "donation", {"search": search}, "-as_of")]
    with planned_for(few):
        for size in (1, 2, 5):
            start = f"{API}donations/?{urlencode({'search': search, 'page_size': size})}"
            there = list(walk(client, start))
            assert [row["id"] for page in there for row in page["results"]] == expected
            if len(there) > 1:
                back = list(walk(client, there[-1]["previous"], "previous"))
                assert [page["results"] for page in reversed(back)] == [
                    page["results"] for page in there[:-1]
                ]


def test_a_walk_stays_in_its_revision(client: Client, history: History) -> None:
    books = history.fork()
    expected = [row.id for row in evaluate(books, "donation", {"search": "masks"}, "-as_of")]
    walked = []
    for page in walk(client, f"{API}donations/?search=masks&page_size=4"):
        walked += [row["id"] for row in page["results"]]
        books.release(books.draft("donation", title="More masks for all"))

    assert walked == expected


# Counting


COUNTED = [
    "masks china",
    "m*",
    "donation*",
    '"surgical masks" chin*',
    '"masks to Italy"',
    "masks -china",
    "-masks",
    '-"surgical masks to" m*',
    "china OR zola masks",
    '"masks to Italy" OR zola',
    "xyz* masks",
]


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("few", PLANS)
@pytest.mark.parametrize("search", COUNTED)
def test_all_matches_of_a_search_are_counted(
    client: Client, history: History, search: str, few: int
) -> None:
    with planned_for(few):
        check(client, history, RECORDS[1], {"search": search})


def test_what_is_published_meanwhile_is_not_counted(history: History) -> None:
    books = history.fork()
    corrected, withdrawn, *_ = (
        row.id for row in evaluate(books, "donation", {"search": "masks m*"}, "-as_of")
    )
    search = {"search": (SearchParameter(), Search.parse("masks m*"))}
    before = RecordQuery(Donation, search, None)
    count = before.count()
    correction = books.correction(corrected)
    correction.title = "Nothing of the sort"
    ended = Donation.objects.get(public_id=withdrawn, state=State.PUBLISHED)
    more = books.draft("donation", title="More masks for all")
    books.release(correction, more, withdrawing=[ended])
    after = RecordQuery(Donation, search, None)

    assert before.count() == count >= 2
    assert after.count() == len(evaluate(books, "donation", {"search": "masks m*"}, "-as_of"))


# Whatever is typed


@pytest.mark.slow(sample=True)
@settings(examples, max_examples=scaled(settings.get_profile("aidapi").max_examples * 3))
@given(st.text(min_size=1, max_size=60), st.sampled_from(RECORDS))
@example('" AND OR NOT NEAR(a b, 2) {head}: ^a -b +c "d" * \' \\', RECORDS[1])
@example("'a' & 'b' | !c <-> d:* :A (e) %s %(x)s %%", RECORDS[1])
@example("head : x", RECORDS[0])
@example("_ a_b \U0010ffff a\U0010ffff*", RECORDS[1])
def test_no_text_breaks_a_search(
    client: Client, history: History, text: str, resource: Resource
) -> None:
    response = ask(client, resource.path, search=text)

    assert response.status_code in (200, 400), (text, response.content)
    if response.status_code == 400:
        # It holds nothing to look for, a sign that cannot be meant, or no text at all.
        assert not words(text) or "\x00" in text or "\ufffd" in text or has_sign(text), text


def has_sign(text: str) -> bool:
    """Whether a text has a sign that means something to a search, or one of its words."""
    return re.search(r'["“”„‟«»＂:?*＊|!~^‐−﹣－–—―-]|OR|AND|NOT', text) is not None


def test_hundred_words_are_a_search(client: Client, history: History) -> None:
    letters = " ".join("abcdefghijklmnopqrstuvwxyz0123456789")
    many = letters, letters.replace(" ", "* "), f'"{letters}"', "a b c " * 33
    for text in (*many, letters.replace(" ", " -"), " OR ".join(letters.split())[:198]):
        assert ask(client, f"{API}donations/", search=text).status_code == 200


# The past


def test_the_withdrawn_is_found_in_its_time(client: Client, history: History) -> None:
    gone = history.of(history.withdrawn_ids("donation")[0])[-1]
    requested = {"search": f'"{gone.document["title"]}"', "id": gone.id}

    assert found(client, f"{API}donations/", **requested)["results"] == []
    before = found(client, f"{API}donations/", **requested, revision=str(gone.published_in))
    assert [row["id"] for row in before["results"]] == [gone.id]
