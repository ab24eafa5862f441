"""Rules about dates of statements and milestones."""

import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import combinations

from records.curation.dataset_check.findings import Finding
from records.curation.dataset_check.rows import Published, RecordRow
from records.models import Dated
from records.models.doubts import TIME_ZONES

LONG = timedelta(days=90)
"""Who reports later than this looks back, and should say when it was."""
LONGEST_KNOWN = timedelta(days=31)
"""Length of a month: a milestone known to the year only is a looking back that says so."""
DATED_SO = re.compile(r"\b(month|year|date|day)s?\b", re.IGNORECASE)
ORDER = {
    "announced": 0, "in_talks": 0, "committed": 1, "signed": 1, "dispatched": 2, "delivered": 3,
    "paid": 3,
}  # fmt: skip
"""Stages that follow one another; those of one number exclude each other."""


def statement_without_day(published: Published) -> Iterator[Finding]:
    """Yield statements of which neither the day of publication nor the day on which it was said is
    known, and whose note does not tell readers so."""
    for row in published.statements.values():
        if row.first != row.last and not row.said and not DATED_SO.search(row.note):
            yield Finding(
                "statement-without-day",
                row.id,
                f"{row.publisher}, {row.first} to {row.last}",
                "the day of publication or the day on which it was said, or a note that says why "
                "only the month or year is known",
                (row.id,),
            )


def milestone_long_before(published: Published) -> Iterator[Finding]:
    """Yield milestones dated `on` a day or month long before their statement was published, where
    the quote has no date and nobody gave a reason."""
    for record in published.records:
        for row in record.milestones:
            statement = published.statements.get(row.statement)
            if (
                statement is not None
                and row.dated == Dated.ON
                and not (row.quote_has_date or row.explained)
                and row.last - row.first < LONGEST_KNOWN
                and statement.first - row.last > LONG
            ):
                yield Finding(
                    "milestone-long-before",
                    milestone_at(record, row.stage),
                    row.quote,
                    f"a quote with the date ({row.first}), a statement of that time, or `dated: "
                    f"by`; this one was published {(statement.first - row.last).days} days later",
                    (row.statement,),
                )


def milestone_after(published: Published) -> Iterator[Finding]:
    """Yield milestones dated after their statement was published, where nobody gave a reason."""
    for record in published.records:
        for row in record.milestones:
            statement = published.statements.get(row.statement)
            if statement and row.first > statement.last + TIME_ZONES and not row.explained:
                yield Finding(
                    "milestone-after",
                    milestone_at(record, row.stage),
                    row.quote,
                    f"a date ({row.first}) before the statement was published ({statement.last})",
                    (row.statement,),
                )


def milestones_out_of_order(published: Published) -> Iterator[Finding]:
    """Yield records that reached a further stage surely before an earlier one."""
    for record in published.records:
        known = [row for row in record.milestones if row.stage in ORDER and row.dated == Dated.ON]
        for one, other in combinations(sorted(known, key=lambda row: ORDER[row.stage]), 2):
            if ORDER[one.stage] < ORDER[other.stage] and one.first > other.last:
                yield Finding(
                    "milestones-out-of-order",
                    milestone_at(record, other.stage),
                    f"{other.stage} on {other.last}, {one.stage} on {one.first}",
                    f"{one.stage} not after {other.stage}",
                    (one.statement, other.statement),
                )


def milestone_at(record: RecordRow, stage: str) -> str:
    """Return the place of a milestone: each stage is there at most once."""
    return f"{record.id} milestones {stage}"
