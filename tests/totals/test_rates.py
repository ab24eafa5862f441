"""Exchange rates: of the day or of a working day shortly before it."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from records.totals.rates import rate, table

FRIDAY = date(2020, 4, 17)
LAST_OF_ICELAND = date(2008, 12, 9)
"""The bank gave no rate of the króna from then until 2018."""


@pytest.mark.parametrize("back", [0, 1, 2])
def test_a_weekend_has_the_rate_of_friday(back: int) -> None:
    found = rate("USD", "EUR", FRIDAY + timedelta(days=back))
    assert found is not None
    assert found.date == FRIDAY
    exact = 1 / table()._rates["USD"][FRIDAY]
    assert abs(found.rate - exact) <= Decimal("5E-11")
    assert len(found.rate.as_tuple().digits) == 10


@pytest.mark.parametrize(("back", "known"), [(0, True), (7, True), (8, False)])
def test_a_rate_holds_for_a_week(back: int, known: bool) -> None:
    found = rate("ISK", "EUR", LAST_OF_ICELAND + timedelta(days=back))
    assert (found is not None and found.date == LAST_OF_ICELAND) == known


def test_what_has_no_rate() -> None:
    assert rate("XXX", "EUR", FRIDAY) is None
    assert rate("EUR", "XXX", FRIDAY) is None
    for day in (date.min, date(1, 1, 3), date(1998, 12, 31)):
        assert rate("USD", "EUR", day) is None


def test_a_currency_is_worth_itself_on_any_day() -> None:
    assert rate("CNY", "CNY", date.min) == (date.min, 1)
