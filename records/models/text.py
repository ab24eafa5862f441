"""Text: folding, and splitting into words.

The databases split `COVID-19`, `3.86` and accents differently. So text is folded and split here,
and both databases get single words that they do not split again.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise

from anyascii import anyascii

ARABIC = {
    # Letters that keyboards of Arabic, Persian, Urdu and Kurdish write for one another: those of
    # yeh, kaf, heh and alef.
    **dict.fromkeys("\u06cc\u0649\u06d0\u06ce", "\u064a"),
    **dict.fromkeys("\u06a9\u06aa", "\u0643"),
    **dict.fromkeys("\u0629\u06c1\u06c3\u06be\u06d5", "\u0647"),
    "\u0671": "\u0627",
    "\u0640": "",  # The stroke that stretches a word.
    "\u066b": ".",
    "\u066c": ",",
}
"""Arabic letter or sign → what is compared in its place; hamza and vowel signs are accents."""


class PlainLetters(dict[int, str]):
    """Characters → what is typed for them: ASCII letters for Latin ones without a decomposition,
    such as ł, ø, đ and æ; ASCII digits for those of any script; of Arabic letters the one that is
    written for the others; nothing for accents and invisible characters. Others are
    themselves."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        plain = character
        if character in ARABIC:
            plain = ARABIC[character]
        elif character.isdecimal():
            plain = str(unicodedata.decimal(character))
        elif unicodedata.combining(character) or unicodedata.category(character) == "Cf":
            plain = ""
        elif unicodedata.name(character, "").startswith("LATIN "):
            plain = "".join(filter(str.isalnum, anyascii(character))) or character
        self[code] = plain
        return plain


PLAIN = PlainLetters()


def fold(text: str) -> str:
    """Return the text without case, accents, special letters and invisible characters, with one
    space between words: `Łódź` is `lodz`, and Arabic digits are those of
    ASCII.

    SQLite and PostgreSQL fold differently, so folded copies are computed here, on saving, and
    compared as plain characters.
    """
    if text.isascii():
        return " ".join(text.lower().split())
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    plain = unicodedata.normalize("NFKC", decomposed.translate(PLAIN))
    return " ".join(plain.casefold().split())


LONGEST = 40
"""Maximum length of a word in letters; longer words are cut."""
BOUNDARY = "/"
"""Separator between texts, so that no phrase spans two."""
ASCII_WORD = re.compile(r"[0-9]+|[a-z]+")
THOUSANDS = re.compile(r"(?<![0-9.,])[0-9]{1,3}(?:,[0-9]{3})+(?![0-9,])")
UNSPACED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x3005, 0x3007),  # iteration marks, zero
    (0x3040, 0x30FF),  # Japanese syllables
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),  # Chinese characters
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)
"""Scripts without spaces between words: each of their characters is a word."""


@lru_cache(maxsize=20_000)
def words(text: str) -> tuple[str, ...]:
    """Return the folded words of a text, in order: `COVID-19: 50,000 Schutzanzüge` has `covid`,
    `19`, `50000` and `schutzanzuge`, and `口罩` has `口` and `罩`. Letters and digits are words
    of their own, so that `COVID19`, `COVID-19` and `COVID 19` are the same."""
    return tuple(split(fold(text)))


def split(folded: str) -> list[str]:
    """Return the words of a folded text."""
    folded = THOUSANDS.sub(lambda number: number[0].replace(",", ""), folded)
    found = ASCII_WORD.findall(folded) if folded.isascii() else runs(folded)
    return [word[:LONGEST] for word in found]


def runs(folded: str) -> list[str]:
    """Return the words of a folded text in any script."""
    found: list[str] = []
    open_ = ""
    """Sort of the characters that continue the last word."""
    joins = False
    """Whether a following mark belongs to it."""
    for character in folded:
        sort = sort_of(character)
        if (sort and sort == open_) or (sort == "mark" and joins):
            found[-1] += character
        elif sort in ("letter", "digit", "sign"):
            found.append(character)
            open_, joins = "" if sort == "sign" else sort, True
        elif sort == "gap":
            open_, joins = "", False
    return found


@lru_cache(maxsize=10_000)
def sort_of(character: str) -> str:
    """Return `letter`, `digit`, `sign` (a word by itself), `mark` (such as a vowel sign; accents
    are removed already), `gap`, or "" for invisible characters, which do not split."""
    category = unicodedata.category(character)
    if category[0] in "LN":
        code = ord(character)
        if any(first <= code <= last for first, last in UNSPACED):
            return "sign"
        return "digit" if category == "Nd" else "letter"
    if category in ("Mn", "Mc"):
        return "" if unicodedata.name(character, "").startswith("VARIATION") else "mark"
    return "" if category in ("Cf", "Me") else "gap"


def line(texts: Iterable[str]) -> str:
    """Return texts as one line: words between spaces, then each pair of adjacent words, so that
    an index finds phrases as fast as words."""
    parts = list(dict.fromkeys(words(text) for text in dict.fromkeys(texts)))
    texts_as_words = [f"{' '.join(part)} {BOUNDARY}" for part in parts if part]
    pairs = dict.fromkeys(pair for part in parts for pair in paired(part))
    return " ".join([BOUNDARY, *texts_as_words, *pairs])


def paired(found: Sequence[str]) -> list[str]:
    """Return each word joined with the next."""
    return [f"{first}_{second}" for first, second in pairwise(found)]
