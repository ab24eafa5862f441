"""Series: parameters and documents of /api/v1/series/."""

from typing import ClassVar

from rest_framework import serializers

from aidapi.parameters import ChoiceField, Parameter, SlugField
from records.api.parameter_sets import (
    VAGUE_FIRST,
    AnyParameters,
    DocumentParameters,
    PageParameters,
    ordering,
)
from records.api.resource import Resource
from records.api.views.series import KIND_CHOICES
from records.documents.serializers import KnownDateField
from records.models import DATED


class SeriesSerializer(serializers.Serializer):
    """A running total that several records report."""

    slug = serializers.CharField(help_text="Its name, as `series=` accepts it.")
    kind = serializers.ChoiceField(choices=KIND_CHOICES, help_text="Kind of its records.")
    points = serializers.IntegerField(help_text="Number of its records.")
    first = KnownDateField(help_text="`as_of` of the first, as far as it is known.")
    last = KnownDateField(help_text="`as_of` of the latest, as far as it is known.")
    title = serializers.CharField(help_text="Title of the latest.")
    url = serializers.URLField(help_text="The series over time.")


class SeriesListParameters(DocumentParameters, PageParameters):
    SYNONYMS: ClassVar = {"type": "kind"}
    ORDERINGS: ClassVar = {"slug": "slug", "last": "last", "points": "points"}
    DEFAULT_ORDERING: ClassVar = "slug"

    serializer_class = SeriesSerializer

    ordering = ordering(ORDERINGS, DEFAULT_ORDERING, "-last", VAGUE_FIRST)

    kind = Parameter(
        ChoiceField(choices=list(DATED), example="export"),
        "Only series of records of this kind; several separated by commas.",
    )


SERIES = Resource(
    name="series",
    noun="series",
    description="Series: running totals, each reported by several records of which only the "
    "latest counts.",
    serializer_class=SeriesSerializer,
    list_parameters=SeriesListParameters,
    detail_parameters=AnyParameters,
    lookup_field="slug",
    lookup_parameter=Parameter(
        SlugField(example="china-customs-anti-epidemic-exports"), "Name of the series."
    ),
    examples={"fields": "slug,points", "omit": "title"},
)
