"""The CSV files as CSV on the Web: types, separators, primary and foreign keys of all tables."""

from collections.abc import Sequence
from typing import Any

from aidapi.tables import Column
from records.api.licence import AUTHOR, LICENCE
from records.api.views.dataset import TITLE
from records.models import Revision
from records.releases.sources import stamp
from records.releases.tables import Table

PATH = "csv/csv-metadata.json"
"""Where the standard looks for the description of a CSV file."""
Json = dict[str, Any]


def table_group(revision: Revision, tables: Sequence[Table]) -> Json:
    """Return the description of all CSV files, which lie beside it."""
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "@type": "TableGroup",
        "dc:title": f"{TITLE}, revision {revision.number}",
        "dc:publisher": AUTHOR,
        "dc:license": {"@id": LICENCE["url"]},
        "dc:issued": {"@value": stamp(revision.published_at), "@type": "xsd:dateTime"},
        "schema:version": str(revision.number),
        "dialect": {"encoding": "utf-8", "lineTerminators": ["\r\n"], "header": True},
        "tables": [described(table) for table in tables],
    }


def described(table: Table) -> Json:
    return {
        "url": address(table.name),
        "dc:description": table.description,
        "tableSchema": {
            "columns": [column_of(column, table) for column in table.columns],
            "primaryKey": list(table.key),
            "foreignKeys": [
                {
                    "columnReference": list(one.columns),
                    "reference": {
                        "resource": address(one.table),
                        "columnReference": list(one.to),
                    },
                }
                for one in table.references
                # A key that a row need not have is an error to strict validators.
                if not one.optional
            ],
        },
    }


def column_of(column: Column, table: Table) -> Json:
    """Return the description of a column; those of the key have a value in every row."""
    return column.csvw() | ({"required": True} if column.name in table.key else {})


def address(table: str) -> str:
    return f"{table}.csv"
