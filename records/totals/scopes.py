"""What a figure covers, and what a query asks for: inside, and provably apart.

A scope has four sides: givers, receivers, item and time. What is unknown is taken at its widest;
where an upper bound must surely cover something, at its narrowest.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum

from records.totals.figures import SINGLE, Figure, Party
from records.totals.milestones import (
    FLOOR,
    Claim,
    Dates,
    counted_stages,
    implies,
    lowest_stage,
    proves_stage,
    sure_last_day,
)

INTERNATIONAL = "international_organisation"

STATES = {
    "AUS": ("053", "009", "001"),
    "CHN": ("030", "142", "001"),
    "DNK": ("154", "150", "001"),
    "FIN": ("154", "150", "001"),
    "FRA": ("155", "150", "001"),
    "GBR": ("154", "150", "001"),
    "NLD": ("155", "150", "001"),
    "NOR": ("154", "150", "001"),
    "NZL": ("053", "009", "001"),
    "USA": ("021", "019", "001"),
}
"""States with territories that have a country code of their own, and their regions."""
TERRITORIES = {
    "ABW": ("NLD", ("029", "419", "019", "001")),
    "AIA": ("GBR", ("029", "419", "019", "001")),
    "ALA": ("FIN", ("154", "150", "001")),
    "ASM": ("USA", ("061", "009", "001")),
    "ATF": ("FRA", ("014", "202", "002", "001")),
    "BES": ("NLD", ("029", "419", "019", "001")),
    "BLM": ("FRA", ("029", "419", "019", "001")),
    "BMU": ("GBR", ("021", "019", "001")),
    "BVT": ("NOR", ("005", "419", "019", "001")),
    "CCK": ("AUS", ("053", "009", "001")),
    "COK": ("NZL", ("061", "009", "001")),
    "CUW": ("NLD", ("029", "419", "019", "001")),
    "CXR": ("AUS", ("053", "009", "001")),
    "CYM": ("GBR", ("029", "419", "019", "001")),
    "FLK": ("GBR", ("005", "419", "019", "001")),
    "FRO": ("DNK", ("154", "150", "001")),
    "GGY": ("GBR", ("154", "150", "001")),
    "GIB": ("GBR", ("039", "150", "001")),
    "GLP": ("FRA", ("029", "419", "019", "001")),
    "GRL": ("DNK", ("021", "019", "001")),
    "GUF": ("FRA", ("005", "419", "019", "001")),
    "GUM": ("USA", ("057", "009", "001")),
    "HKG": ("CHN", ("030", "142", "001")),
    "HMD": ("AUS", ("053", "009", "001")),
    "IMN": ("GBR", ("154", "150", "001")),
    "IOT": ("GBR", ("014", "202", "002", "001")),
    "JEY": ("GBR", ("154", "150", "001")),
    "MAC": ("CHN", ("030", "142", "001")),
    "MAF": ("FRA", ("029", "419", "019", "001")),
    "MNP": ("USA", ("057", "009", "001")),
    "MSR": ("GBR", ("029", "419", "019", "001")),
    "MTQ": ("FRA", ("029", "419", "019", "001")),
    "MYT": ("FRA", ("014", "202", "002", "001")),
    "NCL": ("FRA", ("054", "009", "001")),
    "NFK": ("AUS", ("053", "009", "001")),
    "NIU": ("NZL", ("061", "009", "001")),
    "PCN": ("GBR", ("061", "009", "001")),
    "PRI": ("USA", ("029", "419", "019", "001")),
    "PYF": ("FRA", ("061", "009", "001")),
    "REU": ("FRA", ("014", "202", "002", "001")),
    "SGS": ("GBR", ("005", "419", "019", "001")),
    "SHN": ("GBR", ("011", "202", "002", "001")),
    "SJM": ("NOR", ("154", "150", "001")),
    "SPM": ("FRA", ("021", "019", "001")),
    "SXM": ("NLD", ("029", "419", "019", "001")),
    "TCA": ("GBR", ("029", "419", "019", "001")),
    "TKL": ("NZL", ("061", "009", "001")),
    "UMI": ("USA", ("057", "009", "001")),
    "VGB": ("GBR", ("029", "419", "019", "001")),
    "VIR": ("USA", ("029", "419", "019", "001")),
    "WLF": ("FRA", ("061", "009", "001")),
}
"""Territories, each with the state whose figures may include it, and their regions. The list is
about what a source may count together; it implies nothing else."""


# --- Provably apart


def parties_apart(one: Sequence[Party], other: Sequence[Party]) -> bool:
    """Return whether no party of one side can be any of the other; nobody named is anyone."""
    return bool(one and other) and all(apart(a, b) for a in one for b in other)


def apart(one: Party, other: Party) -> bool:
    """Return whether two parties surely have nothing in common."""
    if one.code == other.code:
        return False
    if one.country and other.country:
        return one.country != other.country and not state_and_territory(one, other)
    for country, organisation in ((one, other), (other, one)):
        if country.country and organisation.type == INTERNATIONAL and not organisation.regions:
            return True
    return regions_apart(one, other)


def state_and_territory(one: Party, other: Party) -> bool:
    """Return whether one party is of a territory of the other's state."""
    first, second = one.country, other.country
    return (first in TERRITORIES and TERRITORIES[first][0] == second) or (
        second in TERRITORIES and TERRITORIES[second][0] == first
    )


def regions_apart(one: Party, other: Party) -> bool:
    """Return whether the regions of two parties are known and do not meet."""
    first, second = possible_regions(one), possible_regions(other)
    return bool(first and second) and not any(
        a[0] in b or b[0] in a for a in first for b in second
    )


def possible_regions(party: Party) -> list[tuple[str, ...]]:
    """Return the region in which the party is, with those of its state or its territories."""
    if not party.regions:
        return []
    found = [party.regions]
    if party.country in TERRITORIES:
        found.append(STATES[TERRITORIES[party.country][0]])
    if party.country in STATES:
        found += [regions for state, regions in TERRITORIES.values() if state == party.country]
    return found


def items_apart(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether neither item is the other or inside it; no item is any item."""
    return bool(one and other) and one[0] not in other and other[0] not in one


def times_apart(one: Dates, other: Dates) -> bool:
    """Return whether what one figure counts surely reached its stage before the other's did."""
    return any(before(a, b) or before(b, a) for a in one.wide for b in other.wide)


def near_times_apart(one: Dates, other: Dates) -> bool:
    """Return the same with what is dated `by` at that date."""
    return any(before(a, b) or before(b, a) for a in one.near for b in other.near)


def before(one: Claim, other: Claim) -> bool:
    """Return whether one ends before the other starts and is of the same or a further stage:
    what was delivered in March was not first committed in April."""
    return one.last < other.first and implies(one.stage, other.stage)


# --- Queries


@dataclass(frozen=True)
class Condition:
    """A filter on a side, such as `donor_country=CHN`: every name must meet it."""

    column: str
    """code, country, type or region"""
    values: frozenset[str]

    def meets(self, party: Party) -> bool:
        """Return whether the party is one of the values."""
        if self.column == "region":
            return not self.values.isdisjoint(party.regions)
        return getattr(party, self.column) in self.values

    def within(self, party: Party) -> bool:
        """Return whether the party lies inside: a country holds its bodies."""
        return self.meets(party) or (self.column == "code" and party.country in self.values)

    def holds(self, names: Sequence[Party]) -> bool:
        """Return whether all of the names lie inside, one of them by its own code."""
        return any(map(self.meets, names)) and all(map(self.within, names))


@dataclass(frozen=True)
class Query:
    """Conditions of a query; without any, it covers everything."""

    givers: tuple[Condition, ...] = ()
    receivers: tuple[Condition, ...] = ()
    items: tuple[tuple[str, ...], ...] = ()
    """Any of these or what is inside them, each with the items above it up to the root, as in
    `Figure.item`; empty for any item."""
    start: date | None = None
    """First day: `reached_from`, `as_of_from`, the first day of a month."""
    end: date | None = None
    milestone: str = ""
    """The stage to be reached; "" for any counted stage."""
    include: frozenset[str] = frozenset()
    """Stages, and reasons of uncountable figures, to count after all."""
    filtered: bool = False
    """Whether a filter that is no side (text, series, statement, form, record stage, `unknown`
    or `joint` as a party) chose among the figures: then there is no upper bound."""

    def narrowed(self, start: date, end: date) -> "Query":
        """Return the query inside a month, quarter or year."""
        return replace(
            self,
            start=max(start, self.start) if self.start else start,
            end=min(end, self.end) if self.end else end,
        )

    def proves(self) -> bool:
        """Return whether all that is included has a stage, so that it can prove something."""
        return all(proves_stage(reason) for reason in self.include)


class Place(Enum):
    """Where a figure lies in a query."""

    INSIDE = "inside"
    JOINT = "joint"
    """Only some of its names fit."""
    UNDATED = "undated"
    """It may lie in the period."""
    OUTSIDE = "outside"


def place_names(names: Sequence[Party], conditions: Sequence[Condition]) -> Place:
    """Return where the names on a side lie among its conditions."""
    if all(condition.holds(names) for condition in conditions):
        return Place.INSIDE
    if any(all(condition.meets(name) for condition in conditions) for name in names):
        return Place.JOINT
    return Place.OUTSIDE


def item_inside(item: Sequence[str], query: Query) -> bool:
    """Return whether an item, given with all its ancestors, is inside the query."""
    return not query.items or any(path[0] in item for path in query.items)


def place_time(dates: Dates, single: bool, query: Query, near: bool) -> Place:
    """Return where a figure's dates lie in a query.

    With a start only the milestone's own dates count, so that nothing counts in two months;
    without one, whatever proves that the stage was reached by the end.
    """
    claims = dates.near if near else dates.wide
    start, end = query.start or date.min, query.end or date.max
    begun = query.start is not None
    tested: Sequence[Claim] = claims
    if query.milestone:
        proving = [claim for claim in claims if implies(claim.stage, query.milestone)]
        own = [claim for claim in proving if claim.stage == query.milestone]
        tested = own if begun else proving
    elif begun and single:
        tested = claims[dates.first : dates.first + 1]
    for _, first, last in tested:
        if first >= start and last <= end:
            return Place.INSIDE
    possible: Sequence[Claim]
    if query.milestone:
        # What went further had reached the stage by then, on a day that is not known.
        possible = tested if own else [claim._replace(first=FLOOR) for claim in proving]
    elif begun and single and len(claims) > 1:
        # Any of the claims may have been the first.
        possible = [
            Claim("", min(claim.first for claim in claims), min(claim.last for claim in claims))
        ]
    else:
        possible = claims
    for _, first, last in possible:
        if last >= start and first <= end:
            return Place.UNDATED
    return Place.OUTSIDE


# --- Surely covering


def covers_query(figure: Figure, query: Query, counted_sides: frozenset[str]) -> bool:
    """Return whether a running or period total surely covers all that the query asks for.

    `counted_sides`: the sides ("givers", "receivers") of which its record has a count of
    parties: nobody named is then not everybody.
    """
    if figure.basis == SINGLE or query.filtered or query.end is None:
        return False
    if not query.milestone and query.start and figure.kind != "export":
        return False
    stages = counted_stages(figure.kind, query.include)
    if figure.stage != (query.milestone or lowest_stage(stages)):
        return False
    last = sure_last_day(figure)
    if figure.start is None or figure.start > (query.start or FLOOR):
        return False
    if last is None or last < query.end:
        return False
    if query.items:
        if figure.item and not all(figure.item[0] in path for path in query.items):
            return False
    elif figure.item:
        return False
    sides = (
        ("givers", figure.givers, query.givers),
        ("receivers", figure.receivers, query.receivers),
    )
    return all(
        covers_side(figure, names, conditions, side in counted_sides)
        for side, names, conditions in sides
    )


def covers_side(
    figure: Figure, names: Sequence[Party], conditions: Sequence[Condition], counted: bool
) -> bool:
    """Return whether the figure's names on a side surely hold all that the conditions admit."""
    if not names:
        return not conditions and not counted
    codes = {party.code: party for party in names}
    return any(
        all(value in codes and whole(codes[value], figure) for value in condition.values)
        for condition in conditions
        if condition.column == "code"
        or (condition.column == "country" and figure.kind == "export")
    )


def whole(party: Party, figure: Figure) -> bool:
    """Return whether a party's figures hold those of all its bodies: a country's only where it
    names a place, as in exports."""
    return party.code != party.country or figure.kind == "export"
