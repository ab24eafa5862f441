"""How many records and figures a revision holds, by date, country and what is missing.

All counts are sums over records, so those of a revision follow from those of another and the
records by which the two differ.
"""

from collections import Counter
from dataclasses import dataclass, fields
from typing import Any

from django.db.models import Count, Q

from records.models import DATED, Measure, Operator
from records.query.kept import Kept, Subject
from records.query.revisions import difference, in_force

KEPT = 100
"""Counts of a kind at a revision that a process keeps: each has some thousand numbers."""


@dataclass
class Counts:
    """Counts of one kind of record. None is ever zero."""

    dates: Counter[str]
    """Date as far as it is known → records."""
    countries: Counter[tuple[str, str]]
    """Main role and country → records with such a party in it."""
    roles: Counter[str]
    """Main role → records with a party in it."""
    figures: Counter[str]
    """`figures`, and whether their quotes were `found`, `not_found` or `not_checked` → figures."""
    without: Counter[str]
    """`number`, `unit`, `currency` → records with a figure that lacks it."""

    def moved(self, gone: "Counts", added: "Counts") -> "Counts":
        """Return the counts without those of some records, and with those of others."""
        found = []
        for one in fields(self):
            total = Counter(getattr(self, one.name))
            total.subtract(getattr(gone, one.name))
            total.update(getattr(added, one.name))
            found.append(nonzero(total))
        return Counts(*found)


def nonzero(counts: Any) -> Counter[Any]:
    """Return counts without those that are zero."""
    return Counter({key: n for key, n in dict(counts).items() if n})


def counts_at(kind: str, model: Any, revision: int) -> Counts:

    def make(known: tuple[int, Counts] | None) -> Counts:
        if known is None:
            return counts_of(kind, model, in_force(model, revision))
        number, counts = known
        _, before, after = difference(model, number, revision)
        return counts.moved(
            counts_of(kind, model, in_force(model, number, before)),
            counts_of(kind, model, in_force(model, revision, after)),
        )

    return kept.get(Subject.of(kind), revision, make)


def counts_of(kind: str, model: Any, records: Any) -> Counts:
    """Count some records of a kind."""
    date = f"{model.DATE}_key"
    dates = records.order_by().values(date).annotate(n=Count("pk")).values_list(date, "n")
    found = Counts(nonzero(dates), Counter(), Counter(), Counter(), Counter())
    if kind in DATED:
        rows = model.child("parties").objects.filter(
            record__in=records.values("pk"), role__in=model.MAIN_ROLES
        )
        named = Count("record", distinct=True)
        roles = rows.order_by().values("role").annotate(n=named)
        found.roles = nonzero(roles.values_list("role", "n"))
        countries = rows.exclude(country="").order_by().values("role", "country")
        for role, country, n in countries.annotate(n=named).values_list("role", "country", "n"):
            found.countries[role, country] = n
        in_figures(model, records, found)
    return found


def in_figures(model: Any, records: Any, counts: Counts) -> None:
    """Count the figures of some records, their quotes, and what is missing in them."""

    def without(condition: Q) -> Count:
        return Count("record", distinct=True, filter=condition)

    figures = model.child("figures").objects.filter(record__in=records.values("pk"))
    found = figures.aggregate(
        figures=Count("pk"),
        found=Count("pk", filter=Q(quote_found=True)),
        not_found=Count("pk", filter=Q(quote_found=False)),
        not_checked=Count("pk", filter=Q(quote_found__isnull=True)),
        number=without(Q(operator=Operator.UNSPECIFIED)),
        unit=without(Q(measure=Measure.QUANTITY, unit="")),
        currency=without(Q(measure=Measure.MONEY, currency="")),
    )
    counts.without = nonzero({name: found.pop(name) for name in ("number", "unit", "currency")})
    counts.figures = nonzero(found)


kept: Kept[Counts] = Kept(lambda counts: 1, KEPT)
