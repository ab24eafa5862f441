"""Dates that can be read in the words of a statement, in one way only."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from records.models.reading.lexicon import files, listed
from records.models.text import sort_of


def alternatives(words: Iterable[str]) -> str:
    """A pattern of any of the words, the longest first; words of letters match as themselves
    only between other characters, except in scripts without spaces. What must stand before them
    is asked once and not for each word, which would make a search take twenty times as long."""
    after_spaces: list[str] = []
    anywhere: list[str] = []
    for word in sorted(words, key=len, reverse=True):
        (after_spaces if spaced(word[0]) else anywhere).append(whole(word))
    apart = [rf"(?<![^\W\d_])(?:{'|'.join(after_spaces)})"] if after_spaces else []
    return "|".join(apart + anywhere)


def whole(word: str) -> str:
    """A pattern of a word up to its end."""
    pattern = re.escape(word).replace(r"\ ", r"\s+")
    return pattern + (r"(?![^\W\d_])" if spaced(word[-1]) else "")


def spaced(letter: str) -> bool:
    """Whether it is a letter of a script that puts spaces between words."""
    return letter.isalpha() and ord(letter) < 0x2E80 and sort_of(letter) == "letter"


MONTHS: dict[str, int] = {
    word: number for number, words in files()["common"]["months"].items() for word in listed(words)
}
OTHER_MAY = "be|have|not|also|need|receive|tho|do|tao|xet|loc|tro|phun|sieu"
"""What follows “may” as a verb, and as the Vietnamese word for a machine: *máy thở*."""
MONTH = rf"(?:{alternatives(MONTHS)})(?!\s+(?:{OTHER_MAY})\b)"
IN_YEAR = r"(?:,?\s+(?:de\s+|del\s+)?(?P<{0}>20\d\d)(?![\d.,]\d|\s\d{{3}}))"
DATE = re.compile(
    r"(?<!\d)(?P<iso_year>20\d\d)-(?P<iso_month>\d\d)(?:-(?P<iso_day>\d\d))?(?!\d)"
    r"|(?:(?P<han_year>20\d\d)\s?[年년]\s?)?(?P<han_month>\d{1,2})\s?[月월]"
    r"(?:\s?(?P<han_day>\d{1,2})\s?[日号號일])?"
    r"|(?<![\d.,])(?P<first_day>\d{1,2})(?:st|nd|rd|th|er|o|\.)?\s+(?:of\s+|de\s+)?"
    rf"(?P<first_month>{MONTH})\.?{IN_YEAR.format('first_year')}?"
    rf"|(?P<last_month>{MONTH})\.?\s+(?P<last_day>\d{{1,2}})(?:st|nd|rd|th)?(?![\d.,]\d|\d|\s\d{{3}})"
    rf"{IN_YEAR.format('last_year')}?"
    rf"|(?P<only_month>{MONTH})\.?{IN_YEAR.format('only_year')}"
)
"""2020-04-10, 4月10日, 10 April 2020, April 10, April 2020."""
SPAN_BEFORE = re.compile(
    r"\d(?:st|nd|rd|th)?\s*(?:-|–|/|to|and|until|till|y|et|und|a|al|bis|至|到)\s*$"
)
SPAN_AFTER = re.compile(r"\s*(?:-|–|/|to|and|until|till|y|et|und|a|al|bis|至|到)\s*\d")


@dataclass
class SaidDate:
    """A date in the words, without what they leave open."""

    year: int | None
    month: int
    day: int | None

    def __str__(self) -> str:
        year = "" if self.year is None else f"{self.year}-"
        return f"{year}{self.month:02}" + ("" if self.day is None else f"-{self.day:02}")

    def may_be(self, day: date, precision: str) -> bool:
        """Whether a date that is known to the day, month or year may be this one."""
        return (
            self.year in (None, day.year)
            and (precision == "year" or self.month == day.month)
            and (precision != "day" or self.day in (None, day.day))
        )


def dates_in(text: str) -> list[SaidDate]:
    """Return the dates of a folded text that can be read in one way only; none where one is the
    end of a span of days."""
    found = []
    for match in DATE.finditer(text):
        if SPAN_BEFORE.search(text[: match.start()]) or SPAN_AFTER.match(text[match.end() :]):
            return []
        parts = {name.partition("_")[2]: part for name, part in match.groupdict().items() if part}
        month = MONTHS.get(parts["month"]) or int(parts["month"])
        day, year = (int(parts[name]) if name in parts else None for name in ("day", "year"))
        found.append(SaidDate(year, month, day))
    return found
