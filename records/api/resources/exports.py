"""Exports over HTTP."""

from records.api.parameter_sets import (
    DatedRecordConditions,
    DatedRecordListParameters,
    ids,
    record_format,
)
from records.api.views.totals import CountedRecordViewSet
from records.documents.exports import ExportSerializer
from records.models import Export
from records.query.filters import (
    ChoiceParameter,
    CountedParameter,
    PartyCountryParameter,
    PartyParameter,
    PartyRegionParameter,
)


class ExportConditions(DatedRecordConditions):
    """The conditions by which exports are selected."""

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


class ExportParameters(ExportConditions, DatedRecordListParameters):
    """What `/exports/` can be asked."""

    format = record_format()
    counted = CountedParameter(Export, example="basis:cumulative_to_date,measure:quantity")


class ExportViewSet(CountedRecordViewSet):
    """Exports: what crossed borders, as customs and officials count it."""

    model = Export
    serializer_class = ExportSerializer
    conditions_class = ExportConditions
    filterset_class = ExportParameters
    examples = {
        "party": "CHN",
        "item": "mask",
        "trade": "includes_donations",
        "value_max": "20000000",
        "changed_since": "0",
    }
    example_id = "exp-0sqzymfg"
