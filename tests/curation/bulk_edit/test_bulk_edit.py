"""Several drafts edited alike: shown before and after, refused one by one, saved as by hand."""

import re
from html import unescape
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from records import publishing
from records.curation.bulk_edit import pages
from records.models import KINDS, Contributor, Donation, DraftSave, Record, Statement
from tests.accounts.test_kept_forms import back, enter, with_password
from tests.curation.workflow.test_steps import allow, entered, opened, reported, url
from tests.support.factories import DonationFactory, StatementFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def writer(editor: User) -> User:
    allow(editor, ["view", "add", "change"], KINDS)
    return with_password(editor)


@pytest.fixture
def client(writer: User) -> Client:
    return entered(writer)


def send(client: Client, *records: Record, **data: Any) -> Any:
    """Choose the action in the list."""
    address = reverse(f"admin:records_{records[0].KIND}_changelist")
    keys = [record.pk for record in records]
    return client.post(address, {"action": "edit_alike", "_selected_action": keys} | data)


def hidden(response: Any) -> dict[str, list[str]]:
    """What the last form of the page carries."""
    form = response.content.decode().split("<form")[-1]
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form):
        found.setdefault(name, []).append(unescape(value))
    return found


def preview(client: Client, *records: Record, **edits: str) -> Any:
    named = {key.replace("_", "-", 1): value for key, value in edits.items()}
    page = send(client, *records)
    return client.post(page.request["PATH_INFO"], hidden(page) | named | {"preview": "yes"})


def confirm(client: Client, page: Any) -> Any:
    return client.post(page.request["PATH_INFO"], hidden(page) | {"confirmed": "yes"})


def test_drafts_are_shown_before_and_after_and_saved_as_by_hand(
    client: Client, editor: User
) -> None:
    one = DonationFactory(note="By air.", series="", stage="committed")
    two = DonationFactory(note="", series="gifts", stage="delivered")
    figures = list(one.figures.values())

    page = preview(client, one, two, set_series="gifts", add_note="Two lots.", set_stage="")

    text = page.content.decode()
    assert {row.record: row.changes for row in page.context["rows"]} == {
        one: [["Note", "By air.", "By air.\r\nTwo lots."], ["Series", "", "gifts"]],
        two: [["Note", "", "Two lots."]],
    }
    assert "Save 2 donations" in text
    assert not DraftSave.objects.exists(), "nothing is saved before it was looked at"

    saved = confirm(client, page)

    assert saved.status_code == 302
    assert "2 donations changed and saved." in reported(saved)
    assert list(Donation.objects.order_by("pk").values_list("note", "series", "stage")) == [
        ("By air.\r\nTwo lots.", "gifts", "committed"),
        ("Two lots.", "gifts", "delivered"),
    ]
    assert list(Donation.objects.get(pk=one.pk).figures.values()) == figures
    assert Contributor.has_edited(one, editor)
    assert DraftSave.of(one).get().user == editor
    assert "Two lots." in LogEntry.objects.get(object_id=str(two.pk)).change_message
    again = preview(client, one, add_note="Two lots.")
    assert "nothing changes" in again.content.decode()


def test_topics_are_added_and_removed(client: Client) -> None:
    statement = StatementFactory(topics=["talks", "rules"])

    page = preview(client, statement, add_topics="rules\ncustoms", remove_topics="talks")
    confirm(client, page)

    assert Statement.objects.get().topics == ["rules", "customs"]


def test_each_draft_is_refused_for_its_own_reason(client: Client, reviewer: User) -> None:
    undated = {"note": "As it was.", "milestones": []}
    good, stale = DonationFactory.create_batch(2, **undated)
    dated, reviewed = DonationFactory.create_batch(2, note="As it was.")
    public = DonationFactory(published=True, note="As it was.")
    publishing.submit(reviewed, by=reviewer)
    other = entered(reviewer)
    allow(reviewer, ["view", "change"], KINDS)

    page = preview(
        client, good, stale, dated, reviewed, public, set_stage="dispatched", add_note="More."
    )
    other.post(url(stale), opened(other, stale) | {"title": "Theirs"})
    left = confirm(client, page)

    assert {row.record.pk: row.problems[0] for row in left.context["rows"]} == {
        stale.pk: "Somebody saved it after this page was opened: look at it again.",
        dated.pk: "Its milestones decide its stage.",
        reviewed.pk: "It is in review: return it for changes first, or edit it on its page.",
        public.pk: "It is published: only drafts are edited.",
    }
    assert dict(Donation.objects.values_list("pk", "note"))[good.pk] == "As it was.\r\nMore."
    assert Donation.objects.filter(note="As it was.").count() == 4
    assert Donation.objects.get(pk=stale.pk).title == "Theirs"


def test_edit_that_is_sent_twice_is_done_once(client: Client) -> None:
    donation = DonationFactory(note="As it was.")
    page = preview(client, donation, add_note="More.", set_series="gifts")

    answers = [confirm(client, page), confirm(client, page)]

    assert [answer.status_code for answer in answers] == [302, 302]
    donation.refresh_from_db()
    assert (donation.note, donation.edits) == ("As it was.\r\nMore.", 1)


def test_wrong_values_are_refused_as_on_the_form(client: Client) -> None:
    donation = DonationFactory()

    page = preview(client, donation, set_series="Two Words")

    assert "Series: Use lower-case letters, digits and hyphens." in page.content.decode()
    assert "Save 1" not in page.content.decode()
    assert "Choose or write" in preview(client, donation).content.decode()
    back_again = client.post(
        page.request["PATH_INFO"], hidden(page) | {"again": "yes"}
    ).content.decode()
    assert 'value="Two Words"' in back_again


def test_optional_field_is_emptied(client: Client) -> None:
    donation = DonationFactory(series="gifts")

    confirm(client, preview(client, donation, set_series="-"))

    assert Donation.objects.get().series == ""


def test_reason_is_for_corrections(client: Client, editor: User) -> None:
    first, public = DonationFactory(), DonationFactory(published=True)
    draft = publishing.begin_correction(public, by=editor)

    confirm(client, preview(client, first, draft, set_reason="Checked again.", add_note="More."))

    assert Donation.objects.get(pk=draft.pk).reason == "Checked again."
    assert Donation.objects.get(pk=first.pk).reason == ""
    public.refresh_from_db()
    assert (public.note, public.reason) == ("", "")


def test_bounds_and_permissions(
    client: Client, reviewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "MAX_ROWS", 1)
    records = DonationFactory.create_batch(2)
    allow(reviewer, ["view"], KINDS)

    assert "at most 1" in reported(send(client, *records))
    refused = send(entered(reviewer), records[0], confirmed="yes", **{"add-note": "More."})
    assert "Edit several alike" not in refused.content.decode()
    assert not Donation.objects.exclude(note="").exists()


def test_fields_outlive_the_session(writer: User) -> None:
    client, donation = enter(writer), DonationFactory()
    data = hidden(send(client, donation)) | {"add-note": "Typed by hand", "preview": "yes"}
    client.cookies.clear()
    address = reverse("admin:records_donation_changelist")

    page = back(client, writer, client.post(address, data))

    assert "Typed by hand" in page.content.decode()
    assert page.context["form"]["add-note"].value() == "Typed by hand"
