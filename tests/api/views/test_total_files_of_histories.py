"""Totals of histories as files: their rows are the totals of the JSON."""

import io
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.test import Client

from tests.api.views.test_total_files import rows
from tests.support.histories import History
from tests.support.routes import API, ask, refused
from tests.support.totals_answers import exact, get

pytestmark = pytest.mark.django_db

KINDS = ["donations", "exports", "contracts"]
ROLES = {"donations": "donor", "exports": "exporter", "contracts": "supplier"}
NESTED = {"with_others": ("at_least", "about"), "unproven": ("figures", "records", "sum")}
PLAIN = [
    *("measure", "unit", "currency", "party_type", "party_role"),
    *("at_least", "about", "at_most", "exact", "conflict", "search", "records", "figures", "url"),
]


def as_cell(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else f"{value:f}" if isinstance(value, Decimal) else str(value)


def expected_row(total: dict[str, Any]) -> dict[str, Any]:
    row = {name: total[name] for name in PLAIN} | total["group"]
    for name, parts in NESTED.items():
        row |= {f"{name}_{part}": total[name][part] for part in parts}
    return row


def same(cell: str, value: Any) -> bool:
    """Return whether the cell of a file has the value: all numbers of a column have one form."""
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        return Decimal(cell) == value
    return cell == as_cell(value)


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("by", ["", "item", "role", "role_region,role_type", "month,currency"])
def test_rows_are_the_totals(client: Client, history: History, kind: str, by: str) -> None:
    query = {"group_by": by.replace("role", ROLES[kind])} if by else {}
    totals = get(client, kind, **query, ordering="-about")["totals"]
    table = rows(client, kind, **query, ordering="-about")

    assert len(table) == len(totals) > 0
    for row, total in zip(table, totals, strict=True):
        for name, value in expected_row(total).items():
            assert same(row[name], value), name


@pytest.mark.parametrize("kind", KINDS)
def test_workbook_has_the_rows_of_the_csv(client: Client, history: History, kind: str) -> None:
    query = {"group_by": f"{ROLES[kind]},year"}
    table = rows(client, kind, **query)
    response = ask(client, f"{API}{kind}/summary/", **query, format="xlsx")
    header, *lines = openpyxl.load_workbook(io.BytesIO(response.getvalue())).worksheets[0].values

    assert list(header) == list(table[0])
    for line, row in zip(lines, table, strict=True):
        for cell, text in zip(line, row.values(), strict=True):
            if isinstance(cell, int | float) and not isinstance(cell, bool):
                assert Decimal(repr(cell)) == Decimal(text)
            else:
                assert as_cell(cell) == text


@pytest.mark.parametrize("kind", KINDS)
def test_accept_selects_the_file_and_metadata_describe_it(
    client: Client, history: History, kind: str
) -> None:
    path = f"{API}{kind}/summary/"
    response = client.get(path, {"group_by": "item"}, headers={"accept": "text/csv"})
    assert response["Content-Type"].startswith("text/csv")
    assert response["Content-Disposition"].startswith(f'attachment; filename="aidapi-{kind}-summ')
    assert "Accept" in response["Vary"]
    header = response.getvalue().decode("utf-8-sig").splitlines()[0].split(",")
    described = exact(client.get(path, {"group_by": "item", "format": "metadata"}))
    assert [column["name"] for column in described["tableSchema"]["columns"]] == header
    assert all(column["dc:description"] for column in described["tableSchema"]["columns"])
    assert len(described["dcat:distribution"]) == 2
    assert refused(client, path, format="ndjson") == {"format": "unknown_value"}
    assert refused(client, path, raw="true") == {"raw": "not_with_this_format"}
