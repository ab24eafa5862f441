"""Items over HTTP."""

from typing import Any

from django.db.models import Q, QuerySet
from rest_framework.request import Request

from aidapi.parameters import ListField, Parameter, SlugField
from records.api.resources.vocabularies import (
    VocabularyDetailParameters,
    VocabularyParameters,
    VocabularyViewSet,
    code_in_path,
)
from records.documents.serializers import DocumentSerializer
from records.models import HSCode, Item


class HSCodeSerializer(DocumentSerializer):
    """A code of the Harmonized System under which the item crosses borders."""

    class Meta:
        model = HSCode
        fields = ["code", "edition", "assigned_by", "confidence"]


class ItemSerializer(DocumentSerializer):
    """A kind of goods, personnel or service."""

    hs_codes = HSCodeSerializer(
        many=True, read_only=True, help_text="Codes of the Harmonized System, by edition."
    )

    class Meta:
        model = Item
        fields = [
            "code",
            "name",
            "parent",
            "default_unit",
            "description",
            "hs_codes",
            "aliases",
            "version",
        ]


class HSCodeField(ListField):
    pattern = r"[0-9]{4}\.[0-9]{2}"
    hint = "give six digits as 6307.90."


class ItemParameters(VocabularyParameters):
    """What `/items/` can be asked."""

    within = Parameter(
        SlugField(example="mask"),
        "Code of an item: it and all items below it.",
    )
    hs_code = Parameter(
        HSCodeField(example="6307.90"),
        "Only items with this HS code, in any edition; several as a comma list.",
    )


class ItemDetailParameters(VocabularyDetailParameters):
    """What `/items/{code}/` can be asked."""


class ItemViewSet(VocabularyViewSet):
    """Items: what is given, exported or bought, as a tree."""

    model = Item
    serializer_class = ItemSerializer
    filterset_class = ItemParameters
    examples = {
        "name": "n95",
        "fields": "code,name",
        "omit": "aliases",
    }
    detail_parameters = ItemDetailParameters
    lookup_parameter = code_in_path("item", "surgical-mask")

    def rows(self, request: Request, asked: dict[str, Any], revision: int) -> QuerySet:
        rows = self.named(Item.objects.prefetch_related("hs_codes"), asked)
        if "within" in asked:
            within = Q(code=asked["within"])
            step = "parent"
            for _ in range(MAX_DEPTH):
                within |= Q(**{step: asked["within"]})
                step = f"parent__{step}"
            rows = rows.filter(within)
        if "hs_code" in asked:
            rows = rows.filter(
                code__in=HSCode.objects.filter(code__in=asked["hs_code"]).values("item")
            )
        return rows


MAX_DEPTH = 5
"""Levels below an item that `within` looks through; the tree has four."""
