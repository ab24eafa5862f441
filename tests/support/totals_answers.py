"""Answers of `/summary/` with every digit of their numbers."""

import json
from decimal import Decimal
from typing import Any

from django.test import Client

from tests.support.routes import API, ask


def exact(response: Any) -> dict[str, Any]:
    """Return an answer with every digit of its numbers."""
    assert response.status_code == 200, response.content
    return json.loads(response.content, parse_float=Decimal)


def get(client: Client, kind: str = "donations", **query: Any) -> dict[str, Any]:
    """Return the summary of a query."""
    return exact(ask(client, f"{API}{kind}/summary/", **query))


def only(client: Client, kind: str = "donations", **query: Any) -> dict[str, Any]:
    """Return the only total of a query."""
    totals = get(client, kind, **query)["totals"]
    assert len(totals) == 1, totals
    return totals[0]
