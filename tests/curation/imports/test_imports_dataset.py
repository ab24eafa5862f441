"""The whole dataset, downloaded from the admin and imported again: every row is as it was."""

import pytest

from records.curation.imports.models import ImportState
from records.models import DATED, KINDS
from tests.curation.imports.test_imports import (
    as_csv,
    checked,
    downloaded,
    found,
    reported,
    superuser_client,
    table,
)
from tests.support.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_what_was_downloaded_is_unchanged(kind: str, form: str, dataset: None) -> None:
    root = UserFactory(username="root", is_superuser=True)
    model = KINDS[kind]

    data = downloaded(superuser_client(), model, form)
    batch = checked(data, root, model)

    assert batch.state == ImportState.READY, reported(batch)[:5]
    assert set(found(batch)) == {"unchanged"}
    assert set(batch.lines.values_list("record", flat=True)) == set(
        model.objects.values_list("public_id", flat=True)
    )


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("kind", sorted(DATED, reverse=True))  # exports, the fewest, first
@pytest.mark.parametrize("column", ["item", "value"])
def test_what_was_sorted_is_unchanged(kind: str, column: str, dataset: None) -> None:
    root = UserFactory(username="root", is_superuser=True)
    model = KINDS[kind]
    rows = table(downloaded(superuser_client(), model, "csv"))
    for cells in rows:
        if cells.get("milestones"):
            cells["milestones"] = "|".join(reversed(cells["milestones"].split("|")))

    batch = checked(as_csv(sorted(rows, key=lambda cells: cells[column])), root, model)

    assert batch.state == ImportState.READY, reported(batch)[:5]
    assert set(found(batch)) == {"unchanged"}
