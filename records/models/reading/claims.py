"""What a quote claims: the numbers that it can be read as, for the rule that holds figures against
their quotes."""

from dataclasses import dataclass
from decimal import Decimal
from itertools import zip_longest

from records.models.reading.lexicon import ANY
from records.models.reading.qualifiers import Said
from records.models.reading.tokens import folded

AROUND = 40
"""Characters before and after a quote in which a number that it cuts is looked for."""


@dataclass
class Claim:
    """A number that a quote holds: what it can be read as, and what qualifies it."""

    words: str
    values: set[Decimal]
    qualifiers: set[str]
    """Empty where no word that is known here qualifies it."""


def claims(quote: str, language: str = ANY) -> list[Claim]:
    """Return the numbers of a quote. Digits that languages read differently (1.300) have several
    values, and so has the first of “3 to 5 million”."""
    said = Said.of(quote, language)
    found = []
    for number, following in zip_longest(said.numbers, said.numbers[1:]):
        claim = Claim(
            said.text[number.start : number.end],
            {number.value, *(number.bounds or ())},
            said.operators(number),
        )
        if number.other is not None:
            claim.values.add(number.other)
        if number.bounds and number.bounds[1] == 10 * number.bounds[0]:
            claim.qualifiers.add("order_of_magnitude")
        if (
            following
            and number.scale == 1
            and (said.joins(number, following) or said.is_enclosed(number, following))
        ):
            claim.values.add(number.value * following.scale)
        found.append(claim)
    return found


def number_cut(text: str, start: int, end: int, language: str) -> str:
    """Return the number of a text that begins before one of its parts and ends in it, or begins
    in it and ends after it: of “1,500 masks”, that which “500 masks” cuts. Empty if there is
    none."""
    since = max(0, start - AROUND)
    said = Said.of(text[since : end + AROUND], language)
    edges = [len(folded(text[since:edge])) for edge in (start, end)]
    for number in said.numbers:
        if any(number.start < edge < number.end for edge in edges):
            return said.text[number.start : number.end]
    return ""
