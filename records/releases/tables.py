"""The tables of a release: columns, keys, and the rows that a document has in each.

Every format of tables has the same ones. Records and their figures have the columns of the API's
downloads; a date that may lack its day also has the first and last day that it may be, so that no
reader takes a month for its first day.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from aidapi.dates import parsed, span
from aidapi.tables import KNOWN_DATE, Column, same
from records.api.addresses import PLURALS
from records.api.resources.items import HSCodeSerializer, ItemSerializer
from records.api.resources.parties import PartySerializer
from records.documents.columns import columns_of, layout
from records.documents.render import SERIALIZERS
from records.documents.serializers import LinkSerializer, PartyInRecordSerializer
from records.models import DATED, STAGED, Change, Revision

Document = dict[str, Any]
Rows = list[list[Any]]


@dataclass(frozen=True)
class Reference:
    """Foreign key: columns that name a row of another table."""

    columns: tuple[str, ...]
    table: str
    to: tuple[str, ...]
    optional: bool = False
    """Whether a row may name none."""


@dataclass(frozen=True)
class Table:
    """A table of a release."""

    name: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    rows: Callable[[Sequence[Document]], Rows]
    """Return the rows of documents: a value, or list of values, for each column."""
    references: tuple[Reference, ...] = field(default=())

    def place(self, name: str) -> int:
        """Return the place of a column."""
        return next(place for place, one in enumerate(self.columns) if one.name == name)


def converted(row: list[Any], changed: Sequence[tuple[int, Callable[[Any], Any]]]) -> list[Any]:
    """Return a copy of a row with the values of some places converted."""
    row = list(row)
    for place, convert in changed:
        row[place] = convert(row[place])
    return row


def reference(column: str, table: str, to: str = "id", *, optional: bool = False) -> Reference:
    """Return a foreign key of one column."""
    return Reference((column,), table, (to,), optional)


def with_days(columns: Sequence[Column]) -> tuple[Column, ...]:
    """Return the columns with, at the end, the first and last day of each date that may lack its
    day."""
    return (*columns, *(day for one in columns if is_known_date(one) for day in days_of(one)))


def is_known_date(column: Column) -> bool:
    """Return whether a column holds one date that may lack its day."""
    return column.datatype == KNOWN_DATE and not column.many


def days_of(column: Column) -> Iterator[Column]:
    """Yield the columns of the first and last day that a date may be."""
    for side, which in enumerate(("first", "last")):
        yield Column(
            f"{column.name}_{which}",
            "date",
            f"The {which} day that `{column.name}` may be: the day itself where it is known.",
            day_of(column.read, side),
            free=False,
        )


def day_columns(table: Table) -> list[Column]:
    """Return the columns of a table that were added for days of its dates."""
    return [day for one in table.columns if is_known_date(one) for day in days_of(one)]


def day_of(read: Callable[[Any], Any], side: int) -> Callable[[Any], str | None]:
    def day(part: Any) -> str | None:
        known = read(part)
        return span(*parsed(known))[side].isoformat() if known else None

    return day


def add_days(columns: Sequence[Column]) -> Callable[[list[Any]], list[Any]]:
    """Return the function that adds to a row the days of its dates."""
    days = [
        day_of(itemgetter(place), side)
        for place, one in enumerate(columns)
        if is_known_date(one)
        for side in (0, 1)
    ]
    return lambda row: row + [day(row) for day in days]


def text(name: str, description: str) -> Column:
    """Return a column of codes that a part of a document has under its name."""
    return Column(name, "string", description, itemgetter(name), free=False)


def parts_table(
    name: str,
    description: str,
    columns: Sequence[Column],
    key: tuple[str, ...],
    parts: Callable[[Document], Sequence[Any]],
    *references: Reference,
) -> Table:
    """Return a table with a row for each part of a document."""
    every = with_days(columns)
    reads = [one.read for one in every]

    def rows(documents: Sequence[Document]) -> Rows:
        return [[read(part) for read in reads] for one in documents for part in parts(one)]

    return Table(name, description, every, key, rows, references)


# --- Records


def record_table(kind: str) -> Table:
    """Return the table of a kind's records, one row each."""
    columns = layout(SERIALIZERS[kind], False)
    rows_of, days = columns.rows([same] * len(columns.columns)), add_days(columns.columns)
    return Table(
        PLURALS[kind],
        f"The {PLURALS[kind]}, a row for each record.",
        with_days(columns.columns),
        ("id",),
        lambda documents: [days(row) for row in rows_of(documents)],
        (reference("published_in", "revisions", "number"),),
    )


def figure_table(kind: str) -> Table:
    """Return the table of a kind's figures, of documents that say what became of these in
    totals."""
    columns = layout(SERIALIZERS[kind], True)
    rows_of = columns.rows([same] * len(columns.columns))
    days = add_days(columns.columns)
    return Table(
        f"{kind}_figures",
        f"The figures of {PLURALS[kind]}, a row for each, with their records, quotes and "
        "statements, and with what became of them in the totals of all of the kind.",
        with_days(columns.columns),
        ("id", "figure"),
        lambda documents: [days(row) for row in rows_of(documents)],
        (
            reference("id", PLURALS[kind]),
            reference("statement", "statements"),
            reference("item", "items", "code", optional=True),
        ),
    )


def party_table(kind: str) -> Table:
    """Return the table of who takes part in the records of a kind."""
    roles = DATED[kind].ROLES
    id = text("id", f"Id of the {kind}.")
    position = Column("position", "integer", "Place in its role, from 1.", itemgetter("position"))

    def parts(document: Document) -> list[Any]:
        return [
            {"id": document["id"], "role": role, "position": position, **party}
            for role, name in roles.items()
            for position, party in enumerate(document[name], start=1)
        ]

    return parts_table(
        f"{kind}_parties",
        f"Who takes part in {PLURALS[kind]}, as when the record was published.",
        [
            id,
            text("role", "Role of the party in the record."),
            position,
            *columns_of(PartyInRecordSerializer()),
        ],
        ("id", "role", "code"),
        parts,
        reference("id", PLURALS[kind]),
        reference("code", "parties", "code"),
    )


def milestone_table(kind: str) -> Table:
    serializer = SERIALIZERS[kind]().fields["milestones"].child  # type: ignore[attr-defined]

    def parts(document: Document) -> list[Any]:
        return [{"id": document["id"], **one} for one in document["milestones"]]

    return parts_table(
        f"{kind}_milestones",
        f"The stages that all of it had reached, of {PLURALS[kind]}, with their quotes.",
        [text("id", f"Id of the {kind}."), *columns_of(serializer)],
        ("id", "stage"),
        parts,
        reference("id", PLURALS[kind]),
        reference("statement", "statements"),
    )


def link_table(kind: str) -> Table:
    """Return the table of the links of a kind's records."""
    type_, target = columns_of(LinkSerializer())
    target = Column(
        "target", target.datatype, target.description, itemgetter("id"), free=target.free
    )
    id = Column("id", "string", f"Id of the {kind}.", itemgetter("from"), free=False)

    def parts(document: Document) -> list[Any]:
        return [{"from": document["id"], **one} for one in document["links"]]

    return parts_table(
        f"{kind}_links",
        f"Links of {PLURALS[kind]} to other records, of any kind.",
        [id, type_, target],
        ("id", "type", "target"),
        parts,
        reference("id", PLURALS[kind]),
    )


def tables_of(kind: str) -> list[Table]:
    """Return the tables of a kind of record."""
    found = [record_table(kind)]
    if kind in DATED:
        found += [figure_table(kind), party_table(kind)]
    if kind in STAGED:
        found.append(milestone_table(kind))
    return [*found, link_table(kind)]


# --- Vocabularies, revisions and changes


def one_row(document: Document) -> list[Any]:
    return [document]


PARTIES = parts_table(
    "parties",
    "Parties as of the revision: who gives, receives, exports, buys and sells.",
    list(columns_of(PartySerializer())),
    ("code",),
    one_row,
    reference("replaced_by", "parties", "code", optional=True),
)
ITEMS = parts_table(
    "items",
    "Items as of the revision: what is given, exported or bought, as a tree.",
    [one for one in columns_of(ItemSerializer()) if not one.name.startswith("hs_codes")],
    ("code",),
    one_row,
    reference("parent", "items", "code", optional=True),
    reference("replaced_by", "items", "code", optional=True),
)
HS_CODES = parts_table(
    "item_hs_codes",
    "Codes of the Harmonized System of items, as of the revision.",
    [text("item", "Code of the item."), *columns_of(HSCodeSerializer())],
    ("item", "edition", "code"),
    lambda document: [{"item": document["code"], **one} for one in document["hs_codes"]],
    reference("item", "items", "code"),
)


def model_column(model: Any, name: str, datatype: str, key: str = "") -> Column:
    """Return a column of a model, described as there."""
    return Column(
        key or name,
        datatype,
        str(model._meta.get_field(name).help_text),
        itemgetter(key or name),
        free=name in ("message", "reason"),
    )


REVISIONS = parts_table(
    "revisions",
    "The revisions up to this one.",
    [
        model_column(Revision, "number", "integer"),
        model_column(Revision, "published_at", "dateTime"),
        model_column(Revision, "message", "string"),
        model_column(Revision, "origin", "string"),
    ],
    ("number",),
    one_row,
)
CHANGES = parts_table(
    "changes",
    "What the revisions changed: records published, corrected and withdrawn, entries edited.",
    [
        model_column(Change, "revision", "integer"),
        model_column(Change, "position", "integer"),
        model_column(Change, "kind", "string"),
        model_column(Change, "public_id", "string", "id"),
        model_column(Change, "version", "integer"),
        model_column(Change, "action", "string"),
        model_column(Change, "reason", "string"),
    ],
    ("revision", "position"),
    one_row,
    reference("revision", "revisions", "number"),
)
