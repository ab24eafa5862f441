"""Milestones: what the model requires of each, their order, and the stage that they give."""

import datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from records.models import KINDS, STAGED, StagedRecord
from tests.support.factories import (
    RECORDS,
    ContractFactory,
    DonationFactory,
    ExportFactory,
    StatementFactory,
    add_milestone,
)

pytestmark = pytest.mark.django_db

EVERY_STAGED_KIND = pytest.mark.parametrize("kind", STAGED)


def donation(*milestones: tuple[str, str], **columns: Any) -> Any:
    """Return a donation with these stages, each on its day."""
    record = DonationFactory(milestones=[], **columns)
    for stage, day in milestones:
        add_milestone(record, stage=stage, date=datetime.date.fromisoformat(day))
    return record


def words(record: StagedRecord) -> list[str]:
    return [message for problem in record.problems() for message in problem.messages]


@EVERY_STAGED_KIND
def test_a_stage_is_reached_once(kind: str) -> None:
    record: Any = RECORDS[KINDS[kind]]()

    with pytest.raises(IntegrityError), transaction.atomic():
        add_milestone(record, stage=record.stage)


@EVERY_STAGED_KIND
def test_the_stages_are_those_of_the_kind_and_amended(kind: str) -> None:
    model: Any = STAGED[kind]
    codes = [code for code, _ in model.child("milestones")._meta.get_field("stage").flatchoices]

    assert set(codes) == {*model.Stage.values, "amended"} - {"unknown"}


@pytest.mark.parametrize(
    ("quote", "fits"),
    [
        ("one two three four five six seven eight", True),
        ("one two three four five six seven eight nine", False),
        ("口" * 20, True),
        ("口" * 21, False),
    ],
)
def test_a_quote_is_a_fragment(quote: str, fits: bool) -> None:
    (milestone,) = DonationFactory().milestones.all()
    milestone.quote = quote

    if fits:
        milestone.full_clean()
    else:
        with pytest.raises(ValidationError, match="Quote at most 8 words"):
            milestone.full_clean()


def test_a_date_known_to_the_month_keeps_what_is_known() -> None:
    record = donation()
    milestone = add_milestone(
        record, stage="delivered", date=datetime.date(2020, 4, 13), date_precision="month"
    )

    assert milestone.date == datetime.date(2020, 4, 1)
    assert milestone.date_text == "2020-04"


def test_the_quote_is_located_in_the_text_of_its_statement() -> None:
    statement = StatementFactory(text="On Friday the masks arrived in Lahore.")
    found = add_milestone(
        donation(), stage="delivered", statement=statement, quote="the masks arrived"
    )

    assert (found.quote_found, found.offset) == (True, 10)


def test_milestones_come_by_date_then_by_stage() -> None:
    record = donation(
        ("delivered", "2020-04-10"), ("dispatched", "2020-04-10"), ("announced", "2020-03-01")
    )

    stages = [row.stage for row in record.ordered_milestones()]

    assert stages == ["announced", "dispatched", "delivered"]


@pytest.mark.parametrize(
    ("milestones", "stage"),
    [
        ([("announced", "2020-03-01"), ("delivered", "2020-04-01")], "delivered"),
        ([("committed", "2020-03-01"), ("cancelled", "2020-04-01")], "cancelled"),
        ([("committed", "2020-04-01"), ("cancelled", "2020-04-01")], "cancelled"),
        ([("delivered", "2020-04-02"), ("cancelled", "2020-04-01")], "delivered"),
        ([("committed", "2020-04-02"), ("amended", "2020-05-01")], "committed"),
    ],
)
def test_the_stage_is_the_furthest_unless_undone_later(
    milestones: list[tuple[str, str]], stage: str
) -> None:
    record = donation(*milestones)

    assert record.derived_stage() == stage


def test_a_typed_stage_that_differs_is_refused_with_the_right_one() -> None:
    record = donation(("delivered", "2020-04-10"), stage="committed")

    assert "By its milestones the stage is delivered, not committed: write delivered." in words(
        record
    )


@pytest.mark.parametrize(
    "columns", [{"series": "customs"}, {"figures__basis": "cumulative_to_date"}]
)
def test_a_running_total_with_milestones_is_refused(columns: dict[str, Any]) -> None:
    record = donation(("committed", "2020-04-10"), **columns)

    assert any(
        message.startswith("A running total has no milestones") for message in words(record)
    )
    assert record.stage_problem() is None


def test_a_stage_that_nothing_dates_is_a_problem_and_unknown_is_none() -> None:
    assert donation(stage="delivered").stage_problem() is not None
    assert donation(stage="unknown").stage_problem() is None
    assert ContractFactory().stage_problem() is None


def test_the_digest_covers_milestones_and_no_digest_changes_without_them() -> None:
    bare = donation()
    before = bare.content_digest()

    assert "milestones" not in bare.content()
    add_milestone(bare, stage="committed")
    assert bare.content_digest() != before
    (content,) = bare.content()["milestones"]
    (milestone,) = bare.milestones.all()
    assert content["statement"] == [milestone.statement.public_id, 1]


def test_missing_adds_nothing_to_the_content_until_it_is_written() -> None:
    record = ExportFactory()
    before = record.content_digest()

    assert "missing" not in record.content()
    record.missing = "Two million goggles."
    assert record.content()["missing"] == "Two million goggles."
    assert record.content_digest() != before
