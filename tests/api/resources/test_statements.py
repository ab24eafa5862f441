"""What is peculiar to statements: two dates, words that are searched, a text that stays inside."""

import datetime
import hashlib
from typing import Any

import pytest
from django.test import Client

from tests.support.factories import StatementFactory
from tests.support.routes import API, found

pytestmark = pytest.mark.django_db

STATEMENTS = f"{API}statements/"


def titles(client: Client, **query: Any) -> set[str]:
    return {row["title"] for row in found(client, STATEMENTS, **query)["results"]}


def test_words_are_older_than_their_reprint(client: Client) -> None:
    """A reprint of the 13th quotes words of the 10th; of another nobody knows when it was said."""
    StatementFactory(title="reprint", published=True)
    StatementFactory(
        title="undated", published_on=datetime.date(2020, 4, 22), said_on=None, published=True
    )

    assert titles(client, published_from="2020-04-13", published_to="2020-04-13") == {"reprint"}
    assert titles(client, said_from="2020-04-10", said_to="2020-04-10") == {"reprint"}
    assert titles(client, said_from="2020-04-13") == set()
    assert titles(client, said_to="9999-12-31") == {"reprint"}
    assert titles(client, published_from="2020-04-14") == {"undated"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("publisher", "nation"),
        ("speaker", "LIJIAN"),
        ("organisation", "foreign affairs"),
        ("event", "press conf"),
        ("topic", "customs"),
    ],
)
def test_words_are_found_by_a_part(client: Client, name: str, value: str) -> None:
    StatementFactory(title="found", published=True)
    StatementFactory(
        title="other",
        publisher="Xinhua",
        speaker="",
        organisation="",
        event="",
        topics=["talks"],
        published=True,
    )

    assert titles(client, **{name: value}) == {"found"}
    assert titles(client, **{name: "no such words"}) == set()


def test_a_topic_is_found_within_one_topic(client: Client) -> None:
    StatementFactory(title="two", topics=["fast-track", "talks-open"], published=True)

    assert titles(client, topic="track") == titles(client, topic="talks-open") == {"two"}
    assert titles(client, topic="fast-track talks") == set()


def test_languages_are_found_by_their_tags(client: Client) -> None:
    for language in ("en", "zh", "zh-Hant", "zhw", "sr-Cyrl"):
        StatementFactory(title=language, language=language, published=True)

    assert titles(client, language="zh") == {"zh", "zh-Hant"}
    assert titles(client, language="ZH-hant") == {"zh-Hant"}
    assert titles(client, language="zh-Hant,sr") == {"zh-Hant", "sr-Cyrl"}
    assert titles(client, language="EN") == {"en"}
    assert titles(client, language="sr-Cy") == set(), "Serbian in Cyprus is not in Cyrillic"


def test_a_language_without_statements_is_no_error(client: Client) -> None:
    StatementFactory(language="en", published=True)

    assert titles(client, language="sw") == set()


@pytest.mark.parametrize(
    ("value", "suggestion"),
    [("english", "en"), ("cn", "zh"), ("en_GB", "en-GB"), ("中文", "zh"), ("xx", None)],
)
def test_a_language_that_does_not_exist_is_refused(
    client: Client, value: str, suggestion: str | None
) -> None:
    response = client.get(STATEMENTS, {"language": value})

    (error,) = response.json()["errors"]
    assert response.status_code == 400
    assert (error["parameter"], error["code"]) == ("language", "unknown_value")
    assert error.get("suggestion") == suggestion


def test_facets_count_languages_as_the_filter_finds_them(client: Client) -> None:
    for language in ("en", "zh", "zh-Hant", "zh-Hant-TW", "sr-Cyrl"):
        StatementFactory(language=language, published=True)

    (facet,) = found(client, f"{STATEMENTS}facets/")["facets"]

    counts = {row["value"]: row["records"] for row in facet["values"]}
    expected = {"zh": 3, "zh-Hant": 2, "zh-Hant-TW": 1, "en": 1, "sr": 1, "sr-Cyrl": 1}
    assert counts == expected
    for value, n in counts.items():
        assert found(client, STATEMENTS, language=value, count="true")["count"] == n


def test_the_text_is_known_by_its_digest_only(client: Client) -> None:
    text = "China has donated $20 million to the WHO."
    StatementFactory(title="on file", text=text, published=True)
    StatementFactory(title="not on file", published=True)

    rows = {row["title"]: row for row in found(client, STATEMENTS)["results"]}
    assert rows["on file"]["text_sha256"] == hashlib.sha256(text.encode()).hexdigest()
    assert rows["not on file"]["text_sha256"] is None
    assert "text" not in rows["on file"]
    assert text not in client.get(STATEMENTS).content.decode()


def test_what_is_not_known_is_null(client: Client) -> None:
    StatementFactory(
        speaker="", speaker_role="", organisation="", event="", said_on=None, published=True
    )

    (row,) = found(client, STATEMENTS)["results"]
    unknown = {name for name, value in row.items() if value is None}
    assert unknown == {
        "note",
        "speaker",
        "speaker_role",
        "organisation",
        "event",
        "archived_url",
        "said_on",
        "said_on_precision",
        "accessed_on",
        "text_sha256",
    }
