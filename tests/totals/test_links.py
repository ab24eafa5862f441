"""Links through any chain."""

import pytest

from records.totals.links import BY_ITEM, NEVER, Links

Link = tuple[str, str, str]
PART, SAME, FUNDS, MAY = "part_of", "same_event_as", "funds", "may_overlap"


@pytest.mark.parametrize(
    ("links", "expected"),
    [
        ([("a", PART, "b")], BY_ITEM),
        ([("b", PART, "a")], BY_ITEM),
        ([("a", PART, "x"), ("x", PART, "b")], BY_ITEM),
        ([("a", SAME, "b")], BY_ITEM),
        ([("x", FUNDS, "a"), ("b", SAME, "x")], BY_ITEM),
        ([("a", "contradicts", "b")], NEVER),
        ([("b", "supersedes", "a")], NEVER),
        ([("a", "amends", "b")], NEVER),
        ([("a", MAY, "b")], NEVER),
        ([("a", SAME, "x"), ("x", MAY, "b")], NEVER),
        ([("a", PART, "x"), ("x", "contradicts", "b")], NEVER),
        ([("a", SAME, "b"), ("b", MAY, "a")], NEVER),
        ([("a", SAME, "x"), ("x", SAME, "b"), ("a", MAY, "x")], NEVER),
        # Two parts of one whole.
        ([("a", PART, "x"), ("b", PART, "x")], ""),
        ([("a", PART, "x"), ("b", PART, "y"), ("x", PART, "z"), ("y", PART, "z")], ""),
        # Parts of two reports of one whole.
        ([("a", PART, "x"), ("b", PART, "y"), ("x", SAME, "y")], BY_ITEM),
        ([("a", PART, "x"), ("b", PART, "y"), ("x", "contradicts", "y")], NEVER),
        ([("a", PART, "x"), ("b", PART, "x"), ("b", PART, "y"), ("x", SAME, "y")], BY_ITEM),
        # A whole of two parts relates neither to what its parts are beside.
        ([("a", SAME, "x"), ("b", SAME, "y"), ("z", PART, "x"), ("z", PART, "y")], ""),
        ([("a", PART, "b"), ("b", PART, "a")], BY_ITEM),
        ([("a", SAME, "x")], ""),
        ([], ""),
    ],
)
def test_relation_of_two_records(links: list[Link], expected: str) -> None:
    assert Links(links).relation("a", "b") == expected
    assert Links(links).relation("b", "a") == expected
    assert Links(links[::-1]).relation("a", "b") == expected


def test_figures_of_one_record_are_reported_apart_by_item() -> None:
    assert Links().relation("a", "a") == BY_ITEM
    assert Links([("a", MAY, "b")]).relation("a", "a") == BY_ITEM


def test_parts_are_known_through_chains_that_are_sure() -> None:
    links = Links([("a", PART, "x"), ("x", SAME, "y"), ("y", PART, "b"), ("b", MAY, "c")])
    assert links.is_part("a", "b")
    assert links.is_part("x", "b")
    assert not links.is_part("b", "a")
    assert not links.is_part("a", "c")
    assert links.surely_joined("a", "b")
    assert not links.surely_joined("a", "c")
    assert links.island("a") == links.island("c")
    assert links.linked == {"a", "b", "c", "x", "y"}
