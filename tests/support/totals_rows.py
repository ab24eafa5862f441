"""Rows of the totals engine in one line."""

from datetime import date
from decimal import Decimal
from typing import Any

from records.totals.answer import Total, answer
from records.totals.figures import Figure, Party
from records.totals.links import Links
from records.totals.prepare import prepare
from records.totals.scopes import Condition, Query

CHINA = Party("CHN", "country", "CHN", ("030", "142", "001"))
CITY = Party("chn-city", "local_government", "CHN")
ITALY = Party("ITA", "country", "ITA", ("039", "150", "001"))
KENYA = Party("KEN", "country", "KEN", ("014", "202", "002", "001"))
WHO = Party("who", "international_organisation")
MASK, PPE, SUPPLIES = ("mask", "ppe", "supplies"), ("ppe", "supplies"), ("supplies",)
SURGICAL, GLOVES = ("surgical", *MASK), ("gloves", *PPE)


def figure(id: str, value: int | str | None = 100, **content: Any) -> Figure:
    """Make an exact single of masks from China, delivered on 1 April 2020."""
    number = None if value is None else Decimal(value)
    given: dict[str, Any] = {
        "figure": int("".join(filter(str.isdigit, id)) or 0),
        "measure": "quantity",
        "basis": "single",
        "operator": "exact",
        "value": number,
        "lower": number,
        "upper": number,
        "as_of": date(2020, 4, 1),
        "givers": (CHINA,),
        "receivers": (ITALY,),
        "stage": "delivered",
        "item": MASK,
        "unit": "piece",
    }
    return Figure(id=id, **(given | content))


def running(id: str, value: int | str | None = 100, **content: Any) -> Figure:
    """Make the same as a running total."""
    return figure(id, value, **({"basis": "cumulative_to_date"} | content))


def about(id: str, value: int | str, **content: Any) -> Figure:
    """Make the same as an approximate single."""
    return figure(id, value, **({"operator": "approx", "lower": None, "upper": None} | content))


def totals(
    *rows: Figure, query: Query | None = None, links: list[tuple[str, str, str]] | None = None
) -> list[Total]:
    """Return the totals of a query over rows."""
    requested = query or Query()
    return answer(
        prepare(rows, Links(links or []), requested.include, requested.milestone), requested
    )


def only(*rows: Figure, **content: Any) -> Total:
    """Return the only total."""
    (found,) = totals(*rows, **content)
    return found


def reasons(total: Total) -> dict[str, tuple[str, str | None]]:
    """Return why figures are not in `about`, and what holds them, by their records."""
    return {row.figure.id: (row.in_about.reason, row.in_about.holder) for row in total.left_out}


def said(total: Total) -> tuple[Any, ...]:
    """Return all that a total says, down to every figure."""
    return (
        *(total.split, total.at_least, total.about, total.at_most, total.search),
        *(total.with_others, total.unproven, total.breakdown),
        [(row.figure.key, row.stage, row.in_at_least, row.in_about) for row in total.judged],
    )


def by(column: str, *values: str) -> tuple[Condition, ...]:
    """Make a condition on a side."""
    return (Condition(column, frozenset(values)),)
