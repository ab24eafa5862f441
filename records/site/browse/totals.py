"""Totals of a page in words: what the figures of the query prove, and what was left out, why."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from django.urls import reverse

from records.api.views.base import filters_given
from records.api.views.totals import Summary, linker
from records.query.totals import Group, Totals
from records.site.browse.state import Part, browse_address, browse_path
from records.site.wording import bounds_in_words, reason_in_words, what_in_words
from records.totals.answer import Total

Json = dict[str, Any]

SHOWN, SHOWN_IF_NAMED = 3, 8
"""Maximum number of totals of a kind, and the same where the query says what is counted; beside
other kinds a third of it."""
FOLDED = 10
"""Maximum number of further totals of a page of one kind, which unfold."""
LISTED = 5
"""Maximum number of figures that are listed for a reason."""
WHAT = ("item", "unit", "currency", "measure", "party_type")
"""Filters that say what is counted."""


@dataclass(frozen=True)
class Reason:
    """Why figures are left out of a total."""

    text: str
    figures: int
    which: list[Json]
    """The first of them: id, page, and the record that holds it."""


@dataclass(frozen=True)
class TotalInWords:
    """A total for people."""

    bounds: str
    what: str
    records: int
    address: str
    """The table of exactly the records in it."""
    conflict: bool
    reasons: list[Reason]


@dataclass(frozen=True)
class TotalsInWords:
    """The totals of one kind of record."""

    kind: str
    totals: list[TotalInWords]
    folded: list[TotalInWords]
    """Further totals, without reasons."""
    more: int
    """Number of totals beside these."""
    address: str
    """All totals: as JSON or, beside other kinds, the table of this kind."""
    missing: list[str]
    """Ids of records that name amounts which no figure holds; only where the query says what is
    counted."""


def totals_of(part: Part, *, alone: bool) -> TotalsInWords | None:
    """Return the totals of the records that a page shows of one kind, alone or beside others,
    those of most records first; None if it has no figures. They are those of `/summary/`."""
    if part.resource.totals_parameters is None:
        return None
    query = part.query.without("total") if "total" in part.query.given else part.query
    totals = Totals(query)
    given = filters_given(part.resource, part.parameters)
    link = linker(browse_path(part.resource), given, totals.revision)
    summary = Summary(totals, (), None, link)
    found = [(records(group.total), group) for group in totals.grouped()]
    found = sorted((pair for pair in found if pair[0]), key=lambda pair: -pair[0])
    named = any(name in given for name in WHAT)
    most = (SHOWN_IF_NAMED if named else SHOWN) // (1 if alone else 3)
    folded = FOLDED if alone else 0
    return TotalsInWords(
        part.resource.name,
        [
            in_words(summary, group, left_out(summary, group, part.resource.noun))
            for _, group in found[:most]
        ],
        [in_words(summary, group, []) for _, group in found[most : most + folded]],
        max(0, len(found) - most - folded),
        browse_address(
            reverse(f"{part.resource.name}-summary") if alone else browse_path(part.resource),
            given,
        ),
        sorted(totals.missing()) if named else [],
    )


def records(total: Total) -> int:
    """Return of how many records figures are in a total."""
    return total.outcome.records(np.flatnonzero(total.outcome.used))


def in_words(summary: Summary, group: Group, reasons: list[Reason]) -> TotalInWords:
    total = group.total
    bounds = {name: getattr(total, name) for name in ("at_least", "about", "at_most", "exact")}
    shown = summary.split(group) | bounds
    return TotalInWords(
        bounds_in_words(shown),
        what_in_words(shown),
        records(total),
        summary.url(group),
        total.conflict,
        reasons,
    )


def left_out(summary: Summary, group: Group, kind: str) -> list[Reason]:
    """Return why figures are not in a total."""
    return [
        Reason(
            reason_in_words(one["reason"], kind),
            one["figures"],
            [entry | {"page": page(entry)} for entry in one["which"]],
        )
        for one in summary.left_out(group.total.outcome, LISTED)
    ]


def page(entry: Json) -> str:
    """Return the place of a figure on the page of its record."""
    return f"{reverse('record-page', args=[entry['id']])}#figure-{entry['figure']}"
