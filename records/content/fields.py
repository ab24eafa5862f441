"""The field table: for every model, how each field is called, read, written and shown.

The table is generated from the model's columns. Dataset files, spreadsheets and the pages of
curators use it, so a new column needs no entry in any of them but the order of its file.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from django.db import models
from django.utils.text import capfirst

from aidapi import dates
from records.content import values
from records.content.numbers import grouped
from records.models import Precision, plain


@dataclass(frozen=True)
class ContentField:
    """One field of a model: its key in files, its label for people, and its values as text."""

    column: Any

    @property
    def name(self) -> str:
        return self.column.name

    @property
    def attname(self) -> str:
        return self.column.attname

    @cached_property
    def label(self) -> str:
        return str(capfirst(self.column.verbose_name))

    @cached_property
    def codes(self) -> list[str]:
        """The codes that it takes, if it takes only those."""
        return [code for code, _ in self.column.flatchoices if code]

    @cached_property
    def precision(self) -> str:
        """Name of the column that says how much of a date is known; empty if all of it must
        be."""
        name = f"{self.name}_precision"
        columns = self.column.model._meta.concrete_fields
        return name if any(other.name == name for other in columns) else ""

    @cached_property
    def is_list(self) -> bool:
        return isinstance(self.column, models.JSONField)

    @cached_property
    def is_date(self) -> bool:
        return isinstance(self.column, models.DateField)

    @cached_property
    def is_text(self) -> bool:
        """Whether it takes text of any form."""
        text = isinstance(self.column, models.CharField | models.TextField)
        return text and not self.codes

    @cached_property
    def required(self) -> bool:
        column = self.column
        return not (column.blank or column.null or column.has_default())

    # One value

    @cached_property
    def read(self) -> Callable[[str], Any]:
        """The reader of one value, which raises ValueError with what would be right."""
        column = self.column
        if self.codes:
            return values.choice(self.codes)
        if self.precision:
            return values.read_date
        if isinstance(column, models.BooleanField):
            return values.read_boolean
        if isinstance(column, models.DecimalField):
            return values.read_number
        if isinstance(column, models.DateTimeField):
            return values.read_moment
        if isinstance(column, models.DateField):
            # A period in whole months or years begins on their first day and ends on their last.
            days = {"period_start": values.read_first_day, "period_end": values.read_last_day}
            return days.get(self.name, values.read_day)
        if isinstance(column, models.IntegerField):
            return values.read_integer
        return values.read_text

    def set(self, instance: Any, value: Any) -> None:
        """Set what `read` returned."""
        if self.precision:
            value, known = value
            setattr(instance, self.precision, Precision(known).value)
        setattr(instance, self.attname, value)

    def clear(self, instance: Any) -> None:
        setattr(instance, self.attname, self.column.get_default())

    def write(self, instance: Any) -> str | list[str]:
        """Return the value as files have it; empty where there is none."""
        value = self.column.value_from_object(instance)
        if value is None or isinstance(value, list):
            return value or ""
        if self.precision:
            return dates.written(value, getattr(instance, self.precision))
        return values.write(value)

    def is_default(self, instance: Any) -> bool:
        value = self.column.value_from_object(instance)
        return value is None or value == self.column.get_default()

    def show(self, instance: Any) -> str:
        """Return the value as people read it."""
        if self.column.is_relation:
            related = getattr(instance, self.name)
            return related.name if related else ""
        value = self.column.value_from_object(instance)
        if self.codes:
            return str(dict(self.column.flatchoices).get(value, value) or "")
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, list):
            return "\n".join(map(str, value))
        if value is not None and self.precision:
            return dates.written(value, getattr(instance, self.precision))
        if value is not None and isinstance(self.column, models.DecimalField):
            return grouped(value)
        return "" if value is None else str(plain(value))


@cache
def fields_of(model: type[models.Model]) -> dict[str, ContentField]:
    """Return name → field of every column of a model."""
    return {column.name: ContentField(column) for column in model._meta.concrete_fields}


def named_fields(model: type[models.Model], names: Sequence[str]) -> list[ContentField]:
    """Return the fields of those names, in their order; other names are passed over."""
    fields = fields_of(model)
    return [fields[name] for name in names if name in fields]
