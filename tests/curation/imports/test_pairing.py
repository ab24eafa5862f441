"""Which figure a row is: by what it says, and by its place only where that leaves a choice."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from records.curation.imports import batches
from records.curation.imports.models import ImportState
from records.curation.imports.pairing import pair
from records.models import MAX_FIGURES, Donation
from tests.curation.imports.test_imports import (
    as_csv,
    as_xlsx,
    checked,
    downloaded,
    found,
    imported,
    reported,
    row,
    superuser_client,
    table,
)
from tests.support.factories import DonationFactory, ItemFactory, StatementFactory, UserFactory

MASKS = {"statement": "st-1", "quote": "50 masks", "measure": "quantity", "item": "mask"}
SUITS = {"statement": "st-1", "quote": "7 suits", "measure": "quantity", "item": "suit"}
MONEY = {"statement": "st-2", "quote": "$5", "measure": "money", "currency": "USD"}


@pytest.mark.parametrize(
    ("rows", "places"),
    [
        ([MASKS, SUITS, MONEY], [0, 1, 2]),
        ([MONEY, SUITS, MASKS], [2, 1, 0]),
        # One changed, in any place.
        ([MONEY, SUITS | {"value": "8"}, MASKS], [2, 1, 0]),
        ([SUITS | {"quote": "7 white suits"}, MASKS, MONEY], [1, 0, 2]),
        ([MONEY | {"statement": "st-3"}, MASKS, SUITS], [2, 0, 1]),
        # One put in, one taken out, one that became another where nothing else is left.
        ([MASKS | {"quote": "3 masks more", "item": "n95"}, MONEY, SUITS, MASKS], [None, 2, 1, 0]),
        ([MONEY, MASKS], [2, 0]),
        ([MONEY | {"quote": "€9", "currency": "EUR", "measure": "parties"}, MASKS, SUITS],
         [2, 0, 1]),
        # Of rivals the first, and what is left takes the place that is left.
        ([MONEY, MASKS | {"value": "1"}, MASKS | {"value": "2"}], [2, 0, 1]),
    ],
)  # fmt: skip
def test_rows_are_paired_by_what_they_say(rows: Any, places: Any) -> None:
    assert [place.number for place in pair(rows, [MASKS, SUITS, MONEY])] == places


def test_equal_rows_are_paired_in_their_order() -> None:
    places = pair([MONEY, MASKS, MASKS], [MASKS, MASKS, MONEY])

    assert [place.number for place in places] == [2, 0, 1]


@pytest.mark.django_db
class TestSorted:
    @pytest.fixture
    def editor(self) -> User:
        return UserFactory(username="corrector", is_superuser=True)

    @pytest.fixture
    def published(self) -> Donation:
        ItemFactory()
        ItemFactory(code="ventilator")
        first, second = StatementFactory(published=True), StatementFactory(published=True)
        number = {"operator": "exact"}
        return DonationFactory(
            published=True,
            figures=[
                {"statement": first, "value": 37, "quote": "37 masks", **number},
                {"statement": first, "item_id": "ventilator", "value": 34, "quote": "34 machines",
                 "countable": False, "countable_reason": "part_of_total"},
                {"statement": second, "money": True},
            ],
        )  # fmt: skip

    @pytest.mark.parametrize("write", [as_csv, as_xlsx])
    def test_rows_that_only_changed_places_are_unchanged(
        self, write: Any, published: Donation, editor: User
    ) -> None:
        rows = table(downloaded(superuser_client(), Donation, "csv"))

        for order in ([2, 0, 1], [1, 2, 0], [2, 1, 0]):
            batch = checked(write([rows[n] for n in order]), editor)

            assert found(batch) == ["unchanged"] * 3, reported(batch)

    def test_a_correction_in_a_sorted_file_changes_what_it_says(
        self, published: Donation, editor: User
    ) -> None:
        first, second, third = table(downloaded(superuser_client(), Donation, "csv"))
        rows = [third, second | {"value": "35", "quote": "35 machines"}, first]

        batch = checked(rows, editor)

        assert reported(batch) == [["value", "34", "35"], ["quote", "34 machines", "35 machines"]]
        changed = batch.lines.get(number=3)
        assert len(changed.findings) == 2
        (draft,) = batches.confirm(batch, by=batch.by, reason="Recounted.")
        old, new = published.content()["figures"], Donation.objects.get(pk=draft.pk).content()
        assert [new["figures"][n] for n in (0, 2)] == [old[n] for n in (0, 2)]
        assert new["figures"][1] == old[1] | {"value": "35", "lower": "35", "upper": "35",
                                              "quote": "35 machines"}  # fmt: skip

    def test_figures_keep_their_places_beside_new_and_deleted_ones(
        self, published: Donation, editor: User
    ) -> None:
        first, _, third = table(downloaded(superuser_client(), Donation, "csv"))
        added = third | {"value": "9", "currency": "EUR", "quote": "€9", "title": ""}

        (draft,) = imported([added, third, first], editor, reason="One more, one less.")

        quotes = [figure.quote for figure in Donation.objects.get(pk=draft.pk).ordered_figures()]
        assert quotes == [first["quote"], "€9", third["quote"]]

    def test_a_figure_in_the_place_of_another_inherits_nothing(
        self, published: Donation, editor: User
    ) -> None:
        """The second figure does not count; what takes its place does."""
        first, _, third = table(downloaded(superuser_client(), Donation, "csv"))
        other = third | {"value": "9", "currency": "EUR", "quote": "€9"}
        rows = [first, other, third]
        for cells in rows:
            del cells["countable"], cells["countable_reason"]

        (draft,) = imported(rows, editor, reason="Another one.")

        figures = Donation.objects.get(pk=draft.pk).ordered_figures()
        assert [figure.countable for figure in figures] == [True, True, True]

    def test_findings_are_in_the_row_that_has_the_cell(
        self, published: Donation, editor: User
    ) -> None:
        first, second, third = table(downloaded(superuser_client(), Donation, "csv"))

        changed = checked([third, second, first | {"note": "Seen."}], editor)
        wrong = checked([third, second, first | {"form": "x"}], editor)

        assert changed.lines.get(number=4).findings == [["note", "", "Seen."]]
        assert wrong.lines.get(number=4).findings[0][0] == "form"

    def test_a_reason_may_be_in_any_row(self, published: Donation, editor: User) -> None:
        first, second, third = table(downloaded(superuser_client(), Donation, "csv"))

        (draft,) = imported(
            [third, second | {"reason": "It says so."}, first | {"note": "Seen."}], editor
        )

        assert (draft.reason, draft.note) == ("It says so.", "Seen.")

    def test_milestones_in_another_order_are_unchanged(self, editor: User) -> None:
        text = "It arrived on 5 April. So we said: arrived on 5 April. It left on 1 April."
        cited = StatementFactory(published=True, text=text)
        said = {"statement": cited, "quote": "It left on 1 April"}
        DonationFactory(
            published=True,
            stage="delivered",
            milestones=[
                {**said, "stage": "dispatched", "date": "2020-04-01"},
                {
                    **said,
                    "stage": "delivered",
                    "date": "2020-04-05",
                    "quote": "arrived on 5 April",
                    "offset": text.rindex("arrived"),
                },
            ],
        )
        (cells,) = table(downloaded(superuser_client(), Donation, "csv"))
        lines = [line.replace(" v1 ", " ") for line in cells["milestones"].split("|")]
        cells |= {"milestones": " | ".join(reversed(lines))}

        batch = checked([cells], editor)
        (draft,) = imported([cells | {"note": "Seen."}], editor, reason="A note.")

        assert found(batch) == ["unchanged"], reported(batch)
        draft = Donation.objects.get(pk=draft.pk)
        assert draft.milestones.get(stage="delivered").offset == text.rindex("arrived")

    def test_a_number_of_three_decimals_comes_back(self, editor: User) -> None:
        DonationFactory(published=True, figures=[{"value": "1.234", "quote": "masks"}])
        for form in ("csv", "xlsx"):
            data = downloaded(superuser_client(), Donation, form)

            assert found(checked(data, editor)) == ["unchanged"]

    def test_a_link_to_a_figure_leads_to_the_same(self, published: Donation, editor: User) -> None:
        """`?figure=N` of the review page and of citations counts places."""
        rows = table(downloaded(superuser_client(), Donation, "csv"))
        (draft,) = imported(
            [rows[2], rows[1], rows[0] | {"note": "Seen."}], editor, reason="A note."
        )

        page = superuser_client().get(reverse("admin:records_donation_change", args=[draft.pk]))

        forms = page.context["inline_admin_formsets"]
        figures = next(one.formset for one in forms if one.formset.prefix == "figures")
        assert [form.instance.quote for form in figures.initial_forms] == [
            row["quote"] for row in rows
        ]


@pytest.mark.django_db
def test_an_import_of_too_many_figures_is_refused(editor: User) -> None:
    cells = row(StatementFactory(published=True), record="g")

    batch = checked([cells] * (MAX_FIGURES + 1), User.objects.get(pk=editor.pk))

    assert batch.state == ImportState.REFUSED
    message = f"A record has at most {MAX_FIGURES} figures, this one {MAX_FIGURES + 1}: divide"
    assert [cell for cell, words in reported(batch) if words.startswith(message)] == ["record"]
