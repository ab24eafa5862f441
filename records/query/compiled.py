"""SQL of queries, compiled once per shape.

Building a queryset and compiling it takes Django several times as long as the database takes to
run it. Queries of one shape differ only in the values of their parameters. So the SQL is compiled
with placeholders in place of these, and kept with the places at which they came out. A query whose
values change the SQL, or are changed on the way into it, has no shape.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet

Values = dict[str, Any]
"""Name → value of what varies within a shape: texts and whole numbers."""

MAXIMUM = 1_000
"""Shapes that a process keeps."""


@dataclass(frozen=True)
class Compiled:
    """SQL with the parameters of one shape."""

    sql: str
    params: tuple[Any, ...]
    """The name of what varies, in a tuple of its own, or the parameter itself."""
    compiler: Any
    converters: Any
    """What the columns need that the driver returns otherwise; see SQLCompiler.get_converters."""

    def fetch(self, values: Values) -> list[tuple[Any, ...]]:
        params = [values[one[0]] if type(one) is tuple else one for one in self.params]
        with connection.cursor() as cursor:
            cursor.execute(self.sql, params)
            rows = cursor.fetchall()
        if self.converters:
            return list(map(tuple, self.compiler.apply_converters(rows, self.converters)))
        return rows


kept: dict[Hashable, Compiled | None] = {}


def rows_of(
    shape: Hashable, values: Values, build: Callable[[Values], QuerySet]
) -> list[tuple[Any, ...]]:
    """Return the rows of the queryset that `build` returns for the values; the shape has all else
    that it depends on."""
    key = connection.vendor, shape
    if key not in kept:
        if len(kept) >= MAXIMUM:
            kept.clear()
        kept[key] = compile_shape(values, build)
    compiled = kept[key]
    return list(build(values)) if compiled is None else compiled.fetch(values)


def compile_shape(values: Values, build: Callable[[Values], QuerySet]) -> Compiled | None:
    """Return the SQL of a shape; None if a value does not come out of it as it went in."""
    # What is the same with two sets of placeholders does not depend on the values.
    sets = [
        {
            name: placeholder(value, place + start)
            for place, (name, value) in enumerate(values.items())
        }
        for start in (1, 1 + len(values))
    ]
    compilers = [build(one).query.get_compiler(connection=connection) for one in sets]
    (sql, params), (other_sql, other_params) = (one.as_sql() for one in compilers)
    if sql != other_sql or len(params) != len(other_params):
        return None
    names = [{value: name for name, value in one.items()} for one in sets]
    found: list[Any] = []
    for one, other in zip(params, other_params, strict=True):
        name = names[0].get(one)
        if name != names[1].get(other) or (name is None and one != other):
            return None
        found.append(one if name is None else (name,))
    compiler: Any = compilers[0]
    converters = compiler.get_converters(one[0] for one in compiler.select)
    return Compiled(sql, tuple(found), compiler, converters)


def placeholder(value: Any, number: int) -> Any:
    """Return a value of the same type that occurs nowhere else in the SQL of a query."""
    if isinstance(value, int):
        return 1_987_654_000 + number
    return f"\N{SYMBOL FOR NULL}{number}"
