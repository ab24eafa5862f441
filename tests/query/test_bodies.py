"""One body that was entered under two codes: queries treat the codes as one, as of a revision."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client

from records.models import DATED, Item, Party
from records.query.bodies import Bodies, bodies_at
from records.query.filters import RecordFilter
from records.query.plan import PlanStatement
from tests.support.histories import History
from tests.support.naive_evaluator import evaluate
from tests.support.routes import RECORDS, Resource, found

pytestmark = pytest.mark.django_db

PAIRS = {
    "party": [("jack-ma-foundation", "alibaba-foundation"), ("JPN", "CHN")],
    "item": [("surgical-mask", "respirator-n95"), ("goggles", "ventilator")],
}
"""Vocabulary → codes, each with the one that replaces it."""
COUNTED = [resource for resource in RECORDS if resource.kind in DATED]


@pytest.fixture
def replaced(history: History) -> History:
    """A history at the end of which codes are replaced; before, others were, and no longer."""
    books = history.fork()
    books.edit(Item.objects.get(code="mask"), replaced_by="goggles")
    books.edit(Item.objects.get(code="mask"), replaced_by=None)
    for vocabulary, model in (("party", Party), ("item", Item)):
        for old, new in PAIRS[vocabulary]:
            books.edit(model.objects.get(code=old), replaced_by=new)
    return books


def filters_of(resource: Resource) -> list[tuple[str, str]]:
    """Return the filters by codes, each with its vocabulary."""
    return [
        (name, parameter.vocabulary)
        for name, parameter in resource.filters.base_filters.items()
        if isinstance(parameter, RecordFilter) and parameter.vocabulary
    ]


def listed(client: Client, resource: Resource, **query: Any) -> list[str]:
    return [row["id"] for row in found(client, resource.path, page_size=200, **query)["results"]]


def test_bodies_are_as_of_a_revision(replaced: History) -> None:
    last = replaced.newest

    assert bodies_at(last).replaced == {name: dict(pairs) for name, pairs in PAIRS.items()}
    assert bodies_at(last - 3).replaced == {"party": dict(PAIRS["party"][:1])}
    assert bodies_at(last - 4).replaced == {}
    assert bodies_at(last - 5).replaced == {"item": {"mask": "goggles"}}


def test_codes_that_were_replaced_in_turn_are_one_body() -> None:
    bodies = Bodies({"party": {"a": "b", "b": "c", "x": "y"}})

    assert bodies.codes("party", ["b", "z"]) == ["b", "z", "a", "c"]
    assert bodies.code("party", "a") == "c"
    assert bodies.codes("item", ["a"]) == ["a"]


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("resource", COUNTED, ids=str)
def test_filters_by_either_code_find_the_records_of_both(
    client: Client, replaced: History, resource: Resource
) -> None:
    for name, vocabulary in filters_of(resource):
        for old, new in PAIRS[vocabulary]:
            for revision in (replaced.newest, replaced.newest - 6):
                one_body = revision == replaced.newest
                for code in (old, new):
                    wanted = f"{old},{new}" if one_body else code
                    query = {name: wanted, "revision": str(revision)}
                    ids = [row.id for row in evaluate(replaced, resource.kind, query, "-as_of")]
                    given = query | {name: code}

                    assert listed(client, resource, **given) == ids, given
                    page = found(client, resource.path, count="true", **given)
                    assert page["count"] == len(ids)
                    more = {"linked": "same_event_as", "ordering": "title"}
                    both = [row.id for row in evaluate(
                        replaced, resource.kind, query | {"linked": "same_event_as"}, "title"
                    )]  # fmt: skip
                    assert listed(client, resource, **given, **more) == both


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("resource", COUNTED, ids=str)
def test_facets_and_totals_have_one_body(
    client: Client, replaced: History, resource: Resource
) -> None:
    names = filters_of(resource)
    facets = found(
        client, f"{resource.path}facets/", facets=",".join(name for name, _ in names), limit=500
    )["facets"]
    for (name, vocabulary), facet in zip(names, facets, strict=True):
        counts = {value["value"]: value["records"] for value in facet["values"]}
        for old, new in PAIRS[vocabulary]:
            assert old not in counts
            assert counts.get(new, 0) == len(listed(client, resource, **{name: old}))
    summary = f"{resource.path}summary/"
    giving, receiving = DATED[resource.kind].MAIN_ROLES
    for name, vocabulary in ((giving, "party"), (receiving, "party"), ("item", "item")):
        groups = found(client, summary, group_by=name)["totals"]
        for old, new in PAIRS[vocabulary]:
            assert old not in {row["group"][name] for row in groups}
            ours = found(client, summary, **{name: old})["totals"]
            theirs = found(client, summary, **{name: new})["totals"]
            assert [row["at_least"] for row in ours] == [row["at_least"] for row in theirs]
            for row in groups:
                total = f"{name}:{row['group'][name]},measure:{row['measure']}"
                if row["group"][name] == new:
                    as_old = total.replace(new, old)
                    assert listed(client, resource, total=total) == listed(
                        client, resource, total=as_old
                    )


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL rewrites the condition.")
@pytest.mark.parametrize("revision", [None, 1])
def test_replaced_codes_are_read_from_their_index(db: None, revision: int | None) -> None:
    """Not from all changes, which every list would read."""
    statement = PlanStatement("donation")
    statement.read_bodies(revision)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {statement.parts[1]}", statement.params)
        steps = [row[3] for row in cursor.fetchall()]

    assert [step for step in steps if " c " in step] == ["SCAN c USING INDEX change_replaced"]
