"""Filters of records: one class for each sort of query parameter."""

from records.query.filters.base import RecordFilter, RecordFilters, widened
from records.query.filters.columns import (
    ChoiceParameter,
    ColumnParameter,
    FlagParameter,
    FoldedParameter,
    LanguageParameter,
    LinkedParameter,
)
from records.query.filters.dates import Bound, BoundField, DateParameter, not_after, not_before
from records.query.filters.fields import (
    CodeListField,
    FoldedField,
    IdListField,
    LanguageListField,
    RegionField,
)
from records.query.filters.figures import (
    FigureChoiceParameter,
    FigureFilters,
    FigureFlagParameter,
    FigureParameter,
    FoldedFigureParameter,
    ItemParameter,
    SingleSourceParameter,
    StatementParameter,
    ValueParameter,
)
from records.query.filters.milestones import (
    MilestoneParameter,
    ReachedFromParameter,
    ReachedParameter,
    ReachedToParameter,
)
from records.query.filters.parties import (
    AnyRolePartyParameter,
    PartyColumnParameter,
    PartyCountryParameter,
    PartyParameter,
    PartyRegionParameter,
    PartyTypeParameter,
)
from records.query.filters.series import LatestParameter, SeriesParameter
from records.query.filters.text import SearchField, SearchParameter
from records.query.filters.totals import TotalField, TotalNames, TotalParameter

__all__ = [
    "AnyRolePartyParameter",
    "Bound",
    "BoundField",
    "ChoiceParameter",
    "CodeListField",
    "ColumnParameter",
    "DateParameter",
    "FigureChoiceParameter",
    "FigureFilters",
    "FigureFlagParameter",
    "FigureParameter",
    "FlagParameter",
    "FoldedField",
    "FoldedFigureParameter",
    "FoldedParameter",
    "IdListField",
    "ItemParameter",
    "LanguageListField",
    "LanguageParameter",
    "LatestParameter",
    "LinkedParameter",
    "MilestoneParameter",
    "PartyColumnParameter",
    "PartyCountryParameter",
    "PartyParameter",
    "PartyRegionParameter",
    "PartyTypeParameter",
    "ReachedFromParameter",
    "ReachedParameter",
    "ReachedToParameter",
    "RecordFilter",
    "RecordFilters",
    "RegionField",
    "SearchField",
    "SearchParameter",
    "SeriesParameter",
    "SingleSourceParameter",
    "StatementParameter",
    "TotalField",
    "TotalNames",
    "TotalParameter",
    "ValueParameter",
    "not_after",
    "not_before",
    "widened",
]
