"""Donations as a good textbook would serve them: nested model serializers, everything they read
fetched in advance, a cursor instead of page numbers, no count."""

import django_filters
from django.db.models import Prefetch, QuerySet
from rest_framework import serializers
from rest_framework.pagination import CursorPagination
from rest_framework.viewsets import ModelViewSet

from records.models import (
    Donation,
    DonationFigure,
    DonationLink,
    DonationParty,
    Item,
    Party,
    Statement,
)


class PartySerializer(serializers.ModelSerializer):
    class Meta:
        model = Party
        fields = ["code", "name", "type", "country"]


class DonationPartySerializer(serializers.ModelSerializer):
    party = PartySerializer(read_only=True)

    class Meta:
        model = DonationParty
        fields = ["party"]


class ItemSerializer(serializers.ModelSerializer):
    class Meta:
        model = Item
        fields = ["code", "name"]


class StatementSerializer(serializers.ModelSerializer):
    class Meta:
        model = Statement
        fields = [
            "public_id",
            "version",
            "title",
            "publisher",
            "published_on",
            "said_on",
            "speaker",
            "speaker_role",
            "organisation",
            "url",
        ]


class FigureSerializer(serializers.ModelSerializer):
    item = ItemSerializer(read_only=True)
    statement = StatementSerializer(read_only=True)

    class Meta:
        model = DonationFigure
        fields = [
            "measure",
            "operator",
            "value",
            "lower",
            "upper",
            "item",
            "unit",
            "currency",
            "party_type",
            "party_role",
            "basis",
            "countable",
            "countable_reason",
            "rank",
            "rank_reason",
            "quote",
            "offset",
            "quote_found",
            "statement",
        ]


class LinkSerializer(serializers.ModelSerializer):
    class Meta:
        model = DonationLink
        fields = ["type", "target"]


class DonationSerializer(serializers.ModelSerializer):
    donors = DonationPartySerializer(many=True, read_only=True, source="parties_by_role.donor")
    recipients = DonationPartySerializer(
        many=True, read_only=True, source="parties_by_role.recipient"
    )
    intermediaries = DonationPartySerializer(
        many=True, read_only=True, source="parties_by_role.intermediary"
    )
    figures = FigureSerializer(many=True, read_only=True, source="figure_rows")
    links = LinkSerializer(many=True, read_only=True, source="link_rows")

    class Meta:
        model = Donation
        fields = [
            "public_id",
            "version",
            "published_in",
            "title",
            "note",
            "donors",
            "recipients",
            "intermediaries",
            "form",
            "stage",
            "stated_by",
            "period_start",
            "period_end",
            "as_of",
            "as_of_precision",
            "series",
            "figures",
            "links",
        ]


class DonationFilterSet(django_filters.FilterSet):
    donor = django_filters.CharFilter(method="by_party")
    recipient = django_filters.CharFilter(method="by_party")
    item = django_filters.CharFilter(method="by_item")

    class Meta:
        model = Donation
        fields = ["donor", "recipient", "item"]

    def by_party(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return rows.filter(parties__role=name, parties__party=value)

    def by_item(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return rows.filter(figure_items__lead=True, figure_items__item=value)


class DonationPagination(CursorPagination):
    page_size = 50
    ordering = ("-as_of", "-public_id")


class DonationViewSet(ModelViewSet):
    # What is published and not retired, said in the words that the indexes are made for.
    queryset = Donation.objects.filter(
        published_in__isnull=False, retired_in__isnull=True
    ).prefetch_related(
        Prefetch("parties", DonationParty.objects.select_related("party")),
        # Into plain lists, which spares a queryset for every row.
        Prefetch(
            "figures",
            DonationFigure.objects.select_related("item", "statement"),
            to_attr="figure_rows",
        ),
        Prefetch("links", DonationLink.objects.all(), to_attr="link_rows"),
    )
    serializer_class = DonationSerializer
    filterset_class = DonationFilterSet
    pagination_class = DonationPagination
    lookup_field = "public_id"
