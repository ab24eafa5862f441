"""Recount of the filter statistics of one kind of record, beside the publishers.

A recount has rows of its own in the table of statistics, under the kind with a `+` before it,
which no query reads. It counts the versions as of the latest revision, chunk by chunk, then those
that were published since, and last replaces, under the lock of publishing, what
differs. How far it has come is stored with each chunk, so a recount that was killed continues.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection, models, transaction

from records.index import state
from records.index.models import DerivedState, FilterStatistics
from records.index.signature import Rows, signatures
from records.index.statistics import StatisticsIncrement, keys_of
from records.models import KINDS, RevisionCounter

VERSIONS_AT_ONCE = 500
"""Maximum versions that one transaction counts."""
ROWS_AT_ONCE = 5_000
"""Maximum rows of a recount that one transaction deletes."""
ROUNDS = 3
"""How often it catches up with publishing before it does so under the lock."""


class RecountedElsewhereError(Exception):
    """Another process recounts the same statistics."""


@dataclass
class Step:
    """One transaction of a recount."""

    versions: int = 0
    differences: int = 0
    """Rows of statistics that were missing, wrong or too many: known at the end."""


class Recount:
    """An iterable of steps that together recount the statistics of a kind."""

    def __init__(self, kind: str, everything: bool = False, check: bool = False) -> None:
        self.kind = kind
        self.own = f"+{kind}"
        self.from_start = everything or check
        self.check = check
        self.progress: Any = None

    def __iter__(self) -> Iterator[Step]:
        self.progress = self.stored().progress
        signature = signatures()[self.kind, Rows.STATISTICS]
        if (
            self.from_start
            or self.progress is None
            or self.progress["signature"] != signature
            or self.progress["check"]
        ):
            self.begin(signature)
        for _ in range(ROUNDS):
            yield from self.count()
            if self.progress["to"] == (latest := RevisionCounter.number()):
                break
            self.save({**self.progress, "from": self.progress["to"], "to": latest, "after": 0})
        with transaction.atomic():
            latest = RevisionCounter.locked()
            yield from self.count()
            if latest > self.progress["to"]:
                window = {"from": self.progress["to"], "to": latest, "after": 0}
                self.save({**self.progress, **window})
                yield from self.count()
            yield Step(differences=self.compare() if self.check else self.replace())
            self.save(None)
            if not self.check:
                state.mark_complete(self.kind, Rows.STATISTICS)
        self.delete_own()

    def begin(self, signature: str) -> None:
        self.save({"signature": "", "check": self.check, "from": 0, "to": 0, "after": 0})
        self.delete_own()
        self.save({**self.progress, "signature": signature, "to": RevisionCounter.number()})

    def count(self) -> Iterator[Step]:
        """Count the versions that were published after one revision and up to another."""
        before, last = self.progress["from"], self.progress["to"]
        versions: models.QuerySet = KINDS[self.kind]._default_manager.filter(
            published_in__gt=before, published_in__lte=last
        )
        related = [*versions.model.ROWS]
        if KINDS[self.kind].ROLES:
            related.append("figure_items")
        while True:
            part = versions.filter(pk__gt=self.progress["after"]).order_by("pk")
            records: list[Any] = list(
                part.select_related("search_document").prefetch_related(*related)[
                    :VERSIONS_AT_ONCE
                ]
            )
            if not records:
                return
            change = StatisticsIncrement()
            for record in records:
                change.publish(self.own, keys_of(record))
            with transaction.atomic():
                self.save({**self.progress, "after": records[-1].pk})
                change.write()
            yield Step(versions=len(records))

    def stored(self) -> DerivedState:
        row, _ = DerivedState.objects.get_or_create(kind=self.kind, rows=Rows.STATISTICS)
        return row

    def save(self, progress: Any) -> None:
        """Store how far the recount has come, unless another process stored something else."""
        with transaction.atomic():
            rows = DerivedState.objects.select_for_update()
            row = rows.get(kind=self.kind, rows=Rows.STATISTICS)
            if row.progress != self.progress:
                raise RecountedElsewhereError(
                    f"Another process recounts the statistics of {self.kind}s: run one at a time."
                )
            row.progress = progress
            row.save(update_fields=["progress"])
        self.progress = progress

    def compare(self) -> int:
        """Return how many rows are missing, wrong or too many."""
        one, other = (
            FilterStatistics.objects.filter(kind=kind).values_list(*COLUMNS)
            for kind in (self.kind, self.own)
        )
        return one.difference(other).count() + other.difference(one).count()

    def replace(self) -> int:
        """Write over the statistics where the recount differs, and return by how many rows."""
        table = FilterStatistics._meta.db_table
        columns = ", ".join(COLUMNS)
        same = " AND ".join(f"new.{column} = {table}.{column}" for column in COLUMNS)
        with connection.cursor() as cursor:
            cursor.execute(
                f"DELETE FROM {table} WHERE kind = %s AND NOT EXISTS"
                f" (SELECT 1 FROM {table} new WHERE new.kind = %s AND {same})",
                [self.kind, self.own],
            )
            deleted = cursor.rowcount
            cursor.execute(
                f"INSERT INTO {table} (kind, {columns}) SELECT %s, {columns} FROM {table} new"
                f" WHERE new.kind = %s AND NOT EXISTS"
                f" (SELECT 1 FROM {table} old WHERE old.kind = %s"
                f" AND old.role = new.role AND old.key = new.key)",
                [self.kind, self.own, self.kind],
            )
            return deleted + cursor.rowcount

    def delete_own(self) -> None:
        """Delete the rows of this recount, in short transactions."""
        rows = FilterStatistics.objects.filter(kind=self.own)
        while keys := list(rows.values_list("pk", flat=True)[:ROWS_AT_ONCE]):
            rows.filter(pk__gte=min(keys), pk__lte=max(keys)).delete()


COLUMNS: list[str] = [
    str(field.column)
    for field in FilterStatistics._meta.concrete_fields
    if not field.primary_key and field.name != "kind"
]
"""Columns of a row of statistics but for its kind."""
