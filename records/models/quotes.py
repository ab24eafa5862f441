"""Quotes in a text. Spreadsheets, browsers and keyboards replace spaces and signs, so a quote is
found whatever their kind."""

import unicodedata
from functools import lru_cache

MARKS = frozenset("\"'`´ʹʺʻʼʽˈ′″‴„‚「」『』〝〞〟")
"""Apostrophes and quotation marks of other categories than Pi and Pf."""
SPELT = {"œ": "oe", "Œ": "OE", "…": "...", "−": "-"}
"""Further characters that are written otherwise."""


def find_quote(quote: str, text: str, at: int | None = None) -> tuple[int, int] | None:
    """Return start and end of a quote in a text: at the given place if it is there, else where it
    is verbatim, else where it is first with other spaces and signs; None if it is nowhere."""
    if at is not None and text.startswith(quote, at):
        return at, at + len(quote)
    verbatim = text.find(quote)
    if verbatim >= 0 and at is None:
        return verbatim, verbatim + len(quote)
    plain, starts, ends = comparable(text)
    wanted = comparable(quote)[0].strip()
    places = []
    first = plain.find(wanted) if wanted else -1
    while first >= 0:
        last = first + len(wanted) - 1
        # A part of a ligature is no quote of it.
        whole = starts[first - 1 : first] != [starts[first]]
        if whole and starts[last + 1 : last + 2] != [starts[last]]:
            places.append((starts[first], ends[last]))
        first = plain.find(wanted, first + 1)
    chosen = [one for one in places if one[0] == at]
    if verbatim >= 0 and not chosen:
        return verbatim, verbatim + len(quote)
    return next(iter(chosen or places), None)


@lru_cache(maxsize=16)
def comparable(text: str) -> tuple[str, list[int], list[int]]:
    """Return the text with one kind of space, apostrophe, quotation mark and hyphen, without
    ligatures and invisible characters; and for each of its characters, start and end of what it
    is in the text."""
    plain: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    start = 0
    while start < len(text):
        end = start + 1
        # A letter and its accents are one, however they are encoded.
        while end < len(text) and unicodedata.combining(text[end]):
            end += 1
        alike = comparable_letter(text[start:end])
        if alike == " " and plain[-1:] == [" "]:
            ends[-1] = end
        else:
            plain += alike
            starts += [start] * len(alike)
            ends += [end] * len(alike)
        start = end
    return "".join(plain), starts, ends


@lru_cache(maxsize=10_000)
def comparable_letter(letter: str) -> str:
    """Return a letter with its accents, or a sign, as it is compared."""
    sign = letter[0]
    category = unicodedata.category(sign)
    if sign.isspace():
        return " "
    if category == "Cf" or unicodedata.name(sign, "").startswith("VARIATION SELECTOR"):
        return ""
    if category == "Pd":
        return "-"
    if category in ("Pi", "Pf") or sign in MARKS:
        return "'"
    if "\ufb00" <= sign <= "\uffef":
        # Ligatures, forms of Arabic letters, wide and narrow forms.
        usual = unicodedata.normalize("NFKC", letter)
        return usual if len(usual) > 1 or usual == letter else comparable_letter(usual)
    return SPELT.get(letter) or unicodedata.normalize("NFC", letter)
