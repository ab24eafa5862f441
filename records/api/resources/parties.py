"""Parties over HTTP."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request

from aidapi.parameters import ChoiceField, Parameter
from records.api.resources.vocabularies import (
    VocabularyDetailParameters,
    VocabularyParameters,
    VocabularyViewSet,
    code_in_path,
)
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
            "version",
        ]


class PartyParameters(VocabularyParameters):
    """What `/parties/` can be asked."""

    type = Parameter(
        ChoiceField(choices=PartyType.values, example="foundation"),
        "Only parties of this type; several as a comma list.",
    )
    country = Parameter(
        CodeListField(example="CHN"),
        "Only parties that are or belong to this country (ISO 3166-1 alpha-3); several as a "
        "comma list.",
    )
    region = Parameter(
        RegionField(example="africa"),
        "Only parties in this UN M49 region, by number or name; several as a comma list.",
    )


class PartyDetailParameters(VocabularyDetailParameters):
    """What `/parties/{code}/` can be asked."""


class PartyViewSet(VocabularyViewSet):
    """Parties: who gives, receives, exports, buys and sells. Names imply no recognition."""

    model = Party
    serializer_class = PartySerializer
    filterset_class = PartyParameters
    examples = {
        "fields": "code,name",
        "omit": "aliases",
    }
    detail_parameters = PartyDetailParameters
    lookup_parameter = code_in_path("party", "who")

    def rows(self, request: Request, asked: dict[str, Any], revision: int) -> QuerySet:
        rows = self.named(Party.objects.all(), asked)
        if "type" in asked:
            rows = rows.filter(type__in=asked["type"])
        if "country" in asked:
            rows = rows.filter(country__in=asked["country"])
        if "region" in asked:
            within = {inner for number in asked["region"] for inner in regions_within(number)}
            rows = rows.filter(region__in=within)
        return rows
