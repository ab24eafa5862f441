"""The public JSON of donations."""

from records.documents.serializers import (
    DatedRecordSerializer,
    MilestoneSerializer,
    milestones,
    parties,
)
from records.models import Donation, DonationMilestone


class DonationMilestoneSerializer(MilestoneSerializer):
    """A stage that all of it had reached, when, and the words that say so."""

    class Meta(MilestoneSerializer.Meta):
        model = DonationMilestone


class DonationSerializer(DatedRecordSerializer):
    """A gift, grant, loan or secondment: who gave what to whom, and who says so."""

    donors = parties("donor", "Who gave.")
    recipients = parties("recipient", "Who received, or is to receive.")
    intermediaries = parties("intermediary", "Through whom it passed.")

    milestones = milestones(DonationMilestoneSerializer)

    class Meta:
        model = Donation
        fields = [
            *DatedRecordSerializer.HEAD,
            "donors",
            "recipients",
            "intermediaries",
            "form",
            "stage",
            "stated_by",
            "milestones",
            *DatedRecordSerializer.WHEN,
            *DatedRecordSerializer.TAIL,
        ]
