"""Search: what a search asks for, and the full-text index row of a record."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.db import connection, models

from aidapi.fields import CodeField
from records.models.text import fold, line, paired, split

SIGNATURE_LENGTH = 16
"""Characters of a signature: see `records.index.signature`."""


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
    def terms(self) -> list[tuple[str, bool]]:
        """Terms to look up in the index: the word, or the pairs of words; each with whether
        it is a prefix."""
        terms = paired(self.words) or self.words
        return [(term, self.prefix and place == len(terms)) for place, term in enumerate(terms, 1)]

    @property
    def is_covered_by_terms(self) -> bool:
        """Whether a text that has the terms has the phrase."""
        return len(self.words) <= 2


HEAD, BODY = 1, 2
"""Tiers of what a search finds: all of it is in the head, or some of it does not."""


@dataclass(frozen=True)
class Search:
    """A parsed search: all of its phrases must be found, most of them single words."""

    phrases: tuple[Phrase, ...]
    tier: int | None = None
    """The tier to which it is narrowed down, if to one."""

    QUOTES = str.maketrans(dict.fromkeys("“”„‟«»", '"'))
    PARTS = re.compile(r'"([^"]*)"|([^\s"]+)')

    @classmethod
    def parse(cls, text: str) -> "Search":
        """Any text is a search. A quoted part is a phrase; a star at the end of a word
        or phrase leaves its last word open; everything else but letters and digits splits."""
        phrases = []
        for quoted, bare in cls.PARTS.findall(fold(text).translate(cls.QUOTES)):
            part = (quoted or bare).strip()
            if found := split(part):
                phrases.append(Phrase(tuple(found), part.endswith("*")))
        return cls(tuple(dict.fromkeys(phrases)))

    def of_tier(self, tier: int) -> "Search":
        return replace(self, tier=tier)

    @cached_property
    def terms(self) -> list[tuple[str, bool]]:
        """Terms to look up in the index, of all phrases."""
        return list(dict.fromkeys(term for phrase in self.phrases for term in phrase.terms))

    @property
    def is_covered_by_terms(self) -> bool:
        """Whether a text that has the terms matches the search."""
        return all(phrase.is_covered_by_terms for phrase in self.phrases)


class SearchDocument(models.Model):
    """Words of a published version, with the names of parties and items as they were when it was
    published. The full-text indexes over them are in `records.index.search_index`."""

    format = CodeField(
        max_length=SIGNATURE_LENGTH,
        help_text="Signature of the code that wrote it; of other code it is out of date.",
    )
    head = models.TextField(help_text="Words of its title and of the names of parties and items.")
    body = models.TextField(
        help_text="Words of its quotes or summary, of other names of parties and items, and of "
        "publishers and speakers."
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
        the head or anywhere; by the index."""
        if connection.vendor == "sqlite":
            terms = [f'"{term}"{"*" if prefix else ""}' for term, prefix in search.terms]
            expression = " AND ".join(terms)
            if head:
                expression = f"head : ({expression})"
            index = cls.index()
            return f"SELECT rowid AS record_id FROM {index} WHERE {index} MATCH %s", [expression]
        expression = " & ".join(
            f"'{term}'{':*' if prefix else ''}" for term, prefix in search.terms
        )
        table = cls._meta.db_table
        where = f"{cls.vector(head=head)} @@ CAST(%s AS tsquery)"
        return f"SELECT record_id FROM {table} WHERE {where}", [expression]

    @classmethod
    def having(cls, search: Search) -> tuple[str, list[str]]:
        """SQL, with its parameters, of the ids of records that match the search."""
        sql, params = cls.matching(search)
        position = "instr" if connection.vendor == "sqlite" else "strpos"
        for phrase in search.phrases:
            if not phrase.is_covered_by_terms:
                sql += f" AND ({position}(head, %s) > 0 OR {position}(body, %s) > 0)"
                params += [phrase.padded, phrase.padded]
        return sql, params


Names = Mapping[tuple[str, str], tuple[str, list[str]]]
"""(`party` or `item`, code) → its name, and its other names."""


def search_text(
    record: Any, parties: Iterable[Any], figures: Iterable[Any], names: Names
) -> dict[str, str]:
    """Return head and body of a version's search document, by the names of its time."""
    head, body = [record.title], []
    codes = [("party", row.party_id) for row in parties]
    for figure in figures:
        body += [figure.quote, figure.statement.publisher, figure.statement.speaker]
        if figure.item_id:
            codes.append(("item", figure.item_id))
    for code in dict.fromkeys(codes):
        name, others = names[code]
        head.append(name)
        body += others
    if hasattr(record, "summary"):
        body += [record.summary, record.publisher, record.speaker]
    return {"head": line(head), "body": line(body)}
