"""What a release reads: documents as of a revision, in pages and in an order that both databases
share."""

from collections import defaultdict
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, NamedTuple

import orjson
from django.db.models import Q

from records.api.resources.items import ItemSerializer
from records.api.resources.parties import PartySerializer
from records.models import KINDS, Action, Change, Item, Party, Revision, VocabularyEntry
from records.publishing.vocabulary_edits import FIELDS, vocabulary_content
from records.releases.tables import Document

STEP = 250
"""Number of records in memory at a time."""
SERIALIZERS: dict[type[VocabularyEntry], Any] = {Party: PartySerializer, Item: ItemSerializer}


def bodies(kind: str, revision: int) -> Iterator[list[str]]:
    """Yield the stored documents of a kind in force at a revision, by id, in pages. Each page is
    a statement of its own: what a revision shows never changes."""
    records = KINDS[kind]._default_manager.in_force(revision).order_by("public_id")
    last = ""
    while True:
        rows = records.filter(public_id__gt=last).values_list("public_id", "document__body")
        page = list(rows[:STEP])
        if page:
            yield [body for _, body in page]
        if len(page) < STEP:
            return
        last = page[-1][0]


class Version(NamedTuple):
    """A published version of a record."""

    document: Document
    reason: str
    """Why it replaced the version before."""


def versions(kind: str, revision: int, ids: list[str]) -> dict[str, list[Version]]:
    """Return record → its versions published up to a revision, from the first."""
    reasons = {
        (id, version): reason
        for id, version, reason in Change.objects.filter(
            kind=kind, public_id__in=ids, revision__lte=revision
        )
        .exclude(action=Action.WITHDRAWN)
        .values_list("public_id", "version", "reason")
    }
    records: Any = KINDS[kind]._default_manager
    rows = records.filter(public_id__in=ids, published_in__lte=revision)
    found: dict[str, list[Version]] = {id: [] for id in ids}
    for id, version, body in rows.order_by("public_id", "version").values_list(
        "public_id", "version", "document__body"
    ):
        found[id].append(Version(orjson.loads(body), reasons.get((id, version), "")))
    return found


# --- Vocabularies


def entries(model: type[VocabularyEntry], revision: int) -> Iterator[Document]:
    """Yield the parties or items as they were at a revision, by code, as the API shows entries."""
    edits: dict[str, list[tuple[int, int, dict[str, Any]]]] = defaultdict(list)
    rows = Change.objects.filter(kind=model.KIND, content__isnull=False)
    for code, number, version, content in rows.order_by("revision_id", "position").values_list(
        "public_id", "revision_id", "version", "content"
    ):
        edits[code].append((number, version, content or {}))
    serializer = SERIALIZERS[model]()
    for entry in model.objects.order_by("code"):
        known = edits.get(entry.code)
        if known is None:
            # Entered before edits were kept, and never edited: it is what it was.
            content = vocabulary_content(entry)
            yield serializer.to_representation(at(model, entry.code, entry.version, content))
            continue
        before = [edit for edit in known if edit[0] <= revision]
        if before:
            _, version, content = before[-1]
        elif known[0][1] > 1:
            # The same, edited later: the first edit has the oldest content that is known.
            _, version, content = known[0]
            version -= 1
        else:
            continue
        yield serializer.to_representation(at(model, entry.code, version, content))


def at(
    model: type[VocabularyEntry], code: str, version: int, content: dict[str, Any]
) -> SimpleNamespace:
    """Return what a serializer reads of an entry, with the content of an edit; HS codes are in a
    fixed order."""
    values = {name: content.get(name.removesuffix("_id")) for name in FIELDS[model]}
    codes = [SimpleNamespace(**row) for row in content.get("hs_codes", ())]
    codes.sort(key=lambda row: (row.edition, row.code))
    return SimpleNamespace(code=code, version=version, hs_codes=codes, **values)


# --- Revisions and changes


def revisions(revision: int) -> Iterator[Document]:
    """Yield the revisions up to one."""
    for row in Revision.objects.filter(number__lte=revision).order_by("number"):
        yield {
            "number": row.number,
            "published_at": stamp(row.published_at),
            "message": row.message,
            "origin": row.origin,
        }


def changes(revision: int, since: int = 0) -> Iterator[list[Document]]:
    """Yield the changes of the revisions after `since` up to one, in order, in pages."""
    rows = Change.objects.filter(revision__lte=revision).order_by("revision_id", "position")
    at = (since, 2**31 - 1)
    columns = ("revision_id", "position", "kind", "public_id", "version", "action", "reason")
    names = ("revision", "position", "kind", "id", "version", "action", "reason")
    while True:
        later = Q(revision__gt=at[0]) | Q(revision=at[0], position__gt=at[1])
        page = list(rows.filter(later, revision__gte=at[0]).values_list(*columns)[:STEP])
        if page:
            yield [dict(zip(names, row, strict=True)) for row in page]
        if len(page) < STEP:
            return
        at = page[-1][:2]


def stamp(moment: Any) -> str:
    """Return a time in UTC, to the second."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
