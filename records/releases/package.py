"""The description of a release as a Data Package v2: every file, and the tables with their types,
primary and foreign keys."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from aidapi.dates import PATTERN
from aidapi.tables import KNOWN_DATE, SEPARATOR, Column
from records.api.licence import AUTHOR, LICENCE
from records.api.views.dataset import DESCRIPTION, KEYWORDS, TITLE
from records.releases.files import File
from records.releases.sources import stamp
from records.releases.tables import Table

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
SPDX = "CC-BY-4.0"
TYPES = {
    "boolean": "boolean",
    "integer": "integer",
    "decimal": "number",
    "date": "date",
    "dateTime": "datetime",
}
"""Datatype of a column → type of its field; string for all others."""


def table_field(column: Column, table: Table) -> dict[str, Any]:
    """Return the description of a column."""
    found: dict[str, Any] = {
        "name": column.name,
        "type": "list" if column.many else TYPES.get(column.datatype, "string"),
        "description": column.description,
    }
    if column.many:
        found["delimiter"] = SEPARATOR
    elif column.datatype == KNOWN_DATE:
        found["constraints"] = {"pattern": f"^{PATTERN}$"}
    elif column.datatype == "dateTime":
        found["format"] = "%Y-%m-%dT%H:%M:%SZ"
    if column.name in table.key:
        found.setdefault("constraints", {})["required"] = True
    return found


def table_schema(table: Table) -> dict[str, Any]:
    """Return the description of the columns and keys of a table."""
    return {
        "fields": [table_field(column, table) for column in table.columns],
        "missingValues": [""],
        "primaryKey": list(table.key),
        "foreignKeys": [
            {
                "fields": list(one.columns),
                "reference": {
                    "resource": "" if one.table == table.name else one.table,
                    "fields": list(one.to),
                },
            }
            for one in table.references
        ],
    }


def resources(files: Sequence[File], tables: Mapping[str, Table]) -> Iterator[dict[str, Any]]:
    """Yield the description of every file; of CSV with its columns and keys."""
    for file in files:
        table = tables.get(file.path)
        yield {
            "name": file.name,
            # What is no table is not read as one: programs would infer its columns.
            "type": "table" if table else "file",
            "path": file.path,
            "description": table.description if table else file.description,
            "format": file.format,
            "mediatype": file.media_type,
            "encoding": "utf-8",
            "bytes": file.size,
            "hash": f"sha256:{file.sha256}",
            **(
                {
                    "dialect": {"delimiter": ",", "header": True, "quoteChar": '"'},
                    "schema": table_schema(table),
                }
                if table
                else {}
            ),
        }


def description(
    revision: Any, since: int, files: Sequence[File], tables: Sequence[Table]
) -> dict[str, Any]:
    """Return the Data Package of a release."""
    of_csv = {f"csv/{table.name}.csv": table for table in tables}
    return {
        "$schema": PROFILE,
        "name": "aidapi",
        "id": f"aidapi-r{revision.number}",
        "title": TITLE,
        "description": DESCRIPTION,
        "version": str(revision.number),
        "created": stamp(revision.published_at),
        "revisionMessage": revision.message,
        "changesSince": since,
        "keywords": KEYWORDS,
        "licenses": [{"name": SPDX, "path": LICENCE["url"], "title": LICENCE["name"]}],
        "contributors": [{"title": AUTHOR, "roles": ["publisher"]}],
        "sources": [
            {
                "title": "Public statements, each named in the table statements",
                "path": "csv/statements.csv",
            }
        ],
        "resources": list(resources(files, of_csv)),
    }
