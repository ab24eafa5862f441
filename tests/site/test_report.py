"""The form on which readers report errors: what it takes, from whom, and how often."""

import html
import re
from typing import Any

import pytest
from django.test import Client

from records.curation.reports.models import MOST_WAITING, Report, ReportStatus
from records.models import KINDS
from records.site.report import VALID_SECONDS, reports
from tests.support.factories import RECORDS, DonationFactory, ReportFactory, UserFactory
from tests.support.histories import History

pytestmark = pytest.mark.django_db

TEXT = "The ministry says 5,000 masks, not 50,000: https://example.org/a"


def form(client: Client, id: str) -> dict[str, str]:
    """Return what the form of a record has when it is opened."""
    page = client.get(f"/records/{id}/report/").content.decode()
    token = re.search(r'name="token" value="([^"]+)"', page)
    assert token, page
    return {
        "token": html.unescape(token[1]),
        "figure": "",
        "text": TEXT,
        "email": "",
        "website": "",
    }


def send(client: Client, id: str, **changed: Any) -> Any:
    extra = changed.pop("headers", {})
    return client.post(f"/records/{id}/report/", form(client, id) | changed, headers=extra)


@pytest.mark.parametrize("kind", KINDS)
def test_a_report_of_every_kind_of_record_lands_in_the_queue(client: Client, kind: str) -> None:
    record = RECORDS[KINDS[kind]](published=True)
    id = record.public_id
    page = client.get(f"/records/{id}/").content.decode()
    assert f'href="/records/{id}/report/"' in page

    response = send(client, id, email="reader@example.org")

    assert (response.status_code, response["Location"]) == (303, f"/records/{id}/report/received/")
    assert "in the curators" in client.get(response["Location"]).content.decode()
    report = Report.objects.get()
    assert (report.kind, report.public_id, report.version) == (kind, id, 1)
    assert (report.text, report.figure, report.email) == (TEXT, None, "reader@example.org")
    assert report.status == ReportStatus.OPEN
    assert TEXT not in client.get(f"/records/{id}/").content.decode()


def test_a_report_names_a_figure(client: Client) -> None:
    id = DonationFactory(published=True).public_id

    assert send(client, id, figure="1").status_code == 303
    assert Report.objects.get().figure == 1
    assert send(client, id, figure="2", text=f"{TEXT}!").status_code == 400


def test_the_form_is_private_and_sets_no_cookie(client: Client) -> None:
    id = DonationFactory(published=True).public_id
    sent = send(client, id)
    opened = client.get(f"/records/{id}/report/")

    for response in (opened, sent, client.get(sent["Location"]), send(client, id, text="")):
        assert response["Cache-Control"] == "no-store"
        assert response["X-Robots-Tag"] == "noindex"
        assert not response.cookies
    assert client.put(f"/records/{id}/report/").status_code == 405
    assert client.post(f"/records/{id}/report/received/").status_code == 405


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"text": ""}, "Say what is wrong."),
        ({"text": "  wrong  "}, "Say in a sentence what is wrong."),
        ({"text": "x" * 2_001}, "Give at most 2,000 characters."),
        ({"text": "With a \x00 in it, which is no text."}, "Null characters are not allowed."),
        ({"email": "nobody"}, "Give an address such as name@example.org, or none."),
        ({"email": f"{'a' * 250}@example.org"}, "at most 254 characters"),
        ({"figure": "99"}, "Select a valid choice"),
        ({"token": ""}, "send it again"),
        ({"token": "don-00000000:1tXyZz:AAAA"}, "send it again"),
    ],
)
def test_what_is_wrong_with_a_report_is_said_and_nothing_lost(
    client: Client, changed: dict[str, str], words: str
) -> None:
    id = DonationFactory(published=True).public_id

    response = send(client, id, **changed)

    assert response.status_code == 400
    page = html.unescape(response.content.decode())
    assert "The report was not sent." in page
    assert words in page
    assert changed.get("text", TEXT).strip("\x00 ")[:100] in page
    assert not Report.objects.exists()


def test_a_form_of_another_record_or_of_yesterday_is_not_taken(client: Client, clock: Any) -> None:
    id, other = (DonationFactory(published=True).public_id for _ in range(2))
    filled = form(client, id)

    assert client.post(f"/records/{other}/report/", filled).status_code == 400
    clock.shift(VALID_SECONDS + 1)
    late = client.post(f"/records/{id}/report/", filled)
    assert late.status_code == 400
    token = re.search(r'name="token" value="([^"]+)"', late.content.decode())
    assert token
    again = client.post(f"/records/{id}/report/", filled | {"token": html.unescape(token[1])})
    assert again.status_code == 303


def test_programs_and_other_sites_report_nothing(client: Client) -> None:
    id = DonationFactory(published=True).public_id

    assert send(client, id, website="https://example.org").status_code == 303
    assert send(client, id, headers={"Origin": "https://elsewhere.example"}).status_code == 403
    assert send(client, id, headers={"Origin": "null"}).status_code == 403
    assert send(client, id, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert not Report.objects.exists()
    here = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}
    assert send(client, id, headers=here).status_code == 303
    assert Report.objects.count() == 1


def test_one_address_reports_a_few_times_a_minute(
    client: Client, settings: Any, clock: Any
) -> None:
    settings.REPORT_RATE = 2
    reports.cache_clear()
    id = DonationFactory(published=True).public_id
    codes = [send(client, id, text=f"{TEXT} {n}").status_code for n in range(3)]
    refused = send(client, id)

    assert codes == [303, 303, 429]
    assert refused["Retry-After"].isdigit()
    assert Report.objects.count() == 2
    clock.shift(60)
    assert send(client, id, text=f"{TEXT} later").status_code == 303
    reports.cache_clear()


def test_few_reports_of_one_record_wait_and_none_twice(client: Client) -> None:
    record = DonationFactory(published=True)
    id = record.public_id
    assert [send(client, id).status_code for _ in range(3)] == [303] * 3
    assert Report.objects.count() == 1
    for n in range(MOST_WAITING - 1):
        ReportFactory(record=record, text=f"Number {n} is wrong.")

    full = send(client, id, text=f"{TEXT} once more")

    assert full.status_code == 503
    assert "So many reports wait" in full.content.decode()
    assert Report.objects.count() == MOST_WAITING
    Report.objects.first().decide(  # type: ignore[union-attr]
        ReportStatus.ANSWERED, by=UserFactory(), why="Corrected."
    )
    assert send(client, id, text=f"{TEXT} once more").status_code == 303


def test_only_of_records_in_force_can_errors_be_reported(
    client: Client, own_history: History
) -> None:
    history = own_history
    draft = DonationFactory()
    for id, status in [
        ("don-zzzzzzzz", 404),
        ("nothing", 404),
        (draft.public_id, 404),
        (history.withdrawn_ids("donation")[0], 410),
    ]:
        for response in (
            client.get(f"/records/{id}/report/"),
            client.post(f"/records/{id}/report/", {"text": TEXT}),
        ):
            assert response.status_code == status, id
            assert response["Content-Type"].startswith("text/html")
    assert client.get(f"/records/{history.ids('donation')[0]}/report/?a=1").status_code == 400


def test_a_server_that_only_reads_takes_none(client: Client, settings: Any) -> None:
    id = DonationFactory(published=True).public_id
    filled = form(client, id)
    settings.READ_ONLY = True

    assert client.post(f"/records/{id}/report/", filled).status_code == 503
    assert not Report.objects.exists()
