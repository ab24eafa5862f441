"""Totals in words: at least, about, at most."""

from typing import Any

from records.site.wording import amount, bounds
from records.totals.answer import Total

NOTHING = "nothing that counts"


def split_of(total: Total) -> dict[str, Any]:
    """Return what a total counts, as a total of the API says it."""
    split = total.split
    return {
        "measure": split.measure,
        "unit": split.unit or None,
        "currency": split.currency or None,
        "party_type": split.party_type,
    }


def amount_in_words(total: Total | None) -> str:
    """Return what a total says or, if nothing counts in it alone, what counts with others; else
    that nothing is proven."""
    if total is None:
        return NOTHING
    split = split_of(total)
    numbers = {name: getattr(total, name) for name in ("at_least", "about", "at_most", "exact")}
    if said := bounds(split | numbers):
        return said
    least, about = total.with_others
    for word, number in (("at least", least), ("about", about)):
        if number is not None:
            return f"nothing alone; {word} {amount(split, number)} together with others"
    return NOTHING
