"""What is typed and not saved: kept by the open page, offered to its owner, ended by a save."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import kept_forms
from accounts.models import KeptForm
from records import publishing
from records.models import KINDS, Contributor, Donation, DraftSave, Statement
from tests.accounts.test_kept_forms import back, enter, fields, owned, with_password
from tests.curation.workflow.test_steps import allow, typed, url
from tests.support.factories import (
    DonationFactory,
    ItemFactory,
    PartyFactory,
    StatementFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
NEW = url(Statement, "add")
OFFER = "You have unsaved changes"
TEXT = "😀China sent masks."


@pytest.fixture(autouse=True)
def _counted_afresh() -> None:
    kept_forms.counter.cache_clear()


@pytest.fixture
def other(db: None) -> User:
    user = with_password(UserFactory(username="other"))
    allow(user, ["view", "add", "change"], KINDS)
    return user


def keep(client: Client, data: dict[str, Any]) -> Any:
    return client.post(reverse("admin:keep_form"), data)


def words(response: Any) -> str:
    return str(response.content.decode())


def go_on(client: Client, address: str) -> Any:
    """Follow what the page offers."""
    ((_, again),) = client.get(address).context["offered"]
    return client.get(again)


def test_unsaved_statement_is_offered_and_ended_by_a_save(writer: User) -> None:
    client = enter(writer)
    data = owned(client.get(NEW)) | {"title": "Masks", "summary": "China sent"}

    assert keep(client, data).json()["signed_in"]
    keep(client, data | {"summary": "China sent masks."})

    assert KeptForm.objects.count() == 1
    fresh = client.get(NEW)
    assert OFFER in words(fresh)
    assert "China" not in words(fresh), "nothing is applied silently"
    page = go_on(client, NEW)
    assert typed(page)["summary"] == "China sent masks."
    assert "not saved" in page.context["continued"]
    assert "errorlist" not in words(page), "what is not typed yet is no error"
    assert not Statement.objects.exists()

    address = page.request["PATH_INFO"] + "?" + page.request["QUERY_STRING"]
    whole = owned(page) | {
        "publisher": "Xinhua",
        "published_on": "2020-04-10",
        "language": "en",
        "url": "https://example.org/masks",
    }
    refused = client.post(address, whole | {"title": ""})
    assert refused.status_code == 200
    assert KeptForm.objects.exists()
    saved = client.post(address, whole | fields(refused))
    assert saved.status_code == 302, saved.context["errors"]
    assert kept_forms.waiting(writer) == []
    assert OFFER not in words(client.get(NEW))


def test_keeping_leaves_the_draft_as_it_was(writer: User) -> None:
    donation = DonationFactory(title="As it was")
    before = Donation.objects.filter(pk=donation.pk).values().get()
    client = enter(writer)

    keep(client, owned(client.get(url(donation))) | {"title": "Typed by hand"})

    assert Donation.objects.filter(pk=donation.pk).values().get() == before
    assert not DraftSave.of(donation).exists()
    assert not Contributor.objects.filter(user=writer).exists()
    assert typed(client.get(url(donation)))["title"] == "As it was"
    assert typed(go_on(client, url(donation)))["title"] == "Typed by hand"


def test_draft_that_another_saved_meanwhile_is_merged(writer: User, other: User) -> None:
    donation = DonationFactory(title="As it was")
    client, second = enter(writer), enter(other)
    keep(client, owned(client.get(url(donation))) | {"title": "Mine"})
    second.post(url(donation), owned(second.get(url(donation))) | {"title": "Theirs"})

    page = go_on(client, url(donation))

    assert page.status_code == 409
    assert "Theirs" in words(page)
    address = page.request["PATH_INFO"] + "?" + page.request["QUERY_STRING"]
    assert client.post(address, fields(page) | {"_merge": "mine"}).status_code == 302
    assert Donation.objects.get().title == "Mine"
    assert not KeptForm.objects.exists()


def test_changes_of_a_discarded_draft_are_listed(writer: User) -> None:
    donation = DonationFactory()
    client = enter(writer)
    keep(client, owned(client.get(url(donation))) | {"title": "Typed by hand"})
    publishing.discard(Donation.objects.get())

    kept = KeptForm.objects.get()

    assert "Typed by hand" in words(client.get(f"{url(donation)}?kept={kept.key}"))


def test_figures_come_back_whole_and_in_their_places(writer: User) -> None:
    """As many as a long record has, each with what it refers to."""
    PartyFactory(code="CHN")
    PartyFactory(code="PAK")
    ItemFactory()
    statement = StatementFactory(published=True)
    client = enter(writer)
    data = owned(client.get(url(Donation, "add"))) | {"figures-TOTAL_FORMS": "47"}
    for n in range(47):
        data |= {
            f"figures-{n}-measure": "quantity",
            f"figures-{n}-value": str(1000 + n),
            f"figures-{n}-item": "surgical-mask",
            f"figures-{n}-statement": statement.pk,
            f"figures-{n}-quote": f"{1000 + n} masks",
            f"figures-{n}-place": str(46 - n),
        }
    keep(client, data)

    page = go_on(client, url(Donation, "add"))

    again = typed(page)
    assert [again[f"figures-{n}-value"] for n in (0, 46)] == ["1000", "1046"]
    assert again["figures-0-place"] == "46"
    assert words(page).count("selected>Surgical mask") == 47


def test_discarded_changes_are_gone(writer: User, other: User) -> None:
    client = enter(writer)
    keep(client, owned(client.get(NEW)) | {"title": "Mine alone"})
    key = KeptForm.objects.get().key
    discard = reverse("admin:discard_form")
    second = enter(other)

    assert OFFER not in words(second.get(NEW))
    assert second.get(f"{NEW}?kept={key}").status_code == 302
    second.post(discard, {"key": key})
    assert client.get(discard).status_code == 405
    assert KeptForm.objects.count() == 1
    gone = client.post(discard, {"key": key, "next": NEW})
    assert gone["Location"] == NEW
    assert not KeptForm.objects.exists()


def test_changes_outlive_the_session(writer: User) -> None:
    """Kept without it too; sent without it, they are still one form."""
    client = enter(writer)
    data = owned(client.get(NEW)) | {"title": "Mine"}
    client.cookies.clear()

    assert keep(client, data).json()["signed_in"] is False
    page = back(client, writer, client.post(NEW, data | {"title": "Mine, sent"}))

    assert typed(page)["title"] == "Mine, sent"
    assert "your session had ended" in words(page)
    assert KeptForm.objects.count() == 1


def test_pages_keep_beside_one_another(writer: User) -> None:
    client = enter(writer)
    for title in ("One", "Other"):
        keep(client, owned(client.get(NEW)) | {"title": title})

    titles = [kept.content["title"] for kept in KeptForm.objects.order_by("at")]

    assert titles == ["One", "Other"]
    assert len(client.get(NEW).context["offered"]) == 2


def test_home_lists_what_waits_to_be_saved(writer: User, other: User) -> None:
    client, home = enter(writer), reverse("admin:index")
    assert "Nothing that you typed waits to be saved." in words(client.get(home))
    donation = DonationFactory()
    keep(client, owned(client.get(url(donation))) | {"title": "Typed by hand"})
    keep(client, owned(client.get(NEW)) | {"title": ""})

    page = words(client.get(home))

    kept = KeptForm.objects.get(path=url(donation))
    assert f'href="{url(donation)}?kept={kept.key}">Donation, change: Typed by hand<' in page
    assert "Statement, new: without a title" in page
    assert "Typed by hand" not in words(enter(other).get(home))


def test_window_that_closes_ends_what_it_kept(writer: User) -> None:
    client = enter(writer)
    address = f"{reverse('admin:records_party_add')}?_popup=1"
    data = owned(client.get(address)) | {
        "_popup": "1",
        "code": "SRB",
        "name": "Serbia",
        "type": "country",
        "country": "SRB",
        "reason": "Missing.",
    }
    keep(client, data)

    assert client.post(address, data).status_code == 200
    assert kept_forms.waiting(writer) == []


class TestRefusals:
    def test_form_of_nobody_is_not_kept(self, writer: User) -> None:
        client = Client(enforce_csrf_checks=True)
        for token in ("", "forged", kept_forms.owner_token(writer, path=NEW)[:-1]):
            assert keep(client, {"_owner": token, "title": "T"}).status_code == 403
        writer.is_active = False
        writer.save()
        token = kept_forms.owner_token(writer, path=NEW)
        assert keep(client, {"_owner": token, "title": "T"}).status_code == 403
        assert client.get(reverse("admin:keep_form")).status_code == 405
        assert not KeptForm.objects.exists()

    def test_form_is_bounded_in_size_number_rate_and_age(
        self, writer: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(kept_forms, "MAX_CHARACTERS", 1_000)
        monkeypatch.setattr(kept_forms, "MAX_A_MINUTE", 15)
        client = Client()
        client.force_login(writer)

        def send(title: str) -> Any:
            token = kept_forms.owner_token(writer, path=NEW)
            return keep(client, {"_owner": token, "title": title, "password": "secret"})

        assert send("x" * 1_000).status_code == 413
        for n in range(14):
            assert send(str(n)).status_code == 200
        late = send("15")
        assert (late.status_code, int(late["Retry-After"]) > 0) == (429, True)
        assert KeptForm.objects.count() == kept_forms.MAX_FORMS
        assert not KeptForm.objects.filter(data__contains="secret").exists()
        KeptForm.objects.update(at=timezone.now() - timedelta(days=8))
        assert client.get(NEW).context["offered"] == []


class TestDifferences:
    """What a long form sends while its page is left."""

    def begin(self, client: Client) -> dict[str, Any]:
        """Keep a form in a first state; return what the page carries."""
        page = owned(client.get(NEW))
        first = {"title": "Masks", "text": TEXT, "topics": ["a", "b"], "note": "Gone later."}
        assert keep(client, page | first | {"_state": "1"}).status_code == 200
        return {"_owner": page["_owner"]}

    def send(self, client: Client, carried: dict[str, Any], *differences: Any) -> Any:
        sent = {"_state": "2", "_differences": json.dumps(differences)}
        return keep(client, carried | sent)

    def test_part_of_a_text_is_replaced(self, writer: User) -> None:
        client = enter(writer)
        carried = self.begin(client)
        before = KeptForm.objects.get().content

        # Places are counted in units of UTF-16: the first character is two.
        changed = {
            "since": "1",
            "values": {"title": ["Gowns"], "topics": ["b"], "password": ["secret"]},
            "parts": {"text": [2, 7, "Japan 😀"]},
            "gone": ["note"],
        }
        other = {"since": "0", "values": {"title": ["Wrong"]}, "parts": {}, "gone": []}
        assert self.send(client, carried, other, changed).status_code == 200

        kept = KeptForm.objects.get().content
        assert kept["title"] == "Gowns"
        assert kept["text"] == "😀Japan 😀 sent masks."
        assert kept.getlist("topics") == ["b"]
        assert not {"note", "password"} & {*kept}
        assert {*before} - {*kept} == {"note"}
        # Sent again, since the page did not get the answer.
        assert self.send(client, carried, changed).status_code == 200
        assert KeptForm.objects.get().content == kept

    @pytest.mark.parametrize(
        "difference",
        [
            None,
            [],
            {"since": "0", "values": {}, "parts": {}, "gone": []},
            {"since": "1", "values": {"title": "Gowns"}, "parts": {}},
            {"since": "1", "values": {"title": [1]}, "parts": {}, "gone": []},
            {"since": "1", "values": {"title": ["\ud83d"]}, "parts": {}, "gone": []},
            {"since": "1", "values": {}, "parts": {"text": [0, 10**6, ""]}, "gone": []},
            {"since": "1", "values": {}, "parts": {"text": [1, 2, ""]}, "gone": []},
            {"since": "1", "values": {}, "parts": {"other": [0, 0, ""]}, "gone": []},
        ],
    )
    def test_what_fits_nothing_changes_nothing(self, difference: Any, writer: User) -> None:
        client = enter(writer)
        carried = self.begin(client)
        before = KeptForm.objects.get().content

        answer = self.send(client, carried, difference)

        assert (answer.status_code, answer.json()) == (422, {"problem": "send the whole form"})
        assert KeptForm.objects.get().content == before

    def test_nothing_is_kept_of_a_page_that_kept_nothing(self, writer: User) -> None:
        client = enter(writer)
        carried = {"_owner": owned(client.get(NEW))["_owner"]}
        empty = {"since": "", "values": {}, "parts": {}, "gone": []}
        assert self.send(client, carried, empty).status_code == 422
        assert keep(client, carried | {"_state": "", "_differences": "no"}).status_code == 422
        assert not KeptForm.objects.exists()
