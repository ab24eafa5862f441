"""Figures are exact to 15 significant digits on the running database: saved and loaded,
compared in a query, added up. The measure is Python's Decimal."""

import re
from collections.abc import Sequence
from decimal import Context, Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from aidapi.fields import NOT_EXACT
from records.models import Donation, DonationFigure, Statement
from tests.support.factories import (
    DonationFactory,
    DonationFigureFactory,
    ItemFactory,
    StatementFactory,
)
from tests.support.thoroughness import scaled

pytestmark = pytest.mark.django_db


@st.composite
def numbers(draw: st.DrawFn) -> Decimal:
    """What a figure may be: at most 15 significant digits of any magnitude below 10^15, at most
    six of them decimals; often where digits carry over, as from 99.99 to 100."""
    places = draw(st.integers(0, 6))
    digits = draw(st.integers(0, 15))
    mantissa = draw(st.integers(0, 10**digits - 1) | st.just(10**digits - 1))
    return Decimal(mantissa).scaleb(-places)


@st.composite
def excessive_numbers(draw: st.DrawFn) -> Decimal:
    """16 to 21 digits, the last no zero, below 10^15."""
    places = draw(st.integers(1, 6))
    mantissa = draw(st.integers(10**14, 10 ** (14 + places) - 1)) * 10 + draw(st.integers(1, 9))
    return Decimal(mantissa).scaleb(-places)


def store(values: Sequence[Decimal]) -> list[Any]:
    """Figures with these values, unvalidated, as the database gives them back."""
    DonationFigure.objects.all().delete()
    common = {
        "record": Donation.objects.first() or DonationFactory(figures=[]),
        "item": ItemFactory(),
        "statement": Statement.objects.first() or StatementFactory(),
    }
    rows = [
        DonationFigureFactory.build(value=value, position=position, **common)
        for position, value in enumerate(values)
    ]
    for row in rows:
        row.fill_bounds()
    DonationFigure.objects.bulk_create(rows)
    return list(DonationFigure.objects.order_by("position"))


HARD = ["0.000001", "999999999.999999", "9999999999.99999", "99999999999999.9", "999999999999999"]


@given(st.lists(numbers(), max_size=30))
@example([Decimal(number) for number in HARD])
def test_what_is_saved_is_loaded(values: list[Decimal]) -> None:
    rows = store(values)

    assert [row.value for row in rows] == values
    assert [row.lower for row in rows] == [row.upper for row in rows] == values


@given(st.lists(numbers(), max_size=30))
def test_totals_are_those_of_decimals(values: list[Decimal]) -> None:
    assert sum(row.value for row in store(values)) == sum(values)


@pytest.mark.slow(sample=True)
@settings(max_examples=scaled(40))
@given(st.lists(numbers(), min_size=1, max_size=20), numbers(), st.integers(0, 19))
def test_queries_compare_as_decimals_do(values: list[Decimal], limit: Decimal, place: int) -> None:
    store(values)

    for bound in (limit, values[place % len(values)]):
        for lookup, holds in (
            ("gte", bound.__le__),
            ("gt", bound.__lt__),
            ("lte", bound.__ge__),
            ("lt", bound.__gt__),
            ("exact", bound.__eq__),
        ):
            for column in ("value", "lower", "upper"):
                found = DonationFigure.objects.filter(**{f"{column}__{lookup}": bound})
                assert sorted(found.values_list(column, flat=True)) == sorted(
                    value for value in values if holds(value)
                )


@pytest.mark.slow(sample=True)
@settings(max_examples=scaled(40))
@given(numbers())
@example(Decimal("1234567890.12345"))
def test_every_such_number_is_accepted(value: Decimal) -> None:
    (figure,) = store([value])

    figure.full_clean(validate_unique=False)


@pytest.mark.slow(sample=True)
@settings(max_examples=scaled(40))
@given(excessive_numbers())
@example(Decimal("9999999999.123451"))
def test_more_digits_are_refused_by_the_form(value: Decimal) -> None:
    (figure,) = store([Decimal(1)])
    figure.value = value

    with pytest.raises(ValidationError, match=re.escape(NOT_EXACT)):
        figure.full_clean()


@pytest.mark.slow(sample=True)
@settings(max_examples=scaled(40))
@given(excessive_numbers())
def test_more_digits_are_refused_by_the_database(value: Decimal) -> None:
    if connection.vendor == "sqlite":
        # What one float is for cannot be reported apart here; the form refuses it all the same.
        assume(float(value) != float(Context(prec=15).plus(value)))

    with pytest.raises(IntegrityError, match="donationfigure_digits"), transaction.atomic():
        store([value])


@pytest.mark.parametrize("number", ["0.1234567", "-1", "1000000000000000", "1e20"])
def test_what_is_no_figure_is_refused_by_the_form(number: str) -> None:
    (figure,) = store([Decimal(1)])
    figure.value = Decimal(number)

    with pytest.raises(ValidationError, match=re.escape(NOT_EXACT)):
        figure.full_clean()


@pytest.mark.parametrize("number", ["-1", "-0.000001", "1000000000000000"])
def test_what_is_no_figure_is_refused_by_the_database(number: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        store([Decimal(number)])
