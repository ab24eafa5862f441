"""Notices by mail: who gets them, of what, how often, and what they do not say."""

from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.management import CommandError, call_command
from django.db.models import F
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from records import publishing
from records.curation.notices.models import SentNotice
from records.models import KINDS, Contributor
from tests.curation.workflow.test_steps import allow
from tests.support.factories import RECORDS, DonationFactory, UserFactory

pytestmark = pytest.mark.django_db
SITE = "https://aid.example.org"


@pytest.fixture(autouse=True)
def _mail() -> Iterator[None]:
    with override_settings(EMAIL_URL="smtp://mail.example.org", PUBLIC_URL=SITE, NOTICE_HOURS=12):
        yield


@pytest.fixture(autouse=True)
def _people(editor: User, reviewer: User) -> None:
    allow(editor, ["view", "change", "publish"], KINDS)
    allow(reviewer, ["view", "publish"], KINDS)
    for user in (editor, reviewer):
        user.email = f"{user.username}@example.org"
        user.save()


def send() -> tuple[str, dict[str, Any]]:
    """Run the command; return what it says, and the mails by recipient."""
    mail.outbox.clear()
    out = StringIO()
    call_command("send_notices", stdout=out)
    return out.getvalue(), {message.to[0]: message for message in mail.outbox}


def submitted(by: User, factory: Any = DonationFactory, **fields: Any) -> Any:
    record = factory(**fields)
    Contributor.edited(record, by)
    publishing.submit(record, by=by)
    record.refresh_from_db()
    return record


def let_pass(hours: int) -> None:
    SentNotice.objects.exclude(at=None).update(at=F("at") - timedelta(hours=hours))


@pytest.mark.parametrize("factory", RECORDS.values())
def test_reviewers_are_notified_of_what_they_may_review(
    factory: Any, editor: User, reviewer: User
) -> None:
    record = submitted(editor, factory, title="Two\nlines")

    said, sent = send()

    assert "1 sent" in said
    assert set(sent) == {"reviewer@example.org"}, "its editor may not review it"
    notice = sent["reviewer@example.org"]
    assert notice.subject == "AidAPI: 1 to review"
    assert f"New: {record.public_id} v1: Two lines\nby editor\n" in notice.body
    page = reverse(f"admin:records_{record.KIND}_approve", args=[record.pk])
    assert f"{SITE}{page}\n" in notice.body


def test_editors_are_notified_of_what_was_returned_without_the_comment(
    editor: User, reviewer: User
) -> None:
    record = submitted(editor)
    publishing.return_for_changes(record, by=reviewer, comment="Phone the ministry.")

    _, sent = send()

    assert set(sent) == {"editor@example.org"}
    notice = sent["editor@example.org"]
    assert notice.subject == "AidAPI: 1 returned to you"
    assert f"{record.public_id} v1: {record.title}\nby reviewer\n" in notice.body
    assert "Phone" not in notice.body


def test_who_returned_what_they_edited_too_is_not_notified(editor: User) -> None:
    publishing.return_for_changes(submitted(editor), by=editor, comment="Not yet.")

    assert send()[1] == {}


@pytest.mark.parametrize("why", ["no address", "inactive", "no staff", "no permission"])
def test_nobody_else_is_notified(why: str, editor: User, reviewer: User) -> None:
    submitted(editor)
    match why:
        case "no address":
            reviewer.email = ""
        case "inactive":
            reviewer.is_active = False
        case "no staff":
            reviewer.is_staff = False
        case _:
            reviewer.user_permissions.clear()
            allow(reviewer, ["view", "publish"], ["export"])
    reviewer.save()

    assert send()[1] == {}


def test_a_notice_comes_only_with_something_new_and_not_too_often(
    editor: User, reviewer: User
) -> None:
    first = submitted(editor)
    assert len(send()[1]) == 1
    assert send() == ("Notices: 0 sent, 0 not due yet, 2 with nothing new.\n", {})

    second = submitted(editor)
    said, sent = send()
    assert ("1 not due yet" in said, sent) == (True, {})

    let_pass(hours=13)
    body = send()[1]["reviewer@example.org"].body
    assert f"New: {second.public_id}" in body
    assert body.index(second.public_id) < body.index(first.public_id), "what is new comes first"
    let_pass(hours=13)
    assert send()[1] == {}

    # Returned, and submitted another time as it was.
    publishing.return_for_changes(first, by=reviewer, comment="Look again.")
    assert set(send()[1]) == {"editor@example.org"}
    publishing.submit(first, by=editor)
    assert set(send()[1]) == {"reviewer@example.org"}


def test_a_refused_mail_is_sent_by_the_next_run(
    editor: User, reviewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    submitted(editor)
    other = UserFactory(username="zoe", email="zoe@example.org", is_superuser=True)

    def refuse(subject: str, body: str, sender: None, to: list[str]) -> None:
        if to == [reviewer.email]:
            raise SMTPServerDisconnected("no answer")
        mail.send_mail(subject, body, sender, to)

    with monkeypatch.context() as patch:
        patch.setattr("records.curation.notices.mail.send_mail", refuse)
        with pytest.raises(CommandError, match="Not sent to reviewer"):
            send()

    assert [message.to for message in mail.outbox] == [[other.email]]
    assert set(send()[1]) == {reviewer.email}


def test_a_long_list_is_cut(editor: User, reviewer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("records.curation.notices.mail.MAX_LISTED", 1)
    for _ in range(3):
        submitted(editor)

    notice = send()[1][reviewer.email]

    assert notice.subject == "AidAPI: 3 to review"
    assert notice.body.count("/approve/") == 1
    assert "… and 2 more." in notice.body


@override_settings(EMAIL_URL="")
def test_nothing_is_sent_without_a_mail_server(editor: User) -> None:
    submitted(editor)

    with pytest.raises(CommandError, match="set EMAIL_URL"):
        send()

    assert not SentNotice.objects.filter(at__lte=timezone.now()).exists()
