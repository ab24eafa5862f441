"""Words of a folded text, and tables of phrases that are looked up in them. Chinese, Japanese,
Korean, Thai and Burmese characters are words of their own, since nothing separates words there."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from records.models.text import UNSPACED, fold

HANGUL = (0xAC00, 0xD7AF)
"""Korean has spaces, but particles and counters are joined to words and numbers."""
SIGNS = "".join(f"{chr(first)}-{chr(last)}" for first, last in (*UNSPACED, HANGUL))
FRACTION = r"(?:\d+\s?)?[1-7]\u2044[2-8](?!\d)"
"""½ and 2½, as they are when folded."""
DIGITS = (
    FRACTION + r"|\d{1,3}(?:[.,'’٬](?:\s(?=000(?!\d)))?\d{2,3})+(?!\d)(?:[.,٫]\d+)?"
    r"|\d{1,3}(?:\s\d{3})+(?!\d)(?:[.,]\d{1,2}(?!\d))?"
    r"|\d+(?:[.,٫]\d+)?|(?<![^\s($€£¥])\.\d+(?![.,\d])"
)
APART = f"(?<![^\\W_{SIGNS}])"
"""After no letter or digit, except of scripts without spaces."""
NAMES = (
    APART + r"(?:(?:[ck]ovid|[ck]orona)[\s-]{0,2}(?:20)?19|sars[\s-]?cov[\s-]?2"
    r"|2019[\s-]?ncov|ncov[\s-]?(?:20)?19|mrna[\s-]?1273|[bp](?:\.\d{1,3}){2,}"
    r"|a-?400m|boeing[\s-]?7\d7(?!\d)|a-?3\d\d-\d{3}(?![\d.,]?\d)|(?!r[ms]-)(?:[a-zа-я]{1,2}|[运運安图圖]|伊[尔爾])-\d{2,3}"
    r"(?![.,]?\d|\s?(?:[kmb]n?|тыс|млн|[mb]illion)(?![^\W\d_]))"
    r"|(?:kn|kf|ffp|type)[\s-]?\d{1,3}(?![.,]?\d)|(?<!')n[\s-]?(?:9[059]|100)(?![.,]?\d)"
    r"|g-?(?:7|8|20|77)(?![.,]?\d)|h\dn\d|bbv?-?\d{1,3}(?![.,]?\d)"
    r"|(?:gb|yy|iso|astm|din|iec|jis|nbr|gost|гост)(?: ?/ ?[a-z]| (?:en|iso|[a-z]))?[ -]?[a-z]?"
    r"\d{3,6}(?:-\d{1,2})?[-:](?:19|20)\d\d(?!\d)"
    r"|en (?:iso )?\d{3,6}:20\d\d(?!\d)|(?:iso|astm)[ -]?[a-z]?\d{3,5}(?![.,]?\d))"
    r"|(?:코로나|코비드|ковид|коронавирус|كوفيد|कोविड|കോവിഡ്|新冠|コロナ)[\s-]?19(?!\d)"
)
"""Names with digits: COVID-19, N95, FFP2, G20, aircraft (Il-76, C-17, A400M), and standards with
their year: GB 19083-2010, EN 149:2001."""
DOLLARS = (
    APART + r"(?:u\.s\.|us\s|us|au|aus|a|ca|can|cdn|c|nz|fj|f|sg|s|hk|nt|r|mop|u|jm|tt|ec|cn"
    r"|aud|cad|hkd|nzd|sgd|usd)[$¥]s?"
)
WORD = r"(?:(?!\d)[\w\u0900-\u0dff])+"
TOKEN = re.compile(
    rf"(?P<name>{NAMES})|(?P<digits>{DIGITS})|(?P<sign>[{SIGNS}])|(?P<dollar>{DOLLARS})"
    rf"|(?P<word>{WORD})|(?P<other>[^\s'\"’‘“”«»\-\ue000-\ue009])"
)
RAISED = {ord(digit): 0xE000 + power for power, digit in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")}
"""Raised digits, and what no text has: they are of footnotes, or powers of ten."""
SHORT = 3
"""A point after a word of so many letters, or after one of these, ends no sentence."""
SHORTENED = frozenset(["approx", "долл", "mill", "bros", "prof", "corp", "asean", "mind", "aprox"])
SPACES = re.compile(r"[\s-]+")


class Token(NamedTuple):
    """A word, number or sign of a folded text, and its place there."""

    kind: str
    text: str
    start: int
    end: int


def folded(words: str) -> str:
    """Return words as the functions of this package take them, without raised digits but as signs
    that are no digits: they are of footnotes, or powers of ten."""
    return fold(unicodedata.normalize("NFKC", words.translate(RAISED)))


def tokens(text: str) -> list[Token]:
    """Return the words of a folded text. Hyphens, apostrophes and points of abbreviations separate
    words and are none."""
    found: list[Token] = []
    for match in TOKEN.finditer(text):
        kind = match.lastgroup or ""
        said = match[0]
        if kind in ("name", "dollar"):
            said = SPACES.sub("", said)
            kind = "word" if kind == "dollar" else kind
        elif said == "." and found and found[-1].kind == "word":
            last = found[-1]
            short = len(last.text) <= SHORT or last.text in SHORTENED
            if last.end == match.start() and short:
                continue
        found.append(Token(kind, said, *match.span()))
    return found


@dataclass
class Node:
    """Where some words of phrases lead: to further words, and to a meaning if they end here."""

    words: dict[str, "Node"] = field(default_factory=dict)
    stems: dict[str, "Node"] = field(default_factory=dict)
    endings: dict[str, "Node"] = field(default_factory=dict)
    meaning: Any = None

    def after(self, word: str) -> Iterator["Node"]:
        if node := self.words.get(word):
            yield node
        if self.stems:
            for end in range(len(word), 1, -1):
                if node := self.stems.get(word[:end]):
                    yield node
        if self.endings:
            for start in range(1, len(word)):
                if node := self.endings.get(word[start:]):
                    yield node


class Phrases:
    """Phrases with their meanings. `маск*` begins any such word, `*maske` ends it."""

    def __init__(self) -> None:
        self.root = Node()

    def __bool__(self) -> bool:
        return bool(self.root.words or self.root.stems or self.root.endings)

    def add(self, phrases: Iterable[str], meaning: Any, *, keep: bool = False) -> None:
        """Enter folded phrases; with `keep`, only those that have no meaning yet."""
        for phrase in phrases:
            node = self.root
            words = [word for word in phrase_words(phrase) if word]
            for word in words:
                if word.endswith("*"):
                    table, key = node.stems, word[:-1]
                elif word.startswith("*"):
                    table, key = node.endings, word[1:]
                else:
                    table, key = node.words, word
                node = table.setdefault(key, Node())
            if words and not (keep and node.meaning is not None):
                node.meaning = meaning

    def at(self, words: list[Token], index: int) -> tuple[int, Any] | None:
        """Return the end and meaning of the longest phrase that begins at a word."""
        return self._longest(self.root, words, index)

    def _longest(self, node: Node, words: list[Token], index: int) -> tuple[int, Any] | None:
        best = None if node.meaning is None else (index, node.meaning)
        if index < len(words):
            for following in node.after(words[index].text):
                found = self._longest(following, words, index + 1)
                if found and (best is None or found[0] > best[0]):
                    best = found
        return best


def phrase_words(phrase: str) -> list[str]:
    """Return the words of a phrase, as `tokens` returns those of a text, with their asterisks."""
    if "*" not in phrase:
        return [token.text for token in tokens(phrase)]
    found: list[str] = []
    for part in phrase.split():
        words = [token.text for token in tokens(part) if token.text != "*"]
        if words and part.endswith("*"):
            words[-1] += "*"
        if words and part.startswith("*"):
            words[0] = "*" + words[0]
        found += words
    return found
