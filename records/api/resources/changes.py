"""The feed of changes over HTTP: what was published, corrected, withdrawn or edited, in order."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request

from aidapi.pagination import base_url
from aidapi.parameters import (
    ChoiceField,
    IntegerField,
    Parameter,
    RepresentationField,
)
from aidapi.renderers import Atom, JSONRenderer
from records.api.parameter_sets import DocumentParameters, PageParameters, ordering
from records.api.views.feeds import Entry, feed
from records.api.views.listing import ListingViewSet
from records.documents.serializers import DocumentSerializer, LinkField
from records.models import (
    KINDS,
    Action,
    Change,
    Item,
    Party,
)

PLURALS = {
    "statement": "statements",
    "donation": "donations",
    "export": "exports",
    "contract": "contracts",
    "party": "parties",
    "item": "items",
}

KIND_CHOICES = [(kind, kind) for kind in PLURALS]


class ChangeSerializer(DocumentSerializer):
    """What a revision did to one record or term, and why."""

    revision = serializers.IntegerField(
        source="revision_id", read_only=True, help_text="The revision that made the change."
    )
    published_at = serializers.DateTimeField(
        source="revision.published_at", read_only=True, help_text="When, in UTC."
    )
    kind = serializers.ChoiceField(
        choices=KIND_CHOICES, read_only=True, help_text="What was changed."
    )
    id = serializers.CharField(
        source="public_id", read_only=True, help_text="The record's id or the term's code."
    )
    url = LinkField(
        help_text="The record as the change left it (410 after a withdrawal), or the term as it "
        "is now."
    )

    class Meta:
        model = Change
        fields = ["revision", "published_at", "kind", "id", "version", "action", "reason", "url"]

    def get_url(self, change: Change) -> str:
        return f"{base_url(self.context['request'])}{address(change)}"


def address(change: Change) -> str:
    """Where to read what was changed: a record as the change left it, a term as it is now."""
    path = f"/api/v1/{PLURALS[change.kind]}/{change.public_id}/"
    return f"{path}?revision={change.revision_id}" if change.kind in KINDS else path


def change_entries(changes: Sequence[Change]) -> Iterator[Entry]:
    """Each change as the entry of a feed."""
    names = titles(changes)
    for change in changes:
        yield Entry(
            change.kind,
            change.public_id,
            change.version,
            change.action,
            names.get((change.kind, change.public_id, change.version), change.public_id),
            change.reason or change.revision.message,
            change.revision.published_at,
            address(change),
        )


def titles(changes: Sequence[Change]) -> dict[tuple[str, str, int], str]:
    """(kind, id, version) → what people call it; one query for each kind of record."""
    names: dict[tuple[str, str, int], str] = {}
    ids: dict[str, set[str]] = defaultdict(set)
    for change in changes:
        if change.kind in KINDS:
            ids[change.kind].add(change.public_id)
        elif change.content:
            names[change.kind, change.public_id, change.version] = change.content["name"]
    for kind in sorted(ids):
        rows = KINDS[kind]._default_manager.filter(
            public_id__in=sorted(ids[kind]), published_in__isnull=False
        )
        for public_id, version, title in rows.values_list("public_id", "version", "title"):
            names[kind, public_id, version] = title
    return names


class ChangeParameters(DocumentParameters, PageParameters):
    """What `/changes/` can be asked."""

    SYNONYMS: ClassVar = {
        "since": "changed_since",
        "from_revision": "changed_since",
        "type": "kind",
    }
    ORDERINGS: ClassVar = {"revision": "revision_id"}
    DEFAULT_ORDERING: ClassVar = "revision"

    format = Parameter(
        RepresentationField(JSONRenderer, Atom, example="atom"),
        "Representation of the answer; it goes before the Accept header. `atom` is a feed for "
        "readers of news, newest first unless `ordering` says otherwise; `fields`, `omit` and "
        "`count` do not go with it.",
    )
    ordering = ordering(ORDERINGS, DEFAULT_ORDERING, example="-revision")

    changed_since = Parameter(
        IntegerField(minimum=0, example="1"),
        "Number of a revision: only what later ones changed. Remember the `revision` of your "
        "last answer and ask with it next time.",
    )
    kind = Parameter(
        ChoiceField(choices=[*KINDS, Party.KIND, Item.KIND], example="donation"),
        "Only changes of this kind; several as a comma list.",
    )
    action = Parameter(
        ChoiceField(choices=Action.values, example="withdrawn"),
        "Only such changes; several as a comma list.",
    )


class ChangeViewSet(ListingViewSet):
    """Changes: everything that was ever published, corrected, withdrawn or edited, in order."""

    serializer_class = ChangeSerializer
    filterset_class = ChangeParameters
    examples = {
        "fields": "kind,id,action",
        "omit": "reason",
    }
    row_id = "position"

    def list(self, request: Request) -> HttpResponseBase:
        """Those that meet all conditions asked for, page by page; as `atom` for readers of
        news."""
        if request.accepted_renderer.format == "json":
            return super().list(request)
        return feed(request, self.page(request), change_entries)

    def default_ordering(self, representation: str) -> str:
        return "-revision" if representation == "atom" else super().default_ordering("json")

    def rows(self, request: Request, asked: dict[str, Any], revision: int) -> QuerySet:
        rows = Change.objects.filter(revision__lte=revision).select_related("revision")
        if "changed_since" in asked:
            rows = rows.filter(revision__gt=asked["changed_since"])
        if "kind" in asked:
            rows = rows.filter(kind__in=asked["kind"])
        if "action" in asked:
            rows = rows.filter(action__in=asked["action"])
        return rows
