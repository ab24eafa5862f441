"""The shipped dataset as rows of the totals engine, read straight from its files."""

from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from records.models.regions import regions_around
from records.totals.figures import Figure, Milestone, Party
from records.totals.milestones import span

FIXTURES = Path(__file__).parent.parent.parent / "fixtures"
SIDES = {
    # kind: file, keys of givers and receivers
    "donation": ("donations", "donors", "recipients"),
    "export": ("exports", "exporters", "destinations"),
    "contract": ("contracts", "suppliers", "buyers"),
}


@cache
def entries(name: str) -> list[dict[str, Any]]:
    """Return the versions in force of a file, every value as text."""
    # The base loader reads no `029` as a number to the base of eight.
    with (FIXTURES / f"{name}.yaml").open(encoding="utf-8") as file:
        listed = yaml.load(file, yaml.CBaseLoader)
    latest: dict[str, dict[str, Any]] = {}
    for entry in listed:
        key = entry.get("id") or entry["code"]
        if key not in latest or int(entry["version"]) > int(latest[key]["version"]):
            latest[key] = entry
    return [entry for entry in latest.values() if entry.get("action") != "withdrawn"]


@cache
def party(code: str) -> Party:
    """Return a party of the dataset."""
    found = next(entry for entry in entries("parties") if entry["code"] == code)
    region = found.get("region", "")
    return Party(
        code,
        found["type"],
        found.get("country", ""),
        tuple(regions_around(region)) if region else (),
    )


@cache
def item_path(code: str) -> tuple[str, ...]:
    """Return an item and all items above it."""
    found = next(entry for entry in entries("items") if entry["code"] == code)
    parent = found.get("parent")
    return (code, *(item_path(parent) if parent else ()))


@cache
def parties(codes: tuple[str, ...]) -> tuple[Party, ...]:
    """Return the parties of a side."""
    return tuple(party(code) for code in codes)


@cache
def links() -> list[tuple[str, str, str]]:
    """Return the links between records of all kinds."""
    return [
        (entry["id"], link["type"], link["id"])
        for file, _, _ in SIDES.values()
        for entry in entries(file)
        for link in entry.get("links", ())
    ]


def figures(kind: str, milestones: dict[str, tuple[Milestone, ...]] | None = None) -> list[Figure]:
    """Return all figures of a kind; `milestones` adds some by the record's id."""
    file, givers, receivers = SIDES[kind]
    found: list[Figure] = []
    for entry in entries(file):
        as_of, precision = day(entry["as_of"])
        start, end = entry.get("period_start"), entry.get("period_end")
        for figure in entry["figures"]:
            lower, upper = bounds(figure)
            found.append(
                Figure(
                    id=entry["id"],
                    figure=len(found),
                    measure=figure["measure"],
                    basis=figure.get("basis", "single"),
                    operator=figure.get("operator", "exact"),
                    value=number(figure.get("value")),
                    lower=lower,
                    upper=upper,
                    as_of=as_of,
                    kind=kind,
                    precision=precision,
                    givers=parties(tuple(entry.get(givers, ()))),
                    receivers=parties(tuple(entry.get(receivers, ()))),
                    stage=entry.get("stage", ""),
                    start=day(start)[0] if start else None,
                    end=span(*day(end))[1] if end else None,
                    series=entry.get("series", ""),
                    item=item_path(figure["item"]) if "item" in figure else (),
                    unit=figure.get("unit", ""),
                    currency=figure.get("currency", ""),
                    party_type=figure.get("party_type", ""),
                    party_role=figure.get("party_role", ""),
                    countable=figure.get("countable", "true") == "true",
                    reason=figure.get("countable_reason", ""),
                    rank=figure.get("rank", "normal"),
                    milestones=(milestones or {}).get(entry["id"], ()),
                )
            )
    return found


def day(text: str) -> tuple[date, str]:
    """Return a date with its precision."""
    parts = [int(part) for part in text.split("-")]
    precision = ("year", "month", "day")[len(parts) - 1]
    return date(*[*parts, 1, 1][:3]), precision


def number(text: str | None) -> Decimal | None:
    """Return a number as it was written."""
    return None if text is None else Decimal(text)


def bounds(figure: dict[str, Any]) -> tuple[Decimal | None, Decimal | None]:
    """Return the least and the most that the words of a figure allow."""
    value, operator = number(figure.get("value")), figure.get("operator", "exact")
    if operator in ("between", "order_of_magnitude"):
        return number(figure["lower"]), number(figure["upper"])
    lower = {"at_most": Decimal(0), "less_than": Decimal(0)}.get(operator, value)
    upper = value if operator in ("exact", "at_most", "less_than") else None
    return (None if operator in ("approx", "unspecified") else lower), upper
