"""Preview of a record's page: what the page says once the version is published, for those who may
see the draft, and kept nowhere."""

import html
import re
from datetime import date
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from records import publishing
from records.models import DATED, KINDS, RevisionCounter
from records.query import kept, totals
from records.site import preview
from tests.conftest import logged_in
from tests.curation.workflow.test_steps import allow
from tests.support.factories import (
    RECORDS,
    DonationFactory,
    StatementFactory,
    UserFactory,
    publish,
)
from tests.support.sign_in import person, role

pytestmark = pytest.mark.django_db


@pytest.fixture
def curator(db: None) -> User:
    return person("curator")


@pytest.fixture
def curator_client(curator: User) -> Client:
    return logged_in(curator)


def address(record: Any) -> str:
    return reverse("record-preview", args=[record.public_id, record.version])


def body(page: str) -> str:
    """What a page says from its title to how it is cited, without the dates of versions."""
    said = re.search(r'<p class="kicker">.*?(?=<h2( id="cite")?>Cite this)', page, re.DOTALL)
    assert said
    when = (
        r"Not published yet\.|Published in <a [^>]*>revision \d+</a>, <time [^>]*>[^<]*</time>\."
    )
    return re.sub(when, "", html.unescape(re.sub(r"\s+", " ", said[0])))


@pytest.mark.parametrize("corrected", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_a_preview_reads_as_the_page_does_once_it_is_published(
    kind: str, corrected: bool, curator: User, curator_client: Client, client: Client
) -> None:
    factory = RECORDS[KINDS[kind]]
    record: Any = factory(published=corrected)
    if corrected:
        record = publishing.begin_correction(record, by=curator, reason="Another number.")
        for figure in record.ordered_figures() if kind in DATED else ():
            figure.value = figure.lower = figure.upper = 60_000
            figure.quote = "donated 60,000"
            figure.save()
    elif kind in DATED:
        # Another record of the kind counts, and one as large is a report of the same event.
        other = factory(published=True)
        record.links.create(type="same_event_as", target=other.public_id)
        publish(*record.cited_statements())

    previewed = curator_client.get(address(record))
    publish(record)

    assert previewed.status_code == 200
    page = client.get(f"/records/{record.public_id}/").content.decode()
    assert body(previewed.content.decode()) == body(page)


def test_a_preview_is_marked_private_and_not_to_be_found(curator_client: Client) -> None:
    record = DonationFactory(title="<i>Masks</i>")

    response = curator_client.get(address(record))

    page = response.content.decode()
    assert "<strong>Preview.</strong> So readers would see version 1" in page
    assert reverse("admin:records_donation_change", args=[record.pk]) in page
    assert '<meta name="robots" content="noindex, nofollow">' in page
    assert 'rel="canonical"' not in page
    assert "&lt;i&gt;Masks&lt;/i&gt;" in page
    assert {"no-store", "private"} <= set(response["Cache-Control"].split(", "))
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert not response.has_header("ETag")
    assert not response.has_header("Dataset-Revision")
    assert curator_client.post(address(record)).status_code == 405


@pytest.mark.parametrize("kind", KINDS)
def test_only_who_may_see_the_draft_sees_its_preview(kind: str, client: Client) -> None:
    record = RECORDS[KINDS[kind]](title="A secret of curators")
    path = address(record)
    assert path.startswith("/admin/")
    others = [logged_in(UserFactory(username="nobody"))]
    for name in ("editor", "administrator"):
        user = UserFactory(username=f"the-{name}")
        user.groups.add(role(name))
        others.append(logged_in(user))
    reader = UserFactory(username="reader", is_staff=False)
    allow(reader, ["view"], KINDS)

    assert [one.get(path).status_code for one in others] == [403] * 3
    for outside in (client, logged_in(reader)):
        answer = outside.get(path)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/admin/login/")
    assert client.get(f"/records/{record.public_id}/").status_code == 404


def test_nothing_of_a_preview_is_stored_or_kept(curator: User, curator_client: Client) -> None:
    public: Any = DonationFactory(published=True)
    record: Any = publishing.begin_correction(public, by=curator, reason="Another number.")
    record.figures.update(value=70_000, lower=70_000, upper=70_000)
    curator_client.get(f"/records/{public.public_id}/")
    revision = RevisionCounter.number()
    before = totals.verdicts_of(type(record), revision, record.public_id)
    known = [list(one.values.items()) for one in kept.EVERY]
    parties = list(record.parties.values())

    curator_client.get(address(record))

    assert [list(one.values.items()) for one in kept.EVERY] == known
    assert totals.verdicts_of(type(record), revision, record.public_id) == before
    assert RevisionCounter.number() == revision
    record.refresh_from_db()
    assert record.published_in_id is None
    assert list(record.parties.values()) == parties


def test_what_cannot_be_previewed(curator_client: Client) -> None:
    public = StatementFactory(published=True)

    answer = curator_client.get(address(public))

    assert answer["Location"] == f"/records/{public.public_id}/?version=1"
    for id, version in ((public.public_id, 2), ("st-00000000", 1), ("nothing", 1)):
        path = reverse("record-preview", args=[id, version])
        assert curator_client.get(path).status_code == 404


def test_an_unfinished_draft_and_a_point_of_a_series_have_a_preview(
    curator_client: Client,
) -> None:
    empty = DonationFactory(figures=[], recipients=[], milestones=[])
    assert curator_client.get(address(empty)).status_code == 200
    series = {"series": "a-series", "figures__basis": "cumulative_to_date", "stage": "delivered"}
    DonationFactory(published=True, as_of=date(2020, 4, 1), title="The first point", **series)
    point = DonationFactory(as_of=date(2020, 5, 1), title="The next", **series)

    page = curator_client.get(address(point)).content.decode()

    assert page.index("The first point") < page.index("<strong>this record</strong>")


def test_in_a_large_dataset_totals_are_not_reckoned_in_advance(
    curator_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(totals, "MOST_JUDGED_AGAIN", 0)
    DonationFactory(published=True)

    page = curator_client.get(address(DonationFactory())).content.decode()

    assert preview.UNKNOWN in page
    assert "Does not count" not in page
