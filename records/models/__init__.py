"""Content: nouns, figures, evidence, revisions. Other packages import them from here."""

from typing import Any

from records.models.base import (
    CURRENT,
    ENDED,
    ID_PATTERN,
    MAX_FIGURES,
    MAX_LINKS,
    MAX_PARTIES,
    OPEN,
    DatedRecord,
    LinkType,
    Precision,
    Record,
    RecordLink,
    RecordParty,
    State,
    plain,
)
from records.models.contracts import (
    Contract,
    ContractFigure,
    ContractFigureItem,
    ContractLink,
    ContractMilestone,
    ContractParty,
)
from records.models.donations import (
    Donation,
    DonationFigure,
    DonationFigureItem,
    DonationLink,
    DonationMilestone,
    DonationParty,
)
from records.models.draft_saves import DraftSave, form_values
from records.models.evidence import (
    MAX_QUOTE_LETTERS,
    MAX_QUOTE_WORDS,
    UNSPACED,
    Evidence,
)
from records.models.exports import (
    Export,
    ExportFigure,
    ExportFigureItem,
    ExportLink,
    ExportParty,
)
from records.models.figures import (
    COUNTED_TYPE,
    Basis,
    CountableReason,
    Figure,
    FigureItem,
    Measure,
    Operator,
    PartyRole,
    Rank,
)
from records.models.items import HSCode, Item, Unit, inside, item_lineages
from records.models.milestones import Dated, Milestone, StagedRecord
from records.models.parties import (
    IatiType,
    Party,
    PartyType,
    VocabularyEntry,
    in_the_end,
    unlike_types,
)
from records.models.revisions import (
    Action,
    Change,
    Contributor,
    ContributorRole,
    Origin,
    Revision,
    RevisionCounter,
)
from records.models.statements import Statement, StatementLink
from records.models.text import fold

KINDS: dict[str, type[Record]] = {
    model.KIND: model for model in (Statement, Donation, Export, Contract)
}
"""Kind of record → its model, in the order in which records depend on each other."""

DATED: dict[str, Any] = {model.KIND: model for model in (Donation, Export, Contract)}
"""Kinds of record with figures and parties: subclasses of DatedRecord."""
STAGED: dict[str, Any] = {model.KIND: model for model in (Donation, Contract)}
"""The kinds that have stages and milestones: each a subclass of StagedRecord."""
EVIDENCE: list[tuple[Any, str]] = [
    *((model, "figures") for model in DATED.values()),
    *((model, "milestones") for model in STAGED.values()),
]
"""Kinds, each with the relation of a table of rows that rest on statements."""

__all__ = [
    "COUNTED_TYPE",
    "CURRENT",
    "DATED",
    "ENDED",
    "EVIDENCE",
    "ID_PATTERN",
    "KINDS",
    "MAX_FIGURES",
    "MAX_LINKS",
    "MAX_PARTIES",
    "MAX_QUOTE_LETTERS",
    "MAX_QUOTE_WORDS",
    "OPEN",
    "STAGED",
    "UNSPACED",
    "Action",
    "Basis",
    "Change",
    "Contract",
    "ContractFigure",
    "ContractFigureItem",
    "ContractLink",
    "ContractMilestone",
    "ContractParty",
    "Contributor",
    "ContributorRole",
    "CountableReason",
    "Dated",
    "DatedRecord",
    "Donation",
    "DonationFigure",
    "DonationFigureItem",
    "DonationLink",
    "DonationMilestone",
    "DonationParty",
    "DraftSave",
    "Evidence",
    "Export",
    "ExportFigure",
    "ExportFigureItem",
    "ExportLink",
    "ExportParty",
    "Figure",
    "FigureItem",
    "HSCode",
    "IatiType",
    "Item",
    "LinkType",
    "Measure",
    "Milestone",
    "Operator",
    "Origin",
    "Party",
    "PartyRole",
    "PartyType",
    "Precision",
    "Rank",
    "Record",
    "RecordLink",
    "RecordParty",
    "Revision",
    "RevisionCounter",
    "StagedRecord",
    "State",
    "Statement",
    "StatementLink",
    "Unit",
    "VocabularyEntry",
    "fold",
    "form_values",
    "in_the_end",
    "inside",
    "item_lineages",
    "plain",
    "unlike_types",
]
