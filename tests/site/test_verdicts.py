"""What record pages say of their figures in totals: the verdict of the API, in words."""

from datetime import date
from typing import Any

import pytest
from django.test import Client

from tests.support.factories import ExportFactory
from tests.support.verdicts import FACTORIES, said

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", FACTORIES)
def test_page_says_in_which_total_a_figure_counts(client: Client, kind: str) -> None:
    record = FACTORIES[kind](published=True, figures=[{"value": 5, "unit": "box"}])
    assert said(client, record.public_id) == [f"Counts in the total of all {kind} in boxes"]


@pytest.mark.parametrize("kind", FACTORIES)
def test_page_names_the_reason_and_the_record_that_holds_a_figure(
    client: Client, kind: str
) -> None:
    whole = FACTORIES[kind](published=True, figures=[{"value": 800}])
    part = FACTORIES[kind](
        published=True,
        links={"part_of": whole},
        figures=[{"value": 20}, {"money": True, "value": 7, "operator": "approx"}],
    )
    words = said(client, part.public_id)
    assert words[0] == (
        f"Does not count in the total of all {kind} in pieces: the whole of which it is a part "
        f"counts ({whole.public_id})"
    )
    assert words[1] == (
        f"Counts in the about of the total of all {kind} in USD, not in its proven minimum "
        f"(at_least): its words prove no least amount"
    )
    page = client.get(f"/records/{part.public_id}/").content.decode()
    assert f'<a href="/records/{whole.public_id}/">{whole.public_id}</a>)' in page


def test_page_of_a_past_revision_says_what_counted_then(client: Client) -> None:
    point: dict[str, Any] = {
        "series": "running",
        "figures": [{"value": 5, "basis": "cumulative_to_date"}],
    }
    first = ExportFactory(published=True, as_of=date(2020, 4, 1), **point)
    point["figures"][0]["value"] = 9
    later = ExportFactory(published=True, as_of=date(2020, 5, 1), **point)
    counts = "Counts in the total of all exports in pieces"
    assert said(client, later.public_id) == [counts]
    assert said(client, first.public_id, revision=1) == [counts]
    (words,) = said(client, first.public_id)
    assert words.startswith("Does not count in the total of all exports in pieces: ")
    assert words.endswith(f"a later point of its series counts ({later.public_id})")
