"""Text: folding, and how a text is split into words.

Left to themselves the databases split `COVID-19`, `3.86` and accents differently, so both are
given words that were folded and split here, and neither splits them again.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise


def fold(text: str) -> str:
    """The text without case and accents, one space between words.

    SQLite and PostgreSQL fold differently, so folded copies are written here, at save, and
    compared as plain characters.
    """
    if text.isascii():
        return " ".join(text.lower().split())
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join(unicodedata.normalize("NFKC", bare).casefold().split())


LONGEST = 40
"""Letters by which a word is known: what is longer is cut."""
BOUNDARY = "/"
"""Stands between texts, so that no phrase runs from one into the next."""
ASCII_WORD = re.compile(r"[0-9a-z]+")
THOUSANDS = re.compile(r"(?<![0-9.,])[0-9]{1,3}(?:,[0-9]{3})+(?![0-9,])")
UNSPACED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x3005, 0x3007),  # signs of repetition, zero
    (0x3040, 0x30FF),  # Japanese syllables
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),  # Chinese characters
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)
"""Scripts that put no space between words: each of their characters is a word."""


@lru_cache(maxsize=20_000)
def words(text: str) -> tuple[str, ...]:
    """The words of a text, folded, in their order: `COVID-19: 50,000 Schutzanzüge` has `covid`,
    `19`, `50000` and `schutzanzuge`, and `口罩` has `口` and `罩`."""
    return tuple(split(fold(text)))


def split(folded: str) -> list[str]:
    """The words of a text that is folded already."""
    folded = THOUSANDS.sub(lambda number: number[0].replace(",", ""), folded)
    found = ASCII_WORD.findall(folded) if folded.isascii() else runs(folded)
    return [word[:LONGEST] for word in found]


def runs(folded: str) -> list[str]:
    """The words of a text in any script."""
    found: list[str] = []
    open_ = False
    """Whether a further letter belongs to the last word."""
    joins = False
    """Whether a mark does."""
    for character in folded:
        sort = sort_of(character)
        if (sort == "letter" and open_) or (sort == "mark" and joins):
            found[-1] += character
        elif sort in ("letter", "sign"):
            found.append(character)
            open_, joins = sort == "letter", True
        elif sort == "gap":
            open_ = joins = False
    return found


@lru_cache(maxsize=10_000)
def sort_of(character: str) -> str:
    """`letter`, `sign` (a word by itself), `mark` (a vowel sign, say; accents are gone), `gap`, or
    nothing: what cannot be seen does not split."""
    category = unicodedata.category(character)
    if category[0] in "LN":
        code = ord(character)
        return "sign" if any(first <= code <= last for first, last in UNSPACED) else "letter"
    if category in ("Mn", "Mc"):
        return "" if unicodedata.name(character, "").startswith("VARIATION") else "mark"
    return "" if category in ("Cf", "Me") else "gap"


def line(texts: Iterable[str]) -> str:
    """Texts as one line: a space on either side of each word, and last each pair of words that
    follow one another, so that an index finds phrases as fast as words."""
    parts = list(dict.fromkeys(words(text) for text in dict.fromkeys(texts)))
    told = [f"{' '.join(part)} {BOUNDARY}" for part in parts if part]
    pairs = dict.fromkeys(pair for part in parts for pair in paired(part))
    return " ".join([BOUNDARY, *told, *pairs])


def paired(found: Sequence[str]) -> list[str]:
    """Each word with the one that follows it."""
    return [f"{first}_{second}" for first, second in pairwise(found)]
