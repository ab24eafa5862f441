"""Reports of readers in the admin: who sees them, and what becomes of them."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from records.curation.reports.models import Report, ReportStatus
from tests.conftest import logged_in
from tests.support.factories import ReportFactory, StatementFactory, UserFactory
from tests.support.sign_in import role

pytestmark = pytest.mark.django_db


def page(report: Report) -> str:
    return reverse("admin:records_report_change", args=[report.pk])


def signed_in(name: str) -> Client:
    """A person of the role."""
    user = UserFactory(username=name)
    user.groups.add(role(name))
    return logged_in(user)


@pytest.fixture
def curator(db: None) -> Client:
    return signed_in("curator")


def test_a_report_waits_on_the_home_until_it_is_decided(curator: Client) -> None:
    report = ReportFactory(text="<b>Wrong</b> number, I think.")
    home = curator.get(reverse("admin:index")).content.decode()
    assert page(report) in home
    assert "&lt;b&gt;Wrong&lt;/b&gt;" in home
    shown = curator.get(page(report)).content.decode()
    assert "reader@example.org" in shown
    assert "&lt;b&gt;Wrong&lt;/b&gt;" in shown
    assert f">{report.public_id}</a>" in shown

    assert curator.post(page(report), {"answered": "Answered", "why": ""}).status_code == 200
    report.refresh_from_db()
    assert report.is_open
    curator.post(page(report), {"answered": "Answered", "why": "Corrected in version 2."})

    report.refresh_from_db()
    assert report.status == ReportStatus.ANSWERED
    assert report.decided_by is not None
    assert report.decided_at is not None
    assert (report.why, report.email) == ("Corrected in version 2.", "")
    assert page(report) not in curator.get(reverse("admin:index")).content.decode()
    assert "Corrected in version 2." in curator.get(page(report)).content.decode()
    assert "Corrected" in LogEntry.objects.get().change_message

    curator.post(page(report), {"declined": "Declined", "why": "Again."})
    report.refresh_from_db()
    assert report.status == ReportStatus.ANSWERED
    curator.post(page(report), {"look_again": "1"})
    curator.post(page(report), {"declined": "Declined", "why": "Nothing is wrong."})
    report.refresh_from_db()
    assert (report.status, report.why) == (ReportStatus.DECLINED, "Nothing is wrong.")


def test_who_may_not_change_records_sees_no_report(db: None) -> None:
    report = ReportFactory()
    for name in ("editor", "administrator"):
        client = signed_in(name)
        assert client.get(page(report)).status_code == 403
        assert client.post(page(report), {"declined": "1", "why": "No."}).status_code == 403
        assert client.get(reverse("admin:records_report_changelist")).status_code == 403
        assert "Errors that readers report" not in client.get("/admin/").content.decode()
    report.refresh_from_db()
    assert report.is_open


def test_a_decision_has_somebody_and_forgets_the_address(db: None) -> None:
    report = ReportFactory(record=StatementFactory(published=True), figure=None)
    wrong: list[dict[str, Any]] = [
        {"status": ReportStatus.ANSWERED},
        {"status": ReportStatus.DECLINED, "why": "No."},
        {"text": ""},
    ]
    for values in wrong:
        with pytest.raises(IntegrityError), transaction.atomic():
            Report.objects.filter(pk=report.pk).update(**values)
    report.decide(ReportStatus.DECLINED, by=UserFactory(), why="Nothing is wrong.")
    with pytest.raises(IntegrityError), transaction.atomic():
        Report.objects.filter(pk=report.pk).update(email="reader@example.org")
