"""What is peculiar to items: a tree, and the codes under which customs count."""

from typing import Any

import pytest
from django.test import Client

from tests.support.factories import ITEMS, HSCodeFactory, ItemFactory
from tests.support.routes import API, found

pytestmark = pytest.mark.django_db

PATH = f"{API}items/"


@pytest.fixture(autouse=True)
def items(db: None) -> None:
    for code in ITEMS:
        ItemFactory(code=code)


def codes(client: Client, **query: Any) -> set[str]:
    answer = found(client, PATH, **query, count="true")
    assert answer["count"] == len(answer["results"])
    return {row["code"] for row in answer["results"]}


def test_within_finds_an_item_and_all_below_it(client: Client) -> None:
    masks = {"mask", "surgical-mask", "respirator-n95"}

    assert codes(client, within="surgical-mask") == {"surgical-mask"}
    assert codes(client, within="mask") == masks
    assert codes(client, within="personnel") == {"personnel", "medical-team"}
    assert masks < codes(client, within="medical-supplies")
    assert codes(client, within="medical-supplies", name="mask") == {"mask", "surgical-mask"}


def test_a_deep_tree_is_found_whole(client: Client) -> None:
    parent = "surgical-mask"
    for depth in range(3):
        ItemFactory(code=f"deeper-{depth}", name=f"Deeper {depth}", default_unit="",
                    parent_id=parent, parent=None)  # fmt: skip
        parent = f"deeper-{depth}"

    assert codes(client, within="medical-supplies") >= {"mask", "deeper-0", "deeper-1", "deeper-2"}
    assert codes(client, within="deeper-1") == {"deeper-1", "deeper-2"}


def test_items_are_found_by_their_hs_codes(client: Client) -> None:
    """Shared by items, and different between editions: an item is found once."""
    for code in ("surgical-mask", "respirator-n95"):
        for edition in ("HS2017", "HS2022"):
            HSCodeFactory(item=ItemFactory(code=code), edition=edition)
    HSCodeFactory(item=ItemFactory(code="test-kit"), code="3822.00")
    HSCodeFactory(item=ItemFactory(code="test-kit"), code="3822.19", edition="HS2022")

    for written in ("6307.90", "630790"):
        assert codes(client, hs_code=written) == {"surgical-mask", "respirator-n95"}
    assert codes(client, hs_code="3822.00,3822.19") == {"test-kit"}
    assert codes(client, hs_code="9018.19") == set()
    assert codes(client, hs_code="6307.90", within="mask", name="n95") == {"respirator-n95"}
    assert found(client, f"{PATH}test-kit/")["hs_codes"] == [
        {"code": "3822.00", "edition": "HS2017", "assigned_by": "curator", "confidence": "high"},
        {"code": "3822.19", "edition": "HS2022", "assigned_by": "curator", "confidence": "high"},
    ]


def test_the_codes_of_an_item_can_be_thinned(client: Client) -> None:
    HSCodeFactory(item=ItemFactory(code="mask"))

    item = found(client, f"{PATH}mask/", fields="code,hs_codes.code")

    assert item == {"code": "mask", "hs_codes": [{"code": "6307.90"}]}


def test_an_item_names_its_parent_and_its_unit(client: Client) -> None:
    mask, root = found(client, f"{PATH}mask/"), found(client, f"{PATH}medical-supplies/")

    assert (mask["parent"], mask["default_unit"]) == ("medical-supplies", "piece")
    assert (root["parent"], root["default_unit"], root["description"]) == (None, None, None)
