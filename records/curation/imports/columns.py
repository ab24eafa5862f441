"""The columns of a kind's spreadsheet, and the cells of a record: one form for templates,
downloads and imports, so that the import reads an unedited download as unchanged.

A row is a figure; rows of one record share its id or a label in `record`, and only the first needs
to fill the columns of the record itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from itertools import zip_longest
from typing import Any

from django.db import models

from aidapi.tables import SEPARATOR, joined
from records.content.builder import FIGURE
from records.content.fields import ContentField, fields_of
from records.dataset_files.layout import NOUNS, columns
from records.models import DatedRecord, Record, StagedRecord, Statement, fold
from records.models.figures import BOUNDED_BY_VALUE

HEAD = {
    "record": "Empty for a new record of one row; any label, the same in each of its rows, for a "
    "new one of several; the id of a record to correct it.",
    "version": "Of a record that has an id, the version that this was copied from: where another "
    "one is in force by now, the row is refused.",
}
REASON = "Why a published record changes; readers see it. Empty for the reason given on import."
LINKS = f"Links to other records as “part_of don-7k3m9q2x”, several separated by {SEPARATOR}."
MILESTONES = (
    "When which stage was reached, as “delivered 2020-04-10 on st-7k3m9q2x “words of it””: stage; "
    "date, month or year; on or by; statement, with v2 behind it for another version than the "
    "latest; quote; meaning and “our translation”; because and “a reason” where it is doubtful. "
    f"Several separated by {SEPARATOR}."
)
LOOKED_UP = {
    "item": "Code or name of the item that is counted, or that the money is for.",
    "statement": "Id of the statement, or the address at which it was read, or its title.",
    "statement_version": "Version of the statement that was read; empty for the latest.",
}
SOURCE = "source_"
"""Beginning of the columns of a statement that is not entered yet."""
OF_SOURCE = ("title", "publisher", "published_on", "language", "summary")
COMPUTED = {"offset", "quote_found", "text_sha256"}


@dataclass(frozen=True)
class Column:
    """A column of the spreadsheet."""

    name: str
    meaning: str
    field: ContentField | None = None
    """The field that its cells are read into, if they are read as they are."""
    of_figure: bool = False
    required: bool = False
    free: bool = False
    """Whether it is text of any form, in which a spreadsheet might see a formula."""
    label: str = ""
    """What forms call it, where it is not the name of its field."""

    @property
    def codes(self) -> list[str]:
        """The codes that it takes, if it takes only those."""
        return self.field.codes if self.field else []

    @property
    def labels(self) -> list[str]:
        """What forms call it."""
        return [self.label] if self.label else [self.field.label] if self.field else []

    @property
    def is_date(self) -> bool:
        return self.field is not None and self.field.is_date

    @property
    def is_number(self) -> bool:
        """Whether its cells are numbers that count or measure."""
        return self.datatype == "decimal"

    @property
    def datatype(self) -> str:
        """The kind of its values in terms of XML Schema; dates that may lack their day are
        text."""
        column = self.field and self.field.column
        if isinstance(column, models.BooleanField):
            return "boolean"
        if isinstance(column, models.DecimalField):
            return "decimal"
        if self.field and self.is_date and not self.field.precision:
            return "date"
        return "integer" if self.name in ("version", "statement_version") else "string"

    @property
    def explained(self) -> str:
        """The meaning, the values that it takes and whether it is required, for templates."""
        parts = [self.meaning]
        if self.codes:
            parts.append(f"One of: {', '.join(self.codes)}.")
        if self.datatype == "boolean":
            parts.append("true or false; empty for true.")
        if self.is_date:
            partial = self.datatype != "date"
            parts.append(f"As 2020-04-10{', 2020-04 or 2020' if partial else ''}.")
        if self.required:
            parts.append("Required.")
        return " ".join(parts)


@cache
def columns_of(model: type[Record]) -> tuple[Column, ...]:
    """Return the columns of a kind's spreadsheet, in their order."""
    keys = next(noun.keys for noun in NOUNS.values() if noun.model is model)
    fields = {field.name: field for field in columns(model, keys)}
    plurals = {plural: role for role, plural in model.ROLES.items()}
    found = [Column(name, meaning) for name, meaning in HEAD.items()]
    for key in keys:
        if key == "note" and model is Statement:
            found.append(field_column(fields_of(model)["text"]))
        if key in plurals:
            meaning = f"Codes or names of each {plurals[key]}, separated by {SEPARATOR}."
            found.append(Column(key, meaning, label=plurals[key]))
        elif key == "links":
            found.append(Column(key, LINKS))
        elif key == "milestones":
            found.append(Column(key, MILESTONES))
        elif key in fields and key not in COMPUTED:
            found.append(field_column(fields[key]))
    if issubclass(model, DatedRecord):
        found += figure_columns(model.child("figures"))
        found += source_columns()
    return (*found, Column("reason", REASON, free=True))


def figure_columns(model: Any) -> list[Column]:
    fields = fields_of(model)
    return [
        Column(key, LOOKED_UP[key], of_figure=True, required=key == "statement")
        if key in LOOKED_UP
        else field_column(fields[key], of_figure=True)
        for key in FIGURE
        if key not in COMPUTED
    ]


def source_columns() -> list[Column]:
    """Return the columns that make the draft of a statement, where `statement` is an address that
    no statement has."""
    fields = fields_of(Statement)
    made = []
    for name in OF_SOURCE:
        column = field_column(fields[name], of_figure=True)
        meaning = f"Of a source that is not entered yet: {lower_first(column.meaning)}"
        label = f"Source {fields[name].label.lower()}"
        made.append(
            replace(column, name=SOURCE + name, meaning=meaning, label=label, required=False)
        )
    return made


def lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]


def field_column(field: ContentField, *, of_figure: bool = False) -> Column:
    meaning = str(field.column.help_text)
    if field.is_list:
        meaning = f"{meaning} Separated by {SEPARATOR}."
    free = field.is_text or field.is_list
    return Column(field.name, meaning, field, of_figure, field.required, free)


# --- Codes by the names that people see


def code_called(column: Column, text: str) -> str:
    """Return the code that a text names, by itself or as a choice of the form; the text itself
    where no code is called so."""
    if column.datatype == "boolean":
        text = text.lower()
        return {"yes": "true", "no": "false"}.get(text, text)
    if not column.codes or text in column.codes:
        return text
    name = fold(text)
    return names_of_codes(column).get(name, name.replace(" ", "_"))


@cache
def names_of_codes(column: Column) -> dict[str, str]:
    """Return folded name → code: of “more than, over” each, of “paid: cash …” what is before the
    colon; not what names several codes."""
    names: dict[str, set[str]] = {}
    for code, label in column.field.column.flatchoices if column.field else ():
        whole = fold(str(label))
        first = whole.partition(":")[0]
        for name in {whole, first, *(part.strip() for part in first.split(","))}:
            names.setdefault(name, set()).add(code)
            names.setdefault(name.removeprefix("the "), set()).add(code)
    return {name: next(iter(codes)) for name, codes in names.items() if len(codes) == 1 and name}


# --- The cells of a record


Cells = dict[str, str]
"""Column → text, of the cells that are not empty."""


def rows_of(record: Any) -> list[Cells]:
    """Return a record as the rows of the spreadsheet: its own cells in the first, its figures one
    in each. Its children and their statements are to be prefetched."""
    model: Any = type(record)
    known = columns_of(model)
    own = field_cells(record, [column for column in known if not column.of_figure])
    for role, rows in record.parties_by_role.items() if record.ROLES else ():
        own[record.ROLES[role]] = joined([row.party_id for row in rows])
    own["links"] = joined([f"{link.type} {link.target}" for link in record.ordered_links()])
    if isinstance(record, StagedRecord):
        own["milestones"] = joined([milestone_cell(row) for row in record.ordered_milestones()])
    of_figure = [
        column for column in known if column.of_figure and not column.name.startswith(SOURCE)
    ]
    figures = [
        figure_cells(figure, of_figure)
        for figure in (record.ordered_figures() if record.ROLES else ())
    ]
    head = {"record": record.public_id, "version": str(record.version)}
    return [
        head | {name: text for name, text in ((own or {}) | (figure or {})).items() if text}
        for own, figure in zip_longest([own], figures)
    ]


def figure_cells(figure: Any, columns: Iterable[Column]) -> Cells:
    """Return a figure's cells; bounds that follow from its value are left out."""
    cells = field_cells(figure, columns)
    if figure.operator in BOUNDED_BY_VALUE:
        cells.pop("lower", None)
        cells.pop("upper", None)
    cells["item"] = figure.item_id or ""
    return cells | evidence_cells(figure)


def evidence_cells(row: Any) -> Cells:
    """Return the cells of the statement that a figure or milestone cites."""
    if not row.statement_id:
        return {}
    statement = row.statement
    return {
        "statement": statement.public_id,
        "statement_version": str(statement.version),
    }


def milestone_cell(row: Any) -> str:
    """Return a milestone as a line: delivered 2020-04-10 on st-7k3m9q2x v1 “words of it”."""
    cited = f" {row.statement.public_id} v{row.statement.version}" if row.statement_id else ""
    meaning = f" meaning “{row.quote_translation}”" if row.quote_translation else ""
    because = f" because “{row.quote_reason}”" if row.quote_reason else ""
    return f"{row.stage} {row.date_text} {row.dated}{cited} “{row.quote}”{meaning}{because}"


def field_cells(instance: Any, columns: Iterable[Column]) -> Cells:
    cells = {}
    for column in columns:
        if column.field is not None and (text := column.field.write(instance)):
            cells[column.name] = joined(text) if isinstance(text, list) else text
    return cells
