"""What a quote claims: the numbers that it can be read as, for the rule that holds figures against
their quotes."""

from dataclasses import dataclass
from decimal import Decimal
from itertools import zip_longest

from records.models.reading.lexicon import ANY
from records.models.reading.qualifiers import Said


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
        if following and number.scale == 1 and said.joins(number, following):
            claim.values.add(number.value * following.scale)
        found.append(claim)
    return found
