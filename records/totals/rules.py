"""Rules of totals: which figures a total includes, which it leaves out and why, and their sum.

Plain functions over plain rows, without HTTP and without a database. A figure is left out for the
first of these reasons that applies:

1. its basis never counts (each, per unit, per day, a target), or it is ranked deprecated;
2. it is not countable, for its own reason (a pledge, a duplicate report …);
3. its record has not reached committed (donations) or signed (contracts), or was undone;
4. `rival`: another report of the same thing in the same record is preferred;
   `repeated`: an equal report in the same record is in the total already;
5. `part`: a record that this one is part of is in the total, with a number;
6. `overtaken`: a later point of the same series gives the same measure, item, unit or currency,
   basis and counted party.

A figure without a number is included and adds nothing. It neither overtakes another point nor
replaces its parts. `include` names reasons for which figures are not left out, except if that
would count one thing twice within a record.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import NamedTuple

from records.index.statistics import UNKNOWN
from records.models.figures import ASIDE, NEVER_COUNT

COUNTED_STAGES = ("committed", "signed", "dispatched", "delivered", "paid", "")
"""Committed (signed) and later; exports have no stage."""
JOINT = "joint"
SPLIT = ("measure", "basis", "stage", "unit", "currency", "party_type", "party_role")
"""Columns by which totals are always split: different values are never added."""


class Row(NamedTuple):
    """A figure with the columns of its record that totals need; "" if a value is not stated.

    Dates and numbers are text, as in the database, since few of them are calculated with.
    """

    record: int
    id: str
    """The record's public id."""
    published_in: int
    as_of: str
    precision: str
    series: str
    form: str
    stage: str
    figure: int
    countable: int
    reason: str
    rank: str
    measure: str
    item: str | None
    unit: str
    currency: str
    party_type: str
    party_role: str
    basis: str
    operator: str
    value: str | None
    lower: str | None
    upper: str | None

    @property
    def sort(self) -> tuple:
        """Return the key of figures that report the same thing in one record or series."""
        return self[12:19]

    @property
    def claim(self) -> tuple:
        """Return what the figure claims; reports with equal claims agree."""
        return self[19:]

    @property
    def numbered(self) -> bool:
        return self.operator != "unspecified"

    @property
    def place(self) -> tuple[str, str]:
        """Return the position of the point in its series."""
        return self.as_of, self.id


class Party(NamedTuple):
    """A party of a record in one role, as it was when the record was published."""

    code: str
    country: str
    region: str
    type: str


@dataclass
class Counting:
    """The figures that a total includes, and those that it leaves out, with the reason."""

    taken: list[Row]
    left_out: list[tuple[Row, str]]


def count(
    rows: Sequence[Row],
    chosen: Collection[int] | None,
    wholes: Mapping[str, Collection[str]],
    include: Collection[str] = (),
) -> Counting:
    """Decide which of the chosen figures (all if None) the total includes, given all figures of
    their records. `wholes`: id of a record → ids of the records that it is part of."""
    left_out: list[tuple[Row, str]] = []

    def sift(rows: Iterable[Row], reasons: Iterable[str]) -> list[Row]:
        kept = []
        for row, reason in zip(rows, reasons, strict=True):
            if not reason or reason in include:
                kept.append(row)
            else:
                left_out.append((row, reason))
        return kept

    taken = [row for row in rows if chosen is None or row.figure in chosen]
    taken = sift(taken, (why_alone(row, include) for row in taken))
    taken = sift(taken, why_among_rivals(taken, rows))
    taken = sift(taken, why_in_whole(taken, wholes))
    taken = sift(taken, why_in_series(taken))
    return Counting(taken, left_out)


def why_alone(row: Row, include: Collection[str]) -> str:
    """Return why a figure does not count by itself; "" if it does."""
    if row.basis in NEVER_COUNT:
        return row.basis
    if row.rank == "deprecated":
        return "deprecated"
    if not row.countable and row.reason not in include:
        return row.reason
    return row.stage if row.stage not in COUNTED_STAGES else ""


def why_among_rivals(taken: Sequence[Row], rows: Iterable[Row]) -> list[str]:
    """Return the reason for each figure that another report of the same thing replaces.

    The preferred report counts; of equal reports one counts. The preferred report does not depend
    on which figures the query selects. Reports without a preferred one are equal, since publishing
    refuses others."""
    preferred = {(row.record, row.sort): row.claim for row in rows if row.rank == "preferred"}
    reasons = []
    seen: set[tuple] = set()
    for row in taken:
        key = row.record, row.sort
        if row.reason in ASIDE:
            reasons.append("")
        elif preferred.get(key, row.claim) != row.claim:
            reasons.append("rival")
        else:
            reasons.append("repeated" if key in seen else "")
            seen.add(key)
    return reasons


def why_in_whole(taken: Sequence[Row], wholes: Mapping[str, Collection[str]]) -> list[str]:
    """Return `part` for each figure whose whole is in the total."""
    present = {row.id for row in taken if row.numbered}

    def inside(id: str) -> bool:
        return any(
            whole in present and id not in around(whole, wholes) for whole in around(id, wholes)
        )

    parts = {id for id in wholes if inside(id)} if wholes else set()
    return ["part" if row.id in parts else "" for row in taken]


def around(id: str, wholes: Mapping[str, Collection[str]]) -> set[str]:
    """Return the records that a record is part of, directly or indirectly."""
    found: set[str] = set()
    further = set(wholes.get(id, ()))
    while further:
        found |= further
        further = {whole for part in further for whole in wholes.get(part, ())} - found
    return found


def why_in_series(taken: Sequence[Row]) -> list[str]:
    """Return `overtaken` for each point with a later one; a later point without a number overtakes
    no number."""
    last: dict[tuple, tuple] = {}
    numbered: dict[tuple, tuple] = {}
    for row in taken:
        if row.series:
            key = row.series, row.sort
            last[key] = max(last.get(key, row.place), row.place)
            if row.numbered:
                numbered[key] = max(numbered.get(key, row.place), row.place)
    return [
        "overtaken"
        if row.series and row.place < (numbered if row.numbered else last)[row.series, row.sort]
        else ""
        for row in taken
    ]


# --- Groups


def time_of(row: Row, step: str) -> str:
    """Return the month, quarter or year of `as_of`; "" if it is not known that precisely."""
    year, month, _ = row.as_of.split("-")
    if step == "year":
        return year
    if row.precision == "year":
        return ""
    return f"{year}-{month}" if step == "month" else f"{year}-Q{(int(month) + 2) // 3}"


def role_value(parties: Sequence[Party], column: str) -> str:
    """Return the value that all parties of a record in a role share, or `joint`: the amount of a
    joint gift is never repeated for each party."""
    if not parties:
        return UNKNOWN
    if column == "code":
        return parties[0].code if len(parties) == 1 else JOINT
    values = {getattr(party, column) for party in parties}
    return values.pop() if len(values) == 1 else JOINT


def group_value(
    row: Row,
    by: str,
    parties: Mapping[tuple[int, str], Sequence[Party]],
    categories: Mapping[tuple[str, int], str],
) -> str:
    """Return the figure's value in a grouping, or in a column that always splits."""
    if by in ("month", "quarter", "year"):
        return time_of(row, by)
    if by == "item_category":
        return categories[row.item, row.published_in] if row.item else ""
    if by in SPLIT or by in ("item", "form", "series"):
        return getattr(row, by) or ""
    role, _, column = by.partition("_")
    return role_value(parties.get((row.record, role), ()), column or "code")


@dataclass
class Sum:
    """The sum of figures of one sort."""

    figures: int = 0
    unspecified: int = 0
    exact: bool = True
    lower: Decimal = Decimal(0)
    upper: Decimal | None = Decimal(0)

    def add(self, row: Row, rate: Decimal = Decimal(1)) -> None:
        self.figures += 1
        self.exact = self.exact and row.operator == "exact"
        if not row.numbered:
            self.unspecified += 1
            return
        # "Nearly 500" has no bounds: its value is added, and the total is not exact.
        lower, upper = row.lower, row.upper
        if row.operator == "approx":
            lower = upper = row.value
        self.lower += Decimal(lower or 0) * rate
        if upper is None or self.upper is None:
            self.upper = None
        else:
            self.upper += Decimal(upper) * rate

    @property
    def summed(self) -> int:
        return self.figures - self.unspecified


def add_up(rows: Iterable[Row]) -> Sum:
    total = Sum()
    with localcontext(prec=60):
        for row in rows:
            total.add(row)
    return total
