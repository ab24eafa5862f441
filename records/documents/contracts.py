"""The public JSON of contracts."""

from records.documents.serializers import DatedRecordSerializer, parties
from records.models import Contract


class ContractSerializer(DatedRecordSerializer):
    """A purchase: who bought what from whom, and its stage."""

    buyers = parties("buyer", "Who buys.")
    suppliers = parties("supplier", "Who sells.")
    intermediaries = parties("intermediary", "Who arranged or passed on the purchase.")

    class Meta:
        model = Contract
        fields = [
            *DatedRecordSerializer.HEAD,
            "buyers",
            "suppliers",
            "intermediaries",
            "stage",
            "method",
            "signed_on",
            "signed_on_precision",
            *DatedRecordSerializer.WHEN,
            "ocid",
            *DatedRecordSerializer.TAIL,
        ]
