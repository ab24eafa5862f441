"""Reading a spreadsheet, CSV or XLSX, into lines of text by column. Its author may have
meant harm, or have used a program that guesses: what cannot be read for certain is refused, with
the cell and what would be right."""

from collections.abc import Sequence

from records.curation.imports.columns import Column
from records.curation.imports.csv_files import read_csv
from records.curation.imports.grids import MAX_BYTES, SheetError
from records.curation.imports.headers import chosen, key_of, known_names
from records.curation.imports.lines import LineReader, Sheet
from records.curation.imports.workbooks import read_workbook


def read(data: bytes, columns: Sequence[Column], sheet: str = "") -> Sheet:
    """The file as lines; refused if it is no spreadsheet, or not one with these columns. `sheet`
    names the sheet that is meant, where several have the columns."""
    if len(data) > MAX_BYTES:
        raise SheetError(f"The file has more than {MAX_BYTES // 1_000_000} MB: divide it.")
    if not data.strip():
        raise SheetError("The file is empty.")
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise SheetError("This is a workbook of the old kind (.xls): save it as .xlsx.")
    known = known_names(columns)
    if data.startswith(b"PK"):
        found = read_workbook(data)
    else:
        found = [read_csv(data, lambda name: key_of(name) in known)]
    if not any(grid.rows for grid in found):
        raise SheetError("The file is empty.")
    grid, header = chosen(found, columns, known, sheet)
    return LineReader(grid, header, columns, known).read()
