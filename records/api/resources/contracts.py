"""Contracts: filters, parameters and documents of /api/v1/contracts/."""

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
from records.documents.contracts import ContractSerializer
from records.models import Contract
from records.query.filters import (
    ChoiceParameter,
    MilestoneParameter,
    PartyCountryParameter,
    PartyParameter,
    PartyTypeParameter,
    ReachedFromParameter,
    ReachedToParameter,
    TotalParameter,
)


class ContractFilters(DatedRecordFilters):
    SYNONYMS = {
        "vendor": "supplier",
        "seller": "supplier",
        "purchaser": "buyer",
        "customer": "buyer",
        "procurer": "buyer",
        "recipient": "buyer",
        "donor": "supplier",
        "country": "buyer_country",
        "broker": "intermediary",
    }

    id = ids(Contract.PREFIX, "con-jpbs06s9")
    buyer = PartyParameter("buyer", example="ESP")
    buyer_type = PartyTypeParameter("buyer", example="country")
    buyer_country = PartyCountryParameter("buyer", example="ESP")
    supplier = PartyParameter("supplier", example="chn-companies")
    supplier_type = PartyTypeParameter("supplier", example="company")
    supplier_country = PartyCountryParameter("supplier", example="CHN")
    intermediary = PartyParameter("intermediary", example="unicef")
    stage = ChoiceParameter(Contract, "stage", example="cancelled")
    milestone = MilestoneParameter(Contract, example="signed")
    reached_from = ReachedFromParameter(Contract)
    reached_to = ReachedToParameter(Contract)
    method = ChoiceParameter(Contract, "method", example="direct")


class ContractListParameters(ContractFilters, DatedRecordListParameters):
    serializer_class = ContractSerializer

    format = record_format()
    total = TotalParameter(Contract, example="measure:money,currency:USD")


class ContractDetailParameters(DocumentParameters):
    """Parameters of `/contracts/{id}/`."""

    serializer_class = ContractSerializer


class ContractFacetsParameters(ContractFilters, FacetsParameters):
    facets = facets_parameter(ContractFilters)


class ContractTotalsParameters(ContractFilters, TotalsParameters):
    """Parameters of `/contracts/summary/`."""

    format = totals_format()
    group_by = group_by_parameter(Contract)
    include = include_parameter(Contract)


class ContractListCitationParameters(StyleParameters, ContractFilters):
    """Parameters of `/contracts/cite/`."""


CONTRACTS = RecordResource(
    name="contracts",
    description="Contracts: who bought what from whom, and their stages.",
    model=Contract,
    serializer_class=ContractSerializer,
    filters=ContractFilters,
    list_parameters=ContractListParameters,
    detail_parameters=ContractDetailParameters,
    facets_parameters=ContractFacetsParameters,
    totals_parameters=ContractTotalsParameters,
    citation_parameters=FigureCitationParameters,
    list_citation_parameters=ContractListCitationParameters,
    example_id="con-jpbs06s9",
    examples={
        "party": "chn-companies",
        "series": "china-mofcom-signed-contracts",
        "intermediary": "unknown",
        "value_max": "60000000",
    },
)
