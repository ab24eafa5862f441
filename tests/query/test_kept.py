"""What a process keeps of past revisions."""

import pytest
from django.test import Client

from records.query.kept import Kept
from tests.support.factories import DonationFactory
from tests.support.totals_answers import only


def test_value_is_made_once_and_the_oldest_gives_way() -> None:
    made: list[str] = []
    kept: Kept[str] = Kept(len, 6)

    def get(key: str) -> str:
        def make() -> str:
            made.append(key)
            return key

        return kept.get(key, make)

    assert [get(key) for key in ("aa", "bbb", "aa", "cc")] == ["aa", "bbb", "aa", "cc"]
    assert made == ["aa", "bbb", "cc"]
    get("aa")
    assert made == ["aa", "bbb", "cc"]
    get("bbb")
    assert made == ["aa", "bbb", "cc", "bbb"]


def test_value_larger_than_the_limit_is_kept_alone() -> None:
    kept: Kept[str] = Kept(len, 3)
    kept.get("a", lambda: "a")
    kept.get("long", lambda: "long")
    assert list(kept.values) == ["long"]


@pytest.mark.django_db
def test_total_is_right_at_once_after_a_publication_and_a_past_one_stays(client: Client) -> None:
    DonationFactory(published=True, figures=[{"value": 1000}])
    assert only(client)["at_least"] == 1000

    later = DonationFactory(published=True, figures=[{"value": 500}])
    assert only(client)["at_least"] == 1500
    before = later.published_in_id - 1
    assert only(client, revision=before)["at_least"] == 1000
