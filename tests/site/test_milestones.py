"""Milestones on the pages for people: when what happened, and who says so."""

import datetime
import html
from typing import Any

import pytest
from django.test import Client

from records.publishing import begin_correction
from tests.support.factories import DonationFactory, StatementFactory, add_milestone, publish

pytestmark = pytest.mark.django_db


def page(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return html.unescape(response.content.decode())


@pytest.mark.parametrize(
    ("precision", "dated", "words"),
    [
        ("day", "on", "Delivered: arrived, handed over</strong>, on 13 May 2020"),
        ("day", "by", "Delivered: arrived, handed over</strong>, by 13 May 2020"),
        ("month", "on", "Delivered: arrived, handed over</strong>, in May 2020"),
        ("month", "by", "Delivered: arrived, handed over</strong>, by May 2020"),
        ("year", "on", "Delivered: arrived, handed over</strong>, in 2020"),
    ],
)
def test_a_record_says_what_happened_when_as_far_as_it_is_known(
    client: Client, precision: str, dated: str, words: str
) -> None:
    statement = StatementFactory(publisher="The Lahore Courier")
    draft = DonationFactory(missing="Two million goggles.")
    add_milestone(
        draft,
        stage="delivered",
        date=datetime.date(2020, 5, 13),
        date_precision=precision,
        dated=dated,
        statement=statement,
        quote="came to Lahore",
    )
    publish(draft)

    text = page(client, f"/records/{draft.public_id}/")

    assert words in text
    assert "“came to Lahore”" in text
    assert f'href="/records/{statement.public_id}/">The Lahore Courier</a>' in text
    assert "Two million goggles." in text


def test_a_statement_names_the_records_of_which_it_bears_a_milestone(client: Client) -> None:
    statement = StatementFactory()
    draft = DonationFactory()
    add_milestone(draft, stage="delivered", statement=statement, quote="came to Lahore")
    publish(draft)

    text = page(client, f"/records/{statement.public_id}/")

    assert draft.title in text
    assert '“<span lang="en">came to Lahore</span>”' in text


def test_versions_pair_milestones_by_their_stage(client: Client, editor: Any) -> None:
    record = DonationFactory(published=True)
    draft = begin_correction(record, by=editor, reason="It arrived.")
    draft.milestones.update(date=datetime.date(2020, 4, 9))
    add_milestone(draft, stage="delivered", date=datetime.date(2020, 5, 13))
    publish(draft)

    versions = client.get(f"/api/v1/donations/{record.public_id}/versions/").json()["results"]
    changes = {change["field"]: change for version in versions for change in version["changes"]}

    assert changes["milestones[committed].date"]["before"] == "2020-04-10"
    assert changes["milestones[committed].date"]["after"] == "2020-04-09"
    assert changes["milestones[delivered]"]["before"] is None
    assert "delivered on 13 May 2020" in page(client, f"/records/{record.public_id}/")
