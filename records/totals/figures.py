"""Input rows of the totals engine: figures with what counting needs of their records."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

SINGLE, CUMULATIVE, PERIOD = "single", "cumulative_to_date", "period_total"
NEVER_COUNT = frozenset({"per_recipient", "per_unit", "per_day", "target"})
ASIDE = frozenset(
    {"part_of_total", "valuation", "conversion", "option", "instalment", "refund"},
)
"""Reasons of figures that accompany the counted one and contradict nothing."""


class Party(NamedTuple):
    """A party as it was when the record was published; "" where a column is empty."""

    code: str
    type: str = ""
    country: str = ""
    """The country that it belongs to; a country belongs to itself."""
    regions: tuple[str, ...] = ()
    """Its M49 region, then the regions around that one, the innermost first."""


class Milestone(NamedTuple):
    """A stage that all of a gift or contract had reached at a date."""

    stage: str
    day: date
    precision: str = "day"
    dated: str = "on"
    """`on`, or `by` where only a later summary says so."""


class Split(NamedTuple):
    """What totals are always split by: never is one added to another."""

    kind: str
    measure: str
    unit: str
    currency: str
    party_type: str
    party_role: str


@dataclass(slots=True, eq=False)
class Figure:
    """One row of a figure table.

    Rows with the same givers, receivers, item path or milestones should share the same tuples:
    what is derived from them is then computed once.
    """

    id: str
    """Public id of the record."""
    figure: int
    """Number of the figure in its record."""
    measure: str
    basis: str
    operator: str
    value: Decimal | None
    lower: Decimal | None
    upper: Decimal | None
    as_of: date
    kind: str = "donation"
    precision: str = "day"
    """Precision of `as_of`: day, month or year."""
    givers: tuple[Party, ...] = ()
    """Donors, exporters or suppliers."""
    receivers: tuple[Party, ...] = ()
    """Recipients, destinations or buyers."""
    stage: str = ""
    """Stage of the version: typed for running totals, else used where there is no milestone;
    "" for exports."""
    start: date | None = None
    end: date | None = None
    """The stated period."""
    series: str = ""
    item: tuple[str, ...] = ()
    """The item, its parent and so on up to the root; empty where none is stated."""
    unit: str = ""
    currency: str = ""
    party_type: str = ""
    party_role: str = ""
    countable: bool = True
    reason: str = ""
    """`countable_reason`."""
    rank: str = "normal"
    milestones: tuple[Milestone, ...] = ()
    form: str = ""
    missing: str = ""
    """What the record says of amounts that no figure holds."""
    chosen: bool = True
    """False for a figure that does not meet the filters on figures and is here only because the
    reports of one record are judged together."""
    codes: tuple[object, ...] = ()
    """Codes of the record by which callers choose; only they read them."""
    record: int = 0
    """Key of the record's version; only the caller reads it."""
    key: int = 0
    """Key of the figure; only the caller reads it."""

    @property
    def split(self) -> Split:
        """What totals are always split by."""
        return Split(
            self.kind,
            self.measure,
            self.unit,
            self.currency,
            self.party_type,
            self.party_role,
        )

    @property
    def sort(self) -> tuple[str, ...]:
        """Figures of one record, or of one series, alike in this are about the same thing."""
        return (*self.split, self.basis, self.item[0] if self.item else "")

    @property
    def claim(self) -> tuple[object, ...]:
        """Reports with equal claims agree."""
        return self.operator, self.value, self.lower, self.upper
