"""The page of a review: a version beside what is public, its quotes in their context, what waits
for what; approving, with a reason where evidence does not verify, and handing back."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from records import publishing
from records.curation.workflow.review_page import Comparison, EvidencePair, compare
from records.models import (
    KINDS,
    Contributor,
    ContributorRole,
    Donation,
    Record,
    Revision,
    RevisionCounter,
    State,
    Statement,
)
from tests.curation.workflow.test_steps import allow, entered, opened, state, url
from tests.support.factories import (
    DonationFactory,
    ExportFactory,
    ItemFactory,
    PartyFactory,
    StatementFactory,
    UserFactory,
    publish,
)

pytestmark = pytest.mark.django_db
TEXT = (
    "The spokesperson said on Friday that, as part of its support, China sent 50,000 surgical "
    "masks to Pakistan by air, and that more would follow in the coming weeks."
)


@pytest.fixture(autouse=True)
def _people(editor: User, reviewer: User) -> None:
    allow(editor, ["view", "add", "change", "delete"], KINDS)
    allow(reviewer, ["view", "publish"], KINDS)


@pytest.fixture
def editor_client(editor: User) -> Client:
    return entered(editor)


@pytest.fixture
def reviewer_client(reviewer: User) -> Client:
    return entered(reviewer)


def compared(record: Record, user: User) -> Comparison:
    (found,) = compare([record], user)
    return found


def changed(comparison: Comparison) -> dict[str, tuple[str, str, str]]:
    return {
        line.label: (line.status, line.before, line.after)
        for line in [*comparison.lines, *comparison.links]
        if line.status
    }


def correction(record: Any, editor: User, **fields: Any) -> Any:
    """A correction of a published record, a draft yet."""
    draft = publishing.begin_correction(record, by=editor, reason="A later report.")
    for name, value in fields.items():
        setattr(draft, name, value)
    draft.save()
    return draft


def sent(client: Client, record: Record, **more: Any) -> dict[str, Any]:
    """What the page would send: what it showed, and those ticked along."""
    html = client.get(url(record, "approve")).content.decode()
    return {
        "seen": re.findall(r'name="seen" value="([^"]+)"', html),
        "also": re.findall(r'name="also" value="([^"]+)" checked', html),
        **more,
    }


class TestComparison:
    def test_a_first_version_is_alone(self, reviewer: User) -> None:
        comparison = compared(DonationFactory(in_review=True), reviewer)

        assert comparison.published is None
        assert (comparison.differences, changed(comparison)) == (0, {})
        assert ("Donors", "China") in [(line.label, line.after) for line in comparison.lines]

    def test_fields_are_reported_as_added_removed_or_changed(
        self, editor: User, reviewer: User
    ) -> None:
        record = DonationFactory(title="China sends masks to Pakistan", note="", published=True)
        Donation.objects.filter(pk=record.pk)
        draft = correction(record, editor, title="China sends gowns to Pakistan", note="Revised.")
        draft.period_start = "2020-04-01"
        draft.save()

        found = changed(compared(draft, reviewer))

        assert found == {
            "Title": (
                "changed",
                "China sends masks to Pakistan",
                "China sends gowns to Pakistan",
            ),
            "Note": ("added", "", "Revised."),
            "Period start": ("added", "", "2020-04-01"),
        }

    def test_changed_words_are_marked(self, editor: User, reviewer: User) -> None:
        record = DonationFactory(title="China sends masks to Pakistan", published=True)
        draft = correction(record, editor, title="China sends gowns to Pakistan")

        title = next(line for line in compared(draft, reviewer).lines if line.label == "Title")

        assert title.parts == [
            ("", "China sends"),
            ("del", "masks"),
            ("ins", "gowns"),
            ("", "to Pakistan"),
        ]

    def test_parties_are_reported_by_name_and_links_by_title(
        self, editor: User, reviewer: User
    ) -> None:
        other = StatementFactory(title="On customs", published=True)
        draft = correction(DonationFactory(published=True), editor)
        draft.parties.create(role="recipient", party=PartyFactory(code="ITA"), position=1)
        draft.links.create(type="part_of", target=other.public_id)

        assert changed(compared(draft, reviewer)) == {
            "Recipients": ("changed", "Pakistan", "Pakistan, Italy"),
            "Is part of": ("added", "", f"{other.public_id}: On customs"),
        }

    def test_a_statement_shows_its_text(self, editor: User, reviewer: User) -> None:
        record = StatementFactory(text=TEXT, published=True)
        draft = correction(record, editor, text=TEXT.replace("Friday", "Monday"))

        found = changed(compared(draft, reviewer))

        assert found["Text (curators only)"][0] == "changed"

    def test_many_take_the_queries_of_one(self, editor: User, reviewer: User) -> None:
        def some(n: int) -> list[Record]:
            published = [DonationFactory(published=True) for _ in range(n)]
            return [correction(record, editor) for record in published]

        with CaptureQueriesContext(connection) as few:
            compare(some_drafts := some(1), reviewer)
        few_queries = len(few) - 0
        drafts = some_drafts + some(3)
        with CaptureQueriesContext(connection) as one:
            compare(drafts[:1], reviewer)
        with CaptureQueriesContext(connection) as many:
            compare(drafts, reviewer)

        assert few_queries >= len(one)
        assert len(many) == len(one) <= 14


class TestFigures:
    """Figures are matched by what they say, not by where they stand."""

    @staticmethod
    def pairs(before: list[dict], after: list[dict], user: User) -> list[EvidencePair]:
        record = DonationFactory(figures=before, published=True)
        draft = publishing.begin_correction(record, by=UserFactory(), reason="A later report.")
        statement = record.cited_statements()[0]
        draft.figures.all().delete()
        for position, values in enumerate(after):
            item = ItemFactory(code=values.get("item", "surgical-mask"))
            draft.figures.create(
                **{
                    "measure": "quantity",
                    "unit": "piece",
                    "statement": statement,
                    "quote": "said",
                    "position": position,
                }
                | values
                | {"item": item}
            )
        return compared(draft, user).figures

    def test_moved_figures_are_no_change(self, reviewer: User) -> None:
        masks = {"value": 50_000, "quote": "50,000 masks"}
        suits = {"value": 700, "quote": "700 suits", "item": "protective-suit"}

        found = self.pairs([masks, suits], [suits, masks], reviewer)

        assert [pair.status for pair in found] == ["", ""]

    def test_a_changed_value_is_reported_with_both(self, reviewer: User) -> None:
        before = {"value": 50_000, "quote": "50,000 masks"}

        (pair,) = self.pairs([before], [before | {"value": 60_000}], reviewer)

        assert pair.status == "changed"
        values = {line.label: (line.before, line.after) for line in pair.lines if line.status}
        assert values["Value"] == ("50,000", "60,000")
        assert pair.quote_before is None

    def test_one_put_in_before_the_others_is_the_one_added(self, reviewer: User) -> None:
        masks = {"value": 50_000, "quote": "50,000 masks"}
        suits = {"value": 700, "quote": "700 suits", "item": "protective-suit"}

        found = self.pairs([masks], [suits, masks], reviewer)

        assert [pair.status for pair in found] == ["added", ""]

    def test_one_left_out_is_reported_as_removed(self, reviewer: User) -> None:
        masks = {"value": 50_000, "quote": "50,000 masks"}
        money = {
            "money": True,
            "value": 20_000_000,
        }

        found = self.pairs([masks, money], [masks], reviewer)

        assert [pair.status for pair in found] == ["", "removed"]
        assert "20,000,000 USD" in found[1].title

    def test_another_quote_is_shown_beside_the_first(self, reviewer: User) -> None:
        before = {"value": 50_000, "quote": "50,000 masks"}

        (pair,) = self.pairs([before], [before | {"quote": "fifty thousand masks"}], reviewer)

        assert pair.status == "changed"
        assert pair.quote_before is not None
        assert pair.quote_before.words == "50,000 masks"


class TestQuotes:
    @staticmethod
    def quoting(words: str, text: str) -> Donation:
        statement = StatementFactory(text=text)
        return DonationFactory(figures__statement=statement, figures__quote=words, in_review=True)

    def test_the_words_stand_in_their_context(self, reviewer: User) -> None:
        (pair,) = compared(self.quoting("50,000 surgical masks", TEXT), reviewer).figures

        assert pair.quote is not None
        assert pair.quote.found
        assert pair.quote.before == TEXT[: TEXT.index("50,000")]
        assert pair.quote.after.startswith(" to Pakistan by air")

    def test_a_long_context_is_cut_at_words(self, reviewer: User) -> None:
        text = f"{'Before that. ' * 50}50,000 masks.{' After that.' * 50}"

        (pair,) = compared(self.quoting("50,000 masks", text), reviewer).figures

        assert pair.quote is not None
        assert re.fullmatch(r"… (\S+ )+", pair.quote.before)
        assert re.fullmatch(r"\.( \S+)+ …", pair.quote.after)

    def test_the_page_marks_them(self, reviewer_client: Client) -> None:
        record = self.quoting("50,000 surgical masks", TEXT)

        html = reviewer_client.get(url(record, "approve")).content.decode()

        assert "China sent <mark>50,000 surgical masks</mark> to Pakistan" in html

    def test_words_that_are_not_there_are_said_to_be_missing(
        self, reviewer_client: Client
    ) -> None:
        record = self.quoting("50,000 gloves", TEXT)

        html = reviewer_client.get(url(record, "approve")).content.decode()

        assert "This quote does not occur in the statement’s text." in html
        assert 'name="because"' in html

    def test_a_text_that_is_not_on_file_is_said_to_be_missing(
        self, reviewer_client: Client
    ) -> None:
        record = self.quoting("50,000 masks", "")

        html = reviewer_client.get(url(record, "approve")).content.decode()

        assert "text is not on file, so the quote was not checked" in html
        assert 'name="because"' not in html


class TestApproving:
    def test_what_waits_for_one_another_is_approved_along(
        self, editor: User, reviewer_client: Client
    ) -> None:
        record = DonationFactory(in_review=True)
        (statement,) = record.cited_statements()
        publishing.submit(statement, by=editor)

        data = sent(reviewer_client, record, message="A donation and its statement.")
        response = reviewer_client.post(url(record, "approve"), data)

        assert response.status_code == 302
        assert (state(record), state(statement)) == (State.PUBLISHED, State.PUBLISHED)
        assert Revision.objects.get().changes.count() == 2

    def test_a_statement_offers_the_records_that_rest_on_it(
        self, editor: User, reviewer_client: Client
    ) -> None:
        records = [DonationFactory(), ExportFactory()]
        (statement,) = records[0].cited_statements()
        records[1].figures.update(statement=statement)
        for record in [statement, *records]:
            publishing.submit(record, by=editor)

        data = sent(reviewer_client, statement)

        assert {token.split(":")[0] for token in data["also"]} == {"donation", "export"}

    def test_what_a_companion_waits_for_comes_too(
        self, editor: User, reviewer_client: Client
    ) -> None:
        funding = DonationFactory(in_review=True)
        record = DonationFactory(links={"funds": funding}, in_review=True)
        for row in [record, funding]:
            publishing.submit(row.cited_statements()[0], by=editor)

        data = sent(reviewer_client, record, message="All four.")

        assert len(data["also"]) == 3
        assert reviewer_client.post(url(record, "approve"), data).status_code == 302

    def test_one_that_is_not_ticked_stays(self, editor: User, reviewer_client: Client) -> None:
        record = DonationFactory()
        (statement,) = record.cited_statements()
        for row in [record, statement]:
            publishing.submit(row, by=editor)

        data = sent(reviewer_client, statement, message="Alone.") | {"also": []}
        reviewer_client.post(url(statement, "approve"), data)

        assert (state(statement), state(record)) == (State.PUBLISHED, State.IN_REVIEW)

    def test_a_companion_that_is_still_a_draft_is_named_and_not_offered(
        self, reviewer_client: Client
    ) -> None:
        record = DonationFactory(in_review=True)
        (statement,) = record.cited_statements()

        response = reviewer_client.get(url(record, "approve"))

        html = response.content.decode()
        assert statement.public_id in html
        assert "It is draft, not in review." in html
        assert 'name="also"' not in html

    def test_a_companion_edited_meanwhile_refuses_all_with_its_name(
        self, editor: User, reviewer_client: Client
    ) -> None:
        record = DonationFactory(in_review=True)
        (statement,) = record.cited_statements()
        publishing.submit(statement, by=editor)
        data = sent(reviewer_client, record, message="Both.")
        publishing.note_edit(statement, by=editor)
        Statement.objects.filter(pk=statement.pk).update(note="Another.")
        statement.refresh_from_db()
        publishing.submit(statement, by=editor)

        response = reviewer_client.post(url(record, "approve"), data)

        assert f"{statement.public_id} v1 was edited after you opened it" in (
            response.content.decode()
        )
        assert RevisionCounter.number() == 0

    @pytest.mark.parametrize(
        "token", ["donation:999:x", "party:CHN:x", "nothing", "", "statement:x:y", "donation"]
    )
    def test_a_crafted_companion_is_refused(self, token: str, reviewer_client: Client) -> None:
        record = StatementFactory(in_review=True)
        data = sent(reviewer_client, record, message="Forced.") | {"also": [token]}

        assert reviewer_client.post(url(record, "approve"), data).status_code in (400, 403)
        assert RevisionCounter.number() == 0

    def test_a_companion_of_a_kind_that_one_may_not_publish_is_refused(
        self, reviewer: User, editor: User
    ) -> None:
        record = DonationFactory(in_review=True)
        (statement,) = record.cited_statements()
        publishing.submit(statement, by=editor)
        statement.refresh_from_db()
        half = UserFactory(username="half")
        allow(half, ["view", "publish"], ["donation"])
        client = entered(half)

        data = sent(client, record, message="Forced.")
        assert data["also"] == []
        token = f"statement:{statement.pk}:{statement.digest}"
        response = client.post(url(record, "approve"), data | {"also": [token]})

        assert response.status_code == 403
        assert RevisionCounter.number() == 0

    def test_of_records_that_wait_for_one_another_the_true_obstacle_is_named(
        self, editor: User, reviewer_client: Client
    ) -> None:
        statement = StatementFactory(text=TEXT)
        record = DonationFactory(figures__statement=statement, figures__quote="fifty thousand")
        for row in (statement, record):
            publishing.submit(row, by=editor)

        data = sent(reviewer_client, record, message="Both.")
        html = reviewer_client.post(url(record, "approve"), data).content.decode()

        assert "say why it is published all the same" in html
        assert "publish it first" not in html

    def test_evidence_that_does_not_verify_needs_a_reason_that_is_kept(
        self, reviewer_client: Client, editor_client: Client
    ) -> None:
        statement = StatementFactory(text=TEXT, published=True)
        record = DonationFactory(
            figures__statement=statement, figures__quote="fifty thousand", in_review=True
        )
        before = RevisionCounter.number()
        data = sent(reviewer_client, record, message="Masks.")

        refused = reviewer_client.post(url(record, "approve"), data)

        assert "“fifty thousand” does not occur in the text of" in refused.content.decode()
        assert RevisionCounter.number() == before
        reason = "The broadcast spells the number out."
        reviewer_client.post(url(record, "approve"), data | {"because": reason})
        assert state(record) == State.PUBLISHED
        assert (
            Contributor.objects.get(public_id=record.public_id, role="approver").reason == reason
        )
        assert reason in editor_client.get(url(record)).content.decode()
        assert reason in editor_client.get(url(record, "history")).content.decode()

    def test_what_i_had_a_hand_in_is_said_and_cannot_be_sent(
        self, reviewer: User, reviewer_client: Client
    ) -> None:
        record = StatementFactory()
        publishing.note_edit(record, by=reviewer)
        publishing.submit(record, by=UserFactory(username="editor"))

        html = reviewer_client.get(url(record, "approve")).content.decode()

        assert "You edited it: somebody else must approve it." in html
        assert re.search(r'value="Approve and publish"[^>]*disabled', html)

    def test_content_changed_since_submission_is_said(self, reviewer_client: Client) -> None:
        record = StatementFactory(in_review=True)
        Statement.objects.filter(pk=record.pk).update(note="By the back door.")

        html = reviewer_client.get(url(record, "approve")).content.decode()

        assert "Its content changed since it was submitted" in html

    def test_the_page_hands_back_too(self, reviewer_client: Client) -> None:
        record = StatementFactory(in_review=True)

        html = reviewer_client.get(url(record, "approve")).content.decode()
        assert f'action="{url(record, "return")}"' in html
        reviewer_client.post(url(record, "return"), {"comment": "Name the occasion."})

        assert state(record) == State.DRAFT

    def test_bulk_with_one_edited_meanwhile_refuses_the_whole_by_name(
        self, editor: User, reviewer_client: Client
    ) -> None:
        records = [StatementFactory(in_review=True) for _ in range(3)]
        page = url(Statement, "changelist")
        chosen = {"action": "approve", "_selected_action": [row.pk for row in records]}
        html = reviewer_client.post(page, chosen).content.decode()
        seen = re.findall(r'name="seen" value="([^"]+)"', html)
        publishing.note_edit(records[1], by=editor)
        Statement.objects.filter(pk=records[1].pk).update(note="Another.")
        publishing.submit(records[1], by=editor)

        response = reviewer_client.post(
            page, chosen | {"confirmed": "yes", "seen": seen, "message": "Three."}
        )

        html = response.content.decode()
        assert f"{records[1].public_id} v1 was edited after you opened it" in html
        assert {state(row) for row in records} == {State.IN_REVIEW}
        assert RevisionCounter.number() == 0
        assert not Contributor.objects.filter(role=ContributorRole.APPROVER).exists()


class TestCorrecting:
    def test_one_click_opens_the_draft(self, editor_client: Client) -> None:
        record = DonationFactory(published=True)

        response = editor_client.post(url(record, "correct"))

        draft = Donation.objects.open().get()
        assert response["Location"] == url(draft)
        assert (draft.reason, draft.title) == ("", record.title)
        html = editor_client.get(url(draft)).content.decode()
        assert "editor (since" in html
        assert "No reason is given yet" in html
        assert 'name="reason"' in html

    def test_the_reason_is_owed_on_submission(self, editor_client: Client) -> None:
        record = DonationFactory(published=True)
        editor_client.post(url(record, "correct"))
        draft = Donation.objects.open().get()

        editor_client.post(url(draft, "submit"))
        assert state(draft) == State.DRAFT
        data = opened(editor_client, draft) | {"reason": "A later report."}
        editor_client.post(url(draft), data)
        editor_client.post(url(draft, "submit"))

        assert state(draft) == State.IN_REVIEW
        html = editor_client.get(url(record)).content.decode()
        assert "Why: A later report." in html

    def test_an_open_draft_is_continued_not_begun_again(self, editor_client: Client) -> None:
        record = DonationFactory(published=True)
        editor_client.post(url(record, "correct"))

        steps = editor_client.get(url(record)).context["steps"]

        assert [step.name for step in steps] == []

    def test_going_back_opens_a_draft_with_the_earlier_content(
        self, editor: User, editor_client: Client
    ) -> None:
        first = DonationFactory(title="As it was", published=True)
        publish(correction(first, editor, title="As it is"))

        response = editor_client.post(url(first, "revert"))

        draft = Donation.objects.open().get()
        assert response["Location"] == url(draft)
        assert (draft.version, draft.title) == (3, "As it was")

    def test_readers_see_the_reason_of_every_public_change(
        self, editor_client: Client, reviewer_client: Client, client: Client
    ) -> None:
        record = StatementFactory(published=True)
        editor_client.post(url(record, "correct"))
        draft = Statement.objects.open().get()
        data = opened(editor_client, draft) | {"title": "Better", "reason": "A wrong title."}
        editor_client.post(url(draft), data)
        editor_client.post(url(draft, "submit"))
        before = client.get(f"/api/v1/statements/{record.public_id}/").json()
        approving = sent(reviewer_client, draft, message="Corrects.")
        reviewer_client.post(url(draft, "approve"), approving)
        reviewer_client.post(url(draft, "withdraw"), {"reason": "It was a hoax."})

        changes = client.get("/api/v1/changes/?ordering=-revision").json()["results"]
        assert [change["reason"] for change in changes[:2]] == ["It was a hoax.", "A wrong title."]
        assert before["title"] == record.title
        gone = client.get(f"/api/v1/statements/{record.public_id}/")
        assert gone.status_code == 410
        assert "It was a hoax." in gone.content.decode()
        versions = client.get(f"/api/v1/statements/{record.public_id}/versions/").json()
        assert "A wrong title." in str(versions)
        assert "It was a hoax." in str(versions)


class TestDiscarding:
    def test_a_draft_that_another_saved_meanwhile_is_not_discarded(
        self, editor: User, editor_client: Client
    ) -> None:
        record = StatementFactory()
        page = editor_client.get(url(record)).content.decode()
        (link,) = re.findall(r'href="([^"]*/discard/[^"]*)"', page)
        html = editor_client.get(link).content.decode()
        seen = re.findall(r'name="seen" value="([^"]+)"', html)
        other = entered(UserFactory(username="other", is_superuser=True))
        other.post(url(record), opened(other, record) | {"note": "An hour of work."})

        response = editor_client.post(link, {"seen": seen})

        assert "was edited after you opened it" in response.content.decode()
        assert Statement.objects.get().note == "An hour of work."


def test_the_version_page_of_a_review_leads_back() -> None:
    """Every record on the page of a review is linked to its own page."""
    record = StatementFactory(in_review=True)
    client = entered(UserFactory(username="chief", is_superuser=True))

    html = client.get(url(record, "approve")).content.decode()

    assert reverse("admin:records_statement_change", args=[record.pk]) in html


class TestBulkReview:
    """Several records on one page, each with a decision of its own."""

    def decide(self, client: Client, records: list[Any], **more: Any) -> Any:
        seen = [f"{record.pk}:{record.digest}" for record in records]
        keys = [record.pk for record in records]
        data = {"action": "approve", "_selected_action": keys, "confirmed": "yes", "seen": seen}
        return client.post(reverse("admin:records_statement_changelist"), data | more)

    def test_some_are_approved_one_returned_one_left(self, reviewer_client: Client) -> None:
        records = [StatementFactory(in_review=True) for _ in range(4)]

        response = self.decide(
            reviewer_client,
            records,
            message="Two statements.",
            **{
                f"decision-{records[1].pk}": "return",
                f"comment-{records[1].pk}": "Name the speaker.",
                f"decision-{records[2].pk}": "leave",
            },
        )

        assert response.status_code == 302
        assert [state(record) for record in records] == [
            *(State.PUBLISHED, State.DRAFT, State.IN_REVIEW, State.PUBLISHED)
        ]
        returned = Statement.objects.get(pk=records[1].pk)
        assert returned.review_comment == "reviewer: Name the speaker."
        assert Revision.objects.get().changes.count() == 2

    def test_all_may_be_returned_without_a_message(self, reviewer_client: Client) -> None:
        record = StatementFactory(in_review=True)
        decision = {f"decision-{record.pk}": "return", f"comment-{record.pk}": "Again, please."}

        assert self.decide(reviewer_client, [record], **decision).status_code == 302
        assert (state(record), RevisionCounter.number()) == (State.DRAFT, 0)

    def test_a_return_without_a_comment_stops_all_and_keeps_the_choices(
        self, reviewer_client: Client
    ) -> None:
        records = [StatementFactory(in_review=True) for _ in range(2)]
        choice = {f"decision-{records[1].pk}": "return"}

        response = self.decide(reviewer_client, records, message="One of two.", **choice)

        html = response.content.decode()
        assert "Write what is to be changed, or leave it in review." in html
        assert f'name="decision-{records[1].pk}" value="return" checked' in html
        assert RevisionCounter.number() == 0

    def test_a_crafted_decision_is_refused(self, reviewer_client: Client) -> None:
        record = StatementFactory(in_review=True)
        choice = {f"decision-{record.pk}": "publish"}

        response = self.decide(reviewer_client, [record], message="Forced.", **choice)

        assert (response.status_code, state(record)) == (400, State.IN_REVIEW)

    def test_numbers_have_separators_and_say_how_they_count(self, reviewer: User) -> None:
        figures = [{"value": 3_860_000_000, "operator": "more_than"}]
        record = ExportFactory(figures=figures, in_review=True)

        (pair,) = compared(record, reviewer).figures

        assert pair.title.startswith("Figure 1: more than 3,860,000,000 piece")
        assert pair.counts.endswith("counts")
