"""Revisions over HTTP: the numbered acts of publishing."""

import datetime
import re
from typing import Any, ClassVar

from django.db.models import Count, QuerySet
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from aidapi.pagination import base_url
from aidapi.parameters import DateField, IntegerField, Parameter
from records.api.parameter_sets import DocumentParameters, PageParameters, ordering
from records.api.views.listing import ListingViewSet, no_such
from records.api.views.records import Answer
from records.documents.serializers import DocumentSerializer, LinkField
from records.models import Revision, RevisionCounter
from records.query.planner import shown_revision


class RevisionSerializer(DocumentSerializer):
    """A revision: what it brought, when, and how many changes it made."""

    changes = serializers.IntegerField(
        source="n_changes",
        read_only=True,
        help_text="How many records and terms it changed; `changes_url` lists them.",
    )
    changes_url = LinkField(help_text="The changes that it made.")

    class Meta:
        model = Revision
        fields = ["number", "published_at", "message", "origin", "changes", "changes_url"]

    def get_changes_url(self, revision: Revision) -> str:
        base = base_url(self.context["request"])
        since = revision.number - 1
        return f"{base}/api/v1/changes/?changed_since={since}&revision={revision.number}"


class RevisionParameters(DocumentParameters, PageParameters):
    """What `/revisions/` can be asked."""

    SYNONYMS: ClassVar = {"date": "on", "day": "on", "as_of": "on"}
    ORDERINGS: ClassVar = {"number": "number"}
    DEFAULT_ORDERING: ClassVar = "-number"

    ordering = ordering(ORDERINGS, DEFAULT_ORDERING, example="number")

    on = Parameter(
        DateField(example="2026-11-20"),
        "Only the revision that was in force at the end of this day (UTC), if any was.",
    )


class RevisionDetailParameters(DocumentParameters):
    """What `/revisions/{number}/` can be asked."""


class RevisionViewSet(ListingViewSet):
    """Revisions: the history of the dataset, newest first."""

    serializer_class = RevisionSerializer
    filterset_class = RevisionParameters
    examples = {
        "fields": "number,message",
        "omit": "origin",
    }
    detail_parameters = RevisionDetailParameters
    lookup_parameter = Parameter(
        IntegerField(minimum=1, example="1"), "Number of the revision, from 1."
    )
    row_id = "number"
    lookup_field = "number"
    lookup_value_regex = "[^/]+"

    def rows(self, request: Request, asked: dict[str, Any], revision: int) -> QuerySet:
        rows = Revision.objects.filter(number__lte=revision)
        if "on" in asked:
            end = datetime.datetime.combine(asked["on"], datetime.time.max, tzinfo=datetime.UTC)
            last = rows.filter(published_at__lte=end).order_by("-number").values("number")[:1]
            rows = rows.filter(number__in=last)
        return counted(rows)

    def retrieve(self, request: Request, number: str) -> HttpResponse:
        """What it brought, and when."""
        asked = self.detail_parameters(request.GET).cleaned
        revision = shown_revision(asked.get("revision"), RevisionCounter.number())
        found = None
        if re.fullmatch(r"[1-9][0-9]{0,8}", number) and int(number) <= revision:
            found = counted(Revision.objects.filter(number=int(number))).first()
        if found is None:
            raise no_such("revision", number)
        body = self.serializer_class(found, context={"request": request}).data
        return Answer(revision, self.rendered(body, asked))


def counted(rows: QuerySet) -> QuerySet:
    return rows.annotate(n_changes=Count("changes"))
