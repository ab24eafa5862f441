"""How rows of two contents are paired, and what differs between them."""

from typing import Any

import pytest

from records.content.diff import Pair, diff, likeness, pair_figures, pair_rows

MASKS: dict[str, Any] = {
    "measure": "quantity",
    "operator": "exact",
    "value": "500",
    "item": "surgical-mask",
    "unit": "piece",
    "basis": "single",
    "quote": "500 masks",
    "statement": ["st-00000001", 1],
}
GOWNS = MASKS | {"item": "gown", "value": "70", "quote": "70 gowns"}
DOLLARS = {
    "measure": "money",
    "operator": "exact",
    "value": "20",
    "currency": "USD",
    "basis": "single",
    "quote": "20 dollars",
    "statement": ["st-00000001", 1],
}


def places(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[tuple]:
    return [(pair.before, pair.after) for pair in pair_figures(before, after)]


def test_figures_with_one_subject_are_a_pair_wherever_they_are() -> None:
    assert pair_rows([MASKS, GOWNS], [GOWNS, MASKS]) == [
        Pair("quantity surgical-mask piece single", 0, 1),
        Pair("quantity gown piece single", 1, 0),
    ]


def test_rivals_are_paired_by_their_statement() -> None:
    rival = MASKS | {"value": "700", "statement": ["st-00000002", 1]}

    assert places([MASKS, rival], [rival, MASKS]) == [(0, 1), (1, 0)]
    assert places([MASKS], [rival, MASKS]) == [(0, 1), (None, 0)]


@pytest.mark.parametrize(
    ("changes", "paired"),
    [
        ({"unit": "box"}, True),
        ({"basis": "period_total", "quote": "500 in all"}, True),
        ({"item": "respirator-n95"}, True),
        ({"item": "gown", "quote": "70 gowns", "value": "70"}, False),
        ({"measure": "money", "item": None, "unit": None, "currency": "USD"}, False),
    ],
)
def test_a_corrected_subject_is_paired_by_item_or_quote(
    changes: dict[str, Any], paired: bool
) -> None:
    after = MASKS | changes

    assert (places([MASKS], [after]) == [(0, 0)]) is paired
    assert len(pair_rows([MASKS], [after])) == 2
    assert bool(likeness(MASKS, after)) is paired


def test_the_most_alike_figure_is_the_partner() -> None:
    boxes = MASKS | {"unit": "box"}
    total = MASKS | {"unit": "box", "basis": "period_total", "quote": "in all", "value": "9"}

    assert places([MASKS], [total, boxes]) == [(0, 1), (None, 0)]
    assert places([total, boxes], [MASKS]) == [(0, None), (1, 0)]


def test_a_figure_without_its_default_values_is_paired_alike() -> None:
    sparse = {name: value for name, value in MASKS.items() if name != "basis"}

    assert places([sparse, DOLLARS], [DOLLARS, sparse | {"value": "600"}]) == [(0, 1), (1, 0)]


def test_contents_and_documents_are_paired_alike() -> None:
    def as_document(figure: dict[str, Any]) -> dict[str, Any]:
        evidence = {"statement": figure["statement"][0], "quote": figure["quote"]}
        return {
            name: value for name, value in figure.items() if name not in ("statement", "quote")
        } | {"evidence": evidence}

    before, after = [MASKS, DOLLARS, GOWNS], [DOLLARS | {"currency": "CNY"}, GOWNS, MASKS]

    assert pair_figures(before, after) == pair_figures(
        [as_document(row) for row in before], [as_document(row) for row in after]
    )


def test_a_difference_has_the_path_of_its_field() -> None:
    before = {"title": "Masks", "links": [], "figures": [MASKS], "recipients": ["PAK", "ITA"]}
    after = before | {
        "links": [{"type": "part_of", "id": "don-00000002"}],
        "figures": [MASKS | {"value": "600"}],
        "recipients": ["ITA", "PAK"],
    }

    assert [change.path for change in diff(before, after)] == [
        "links[part_of don-00000002]",
        "figures[quantity surgical-mask piece single].value",
        "recipients",
    ]
    assert list(diff(before, before)) == []
