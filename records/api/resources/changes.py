"""Changes: parameters and documents of /api/v1/changes/."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework import serializers

from aidapi.addresses import base_url
from aidapi.parameters import (
    ChoiceField,
    IntegerField,
    Parameter,
    RepresentationField,
)
from aidapi.renderers import Atom, JSONRenderer
from records.api.addresses import PLURALS, change_address
from records.api.parameter_sets import DocumentParameters, PageParameters, ordering
from records.api.resource import RowResource
from records.documents.serializers import DocumentSerializer, LinkField
from records.models import KINDS, Action, Change, Item, Party

KIND_CHOICES = [(kind, kind) for kind in PLURALS]


class ChangeSerializer(DocumentSerializer):
    """What a revision changed in one record or vocabulary entry, and why."""

    revision = serializers.IntegerField(
        source="revision_id", read_only=True, help_text="The revision that made the change."
    )
    published_at = serializers.DateTimeField(
        source="revision.published_at", read_only=True, help_text="When, in UTC."
    )
    kind = serializers.ChoiceField(
        choices=KIND_CHOICES, read_only=True, help_text="Kind of what was changed."
    )
    id = serializers.CharField(
        source="public_id", read_only=True, help_text="Id of the record, or code of the entry."
    )
    url = LinkField(
        help_text="The record as of the change (410 after a withdrawal), or the entry as it is "
        "now."
    )

    class Meta:
        model = Change
        fields = ["revision", "published_at", "kind", "id", "version", "action", "reason", "url"]

    def get_url(self, change: Change) -> str:
        return f"{base_url(self.context['request'])}{change_address(change)}"


ACTION_WORDS = {
    **dict.fromkeys(["added", "created", "new"], Action.PUBLISHED),
    **dict.fromkeys(["changed", "modified", "updated"], Action.CORRECTED),
    **dict.fromkeys(["deleted", "removed", "retracted"], Action.WITHDRAWN),
}
"""Words that people try instead of the codes of actions."""


class ChangeListParameters(DocumentParameters, PageParameters):
    SYNONYMS: ClassVar = {
        "since": "changed_since",
        "from_revision": "changed_since",
        "type": "kind",
    }
    ORDERINGS: ClassVar = {"revision": "revision_id"}
    DEFAULT_ORDERING: ClassVar = "revision"

    serializer_class = ChangeSerializer

    format = Parameter(
        RepresentationField(JSONRenderer, Atom, example="atom"),
        "Representation of the response; it overrides the Accept header. `atom` is a feed for "
        "feed readers, newest first unless `ordering` is given; `fields`, `omit` and `count` are "
        "not allowed with it.",
    )
    ordering = ordering(ORDERINGS, DEFAULT_ORDERING, example="-revision")

    changed_since = Parameter(
        IntegerField(minimum=0, example="1"),
        "Number of a revision: only changes in later revisions. To follow the dataset, pass the "
        "`revision` of your previous response. One above the latest is 404.",
        lookup="revision__gt",
    )
    kind = Parameter(
        ChoiceField(choices=[*KINDS, Party.KIND, Item.KIND], example="donation"),
        "Only changes of this kind; several separated by commas.",
        lookup="kind__in",
    )
    action = Parameter(
        ChoiceField(choices=Action.values, synonyms=ACTION_WORDS, example="withdrawn"),
        "Only changes by this action; several separated by commas.",
        lookup="action__in",
    )


def changes(revision: int) -> QuerySet[Any]:
    """Return the changes up to a revision."""
    return Change.objects.filter(revision__lte=revision).select_related("revision")


CHANGES = RowResource(
    name="changes",
    noun="change",
    description="Changes: everything that was ever published, corrected, withdrawn or edited, in "
    "order.",
    serializer_class=ChangeSerializer,
    list_parameters=ChangeListParameters,
    rows=changes,
    row_id="position",
    examples={"fields": "kind,id,action", "omit": "reason"},
)
