"""Totals of any dataset: rivals, series, parts of parts, joint gifts, ranges, and figures without
a number, as they come."""

import os
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from records.models import (
    DATED,
    Basis,
    CountableReason,
    Operator,
)
from records.query.figure_rows import groupings, reasons
from tests.support.histories import History
from tests.support.naive_evaluator import Query
from tests.support.routes import Resource
from tests.support.totals_queries import COUNTED, check

pytestmark = pytest.mark.django_db

DATASETS = int(os.environ.get("DATASETS") or 30)
"""So many are made up."""
NUMBERS = [
    Decimal(text)
    for text in ("0.000001", "1.5", "200", "200", "3000", "123456789.123456", "999999999999999")
]
SORTS: list[dict[str, Any]] = [
    {"measure": "quantity", "item": "surgical-mask", "unit": "piece"},
    {"measure": "quantity", "item": "mask", "unit": "piece"},
    {"measure": "quantity", "item": "test-kit", "unit": ""},
    {"measure": "money", "item": None, "unit": "", "currency": "USD"},
    {"measure": "money", "item": "mask", "unit": "", "currency": ""},
    {"measure": "parties", "item": None, "unit": "", "party_type": "country",
     "party_role": "recipient"},
]  # fmt: skip


def drawn_claim(rng: Random) -> dict[str, Any]:
    """A number and its qualifier."""
    operator = rng.choice(["exact", "exact", "exact", *Operator.values])
    number = rng.choice(NUMBERS[:-1])
    if operator in (Operator.BETWEEN, Operator.ORDER_OF_MAGNITUDE):
        return {"operator": operator, "value": None, "lower": number, "upper": number * 10}
    if operator == Operator.UNSPECIFIED:
        return {"operator": operator, "value": None}
    return {"operator": operator, "value": rng.choice(NUMBERS)}


def drawn_figures(rng: Random, statements: list[Any]) -> list[dict[str, Any]]:
    """Figures of one record, rivals among them: equal ones, and unequal ones of which one is
    preferred; and others that stand beside."""
    figures = []
    for sort in rng.sample(SORTS[: rng.choice([2, 2, 6])], rng.choice([1, 1, 2])):
        basis = rng.choice(["single", "cumulative_to_date", "cumulative_to_date"])
        if rng.random() < 0.1:
            basis = rng.choice(Basis.values)
        first = drawn_claim(rng)
        rivals = [
            (first if rng.random() < 0.5 else drawn_claim(rng)) | {"statement": statement}
            for statement in rng.sample(statements, rng.choice([1, 1, 2, 3]))
        ]
        preferred = rng.choice(rivals)
        unequal = len({str({**rival, "statement": 0}) for rival in rivals}) > 1
        for rival in rivals:
            figure = sort | rival | {"basis": basis, "quote": "the words"}
            if unequal and rival is preferred:
                figure |= {"rank": "preferred", "rank_reason": "The recipient says so."}
            elif rng.random() < 0.1:
                figure |= {"rank": "deprecated", "rank_reason": "It was taken back."}
            if rng.random() < 0.1 or basis in ("per_recipient", "per_unit", "per_day", "target"):
                reason = rng.choice(CountableReason.values)
                figure |= {"countable": False, "countable_reason": reason}
            figures.append(figure)
    return figures


def dataset(seed: int, size: int) -> tuple[History, Resource]:
    """Records of one kind among which there are rivals, points of series, parts of parts, joint
    gifts, ranges, and figures without a number."""
    history = History(seed)
    rng = history.random
    resource = rng.choice(COUNTED)
    model = DATED[resource.kind]
    statements = [history.draft("statement") for _ in range(3)]
    history.release(*statements)
    drafts: list[Any] = []
    for _ in range(size):
        content: dict[str, Any] = {"figures": drawn_figures(rng, statements)}
        content["series"] = rng.choice(["", "masks-given", "masks-given", "doses"])
        content["as_of"] = date(2020, rng.choice([1, 4, 12]), 1)
        content["as_of"] += timedelta(days=rng.randrange(3))
        content["as_of_precision"] = rng.choice(["day", "day", "month", "year"])
        if "stage" in model.CODED:
            content["stage"] = "delivered"
            if rng.random() < 0.3:
                content["stage"] = rng.choice(model.Stage.values)
        content["links"] = {}
        if drafts and rng.random() < 0.4:
            content["links"] = {"part_of": rng.choice(drafts)}
        drafts.append(history.draft(resource.kind, **content))
    if len(drafts) > 1 and rng.random() < 0.1:
        # Two that say to be part of each other.
        drafts[0].links.create(type="part_of", target=drafts[1].public_id)
    history.release(*drafts)
    return history, resource


@settings(max_examples=DATASETS, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10**9), st.integers(1, 9))
def test_totals_of_any_dataset(client: Client, db: None, seed: int, size: int) -> None:
    with transaction.atomic():
        history, resource = dataset(seed, size)
        rng = history.random
        model = DATED[resource.kind]
        for query in ({}, rng.choice(NARROWER), rng.choice(NARROWER)):
            by = rng.sample(groupings(model), rng.randrange(3))
            include = rng.sample(reasons(model), rng.choice([0, 0, 0, 2, 6]))
            drill = rng.random() < 0.3
            check(client, history, resource, query, [by], include, drill=drill)
        transaction.set_rollback(True)


NARROWER: list[Query] = [
    {"item": "mask"},
    {"item": "surgical-mask,test-kit"},
    {"currency": "USD"},
    {"unit": "piece", "value_min": "1000"},
    {"basis": "cumulative_to_date"},
    {"as_of_to": "2020-04-01"},
    {"latest": "true"},
    {"series": "masks-given"},
    {"joint": "false"},
    {"operator": "exact"},
    {"publisher": "a"},
]
