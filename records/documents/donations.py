"""The public JSON of donations."""

from records.documents.serializers import DatedRecordSerializer, parties
from records.models import Donation


class DonationSerializer(DatedRecordSerializer):
    """A gift, grant, loan or secondment: who gave what to whom, and who says so."""

    donors = parties("donor", "Who gave.")
    recipients = parties("recipient", "Who received, or is to receive.")
    intermediaries = parties("intermediary", "Through whom it passed.")

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
            *DatedRecordSerializer.WHEN,
            *DatedRecordSerializer.TAIL,
        ]
