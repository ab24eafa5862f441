"""Who takes care of a version or a report: taking, assigning, giving back, and its end."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core import mail
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.test import Client, override_settings
from django.urls import reverse

from records import publishing
from records.curation.reports.models import Report, ReportStatus
from records.curation.teamwork import assigning
from records.curation.teamwork.models import Assignment
from records.curation.workflow import worklist
from records.models import KINDS, State
from tests.curation.teamwork.test_threads import by
from tests.curation.workflow.test_steps import allow, approve, entered, url
from tests.support.factories import (
    RECORDS,
    DonationFactory,
    ReportFactory,
    StatementFactory,
    UserFactory,
)
from tests.support.sign_in import person

pytestmark = pytest.mark.django_db


def give(client: Client, subject: Any, to: User | None, seen: User | None = None) -> Any:
    sent = {"to": to.pk if to else "", "seen": seen.pk if seen else ""}
    return client.post(url(subject, "assign"), sent)


def holders() -> list[str]:
    return list(Assignment.objects.order_by("pk").values_list("user__username", flat=True))


def assigned_to(client: Client) -> worklist.Found | None:
    sections = client.get("/admin/").context["sections"]
    return next((what for section, what in sections if section.name == "assigned"), None)


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("kind", KINDS)
def test_a_version_is_taken_assigned_to_another_and_given_back(
    kind: str, curator: User, reviewer: User, curator_client: Client, reviewer_client: Client
) -> None:
    record = RECORDS[KINDS[kind]]()
    assert "Assigned to nobody" in curator_client.get(url(record)).content.decode()

    give(curator_client, record, curator)
    assert "Assigned to <strong>curator</strong> since" in (
        curator_client.get(url(record)).content.decode()
    )
    found = assigned_to(curator_client)
    assert found is not None
    assert (found.count, found.rows[0].page) == (1, url(record))
    ((_, address),) = found.lists
    rows = curator_client.get(address).context["cl"].result_list
    assert [(row.pk, row.assignee) for row in rows] == [(record.pk, "curator")]

    give(curator_client, record, reviewer, seen=curator)
    page = reviewer_client.get(url(record)).content.decode()
    assert "Assigned to <strong>reviewer</strong> by curator" in page
    give(reviewer_client, record, None, seen=reviewer)
    assert holders() == []
    said = LogEntry.objects.order_by("pk").values_list("change_message", flat=True)
    assert list(said) == ["Assigned to curator.", "Assigned to reviewer.", "Assigned to nobody."]


@pytest.mark.parametrize("kind", KINDS)
def test_only_who_may_work_on_it_takes_it_or_gets_it(
    kind: str, client: Client, curator: User, curator_client: Client
) -> None:
    record = RECORDS[KINDS[kind]]()
    keeper = person("keeper", "editor")
    retired = person("retired", "curator")
    retired.is_staff = False
    retired.save()

    assert give(client, record, curator)["Location"].startswith("/admin/login/")
    assert give(entered(keeper), record, keeper).status_code == 403
    for nobody in (keeper, retired):
        answer = give(curator_client, record, nobody).content.decode()
        assert "This person may not work on it" in answer
    assert holders() == []


@pytest.mark.parametrize("kind", KINDS)
def test_an_assignment_gives_no_permission_and_takes_none(
    kind: str, curator: User, reviewer: User, curator_client: Client, reviewer_client: Client
) -> None:
    record = by(UserFactory(username="author"), RECORDS[KINDS[kind]](in_review=True))
    give(reviewer_client, record, curator)

    assert curator_client.get(url(record, "approve")).status_code == 403
    if kind == "statement":
        approve(reviewer_client, record, message="Publishes it.")
        record.refresh_from_db()
        assert record.state == State.PUBLISHED


@pytest.mark.parametrize("end", ["published", "discarded"])
def test_it_ends_with_the_version(
    end: str, curator: User, reviewer: User, curator_client: Client, reviewer_client: Client
) -> None:
    record = by(UserFactory(username="author"), StatementFactory(in_review=end == "published"))
    give(curator_client, record, curator)
    if end == "published":
        approve(reviewer_client, record, message="Publishes it.")
    else:
        curator_client.post(url(record, "discard"))

    assert holders() == []
    with pytest.raises(ValidationError, match="is not open any more"):
        assigning.assign(record, curator, by=curator, seen=None)


def test_two_who_take_it_are_told(
    curator: User, reviewer: User, curator_client: Client, reviewer_client: Client
) -> None:
    record = DonationFactory()
    give(curator_client, record, curator)

    answer = give(reviewer_client, record, reviewer).content.decode()

    assert "Meanwhile curator took it: look at it again." in answer
    assert f'<option value="{curator.pk}" selected>' in answer
    assert holders() == ["curator"]
    assert give(curator_client, record, curator).status_code == 302, "sent twice"
    assert holders() == ["curator"]


def test_a_list_is_narrowed_to_what_nobody_takes_care_of(
    curator: User, curator_client: Client
) -> None:
    taken, free = DonationFactory(), DonationFactory()
    DonationFactory(published=True)
    assigning.assign(taken, curator, by=curator, seen=None)

    page = curator_client.get(worklist.changelist(type(free), "unassigned"))

    assert [row.pk for row in page.context["cl"].result_list] == [free.pk]


def test_a_report_is_assigned_until_it_is_decided(
    curator: User, curator_client: Client, reviewer: User
) -> None:
    report: Any = ReportFactory(record=StatementFactory(published=True), figure=None)
    queue = reverse("admin:records_report_changelist")

    give(curator_client, report, reviewer)
    give(curator_client, report, curator, seen=reviewer)

    assert (
        "Assigned to <strong>curator</strong>" in curator_client.get(url(report)).content.decode()
    )
    found = assigned_to(curator_client)
    assert found is not None
    assert [row.page for row in found.rows] == [url(report)]
    for narrowed, n in (("me", 1), ("nobody", 0)):
        page = curator_client.get(queue, {"assigned": narrowed})
        assert page.context["cl"].result_count == n
    report.decide(ReportStatus.ANSWERED, by=curator, why="Corrected.")
    again = assigned_to(curator_client)
    assert again is not None
    assert again.count == 0
    assert Report.objects.count() == 1


def test_a_report_is_not_for_who_may_only_publish(curator_client: Client) -> None:
    report = ReportFactory(record=StatementFactory(published=True), figure=None)
    looker = UserFactory(username="looker")
    allow(looker, ["view", "publish"], KINDS)

    assert "may not work on it" in give(curator_client, report, looker).content.decode()
    assert entered(looker).get(url(report, "assign")).status_code in (302, 403)


@override_settings(EMAIL_URL="smtp://mail.example.org", PUBLIC_URL="https://aid.example.org")
def test_the_assignee_is_notified_unless_they_took_it(curator: User, reviewer: User) -> None:
    for user in (curator, reviewer):
        user.email = f"{user.username}@example.org"
        user.save()
    record, own = StatementFactory(title="Said in Rome"), StatementFactory()
    report: Any = ReportFactory(record=StatementFactory(published=True), figure=None)
    assigning.assign(own, curator, by=curator, seen=None)
    for subject in (record, report):
        assigning.assign(subject, curator, by=reviewer, seen=None)

    mail.outbox.clear()
    call_command("send_notices")

    (notice,) = mail.outbox
    assert notice.to == ["curator@example.org"]
    assert notice.subject == "AidAPI: 2 assigned to you"
    assert f"New: {record.public_id} v1: Said in Rome\nby reviewer\n" in notice.body
    assert f"https://aid.example.org{url(report)}\n" in notice.body
    publishing.discard(record)
    report.decide(ReportStatus.DECLINED, by=reviewer, why="Nothing is wrong.")
    mail.outbox.clear()
    call_command("send_notices")
    assert mail.outbox == []
