"""What charts of totals have in common. Every bar is a group of the totals engine, which obeys
each group for itself; no chart adds groups up."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np

from aidapi.parameters import ParameterSet
from records.api.views.base import record_query
from records.api.views.totals import NAMED_BY
from records.models import Measure
from records.query.totals import Group, Totals
from records.site import addresses
from records.site.amounts import amount_in_words
from records.site.charts.chart import Row, Sentence, sentences
from records.site.charts.drawing import short_amount
from records.site.charts.parameters import RESOURCES, SHOWING
from records.site.charts.words import Names, query_in_words, unit_in_words
from records.totals.answer import Total
from records.totals.figures import Split

Json = dict[str, Any]

AMOUNTS = ["at_least", "about", "at_most", "records", "figures"]
"""Columns of every row of totals."""
READING = (
    "Strong colour: the proven minimum. Faint: what approximate numbers add. Bars must not be "
    "added up."
)
NOTHING = "Nothing to draw: no figure of this query counts in a total."
TRIED = 3
"""Units or currencies of which a chart is tried: figures of the first may all be joint."""
CHART_ONLY = SHOWING | {"by", "limit", "include"}
"""Parameters of charts that are no filters."""


class GroupedQuery:
    """A query of records, and its totals by group."""

    def __init__(self, kind: str, parameters: ParameterSet) -> None:
        self.kind = kind
        self.resource = RESOURCES[kind]
        self.values = parameters.cleaned
        self.given = {name: text for name, text in parameters.given.items() if name not in SHOWING}
        self.totals = Totals(
            record_query(self.resource, parameters, self.values.get("revision")),
            self.values.get("include", ()),
        )
        self.revision = self.totals.revision

    @cached_property
    def filters(self) -> dict[str, str]:
        """The filters of the request, as they were sent."""
        return {
            name: text
            for name, text in self.given.items()
            if name not in CHART_ONLY and name not in ("kind", "revision")
        }

    @cached_property
    def splits(self) -> list[Split]:
        """What the figures are counted in, that of most figures first: amounts in different units
        or currencies have no common axis."""
        counted = self.totals.splits()
        return sorted(
            counted, key=lambda split: (counted[split], rank(split), split), reverse=True
        )

    def divided(self, *by: str, among: Sequence[str] = ()) -> tuple[Split | None, list[Group]]:
        """Return what a chart is counted in, and its groups; with `among` those of some values of
        the first grouping."""
        wanted: list[list[str] | None] = [[value] for value in among] or [None]
        for split in self.splits[:TRIED]:
            groups = [group for only in wanted for group in self.totals.grouped(by, only, split)]
            if any(drawn_amount(group.total) is not None for group in groups):
                return split, groups
        return None, []

    def other_splits(self, chosen: Split) -> list[tuple[str, dict[str, str]]]:
        """Return the other units and currencies, each with the parameters of a
        chart of it."""
        found = []
        for split in self.splits:
            narrowed = {
                "measure": split.measure,
                **({"unit": split.unit} if split.unit else {}),
                **({"currency": split.currency} if split.currency else {}),
            }
            nameable = split.unit or split.currency or split.measure == Measure.PARTIES
            if split != chosen and nameable:
                found.append((f"in {unit_in_words(split)}", self.given | narrowed))
        return found

    def title(self, split: Split | None, names: Names, by: str) -> str:
        """Return the query in words, and by what it is divided."""
        words = query_in_words(self.kind, self.values, self.filters, split, names)
        return f"{words}, {by}"

    def sentences(self, groups: Iterable[Group]) -> dict[int, Sentence]:
        """Return group, by place → the sentence behind its largest figure."""
        largest = {}
        for place, group in enumerate(groups):
            for row in group.total.outcome.largest(1):
                largest[place] = (row.figure.id, row.figure.figure)
        found = sentences(self.kind, self.revision, largest.values())
        return {place: found[pair] for place, pair in largest.items() if pair in found}

    def rows(
        self, groups: Sequence[Group], labels: Sequence[str], pages: Sequence[str] = ()
    ) -> list[Row]:
        said = self.sentences(groups)
        return [
            Row(
                label=label,
                amount=amount_in_words(group.total),
                values=values_of(group) | {"name": label},
                sentence=said.get(place),
                page=pages[place] if pages else "",
                address=self.address(group),
                records=records_in(group.total),
            )
            for place, (group, label) in enumerate(zip(groups, labels, strict=True))
        ]

    def address(self, group: Group) -> str:
        """Return the address of the list of the records in a group."""
        names = [
            *(
                f"{name}:{value or ''}"
                for name, value in zip(group.names, group.values, strict=True)
            ),
            split_name(group.total.split),
            *(f"include:{reason}" for reason in self.values.get("include", ())),
        ]
        query = self.filters | {"revision": str(self.revision), "total": ",".join(names)}
        return addresses.browse(self.kind, query)


def split_name(split: Split) -> str:
    """Return a split as the filter `total` names it."""
    named = NAMED_BY[Measure(split.measure)]
    return ",".join(f"{name}:{getattr(split, name)}" for name in named)


def rank(split: Split) -> int:
    """Return what is preferred among splits of as many records."""
    if split.measure == Measure.PARTIES:
        return 0
    return 2 if split.unit or split.currency else 1


def drawn_amount(total: Total) -> Decimal | None:
    """Return the length of a total's bar: the greater of its two sums."""
    found = [one for one in (total.at_least, total.about) if one is not None]
    return max(found) if found else None


def records_in(total: Total) -> int:
    """Return the number of records with a figure in a total."""
    return total.outcome.records(np.flatnonzero(total.outcome.used))


def values_of(group: Group) -> Json:
    """Return the values of a group's row."""
    total = group.total
    return {
        **dict(zip(group.names, group.values, strict=True)),
        "at_least": total.at_least,
        "about": total.about,
        "at_most": total.at_most,
        "records": records_in(total),
        "figures": int(total.outcome.used.sum()),
    }


def bar_label(total_values: Mapping[str, Any]) -> str:
    """Return the mark of a bar's qualifier with its number: ≥ 45.6 million, ≈ 50 million."""
    least, about = total_values["at_least"], total_values["about"]
    if least is not None and least == total_values["at_most"]:
        return f"= {short_amount(float(least))}"
    if least is None:
        return f"≈ {short_amount(float(about))}"
    shown = f"≥ {short_amount(float(least))}"
    return shown if about is None or about == least else f"{shown}, ≈ {short_amount(float(about))}"


def number(value: Decimal | None) -> float | None:
    """Return an amount as a drawing has it."""
    return None if value is None else float(value)
