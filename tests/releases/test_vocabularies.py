"""Parties and items take part in revisions: a release has them as of its own."""

import io
from pathlib import Path

import orjson
import pytest
from django.core.management import CommandError, call_command

from records.models import Item, Party, RevisionCounter
from records.publishing import VocabularyEdit, edit_vocabulary, vocabulary_content
from records.releases.shelf import Shelf
from records.releases.sources import entries
from tests.support.factories import ItemFactory, PartyFactory

pytestmark = pytest.mark.django_db


def test_without_anything_published_there_is_nothing_to_make(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="Nothing has been published yet"):
        call_command("make_release", directory=tmp_path)
    call_command("make_release", directory=tmp_path, if_new=True)

    assert list(tmp_path.iterdir()) == []


def test_vocabulary_is_as_of_the_revision(tmp_path: Path) -> None:
    party = PartyFactory(code="who", name="World Health Organization", version=0)
    item = ItemFactory(code="mask", version=0)
    codes = {"edition": "HS2017", "assigned_by": "curator", "confidence": "high"}
    later = [{**codes, "code": "6307.90"}, {**codes, "code": "6307.10"}]
    content = vocabulary_content(party)

    def edit(model: type, code: str, **changed: object) -> int:
        base = vocabulary_content(item) if model is Item else content
        reason = "As it spells itself."
        edit_vocabulary(
            [VocabularyEdit(model, code, {**base, **changed}, reason)], message="Edit."
        )
        return RevisionCounter.number()

    first = edit(Party, "who")
    named = edit(Party, "who", name="WHO", aliases=["OMS"], replaced_by=None)
    added = edit(Party, "new-body", name="New body")
    coded = edit(Item, "mask", hs_codes=later)

    def parties(revision: int) -> dict[str, tuple[str, int, list[str]]]:
        return {
            row["code"]: (row["name"], row["version"], row["aliases"])
            for row in entries(Party, revision)
        }

    old = ("World Health Organization", 1, party.aliases)
    assert parties(first)["who"] == old
    assert parties(named)["who"] == ("WHO", 2, ["OMS"])
    assert "new-body" not in parties(named)
    assert parties(added)["new-body"][:2] == ("New body", 1)
    assert "mask" not in {one["code"] for one in entries(Item, added)}
    found = next(one for one in entries(Item, coded) if one["code"] == "mask")
    assert [one["code"] for one in found["hs_codes"]] == ["6307.10", "6307.90"]

    out = io.StringIO()
    call_command("make_release", directory=tmp_path, revision=named, stdout=out)
    folder = Shelf(tmp_path).releases()[0].folder
    lines = (folder / "ndjson" / "parties.ndjson").read_bytes().splitlines()
    assert {row["code"]: row for row in map(orjson.loads, lines)}["who"]["name"] == "WHO"
