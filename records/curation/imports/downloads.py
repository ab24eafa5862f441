"""Spreadsheets of the admin: a filtered list as CSV or XLSX in the form that the import reads, and
the empty template of that form."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import orjson
from django.db.models import Prefetch
from django.http import HttpResponse, StreamingHttpResponse
from django.utils import timezone

from aidapi import tables
from aidapi.ranges import whole_file
from records.curation.imports.columns import SOURCE, Column, columns_of, rows_of
from records.curation.imports.lines import COMMENT
from records.models import (
    DATED,
    STAGED,
    Item,
    Party,
    Statement,
)

PAGE = 250
"""Records that are read at a time."""
PRIVATE = {"text"}
"""Columns that an import takes and no download gives: texts belong to their authors."""
CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
HOW = [
    (
        "Rows",
        (
            "A row is a figure. Rows of one record share its id, or a label, in `record`; only "
            "the first of them needs to fill the columns of the record itself."
        ),
    ),
    (
        "Empty cells",
        (
            "Leave a cell empty where there is nothing to say. Columns that are not required may "
            "be left out: corrected records keep what they have there."
        ),
    ),
    ("Several values", f"Separate them by {tables.SEPARATOR}."),
    (
        "Formulas",
        (
            "A text that a spreadsheet might take for a formula has an apostrophe before it, "
            "which the import takes away."
        ),
    ),
]


def download(model: Any, rows: Any, form: str) -> HttpResponse | StreamingHttpResponse:
    """Return the records of a list as a file that the import reads as unchanged."""
    columns = [
        column
        for column in columns_of(model)
        if column.name not in PRIVATE and not column.name.startswith(SOURCE)
    ]
    table = tables.Table(
        name=str(model._meta.verbose_name_plural),
        columns=[as_table_column(column, column.datatype) for column in columns],
        pages=lambda: pages(model, rows),
        rows=lambda cells: to_rows(columns, cells),
        count=count_rows(model, rows),
    )
    return answer(table, form, table.name)


def template(model: Any, form: str) -> HttpResponse | StreamingHttpResponse:
    """Return the columns without a row. Their meaning is on a sheet of its own, with the codes of
    parties and items; in CSV in a line that the import passes over."""
    columns = columns_of(model)
    explained = {column.name: column.explained for column in columns}
    explained["record"] = COMMENT + explained["record"]
    comments = [] if form == "xlsx" else [orjson.dumps([explained]).decode()]
    table = tables.Table(
        name=str(model._meta.verbose_name_plural),
        columns=[as_table_column(column, "string") for column in columns],
        pages=lambda: iter([comments]),
        rows=lambda cells: to_rows(columns, cells, typed=False),
        count=len(comments),
    )
    return answer(table, form, f"{table.name}-template", lists=code_lists())


def code_lists() -> list[tuple[str, Sequence[tuple[str, str]]]]:
    return [
        (title, list(model.objects.order_by("name_key", "code").values_list("code", "name")))
        for title, model in (("parties", Party), ("items", Item))
    ]


def answer(
    table: tables.Table, form: str, name: str, lists: Any = ()
) -> HttpResponse | StreamingHttpResponse:
    response: HttpResponse | StreamingHttpResponse
    if form == "csv":
        response = StreamingHttpResponse(tables.csv_stream(table, raw=False))
    else:
        book = tables.workbook(table, False, HOW, timezone.now(), lists)
        response = StreamingHttpResponse(whole_file(book))
    response["Content-Type"] = CONTENT_TYPES[form]
    response["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    response["Dataset-Rows"] = str(table.count)
    return response


def as_table_column(column: Column, datatype: str) -> tables.Column:
    return tables.Column(
        name=column.name,
        datatype=datatype,
        description=column.explained,
        read=lambda row: row.get(column.name),
        free=column.free or datatype != column.datatype,
    )


def pages(model: Any, rows: Any) -> Iterator[Sequence[str]]:
    """The records as rows of the spreadsheet, page by page; the queries are the same for each."""
    related: list[Any] = ["links"]
    if model in DATED.values():
        statements = Statement.objects.only("public_id", "version")
        related += ["parties", "figures", Prefetch("figures__statement", statements)]
    if model in STAGED.values():
        related += ["milestones", Prefetch("milestones__statement", statements)]
    keys = list(rows.values_list("pk", flat=True))
    for start in range(0, len(keys), PAGE):
        # No cursor stays open from page to page: meanwhile others use its connection, which it
        # would keep at its snapshot, and which may be closed.
        some = keys[start : start + PAGE]
        found = model.objects.prefetch_related(*related).in_bulk(some)
        yield [orjson.dumps(rows_of(found[key])).decode() for key in some if key in found]


def count_rows(model: Any, rows: Any) -> int:
    """Return the number of rows: one for each figure, and for each record without one."""
    rows = rows.order_by()
    if model not in DATED.values():
        return rows.count()
    figures = model.child("figures").objects.filter(record__in=rows.values("pk"))
    return figures.count() + rows.filter(figures=None).count()


def to_rows(
    columns: Sequence[Column], cells: Sequence[tables.Cell], *, typed: bool = True
) -> Callable[[Any], Sequence[Sequence[Any]]]:
    """Return a function from the rows of records, a list for each, to those of the file."""
    written = [
        (column.name, column.datatype if typed else "string", cell)
        for column, cell in zip(columns, cells, strict=True)
    ]
    return lambda records: [
        [cell(value_of(row.get(name), datatype)) for name, datatype, cell in written]
        for rows in records
        for row in rows
    ]


def value_of(text: str | None, datatype: str) -> Any:
    """Return the text of a cell as a value of its type."""
    if text is None:
        return None
    if datatype == "boolean":
        return text == "true"
    if datatype in ("integer", "decimal"):
        return float(text) if "." in text else int(text)
    return text
