"""The public JSON of contracts."""

from records.documents.serializers import (
    DatedRecordSerializer,
    MilestoneSerializer,
    milestones,
    parties,
)
from records.models import Contract, ContractMilestone


class ContractMilestoneSerializer(MilestoneSerializer):
    """A stage that all of it had reached, when, and the words that say so."""

    class Meta(MilestoneSerializer.Meta):
        model = ContractMilestone


class ContractSerializer(DatedRecordSerializer):
    """A purchase: who bought what from whom, and its stage."""

    buyers = parties("buyer", "Who buys.")
    suppliers = parties("supplier", "Who sells.")
    intermediaries = parties("intermediary", "Who arranged or passed on the purchase.")

    milestones = milestones(ContractMilestoneSerializer)

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
            "milestones",
            *DatedRecordSerializer.WHEN,
            "ocid",
            *DatedRecordSerializer.TAIL,
        ]
