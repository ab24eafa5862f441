"""The domain model. Everyone imports from here."""

from typing import Any

from records.models.audit import AuditedAct, AuditEntry
from records.models.base import (
    ENDED,
    ID_PATTERN,
    OPEN,
    DatedRecord,
    LinkType,
    Precision,
    Record,
    RecordDocument,
    RecordLink,
    RecordParty,
    State,
    plain,
)
from records.models.contracts import (
    Contract,
    ContractDocument,
    ContractFigure,
    ContractFigureItem,
    ContractLink,
    ContractParty,
    ContractWords,
)
from records.models.donations import (
    Donation,
    DonationDocument,
    DonationFigure,
    DonationFigureItem,
    DonationLink,
    DonationParty,
    DonationWords,
)
from records.models.duplicates import Candidate, Standing
from records.models.edits import Edit, written
from records.models.exports import (
    Export,
    ExportDocument,
    ExportFigure,
    ExportFigureItem,
    ExportLink,
    ExportParty,
    ExportWords,
)
from records.models.fields import fold
from records.models.figures import (
    COUNTED_TYPE,
    MAX_QUOTE_LETTERS,
    MAX_QUOTE_WORDS,
    UNSPACED,
    Basis,
    CountableReason,
    Figure,
    FigureItem,
    Measure,
    Operator,
    PartyRole,
    Rank,
    is_fragment,
)
from records.models.imports import (
    ImportBatch,
    ImportedDraft,
    ImportRow,
    ImportState,
    Verdict,
)
from records.models.items import HSCode, Item, Unit
from records.models.parties import IatiType, Party, PartyType, Term
from records.models.revisions import (
    LONGEST_TERM,
    UNKNOWN,
    Action,
    Change,
    Hand,
    HandRole,
    Head,
    Origin,
    Revision,
    TermCount,
    flag,
)
from records.models.statements import Statement, StatementDocument, StatementLink, StatementWords
from records.models.words import RecordWords, Search

KINDS: dict[str, type[Record]] = {
    model.KIND: model for model in (Statement, Donation, Export, Contract)
}
"""Kind of record → its model, in the order in which records depend on each other."""

DATED: dict[str, Any] = {model.KIND: model for model in (Donation, Export, Contract)}
"""The kinds that have figures and parties: each a subclass of DatedRecord."""

__all__ = [
    "COUNTED_TYPE",
    "DATED",
    "ENDED",
    "ID_PATTERN",
    "KINDS",
    "LONGEST_TERM",
    "MAX_QUOTE_LETTERS",
    "MAX_QUOTE_WORDS",
    "OPEN",
    "UNKNOWN",
    "UNSPACED",
    "Action",
    "AuditEntry",
    "AuditedAct",
    "Basis",
    "Candidate",
    "Change",
    "Contract",
    "ContractDocument",
    "ContractFigure",
    "ContractFigureItem",
    "ContractLink",
    "ContractParty",
    "ContractWords",
    "CountableReason",
    "DatedRecord",
    "Donation",
    "DonationDocument",
    "DonationFigure",
    "DonationFigureItem",
    "DonationLink",
    "DonationParty",
    "DonationWords",
    "Edit",
    "Export",
    "ExportDocument",
    "ExportFigure",
    "ExportFigureItem",
    "ExportLink",
    "ExportParty",
    "ExportWords",
    "Figure",
    "FigureItem",
    "HSCode",
    "Hand",
    "HandRole",
    "Head",
    "IatiType",
    "ImportBatch",
    "ImportRow",
    "ImportState",
    "ImportedDraft",
    "Item",
    "LinkType",
    "Measure",
    "Operator",
    "Origin",
    "Party",
    "PartyRole",
    "PartyType",
    "Precision",
    "Rank",
    "Record",
    "RecordDocument",
    "RecordLink",
    "RecordParty",
    "RecordWords",
    "Revision",
    "Search",
    "Standing",
    "State",
    "Statement",
    "StatementDocument",
    "StatementLink",
    "StatementWords",
    "Term",
    "TermCount",
    "Unit",
    "Verdict",
    "flag",
    "fold",
    "is_fragment",
    "plain",
    "written",
]
