"""Libraries that read numbers, for comparison only: each reader returns the numbers of some words,
or None for languages that the library does not have."""

from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from importlib import import_module

Reader = Callable[[str, str], set[Decimal] | None]

CULTURES = {
    "en": "English",
    "es": "Spanish",
    "pt": "Portuguese",
    "fr": "French",
    "de": "German",
    "zh": "Chinese",
    "ja": "Japanese",
    "it": "Italian",
    "nl": "Dutch",
    "ko": "Korean",
}


def number(text: object) -> Decimal | None:
    with suppress(InvalidOperation):
        return Decimal(str(text)).normalize()
    return None


def recognizers(words: str, language: str) -> set[Decimal] | None:
    """recognizers-text-number."""
    if language not in CULTURES:
        return None
    culture = import_module("recognizers_text").Culture
    recognize = import_module("recognizers_number").recognize_number
    try:
        found = recognize(words, getattr(culture, CULTURES[language]))
    except Exception:  # it raises of many kinds for what it cannot read
        return set()
    return {one for result in found if (one := number((result.resolution or {}).get("value")))}


def quantulum(words: str, language: str) -> set[Decimal] | None:
    """quantulum3, English only."""
    if language != "en":
        return None
    try:
        found = import_module("quantulum3.parser").parse(words)
    except Exception:  # the same
        return set()
    return {one for quantity in found if (one := number(quantity.value))}


def text2num(words: str, language: str) -> set[Decimal] | None:
    """text2num: number words become digits; these are read as they are in English."""
    if language not in ("en", "es", "pt", "fr", "de", "it", "nl", "ru"):
        return None
    try:
        digits = import_module("text_to_num").alpha2digit(words, language)
    except Exception:  # the same
        return set()
    return {one for word in digits.replace(",", "").split() if (one := number(word))}


READERS: dict[str, tuple[str, Reader]] = {
    "recognizers-text-number": ("recognizers_number", recognizers),
    "quantulum3": ("quantulum3", quantulum),
    "text2num": ("text_to_num", text2num),
}
"""Name → the module that shows that it is installed, and its reader."""
