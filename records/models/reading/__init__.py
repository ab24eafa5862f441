"""Numbers, qualifiers and dates that can be read in a few words of a statement, in the languages
in which statements are. Plain functions over folded text.

`words/` has what the words of each language mean; `numbers` adds them up.
"""

from collections.abc import Mapping

from records.models.reading.claims import Claim, claims, number_cut
from records.models.reading.dates import (
    DATE,
    MONTHS,
    SaidDate,
    alternatives,
    dates_in,
    spaced,
)
from records.models.reading.lexicon import lexicon, listed, merged
from records.models.reading.numbers import Number, numbers
from records.models.reading.qualifiers import Said
from records.models.reading.tokens import Phrases, Token, folded, tokens

SCALES: Mapping[str, int] = {word: int(scale) for word, scale in merged("scales").items()}
BEFORE: Mapping[str, str] = merged("before")
AFTER: Mapping[str, str] = merged("after")
CURRENCIES: Mapping[str, str] = {
    word: code for word, code in merged("currencies").items() if not code.endswith("?")
}
"""Names and signs of one currency only → its code."""
UNITS: Mapping[str, str] = merged("units")

__all__ = [
    "AFTER",
    "BEFORE",
    "CURRENCIES",
    "DATE",
    "MONTHS",
    "SCALES",
    "UNITS",
    "Claim",
    "Number",
    "Phrases",
    "Said",
    "SaidDate",
    "Token",
    "alternatives",
    "claims",
    "dates_in",
    "folded",
    "lexicon",
    "listed",
    "merged",
    "number_cut",
    "numbers",
    "spaced",
    "tokens",
]
