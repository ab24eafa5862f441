"""The published dataset as the rules read it: plain rows, read once."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from aidapi.dates import span
from records.curation.duplicates.finding import candidates
from records.curation.duplicates.models import DuplicatePair, DuplicateStatus
from records.models import (
    DATED,
    KINDS,
    DatedRecord,
    Figure,
    Item,
    Milestone,
    Party,
    State,
    Statement,
)
from records.models.reading import dates_in, folded


@dataclass(frozen=True, kw_only=True)
class StatementRow:
    """A statement in force."""

    id: str
    publisher: str = ""
    speaker: str = ""
    organisation: str = ""
    language: str = "en"
    first: date = date(2020, 1, 1)
    last: date = date(2020, 1, 1)
    """The days on which it may have been published."""
    said: bool = False
    """Whether the day on which it was said is known."""
    topics: tuple[str, ...] = ()
    note: str = ""
    linked: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class FigureRow:
    """A figure; `place` is its place in the record, from 0, as errors about files count."""

    place: int = 0
    measure: str = "quantity"
    operator: str = "exact"
    value: Decimal | None = None
    lower: Decimal | None = None
    upper: Decimal | None = None
    item: str = ""
    unit: str = ""
    currency: str = ""
    party_type: str = ""
    party_role: str = ""
    basis: str = "single"
    countable: bool = True
    reason: str = ""
    rank: str = "normal"
    statement: str = ""
    quote: str = ""
    translation: str = ""
    doubts: tuple[str, ...] = ()
    """What is doubtful of its quote and has no reason."""

    @property
    def low(self) -> Decimal | None:
        """The least that it says."""
        return self.value if self.value is not None else self.lower

    @property
    def subject(self) -> tuple[str, ...]:
        """What is counted, and in what."""
        return (
            self.measure, self.item, self.unit, self.currency, self.party_type, self.party_role,
        )  # fmt: skip

    def number(self) -> str:
        """The amount in words."""
        if self.value is not None:
            amount = f"{self.value.normalize():,f}"
        elif self.lower is not None and self.upper is not None:
            amount = f"{self.lower.normalize():,f} to {self.upper.normalize():,f}"
        else:
            amount = "no number"
        operator = "" if self.operator in ("exact", "unspecified", "between") else self.operator
        words = [operator.replace("_", " "), amount, self.unit or self.currency, self.item]
        return " ".join(filter(None, words))


@dataclass(frozen=True, kw_only=True)
class MilestoneRow:
    """A milestone."""

    stage: str
    first: date
    last: date
    """The days that its date may be."""
    dated: str = "on"
    statement: str = ""
    quote: str = ""
    quote_has_date: bool = False
    explained: bool = False
    """Whether a curator gave a reason."""


@dataclass(frozen=True, kw_only=True)
class RecordRow:
    """A donation, export or contract in force."""

    id: str
    kind: str = "donation"
    title: str = ""
    note: str = ""
    givers: tuple[str, ...] = ()
    receivers: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    """Intermediaries."""
    first: date = date(2020, 1, 1)
    last: date = date(2020, 1, 1)
    """The days that `as_of` may be."""
    start: date | None = None
    end: date | None = None
    series: str = ""
    stage: str = ""
    stated_by: str = ""
    links: tuple[tuple[str, str], ...] = ()
    """(type, id of the other record)."""
    figures: tuple[FigureRow, ...] = ()
    milestones: tuple[MilestoneRow, ...] = ()

    def statements(self) -> list[str]:
        """The statements on which it rests, each once."""
        of_figures = [row.statement for row in self.figures]
        return list(dict.fromkeys([*of_figures, *(row.statement for row in self.milestones)]))


@dataclass(frozen=True, kw_only=True)
class PartyRow:
    """A party that no other replaces."""

    code: str
    type: str = "company"
    names: tuple[str, ...] = ()
    country: str = ""


@dataclass(frozen=True, kw_only=True)
class ItemRow:
    """An item that no other replaces."""

    code: str
    names: tuple[str, ...] = ()
    parent: str = ""
    unit: str = ""
    """Its default unit."""


@dataclass(frozen=True, kw_only=True)
class PairRow:
    """Two records of a kind that may report one event, and what they have in common."""

    one: str
    other: str
    reasons: tuple[str, ...] = ()


@dataclass(kw_only=True)
class Published:
    """All that is published, by ids and codes."""

    records: list[RecordRow] = field(default_factory=list)
    statements: dict[str, StatementRow] = field(default_factory=dict)
    parties: dict[str, PartyRow] = field(default_factory=dict)
    items: dict[str, ItemRow] = field(default_factory=dict)
    pairs: list[PairRow] = field(default_factory=list)
    """Records that may report one event, without those that curators found to be two."""

    def items_above(self, code: str) -> list[str]:
        """Return the items above one, up to the root."""
        return self.lineage(code)[1:]

    def names_of_party(self, code: str) -> tuple[str, ...]:
        """Return all names of a party."""
        return self.parties[code].names if code in self.parties else ()

    def lineage(self, code: str) -> list[str]:
        """Return an item and those above it, up to the root."""
        found: list[str] = []
        while code and code not in found:
            found.append(code)
            code = self.items[code].parent if code in self.items else ""
        return found


# Reading


def published() -> Published:
    """Read the dataset as it is published now."""
    statements = Statement.objects.filter(state=State.PUBLISHED).prefetch_related("links")
    return Published(
        records=[
            record_row(record)
            for model in DATED.values()
            for record in model.objects.filter(state=State.PUBLISHED)
            .prefetch_related(*model.ROWS)
            .order_by("public_id")
        ],
        statements={
            row.public_id: statement_row(row)
            for row in statements.defer("text").order_by("public_id")
        },
        parties={
            row.code: PartyRow(
                code=row.code, type=row.type, names=tuple(row.names()), country=row.country
            )
            for row in Party.objects.filter(replaced_by=None)
        },
        items={
            row.code: ItemRow(
                code=row.code,
                names=(row.name, *row.aliases),
                parent=row.parent_id or "",
                unit=row.default_unit,
            )
            for row in Item.objects.filter(replaced_by=None)
        },
        pairs=[pair for kind in KINDS for pair in undecided(kind)],
    )


def undecided(kind: str) -> list[PairRow]:
    """Return the pairs of published records of a kind about which nobody has decided here."""
    decided = DuplicatePair.objects.of_kinds([kind]).exclude(status=DuplicateStatus.OPEN)
    known = {row.ids for row in decided}
    found = candidates(kind, KINDS[kind].objects.filter(state=State.PUBLISHED))
    return [
        PairRow(one=ids[0], other=ids[1], reasons=tuple(likeness.reasons))
        for ids, likeness in sorted(found.items())
        if ids not in known
    ]


def statement_row(row: Statement) -> StatementRow:
    first, last = span(row.published_on, row.published_on_precision)
    return StatementRow(
        id=row.public_id,
        publisher=row.publisher,
        speaker=row.speaker,
        organisation=row.organisation,
        language=row.language,
        first=first,
        last=last,
        said=row.said_on is not None,
        topics=tuple(row.topics),
        note=row.note,
        linked=tuple(link.target for link in row.links.all()),
    )


def record_row(record: DatedRecord | Any) -> RecordRow:
    first, last = span(record.as_of, record.as_of_precision)
    roles = record.parties_by_role
    names = {role: tuple(row.party_id for row in rows) for role, rows in roles.items()}
    giver, receiver = record.MAIN_ROLES
    return RecordRow(
        id=record.public_id,
        kind=record.KIND,
        title=record.title,
        note=record.note,
        givers=names.get(giver, ()),
        receivers=names.get(receiver, ()),
        others=names.get("intermediary", ()),
        first=first,
        last=last,
        start=record.period_start,
        end=record.period_end,
        series=record.series,
        stage=getattr(record, "stage", ""),
        stated_by=getattr(record, "stated_by", "") or getattr(record, "reported_by", ""),
        links=tuple((link.type, link.target) for link in record.ordered_links()),
        figures=tuple(
            figure_row(place, figure) for place, figure in enumerate(record.ordered_figures())
        ),
        milestones=tuple(
            milestone_row(row) for row in getattr(record, "ordered_milestones", list)()
        ),
    )


def figure_row(place: int, row: Figure) -> FigureRow:
    return FigureRow(
        place=place,
        measure=row.measure,
        operator=row.operator,
        value=row.value,
        lower=row.lower,
        upper=row.upper,
        item=row.item_id or "",
        unit=row.unit,
        currency=row.currency,
        party_type=row.party_type,
        party_role=row.party_role,
        basis=row.basis,
        countable=row.countable,
        reason=row.countable_reason,
        rank=row.rank,
        statement=row.statement.public_id,
        quote=row.quote,
        translation=row.quote_translation,
        doubts=tuple(doubt.text for doubt in row.doubts()) if not row.quote_reason else (),
    )


def milestone_row(row: Milestone) -> MilestoneRow:
    first, last = span(row.date, row.date_precision)
    return MilestoneRow(
        stage=row.stage,
        first=first,
        last=last,
        dated=row.dated,
        statement=row.statement.public_id,
        quote=row.quote,
        quote_has_date=bool(dates_in(folded(row.quote))),
        explained=bool(row.quote_reason),
    )
