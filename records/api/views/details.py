"""Details: one document of a resource."""

from typing import Any

import orjson
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from rest_framework.request import Request

from aidapi.addresses import site_path
from aidapi.errors import Problem
from aidapi.sparse import sparse_json
from records.api.resource import RecordResource
from records.api.views.base import DatasetResponse, DocumentView
from records.documents.serializers import placed
from records.models import KINDS, Action, Change, Record, RevisionCounter
from records.query.codes import unknown_codes
from records.query.prepared import fetch
from records.query.revisions import shown_revision


class DetailView(DocumentView):
    """One document."""

    operation = "get{Noun}"
    title = "Get one {noun}"

    @property
    def parameters(self) -> Any:
        return self.resource.detail_parameters


class RecordDetail(DetailView):
    """The version in force at the latest revision or, with `revision`, at that one."""

    def get(self, request: Request, id: str) -> HttpResponse:
        values = self.parse(request).cleaned
        revision, document = find_document(self.resource, id, values.get("revision"))
        (document,) = placed([document], site_path())
        if "fields" in values or "omit" in values:
            return DatasetResponse(revision, sparse_json(orjson.loads(document), values))
        return DatasetResponse(revision, document.encode())


class RowDetail(DetailView):
    """One row of a list that is serialized on request."""

    def get(self, request: Request, **lookup: str) -> HttpResponse:
        ((name, text),) = lookup.items()
        values = self.parse(request).cleaned
        revision = shown_revision(values.get("revision"), RevisionCounter.number())
        try:
            key = self.lookup_parameter.field.clean(text)  # type: ignore[union-attr]
        except ValidationError:
            raise self.no_such(text) from None
        if isinstance(key, int) and str(key) != text:
            # One row has one address.
            raise self.no_such(text)
        row = self.resource.rows(revision).filter(**{name: key}).first()
        if row is None:
            raise self.no_such(text)
        body = self.serializer_class(row, context={"request": request}).data
        return DatasetResponse(revision, sparse_json(body, values))

    def no_such(self, key: str) -> Problem:
        """Return the problem of a row that does not exist."""
        return no_such(self.resource.noun, key)


class VocabularyDetail(RowDetail):
    """The entry as it is now."""

    def no_such(self, key: str) -> Problem:
        (error,) = unknown_codes([("code", self.resource.noun, key)], set())
        return Problem(404, "not_found", f"No such {self.resource.noun}", error.detail)


class RevisionDetail(RowDetail):
    """What the revision changed, and when."""


def find_document(resource: RecordResource, id: str, wanted: int | None) -> tuple[int, str]:
    """Return the number of the requested revision and the document in force then."""
    rows = fetch(resource.document_sql, [id[:60], wanted, wanted])
    latest, document = rows[0] if rows else (0, None)
    revision = shown_revision(wanted, latest)
    if document is None:
        raise absent(resource.model, id, revision)
    return revision, document


def absent(model: type[Record], id: str, revision: int) -> Problem:
    """Return why a revision has no such record: withdrawn, not yet published, or unknown. A
    draft is as unknown as an id that was never given."""
    changes = Change.objects.filter(kind=model.KIND, public_id=id[:60])
    last = changes.filter(revision__lte=revision).order_by("-revision_id").first()
    if last is not None and last.action == Action.WITHDRAWN:
        return Problem(
            410,
            "withdrawn",
            "Withdrawn",
            f"{id} was withdrawn in revision {last.revision_id}: {last.reason}",
            withdrawn={
                "id": id,
                "revision": last.revision_id,
                "reason": last.reason,
                "last_version": last.version,
                "last_seen_in_revision": last.revision_id - 1,
            },
        )
    first = changes.order_by("revision_id").first()
    if first is not None:
        return Problem(
            404,
            "not_yet_published",
            "Not yet published",
            f"Revision {revision} has no {id}: revision {first.revision_id} published it.",
        )
    other = next((one for one in KINDS.values() if id.startswith(f"{one.PREFIX}-")), model)
    if other is model:
        hint = f"Ids look like {model.PREFIX}-7k3m9q2x."
    else:
        hint = f"Such ids are of {other.KIND}s: see {site_path()}/api/v1/{other.KIND}s/."
    return Problem(
        404,
        "not_found",
        "No such record",
        f"There is no {model.KIND} `{id[:60]}`. {hint}",
    )


def no_such(noun: str, key: str) -> Problem:
    """Return the problem of a document that does not exist."""
    return Problem(404, "not_found", f"No such {noun}", f"There is no {noun} `{key[:60]}`.")
