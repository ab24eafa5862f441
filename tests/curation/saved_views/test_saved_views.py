"""Views of lists: saved under a name, shared, changed by their owner alone; ordinary addresses."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from records.curation.saved_views import pages
from records.curation.saved_views.models import SavedView
from records.models import KINDS
from tests.conftest import logged_in
from tests.curation.workflow.test_steps import allow, reported
from tests.support.factories import DonationFactory

pytestmark = pytest.mark.django_db
LIST = reverse("admin:records_donation_changelist")
VIEWS = reverse("admin:records_donation_views")


@pytest.fixture
def writer(editor: User) -> Client:
    allow(editor, ["view", "add", "change"], KINDS)
    return logged_in(editor)


@pytest.fixture
def other(reviewer: User) -> Client:
    allow(reviewer, ["view"], KINDS)
    return logged_in(reviewer)


def save(client: Client, name: str, query: str = "", **more: Any) -> Any:
    return client.post(VIEWS, {"name": name, "query": query, **more})


def offered(client: Client) -> str:
    return str(client.get(LIST).content.decode())


def test_saved_view_is_an_ordinary_address_of_the_list(writer: Client) -> None:
    DonationFactory(title="Masks by air")
    DonationFactory(title="Gloves")

    saved = save(writer, "Masks & more", "?q=masks&p=2&e=1&o=-4&state__exact=draft&series=")

    assert saved.status_code == 302
    assert saved["Location"] == f"{LIST}?o=-4&q=masks&series=&state__exact=draft"
    assert 'href="/admin/records/donation/?o=-4&amp;q=masks&amp;series=&amp;state__exact=draft"><bdi>Masks &amp; more<' in offered(writer)  # fmt: skip  # noqa: E501
    page = writer.get(saved["Location"])
    assert [row.title for row in page.context["cl"].result_list] == ["Masks by air"]
    assert 'aria-current="page"><bdi>Masks &amp; more<' in page.content.decode()
    assert "Masks" not in writer.get(reverse("admin:records_export_changelist")).content.decode()


def test_view_is_renamed_replaced_shared_and_deleted_by_its_owner(
    writer: Client, other: Client
) -> None:
    save(writer, "Mine", "q=masks")
    view = SavedView.objects.get()
    assert "Mine" not in offered(other)

    save(writer, "Ours", "q=masks", view=view.pk, is_shared="on")
    assert "Ours</bdi></a> <span" in offered(other)
    save(writer, "Ours", "q=gloves", is_shared="on")
    assert SavedView.objects.get().query == "q=gloves"

    assert "no such view" in reported(save(other, "Taken", view=view.pk))
    assert "no such view" in reported(other.post(VIEWS, {"view": view.pk, "delete": "1"}))
    assert SavedView.objects.get().name == "Ours"
    writer.post(VIEWS, {"view": view.pk, "delete": "1"})
    assert not SavedView.objects.exists()


def test_wrong_views_are_refused_with_the_reason(
    writer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "MOST_OF_A_LIST", 2)
    save(writer, "One")
    save(writer, "Two", "q=two")
    one = SavedView.objects.get(name="One")

    assert "Give the view a name" in reported(save(writer, " "))
    assert "at most 60" in reported(save(writer, "x" * 61))
    assert "too many filters" in reported(save(writer, "Long", f"q={'x' * 2_000}"))
    assert "“Three” is not saved" in reported(save(writer, "Three"))
    assert "another view “Two”" in reported(save(writer, "Two", view=one.pk))
    assert "too many filters" in reported(save(writer, "Masks", f"q={'口' * 300}"))
    assert "no such view" in reported(save(writer, "One", view="9" * 5_000))
    assert writer.get(VIEWS).status_code == 302
    assert writer.put(VIEWS).status_code == 405
    assert sorted(SavedView.objects.values_list("name", flat=True)) == ["One", "Two"]


def test_own_views_are_there_however_many_others_share(
    writer: Client, other: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SavedView, "LISTED", 2)
    for name in ("A", "B"):
        save(other, name, f"q={name}", is_shared="on")
    save(writer, "Mine", "q=masks")

    page = offered(writer)

    assert ">Mine</bdi></a>" in page
    assert ">A</bdi></a>" in page


def test_view_does_not_open_in_a_window_of_search_boxes(writer: Client) -> None:
    assert save(writer, "Masks", "_popup=1&_to_field=id&q=masks")["Location"] == f"{LIST}?q=masks"


def test_who_may_not_see_the_list_saves_nothing(reviewer_client: Client) -> None:
    assert save(reviewer_client, "Mine").status_code == 403
