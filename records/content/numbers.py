"""Numbers of figures as curators read them: with a comma between thousands, and the qualifier in
words."""

from collections.abc import Iterable
from typing import Any

from records.models import Operator, plain

SILENT = (Operator.EXACT, Operator.BETWEEN)
"""Qualifiers that the number itself shows."""


def grouped(number: Any) -> str:
    """Return a number with a comma between thousands, without the zeros that pad it."""
    whole, _, part = str(plain(number)).partition(".")
    return f"{int(whole):,}{'.' + part if part else ''}"


def number_in_words(figure: Any) -> str:
    """Return qualifier and number: “more than 3,860,000,000”, “3 to 4”, “unspecified”."""
    return in_words(figure.operator, numbers_of(figure))


def amount_in_words(figure: Any) -> str:
    """Return qualifier, number and what it measures: “more than 3,860,000,000 piece, Masks”."""
    unit = figure.currency or figure.unit or figure.party_type
    item = figure.item.name if figure.item else ""
    return in_words(figure.operator, numbers_of(figure), unit, item)


def numbers_of(figure: Any) -> list[Any]:
    """Return the number of a figure, or its bounds."""
    if figure.value is not None:
        return [figure.value]
    return [one for one in (figure.lower, figure.upper) if one is not None]


def in_words(operator: str, numbers: Iterable[Any], unit: str = "", item: str = "") -> str:
    """Return what a figure says from its parts."""
    said = "" if operator in SILENT else operator
    number = " to ".join(map(grouped, numbers))
    words = " ".join(filter(None, [said, number, unit])).replace("_", " ")
    return ", ".join(filter(None, [words, item]))
