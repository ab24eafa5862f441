"""What record pages and `/how-we-count/` say of the figures of the dataset in totals."""

import csv
import html
import io
import re

import pytest
from django.test import Client

from records.site.how_we_count import PITFALLS
from tests.support.routes import API, ask
from tests.support.thoroughness import some
from tests.support.verdicts import FACTORIES, said

pytestmark = pytest.mark.django_db


@pytest.mark.slow(every=True)
@pytest.mark.parametrize("kind", FACTORIES)
def test_pages_agree_with_the_download_of_everything(
    client: Client, dataset: None, kind: str
) -> None:
    text = ask(client, f"{API}{kind}/", format="csv").getvalue().decode("utf-8-sig")
    figures: dict[str, list[dict[str, str]]] = {}
    for row in csv.DictReader(io.StringIO(text)):
        figures.setdefault(row["id"], []).append(row)
    for id, rows in some(figures.items(), 12):
        words = said(client, id)
        assert len(words) == len(rows)
        for word, row in zip(words, rows, strict=True):
            in_any = "true" in (row["in_at_least"], row["in_about"])
            assert word.startswith("Counts" if in_any else "Does not count"), (id, word)
            assert (": " in word) == bool(row["left_out_reason"])
            if row["held_by"] not in ("", id):
                assert word.endswith(f" ({row['held_by']})")


def test_how_we_count_says_whether_its_examples_count(client: Client, dataset: None) -> None:
    page = html.unescape(client.get("/how-we-count/").content.decode())
    plain = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))
    assert plain.count("In totals: ") == sum(len(pitfall.examples) for pitfall in PITFALLS)
    assert "In totals: Does not count in the total of all exports in pieces: " in plain
    for kind in FACTORIES:
        for form in ("csv", "xlsx"):
            assert f'href="/api/v1/{kind}/summary/?format={form}"' in page
