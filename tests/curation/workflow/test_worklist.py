"""The home of the curators: what is to be done, for whom, with the lists that show all of it."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from records import publishing
from records.curation.duplicates.models import DuplicateStatus
from records.curation.workflow import home, worklist
from records.models import (
    KINDS,
    Donation,
    Record,
    Statement,
)
from tests.curation.workflow.test_steps import allow, entered
from tests.support.factories import (
    RECORDS,
    DonationFactory,
    DuplicatePairFactory,
    StatementFactory,
    UserFactory,
    publish,
)

pytestmark = pytest.mark.django_db
HOME = "/admin/"
MOST_QUERIES = 16
MOST_ON_HOME = 18


@pytest.fixture(autouse=True)
def _people(editor: User, reviewer: User) -> None:
    allow(editor, ["view", "add", "change", "delete"], KINDS)
    allow(reviewer, ["view", "change", "publish"], [*KINDS, "change"])


@pytest.fixture
def editor_client(editor: User) -> Client:
    return entered(editor)


@pytest.fixture
def reviewer_client(reviewer: User) -> Client:
    return entered(reviewer)


def found(client: Client) -> dict[str, worklist.Found]:
    """Name of a section → what it holds."""
    return {section.name: what for section, what in client.get(HOME).context["sections"]}


def by(user: User, record: Record) -> Record:
    """The record as a draft that the user wrote."""
    publishing.note_edit(record, by=user)
    return record


def listed(client: Client, model: Any, requested: str) -> set[str]:
    page = client.get(worklist.changelist(model, requested))
    return {row.public_id for row in page.context["cl"].result_list}


class TestSections:
    def test_my_drafts_are_mine_only(self, editor: User, editor_client: Client) -> None:
        mine = by(editor, DonationFactory())
        by(UserFactory(username="other"), DonationFactory())

        work = found(editor_client)["mine"]

        assert work.count == 1
        assert mine.public_id in work.rows[0].title
        assert work.lists == [("1 donation", worklist.changelist(Donation, "mine"))]
        assert listed(editor_client, Donation, "mine") == {mine.public_id}

    def test_what_was_returned_bears_the_comment(
        self, editor: User, editor_client: Client, reviewer: User
    ) -> None:
        record = by(editor, StatementFactory())
        publishing.submit(record, by=editor)
        publishing.return_for_changes(record, by=reviewer, comment="Name the <occasion>.")

        work = found(editor_client)["returned"]

        assert (work.count, work.rows[0].about) == (1, "reviewer: Name the <occasion>.")
        assert "Name the &lt;occasion&gt;." in editor_client.get(HOME).content.decode()
        assert listed(editor_client, Statement, "returned") == {record.public_id}

    def test_what_i_may_review_is_what_i_had_no_hand_in(
        self, editor: User, reviewer: User, reviewer_client: Client
    ) -> None:
        theirs, mine = StatementFactory(), StatementFactory()
        publishing.submit(theirs, by=editor)
        publishing.submit(by(reviewer, mine), by=editor)

        work = found(reviewer_client)["review"]

        assert work.count == 1
        assert work.rows[0].page == reverse("admin:records_statement_approve", args=[theirs.pk])
        assert listed(reviewer_client, Statement, "review") == {theirs.public_id}

    def test_who_may_not_publish_is_not_requested_to_review(self, editor_client: Client) -> None:
        StatementFactory(in_review=True)

        assert "review" not in found(editor_client)

    def test_evidence_that_no_longer_verifies(self, editor_client: Client) -> None:
        statement = StatementFactory(text="China sent 50,000 masks.")
        record = DonationFactory(figures__statement=statement, figures__quote="50,000 masks")
        assert found(editor_client)["unverified"].count == 0
        Statement.objects.update(text="China sent masks.")

        work = found(editor_client)["unverified"]

        assert (work.count, work.rows[0].about) == (1, "“50,000 masks”")
        assert listed(editor_client, Donation, "unverified") == {record.public_id}

    def test_what_was_published_leads_to_its_version(self, editor_client: Client) -> None:
        record = StatementFactory(published=True)

        (row,) = found(editor_client)["published"].rows

        page = reverse("admin:records_statement_version", args=[record.public_id, 1])
        assert row.page == page
        assert row.about == "Publishes what two people agreed on."

    def test_an_empty_home_says_what_to_do(self, reviewer_client: Client) -> None:
        html = reviewer_client.get(HOME).content.decode()

        for section in home.SECTIONS:
            assert section.empty.split(".")[0] in html

    def test_the_first_few_are_shown_of_all_that_are_counted(
        self, editor: User, editor_client: Client
    ) -> None:
        oldest = [by(editor, StatementFactory()) for _ in range(worklist.SHOWN + 2)]

        work = found(editor_client)["mine"]

        assert work.count == worklist.SHOWN + 2
        assert [row.title.split()[0] for row in work.rows] == [
            record.public_id for record in oldest[: worklist.SHOWN]
        ]

    def test_the_home_shows_every_section_of_the_list(
        self, editor_client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        more = worklist.Section("twins", "Twins", "None.", lambda request: worklist.Found(0))
        monkeypatch.setattr(home, "SECTIONS", [*home.SECTIONS, more])

        assert "Twins" in editor_client.get(HOME).content.decode()


def test_possible_duplicates_wait_for_who_may_correct_them(
    editor_client: Client, reviewer: User
) -> None:
    pair = DuplicatePairFactory()
    decided = DuplicatePairFactory()
    decided.decide(DuplicateStatus.NOT_A_DUPLICATE, by=reviewer, why="Two flights.")

    section = found(editor_client)["duplicates"]

    assert section.count == 1
    assert [row.title for row in section.rows] == [str(pair)]
    assert editor_client.get(section.rows[0].page).status_code == 200
    ((_, address),) = section.lists
    assert list(editor_client.get(address).context["cl"].result_list) == [pair]
    assert "duplicates" not in found(entered(UserFactory(username="looker-on")))


def test_the_home_takes_few_queries_however_much_there_is_to_do(reviewer: User) -> None:
    client = entered(reviewer)

    def fill() -> None:
        for model in KINDS.values():
            by(reviewer, RECORDS[model]())
            RECORDS[model](in_review=True)
            returned = by(reviewer, RECORDS[model]())
            publishing.submit(returned, by=reviewer)
            publishing.return_for_changes(returned, by=UserFactory(), comment="Say more.")
        statement = StatementFactory(text="Words.")
        DonationFactory(figures__statement=statement)
        publish(StatementFactory())

    fill()
    client.get(HOME)
    with CaptureQueriesContext(connection) as few:
        client.get(HOME)
    fill()
    with CaptureQueriesContext(connection) as many:
        client.get(HOME)

    assert len(many) == len(few)
    assert len(many) <= MOST_ON_HOME


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("state", ["draft", "in_review", "published", "corrected"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_page_of_a_record_takes_few_queries(kind: str, state: str, reviewer: User) -> None:
    record: Any = RECORDS[KINDS[kind]](
        in_review=state == "in_review", published=state in ("published", "corrected")
    )
    if state == "corrected":
        record = publishing.begin_correction(record, by=reviewer, reason="A later statement.")
    client = entered(reviewer)
    page = reverse(f"admin:records_{kind}_change", args=[record.pk])
    client.get(page)

    with CaptureQueriesContext(connection) as queries:
        assert client.get(page).status_code == 200

    assert len(queries) <= MOST_QUERIES


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("requested", ["mine", "returned", "review", "unverified", "nonsense"])
def test_a_list_narrowed_by_work_opens(requested: str, reviewer: User) -> None:
    StatementFactory(in_review=True)

    for model in KINDS.values():
        page = entered(reviewer).get(worklist.changelist(model, requested))
        assert page.status_code == 200
