"""Items: parameters and documents of /api/v1/items/."""

import re
from typing import Any

from django.db.models import Q, QuerySet

from aidapi.parameters import ListField, Parameter, SlugField
from records.api.parameter_sets import (
    OneCodeField,
    VocabularyDetailParameters,
    VocabularyListParameters,
)
from records.api.resource import RowResource
from records.documents.serializers import DocumentSerializer
from records.models import HSCode, Item

MAX_DEPTH = 5
"""Maximum number of levels below an item that `within` searches; the tree has four."""


class HSCodeSerializer(DocumentSerializer):
    """A code of the Harmonized System under which the item crosses borders."""

    class Meta:
        model = HSCode
        fields = ["code", "edition", "assigned_by", "confidence"]


class ItemSerializer(DocumentSerializer):
    """A kind of goods, personnel or service."""

    hs_codes = HSCodeSerializer(
        many=True,
        read_only=True,
        help_text="Codes of the Harmonized System, by edition. Those that a curator assigned are "
        "unchecked: no list of the World Customs Organization was at hand.",
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
            "replaced_by",
            "version",
        ]


class HSCodeField(ListField):
    """Comma-separated list of HS codes."""

    pattern = r"[0-9]{4}\.[0-9]{2}"
    hint = "give six digits, such as 6307.90."

    def clean_value(self, value: str) -> str:
        # Customs write them without the dot, too.
        digits = re.fullmatch("([0-9]{4})([0-9]{2})", value, re.ASCII)
        return super().clean_value(f"{digits[1]}.{digits[2]}" if digits else value)


class WithinParameter(Parameter):
    """Item, including all items below it."""

    vocabulary = "item"

    def filter(self, queryset: QuerySet, value: str) -> QuerySet:
        within = Q(code=value)
        step = "parent"
        for _ in range(MAX_DEPTH):
            within |= Q(**{step: value})
            step = f"parent__{step}"
        return queryset.filter(within)


class HSCodeParameter(Parameter):
    """HS code of an item, in any edition."""

    def filter(self, queryset: QuerySet, value: list[str]) -> QuerySet:
        return queryset.filter(code__in=HSCode.objects.filter(code__in=value).values("item"))


class ItemListParameters(VocabularyListParameters):
    serializer_class = ItemSerializer

    within = WithinParameter(
        SlugField(example="mask"),
        "Code of an item: the item and all items below it.",
    )
    hs_code = HSCodeParameter(
        HSCodeField(example="6307.90"),
        "Only items with this HS code, in any edition; several separated by commas.",
    )


class ItemDetailParameters(VocabularyDetailParameters):
    """Parameters of `/items/{code}/`."""

    serializer_class = ItemSerializer


def items(revision: int) -> QuerySet[Any]:
    """Return all items, as they are now."""
    return Item.objects.prefetch_related("hs_codes")


ITEMS = RowResource(
    name="items",
    noun="item",
    description="Items: what is given, exported or bought, as a tree.",
    model=Item,
    serializer_class=ItemSerializer,
    list_parameters=ItemListParameters,
    detail_parameters=ItemDetailParameters,
    lookup_field="code",
    lookup_parameter=Parameter(
        OneCodeField(example="surgical-mask"), "Code of the item, which never changes."
    ),
    rows=items,
    row_id="code",
    versioned=False,
    examples={"name": "n95", "fields": "code,name", "omit": "aliases"},
)
