"""Who may do what: every role with every act, on a version in every state, one's own and others',
by the record's page, by the bulk action and by a crafted request."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.test import Client
from django.urls import reverse

from records.models import (
    KINDS,
    Contributor,
    DatedRecord,
    Record,
    RevisionCounter,
)
from records.publishing import (
    approve,
    begin_correction,
    submit,
    withdraw,
)
from tests.support.factories import RECORDS, DonationFactory, HSCodeFactory, UserFactory, publish
from tests.support.sign_in import role

pytestmark = pytest.mark.django_db

# --- What the roles are for

WRITERS = {"curator", "reviewer", "superuser"}
REVIEWERS = {"reviewer", "superuser"}
OPEN = {"draft", "in_review"}
MAY: dict[str, tuple[set[str], set[str]]] = {
    # act: (who, on a version in which state)
    "view": (WRITERS, {"draft", "in_review", "published", "superseded", "withdrawn"}),
    "edit": (WRITERS, OPEN),
    "submit": (WRITERS, {"draft"}),
    "approve": (REVIEWERS, {"in_review"}),
    "return": (REVIEWERS, {"in_review"}),
    "correct": (WRITERS, {"published"}),
    "revert": (WRITERS, {"superseded", "withdrawn"}),
    "withdraw": (REVIEWERS, {"published"}),
    "discard": (WRITERS, OPEN),
}
NEVER_OWN = {"approve"}
"""Four eyes: not of what one had a hand in, of what one is."""
ONE_BY_ONE = {"edit", "revert", "discard"}
"""No bulk action does these."""

ROLES = ["curator", "reviewer", "editor", "administrator", "superuser", "nobody"]
STATES = ["draft", "in_review", "published", "superseded", "withdrawn"]
ENTRANCES = ["page", "bulk", "crafted"]


def expected(role: str, act: str, state: str, *, own: bool, entrance: str) -> bool:
    who, states = MAY[act]
    return (
        role in who
        and state in states
        and not (own and act in NEVER_OWN)
        and not (entrance == "bulk" and act in ONE_BY_ONE)
    )


# --- The versions


@dataclass
class Cell:
    """A version in some state, the form of its page as it was when it was a draft, and the page
    as the person sees it now."""

    record: Record
    form: dict[str, Any]
    page: Any = None

    @property
    def html(self) -> str:
        return self.page.content.decode()

    def url(self, page: str = "change") -> str:
        return url(type(self.record), page, self.record.pk)


def url(model: Any, page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def somebody(name: str) -> User:
    user = UserFactory(username=f"the-{name}", is_superuser=name == "superuser")
    if name not in ("superuser", "nobody"):
        user.groups.add(role(name))
    return user


def entered(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def typed(response: Any) -> dict[str, Any]:
    """What a browser would send back from a change page."""
    forms = [response.context["adminform"].form]
    for inline in response.context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    values = {bound.html_name: bound.value() for form in forms for bound in form}
    sent = {name: "" if value is None else value for name, value in values.items()}
    return {name: value for name, value in sent.items() if value is not False}


def brought_to(kind: str, state: str, authors: list[User], reader: Client) -> Cell:
    """A version that its authors wrote, brought so far by others."""
    model = KINDS[kind]
    draft = RECORDS[model](title="As it was")
    if isinstance(draft, DatedRecord):
        publish(*draft.cited_statements())
    for author in authors:
        Contributor.edited(draft, author)
    page = typed(reader.get(url(model, "change", draft.pk)))
    if state != "draft":
        submit(draft, by=authors[0])
        draft.refresh_from_db()
    if state not in OPEN:
        publish(draft)
    if state == "superseded":
        second = begin_correction(draft, by=UserFactory(username="third"), reason="Corrected.")
        submit(second, by=UserFactory(username="third"))
        second.refresh_from_db()
        approve([second], by=UserFactory(username="fourth"), message="Corrects it.")
    if state == "withdrawn":
        withdraw([draft], by=UserFactory(username="fourth"), reason="Withdrawn.")
    return Cell(model.objects.get(pk=draft.pk), page)


def standing(record: Record) -> Any:
    """All that an act could change."""
    versions = type(record).objects.filter(public_id=record.public_id).order_by("version")
    return (
        list(versions.values_list("version", "state", "title", "review_comment", "edits")),
        RevisionCounter.number(),
    )


# --- The acts

WORDS = dict.fromkeys(["reason", "message", "comment"], "Because it is so.")


def act_by_page(client: Client, act: str, cell: Cell) -> None:
    """As somebody does who sees the page: only what it offers."""
    if cell.page.status_code != 200:
        return
    address = cell.url(act) if act != "edit" else ""
    if act == "edit":
        if cell.page.context["has_change_permission"]:
            client.post(cell.url(), typed(cell.page) | {"title": "Edited"})
    elif f'action="{address}"' in cell.html:
        client.post(address)
    elif f'href="{address}' in cell.html:
        requested = client.get(address).content.decode()
        seen = re.findall(r'name="seen" value="([^"]+)"', requested)
        client.post(address, {"seen": seen, **WORDS})


def act_in_bulk(client: Client, act: str, cell: Cell) -> None:
    record = cell.record
    seen = f"{record.pk}:{record.digest}"
    client.post(
        url(type(record), "changelist"),
        {"action": act, "_selected_action": [record.pk], "confirmed": "yes", "seen": seen} | WORDS,
    )


def act_by_craft(client: Client, act: str, cell: Cell) -> None:
    """As somebody does who knows the addresses and what belongs into them."""
    record = cell.record
    if act == "edit":
        client.post(cell.url(), cell.form | {"title": "Edited"})
    else:
        client.post(cell.url(act), {"seen": f"{record.pk}:{record.digest}", **WORDS})


ENTER = {"page": act_by_page, "bulk": act_in_bulk, "crafted": act_by_craft}


def cells() -> Iterator[tuple[str, str, bool, str]]:
    for act in MAY.keys() - {"view"}:
        yield from product([act], STATES, (True, False), ENTRANCES)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_every_role_does_what_it_is_for_and_nothing_else(kind: str) -> None:
    reader = entered(UserFactory(username="reader", is_superuser=True))
    people = {name: somebody(name) for name in ROLES}
    authors: dict[bool, list[User]] = {
        True: [*people.values()],
        False: [UserFactory(username="author")],
    }
    made = {
        (state, own): brought_to(kind, state, authors[own], reader)
        for state, own in product(STATES, (True, False))
    }

    wrong = [each for name in ROLES for each in misdeeds(name, entered(people[name]), made)]

    assert not wrong
    assert len(list(cells())) == 240


def misdeeds(name: str, client: Client, made: dict[tuple[str, bool], Cell]) -> Iterator[str]:
    """What somebody in this role did and may not, or may and could not."""
    for (state, own), cell in made.items():
        cell.page = client.get(cell.url())
        seen = cell.page.status_code == 200
        if seen != expected(name, "view", state, own=own, entrance="page"):
            yield f"{name}: view {state}: {'seen' if seen else 'not'}"
    for act, state, own, entrance in cells():
        cell = made[state, own]
        before = standing(cell.record)
        with transaction.atomic():
            ENTER[entrance](client, act, cell)
            happened = standing(cell.record) != before
            transaction.set_rollback(True)
        if happened != expected(name, act, state, own=own, entrance=entrance):
            whose = "own" if own else "another's"
            done = "done" if happened else "not"
            yield f"{name}: {act} {whose} {state} by {entrance}: {done}"


PAGES = {
    # page: who opens it
    "records_statement_changelist": WRITERS,
    "records_donation_changelist": WRITERS,
    "records_export_changelist": WRITERS,
    "records_contract_changelist": WRITERS,
    "records_donation_add": WRITERS,
    "records_party_changelist": WRITERS | {"editor"},
    "records_item_changelist": WRITERS | {"editor"},
    "records_party_add": WRITERS | {"editor"},
    "records_item_add": WRITERS | {"editor"},
    "records_proposal_changelist": WRITERS | {"editor"},
    "records_revision_changelist": WRITERS | {"editor"},
    "records_change_changelist": WRITERS | {"editor"},
    "records_contributor_changelist": WRITERS,
    "records_auditentry_changelist": {"administrator", "superuser"},
    "auth_user_changelist": {"administrator", "superuser"},
    "auth_user_add": {"administrator", "superuser"},
    "auth_group_changelist": {"administrator", "superuser"},
    "axes_accessattempt_changelist": {"administrator", "superuser"},
}


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("name", ROLES)
def test_every_role_opens_its_pages_and_no_others(name: str) -> None:
    client = entered(somebody(name))

    opened = {page for page in PAGES if client.get(reverse(f"admin:{page}")).status_code == 200}

    assert opened == {page for page, who in PAGES.items() if name in who}


def test_staff_without_a_role_see_nothing() -> None:
    DonationFactory(published=True)
    HSCodeFactory()

    html = entered(somebody("nobody")).get("/admin/").content.decode()

    assert "/admin/records/" not in html
    assert "/admin/auth/" not in html


def test_roles_hold_what_their_migration_says() -> None:
    """It ran before Django had made the permissions, and made them first."""
    role("curator")

    held = {
        group.name: set(group.permissions.values_list("codename", flat=True))
        for group in Group.objects.all()
    }

    assert held.keys() >= {"curator", "reviewer", "editor", "administrator"}
    assert held["reviewer"] - held["curator"] == {f"publish_{kind}" for kind in KINDS}
    assert not any(name.endswith(tuple(KINDS)) for name in held["administrator"])
    assert "delete_user" not in held["administrator"]
