"""The life of a record: drafted, submitted, approved as a numbered revision, corrected,
withdrawn. Each act has its effect, or is refused with a reason that a curator understands."""

import json
import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from records.models import (
    DATED,
    KINDS,
    Change,
    Contract,
    Contributor,
    Donation,
    Export,
    Item,
    Origin,
    Party,
    Record,
    Revision,
    RevisionCounter,
    State,
    Statement,
)
from records.publishing import (
    Publication,
    VocabularyEdit,
    Withdrawal,
    approve,
    begin_correction,
    discard,
    edit_vocabulary,
    note_edit,
    publish_revision,
    republish_users,
    return_for_changes,
    revert,
    submit,
    vocabulary_content,
    withdraw,
)
from tests.support.factories import (
    FIGURES,
    RECORDS,
    ContractFactory,
    ContributorFactory,
    DonationFactory,
    DonationFigureFactory,
    ExportFactory,
    HSCodeFactory,
    ItemFactory,
    PartyFactory,
    RevisionFactory,
    StatementFactory,
    UserFactory,
    publish,
)
from tests.support.thoroughness import scaled

pytestmark = pytest.mark.django_db
EVERY_KIND = pytest.mark.parametrize("factory", RECORDS.values(), ids=lambda f: f._meta.model.KIND)


def refused(message: str) -> Any:
    return pytest.raises(ValidationError, match=re.escape(message))


def changes(revision: Revision) -> list[tuple[str, int, str, str]]:
    return list(revision.changes.values_list("public_id", "version", "action", "reason"))


def corrected(record: Record, editor: User, **columns: Any) -> Record:
    """A published correction of a published record."""
    draft = begin_correction(record, by=editor, reason="A later statement says more.")
    for name, value in columns.items():
        setattr(draft, name, value)
    draft.save()
    publish(draft)
    record.refresh_from_db()
    return draft


class TestSubmit:
    @EVERY_KIND
    def test_a_draft_goes_into_review_with_its_digest(self, factory: Any, editor: Any) -> None:
        record = factory()

        submit(record, by=editor)

        record.refresh_from_db()
        assert record.state == State.IN_REVIEW
        assert record.digest == record.content_digest()
        assert record.published_in is None
        assert Contributor.objects.get().user == editor

    def test_only_a_draft_is_submitted(self, editor: Any) -> None:
        record = DonationFactory(in_review=True)

        with refused("Only a draft is submitted."):
            submit(record, by=editor)

    def test_no_record_without_a_figure(self, editor: Any) -> None:
        record = DonationFactory(figures=[])

        with refused("Add a figure with its quote: every record needs at least one."):
            submit(record, by=editor)

    def test_a_quote_is_looked_for_in_the_text_on_file(self, editor: Any) -> None:
        statement = StatementFactory(text="China sent 50,000 masks to Pakistan on Monday.")
        found = DonationFactory(
            figures__statement=statement, figures__quote="50,000 masks to Pakistan"
        )
        lost = DonationFactory(figures__statement=statement, figures__quote="50,000 gloves")

        submit(found, by=editor)
        submit(lost, by=editor)

        assert found.figures.get().offset == 11
        assert found.figures.get().quote_found
        assert lost.figures.get().quote_found is False

    def test_quotes_are_looked_for_again_in_a_text_that_changed(self, editor: Any) -> None:
        statement = StatementFactory(text="China sent 50,000 masks.")
        record = DonationFactory(figures__statement=statement, figures__quote="50,000 masks")
        Statement.objects.update(text="China sent 60,000 masks.")

        submit(record, by=editor)

        record.refresh_from_db()
        figure = record.figures.get()
        assert (figure.offset, figure.quote_found) == (None, False)
        assert record.digest == record.content_digest()

    def test_a_quote_from_a_text_that_is_not_on_file_is_neither_found_nor_lost(self) -> None:
        figure = DonationFigureFactory()

        assert (figure.offset, figure.quote_found) == (None, None)

    def test_a_later_version_says_why(self, editor: Any) -> None:
        record = DonationFactory(version=2, reason=" ")

        with refused("Say why this version replaces the one before it."):
            submit(record, by=editor)

    def test_a_record_does_not_link_to_itself(self, editor: Any) -> None:
        record = DonationFactory()
        record.links.create(type="part_of", target=record.public_id)

        with refused("A record cannot link to itself."):
            submit(record, by=editor)

    def test_a_contract_names_a_side_or_counts_the_parties(self, editor: Any) -> None:
        nameless = ContractFactory(buyers=[], suppliers=[])
        counting = ContractFactory(
            buyers=[],
            suppliers=[],
            figures=[{"counted": True, "party_role": "buyer"}],
        )

        submit(counting, by=editor)
        with refused("Name a buyer or a supplier, or count the parties in a figure."):
            submit(nameless, by=editor)

    def test_a_cancelled_contract_says_why(self, editor: Any) -> None:
        record = ContractFactory(stage=Contract.Stage.CANCELLED)

        with refused("Say why the contract was cancelled."):
            submit(record, by=editor)


class TestRivals:
    """Figures of one record that report the same thing."""

    def two(self, first: dict[str, Any], second: dict[str, Any]) -> Donation:
        return DonationFactory(
            figures=[
                {"value": 100, "statement": StatementFactory()} | first,
                {"value": 100, "statement": StatementFactory()} | second,
            ]
        )

    def test_equal_reports_agree(self, editor: Any) -> None:
        submit(self.two({}, {}), by=editor)

    def test_unequal_ones_need_one_preferred(self, editor: Any) -> None:
        with refused(
            "Statements contradict each other about quantity surgical-mask piece: rank exactly "
            "one as preferred, with the reason."
        ):
            submit(self.two({}, {"value": 120}), by=editor)

    def test_two_preferred_are_as_bad_as_none(self, editor: Any) -> None:
        preferred = {"rank": "preferred", "rank_reason": "The recipient counted."}

        with refused("rank exactly one as preferred"):
            submit(self.two(preferred, preferred | {"value": 120}), by=editor)

    def test_one_preferred_settles_it(self, editor: Any) -> None:
        preferred = {"rank": "preferred", "rank_reason": "The recipient counted."}

        submit(self.two(preferred, {"value": 120}), by=editor)

    def test_the_qualifier_is_part_of_the_claim(self, editor: Any) -> None:
        with refused("Statements contradict each other"):
            submit(self.two({}, {"operator": "more_than"}), by=editor)

    @pytest.mark.parametrize(
        "other",
        [
            {"item": "goggles"},
            {"unit": "box"},
            {"basis": "cumulative_to_date"},
            {"money": True},
        ],
    )
    def test_what_measures_something_else_is_no_rival(self, other: Any, editor: Any) -> None:
        submit(self.two({}, {"value": 120, "quote": "donated supplies"} | other), by=editor)

    @pytest.mark.parametrize("reason", ["part_of_total", "valuation", "instalment"])
    def test_what_is_aside_is_no_rival(self, reason: str, editor: Any) -> None:
        """“1,000, of which 200 for Rome and 300 for Milan”, in one statement."""
        said = {"statement": StatementFactory()}
        aside = said | {"countable": False, "countable_reason": reason}
        record = self.two(said, aside | {"value": 20})
        DonationFigureFactory(record=record, **aside | {"value": 30})

        submit(record, by=editor)

    def test_one_statement_says_a_thing_once(self, editor: Any) -> None:
        statement = StatementFactory()
        said = {"statement": statement}

        with refused("Two figures of one statement report the same thing"):
            submit(self.two(said, said), by=editor)


class TestReturn:
    def test_it_goes_back_to_its_editors_with_the_comment(self, reviewer: Any) -> None:
        record = DonationFactory(in_review=True)

        return_for_changes(record, by=reviewer, comment=" Name the recipient. ")

        record.refresh_from_db()
        assert (record.state, record.digest) == (State.DRAFT, "")
        assert record.review_comment == "reviewer: Name the recipient."

    def test_a_comment_is_owed(self, reviewer: Any) -> None:
        record = DonationFactory(in_review=True)

        with refused("Say what is to be changed."):
            return_for_changes(record, by=reviewer, comment=" ")

    def test_only_what_is_in_review_is_returned(self, reviewer: Any) -> None:
        record = DonationFactory()

        with refused("Only a version in review is returned."):
            return_for_changes(record, by=reviewer, comment="Name the recipient.")

    def test_who_returned_it_may_approve_it_later(self, editor: Any, reviewer: Any) -> None:
        record = StatementFactory(in_review=True)
        return_for_changes(record, by=reviewer, comment="Sum it up.")

        submit(record, by=editor)
        approve([record], by=reviewer, message="Publishes a statement.")

        record.refresh_from_db()
        assert record.state == State.PUBLISHED


class TestTime:
    def test_no_revision_is_before_the_previous_one(self, clock: Any, client: Client) -> None:
        def on(day: str) -> list[int]:
            page = client.get("/api/v1/revisions/", {"on": day}).json()
            return [row["number"] for row in page["results"]]

        first = publish(StatementFactory())
        clock.shift(86_400)
        second = publish(StatementFactory())
        days = {day: on(day) for day in ("2026-05-03", "2026-05-04")}
        clock.shift(-10 * 86_400)
        third = publish(StatementFactory())
        clock.shift(20 * 86_400)
        fourth = publish(StatementFactory())

        assert third.published_at == second.published_at > first.published_at
        assert fourth.published_at > third.published_at
        assert (
            {day: on(day) for day in days}
            == days
            == {
                "2026-05-03": [],
                "2026-05-04": [first.number],
            }
        )
        assert on("2026-05-05") == [third.number]

    def test_revision_that_a_clock_dated_back_changes_no_earlier_day(self, client: Client) -> None:
        """As an earlier release may have published it."""
        first = publish(StatementFactory())
        earlier = first.published_at - timedelta(days=3)
        Revision.objects.create(
            number=RevisionCounter.advance(), published_at=earlier, message="Dated back."
        )

        page = client.get("/api/v1/revisions/", {"on": f"{earlier:%Y-%m-%d}"}).json()

        assert page["results"] == []


class TestApprove:
    @EVERY_KIND
    def test_it_publishes_the_version_in_the_next_revision(
        self, factory: Any, editor: Any, reviewer: Any
    ) -> None:
        record = factory()
        before = RevisionCounter.number()

        revision = publish(record, message="Publishes a record.")

        assert revision.number == RevisionCounter.number() == before + 1
        assert revision.origin == Origin.PEOPLE
        assert record.state == State.PUBLISHED
        assert record.published_in == revision
        assert record.retired_in is None
        assert record.digest == record.content_digest()
        hands = Contributor.objects.filter(public_id=record.public_id)
        assert {(hand.user, hand.role) for hand in hands} == {
            (editor, "editor"),
            (reviewer, "approver"),
        }
        assert changes(revision)[-1] == (record.public_id, 1, "published", "")
        document = json.loads(record.document.body)
        assert document["id"] == record.public_id
        assert document["published_in"] == revision.number
        assert record.document.content_digest == record.digest

    def test_many_records_are_one_revision_statements_first(self, reviewer: Any) -> None:
        statement = StatementFactory(in_review=True)
        donation = DonationFactory(figures__statement=statement, in_review=True)
        export = ExportFactory(figures__statement=statement, in_review=True)

        revision = approve([export, donation, statement], by=reviewer, message="Three at once.")

        assert [change[0] for change in changes(revision)] == [
            statement.public_id,
            donation.public_id,
            export.public_id,
        ]
        assert {row.position for row in revision.changes.all()} == {1, 2, 3}

    def test_it_writes_what_filters_read(self) -> None:
        donation = DonationFactory(
            donors=["CHN", "jack-ma-foundation"],
            recipients=["ETH"],
            figures=[{"item": "surgical-mask"}, {"item": "respirator-n95"}, {"money": True}],
        )

        publish(donation)

        assert donation.joint
        foundation = donation.parties.get(party="jack-ma-foundation")
        assert (foundation.name, foundation.type, foundation.country, foundation.region) == (
            "Jack Ma Foundation",
            "foundation",
            "CHN",
            "030",
        )
        assert (foundation.public_id, foundation.as_of_key, foundation.published_in) == (
            donation.public_id,
            donation.as_of_key,
            donation.published_in_id,
        )
        under = donation.figure_items.values_list("figure__position", "item_id", "lead")
        assert set(under) == {
            (0, "surgical-mask", True),
            (0, "mask", True),
            (0, "medical-supplies", True),
            (1, "respirator-n95", True),
            (1, "mask", False),
            (1, "medical-supplies", False),
        }

    def test_a_revision_bears_the_time_of_its_publication(self, clock: Any) -> None:
        first = publish(StatementFactory())
        clock.shift(3600)
        second = publish(StatementFactory())

        assert first.published_at.isoformat() == "2026-05-04T12:00:00+00:00"
        assert second.published_at.isoformat() == "2026-05-04T13:00:00+00:00"

    def test_a_gift_of_one_to_one_is_not_joint(self) -> None:
        assert not DonationFactory(published=True).joint

    def test_nothing_is_no_revision(self, reviewer: Any) -> None:
        with refused("There is nothing to publish."):
            approve([], by=reviewer, message="Nothing.")

    def test_a_revision_says_what_it_brings(self, reviewer: Any) -> None:
        record = StatementFactory(in_review=True)

        with refused("Say in a sentence what this revision brings."):
            approve([record], by=reviewer, message=" ")

    @pytest.mark.parametrize("state", ["draft", "published"])
    def test_only_what_is_in_review_is_approved(self, state: str, reviewer: Any) -> None:
        record = StatementFactory(published=state == "published")

        with refused("is not in review."):
            approve([record], by=reviewer, message="Publishes a statement.")

    def test_one_refusal_refuses_the_revision(self, reviewer: Any) -> None:
        sound, draft = StatementFactory(in_review=True), StatementFactory()

        with refused("is not in review."):
            approve([sound, draft], by=reviewer, message="Two statements.")

        sound.refresh_from_db()
        assert sound.state == State.IN_REVIEW
        assert RevisionCounter.number() == Revision.objects.count() == Change.objects.count() == 0
        assert not Contributor.objects.filter(role="approver").exists()


class TestEvidence:
    """Words that are not in the text on file are published only for a stated reason."""

    @pytest.fixture
    def doubtful(self) -> Donation:
        """In review, with a figure whose words its published statement has not."""
        statement = StatementFactory(text="China sent fifty thousand masks.", published=True)
        return DonationFactory(
            figures__statement=statement, figures__quote="50,000 masks", in_review=True
        )

    @pytest.mark.parametrize("because", ["", "  "])
    def test_they_are_refused_without_one(
        self, doubtful: Donation, because: str, reviewer: Any
    ) -> None:
        with refused("“50,000 masks” does not occur in the text of"):
            approve([doubtful], by=reviewer, message="Publishes.", because=because)

        assert not Contributor.objects.filter(
            role="approver", public_id=doubtful.public_id
        ).exists()

    def test_the_reason_is_kept_with_the_approval(self, doubtful: Donation, reviewer: Any) -> None:
        sound = DonationFactory(figures__statement=doubtful.cited_statements()[0], in_review=True)
        sound.figures.update(quote="fifty thousand masks")
        sound.milestones.update(quote="fifty thousand masks")
        sound.state = State.DRAFT
        sound.save()
        submit(sound, by=UserFactory(username="editor"))

        approve([doubtful, sound], by=reviewer, message="Publishes.", because=" Spelt out. ")

        approvals = Contributor.objects.filter(role="approver")
        assert approvals.get(public_id=doubtful.public_id).reason == "Spelt out."
        assert approvals.get(public_id=sound.public_id).reason == ""

    def test_the_database_refuses_them_who_writes(self, doubtful: Donation, reviewer: Any) -> None:
        ContributorFactory(
            public_id=doubtful.public_id, version=doubtful.version, user=reviewer, role="approver"
        )
        with transaction.atomic():
            revision = RevisionFactory()
            with pytest.raises(IntegrityError, match="nobody said why"), transaction.atomic():
                Donation.objects.filter(pk=doubtful.pk).update(
                    state=State.PUBLISHED, published_in=revision
                )

    def test_a_text_that_changed_since_submission_is_refused(self, reviewer: Any) -> None:
        statement = StatementFactory(text="China sent 50,000 masks.")
        record = DonationFactory(
            figures__statement=statement, figures__quote="50,000 masks", in_review=True
        )
        Statement.objects.update(text="So far, China sent 50,000 masks.")
        submit(statement, by=UserFactory(username="editor"))

        with refused(f"the text of {statement.public_id} changed since this was submitted"):
            approve([statement, record], by=reviewer, message="Publishes.", because="It moved.")

    def test_a_file_is_refused_them(self, doubtful: Donation) -> None:
        with refused("does not occur in the text of"):
            publish_revision([Publication(doubtful)], message="Loads.", origin=Origin.FILE)

    def test_what_was_accepted_is_republished_with_its_vocabulary(
        self, doubtful: Donation, editor: Any, reviewer: Any
    ) -> None:
        approve([doubtful], by=reviewer, message="Publishes.", because="Spelt out.")

        republish_users(Party.objects.get(code="PAK"), by=editor, reason="A new name.")

        assert Donation.objects.get(state=State.PUBLISHED).version == 2


class TestUnverified:
    """The worklist of evidence that does not verify, or no longer does."""

    @staticmethod
    def found() -> list[Any]:
        return list(Donation.child("figures").objects.unverified())

    def test_quotes_that_are_in_the_text_or_whose_text_is_not_on_file_are_none(self) -> None:
        statement = StatementFactory(text="China sent 50,000 masks.")
        DonationFactory(figures__statement=statement, figures__quote="50,000 masks")
        DonationFactory()

        assert self.found() == []

    def test_a_draft_whose_statement_was_rewritten(self) -> None:
        statement = StatementFactory(text="China sent 50,000 masks.")
        record = DonationFactory(figures__statement=statement, figures__quote="50,000 masks")
        Statement.objects.update(text="China sent masks.")

        assert self.found() == list(record.figures.all())

    def test_what_was_published_for_a_reason(self, reviewer: Any) -> None:
        statement = StatementFactory(text="Fifty thousand.", published=True)
        record = DonationFactory(figures__statement=statement, in_review=True)
        approve([record], by=reviewer, message="Publishes.", because="Spelt out.")

        assert self.found() == list(record.figures.all())

    def test_a_published_figure_whose_statement_was_corrected(self, editor: Any) -> None:
        statement = StatementFactory(text="China sent 50,000 masks.")
        record = DonationFactory(
            figures__statement=statement, figures__quote="50,000 masks", published=True
        )
        statement.refresh_from_db()
        corrected(statement, editor, text="China sent 60,000 masks.")

        assert self.found() == list(record.figures.all())


class TestFourEyes:
    def test_an_editor_does_not_approve(self, editor: Any) -> None:
        record = StatementFactory(in_review=True)

        with refused(f"You had a hand in {record.public_id} v1, so somebody else must approve"):
            approve([record], by=editor, message="Publishes a statement.")

        assert RevisionCounter.number() == 0

    def test_neither_does_who_only_edited_on_the_way(self, reviewer: Any, editor: Any) -> None:
        record = StatementFactory()
        note_edit(record, by=reviewer)
        submit(record, by=editor)

        with refused("somebody else must approve it"):
            approve([record], by=reviewer, message="Publishes a statement.")

    def test_the_database_holds_it(self, editor: Any) -> None:
        record = StatementFactory(in_review=True)

        with pytest.raises(IntegrityError), transaction.atomic():
            ContributorFactory(public_id=record.public_id, user=editor, role="approver")

    def test_one_version_has_one_approver(self, reviewer: Any) -> None:
        record = StatementFactory(published=True)

        with pytest.raises(IntegrityError), transaction.atomic():
            ContributorFactory(
                public_id=record.public_id, user=UserFactory(username="third"), role="approver"
            )

    @EVERY_KIND
    def test_raw_sql_publishes_nothing_that_nobody_approved(self, factory: Any) -> None:
        record = factory(in_review=True)
        if record.ROLES:
            publish(*record.cited_statements())
        revision = RevisionFactory()

        with pytest.raises(IntegrityError, match="nobody approved it"), transaction.atomic():
            publish_raw(record, revision)

    @pytest.mark.parametrize("origin", [Origin.FILE, Origin.VOCABULARY])
    def test_a_reviewed_file_and_the_vocabulary_need_no_approver(self, origin: Any) -> None:
        record = StatementFactory(in_review=True)

        publish_revision([Publication(record)], message="Loads a statement.", origin=origin)

        record.refresh_from_db()
        assert record.state == State.PUBLISHED
        assert not Contributor.objects.filter(role="approver").exists()

    def test_the_approver_does_not_edit(self, reviewer: Any) -> None:
        record = StatementFactory()
        ContributorFactory(public_id=record.public_id, user=reviewer, role="approver")

        with refused("You approved this version, so you cannot edit it."):
            note_edit(record, by=reviewer)


def publish_raw(record: Record, revision: Revision) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {record._meta.db_table} SET state = 'published', published_in_id = %s"
            " WHERE id = %s",
            [revision.number, record.pk],
        )


class TestDigest:
    """What is approved is what was submitted."""

    def edit_title(self, record: Donation) -> None:
        Donation.objects.filter(pk=record.pk).update(title="China sends masks to Peru")

    def edit_figure(self, record: Donation) -> None:
        figure = record.figures.get()
        figure.value = Decimal(60_000)
        figure.save()

    def edit_quote(self, record: Donation) -> None:
        record.figures.update(quote="one more mask")

    def drop_party(self, record: Donation) -> None:
        record.parties.filter(role="recipient").delete()

    def reorder(self, record: Donation) -> None:
        record.parties.filter(party="CHN").update(position=9)

    def add_link(self, record: Donation) -> None:
        record.links.create(type="part_of", target=StatementFactory(published=True).public_id)

    @pytest.mark.slow(sample=True)
    @pytest.mark.parametrize(
        "edit", ["edit_title", "edit_figure", "edit_quote", "drop_party", "reorder", "add_link"]
    )
    def test_what_was_edited_since_is_refused(self, edit: str, reviewer: Any) -> None:
        record = DonationFactory(donors=["CHN", "alibaba-foundation"])
        publish(*record.cited_statements())
        submit(record, by=UserFactory())

        getattr(self, edit)(record)

        with refused(f"{record.public_id} v1 was edited since it was submitted: look at it again"):
            approve([record], by=reviewer, message="Publishes a donation.")

    def test_an_edit_in_review_is_a_draft_again(self, editor: Any, reviewer: Any) -> None:
        record = StatementFactory(in_review=True)

        note_edit(record, by=editor)

        assert (record.state, record.digest) == (State.DRAFT, "")
        with refused("is not in review."):
            approve([record], by=reviewer, message="Publishes a statement.")

    @EVERY_KIND
    def test_a_copy_with_the_same_content_has_the_same_digest(
        self, factory: Any, editor: Any
    ) -> None:
        record = factory(published=True)

        draft = begin_correction(record, by=editor, reason="A typing error.")

        assert draft.content_digest() == record.digest


class TestReferences:
    def test_evidence_is_published_first_or_together(self, reviewer: Any) -> None:
        record = DonationFactory(in_review=True)
        statement = record.cited_statements()[0]

        with refused(
            f"statement {statement.public_id} v1 is draft; publish it first or cite another."
        ):
            approve([record], by=reviewer, message="Publishes a donation.")

    def test_a_withdrawn_statement_is_no_evidence(self, reviewer: Any) -> None:
        statement = StatementFactory(published=True)
        withdraw([statement], by=reviewer, reason="It was never said.")
        record = DonationFactory(figures__statement=statement, in_review=True)

        with refused("is withdrawn; publish it first or cite another."):
            approve([record], by=reviewer, message="Publishes a donation.")

    def test_an_earlier_version_of_a_statement_stays_evidence(self, editor: Any) -> None:
        statement = StatementFactory(published=True)
        corrected(statement, editor, title="Spokesperson on the supplies to 127 countries")

        record = DonationFactory(figures__statement=statement, published=True)

        assert record.figures.get().statement.version == 1
        assert record.state == State.PUBLISHED

    def test_the_database_holds_it(self, reviewer: Any) -> None:
        record = DonationFactory(in_review=True)
        ContributorFactory(public_id=record.public_id, user=reviewer, role="approver")
        revision = RevisionFactory()

        with (
            pytest.raises(IntegrityError, match=r"a statement of its (figures|milestones) is not"),
            transaction.atomic(),
        ):
            publish_raw(record, revision)

    @pytest.mark.parametrize("entries", [Party, Item])
    def test_the_database_holds_what_is_only_proposed(self, entries: Any, reviewer: Any) -> None:
        record = DonationFactory(in_review=True)
        publish(*record.cited_statements())
        ContributorFactory(public_id=record.public_id, user=reviewer, role="approver")
        entries.objects.update(version=0)

        with (
            pytest.raises(IntegrityError, match="that it names is only proposed"),
            transaction.atomic(),
        ):
            publish_raw(record, RevisionFactory())

    def test_the_database_demands_a_figure(self, reviewer: Any) -> None:
        record = DonationFactory(figures=[])
        Donation.objects.update(state=State.IN_REVIEW, digest="x")
        ContributorFactory(public_id=record.public_id, user=reviewer, role="approver")
        revision = RevisionFactory()

        with pytest.raises(IntegrityError, match="it has no figure"), transaction.atomic():
            publish_raw(record, revision)

    @pytest.mark.parametrize("in_review", [False, True])
    def test_a_link_leads_to_what_is_published(self, in_review: bool) -> None:
        other = StatementFactory(in_review=in_review)
        record = StatementFactory(links={"same_event_as": other})

        with refused(f"it links to {other.public_id}, which is not published."):
            publish(record)

    def test_or_to_what_the_same_revision_publishes(self) -> None:
        whole = ContractFactory()
        part = DonationFactory(links={"part_of": whole})

        revision = publish(part, whole)

        assert part.published_in == whole.published_in == revision


class TestCorrect:
    @pytest.mark.slow(sample=True)
    @EVERY_KIND
    def test_the_published_version_stays_until_the_new_one_is_approved(
        self, factory: Any, editor: Any
    ) -> None:
        record = factory(published=True, links={"same_event_as": StatementFactory(published=True)})

        draft = begin_correction(record, by=editor, reason=" A later statement says more. ")

        record.refresh_from_db()
        assert record.state == State.PUBLISHED
        assert (draft.public_id, draft.version, draft.state) == (
            record.public_id,
            2,
            State.DRAFT,
        )
        assert draft.reason == "A later statement says more."
        assert draft.content() == record.content()

        revision = publish(draft)

        record.refresh_from_db()
        assert (record.state, record.retired_in) == (State.SUPERSEDED, revision)
        assert (draft.state, draft.published_in) == (State.PUBLISHED, revision)
        assert changes(revision)[-1] == (
            record.public_id,
            2,
            "corrected",
            "A later statement says more.",
        )

    def test_only_what_is_published_is_corrected(self, editor: Any) -> None:
        superseded = StatementFactory(published=True)
        corrected(superseded, editor)

        for record in (StatementFactory(), superseded):
            with refused("Only a published version is corrected."):
                begin_correction(record, by=editor, reason="A typing error.")

    def test_a_page_loaded_long_ago_corrects_nothing(self, editor: Any) -> None:
        shown = StatementFactory(published=True)
        corrected(Statement.objects.get(), editor, title="Spokesperson on supplies")

        with refused("Only a published version is corrected."):
            begin_correction(shown, by=editor, reason="A typing error.")

    def test_a_reason_is_owed_on_submission(self, editor: Any) -> None:
        draft = begin_correction(StatementFactory(published=True), by=editor)

        with refused("Say why this version replaces the one before it."):
            submit(draft, by=editor)

    def test_one_works_on_it_at_a_time(self, editor: Any) -> None:
        record = StatementFactory(published=True)
        begin_correction(record, by=editor, reason="A typing error.")

        with refused("Somebody is already working on this record"):
            begin_correction(record, by=editor, reason="Another typing error.")

    def test_a_statement_keeps_its_text(self, editor: Any) -> None:
        record = StatementFactory(text="China sent 50,000 masks.", published=True)

        draft = begin_correction(record, by=editor, reason="A typing error.")

        assert isinstance(draft, Statement)
        assert draft.text == record.text
        assert draft.text_sha256 == record.text_sha256 != ""


class TestRevert:
    def test_an_earlier_version_comes_back_as_a_new_one(self, editor: Any) -> None:
        first = DonationFactory(title="China sends masks to Pakistan", published=True)
        second = corrected(first, editor, title="China sends masks to Peru")

        draft = revert(first, by=editor, reason="The correction was wrong.")
        publish(draft)

        second.refresh_from_db()
        assert (draft.version, draft.title) == (3, "China sends masks to Pakistan")
        assert draft.digest == first.digest
        assert (second.state, second.retired_in) == (State.SUPERSEDED, draft.published_in)

    def test_a_withdrawn_record_comes_back(self, editor: Any, reviewer: Any) -> None:
        record = DonationFactory(published=True)
        withdraw([record], by=reviewer, reason="The source was thought forged.")

        draft = revert(record, by=editor, reason="The source was genuine.")
        revision = publish(draft)

        record.refresh_from_db()
        assert record.state == State.WITHDRAWN
        assert changes(revision) == [(record.public_id, 2, "corrected", "The source was genuine.")]

    def test_a_draft_is_nothing_to_go_back_to(self, editor: Any) -> None:
        with refused("Revert to a version that was published."):
            revert(DonationFactory(), by=editor, reason="It was better.")

    def test_a_reason_is_owed_on_submission(self, editor: Any) -> None:
        draft = revert(StatementFactory(published=True), by=editor)

        with refused("Say why this version replaces the one before it."):
            submit(draft, by=editor)


class TestWithdraw:
    @EVERY_KIND
    def test_a_tombstone_remains(self, factory: Any, reviewer: Any) -> None:
        record = factory(published=True)

        revision = withdraw([record], by=reviewer, reason=" It was counted twice. ")

        record.refresh_from_db()
        assert (record.state, record.retired_in) == (State.WITHDRAWN, revision)
        assert record.document.body
        assert revision.message == "It was counted twice."
        assert changes(revision) == [(record.public_id, 1, "withdrawn", "It was counted twice.")]

    def test_a_reason_is_owed(self, reviewer: Any) -> None:
        with refused("Say why: readers see it in place of the record."):
            withdraw([StatementFactory(published=True)], by=reviewer, reason=" ")

    @pytest.mark.parametrize("state", ["draft", "withdrawn"])
    def test_only_what_is_published_is_withdrawn(self, state: str, reviewer: Any) -> None:
        record = StatementFactory(published=state == "withdrawn")
        if state == "withdrawn":
            withdraw([record], by=reviewer, reason="It was never said.")
        before = RevisionCounter.number()

        with refused(f"{record.public_id} v1 is not published."):
            withdraw([record], by=reviewer, reason="It was never said.")

        assert RevisionCounter.number() == before

    @pytest.mark.parametrize("kind", DATED)
    def test_a_statement_that_bears_figures_stays(self, kind: str, reviewer: Any) -> None:
        record = RECORDS[KINDS[kind]](published=True)
        (statement,) = record.cited_statements()

        with refused(
            f"{statement.public_id} bears figures or milestones of {record.public_id}: correct "
            f"or withdraw them first."
        ):
            withdraw([statement], by=reviewer, reason="It was never said.")

    def test_also_by_an_earlier_version_of_it(self, editor: Any, reviewer: Any) -> None:
        record = DonationFactory(published=True)
        (statement,) = record.cited_statements()
        newer = corrected(statement, editor)

        with refused("bears figures or milestones of"):
            withdraw([newer], by=reviewer, reason="It was never said.")

    def test_it_goes_with_the_last_record_that_rests_on_it(self, reviewer: Any) -> None:
        record = DonationFactory(published=True)
        (statement,) = record.cited_statements()

        revision = withdraw([statement, record], by=reviewer, reason="It was never said.")

        assert [change[0] for change in changes(revision)] == [
            record.public_id,
            statement.public_id,
        ]

    def test_what_no_longer_rests_on_it_lets_it_go(self, editor: Any, reviewer: Any) -> None:
        record = DonationFactory(published=True)
        (statement,) = record.cited_statements()
        draft = begin_correction(record, by=editor, reason="A better source.")
        better = StatementFactory(published=True)
        draft.figures.update(statement=better)
        draft.milestones.update(statement=better)
        publish(draft)

        withdraw([statement], by=reviewer, reason="It was never said.")

        statement.refresh_from_db()
        assert statement.state == State.WITHDRAWN

    def test_one_revision_publishes_and_withdraws(self, reviewer: Any) -> None:
        old, new = StatementFactory(published=True), StatementFactory(in_review=True)

        revision = publish_revision(
            [Withdrawal(old, "Replaced by the original."), Publication(new)],
            by=reviewer,
            message="The original in place of the reprint.",
            origin=Origin.PEOPLE,
        )

        assert [change[2] for change in changes(revision)] == ["published", "withdrawn"]


class TestDiscard:
    @EVERY_KIND
    def test_the_draft_goes_with_its_children(self, factory: Any, editor: Any) -> None:
        record = factory(published=True)
        draft = begin_correction(record, by=editor, reason="A typing error.")

        discard(draft)

        record.refresh_from_db()
        assert record.state == State.PUBLISHED
        assert type(record).objects.filter(public_id=record.public_id).count() == 1
        if record.ROLES:
            assert record.figures.count() == 1
            assert not record.figures.model.objects.exclude(record=record).exists()

    def test_what_was_published_is_not_deleted(self) -> None:
        with refused("What was published is not deleted: withdraw it."):
            discard(StatementFactory(published=True))


class TestNoteEdit:
    def test_it_counts_and_names_the_editor(self, editor: Any, reviewer: Any) -> None:
        record = StatementFactory()

        note_edit(record, by=editor, edits=0)
        note_edit(record, by=reviewer, edits=1)

        assert record.edits == 2
        assert set(Contributor.objects.values_list("user__username", "role")) == {
            ("editor", "editor"),
            ("reviewer", "editor"),
        }

    def test_a_stale_save_is_refused(self, editor: Any, reviewer: Any) -> None:
        record = StatementFactory()
        note_edit(Statement.objects.get(), by=reviewer, edits=0)

        with refused("Somebody saved this record after you opened it."):
            note_edit(record, by=editor, edits=0)

        assert not Contributor.objects.filter(user=editor).exists()

    def test_what_is_published_is_not_edited(self, editor: Any) -> None:
        record = StatementFactory(published=True)

        with refused("Somebody saved this record after you opened it."):
            note_edit(record, by=editor, edits=record.edits)


def edit_of(term: Party | Item, reason: str = "", **columns: Any) -> VocabularyEdit:
    return VocabularyEdit(type(term), term.code, vocabulary_content(term) | columns, reason)


class TestVocabulary:
    def test_an_edit_is_a_revision(self) -> None:
        party = PartyFactory(code="who")

        edit = edit_of(party, "Its short name is common.", aliases=["WHO"])
        revision = edit_vocabulary([edit], message="Names the WHO.")

        party.refresh_from_db()
        assert revision.origin == Origin.VOCABULARY
        assert (party.version, party.aliases) == (2, ["WHO"])
        (change,) = revision.changes.all()
        assert (change.kind, change.public_id, change.version, change.action, change.reason) == (
            "party",
            "who",
            2,
            "edited",
            "Its short name is common.",
        )
        assert change.content == vocabulary_content(party)

    def test_a_new_term_needs_no_reason(self) -> None:
        content = {
            "name": "Face shields",
            "parent": ItemFactory(code="medical-supplies").code,
            "default_unit": "piece",
            "description": "",
            "aliases": [],
            "hs_codes": [],
        }

        edit_vocabulary(
            [VocabularyEdit(Item, "face-shield", content)], message="Adds face shields."
        )

        item = Item.objects.get(code="face-shield")
        assert (item.version, item.parent_id) == (1, "medical-supplies")

    def test_a_later_edit_needs_one(self) -> None:
        with refused("Say why the entry changes: readers see the reason."):
            edit_vocabulary([edit_of(PartyFactory(), name="Islamic Republic")], message="Renames.")

    def test_a_wrong_term_is_refused_and_no_number_lost(self) -> None:
        with refused("A country's own country is itself"):
            edit_vocabulary(
                [edit_of(PartyFactory(), "A mistake.", country="ITA")], message="Wrong."
            )

        assert RevisionCounter.number() == 0

    def test_an_item_does_not_become_its_own_ancestor(self) -> None:
        ItemFactory(code="surgical-mask")

        with refused("This would make the item its own ancestor."):
            edit_vocabulary(
                [edit_of(Item.objects.get(code="mask"), "A mistake.", parent="surgical-mask")],
                message="Wrong.",
            )

    def test_hs_codes_are_replaced(self) -> None:
        item = HSCodeFactory().item
        row = {"code": "4818.50", "edition": "HS2017", "assigned_by": "curator"}

        edit_vocabulary(
            [edit_of(item, "Paper ones.", hs_codes=[row | {"confidence": "low"}])],
            message="Corrects a code.",
        )

        assert [code.code for code in item.hs_codes.all()] == ["4818.50"]

    def test_published_records_keep_what_they_said(self, editor: Any) -> None:
        record = DonationFactory(recipients=["ITA"], published=True)
        body, head = record.document.body, RevisionCounter.number()

        edit = edit_of(Party.objects.get(code="ITA"), "Its full name.", name="Italian Republic")
        edit_vocabulary([edit], message="Renames.")

        record.refresh_from_db()
        assert record.document.body == body
        assert record.parties.get(role="recipient").name == "Italy"
        assert record.published_in_id == head == RevisionCounter.number() - 1
        later = corrected(record, editor)
        assert later.parties.get(role="recipient").name == "Italian Republic"


class TestRepublishUsers:
    def test_records_that_name_a_party_say_what_it_is_called_now(self, editor: Any) -> None:
        records = [
            DonationFactory(recipients=["ITA"], published=True),
            ContractFactory(buyers=["ITA"], published=True),
        ]
        untouched = DonationFactory(recipients=["PAK"], published=True)
        italy = Party.objects.get(code="ITA")
        edit_vocabulary(
            [edit_of(italy, "Its full name.", name="Italian Republic")], message="Renames."
        )

        revision = republish_users(italy, by=editor, reason="Italy is called by its full name.")

        assert {change[0] for change in changes(revision)} == {
            record.public_id for record in records
        }
        for record in records:
            newest = type(record).objects.get(public_id=record.public_id, state=State.PUBLISHED)
            assert newest.version == 2
            assert newest.digest == record.digest
            assert "Italian Republic" in newest.document.body
            assert "Italian Republic" not in record.document.body
        untouched.refresh_from_db()
        assert untouched.state == State.PUBLISHED

    def test_records_under_an_item_move_with_it(self, editor: Any) -> None:
        record = DonationFactory(figures__item="goggles", published=True)
        mask = ItemFactory(code="mask")
        goggles = Item.objects.get(code="goggles")
        edit_vocabulary([edit_of(goggles, "To try it.", parent="mask")], message="Moves goggles.")
        assert not record.figure_items.filter(item=mask).exists()

        republish_users(goggles, by=editor, reason="Goggles stand under masks now.")

        newest = Donation.objects.get(state=State.PUBLISHED)
        assert newest.figure_items.filter(item=mask).exists()

    def test_a_term_that_nothing_names_republishes_nothing(self, editor: Any) -> None:
        with refused("There is nothing to publish."):
            republish_users(PartyFactory(code="SRB"), by=editor, reason="To be sure.")


class TestFigures:
    """Bounds follow the operator, and what must not be added says so."""

    @pytest.mark.parametrize(
        ("operator", "lower", "upper"),
        [
            ("exact", 70, 70),
            ("approx", None, None),
            ("at_least", 70, None),
            ("more_than", 70, None),
            ("at_most", 0, 70),
            ("less_than", 0, 70),
        ],
    )
    def test_the_value_sets_the_bounds(self, operator: str, lower: Any, upper: Any) -> None:
        figure = DonationFigureFactory(operator=operator, value=70)

        figure.refresh_from_db()
        assert (figure.value, figure.lower, figure.upper) == (70, lower, upper)
        figure.full_clean()

    @pytest.mark.parametrize(
        ("operator", "lower", "upper"),
        [
            ("between", 40, 50),
            ("order_of_magnitude", 10_000, 99_999),
            ("unspecified", None, None),
        ],
    )
    def test_some_have_no_value(self, operator: str, lower: Any, upper: Any) -> None:
        figure = DonationFigureFactory(operator=operator, value=None, lower=lower, upper=upper)

        figure.full_clean()

    @pytest.mark.parametrize(
        ("operator", "value", "lower", "upper"),
        [
            *((operator, None, None, None) for operator in ("exact", "approx", "at_least")),
            *((operator, None, 0, 70) for operator in ("more_than", "at_most", "less_than")),
            ("exact", 70, None, None),
            ("exact", 70, 70, None),
            ("exact", 70, 69, 71),
            ("approx", 70, 60, 80),
            ("approx", 70, 70, 70),
            ("at_least", 70, 70, 80),
            ("at_least", 70, None, None),
            ("more_than", 70, 71, None),
            ("more_than", 70, None, None),
            ("at_most", 70, None, 70),
            ("at_most", 70, 0, None),
            ("less_than", 70, 1, 70),
            ("less_than", 70, 0, 69),
            ("between", 45, 40, 50),
            ("between", None, 50, 40),
            ("between", None, 40, 40),
            ("between", None, 40, None),
            ("between", None, None, 50),
            ("order_of_magnitude", None, None, None),
            ("order_of_magnitude", 20_000, 10_000, 99_999),
            ("unspecified", 70, None, None),
            ("unspecified", None, 0, None),
        ],
    )
    def test_the_database_refuses_others(
        self, operator: str, value: Any, lower: Any, upper: Any
    ) -> None:
        figure = DonationFigureFactory()

        with pytest.raises(IntegrityError, match="donationfigure_bounds"), transaction.atomic():
            type(figure).objects.update(operator=operator, value=value, lower=lower, upper=upper)

    @pytest.mark.parametrize(
        ("operator", "numbers"),
        [
            ("exact", {"value": None}),
            ("between", {"value": 45, "lower": 40, "upper": 50}),
            ("between", {"value": None, "lower": 50, "upper": 40}),
            ("unspecified", {"value": 70}),
        ],
    )
    def test_the_form_says_what_fits(self, operator: str, numbers: dict[str, Any]) -> None:
        figure = DonationFigureFactory(quote="donated supplies")
        figure.operator = operator
        for name, number in ({"lower": None, "upper": None} | numbers).items():
            setattr(figure, name, number)

        with refused("The numbers do not fit the operator"):
            figure.full_clean()

    @pytest.mark.parametrize(
        ("wrong", "message"),
        [
            ({"basis": "per_recipient"}, "are never part of a total: clear “countable”."),
            ({"basis": "per_unit"}, "are never part of a total"),
            ({"basis": "per_day"}, "are never part of a total"),
            ({"basis": "target"}, "are never part of a total"),
            ({"countable": False}, "Say why the figure does not count, or let it count."),
            ({"countable_reason": "pledge"}, "Say why the figure does not count"),
            ({"basis": "target", "countable": False}, "Say why the figure does not count"),
            ({"rank": "preferred"}, "Say why this report is preferred or deprecated."),
            ({"rank": "deprecated"}, "Say why this report is preferred or deprecated."),
            ({"currency": "USD"}, "A quantity needs an item and has no currency"),
            ({"item": None}, "A quantity needs an item and has no currency"),
        ],
    )
    def test_what_does_not_fit_is_refused_in_words(self, wrong: Any, message: str) -> None:
        figure = DonationFigureFactory()
        for name, value in wrong.items():
            setattr(figure, name, value)

        with refused(message):
            figure.full_clean()
        with pytest.raises(IntegrityError), transaction.atomic():
            figure.save()

    @pytest.mark.parametrize(
        "right",
        [
            {"basis": "per_unit", "countable": False},
            {"basis": "target", "countable": False, "countable_reason": "target"},
            {"countable": False, "countable_reason": "pledge"},
            {"rank": "deprecated", "rank_reason": "The ministry took it back."},
            {"money": True},
            {"money": True, "item": "mask"},
            {"counted": True},
        ],
    )
    @pytest.mark.parametrize("factory", FIGURES.values(), ids=lambda f: f._meta.model.__name__)
    def test_what_fits_is_saved(self, factory: Any, right: dict[str, Any]) -> None:
        factory(**right).full_clean()


class History(RuleBasedStateMachine):
    """Random publishing, beside a model of it in plain Python: what every revision held."""

    def __init__(self) -> None:
        super().__init__()
        self.sandbox = transaction.atomic()
        self.sandbox.__enter__()
        self.editor = UserFactory(username="editor")
        self.reviewer = UserFactory(username="reviewer")
        self.evidence = StatementFactory(title="Evidence", published=True)
        self.known: list[Record] = [self.evidence]
        """One version of every record, published or withdrawn, in the order of publishing."""
        self.drafts: dict[str, Record] = {}
        self.now = {self.evidence.public_id: (1, "Evidence")}
        self.snapshots = [{}, dict(self.now)]
        """Revision → what it held."""

    def teardown(self) -> None:
        try:
            self.compare_every_revision()
        finally:
            transaction.set_rollback(True)
            self.sandbox.__exit__(None, None, None)

    def take_snapshot(self) -> None:
        self.snapshots.append(dict(self.now))

    def withdrawable(self) -> list[Record]:
        """What is published and bears no other's figures."""
        return [record for record in self.known[1:] if record.public_id in self.now]

    @rule(models=st.lists(st.sampled_from([Statement, Donation, Export]), min_size=1, max_size=2))
    def publish_new(self, models: list[Any]) -> None:
        records = []
        for model in models:
            rest = {} if model is Statement else {"figures__statement": self.evidence}
            records.append(RECORDS[model](title=f"Record {len(self.known)}", **rest))
            self.known.append(records[-1])
        publish(*records)
        self.now |= {record.public_id: (1, record.title) for record in records}
        self.take_snapshot()

    @rule(place=st.integers(0, 99), back=st.booleans())
    def draft(self, place: int, back: bool) -> None:
        """Begin a correction, or go back to the first version; readers see nothing of it."""
        chosen = self.known[place % len(self.known)]
        record = type(chosen).objects.filter(public_id=chosen.public_id).latest()
        if record.public_id in self.drafts:
            return
        if back:
            first = type(record).objects.get(public_id=record.public_id, version=1)
            draft = revert(first, by=self.editor, reason="It was right.")
        elif record.state == State.PUBLISHED:
            draft = begin_correction(record, by=self.editor, reason="It was wrong.")
            draft.title += f" corrected as version {draft.version}"
            draft.save()
        else:
            return
        self.drafts[draft.public_id] = draft

    @precondition(lambda self: self.drafts)
    @rule(all_of_them=st.booleans())
    def publish_drafts(self, all_of_them: bool) -> None:
        ready = list(self.drafts.values())[: None if all_of_them else 1]
        publish(*ready)
        for draft in ready:
            del self.drafts[draft.public_id]
            self.now[draft.public_id] = (draft.version, draft.title)
        self.take_snapshot()

    @precondition(lambda self: self.drafts)
    @rule()
    def discard_draft(self) -> None:
        _, draft = self.drafts.popitem()
        discard(draft)

    @precondition(lambda self: self.withdrawable())
    @rule(place=st.integers(0, 99))
    def withdraw(self, place: int) -> None:
        among = self.withdrawable()
        chosen = among[place % len(among)]
        record = type(chosen).objects.get(public_id=chosen.public_id, state=State.PUBLISHED)
        withdraw([record], by=self.reviewer, reason="It never happened.")
        del self.now[record.public_id]
        self.take_snapshot()

    @rule()
    def edit_vocabulary(self) -> None:
        party = PartyFactory(code="PAK")
        edit_vocabulary([edit_of(party, "Another name.", aliases=["PK"])], message="Names.")
        self.take_snapshot()

    @rule()
    def fail(self) -> None:
        """A refused revision leaves no trace."""
        with pytest.raises(ValidationError):
            approve([StatementFactory()], by=self.reviewer, message="Not submitted.")

    @invariant()
    def no_gap_and_no_duplicate(self) -> None:
        numbers = Revision.objects.order_by("number").values_list("number", flat=True)
        assert list(numbers) == list(range(1, len(self.snapshots)))
        assert RevisionCounter.number() == len(self.snapshots) - 1

    def compare_every_revision(self) -> None:
        replayed: dict[str, int] = {}
        for number, held in enumerate(self.snapshots):
            found = {}
            for model in KINDS.values():
                rows = model.objects.in_force(number).select_related("document")
                for row in rows:
                    assert row.public_id not in found
                    found[row.public_id] = (row.version, json.loads(row.document.body)["title"])
            assert found == held

            for change in Change.objects.filter(revision=number).exclude(action="edited"):
                replayed[change.public_id] = change.version
                if change.action == "withdrawn":
                    del replayed[change.public_id]
            assert replayed == {public_id: version for public_id, (version, _) in held.items()}


@pytest.mark.slow(sample=True)
def test_every_revision_of_a_random_history_can_be_read_as_it_was() -> None:
    run_state_machine_as_test(
        History, settings=settings(max_examples=scaled(30), stateful_step_count=15, deadline=None)
    )
