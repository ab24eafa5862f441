"""Totals and coverage of a revision are made from those of another by what differs."""

import os
from random import Random
from typing import Any
from unittest import mock

import pytest
from django.test import Client

from records.models import DATED, Item, Party
from records.query import kept, totals
from records.query.engine_rows import engine_rows
from records.query.groupings import reasons, stages
from records.totals import prepare
from tests.support.factories import PARTIES, DonationFactory
from tests.support.histories import History
from tests.support.routes import API, RECORDS, ask
from tests.support.thoroughness import scaled
from tests.support.totals_answers import only

pytestmark = pytest.mark.django_db

HISTORIES = int(os.environ.get("HISTORIES") or scaled(20))
STEPS = 8
QUERIES: list[dict[str, str]] = [
    {},
    {"group_by": "item"},
    {"group_by": "month"},
    {"item": "mask"},
    {"series": "china-customs-exports"},
    {"operator": "exact"},
    {"as_of_to": "2020-04-10"},
    {"measure": "money"},
]
SAME: list[tuple[Any, str, str]] = [
    (Party, "jack-ma-foundation", "alibaba-foundation"),
    (Party, "JPN", "CHN"),
    (Item, "surgical-mask", "respirator-n95"),
]
"""Codes that may come to be replaced, each with the one that replaces it."""
COUNTED = [resource for resource in RECORDS if resource.kind in DATED]


def act(history: History) -> None:
    """Publish a revision: new records, corrections, withdrawals, or an edit of the vocabulary."""
    rng = history.random
    if rng.random() < 0.2:
        code = rng.choice(list(PARTIES))
        region = rng.choice([region for _, _, _, region in PARTIES.values() if region])
        history.edit(Party.objects.get(code=code), name=f"New {code}", region=region)
        return
    if rng.random() < 0.2:
        model, old, new = rng.choice(SAME)
        entry = model.objects.get(code=old)
        history.edit(entry, replaced_by=None if entry.replaced_by else new)
        return
    if rng.random() < 0.1:
        code, parent = rng.choice([("surgical-mask", "goggles"), ("surgical-mask", "mask")])
        history.edit(Item.objects.get(code=code), name=f"New {code}", parent=parent)
        return
    drafts = [history.draft(rng.choice(list(DATED))) for _ in range(rng.randrange(3))]
    known = [id for kind in DATED for id in history.ids(kind)]
    chosen = rng.sample(known, min(len(known), rng.randrange(4)))
    drafts += [history.correction(id) for id in chosen]
    standing = [id for id in known if id not in chosen and not history.of(id)[-1].withdrawn]
    gone = rng.sample(standing, min(len(standing), rng.randrange(3)))
    if drafts or gone:
        history.release(*drafts, withdrawing=[history.rows[id] for id in gone])


def drawn_query(rng: Random, history: History) -> tuple[str, dict[str, Any]]:
    """Draw a request for totals or coverage, of the latest revision or a past one."""
    past = rng.random() < 0.3
    revision = rng.randint(1, history.newest) if past else history.newest
    if rng.random() < 0.2:
        return f"{API}coverage/", {"revision": revision}
    resource = rng.choice(COUNTED)
    model = DATED[resource.kind]
    query: dict[str, Any] = dict(rng.choice(QUERIES))
    if rng.random() < 0.3:
        query["include"] = ",".join(sorted(rng.sample(reasons(model), 2)))
    if stages(model) and rng.random() < 0.2:
        query["milestone"] = rng.choice(stages(model))
    return f"{API}{resource.name}/summary/", query | {"revision": revision}


def answer(client: Client, address: str, query: dict[str, Any]) -> bytes:
    response: Any = ask(client, address, **query)
    assert response.status_code == 200, response.content
    return response.content


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("seed", range(HISTORIES))
def test_answers_after_any_history_are_as_if_all_were_read(client: Client, seed: int) -> None:
    history = History(seed)
    rng = history.random
    history.release(*(history.draft("statement") for _ in range(3)))
    history.release(*(history.draft(kind) for kind in DATED for _ in range(4)))
    requested = []
    # Numbers of values that no figure has any longer are soon dropped in some histories.
    with mock.patch.object(prepare, "SPARE", rng.choice([0, prepare.SPARE])):
        for _ in range(STEPS):
            act(history)
            for _ in range(rng.randrange(3)):
                address, query = drawn_query(rng, history)
                requested.append((address, query, answer(client, address, query)))
    for address, query, found in requested:
        kept.forget()
        assert answer(client, address, query) == found, (address, query)


def test_only_what_changed_is_read(client: Client) -> None:
    first = DonationFactory.create_batch(5, published=True, figures=[{"value": 1000}])
    assert only(client)["at_least"] == 5000
    read = []

    def note(records: Any, bodies: Any) -> Any:
        found = engine_rows(records, bodies)
        read.append({figure.id for figure in found})
        return found

    with mock.patch.object(totals, "engine_rows", note):
        later = DonationFactory(published=True, figures=[{"value": 500}])
        assert only(client)["at_least"] == 5500
        assert read == [{later.public_id}]
        assert only(client, include="pledge")["at_least"] == 5500
        assert len(read) == 1
        before = first[-1].published_in_id - 1
        assert only(client, revision=before)["at_least"] == 4000
        assert read[1:] == [set()]
