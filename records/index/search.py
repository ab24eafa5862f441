"""Search: what a search asks for, and the full-text index row of a record."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, starmap
from typing import Any

from django.db import connection, models

from aidapi.fields import CodeField
from records.index.synonyms import SYNONYMS, forms
from records.models.text import fold, line, paired, split

SIGNATURE_LENGTH = 16
"""Characters of a signature: see `records.index.signature`."""


Term = tuple[str, bool]
"""Word or pair of words in the index, and whether it is a prefix."""


@dataclass(frozen=True)
class Phrase:
    """Words that follow one another; of the last perhaps only how it begins."""

    words: tuple[str, ...]
    prefix: bool = False

    @property
    def padded(self) -> str:
        """The text that a line of words with the phrase contains."""
        return f" {' '.join(self.words)}{'' if self.prefix else ' '}"

    @property
    def terms(self) -> list[Term]:
        """Terms to look up in the index: the word, or the pairs of words."""
        terms = paired(self.words) or self.words
        return [(term, self.prefix and place == len(terms)) for place, term in enumerate(terms, 1)]

    @property
    def is_covered_by_terms(self) -> bool:
        """Whether a text that has the terms has the phrase."""
        return len(self.words) <= 2


HEAD, BODY = 1, 2
"""Tiers of what a search finds: all of it is in the head, or some of it does not."""


QUOTES = str.maketrans(dict.fromkeys("“”„‟«»＂", '"') | {"＊": "*"})
MINUS = "-‐−﹣－"
OPERATORS = ("OR", "AND")
PARTS = re.compile(rf'([{MINUS}]?)"([^"]*)"|([^\s"]+)')
UNDERSTOOD = (
    'A search takes words, `vent*` for words that begin so, `"test kits"` for words in a row, '
    '`-word` or `-"two words"` to exclude, and `OR` between alternatives. Other signs are found '
    "between quotation marks only."
)
MISTAKES = [
    # What only a sign of other searches can be, outside quotation marks → what is wrong with it.
    (
        r'(?<![\w.])[A-Za-z_.]+:(?=[\w"*])',
        "no part of the record is named before a colon: use the parameters of the list",
    ),
    (r"\?(?=\w)", "a question mark is no letter"),
    (r'(?<![^\s"(*])\*|\*(?=[\w"])', "a star must follow a word or its beginning"),
    (
        rf'(?<=[,;(\[])[{MINUS}](?=[\w"])|(?<=\w)[{MINUS}](?=")',
        "a minus excludes only after a blank",
    ),
    (r"\|", "write `OR` between alternatives"),
    (r'(?<!\S)[!–—―](?=[\w"])', "write a minus before what is excluded"),
    (r'(?:(?<=")|(?<=[^\W\d_]))[~^][\d.]*(?!\S)', "likeness and weight are not understood"),
    (r"(?<!\S)NOT(?!\S)", "write a minus before what is excluded instead of `NOT`"),
    (
        r"(?<!\S)(?:NEAR|ADJ|WITHIN|XOR)(?:/[0-9]+)?(?!\S)",
        "of operators only `OR` and `AND` are understood; quote it to find the word",
    ),
    (
        r"(?s)(?<!\S)OR(?!\S).*(?<!\S)AND(?!\S)|(?<!\S)AND(?!\S).*(?<!\S)OR(?!\S)",
        "leave out `AND`: all words must occur, and `OR` joins the two beside it",
    ),
    (r"(?s)(?<!\S)OR(?!\S).*[()]|[()].*(?<!\S)OR(?!\S)", "`OR` takes no parentheses"),
]


class SearchError(ValueError):
    """A search with a sign that cannot be meant as it is used: what is wrong, and what would be
    right."""

    def __init__(self, mistake: str) -> None:
        super().__init__(f"{mistake[0].upper()}{mistake[1:]}. {UNDERSTOOD}")


@dataclass(frozen=True)
class Search:
    """A parsed search: of each group of alternatives, most of them a single word, one must be
    found, and nothing that is excluded."""

    groups: tuple[tuple[Phrase, ...], ...]
    excluded: tuple[Phrase, ...] = ()
    tier: int | None = None
    """The tier to which it is narrowed down, if to one."""

    @classmethod
    def parse(cls, text: str) -> "Search":
        """Any text is a search, unless it has a sign that cannot be meant as it is used. A quoted
        part is a phrase; a star at its end, or that of a word, leaves its last word open; `OR`
        joins alternatives, `AND` says what holds without it; a minus excludes. An unquoted word
        is found by its other forms and its synonyms, too. Everything else but letters and digits
        splits."""
        text = text.translate(QUOTES)
        check_signs(text)
        groups: list[list[Phrase]] = []
        excluded: list[Phrase] = []
        operator, may_join = "", False
        """The operator that waits for what it joins; and whether one may follow."""
        parts = PARTS.findall(text)
        for place, (sign, quoted, bare) in enumerate(parts, 1):
            if bare in OPERATORS:
                if not may_join:
                    raise SearchError(f"`{bare}` must be between two words or phrases")
                operator, may_join = bare, False
                continue
            if bare and bare in MINUS and may_join and place < len(parts):
                # A dash between words.
                may_join = False
                continue
            if bare and bare[0] in MINUS:
                sign, bare = bare[0], bare[1:]
            part = fold(quoted or bare)
            words = tuple(split(part))
            phrases = alternatives(words, part.endswith("*"), quoted=not bare)
            if sign:
                if not words or (bare and not bare[0].isalnum()):
                    raise SearchError("a minus must be before a word or a quotation mark")
                if operator == "OR":
                    raise SearchError("what is excluded is no alternative")
                excluded += phrases
                operator, may_join = "", False
            elif words:
                if operator == "OR":
                    groups[-1] += phrases
                else:
                    groups.append(phrases)
                operator, may_join = "", True
        if operator:
            raise SearchError(f"`{operator}` must be between two words or phrases")
        return cls(
            tuple(dict.fromkeys(tuple(dict.fromkeys(group)) for group in groups)),
            tuple(dict.fromkeys(excluded)),
        )

    def of_tier(self, tier: int) -> "Search":
        return replace(self, tier=tier)

    @property
    def phrases(self) -> list[Phrase]:
        """All phrases, those included that are excluded."""
        return [*chain.from_iterable(self.groups), *self.excluded]

    @cached_property
    def terms(self) -> list[Term]:
        """Terms to look up in the index, of all phrases."""
        return list(dict.fromkeys(term for phrase in self.phrases for term in phrase.terms))

    @property
    def is_covered_by_terms(self) -> bool:
        """Whether a text that has the terms matches the search."""
        return not self.excluded and all(phrase.is_covered_by_terms for phrase in self.phrases)

    def expression(self, term: Callable[[str, bool], str], both: str, either: str) -> str:
        """Return what the index must have, in its language: the terms of one phrase of each
        group."""
        return both.join(
            f"({either.join(f'({both.join(starmap(term, one.terms))})' for one in group)})"
            for group in self.groups
        )

    def excluding(self, term: Callable[[str, bool], str], either: str) -> str:
        """Return what the index must not have. Of longer phrases it knows only the pairs of words,
        which other texts have, too."""
        terms = [one.terms[0] for one in self.excluded if one.is_covered_by_terms]
        return either.join(starmap(term, terms))

    @property
    def summands(self) -> tuple[list[Term], list[list[Term]]]:
        """Terms that must all occur, and lists of terms of which one must, without alternatives
        of several terms: what the number of matches is estimated from."""
        single = [term for group in self.groups if len(group) == 1 for term in group[0].terms]
        return list(dict.fromkeys(single)), [
            [one.terms[0] for one in group if len(one.terms) == 1]
            for group in self.groups
            if len(group) > 1
        ]


def alternatives(words: tuple[str, ...], prefix: bool, *, quoted: bool) -> list[Phrase]:
    """Return the phrases that a part of a search finds: of a single word, unless it is quoted or
    left open, its other forms and its synonyms as well."""
    if quoted or prefix or len(words) != 1:
        return [Phrase(words, prefix)]
    own = forms(words[0])
    alike = [other for form in own for other in SYNONYMS.get(form, [])]
    return [Phrase(one) for one in dict.fromkeys([*((form,) for form in own), *alike])]


def check_signs(text: str) -> None:
    """Raise an error for a sign that can only be meant as other searches use it."""
    if text.count('"') % 2:
        raise SearchError("a quotation mark has no second one")
    for quoted in re.findall(r'"([^"]*)"', text):
        if re.search(r"\*(?!\s*$)", quoted):
            raise SearchError("a star must be at the end of a phrase")
    unquoted = re.sub(r'"[^"]*"', '""', text)
    for pattern, mistake in MISTAKES:
        if found := re.search(pattern, unquoted):
            raise SearchError(f"`{found[0].strip()[:20]}`: {mistake}")


class SearchDocument(models.Model):
    """Words of a published version, with the names of parties and items as they were when it was
    published. The full-text indexes over them are in `records.index.search_index`."""

    format = CodeField(
        max_length=SIGNATURE_LENGTH,
        help_text="Signature of the code that wrote it; of other code it is out of date.",
    )
    head = models.TextField(help_text="Words of its title and of the names of parties and items.")
    body = models.TextField(
        help_text="Words of its note, stages, quotes or summary, of other names of parties and "
        "items, of publishers and speakers, and of topics."
    )

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"words of {self.pk}"

    @classmethod
    def index(cls) -> str:
        """Name of the full-text index; on PostgreSQL those of the two begin with it."""
        return f"{cls._meta.db_table}_index"

    @classmethod
    def vector(cls, *, head: bool) -> str:
        """The expression that is indexed on PostgreSQL."""
        column = "head" if head else "head || ' ' || body"
        return f"array_to_tsvector(string_to_array({column}, ' '))"

    @classmethod
    def matching(cls, search: Search, *, head: bool = False) -> tuple[str, list[str]]:
        """SQL, with its parameters, of the ids of records that have all terms of the search, in
        the head or anywhere, by the index. They include all that match the search: what is
        excluded may be in the body of those that have the terms in the head."""
        if connection.vendor == "sqlite":
            expression = search.expression(sqlite_term, " AND ", " OR ")
            excluded = search.excluding(sqlite_term, " OR ")
            if head:
                expression = f"head : ({expression})"
            elif excluded:
                expression = f"({expression}) NOT ({excluded})"
            index = cls.index()
            return f"SELECT rowid AS record_id FROM {index} WHERE {index} MATCH %s", [expression]
        expression = search.expression(postgresql_term, " & ", " | ")
        excluded = search.excluding(postgresql_term, " | ")
        if excluded and not head:
            expression = f"{expression} & !({excluded})"
        table = cls._meta.db_table
        where = f"{cls.vector(head=head)} @@ CAST(%s AS tsquery)"
        return f"SELECT record_id FROM {table} WHERE {where}", [expression]


def sqlite_term(term: str, prefix: bool) -> str:
    return f'"{term}"{"*" if prefix else ""}'


def postgresql_term(term: str, prefix: bool) -> str:
    return f"'{term}'{':*' if prefix else ''}"


Names = Mapping[tuple[str, str], tuple[str, list[str]]]
"""(`party` or `item`, code) → its name, and its other names."""


def search_text(
    record: Any, parties: Iterable[Any], evidence: Iterable[Any], names: Names
) -> dict[str, str]:
    """Return head and body of a version's search document, by the names of its time; `evidence`:
    its figures and milestones."""
    head, body = [record.title], [record.note]
    codes = [("party", row.party_id) for row in parties]
    for row in evidence:
        body += [row.quote, row.quote_translation]
        body += [row.statement.publisher, row.statement.speaker]
        if item := getattr(row, "item_id", None):
            codes.append(("item", item))
        if stage := getattr(row, "stage", None):
            body.append(stage)
    for code in dict.fromkeys(codes):
        name, others = names[code]
        head.append(name)
        body += others
    if hasattr(record, "stage"):
        body.append(record.stage)
    if hasattr(record, "summary"):
        body += [record.summary, record.publisher, record.speaker, *record.topics]
    return {"head": line(head), "body": line(body)}
