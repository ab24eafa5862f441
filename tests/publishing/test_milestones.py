"""Milestones on their way to the public: derived at submission, checked like figures, copied by
corrections, and served as far as their dates are known."""

import datetime
from typing import Any

import orjson
import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from records.models import Donation, LinkType, StagedRecord, State
from records.publishing import approve, begin_correction, republish_users, submit, withdraw
from tests.support.factories import (
    ContractFactory,
    DonationFactory,
    StatementFactory,
    add_milestone,
    publish,
)

pytestmark = pytest.mark.django_db


def document(record: Any) -> dict[str, Any]:
    return orjson.loads(type(record).objects.get(pk=record.pk).document.body)


def test_submission_writes_the_stage_that_the_milestones_give(editor: Any) -> None:
    draft = DonationFactory()
    add_milestone(draft, stage="delivered", date=datetime.date(2020, 4, 12))

    submit(draft, by=editor)

    submitted = Donation.objects.get(pk=draft.pk)
    assert submitted.stage == "delivered"
    assert submitted.digest == submitted.content_digest()


def test_a_stage_without_a_milestone_is_not_submitted(editor: Any) -> None:
    draft = DonationFactory(milestones=[])

    with pytest.raises(ValidationError, match="Nothing says when it was committed"):
        submit(draft, by=editor)

    assert Donation.objects.get(pk=draft.pk).state == State.DRAFT


@pytest.mark.parametrize("columns", [{"stage": "unknown"}, {"series": "customs"}])
def test_unknown_stages_and_running_totals_need_none(columns: Any, editor: Any) -> None:
    submit(draft := DonationFactory(milestones=[], **columns), by=editor)

    assert Donation.objects.get(pk=draft.pk).state == State.IN_REVIEW


def test_what_was_published_without_milestones_is_republished_as_it_is(
    monkeypatch: pytest.MonkeyPatch, editor: Any
) -> None:
    with monkeypatch.context() as before_milestones:
        before_milestones.setattr(StagedRecord, "stage_problem", lambda *_: None)
        record = DonationFactory(milestones=[], published=True)

    republish_users(record.parties.first().party, by=editor, reason="The name has changed.")

    newest = Donation.objects.get(public_id=record.public_id, state=State.PUBLISHED)
    assert (newest.version, newest.stage, newest.milestones.count()) == (2, "committed", 0)


def test_a_correction_copies_them(editor: Any) -> None:
    record = DonationFactory(published=True)

    draft = begin_correction(record, by=editor)

    assert [row.content() for row in draft.ordered_milestones()] == [
        row.content() for row in record.ordered_milestones()
    ]


def test_published_milestones_do_not_change() -> None:
    record = DonationFactory(published=True)

    with pytest.raises(IntegrityError, match="Refused"), transaction.atomic():
        record.milestones.update(date="2020-01-02")
    with pytest.raises(IntegrityError, match="Refused"), transaction.atomic():
        add_milestone(record, stage="delivered")


def test_a_statement_of_a_milestone_must_be_published(editor: Any, reviewer: Any) -> None:
    draft = DonationFactory()
    publish(*draft.cited_statements())
    other = StatementFactory()
    add_milestone(draft, stage="delivered", statement=other)
    submit(draft, by=editor)

    with pytest.raises(ValidationError, match=f"statement {other.public_id} v1 is draft"):
        approve([draft], by=reviewer, message="It arrived.")


def test_a_statement_that_bears_a_milestone_is_not_withdrawn(reviewer: Any) -> None:
    other = StatementFactory(published=True)
    draft = DonationFactory()
    add_milestone(draft, stage="delivered", statement=other)
    publish(draft)

    with pytest.raises(ValidationError, match=f"milestones of {draft.public_id}"):
        withdraw([other], by=reviewer, reason="It was never said.")


def test_words_that_are_not_in_the_text_need_a_reason(editor: Any, reviewer: Any) -> None:
    other = StatementFactory(text="The masks arrived on Friday.")
    draft = DonationFactory()
    publish(*draft.cited_statements(), other)
    add_milestone(draft, stage="delivered", statement=other, quote="came to Lahore")
    submit(draft, by=editor)
    draft.refresh_from_db()

    with pytest.raises(ValidationError, match="“came to Lahore” does not occur"):
        approve([draft], by=reviewer, message="It arrived.")
    approve([draft], by=reviewer, message="It arrived.", because="Said in the video.")

    assert Donation.objects.get(pk=draft.pk).state == State.PUBLISHED


def test_the_document_has_dates_as_far_as_they_are_known() -> None:
    draft = ContractFactory(missing="Two ventilators.", stage="unknown", milestones=[])
    for stage, day, precision, dated in (
        ("signed", "2020-03-05", "day", "on"),
        ("dispatched", "2020-04-01", "month", "by"),
        ("delivered", "2020-01-01", "year", "on"),
    ):
        add_milestone(draft, stage=stage, date=datetime.date.fromisoformat(day),
                      date_precision=precision, dated=dated)  # fmt: skip
    publish(draft)

    found = document(draft)

    quote = draft.milestones.first().quote
    evidence = {"statement": draft.milestones.first().statement.public_id, "quote": quote}
    evidence |= {"lang": "en", "quote_translation": None}
    assert [list(milestone.values()) for milestone in found["milestones"]] == [
        ["delivered", "2020", "year", "on", evidence],
        ["signed", "2020-03-05", "day", "on", evidence],
        ["dispatched", "2020-04", "month", "by", evidence],
    ]
    assert (found["stage"], found["missing"]) == ("delivered", "Two ventilators.")


def test_a_statement_cited_only_by_a_milestone_is_among_the_statements() -> None:
    other = StatementFactory()
    draft = DonationFactory(links={LinkType.MAY_OVERLAP: DonationFactory(published=True)})
    add_milestone(draft, stage="delivered", statement=other)
    publish(draft)

    found = document(draft)

    assert other.public_id in [statement["id"] for statement in found["statements"]]
    assert found["links"][0]["type"] == "may_overlap"
    assert found["missing"] is None
