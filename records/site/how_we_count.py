"""How we count: the ways in which aid is counted twice, each with records that show it.

The content is `content/how_we_count.yaml`. `tests/site/test_guide.py` looks every example up in
the dataset.
"""

from dataclasses import dataclass, field
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from aidapi.views import Page
from records.api.addresses import PLURALS
from records.models import DATED
from records.query.revisions import latest_revision
from records.site.page_data import entries
from records.site.record import figures_of
from records.site.wording import FigureInWords

Json = dict[str, Any]


@dataclass(frozen=True)
class Example:
    """A figure of a record that shows the pitfall, and the fields that show it."""

    id: str
    quote: str
    about: str
    shows: Json
    """Fields of the figure with that quote."""
    record: Json = field(default_factory=dict)
    """Fields of its record."""


@dataclass(frozen=True)
class Pitfall:
    """A way to count aid twice, the rule against it, and examples."""

    slug: str
    title: str
    rule: str
    examples: tuple[Example, ...]

    def __post_init__(self) -> None:
        if not self.examples:
            raise ValueError(f"{self.slug}: give at least one example.")


PITFALLS = tuple(
    Pitfall(**entry | {"examples": tuple(Example(**example) for example in entry["examples"])})
    for entry in entries("how_we_count")
)


class HowWeCount(Page):
    """The pitfalls of counting aid, on real records."""

    def get(self, request: HttpRequest) -> HttpResponse:
        verdicts = verdicts_on_examples()
        pitfalls = [
            {
                "pitfall": pitfall,
                "examples": [
                    (example, verdicts.get((example.id, example.quote)))
                    for example in pitfall.examples
                ],
            }
            for pitfall in PITFALLS
        ]
        summaries = [(kind, reverse(f"{kind}-summary")) for kind in map(PLURALS.get, DATED)]
        page = {"pitfalls": pitfalls, "summaries": summaries}
        return render(request, "records/counting.html", page)


def verdicts_on_examples() -> dict[tuple[str, str], FigureInWords]:
    """Return (id, quote) → the figure of an example, with how it counts today."""
    revision = latest_revision()
    ids = {example.id for pitfall in PITFALLS for example in pitfall.examples}
    found = {}
    for model in DATED.values():
        records = model.objects.in_force(revision).filter(public_id__in=ids)
        for body in records.values_list("document__body", flat=True):
            document = orjson.loads(body)
            for figure in figures_of(document, {}, revision):
                found[document["id"], figure.evidence["quote"]] = figure
    return found
