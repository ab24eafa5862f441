"""Values of columns that were found right, which need not be validated once more.

Rows share most values: codes, days, empty texts. Validating each of them again took a ninth of the
time of loading a dataset.
"""

from datetime import date
from functools import cache, lru_cache
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

KEPT_VALUES = 20_000
TYPES = {str, int, bool, date, type(None)}
COLUMNS = (models.CharField, models.TextField, models.IntegerField, models.BooleanField)
"""Columns whose validation depends on nothing but the value."""


class ValidatedOnce(models.Model):
    """A model whose rows validate each value of a column once."""

    class Meta:
        abstract = True

    def clean_fields(self, exclude: Any = None) -> None:
        super().clean_fields({*(exclude or ()), *found_right(self)})


def found_right(row: models.Model) -> list[str]:
    """Return the names of a row's columns that have a right value."""
    names = []
    for field in _columns(type(row)):
        value = getattr(row, field.attname)
        if type(value) in TYPES and _is_right(field, value):
            names.append(field.name)
    names += [field.name for field in _references(type(row)) if _is_loaded(row, field)]
    return names


@cache
def _columns(model: type[models.Model]) -> list[Any]:
    return [
        field
        for field in model._meta.concrete_fields
        if isinstance(field, (*COLUMNS, models.DateField))
        and not (field.generated or field.primary_key)
    ]


@cache
def _references(model: type[models.Model]) -> list[Any]:
    """Return the columns that may refer to any row of another table."""
    return [
        field
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey) and not field.get_limit_choices_to()
    ]


def _is_loaded(row: models.Model, field: models.ForeignKey) -> bool:
    """Return whether what a column refers to was read, so that it exists."""
    if not field.is_cached(row):
        return False
    other: Any = field.get_cached_value(row)
    return (
        other is not None and not other._state.adding and other.pk == getattr(row, field.attname)
    )


@lru_cache(KEPT_VALUES, typed=True)
def _is_right(field: models.Field, value: Any) -> bool:
    """Return whether a column takes a value, as it is."""
    try:
        cleaned = field.clean(value, None)
    except ValidationError:
        return False
    return type(cleaned) is type(value) and cleaned == value
