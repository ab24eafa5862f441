"""The items of the vocabulary, under the words that statements use for them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import yaml

from records.models import fold
from records.models.reading import Phrases, Token, listed, tokens

WORDS = Path(__file__).parent / "content" / "item_words.yaml"
"""Words in many languages beside the names and aliases of the vocabulary."""
ARABIC = re.compile("[\u0600-\u06ff]")
AMBIGUOUS = {"en": "respirator, respirators"}
"""Words that mean one item to some and another to others, by language: to some English texts a
respirator is a mask, to others a ventilator."""


@lru_cache(maxsize=1)
def item_words() -> Mapping[str, list[str]]:
    """Return code of an item → folded words for it, of all languages."""
    entries = yaml.load(WORDS.read_text("utf-8"), yaml.CSafeLoader)
    return {
        code: [word for words in by_language.values() for word in listed(words)]
        for code, by_language in entries.items()
    }


def definite(name: str) -> list[str]:
    """Return an Arabic name with the article, which is written together with its words."""
    if not ARABIC.match(name):
        return []
    words = [word if word.startswith("ال") else f"ال{word}" for word in name.split()]
    return [" ".join([words[0], *name.split()[1:]]), " ".join(words)]


@dataclass(frozen=True)
class Mention:
    """An item in a text: its code, its first word, and the word after its last."""

    code: str
    first: int
    last: int


@dataclass
class Known:
    """The items of the vocabulary, under every folded name that statements use."""

    items: Mapping[str, tuple[str, str, str]]
    """Code → name, default unit, and what the form's choice calls it."""
    parents: Mapping[str, str | None] = field(default_factory=dict)
    names: list[tuple[str, str]] = field(default_factory=list)
    """(folded name, code), the longest first."""
    phrases: Phrases = field(default_factory=Phrases)

    @classmethod
    def of(
        cls,
        rows: Iterable[tuple[str, str, list[str], str]],
        parents: Mapping[str, str | None] | None = None,
    ) -> "Known":
        """From (code, name, aliases, default unit) of each."""
        known = cls({}, parents or {})
        items: dict[str, tuple[str, str, str]] = {}
        names: dict[str, str] = {}
        for code, name, aliases, unit in rows:
            items[code] = name, unit, f"{name} ({code})"
            names |= {fold(alias): code for alias in [*aliases, name] if alias.strip()}
        known.items = items
        for name, code in names.items():
            known.phrases.add([name], code)
        for code, words in item_words().items():
            if code in items:
                known.phrases.add(words, code, keep=True)
                names |= {word.strip("*"): code for word in words if word.strip("*") not in names}
        for name, code in names.items():
            known.phrases.add(definite(name), code, keep=True)
        # Plurals, where no other item has them as its name.
        for name, code in names.items():
            if name[-1:].isascii() and name[-1:].isalpha():
                known.phrases.add([f"{name}s", f"{name}es"], code, keep=True)
        known.names = sorted(names.items(), key=lambda pair: (-len(pair[0]), pair))
        return known

    def mentions(
        self, words: list[Token], first: int = 0, last: int | None = None
    ) -> list[Mention]:
        """Return the items that words name, in their order, the longest name of each."""
        found = []
        last = len(words) if last is None else last
        within = words[:last]
        at = first
        while at < last:
            name = self.phrases.at(within, at)
            if name:
                found.append(Mention(name[1], at, name[0]))
            at = name[0] if name else at + 1
        return found

    def find(self, text: str) -> tuple[str, int, int] | None:
        """Return the item with the longest name in a folded text, and where it is."""
        words = tokens(text)
        found = self.mentions(words)
        if not found:
            return None
        longest = max(found, key=lambda one: words[one.last - 1].end - words[one.first].start)
        return longest.code, words[longest.first].start, words[longest.last - 1].end

    def is_below(self, code: str, other: str) -> bool:
        """Whether an item is a kind of another one."""
        parent = self.parents.get(code)
        while parent:
            if parent == other:
                return True
            parent = self.parents.get(parent)
        return False
