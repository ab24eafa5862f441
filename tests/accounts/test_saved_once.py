"""A form that adds a row, sent twice: after one another and at the same moment."""

import threading
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from accounts.models import KeptForm
from records import publishing
from records.curation.proposals.models import Proposal
from records.models import KINDS, Donation, RevisionCounter, State, Statement
from tests.accounts.test_autosave import keep
from tests.accounts.test_kept_forms import back, enter, fields, owned, with_password
from tests.curation.workflow.test_steps import allow, reported, typed, url
from tests.publishing.test_races import PATIENCE, threads
from tests.support.factories import (
    DonationFactory,
    ItemFactory,
    PartyFactory,
    StatementFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
NEW = url(Statement, "add")
STATEMENT = {
    "title": "Masks",
    "summary": "China sent masks to Serbia.",
    "publisher": "Xinhua",
    "published_on": "2020-04-10",
    "language": "en",
    "url": "https://example.org/masks",
    "text": "China sent 50,000 masks to Serbia.",
}


def statement_form(client: Client) -> dict[str, Any]:
    return owned(client.get(NEW)) | STATEMENT


def donation_form(client: Client) -> dict[str, Any]:
    """A whole donation, which rests on a published statement."""
    for code in ("CHN", "SRB"):
        PartyFactory(code=code)
    statement = StatementFactory(published=True, text=STATEMENT["text"])
    ItemFactory()
    return owned(client.get(url(Donation, "add"))) | {
        "title": "Masks for Serbia",
        "as_of": "2020-04-10",
        "as_of_precision": "day",
        "stage": "unknown",
        "form": "goods",
        "stated_by": "donor",
        "parties-TOTAL_FORMS": "2",
        "parties-0-role": "donor",
        "parties-0-party": "CHN",
        "parties-1-role": "recipient",
        "parties-1-party": "SRB",
        "figures-TOTAL_FORMS": "1",
        "figures-0-measure": "quantity",
        "figures-0-operator": "exact",
        "figures-0-value": "50000",
        "figures-0-unit": "piece",
        "figures-0-item": "surgical-mask",
        "figures-0-basis": "single",
        "figures-0-statement": statement.pk,
        "figures-0-quote": "50,000 masks",
        "figures-0-stated_by": "donor",
        "milestones-TOTAL_FORMS": "0",
    }


def party_form(client: Client) -> tuple[str, dict[str, Any]]:
    address = f"{reverse('admin:records_party_add')}?_popup=1"
    values = {
        "_popup": "1",
        "code": "SRB",
        "name": "Serbia",
        "type": "country",
        "country": "SRB",
        "reason": "Missing.",
    }
    return address, owned(client.get(address)) | values


def test_form_sent_twice_leads_to_what_it_made(writer: User) -> None:
    client = enter(writer)
    data = statement_form(client) | {"_continue": "1"}

    first, second = client.post(NEW, data), client.post(NEW, data)

    statement = Statement.objects.get()
    assert first["Location"] == second["Location"] == url(statement)
    assert statement.edits == 0
    assert client.post(NEW, data | {"_save": "1"}).status_code == 302
    assert Statement.objects.count() == 1


def test_form_with_errors_is_not_taken_for_saved(writer: User) -> None:
    client = enter(writer)
    data = statement_form(client)
    refused = client.post(NEW, data | {"title": ""})
    assert refused.status_code == 200
    assert not KeptForm.objects.exists()

    assert client.post(NEW, data | fields(refused)).status_code == 302

    assert Statement.objects.get().title == "Masks"


def test_other_values_on_a_page_that_was_saved_are_asked_about(writer: User) -> None:
    """Gone back to, and changed: nothing is lost, and nothing made that was not meant."""
    client = enter(writer)
    data = statement_form(client)
    client.post(NEW, data)

    page = client.post(NEW, data | {"title": "Gowns", "url": "https://example.org/gowns"})

    assert page.status_code == 200
    statement = Statement.objects.get()
    (said,) = page.context["adminform"].form.non_field_errors()
    assert f'<a href="{url(statement)}">{statement}</a>, with other values' in said
    again = typed(page)
    assert (again["title"], again["text"]) == ("Gowns", STATEMENT["text"])
    sent = owned(page) | {"url": "https://example.org/gowns"}
    assert client.post(NEW, sent).status_code == 302
    assert sorted(Statement.objects.values_list("title", flat=True)) == ["Gowns", "Masks"]


def test_form_of_a_draft_that_was_discarded_is_asked_about(writer: User) -> None:
    client = enter(writer)
    data = statement_form(client)
    client.post(NEW, data)
    publishing.discard(Statement.objects.get())

    page = client.post(NEW, data)

    assert "not there any more" in page.context["adminform"].form.non_field_errors()[0]
    assert client.post(NEW, owned(page) | STATEMENT).status_code == 302
    assert Statement.objects.count() == 1


def test_what_is_kept_too_late_is_not_offered(writer: User) -> None:
    """A copy that was on its way while the form was saved."""
    client = enter(writer)
    data = statement_form(client)
    keep(client, data | {"title": "Mas"})
    assert client.post(NEW, data).status_code == 302

    late = keep(client, data | {"title": "Mask"})

    assert (late.status_code, late.json()) == (409, {"problem": "this form was saved already"})
    assert client.get(NEW).context["offered"] == []
    assert "Nothing that you typed waits" in client.get(reverse("admin:index")).content.decode()


def test_form_sent_again_without_a_session_is_not_lost(writer: User) -> None:
    client = enter(writer)
    data = statement_form(client)
    client.post(NEW, data)
    client.cookies.clear()

    page = back(client, writer, client.post(NEW, data | {"title": "Gowns"}))

    assert typed(page)["title"] == "Gowns"
    assert Statement.objects.get().title == "Masks"


def test_record_sent_and_submitted_twice_is_in_review_once(writer: User) -> None:
    client = enter(writer)
    data = donation_form(client) | {"_submit_too": "1"}
    add = url(Donation, "add")

    client.post(add, data)
    again = client.post(add, data)

    donation = Donation.objects.get()
    assert donation.state == State.IN_REVIEW
    assert again["Location"] == url(donation)
    assert not any("not submitted" in said for said in reported(client.get(url(donation))))


def test_window_sent_twice_closes_with_what_it_proposed(writer: User) -> None:
    client = enter(writer)
    address, data = party_form(client)

    first, second = client.post(address, data), client.post(address, data)

    assert first.context["popup_response_data"] == second.context["popup_response_data"]
    assert Proposal.objects.get().code == "SRB"


def test_page_of_another_person_makes_its_own_row(writer: User) -> None:
    other = with_password(UserFactory(username="other"))
    allow(other, ["view", "add", "change"], KINDS)
    client, second = enter(writer), enter(other)
    data = statement_form(client)
    client.post(NEW, data)

    second.post(NEW, data | {"title": "Theirs", "url": "https://example.org/theirs"})

    assert sorted(Statement.objects.values_list("title", flat=True)) == ["Masks", "Theirs"]


def test_several_pages_make_a_row_each(writer: User) -> None:
    client = enter(writer)
    for n in range(12):
        data = statement_form(client) | {"title": f"T{n}", "url": f"https://example.org/{n}"}
        assert client.post(NEW, data).status_code == 302
    assert Statement.objects.count() == 12
    assert client.post(NEW, data).status_code == 302
    assert Statement.objects.count() == 12


class TestAtOnce:
    pytestmark = pytest.mark.django_db(transaction=True)

    def send(self, user: User, address: str, data: dict[str, Any], times: int = 2) -> list[Any]:
        """Send a form several times at the same moment, each as another process would."""
        start = threading.Barrier(times, timeout=PATIENCE)

        def one() -> Any:
            client = Client()
            client.force_login(user)
            start.wait()
            return client.post(address, data)

        with threads(times) as begin:
            return [each.result(PATIENCE) for each in [begin(one) for _ in range(times)]]

    def test_one_statement(self, writer: User) -> None:
        client = enter(writer)
        for n in range(5):
            data = statement_form(client) | {"url": f"https://example.org/{n}", "_continue": "1"}
            answers = self.send(writer, NEW, data)

            assert Statement.objects.count() == n + 1
            made = Statement.objects.latest("pk")
            assert {answer["Location"] for answer in answers} == {url(made)}

    def test_one_donation_with_its_rows(self, writer: User) -> None:
        data = donation_form(enter(writer))

        answers = self.send(writer, url(Donation, "add"), data, times=4)

        donation = Donation.objects.get()
        assert [answer.status_code for answer in answers] == [302] * 4
        assert (donation.parties.count(), donation.figures.count()) == (2, 1)

    def test_one_proposed_party(self, writer: User) -> None:
        address, data = party_form(enter(writer))

        answers = self.send(writer, address, data)

        assert [answer.status_code for answer in answers] == [200, 200]
        assert len({answer.context["popup_response_data"] for answer in answers}) == 1
        assert Proposal.objects.count() == 1

    def test_one_revision_of_what_is_republished(self, superuser: User) -> None:
        donation = DonationFactory(published=True)
        party = donation.parties.select_related("party").first().party
        client = Client()
        client.force_login(superuser)
        address = reverse("admin:records_party_republish", args=[party.pk])
        data = fields(client.get(address)) | {"reason": "Its name changed."}
        before = RevisionCounter.number()

        answers = self.send(superuser, address, data)

        assert [answer.status_code for answer in answers] == [302, 302]
        assert RevisionCounter.number() == before + 1
        assert Donation.objects.filter(public_id=donation.public_id).count() == 2
        client.post(address, data | {"reason": "Another."})
        assert RevisionCounter.number() == before + 1
        client.post(address, fields(client.get(address)) | {"reason": "Another."})
        assert RevisionCounter.number() == before + 2

    def test_save_and_copy_that_meet(self, writer: User) -> None:
        """Whichever comes first, nothing that is saved is offered as if it were not."""
        client = enter(writer)
        for n in range(5):
            data = statement_form(client) | {"url": f"https://example.org/{n}"}
            start = threading.Barrier(2, timeout=PATIENCE)

            def send(address: str, data: dict[str, Any], start: Any = start) -> int:
                sender = Client()
                sender.force_login(writer)
                start.wait()
                return sender.post(address, data).status_code

            with threads(2) as begin:
                saved = begin(send, NEW, data)
                kept = begin(send, reverse("admin:keep_form"), data | {"title": "Mas"})

            assert saved.result() == 302
            assert kept.result() in (200, 409)
            assert client.get(NEW).context["offered"] == []
            assert Statement.objects.count() == n + 1
