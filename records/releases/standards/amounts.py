"""Which figures a standard may state as plain amounts, and figures in words for all others."""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from aidapi.dates import in_words

Json = dict[str, Any]

PLAIN = {"operator": "exact", "basis": "single", "countable": True}
"""What a figure that is stated as an amount has: nothing is lost without its qualifiers."""
OPERATORS = {
    "approx": "about ",
    "at_least": "at least ",
    "more_than": "more than ",
    "at_most": "at most ",
    "less_than": "less than ",
    "order_of_magnitude": "in the order of ",
}
"""Operator → the words before a number; the others need none."""


def reported(document: Json, measure: str) -> list[list[Json]]:
    """Return the figures of a record about each thing, of contradicting reports the preferred."""
    reports: dict[tuple[Any, ...], list[Json]] = defaultdict(list)
    for figure in document["figures"]:
        if figure["measure"] == measure and figure["rank"] != "deprecated":
            reports[figure["item"], figure["unit"], figure["currency"]].append(figure)
    return [
        [one for one in rivals if one["rank"] == "preferred"] or rivals
        for rivals in reports.values()
    ]


def amounts(document: Json, measure: str) -> list[Json]:
    """Return the figures of a record that may be stated as amounts: of several reports of one
    thing one; none where they differ."""
    found = []
    for rivals in reported(document, measure):
        plain = [one for one in rivals if all(one[name] == PLAIN[name] for name in PLAIN)]
        if plain and len({one["value"] for one in plain}) == 1:
            found.append(plain[0])
    return found


def sum_of(document: Json) -> Json | None:
    """Return the figure that is the sum of money of a record; None if there is none, or several
    of which none is the whole."""
    found = amounts(document, "money")
    return found[0] if len(found) == 1 else None


def is_running(document: Json) -> bool:
    """Return whether a record is a point of a series, or has running totals and no amount of its
    own: adding such records counts twice."""
    return document["series"] is not None or all(
        figure["basis"] != "single" for figure in document["figures"]
    )


def in_text(value: float) -> str:
    """Return a number in digits, without an exponent."""
    return f"{Decimal(repr(value)).normalize():f}"


def grouped(value: float) -> str:
    return f"{Decimal(repr(value)).normalize():,f}"


def figure_in_words(figure: Json, items: Mapping[str, Json]) -> str:
    """Return a figure with its qualifier: "about 500 ventilators (piece)"."""
    item = items[figure["item"]]["name"] if figure["item"] else ""
    if figure["measure"] == "money":
        what = (figure["currency"] or "of an unclear currency") + (f" for {item}" if item else "")
    elif figure["measure"] == "parties":
        what = f"parties ({figure['party_type']})"
    else:
        what = item + (f" ({figure['unit']})" if figure["unit"] else "")
    numbers = (
        [figure["value"]] if figure["value"] is not None else [figure["lower"], figure["upper"]]
    )
    if None in numbers:
        return f"{what}, no number given"
    return f"{OPERATORS.get(figure['operator'], '')}{' to '.join(map(grouped, numbers))} {what}"


def date_in_words(document: Json) -> str:
    """Return the date that a record refers to, as far as it is known."""
    return in_words(document["as_of"])
