"""Drafts are nowhere to be seen: every address answers, byte for byte, as if there were none.

Thousands of addresses are requested without and with drafts. Of products (of filters with
orderings, formats, searches, revisions …) the suite takes a sample, always the same, and few with
odd headers; `EVERY_ADDRESS=1` takes all, which takes minutes.
"""

import datetime
import hashlib
import os
from collections.abc import Iterator
from decimal import Decimal
from itertools import product
from random import Random
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from records.curation.teamwork.assigning import assign
from records.models import (
    DATED,
    KINDS,
    Contributor,
    Party,
)
from records.publishing import (
    begin_correction,
    note_edit,
    return_for_changes,
    revert,
    submit,
)
from tests.support.factories import RECORDS as FACTORIES
from tests.support.factories import ThreadFactory, UserFactory, excuse, publish
from tests.support.histories import History
from tests.support.parameter_values import anchored, good_values
from tests.support.routes import API, RECORDS, RESOURCES, Resource, addresses, ask, found
from tests.support.sign_in import role

pytestmark = pytest.mark.django_db

CANARY = "canary"
"""Is in every text of every draft, and in what curators alone may read of published ones."""
DRAFTS = ["00000000", "11111111", "22222222", "33333333"]
"""Ends of the ids of drafts that are new records."""
EVERY = bool(os.environ.get("EVERY_ADDRESS"))
SAMPLE = 1_000
"""So many of the addresses with a query are requested, if not every one."""
SEARCHES = ["masks", "chin*", '"surgical masks"', "口罩", CANARY, "3.86 billion"]
FORMATS = ["csv", "ndjson", "xlsx", "metadata"]
ACCEPTED = ["text/csv", "application/x-ndjson", "application/ld+json", "text/html;q=0.1,*/*;q=0.2"]


def questions(history: History) -> Iterator[str]:
    """Addresses with every parameter, every ordering, every revision, and wrong questions."""
    for path in ("/", "/docs/", "/reference/", "/livez", "/nothing/", f"{API}openapi.json"):
        yield path
    for path in ("/guide/", "/how-we-count/", "/dictionary/"):
        yield path
    for path, parameters in addresses(history):
        yield path
        yield f"{path}?unheard_of={CANARY}"
        for name, parameter in parameters.base_filters.items():
            values = good_values(name, parameter, history)
            some = {*values[:1], *values[len(values) // 2 :][:1], *values[-1:]}
            for value in values if name in ("format", "style") else some:
                query = anchored(name, value)
                query |= {} if "format" in query else counted(parameters)
                yield f"{path}?{urlencode(query)}"
            yield f"{path}?{name}={CANARY}"
    for resource in RESOURCES:
        for size in (1, 3):
            yield f"{resource.path}?page_size={size}&count=true"
        for number in range(1, history.newest + 2):
            yield f"{resource.path}?revision={number}&count=true"
    for resource in RESOURCES:
        if resource.is_record:
            ends = [f"{KINDS[resource.kind].PREFIX}-{end}" for end in DRAFTS]
            for id in [*history.ids(resource.kind), *ends]:
                for below in resource.sets:
                    if below:
                        yield resource.path + below.format(id=id)
                yield f"{resource.path}?id={id}"
                yield f"/records/{id}/"
                for number in (1, 2, 3):
                    yield f"/records/{id}/?version={number}"
                    yield f"/records/{id}/?revision={number}"


def counted(parameters: Any) -> dict[str, str]:
    return {"count": "true"} if "count" in parameters.base_filters else {}


def products(history: History) -> Iterator[str]:
    """Addresses of records with parameters of several sorts together."""
    for resource in RECORDS:
        filters = list(filters_of(resource, history))
        orderings = resource.parameters.base_filters["ordering"].field.choices
        others: list[tuple[str, list[dict[str, str]]]] = [
            ("", [{"ordering": one, "count": "true"} for one in orderings]),
            ("", [{"format": one} for one in FORMATS]),
            ("", [{"search": one, "count": "true"} for one in SEARCHES]),
            ("", [{"revision": str(one)} for one in range(1, history.newest + 1)]),
            ("", [{"fields": "id,title"}, {"omit": "links"}, {"page_size": "1"}]),
            ("facets/", [{}, {"search": "masks"}, {"revision": "3"}]),
            ("cite/", [{}, {"style": "bibtex"}, {"search": CANARY}]),
        ]
        if "summary/" in resource.sets:
            groupings = resource.sets["summary/"].base_filters["group_by"].field.choices
            others.append(("summary/", [{"group_by": one} for one in groupings]))
            yield from (
                f"{resource.path}summary/?group_by={one},{other}"
                for one, other in product(groupings, groupings)
                if one != other
            )
        for below, besides in others:
            for one, other in product(filters, besides):
                # What is requested twice is refused elsewhere.
                if not one.keys() & other.keys():
                    yield f"{resource.path}{below}?{urlencode(one | other)}"


def filters_of(resource: Resource, history: History) -> Iterator[dict[str, str]]:
    """Each condition with one of its values."""
    for name, parameter in resource.filters.base_filters.items():
        if name not in ("format", "revision", "search"):
            values = good_values(name, parameter, history)
            yield anchored(name, values[len(values) // 2])


def requested(history: History) -> list[str]:
    """Every address, or all without a query and a sample of the others."""
    every = sorted({*questions(history), *products(history)})
    if EVERY:
        return every
    plain = [address for address in every if "?" not in address]
    return plain + Random(1).sample([each for each in every if "?" in each], SAMPLE)


def crawl(client: Client, history: History) -> dict[str, Any]:
    """Question → all that is answered, the further pages included."""
    answers: dict[str, Any] = {}

    def note(address: str, method: str = "get", **headers: str) -> Any:
        response = getattr(client, method)(address, headers=headers)
        answers[" ".join([method, address, *headers.values()])] = reported(response)
        return response

    representative = {path for path, _ in addresses(history)}
    for address in requested(history):
        response = note(address)
        if "?" not in address:
            note(address, "options")
        if EVERY or address in representative:
            note(address, "head")
            for accepted in ACCEPTED:
                note(address, Accept=accepted)
            if tag := response.get("ETag"):
                assert note(address, **{"If-None-Match": tag}).status_code == 304
    for resource in RESOURCES:
        page = found(client, resource.path, page_size=2)
        while page["next"]:
            note(page["next"])
            page = found(client, page["next"])
    return answers


def reported(response: Any) -> tuple[int, dict[str, str], bytes]:
    """Of the body its digest: all bodies together take gigabytes."""
    headers = {name: value for name, value in response.items() if name != "Set-Cookie"}
    return response.status_code, headers, hashlib.blake2b(response.getvalue()).digest()


TEXTS = [
    "title",
    "note",
    "publisher",
    "speaker",
    "speaker_role",
    "organisation",
    "event",
    "summary",
    "text",
]


def canaries(record: Any) -> Any:
    """The version with the canary in each of its texts and in those of its figures."""
    for name in TEXTS:
        if hasattr(record, name):
            setattr(record, name, CANARY)
    record.save()
    for figure in record.figures.all() if record.ROLES else ():
        figure.quote, figure.rank, figure.rank_reason = CANARY, "deprecated", CANARY
        figure.save()
    return record


def new_draft(kind: str, end: str, history: History, **content: Any) -> Any:
    """A draft of a new record, as likely to show as it can be made."""
    model = KINDS[kind]
    if kind in DATED:
        # The last point of its series, the newest and dearest of all, with every party.
        content |= {"series": "china-customs-exports", "as_of": datetime.date(2026, 11, 1)}
        codes = [party.code for party in Party.objects.all()]
        content |= dict.fromkeys(model.ROLES.values(), codes)
    else:
        content |= {"published_on": datetime.date(2026, 11, 1), "topics": [CANARY]}
    links = {"supersedes": history.rows[history.at(kind)[0].id]}
    return canaries(FACTORIES[model](public_id=f"{model.PREFIX}-{end}", links=links, **content))


def drafts_everywhere(history: History) -> None:
    """Drafts of every kind and in every state."""
    editor, reviewer = UserFactory(username="editor"), UserFactory(username="reviewer")
    reviewer.groups.add(role("reviewer"))
    statement = new_draft("statement", DRAFTS[0], history)
    published = next(row for row in history.rows.values() if row.KIND == "statement")
    much = Decimal(10**12)
    figures = [
        {"item": "surgical-mask", "value": much, "statement": statement},
        {"money": True, "value": much, "statement": published},
    ]
    for kind in KINDS:
        content = {"figures": figures} if kind in DATED else {}
        new_draft(kind, DRAFTS[1], history, **content)
        submitted = new_draft(kind, DRAFTS[2], history, **content)
        excuse(submitted)
        submit(submitted, by=editor)
        returned = new_draft(kind, DRAFTS[3], history, **content)
        excuse(returned)
        submit(returned, by=editor)
        return_for_changes(returned, by=reviewer, comment=CANARY)
        # Corrections of published records, edited by a second person.
        for version in history.at(kind)[:2]:
            row = history.rows[version.id]
            row.refresh_from_db()
            correction = canaries(begin_correction(row, by=editor, reason=CANARY))
            note_edit(correction, by=UserFactory(username="third"))
            for talked_of in (row, correction):
                ThreadFactory(record=talked_of, text=CANARY)
            assign(correction, reviewer, by=editor, seen=None)
        # A withdrawn record on its way back.
        gone = history.rows[history.withdrawn_ids(kind)[0]]
        gone.refresh_from_db()
        canaries(revert(gone, by=editor, reason=CANARY))


@pytest.mark.slow
def test_drafts_change_no_answer(client: Client, clock: Any, history: History) -> None:
    """Citations say the day, so the clock is still."""
    before = crawl(client, history)

    drafts_everywhere(history)
    after = crawl(client, history)

    addresses_requested = {question.split(" ")[1] for question in before}
    assert len(addresses_requested) >= (8_000 if EVERY else 1_200)
    assert after.keys() == before.keys()
    changed = [question for question in before if after[question] != before[question]]
    assert changed == []
    assert {status for status, _, _ in before.values()} >= {200, 304, 400, 404, 406, 410}


def test_the_drafts_are_really_there(history: History) -> None:
    """Else the test above would say nothing."""
    drafts_everywhere(history)

    for model in KINDS.values():
        open_ = model.objects.open()
        assert open_.filter(title=CANARY).count() >= 6
        assert {row.state for row in open_} == {"draft", "in_review"}
        assert open_.filter(version__gt=1).count() == 3
        if model.ROLES:
            figures = model.child("figures").objects
            assert figures.filter(quote=CANARY, record__in=open_).count() >= 6
            assert model.child("parties").objects.filter(record__in=open_).count() >= 22
    assert Contributor.objects.filter(public_id__endswith=DRAFTS[2]).exists()


def test_a_draft_is_as_absent_as_an_id_that_never_was(client: Client, history: History) -> None:
    drafts_everywhere(history)

    for resource in RESOURCES:
        if not resource.is_record:
            continue
        prefix = KINDS[resource.kind].PREFIX
        for below in (
            "{id}/",
            "{id}/versions/",
            "?id={id}",
            "{id}/?revision=3",
            "{id}/?fields=id",
        ):
            draft = client.get(resource.path + below.format(id=f"{prefix}-{DRAFTS[2]}"))
            absent = client.get(resource.path + below.format(id=f"{prefix}-zzzzzzzz"))

            assert draft.status_code == absent.status_code
            reported = draft.content.replace(DRAFTS[2].encode(), b"zzzzzzzz")
            assert reported == absent.content
        page = client.get(f"/records/{prefix}-{DRAFTS[2]}/")
        absent = client.get(f"/records/{prefix}-zzzzzzzz/")
        assert page.status_code == absent.status_code == 404
        assert page.content.replace(DRAFTS[2].encode(), b"zzzzzzzz") == absent.content


def test_the_text_of_a_published_statement_is_for_curators(
    client: Client, history: History
) -> None:
    """It is its author's. Its digest is public, and the quotes that were found in it."""
    text = f"{CANARY}: the words that bear it"
    statement = FACTORIES[KINDS["statement"]](text=text)
    donation = FACTORIES[KINDS["donation"]](
        figures=[{"statement": statement, "quote": "the words that bear it"}]
    )
    for figure in donation.figures.all():
        figure.locate_quote()
        figure.save()
    publish(donation)

    for path in (
        f"{API}statements/{statement.public_id}/",
        f"{API}statements/{statement.public_id}/versions/",
        f"{API}statements/",
        f"{API}donations/{donation.public_id}/",
        f"{API}changes/?page_size=500",
        f"/records/{statement.public_id}/",
        f"/records/{donation.public_id}/",
    ):
        response = client.get(path)
        assert response.status_code == 200
        assert CANARY not in response.content.decode()
    for name in ("text", "text__contains", "text_key", "review_comment", "edits"):
        assert ask(client, f"{API}statements/", **{name: CANARY}).status_code == 400
    assert found(client, f"{API}statements/{statement.public_id}/")["text_sha256"]
    (figure,) = found(client, f"{API}donations/{donation.public_id}/")["figures"]
    assert figure["evidence"]["offset"] == text.index("the words")
    assert figure["evidence"]["quote_found"] is True


def test_items_of_drafts_are_in_no_index(history: History) -> None:
    """What a filter by item reads is written on publishing."""
    drafts_everywhere(history)

    for model in DATED.values():
        rows = model.child("figure_items").objects
        assert rows.exists()
        assert not rows.filter(record__in=model.objects.open()).exists()
