"""What the versions of a record say has changed, field by field."""

import copy
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.documents.differences import differences

FIGURE: dict[str, Any] = {
    "measure": "quantity",
    "operator": "exact",
    "value": 500,
    "lower": 500,
    "upper": 500,
    "item": "surgical-mask",
    "unit": "piece",
    "currency": None,
    "party_type": None,
    "party_role": None,
    "basis": "single",
    "countable": True,
    "countable_reason": None,
    "rank": "normal",
    "rank_reason": None,
    "evidence": {"statement": "st-00000001", "quote": "500 masks", "offset": 7},
}
MONEY = FIGURE | {"measure": "money", "item": None, "unit": None, "currency": "USD", "value": 20}
DOCUMENT: dict[str, Any] = {
    "id": "don-00000001",
    "kind": "donation",
    "version": 1,
    "published_in": 1,
    "title": "China sends masks to Pakistan",
    "note": None,
    "donors": [{"code": "CHN", "name": "China", "type": "country", "country": "CHN"}],
    "recipients": [
        {"code": "PAK", "name": "Pakistan", "type": "country", "country": "PAK"},
        {"code": "who", "name": "WHO", "type": "international_organisation", "country": None},
    ],
    "period": {"start": None, "end": "2020-04-10"},
    "figures": [FIGURE, MONEY],
    "statements": [{"id": "st-00000001", "version": 1, "title": "Briefing"}],
    "links": [{"type": "part_of", "id": "don-00000002"}],
    "topics": ["customs", "talks"],
}


def changed(**changes: Any) -> list[tuple[str, Any, Any]]:
    after = copy.deepcopy(DOCUMENT) | {"version": 2, "published_in": 3} | changes
    found = differences(copy.deepcopy(DOCUMENT), after)
    return [(change["field"], change["before"], change["after"]) for change in found]


def test_the_first_version_changes_nothing() -> None:
    assert differences(None, DOCUMENT) == []


def test_its_number_and_revision_are_no_change() -> None:
    assert changed() == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"title": "New"}, [("title", "China sends masks to Pakistan", "New")]),
        ({"note": "Doubtful."}, [("note", None, "Doubtful.")]),
        (
            {"period": {"start": "2020-04-01", "end": "2020-04-10"}},
            [("period.start", None, "2020-04-01")],
        ),
        (
            {"topics": ["customs"]},
            [("topics", ["customs", "talks"], ["customs"])],
        ),
        ({"links": []}, [("links[part_of don-00000002]", DOCUMENT["links"][0], None)]),
        (
            {"statements": [{"id": "st-00000001", "version": 2, "title": "Briefing"}]},
            [("statements[st-00000001].version", 1, 2)],
        ),
        (
            {"donors": []},
            [("donors[CHN]", DOCUMENT["donors"][0], None)],
        ),
        (
            {"figures": [FIGURE | {"value": 600}, MONEY]},
            [("figures[quantity surgical-mask piece single].value", 500, 600)],
        ),
        (
            {"figures": [FIGURE, MONEY | {"currency": "CNY"}]},
            [
                ("figures[money USD single]", MONEY, None),
                ("figures[money CNY single]", None, MONEY | {"currency": "CNY"}),
            ],
        ),
        (
            {"figures": [FIGURE | {"evidence": FIGURE["evidence"] | {"offset": 9}}, MONEY]},
            [("figures[quantity surgical-mask piece single].evidence.offset", 7, 9)],
        ),
    ],
)
def test_a_change_is_reported_where_it_is(
    changes: dict[str, Any], expected: list[tuple[str, Any, Any]]
) -> None:
    assert changed(**changes) == expected


def test_a_new_field_of_the_document_is_reported() -> None:
    assert changed(form="goods") == [("form", None, "goods")]


def test_what_only_moved_is_no_change() -> None:
    assert changed(figures=[MONEY, FIGURE], recipients=DOCUMENT["recipients"][::-1]) == []


def test_rival_reports_are_reported_apart_by_their_statements() -> None:
    """A second report joins the first, and then is before it."""
    rival = FIGURE | {"value": 700, "evidence": {"statement": "st-00000002", "quote": "700"}}
    one, two = {"figures": [FIGURE]}, {"figures": [FIGURE, rival]}
    name = "figures[quantity surgical-mask piece single by st-0000000{}]"

    assert differences(one, two) == [{"field": name.format(2), "before": None, "after": rival}]
    assert differences(two, one) == [{"field": name.format(2), "before": rival, "after": None}]
    assert differences(two, {"figures": [rival, FIGURE]}) == []
    assert differences(two, {"figures": [rival | {"rank": "preferred"}, FIGURE]}) == [
        {"field": name.format(2) + ".rank", "before": "normal", "after": "preferred"}
    ]


leaves = st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["a", "b"])
members = st.lists(
    st.fixed_dictionaries({"code": st.sampled_from("abcd"), "name": leaves}),
    max_size=4,
    unique_by=lambda member: member["code"],
)
documents = st.fixed_dictionaries(
    {
        "title": leaves,
        "topics": st.lists(st.sampled_from("xy"), max_size=2),
        "donors": members,
        "period": st.fixed_dictionaries({"start": leaves, "end": leaves}),
    }
)


@given(documents, documents, st.randoms(use_true_random=False))
def test_what_is_reported_is_what_differs(
    before: dict[str, Any], after: dict[str, Any], rng: Random
) -> None:
    """The differences put into the old document make the new one, and none is idle."""
    rng.shuffle(before["donors"])
    reported = differences(before, after)

    rebuilt = copy.deepcopy(before)
    donors = {member["code"]: member for member in rebuilt["donors"]}
    for change in reported:
        assert change["before"] != change["after"]
        name, _, inner = change["field"].partition(".")
        if name.startswith("donors["):
            code = name.removeprefix("donors[").removesuffix("]")
            if inner:
                donors[code][inner] = change["after"]
            elif change["after"] is None:
                del donors[code]
            else:
                donors[code] = change["after"]
        elif inner:
            rebuilt[name][inner] = change["after"]
        else:
            rebuilt[name] = change["after"]
    rebuilt["donors"] = sorted(donors.values(), key=lambda member: member["code"])
    assert rebuilt == after | {"donors": sorted(after["donors"], key=lambda row: row["code"])}
