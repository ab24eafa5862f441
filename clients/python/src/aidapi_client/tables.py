"""Tables: files of lists with the types that their descriptions give.

Readers guess types from the first rows and make a number of the region 030. The description of
the file (CSVW) says what each column is, so nothing is guessed.
"""

import importlib
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from aidapi_client.errors import UnexpectedResponse

ARROW = {"integer": "int64", "decimal": "float64", "boolean": "bool_", "date": "date32"}
"""CSVW datatypes → Arrow types; all others are text, months and years among dates too."""


@dataclass(frozen=True)
class Table:
    """A list as CSV in UTF-8, with the types of its columns."""

    revision: int
    csv: bytes
    datatypes: dict[str, str]
    """Column → its CSVW datatype."""

    @classmethod
    def of(cls, response: httpx.Response, description: dict[str, Any]) -> "Table":
        """Build a table from a file and its description."""
        columns = description["tableSchema"]["columns"]
        return cls(
            int(response.headers["Dataset-Revision"]),
            response.content.removeprefix(b"\xef\xbb\xbf"),
            {column["name"]: base_of(column) for column in columns},
        )

    def save(self, path: str | Path) -> None:
        """Write the table as a CSV file in UTF-8."""
        Path(path).write_bytes(self.csv)

    def to_arrow(self) -> Any:
        """Return a `pyarrow.Table`; needs the extra `arrow`."""
        arrow = needed("pyarrow", "arrow")
        reader = needed("pyarrow.csv", "arrow")
        types = {
            name: getattr(arrow, ARROW[base])() if base in ARROW else arrow.string()
            for name, base in self.datatypes.items()
        }
        return reader.read_csv(
            io.BytesIO(self.csv),
            parse_options=reader.ParseOptions(newlines_in_values=True),
            convert_options=reader.ConvertOptions(
                column_types=types,
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )

    def to_pandas(self) -> Any:
        """Return a `pandas.DataFrame` with nullable types; needs the extra `pandas`."""
        pandas = needed("pandas", "pandas")
        return self.to_arrow().to_pandas(types_mapper=pandas.ArrowDtype)

    def to_polars(self) -> Any:
        """Return a `polars.DataFrame`; needs the extra `polars`."""
        return needed("polars", "polars").from_arrow(self.to_arrow())


def base_of(column: dict[str, Any]) -> str:
    """Return the datatype of a column; lists are texts."""
    given = column.get("datatype", "string")
    base = given["base"] if isinstance(given, dict) else given
    return "string" if "separator" in column else base


def needed(module: str, extra: str) -> Any:
    """Return an optional module; raise ImportError that names the extra."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(f"Install aidapi-client[{extra}] for this.") from error


def metadata_address(response: httpx.Response) -> httpx.URL:
    """Return the address of the description that a file links to."""
    for address, rest in re.findall(r"<([^>]*)>([^<]*)", response.headers.get("Link", "")):
        if "describedby" in rest and "application/csvm+json" in rest:
            # On the site that sent the file, whatever name it has for itself.
            described = httpx.URL(address)
            return response.request.url.copy_with(
                path=described.path, query=described.query or None
            )
    raise UnexpectedResponse(
        response, {"title": "Unexpected response", "detail": "The file has no description."}
    )
