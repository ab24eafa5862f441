"""What publishing copies into a version's rows, for good: the party names and codes of its time,
and a row for each item and ancestor of a figure. Filters and documents read them."""

from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from records.index.writer import DerivedRows
from records.models import DatedRecord, Record, RecordParty, Revision, State
from records.models.rows import insert_values, set_prefetched, update_rows

Lineages = dict[str, list[str]]
"""Item → its code and those of its ancestors."""
FROM_PARTY = ("name", "type", "country", "region")
FROM_RECORD = ("public_id", "as_of_key", "published_in")
COPIED = {*FROM_PARTY, *FROM_RECORD}
"""Columns of a party row that publishing writes, and that a correction does not copy."""


class ItemRow(NamedTuple):
    """A row for an item or ancestor of a figure (FigureItem), by its columns."""

    record_id: int
    figure_id: int
    item_id: str
    lead: bool
    low: Decimal | None
    high: Decimal | None
    unit: str
    currency: str
    public_id: str
    as_of_key: str
    published_in: int


def write_published(
    records: Sequence[Record], revision: Revision, lineages: Lineages, derived: DerivedRows
) -> None:
    """Publish stored versions of one kind, which were checked: seal them, mark them as published
    in the revision, and derive from them."""
    dated = [record for record in records if isinstance(record, DatedRecord)]
    if dated:
        seal(dated, revision, lineages)
    for record in records:
        record.published_in, record.state = revision, State.PUBLISHED
        record.derive_columns()
    update_rows(records, _written_on_publishing(type(records[0])))
    derived.publish(records)


@cache
def _written_on_publishing(model: type[Record]) -> list[str]:
    """Return the columns of a version that publishing writes: the life of it, and what is derived
    from its content."""
    derived = [
        field.name
        for field in model._meta.concrete_fields
        if field.name.endswith("_key") or field.name == "joint"
    ]
    return ["state", "published_in", *derived]


def seal(records: Sequence[DatedRecord], revision: Revision, lineages: Lineages) -> None:
    """Write the copies into the rows of versions of one kind that are about to be published."""
    parties: list[RecordParty] = []
    items: list[ItemRow] = []
    for record in records:
        common = record.public_id, record.as_of_key, revision.number
        own = list(record.rows_of("parties"))
        copy_parties(record, own, dict(zip(FROM_RECORD, common, strict=True)))
        parties += own
        of_record = figure_items(record, record.ordered_figures(), lineages, common)
        set_prefetched(record, {"figure_items": of_record})
        items += of_record
    update_rows(parties, (*FROM_PARTY, *FROM_RECORD))
    insert_values(type(records[0]).child("figure_items"), ItemRow._fields, items)


def copy_parties(record: DatedRecord, rows: Sequence[RecordParty], common: dict[str, Any]) -> None:
    """Copy into the party rows of a version what is known of its parties; nothing is stored."""
    for row in rows:
        copied = {column: getattr(row.party, column) for column in FROM_PARTY}
        for column, value in (copied | common).items():
            setattr(row, column, value)
    record.joint = is_joint(record, rows)


def is_joint(record: DatedRecord, parties: Sequence[RecordParty]) -> bool:
    """Return whether several parties give, or several receive."""
    return any(sum(row.role == role for row in parties) > 1 for role in record.MAIN_ROLES)


def figure_items(
    record: DatedRecord,
    figures: Sequence[Any],
    lineages: Lineages,
    common: tuple[str, str, int],
) -> list[ItemRow]:
    """Return one row for each figure and item ancestor, which end in what all of the record have
    in common; the first of a record under an item leads."""
    rows: list[ItemRow] = []
    led: set[str] = set()
    for figure in figures:
        low = figure.lower if figure.value is None else figure.value
        high = figure.upper if figure.value is None else figure.value
        of_figure = low, high, figure.unit, figure.currency
        for code in lineages[figure.item_id] if figure.item_id else ():
            lead = code not in led
            rows.append(ItemRow(record.pk, figure.pk, code, lead, *of_figure, *common))
            led.add(code)
    return rows
