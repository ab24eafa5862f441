"""What a process keeps of past revisions."""

from typing import Any

import pytest
from django.test import Client

from records.query.kept import Kept, Subject
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


@pytest.mark.django_db
def test_total_is_right_at_once_after_a_publication_and_a_past_one_stays(client: Client) -> None:
    DonationFactory(published=True, figures=[{"value": 1000}])
    assert only(client)["at_least"] == 1000

    later = DonationFactory(published=True, figures=[{"value": 500}])
    assert only(client)["at_least"] == 1500
    before = later.published_in_id - 1
    assert only(client, revision=before)["at_least"] == 1000
