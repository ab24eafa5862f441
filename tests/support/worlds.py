"""Small random worlds of aid with a known truth, and what sources report of them.

A world is a set of cells: an amount that one giver gave one receiver of one item, with the day
on which it reached each stage. Reports are true and leave out what real ones leave out: whom a
country's name includes, who belongs to a group, when a running total began, on which day a gift
arrived. Totals over the reports are then held against the cells.
"""

from calendar import monthrange
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from records.totals.figures import Figure, Milestone, Party
from records.totals.scopes import Condition, Query

EUROPE, AFRICA = ("150", "001"), ("002", "001")
PARTIES = {
    party.code: party
    for party in (
        Party("CHN", "country", "CHN", ("030", "142", "001")),
        Party("chn-city", "local_government", "CHN"),
        Party("chn-firm", "company", "CHN", ("030", "142", "001")),
        Party("HKG", "country", "HKG", ("030", "142", "001")),
        Party("ITA", "country", "ITA", ("039", *EUROPE)),
        Party("FRA", "country", "FRA", ("155", *EUROPE)),
        Party("REU", "country", "REU", ("014", "202", *AFRICA)),
        Party("KEN", "country", "KEN", ("014", "202", *AFRICA)),
        Party("un", "international_organisation"),
        Party("unicef", "international_organisation"),
        Party("african-union", "international_organisation", "", AFRICA),
        Party("africans", "group", "", AFRICA),
        Party("europeans", "group", "", EUROPE),
        Party("friends", "group"),
    )
}
ACTORS = [code for code in PARTIES if code not in ("africans", "europeans", "friends")]
"""Who really gives and receives; a country's own code is its government."""
BODIES = {"CHN": {"chn-city", "chn-firm"}}
TERRITORIES = {"CHN": {"HKG"}, "FRA": {"REU"}}
MAYBE = {
    "chn-city": {"chn-firm"},
    "un": {"unicef"},
    "african-union": {"KEN"},
    "africans": {"KEN", "REU", "african-union"},
    "europeans": {"ITA", "FRA", "REU"},
    "friends": set(ACTORS),
}
"""Whom the name of a body or group may include besides itself."""
TREE = {
    "supplies": "",
    "protection": "supplies",
    "mask": "protection",
    "surgical": "mask",
    "n95": "mask",
    "gloves": "protection",
    "ventilator": "supplies",
}
LEAVES = ["surgical", "n95", "gloves", "ventilator"]
STAGES = {
    "donation": ["announced", "committed", "dispatched", "delivered"],
    "contract": ["in_talks", "signed", "dispatched", "delivered"],
    "export": [""],
}
CASH = ["announced", "committed", "paid"]
COUNTED = {
    "donation": {"committed", "dispatched", "delivered", "paid"},
    "contract": {"signed", "dispatched", "delivered"},
    "export": {""},
}
UNDOING = {"donation": ["cancelled"], "contract": ["cancelled", "returned", "terminated"]}
MEANT = {"pledge": "announced", "not_signed": "in_talks"}
FIRST, LAST = date(2020, 1, 1), date(2020, 8, 31)


def path(item: str) -> tuple[str, ...]:
    """Return an item and all items above it."""
    return (item, *path(TREE[item])) if item else ()


@dataclass
class Cell:
    """An amount that one giver gave one receiver."""

    gift: int
    giver: str
    receiver: str
    item: str
    amount: int
    days: dict[str, date]
    """Stage → the day on which it was reached."""


@dataclass
class World:
    """Cells, and figures and links that report of them."""

    kind: str
    money: bool
    members: dict[str, set[str]]
    cells: list[Cell] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    links: list[tuple[str, str, str]] = field(default_factory=list)

    # --- Truth

    def of_name(self, code: str, *, wide: bool) -> set[str]:
        """Return the actors whom a party's name may include, or surely includes."""
        found = {code} | BODIES.get(code, set())
        if code in MAYBE:
            found = set(self.members[code])
        return found | (TERRITORIES.get(code, set()) if wide else set())

    def admitted(self, condition: Condition, *, wide: bool) -> set[str]:
        """Return the actors whom a condition admits."""
        found: set[str] = set()
        for code, party in PARTIES.items():
            if condition.column == "region":
                fits = bool(condition.values & set(party.regions))
            else:
                fits = getattr(party, condition.column) in condition.values
            if fits:
                found |= self.of_name(code, wide=wide)
        return found

    def truth(self, query: Query, *, wide: bool = True, touched: bool = False) -> int:
        """Return how much there really was of what a query requests; with `touched`, a gift
        counts whole as soon as one giver and one receiver fit."""
        sides = []
        for conditions in (query.givers, query.receivers):
            admitted = set(ACTORS)
            for condition in conditions:
                admitted &= self.admitted(condition, wide=wide)
            sides.append(admitted)
        givers = {cell.gift for cell in self.cells if cell.giver in sides[0]}
        receivers = {cell.gift for cell in self.cells if cell.receiver in sides[1]}
        return sum(
            cell.amount
            for cell in self.cells
            if (
                (cell.giver in sides[0] and cell.receiver in sides[1])
                or (touched and cell.gift in givers and cell.gift in receivers)
            )
            and (
                not query.items
                or any(requested[0] in path(cell.item) for requested in query.items)
            )
            and self.happened(cell, query)
        )

    def happened(self, cell: Cell, query: Query) -> bool:
        """Return whether a cell reached the stage in the period."""
        stages = COUNTED[self.kind] | {MEANT.get(name, name) for name in query.include}
        if query.milestone:
            stages = {query.milestone}
        first, last = query.start or date.min, query.end or date.max
        return any(first <= day <= last for stage, day in cell.days.items() if stage in stages)


class Maker:
    """Makes a world and its reports."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        kind = self.random.choice(["donation", "donation", "contract", "export"])
        members = {}
        for code, others in MAYBE.items():
            own = {code} if code in ACTORS else set()
            members[code] = own | {one for one in sorted(others) if self.random.random() < 0.5}
        self.world = World(kind, self.random.random() < 0.3, members)
        self.ids = 0

    def make(self) -> World:
        """Return the world."""
        for gift in range(self.random.randint(2, 7)):
            self.give(gift)
        for gift in range(len({cell.gift for cell in self.world.cells})):
            if self.chance(0.75):
                self.report(gift)
        for _ in range(self.random.choice([0, 1, 1, 2, 2, 3, 4, 6])):
            self.total()
        self.link_at_random()
        self.random.shuffle(self.world.figures)
        return self.world

    def chance(self, odds: float) -> bool:
        return self.random.random() < odds

    def day(self, first: date = FIRST, last: date = LAST) -> date:
        return first + timedelta(days=self.random.randint(0, max((last - first).days, 0)))

    def new_id(self) -> str:
        self.ids += 1
        return f"rec-{self.ids:03}"

    # --- What happened

    def give(self, gift: int) -> None:
        """Make a gift of one or more cells."""
        givers = self.some(ACTORS)
        receivers = self.some(ACTORS)
        items = self.some(LEAVES)
        kind = self.world.kind
        stages = CASH if kind == "donation" and self.world.money else STAGES[kind]
        days: dict[str, date] = {}
        when = self.day()
        for stage in stages[: self.random.choice([1, *range(1, len(stages) + 1), len(stages)])]:
            days[stage] = when
            when += timedelta(days=self.random.choice([0, 0, 3, 20, 45]))
        if kind != "export" and self.chance(0.1):
            days[self.random.choice(UNDOING[kind])] = when
        grown = dict(days)
        if self.chance(0.15):
            # A part of it was added when the rest had come as far as it came.
            latest = max(days[stage] for stage in stages if stage in days)
            grown = {stage: max(day, latest) for stage, day in days.items()}
        cells: list[Cell] = []
        for giver in givers:
            for receiver in receivers:
                for item in items:
                    if not cells or self.chance(0.7):
                        own = grown if cells and self.chance(0.5) else days
                        amount = self.random.choice([1, 2, 5, 10, 50, 100])
                        cells.append(Cell(gift, giver, receiver, item, amount, dict(own)))
        self.world.cells += cells

    def some(self, among: Sequence[str]) -> list[str]:
        return self.random.sample(among, self.random.choice([1, 1, 1, 2]))

    # --- What is reported of a gift

    def report(self, gift: int) -> None:
        """Make the records of a gift: one, or several that links join."""
        cells = [cell for cell in self.world.cells if cell.gift == gift]
        if not cells:
            return
        wholes = [self.record(cells)]
        while self.chance(0.2):
            wholes.append(self.record(cells))
            kind = self.random.choice(
                ["same_event_as", "funds", "contradicts", "supersedes", "amends", "may_overlap"]
            )
            self.world.links.append((wholes[-1], kind, self.random.choice(wholes[:-1])))
        if self.chance(0.3):
            left = list(cells)
            self.random.shuffle(left)
            while left:
                size = self.random.randint(1, len(left))
                part, left = left[:size], left[size:]
                for whole in self.random.sample(wholes, self.random.randint(1, len(wholes))):
                    # Two reports of the whole may each have its own report of the part.
                    self.world.links.append((self.record(part), "part_of", whole))
                if self.chance(0.5):
                    break

    def record(self, cells: Sequence[Cell]) -> str:
        """Make a record of a gift or of a part of one."""
        id = self.new_id()
        givers = self.names({cell.giver for cell in cells})
        receivers = self.names({cell.receiver for cell in cells})
        milestones, stage, as_of, precision = self.dates(cells)
        leaves = sorted({cell.item for cell in cells})
        lumped = len(leaves) > 1 and self.chance(0.5)
        groups = [leaves] if lumped else [[leaf] for leaf in leaves]
        pledged = {"donation": "pledge", "contract": "not_signed"}.get(self.world.kind, "")
        for group in groups:
            total = sum(cell.amount for cell in cells if cell.item in group)
            item = self.random.choice(self.above(group))
            reason = pledged if pledged and self.chance(0.07) else ""
            if reason and not all(MEANT[reason] in cell.days for cell in cells):
                reason = ""
            self.figures(
                total,
                id=id,
                basis="single",
                givers=givers,
                receivers=receivers,
                item=item,
                stage=stage,
                as_of=as_of,
                precision=precision,
                milestones=milestones,
                reason=reason,
                countable=not reason,
            )
        return id

    def above(self, leaves: Collection[str]) -> list[tuple[str, ...]]:
        """Return the items that hold all of some, and none for money."""
        found = [path(item) for item in TREE if all(item in path(leaf) for leaf in leaves)]
        return [*found, ()] if self.world.money else found[::-1][:2]

    def names(self, actors: Collection[str]) -> tuple[Party, ...]:
        """Return names that together include just these actors, or nobody's."""
        if self.chance(0.15):
            return ()
        found = set()
        for actor in sorted(actors):
            found.add(self.random.choice(self.names_for(actor)))
        return tuple(PARTIES[code] for code in sorted(found))

    def names_for(self, actor: str) -> list[str]:
        """Return names that may include an actor, its own most often."""
        able = [actor] * 3
        able += [code for code, bodies in BODIES.items() if actor in bodies]
        able += [code for code, others in TERRITORIES.items() if actor in others]
        return able + [code for code, others in self.world.members.items() if actor in others]

    def dates(self, cells: Sequence[Cell]) -> tuple[tuple[Milestone, ...], str, date, str]:
        """Return milestones, and the stage with the day by which it had been reached."""
        reached = [stage for stage in cells[0].days if all(stage in cell.days for cell in cells)]
        milestones = []
        for stage in reached:
            first = min(cell.days[stage] for cell in cells)
            last = max(cell.days[stage] for cell in cells)
            precision = self.random.choice(["day", "day", "month", "year"])
            kind = self.random.choice(["none", "on", "on", "by"])
            if kind == "by":
                late = last + timedelta(days=self.random.choice([0, 10, 60]))
                milestones.append(Milestone(stage, rough(late, precision), precision, "by"))
            elif kind == "on":
                milestones.append(Milestone(stage, rough(first, precision), precision))
                if last > first:
                    milestones.append(Milestone("amended", last))
        if not any(one.stage != "amended" for one in milestones) or self.world.kind == "export":
            milestones = []
        amended = {one for one in milestones if one.stage == "amended"}
        if len(amended) > 1:
            # Each at most once: at the date when all of it was there.
            latest = max(amended, key=lambda one: one.day)
            milestones = [one for one in milestones if one.stage != "amended"] + [latest]
        self.random.shuffle(milestones)
        stage = self.random.choice([reached[-1], *reached])
        last = max(cell.days[stage] for cell in cells)
        precision = self.random.choice(["day", "day", "month", "year"])
        late = last + timedelta(days=self.random.choice([0, 0, 10, 60]))
        return tuple(milestones), stage, rough(late, precision), precision

    # --- Running and period totals

    def total(self) -> None:
        """Make a running total of one or more points, or a period total."""
        world = self.world
        counted = self.chance(0.25)
        sides = []
        about = self.random.choice(world.cells)
        for actor in (about.giver, about.receiver):
            names = () if self.chance(0.35) else tuple(self.some(list(PARTIES)))
            if names and self.chance(0.7):
                names = tuple(sorted({self.random.choice(self.names_for(actor)), *names[1:]}))
            covered: set[str] = set()
            for name in names:
                covered |= self.covered(name)
            if not names:
                covered = set(ACTORS)
                if counted:
                    covered = {one for one in ACTORS if self.chance(0.6)}
            sides.append((tuple(PARTIES[name] for name in names), covered))
        (givers, giving), (receivers, receiving) = sides
        stages = CASH if world.kind == "donation" and world.money else STAGES[world.kind]
        stage = self.random.choice([*stages, *about.days])
        known = self.chance(0.6)
        start = FIRST if self.chance(0.4) else self.day(FIRST, date(2020, 5, 1))
        period = self.chance(0.4)
        series = "series" if self.chance(0.6) and not period else ""
        start = min(start, self.random.choice([about.days.get(stage, start), start]))
        item_choices = [*([()] if world.money else []), *(path(item) for item in TREE)]
        item_choices += [path(item) for item in path(about.item)] * 2
        items = self.random.sample(item_choices, self.random.choice([1, 1, 2]))
        end = self.day(max(start, about.days.get(stage, start)), LAST)
        for _ in range(1 if period else self.random.choice([1, 1, 2, 3])):
            id = self.new_id()
            precision = self.random.choice(["day", "day", "month", "year"])
            for item in dict.fromkeys(items):
                amount = sum(
                    cell.amount
                    for cell in world.cells
                    if cell.giver in giving
                    and cell.receiver in receiving
                    and (not item or item[0] in path(cell.item))
                    and stage in cell.days
                    and start <= cell.days[stage] <= end
                )
                self.figures(
                    amount,
                    id=id,
                    basis="period_total" if period else "cumulative_to_date",
                    givers=givers,
                    receivers=receivers,
                    item=item,
                    stage=stage,
                    start=start if known else None,
                    end=end if period else None,
                    as_of=end if period else rough(end, precision),
                    precision="day" if period else precision,
                    series=series,
                )
            if counted:
                for role in ("donor", "recipient"):
                    self.add(
                        id=id,
                        measure="parties",
                        operator="at_least",
                        value=Decimal(self.random.randint(1, 5)),
                        lower=Decimal(1),
                        upper=None,
                        basis="cumulative_to_date",
                        party_type="country",
                        party_role=role,
                        as_of=end,
                        stage=stage,
                    )
            if self.chance(0.1) and world.figures:
                other = self.random.choice(world.figures).id
                world.links.append(
                    (id, self.random.choice(["part_of", "may_overlap", "same_event_as"]), other)
                )
            end = self.day(end, LAST)

    def covered(self, name: str) -> set[str]:
        """Return whom a name includes in a running total."""
        if name in MAYBE:
            return set(self.world.members[name])
        bodies = sorted(BODIES.get(name, ()))
        if self.world.kind != "export":
            # The government alone, or all that is of the country.
            bodies = [one for one in bodies if self.chance(0.5)]
        others = [one for one in sorted(TERRITORIES.get(name, ())) if self.chance(0.5)]
        return {name, *bodies, *others}

    # --- Figures

    def figures(self, amount: int, **content: object) -> None:
        """Make one true report of an amount, or rival ones of which an approximate one is
        preferred."""
        if self.chance(0.07):
            value = Decimal(max(amount + self.random.randint(-3, 30), 1))
            self.add(**content, operator="approx", value=value, rank="preferred")
            for _ in range(self.random.randint(1, 2)):
                # What is above the preferred one may be wrong.
                wrong = value + self.random.randint(1, 100)
                lower = self.random.choice([Decimal(self.random.randint(0, amount)), wrong])
                self.add(**content, operator="at_least", value=lower, lower=lower)
            return
        if self.chance(0.04):
            self.add(**content, operator="exact", **same(amount), rank="preferred")
            self.add(**content, operator="exact", **same(amount + self.random.randint(1, 90)))
            return
        if self.chance(0.05):
            self.add(**content, operator="exact", **same(amount + 1000), rank="deprecated")
        claim = self.claim(amount)
        self.add(**content, **claim)
        if self.chance(0.1):
            self.add(**content, **claim)

    def claim(self, amount: int) -> dict[str, object]:
        """Return a true report of an amount."""
        less, more = self.random.randint(0, amount), amount + self.random.randint(0, 20)
        operator = self.random.choice(
            [*["exact"] * 6, "at_least", "at_least", "between", "at_most", "approx", "unspecified"]
        )
        if operator == "exact":
            return {"operator": operator, **same(amount)}
        if operator == "at_least":
            return {"operator": operator, "value": Decimal(less), "lower": Decimal(less)}
        if operator == "between":
            return {"operator": operator, "lower": Decimal(less), "upper": Decimal(more + 1)}
        if operator == "at_most":
            return {
                "operator": operator,
                "value": Decimal(more),
                "lower": Decimal(0),
                "upper": Decimal(more),
            }
        return {"operator": operator, "value": Decimal(more) if operator == "approx" else None}

    def add(self, **content: object) -> None:
        """Add a figure."""
        money = self.world.money
        plain: dict[str, object] = {
            "figure": len(self.world.figures),
            "kind": self.world.kind,
            "measure": "money" if money else "quantity",
            "currency": "USD" if money else "",
            "unit": "" if money else "piece",
            "value": None,
            "lower": None,
            "upper": None,
        }
        if content.get("measure") == "parties":
            plain |= {"currency": "", "unit": ""}
        self.world.figures.append(Figure(**(plain | content)))  # type: ignore[arg-type]

    def link_at_random(self) -> None:
        """Link a few records that may have nothing to do with each other: it makes totals more
        modest, never wrong."""
        ids = sorted({figure.id for figure in self.world.figures})
        kinds = ["part_of", "same_event_as", "contradicts", "may_overlap"]
        while len(ids) > 1 and self.chance(0.25):
            one, other = self.random.sample(ids, 2)
            self.world.links.append((one, self.random.choice(kinds), other))

    # --- Queries

    def query(self) -> Query:
        """Make a query: at random, around a figure, or under a running total."""
        totals = [one for one in self.world.figures if one.basis != "single" and one.upper]
        if totals and self.chance(0.3):
            return self.query_under(self.random.choice(totals))
        if self.world.figures and self.chance(0.5):
            return self.query_around(self.random.choice(self.world.figures))
        start = self.day() if self.chance(0.35) else None
        if self.chance(0.15):
            start = FIRST
        items = self.some(list(TREE)) if self.chance(0.4) else []
        return Query(
            givers=self.conditions(),
            receivers=self.conditions(),
            items=tuple(path(item) for item in items),
            start=start,
            end=self.day(start or FIRST, date(2020, 12, 31)) if self.chance(0.6) else None,
            milestone=self.milestone(0.4),
            include=self.include(),
        )

    def query_around(self, figure: Figure) -> Query:
        """Make a query in which a figure probably lies, with others beside it."""
        item = self.random.choice([(), *(figure.item[at:] for at in range(len(figure.item)))])
        return Query(
            givers=self.condition_of(figure.givers),
            receivers=self.condition_of(figure.receivers),
            items=(item,) if item else (),
            start=self.random.choice([None, None, FIRST, figure.start]),
            end=self.random.choice([None, self.day(figure.as_of, date(2021, 1, 31))]),
            milestone=self.milestone(0.2),
            include=self.include(),
        )

    def query_under(self, figure: Figure) -> Query:
        """Make a query that a running or period total probably covers."""
        below = [code for code in TREE if not figure.item or figure.item[0] in path(code)]
        item = path(self.random.choice(below)) if figure.item or self.chance(0.5) else ()
        start = self.day(figure.start, figure.start + timedelta(days=9)) if figure.start else FIRST
        end = min(figure.end or figure.as_of, figure.as_of)
        end -= timedelta(days=self.random.choice([0, 0, 1, 30]))
        return Query(
            givers=self.condition_of(figure.givers, 0.1),
            receivers=self.condition_of(figure.receivers, 0.1),
            items=(item,) if item else (),
            start=start if self.chance(0.7) else None,
            end=end,
            milestone=figure.stage if self.chance(0.8) else self.milestone(0.5),
            include=self.include(),
        )

    def condition_of(self, names: Sequence[Party], none: float = 0.5) -> tuple[Condition, ...]:
        """Make a condition that all of some names meet, or none."""
        if not names or self.chance(none):
            return ()
        if self.chance(0.2) and all(name.country for name in names):
            return (Condition("country", frozenset(name.country for name in names)),)
        codes = {
            name.country if name.country and self.chance(0.2) else name.code for name in names
        }
        return (Condition("code", frozenset(codes)),)

    def milestone(self, odds: float) -> str:
        kind = self.world.kind
        if kind == "export" or not self.chance(odds):
            return ""
        return self.random.choice([*STAGES[kind], "paid"])

    def include(self) -> frozenset[str]:
        kind = self.world.kind
        if kind == "export" or not self.chance(0.12):
            return frozenset()
        return frozenset([self.random.choice([*UNDOING[kind], STAGES[kind][0], *MEANT])])

    def conditions(self) -> tuple[Condition, ...]:
        """Make no condition on a side, one or two."""
        found: list[Condition] = []
        while self.chance(0.35) and len(found) < 2:
            column = self.random.choice(["code", "code", "code", "country", "type", "region"])
            able = {
                "code": sorted(PARTIES),
                "country": ["CHN", "FRA", "HKG", "ITA", "KEN"],
                "type": ["country", "company", "group", "international_organisation"],
                "region": ["002", "014", "030", "150", "001"],
            }[column]
            found.append(Condition(column, frozenset(self.some(able))))
        return tuple(found)


def same(amount: int) -> dict[str, object]:
    """Return an exact number."""
    return {"value": Decimal(amount), "lower": Decimal(amount), "upper": Decimal(amount)}


def rough(day: date, precision: str) -> date:
    """Return a day as it is kept when only its month or year is known: the last of them, so that
    nothing may rely on the first."""
    if precision == "year":
        return date(day.year, 12, 31)
    if precision == "month":
        return day.replace(day=monthrange(day.year, day.month)[1])
    return day
