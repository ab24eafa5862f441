"""One cell of a spreadsheet, from the text that people write to the form that files have: when a
file is read, and when a cell is mended on the page."""

from collections.abc import Iterable, Mapping

from records.content.values import read_text
from records.curation.imports import as_written
from records.curation.imports.columns import Cells, Column
from records.curation.imports.grids import shown

Fault = list[str]
"""[column, what is wrong and what would be right]; the column is empty if it is the whole line"""

NO_TEXT = "It holds characters that are no text (NUL, or half of a pair): type it again."


def is_text(text: str) -> bool:
    """Whether a database can store it."""
    try:
        read_text(text)
    except ValueError:
        return False
    return True


def read_cell(column: Column, text: str) -> str:
    """Return the text of a cell in the form that files have; numbers are read by `settle`, since
    they may name the currency of their line."""
    if column.name == "currency":
        return as_written.read_currency(text.strip())
    if column.free:
        return text
    text = text.strip()
    if column.is_date:
        return as_written.read_date(text)
    if column.name in as_written.NAMED:
        return as_written.read_name(column.name, text)
    return text


def read_number(column: Column, text: str, given: str, *, decimal_comma: bool) -> tuple[str, str]:
    """Return the number of a cell and the code of the currency that it names. `given` is the
    currency of the line."""
    number, said = as_written.read_amount(text, decimal_comma=decimal_comma)
    try:
        currency = as_written.read_currency(said, given) if said else ""
    except as_written.SeveralReadings as error:
        raise error.within(" ".join(as_written.folded(text).split()), said) from error
    if currency and given and currency != given:
        raise ValueError(f"The cell names {currency}, and “currency” {shown(given)}.")
    return number, currency


def settle(
    columns: Iterable[Column],
    cells: Cells,
    faults: list[Fault],
    original: Cells,
    *,
    decimal_comma: bool,
) -> None:
    """Read the numbers of a line, and the currency that a cell of an amount names."""
    for column in columns:
        if not column.is_number or column.name not in cells:
            continue
        text = cells.pop(column.name)
        try:
            number, currency = read_number(
                column, text, cells.get("currency", ""), decimal_comma=decimal_comma
            )
        except ValueError as error:
            faults.append([column.name, str(error)])
        else:
            cells[column.name] = number
            if currency and "currency" not in cells:
                cells["currency"] = currency
                original["currency"] = ""


def question_of(
    column: Column, text: str, *, given: str = "", decimal_comma: bool = False
) -> as_written.SeveralReadings | None:
    """Return the question that a cell asks, if it has several readings."""
    try:
        if column.is_number:
            number, _ = read_number(column, text, given, decimal_comma=decimal_comma)
            as_written.refuse_either(number)
        else:
            read_cell(column, text)
    except as_written.SeveralReadings as question:
        return question
    except ValueError:
        pass
    return None


def reread(
    columns: Mapping[str, Column],
    cells: Cells,
    faults: Iterable[Fault],
    original: Cells,
    mended: Cells,
    *,
    decimal_comma: bool,
) -> tuple[Cells, list[Fault], Cells]:
    """Return the cells, faults and original texts of a line, with the cells that were mended. What
    could not be read is read again, since its neighbours may say now what it means."""
    now, kept = dict(cells), dict(original)
    if "" in (kept.get("currency"), mended.get("currency")):
        # An amount named it.
        now.pop("currency", None)
        kept.pop("currency", None)
    again = {column for column, _ in faults if column in kept} | set(mended)
    again |= {name for name in now if columns[name].is_number}
    left = [[column, words] for column, words in faults if column not in again]
    found: list[Fault] = []
    for name in again:
        text = mended.get(name, kept.get(name, now.get(name, "")))
        now.pop(name, None)
        column = columns.get(name)
        if not text.strip() or as_written.is_nothing(text):
            continue
        if not is_text(text):
            found.append([name, NO_TEXT])
        elif column is None:
            found += [[one, words] for one, words in faults if one == name]
        elif column.is_number:
            now[name] = text.strip()
        else:
            try:
                if read := read_cell(column, text):
                    now[name] = read
            except ValueError as error:
                found.append([name, str(error)])
    settle(columns.values(), now, found, kept, decimal_comma=decimal_comma)
    return now, left + found, kept
