"""Exports: filters, parameters and documents of /api/v1/exports/."""

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
from records.documents.exports import ExportSerializer
from records.models import Export
from records.query.filters import (
    ChoiceParameter,
    PartyCountryParameter,
    PartyParameter,
    PartyRegionParameter,
    TotalParameter,
)


class ExportFilters(DatedRecordFilters):
    SYNONYMS = {
        "donor": "exporter",
        "supplier": "exporter",
        "origin": "exporter",
        "importer": "destination",
        "recipient": "destination",
        "to": "destination",
        "country": "destination_country",
        "region": "destination_region",
        "stated_by": "reported_by",
    }

    id = ids(Export.PREFIX, "exp-0sqzymfg")
    exporter = PartyParameter("exporter", example="CHN")
    exporter_country = PartyCountryParameter("exporter", example="CHN")
    destination = PartyParameter("destination", example="USA")
    destination_country = PartyCountryParameter("destination", example="USA")
    destination_region = PartyRegionParameter("destination", example="africa")
    reported_by = ChoiceParameter(Export, "reported_by", example="official_record")
    trade = ChoiceParameter(Export, "trade", example="commercial")


class ExportListParameters(ExportFilters, DatedRecordListParameters):
    serializer_class = ExportSerializer

    format = record_format()
    total = TotalParameter(Export, example="measure:quantity,unit:piece")


class ExportDetailParameters(DocumentParameters):
    """Parameters of `/exports/{id}/`."""

    serializer_class = ExportSerializer


class ExportFacetsParameters(ExportFilters, FacetsParameters):
    facets = facets_parameter(ExportFilters)


class ExportTotalsParameters(ExportFilters, TotalsParameters):
    """Parameters of `/exports/summary/`."""

    format = totals_format()
    group_by = group_by_parameter(Export)
    include = include_parameter(Export)


class ExportListCitationParameters(StyleParameters, ExportFilters):
    """Parameters of `/exports/cite/`."""


EXPORTS = RecordResource(
    name="exports",
    description="Exports: goods that crossed borders, as customs and officials report them.",
    model=Export,
    serializer_class=ExportSerializer,
    filters=ExportFilters,
    list_parameters=ExportListParameters,
    detail_parameters=ExportDetailParameters,
    facets_parameters=ExportFacetsParameters,
    totals_parameters=ExportTotalsParameters,
    citation_parameters=FigureCitationParameters,
    list_citation_parameters=ExportListCitationParameters,
    example_id="exp-0sqzymfg",
    examples={
        "party": "CHN",
        "item": "mask",
        "trade": "includes_donations",
        "value_max": "20000000",
        "changed_since": "0",
    },
)
