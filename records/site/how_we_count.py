"""How we count: the ways in which aid is counted twice, each with records that show it.

The content is `content/how_we_count.yaml`. `tests/site/test_guide.py` looks every example up in
the dataset.
"""

from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from aidapi.views import Page
from records.site.page_data import entries

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
        return render(request, "records/counting.html", {"pitfalls": PITFALLS})
