"""Values as people write them in spreadsheets: 20,000, US$1.1 million, March 28, 2020, n/a.

What can be read in one way only becomes the form that files have. What cannot raises ValueError
with the readings, so that the author says which is meant.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from aidapi.dates import in_words
from records.models import fold, plain
from records.models.reading import (
    AFTER,
    BEFORE,
    CURRENCIES,
    MONTHS,
    SCALES,
    UNITS,
    alternatives,
    folded,
    numbers,
)
from records.models.reading.qualifiers import NOTHING as NO_QUALIFIER

NOTHING = {
    *("n/a", "n.a.", "n. a.", "n.a", "n/d", "none", "nil", "null", "-", "–", "—", "--"),
    *("#n/a", "...", "…", "k. a.", "k.a.", "нет данных", "なし", "없음"),
    *("not applicable", "not available", "not given", "no data", "无", "無"),
}
"""What an empty cell is called. NA is Namibia."""

PLAIN = re.compile(r"(?:0|[1-9][0-9]*)(?:\.[0-9]+)?", re.ASCII)
RAISED = re.compile("[\u2070-\u2079\u00b9\u00b2\u00b3]")
EITHER = re.compile(r"[1-9][0-9]{0,2}\.[0-9]{3}", re.ASCII)
"""1.500: one and a half to some, fifteen hundred to others."""
GROUPED = re.compile(
    r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?|[1-9]\d?(?:,\d\d)+,\d{3}(?:\.\d+)?"
    r"|[1-9]\d{0,2}(?:\.\d{3}){2,}|[1-9]\d{0,2}(?:[ '’]\d{3})+(?:\.\d+)?",
    re.ASCII,
)
"""1,234,567.8, 12,34,567, 1.234.567, 1 234 567: in all others a point or comma may be either."""
COMMA = re.compile(r"(\d{1,3}(?:[. ]\d{3})*|\d+),(\d+)", re.ASCII)

OF_SEVERAL = {
    **dict.fromkeys(("$", "dollar", "dollars", "dolares"), "USD, CAD, AUD, HKD"),
    **dict.fromkeys(("¥", "yen or yuan", "元"), "CNY, JPY"),
    **dict.fromkeys(("pound", "pounds"), "GBP, EGP"),
    **dict.fromkeys(("rupees", "rupee", "rs", "rs."), "INR, PKR, LKR, NPR"),
    **dict.fromkeys(("peso", "pesos"), "MXN, PHP, ARS"),
    **dict.fromkeys(("kr", "kr.", "kroner", "kronor"), "SEK, NOK, DKK"),
    **dict.fromkeys(("dirham", "dirhams"), "AED, MAD"),
    **dict.fromkeys(("franc", "francs"), "CHF, XOF, XAF"),
}
"""Names and signs of several currencies → codes of some."""
NAMES = {name: code for name, code in CURRENCIES.items() if name not in OF_SEVERAL}
CURRENCY = rf"(?P<currency>(?:{alternatives([*NAMES, *OF_SEVERAL])})(?![a-z]))"
UNCLEAR_SCALES = {"mil", "mille", "mila", "bin"}
"""Thousand or million."""
SCALE = rf"(?P<scale>{alternatives(scale for scale in SCALES if scale not in UNCLEAR_SCALES)})"
DIGITS = r"(?P<digits>\d(?:[\d.,'’ ]*\d)?)"
AMOUNT = re.compile(rf"(?:{CURRENCY}\s*)?{DIGITS}\s*-?(?:{SCALE}\.?)?")
PAID = re.compile(rf"{DIGITS}\s*-?(?:{SCALE}\.?)?(?:\s*(?:of |de )?{CURRENCY})?")
SIGNS = {
    ">": "more_than",
    "<": "less_than",
    "≥": "at_least",
    ">=": "at_least",
    "≤": "at_most",
    "<=": "at_most",
    "~": "approx",
    "≈": "approx",
    "ca.": "approx",
    "c.": "approx",
    "=": "exact",
    "+": "at_least",
    "approx.": "approx",
}
QUALIFIERS = {
    word: operator
    for word, operator in {**AFTER, **BEFORE, **SIGNS}.items()
    if operator != NO_QUALIFIER and word != "="
}
"""Words and signs beside a number → operator."""
SIGN = r"[<>]=|[<>≥≤~≈]|approx\.|ca\.|c\."
OPENED = re.compile(rf"(?P<words>{SIGN}|{alternatives(BEFORE)})\s*(?P<rest>.+)")
CLOSED = re.compile(rf"(?P<rest>.+?)[\s,(]*(?P<words>approx\.|{alternatives(AFTER)})\)?")
COUNTS = alternatives(
    # 2 dozen are boxes in Dutch only.
    word
    for word in UNITS
    if word not in SCALES and (len(word) > 1 or not word.isascii())
)
COUNTED = re.compile(rf"(?P<rest>.+?)\s*(?P<words>{COUNTS})\.?")
"""A number after its qualifier, before it, and before its unit."""
MOST_WORDS = 80
"""Most characters of a cell that holds a number with words."""
NAMED: Mapping[str, Mapping[str, str]] = {"unit": UNITS, "operator": {**BEFORE, **SIGNS}}
"""Column of codes → words and signs for them beside those of the form."""

Y, M, D = r"(?P<year>\d{4})", r"(?P<month>\d{1,2})", r"(?P<day>\d{1,2})"
MONTH = rf"(?:{alternatives(MONTHS)})\.?"
NAME = rf"(?P<name>{alternatives(MONTHS)})\.?"
ORDINAL = r"(?:st|nd|rd|th|er|\.)?"
DATES = [
    re.compile(pattern)
    for pattern in (
        rf"{Y}([-/.])\s?{M}(?:\2\s?{D}\.?)?",
        rf"{Y}\s?[年년]\s?{M}\s?[月월](?:\s?{D}\s?[日号號일])?",
        r"(?P<year>20\d\d)(?P<month>\d\d)(?P<day>\d\d)",
        rf"{M}[/.-]{Y}",
        rf"{D}{ORDINAL}(?:\s+of\s+|\s+de\s+|[\s-]){NAME},?(?:\s+de\s+|\s+del\s+|[\s-]){Y}",
        rf"{NAME}[\s-]{D}{ORDINAL},?[\s-]\s*{Y}",
        rf"{NAME},?(?:\s+de\s+|[\s-]){Y}",
        rf"{Y}[\s-]{NAME}(?:[\s-]{D})?",
    )
]
EITHER_ORDER = re.compile(r"(?P<one>\d{1,2})([-/. ])\s?(?P<other>\d{1,2})\2\s?(?P<year>\d{4})")
SHORT = re.compile(r"(?P<one>\d{1,2})([-/. ])\s?(?P<other>\d{1,2})\2\s?(?P<last>\d\d)")
SHORT_NAMED = re.compile(rf"(?P<one>\d{{1,2}})[\s-]{NAME}[\s-]['’]?(?P<last>\d\d)")
SHORT_MONTH = re.compile(rf"{MONTH}[\s-]['’]?\d\d")
"""10/04/20, 10-Apr-20, Apr-20: a year of two digits, which may be the day's number."""
NO_YEAR = re.compile(rf"\d{{1,2}}{ORDINAL}(?:\s+of)?\s+{MONTH}|{MONTH}\s+\d{{1,2}}{ORDINAL}")
WEEKDAY = re.compile(
    r"(?:(?:mon|tues?|wednes|wed|thurs?|fri|satur|sat|sun)(?:day)?\.?,?\s+"
    r"|(?:lun|mar|mercre|jeu|vendre|same)di,?\s+|dimanche,?\s+"
    r"|(?:lunes|martes|miercoles|jueves|viernes|sabado|domingo),?\s+"
    r"|(?:(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch),?\s+)?(?:(?:le|el|il|am|den|der)\s+)?"
)
AFTER_DATE = re.compile(r"\s+(?:г|года|год)\.?$|(?<=\d\d)[t\s]00:00(?::00(?:\.0+)?)?z?$")
"""“Of the year”, and midnight, which programs write behind a day."""


class Reading(NamedTuple):
    """One of several readings of a cell."""

    text: str
    """What to write in the cell, so that it has this reading only."""
    meaning: str
    """The value as people read it."""
    rule: str
    """What holds for every cell with the same question that is meant so: day/month/year."""


class SeveralReadings(ValueError):
    """A cell has several readings. Those with the same `question` can have one answer."""

    def __init__(self, message: str, question: str, readings: Sequence[Reading]) -> None:
        super().__init__(message)
        self.question = question
        self.readings = list(readings)

    def within(self, text: str, part: str) -> "SeveralReadings":
        """Return the same about a longer text, of which the readings are a part."""
        readings = [
            one._replace(text=text.replace(part, one.text, 1), meaning=one.meaning)
            for one in self.readings
        ]
        return SeveralReadings(str(self), self.question, readings)


def is_nothing(text: str) -> bool:
    """Return whether a text says that a cell is empty."""
    return fold(text).strip() in NOTHING


class Amount(NamedTuple):
    """What a cell says of an amount; empty where it says nothing of it."""

    number: str
    currency: str = ""
    """As the cell calls it."""
    operator: str = ""
    unit: str = ""


def read_amount(text: str, *, decimal_comma: bool = False) -> Amount:
    """Return what a cell says of an amount. `decimal_comma`: whether the file is of a program that
    writes 1,5."""
    if PLAIN.fullmatch(text):
        return Amount(text)
    if RAISED.search(text):
        raise ValueError(
            f"“{text[:40]}” has a raised digit, as of a footnote: write the number without it."
        )
    written = bare = " ".join(folded(text).split())
    operator = unit = ""
    found = AMOUNT.fullmatch(bare) or PAID.fullmatch(bare)
    if found is None and len(written) <= MOST_WORDS:
        bare, operator, unit = without_words(written)
        found = AMOUNT.fullmatch(bare) or PAID.fullmatch(bare)
        if found is None and (number := read_words(bare)):
            return Amount(number, "", operator, unit)
    if found is None:
        raise ValueError(
            f"“{text[:40]}” is not a plain number: write digits only, decimals after a point, as "
            f"1500000 or 1.9."
        )
    scale = SCALES[found["scale"]] if found["scale"] else 1
    try:
        number = read_digits(
            found["digits"], decimal_comma=decimal_comma, scale=found["scale"] or ""
        )
    except SeveralReadings as error:
        raise error.within(written, found["digits"]) from error
    if scale > 1:
        number = str(plain(Decimal(number) * scale))
    return Amount(number, found["currency"] or "", operator, unit)


def without_words(written: str) -> tuple[str, str, str]:
    """Return an amount without the words that qualify and count it, their operator and unit:
    about 1.2 million pieces; 500+ boxes; 300 (approx.)."""
    operators: set[str] = set()
    bare, unit = written, ""
    for pattern in (OPENED, CLOSED, COUNTED, CLOSED):
        found = pattern.fullmatch(bare)
        if found:
            bare = found["rest"]
        if pattern is COUNTED:
            if found is None:
                break
            unit = UNITS[found["words"]]
        elif found:
            operators.add(QUALIFIERS.get(found["words"], ""))
    if "" in operators or len(operators) > 1:
        # Two that differ, or one that has another meaning here: nothing is read.
        return written, "", ""
    return bare, next(iter(operators), ""), unit


def read_words(text: str) -> str:
    """Return the number that words are, in English: half a million. Empty if they are none, or
    more than one."""
    found = numbers(text, "en")
    if len(found) != 1 or (found[0].start, found[0].end) != (0, len(text)):
        return ""
    number = found[0]
    unclear = number.bounds or number.other is not None or number.doubt or number.qualifier
    return "" if unclear else str(plain(number.value))


def is_of_amounts(text: str, *, scales: bool) -> bool:
    """Whether a text beside a number names a currency, per cent or a scale."""
    name = " ".join(folded(text).split())
    known = name in NAMES or name in OF_SEVERAL or name == "%"
    return known or (scales and name.strip(".") in SCALES)


def read_digits(digits: str, *, decimal_comma: bool, scale: str) -> str:
    """Return digits as a plain number, if they can be read in one way only."""
    said = f" {scale}" if scale else ""
    unclear = re.fullmatch(r"([1-9]\d{0,2})[.,](\d{3})", digits, re.ASCII)
    if unclear and (decimal_comma or (EITHER.fullmatch(digits) and scale)):
        whole, part = unclear.groups()
        raise either(digits, f"{whole}{part}", f"{whole}.{part}", said)
    if PLAIN.fullmatch(digits):
        return digits
    if GROUPED.fullmatch(digits):
        points = digits.count(".")
        return re.sub(r"[,' ’]" if points < 2 else r"\.", "", digits)
    if comma := COMMA.fullmatch(digits):
        meant = f"{re.sub(r'[. ]', '', comma[1])}.{comma[2]}"
        raise ValueError(
            f"“{digits}”: write decimals after a point and nothing between thousands. Is {meant} "
            f"meant?"
        )
    raise ValueError(
        f"“{digits}” is not a plain number: write digits only, decimals after a point and nothing "
        f"between thousands, as 1500000 or 1.9."
    )


def refuse_either(text: str) -> None:
    """Refuse a number that has two readings; in a file that is new to the database, that is: a
    download has 1.5, and 1.234 only where that is the number."""
    if EITHER.fullmatch(text):
        whole, part = text.split(".")
        raise either(text, whole + part, text, "")


def either(digits: str, grouped: str, decimal: str, scale: str) -> SeveralReadings:
    """Return the question whether the mark in a number separates thousands or decimals."""
    mark = "point" if "." in digits else "comma"
    return SeveralReadings(
        f"“{digits}{scale}” may be {int(grouped):,}{scale} or the decimal {decimal}{scale}: write "
        f"{grouped}{scale} or {decimal}0{scale}.",
        f"number {mark}",
        [
            Reading(grouped, f"{int(grouped):,}{scale}", f"a {mark} is between thousands"),
            Reading(f"{decimal}0", f"{decimal}{scale}, a decimal", f"a {mark} is before decimals"),
        ],
    )


def clear(text: str) -> str:
    """Return a number that is one for certain, as a cell of a workbook that holds no text, in
    digits that nobody takes for another."""
    return f"{text}0" if EITHER.fullmatch(text) else text


def read_currency(text: str, given: str = "") -> str:
    """Return the code of the currency that a text names; the text itself where none is known.
    A name of several, such as $, means the one that is given beside it."""
    name = " ".join(folded(text).split())
    if name in OF_SEVERAL:
        if given and folded(given) not in OF_SEVERAL:
            return read_currency(given)
        codes = OF_SEVERAL[name].split(", ")
        raise SeveralReadings(
            f"“{text}” is the name of several currencies: give the code in “currency”, as one of "
            f"{OF_SEVERAL[name]}.",
            f"currency {name}",
            [Reading(code, code, f"“{text}” is {code}") for code in codes],
        )
    return NAMES.get(name, text)


def read_name(column: str, text: str) -> str:
    """Return the code of the unit or operator that a text names; the text itself where none is
    known."""
    return NAMED[column].get(" ".join(folded(text).split()), text)


def read_date(text: str) -> str:
    """Return a date as 2020-04-10, 2020-04 or 2020; the text itself where it is none."""
    if re.fullmatch(r"\d{4}(?:-\d\d(?:-\d\d)?)?", text, re.ASCII):
        return text
    written = WEEKDAY.sub("", " ".join(unicodedata.normalize("NFKC", fold(text)).split()), 1)
    written = AFTER_DATE.sub("", written)
    for pattern in DATES:
        if found := pattern.fullmatch(written):
            parts = found.groupdict()
            month = MONTHS[parts["name"]] if parts.get("name") else int(parts["month"])
            if month > 12:
                return text
            return iso(int(parts["year"]), month, parts.get("day"))
    if found := EITHER_ORDER.fullmatch(written):
        one, other, year = (int(found[name]) for name in ("one", "other", "year"))
        return one_of(text, {DAY_FIRST: (year, other, one), MONTH_FIRST: (year, one, other)})
    if found := SHORT.fullmatch(written):
        one, other, last = (int(found[name]) for name in ("one", "other", "last"))
        return one_of(
            text,
            {
                DAY_FIRST: (2000 + last, other, one),
                MONTH_FIRST: (2000 + last, one, other),
                YEAR_FIRST: (2000 + one, other, last),
            },
        )
    if found := SHORT_NAMED.fullmatch(written):
        one, month, last = int(found["one"]), MONTHS[found["name"]], int(found["last"])
        return one_of(
            text, {DAY_FIRST: (2000 + last, month, one), YEAR_FIRST: (2000 + one, month, last)}
        )
    if SHORT_MONTH.fullmatch(written):
        raise ValueError(f"“{text}”: write the year with four digits, as 2020-04-10 or 2020-04.")
    if NO_YEAR.fullmatch(written):
        raise ValueError(f"“{text}”: give the year as well, as 2020-04-10.")
    return text


DAY_FIRST, MONTH_FIRST, YEAR_FIRST = "day/month/year", "month/day/year", "year/month/day"


def one_of(text: str, orders: Mapping[str, tuple[int, int, int]]) -> str:
    """Return the only day that a date can be in some orders of its parts. Where there is none,
    return one that the calendar does not have, else the text itself."""
    days: dict[str, str] = {}
    for order, (year, month, day) in orders.items():
        with suppress(ValueError):
            days.setdefault(date(year, month, day).isoformat(), order)
    if not days:
        return next((iso(*parts) for parts in orders.values() if 1 <= parts[1] <= 12), text)
    if len(days) == 1:
        return next(iter(days))
    raise SeveralReadings(
        f"“{text}” may be {' or '.join(days)}: write the one that is meant.",
        "date",
        [Reading(day, in_words(day), order) for day, order in days.items()],
    )


def iso(year: int, month: int, day: int | str | None) -> str:
    return f"{year:04}-{month:02}" + (f"-{int(day):02}" if day else "")
