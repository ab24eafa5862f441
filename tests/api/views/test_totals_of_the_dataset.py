"""Totals of the shipped dataset: the worked examples, drill-downs and downloads, and every item,
party and year against a second computation."""

import csv
import io
from collections import defaultdict
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from tests.support.routes import API, ask, found
from tests.support.totals_answers import exact, get, only

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("dataset")]

MASKS = {"exporter": "CHN", "item": "mask", "measure": "quantity", "unit": "piece"}
CASH = {"donor": "CHN", "recipient": "who", "currency": "USD"}


def test_exported_masks_are_proven_by_customs_and_about_the_later_round_number(
    client: Client,
) -> None:
    total = only(client, "exports", **MASKS)

    assert (total["at_least"], total["about"]) == (224_200_000_000, 372_000_000_000)
    assert (total["at_most"], total["search"], total["conflict"]) == (None, "exact", False)
    assert total["unproven"] == {"figures": 3, "records": 3, "sum": 232_664_000_000}
    used = {row["id"]: (row["in_at_least"], row["in_about"]) for row in total["used"]}
    assert used == {"exp-p19e7t6s": (True, False), "exp-f7fk5qf4": (False, True)}
    held = {
        row["id"]: (left["reason"], row["held_by"])
        for left in total["left_out"]
        for row in left["which"]
    }
    assert held["exp-j2v1nxdx"] == ("overlaps", "exp-f7fk5qf4")
    assert held["exp-pcyan616"] == ("overtaken", "exp-p19e7t6s")


@pytest.mark.parametrize(
    ("query", "at_least", "about"),
    [
        ({"as_of_to": "2020-12-31"}, 224_200_000_000, 224_200_000_000),
        ({"as_of_from": "2021-01-01", "as_of_to": "2021-12-31"}, None, None),
    ],
)
def test_exported_masks_count_in_a_period_only_with_both_ends_in_it(
    client: Client, query: dict[str, str], at_least: int | None, about: int | None
) -> None:
    total = only(client, "exports", **MASKS, **query)
    assert (total["at_least"], total["about"]) == (at_least, about)


@pytest.mark.parametrize(
    ("query", "at_least"),
    [({}, 50_000_000), ({"as_of_to": "2020-04-10"}, 20_000_000)],
)
def test_cash_to_who_counts_once(client: Client, query: dict[str, str], at_least: int) -> None:
    assert only(client, "donations", **CASH, **query)["at_least"] == at_least


def test_cash_given_in_one_month_only_is_in_no_other(client: Client) -> None:
    answer = get(client, "donations", **CASH, group_by="month")
    named = {total["group"]["month"]: total["at_least"] for total in answer["totals"]}
    assert None in named
    assert answer["note"]


def test_masks_given_with_others_count_only_with_others(client: Client) -> None:
    total = only(client, "donations", donor="alibaba-foundation", item="mask", unit="piece")

    assert (total["at_least"], total["about"]) == (None, None)
    assert total["with_others"] == {"at_least": 12_100_000, "about": 12_100_000}


QUERIES: list[tuple[str, dict[str, str]]] = [
    ("exports", MASKS),
    ("exports", {}),
    ("donations", {}),
    ("contracts", {}),
    ("donations", {"donor": "CHN"}),
    ("donations", {"recipient_region": "africa", "group_by": "donor"}),
    ("donations", {"item": "vaccine", "group_by": "recipient_country"}),
    ("donations", {"search": "mask*"}),
    ("donations", {"operator": "exact", "measure": "quantity"}),
    ("donations", {"group_by": "month,donor_type"}),
    ("exports", {"as_of_to": "2020-04-30", "group_by": "item"}),
    ("contracts", {"include": "in_talks", "group_by": "buyer"}),
    ("donations", {"series": "china-mfa-recipient-countries"}),
    ("donations", {"include": "announced", "milestone": "delivered"}),
]


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize(("kind", "query"), QUERIES)
def test_list_behind_a_total_is_that_of_its_records_and_its_rows_add_up(
    client: Client, kind: str, query: dict[str, str]
) -> None:
    answer = get(client, kind, **query)
    assert answer["totals"]
    for total in answer["totals"][:12]:
        page = exact(client.get(f"{total['url']}&page_size=500&fields=id"))
        ids = {row["id"] for row in page["results"]}
        assert len(ids) == total["records"], total["url"]
        if total["figures"] <= 10:
            assert ids == {row["id"] for row in total["used"]}
        rows = table(client.get(f"{total['url']}&format=csv"))
        check_rows(rows, total)


def table(response: Any) -> list[dict[str, str]]:
    """Return the rows of a CSV file."""
    assert response.status_code == 200, response.content
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def check_rows(rows: list[dict[str, str]], total: dict[str, Any]) -> None:
    """Check that the flagged rows of a total are its figures and come to its amount."""
    used = [row for row in rows if row["in_at_least"] == "true"]
    about = [row for row in rows if row["in_about"] == "true"]
    in_any = [row for row in rows if "true" in (row["in_at_least"], row["in_about"])]
    assert len(in_any) == total["figures"]
    if total["at_least"] is None:
        assert not used
    else:
        assert sum(Decimal(row["lower"]) for row in used) == total["at_least"]
    if total["about"] is not None:
        faces = [row["value"] if row["operator"] == "approx" else row["lower"] for row in about]
        assert sum(map(Decimal, faces)) == total["about"]
    for row in rows:
        assert bool(row["left_out_reason"]) == (
            (row["in_at_least"], row["in_about"]) != ("true", "true")
        )


@pytest.mark.parametrize("kind", ["donations", "exports", "contracts"])
def test_flagged_rows_of_a_download_add_up_to_all_totals(client: Client, kind: str) -> None:
    sums: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    names = ("measure", "unit", "currency", "party_type", "party_role")
    for row in table(ask(client, f"{API}{kind}/", format="csv")):
        if row["in_at_least"] == "true":
            sums[tuple(row[name] for name in names)] += Decimal(row["lower"])

    totals = get(client, kind)["totals"]
    assert sums == {
        tuple(total[name] or "" for name in names): total["at_least"]
        for total in totals
        if total["at_least"] is not None
    }


def test_old_name_of_the_filter_is_answered_with_the_new_one(client: Client) -> None:
    answer = ask(client, f"{API}donations/", counted="measure:money")

    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert (error["parameter"], error["suggestion"]) == ("counted", "total")


def test_totals_can_be_ordered_by_amount(client: Client) -> None:
    answer = get(client, "donations", currency="USD", group_by="recipient", ordering="-at_least")
    amounts = [total["at_least"] for total in answer["totals"]]
    known = [amount for amount in amounts if amount is not None]
    assert len(known) > 3
    assert known == sorted(known, reverse=True)
    assert amounts[: len(known)] == known


def test_series_marks_what_a_later_point_overtakes(client: Client) -> None:
    answer = found(client, f"{API}series/china-mfa-recipient-countries/")
    reasons = {figure["left_out"] for point in answer["points"] for figure in point["figures"]}
    assert {None, "overtaken"} & reasons


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("kind", ["donations", "exports", "contracts"])
@pytest.mark.parametrize("query", [{"item": "mask"}, {}, {"as_of_to": "2020-06-30"}])
def test_figures_behind_a_total_say_whether_they_are_in_it(
    client: Client, kind: str, query: dict[str, str]
) -> None:
    for total in get(client, kind, **query)["totals"]:
        page = exact(client.get(f"{total['url']}&page_size=500"))
        figures = [figure for row in page["results"] for figure in row["figures"]]
        least = [figure for figure in figures if figure["in_at_least"]]
        taken = [figure for figure in figures if figure["in_at_least"] or figure["in_about"]]

        assert len(taken) == total["figures"]
        if total["at_least"] is not None:
            assert sum(figure["lower"] for figure in least) == total["at_least"]
        for figure in figures:
            in_both = figure["in_at_least"] and figure["in_about"]
            assert (figure["left_out_reason"] is None) is in_both
