"""History in the admin: who changed what, from what to what, drafts included; and the audit log,
which nobody writes but what happens."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from accounts.models import AuditedAct, AuditEntry
from records.models import Party
from records.publishing import approve, withdraw
from tests.contract.test_permissions import entered, typed
from tests.support.factories import (
    DonationFactory,
    PartyFactory,
    StatementFactory,
    UserFactory,
    publish,
)
from tests.support.sign_in import LOGIN, PASSWORD, give_password, role

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(superuser: User) -> Client:
    """Of somebody who may edit; not watched for related rows that are loaded one by one."""
    return entered(superuser)


def page(row: Any, name: str = "change") -> str:
    return reverse(f"admin:records_{row._meta.model_name}_{name}", args=[row.pk])


def edit(client: Client, row: Any, **values: Any) -> None:
    response = client.post(page(row), typed(client.get(page(row))) | values)
    assert response.status_code == 302, response.context["errors"]


def values(client: Client, row: Any) -> list[list[str]]:
    """The values that the newest entry of the history says."""
    return client.get(page(row, "history")).context["acts"][0]["values"]


class TestValues:
    def test_a_save_says_each_value_before_and_after(self, desk: Client) -> None:
        donation = DonationFactory(title="As it was")

        edit(
            desk,
            donation,
            **{"title": "Said better", "form": "cash", "figures-0-unit": "box"},
        )

        assert values(desk, donation) == [
            ["Title", "As it was", "Said better"],
            ["Form", "goods", "cash"],
            ["Figure 1: Unit", "piece", "box"],
        ]
        html = desk.get(page(donation, "history")).content.decode()
        assert "<del>As it was</del> → <ins>Said better</ins>" in html
        assert "superuser" in html

    def test_another_party_shows_its_name(self, desk: Client) -> None:
        donation = DonationFactory(recipients=["PAK"])
        PartyFactory(code="ITA")
        sent = typed(desk.get(page(donation)))
        place = next(name for name, value in sent.items() if value == "PAK")

        edit(desk, donation, **{place: "ITA"})

        ((label, before, after),) = values(desk, donation)
        assert label.endswith(": Party")
        assert ("Pakistan" in before, "Italy" in after) == (True, True)

    def test_rows_that_come_and_go_are_reported_with_what_they_said(self, desk: Client) -> None:
        donation = DonationFactory()

        edit(
            desk,
            donation,
            **{
                "links-TOTAL_FORMS": "1",
                "links-0-type": "part_of",
                "links-0-target": "don-7k3m9q2x",
            },
        )
        came = values(desk, donation)
        edit(desk, donation, **{"links-0-DELETE": "on"})
        went = values(desk, donation)

        assert ["Link 1: Target", "", "don-7k3m9q2x"] in came
        assert ["Link 1: Target", "don-7k3m9q2x", ""] in went

    def test_an_edit_of_a_term_says_its_reason_and_its_values(self, desk: Client) -> None:
        party = PartyFactory(code="CHN")

        edit(desk, party, name="People's Republic of China", reason="Its full name.")

        act = desk.get(page(party, "history")).context["acts"][0]
        assert act["text"] == "Its full name."
        assert act["values"] == [["Name", "China", "People's Republic of China"]]

    def test_what_was_typed_is_shown_as_text(self, desk: Client) -> None:
        statement = StatementFactory()

        edit(desk, statement, title="<img src=x onerror=alert(1)>")

        assert "<img src=x" not in desk.get(page(statement, "history")).content.decode()


class TestRecord:
    def test_the_history_runs_through_all_versions(self, desk: Client) -> None:
        donation = DonationFactory(published=True)
        desk.post(page(donation, "correct"), {"reason": "A typing error."})
        draft = type(donation).objects.get(version=2)
        edit(desk, draft, title="Without the error")

        for row in (donation, draft):
            acts = desk.get(page(row, "history")).context["acts"]
            assert [act["version"] for act in acts] == ["2", "2"]
            assert acts[1]["text"] == "Correct: A typing error."

    def test_a_discarded_draft_is_remembered(self, desk: Client) -> None:
        donation = DonationFactory(published=True)
        desk.post(page(donation, "correct"), {"reason": "A typing error."})
        draft = type(donation).objects.get(version=2)

        desk.post(page(draft, "discard"))

        act = desk.get(page(donation, "history")).context["acts"][0]
        assert act["version"] == "2"
        assert act["text"].startswith("Discarded.")

    def test_comments_of_reviewers_are_reported(self, desk: Client) -> None:
        donation = DonationFactory(in_review=True)

        desk.post(page(donation, "return"), {"comment": "Which day?"})

        act = desk.get(page(donation, "history")).context["acts"][0]
        assert act["text"] == "Return for changes: Which day?"
        assert act["user"].username == "superuser"

    def test_who_published_and_who_withdrew_is_reported(self, desk: Client) -> None:
        donation = DonationFactory(published=True)
        withdraw([donation], by=UserFactory(username="remover"), reason="It never came.")

        changes = desk.get(page(donation, "history")).context["changes"]

        assert [(row["change"].action, row["by"]) for row in changes] == [
            ("withdrawn", "remover"),
            ("published", "reviewer"),
        ]

    def test_it_needs_the_right_to_see_the_record(self) -> None:
        donation = DonationFactory()

        client = entered(UserFactory(username="nobody"))

        assert client.get(page(donation, "history")).status_code == 403


class TestAuditLog:
    def test_signing_in_and_out_and_failing_are_written(self) -> None:
        user = UserFactory(username="person")
        user.set_password(PASSWORD)
        user.save()
        browser = Client(REMOTE_ADDR="203.0.113.7")

        browser.post(LOGIN, {"username": "person", "password": "wrong"})
        give_password(browser, user)
        browser.post("/admin/logout/")
        for _ in range(5):
            browser.post(LOGIN, {"username": "person", "password": "wrong"})

        written = AuditEntry.objects.filter(address="203.0.113.7").order_by("pk")
        assert [entry.act for entry in written] == [
            "sign_in_failed",
            "signed_in",
            "signed_out",
            *["sign_in_failed"] * 4,
            "locked_out",
        ]
        assert {entry.person for entry in written} == {"person"}

    def test_changes_of_accounts_say_who_made_them(self, desk: Client) -> None:
        user = UserFactory(username="person")
        reviewer = role("reviewer")
        address = reverse("admin:auth_user_change", args=[user.pk])
        form = {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}

        desk.post(address, form | {"is_staff": "on", "is_active": "on", "groups": [reviewer.pk]})
        desk.post(address, form | {"is_staff": "on"})
        desk.post(
            reverse("admin:auth_user_password_change", args=[user.pk]),
            {"password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"},
        )

        written = AuditEntry.objects.filter(about="person", person="superuser").order_by("pk")
        assert [(entry.act, entry.detail) for entry in written] == [
            ("roles_changed", "+reviewer"),
            ("account_changed", "is_active: True → False"),
            ("roles_changed", "−reviewer"),
            ("password_changed", ""),
        ]

    def test_changes_beside_the_admin_are_written_too(self) -> None:
        curator = role("curator")
        earlier = list(AuditEntry.objects.values_list("pk", flat=True))
        user = UserFactory(username="person")
        permission = Permission.objects.get(codename="publish_donation")

        user.user_permissions.add(permission)
        user.user_permissions.clear()
        curator.permissions.add(permission)
        user.is_superuser = True
        user.save()

        written = AuditEntry.objects.exclude(pk__in=earlier).order_by("pk")
        assert [(entry.act, entry.about) for entry in written] == [
            ("account_added", "person"),
            ("roles_changed", "person"),
            ("roles_changed", "person"),
            ("roles_changed", "curator"),
            ("account_changed", "person"),
        ]
        assert [entry.detail[0] for entry in written[1:4]] == ["+", "−", "+"]

    def test_every_publication_is_written_with_its_records(self) -> None:
        donation = DonationFactory()

        revision = publish(donation, message="Two masks.")

        entry = AuditEntry.objects.get(act=AuditedAct.PUBLISHED)
        assert (entry.person, entry.about) == ("reviewer", f"revision {revision.number}")
        assert entry.detail.startswith("Two masks.")
        assert f"{donation.public_id} v1 published" in entry.detail

    def test_a_refused_publication_is_not(self) -> None:
        donation = DonationFactory(in_review=True)

        with pytest.raises(Exception, match=r"hand in|publish it first"):
            approve([donation], by=UserFactory(username="editor"), message="By its own editor.")

        assert not AuditEntry.objects.filter(act=AuditedAct.PUBLISHED).exists()

    def test_an_edit_of_the_vocabulary_names_its_editor(self, desk: Client) -> None:
        party = PartyFactory(code="CHN")

        edit(desk, party, name="People's Republic of China", reason="Its full name.")

        entry = AuditEntry.objects.get(act=AuditedAct.PUBLISHED)
        assert (entry.person, Party.objects.get().version) == ("superuser", 2)

    def test_administrators_search_it_and_nobody_writes_it(self) -> None:
        administrator = UserFactory(username="administrator")
        administrator.groups.add(role("administrator"))
        client = entered(administrator)
        address = reverse("admin:records_auditentry_changelist")
        entry = AuditEntry.objects.filter(about="administrator").first()
        assert entry is not None
        row = reverse("admin:records_auditentry_change", args=[entry.pk])

        for requested, least in [
            ({"q": "administrator"}, 1),
            ({"act": "signed_in"}, 1),
            ({"at__year": str(entry.at.year)}, 1),
            ({"q": "nobody at all"}, 0),
        ]:
            found = client.get(address, requested).context["cl"].result_count
            assert (found >= least) if least else found == 0
        assert client.get(row).status_code == 200
        assert client.post(row, {"person": "somebody else"}).status_code == 403
        assert client.post(f"{row[: -len('change/')]}delete/", {"post": "yes"}).status_code == 403
