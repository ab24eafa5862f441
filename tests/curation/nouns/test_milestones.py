"""Milestones in the admin: rows of the form that decide the stage, the review that shows them, and
spreadsheets that carry them."""

import datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from records.curation.imports.models import ImportState
from records.curation.workflow.review_page import compare
from records.models import KINDS, Contract, Donation
from records.publishing import begin_correction
from tests.curation.imports.test_imports import checked, downloaded, found, imported, row, table
from tests.curation.imports.test_imports import reported as reported_rows
from tests.curation.workflow.test_steps import allow, entered, opened, url
from tests.support.factories import (
    ContractFactory,
    DonationFactory,
    ItemFactory,
    PartyFactory,
    StatementFactory,
    add_milestone,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _people(editor: User, reviewer: User) -> None:
    allow(editor, ["view", "add", "change", "delete"], KINDS)
    allow(reviewer, ["view", "publish"], KINDS)


@pytest.fixture
def editor_client(editor: User) -> Client:
    return entered(editor)


def new_row(number: int, statement: Any, **values: str) -> dict[str, Any]:
    """The fields of a further milestone in a form that has some already."""
    given = {"date_precision": "day", "dated": "on", "quote": "came to Lahore"} | values
    return {
        "milestones-TOTAL_FORMS": str(number + 1),
        f"milestones-{number}-statement": statement.pk,
        **{f"milestones-{number}-{name}": value for name, value in given.items()},
    }


def later(**values: Any) -> Any:
    """A statement of the summer, which says what happened since."""
    return StatementFactory(published_on=datetime.date(2020, 6, 1), **values)


class TestForm:
    def test_a_further_milestone_decides_the_stage(self, editor_client: Client) -> None:
        donation = DonationFactory()
        statement = later()
        data = opened(editor_client, donation)
        data |= new_row(1, statement, stage="delivered", date="2020-05-13", date_precision="month")

        response = editor_client.post(url(donation), data)

        assert response.status_code == 302, response.context["errors"]
        donation.refresh_from_db()
        assert donation.stage == "delivered"
        assert [str(one) for one in donation.ordered_milestones()] == [
            "committed on 2020-04-10",
            "delivered on 2020-05",
        ]

    def test_the_stage_is_typed_only_where_no_milestone_gives_it(
        self, editor_client: Client
    ) -> None:
        with_one, without = ContractFactory(), ContractFactory(milestones=[])

        assert "stage" not in opened(editor_client, with_one)
        assert opened(editor_client, without)["stage"] == "signed"

    def test_a_record_that_loses_its_milestones_has_no_known_stage(
        self, editor_client: Client
    ) -> None:
        donation = DonationFactory()
        data = opened(editor_client, donation) | {"milestones-0-DELETE": "on"}

        editor_client.post(url(donation), data)

        donation.refresh_from_db()
        assert (donation.stage, donation.milestones.count()) == ("unknown", 0)

    def test_a_new_record_begins_with_an_unknown_stage(self, editor_client: Client) -> None:
        page = editor_client.get(url(Donation, "add"))

        assert page.context["adminform"].form["stage"].value() == "unknown"

    @pytest.mark.slow(sample=True)
    @pytest.mark.parametrize(
        ("values", "message"),
        [
            ({"quote": "one two three four five six seven eight nine"}, "Quote at most 8 words"),
            ({"quote": ""}, "This field is required"),
            ({"date": "2019-05-13"}, "The dataset begins in 2020"),
            ({"stage": "committed"}, "the duplicate data for stage"),
        ],
    )
    def test_what_is_wrong_is_said_at_the_row(
        self, editor_client: Client, values: dict[str, str], message: str
    ) -> None:
        donation = DonationFactory()
        given = {"stage": "delivered", "date": "2020-05-13"} | values
        data = opened(editor_client, donation) | new_row(1, later(), **given)

        response = editor_client.post(url(donation), data)

        assert message in response.content.decode()
        assert donation.milestones.count() == 1


class TestReview:
    def test_a_review_shows_what_was_added_and_what_changed(
        self, editor: User, reviewer: User
    ) -> None:
        draft = begin_correction(DonationFactory(published=True), by=editor, reason="It arrived.")
        draft.milestones.update(dated="by")
        add_milestone(draft, stage="delivered", date=datetime.date(2020, 5, 1))

        (comparison,) = compare([draft], reviewer)

        kept, added = comparison.milestones
        assert (kept.title, kept.status) == ("Milestone: committed by 2020-04-10", "changed")
        assert (added.title, added.status) == ("Milestone: delivered on 2020-05-01", "added")
        assert [line.label for line in kept.lines if line.status] == ["Dated"]

    def test_a_milestone_that_was_removed_is_shown(self, editor: User, reviewer: User) -> None:
        draft = begin_correction(DonationFactory(published=True), by=editor, reason="It is wrong.")
        draft.milestones.all().delete()

        (comparison,) = compare([draft], reviewer)

        (removed,) = comparison.milestones
        assert (removed.title, removed.status) == (
            "Removed: milestone committed on 2020-04-10",
            "removed",
        )

    def test_its_page_has_the_words(self, editor_client: Client) -> None:
        donation = DonationFactory(in_review=True)
        (milestone,) = donation.milestones.all()
        reviewer = entered(User.objects.get(username="reviewer"))

        page = reviewer.get(url(donation, "approve")).content.decode()

        assert "Milestone: committed on 2020-04-10" in page
        assert milestone.quote in page


class TestSpreadsheet:
    @pytest.fixture
    def statement(self) -> Any:
        for code in ("CHN", "PAK"):
            PartyFactory(code=code)
        ItemFactory()
        return later(published=True)

    def test_a_download_is_read_as_unchanged(self, editor: User, superuser: User) -> None:
        contract = ContractFactory(published=True)
        rows = table(downloaded(entered(superuser), Contract, "csv"))

        assert rows[0]["milestones"] == (
            f"signed 2020-04-10 on {contract.cited_statements()[0].public_id} v1 "
            f"“{contract.milestones.get().quote}”"
        )
        assert found(checked(rows, editor, Contract)) == ["unchanged"]

    def test_lines_become_milestones(self, statement: Any, editor: User) -> None:
        cited = statement.public_id
        lines = (
            f"committed 2020-04 by {cited} “donated 50,000”|"
            f"delivered 2020-05-13 on {cited} v1 “came to Lahore”"
        )
        cells = {"stage": "delivered", "milestones": lines, "missing": "Two million goggles."}

        (draft,) = imported([row(statement, **cells)], editor)

        draft = Donation.objects.get(public_id=draft.public_id)
        assert [str(one) for one in draft.ordered_milestones()] == [
            "committed by 2020-04",
            "delivered on 2020-05-13",
        ]
        assert draft.missing == "Two million goggles."

    def test_a_file_without_the_column_keeps_them(self, editor: User, superuser: User) -> None:
        DonationFactory(published=True)
        (cells,) = table(downloaded(entered(superuser), Donation, "csv"))
        del cells["milestones"]

        (draft,) = imported([cells | {"title": "Said better"}], editor, reason="Said better.")

        assert Donation.objects.get(pk=draft.pk).milestones.count() == 1

    @pytest.mark.parametrize(
        ("line", "message"),
        [
            ("delivered on Monday", "write stage, date, on or by, statement and quote"),
            ("arrived 2020-05-13 on {cited} “came to Lahore”", "'arrived' is none of announced"),
            ("delivered 13.5.2020 on {cited} “came to Lahore”", "write the date as 2020-04-10"),
            ("delivered 2020-05-13 on st-zzzzzzzz “came to Lahore”", "is no statement here"),
            ("committed 2020-05-13 on {cited} “came to Lahore”", "By its milestones the stage is"),
        ],
    )
    def test_wrong_lines_are_refused(
        self, statement: Any, editor: User, line: str, message: str
    ) -> None:
        cells = {"stage": "delivered", "milestones": line.format(cited=statement.public_id)}

        batch = checked([row(statement, **cells)], editor)

        assert batch.state == ImportState.REFUSED
        assert any(message in text for _, text in reported_rows(batch)), reported_rows(batch)
