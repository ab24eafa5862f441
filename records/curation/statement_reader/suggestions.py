"""What a few words of a statement seem to say: a number with its qualifier, of which item, in
which unit or currency. A suggestion for the fields of a form, which a curator looks at."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from records.models import Measure, Operator, PartyType, Unit, fold, plain
from records.models.reading import (
    AFTER,
    BEFORE,
    BETWEEN,
    CURRENCIES,
    JOINED,
    PAID,
    PRICED,
    QUALIFIED,
    QUALIFIER,
    Number,
    alternatives,
    folded,
    listed,
    numbers,
    said_words,
    spaced,
)

UNITS: Mapping[str, Unit] = {
    **dict.fromkeys(listed("piece, pieces, 只, 個, 个, 件, 台, 支"), Unit.PIECE),
    **dict.fromkeys(listed("pair, pairs, 双, 雙"), Unit.PAIR),
    **dict.fromkeys(listed("set, sets, 套"), Unit.SET),
    **dict.fromkeys(listed("kit, kits"), Unit.KIT),
    **dict.fromkeys(listed("test, tests, 人份"), Unit.TEST),
    **dict.fromkeys(listed("dose, doses, dosis, 剂, 劑"), Unit.DOSE),
    **dict.fromkeys(listed("box, boxes, carton, cartons, 盒, 箱"), Unit.BOX),
    **dict.fromkeys(listed("vial, vials"), Unit.VIAL),
    **dict.fromkeys(listed("bottle, bottles, 瓶"), Unit.BOTTLE),
    **dict.fromkeys(listed("litre, litres, liter, liters, 升"), Unit.LITRE),
    **dict.fromkeys(listed("kg, kilo, kilos, kilogram, kilograms, 公斤"), Unit.KILOGRAM),
    **dict.fromkeys(listed("ton, tons, tonne, tonnes, toneladas, 吨, 噸"), Unit.TONNE),
    **dict.fromkeys(listed("people, persons, experts, doctors, nurses, members"), Unit.PERSON),
    **dict.fromkeys(listed("member, man, person, 名"), Unit.PERSON),
    **dict.fromkeys(listed("team, teams, 支队伍"), Unit.TEAM),
    **dict.fromkeys(listed("batch, batches, 批, 批次"), Unit.BATCH),
    **dict.fromkeys(listed("flight, flights, planeloads"), Unit.FLIGHT),
    **dict.fromkeys(listed("hour, hours"), Unit.HOUR),
}

COUNTED: Mapping[str, str] = {
    **dict.fromkeys(listed("country, countries, nations, paises, pays, paesi"), "country"),
    **dict.fromkeys(listed("lander, стран, странам, 国家, 國家"), "country"),
    **dict.fromkeys(
        listed(
            "international organisations, international organizations, organizaciones, "
            "organizacoes internacionais, organisations internationales, 国际组织, 國際組織"
        ),
        PartyType.INTERNATIONAL_ORGANISATION,
    ),
    **dict.fromkeys(listed("companies, enterprises, firms, 企业, 企業"), PartyType.COMPANY),
    **dict.fromkeys(listed("provinces, cities"), PartyType.LOCAL_GOVERNMENT),
}

MEASURED = re.compile(rf"(?P<said>{alternatives(UNITS)})")
PEOPLE = re.compile(rf"(?P<said>{alternatives(COUNTED)})")


@dataclass
class Known:
    """The items of the vocabulary, under every folded name that statements use."""

    items: Mapping[str, tuple[str, str, str]]
    """Code → name, default unit, and what the form's choice calls it."""
    names: list[tuple[str, str]] = field(default_factory=list)
    """(folded name, code), the longest first."""

    @classmethod
    def of(cls, rows: Iterable[tuple[str, str, list[str], str]]) -> "Known":
        """From (code, name, aliases, default unit) of each."""
        known = cls({})
        items: dict[str, tuple[str, str, str]] = {}
        names: dict[str, str] = {}
        for code, name, aliases, unit in rows:
            items[code] = name, unit, f"{name} ({code})"
            names |= {fold(alias): code for alias in [*aliases, name] if alias.strip()}
        known.items = items
        known.names = sorted(names.items(), key=lambda pair: (-len(pair[0]), pair))
        return known

    def find(self, text: str) -> tuple[str, int, int] | None:
        """The item with the longest name that occurs in the folded text, and where."""
        for name, code in self.names:
            at = text.find(name)
            while at >= 0:
                end = at + len(name)
                if not spaced(name[0]) or not text[:at][-1:].isalpha():
                    plural = re.match(r"(?:e?s)?(?![^\W\d_])", text[end:])
                    if not spaced(name[-1]) or plural:
                        return code, at, end + (plural.end() if plural else 0)
                at = text.find(name, at + 1)
        return None


def suggest(words: str, known: Known, language: str = "en", role: str = "") -> dict[str, Any]:
    """Field of a figure's form → what the words suggest for it; what they leave open is not
    there. `role` is in whom a count of parties would count; an item is its code."""
    text = folded(words)
    found = numbers(text, language)
    if not found:
        return _unnumbered(text, known)
    number, *others = found
    suggestion: dict[str, Any] = {}
    if number.value < 10**15:
        suggestion |= _qualified(text, number, others)
    until = others[0].start if others and "lower" not in suggestion else len(text)
    priced = PRICED.search(text[: number.start])
    paid = None if priced else PAID.match(text[number.end : until])
    people = PEOPLE.search(text[number.end : until])
    item = known.find(text[number.end : until])
    item = (item[0], item[1] + number.end, item[2] + number.end) if item else known.find(text)
    if money := priced or paid:
        currency = CURRENCIES[said_words(money)]
        suggestion |= {"measure": Measure.MONEY, "currency": currency}
        if item:
            suggestion["item"] = item[0]
    elif people and not (item and item[1] < number.end + people.start()):
        types = {COUNTED[said_words(match)] for match in PEOPLE.finditer(text, number.end, until)}
        party_type = types.pop() if len(types) == 1 else "mixed"
        suggestion |= {"measure": Measure.PARTIES, "party_type": party_type}
        if role:
            suggestion["party_role"] = role
    else:
        suggestion["measure"] = Measure.QUANTITY
        if item:
            suggestion["item"] = item[0]
        if unit := _unit(text, number, until, item, known):
            suggestion["unit"] = unit
    return {name: str(value) for name, value in suggestion.items()}


def _unnumbered(text: str, known: Known) -> dict[str, Any]:
    """“Surgical masks”, without a number, is a figure too."""
    item = known.find(text)
    if item is None:
        return {}
    return {
        "measure": str(Measure.QUANTITY),
        "operator": str(Operator.UNSPECIFIED),
        "item": item[0],
        "unit": known.items[item[0]][1],
    }


def _qualified(text: str, number: Number, others: list[Number]) -> Iterable[tuple[str, Any]]:
    """Operator and number, or the two bounds."""
    if number.bounds:
        lower, upper = number.bounds
        return [("operator", Operator.ORDER_OF_MAGNITUDE), *_bounds(lower, upper)]
    if others:
        second, between = others[0], text[number.end : others[0].start]
        started = BETWEEN.search(text[: number.start])
        joined = JOINED.fullmatch(between)
        if joined and second.bounds is None and (started or not between.strip().startswith("and")):
            scale = second.scale if number.scale == 1 and number.value < second.value else 1
            lower, upper = number.value * scale, second.value
            if lower < upper:
                return [("operator", Operator.BETWEEN), *_bounds(lower, upper)]
    before = QUALIFIER.search(text[: number.start])
    after = QUALIFIED.match(text[number.end :])
    operator: str = number.qualifier or Operator.EXACT
    if before:
        operator = BEFORE[said_words(before)]
    elif after:
        operator = AFTER[said_words(after)]
    return [("operator", operator), ("value", plain(number.value))]


def _bounds(lower: Decimal, upper: Decimal) -> list[tuple[str, Any]]:
    return [("lower", plain(lower)), ("upper", plain(upper))]


def _unit(
    text: str, number: Number, until: int, item: tuple[str, int, int] | None, known: Known
) -> str:
    """The unit that the words name beside the item's name; else the default unit of the item."""
    for match in MEASURED.finditer(text, number.end, until):
        if item is None or not item[1] <= match.start() < item[2]:
            return UNITS[said_words(match)]
    return known.items[item[0]][1] if item else ""
