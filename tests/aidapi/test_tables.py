"""Tables as files."""

import datetime
from decimal import Decimal

from aidapi.tables import Column, Table, workbook

CREATED = datetime.datetime(2026, 11, 30, tzinfo=datetime.UTC)


def book(value: Decimal | None) -> bytes:
    """Return the workbook of a table with one number."""
    column = Column("value", "decimal", "A number.", lambda _: value)
    table = Table(
        "numbers",
        [column],
        lambda: iter([["0"]]),
        lambda cells: lambda places: [[cells[0](column.read(place))] for place in places],
        1,
    )
    with workbook(table, False, [], CREATED) as file:
        return file.read()


def test_numbers_of_workbooks_do_not_show_what_the_database_adds() -> None:
    for padded, plain in (
        ("500000000.000000", "500000000"),
        ("1.500000", "1.5"),
        ("0.000000", "0"),
        ("1E+9", "1000000000"),
        ("123456789012345678.500000", "123456789012345678.5"),
    ):
        assert book(Decimal(padded)) == book(Decimal(plain)), plain
    assert book(None) != book(Decimal(0))
