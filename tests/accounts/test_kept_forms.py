"""Forms sent after the session had ended: kept for their owner, shown again filled, never saved by
themselves."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from accounts import kept_forms
from accounts.models import KeptForm
from records import publishing
from records.models import KINDS, Donation, Revision, State, Statement
from tests.curation.workflow.test_steps import allow, reported, state, typed, url
from tests.support.factories import (
    DonationFactory,
    DuplicatePairFactory,
    ItemFactory,
    PartyFactory,
    StatementFactory,
    UserFactory,
)
from tests.support.sign_in import (
    LOGIN,
    PASSWORD,
    authenticator_shows,
    enrolled,
    give_code,
    give_password,
    sign_in,
)

pytestmark = pytest.mark.django_db
TEXT = "“Вірус”: 口罩, gowns & gloves\r\n" * 40


def with_password(user: User) -> User:
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def writer(editor: User) -> User:
    allow(editor, ["view", "add", "change", "delete"], [*KINDS, "party", "item"])
    return with_password(editor)


@pytest.fixture
def other(db: None) -> User:
    user = with_password(UserFactory(username="other"))
    allow(user, ["view", "add", "change", "publish"], KINDS)
    return user


@pytest.fixture
def two_factors() -> Iterator[None]:
    with override_settings(SECOND_FACTOR=True):
        yield


def enter(user: User) -> Client:
    client = Client()
    give_password(client, user)
    return client


def fields(response: Any, form: int = -1) -> dict[str, Any]:
    """The hidden fields of a form of the page, by default the last, as a browser sends them."""
    page = response.content.decode().split("<form")[form]
    return {
        name: unescape(value)
        for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page)
    }


def owned(response: Any) -> dict[str, Any]:
    return typed(response) | {"_owner": fields(response)["_owner"]}


def back(client: Client, user: User, response: Any) -> Any:
    """Sign in as the page says; return the page after it."""
    assert response.status_code == 302, response
    assert response.url.startswith(LOGIN)
    after = client.get(response.url).context["next"]
    return client.get(give_password(client, user, next=after).url)


def delete_cookie(client: Client, clock: Any) -> None:
    del client.cookies["sessionid"]


def delete_all_cookies(client: Client, clock: Any) -> None:
    client.cookies.clear()


def leave_it(client: Client, clock: Any) -> None:
    clock(hours=2, minutes=5)


def stay_too_long(client: Client, clock: Any) -> None:
    for _ in range(12):
        clock(hours=1, minutes=1)
        client.get("/admin/")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Moves the time of sessions forward."""
    real, later = timezone.now, [timedelta()]
    monkeypatch.setattr("django.utils.timezone.now", lambda: real() + later[0])
    monkeypatch.setattr("accounts.sessions.time", lambda: timezone.now().timestamp())

    def move(**by: int) -> None:
        later[0] += timedelta(**by)

    return move


ENDS = pytest.mark.parametrize("end", [delete_cookie, delete_all_cookies, leave_it, stay_too_long])


@ENDS
def test_a_new_statement_is_shown_again_and_saved_by_hand(
    end: Callable, writer: User, clock: Any
) -> None:
    client = enter(writer)
    data = owned(client.get(url(Statement, "add"))) | {
        "title": "Masks for Pakistan",
        "publisher": "Xinhua",
        "published_on": "2020-04-10",
        "url": "https://example.org/masks",
        "language": "en",
        "summary": "China sent masks.",
        "text": TEXT,
    }
    end(client, clock)

    page = back(client, writer, client.post(url(Statement, "add"), data))

    again = typed(page)
    assert {name: again[name] for name in ("title", "summary", "url")} == {
        name: data[name] for name in ("title", "summary", "url")
    }
    assert again["text"] == TEXT
    assert "your session had ended" in page.content.decode()
    assert not Statement.objects.exists()

    address = page.request["PATH_INFO"] + "?" + page.request["QUERY_STRING"]
    saved = client.post(address, owned(page) | {"text": TEXT})

    assert saved.status_code == 302, saved.context["errors"]
    assert Statement.objects.get().title == "Masks for Pakistan"
    assert kept_forms.waiting(writer) == []
    assert client.get(address).status_code == 302, "it is not there any more"


@pytest.mark.usefixtures("two_factors")
def test_figures_of_a_donation_come_back_after_both_factors(writer: User) -> None:
    PartyFactory(code="CHN")
    PartyFactory(code="PAK")
    ItemFactory()
    statement = StatementFactory(published=True)
    donation = DonationFactory(title="As it was")
    device, _ = enrolled(writer)
    client = Client()
    sign_in(client, writer, device)
    data = owned(client.get(url(donation))) | {
        "title": "Typed by hand",
        "figures-TOTAL_FORMS": "2",
        "figures-1-measure": "quantity",
        "figures-1-operator": "more_than",
        "figures-1-value": "50000",
        "figures-1-item": "surgical-mask",
        "figures-1-unit": "piece",
        "figures-1-basis": "single",
        "figures-1-countable": "on",
        "figures-1-rank": "normal",
        "figures-1-statement": statement.pk,
        "figures-1-quote": "more than 50,000 masks",
    }
    client.cookies.clear()
    give_password(client, writer)

    sent: Any = client.post(url(donation), data)  # between the two factors
    half_way: Any = client.get(sent.url)
    code = client.get(half_way.url)
    entered = give_code(
        client, authenticator_shows(device.key, later=1), next=code.context["next"]
    )
    page = client.get(entered.url)

    again = typed(page)
    assert again["title"] == "Typed by hand"
    assert again["figures-1-quote"] == "more than 50,000 masks"
    assert again["figures-1-value"] == "50000"
    assert Donation.objects.get().title == "As it was"
    assert Donation.objects.get().figures.count() == 1


def test_a_form_of_a_party_is_shown_again(writer: User) -> None:
    client = enter(writer)
    address = reverse("admin:records_party_add")
    data = owned(client.get(address)) | {"code": "SRB", "name": "Serbia", "reason": "Missing."}
    client.cookies.clear()

    page = back(client, writer, client.post(address, data))

    assert (typed(page)["name"], typed(page)["reason"]) == ("Serbia", "Missing.")
    assert not Revision.objects.exists()


def test_what_became_read_only_meanwhile_is_listed(writer: User, other: User) -> None:
    donation = DonationFactory(title="As it was")
    client = enter(writer)
    data = owned(client.get(url(donation))) | {"title": "Typed by hand"}
    client.cookies.clear()
    sent = client.post(url(donation), data)
    publishing.discard(donation)

    page = back(client, writer, sent)

    assert page.status_code == 409
    assert "Typed by hand" in page.content.decode()


@pytest.mark.parametrize("bulk", [False, True])
@pytest.mark.parametrize("step", ["return", "approve"])
def test_words_of_a_review_are_shown_again_and_nothing_is_done(
    step: str, bulk: bool, writer: User, other: User
) -> None:
    donation = DonationFactory()
    publishing.submit(donation, by=writer)
    client = enter(other)
    if bulk:
        address = reverse("admin:records_donation_changelist")
        page = client.post(address, {"action": step, "_selected_action": [donation.pk]})
    else:
        address = url(donation, step)
        page = client.get(address)
    word = "comment" if step == "return" else "message"
    data = fields(page, form=-1 if bulk or step == "return" else -2) | {word: "Of nine masks?"}
    client.cookies.clear()

    again = back(client, other, client.post(address, data))

    assert again.context["form"][word].value() == "Of nine masks?"
    assert state(donation) == State.IN_REVIEW
    sent = client.post(
        again.request["PATH_INFO"] + "?" + again.request["QUERY_STRING"],
        fields(again, form=-1 if bulk or step == "return" else -2) | {word: "Of nine masks?"},
    )
    if step == "return":
        assert sent.status_code == 302
        assert state(donation) == State.DRAFT
        assert not KeptForm.objects.exists()


def test_reasons_of_other_pages_are_shown_again(writer: User) -> None:
    pair, party = DuplicatePairFactory(kind="donation"), PartyFactory()
    allow(writer, ["view", "change"], ["duplicatepair"])
    writer.is_superuser = True
    writer.save()
    for address, data, form in [
        (url(pair), {"apart-why": "Two flights.", "not_a_duplicate": "1"}, "apart"),
        (url(party, "republish"), {"reason": "Two flights."}, "form"),
    ]:
        client = enter(writer)
        owner = {"_owner": fields(client.get(address), form=-1)["_owner"]}
        client.cookies.clear()

        page = back(client, writer, client.post(address, data | owner))

        assert "Two flights." in [bound.value() for bound in page.context[form]]
        assert "your session had ended" in page.content.decode()
    pair.refresh_from_db()
    assert pair.is_open
    assert not Revision.objects.exists()


def test_a_merge_is_shown_again(writer: User, other: User) -> None:
    donation = DonationFactory(title="As it was")
    client, second = enter(writer), enter(other)
    data = owned(client.get(url(donation))) | {"title": "Mine"}
    second.post(url(donation), owned(second.get(url(donation))) | {"title": "Theirs"})
    merge = client.post(url(donation), data)
    assert merge.status_code == 409
    chosen = fields(merge) | {"_merge": "mine"}
    client.cookies.clear()

    page = back(client, writer, client.post(url(donation), chosen))

    assert typed(page)["title"] == "Mine"
    assert Donation.objects.get().title == "Theirs"


def test_a_file_is_left_out_and_named(writer: User) -> None:
    client = enter(writer)
    address = reverse("admin:records_donation_import")
    data = fields(client.get(address))
    file = SimpleUploadedFile("gifts.csv", b"title\nMasks\n")
    client.cookies.clear()

    page = back(client, writer, client.post(address, data | {"file": file}))

    assert "“gifts.csv”" in page.content.decode()


def test_another_person_does_not_get_it(writer: User, other: User) -> None:
    client = enter(writer)
    data = owned(client.get(url(Statement, "add"))) | {"title": "Mine alone"}
    client.cookies.clear()

    page = back(client, other, client.post(url(Statement, "add"), data))

    assert page.status_code == 302
    assert page.url == url(Statement, "add")
    assert "Mine alone" not in client.get(page.url).content.decode()
    # Sent by the session of another person, it is still its owner's.
    assert client.post(url(Statement, "add"), data).status_code == 200
    forged = data | {"_owner": kept_forms.owner_token(other)[:-1]}
    Client().post(url(Statement, "add"), forged)
    assert set(KeptForm.objects.values_list("user__username", flat=True)) == {"editor"}


def test_a_form_of_an_earlier_session_needs_a_new_token(writer: User) -> None:
    """Signed in again in another tab, the token of the form is not right any more."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(writer)
    data = owned(client.get(url(Statement, "add"))) | {
        "title": "Typed by hand",
        "csrfmiddlewaretoken": "x" * 64,
    }

    sent: Any = client.post(url(Statement, "add"), data)

    assert sent.status_code == 302
    page = client.get(sent.url)
    assert typed(page)["title"] == "Typed by hand"
    assert not Statement.objects.exists()
    del data["_owner"]
    assert client.post(url(Statement, "add"), data).status_code == 403


class TestLimits:
    def send(self, owner: User | None, **data: Any) -> Any:
        token = kept_forms.owner_token(owner) if owner else "forged"
        return Client().post(url(Statement, "add"), {"_owner": token, "title": "T", **data})

    def test_nothing_is_kept_for_strangers(self, writer: User) -> None:
        self.send(None)
        Client().post(url(Statement, "add"), {"title": "T"})
        writer.is_active = False
        writer.save()
        self.send(writer)

        assert not KeptForm.objects.exists()

    def test_a_long_form_is_refused_with_what_to_do(
        self, writer: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(kept_forms, "MAX_CHARACTERS", 1_000)

        sent = self.send(writer, text="x" * 1_000)

        assert not KeptForm.objects.exists()
        assert "too long" in reported(sent)

    def test_a_person_has_few_for_a_week_without_passwords(self, writer: User) -> None:
        for number in range(kept_forms.MAX_FORMS + 2):
            self.send(writer, title=str(number), password1="secret", null="a\x00b")

        titles = [kept.content["title"] for kept in KeptForm.objects.order_by("pk")]
        assert titles == [str(number) for number in range(2, kept_forms.MAX_FORMS + 2)]
        assert not any("secret" in kept.data for kept in KeptForm.objects.all())
        KeptForm.objects.update(at=timezone.now() - timedelta(days=8))
        self.send(writer)
        assert KeptForm.objects.count() == 1
