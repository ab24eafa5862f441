"""The pages of what changed: all revisions, and all changes of each."""

import html
import re

import pytest
from django.test import Client

from records.models import KINDS, Donation
from records.publishing import begin_correction
from records.site import changes
from tests.support.factories import DonationFactory, UserFactory, publish
from tests.support.histories import History
from tests.support.routes import API, found

pytestmark = pytest.mark.django_db


def shown(client: Client, path: str, status: int = 200) -> str:
    response = client.get(path)
    assert response.status_code == status, response.content
    return html.unescape(response.content.decode())


def test_every_revision_is_listed_with_what_it_did(
    client: Client, own_history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = own_history
    monkeypatch.setattr(changes, "REVISIONS", 3)
    numbers: list[int] = []
    address = "/changes/"
    while address:
        page = shown(client, address)
        numbers += [int(n) for n in re.findall(r'href="/changes/(\d+)/">Revision', page)]
        later = re.search(r'rel="next" href="(\?page=\d+)"', page)
        address = f"/changes/{later[1]}" if later else ""

    assert numbers == list(range(history.newest, 0, -1))
    rows = found(client, f"{API}revisions/", page_size="500")["results"]
    first = shown(client, "/changes/")
    assert re.search(r"\d donations? published, ", first)
    for row in rows[:3]:
        assert row["message"] in first


def test_a_revision_lists_all_that_it_changed(
    client: Client, own_history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = own_history
    monkeypatch.setattr(changes, "CHANGES", 2)
    for number in range(1, history.newest + 1):
        rows = found(client, f"{API}changes/", revision=str(number), page_size="500")["results"]
        expected = [row for row in rows if row["revision"] == number]
        listed: list[tuple[str, str, int]] = []
        address = f"/changes/{number}/"
        while address:
            page = shown(client, address)
            listed += [
                (kind, id, int(version))
                for kind, id, version in re.findall(
                    r"\((\w+) <code>([^<]+)</code>, version (\d+)\)", page
                )
            ]
            links = re.findall(r'<li><a href="(/(?:records|parties|items)/[^"]+)">', page)
            assert links
            for link in links:
                assert client.get(link).status_code in (200, 410), link
            later = re.search(r'rel="next" href="(\?page=\d+)"', page)
            address = f"/changes/{number}/{later[1]}" if later else ""

        assert sorted(listed) == sorted(
            (row["kind"], row["id"], row["version"]) for row in expected
        )
        assert {kind for kind, *_ in listed} <= {*KINDS, "party", "item"}


@pytest.mark.parametrize("path", ["/changes/2/", "/corrections/"])
def test_titles_say_who_says_so(client: Client, path: str) -> None:
    donation = DonationFactory(stated_by=Donation.StatedBy.DONOR, title="Masks for a city")
    publish(donation)
    publish(begin_correction(donation, by=UserFactory(username="editor"), reason="A new count."))
    giver = donation.parties.get(role="donor").party.name

    assert f">Masks for a city, according to {giver}</a>" in shown(client, path)


def test_what_is_not_there_is_said(client: Client, own_history: History) -> None:
    assert "There is no revision 99" in shown(client, "/changes/99/", 404)
    assert "There are 1 pages." in shown(client, "/changes/?page=9", 400)
    assert "latter" in shown(client, "/changes/?latter=1", 400)
