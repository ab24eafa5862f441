"""Lists of ids in SQL."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import orjson
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import F, QuerySet
from django.db.models.expressions import RawSQL

from records.totals.table import Array


def id_list(ids: Iterable[int]) -> RawSQL:
    """Return any number of ids as a subquery of one parameter, for `__in`."""
    if connection.vendor == "sqlite":
        sql = "SELECT value FROM json_each(%s)"
    else:
        sql = "SELECT CAST(value AS bigint) FROM json_array_elements_text(CAST(%s AS json))"
    return RawSQL(sql, [orjson.dumps(list(ids)).decode()])


def key_array(rows: QuerySet, column: str = "pk") -> Array:
    """Return a column of ids of any number of rows. They come as one text, which takes a fraction
    of the time of as many rows."""
    try:
        sql, params = rows.order_by().values(key=F(column)).query.sql_with_params()
    except EmptyResultSet:
        return np.zeros(0, np.int64)
    return gathered(sql, params, "key")


def gathered(sql: str, params: Sequence[Any], column: str) -> Array:
    """Return a column of ids of a statement's rows."""
    as_text = "json_group_array({})" if connection.vendor == "sqlite" else "json_agg({})::text"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {as_text.format(column)} FROM ({sql}) AS rows", params)
        (found,) = cursor.fetchone()
    return np.array(orjson.loads(found or "[]"), np.int64)
