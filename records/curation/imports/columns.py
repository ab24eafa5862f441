"""The columns of a kind's spreadsheet, and what stands in them of a record: one form for
templates, downloads and imports, so that what was downloaded is imported as unchanged.

A row is a figure; rows of one record share its id or a label in `record`, and only the first needs
to fill the columns of the record itself.
"""

from dataclasses import dataclass
from functools import cache, cached_property
from itertools import zip_longest
from typing import Any

from django.db import models

from aidapi.tables import SEPARATOR, joined
from records.dataset_files import layout
from records.dataset_files.layout import precision_of
from records.models import DatedRecord, Record, Statement
from records.models.figures import BOUNDED_BY_VALUE

HEAD = {
    "record": "Empty for a new record of one row; any label, the same in each of its rows, for a "
    "new one of several; the id of a record to correct it.",
    "version": "Of a record that has an id, the version that this was copied from: where another "
    "one is in force by now, the row is refused.",
}
REASON = "Why a published record changes; readers see it. Empty for the reason given on import."
LINKS = f"Links to other records as “part_of don-7k3m9q2x”, several separated by {SEPARATOR}."
LATER = {
    "statement": "Id of the statement, or the address at which it was read.",
    "statement_version": "Version of the statement that was read; empty for the newest.",
}
COMPUTED = {"offset", "quote_found", "text_sha256"}


@dataclass(frozen=True)
class Column:
    """A column of the spreadsheet."""

    name: str
    meaning: str
    field: Any = None
    """The model's column of the same name, if there is one."""
    of_figure: bool = False
    required: bool = False
    free: bool = False
    """Whether it is text of any form, in which a spreadsheet might see a formula."""
    many: bool = False

    @cached_property
    def codes(self) -> list[str]:
        """The codes that it takes, if it takes only those."""
        return [code for code, _ in self.field.flatchoices if code] if self.field else []

    @cached_property
    def datatype(self) -> str:
        """The kind of its values in terms of XML Schema; dates that may lack their day are
        text."""
        if isinstance(self.field, models.BooleanField):
            return "boolean"
        if isinstance(self.field, models.DecimalField):
            return "decimal"
        if self.is_date and not precision_of(self.field.model, self.field):
            return "date"
        return "integer" if self.name in ("version", "statement_version") else "string"

    @cached_property
    def is_date(self) -> bool:
        return isinstance(self.field, models.DateField)

    @property
    def explained(self) -> str:
        """The meaning, what it takes and whether it may be left empty, for templates."""
        told = [self.meaning]
        if self.codes:
            told.append(f"One of: {', '.join(self.codes)}.")
        if self.datatype == "boolean":
            told.append("true or false; empty for true.")
        if self.is_date:
            partial = precision_of(self.field.model, self.field)
            told.append(f"As 2020-04-10{', 2020-04 or 2020' if partial else ''}.")
        if self.required:
            told.append("Required.")
        return " ".join(told)


@cache
def columns_of(model: type[Record]) -> tuple[Column, ...]:
    """The columns of a kind's spreadsheet, in their order."""
    noun = next(noun for noun in layout.NOUNS.values() if noun.model is model)
    keys = [key for key in noun.keys if key not in COMPUTED]
    if model is Statement:
        keys.insert(keys.index("note"), "text")
    fields = {field.name: field for field in layout.columns(model, tuple(keys))}
    plurals = {plural: role for role, plural in model.ROLES.items()}
    found = [Column(name, meaning) for name, meaning in HEAD.items()]
    for key in keys:
        if key in plurals:
            meaning = f"Codes or names of each {plurals[key]}, separated by {SEPARATOR}."
            found.append(Column(key, meaning, many=True))
        elif key == "links":
            found.append(Column(key, LINKS, many=True))
        elif key in fields:
            found.append(plain_column(fields[key]))
    if issubclass(model, DatedRecord):
        found += figure_columns(model.child("figures"))
    return (*found, Column("reason", REASON, free=True))


def plain_column(field: Any, *, of_figure: bool = False) -> Column:
    many = isinstance(field, models.JSONField)
    meaning = f"{field.help_text} Separated by {SEPARATOR}." if many else field.help_text
    required = not (field.blank or field.null or field.has_default())
    text = isinstance(field, (models.CharField, models.TextField)) and not field.choices
    free = text or many
    return Column(field.name, meaning, field, of_figure, required, free, many)


def figure_columns(model: Any) -> list[Column]:
    fields = {field.name: field for field in layout.columns(model, layout.FIGURE)}
    found = []
    for key in layout.FIGURE:
        if key in LATER:
            required = key == "statement"
            found.append(Column(key, LATER[key], of_figure=True, required=required))
        elif key == "item":
            found.append(Column(key, "Code or name of the item that is counted, or that the money "
                                     "is for.", of_figure=True))  # fmt: skip
        elif key in fields and key not in COMPUTED:
            found.append(plain_column(fields[key], of_figure=True))
    return found


# --- What stands in them


Cells = dict[str, str]
"""Column → text, of the cells that hold one."""


def rows_of(record: Any) -> list[Cells]:
    """A record as the rows of the spreadsheet. Its own cells stand in the first, its figures one
    in each; wants its children and their statements prefetched."""
    model: Any = type(record)
    columns = columns_of(model)
    own = values(record, [column for column in columns if not column.of_figure])
    for role, rows in record.parties_by_role.items() if record.ROLES else ():
        own[record.ROLES[role]] = joined([row.party_id for row in rows])
    own["links"] = joined([f"{link.type} {link.target}" for link in record.ordered_links()])
    figures = [
        figure_cells(figure, [column for column in columns if column.of_figure])
        for figure in (record.ordered_figures() if record.ROLES else ())
    ]
    head = {"record": record.public_id, "version": str(record.version)}
    return [
        head | {name: text for name, text in ((own or {}) | (figure or {})).items() if text}
        for own, figure in zip_longest([own], figures)
    ]


def figure_cells(figure: Any, columns: list[Column]) -> Cells:
    """A figure's cells; bounds that follow from its value are left out."""
    cells = values(figure, columns)
    if figure.operator in BOUNDED_BY_VALUE:
        cells.pop("lower", None)
        cells.pop("upper", None)
    if figure.item_id:
        cells["item"] = figure.item_id
    if figure.statement_id:
        cells["statement"] = figure.statement.public_id
        cells["statement_version"] = str(figure.statement.version)
    return cells


def values(instance: Any, columns: list[Column]) -> Cells:
    """What stands in plain columns of a row of the database."""
    cells = {}
    for column in columns:
        if column.field is None:
            continue
        value = getattr(instance, column.field.attname)
        precision = precision_of(type(instance), column.field)
        if value is None or value == "":
            continue
        if isinstance(value, list):
            cells[column.name] = joined(value)
        elif precision:
            cells[column.name] = layout.write_date(value, getattr(instance, precision))
        else:
            cells[column.name] = layout.write(value)
    return cells
