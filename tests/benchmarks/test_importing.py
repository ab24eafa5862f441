"""The spreadsheets that are measured must be accepted, under every rule that has come since."""

from typing import Any

import pytest

from benchmarks import importing
from records.curation.imports import batches
from records.models import Donation

pytestmark = pytest.mark.usefixtures("dataset")


@pytest.mark.parametrize(
    ("name", "written"), [("a.csv", importing.as_csv), ("a.xlsx", importing.as_xlsx)]
)
def test_measured_rows_are_accepted(name: str, written: Any) -> None:
    data = written(importing.rows(30))

    batch, _ = batches.receive(data, name, Donation, by=importing.curator())
    while batch.state == "checking":
        batch = batches.check_slice(batch)

    assert [row.findings for row in batch.lines.all() if row.verdict == "refused"] == []
    assert (batch.state, batch.lines.count()) == ("ready", 30)
