"""Quotes in a text. Spreadsheets, browsers and keyboards replace spaces and signs, so a quote is
found whatever their kind."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from records.models.text import UNSPACED

MARKS = frozenset("\"'`´ʹʺʻʼʽˈ′″‴„‚「」『』〝〞〟")
"""Apostrophes and quotation marks of other categories than Pi and Pf."""
INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
"""Invisible characters that are letters or accents by their category: joiners and fillers."""
VOWEL_SIGNS = re.compile("[\u0591-\u05bd\u05bf-\u05c7\u064b-\u0652\u0670\u0640]")
"""Vowel signs of Hebrew and Arabic, which most texts leave out, and the stroke that stretches an
Arabic word."""
JOINS = re.compile("[\u1160-\u11ff\ud7b0-\ud7fb\uff9e\uff9f]")
"""Letters that are one with the letter before: vowels and finals of Hangul, and the voice marks of
narrow Katakana."""
OTHERS = ("<super>", "<sub>", "<fraction>", "<circle>")
"""Forms of characters that mean something else: 10² is not 102."""
DIGITS_BEFORE, DIGITS_AFTER = re.compile(r"\d[.,]?$"), re.compile(r"[.,]?\d")
"""What goes on with the digits after it, and before it."""
LINE_BREAK = re.compile("[\\n\\r\\v\\f\\x85\u2028\u2029]")
UNSPACED_LETTER = re.compile(
    "[{}\u3001-\u303f]".format("".join(f"{chr(first)}-{chr(last)}" for first, last in UNSPACED))
)
"""A letter of these scripts, or a sign of theirs."""
STOPS = frozenset(",.:;!?")
"""Signs that are of such a script after one of its letters; wide ones are compared as these."""
SPELT = {"œ": "oe", "Œ": "OE", "−": "-"}
"""Further characters that are written otherwise."""


def find_quote(quote: str, text: str, at: int | None = None) -> tuple[int, int] | None:
    """Return start and end of a quote in a text: at the given place if it is there, else where it
    is verbatim, best without a part of a longer number, else where it is first with other spaces
    and signs; None if it is nowhere."""
    if at is not None and text.startswith(quote, at):
        return at, at + len(quote)
    verbatim = verbatim_place(quote, text)
    if verbatim >= 0 and at is None:
        return verbatim, verbatim + len(quote)
    for hyphenated in (True, False):
        places = alike_places(quote, text, hyphenated)
        chosen = [one for one in places if one[0] == at]
        if verbatim >= 0 and not chosen:
            return verbatim, verbatim + len(quote)
        if places:
            return (chosen or places)[0]
    return None


def verbatim_place(quote: str, text: str) -> int:
    """Return the first place of a quote where it cuts no digits of the text, else the first of
    all; -1 if there is none."""
    first = at = text.find(quote)
    while at >= 0:
        end = at + len(quote)
        cut = (DIGITS_AFTER.match(quote) and DIGITS_BEFORE.search(text[max(0, at - 2) : at])) or (
            DIGITS_BEFORE.search(quote) and DIGITS_AFTER.match(text[end : end + 2])
        )
        if not cut:
            return at
        at = text.find(quote, at + 1)
    return first


def alike_places(quote: str, text: str, hyphenated: bool) -> list[tuple[int, int]]:
    """Return the places of a quote in a text, whatever the spaces and signs."""
    plain, starts, ends = comparable(text, hyphenated)
    wanted = comparable(quote, hyphenated)[0].strip()
    places = []
    first = plain.find(wanted) if wanted else -1
    while first >= 0:
        last = first + len(wanted) - 1
        # A part of a ligature is no quote of it.
        whole = starts[first - 1 : first] != [starts[first]]
        if whole and starts[last + 1 : last + 2] != [starts[last]]:
            places.append((starts[first], ends[last]))
        first = plain.find(wanted, first + 1)
    return places


def letters_of(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each letter of a text. A letter and its accents or vowel signs are
    one, however they are encoded."""
    start = 0
    while start < len(text):
        end = start + 1
        while end < len(text) and goes_on(text[end]):
            end += 1
        yield start, end
        start = end


def goes_on(character: str) -> bool:
    """Return whether a character belongs to the letter before."""
    return unicodedata.category(character)[0] == "M" or JOINS.match(character) is not None


@lru_cache(maxsize=16)
def comparable(text: str, hyphenated: bool = True) -> tuple[str, list[int], list[int]]:
    """Return the text with one kind of space, apostrophe, quotation mark and hyphen, without
    ligatures and invisible characters; and for each of its characters, start and end of what it
    is in the text.

    A line break after a hyphen in a word is no space, nor is a space beside a character of a
    script without spaces. If not `hyphenated`, the hyphen at the line break is none either, but
    for one between numbers.
    """
    plain: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    breaks = False
    """Whether a word goes on after the line break that may follow."""
    joined = False
    """Whether that line break was there."""
    unspaced = False
    """Whether the last letter is of a script without spaces."""
    for start, end in letters_of(text):
        letter = text[start:end]
        alike = comparable_letter(letter)
        if alike == " " and breaks and (joined or LINE_BREAK.match(letter)):
            joined = True
            if plain[-1:] == ["-"] and not hyphenated and not plain[-2].isdigit():
                del plain[-1], starts[-1], ends[-1]
            continue
        if alike == " " and plain[-1:] == [" "]:
            ends[-1] = end
            continue
        if alike == " " and unspaced:
            continue
        if alike:
            is_letter = UNSPACED_LETTER.match(alike) is not None
            unspaced = is_letter or (unspaced and alike in STOPS)
        if unspaced and plain[-1:] == [" "]:
            del plain[-1], starts[-1], ends[-1]
        joined = False
        in_word = bool(plain) and plain[-1].isalnum()
        breaks = in_word and (alike == "-" or letter == "\u00ad")
        plain += alike
        starts += [start] * len(alike)
        ends += [end] * len(alike)
    return "".join(plain), starts, ends


@lru_cache(maxsize=10_000)
def comparable_letter(letter: str) -> str:
    """Return a letter with its accents, or a sign, as it is compared."""
    if letter[0].isspace():
        return " "
    letter = "".join(filter(is_written, letter))
    if not letter:
        return ""
    sign = letter[0]
    category = unicodedata.category(sign)
    if category == "Pd":
        return "-"
    if category in ("Pi", "Pf") or sign in MARKS:
        return "'"
    form = unicodedata.decomposition(sign)
    if form.startswith("<") and not form.startswith(OTHERS):
        # Ligatures, units in one character, forms of Arabic letters, wide and narrow forms.
        usual = unicodedata.normalize("NFKC", letter).strip()
        if usual != letter:
            return "".join(comparable_letter(usual[slice(*place)]) for place in letters_of(usual))
    return SPELT.get(letter) or unicodedata.normalize("NFC", letter)


def is_written(character: str) -> bool:
    """Return whether a character can be seen in every way to write a text."""
    return not (
        unicodedata.category(character) == "Cf"
        or character in INVISIBLE
        or VOWEL_SIGNS.match(character)
        or "VARIATION SELECTOR" in unicodedata.name(character, "")
    )
