"""The proven minimum, computed a second time from the rules and not from the engine.

Every question is answered in the slowest plain way: two figures are compared side by side, name
by name and stage by stage, chains of links are walked from record to record, and the best family
is found by trying every figure with and without. It reads the rows and the query of the engine
and shares none of its code.
"""

import calendar
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal, localcontext
from functools import cache

from records.totals.figures import Figure, Party
from records.totals.scopes import Condition, Query
from tests.support.dataset_figures import party as shipped_party

Link = tuple[str, str, str]
FIRST = date(2020, 1, 1)
ORDER = {
    "donation": [["announced"], ["committed"], ["dispatched"], ["delivered"]],
    "contract": [["in_talks"], ["signed"], ["dispatched"], ["delivered"]],
    "export": [[""]],
}
LOWEST = {"donation": "committed", "contract": "signed", "export": ""}
UNDONE = ["suspended", "returned", "cancelled", "terminated"]
MEANT = {"pledge": "announced", "not_signed": "in_talks", "cancelled": "cancelled"}
BESIDE = ["part_of_total", "valuation", "conversion", "option", "instalment", "refund"]
TERRITORIES = {
    "AUS": "CCK CXR HMD NFK",
    "CHN": "HKG MAC",
    "DNK": "FRO GRL",
    "FIN": "ALA",
    "FRA": "ATF BLM GLP GUF MAF MTQ MYT NCL PYF REU SPM WLF",
    "GBR": "AIA BMU CYM FLK GGY GIB IMN IOT JEY MSR PCN SGS SHN TCA VGB",
    "NLD": "ABW BES CUW SXM",
    "NOR": "BVT SJM",
    "NZL": "COK NIU TKL",
    "USA": "ASM GUM MNP PRI UMI VIR",
}


# --- Stages and dates


@cache
def proves(kind: str, stage: str, other: str) -> bool:
    """Return whether what reached one stage had reached the other by then."""
    if stage == other:
        return True
    steps = [names[0] for names in ORDER[kind]]
    if stage == "paid":
        # Cash is announced, committed and paid.
        return other in steps[:2]
    return stage in steps and other in steps and steps.index(other) < steps.index(stage)


def days(day: date, precision: str) -> tuple[date, date]:
    """Return the first and last day of a date."""
    if precision == "day":
        return day, day
    first, last = (1, 12) if precision == "year" else (day.month, day.month)
    length = calendar.monthrange(day.year, last)[1]
    return date(day.year, first, 1), date(day.year, last, length)


def stage(figure: Figure) -> str:
    """Return the stage of the figure's record."""
    if figure.basis != "single" or not figure.milestones:
        return figure.stage
    heights = {
        name: height
        for height, names in enumerate((["unknown"], *ORDER[figure.kind]))
        for name in names
    } | {"paid": 4}
    best = None
    for one in figure.milestones:
        if one.stage in heights and (
            best is None or (heights[one.stage], one.day) > (heights[best.stage], best.day)
        ):
            best = one
    undoing = [
        one
        for one in figure.milestones
        if one.stage in UNDONE
        and not (best and days(one.day, one.precision)[1] < days(best.day, best.precision)[0])
    ]
    if undoing:
        ranked = sorted(
            undoing, key=lambda one: (days(one.day, one.precision)[1], UNDONE.index(one.stage))
        )
        return ranked[-1].stage
    return best.stage if best else "unknown"


@cache
def counting_stages(kind: str, query: Query) -> set[str]:
    """Return the stages that count."""
    known = {"paid", *UNDONE, *(name for names in ORDER[kind] for name in names)}
    found = {name for name in known if proves(kind, name, LOWEST[kind])}
    found |= {MEANT.get(name, name) for name in query.include}
    return found | ({query.milestone} if query.milestone else set())


Claim = tuple[str, date, date]


def claims(figure: Figure, query: Query, near: bool = False) -> list[Claim]:
    """Return (stage, first day, last day) of all that is known of when the amount reached it;
    with `near` as if what is known by a date had happened at that date."""
    if figure.basis == "cumulative_to_date":
        return [(figure.stage, figure.start or FIRST, days(figure.as_of, figure.precision)[1])]
    if figure.basis == "period_total":
        end = figure.end or days(figure.as_of, figure.precision)[1]
        return [(figure.stage, figure.start or FIRST, end)]
    listed = list(figure.milestones)
    by_itself = "" if figure.countable else MEANT.get(figure.reason, "")
    if by_itself:
        listed = [one for one in listed if one.stage == by_itself]
    if not listed:
        first, last = days(figure.as_of, figure.precision)
        return [(by_itself or figure.stage, first if near else FIRST, last)]
    amended = [days(one.day, one.precision)[1] for one in listed if one.stage == "amended"]
    found = []
    for one in listed:
        if one.stage in counting_stages(figure.kind, query):
            first, last = days(one.day, one.precision)
            starts = [FIRST if one.dated == "by" and not near else first]
            for other in listed:
                early, late = days(other.day, other.precision)
                if proves(figure.kind, other.stage, one.stage) and late < first:
                    starts.append(FIRST if other.dated == "by" and not near else early)
            found.append((one.stage, min(starts), max([last, *amended])))
    return found


def inside_period(figure: Figure, query: Query, near: bool = False) -> bool:
    """Return whether the figure surely lies in the period."""
    known = claims(figure, query, near)
    if query.milestone and query.start:
        known = [one for one in known if one[0] == query.milestone]
    elif query.milestone:
        known = [one for one in known if proves(figure.kind, one[0], query.milestone)]
    elif query.start and figure.basis == "single":
        heights = ["", "in_talks", "announced", "signed", "committed", "dispatched"]
        known = sorted(
            known,
            key=lambda one: (
                one[2],
                (FIRST - one[1]).days,
                heights.index(one[0]) if one[0] in heights else 9,
            ),
        )[:1]
    first, last = query.start or date.min, query.end or date.max
    return any(first <= one[1] and one[2] <= last for one in known)


# --- Sides


def own_value(name: Party, condition: Condition) -> bool:
    """Return whether a name has one of a condition's values itself."""
    if condition.column == "region":
        return bool(set(name.regions) & condition.values)
    column = {"code": name.code, "country": name.country, "type": name.type}
    return column[condition.column] in condition.values


def inside_side(names: Sequence[Party], conditions: Iterable[Condition]) -> bool:
    """Return whether all names lie inside every condition, one by its own value."""
    for condition in conditions:
        own = [own_value(name, condition) for name in names]
        held = [
            fits or (condition.column == "code" and name.country in condition.values)
            for name, fits in zip(names, own, strict=True)
        ]
        if not any(own) or not all(held):
            return False
    return True


def touches_side(names: Sequence[Party], conditions: Sequence[Condition]) -> bool:
    """Return whether all names lie inside every condition, or one meets them all by itself."""
    return inside_side(names, conditions) or any(
        all(own_value(name, condition) for condition in conditions) for name in names
    )


@cache
def state(country: str) -> str:
    """Return the state of a territory, or ""."""
    return next((one for one, listed in TERRITORIES.items() if country in listed.split()), "")


@cache
def regions(name: Party) -> list[list[str]]:
    """Return the regions, each with those around it, in which parts of a party may be."""
    if not name.regions:
        return []
    others = [state(name.country)] if state(name.country) else []
    others += TERRITORIES.get(name.country, "").split()
    return [list(name.regions), *(list(shipped_party(code).regions) for code in others)]


@cache
def parties_differ(one: Party, other: Party) -> bool:
    """Return whether two names cannot mean the same party or have parts in common."""
    if one.code == other.code:
        return False
    if one.country and other.country:
        same = one.country == other.country
        return not (
            same or state(one.country) == other.country or state(other.country) == one.country
        )
    worldwide = [
        name.type == "international_organisation" and not name.country and not name.regions
        for name in (one, other)
    ]
    if (worldwide[0] and other.country) or (worldwide[1] and one.country):
        return True
    first, second = regions(one), regions(other)
    if not first or not second:
        return False
    return all(a[0] not in b and b[0] not in a for a in first for b in second)


def items_differ(one: Figure, other: Figure) -> bool:
    """Return whether the items have nothing in common."""
    if not one.item or not other.item:
        return False
    return not (one.item[0] in other.item or other.item[0] in one.item)


def times_differ(one: Figure, other: Figure, query: Query, near: bool = False) -> bool:
    """Return whether nothing can be in both because of when it reached which stage."""
    for first, second in ((one, other), (other, one)):
        for early in claims(first, query, near):
            for late in claims(second, query, near):
                if early[2] < late[1] and proves(one.kind, early[0], late[0]):
                    return True
    return False


# --- Links


class Walks:
    """Chains of links, walked record by record."""

    def __init__(self, links: Sequence[Link]) -> None:
        self.links = links
        self.up: dict[str, list[str]] = {}
        self.beside: dict[str, list[tuple[str, bool]]] = {}
        for source, kind, target in links:
            if kind == "part_of":
                self.up.setdefault(source, []).append(target)
            else:
                soft = kind in ("same_event_as", "funds")
                self.beside.setdefault(source, []).append((target, soft))
                self.beside.setdefault(target, []).append((source, soft))

    def climb(self, id: str, soft_only: bool) -> set[str]:
        """Return the records reached by going up and aside."""
        found, todo = {id}, [id]
        while todo:
            here = todo.pop()
            steps = list(self.up.get(here, []))
            steps += [other for other, soft in self.beside.get(here, []) if soft or not soft_only]
            todo += [step for step in steps if step not in found]
            found.update(steps)
        return found

    def entrances(self, id: str, soft_only: bool) -> set[str]:
        """Return the wholes that are directly reached by a step upwards."""
        return {whole for here in self.climb(id, soft_only) for whole in self.up.get(here, [])}

    def event(self, id: str, soft_only: bool) -> set[str]:
        """Return the records of the same event."""
        found, todo = {id}, [id]
        while todo:
            for other, soft in self.beside.get(todo.pop(), []):
                if (soft or not soft_only) and other not in found:
                    found.add(other)
                    todo.append(other)
        return found

    def joined(self, one: str, other: str, soft_only: bool) -> bool:
        """Return whether chains join two records other than as parts of one whole."""
        if other in self.climb(one, soft_only) or one in self.climb(other, soft_only):
            return True
        entered = self.entrances(one, soft_only), self.entrances(other, soft_only)
        for first in entered[0]:
            event = self.event(first, soft_only)
            theirs = entered[1] & event
            if theirs and len((entered[0] & event) | theirs) > 1:
                return True
        return False

    def opposed(self, one: str, other: str) -> bool:
        """Return whether a link that forbids adding joins the events of two records."""
        first, second = self.event(one, True), self.event(other, True)
        return any(
            kind not in ("part_of", "same_event_as", "funds")
            and ((source in first and target in second) or (source in second and target in first))
            for source, kind, target in self.links
        )

    @cache  # noqa: B019
    def relation(self, one: str, other: str) -> str:
        """Return "item", "never" or "" for two records."""
        if self.opposed(one, other):
            return "never"
        if one == other or self.joined(one, other, True):
            return "item"
        return "never" if self.joined(one, other, False) else ""


@cache
def walks_over(links: tuple[Link, ...]) -> Walks:
    """Return the chains over links."""
    return Walks(links)


def disjoint(one: Figure, other: Figure, walks: Walks, query: Query, near: bool = False) -> bool:
    """Return whether two figures surely count nothing in common."""
    relation = "item" if one.id == other.id else walks.relation(one.id, other.id)
    if relation == "never":
        return False
    if relation == "item":
        return items_differ(one, other)
    if one.basis == other.basis == "single":
        return True
    for ours, theirs in ((one.givers, other.givers), (one.receivers, other.receivers)):
        if ours and theirs and all(parties_differ(a, b) for a in ours for b in theirs):
            return True
    return items_differ(one, other) or times_differ(one, other, query, near)


# --- Which figures may be in the sum


def fingerprint(figure: Figure) -> tuple[object, ...]:
    """Return what reports of the same thing in one record, or in one series, share."""
    return (
        *(figure.kind, figure.measure, figure.item[:1], figure.unit, figure.currency),
        *(figure.party_type, figure.party_role, figure.basis),
    )


def says(figure: Figure) -> tuple[object, ...]:
    """Return what a report says."""
    return figure.operator, figure.value, figure.lower, figure.upper


def counts(figure: Figure, query: Query) -> bool:
    """Return whether a figure may count by itself."""
    if figure.basis not in ("single", "cumulative_to_date", "period_total"):
        return False
    if figure.rank == "deprecated":
        return False
    if not figure.countable:
        if figure.reason not in query.include:
            return False
        if figure.reason in MEANT:
            return True
    reached = stage(figure)
    return (
        reached in counting_stages(figure.kind, Query())
        or reached in query.include
        or reached == query.milestone != ""
    )


def inside(figure: Figure, query: Query, near: bool = False, joint: bool = False) -> bool:
    """Return whether a figure lies in a query on every side; with `joint` a single does as soon as
    one of its names fits."""
    beside = touches_side if joint and figure.basis == "single" else inside_side
    return (
        beside(figure.givers, query.givers)
        and beside(figure.receivers, query.receivers)
        and (not query.items or any(path[0] in figure.item for path in query.items))
        and inside_period(figure, query, near)
    )


def number(figure: Figure, near: bool) -> Decimal:
    """Return what a figure adds: its lower bound or, with `near`, an approximate number."""
    found = figure.value if near and figure.operator == "approx" else figure.lower
    return max(found or Decimal(0), Decimal(0))


def preferred_report(figure: Figure, figures: Iterable[Figure]) -> Figure | None:
    """Return the report that is preferred to others of the same thing in the figure's record."""
    speaker = None
    for other in figures:
        alike = other.id == figure.id and fingerprint(other) == fingerprint(figure)
        if alike and other.rank == "preferred":
            speaker = other
    return speaker


def speaks(figure: Figure, figures: Sequence[Figure]) -> bool:
    """Return whether no other report of the same thing is preferred."""
    speaker = preferred_report(figure, figures)
    return speaker is None or figure.reason in BESIDE or says(speaker) == says(figure)


def adds_at_least(figure: Figure, figures: Sequence[Figure], query: Query) -> bool:
    """Return whether a report that is not preferred gives the lower bound that the preferred,
    approximate one lacks."""
    speaker = preferred_report(figure, figures)
    return (
        speaker is not None
        and speaker.chosen
        and counts(speaker, query)
        and speaker.operator == "approx"
        and speaker.value is not None
        and figure.lower is not None
        and figure.lower <= speaker.value
    )


def taken_back(figure: Figure, figures: Iterable[Figure], near: bool) -> bool:
    """Return whether a point of the figure's series that is surely later says less."""
    if figure.basis != "cumulative_to_date" or not figure.series:
        return False
    last = days(figure.as_of, figure.precision)[1]
    for later in figures:
        if (
            later.series == figure.series
            and fingerprint(later) == fingerprint(figure)
            and (later.stage, later.start) == (figure.stage, figure.start)
            and (later.givers, later.receivers) == (figure.givers, figure.receivers)
            and days(later.as_of, later.precision)[0] > last
        ):
            most = later.value if later.operator == "approx" else later.upper
            if most is not None and most < number(figure, near):
                return True
    return False


# --- The search


def best_sum(
    figures: Sequence[Figure], near: bool, clash: Callable[[Figure, Figure], bool]
) -> Decimal:
    """Return the greatest sum of numbers over figures of which no two clash."""
    beside: dict[int, set[int]] = {n: set() for n in range(len(figures))}
    for n, one in enumerate(figures):
        for m in range(n):
            if clash(one, figures[m]):
                beside[n].add(m)
                beside[m].add(n)

    @cache
    def best(left: frozenset[int]) -> Decimal:
        if not left:
            return Decimal(0)
        # What hangs together is decided together; the most entangled figure first.
        most = max(left, key=lambda n: (len(beside[n] & left), n))
        island, todo = {most}, [most]
        while todo:
            for other in beside[todo.pop()] & left - island:
                island.add(other)
                todo.append(other)
        if len(island) < len(left):
            return best(frozenset(island)) + best(left - island)
        with_it = number(figures[most], near) + best(left - beside[most] - {most})
        return max(with_it, best(left - {most})) if beside[most] & left else with_it

    return best(frozenset(beside))


def greatest_sums(
    figures: Sequence[Figure],
    links: Sequence[Link],
    query: Query,
    near: bool = False,
    joint: bool = False,
) -> dict[tuple[str, ...], Decimal]:
    """Return the greatest sum over disjoint figures of every split that has one: of lower bounds
    or, with `near`, of approximate numbers too and with what is known by a date at that date."""
    walks = walks_over(tuple(links))
    within = [
        figure
        for figure in figures
        if figure.chosen and inside(figure, query, near, joint) and counts(figure, query)
    ]
    speaking = [figure for figure in within if speaks(figure, figures)]
    splits: dict[tuple[str, ...], list[Figure]] = {}
    for figure in within:
        able = figure in speaking or (not near and adds_at_least(figure, figures, query))
        if able and number(figure, near) and not taken_back(figure, speaking, near):
            key: tuple[str, ...] = (
                *(figure.kind, figure.measure, figure.unit, figure.currency),
                *(figure.party_type, figure.party_role),
            )
            splits.setdefault(key, []).append(figure)
    found: dict[tuple[str, ...], Decimal] = {}
    with localcontext(prec=60):
        for split, rows in splits.items():
            if split[1] == "parties":
                found[split] = max(number(row, near) for row in rows)
            else:
                found[split] = best_sum(
                    rows, near, lambda a, b: not disjoint(a, b, walks, query, near)
                )
    return found


def proven_minimum(
    figures: Sequence[Figure], links: Sequence[Link], query: Query, joint: bool = False
) -> dict[tuple[str, ...], Decimal]:
    """Return the proven minimum of every split that has one."""
    return greatest_sums(figures, links, query, joint=joint)


def about(
    figures: Sequence[Figure], links: Sequence[Link], query: Query, joint: bool = False
) -> dict[tuple[str, ...], Decimal]:
    """Return the same with approximate numbers at their face: never less than is proven."""
    found = greatest_sums(figures, links, query, near=True, joint=joint)
    for split, least in proven_minimum(figures, links, query, joint).items():
        found[split] = max(found.get(split, least), least)
    return found
