"""A party or item that was entered under two codes: which code may replace which, and that records
follow."""

import csv
import io
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from records.models import Change, Donation, Item, Party, Revision, State, VocabularyEntry
from records.publishing import (
    VocabularyEdit,
    edit_vocabulary,
    republish_users,
    vocabulary_content,
)
from tests.support.factories import DonationFactory, ItemFactory, PartyFactory, UserFactory
from tests.support.routes import API, ask, found
from tests.support.totals_answers import only

pytestmark = pytest.mark.django_db

NONE = "replaced_by", None
FIRM, FUND = "chn-companies", "jack-ma-foundation"


def replace(model: type[VocabularyEntry], code: str, by: str | None) -> Revision:
    entry = model._default_manager.get(code=code)
    content = vocabulary_content(entry) | {"replaced_by": by}
    content = {name: value for name, value in content.items() if (name, value) != NONE}
    edit = VocabularyEdit(model, code, content, "The same.")
    return edit_vocabulary([edit], message="Makes them one.")


@pytest.fixture
def _entries() -> None:
    for code in ("CHN", "ITA", FIRM, FUND, "alibaba-foundation"):
        PartyFactory(code=code)
    for code in ("surgical-mask", "goggles"):
        ItemFactory(code=code)


@pytest.mark.usefixtures("_entries")
@pytest.mark.parametrize(
    ("model", "code", "by", "message"),
    [
        (Party, FUND, FUND, "cannot replace itself"),
        (Party, FUND, "no-such-code", "is not a valid choice"),
        (Party, FUND, "CHN", "A country is replaced by a country only"),
        (Party, "CHN", FUND, "A country is replaced by a country only"),
        (Party, FUND, FIRM, f"{FIRM} is itself replaced by alibaba-foundation"),
        (Party, "alibaba-foundation", FIRM, f"{FIRM} is itself replaced by alibaba-foundation"),
        (Item, "goggles", "goggles", "cannot replace itself"),
        (Item, "mask", "surgical-mask", "surgical-mask is an item below mask"),
        (Item, "goggles", FUND, "is not a valid choice"),
    ],
)
def test_what_cannot_be_the_same_is_refused(
    model: type[VocabularyEntry], code: str, by: str, message: str
) -> None:
    replace(Party, FIRM, "alibaba-foundation")
    number = Revision.objects.count()

    with pytest.raises(ValidationError, match=message):
        replace(model, code, by)

    assert Revision.objects.count() == number


@pytest.mark.usefixtures("_entries")
def test_a_replacement_is_shown_kept_and_taken_back(client: Client) -> None:
    """One that was right stays when its code is replaced in turn; the feed has each."""
    replace(Party, FIRM, FUND)
    replace(Party, FUND, "alibaba-foundation")
    firm = Party.objects.get(code=FIRM)
    edit = VocabularyEdit(Party, FIRM, vocabulary_content(firm) | {"name": "Firms"}, "Shorter.")
    edit_vocabulary([edit], message="Renames.")

    shown = {row["code"]: row["replaced_by"] for row in found(client, f"{API}parties/")["results"]}
    assert (shown[FIRM], shown[FUND], shown["CHN"]) == (FUND, "alibaba-foundation", None)
    assert found(client, f"{API}parties/{FIRM}/")["replaced_by"] == FUND
    assert found(client, f"{API}items/goggles/")["replaced_by"] is None
    file: Any = ask(client, f"{API}parties/", format="csv")
    rows = {
        row["code"]: row
        for row in csv.DictReader(io.StringIO(file.getvalue().decode("utf-8-sig")))
    }
    assert (rows[FIRM]["replaced_by"], rows["CHN"]["replaced_by"]) == (FUND, "")
    assert Party.replacements() == {FIRM: "alibaba-foundation", FUND: "alibaba-foundation"}

    replace(Party, FIRM, None)

    assert found(client, f"{API}parties/{FIRM}/")["replaced_by"] is None
    content: Any = Change.objects.get(public_id=FIRM, version=firm.version + 2).content
    assert "replaced_by" not in content


@pytest.mark.usefixtures("_entries")
def test_republication_writes_the_new_code_and_keeps_the_past(client: Client) -> None:
    editor = UserFactory(username="editor")
    content: dict[str, Any] = {"published": True, "figures__item": "surgical-mask"}
    one = DonationFactory(donors=[FUND], figures__value=10, **content)
    two = DonationFactory(donors=[FUND, "alibaba-foundation"], figures__value=200, **content)
    query = {"donor": FUND, "revision": two.published_in_id}
    past = ask(client, f"{API}donations/", **query).content
    before = only(client, donor="alibaba-foundation")["at_least"]

    replace(Party, FUND, "alibaba-foundation")
    last = replace(Item, "surgical-mask", "goggles").number
    merged = only(client, donor="alibaba-foundation", item="goggles")["at_least"]
    fund = Party.objects.get(code=FUND)
    revision = republish_users(fund, by=editor, reason="They are one.")

    assert (before, merged) == (None, 210)
    assert only(client, donor=FUND, item="surgical-mask")["at_least"] == 210
    assert revision.number == last + 1
    for record in (one, two):
        now = Donation.objects.get(public_id=record.public_id, state=State.PUBLISHED)
        assert now.version == 2
        assert [row.party_id for row in now.parties_by_role["donor"]] == ["alibaba-foundation"]
        assert [figure.item_id for figure in now.ordered_figures()] == ["goggles"]
    assert ask(client, f"{API}donations/", **query).content == past
    assert found(client, f"{API}donations/", donor=FUND, count="true")["count"] == 2
