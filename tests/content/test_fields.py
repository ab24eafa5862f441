"""The field table: what a field writes is what it reads, for every field of every model."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import models

from records.content.fields import ContentField, fields_of
from records.models import DATED, KINDS, Donation, DonationFigure, Item, Party, Statement

MODELS = [*KINDS.values(), *(model.child("figures") for model in DATED.values()), Item, Party]
FIELDS = [
    pytest.param(field, id=f"{model.__name__}.{field.name}")
    for model in MODELS
    for field in fields_of(model).values()
    if field.column.editable and not field.column.is_relation and not field.column.primary_key
]


def sample(field: ContentField) -> Any:
    if field.codes:
        return field.codes[-1]
    kinds: list[tuple[type[models.Field], Any]] = [
        (models.BooleanField, False),
        (models.DecimalField, Decimal("1500000.5")),
        (models.DateTimeField, None),
        (models.DateField, date(2020, 4, 10)),
        (models.JSONField, ["one", "two"]),
        (models.IntegerField, 7),
    ]
    return next((value for kind, value in kinds if isinstance(field.column, kind)), "Words.")


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_reads_what_it_writes(field: ContentField) -> None:
    value = sample(field)
    one, other = field.column.model(), field.column.model()
    setattr(one, field.attname, value)

    text = field.write(one)
    field.set(other, text if isinstance(text, list) else field.read(text))

    assert getattr(other, field.attname) == value
    assert field.show(other)
    field.clear(other)
    assert field.is_default(other)


@pytest.mark.parametrize(
    ("text", "day", "precision"),
    [
        ("2020-04-10", date(2020, 4, 10), "day"),
        ("2020-04", date(2020, 4, 1), "month"),
        ("2020", date(2020, 1, 1), "year"),
    ],
)
def test_a_date_is_written_as_far_as_it_is_known(text: str, day: date, precision: str) -> None:
    field = fields_of(Donation)["as_of"]
    donation = Donation()

    field.set(donation, field.read(text))

    assert (donation.as_of, donation.as_of_precision) == (day, precision)
    assert field.write(donation) == text


@pytest.mark.parametrize(
    ("model", "name", "value", "shown"),
    [
        (DonationFigure, "value", Decimal("50000.00"), "50,000"),
        (DonationFigure, "countable", True, "yes"),
        (DonationFigure, "operator", "more_than", "more than, over"),
        (Statement, "topics", ["customs", "talks"], "customs\ntalks"),
        (Donation, "period_end", None, ""),
        (DonationFigure, "item", Item(code="gown", name="Gowns"), "Gowns"),
        (DonationFigure, "item", None, ""),
    ],
)
def test_a_value_is_shown_as_people_read_it(model: Any, name: str, value: Any, shown: str) -> None:
    assert fields_of(model)[name].show(model(**{name: value})) == shown
