"""Donations: filters, parameters and documents of /api/v1/donations/."""

from records.api.parameter_sets import (
    DatedRecordFilters,
    DatedRecordListParameters,
    DocumentParameters,
    ids,
    record_format,
)
from records.api.resource import RecordResource
from records.api.views.citations import FigureCitationParameters, StyleParameters
from records.api.views.facets import FacetsParameters, facets_parameter
from records.api.views.totals import (
    TotalsParameters,
    group_by_parameter,
    include_parameter,
    totals_format,
)
from records.documents.donations import DonationSerializer
from records.models import Donation
from records.query.filters import (
    ChoiceParameter,
    MilestoneParameter,
    PartyCountryParameter,
    PartyParameter,
    PartyRegionParameter,
    PartyTypeParameter,
    ReachedFromParameter,
    ReachedToParameter,
    TotalParameter,
)


class DonationFilters(DatedRecordFilters):
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
    milestone = MilestoneParameter(Donation, example="delivered")
    reached_from = ReachedFromParameter(Donation)
    reached_to = ReachedToParameter(Donation)
    stated_by = ChoiceParameter(Donation, "stated_by", example="donor")


class DonationListParameters(DonationFilters, DatedRecordListParameters):
    serializer_class = DonationSerializer

    format = record_format()
    total = TotalParameter(Donation, example="measure:quantity,unit:piece")


class DonationDetailParameters(DocumentParameters):
    """Parameters of `/donations/{id}/`."""

    serializer_class = DonationSerializer


class DonationFacetsParameters(DonationFilters, FacetsParameters):
    facets = facets_parameter(DonationFilters)


class DonationTotalsParameters(DonationFilters, TotalsParameters):
    """Parameters of `/donations/summary/`."""

    format = totals_format()
    group_by = group_by_parameter(Donation)
    include = include_parameter(Donation)


class DonationListCitationParameters(StyleParameters, DonationFilters):
    """Parameters of `/donations/cite/`."""


DONATIONS = RecordResource(
    name="donations",
    description="Donations: who gave what to whom.",
    model=Donation,
    serializer_class=DonationSerializer,
    filters=DonationFilters,
    list_parameters=DonationListParameters,
    detail_parameters=DonationDetailParameters,
    facets_parameters=DonationFacetsParameters,
    totals_parameters=DonationTotalsParameters,
    citation_parameters=FigureCitationParameters,
    list_citation_parameters=DonationListCitationParameters,
    example_id="don-yyemrn0r",
    examples={
        "series": "china-mfa-recipient-countries",
    },
)
