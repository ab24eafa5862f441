"""The versions of a record over HTTP: what each changed, and why."""

from typing import Any

import orjson
from rest_framework import serializers

from records.documents.differences import differences
from records.documents.serializers import PublicIdField
from records.models import Action, Change


class DifferenceSerializer(serializers.Serializer):
    """A field that a version changed."""

    field = serializers.CharField(
        help_text="Where in the document, as `stage` or `figures[quantity mask piece].value`."
    )
    before = serializers.JSONField(
        help_text="What stood there in the version before; null if nothing did."
    )
    after = serializers.JSONField(help_text="What stands there since; null if nothing does.")


class WithdrawalSerializer(serializers.Serializer):
    """When and why a record was withdrawn."""

    revision = serializers.IntegerField(help_text="The revision that withdrew it.")
    reason = serializers.CharField(help_text="Why.")


class RecordVersionSerializer(serializers.Serializer):
    """A published version of a record: which revisions it was in force in, and what it
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
        help_text="Why it replaced the version before it; null for the first.",
    )
    withdrawn = WithdrawalSerializer(
        allow_null=True, help_text="Its withdrawal; null unless it was withdrawn."
    )
    changes = DifferenceSerializer(
        many=True,
        help_text="What it changed, field by field; empty for the first version.",
    )
    url = serializers.URLField(help_text="The record as this version had it.")


def published_versions(model: Any, id: str, revision: int) -> list[dict[str, Any]]:
    """The versions that the revision knows, oldest first, each with what it changed, why, and
    its document; none where the record was not there yet."""
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
