"""One cell of a spreadsheet, from the text that people write to the form that files have: when a
file is read, and when a cell is mended on the page."""

from collections.abc import Iterable, Mapping

from records.content.values import read_text
from records.curation.imports import as_written
from records.curation.imports.columns import Cells, Column
from records.curation.imports.grids import shown

Fault = list[str]
"""[column, what is wrong and what would be right]; the column is empty if it is the whole line"""

EMPTY: Mapping[str, str] = {}
NAMED_BESIDE = ("currency", "operator", "unit")
"""Columns of what a cell of an amount may say beside its number."""
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


def read_number(
    column: Column, text: str, given: Mapping[str, str], *, decimal_comma: bool
) -> tuple[str, Cells]:
    """Return the number of a cell, and column → code of what else the cell says: its currency,
    and of a value what qualifies and what counts it. `given` are the other cells of the line,
    which must not say otherwise."""
    amount = as_written.read_amount(text, decimal_comma=decimal_comma)
    said = amount.currency
    try:
        currency = as_written.read_currency(said, given.get("currency", "")) if said else ""
    except as_written.SeveralReadings as error:
        raise error.within(" ".join(as_written.folded(text).split()), said) from error
    if (amount.operator or amount.unit) and column.name != "value":
        raise ValueError(f"“{shown(text)}”: give the number alone.")
    named = {"currency": currency, "operator": amount.operator, "unit": amount.unit}
    named = {name: code for name, code in named.items() if code}
    for name, code in named.items():
        if given.get(name, code) != code:
            raise ValueError(f"The cell names {code}, and “{name}” {shown(given[name])}.")
    return amount.number, named


def settle(
    columns: Iterable[Column],
    cells: Cells,
    faults: list[Fault],
    original: Cells,
    *,
    decimal_comma: bool,
) -> None:
    """Read the numbers of a line, and the currency, operator and unit that a cell of an amount
    names."""
    for column in columns:
        if not column.is_number or column.name not in cells:
            continue
        text = cells.pop(column.name)
        try:
            number, named = read_number(column, text, cells, decimal_comma=decimal_comma)
        except ValueError as error:
            faults.append([column.name, str(error)])
        else:
            cells[column.name] = number
            for name in named.keys() - cells.keys():
                cells[name], original[name] = named[name], ""


def question_of(
    column: Column,
    text: str,
    *,
    given: Mapping[str, str] = EMPTY,
    decimal_comma: bool = False,
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
    for name in NAMED_BESIDE:
        if "" in (kept.get(name), mended.get(name)):
            # An amount named it.
            now.pop(name, None)
            kept.pop(name, None)
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
