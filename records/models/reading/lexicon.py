"""What the words of each language mean in a figure: numbers, scales, qualifiers, units.

`words/` has a file for each language, and `common.yaml` for what all languages have. English is
read in texts of every language too, where that language has no such word itself.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from records.models.reading.tokens import Phrases, Token, folded, phrase_words

FOLDER = Path(__file__).with_name("words")
ANY = "mul"
"""The tag of texts whose language is not known: English numbers, qualifiers of all languages."""
SAME = {"hr": "sr", "bs": "sr", "sh": "sr", "me": "sr", "ms": "id", "yue": "zh", "mo": "ro"}
"""Languages that are read with the words of another one."""
TABLES = (
    *("before", "after", "currencies", "units", "parties", "inside"),
    *("magnitudes", "halves", "and_half", "plus", "about"),
)
"""Keys of a file that have a meaning for each list of words."""
LISTS = (
    *("one", "and", "of", "between", "joins", "each", "of_which", "another"),
    *("to", "or", "but", "part_of", "for_whom", "between_after", "articles", "changes", "heads"),
    *("not_aid", "not_aid_before", "phrase_ends", "percent", "teens"),
    *("denied", "denied_after", "only", "undone", "share_of", "enough", "each_of", "spent_on"),
    *("per_time", "per_time_before"),
)
"""Keys of a file that are lists of words."""
OWN = frozenset(
    {"phrase_ends", "one", "and", "or", "but", "part_of", "for_whom", "each", "not_aid_before"}
    | {"denied", "denied_after", "only", "undone", "share_of", "enough", "each_of", "spent_on"}
)
"""Lists of which a text in another language does not also have the English words."""
NUMERIC = {"magnitudes", "halves", "and_half", "plus", "about"}


def listed(words: object) -> list[str]:
    """Return the folded phrases of a list that commas separate."""
    if isinstance(words, list):
        return [folded(str(word)) for word in words]
    return [
        folded(word)
        for word in str(words).replace(",,", "\N{IDEOGRAPHIC COMMA},").split(",")
        if word.strip()
    ]


@lru_cache(maxsize=1)
def files() -> Mapping[str, Mapping[str, Any]]:
    """Return the file of each language, by its tag."""
    return {
        path.stem: yaml.load(path.read_text("utf-8"), yaml.CSafeLoader)
        for path in sorted(FOLDER.glob("*.yaml"))
    }


@dataclass
class Lexicon:
    """The words of one language, with those that all have."""

    language: str
    is_known: bool
    point_is_decimal: bool
    both_points: bool
    """Whether some countries of the language have decimal points and others decimal commas."""
    small: Phrases = field(default_factory=Phrases)
    """Numbers below a thousand that words add up to."""
    scales: Phrases = field(default_factory=Phrases)
    tables: dict[str, Phrases] = field(default_factory=dict)
    lists: dict[str, Phrases] = field(default_factory=dict)
    bare: frozenset[str] = frozenset()
    """Scales that are a number without another before them."""
    and_joins: str = "tens"
    """What “and” joins inside a number: `tens` and units, `hundreds` and the rest, or `all`."""
    units_first: bool = False
    """Whether units come before tens, with “and” between."""
    links_scales: bool = False
    """Whether “of” may be between a number and its scale."""
    teens_from_ten: bool = False
    """Whether ten and a unit are said one after the other: on beş."""
    needs_scale: bool = False
    """Whether words below ten are read before a scale only, since they have other meanings."""
    prefixes: tuple[str, ...] = ()
    """What is written together with the next word."""
    compound: re.Pattern[str] | None = None
    """A number that is written as one word, and its parts."""
    part: re.Pattern[str] | None = None
    compounds: dict[str, tuple[str, Decimal]] = field(default_factory=dict)

    def enter(
        self, entries: Mapping[str, Any], *, keep: bool = False, left: frozenset[str] = frozenset()
    ) -> None:
        """Enter a file; with `keep`, only words that have no meaning yet."""
        for key, table in (
            ("numbers", self.small),
            ("words", self.small),
            ("scales", self.scales),
        ):
            for number, words in entries.get(key, {}).items():
                chosen = [word for word in listed(words) if word not in left]
                if keep and table is self.small:
                    chosen = [word for word in chosen if not self.has(word)]
                table.add(chosen, Decimal(str(number)), keep=keep)
        for key in TABLES:
            for meaning, words in entries.get(key, {}).items():
                known = Decimal(str(meaning)) if key in NUMERIC else meaning
                self.tables[key].add(listed(words), known, keep=keep)
        for key in LISTS:
            if key not in entries or (keep and key in OWN):
                continue
            self.lists[key].add(listed(entries[key]), True, keep=keep)

    def table(self, name: str) -> Phrases:
        """Return the phrases of a key of the file."""
        return self.tables[name] if name in self.tables else self.lists[name]

    def has(self, word: str) -> bool:
        """Whether a word means something in the language itself."""
        words = [Token("word", one, 0, 0) for one in phrase_words(word)]
        tables = (self.small, self.scales, *self.tables.values(), *self.lists.values())
        return any(found[0] == len(words) for table in tables if (found := table.at(words, 0)))


@lru_cache(maxsize=64)
def lexicon(language: str) -> Lexicon:
    """Return the words of a language; those of English where it is unknown."""
    tag = language.lower().partition("-")[0] or "en"
    tag = SAME.get(tag, tag)
    is_known = tag in files() and tag != "common"
    own = files()[tag if is_known else "en"]
    made = Lexicon(
        tag,
        is_known,
        own["decimal"] == ".",
        bool(own.get("both_points")),
        bare=frozenset(listed(own.get("bare", ""))),
        and_joins=own.get("and_joins", "tens"),
        units_first=bool(own.get("units_first")),
        needs_scale=bool(own.get("needs_scale")),
        teens_from_ten=bool(own.get("teens_from_ten")),
        links_scales=bool(own.get("links_scales")),
        prefixes=tuple(listed(own.get("prefixes", ""))),
    )
    made.tables = {key: Phrases() for key in TABLES}
    made.lists = {key: Phrases() for key in LISTS}
    made.enter(own)
    if tag == ANY:
        for other, entries in files().items():
            if other not in ("en", "common"):
                made.enter(qualifying(entries), keep=True)
    if own.get("glued"):
        made.compounds = compound_parts(own)
        longest = sorted(made.compounds, key=len, reverse=True)
        pattern = "|".join(map(re.escape, longest))
        made.part = re.compile(pattern)
        made.compound = re.compile(rf"(?:{pattern}){{2,}}")
    common = files()["common"]
    made.bare |= frozenset(listed(common["bare"]))
    if tag != "en":
        made.enter(files()["en"], keep=True, left=frozenset(listed(own.get("not_words", ""))))
    made.enter(common, keep=True)
    for code in listed(common["codes"]):
        made.tables["currencies"].add([code], code.upper(), keep=True)
    return made


def qualifying(entries: Mapping[str, Any]) -> dict[str, Any]:
    """Return the qualifiers and currencies of a file that are clear without the language: words of
    one or two letters are not."""
    return {
        key: {
            meaning: [word for word in listed(words) if len(word) > 2 or not word.isascii()]
            for meaning, words in entries.get(key, {}).items()
        }
        for key in ("before", "after", "currencies")
    } | {"joins": [word for word in listed(entries.get("joins", "")) if len(word) < 4]}


def compound_parts(own: Mapping[str, Any]) -> dict[str, tuple[str, Decimal]]:
    """Return what numbers that are one word are made of: word → sort and value."""
    parts: dict[str, tuple[str, Decimal]] = {}
    for word in listed(own.get("and", "")):
        parts[word] = "and", Decimal(0)
    for key, sort in (("numbers", "small"), ("in_compounds", "small"), ("scales", "scale")):
        for number, words in own.get(key, {}).items():
            parts |= {
                word: (sort, Decimal(str(number)))
                for word in listed(words)
                if word.isalpha() and len(word) > 1
            }
    for number, words in own.get("halves", {}).items():
        parts |= {
            word: ("small", Decimal(number)) for word in listed(words) if word.endswith("einhalb")
        }
    return parts


def merged(key: str) -> dict[str, Any]:
    """Return word → meaning of all languages; English decides where they differ."""
    found: dict[str, Any] = {}
    ordered = ["en", "common", *(tag for tag in files() if tag not in ("en", "common"))]
    for tag in ordered:
        for meaning, words in files()[tag].get(key, {}).items():
            for word in listed(words):
                stem = word.strip("*")
                found.setdefault(stem, meaning)
                if word.endswith("*") and stem.isascii():
                    found.setdefault(f"{stem}s", meaning)
    return found
