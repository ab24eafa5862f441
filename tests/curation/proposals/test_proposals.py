"""Parties, items and merges that somebody proposes: drafts may name them, readers know them when a
second person has accepted them."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from records import publishing
from records.curation.proposals.deciding import propose_merge, remove_done
from records.curation.proposals.models import Proposal
from records.models import Donation, Item, Party, Revision, RevisionCounter, State
from records.publishing import VocabularyEdit, edit_vocabulary, vocabulary_content
from tests.curation.nouns.test_search_boxes import codes
from tests.curation.workflow.test_review import sent
from tests.curation.workflow.test_steps import entered, reported, state, url
from tests.support.factories import (
    DonationFactory,
    HSCodeFactory,
    ItemFactory,
    PartyFactory,
    UserFactory,
    publish,
)
from tests.support.sign_in import role

pytestmark = pytest.mark.django_db

FIRM = {
    "code": "mask-maker",
    "name": "Mask Maker Ltd",
    "aliases": "MML",
    "type": "company",
    "country": "PAK",
    "reason": "A donor that the list lacks.",
}


@pytest.fixture(autouse=True)
def _people(editor: User, reviewer: User) -> None:
    editor.groups.add(role("curator"))
    reviewer.groups.add(role("reviewer"))


@pytest.fixture
def curator_client(editor: User) -> Client:
    return entered(editor)


@pytest.fixture
def reviewer_client(reviewer: User) -> Client:
    return entered(reviewer)


def propose(client: Client, **more: Any) -> Proposal:
    response = client.post(reverse("admin:records_party_add"), FIRM | more)
    assert response.status_code == 302, response.context["adminform"].form.errors
    return Proposal.objects.open().latest("pk")


def decide(client: Client, proposal: Proposal, **data: str) -> Any:
    address = reverse("admin:records_proposal_change", args=[proposal.pk])
    return client.post(address, data, follow=True)


def text_of(client: Client, page: str) -> str:
    return client.get(page, follow=True).content.decode()


def naming(editor: User) -> Donation:
    """A donation in review whose donor is proposed."""
    record: Donation = DonationFactory()
    firm = Party.with_proposed.get(code="mask-maker")
    record.parties.filter(role="donor").update(party=firm)
    publish(*record.cited_statements())
    publishing.submit(record, by=editor)
    record.refresh_from_db()
    return record


def test_readers_do_not_know_what_is_proposed(curator_client: Client, client: Client) -> None:
    propose(curator_client)

    assert RevisionCounter.number() == 0
    assert client.get("/api/v1/parties/mask-maker/").status_code == 404
    assert "mask-maker" not in client.get("/api/v1/parties/").content.decode()
    (known, unknown) = (
        client.get(f"/api/v1/donations/?party={code}") for code in ("mask-maker", "mask-maket")
    )
    assert known.status_code == unknown.status_code
    assert "Mask Maker" not in unknown.content.decode()
    assert client.get("/parties/mask-maker/").status_code == 404


def test_drafts_may_name_it_and_entries_may_not(curator_client: Client) -> None:
    propose(curator_client)

    assert codes(curator_client, "party", "MML") == ["mask-maker"]
    query = {"term": "MML", "app_label": "records", "model_name": "party"}
    found = curator_client.get(
        reverse("admin:autocomplete"), query | {"field_name": "replaced_by"}
    )
    assert found.json()["results"] == []


def test_a_code_is_proposed_once(curator_client: Client) -> None:
    propose(curator_client)

    response = curator_client.post(reverse("admin:records_party_add"), FIRM)

    assert "is proposed already" in str(response.context["adminform"].form.errors)
    assert Proposal.objects.count() == 1


def test_it_is_accepted_with_the_record_as_one_revision(
    curator_client: Client, reviewer_client: Client, editor: User, client: Client
) -> None:
    proposal = propose(curator_client)
    record = naming(editor)
    before = RevisionCounter.number()

    data = sent(reviewer_client, record, message="A gift of a firm.")
    refused = reviewer_client.post(url(record, "approve"), data)
    assert "is only proposed: accept it too" in refused.content.decode()
    reviewer_client.post(url(record, "approve"), data | {"accept": [proposal.pk]})

    assert (state(record), RevisionCounter.number()) == (State.PUBLISHED, before + 1)
    changes = Revision.objects.get(number=before + 1).changes
    assert [(row.kind, row.reason) for row in changes.all()] == [
        ("party", FIRM["reason"]),
        ("donation", ""),
    ]
    assert client.get("/api/v1/parties/mask-maker/").json()["version"] == 1
    proposal.refresh_from_db()
    assert (proposal.status, str(proposal.decided_by)) == ("accepted", "reviewer")


def test_nobody_accepts_what_they_proposed(
    reviewer_client: Client, editor: User, client: Client
) -> None:
    proposal = propose(reviewer_client)
    record = naming(editor)

    assert (
        "somebody else must accept it"
        in decide(reviewer_client, proposal, accept="1").content.decode()
    )
    data = sent(reviewer_client, record, message="My own.") | {"accept": [proposal.pk]}
    response = reviewer_client.post(url(record, "approve"), data)

    assert "You proposed mask-maker" in response.content.decode()
    assert state(record) == State.IN_REVIEW
    assert client.get("/api/v1/parties/mask-maker/").status_code == 404


def test_a_curator_decides_about_nothing_of_others(
    curator_client: Client, reviewer_client: Client
) -> None:
    proposal = propose(reviewer_client)

    for data in ({"accept": "1"}, {"decline": "1", "why": "No."}):
        assert decide(curator_client, proposal, **data).status_code == 403
    assert Proposal.objects.open().count() == 1


def test_it_is_accepted_alone(
    curator_client: Client, reviewer_client: Client, client: Client
) -> None:
    proposal = propose(curator_client)
    home = reviewer_client.get("/admin/").content.decode()
    assert "party mask-maker" in home

    decide(reviewer_client, proposal, accept="1")

    assert client.get("/api/v1/parties/mask-maker/").json()["aliases"] == ["MML"]
    assert Revision.objects.get().message == FIRM["reason"]


def test_a_declined_one_goes_unless_a_draft_names_it(
    curator_client: Client, reviewer_client: Client, editor: User
) -> None:
    decide(reviewer_client, propose(curator_client), decline="1", why="It is `alibaba`.")
    assert not Party.with_proposed.filter(code="mask-maker").exists()

    proposal = propose(curator_client)
    record = naming(editor)
    decide(reviewer_client, proposal, decline="1", why="It is `alibaba`.")

    assert codes(curator_client, "party", "MML") == []
    data = sent(reviewer_client, record, message="All the same.")
    response = reviewer_client.post(url(record, "approve"), data)
    assert "is only proposed" in response.content.decode()
    assert state(record) == State.IN_REVIEW


def test_what_was_declined_goes_from_lists_and_pages_of_drafts_say_so(
    curator_client: Client, reviewer_client: Client, editor: User
) -> None:
    proposal = propose(curator_client)
    record = naming(editor)
    decide(reviewer_client, proposal, decline="1", why="It is `alibaba`.")

    for page in (url(record, "change"), url(record, "approve")):
        assert "was declined by reviewer: It is `alibaba`." in text_of(reviewer_client, page)
    assert "mask-maker" not in text_of(reviewer_client, reverse("admin:records_party_changelist"))


def test_a_code_that_was_declined_may_be_proposed_again(
    curator_client: Client, reviewer_client: Client, editor: User, client: Client
) -> None:
    first = propose(curator_client)
    record = naming(editor)
    decide(reviewer_client, first, decline="1", why="Which one?")

    second = propose(curator_client, name="Mask Maker of Lahore")
    assert "was declined" not in text_of(reviewer_client, url(record, "change"))
    decide(reviewer_client, second, accept="1")

    assert client.get("/api/v1/parties/mask-maker/").json()["name"] == "Mask Maker of Lahore"


def test_what_a_file_publishes_is_proposed_no_more(
    curator_client: Client, reviewer_client: Client
) -> None:
    proposal = propose(curator_client)
    content = vocabulary_content(Party.with_proposed.get(code="mask-maker"))
    edit_vocabulary([VocabularyEdit(Party, "mask-maker", content)], message="As a file has it.")

    response = decide(reviewer_client, proposal, accept="1")
    assert "was decided meanwhile" in response.content.decode()
    assert (remove_done(), remove_done()) == (1, 0)
    assert (Party.objects.get(code="mask-maker").version, Proposal.objects.count()) == (1, 0)


def test_a_merge_that_a_file_publishes_is_proposed_no_more(editor: User) -> None:
    for code in ("one", "two", "three"):
        Party.objects.create(code=code, version=1, name=code, type="company")
    one = Party.objects.get(code="one")
    propose_merge(one, "two", by=editor, reason="The same.")
    propose_merge(Party.objects.get(code="two"), "three", by=editor, reason="The same.")
    content = vocabulary_content(Party.objects.get(code="one")) | {"replaced_by": "two"}
    edit_vocabulary([VocabularyEdit(Party, "one", content, "The same.")], message="A file.")

    assert remove_done() == 1
    assert [str(row) for row in Proposal.objects.all()] == ["two → three"]


def test_a_merge_names_the_record_that_somebody_corrects(
    editor: User, reviewer_client: Client
) -> None:
    record = DonationFactory(donors=["alibaba-foundation"], published=True)
    Party.objects.create(code="ali", version=1, name="Ali", type="foundation")
    publishing.begin_correction(record, by=editor, reason="A slip.")
    firm = Party.objects.get(code="alibaba-foundation")
    proposal = propose_merge(firm, "ali", by=editor, reason="The same.")

    response = decide(reviewer_client, proposal, accept="1")

    assert f"already working on this record, {record.public_id}" in response.content.decode()
    assert Proposal.objects.open().count() == 1


def test_a_merge_is_one_reviewed_revision(superuser: User, reviewer_client: Client) -> None:
    client = entered(superuser)
    PartyFactory(code="alibaba-foundation")
    firm = Party.objects.create(code="ali", version=1, name="Ali", type="foundation")
    other = DonationFactory(donors=["alibaba-foundation"], published=True)
    page = reverse("admin:records_party_change", args=["alibaba-foundation"])
    form = client.get(page).context["adminform"].form
    data = {name: bound.value() for name, bound in ((one.name, one) for one in form)}
    data = {name: "" if value is None else value for name, value in data.items()}
    before = RevisionCounter.number()

    client.post(page, data | {"replaced_by": firm.code, "reason": "The same body."})

    assert RevisionCounter.number() == before
    assert Party.objects.get(code="alibaba-foundation").replaced_by is None
    decide(reviewer_client, Proposal.objects.open().get(), accept="1")
    assert RevisionCounter.number() == before + 1
    assert Party.objects.get(code="alibaba-foundation").replaced_by_id == "ali"
    latest = Donation.objects.get(public_id=other.public_id, state=State.PUBLISHED)
    assert [row.party_id for row in latest.parties.filter(role="donor")] == ["ali"]
    kinds = Revision.objects.get(number=before + 1).changes.values_list("kind", flat=True)
    assert sorted(kinds) == ["donation", "party", "party"]


def test_merge_shows_what_changes_and_moves_names(
    curator_client: Client, reviewer_client: Client, editor: User
) -> None:
    """A curator, who may not edit the vocabulary, proposes it; the page shows the same to both."""
    fund = PartyFactory(
        code="jack-ma-foundation",
        name="Jack Ma Foundation",
        aliases=["JMF", "马云基金会", "ALI"],
        identifier_scheme="CN-USCI",
        identifier="53330000",
    )
    Party.objects.create(code="ali", version=1, name="Ali", aliases=["JMF"], type="foundation")
    past = DonationFactory(donors=[fund.code], published=True)
    publish(publishing.begin_correction(past, by=editor, reason="A slip."))
    DonationFactory(donors=[fund.code])
    address = reverse("admin:records_party_merge", args=[fund.code])
    assert address in text_of(
        curator_client, reverse("admin:records_party_change", args=[fund.pk])
    )

    data = {"into": "ali", "reason": "One body, says its register."}
    shown = curator_client.post(address, data | {"preview": "1"})
    effect = shown.context["effect"]

    assert (effect.republished, effect.drafts, effect.past) == (1, 1, 1)
    assert effect.changes == [
        (fund.code, "Replaced by", "", "ali"),
        ("ali", "Identifier scheme", "", "CN-USCI"),
        ("ali", "Identifier", "", "53330000"),
        ("ali", "Aliases", "JMF", "JMF\nJack Ma Foundation\n马云基金会"),
    ]
    assert not Proposal.objects.exists()
    curator_client.post(address, data | {"propose": "1"})
    proposal = Proposal.objects.get()
    page = reverse("admin:records_proposal_change", args=[proposal.pk])
    assert reviewer_client.get(page).context["effect"].changes == effect.changes

    decide(reviewer_client, proposal, accept="1")

    into = Party.objects.get(code="ali")
    assert into.aliases == ["JMF", "Jack Ma Foundation", "马云基金会"]
    assert (into.identifier_scheme, into.identifier) == ("CN-USCI", "53330000")
    fund.refresh_from_db()
    assert (fund.replaced_by_id, fund.identifier) == ("ali", "53330000")
    names = Donation.objects.filter(public_id=past.public_id).order_by("version")
    assert [row.parties.get(role="donor").party_id for row in names] == [fund.code] * 2 + ["ali"]
    assert curator_client.post(address, data | {"propose": "1"}).status_code == 302
    assert Proposal.objects.get() == proposal, "it is replaced already"


def test_merge_of_items_counts_records_of_items_below(
    curator_client: Client, reviewer_client: Client
) -> None:
    ItemFactory(code="surgical-mask")
    into = ItemFactory(code="goggles", aliases=[])
    record = DonationFactory(figures__item="surgical-mask", published=True)
    mask = Item.objects.get(code="mask")
    data = {"into": into.code, "reason": "One thing."}
    address = reverse("admin:records_item_merge", args=[mask.code])

    effect = curator_client.post(address, data | {"preview": "1"}).context["effect"]
    curator_client.post(address, data | {"propose": "1"})
    decide(reviewer_client, Proposal.objects.get(), accept="1")

    assert (effect.republished, effect.drafts, effect.past) == (1, 0, 0)
    assert ("goggles", "Aliases", "", mask.name) in effect.changes
    assert mask.name in Item.objects.get(code="goggles").aliases
    assert Donation.objects.filter(public_id=record.public_id).count() == 2


def test_merge_of_items_moves_hs_codes(curator_client: Client, reviewer_client: Client) -> None:
    """Those that the item that stays lacks; of one that both have it keeps its own."""
    mask = ItemFactory(code="surgical-mask", aliases=[])
    into = ItemFactory(code="goggles", aliases=[])
    for item, code, edition, confidence in (
        (mask, "6307.90", "HS2017", "high"),
        (mask, "9004.90", "HS2022", "high"),
        (mask, "3926.20", "HS2017", "low"),
        (into, "9004.90", "HS2022", "medium"),
    ):
        HSCodeFactory(item=item, code=code, edition=edition, confidence=confidence)
    data = {"into": into.code, "reason": "One thing."}
    address = reverse("admin:records_item_merge", args=[mask.code])

    effect = curator_client.post(address, data | {"preview": "1"}).context["effect"]

    hs_codes = "3926.20 (HS2017)\n6307.90 (HS2017)\n9004.90 (HS2022)"
    assert ("goggles", "HS codes", "9004.90 (HS2022)", hs_codes) in effect.changes
    curator_client.post(address, data | {"propose": "1"})
    decide(reviewer_client, Proposal.objects.get(), accept="1")
    assert list(into.hs_codes.values_list("code", "edition", "confidence")) == [
        ("3926.20", "HS2017", "low"),
        ("6307.90", "HS2017", "high"),
        ("9004.90", "HS2022", "medium"),
    ]
    assert mask.hs_codes.count() == 3, "so that the merge can be taken back"
    change = Revision.objects.latest("number").changes.get(kind="item", public_id="goggles")
    assert change.content is not None
    assert [row["code"] for row in change.content["hs_codes"]] == ["3926.20", "6307.90", "9004.90"]


def test_merge_that_cannot_be_is_refused_with_the_reason(
    curator_client: Client, editor: User
) -> None:
    country, fund = PartyFactory(code="CHN"), PartyFactory(code="jack-ma-foundation")
    Party.objects.create(code="ali", version=1, name="Ali", type="foundation")
    address = reverse("admin:records_party_merge", args=[fund.code])
    record = DonationFactory(donors=[fund.code], published=True)
    draft = publishing.begin_correction(record, by=editor, reason="A slip.")

    def said(**data: str) -> str:
        return curator_client.post(address, data).content.decode()

    assert "Choose the code that stays." in said(reason="Why.", preview="1")
    assert "Choose another code" in said(into=fund.code, reason="Why.", propose="1")
    assert "replaced by a country only" in said(into=country.code, reason="Why.", preview="1")
    assert "Say how you know" in said(into="ali", propose="1")
    assert not Proposal.objects.exists()
    warned = said(into="ali", reason="Why.", preview="1")
    assert "cannot be accepted while" in warned
    assert url(draft) in warned
    said(into="ali", reason="Why.", propose="1")
    assert "is proposed already" in said(into="ali", reason="Why.", propose="1")
    stranger = entered(UserFactory(username="stranger"))
    assert stranger.get(address).status_code == 403


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("nowhere", "There is no such code."),
        ("ali", "ali is replaced by jack-ma-foundation already."),
        ("new", "new is only proposed: accept or decline it."),
    ],
)
def test_merge_of_a_code_that_cannot_go_says_why(
    code: str, said: str, curator_client: Client, editor: User
) -> None:
    fund = PartyFactory(code="jack-ma-foundation")
    Party.objects.create(code="ali", version=1, name="Ali", type="foundation", replaced_by=fund)
    Party.objects.create(code="new", version=0, name="New", type="foundation")
    Proposal.objects.create(
        act="add", kind="party", code="new", reason="A giver.", proposed_by=editor
    )

    answer = curator_client.get(reverse("admin:records_party_merge", args=[code]))

    assert said in reported(answer)


def test_an_item_is_proposed_with_its_codes(
    curator_client: Client, reviewer_client: Client
) -> None:
    ItemFactory()
    data = {
        "code": "face-shield",
        "name": "Face shields",
        "parent": "medical-supplies",
        "default_unit": "piece",
        "reason": "New.",
        "hs_codes-TOTAL_FORMS": "1",
        "hs_codes-INITIAL_FORMS": "0",
        "hs_codes-0-code": "3926.20",
        "hs_codes-0-edition": "HS2017",
        "hs_codes-0-assigned_by": "curator",
        "hs_codes-0-confidence": "high",
    }
    response = curator_client.post(reverse("admin:records_item_add"), data)
    assert response.status_code == 302, response.context["errors"]

    decide(reviewer_client, Proposal.objects.get(), accept="1")

    item = Item.objects.get(code="face-shield")
    assert (item.version, item.hs_codes.get().code) == (1, "3926.20")
