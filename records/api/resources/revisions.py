"""Revisions: parameters and documents of /api/v1/revisions/."""

import datetime
from typing import Any, ClassVar

from django.db.models import Count, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from rest_framework import serializers

from aidapi import replicas
from aidapi.addresses import base_url
from aidapi.parameters import DateField, Days, IntegerField, Parameter
from records.api.parameter_sets import DocumentParameters, PageParameters, ordering
from records.api.resource import RowResource
from records.documents.serializers import DocumentSerializer, LinkField
from records.models import Revision


class RevisionSerializer(DocumentSerializer):
    """A revision: when it was published, its message, and its number of changes."""

    changes = serializers.IntegerField(
        source="n_changes",
        read_only=True,
        help_text="Number of records and vocabulary entries changed; `changes_url` lists them.",
    )
    changes_url = LinkField(help_text="The changes of the revision.")

    class Meta:
        model = Revision
        fields = ["number", "published_at", "message", "origin", "changes", "changes_url"]

    def get_changes_url(self, revision: Revision) -> str:
        base = base_url(self.context["request"])
        since = revision.number - 1
        return f"{base}/api/v1/changes/?changed_since={since}&revision={revision.number}"


class InForceOnParameter(Parameter):
    """The revision in force at the end of a day."""

    def filter(self, queryset: QuerySet, value: Days) -> QuerySet:
        end = datetime.datetime.combine(value.last, datetime.time.max, tzinfo=datetime.UTC)
        replicas.check_until(end)
        # All before the first one after that day: whatever a clock said later changes nothing.
        after = Revision.objects.filter(published_at__gt=end).order_by("number").values("number")
        before = queryset.filter(number__lt=Coalesce(Subquery(after[:1]), Value(2**31 - 1)))
        return queryset.filter(number__in=before.order_by("-number").values("number")[:1])


class RevisionListParameters(DocumentParameters, PageParameters):
    SYNONYMS: ClassVar = {"date": "on", "day": "on", "as_of": "on"}
    ORDERINGS: ClassVar = {"number": "number"}
    DEFAULT_ORDERING: ClassVar = "-number"

    serializer_class = RevisionSerializer

    ordering = ordering(ORDERINGS, DEFAULT_ORDERING, example="number")

    on = InForceOnParameter(
        DateField(example="2026-11-20"),
        "Only the revision in force at the end of this day, month or year (UTC), if there was "
        "one.",
    )


class RevisionDetailParameters(DocumentParameters):
    """Parameters of `/revisions/{number}/`."""

    serializer_class = RevisionSerializer


def revisions(revision: int) -> QuerySet[Any]:
    """Return the revisions up to a revision, with their numbers of changes."""
    return Revision.objects.filter(number__lte=revision).annotate(n_changes=Count("changes"))


REVISIONS = RowResource(
    name="revisions",
    noun="revision",
    description="Revisions: the history of the dataset, newest first.",
    serializer_class=RevisionSerializer,
    list_parameters=RevisionListParameters,
    detail_parameters=RevisionDetailParameters,
    lookup_field="number",
    lookup_parameter=Parameter(
        IntegerField(minimum=1, example="1"), "Number of the revision, from 1."
    ),
    rows=revisions,
    row_id="number",
    examples={"fields": "number,message", "omit": "origin"},
)
