"""The CHECKs of a model, evaluated by the database before a row is written.

`CheckConstraint.validate` compiles its condition for every row and sends a query of its own, which
took half the time of loading a dataset, and a third of saving a curator's form. Here the SQL of
all CHECKs of a model is compiled once, with a slot for each column.
"""

from collections.abc import Sequence
from contextlib import nullcontext
from functools import cache, lru_cache, reduce
from operator import and_
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, models, transaction
from django.db.models.constraints import BaseConstraint
from django.db.models.functions import Coalesce
from django.db.models.sql import Query

from aidapi.fields import NumberField, validate_exact

KEPT_ROWS = 5_000


class Slot(models.Expression):
    """The place in SQL of the value that a row has in a column."""

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self.output_field]

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """Numbers are bound as text there, which is not compared as a number."""
        is_number = self.output_field.get_internal_type() == "DecimalField"
        return "CAST(%s AS NUMERIC)" if is_number else "%s", [self.output_field]

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        return f"CAST(%s AS {self.output_field.cast_db_type(connection)})", [self.output_field]


@cache
def rules(model: type[models.Model]) -> list[models.CheckConstraint]:
    """Return the model's CHECKs but that of digits, the costliest: the columns' validators are
    as strict."""
    return [
        rule
        for rule in model._meta.constraints
        if isinstance(rule, models.CheckConstraint) and not rule.name.endswith("_digits")
    ]


@cache
def compiled(model: type[models.Model], vendor: str) -> tuple[str, tuple[Any, ...]]:
    """Return a query that has a row where all CHECKs hold, and its parameters: values, and fields
    in place of what a row has in them."""
    condition = reduce(and_, [rule.condition for rule in rules(model)])
    query = Query(None)
    for field in model._meta.concrete_fields:
        query.add_annotation(Slot(output_field=field), field.name, select=False)
    query.add_annotation(models.Value(1), "holds")
    query.add_q(models.Q(Coalesce(condition, True, output_field=models.BooleanField())))
    sql, parameters = query.get_compiler(connection=connection).as_sql()
    return sql, tuple(parameters)


def keeps_rules(instance: models.Model) -> bool:
    """Return whether all CHECKs hold, in one query."""
    model = type(instance)
    if not rules(model):
        return True
    stored = [
        field.get_db_prep_save(getattr(instance, field.attname), connection)
        for field in _columns(model, connection.vendor)
    ]
    return _hold(model, connection.vendor, *stored)


@cache
def _columns(model: type[models.Model], vendor: str) -> list[models.Field]:
    """Return the columns that the CHECKs are about."""
    _, parameters = compiled(model, vendor)
    return list(dict.fromkeys(each for each in parameters if isinstance(each, models.Field)))


@lru_cache(KEPT_ROWS, typed=True)
def _hold(model: type[models.Model], vendor: str, *stored: Any) -> bool:
    """Return whether all CHECKs hold for values of the columns that they are about: the same for
    the same values, as of rows that a form sends back unchanged."""
    sql, parameters = compiled(model, vendor)
    value_of = dict(zip(_columns(model, vendor), stored, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(sql, [value_of.get(each, each) for each in parameters])
        return cursor.fetchone() is not None


def check_rules(instance: models.Model) -> None:
    """Raise ValidationError with the message of each CHECK that an instance breaks."""
    if keeps_rules(instance):
        return
    model = type(instance)
    broken = []
    for rule in rules(model):
        try:
            rule.validate(model, instance)
        except ValidationError as error:
            broken.append(error)
    raise ValidationError(broken)


class CheckedAtOnce(models.Model):
    """A model whose validation, also in forms, asks the database once whether all CHECKs hold. If
    not, Django asks for each, which of them do not, and leaves out those of columns that a form
    refuses already."""

    class Meta:
        abstract = True

    def get_constraints(self) -> list[tuple[type[models.Model], Sequence[BaseConstraint]]]:
        """Return what is still to be validated: unless they hold, the CHECKs too."""
        found = super().get_constraints()
        if not keeps_checks(self):
            return found
        return [
            (model, [one for one in constraints if not isinstance(one, models.CheckConstraint)])
            if model is type(self)
            else (model, constraints)
            for model, constraints in found
        ]


def keeps_checks(instance: models.Model) -> bool:
    """Return whether all CHECKs of a row surely hold, whatever values it has, also that of
    digits."""
    try:
        for field in instance._meta.concrete_fields:
            if isinstance(field, NumberField) and not field.generated:
                value = getattr(instance, field.attname)
                if value is not None:
                    validate_exact(field.to_python(value))
        # A value that the database cannot read must not end the transaction of the caller.
        with transaction.atomic() if connection.in_atomic_block else nullcontext():
            return keeps_rules(instance)
    except (ArithmeticError, DatabaseError, TypeError, ValidationError, ValueError):
        return False
