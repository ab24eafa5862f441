"""Contracts over HTTP."""

from records.api.parameter_sets import (
    DatedRecordConditions,
    DatedRecordListParameters,
    ids,
    record_format,
)
from records.api.views.totals import CountedRecordViewSet
from records.documents.contracts import ContractSerializer
from records.models import Contract
from records.query.filters import (
    ChoiceParameter,
    CountedParameter,
    PartyCountryParameter,
    PartyParameter,
    PartyTypeParameter,
)


class ContractConditions(DatedRecordConditions):
    """The conditions by which contracts are selected."""

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
    method = ChoiceParameter(Contract, "method", example="direct")


class ContractParameters(ContractConditions, DatedRecordListParameters):
    """What `/contracts/` can be asked."""

    format = record_format()
    counted = CountedParameter(Contract, example="stage:signed,measure:money")


class ContractViewSet(CountedRecordViewSet):
    """Contracts: who bought what from whom, and what became of it."""

    model = Contract
    serializer_class = ContractSerializer
    conditions_class = ContractConditions
    filterset_class = ContractParameters
    examples = {
        "party": "chn-companies",
        "series": "china-mofcom-signed-contracts",
        "intermediary": "unknown",
        "value_max": "60000000",
    }
    example_id = "con-jpbs06s9"
