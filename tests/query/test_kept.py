"""What a process keeps of past revisions."""

import gc
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from django.test import Client

from records.query.kept import LARGE, Kept, Subject
from tests.support.factories import DonationFactory
from tests.support.totals_answers import only

SUBJECT = Subject(("default", ""), "donation")


def test_value_is_made_once_from_the_nearest_and_the_oldest_gives_way() -> None:
    made: list[tuple[int, Any]] = []
    kept: Kept[str] = Kept(len, 6)

    def get(revision: int, value: str = "") -> str:
        def make(known: tuple[int, str] | None) -> str:
            made.append((revision, known))
            return value

        return kept.get(SUBJECT, revision, make)

    assert [get(2, "aa"), get(9, "bbb"), get(2), get(3, "cc")] == ["aa", "bbb", "aa", "cc"]
    assert made == [(2, None), (9, (2, "aa")), (3, (2, "aa"))]
    get(2)
    assert len(made) == 3
    get(9, "bbb")
    assert made[3:] == [(9, (3, "cc"))]


def test_subjects_have_nothing_in_common() -> None:
    kept: Kept[str] = Kept(len, 6)
    kept.get(SUBJECT, 1, lambda known: "a")
    others = [
        SUBJECT._replace(database=("default", "another")),
        SUBJECT._replace(kind="export"),
        SUBJECT._replace(options=("pledge",)),
    ]
    for other in others:
        assert kept.get(other, 1, lambda known: str(known)) == "None"


def test_value_larger_than_the_limit_is_kept_alone() -> None:
    kept: Kept[str] = Kept(len, 3)
    kept.get(SUBJECT, 1, lambda known: "a")
    kept.get(SUBJECT, 2, lambda known: "long")
    assert list(kept.values) == [(SUBJECT, 2)]


def test_threads_wait_for_one_that_makes_their_value_and_for_no_other_kind() -> None:
    kept: Kept[str] = Kept(len, 100)
    made: list[str] = []
    begun, other_done = Event(), Event()

    def slow(known: Any) -> str:
        begun.set()
        assert other_done.wait(10)
        made.append("slow")
        return "slow"

    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(kept.get, SUBJECT, 1, slow) for _ in range(3)]
        assert begun.wait(10)
        assert kept.get(SUBJECT._replace(kind="export"), 1, lambda known: "quick") == "quick"
        other_done.set()
        assert [one.result() for one in waiting] == ["slow"] * 3
    assert made == ["slow"]


def test_cycles_are_searched_for_again_even_after_an_error() -> None:
    kept: Kept[str] = Kept(len, 100)

    def fail(known: Any) -> str:
        assert not gc.isenabled()
        raise LookupError

    with pytest.raises(LookupError):
        kept.get(SUBJECT, 1, fail)
    assert gc.isenabled()


def test_only_large_values_made_of_nothing_are_passed_over_by_searches_for_cycles() -> None:
    kept: Kept[list[list[int]]] = Kept(len, 10 * LARGE)
    before = gc.get_freeze_count()
    try:
        kept.get(SUBJECT, 1, lambda known: [[]])
        assert gc.get_freeze_count() == before
        kept.get(SUBJECT._replace(kind="export"), 1, lambda known: [[] for _ in range(LARGE)])
        frozen = gc.get_freeze_count()
        assert frozen >= before + LARGE
        kept.get(SUBJECT._replace(kind="export"), 2, lambda known: [*(known or (0, []))[1], []])
        assert gc.get_freeze_count() <= frozen
    finally:
        gc.unfreeze()


@pytest.mark.django_db
def test_total_is_right_at_once_after_a_publication_and_a_past_one_stays(client: Client) -> None:
    DonationFactory(published=True, figures=[{"value": 1000}])
    assert only(client)["at_least"] == 1000

    later = DonationFactory(published=True, figures=[{"value": 500}])
    assert only(client)["at_least"] == 1500
    before = later.published_in_id - 1
    assert only(client, revision=before)["at_least"] == 1000
