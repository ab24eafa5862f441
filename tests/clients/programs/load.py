"""Run the lines of a section of docs/loading.md, and write what they loaded as JSON.

Arguments: address of the site, the guide, and the name of the section. Works in the current
folder. Run in the clients' environment.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

import duckdb

site, guide, section = sys.argv[1:]
text = Path(guide).read_text("utf-8").split(f"\n## {section}\n")[1].split("\n## ")[0]
(program,) = re.findall(r"```python\n(.*?)```", text, re.S)
found: dict[str, Any] = {}
exec(program.replace("http://127.0.0.1:8000", site), found)
if section == "Datasette":
    database = sys.modules["sqlite3"].connect("aid.db")
    query = __import__("pandas").read_sql
    found |= {name: query(f"SELECT * FROM {name}", database) for name in ("donations", "parties")}


def values(table: Any, column: str) -> list[Any]:
    """Return a column of any of the tables as Python values."""
    if isinstance(table, duckdb.DuckDBPyRelation):
        return [row[0] for row in table.select(duckdb.ColumnExpression(column)).fetchall()]
    if hasattr(table, "get_column"):
        return table.get_column(column).to_list()
    pairs = zip(table[column], table[column].isna(), strict=True)
    return [None if missing else value for value, missing in pairs]


COLUMNS = ("version", "value", "lower", "countable", "in_at_least", "currency", "offset", "as_of")
json.dump(
    {
        "donations": {name: values(found["donations"], name) for name in COLUMNS},
        "parties": {
            name: values(found["parties"], name) for name in ("code", "region", "iati_type")
        },
    },
    sys.stdout,
    default=lambda value: value.item() if hasattr(value, "item") else str(value),
)
