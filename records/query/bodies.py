"""Bodies: parties and items that were entered under several codes, as of a revision.

A query treats the codes of a body as one, whichever of them a record was published under.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import Case, F, Value, When

from aidapi.fields import CodeField
from records.models import Change, in_the_end

CHANGES = Change._meta.db_table


class Bodies:
    """The replaced codes of both vocabularies, each with the code that replaces it in the end."""

    def __init__(self, replaced_by: dict[str, dict[str, str]] | None = None) -> None:
        """Take vocabulary → replaced code → the code that replaces it."""
        given = replaced_by or {}
        self.replaced = {name: in_the_end(codes) for name, codes in given.items()}

    def code(self, vocabulary: str, code: str) -> str:
        """Return the code of the body that has a code."""
        return self.replaced.get(vocabulary, {}).get(code, code)

    def codes(self, vocabulary: str, wanted: list[str]) -> list[str]:
        """Return the codes, and all other codes of the same bodies."""
        replaced = self.replaced.get(vocabulary)
        if not replaced:
            return wanted
        bodies = {replaced.get(code, code) for code in wanted}
        others = [
            *bodies & set(replaced.values()),
            *(c for c in replaced if replaced[c] in bodies),
        ]
        return [*wanted, *sorted(set(others) - set(wanted))]

    def moved(self, other: "Bodies") -> dict[str, list[str]]:
        """Return vocabulary → the codes of which the body is another one there."""
        return {
            vocabulary: sorted(
                {code for code, _ in self.pairs(vocabulary) ^ other.pairs(vocabulary)}
            )
            for vocabulary in ("party", "item")
        }

    def pairs(self, vocabulary: str) -> set[tuple[str, str]]:
        """Return the replaced codes, each with its body."""
        return set(self.replaced.get(vocabulary, {}).items())

    def expression(self, vocabulary: str, column: str) -> Any:
        """Return a column of codes as an expression of the codes of their bodies."""
        replaced = self.replaced.get(vocabulary)
        if not replaced:
            return F(column)
        whens = [When(**{column: code}, then=Value(by)) for code, by in replaced.items()]
        return Case(*whens, default=F(column), output_field=CodeField(max_length=60))


def replaced_codes(revision: int | None) -> tuple[str, list[Any]]:
    """Return SQL of vocabulary, replaced code and the code that replaces it, as of a revision, by
    default the latest."""
    until, params = ("", []) if revision is None else (" AND {}.revision_id <= %s", [revision])
    sql = (
        f"SELECT c.kind, c.public_id, c.replaced_by FROM {CHANGES} c"
        # The few rows of the index `change_replaced`. SQLite takes it only if its condition is
        # written as there, and no other index is offered (+).
        f" WHERE NOT (c.replaced_by = ''){until.format('+c')} AND NOT EXISTS (SELECT 1"
        f" FROM {CHANGES} later WHERE later.public_id = c.public_id AND later.kind = c.kind"
        f" AND later.revision_id > c.revision_id{until.format('later')})"
    )
    return sql, params * 2


def bodies_of(rows: Iterable[Sequence[str]]) -> Bodies:
    """Return the bodies that the rows of the statement state."""
    replaced: dict[str, dict[str, str]] = {}
    for vocabulary, code, by in rows:
        replaced.setdefault(vocabulary, {})[code] = by
    return Bodies(replaced)


def bodies_at(revision: int) -> Bodies:
    with connection.cursor() as cursor:
        cursor.execute(*replaced_codes(revision))
        return bodies_of(cursor.fetchall())
