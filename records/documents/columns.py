"""Columns of downloads, derived from the serializers of the documents: names, order and meaning
are the same, so downloads and API documentation agree.

A column is named after its field, prefixed with the enclosing field (`period_start`); parties and
links have one column for each of their fields (`donors_code`, `donors_name`), with the values of
all of them. If a row is a figure, its fields have no prefix, and those of the statement that it
quotes begin with `statement_`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import Any

from rest_framework import serializers

from aidapi.tables import KNOWN_DATE, NOTHING, Cell, Column, csv_cells, csv_lines, same
from records.documents.serializers import (
    ExactNumberField,
    FigureSerializer,
    KindField,
    KnownDateField,
    OwnIdField,
    PublicIdField,
    StatementInRecordSerializer,
)

DATATYPES: list[tuple[type[serializers.Field], str]] = [
    (serializers.BooleanField, "boolean"),
    (serializers.IntegerField, "integer"),
    (ExactNumberField, "decimal"),
    (serializers.DateField, "date"),
    (KnownDateField, KNOWN_DATE),
    (serializers.URLField, "anyURI"),
]

Judge = Callable[[Sequence[Any]], None]
"""Function that adds to the figures of documents what became of them in totals."""
INHERENT = ("figures", "statements", "milestones_evidence")
"""Fields that rows of figures replace by columns of their own; of the words of milestones, which a
cell cannot hold beside each other, the JSON has all."""


WITHOUT = f" `{NOTHING}` in the place of one that has none."
CODED = (
    serializers.ChoiceField,
    serializers.DateField,
    KindField,
    KnownDateField,
    OwnIdField,
    PublicIdField,
)
"""Fields that are no free text, and never read as formulas by a spreadsheet."""


def datatype(field: serializers.Field) -> str:
    return next((name for cls, name in DATATYPES if isinstance(field, cls)), "string")


def described(*fields: Any) -> str:
    return " ".join(str(field.help_text) for field in fields if field.help_text)


def columns_of(serializer: Any, around: Sequence[str] = (), prefix: str = "") -> Iterator[Column]:
    """Yield one column for each simple field, at any depth."""
    for name, field in serializer.fields.items():
        path = (*around, name)
        if isinstance(field, serializers.ListSerializer):
            for inner, part in field.child.fields.items():  # type: ignore[union-attr]
                yield Column(
                    f"{prefix}{name}_{inner}",
                    datatype(part),
                    described(field, part) + (WITHOUT if part.allow_null else ""),
                    several(path, inner),
                    many=True,
                    free=not isinstance(part, CODED),
                )
        elif isinstance(field, serializers.Serializer):
            # Evidence is part of the figure, its fields need no prefix.
            inside = prefix if name == "evidence" else f"{prefix}{name}_"
            yield from columns_of(field, path, inside)
        elif isinstance(field, serializers.ListField):
            yield Column(prefix + name, "string", described(field), value_at(path), many=True)
        else:
            yield Column(
                prefix + name,
                datatype(field),
                described(field),
                value_at(path),
                free=not isinstance(field, CODED),
            )


def value_at(path: Sequence[str]) -> Callable[[Any], Any]:
    first, *rest = path
    if not rest:
        return itemgetter(first)
    inner = value_at(rest)
    return lambda part: inner(part[first])


def several(path: Sequence[str], name: str) -> Callable[[Any], list[Any]]:
    outer = value_at(path)
    return lambda part: [one[name] for one in outer(part)]


@dataclass(frozen=True)
class Layout:
    """Columns of the documents of a kind, and the rows of a document."""

    head: Sequence[Column]
    """Columns of the record."""
    tail: Sequence[Column]
    """Columns of a figure of it; where records have one row, further ones of the record."""
    figures: bool
    """Whether each figure has a row."""

    @property
    def columns(self) -> list[Column]:
        return [*self.head, *self.tail]

    @property
    def stored(self) -> "Layout":
        """The columns that depend on nothing but the record: all but those of totals, the last."""
        kept = [one for one in self.tail if one.name not in FigureSerializer.IN_TOTAL]
        return Layout(self.head, kept, self.figures)

    def rows(
        self, cells: Sequence[Cell], judge: Judge | None = None
    ) -> Callable[[Sequence[Any]], list[list[Any]]]:
        """Return the function from documents to their rows, which reads each record once; `judge`
        adds to their figures what became of them in totals."""
        head = reader(self.head, cells[: len(self.head)])
        tail = reader(self.tail, cells[len(self.head) :])
        if not self.figures:
            return lambda documents: [head(one) + tail(one) for one in documents]

        def rows_of(documents: Sequence[Any]) -> list[list[Any]]:
            if judge:
                judge(documents)
            rows = []
            for document in documents:
                record = head(document)
                statements = {one["id"]: one for one in document["statements"]}
                for number, figure in enumerate(document["figures"], start=1):
                    figure["number"] = number
                    figure["statement"] = statements[figure["evidence"]["statement"]]
                    rows.append(record + tail(figure))
            return rows

        return rows_of


def reader(columns: Sequence[Column], cells: Sequence[Cell]) -> Callable[[Any], list[Any]]:
    """Return the function that reads all columns of a part, each value as its cell returns it."""
    reads = [
        column.read if cell is same else after(column.read, cell)
        for column, cell in zip(columns, cells, strict=True)
    ]
    return lambda part: [read(part) for read in reads]


def after(read: Callable[[Any], Any], cell: Cell) -> Callable[[Any], Any]:
    return lambda part: cell(read(part))


def number_of(document: dict[str, Any]) -> int:
    return len(document["figures"])


def statement(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda figure: read(figure["statement"])


@cache
def layout(serializer_class: Any, figures: bool) -> Layout:
    """Return the layout, built once per serializer."""
    serializer = serializer_class()
    columns = list(columns_of(serializer))
    head = [one for one in columns if not one.name.startswith(INHERENT)]
    if figures:
        return Layout(head, [*figure_columns()], figures)
    tail = []
    if "figures" in serializer.fields:
        tail = [
            Column("figures", "integer", "Number of figures of the record.", number_of),
            next(one for one in columns if one.name == "statements_id"),
        ]
    return Layout(head, tail, figures)


def figure_columns() -> Iterator[Column]:
    """Yield the columns of a figure: its own, those of its statement, and those of totals."""
    own = list(columns_of(FigureSerializer()))
    yield Column(
        "figure",
        "integer",
        "Number of the figure within its record, from 1: the `figure` of a citation.",
        itemgetter("number"),
    )
    yield from (one for one in own if one.name not in FigureSerializer.IN_TOTAL)
    for one in columns_of(StatementInRecordSerializer()):
        if one.name != "id":
            yield Column(
                f"statement_{one.name}",
                one.datatype,
                one.description,
                statement(one.read),
                free=one.free,
            )
    yield from (one for one in own if one.name in FigureSerializer.IN_TOTAL)


@cache
def figure_lines(serializer_class: Any) -> Callable[[Any], list[str]]:
    """Return the function from a document to the rows of its figures as lines of CSV, without the
    columns of totals."""
    stored = layout(serializer_class, figures=True).stored
    rows_of = stored.rows(csv_cells(stored.columns))
    return lambda document: csv_lines(rows_of([document]))
