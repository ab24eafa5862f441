"""Figures in words, where a standard has no place for their qualifiers."""

from typing import Any

import pytest

from records.releases.standards.amounts import figure_in_words

ITEMS = {"mask": {"name": "Masks"}}


@pytest.mark.parametrize(
    ("figure", "expected"),
    [
        ({"value": 500.0}, "500 Masks (piece)"),
        (
            {"value": 1_234_500.0, "unit": None, "operator": "more_than"},
            "more than 1,234,500 Masks",
        ),
        ({"lower": 3.0, "upper": 4.0, "operator": "between"}, "3 to 4 Masks (piece)"),
        (
            {"lower": 10_000.0, "upper": 99_999.0, "operator": "order_of_magnitude"},
            "in the order of 10,000 to 99,999 Masks (piece)",
        ),
        ({"operator": "unspecified"}, "Masks (piece), no number given"),
        (
            {
                "measure": "parties",
                "party_type": "country",
                "item": None,
                "operator": "unspecified",
            },
            "parties (country), no number given",
        ),
        (
            {"measure": "parties", "party_type": "country", "item": None, "value": 127.0},
            "127 parties (country)",
        ),
        ({"measure": "money", "currency": "USD", "value": 2.5, "item": None}, "2.5 USD"),
        (
            {"measure": "money", "currency": "USD", "value": 20.0, "operator": "approx"},
            "about 20 USD for Masks",
        ),
    ],
)
def test_figures_say_their_qualifiers(figure: dict[str, Any], expected: str) -> None:
    usual = {
        "measure": "quantity",
        "operator": "exact",
        "value": None,
        "lower": None,
        "upper": None,
        "item": "mask",
        "unit": "piece",
    }

    assert figure_in_words(usual | figure, ITEMS) == expected
