"""Donations over HTTP."""

from records.api.parameter_sets import (
    DatedRecordConditions,
    DatedRecordListParameters,
    ids,
    record_format,
)
from records.api.views.totals import CountedRecordViewSet
from records.documents.donations import DonationSerializer
from records.models import Donation
from records.query.filters import (
    ChoiceParameter,
    CountedParameter,
    PartyCountryParameter,
    PartyParameter,
    PartyRegionParameter,
    PartyTypeParameter,
)


class DonationConditions(DatedRecordConditions):
    """The conditions by which donations are selected."""

    SYNONYMS = {
        "giver": "donor",
        "from_party": "donor",
        "receiver": "recipient",
        "beneficiary": "recipient",
        "to": "recipient",
        "country": "recipient_country",
        "region": "recipient_region",
        "via": "intermediary",
        "type": "form",
    }

    id = ids(Donation.PREFIX, "don-yyemrn0r")
    donor = PartyParameter("donor", example="jack-ma-foundation")
    donor_type = PartyTypeParameter("donor", example="foundation")
    donor_country = PartyCountryParameter("donor", example="CHN")
    recipient = PartyParameter("recipient", example="who")
    recipient_type = PartyTypeParameter("recipient", example="international_organisation")
    recipient_country = PartyCountryParameter("recipient", example="ITA")
    recipient_region = PartyRegionParameter("recipient", example="africa")
    intermediary = PartyParameter("intermediary", example="africa-cdc")
    form = ChoiceParameter(Donation, "form", example="cash")
    stage = ChoiceParameter(Donation, "stage", example="delivered")
    stated_by = ChoiceParameter(Donation, "stated_by", example="donor")


class DonationParameters(DonationConditions, DatedRecordListParameters):
    """What `/donations/` can be asked."""

    format = record_format()
    counted = CountedParameter(Donation, example="basis:single,stage:delivered,measure:quantity")


class DonationViewSet(CountedRecordViewSet):
    """Donations: who gave what to whom."""

    model = Donation
    serializer_class = DonationSerializer
    conditions_class = DonationConditions
    filterset_class = DonationParameters
    examples = {
        "series": "china-mfa-recipient-countries",
    }
    example_id = "don-yyemrn0r"
