"""Filter statistics: the index keys of a version, and how many versions have each key.

Statistics are derived rows. They help the query planner to choose an order and an index; absent
or stale, they only cost time.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from django.db import connection

from records.index.models import FilterStatistics
from records.models import DatedRecord, FigureItem, Record, RecordLink, RecordParty
from records.models.regions import regions_around
from records.models.rows import joined
from records.models.text import BOUNDARY

IndexKey = tuple[str, str]
"""(role, key): a parameter, or the column that it reads, and one of its values."""

UNKNOWN = "unknown"
"""Value of a party filter that matches the records that name no party in the role."""
FIGURE_CODES = ("measure", "basis", "operator", "unit", "currency", "party_type")
"""Columns of figures whose codes are index keys."""
COLUMNS = ("kind", "role", "key", "versions")
ROWS_PER_STATEMENT = 200
"""Maximum rows of statistics that one statement writes."""


def keys_of(record: Record, words: tuple[str, str] | None = None) -> set[IndexKey]:
    """Return the index keys of a published version, read from its rows; `words`: head and body of
    its search document, by default the stored one."""
    if isinstance(record, DatedRecord):
        keys = filter_keys(
            record,
            record.rows_of("parties"),
            record.rows_of("figures"),
            record.rows_of("links"),
            record.rows_of("figure_items"),
        )
    else:
        keys = link_keys(record.rows_of("links"))
    if words is None and (stored := getattr(record, "search_document", None)):
        words = stored.head, stored.body
    # A search document that was lost is no obstacle to a recount.
    return keys | (word_keys(*words) if words else set())


def link_keys(links: Iterable[RecordLink]) -> set[IndexKey]:
    """Return the index keys of a version's links: all the filter keys that a statement has."""
    return {("linked", link.type) for link in links}


def filter_keys(
    record: DatedRecord,
    parties: Iterable[RecordParty],
    figures: Iterable[Any],
    links: Iterable[RecordLink],
    figure_items: Iterable[FigureItem],
) -> set[IndexKey]:
    """Return the index keys of a dated record's version, those of its words excepted."""
    keys = link_keys(links) | {("item", row.item_id) for row in figure_items}
    keys |= {(column, getattr(record, column)) for column in record.CODED}
    keys |= {(column, getattr(row, column)) for row in figures for column in FIGURE_CODES}
    for row in parties:
        keys |= {(row.role, row.party_id), ("party", row.party_id)}
        keys |= {(f"{row.role}_{column}", getattr(row, column)) for column in ("type", "country")}
        keys |= {(f"{row.role}_region", number) for number in regions_around(row.region)}
    return {(role, key) for role, key in keys if key}


def word_keys(head: str, body: str) -> set[IndexKey]:
    """Return the words and pairs of words of a version, each once; the empty key is that of
    every version."""
    first = {"", *head.split()} - {BOUNDARY}
    anywhere = first | set(body.split()) - {BOUNDARY}
    return {("head", word) for word in first} | {("word", word) for word in anywhere}


class StatisticsIncrement:
    """Additions to the statistics that one transaction collects, then writes at once."""

    def __init__(self) -> None:
        self.published: defaultdict[str, Counter[IndexKey]] = defaultdict(Counter)
        """Kind → how many versions of it have a key."""

    def publish(self, kind: str, keys: Iterable[IndexKey]) -> None:
        """Count a version of the kind that is published with these keys."""
        self.published[kind].update(keys)

    def write(self) -> None:
        """Add what was collected to the stored statistics."""
        options: Any = FilterStatistics._meta
        table, columns = options.db_table, [options.get_field(name) for name in COLUMNS]
        rows = [
            (kind, *key, versions)
            for kind, found in sorted(self.published.items())
            for key, versions in sorted(found.items())
        ]
        # In few statements: a version has dozens of words.
        with connection.cursor() as cursor:
            for start in range(0, len(rows), ROWS_PER_STATEMENT):
                part = rows[start : start + ROWS_PER_STATEMENT]
                if connection.vendor == "postgresql":
                    source = f"SELECT * FROM {joined(columns)}"
                    values: list[Any] = [list(column) for column in zip(*part, strict=True)]
                else:
                    source = f"VALUES {', '.join(['(%s, %s, %s, %s)'] * len(part))}"
                    values = [value for row in part for value in row]
                cursor.execute(
                    f"INSERT INTO {table} ({', '.join(COLUMNS)}) {source}"
                    " ON CONFLICT (kind, role, key)"
                    f" DO UPDATE SET versions = {table}.versions + excluded.versions",
                    values,
                )
