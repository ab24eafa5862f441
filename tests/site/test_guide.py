"""Guide, pitfalls and dictionary: every request is sent and its response compared, every example
is looked up in the dataset, every field is in the dictionary."""

import html
import re
from typing import Any

import pytest
from django.test import Client

from aidapi.schema import document
from records.api.titles import attributed_title
from records.api.urls import RESOURCES
from records.models import KINDS, Party
from records.site.dictionary import Entry, chapters, documents
from records.site.guide import QUESTIONS, Question, Step
from records.site.home import FEATURED
from records.site.how_we_count import PITFALLS, Example
from records.site.wording import digits, short
from tests.support.routes import API, found

pytestmark = pytest.mark.django_db

Json = dict[str, Any]


def holds(actual: Any, expected: Any) -> bool:
    """Return whether the response has all that is expected: members of lists in their order, with
    others between them."""
    if isinstance(expected, dict):
        return isinstance(actual, dict) and all(
            name in actual and holds(actual[name], value) for name, value in expected.items()
        )
    if isinstance(expected, list):
        rest = iter(actual)
        return all(any(holds(part, member) for part in rest) for member in expected)
    return type(actual) is type(expected) and actual == expected


STEPS = [
    pytest.param(step, id=f"{question.slug}-{number}")
    for question in QUESTIONS
    for number, step in enumerate(question.steps, 1)
]


@pytest.mark.parametrize("step", STEPS)
def test_the_guide_shows_what_the_api_answers(client: Client, dataset: None, step: Step) -> None:
    assert holds(found(client, step.request), step.shows)


@pytest.mark.parametrize("step", STEPS)
def test_its_answers_stay_what_they_are(step: Step) -> None:
    assert re.search(r"[?&]revision=\d+$", step.request), "pinned to a revision"


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.slug)
def test_the_numbers_of_an_answer_are_those_of_the_excerpts(question: Question) -> None:
    shown = set(re.findall(r"\d+", question.title))
    for step in question.steps:
        shown |= numbers(step.shows)
        shown |= set(re.findall(r"(?<=[?&]changed_since=)\d+", step.request))

    claimed = re.findall(r"\d[\d,.]*\d|\d", question.answer.replace("N95", ""))

    assert claimed or question.answer.startswith("Filter")
    assert set(claimed) <= shown, set(claimed) - shown


def numbers(shown: Any) -> set[str]:
    """Return every number of an excerpt, as a reader may write it; days with and without zeros."""
    if isinstance(shown, dict):
        return set().union(*map(numbers, shown.values()))
    if isinstance(shown, list):
        return set().union(*map(numbers, shown))
    if isinstance(shown, int | float) and not isinstance(shown, bool):
        return {digits(shown), short(shown).split()[0]}
    if isinstance(shown, str):
        return {part.lstrip("0") for part in re.findall(r"\d[\d,.]*\d|\d", shown)} | {
            part.lstrip("0") for part in re.findall(r"\d+", shown)
        }
    return set()


def test_the_guide_answers_every_question(client: Client, db: None) -> None:
    page = html.unescape(client.get("/guide/").content.decode())

    assert len(QUESTIONS) >= 6
    assert len({question.slug for question in QUESTIONS}) == len(QUESTIONS)
    for question in QUESTIONS:
        assert f'<h2 id="{question.slug}">{question.title}</h2>' in page
        assert f'href="#{question.slug}"' in page
        for step in question.steps:
            assert f'href="{step.request}"' in page
            assert step.excerpt in page


def test_a_step_without_revision_is_refused() -> None:
    with pytest.raises(ValueError, match="with its revision"):
        Step("/api/v1/donations/?donor=CHN", {})


def test_requests_in_the_prose_are_good_ones(client: Client, dataset: None) -> None:
    prose = " ".join(sentence for question in QUESTIONS for sentence in question.reading)

    for address in re.findall(rf"`({API}[^`]*)`", prose):
        found(client, address)


def test_home_answers_three_of_them(client: Client, db: None) -> None:
    page = html.unescape(client.get("/").content.decode())

    featured = [question for question in QUESTIONS if question.slug in FEATURED]
    assert len(featured) == 3
    for question in featured:
        assert f'href="/guide/#{question.slug}"' in page
        assert question.answer in page
        assert f'href="{question.table}"' in page


def test_the_table_of_a_question_has_the_records_of_its_list(
    client: Client, dataset: None
) -> None:
    tables = [step for question in QUESTIONS for step in question.steps if step.table]
    assert len(tables) > 4
    for step in tables:
        page = client.get(step.table).content.decode()
        for record in client.get(step.address).json()["results"]:
            assert f'<a href="/records/{record["id"]}/">' in page, step.table


# --- How we count


EXAMPLES = [
    pytest.param(example, id=f"{pitfall.slug}-{example.id}")
    for pitfall in PITFALLS
    for example in pitfall.examples
]


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("example", EXAMPLES)
def test_every_pitfall_is_shown_on_a_real_record(
    client: Client, dataset: None, example: Example
) -> None:
    kind = next(kind for kind, model in KINDS.items() if example.id.startswith(model.PREFIX))
    record = found(client, f"{API}{kind}s/{example.id}/")
    quoted = [
        figure for figure in record["figures"] if figure["evidence"]["quote"] == example.quote
    ]

    assert any(holds(figure, example.shows) for figure in quoted), quoted
    assert holds(record, example.record)
    assert f"“{example.quote}”" in html.unescape(
        client.get(f"/records/{example.id}/").content.decode()
    )


def test_how_we_count_links_to_the_records(client: Client, db: None) -> None:
    page = html.unescape(client.get("/how-we-count/").content.decode())

    for pitfall in PITFALLS:
        assert f'<h2 id="{pitfall.slug}">{pitfall.title}</h2>' in page
        assert pitfall.examples
        for example in pitfall.examples:
            assert f'href="/records/{example.id}/"' in page
            assert f"“{example.quote}”" in page


# --- The dictionary


CHAPTERS = {chapter.slug: chapter for chapter in chapters(documents(RESOURCES))}


def component(chapter_slug: str) -> Json:
    """The schema of the same document, which is made from it by other hands."""
    name = {"hs-code": "HSCode"}.get(
        chapter_slug, "".join(word.title() for word in chapter_slug.split("-"))
    )
    return document()["components"]["schemas"][name]


def admits_null(schema: Any) -> bool:
    return (
        "null" in schema.get("type", ())
        or {"type": "null"} in schema.get("oneOf", schema.get("anyOf", []))
        or None in schema.get("enum", ())
    )


def resolved(schema: Json) -> Json:
    for part in [schema, *schema.get("oneOf", ())]:
        if "$ref" in part:
            return document()["components"]["schemas"][part["$ref"].rsplit("/", 1)[1]]
    return schema


@pytest.mark.parametrize("slug", CHAPTERS)
def test_the_dictionary_and_the_schema_agree(slug: str) -> None:
    properties = component(slug)["properties"]
    entries = {entry.name: entry for entry in CHAPTERS[slug].entries}

    assert list(entries) == list(properties)
    for name, schema in properties.items():
        entry = entries[name]
        if entry.type != "any":
            assert entry.nullable == admits_null(schema), name
        assert entry.meaning.endswith((".", ":")), f"{name}: the meaning is a sentence"
        items = resolved(schema.get("items", schema))
        if "enum" in items:
            assert [code for code, _ in entry.codes] == [
                code for code in items["enum"] if code is not None
            ]
            assert all(meaning for _, meaning in entry.codes)
        assert agree(entry, schema), (name, entry.type, schema)


def agree(entry: Entry, schema: Json) -> bool:
    """Whether the type in words is the one of the schema."""
    kinds = {
        "code": "string",
        "address": "string",
        "text": "string",
        "date": "string",
        "date, as far as it is known": "string",
        "time, UTC": "string",
        "whole number": "integer",
        "number": "number",
        "true or false": "boolean",
        "object": "object",
    }
    if entry.type == "any":
        return True
    kind: Any = resolved(schema)["type"]
    types = [kind] if isinstance(kind, str) else kind
    return ("array" if entry.type.startswith("list") else kinds[entry.type]) in types


def test_every_document_is_in_the_dictionary(client: Client, db: None) -> None:
    page = html.unescape(client.get("/dictionary/").content.decode())

    for resource in RESOURCES:
        serializer: Any = resource.serializer_class
        if hasattr(serializer, "Meta"):  # a series is made of records
            noun = serializer.Meta.model._meta.verbose_name
            assert f'id="{noun}"' in page
    for chapter in CHAPTERS.values():
        assert f'<h2 id="{chapter.slug}">{chapter.name}</h2>' in page
        assert chapter.about, chapter.slug
        for entry in chapter.entries:
            assert not entry.refers or entry.refers in CHAPTERS
    for code, meaning in Party._meta.get_field("type").choices or ():
        assert f"<li><code>{code}</code> {meaning}</li>" in page


# --- Pages of real records


def record_page(client: Client, id: str, **query: Any) -> str:
    """The page's text, with entities as the letters that they mean."""
    response = client.get(f"/records/{id}/", query)
    assert response.status_code == 200
    return html.unescape(response.content.decode())


def test_a_statement_shows_every_figure_drawn_from_it(client: Client, dataset: None) -> None:
    """The first seed document bears figures of all three kinds."""
    text = record_page(client, "st-76867pfx")

    resting = 0
    for kind in ("donations", "exports", "contracts"):
        rows = client.get(f"{API}{kind}/?statement=st-76867pfx").json()["results"]
        for row in rows:
            assert f'href="/records/{row["id"]}/">{attributed_title(row)}</a>' in text
            for figure in row["figures"]:
                if figure["evidence"]["statement"] == "st-76867pfx":
                    resting += 1
                    assert figure["evidence"]["quote"] in text
    assert resting > 15
    assert "More than 70 events" in text


def test_a_page_says_how_figures_count(client: Client, dataset: None) -> None:
    order = record_page(client, "con-nbba3vv1")

    assert "USD 990 million" in order
    assert "Does not count</strong> in the total of all contracts in USD: unclear" in order
    assert "in pieces: it is deprecated among the reports of the same thing" in order
    assert "One of 2 reports of the same thing, which differ" in order
    assert "Known to be wrong, kept for the record</strong>: first size of the order" in order
    assert "<dt><code>title</code></dt>" in order
    assert "California orders 300 million N95 masks from BYD for 990 million dollars" in order

    masks = record_page(client, "exp-zp8czx5a")
    assert "50.9 billion pieces" in masks
    assert "(50,900,000,000)" in masks
    assert "a number for each day is never added up" in masks
    assert "1 March 2020 to 16 May 2020" in masks
    assert masks.count('href="/records/exp-0sqzymfg/"') == 1, "an earlier point of the series"
    assert "<strong>this record</strong>" in masks


def test_a_page_can_be_cited(client: Client, dataset: None, time_machine: Any) -> None:
    time_machine.move_to("2026-12-01T12:00:00+00:00", tick=False)

    text = record_page(client, "con-nbba3vv1", version=1)

    title = "California orders 300 million N95 masks from BYD for 990 million dollars"
    assert f"AidAPI (2026). {title} (contract con-nbba3vv1). Version 1, revision 1 of" in text
    assert "http://testserver/records/con-nbba3vv1/?revision=1 (CC BY 4.0; retrieved on 1" in text
    assert "@dataset{aidapi-con-nbba3vv1-r1," in text
    assert "  urldate = {2026-12-01}" in text
