"""The public JSON of exports."""

from records.documents.serializers import DatedRecordSerializer, parties
from records.models import Export


class ExportSerializer(DatedRecordSerializer):
    """Goods that crossed a border, sold or given, and who counted them."""

    exporters = parties("exporter", "From where they left, or who exported.")
    destinations = parties("destination", "Where they went.")

    class Meta:
        model = Export
        fields = [
            *DatedRecordSerializer.HEAD,
            "exporters",
            "destinations",
            "reported_by",
            "trade",
            *DatedRecordSerializer.WHEN,
            *DatedRecordSerializer.TAIL,
        ]
