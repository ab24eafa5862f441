"""What qualifies a number: “more than”, “al menos”, 以上, and the two numbers of a range."""

import re
from dataclasses import dataclass
from typing import Any

from records.models.reading.lexicon import Lexicon, lexicon
from records.models.reading.numbers import Number, Scanner, without_dates, words_of
from records.models.reading.tokens import Token, folded, tokens

SCRIPTS = {
    "ja": "\u3040-\u30ff",
    "ko": "\uac00-\ud7af",
    "zh": "\u4e00-\u9fff",
    "ru": "\u0400-\u04ff",
    "ar": "\u0600-\u06ff",
    "hi": "\u0900-\u097f",
}
"""Language → characters of a script that shows it, where the text is not in the language given."""
USERS = {
    "ja": "ja",
    "ko": "ko",
    "zh": "zh ja ko yue",
    "ru": "ru uk bg sr mk be kk ky mn",
    "ar": "ar fa ur ps",
    "hi": "hi ne mr",
}
"""Language → those that use its script."""
LETTER = re.compile(r"[^\W\d_]")
NEAR = 3
"""Most words between a range and what says after it that it is one."""
LONGEST = 6
"""Most words of a qualifier."""
NOTHING = "nothing"
"""Meaning of words that begin or end like a qualifier and are none: *en plus de* is “besides”."""
DASHES = frozenset("-–—~〜～至到")
FROM_BELOW, FROM_ABOVE = frozenset({"more_than", "at_least"}), frozenset({"less_than", "at_most"})
"""Operators of the first and of the second of two numbers that enclose one."""


@dataclass
class Said:
    """The words and numbers of a text, with what they mean in its language."""

    text: str
    words: list[Token]
    numbers: list[Number]
    known: Lexicon

    @classmethod
    def of(cls, words: str, language: str) -> "Said":
        """From words as they are written."""
        return cls.of_folded(folded(words), language)

    @classmethod
    def of_folded(cls, text: str, language: str) -> "Said":
        known = lexicon(language_of(text, language))
        plain = without_dates(text)
        found = words_of(plain, known)
        return cls(plain, found, Scanner(plain, found, known).numbers(), known)

    def ending(self, name: str, end: int) -> tuple[int, Any] | None:
        """Return where the longest phrase of a table begins that ends before a word, and its
        meaning; the table by its key."""
        within, table = self.words[:end], self.known.table(name)
        for start in range(max(0, end - LONGEST), end):
            found = table.at(within, start)
            if found and found[0] == end:
                return start, found[1]
        return None

    def before(self, number: Number) -> tuple[list[str], int]:
        """Return the operators that words before a number mean, the nearest first, and the first
        of these words."""
        operators: list[str] = []
        at = number.first
        if paid := self.ending("currencies", at):
            at = paid[0]
        while at > 0:
            found = self.ending("before", at)
            if found is None:
                found = self.ending("before", self.skipped(at))
            if found is None or found[1] == NOTHING:
                break
            at = found[0]
            operators.append(found[1])
        return operators, at

    def skipped(self, at: int) -> int:
        """Return the word at which articles and “further” begin that end before a word: “up to a
        further 180 million”."""
        if further := self.ending("another", at):
            at = further[0]
        article = at > 0 and self.known.lists["articles"].at([self.words[at - 1]], 0)
        return at - 1 if article else at

    def after(self, index: int) -> tuple[str, int] | None:
        """Return the operator that words from here on mean, and the word after them."""
        found = self.known.tables["after"].at(self.words, index)
        if found and self.words[index].text == "+" and index and not self.is_plus(index):
            return None
        return (found[1], found[0]) if found else None

    def is_plus(self, index: int) -> bool:
        """Whether a plus is written at what is before it; in “masks + gloves” it is an “and”."""
        return self.words[index - 1].end == self.words[index].start

    def operators(self, number: Number) -> set[str]:
        """Return all operators that the words beside a number mean: “up to about 50” has two."""
        found = {number.qualifier, *self.before(number)[0]} - {""}
        if after := self.after(number.last):
            found.add(after[0])
        return found

    def joins(self, number: Number, following: Number) -> str:
        """Return the word or dash that joins two numbers; empty if something else is between."""
        first, end = number.last, number.end
        units = self.known.tables["units"]
        unit, again = units.at(self.words, first), units.at(self.words, following.last)
        if unit and again and unit[1] == again[1] and unit[0] <= following.first:
            # 5 tons to 7 tons.
            first, end = unit[0], self.words[unit[0] - 1].end
        between = self.text[end : following.start].strip(" .$€£")
        if between and set(between) <= DASHES:
            return between
        words = [
            token
            for token in self.words[first : following.first]
            if not self.known.tables["currencies"].at([token], 0)
        ]
        while len(words) > 1 and self.known.lists["articles"].at(words[-1:], 0):
            words = words[:-1]
        if words and (found := self.known.lists["joins"].at(words, 0)) and found[0] == len(words):
            return self.text[words[0].start : words[-1].end]
        return ""

    def is_range(self, number: Number, following: Number) -> bool:
        """Whether two numbers are the ends of a range: 3 to 5 million, between 3 and 5, two or
        three, more than 2 but less than 3 million."""
        if number.bounds or following.bounds:
            return False
        if self.is_enclosed(number, following):
            return True
        joined = self.joins(number, following)
        if not joined:
            return False
        first = self.ending("currencies", number.first)
        start = self.skipped(first[0] if first else number.first)
        if number.scale == following.scale and self.ending("changes", start):
            return False
        between = self.known.lists["between"]
        opened = any(
            (found := between.at(self.words[:start], at)) and found[0] == start
            for at in range(max(0, start - 2), start)
        )
        closing = self.known.lists["between_after"]
        ends = range(following.last, following.last + NEAR)
        closed = any(closing.at(self.words, at) for at in ends)
        lists = (self.known.lists["to"], self.known.lists["or"])
        alone = any(one.at(tokens(joined), 0) for one in lists)
        if not (opened or closed or alone or set(joined) <= DASHES):
            return False
        lower, upper = self.ends(number, following)
        return lower < upper

    def is_enclosed(self, number: Number, following: Number) -> bool:
        """Whether one number is a lower and the next an upper bound of the same: more than 2 but
        less than 3 million."""
        operators, start = self.before(following)
        if not (FROM_BELOW & set(self.before(number)[0]) and FROM_ABOVE & set(operators)):
            return False
        at = number.last
        if unit := self.known.tables["units"].at(self.words, at):
            at = unit[0]
        for name in ("but", "joins"):
            if found := self.known.lists[name].at(self.words, at):
                at = found[0]
                break
        lower, upper = self.ends(number, following)
        return at == start and lower < upper

    def is_choice(self, number: Number, following: Number) -> bool:
        """Whether two numbers are said of which only one can be: 5 or 10, unlike two or three."""
        joined = tokens(self.joins(number, following))
        lower, upper = self.ends(number, following)
        step = following.scale or 1
        return bool(self.known.lists["or"].at(joined, 0)) and upper - lower > step

    def is_part(self, number: Number, following: Number) -> bool:
        """Whether one number is a part of the next: 3 out of 10."""
        found = self.known.lists["part_of"].at(self.words, number.last)
        lower, upper = self.ends(number, following)
        return found is not None and found[0] == following.first and lower < upper

    def ends(self, number: Number, following: Number) -> tuple:
        """Return both numbers of a range: of “3 to 5 million” three million is the first."""
        alone = number.scale == 1 and number.value < following.value
        return number.value * (following.scale if alone else 1), following.value


def language_of(text: str, language: str) -> str:
    """Return the language given, or that of the script in which most of the text is."""
    if text.isascii():
        return language
    letters = LETTER.findall(text)
    tag = language.partition("-")[0]
    for other, characters in SCRIPTS.items():
        written = re.findall(f"[{characters}]", text)
        if 2 * len(written) > len(letters) and tag not in USERS[other].split():
            return other
    return language
