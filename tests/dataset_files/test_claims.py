"""What the documents promise of the dataset itself: every claim of the seeds is found by its
query, and the README's answers are those that the API gives."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from tests.support.routes import found

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("dataset")]

CLAIM = re.compile(r"^\| *(\d+) *\|([^|]*)\|([^|]*)\|([^|]*)\|", re.MULTILINE)
QUESTION = re.compile(r"^\*\*(.+?\?)\*\*\n`(/api/v1/[^`]+)`\n(.*?)(?=^\*\*|^## )", re.M | re.S)


def text(path: str) -> str:
    return (Path(settings.BASE_DIR) / path).read_text("utf-8")


SEEDS = CLAIM.findall(text("docs/seed-claims.md"))
CLAIMS = [
    pytest.param(query, record, id=f"{place}: {claim.strip()[:40]}")
    for place, (_, claim, records, queries) in enumerate(
        CLAIM.findall(text("docs/seed-claims.md"))
    )
    for query in re.findall(r"`(/api/v1/[^`]+)`", queries)
    for record in re.findall(r"`([a-z]+-[0-9a-z]{8})`", records)
]
QUESTIONS = QUESTION.findall(text("README.md"))


@pytest.mark.parametrize(("query", "record"), CLAIMS)
def test_every_claim_of_the_seeds_is_found_by_its_query(
    client: Client, query: str, record: str
) -> None:
    assert record in {row["id"] for row in found(client, query)["results"]}


def test_the_table_of_claims_was_read() -> None:
    assert len(CLAIMS) >= 39


@pytest.mark.parametrize(
    ("query", "answer"), [question[1:] for question in QUESTIONS], ids=[q[0] for q in QUESTIONS]
)
def test_the_answers_of_the_readme_are_those_of_the_api(
    client: Client, query: str, answer: str
) -> None:
    quoted = re.findall(r"“([^”]+)”|\"([^\"]+)\"", " ".join(answer.split()))

    response = client.get(query)

    assert response.status_code == 200
    assert found(client, query)["results"]
    body = response.content.decode()
    for quote in filter(None, (part for pair in quoted for part in pair)):
        assert quote in body


def test_the_readme_requests_five_questions() -> None:
    assert len(QUESTIONS) == 5
