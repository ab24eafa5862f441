"""Lists of ids in SQL."""

from collections.abc import Iterable

import orjson
from django.db import connection
from django.db.models.expressions import RawSQL


def id_list(ids: Iterable[int]) -> RawSQL:
    """Return any number of ids as a subquery of one parameter, for `__in`."""
    if connection.vendor == "sqlite":
        sql = "SELECT value FROM json_each(%s)"
    else:
        sql = "SELECT CAST(value AS bigint) FROM json_array_elements_text(CAST(%s AS json))"
    return RawSQL(sql, [orjson.dumps(list(ids)).decode()])
