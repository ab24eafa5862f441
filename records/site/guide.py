"""Guide by question: the questions of a newsroom, the requests that answer them, and how to read
the responses.

The content is `content/guide.yaml`. Each request names a revision, so its response never changes.
`tests/site/test_guide.py` sends every request and compares the response with the page.
"""

import re
from dataclasses import dataclass
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from aidapi.addresses import site_path
from aidapi.views import Page
from records.site.page_data import entries

Json = dict[str, Any]

LIST = re.compile(r"/api/v1/(?P<list>(?:donations|exports|contracts|statements)/\?.*)")
"""A request for a list of records, whose parameters the tables of the site share."""


@dataclass(frozen=True)
class Step:
    """One request and the parts of its response that matter; all else is left out."""

    request: str
    shows: Json
    about: str = ""

    def __post_init__(self) -> None:
        if not self.request.startswith("/api/v1/") or "revision=" not in self.request:
            raise ValueError(f"{self.request}: give an address of the API with its revision.")

    @property
    def address(self) -> str:
        return site_path() + self.request

    @property
    def table(self) -> str:
        """Address of the table of the same records; empty if the request is for no list."""
        found = LIST.fullmatch(self.request)
        return f"{site_path()}/browse/{found['list']}" if found else ""

    @property
    def excerpt(self) -> str:
        return orjson.dumps(self.shows, option=orjson.OPT_INDENT_2).decode()


@dataclass(frozen=True)
class Question:
    """A question, its answer in a sentence, the requests behind it, and how to read them."""

    slug: str
    title: str
    answer: str
    steps: tuple[Step, ...]
    reading: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.steps or not self.reading:
            raise ValueError(f"{self.slug}: give at least one step and one line of reading.")

    @property
    def table(self) -> str:
        return self.steps[0].table


QUESTIONS = tuple(
    Question(
        **entry
        | {
            "steps": tuple(Step(**step) for step in entry["steps"]),
            "reading": tuple(entry["reading"]),
        }
    )
    for entry in entries("guide")
)


class Guide(Page):
    """Questions of a newsroom, with their answers."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "records/guide.html", {"questions": QUESTIONS})
