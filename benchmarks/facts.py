"""Facts as people read them from public statements, as NDJSON: what a parser is measured on.

A line is one page: `{"source": {"language", …}, "facts": [{"fragment", "items": [{"item",
"quantity", "lower", "upper", "qualifier", "unit", "raw_term"}], "money": {"amount", "currency",
"qualifier"}, "giver", "recipient", …}]}`. Parties are names, or counts such as
`{"count": 127, "of": "countries"}`.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

OPERATORS = {
    None: "exact",
    "exact": "exact",
    "about": "approx",
    "more than": "more_than",
    "at least": "at_least",
    "up to": "at_most",
    "less than": "less_than",
}
UNITS = {
    "ton": "tonne",
    "head": "piece",
    "item": "piece",
    "unit": "piece",
    "tablet": "piece",
    "suit": "piece",
    "conference": "event",
    "session": "event",
    "meeting": "event",
    "transport plane": "flight",
    "planeload": "flight",
    "shipment": "batch",
    "consignment": "batch",
    "case": "box",
    "package": "box",
    "person-dose (人份)": "test",
}
"""Units of the facts that the vocabulary calls otherwise."""
KNOWN_UNITS = {
    *("piece", "pair", "set", "kit", "test", "dose", "box", "vial", "bottle", "litre"),
    *("kilogram", "tonne", "person", "team", "event", "batch", "flight", "hour"),
}
VOCABULARY = r"""
import json, sys
import django
django.setup()
import yaml
entries = {}
for entry in yaml.load(open("fixtures/items.yaml", encoding="utf-8"), yaml.CSafeLoader):
    if "code" in entry and "name" in entry:
        entries[entry["code"]] = entry
rows = [(code, e["name"], e.get("aliases", []), e.get("default_unit") or "")
        for code, e in entries.items()]
parents = {code: e.get("parent") for code, e in entries.items()}
"""
"""Beginning of a program that runs in some checkout: the items of its dataset, as `rows` and
`parents`."""
PARTIES = ("giver", "recipient", "buyer", "supplier", "exporter", "destination", "target", "actor")


@dataclass(frozen=True)
class Expected:
    """A figure that a person read; empty strings where the fact leaves it open."""

    measure: str
    operator: str
    numbers: tuple[Decimal, ...]
    """The value, or both bounds."""
    item: str = ""
    unit: str = ""
    currency: str = ""


@dataclass
class Fragment:
    """A few words of a page, and the figures of the facts that rest on them."""

    words: str
    language: str
    figures: list[Expected] = field(default_factory=list)
    page: list[Expected] = field(default_factory=list)
    """All figures of the page: a fragment also bears some of them."""

    @property
    def half(self) -> str:
        """Which half it belongs to, by its hash: A is looked at when rules are written, B not."""
        return "AB"[hashlib.sha256(self.words.encode()).digest()[-1] % 2]


def fragments(paths: Iterable[Path]) -> list[Fragment]:
    """Return the fragments of fact files, each once, that rest on at least one number."""
    found: dict[str, Fragment] = {}
    for path in paths:
        for line in path.read_text("utf-8").splitlines():
            page = json.loads(line)
            everything = [figure for fact in page["facts"] for figure in expected(fact)]
            for fact in page["facts"]:
                words = fact.get("fragment")
                if not words:
                    continue
                fragment = found.setdefault(words, Fragment(words, page["source"]["language"]))
                fragment.figures += expected(fact)
                fragment.page += everything
    return [fragment for fragment in found.values() if fragment.figures]


def expected(fact: dict[str, Any]) -> Iterator[Expected]:
    """Yield the figures of a fact."""
    for item in fact.get("items") or []:
        if numbers := numbers_of(item, "quantity"):
            unit = UNITS.get(item.get("unit"), item.get("unit") or "")
            yield Expected(
                "quantity",
                operator_of(item),
                numbers,
                item=item["item"],
                unit=unit if unit in KNOWN_UNITS else "",
            )
    for money in listed(fact.get("money")):
        if numbers := numbers_of(money, "amount"):
            currency = money.get("currency") or ""
            yield Expected("money", operator_of(money), numbers, currency=currency)
        for key, value in money.items():
            if key.endswith("_equivalent") and value:
                code = key.removesuffix("_equivalent").upper()
                amount = value.get("amount") if isinstance(value, dict) else value
                if isinstance(amount, int | float):
                    yield Expected("money", operator_of(money), (number(amount),), currency=code)
    for role in PARTIES:
        for party in listed(fact.get(role)):
            if isinstance(party, dict) and (numbers := numbers_of(party, "count")):
                yield Expected("parties", operator_of(party), numbers)


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if value else []


def numbers_of(row: dict[str, Any], name: str) -> tuple[Decimal, ...]:
    value, lower, upper = (row.get(key) for key in (name, "lower", "upper"))
    if value is not None:
        return (number(value),)
    return (number(lower), number(upper)) if lower is not None and upper is not None else ()


def number(value: float) -> Decimal:
    return Decimal(str(value)).normalize()


def operator_of(row: dict[str, Any]) -> str:
    if row.get("lower") is not None and row.get("upper") is not None:
        return "between"
    return OPERATORS.get(row.get("qualifier"), "exact")
