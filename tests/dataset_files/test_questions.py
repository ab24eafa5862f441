"""docs/questions.md: what the page answers is what the API answers, and what the records quote."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from tests.support.routes import API, found

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("dataset")]

PAGE = (Path(settings.BASE_DIR) / "docs" / "questions.md").read_text("utf-8")
REVISION = int(re.search(r"as of revision (\d+)", PAGE)[1])  # type: ignore[index]
QUESTION = re.compile(r"^### (\d+)\. ([^\n]+)\n(.*?)(?=^#|\Z)", re.M | re.S)
STEP = re.compile(
    r"^`(?P<request>/api/v1/[^`]+)`\n\n\*\*(?P<head>[^*]+)\.\*\*(?P<answer>.*?)"
    r"(?:\n\nRecord `(?P<record>[^`]+)`: “(?P<quote>[^\n]+)”)?(?=\n+`/api/|\s*\Z)",
    re.M | re.S,
)
HEAD = re.compile(
    r"(?:(?P<none>No records)|(?P<count>\d+) records?"
    r"|At least (?P<least>[\d,.]+) (?P<unit>\w+)(?:, about (?P<about>[\d,]+))?)"
)
MOST_WORDS = 8


@dataclass(frozen=True)
class Step:
    """One request of a question, with what the page says of its response."""

    title: str
    request: str
    head: str
    answer: str
    record: str | None
    quote: str | None

    def __str__(self) -> str:
        return self.request.removeprefix(API)

    @property
    def text(self) -> str:
        return f"{self.head}. {self.answer}"


STEPS = [
    Step(title, **found_in)
    for _, title, body in QUESTION.findall(PAGE)
    for found_in in (step.groupdict() for step in STEP.finditer(body))
]


def number(text: str) -> float:
    return float(text.replace(",", ""))


def amounts(client: Client, step: Step) -> set[str]:
    """Return the ids that the response names; its number is compared with the page."""
    head = HEAD.fullmatch(step.head)
    assert head, step.head
    if head["least"]:
        (total,) = found(client, f"{step.request}&revision={REVISION}")["totals"]
        assert total["at_least"] == number(head["least"])
        assert total["about"] == number(head["about"] or head["least"])
        assert head["unit"] in (f"{total['unit']}s", total["currency"])
        return {row["id"] for row in total["used"]}
    listed = found(client, f"{step.request}&revision={REVISION}&count=true&page_size=100")
    assert listed["count"] == int(head["count"] or 0)
    return {row["id"] for row in listed["results"]}


def figures(client: Client, kind: str, record: str, quote: str) -> list[dict[str, Any]]:
    """Return the figures of a record that have the quote."""
    document = found(client, f"{API}{kind}/{record}/", revision=REVISION)
    return [figure for figure in document["figures"] if figure["evidence"]["quote"] == quote]


@pytest.mark.parametrize("step", STEPS, ids=str)
def test_page_says_what_the_api_answers(client: Client, step: Step) -> None:
    ids = amounts(client, step)

    assert (step.record is None) == (not ids), "an answer has a record, an empty one none"
    if step.record and step.quote:
        assert step.record in ids
        kind = step.request.removeprefix(API).split("/")[0]
        quoted = figures(client, kind, step.record, step.quote)
        assert quoted
        assert len(step.quote.split()) <= MOST_WORDS
        values = {figure["value"] for figure in quoted} - {None}
        assert not values or any(f"{value:,}" in step.text for value in values)


def test_every_question_has_an_answer() -> None:
    titles = {step.title for step in STEPS}

    assert titles == {title for _, title, _ in QUESTION.findall(PAGE)}
    assert [int(place) for place, _, _ in QUESTION.findall(PAGE)] == list(
        range(1, len(titles) + 1)
    )
    assert len(titles) >= 40
    assert len(STEPS) == PAGE.count("\n`/api/v1/")
