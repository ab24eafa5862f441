"""Candidates for a name: exact codes, names and aliases, then names that share words, then slips
of the pen. Only an exact spelling that no other entry has is a match."""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import lru_cache

from aidapi.errors import nearest
from records.models import fold
from records.models.text import words
from records.query.countries import countries_called
from records.query.kept import Kept, Subject
from records.query.revisions import latest_revision
from records.reconciliation.vocabularies import COUNTRY, Entry, Type, Vocabulary

LONGEST_NAME = 400
"""Maximum length of a text that can be a name; longer texts have no candidates."""
QUALIFIED, SAME_WORDS, CALLED, ALIAS, NAME, CODE = 85.0, 90.0, 95.0, 98.0, 99.0, 100.0
"""Scores of candidates that have the spelling of the query without what it has in brackets, its
words, are countries that other languages or official names call so, or have its spelling."""
SHARED_WORDS, WHOLE_NAME, SLIP = 70.0, 10.0, 65.0
"""Maximum scores of candidates that share words, what is added if all words of a name occur, and
the score of candidates that differ by letters."""
LEAST = 25.0
"""Minimum score of a candidate."""
SIMILAR = 0.75
"""Minimum share of letters that a word and a slip of it have in common."""
LIKE = 0.8
"""Minimum share of letters that a name and a slip of it have in common."""
CONTRADICTED = 0.5
"""Factor of the score of an entry of which a property has another value."""
BRACKETS = re.compile(r"\(([^()]*)\)")
FILLERS = frozenset(
    {"a", "an", "and", "the", "of", "for", "in", "to", "de", "la", "le", "les", "el", "los"}
    | {"del", "da", "do", "dos", "das", "des", "du"}
)
"""Words that distinguish no names."""


@dataclass(frozen=True)
class Query:
    """A reconciliation query: what the candidates should be like."""

    text: str
    types: tuple[str, ...]
    all_types: bool
    limit: int
    properties: tuple[tuple[str, tuple[str, ...]], ...]
    """Property and the values that a candidate may have, folded."""


@dataclass(frozen=True)
class Candidate:
    """An entry with its score from 0 to 100, and whether it is certain."""

    entry: Entry
    score: float
    match: bool
    exact: bool
    """Whether the query is one of its codes, names or aliases."""
    confirmed: bool
    """Whether every property of the query has one of its values."""


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """Return an English word without the ending of its plural."""
    if len(word) < 4 or not word.isascii() or not word.endswith("s") or word.endswith("ss"):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-2] if word.endswith(("ches", "shes", "xes", "sses")) else word[:-1]


def stems(text: str) -> frozenset[str]:
    """Return the words that distinguish a name, without endings of plurals."""
    found = frozenset(stem(word) for word in words(text))
    return found - FILLERS or found


class Index:
    """The entries of a vocabulary by codes, names and words."""

    def __init__(self, types: Sequence[Type], entries: Sequence[Entry]) -> None:
        self.types = {one.id: one for one in types}
        self.entries = {entry.code: entry for entry in entries}
        self.by_any_code = {code: entry for entry in entries for code in entry.codes}
        self.by_name: dict[str, set[str]] = defaultdict(set)
        self.names: dict[str, list[tuple[frozenset[str], str]]] = {}
        self.by_word: dict[str, set[str]] = defaultdict(set)
        for entry in entries:
            spellings = dict.fromkeys(map(fold, entry.names))
            for spelling in spellings:
                self.by_name[spelling].add(entry.code)
            for code in entry.codes:
                self.by_name[fold(code)].add(entry.code)
                self.by_name[fold(code.replace("-", " "))].add(entry.code)
            self.names[entry.code] = [(stems(spelling), spelling) for spelling in spellings]
            for found, _ in self.names[entry.code]:
                for word in found:
                    self.by_word[word].add(entry.code)
        count = len(entries) + 1
        self.weight = {word: math.log(count / len(codes)) for word, codes in self.by_word.items()}
        self.unknown = math.log(count)
        """Weight of a word that no name has."""

    def entry(self, code: str) -> Entry | None:
        """Return the entry that a code means, also if it was replaced; None if there is none."""
        return self.by_any_code.get(code)

    def candidates(self, query: Query) -> list[Candidate]:
        """Return the candidates of a query, the best first."""
        if len(query.text) > LONGEST_NAME:
            return []
        scores = self.scores(query.text) if query.text else dict.fromkeys(self.entries, CODE)
        text = fold(query.text)
        found = [
            self.candidate(self.entries[code], score, query, text)
            for code, score in scores.items()
            if self.has_type(self.entries[code], query)
        ]
        if not query.text:
            found = [one for one in found if one.confirmed]
        certain = [one for one in found if one.exact and one.confirmed]
        ranked = sorted(found, key=lambda one: (-one.score, one.entry.name, one.entry.code))
        return [
            replace(one, match=certain == [one] and self.sure(query.text, one))
            for one in ranked[: query.limit]
            if one.score >= LEAST
        ]

    def candidate(self, entry: Entry, score: float, query: Query, text: str) -> Candidate:
        answers = [compared(entry, pid, values) for pid, values in query.properties]
        for _ in filter(lambda answer: answer is False, answers):
            score *= CONTRADICTED
        exact = text != "" and entry.code in self.by_name.get(text, ())
        return Candidate(entry, round(score, 1), False, exact, all(answers))

    def sure(self, text: str, candidate: Candidate) -> bool:
        """Return whether an exact candidate is certain. Codes of two or three letters are words
        as well, unless they are written as codes: `no` is not Norway, `NO` is."""
        named = any(fold(text) == fold(name) for name in candidate.entry.names)
        return named or text.strip() in candidate.entry.codes or len(text.strip()) > 3

    def has_type(self, entry: Entry, query: Query) -> bool:
        return not query.types or (all if query.all_types else any)(
            wanted in entry.types for wanted in query.types
        )

    def scores(self, text: str) -> Mapping[str, float]:
        """Return code → score of the entries that a text may mean."""
        folded = fold(text)
        found: dict[str, float] = {}
        shared = dict(self.of_words(stems(folded)))
        for code, score in [
            *shared.items(),
            # Of the entries named outside and in brackets, the one that has more of the words.
            *((code, QUALIFIED + shared.get(code, 0) / 25) for code in self.of_parts(folded)),
            *self.of_country(text),
            *self.of_spelling(folded),
            *self.of_code(text.strip()),
        ]:
            found[code] = max(found.get(code, 0), score)
        if not found or max(found.values()) < SLIP:
            near = nearest(folded, self.alike(folded), cutoff=LIKE)
            for code in self.by_name[near] if near and is_slip(folded, near) else ():
                found[code] = max(found.get(code, 0), SLIP)
        return found

    def of_code(self, text: str) -> Iterator[tuple[str, float]]:
        if text in self.by_any_code:
            yield self.by_any_code[text].code, CODE

    def of_spelling(self, folded: str) -> Iterator[tuple[str, float]]:
        for code in self.by_name.get(folded, ()):
            yield code, NAME if fold(self.entries[code].name) == folded else ALIAS

    def of_country(self, text: str) -> Iterator[tuple[str, float]]:
        """Yield the countries that are called so in any larger language: likely, never certain,
        since a name of one language may be a slip in another."""
        if COUNTRY.id in self.types:
            for code in countries_called(text):
                if code in self.entries:
                    yield code, CALLED

    def of_parts(self, folded: str) -> Iterator[str]:
        """Yield the codes of entries that are named outside or in brackets: `Oita (Japan)`."""
        if BRACKETS.search(folded):
            inside = [part for found in BRACKETS.findall(folded) for part in found.split(",")]
            for part in (BRACKETS.sub(" ", folded), *inside):
                yield from self.by_name.get(" ".join(part.split()), ())

    def of_words(self, wanted: frozenset[str]) -> Iterator[tuple[str, float]]:
        """Yield code and score of entries of which a name shares words with the query. Words
        that few names have weigh more."""
        total = self.weigh(wanted)
        for code in {code for word in wanted for code in self.by_word.get(word, ())}:
            best = 0.0
            for have, _ in self.names[code]:
                if wanted == have:
                    best = SAME_WORDS
                    break
                shared = 2 * self.weigh(wanted & have) / (total + self.weigh(have))
                best = max(best, SHARED_WORDS * shared + (WHOLE_NAME if have <= wanted else 0))
            yield code, best

    def weigh(self, found: frozenset[str]) -> float:
        return sum(self.weight.get(word, self.unknown) for word in found) or 1e-9

    def alike(self, folded: str) -> list[str]:
        """Return the spellings that a slip may have come from: it keeps the first letter, and
        about as many of the others."""
        return [
            name
            for name in self.by_name
            if name[:1] == folded[:1]
            and len(folded) > 4
            and abs(len(name) - len(folded)) <= max(2, len(folded) // 5)
        ]

    def suggestions(self, prefix: str, types: Sequence[str] = ()) -> list[Entry]:
        """Return the entries of which a code, name or alias begins with a prefix, or has words
        that begin with its words; those whose own name does come first."""
        begun, parts = fold(prefix), words(prefix)
        ranked = []
        for entry in self.entries.values():
            if types and not any(one in entry.types for one in types):
                continue
            own, names = fold(entry.name), [spelling for _, spelling in self.names[entry.code]]
            codes = [fold(code) for code in entry.codes]
            if begun in codes or own == begun:
                rank = 0
            elif own.startswith(begun):
                rank = 1
            elif any(name.startswith(begun) for name in [*names, *codes]):
                rank = 2
            elif parts and any(begins(words(name), parts) for name in names):
                rank = 3
            else:
                continue
            ranked.append((rank, own, entry.code, entry))
        return [entry for *_, entry in sorted(ranked, key=lambda one: one[:3])]


def is_slip(text: str, name: str) -> bool:
    """Return whether a text differs from a name by letters of its words, not by its words:
    medical aid is no medical cap."""
    pairs = list(zip(text.split(), name.split(), strict=False))
    return len(text.split()) == len(name.split()) and all(
        SequenceMatcher(None, one, other).ratio() >= SIMILAR for one, other in pairs
    )


def begins(have: Iterable[str], parts: Iterable[str]) -> bool:
    """Return whether each part begins a word of a name."""
    return all(any(word.startswith(part) for word in have) for part in parts)


def compared(entry: Entry, pid: str, values: tuple[str, ...]) -> bool | None:
    """Return whether a property of an entry has one of the values; None if it has none at all."""
    forms = entry.forms[pid]
    return None if not forms else any(value in forms for value in values)


INDEXES: Kept[Index] = Kept(size=lambda index: len(index.entries), limit=20_000)


def index_of(vocabulary: Vocabulary) -> tuple[int, Index]:
    """Return the latest revision's number, and the index of a vocabulary as of it: an edit of a
    vocabulary is a revision."""
    revision = latest_revision()
    subject = Subject.of(f"reconciliation {vocabulary.name}")
    return revision, INDEXES.get(subject, revision, lambda _: Index(*vocabulary.read()))
