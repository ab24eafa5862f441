"""The shipped dataset: every stage has a milestone with its words, and past versions stay."""

from collections import Counter

import pytest

from records.models import STAGED, LinkType, State
from records.models.evidence import length_problem

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("dataset")]

EVERY_STAGED_KIND = pytest.mark.parametrize("kind", STAGED)


@EVERY_STAGED_KIND
def test_every_stage_of_a_published_record_has_a_milestone(kind: str) -> None:
    records = STAGED[kind].objects.filter(state=State.PUBLISHED)
    records = records.prefetch_related("figures", "milestones__statement")

    without = [record.public_id for record in records if record.stage_problem()]
    differing = [record.public_id for record in records if record.stage != record.derived_stage()]

    assert len(records) > 50
    assert without == []
    assert differing == []


@EVERY_STAGED_KIND
def test_every_milestone_quotes_few_words_of_a_published_statement(kind: str) -> None:
    milestones = STAGED[kind].child("milestones").objects.select_related("record", "statement")

    assert milestones
    for milestone in milestones:
        assert not length_problem(milestone.quote), milestone.quote
        assert milestone.statement.published_in_id <= milestone.record.published_in_id


def test_most_stages_are_dated_by_a_statement_that_says_when() -> None:
    dated = Counter(
        dated
        for model in STAGED.values()
        for dated in model.child("milestones")
        .objects.filter(record__state=State.PUBLISHED)
        .values_list("dated", flat=True)
    )

    assert dated["on"] > dated["by"]
    assert dated["on"] >= 400


def test_earlier_versions_keep_the_stage_that_they_were_published_with() -> None:
    donation = STAGED["donation"]
    (before,) = donation.objects.in_force(4).filter(public_id="don-9jzmkm6r")
    (after,) = donation.objects.in_force(5).filter(public_id="don-9jzmkm6r")

    assert (before.stage, before.milestones.count()) == ("delivered", 0)
    assert (after.stage, after.milestones.count()) == ("dispatched", 1)


def test_pairs_that_may_be_the_same_goods_are_linked() -> None:
    linked = sum(
        model.child("links")
        .objects.filter(type=LinkType.MAY_OVERLAP, record__published_in=5)
        .count()
        for model in STAGED.values()
    )

    assert linked == 22
