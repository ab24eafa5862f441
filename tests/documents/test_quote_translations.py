"""The language and the translation of quotes: in documents, on pages, in spreadsheets and in the
digest."""

from collections import defaultdict
from datetime import date
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from records import publishing
from records.content.lines import figure_lines, milestone_lines
from records.curation.imports.building import MilestoneEntry
from records.curation.imports.columns import milestone_cell, rows_of
from records.models import DATED, STAGED
from records.site.wording import change_in_words
from tests.support.factories import RECORDS as FACTORIES
from tests.support.factories import StatementFactory, publish
from tests.support.routes import RECORDS, Resource, found

pytestmark = pytest.mark.django_db

KINDS = [resource for resource in RECORDS if resource.kind in DATED]
QUOTE, TRANSLATION = "捐赠口罩", "donated masks"
SAID = {"quote": QUOTE, "quote_translation": TRANSLATION}


def made(resource: Resource, said: dict[str, str]) -> Any:
    """Return a draft whose figure and milestone have the quote of a Chinese statement."""
    row = said | {"statement": StatementFactory(language="zh-Hans", text="")}
    values: dict[str, Any] = {"figures": [row]}
    if resource.kind in STAGED:
        stage = "delivered"
        values |= {
            "stage": stage,
            "milestones": [row | {"stage": stage, "date": date(2020, 4, 10)}],
        }
    return FACTORIES[DATED[resource.kind]](**values)


def evidence(document: dict[str, Any]) -> list[dict[str, Any]]:
    rows = [*document["figures"], *document.get("milestones", [])]
    return [row["evidence"] for row in rows]


@pytest.mark.parametrize("resource", KINDS, ids=str)
def test_quote_has_its_language_and_translation(client: Client, resource: Resource) -> None:
    record = made(resource, SAID)
    publish(record)

    quotes = evidence(found(client, f"{resource.path}{record.public_id}/"))
    assert len(quotes) == (2 if resource.kind in STAGED else 1)
    for quote in quotes:
        assert (quote["quote"], quote["lang"]) == (QUOTE, "zh-Hans")
        assert quote["quote_translation"] == TRANSLATION

    page = client.get(f"/records/{record.public_id}/").content.decode()
    assert page.count(f'<blockquote lang="zh-Hans">“{QUOTE}”') == len(quotes)
    assert page.count(f"In English: “{TRANSLATION}”") == len(quotes)
    statement = record.cited_statements()[0]
    page = client.get(f"/records/{statement.public_id}/").content.decode()
    assert page.count(f'<span lang="zh-Hans">{QUOTE}</span>') == len(quotes)
    assert page.count(f"in English: “{TRANSLATION}”") == len(quotes)


@pytest.mark.parametrize("resource", KINDS, ids=str)
def test_translation_is_in_feeds_citations_and_histories(
    client: Client, resource: Resource, editor: User
) -> None:
    record = made(resource, SAID)
    publish(record)
    in_words = f"“{QUOTE}” (in English: “{TRANSLATION}”)"

    entry = client.get(resource.path, {"format": "atom"}).content.decode()
    assert in_words in entry
    cited = found(client, f"{resource.path}{record.public_id}/cite/", figure=1)
    for text in (cited["text"], cited["ris"], cited["csl_json"][0]["note"]):
        assert in_words in text

    correction = publishing.begin_correction(record, by=editor, reason="Another word.")
    for row in correction.ordered_evidence():
        row.quote_translation = "given masks"
        row.save()
    publish(correction)
    page = client.get(f"/records/{record.public_id}/").content.decode()
    changed = page.count(f"<del>{TRANSLATION}</del> <ins>given masks</ins>")
    assert changed == len(correction.ordered_evidence())
    document = found(client, f"{resource.path}{record.public_id}/")
    for row in [*document["figures"], *document.get("milestones", [])]:
        assert f"(“{QUOTE}” (in English: “given masks”))" in change_in_words(row, defaultdict(str))


@pytest.mark.parametrize("resource", KINDS, ids=str)
def test_translation_is_in_reviews(
    resource: Resource, editor: User, superuser_client: Client
) -> None:
    record = made(resource, SAID)
    publishing.submit(record, by=editor)

    address = reverse(f"admin:records_{resource.kind}_approve", args=[record.pk])
    page = superuser_client.get(address).content.decode()
    quotes = len(record.ordered_evidence())
    assert page.count(f'<blockquote lang="zh-Hans"><mark>{QUOTE}</mark>') == quotes
    assert page.count(f"In English: “{TRANSLATION}”") == quotes


@pytest.mark.parametrize("resource", KINDS, ids=str)
def test_words_of_figures_and_milestones_are_found_in_both_languages(
    client: Client, resource: Resource
) -> None:
    record = made(resource, SAID)
    if resource.kind in STAGED:
        (milestone,) = record.ordered_milestones()
        milestone.quote, milestone.quote_translation = "运抵医院", "reached the hospital"
        milestone.statement = StatementFactory(
            language="zh-Hans", text="", publisher="Evening Post", speaker="Ada Quick"
        )
        milestone.save()
    publish(record)

    searches = [QUOTE, "donated", '"donated masks"']
    if resource.kind in STAGED:
        searches += ["运抵医院", '"reached the hospital"', "evening post", "quick"]
    for search in searches:
        results = found(client, resource.path, search=search)["results"]
        assert [row["id"] for row in results] == [record.public_id], search


@pytest.mark.parametrize("resource", KINDS, ids=str)
def test_quote_without_a_translation_has_the_digest_it_had(
    client: Client, resource: Resource
) -> None:
    record = made(resource, {"quote": QUOTE})
    assert all("quote_translation" not in row.content() for row in record.ordered_evidence())
    publish(record)

    for quote in evidence(found(client, f"{resource.path}{record.public_id}/")):
        assert quote["quote_translation"] is None
    translated = made(resource, SAID)
    assert all(row.content()["quote_translation"] for row in translated.ordered_evidence())


@pytest.mark.parametrize("resource", KINDS, ids=str)
def test_translation_of_more_than_eight_words_is_refused(resource: Resource) -> None:
    for row in made(resource, SAID).ordered_evidence():
        row.quote_translation = "one gift of masks for all hospitals of that city"
        with pytest.raises(ValidationError) as refusal:
            row.clean()
        assert list(refusal.value.message_dict) == ["quote_translation"]


@pytest.mark.parametrize("resource", KINDS, ids=str)
def test_translation_is_in_spreadsheets_and_comparisons(resource: Resource) -> None:
    record, untranslated = made(resource, SAID), made(resource, {"quote": QUOTE})

    assert rows_of(record)[0]["quote_translation"] == TRANSLATION
    pairs = [(figure_lines, "ordered_figures")]
    if resource.kind in STAGED:
        pairs.append((milestone_lines, "ordered_milestones"))
        for reason in ("", "It is “meant”."):
            row = record.ordered_milestones()[0]
            row.quote_reason = reason
            cells = MilestoneEntry.LINE.fullmatch(milestone_cell(row))
            assert cells is not None
            assert cells["quote_translation"] == TRANSLATION
            assert (cells["quote"], cells["quote_reason"] or "") == (QUOTE, reason)
    for lines, rows in pairs:
        (before,), (after,) = getattr(untranslated, rows)(), getattr(record, rows)()
        changed = [line for line in lines(before, after) if line.status == "added"]
        assert [line.after for line in changed] == [TRANSLATION]
