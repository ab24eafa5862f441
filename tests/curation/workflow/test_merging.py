"""Two people, or two tabs, write the same draft: the second to save sees what the first changed,
and keeps, merges or discards. Nothing is overwritten unseen, and nothing typed is lost."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from records import publishing
from records.models import (
    Donation,
    DraftSave,
    Record,
    Statement,
)
from tests.curation.workflow.test_steps import entered, opened, url
from tests.support.factories import (
    DonationFactory,
    PartyFactory,
    StatementFactory,
    UserFactory,
    publish,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def mine() -> Client:
    return entered(UserFactory(username="second", is_superuser=True))


@pytest.fixture
def theirs() -> Client:
    return entered(UserFactory(username="first", is_superuser=True))


def merge_of(response: Any) -> dict[str, Any]:
    """What the page of a merge would send back, with what it has chosen."""
    assert response.status_code == 409
    context = response.context
    picks = {f"pick:{row.key}": row.pick for row in context["choices"] if row.pick}
    return {"_typed": context["typed"], "_theirs": context["original"].edits} | picks


def keys(response: Any) -> dict[str, str]:
    """Of the differences that the page shows: key → what is chosen."""
    return {row.key: row.pick for row in response.context["choices"]}


def save(client: Client, record: Record, data: dict[str, Any], **typed: Any) -> Any:
    return client.post(
        url(record), data | {name.replace("__", "-"): v for name, v in typed.items()}
    )


def settle(
    client: Client, record: Record, response: Any, how: str = "chosen", **picks: str
) -> Any:
    chosen = {f"pick:{key.replace('__', '-')}": pick for key, pick in picks.items()}
    return client.post(url(record), merge_of(response) | chosen | {"_merge": how})


class TestFields:
    def test_what_only_one_changed_is_chosen_and_saved(self, mine: Client, theirs: Client) -> None:
        donation = DonationFactory(title="As it was", note="")
        form = opened(mine, donation)
        save(theirs, donation, form, title="By the first")

        response = save(mine, donation, form, note="By the second")
        saved = settle(mine, donation, response)

        assert keys(response) == {"title": "theirs", "note": "mine"}
        assert saved.status_code == 302
        donation.refresh_from_db()
        assert (donation.title, donation.note) == ("By the first", "By the second")
        assert donation.edits == 2

    def test_the_page_says_who_and_when_and_all_three_values(
        self, mine: Client, theirs: Client, clock: Any
    ) -> None:
        donation = DonationFactory(title="As it was")
        form = opened(mine, donation)
        save(theirs, donation, form, title="By the first")

        response = save(mine, donation, form, title="By the second")

        html = response.content.decode()
        assert "<strong>first</strong> saved this on 4 May 2026, 12:00" in html
        (row,) = response.context["choices"]
        assert (row.base, row.theirs, row.mine) == ("As it was", "By the first", "By the second")
        assert row.pick == ""
        donation.refresh_from_db()
        assert (donation.title, donation.edits) == ("By the first", 1)

    def test_an_open_choice_is_requested_for_again(self, mine: Client, theirs: Client) -> None:
        donation = DonationFactory()
        form = opened(mine, donation)
        save(theirs, donation, form, title="By the first", note="First")
        response = save(mine, donation, form, title="By the second", note="Second")

        again = settle(mine, donation, response, note="mine")

        assert "Choose theirs or yours" in again.content.decode()
        assert keys(again) == {"title": "", "note": "mine"}
        settle(mine, donation, again, title="theirs")
        donation.refresh_from_db()
        assert (donation.title, donation.note) == ("By the first", "Second")

    def test_all_of_mine_is_kept_at_once(self, mine: Client, theirs: Client) -> None:
        donation = DonationFactory(title="As it was", figures__quote="donated masks")
        form = opened(mine, donation)
        save(theirs, donation, form, title="By the first", note="First", figures__0__value="1")

        settle(mine, donation, save(mine, donation, form, title="By the second"), "mine")

        donation.refresh_from_db()
        assert (donation.title, donation.note) == ("By the second", "")
        assert donation.figures.get().value == 50_000

    def test_the_same_written_twice_is_no_difference(self, mine: Client, theirs: Client) -> None:
        donation = DonationFactory()
        form = opened(mine, donation)
        save(theirs, donation, form, title="Said better")

        response = save(mine, donation, form, title="  Said better ")

        assert keys(response) == {}
        assert "nothing to choose" in response.content.decode()

    def test_a_further_save_is_merged_with_what_was_chosen(
        self, mine: Client, theirs: Client
    ) -> None:
        donation = DonationFactory(title="As it was")
        form = opened(mine, donation)
        save(theirs, donation, form, title="By the first")
        response = save(mine, donation, form, title="By the second", note="Second")
        save(theirs, donation, opened(theirs, donation), form="cash")

        again = settle(mine, donation, response, title="mine")

        assert keys(again) == {"title": "mine", "note": "mine", "form": "theirs"}
        settle(mine, donation, again)
        donation.refresh_from_db()
        assert (donation.title, donation.note, donation.form) == (
            "By the second",
            "Second",
            "cash",
        )

    def test_a_text_of_many_lines_and_a_list_are_compared_as_written(
        self, mine: Client, theirs: Client
    ) -> None:
        statement = StatementFactory(text="One.\nTwo.", topics=["a", "b"])
        form = opened(mine, statement) | {"text": "One.\r\nTwo.", "topics": "a\r\nb"}
        save(theirs, statement, form, title="By the first")

        response = save(mine, statement, form, text="One.\r\nTwo.\r\nThree.")

        assert keys(response) == {"title": "theirs", "text": "mine"}
        settle(mine, statement, response)
        statement.refresh_from_db()
        assert statement.text.split() == ["One.", "Two.", "Three."]
        assert statement.topics == ["a", "b"]

    def test_what_the_form_refuses_comes_back_merged_and_unsaved(
        self, mine: Client, theirs: Client
    ) -> None:
        donation = DonationFactory()
        form = opened(mine, donation)
        save(theirs, donation, form, note="First")

        response = settle(mine, donation, save(mine, donation, form, as_of="soon"))

        assert response.status_code == 200
        bound = response.context["adminform"].form
        assert bound.errors["as_of"]
        assert (bound.data["note"], bound.data["as_of"]) == ("First", "soon")

    def test_without_what_it_was_opened_on_everything_is_to_be_chosen(
        self, mine: Client, theirs: Client
    ) -> None:
        donation = DonationFactory()
        form = opened(mine, donation)
        save(theirs, donation, form, title="By the first")
        DraftSave.objects.all().delete()

        response = save(mine, donation, form, note="Second")

        assert keys(response) == {"title": "", "note": ""}

    def test_a_list_of_topics_and_dates_merges(self, mine: Client, theirs: Client) -> None:
        statement = StatementFactory()
        form = opened(mine, statement)
        save(theirs, statement, form, topics="tariffs", said_on="")

        response = save(mine, statement, form, accessed_on="2020-05-01")

        assert keys(response) == {
            "topics": "theirs",
            "said_on": "theirs",
            "accessed_on": "mine",
        }
        settle(mine, statement, response)
        statement.refresh_from_db()
        assert (statement.topics, statement.said_on) == (["tariffs"], None)
        assert str(statement.accessed_on) == "2020-05-01"


class TestRows:
    @pytest.fixture
    def donation(self) -> Donation:
        PartyFactory(code="SRB")
        return DonationFactory(recipients=["PAK", "ITA"], figures__quote="donated masks")

    @staticmethod
    def recipients() -> list[str]:
        return [row.party_id for row in Donation.objects.get().parties_by_role["recipient"]]

    def test_fields_of_a_row_merge(self, donation: Donation, mine: Client, theirs: Client) -> None:
        form = opened(mine, donation)
        key = f"figures-{donation.figures.get().pk}"
        save(theirs, donation, form, figures__0__value="1")

        response = save(mine, donation, form, figures__0__quote="sent masks")
        settle(mine, donation, response)

        # The bounds follow the value on saving, so theirs differ too.
        assert keys(response) == {
            f"{key}-value": "theirs",
            f"{key}-lower": "theirs",
            f"{key}-upper": "theirs",
            f"{key}-quote": "mine",
        }
        figure = Donation.objects.get().figures.get()
        assert (figure.value, figure.lower, figure.quote) == (1, 1, "sent masks")

    def test_rows_that_each_added_are_both_kept(
        self, donation: Donation, mine: Client, theirs: Client
    ) -> None:
        PartyFactory(code="ETH")
        form = opened(mine, donation) | {"parties-TOTAL_FORMS": "4"}
        added = {"parties-3-role": "recipient"}
        save(theirs, donation, form | added, parties__3__party="SRB")

        response = save(mine, donation, form | added, parties__3__party="ETH")
        settle(mine, donation, response)

        assert set(keys(response).values()) == {"theirs", "mine"}
        assert sorted(self.recipients()) == ["ETH", "ITA", "PAK", "SRB"]

    def test_the_same_row_added_twice_is_one(
        self, donation: Donation, mine: Client, theirs: Client
    ) -> None:
        form = opened(mine, donation) | {
            "parties-TOTAL_FORMS": "4",
            "parties-3-role": "recipient",
            "parties-3-party": "SRB",
        }
        save(theirs, donation, form)

        response = save(mine, donation, form, note="Mine")
        settle(mine, donation, response)

        assert self.recipients() == ["PAK", "ITA", "SRB"]
        assert Donation.objects.get().note == "Mine"

    def test_a_row_struck_out_by_one_side_goes(
        self, donation: Donation, mine: Client, theirs: Client
    ) -> None:
        form = opened(mine, donation)
        save(theirs, donation, form, parties__1__DELETE="on")

        settle(mine, donation, save(mine, donation, form, parties__2__DELETE="on"))

        assert self.recipients() == []

    @pytest.mark.parametrize(("pick", "left"), [("theirs", ["ITA"]), ("mine", ["SRB", "ITA"])])
    def test_a_row_that_one_struck_out_and_i_changed_is_to_be_chosen(
        self, pick: str, left: list[str], donation: Donation, mine: Client, theirs: Client
    ) -> None:
        form = opened(mine, donation)
        save(theirs, donation, form, parties__1__DELETE="on")

        response = save(mine, donation, form, parties__1__party="SRB")
        (key,) = keys(response)
        assert keys(response)[key] == ""
        settle(mine, donation, response, **{key: pick})

        assert sorted(self.recipients()) == sorted(left)

    @pytest.mark.parametrize(("pick", "left"), [("mine", ["ITA"]), ("theirs", ["ITA", "SRB"])])
    def test_a_row_that_one_changed_and_i_struck_out_is_to_be_chosen(
        self, pick: str, left: list[str], donation: Donation, mine: Client, theirs: Client
    ) -> None:
        form = opened(mine, donation)
        save(theirs, donation, form, parties__1__party="SRB")

        response = save(mine, donation, form, parties__1__DELETE="on")
        (key,) = keys(response)
        assert keys(response)[key] == ""
        settle(mine, donation, response, **{key: pick})

        assert sorted(self.recipients()) == left

    def test_the_order_of_who_moved_rows_holds(
        self, donation: Donation, mine: Client, theirs: Client
    ) -> None:
        form = opened(mine, donation)
        save(theirs, donation, form, note="First")

        response = save(mine, donation, form, parties__1__place=2, parties__2__place=1)
        settle(mine, donation, response)

        assert keys(response) == {"note": "theirs", "parties-order": "mine"}
        assert self.recipients() == ["ITA", "PAK"]

    def test_links_merge_too(self, donation: Donation, mine: Client, theirs: Client) -> None:
        donation.links.create(type="part_of", target="don-00000001")
        form = opened(mine, donation)
        save(theirs, donation, form, links__0__DELETE="on")
        new = {"links-TOTAL_FORMS": "2", "links-1-type": "funds", "links-1-target": "don-00000002"}

        settle(mine, donation, save(mine, donation, form | new))

        assert [link.target for link in Donation.objects.get().links.all()] == ["don-00000002"]


class TestNothingIsLost:
    def test_published_while_the_merge_was_chosen(self, mine: Client, theirs: Client) -> None:
        donation = DonationFactory()
        form = opened(mine, donation)
        save(theirs, donation, form, title="By the first")
        response = save(mine, donation, form, title="My long work")
        publish(donation)

        late = settle(mine, donation, response, title="mine")

        assert late.status_code == 409
        assert "My long work" in late.content.decode()
        assert Donation.objects.get().title == "By the first"

    def test_discarded_while_the_merge_was_chosen(self, mine: Client, theirs: Client) -> None:
        donation = DonationFactory()
        page, form = url(donation), opened(mine, donation)
        save(theirs, donation, form, title="By the first")
        sent = merge_of(save(mine, donation, form, title="My long work"))
        publishing.discard(Donation.objects.get())

        late = mine.post(page, sent | {"_merge": "mine"})

        assert late.status_code == 409
        assert "My long work" in late.content.decode()

    @pytest.mark.parametrize("typed", ["", "[]", "{", '{"a": 1}', '{"a": [1]}', "[" * 9000])
    def test_a_crafted_merge_is_refused(self, typed: str, mine: Client) -> None:
        donation = DonationFactory(title="As it was")

        response = mine.post(url(donation), {"_merge": "mine", "_typed": typed, "_theirs": "0"})

        assert response.status_code == 400
        assert Donation.objects.get().title == "As it was"

    @pytest.mark.slow(sample=True)
    @pytest.mark.parametrize("shown", ["", "7", "-1", "x"])
    def test_a_merge_with_what_never_was_is_shown_again(
        self, shown: str, mine: Client, theirs: Client
    ) -> None:
        donation = DonationFactory()
        form = opened(mine, donation)
        save(theirs, donation, form, title="By the first")
        sent = merge_of(save(mine, donation, form, title="Mine")) | {"_theirs": shown}

        response = mine.post(url(donation), sent | {"_merge": "mine"})

        assert response.status_code == 409
        assert Donation.objects.get().title == "By the first"

    def test_who_may_not_change_it_may_not_merge(self) -> None:
        donation = DonationFactory()
        client = entered(UserFactory(username="looker"))

        sent = {"_merge": "mine", "_typed": '{"title": ["Forced"]}', "_theirs": "0"}

        assert client.post(url(donation), sent).status_code == 403


class TestKept:
    def test_a_save_keeps_what_it_replaced_and_publishing_lets_go_of_it(
        self, mine: Client, editor: User
    ) -> None:
        statement = StatementFactory(title="As it was", text="Words.")
        save(mine, statement, opened(mine, statement), title="Said better")

        edit = DraftSave.objects.get()
        assert (edit.number, edit.user.username) == (0, "second")
        assert edit.content["fields"]["title"] == "As it was"
        assert edit.content["fields"]["text"] == "Words."

        publish(statement)
        assert not DraftSave.objects.exists()

    def test_only_the_newest_are_kept(self, editor: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(DraftSave, "KEPT", 3)
        statement = StatementFactory()

        for _ in range(5):
            publishing.note_edit(Statement.objects.get(), by=editor)

        assert sorted(DraftSave.of(statement).values_list("number", flat=True)) == [2, 3, 4]


def test_place_of_words_in_the_text_is_no_difference(mine: Client, theirs: Client) -> None:
    """The second time that a text has the same words; it stays where it was selected."""
    statement = StatementFactory(text="It sent 50 masks. Once more: 50 masks.", published=True)
    figure = {"statement": statement, "quote": "50 masks", "value": 50, "offset": 29}
    record = DonationFactory(figures=[figure])
    data = opened(mine, record)
    save(theirs, record, opened(theirs, record), note="Theirs.")

    response = save(mine, record, data, title="Mine.")

    assert keys(response) == {"title": "mine", "note": "theirs"}
    settle(mine, record, response)
    assert Donation.objects.get().figures.get().offset == 29
