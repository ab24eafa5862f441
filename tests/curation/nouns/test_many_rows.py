"""Records of many figures and parties: what can be imported can be edited, and what is too large
is refused without loss."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from records.curation.nouns import inlines
from records.models import (
    DATED,
    MAX_FIGURES,
    MAX_LINKS,
    MAX_PARTIES,
    Donation,
    base,
)
from tests.curation.imports.test_imports import imported, row
from tests.curation.statement_reader.test_reader import typed
from tests.support.factories import (
    RECORDS,
    DonationFactory,
    ItemFactory,
    PartyFactory,
    StatementFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    client = Client()
    client.force_login(UserFactory(username="root", is_superuser=True))
    return client


def figures(count: int, **more: Any) -> list[dict[str, Any]]:
    statement = StatementFactory(published=True)
    aside = {"countable": False, "countable_reason": "part_of_total"}
    return [
        {"statement": statement, "value": 1000 + n, "quote": f"{1000 + n} masks", **aside, **more}
        for n in range(count)
    ]


def change(record: Any) -> str:
    return reverse(f"admin:records_{record._meta.model_name}_change", args=[record.pk])


@pytest.mark.slow
def test_what_was_imported_can_be_edited(client: Client, editor: User) -> None:
    """A figure is twenty fields of the form: 47 figures have more than the 1,000 that Django
    takes by default."""
    ItemFactory()
    statement = StatementFactory(published=True)
    codes = [f"party-{n}" for n in range(40)]
    PartyFactory(code="CHN")
    for code in codes:
        PartyFactory(code=code, name=code.title(), type="ngo", country="", region="")
    cells = row(statement, recipients="|".join(codes), record="g", countable="false",
                countable_reason="part_of_total")  # fmt: skip
    rows = [cells | {"value": 1000 + n, "quote": f"{1000 + n} masks"} for n in range(47)]
    root = User.objects.get(username="root")
    (draft,) = imported(rows, root)

    data = typed(client.get(change(draft)))
    response = client.post(change(draft), data | {"note": "A letter more."})

    assert len(data) > 1_000
    assert response.status_code == 302
    draft = Donation.objects.get(pk=draft.pk)
    assert (draft.note, draft.figures.count(), draft.parties.count()) == ("A letter more.", 47, 41)


def test_the_limit_of_fields_is_well_above_a_record(client: Client, settings: Any) -> None:
    donation = DonationFactory(figures=figures(2))
    fields = typed(client.get(change(donation)))

    def of_a_row(prefix: str) -> int:
        return sum(name.startswith(f"{prefix}-0-") for name in fields)

    links = 4
    most = (
        MAX_FIGURES * of_a_row("figures")
        + MAX_PARTIES * of_a_row("parties")
        + MAX_LINKS * links
        + len(fields)
    )
    assert 1.5 * most < settings.DATA_UPLOAD_MAX_NUMBER_FIELDS


@pytest.mark.parametrize("kind", list(DATED))
def test_a_record_holds_to_the_greatest_number(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    record = RECORDS[DATED[kind]](figures=figures(3))
    assert not [error for error in record.problems() if "at most" in str(error)]

    monkeypatch.setattr(base, "MAX_FIGURES", 2)
    monkeypatch.setattr(base, "MAX_PARTIES", 1)

    found = [error.message_dict for error in record.problems()]
    message = "A record has at most 2 figures, this one 3: divide it into several, and link them."
    assert {"figures": [message]} in found
    assert bool([error for error in found if "parties" in error]) == (record.parties.count() > 1)


def test_a_form_with_too_many_rows_comes_back_with_all_of_them(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    donation = DonationFactory(figures=figures(3))
    monkeypatch.setattr(inlines.FigureInline, "max_num", 2)
    data = typed(client.get(change(donation)))

    response = client.post(change(donation), data | {"note": "Typed for an hour."})

    html = response.content.decode()
    assert response.status_code == 200
    assert "A record has at most 2 figures: divide it into several, and link them." in html
    assert "Typed for an hour." in html
    assert [f"{1000 + n} masks</textarea>" in html for n in range(3)] == [True] * 3
    assert not Donation.objects.get(pk=donation.pk).note


@pytest.mark.parametrize(
    ("setting", "most", "words"),
    [
        ("DATA_UPLOAD_MAX_NUMBER_FIELDS", 20, "more than 20 fields"),
        ("DATA_UPLOAD_MAX_MEMORY_SIZE", 100_000, "more than 0.1 MB of text"),
    ],
)
def test_a_form_that_is_too_large_is_answered_with_a_page(
    setting: str, most: int, words: str, client: Client, settings: Any
) -> None:
    donation = DonationFactory()
    data = typed(client.get(change(donation))) | {"note": "x" * 200_000}
    setattr(settings, setting, most)

    response = client.post(change(donation), data)

    html = response.content.decode()
    assert response.status_code == 413
    assert f"The form is too large: it has {words}. Nothing was written." in html
    assert "What you typed is still in the form: go back in your browser." in html


def test_other_requests_that_are_malformed_are_answered_as_before(client: Client) -> None:
    assert client.get("/admin/", headers={"host": "bad host"}).status_code == 400
