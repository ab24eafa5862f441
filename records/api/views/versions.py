"""Versions of a record: what each changed, and why."""

from typing import Any

import orjson
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from aidapi.addresses import base_url
from records.api.parameter_sets import AnyParameters
from records.api.views.base import DatasetResponse, DocumentView
from records.api.views.details import absent
from records.api.views.pages import envelope
from records.documents.differences import differences
from records.documents.serializers import PublicIdField
from records.models import Action, Change, RevisionCounter
from records.query.revisions import shown_revision


class DifferenceSerializer(serializers.Serializer):
    """A field that a version changed."""

    field = serializers.CharField(
        help_text="Path in the document, such as `stage` or `figures[quantity mask piece].value`."
    )
    before = serializers.JSONField(
        help_text="Value in the previous version; null if there was none."
    )
    after = serializers.JSONField(help_text="Value in this version; null if there is none.")


class WithdrawalSerializer(serializers.Serializer):
    """When and why a record was withdrawn."""

    revision = serializers.IntegerField(help_text="The revision that withdrew it.")
    reason = serializers.CharField(help_text="Why.")


class RecordVersionSerializer(serializers.Serializer):
    """A published version of a record: the revisions in which it was in force, and what it
    changed."""

    id = PublicIdField(help_text="The record's id.")
    version = serializers.IntegerField(help_text="Number of the version, from 1.")
    published_in = serializers.IntegerField(help_text="The revision that published it.")
    published_at = serializers.DateTimeField(help_text="When, in UTC.")
    retired_in = serializers.IntegerField(
        allow_null=True,
        help_text="The revision that replaced or withdrew it; null while it is in force.",
    )
    reason = serializers.CharField(
        allow_null=True,
        help_text="Why it replaced the previous version; null for the first.",
    )
    withdrawn = WithdrawalSerializer(
        allow_null=True, help_text="Its withdrawal; null unless it was withdrawn."
    )
    changes = DifferenceSerializer(
        many=True,
        help_text="What it changed, field by field; empty for the first version.",
    )
    url = serializers.URLField(help_text="The record in this version.")


def published_versions(model: Any, id: str, revision: int) -> list[dict[str, Any]]:
    """Return the versions as of the revision, oldest first, each with its changes, their reason,
    and its document; none if the record was not yet published."""
    rows = list(
        model.objects.filter(public_id=id[:60], published_in__lte=revision)
        .select_related("document", "published_in", "retired_in")
        .order_by("version")
    )
    if not rows:
        return []
    withdrawals = {
        change.version: change
        for change in Change.objects.filter(
            public_id=id, action=Action.WITHDRAWN, revision__lte=revision
        )
    }
    versions: list[dict[str, Any]] = []
    before: dict[str, Any] | None = None
    for row in rows:
        document = orjson.loads(row.document.body)
        withdrawal = withdrawals.get(row.version)
        retired = row.retired_in_id
        versions.append(
            {
                "id": id,
                "version": row.version,
                "published_in": row.published_in_id,
                "published_at": row.published_in.published_at,
                "retired_in": retired if retired and retired <= revision else None,
                "reason": row.reason or None,
                "withdrawn": withdrawal
                and {
                    "revision": withdrawal.revision_id,
                    "reason": withdrawal.reason,
                },
                "changes": differences(before, document),
                "document": document,
            }
        )
        before = document
    return versions


class RecordVersions(DocumentView):
    """Every published version, oldest first, each with what it changed and why."""

    operation = "list{Noun}Versions"
    title = "List the versions of one {noun}"
    many = True
    parameters = AnyParameters
    serializer_class = RecordVersionSerializer

    def get(self, request: Request, id: str) -> HttpResponse:
        values = self.parse(request).cleaned
        revision = shown_revision(values.get("revision"), RevisionCounter.number())
        versions = published_versions(self.resource.model, id, revision)
        if not versions:
            raise absent(self.resource.model, id, revision)
        url = f"{base_url(request)}/api/v1/{self.resource.name}/{id}/"
        for version in versions:
            version["url"] = f"{url}?revision={version['published_in']}"
        results = self.serializer_class(many=True).to_representation(versions)
        body = b",".join(orjson.dumps(result) for result in results)
        return DatasetResponse(revision, envelope(revision, len(versions), None, None, body))
