"""Column types that behave the same on both databases."""

from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Round


class CodeField(models.CharField):
    """Code, id or folded text, compared and ordered by code point on both databases.

    PostgreSQL otherwise orders by the rules of a language, which differ from SQLite's and
    between servers.
    """

    def db_parameters(self, connection: Any) -> Any:
        parameters = super().db_parameters(connection)
        if connection.vendor == "postgresql":
            parameters["collation"] = "C"
        return parameters


NOT_EXACT = (
    "Give a number from 0 to below 10^15 with at most 15 significant digits and 6 decimals."
)


def validate_exact(value: Decimal) -> None:
    """Refuse what a column of figures does not hold exactly; `exact_digits` is the CHECK."""
    if 0 <= value < 10**15:
        _, digits, exponent = value.normalize().as_tuple()
        if len(digits) <= 15 and int(exponent) >= -6:
            return
    raise ValidationError(NOT_EXACT)


class NumberField(models.DecimalField):
    """Number of a figure, exact to 15 significant digits on both databases.

    SQLite stores it as a float, which has no more exact digits.
    """

    default_validators = [validate_exact]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs |= {"max_digits": 21, "decimal_places": 6}
        super().__init__(*args, **kwargs)


class SharedKeyField(models.OneToOneField):
    """One-to-one primary key that on SQLite is the row id itself: declared as a plain `bigint` it
    would be a separate index, and every read would take two lookups."""

    def db_type(self, connection: Any) -> Any:
        return "integer" if connection.vendor == "sqlite" else super().db_type(connection)


def exact_digits(column: str) -> models.Q:
    """Return the condition: not negative, at most 15 significant digits, 6 of them decimals."""
    exact = models.Q(**{f"{column}__isnull": True})
    for places in range(7):
        rounded = Round(column, precision=places)
        below = {f"{column}__gte": 0, f"{column}__lt": 10 ** (15 - places)}
        exact |= models.Q(**below, **{column: rounded})
    return exact
