"""From the records of a revision to the rows of the totals engine, in a constant number of
statements: figures, parties, items, links and, where records have them, milestones."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

from django.db.models import F, IntegerField, QuerySet, TextField, Value
from django.db.models.functions import Cast

from records.models import DATED
from records.models.regions import regions_around
from records.query.groupings import side_of
from records.query.ids import id_list
from records.totals.figures import Figure, Milestone, Party
from records.totals.links import Links


class Source(NamedTuple):
    """Where a row of the engine comes from."""

    record: int
    """Key of the record's version."""
    figure: int
    """Key of the figure."""
    number: int
    """Number of the figure within its record, from 1."""


@dataclass
class EngineRows:
    """Rows of the engine for the records of one kind, as of a revision."""

    figures: list[Figure]
    sources: list[Source]
    """Where the rows come from; `Figure.figure` is the place in this list."""
    links: Links

    def source(self, figure: Figure) -> Source:
        """Return where a row comes from."""
        return self.sources[figure.figure]

    @cached_property
    def paths(self) -> dict[str, tuple[str, ...]]:
        """Item → the item and all above it, as the first record that names it has them."""
        found: dict[str, tuple[str, ...]] = {}
        for figure in self.figures:
            for at, code in enumerate(figure.item):
                found.setdefault(code, figure.item[at:])
        return found


def has(model: Any, name: str) -> bool:
    """Return whether records of a kind have a column or rows of that name."""
    return any(field.name == name for field in model._meta.get_fields())


def engine_rows(records: Any, chosen: Callable[[int], bool] | None = None) -> EngineRows:
    """Return the rows of records in force at a revision; `chosen` says of the key of a figure
    whether it meets the filters on figures."""
    return Reader(records).read(chosen)


class Reader:
    """Reads the rows of records in force. Equal values are shared, as the engine wishes."""

    def __init__(self, records: Any) -> None:
        self.records = records
        self.model = records.model
        self.shared: dict[Hashable, Any] = {}
        self.days: dict[str, date] = {}
        self.numbers: dict[str, Decimal] = {}
        self.known_parties: dict[tuple[str, ...], Party] = {}

    def read(self, chosen: Callable[[int], bool] | None) -> EngineRows:
        """Return the rows."""
        rows = self.figure_rows()
        paths = self.item_paths(rows)
        parties = self.parties()
        milestones = self.milestones()
        day, number = self.day, self.number
        figures: list[Figure] = []
        sources: list[Source] = []
        record, place = None, 0
        for row in rows:
            place = place + 1 if row.record == record else 1
            record = row.record
            sides = parties.get(row.record, {})
            figures.append(
                Figure(
                    row.id,
                    len(sources),
                    row.measure,
                    row.basis,
                    row.operator,
                    number(row.value),
                    number(row.lower),
                    number(row.upper),
                    day(row.as_of),
                    self.model.KIND,
                    row.precision,
                    sides.get("givers", ()),
                    sides.get("receivers", ()),
                    row.stage,
                    None if row.start is None else day(row.start),
                    None if row.end is None else day(row.end),
                    row.series,
                    paths.get((row.item, row.published_in), ()),
                    row.unit,
                    row.currency,
                    row.party_type,
                    row.party_role,
                    bool(row.countable),
                    row.reason,
                    row.rank,
                    milestones.get(row.record, ()),
                    row.form,
                    row.missing,
                    chosen is None or chosen(row.figure),
                )
            )
            sources.append(Source(row.record, row.figure, place))
        return EngineRows(figures, sources, Links(published_links(self.records.revision)))

    def day(self, text: str) -> date:
        """Return a date; each is read once."""
        found = self.days.get(text)
        if found is None:
            found = self.days[text] = date.fromisoformat(text)
        return found

    def number(self, text: str | None) -> Decimal | None:
        """Return a number; each is read once."""
        if text is None:
            return None
        found = self.numbers.get(text)
        if found is None:
            found = self.numbers[text] = Decimal(text)
        return found

    def share(self, value: Any) -> Any:
        """Return the first of equal values."""
        return self.shared.setdefault(value, value)

    def figure_rows(self) -> list["Row"]:
        """Return the figures of the records, those of one record together and in its order."""
        model = self.model

        def coded(name: str) -> Any:
            return F(f"record__{name}") if has(model, name) else Value("")

        columns = {
            "record": F("record_id"),
            "id": F("record__public_id"),
            "published_in": F("record__published_in_id"),
            "as_of": as_text("record__as_of"),
            "precision": F("record__as_of_precision"),
            "start": as_text("record__period_start"),
            "end": as_text("record__period_end"),
            "series": F("record__series"),
            "form": coded("form"),
            "stage": coded("stage"),
            "missing": coded("missing"),
            "figure": F("pk"),
            "countable": Cast("countable", IntegerField()),
            "reason": F("countable_reason"),
            "rank": F("rank"),
            "measure": F("measure"),
            "item": F("item_id"),
            "unit": F("unit"),
            "currency": F("currency"),
            "party_type": F("party_type"),
            "party_role": F("party_role"),
            "basis": F("basis"),
            "operator": F("operator"),
            "value": as_text("value"),
            "lower": as_text("lower"),
            "upper": as_text("upper"),
        }
        figures = model.child("figures").objects.filter(record__in=self.records.values("pk"))
        found = figures.order_by("record__public_id", "position", "pk").annotate(
            **{f"row_{name}": column for name, column in columns.items()}
        )
        names = [f"row_{name}" for name in Row._fields]
        return list(map(Row._make, found.values_list(*names)))

    def item_paths(self, rows: Iterable["Row"]) -> dict[tuple[str | None, int], tuple[str, ...]]:
        """Return (item, revision) → the item and all above it, as the tree was when that revision
        published: any one figure of the item has them."""
        samples = {(row.item, row.published_in): row.figure for row in rows if row.item}
        lines: dict[int, list[str]] = defaultdict(list)
        if samples:
            # Written from the item upwards, so that the keys keep the order.
            above = self.model.child("figure_items").objects
            found = above.filter(figure__in=id_list(samples.values())).order_by("pk")
            for figure, item in found.values_list("figure_id", "item_id"):
                lines[figure].append(item)
        return {key: self.share(tuple(lines[figure])) for key, figure in samples.items()}

    def parties(self) -> dict[int, dict[str, tuple[Party, ...]]]:
        """Return record → side → its parties."""
        rows = self.model.child("parties").objects.filter(
            record__in=self.records.values("pk"), role__in=self.model.MAIN_ROLES
        )
        found: dict[int, dict[str, list[Party]]] = defaultdict(lambda: defaultdict(list))
        for record, role, *party in rows.order_by().values_list(
            "record_id", "role", "party_id", "type", "country", "region"
        ):
            found[record][side_of(role)].append(self.party(tuple(party)))
        return {
            record: {side: self.share(tuple(sorted(names))) for side, names in sides.items()}
            for record, sides in found.items()
        }

    def party(self, row: tuple[str, ...]) -> Party:
        """Return a party as it was when the record was published."""
        found = self.known_parties.get(row)
        if found is None:
            code, type_, country, region = row
            around = tuple(regions_around(region)) if region else ()
            found = self.known_parties[row] = Party(code, type_, country, around)
        return found

    def milestones(self) -> dict[int, tuple[Milestone, ...]]:
        """Return record → its milestones."""
        if not has(self.model, "milestones"):
            return {}
        rows = self.model.child("milestones").objects.filter(record__in=self.records.values("pk"))
        found: dict[int, list[Milestone]] = defaultdict(list)
        for record, *milestone in rows.order_by("date", "pk").values_list(
            "record_id", "stage", "date", "date_precision", "dated"
        ):
            found[record].append(Milestone._make(milestone))
        return {record: self.share(tuple(listed)) for record, listed in found.items()}


class Row(NamedTuple):
    """A figure with what counting needs of its record. Dates and numbers are text: each is
    converted once."""

    record: int
    id: str
    published_in: int
    as_of: str
    precision: str
    start: str | None
    end: str | None
    series: str
    form: str
    stage: str
    missing: str
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


def as_text(column: str) -> Cast:
    """Return the column as text."""
    return Cast(column, TextField())


def published_links(revision: int) -> Iterable[tuple[str, str, str]]:
    """Return the links of all records of all kinds in force at a revision."""
    parts: list[QuerySet] = []
    for model in DATED.values():
        links = model.child("links").objects.filter(
            record__in=model.objects.in_force(revision).values("pk")
        )
        parts.append(links.order_by().values_list("record__public_id", "type", "target"))
    return sorted(parts[0].union(*parts[1:], all=True))
