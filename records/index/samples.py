"""Sample records: versions with a value in every column, made in memory, from which the code
derives what its signature is taken of."""

import datetime
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db import models

from records.index.search import Names
from records.models import KINDS, LinkType, Record, StagedRecord, Statement
from records.models.rows import set_prefetched

TEXT = "Masks, 50,000 of them: Zürich’s and Łódź’ N95/KN95 (3.86 t), “口罩”, маски and ٥٠ كِمامة"
"""Words, a thousand, a decimal, accents, a letter without decomposition, quotation marks, digits
after letters, scripts with and without spaces, and letters and digits of Arabic."""
PARTY, ITEM, REGION = "PAK", "surgical-mask", "034"
NAMES: Names = {
    ("party", PARTY): ("Pakistan", ["Islamic Republic of Pakistan"]),
    ("item", ITEM): ("surgical mask", ["口罩"]),
}
DAY = datetime.date(2020, 4, 10)


def samples(kind: str) -> list[Any]:
    """Return two versions of the kind: with a value in every column, and with none that may be
    left out."""
    return [sample(KINDS[kind], full=full) for full in (True, False)]


def sample(model: type[Record], *, full: bool) -> Any:
    """Return a version as if it were published, with its rows as if they had been prefetched."""
    record: Any = filled(model, full=full, pk=1, public_id=f"{model.PREFIX}-00000000")
    record.version, record.published_in_id = 1, 1
    rows: dict[str, Sequence[Any]] = {"links": []}
    if full:
        rows["links"] = [
            model.child("links")(pk=1, type=LinkType.PART_OF, target=record.public_id)
        ]
    if model.ROLES:
        statement = sample(Statement, full=full)
        figure = filled(model.child("figures"), full=full, pk=1, statement=statement)
        rows["figures"] = [figure]
        rows["parties"] = [
            filled(model.child("parties"), full=full, pk=pk, role=role, region=REGION)
            for pk, role in enumerate(model.ROLES if full else model.MAIN_ROLES, start=1)
        ]
        items = [model.child("figure_items")(item_id=ITEM)] if full else []
        rows["figure_items"] = items
    if isinstance(record, StagedRecord):
        rows["milestones"] = (
            [filled(model.child("milestones"), full=True, pk=1, statement=statement)]
            if full
            else []
        )
    set_prefetched(record, rows)
    return record


def filled(model: Any, *, full: bool, **values: Any) -> Any:
    """Return an instance with a value in every column, or in those only that need one."""
    row = model(**values)
    for field in model._meta.concrete_fields:
        if field.generated or field.name in values or field.primary_key:
            continue
        if full or not (field.null or field.blank or field.has_default()):
            setattr(row, field.attname, value_for(field))
    return row


def value_for(field: Any) -> Any:
    """Return a value of the column, always the same."""
    if field.is_relation:
        return {"party": PARTY, "item": ITEM}.get(field.name)
    if field.choices:
        return next(value for value, _ in field.flatchoices if value)
    kinds: list[tuple[Any, Any]] = [
        (models.BooleanField, True),
        (models.DateTimeField, datetime.datetime(2020, 4, 10, 12, tzinfo=datetime.UTC)),
        (models.DateField, DAY),
        (models.DecimalField, Decimal("1234.5")),
        (models.IntegerField, 3),
        (models.JSONField, [TEXT]),
        (models.URLField, "https://example.org/"),
    ]
    return next((value for kind, value in kinds if isinstance(field, kind)), TEXT)
