"""Parties: parameters and documents of /api/v1/parties/."""

from typing import Any

from django.db.models import QuerySet

from aidapi.parameters import ChoiceField, Parameter
from records.api.parameter_sets import (
    OneCodeField,
    VocabularyDetailParameters,
    VocabularyListParameters,
)
from records.api.resource import RowResource
from records.documents.serializers import DocumentSerializer
from records.models import Party, PartyType
from records.models.regions import regions_within
from records.query.filters import CodeListField, RegionField


class PartySerializer(DocumentSerializer):
    """A country, organisation, company or person. Names and codes imply no recognition."""

    class Meta:
        model = Party
        fields = [
            "code",
            "name",
            "type",
            "country",
            "region",
            "iati_type",
            "identifier_scheme",
            "identifier",
            "aliases",
            "replaced_by",
            "version",
        ]


class RegionParameter(Parameter):
    """Region of a party, including the regions inside it."""

    def filter(self, queryset: QuerySet, value: list[str]) -> QuerySet:
        within = {inner for number in value for inner in regions_within(number)}
        return queryset.filter(region__in=within)


class CountryParameter(Parameter):
    """Country of a party."""

    vocabulary = "party"


class PartyListParameters(VocabularyListParameters):
    serializer_class = PartySerializer

    type = Parameter(
        ChoiceField(choices=PartyType.values, example="foundation"),
        "Only parties of this type; several separated by commas.",
        lookup="type__in",
    )
    country = CountryParameter(
        CodeListField(example="CHN"),
        "Only parties that are or belong to this country (ISO 3166-1 alpha-3); several separated "
        "by commas.",
        lookup="country__in",
    )
    region = RegionParameter(
        RegionField(example="africa"),
        "Only parties in this UN M49 region, by number or name; several separated by commas.",
    )


class PartyDetailParameters(VocabularyDetailParameters):
    """Parameters of `/parties/{code}/`."""

    serializer_class = PartySerializer


def parties(revision: int) -> QuerySet[Any]:
    """Return all parties, as they are now."""
    return Party.objects.all()


PARTIES = RowResource(
    name="parties",
    noun="party",
    description="Parties: who gives, receives, exports, buys and sells. Names imply no "
    "recognition.",
    model=Party,
    serializer_class=PartySerializer,
    list_parameters=PartyListParameters,
    detail_parameters=PartyDetailParameters,
    lookup_field="code",
    lookup_parameter=Parameter(
        OneCodeField(example="who"), "Code of the party, which never changes."
    ),
    rows=parties,
    row_id="code",
    versioned=False,
    examples={"fields": "code,name", "omit": "aliases"},
)
