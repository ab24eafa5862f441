"""The CHECKs of a model, evaluated by the database before a row is written.

`CheckConstraint.validate` compiles its condition for every row, which took half the time of
loading a dataset. Here the SQL of all CHECKs of a model is compiled once, with a slot for each
column.
"""

from functools import cache, reduce
from operator import and_
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, models
from django.db.models.functions import Coalesce
from django.db.models.sql import Query


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


def check_rules(instance: models.Model) -> None:
    """Raise ValidationError with the message of each CHECK that an instance breaks."""
    model = type(instance)
    if not rules(model):
        return
    sql, parameters = compiled(model, connection.vendor)
    stored: dict[str, Any] = {}
    values = []
    for each in parameters:
        if isinstance(each, models.Field):
            name = each.attname
            if name not in stored:
                stored[name] = each.get_db_prep_save(getattr(instance, name), connection)
            each = stored[name]
        values.append(each)
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        if cursor.fetchone():
            return
    broken = []
    for rule in rules(model):
        try:
            rule.validate(model, instance)
        except ValidationError as error:
            broken.append(error)
    raise ValidationError(broken)
