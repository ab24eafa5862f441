"""The facts that a query is planned by, read in one statement before the list is.

Two sorts of facts must not be confused. The revision, the known codes and the ids that a probe or
the full-text index returns are read from the records: they decide what a query returns. The
statistics are estimates, which may be absent or stale: they decide only how it is found.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from django.db.models import QuerySet

from records.index.models import FilterStatistics
from records.index.search import BODY, HEAD, Search, Term
from records.index.statistics import IndexKey
from records.models import Item, Party, RevisionCounter
from records.query import limits
from records.query.bodies import Bodies, bodies_of, replaced_codes
from records.query.prepared import fetch

EVERY_VERSION: IndexKey = ("word", "")
"""Index key of every version."""
LAST_CHARACTER = chr(0x10FFFF)
"""Sorts after everything that a word can continue with."""
SEARCH_ROLES = {HEAD: "head", BODY: "word", None: "word"}
"""Tier of a search → the role whose index keys narrow it down."""
REVISION_COUNTER = RevisionCounter._meta.db_table
STATISTICS = FilterStatistics._meta.db_table
VOCABULARIES = {"party": Party._meta.db_table, "item": Item._meta.db_table}


class Part(StrEnum):
    """What a row of the plan's statement states."""

    REVISION = "revision"
    STATISTICS = "statistics"
    CODE = "code"
    BODY = "body"
    PROBE = "probe"
    FOUND = "found"


class PlanRow(NamedTuple):
    """A row of the plan's statement."""

    part: str
    role: str
    """Role of an index key; vocabulary of a code."""
    key: str | None
    """Index key; code; a replaced code and the one that replaces it; or ids, separated by
    commas."""
    n: int
    """Number of the revision; versions with the key; ids."""


@dataclass
class Plan:
    """What one statement reads before a list is read."""

    latest: int = 0
    """The latest revision."""
    codes: set[tuple[str, str]] = field(default_factory=set)
    """(vocabulary, code) of those of the query's codes that exist."""
    bodies: Bodies = field(default_factory=Bodies)
    """Which codes are those of one party or item."""
    probed: list[int] | None = None
    """Ids of all records that the probe finds; None where these are too many."""
    found: dict[str, list[int]] = field(default_factory=dict)
    """Role → ids of all records that have, in that role, the words of the search; no entry where
    these are too many."""
    versions: dict[IndexKey, int] = field(default_factory=dict)
    """Estimates: index key → how many versions have it, retired ones included."""

    @classmethod
    def of(cls, rows: Iterable[Sequence[Any]]) -> "Plan":
        """Return the plan that the rows of its statement state."""
        plan = cls()
        replaced: list[list[str]] = []
        for row in map(PlanRow._make, rows):
            match row.part:
                case Part.REVISION:
                    plan.latest = row.n
                case Part.STATISTICS:
                    plan.versions[row.role, row.key or ""] = row.n
                case Part.CODE:
                    plan.codes.add((row.role, row.key or ""))
                case Part.BODY:
                    replaced.append([row.role, *(row.key or "").split()])
                case Part.PROBE if row.n <= limits.probe_ids():
                    plan.probed = sorted(set(map(int, row.key.split(",")))) if row.key else []
                case Part.FOUND if row.key is not None:
                    ids = list(map(int, row.key.split(","))) if row.key else []
                    if len(ids) <= limits.SEARCH_IDS:
                        plan.found[row.role] = ids
        plan.bodies = bodies_of(replaced)
        return plan


class PlanStatement:
    """The statement that reads a plan, made of parts of the same columns."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.tables: list[str] = []
        self.table_params: list[Any] = []
        self.parts = [
            f"SELECT '{Part.REVISION}' AS part, '' AS role, '' AS key, n FROM {REVISION_COUNTER}"
        ]
        self.params: list[Any] = []

    def read_statistics(self, keys: Iterable[IndexKey]) -> None:
        """Read how many versions have each of the keys."""
        by_role: dict[str, list[str]] = {}
        for role, key in keys:
            by_role.setdefault(role, []).append(key)
        for role, of_role in by_role.items():
            self.parts.append(
                f"SELECT '{Part.STATISTICS}', role, key, versions FROM {STATISTICS}"
                f" WHERE kind = %s AND role = %s AND key IN ({marks(of_role)})"
            )
            self.params += [self.kind, role, *of_role]

    def read_codes(self, codes: Iterable[tuple[str, str, str]]) -> None:
        """Read which of the codes exist, given as (parameter, vocabulary, code)."""
        by_vocabulary: dict[str, list[str]] = {}
        for _, vocabulary, code in codes:
            by_vocabulary.setdefault(vocabulary, []).append(code)
        for vocabulary, of_vocabulary in by_vocabulary.items():
            self.parts.append(
                f"SELECT '{Part.CODE}', '{vocabulary}', code, 0 FROM {VOCABULARIES[vocabulary]}"
                f" WHERE version > 0 AND code IN ({marks(of_vocabulary)})"
            )
            self.params += of_vocabulary

    def read_bodies(self, revision: int | None) -> None:
        """Read which codes were replaced as of a revision, by default the latest."""
        sql, params = replaced_codes(revision)
        self.parts.append(
            f"SELECT '{Part.BODY}', kind, public_id || ' ' || replaced_by, 0"
            f" FROM ({sql}) AS replaced"
        )
        self.params += params

    def read_probe(self, ids: QuerySet) -> None:
        """Read the ids of records, unless they exceed the limit."""
        sql, params = ids[: limits.probe_ids() + 1].query.sql_with_params()
        self.parts.append(
            f"SELECT '{Part.PROBE}', '', string_agg(CAST(record_id AS text), ','), count(*)"
            f" FROM ({sql}) AS probed"
        )
        self.params += params

    def read_search(self, documents: Any, search: Search) -> None:
        """Read the ids that the full-text index finds, in the head and anywhere; null where, by
        the statistics, so many records have each word that many must have all: PostgreSQL finds
        all of them before it returns the first."""
        sql, params = self.word_statistics(search)
        self.tables.append(f"counted AS ({sql})")
        self.table_params += params
        self.parts.append(
            f"SELECT '{Part.STATISTICS}', role, key, versions FROM counted"
            " WHERE role = 'word' AND key = ''"
        )
        for role in ("head", "word"):
            sql, params = documents.matching(search, head=role == "head")
            at_least = self.fewest_versions(search, role)
            self.parts.append(
                f"SELECT '{Part.FOUND}', '{role}', CASE WHEN {at_least} <= {limits.SEARCH_IDS}"
                " THEN (SELECT COALESCE(string_agg(CAST(record_id AS text), ','), '')"
                f" FROM ({sql} LIMIT {limits.SEARCH_IDS + 1}) AS finds) END, 0"
            )
            self.params += params

    def fewest_versions(self, search: Search, role: str) -> str:
        """Return SQL of how many versions at least match a search, by the statistics: those that
        have one word, and not so many that they could lack another. Its parameters are added."""

        def versions(function: str, role: str, terms: Iterable[Term]) -> str:
            keys = [f"{term}*" if prefix else term for term, prefix in terms]
            self.params += keys
            return (
                f"(SELECT COALESCE({function}(versions), 0) FROM counted"
                f" WHERE role = '{role}' AND key IN ({marks(keys)}))"
            )

        single, alternatives = search.summands
        sql = [versions("sum", role, single)] if single else ["0"]
        # Of alternatives there are as many as of the most frequent one.
        sql += [f"+ {versions('max', role, terms)}" for terms in alternatives if terms]
        if search.excluded:
            first = [phrase.terms[0] for phrase in search.excluded]
            sql.append(f"- {versions('sum', 'word', first)}")
        lists = len(single) + len(alternatives)
        sql.append(f"- {lists - 1} * {versions('max', role, [('', False)])}")
        return " ".join(sql)

    def word_statistics(self, search: Search) -> tuple[str, list[Any]]:
        """Return SQL of how many versions have each word of a search, in the head or anywhere,
        and of how many there are."""
        whole = ["", *(word for word, prefix in search.terms if not prefix)]
        sql = [
            (
                f"SELECT role, key, versions FROM {STATISTICS} WHERE kind = %s"
                f" AND role IN ('head', 'word') AND key IN ({marks(whole)})"
            )
        ]
        params: list[Any] = [self.kind, *whole]
        for begin in (word for word, prefix in search.terms if prefix):
            for role in ("head", "word"):
                sql.append(
                    f"SELECT '{role}', CAST(%s AS text),"
                    " CAST(COALESCE(sum(versions), 0) AS integer)"
                    f" FROM (SELECT versions FROM {STATISTICS}"
                    f" WHERE kind = %s AND role = '{role}'"
                    f" AND key >= %s AND key < %s LIMIT {limits.SEARCH_IDS + 1}) AS {role}_begun"
                )
                params += [f"{begin}*", self.kind, begin, begin + LAST_CHARACTER]
        return " UNION ALL ".join(sql), params

    def fetch(self) -> Plan:
        """Execute the statement."""
        tables = f"WITH {', '.join(self.tables)} " if self.tables else ""
        sql = tables + " UNION ALL ".join(self.parts)
        return Plan.of(fetch(sql, [*self.table_params, *self.params]))


def marks(values: Sequence[Any]) -> str:
    """Return placeholders for the values."""
    return ", ".join(["%s"] * len(values))
