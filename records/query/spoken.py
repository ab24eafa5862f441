"""Names without what does not distinguish them."""

import re
from functools import lru_cache

from records.models.text import fold, split

ABBREVIATION = re.compile(r"(?<=\b[a-z])\.")
"""Dot after a single letter: U.S.A. is USA."""


def spoken(name: str) -> str:
    """Return a name without what does not distinguish names: case, accents, punctuation, and an
    article in front."""
    return spoken_of_folded(fold(name))


@lru_cache(20_000)
def spoken_of_folded(name: str) -> str:
    """Return the same of a folded name. An unknown code is compared with every name there is."""
    plain = ABBREVIATION.sub("", name).replace("&", " and ")
    return " ".join(split(plain)).removeprefix("the ")
