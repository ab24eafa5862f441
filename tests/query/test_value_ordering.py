"""Lists in the order of figures: where each sort of number has its place, and that walks along it
find every record once."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from records.models import DATED
from tests.support.factories import RECORDS as FACTORIES
from tests.support.factories import StatementFactory, publish
from tests.support.routes import RECORDS, Resource, found, walk

pytestmark = pytest.mark.django_db

KINDS = [resource for resource in RECORDS if resource.kind in DATED]

MONEY = {"measure": "money", "item": None, "unit": "", "party_type": "", "party_role": ""}
PARTIES = {
    "measure": "parties",
    "item": None,
    "unit": "",
    "party_type": "country",
    "party_role": "recipient",
}
UNITS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "unit": ({"unit": "piece"}, {"unit": "box"}),
    "currency": (MONEY | {"currency": "USD"}, {"currency": "EUR"}),
    "measure": (PARTIES, MONEY | {"currency": "USD"}),
}
"""Parameter → columns of the figures that are ordered, and what others have instead."""
FIGURES: dict[str, list[dict[str, Any]]] = {
    "range": [{"operator": "between", "value": None, "lower": 5, "upper": 90}],
    "up to": [{"operator": "at_most", "value": 80}],
    "at least": [{"operator": "at_least", "value": 70}],
    "tie": [{"value": 70}],
    "fraction": [{"value": Decimal("0.000001")}],
    "digits": [{"value": Decimal("123456789012.345")}],
    "digits and more": [{"value": Decimal("123456789012.346")}],
    "several": [{"value": 60}, {"value": 85}, {"operator": "unspecified", "value": None}],
    "other unit": [{"value": 65}, {"value": 1000, "other": True}],
    "none": [{"operator": "unspecified", "value": None}],
    "none again": [{"operator": "unspecified", "value": None}] * 2,
}
BY_SIZE = {
    "-value": [
        ["digits and more"],
        ["digits"],
        ["range"],
        ["several"],
        ["up to"],
        ["at least", "tie"],
        ["other unit"],
        ["fraction"],
        ["none", "none again"],
    ],
    "value": [
        ["fraction"],
        ["several"],
        ["other unit"],
        ["at least", "tie"],
        ["up to"],
        ["range"],
        ["digits"],
        ["digits and more"],
        ["none", "none again"],
    ],
}
"""Ordering → names of the records, in groups of equals."""


def published(resource: Resource, name: str) -> dict[str, str]:
    """Publish a record of each sort of figures; return id → its name."""
    columns, others = UNITS[name]
    statement = StatementFactory()
    records = {}
    for key, figures in FIGURES.items():
        rows = []
        for figure in figures:
            values = dict(figure)
            other = others if values.pop("other", False) else {}
            row = {**columns, **values, **other, "statement": statement, "quote_reason": "Meant."}
            rows.append(row | {"countable": False, "countable_reason": "part_of_total"})
        records[key] = FACTORIES[DATED[resource.kind]](figures=rows)
    publish(*records.values())
    return {record.public_id: key for key, record in records.items()}


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("resource", KINDS, ids=str)
@pytest.mark.parametrize("name", UNITS)
def test_numbers_have_their_documented_place_in_both_directions(
    client: Client, resource: Resource, name: str
) -> None:
    names = published(resource, name)
    code = {"unit": "piece", "currency": "USD", "measure": "parties"}[name]
    for ordering, groups in BY_SIZE.items():
        ids = {key: id for id, key in names.items()}
        expected = [
            id
            for group in groups
            for id in sorted((ids[key] for key in group), reverse=ordering.startswith("-"))
        ]
        whole = found(client, resource.path, ordering=ordering, **{name: code})
        assert [row["id"] for row in whole["results"]] == expected
        for size in (1, 2, 3, len(expected) - 1):
            start = f"{resource.path}?{name}={code}&ordering={ordering}&page_size={size}"
            there = list(walk(client, start))
            assert [row["id"] for page in there for row in page["results"]] == expected
            back = list(walk(client, there[-1]["previous"], "previous"))
            assert [page["results"] for page in reversed(back)] == [
                page["results"] for page in there[:-1]
            ]
        lines = client.get(
            resource.path,
            {name: code, "ordering": ordering, "format": "ndjson", "rows": "records"},
        )
        text = b"".join(lines.streaming_content).decode()  # type: ignore[attr-defined]
        assert [line.split('"id":"')[1][:12] for line in text.splitlines()] == expected


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("resource", KINDS, ids=str)
def test_only_figures_that_pass_all_filters_order(client: Client, resource: Resource) -> None:
    names = published(resource, "unit")
    query = {"unit": "piece", "item": "mask", "value_max": "84", "ordering": "-value"}
    rows = found(client, resource.path, **query, operator="exact")["results"]

    assert [names[row["id"]] for row in rows] == ["tie", "other unit", "several", "fraction"]
