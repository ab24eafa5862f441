"""The shipped dataset keeps the rules of what is entered today."""

import pytest
from django.core.exceptions import ValidationError

from records.models import EVIDENCE, KINDS, State
from records.models.evidence import length_problem

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("dataset")]


@pytest.mark.slow
def test_the_shipped_dataset_keeps_the_rules() -> None:
    """Every version in force."""
    found = set()
    for model in KINDS.values():
        for record in model.objects.filter(state=State.PUBLISHED).prefetch_related(*model.ROWS):
            for row in [record, *record.ordered_evidence()]:
                try:
                    row.clean()
                except ValidationError:
                    found.add((record.public_id, getattr(row, "quote", "")))
            found |= {(record.public_id, doubt.text) for doubt in record.doubts_beside()}

    assert found == set()


def test_no_quote_of_any_version_is_too_long() -> None:
    quotes = [
        quote
        for model, relation in EVIDENCE
        for quote in model.child(relation).objects.values_list("quote", flat=True)
    ]

    assert len(quotes) > 600
    assert [quote for quote in quotes if length_problem(quote)] == []
