"""A record's life in the admin: every button and bulk action, and all that they refuse."""

import re
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.contrib.messages import get_messages
from django.db import connections
from django.test import Client
from django.urls import reverse

from records import publishing
from records.curation.proposals.deciding import accept
from records.curation.proposals.models import Proposal
from records.curation.workflow.steps import STEPS, Step
from records.models import (
    KINDS,
    Action,
    Change,
    Contributor,
    ContributorRole,
    Donation,
    Item,
    Party,
    Record,
    Revision,
    RevisionCounter,
    State,
    Statement,
)
from tests.support.factories import (
    RECORDS,
    DonationFactory,
    ExportFactory,
    HSCodeFactory,
    ItemFactory,
    PartyFactory,
    StatementFactory,
    UserFactory,
    publish,
)

pytestmark = pytest.mark.django_db

EVERY_KIND = pytest.mark.parametrize("kind", list(KINDS))
OUT_OF_TURN = [
    pytest.param(step, stand, id=f"{step.name}-{stand}")
    for step in STEPS
    for stand in State
    if stand not in step.states
]
VOCABULARY = ["party", "item"]


def allow(user: User, permissions: Iterable[str], models: Iterable[str]) -> None:
    codenames = [f"{permission}_{model}" for permission in permissions for model in models]
    user.user_permissions.add(*Permission.objects.filter(codename__in=codenames))


@pytest.fixture(autouse=True)
def _people(editor: User, reviewer: User) -> None:
    """An editor who writes and a reviewer who publishes; neither can do the other's."""
    allow(editor, ["view", "add", "change", "delete"], [*KINDS, *VOCABULARY])
    allow(reviewer, ["view", "publish"], [*KINDS, *VOCABULARY])


# Clients of this module are not watched for related rows loaded one by one: a step takes its
# records one by one on purpose, each with its own checks.


@pytest.fixture
def editor_client(editor: User) -> Client:
    return entered(editor)


@pytest.fixture
def reviewer_client(reviewer: User) -> Client:
    return entered(reviewer)


@pytest.fixture
def superuser_client(superuser: User) -> Client:
    return entered(superuser)


@pytest.fixture
def client() -> Client:
    return Client()


def entered(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def url(row: Any, page: str = "change") -> str:
    args = [] if isinstance(row, type) else [row.pk]
    return reverse(f"admin:records_{row._meta.model_name}_{page}", args=args)


def typed(response: Any) -> dict[str, Any]:
    """What a browser would send back from a change page, untouched."""
    forms = [response.context["adminform"].form]
    for inline in response.context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    values = {bound.html_name: bound.value() for form in forms for bound in form}
    sent = {name: "" if value is None else value for name, value in values.items()}
    return {name: value for name, value in sent.items() if value is not False}


def opened(client: Client, row: Any) -> dict[str, Any]:
    return typed(client.get(url(row)))


def reported(response: Any) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def state(record: Record) -> str:
    return type(record).objects.get(pk=record.pk).state


def approve(client: Client, record: Record, **words: str) -> Any:
    """Approve as the page offers it."""
    page = client.get(url(record, "approve"))
    seen = re.findall(r'name="seen" value="([^"]+)"', page.content.decode())
    return client.post(url(record, "approve"), {"seen": seen, **words})


class TestEditing:
    def test_a_new_record_is_a_draft_by_its_author(
        self, editor_client: Client, editor: User
    ) -> None:
        PartyFactory(code="CHN")
        PartyFactory(code="PAK")
        statement = StatementFactory(published=True)
        ItemFactory()
        data = typed(editor_client.get(url(Donation, "add"))) | {
            "title": "China sends masks to Pakistan",
            "form": "goods",
            "stage": "delivered",
            "stated_by": "donor",
            "as_of": "2020-04-10",
            "parties-TOTAL_FORMS": "2",
            "parties-0-role": "recipient",
            "parties-0-party": "PAK",
            "parties-1-role": "donor",
            "parties-1-party": "CHN",
            "figures-0-measure": "quantity",
            "figures-0-operator": "more_than",
            "figures-0-value": "50000",
            "figures-0-item": "surgical-mask",
            "figures-0-unit": "piece",
            "figures-0-basis": "single",
            "figures-0-countable": "on",
            "figures-0-rank": "normal",
            "figures-0-statement": statement.pk,
            "figures-0-quote": "more than 50,000 masks",
        }

        response = editor_client.post(url(Donation, "add"), data)

        assert response.status_code == 302
        donation = Donation.objects.get(title="China sends masks to Pakistan")
        assert (donation.state, donation.version) == (State.DRAFT, 1)
        assert donation.parties_by_role["donor"][0].party_id == "CHN"
        assert [figure.lower for figure in donation.figures.all()] == [50000]
        hand = Contributor.objects.get(public_id=donation.public_id)
        assert (hand.user, hand.role) == (editor, ContributorRole.EDITOR)

    @pytest.mark.parametrize("left_out", ["figures-0-statement", "figures-0-quote"])
    def test_no_number_without_a_sentence(self, left_out: str, editor_client: Client) -> None:
        donation = DonationFactory()
        data = opened(editor_client, donation) | {left_out: "", "figures-0-value": "7"}

        response = editor_client.post(url(donation), data)

        assert response.status_code == 200
        assert response.context["errors"]
        assert donation.figures.get().value == 50_000

    def test_a_constraint_speaks_to_the_curator(self, editor_client: Client) -> None:
        donation = DonationFactory()
        data = opened(editor_client, donation) | {"figures-0-currency": "USD"}

        response = editor_client.post(url(donation), data)

        assert "A quantity needs an item and has no currency" in response.content.decode()

    def test_a_save_is_counted_and_signed(self, editor_client: Client, editor: User) -> None:
        donation = DonationFactory()
        data = opened(editor_client, donation) | {"title": "Said better"}

        editor_client.post(url(donation), data)

        donation.refresh_from_db()
        assert (donation.title, donation.edits) == ("Said better", 1)
        assert Contributor.objects.get(public_id=donation.public_id).user == editor

    def test_rows_keep_the_order_of_the_page(self, editor_client: Client) -> None:
        donation = DonationFactory(
            donors=["CHN", "jack-ma-foundation"], recipients=["PAK", "ITA", "SRB"]
        )
        data = opened(editor_client, donation)
        moved = {"parties-0-place": 1, "parties-1-place": 0, "parties-4-place": 2}
        rest = {"parties-2-place": 3, "parties-3-place": 4}

        editor_client.post(url(donation), data | moved | rest)

        donation.refresh_from_db()
        roles = donation.parties_by_role
        assert [row.party_id for row in roles["donor"]] == ["jack-ma-foundation", "CHN"]
        assert [row.party_id for row in roles["recipient"]] == ["SRB", "PAK", "ITA"]
        assert [row.position for row in roles["recipient"]] == [0, 1, 2]
        assert donation.edits == 1

    def test_a_new_row_without_a_place_comes_last(self, editor_client: Client) -> None:
        donation = DonationFactory(recipients=["PAK", "ITA"])
        PartyFactory(code="SRB")
        data = opened(editor_client, donation) | {
            "parties-TOTAL_FORMS": "4",
            "parties-3-role": "recipient",
            "parties-3-party": "SRB",
        }

        editor_client.post(url(donation), data)

        recipients = Donation.objects.get().parties_by_role["recipient"]
        assert [(row.party_id, row.position) for row in recipients] == [
            ("PAK", 0),
            ("ITA", 1),
            ("SRB", 2),
        ]

    def test_a_role_of_another_kind_is_refused(self, editor_client: Client) -> None:
        donation = DonationFactory()
        data = opened(editor_client, donation) | {"parties-0-role": "supplier"}

        response = editor_client.post(url(donation), data)

        assert response.context["errors"]

    def test_a_save_that_changes_nothing_leaves_no_trace(
        self, editor_client: Client, editor: User
    ) -> None:
        donation = DonationFactory(recipients=["PAK", "ITA"])
        publishing.submit(donation, by=UserFactory(username="author"))
        data = opened(editor_client, donation)

        response = editor_client.post(url(donation), data, follow=True)

        assert "There was nothing to save" in response.content.decode()
        assert "was changed successfully" not in response.content.decode()
        assert state(donation) == State.IN_REVIEW
        assert not Contributor.objects.filter(user=editor).exists()

    def test_an_edit_in_review_makes_it_a_draft_again_and_says_so(
        self, editor_client: Client
    ) -> None:
        donation = DonationFactory(in_review=True)
        data = opened(editor_client, donation) | {"note": "Two sources."}

        response = editor_client.post(url(donation), data)

        assert "is a draft again" in reported(response)
        assert state(donation) == State.DRAFT

    def test_topics_are_written_one_a_line(self, editor_client: Client) -> None:
        statement = StatementFactory()
        data = opened(editor_client, statement)
        assert data["topics"] == "customs-facilitation"

        editor_client.post(
            url(statement), data | {"topics": "fast-track-talks\r\n\r\n certified-manufacturers "}
        )

        statement.refresh_from_db()
        assert statement.topics == ["fast-track-talks", "certified-manufacturers"]

    @pytest.mark.parametrize("name", ["title", "topics", "text"])
    def test_a_nul_character_is_refused(self, name: str, editor_client: Client) -> None:
        statement = StatementFactory()

        response = editor_client.post(
            url(statement), opened(editor_client, statement) | {name: "a\x00b"}
        )

        assert response.status_code == 200
        assert response.context["errors"]

    def test_what_is_typed_is_shown_as_text(self, editor_client: Client) -> None:
        statement = StatementFactory()
        canary = "<img src=x onerror=alert(1)>"
        names = ["title", "publisher", "speaker", "summary", "note", "topics"]
        editor_client.post(
            url(statement), opened(editor_client, statement) | dict.fromkeys(names, canary)
        )
        statement.refresh_from_db()
        assert statement.title == canary

        for page in [url(statement), url(Statement, "changelist"), url(statement, "discard")]:
            assert canary not in editor_client.get(page).content.decode()

    def test_an_address_must_be_of_the_web(self, editor_client: Client) -> None:
        statement = StatementFactory()

        response = editor_client.post(
            url(statement), opened(editor_client, statement) | {"url": "javascript:alert(1)"}
        )

        assert response.context["adminform"].form.errors["url"]


class TestStaleSave:
    """Of records: what comes then is tests/curation/workflow/test_merging.py."""

    @pytest.mark.slow(sample=True)
    @pytest.mark.parametrize("seen", ["", "-1", "x", "5", "9" * 50])
    def test_a_crafted_count_is_refused(self, seen: str, editor_client: Client) -> None:
        donation = DonationFactory(title="As it was")
        data = opened(editor_client, donation) | {"title": "Forced", "seen": seen}

        response = editor_client.post(url(donation), data)

        assert response.status_code == 409
        assert Donation.objects.get().title == "As it was"

    def test_what_was_published_meanwhile_is_not_changed(self, editor_client: Client) -> None:
        donation = DonationFactory(title="As it was")
        data = opened(editor_client, donation) | {"title": "Too late"}
        publish(donation)

        response = editor_client.post(url(donation), data)

        assert response.status_code == 409
        assert "Too late" in response.content.decode()
        assert Donation.objects.get().title == "As it was"

    def test_what_was_discarded_meanwhile_is_shown_again(self, editor_client: Client) -> None:
        donation = DonationFactory()
        page, data = url(donation), opened(editor_client, donation) | {"title": "Long work"}
        donation.delete()

        response = editor_client.post(page, data)

        assert response.status_code == 409
        assert "Long work" in response.content.decode()

    def test_a_term_is_guarded_likewise(self, editor_client: Client) -> None:
        party = PartyFactory(code="who")
        first, second = opened(editor_client, party), opened(editor_client, party)
        editor_client.post(url(party), first | {"name": "WHO", "reason": "Shorter."})

        response = editor_client.post(url(party), second | {"name": "W.H.O.", "reason": "Dots."})

        assert "Somebody saved this after you opened it" in response.content.decode()
        party.refresh_from_db()
        assert (party.name, party.version) == ("WHO", 2)


class TestReadOnly:
    @pytest.mark.slow(sample=True)
    @EVERY_KIND
    def test_a_published_version_has_no_fields(self, kind: str, superuser_client: Client) -> None:
        record = RECORDS[KINDS[kind]](published=True)

        response = superuser_client.get(url(record))

        html = response.content.decode()
        assert 'name="_save"' not in html
        assert 'name="title"' not in html
        assert "never changes" in html

    def test_numbers_are_shown_bare(self, editor_client: Client) -> None:
        donation = DonationFactory(published=True)

        html = editor_client.get(url(donation)).content.decode()

        assert ">50000<" in html
        assert "50000.000000" not in html

    def test_who_may_only_look_gets_no_fields_and_no_steps(self, client: Client) -> None:
        donation = DonationFactory()
        looker = UserFactory(username="looker")
        allow(looker, ["view"], KINDS)
        client.force_login(looker)

        response = client.get(url(donation))

        assert response.context["steps"] == []
        assert 'name="title"' not in response.content.decode()
        assert client.post(url(donation), {"title": "Forced"}).status_code == 403


class TestLife:
    @pytest.mark.slow(sample=True)
    @EVERY_KIND
    def test_from_draft_to_withdrawal(
        self, kind: str, editor_client: Client, reviewer_client: Client
    ) -> None:
        model = KINDS[kind]
        record = RECORDS[model]()
        if record.ROLES:
            publish(*record.cited_statements())

        editor_client.post(url(record, "submit"))
        assert state(record) == State.IN_REVIEW
        reviewer_client.post(url(record, "return"), {"comment": "Name the occasion."})
        assert state(record) == State.DRAFT
        editor_client.post(url(record, "submit"))
        approve(reviewer_client, record, message="First publication.")
        assert state(record) == State.PUBLISHED

        editor_client.post(url(record, "correct"), {"reason": "A later report."})
        draft = model.objects.open().get(public_id=record.public_id)
        assert (draft.version, draft.reason) == (2, "A later report.")
        data = opened(editor_client, draft) | {"title": "Said better"}
        assert editor_client.post(url(draft), data).status_code == 302
        editor_client.post(url(draft, "submit"))
        approve(reviewer_client, draft, message="A correction.")
        assert (state(record), state(draft)) == (State.SUPERSEDED, State.PUBLISHED)

        reviewer_client.post(url(draft, "withdraw"), {"reason": "It never happened."})
        assert state(draft) == State.WITHDRAWN
        editor_client.post(url(record, "revert"), {"reason": "It did happen."})
        assert model.objects.open().get(public_id=record.public_id).title == record.title
        history = Change.objects.filter(public_id=record.public_id).order_by("revision_id")
        assert [change.action for change in history] == [
            Action.PUBLISHED,
            Action.CORRECTED,
            Action.WITHDRAWN,
        ]

    def test_the_steps_offered_follow_state_and_permission(
        self, editor_client: Client, reviewer_client: Client
    ) -> None:
        draft, reviewed = DonationFactory(), DonationFactory(in_review=True)
        published = DonationFactory(published=True)

        def offered(client: Client, record: Record) -> list[str]:
            return [step.name for step in client.get(url(record)).context["steps"]]

        assert offered(editor_client, draft) == ["submit", "discard"]
        assert offered(editor_client, reviewed) == ["discard"]
        assert offered(reviewer_client, reviewed) == ["approve", "return"]
        assert offered(editor_client, published) == ["correct"]
        assert offered(reviewer_client, published) == ["withdraw"]

    @pytest.mark.slow(sample=True)
    @pytest.mark.parametrize(("step", "stand"), OUT_OF_TURN)
    def test_a_step_out_of_turn_is_refused(
        self, step: Step, stand: State, superuser_client: Client
    ) -> None:
        record = in_state(stand)
        before = list(Donation.objects.values_list("pk", "state", "digest"))

        response = superuser_client.post(
            url(record, step.name),
            {"seen": f"{record.pk}:{record.digest}", **dict.fromkeys(words(), "Out of turn.")},
        )

        refusal = reported(response) if step.at_once else response.content.decode()
        assert f"{record.public_id} v{record.version} is {record.get_state_display()}" in refusal
        assert list(Donation.objects.values_list("pk", "state", "digest")) == before

    @pytest.mark.slow(sample=True)
    @pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
    def test_a_crafted_post_without_permission_is_refused(
        self, step: Step, client: Client
    ) -> None:
        record = in_state(step.states[0])
        looker = UserFactory(username="looker")
        every = {"view", "add", "change", "delete", "publish"}
        allow(looker, every - {step.permission}, KINDS)
        client.force_login(looker)

        response = client.post(
            url(record, step.name),
            {"seen": f"{record.pk}:{record.digest}", **dict.fromkeys(words(), "Forced.")},
        )

        assert response.status_code == 403
        assert client.get(url(record, step.name)).status_code == 403
        assert state(record) == step.states[0]

    @pytest.mark.slow(sample=True)
    @pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
    def test_looking_at_a_step_takes_it_not(self, step: Step, superuser_client: Client) -> None:
        record = in_state(step.states[0])

        response = superuser_client.get(url(record, step.name))

        assert response.status_code == (405 if step.at_once else 200)
        assert state(record) == step.states[0]
        assert superuser_client.put(url(record, step.name)).status_code == 405

    @pytest.mark.slow(sample=True)
    @pytest.mark.parametrize(
        "step",
        [step for step in STEPS if step.needs and not step.at_once],
        ids=lambda step: step.name,
    )
    @pytest.mark.parametrize("given", ["", "   ", None])
    def test_the_words_requested_for_are_required(
        self, step: Step, given: str | None, superuser_client: Client
    ) -> None:
        record = in_state(step.states[0])
        data = {"seen": f"{record.pk}:{record.digest}"}

        response = superuser_client.post(
            url(record, step.name), data | ({} if given is None else {step.needs: given})
        )

        assert f"Write a {step.needs}" in response.content.decode()
        assert state(record) == step.states[0]

    @pytest.mark.slow(sample=True)
    @pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
    def test_a_post_without_its_token_is_refused(self, step: Step, superuser: Any) -> None:
        record = in_state(step.states[0])
        client = Client(enforce_csrf_checks=True)
        client.force_login(superuser)

        response = client.post(url(record, step.name), dict.fromkeys(words(), "Forged."))

        assert response.status_code == 403
        assert state(record) == step.states[0]

    def test_a_record_that_is_gone_is_said_to_be(self, editor_client: Client) -> None:
        donation = DonationFactory()
        page = url(donation, "submit")
        donation.delete()

        response = editor_client.post(page, follow=True)

        assert "not there any more" in response.content.decode()

    def test_the_history_says_every_step(
        self, editor_client: Client, reviewer_client: Client
    ) -> None:
        statement = StatementFactory()
        editor_client.post(url(statement, "submit"))
        reviewer_client.post(url(statement, "return"), {"comment": "Name the occasion."})

        html = editor_client.get(url(statement, "history")).content.decode()

        assert "Submit for review." in html
        assert "Return for changes: Name the occasion." in html


def words() -> set[str]:
    return {step.needs for step in STEPS if step.needs}


def in_state(stand: State) -> Donation:
    """A donation that is there, by the hands of others than the tests' people."""
    donation = DonationFactory(
        in_review=stand == State.IN_REVIEW, published=stand not in (State.DRAFT, State.IN_REVIEW)
    )
    if stand == State.SUPERSEDED:
        publish(publishing.begin_correction(donation, by=UserFactory(), reason="Later report."))
    if stand == State.WITHDRAWN:
        publishing.withdraw([donation], by=UserFactory(), reason="It never happened.")
    donation.refresh_from_db()
    return donation


class TestSubmit:
    def test_every_problem_is_reported(self, editor_client: Client) -> None:
        donation = DonationFactory(figures=[])

        response = editor_client.post(url(donation, "submit"))

        assert response.status_code == 302
        assert "every record needs at least one" in reported(response)
        assert state(donation) == State.DRAFT


class TestApprove:
    def test_who_had_a_hand_in_it_is_refused_superusers_too(
        self, superuser_client: Client
    ) -> None:
        statement = StatementFactory()
        superuser_client.post(url(statement), opened(superuser_client, statement) | {"note": "!"})
        superuser_client.post(url(statement, "submit"))

        response = approve(superuser_client, statement, message="My own.")

        assert "somebody else must approve it" in response.content.decode()
        assert state(statement) == State.IN_REVIEW
        assert RevisionCounter.number() == 0

    def test_what_was_edited_after_the_reviewer_looked_is_refused(
        self, editor_client: Client, reviewer_client: Client
    ) -> None:
        statement = StatementFactory(in_review=True)
        page = reviewer_client.get(url(statement, "approve"))
        seen = re.findall(r'name="seen" value="([^"]+)"', page.content.decode())
        editor_client.post(url(statement), opened(editor_client, statement) | {"note": "New."})
        editor_client.post(url(statement, "submit"))

        response = reviewer_client.post(
            url(statement, "approve"), {"seen": seen, "message": "As I saw it."}
        )

        assert "was edited after you opened it" in response.content.decode()
        assert state(statement) == State.IN_REVIEW
        assert RevisionCounter.number() == 0

    def test_approval_without_having_seen_is_refused(self, reviewer_client: Client) -> None:
        statement = StatementFactory(in_review=True)

        response = reviewer_client.post(url(statement, "approve"), {"message": "Blindly."})

        assert "was edited after you opened it" in response.content.decode()
        assert state(statement) == State.IN_REVIEW

    def test_evidence_comes_first(self, reviewer_client: Client) -> None:
        donation = DonationFactory(in_review=True)

        response = approve(reviewer_client, donation, message="Too early.")

        assert "publish it first or cite another" in response.content.decode()
        assert state(donation) == State.IN_REVIEW


class TestReturn:
    def test_the_comment_meets_the_editors(
        self, editor_client: Client, reviewer_client: Client
    ) -> None:
        statement = StatementFactory(in_review=True)

        reviewer_client.post(url(statement, "return"), {"comment": "Name the <occasion>."})

        html = editor_client.get(url(statement)).content.decode()
        assert "Returned for changes." in html
        assert "reviewer: Name the &lt;occasion&gt;." in html


class TestCorrect:
    def test_it_leads_to_the_draft_and_both_pages_say_so(
        self, editor_client: Client, clock: Any
    ) -> None:
        donation = DonationFactory(published=True)

        response = editor_client.post(url(donation, "correct"), {"reason": "A later report."})

        draft = Donation.objects.open().get()
        assert response["Location"] == url(draft)
        of_published = editor_client.get(url(donation)).content.decode()
        assert "is open</strong>" in of_published
        assert "by editor (since 4 May 2026, 12:00)" in of_published
        assert url(draft) in of_published
        of_draft = editor_client.get(url(draft)).content.decode()
        assert "Readers see" in of_draft
        assert url(donation) in of_draft
        assert f"/api/v1/donations/{donation.public_id}/" in of_draft

    def test_two_drafts_of_one_record_are_refused(self, editor_client: Client) -> None:
        donation = DonationFactory(published=True)
        editor_client.post(url(donation, "correct"), {"reason": "First."})

        response = editor_client.post(url(donation, "correct"), {"reason": "Second."})

        assert "Somebody is already working on this record" in reported(response)
        assert Donation.objects.open().count() == 1


class TestWithdraw:
    def test_a_statement_that_bears_figures_stays(self, reviewer_client: Client) -> None:
        donation = DonationFactory(published=True)
        (statement,) = donation.cited_statements()

        response = reviewer_client.post(url(statement, "withdraw"), {"reason": "A hoax."})

        assert f"bears figures or milestones of {donation.public_id}" in response.content.decode()
        assert state(statement) == State.PUBLISHED


class TestDiscard:
    def test_it_leads_back_to_what_is_left(self, editor_client: Client) -> None:
        donation = DonationFactory(published=True)
        draft = publishing.begin_correction(donation, by=UserFactory(), reason="A later report.")

        response = editor_client.post(url(draft, "discard"))

        assert response["Location"] == url(donation)
        assert not Donation.objects.open().exists()
        assert state(donation) == State.PUBLISHED

    def test_a_draft_that_figures_rest_on_stays(self, editor_client: Client) -> None:
        donation = DonationFactory()
        (statement,) = donation.cited_statements()

        response = editor_client.post(url(statement, "discard"))

        assert donation.public_id in response.content.decode()
        assert Statement.objects.filter(pk=statement.pk).exists()


class TestBulk:
    @staticmethod
    def start(client: Client, step: str, records: Iterable[Record]) -> Any:
        """The action chosen in the list: the page that requests."""
        selected = [record.pk for record in records]
        model = type(next(iter(records)))
        data = {"action": step, "index": "0", "_selected_action": selected}
        return client.post(url(model, "changelist"), data)

    @classmethod
    def take(cls, client: Client, step: str, records: Iterable[Record], **said: str) -> Any:
        """Chosen, seen and confirmed."""
        html = cls.start(client, step, records).content.decode()
        sent = {
            name: re.findall(rf'name="{name}" value="([^"]+)"', html)
            for name in ["seen", "_selected_action", "action", "confirmed"]
        }
        return client.post(url(type(next(iter(records))), "changelist"), sent | said)

    def test_the_page_names_the_records_and_requests_once(self, reviewer_client: Client) -> None:
        records = [StatementFactory(in_review=True) for _ in range(3)]

        response = self.start(reviewer_client, "approve", records)

        html = response.content.decode()
        assert all(record.public_id in html for record in records)
        assert html.count('name="message"') == 1
        assert RevisionCounter.number() == 0

    def test_submit(self, editor_client: Client) -> None:
        good, bad = DonationFactory.create_batch(2), DonationFactory.create_batch(2, figures=[])

        response = self.take(editor_client, "submit", [*good, *bad])

        assert {state(record) for record in good} == {State.IN_REVIEW}
        assert {state(record) for record in bad} == {State.DRAFT}
        html = response.content.decode()
        problems = {record for record, _ in response.context["problems"]}
        assert problems == set(bad)
        assert html.count("every record needs at least one") == 2
        assert "2 donations: each was submitted for review." in reported(response)

    def test_return(self, reviewer_client: Client) -> None:
        records = [StatementFactory(in_review=True) for _ in range(2)]

        response = self.take(reviewer_client, "return", records, comment="Name the event.")

        assert response.status_code == 302
        for record in records:
            record.refresh_from_db()
            assert record.review_comment == "reviewer: Name the event."

    def test_approve_makes_one_revision(self, reviewer_client: Client) -> None:
        records = [StatementFactory(in_review=True) for _ in range(3)]

        response = self.take(reviewer_client, "approve", records, message="Three statements.")

        assert response.status_code == 302
        assert Revision.objects.get().changes.count() == 3
        assert {state(record) for record in records} == {State.PUBLISHED}

    def test_approve_takes_all_or_none_and_names_every_problem(
        self, reviewer: User, reviewer_client: Client
    ) -> None:
        good, touched = StatementFactory(in_review=True), StatementFactory()
        publishing.submit(touched, by=reviewer)
        draft = StatementFactory()

        response = self.take(
            reviewer_client, "approve", [good, touched, draft], message="Three at once."
        )

        problems = {record.pk: found for record, found in response.context["problems"]}
        assert set(problems) == {touched.pk, draft.pk}
        assert "somebody else must approve it" in problems[touched.pk][0]
        assert "is draft; this is for versions that are in review" in problems[draft.pk][0]
        assert state(good) == State.IN_REVIEW
        assert RevisionCounter.number() == 0
        assert not Contributor.objects.filter(role=ContributorRole.APPROVER).exists()

    def test_withdraw(self, reviewer_client: Client) -> None:
        records = [StatementFactory(published=True) for _ in range(2)]
        bearing = DonationFactory(published=True).cited_statements()[0]

        refused = self.take(reviewer_client, "withdraw", [*records, bearing], reason="Hoaxes.")
        assert [record for record, _ in refused.context["problems"]] == [bearing]
        assert {state(record) for record in records} == {State.PUBLISHED}

        before = RevisionCounter.number()
        self.take(reviewer_client, "withdraw", records, reason="Hoaxes.")
        assert {state(record) for record in records} == {State.WITHDRAWN}
        assert RevisionCounter.number() == before + 1

    def test_correct(self, editor_client: Client) -> None:
        records = [ExportFactory(published=True) for _ in range(2)]

        self.take(editor_client, "correct", records, reason="The customs office revised them.")

        drafts = type(records[0]).objects.open()
        assert {draft.public_id for draft in drafts} == {record.public_id for record in records}
        assert {draft.reason for draft in drafts} == {"The customs office revised them."}

    @pytest.mark.parametrize("step", ["approve", "return", "withdraw"])
    def test_the_words_are_required(self, step: str, reviewer_client: Client) -> None:
        record = StatementFactory(in_review=step != "withdraw", published=step == "withdraw")
        before = state(record)

        response = self.take(reviewer_client, step, [record])

        assert "Write a " in response.content.decode()
        assert state(record) == before

    @pytest.mark.parametrize("step", ["approve", "return", "withdraw"])
    def test_an_action_without_permission_does_nothing(
        self, step: str, editor_client: Client
    ) -> None:
        record = StatementFactory(in_review=step != "withdraw", published=step == "withdraw")
        before = state(record)
        data = {
            "action": step,
            "confirmed": "yes",
            "_selected_action": [record.pk],
            "seen": f"{record.pk}:{record.digest}",
            **dict.fromkeys(words(), "Forced."),
        }

        response = editor_client.post(url(Statement, "changelist"), data)

        assert "No action selected" in reported(response)
        assert state(record) == before

    def test_too_many_are_refused(
        self, editor_client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("records.curation.nouns.record_admin.MAX_BULK", 2)
        records = [StatementFactory() for _ in range(3)]

        response = self.start(editor_client, "submit", records)

        assert "at most 2" in reported(response)


class TestVocabularies:
    @pytest.fixture
    def new_party(self) -> dict[str, Any]:
        return {
            "code": "serum-institute",
            "name": "Serum Institute",
            "type": "company",
            "country": "IND",
            "region": "034",
            "aliases": "SII\r\nSerum Institute of India",
            "reason": "It made doses that were given.",
        }

    def test_a_new_party_is_a_revision_when_somebody_else_accepts_it(
        self, new_party: dict[str, Any], editor_client: Client
    ) -> None:
        data = typed(editor_client.get(url(Party, "add"))) | new_party

        editor_client.post(url(Party, "add"), data)
        assert not Party.objects.exists()
        accept(Proposal.objects.get(), by=UserFactory(username="another"))

        party = Party.objects.get(code="serum-institute")
        assert (party.version, party.aliases) == (1, ["SII", "Serum Institute of India"])
        change = Change.objects.get()
        assert (change.kind, change.public_id, change.version) == ("party", party.code, 1)
        assert (change.content or {})["country"] == "IND"
        assert change.reason == "It made doses that were given."

    def test_an_edit_needs_a_reason(self, editor_client: Client) -> None:
        party = PartyFactory(code="who")

        response = editor_client.post(
            url(party), opened(editor_client, party) | {"name": "WHO", "reason": " "}
        )

        assert "readers see the reason" in response.content.decode()
        assert Party.objects.get().version == 1
        assert RevisionCounter.number() == 0

    def test_an_edit_leaves_what_it_does_not_name(self, editor_client: Client) -> None:
        party = PartyFactory(code="ITA")

        editor_client.post(
            url(party),
            opened(editor_client, party) | {"name": "Italian Republic", "reason": "In full."},
        )

        party.refresh_from_db()
        assert (party.name, party.type, party.country, party.region, party.version) == (
            "Italian Republic",
            "country",
            "ITA",
            "039",
            2,
        )

    def test_the_code_never_changes(self, editor_client: Client) -> None:
        party = PartyFactory(code="who")
        data = opened(editor_client, party)
        assert "code" not in data

        editor_client.post(url(party), data | {"code": "oms", "name": "WHO", "reason": "Shorter."})

        assert list(Party.objects.values_list("code", "name")) == [("who", "WHO")]

    def test_a_reason_alone_makes_no_revision(self, editor_client: Client) -> None:
        item = HSCodeFactory().item

        response = editor_client.post(
            url(item), opened(editor_client, item) | {"reason": "No reason."}
        )

        assert "nothing to save" in reported(response)
        assert RevisionCounter.number() == 0

    def test_hs_codes_are_written_with_the_item(self, editor_client: Client) -> None:
        item = HSCodeFactory().item
        data = opened(editor_client, item) | {
            "hs_codes-TOTAL_FORMS": "2",
            "hs_codes-0-DELETE": "on",
            "hs_codes-1-code": "4818.50",
            "hs_codes-1-edition": "HS2017",
            "hs_codes-1-assigned_by": "source",
            "hs_codes-1-confidence": "high",
            "reason": "The source names the code of paper masks.",
        }

        editor_client.post(url(item), data)

        assert [code.code for code in item.hs_codes.all()] == ["4818.50"]
        content = Change.objects.get().content or {}
        assert [row["code"] for row in content["hs_codes"]] == ["4818.50"]
        assert content["parent"] == "mask"

    def test_a_malformed_hs_code_is_refused_whole(self, editor_client: Client) -> None:
        item = HSCodeFactory().item
        data = opened(editor_client, item) | {
            "name": "Paper masks",
            "hs_codes-0-code": "481850",
            "reason": "Another code.",
        }

        response = editor_client.post(url(item), data)

        assert "Write an HS code as 6307.90" in response.content.decode()
        assert (Item.objects.get(code=item.code).name, RevisionCounter.number()) == (item.name, 0)

    def test_an_item_cannot_become_its_own_ancestor(self, editor_client: Client) -> None:
        mask = ItemFactory(code="surgical-mask").parent

        response = editor_client.post(
            url(mask),
            opened(editor_client, mask) | {"parent": "surgical-mask", "reason": "A circle."},
        )

        assert "its own ancestor" in response.content.decode()

    def test_a_used_code_is_refused(
        self, new_party: dict[str, Any], editor_client: Client
    ) -> None:
        PartyFactory(code="who")
        data = typed(editor_client.get(url(Party, "add"))) | new_party | {"code": "who"}

        response = editor_client.post(url(Party, "add"), data)

        assert "who is there already: World Health Organization." in response.content.decode()
        assert Party.objects.get().name == "World Health Organization"

    def test_search_knows_aliases_in_any_script(self, editor_client: Client) -> None:
        PartyFactory(code="CHN", aliases=["中国", "P.R. China", "Chíne"])
        PartyFactory(code="ITA")

        for requested in ["中国", "chine", "chn", "p.r."]:
            found = editor_client.get(url(Party, "changelist"), {"q": requested})
            assert [row.code for row in found.context["cl"].result_list] == ["CHN"]

    def test_what_is_replaced_is_listed_and_no_longer_offered(
        self, superuser_client: Client
    ) -> None:
        for code in ("chn-companies", "jack-ma-foundation"):
            PartyFactory(code=code, name="The fund")
        old = Party.objects.get(code="chn-companies")
        data = opened(superuser_client, old) | {"reason": "It was entered twice."}

        refused = superuser_client.post(url(old), data | {"replaced_by": old.code})
        superuser_client.post(url(old), data | {"replaced_by": "jack-ma-foundation"})
        accept(Proposal.objects.get(), by=UserFactory(username="another"))

        assert "cannot replace itself" in refused.content.decode()
        change = Change.objects.get(public_id=old.code, kind="party")
        assert (change.replaced_by, change.reason) == (
            "jack-ma-foundation",
            "It was entered twice.",
        )
        listed = superuser_client.get(url(Party, "changelist"), {"q": "fund"})
        assert [row.code for row in listed.context["cl"].result_list] == [
            "chn-companies",
            "jack-ma-foundation",
        ]
        for app, model, field in (
            ("records", "donationparty", "party"),
            ("records", "party", "replaced_by"),
        ):
            query = {"app_label": app, "model_name": model, "field_name": field, "term": "fund"}
            offered = superuser_client.get(reverse("admin:autocomplete"), query).json()
            assert [row["id"] for row in offered["results"]] == ["jack-ma-foundation"]


class TestRepublish:
    @pytest.fixture
    def trusted(self, reviewer: User, reviewer_client: Client) -> Client:
        """A reviewer who may also edit the vocabulary."""
        allow(reviewer, ["change"], VOCABULARY)
        return reviewer_client

    @pytest.mark.parametrize(
        "find", [lambda: Party.objects.get(code="PAK"), lambda: Item.objects.get(code="mask")]
    )
    def test_users_follow_in_one_revision(self, find: Callable[[], Any], trusted: Client) -> None:
        donations = [DonationFactory(published=True) for _ in range(2)]
        DonationFactory(published=True, recipients=["ITA"], figures__item="ventilator")
        before, term = RevisionCounter.number(), find()
        assert "2 published records use it" in trusted.get(url(term)).content.decode()
        assert url(term, "republish") in trusted.get(url(term)).content.decode()

        trusted.post(url(term, "republish"), {"reason": "A name that it goes by now."})

        assert RevisionCounter.number() == before + 1
        now = Donation.objects.filter(state=State.PUBLISHED, version=2)
        assert {row.public_id for row in now} == {row.public_id for row in donations}

    def test_a_reason_is_required(self, trusted: Client) -> None:
        DonationFactory(published=True)
        before, party = RevisionCounter.number(), Party.objects.get(code="PAK")

        response = trusted.post(url(party, "republish"), {"reason": " "})

        assert "Write a reason" in response.content.decode()
        assert RevisionCounter.number() == before

    def test_what_somebody_works_on_is_named_as_the_obstacle(self, trusted: Client) -> None:
        donation = DonationFactory(published=True)
        publishing.begin_correction(donation, by=UserFactory(), reason="A later report.")
        before, party = RevisionCounter.number(), Party.objects.get(code="PAK")

        response = trusted.post(url(party, "republish"), {"reason": "A new name."})

        assert "Somebody is already working on this record" in response.content.decode()
        assert RevisionCounter.number() == before

    def test_who_may_not_publish_may_not_republish(self, editor_client: Client) -> None:
        DonationFactory(published=True)
        party = Party.objects.get(code="PAK")

        assert "republish/" not in editor_client.get(url(party)).content.decode()
        page, data = url(party, "republish"), {"reason": "Forced."}
        assert editor_client.get(page).status_code == 403
        assert editor_client.post(page, data).status_code == 403

    def test_other_methods_are_refused(self, trusted: Client) -> None:
        assert trusted.put(url(PartyFactory(), "republish")).status_code == 405


class TestStatementChoices:
    @staticmethod
    def offered(client: Client, term: str = "") -> list[str]:
        requested = {
            "app_label": "records",
            "model_name": "donationfigure",
            "field_name": "statement",
            "term": term,
        }
        found = client.get(reverse("admin:records_statement_autocomplete"), requested)
        return [row["text"] for row in found.json()["results"]]

    def test_published_ones_and_open_drafts_in_their_newest_version(
        self, editor_client: Client
    ) -> None:
        published = StatementFactory(published=True)
        draft = StatementFactory(publisher="Xinhua")
        corrected = StatementFactory(published=True)
        publish(publishing.begin_correction(corrected, by=UserFactory(), reason="The date."))
        being_corrected = StatementFactory(published=True)
        publishing.begin_correction(being_corrected, by=UserFactory(), reason="The speaker.")
        withdrawn = StatementFactory(published=True)
        publishing.withdraw([withdrawn], by=UserFactory(), reason="A hoax.")

        offered = " | ".join(sorted(self.offered(editor_client)))

        assert f"The Nation, 2020-04-13 ({published.public_id} v1)" in offered
        assert f"Xinhua, 2020-04-13 ({draft.public_id} v1, draft)" in offered
        assert f"({corrected.public_id} v2)" in offered
        assert f"({being_corrected.public_id} v2, draft)" in offered
        assert withdrawn.public_id not in offered
        assert offered.count(" v1") == 2

    def test_the_search_reads_publisher_and_title(self, editor_client: Client) -> None:
        StatementFactory(title="On masks", publisher="Xinhua")
        StatementFactory(title="On gloves", publisher="Reuters")

        assert len(self.offered(editor_client, "xinhua MASKS")) == 1
        assert self.offered(editor_client, "xinhua gloves") == []

    def test_it_answers_for_nothing_but_statements(self, editor_client: Client) -> None:
        requested = {"app_label": "records", "model_name": "donationparty", "field_name": "party"}

        page = reverse("admin:records_statement_autocomplete")

        assert editor_client.get(page, requested).status_code == 403
        assert editor_client.get(page).status_code == 403

    def test_strangers_are_sent_to_the_door(self, client: Client) -> None:
        assert client.get(reverse("admin:records_statement_autocomplete")).status_code == 302


class TestHistory:
    def test_changes_and_hands_lead_to_the_record(self, superuser_client: Client) -> None:
        donation = DonationFactory(published=True)
        editor_page = reverse(
            "admin:records_donation_version", args=[donation.public_id, donation.version]
        )

        for model in (Change, Contributor):
            html = superuser_client.get(url(model, "changelist")).content.decode()
            assert editor_page in html
        assert superuser_client.get(editor_page)["Location"] == url(donation)

    def test_a_version_that_is_not_there_is_not_found(self, superuser_client: Client) -> None:
        page = reverse("admin:records_donation_version", args=["don-00000000", 1])

        assert superuser_client.get(page).status_code == 404

    def test_a_revision_leads_to_its_changes(self, superuser_client: Client) -> None:
        DonationFactory(published=True)
        DonationFactory(published=True)

        html = superuser_client.get(url(Revision, "changelist")).content.decode()
        (link, *_) = re.findall(r'href="([^"]*change/\?revision[^"]*)"', html)

        assert superuser_client.get(link).context["cl"].result_count == 2


@pytest.mark.django_db(transaction=True)
class TestSavesAtOnce:
    """The same refusal where nobody is second: saves that meet in the database."""

    @pytest.mark.parametrize(
        ("make", "field"),
        [(DonationFactory, "title"), (lambda: PartyFactory(code="who"), "name")],
        ids=["record", "term"],
    )
    def test_one_is_saved_and_the_others_are_reported(
        self, make: Callable[[], Any], field: str, editor: User
    ) -> None:
        row, clients = make(), [entered(editor) for _ in range(6)]
        data = opened(clients[0], row) | {"reason": "All at once."}
        start = threading.Barrier(len(clients))

        def save(n: int) -> Any:
            try:
                start.wait()
                return clients[n].post(url(row), data | {field: f"By number {n}"})
            finally:
                connections.close_all()

        with ThreadPoolExecutor(len(clients)) as pool:
            responses = list(pool.map(save, range(len(clients))))

        won = [n for n, response in enumerate(responses) if response.status_code == 302]
        reported = [
            response.content.decode() for response in responses if response.status_code != 302
        ]
        row.refresh_from_db()
        assert [f"By number {n}" for n in won] == [getattr(row, field)]
        assert len(reported) == 5
        refusal = {
            "title": "Nothing was saved yet",
            "name": "Somebody saved this after you opened",
        }
        assert all(refusal[field] in html for html in reported)
        assert RevisionCounter.number() == (0 if field == "title" else 1)
