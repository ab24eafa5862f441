"""From the records of a revision to the rows of the totals engine, in a constant number of
statements: figures, parties, items, links and, where records have them, milestones."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar, NamedTuple

from django.db.models import F, IntegerField, QuerySet, TextField, Value
from django.db.models.functions import Cast

from records.models import DATED, item_lineages
from records.models.regions import regions_around
from records.query.bodies import Bodies
from records.query.groupings import side_of
from records.query.ids import id_list
from records.query.revisions import difference, in_force
from records.totals.figures import Figure, Milestone, Party
from records.totals.links import Links


def has(model: Any, name: str) -> bool:
    """Return whether records of a kind have a column or rows of that name."""
    return any(field.name == name for field in model._meta.get_fields())


def engine_rows(records: Any, bodies: Bodies) -> list[Figure]:
    """Return the rows of records in force at a revision, in the order of their ids, with the
    codes of bodies as they are then."""
    return Reader(records, bodies).read()


class Reader:
    """Reads the rows of records in force. Equal values are shared, as the engine wishes."""

    PARTY_COLUMNS: ClassVar[tuple[str, ...]] = ("party_id", "type", "country", "region")

    def __init__(self, records: Any, bodies: Bodies) -> None:
        self.records = records
        self.bodies = bodies
        self.model = records.model
        self.shared: dict[Hashable, Any] = {}
        self.days: dict[str, date] = {}
        self.numbers: dict[str, Decimal] = {}
        self.known_parties: dict[tuple[str, ...], Party] = {}

    def read(self) -> list[Figure]:
        """Return the rows."""
        rows = self.figure_rows()
        heads = {row[0]: Head._make(row[1:]) for row in self.head_rows()}
        paths = self.item_paths(rows, heads)
        parties = self.parties()
        milestones = self.milestones()
        day, number, kind = self.day, self.number, self.model.KIND
        of_records: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
        for row in rows:
            of_records[row[0]].append(row)
        figures: list[Figure] = []
        for record, head in sorted(heads.items(), key=lambda one: one[1].id):
            sides = parties.get(record, {})
            givers, receivers = sides.get("givers", ()), sides.get("receivers", ())
            as_of = day(head.as_of)
            start = None if head.start is None else day(head.start)
            end = None if head.end is None else day(head.end)
            reached = milestones.get(record, ())
            for place, (
                _,
                key,
                countable,
                reason,
                rank,
                measure,
                item,
                unit,
                currency,
                party_type,
                party_role,
                basis,
                operator,
                value,
                lower,
                upper,
            ) in enumerate(of_records[record], start=1):
                figures.append(
                    Figure(
                        head.id,
                        place,
                        measure,
                        basis,
                        operator,
                        number(value),
                        number(lower),
                        number(upper),
                        as_of,
                        kind,
                        head.precision,
                        givers,
                        receivers,
                        head.stage,
                        start,
                        end,
                        head.series,
                        paths.get((item, head.published_in), ()),
                        unit,
                        currency,
                        party_type,
                        party_role,
                        bool(countable),
                        reason,
                        rank,
                        reached,
                        head.form,
                        head.missing,
                        True,
                        head.codes,
                        record,
                        key,
                    )
                )
        return figures

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

    def head_rows(self) -> Iterator[tuple[Any, ...]]:
        """Return the records, each with its key."""
        model = self.model

        def coded(name: str) -> Any:
            return F(name) if has(model, name) else Value("")

        columns = {
            "key": F("pk"),
            "row_id": F("public_id"),
            "revision": F("published_in_id"),
            "day": as_text("as_of"),
            "row_precision": F("as_of_precision"),
            "start": as_text("period_start"),
            "end": as_text("period_end"),
            "row_series": F("series"),
            "row_form": coded("form"),
            "row_stage": coded("stage"),
            "row_missing": coded("missing"),
        }
        found = self.records.order_by().annotate(**columns)
        codes = [*self.model.CODED, "joint"]
        for row in found.values_list(*columns, *codes):
            yield (*row[: -len(codes)], self.share(row[-len(codes) :]))

    def figure_rows(self) -> list[tuple[Any, ...]]:
        """Return the figures of the records, those of one record in its order: the record, the
        key, and what the engine needs of a figure. Numbers are text: each is converted once."""
        columns = {
            "of": F("record_id"),
            "key": F("pk"),
            "counts": Cast("countable", IntegerField()),
            **{f"row_{name}": F(name) for name in FIGURE_COLUMNS},
            **{f"row_{name}": as_text(name) for name in ("value", "lower", "upper")},
        }
        figures = self.model.child("figures").objects.filter(record__in=self.records.values("pk"))
        return list(
            figures.order_by("record_id", "position", "pk")
            .annotate(**columns)
            .values_list(*columns)
        )

    def item_paths(
        self, rows: Iterable[tuple[Any, ...]], heads: dict[int, "Head"]
    ) -> dict[tuple[str | None, int], tuple[str, ...]]:
        """Return (item, revision) → the item and all above it, as the tree was when that revision
        published: any one figure of the item has them."""
        samples = {(row[ITEM], heads[row[0]].published_in): row[1] for row in rows if row[ITEM]}
        lines: dict[int, list[str]] = defaultdict(list)
        if samples:
            # Written from the item upwards, so that the keys keep the order.
            above = self.model.child("figure_items").objects
            found = above.filter(figure__in=id_list(samples.values())).order_by("pk")
            for figure, item in found.values_list("figure_id", "item_id"):
                code = self.bodies.code("item", item)
                if code not in lines[figure]:
                    lines[figure].append(code)
        return {key: self.share(tuple(lines[figure])) for key, figure in samples.items()}

    def parties(self) -> dict[int, dict[str, tuple[Party, ...]]]:
        """Return record → side → its parties."""
        rows = self.model.child("parties").objects.filter(
            record__in=self.records.values("pk"), role__in=self.model.MAIN_ROLES
        )
        found: dict[int, dict[str, list[Party]]] = defaultdict(lambda: defaultdict(list))
        for record, role, *party in rows.order_by().values_list(
            "record_id", "role", *self.PARTY_COLUMNS
        ):
            found[record][side_of(role)].append(self.party(tuple(party)))
        return {
            record: {side: self.share(once(names)) for side, names in sides.items()}
            for record, sides in found.items()
        }

    def party(self, row: tuple[str, ...]) -> Party:
        """Return a party as it was when the record was published."""
        found = self.known_parties.get(row)
        if found is None:
            code, type_, country, region = row
            code, country = self.bodies.code("party", code), self.bodies.code("party", country)
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


class DraftReader(Reader):
    """Reads open versions as if they were published now: parties and items as they are."""

    PARTY_COLUMNS = ("party_id", "party__type", "party__country", "party__region")

    def item_paths(
        self, rows: Iterable[tuple[Any, ...]], heads: dict[int, "Head"]
    ) -> dict[tuple[str | None, int], tuple[str, ...]]:
        lineages = item_lineages()
        found = {}
        for row in rows:
            if row[ITEM]:
                codes = [self.bodies.code("item", code) for code in lineages.get(row[ITEM], ())]
                key = row[ITEM], heads[row[0]].published_in
                found[key] = tuple(dict.fromkeys(codes or [row[ITEM]]))
        return found


def once(names: list[Party]) -> tuple[Party, ...]:
    """Return the parties in their order, each body once."""
    if len(names) == 1:
        return tuple(names)
    found: dict[str, Party] = {}
    for party in sorted(names):
        found.setdefault(party.code, party)
    return tuple(found.values())


class Head(NamedTuple):
    """What counting needs of a record. Dates are text: each is converted once."""

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
    codes: tuple[Any, ...]


FIGURE_COLUMNS = (
    "countable_reason",
    "rank",
    "measure",
    "item_id",
    "unit",
    "currency",
    "party_type",
    "party_role",
    "basis",
    "operator",
)
ITEM = 3 + FIGURE_COLUMNS.index("item_id")
"""Where a row of a figure has its item."""


def as_text(column: str) -> Cast:
    return Cast(column, TextField())


class PublishedLinks(NamedTuple):
    """The links of all records of all kinds in force at a revision."""

    rows: dict[str, list[tuple[str, str, str]]]
    """Record → its links."""
    links: Links


def published_links(revision: int, known: tuple[int, PublishedLinks] | None) -> PublishedLinks:
    """Return the links at a revision; only the difference to what is `known` of another is
    read."""
    rows = {} if known is None else dict(known[1].rows)
    parts: list[QuerySet] = []
    changed: set[str] = set()
    for model in DATED.values():
        keys = None
        if known is not None:
            ids, _, keys = difference(model, known[0], revision)
            changed |= ids
        records = in_force(model, revision, keys).values("pk")
        links = model.child("links").objects.filter(record__in=records)
        parts.append(links.order_by().values_list("record__public_id", "type", "target"))
    found: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for row in sorted(parts[0].union(*parts[1:], all=True)):
        found[row[0]].append(row)
    if known is not None and all(rows.get(id, []) == found.get(id, []) for id in changed):
        return known[1]
    for id in changed:
        rows.pop(id, None)
    rows |= found
    return PublishedLinks(rows, Links(row for _, listed in sorted(rows.items()) for row in listed))
