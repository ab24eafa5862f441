"""Conditions on figures, for every kind that has them: what one and the same figure must meet."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from records.models import DATED
from tests.support.histories import History
from tests.support.routes import RECORDS, Resource, found

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.parametrize(
        "resource", [resource for resource in RECORDS if resource.kind in DATED], ids=str
    ),
]


@pytest.fixture
def publish(resource: Resource) -> Callable[..., History]:
    """Publishes one record for each list of figures."""
    history = History(1)
    history.release(history.draft("statement"))
    (statement,) = history.rows.values()
    common = {"statement": statement, "quote": "the words that bear it", "operator": "exact"}

    def publish(*records: list[dict[str, Any]]) -> History:
        history.release(
            *(
                history.draft(resource.kind, figures=[common | figure for figure in figures])
                for figures in records
            )
        )
        return history

    return publish


MASKS = {"measure": "quantity", "item": "mask", "unit": "piece", "value": 5}
DOLLARS = {"measure": "money", "item": "test-kit", "unit": "", "currency": "USD", "value": 900}


def test_conditions_hold_for_one_and_the_same_figure(
    client: Client, resource: Resource, publish: Callable[..., History]
) -> None:
    publish([MASKS, DOLLARS])

    for requested in (
        {"item": "mask"},
        {"currency": "USD"},
        {"item": "test-kit"},
        {"item": "test-kit", "currency": "USD", "value_min": "900", "measure": "money"},
        {"measure": "quantity,money", "unit": "piece", "value_max": "5"},
        {"item": "mask,test-kit", "value_min": "800"},
    ):
        assert found(client, resource.path, **requested, count="true")["count"] == 1, requested
    # Dollars for kits are no dollars for masks, nor are they many masks.
    for requested in (
        {"item": "mask", "currency": "USD"},
        {"item": "mask", "value_min": "6"},
        {"unit": "piece", "currency": "USD"},
        {"measure": "quantity", "currency": "USD"},
        {"item": "mask", "value_min": "5", "measure": "money"},
    ):
        assert found(client, resource.path, **requested, count="true")["count"] == 0, requested


def test_an_item_includes_all_below_it(
    client: Client, resource: Resource, publish: Callable[..., History]
) -> None:
    codes = ["mask", "surgical-mask", "respirator-n95", "goggles", "medical-team"]
    publish(*([MASKS | {"item": code}] for code in codes))

    def items(requested: str) -> list[str]:
        results = found(client, resource.path, item=requested)["results"]
        return sorted(row["figures"][0]["item"] for row in results)

    masks = ["mask", "respirator-n95", "surgical-mask"]
    assert items("surgical-mask") == ["surgical-mask"]
    assert items("mask") == masks
    assert items("medical-supplies") == ["goggles", *masks]
    assert items("personnel,surgical-mask") == ["medical-team", "surgical-mask"]


def test_a_record_with_several_figures_is_found_once(
    client: Client, resource: Resource, publish: Callable[..., History]
) -> None:
    """Joins repeat no record and inflate no count."""
    publish([MASKS, MASKS | {"item": "surgical-mask"}, MASKS | {"item": "respirator-n95"}])

    for requested in ({"item": "mask"}, {"item": "medical-supplies,mask"}, {"unit": "piece"}):
        answer = found(client, resource.path, **requested, count="true")
        assert (len(answer["results"]), answer["count"]) == (1, 1), requested


BOUNDS: list[tuple[str, dict[str, Any], int, int]] = [
    # What the source says, and the greatest value_min and least value_max that find it.
    ("exact", {"value": 500}, 500, 500),
    ("approx", {"value": 500}, 500, 500),
    ("at_least", {"value": 500}, 500, 500),
    ("more_than", {"value": 500}, 500, 500),
    ("at_most", {"value": 500}, 500, 500),
    ("less_than", {"value": 500}, 500, 500),
    ("between", {"value": None, "lower": 300, "upper": 700}, 700, 300),
    ("order_of_magnitude", {"value": None, "lower": 10_000, "upper": 99_999}, 99_999, 10_000),
]


def test_bounds_are_compared_where_there_is_no_value(
    client: Client, resource: Resource, publish: Callable[..., History]
) -> None:
    publish(*([MASKS | {"operator": operator} | numbers] for operator, numbers, _, _ in BOUNDS))

    for operator, _, most, least in BOUNDS:
        for bounds, count in (
            ({"value_min": most}, 1),
            ({"value_max": least}, 1),
            ({"value_min": least, "value_max": most}, 1),
            ({"value_min": f"{most}.000001"}, 0),
            ({"value_max": least - 1}, 0),
        ):
            requested = {"item": "mask", "operator": operator} | bounds
            assert found(client, resource.path, **requested, count="true")["count"] == count, (
                requested
            )


def test_an_unnumbered_figure_meets_no_bound(
    client: Client, resource: Resource, publish: Callable[..., History]
) -> None:
    publish([MASKS | {"operator": "unspecified", "value": None}])

    assert found(client, resource.path, item="mask")["results"]
    for bound in ({"value_min": "0"}, {"value_max": "999999999999999"}):
        assert not found(client, resource.path, item="mask", **bound)["results"]


def test_numbers_are_exact_to_fifteen_digits(
    client: Client, resource: Resource, publish: Callable[..., History]
) -> None:
    numbers = ["0.000001", "0.1", "123456789.123456", "100000000000000", "999999999999999"]
    publish(*([MASKS | {"value": number}] for number in numbers))

    for number in numbers:
        requested = {"unit": "piece", "value_min": number, "value_max": number}
        (row,) = found(client, resource.path, **requested)["results"]
        assert row["figures"][0]["value"] == float(number)
