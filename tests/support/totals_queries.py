"""What the API's totals are held to: an independent computation from the served documents."""

import json
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.test import Client

from records.models import DATED
from tests.support.expected_totals import SAME, Claim, left_out, totals
from tests.support.histories import History
from tests.support.naive_evaluator import Query, claims_of
from tests.support.routes import RECORDS, Resource, ask

COUNTED = [resource for resource in RECORDS if resource.kind in DATED]
SUMS = ("sum", "sum_lower", "sum_upper")


def exact(response: Any) -> dict[str, Any]:
    """The answer with every digit of its numbers."""
    assert response.status_code == 200, response.content
    return json.loads(response.content, parse_float=Decimal)


def check(
    client: Client,
    history: History,
    resource: Resource,
    query: Query,
    groupings: Sequence[Sequence[str]] = ((),),
    include: Sequence[str] = (),
    *,
    drill: bool = True,
) -> None:
    """The totals of a query, in each grouping, are what its documents come to when counted by
    themselves; with `drill`, the list behind every total has exactly its records."""
    claims = claims_of(history, resource.kind, query, include)
    for by in groupings:
        asked = query | ({"group_by": ",".join(by)} if by else {})
        asked |= {"include": ",".join(include)} if include else {}
        answer = exact(ask(client, f"{resource.path}summary/", **asked))
        assert answer["revision"] == int(query.get("revision", history.newest))
        assert (answer["group_by"], answer["include"]) == (list(by), list(include))
        compare(answer, claims, list(by), asked)
        for total in answer["totals"] if drill else ():
            page = exact(client.get(f"{total['url']}&page_size=500&count=true&fields=id"))
            ids = {row["id"] for row in page["results"]}
            assert ids == totals(claims, list(by))[key_of(total, by)]["ids"], total["url"]
            assert page["count"] == len(ids)


def compare(answer: dict[str, Any], claims: list[Claim], by: list[str], asked: Query) -> None:
    assert answer["figures"] == len(claims)
    assert answer["records"] == len({claim.record["id"] for claim in claims})
    found = {row["reason"]: (row["records"], row["figures"]) for row in answer["left_out"]}
    assert found == left_out(claims), asked
    told = {key_of(total, by): total for total in answer["totals"]}
    assert len(told) == len(answer["totals"]), "no group comes twice"
    expected = totals(claims, by)
    assert told.keys() == expected.keys(), asked
    for key, total in told.items():
        wanted = expected[key]
        assert total["records"] == len(wanted["ids"]), (asked, key)
        for name in ("figures", "unspecified", "exact"):
            assert total[name] == wanted[name], (asked, key, name)
        for name in SUMS:
            number = None if total[name] is None else Fraction(str(total[name]))
            assert number == wanted[name], (asked, key, name)


def key_of(total: dict[str, Any], by: Sequence[str]) -> tuple:
    group = [total["group"][name] for name in by]
    return (*group, total["stage"], *(total[name] for name in SAME if name != "item"))
