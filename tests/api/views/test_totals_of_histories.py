"""Totals of random datasets through the API, against the second implementation of the proven
minimum over the published documents."""

import os
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from django.test import Client

from records.models import DATED, Basis, CountableReason, Operator
from tests.support.histories import History
from tests.support.history_figures import engine_query
from tests.support.naive_evaluator import Query, proving
from tests.support.proven_minimum import proven_minimum
from tests.support.random_queries import drawn_conditions
from tests.support.routes import RECORDS, Resource
from tests.support.thoroughness import THOROUGH
from tests.support.totals_answers import exact, get

pytestmark = pytest.mark.django_db

DATASETS = int(os.environ.get("DATASETS") or (10 if THOROUGH else 4))
"""So many are made up; DATASETS requests more."""
COUNTED = [resource for resource in RECORDS if resource.kind in DATED]
SPLIT = ("measure", "unit", "currency", "party_type", "party_role")
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


def check(
    client: Client, history: History, resource: Resource, query: Query, include: list[str]
) -> None:
    """Check the totals of a query, and the lists behind them."""
    requested = query | ({"include": ",".join(include)} if include else {})
    answer = get(client, resource.name, **requested)
    rows, links = proving(history, resource.kind, query)
    expected = proven_minimum(rows, links, engine_query(resource.kind, query, include))
    stages = (
        set(DATED[resource.kind].Stage.values) if hasattr(DATED[resource.kind], "Stage") else {}
    )
    proves = all(
        reason in ("pledge", "not_signed", "cancelled")
        or (reason in stages and reason != "unknown")
        for reason in include
    )
    found = {}
    for total in answer["totals"]:
        assert total["search"] == "exact"
        if total["at_least"] is not None:
            key = (resource.kind, *(total[name] or "" for name in SPLIT))
            found[key] = Decimal(total["at_least"])
            assert total["about"] >= total["at_least"]
        page = exact(client.get(f"{total['url']}&page_size=500&fields=id"))
        used = {row["id"] for row in total["used"]}
        assert {row["id"] for row in page["results"]} >= used, requested
        assert len(page["results"]) == total["records"], requested
    assert found == (expected if proves else {}), requested


def check_groups(client: Client, history: History, resource: Resource, by: str) -> None:
    """Check that the totals of a group are those of the query that its value makes."""
    answer = get(client, resource.name, group_by=by)
    for total in answer["totals"]:
        value = total["group"][by]
        if by not in resource.filters.base_filters or value in (None, "joint", "unknown"):
            continue
        whole = get(client, resource.name, **{by: value})
        (same,) = [
            one for one in whole["totals"] if all(one[name] == total[name] for name in SPLIT)
        ]
        for name in ("at_least", "about", "at_most", "with_others"):
            assert same[name] == total[name], (by, value, name)


NARROWER: list[Query] = [
    {"item": "mask"},
    {"item": "surgical-mask,test-kit"},
    {"currency": "USD"},
    {"unit": "piece", "value_min": "1000"},
    {"basis": "cumulative_to_date"},
    {"as_of_to": "2020-04-01"},
    {"as_of_from": "2020-04-01"},
    {"latest": "true"},
    {"series": "masks-given"},
    {"joint": "false"},
    {"operator": "exact"},
    {"publisher": "a"},
]


@pytest.mark.parametrize("resource", COUNTED, ids=str)
def test_totals_of_any_query(client: Client, history: History, resource: Resource) -> None:
    rng = Random(7)
    for _ in range(DATASETS):
        query = drawn_conditions(rng, resource, history)
        check(client, history, resource, query, [])
