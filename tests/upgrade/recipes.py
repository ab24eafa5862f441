"""The recipes of CONTRIBUTING.md as edits of a copy of the project."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
LEFT_OUT = shutil.ignore_patterns(
    ".git", "var", "tests", "clients", "node_modules", "__pycache__", ".venv", ".*_cache"
)


@dataclass(frozen=True)
class Edit:
    """One hand edit: what is written into a file, after the text that a pattern finds."""

    path: str
    after: str
    text: str

    def apply(self, root: Path) -> None:
        file = root / self.path
        before = file.read_text("utf-8")
        edited, n = re.subn(
            self.after, lambda found: found[0] + self.text, before, count=1, flags=re.DOTALL
        )
        assert n == 1, f"{self.path} has nothing like {self.after!r}"
        file.write_text(edited, "utf-8")


@dataclass(frozen=True)
class Likeness:
    """A new file, written like another one: its path, the other's, and words that differ."""

    path: str
    like: str
    words: dict[str, str]

    def apply(self, root: Path) -> None:
        text = (root / self.like).read_text("utf-8")
        for word, other in self.words.items():
            text = re.sub(word, other, text, flags=re.DOTALL)
        file = root / self.path
        assert not file.exists(), f"{self.path} is there already"
        file.write_text(text, "utf-8")


def copy_project(root: Path) -> None:
    """Copy the project without tests and without what is generated."""
    shutil.copytree(ROOT, root, ignore=LEFT_OUT)


FIELD = [
    Edit(
        "records/models/donations.py",
        r"official record\"\n",
        """
    class Urgency(models.TextChoices):
        ROUTINE = "routine", "routine"
        EMERGENCY = "emergency", "emergency: sent at once"
""",
    ),
    Edit(
        "records/models/donations.py",
        r"Which side reports it\.\"\n    \)\n",
        """    urgency = models.CharField(
        max_length=9,
        blank=True,
        choices=Urgency,
        help_text="How urgent the source says it was; null where it does not say.",
    )
""",
    ),
    Edit("records/documents/donations.py", r'"stated_by",\n', '            "urgency",\n'),
    Edit("records/curation/nouns/donations.py", r'\("Provenance", {"fields": \[', '"urgency", '),
    Edit("records/dataset_files/layout.py", r'\("form", "stage", "stated_by", ', '"urgency", '),
    Edit(
        "aidapi/settings.py",
        r"records\.models\.Donation\.StatedBy\",\n",
        '        "DonationUrgency": "records.models.Donation.Urgency",\n',
    ),
]
"""Add a field: `urgency` of donations, a code."""

FILTER = [
    Edit("records/models/donations.py", r'CODED = \("form", "stage", "stated_by"', ', "urgency"'),
    Edit(
        "records/api/resources/donations.py",
        r'"stated_by", example="donor"\)\n',
        '    urgency = ChoiceParameter(Donation, "urgency", example="emergency")\n',
    ),
]
"""Add a filter over the new column."""

FILTER_OF_AN_EXISTING_COLUMN = [
    Edit(
        "records/models/donations.py",
        r'CODED = \("form", "stage", "stated_by"',
        ', "as_of_precision"',
    ),
    Edit(
        "records/api/resources/donations.py",
        r'"stated_by", example="donor"\)\n',
        "    as_of_precision = ChoiceParameter(\n"
        '        Donation, "as_of_precision", example="month"\n'
        "    )\n",
    ),
]
"""Add a filter over a column that all published versions have."""

PLEDGE = {
    # A dictionary of names that clients of exports try.
    r"    SYNONYMS = \{.*?\}\n\n": "",
    "exporter": "donor",
    "EXPORTER": "DONOR",
    "destination": "recipient",
    "DESTINATION": "RECIPIENT",
    "export": "pledge",
    "Export": "Pledge",
    "EXPORT": "PLEDGE",
    r"\bexp\b": "plg",
}
"""Words of an export → those of a pledge."""

RESOURCE: list[Edit | Likeness] = [
    *(
        Likeness(f"records/{package}/pledges.py", f"records/{package}/exports.py", PLEDGE)
        for package in ("models", "documents", "api/resources", "curation/nouns")
    ),
    *(
        Edit(f"records/{package}/models.py", r"from records\.models import Contract, ", "Pledge, ")
        for package in ("documents", "index")
    ),
    *(
        Edit(
            f"records/{package}/models.py",
            r"\Z",
            f"""

class Pledge{name}({base}):
    record = SharedKeyField(
        Pledge,
        models.CASCADE,
        primary_key=True,
        related_name="{relation}",
        help_text="The pledge's version.",
    )
""",
        )
        for package, name, base, relation in (
            ("documents", "Document", "RecordDocument", "document"),
            ("documents", "FileRows", "FileRows", "file_rows"),
            ("index", "SearchDocument", "SearchDocument", "search_document"),
        )
    ),
    Edit(
        "records/models/__init__.py",
        r"(?=from records\.models\.revisions import)",
        """from records.models.pledges import (
    Pledge,
    PledgeFigure,
    PledgeFigureItem,
    PledgeLink,
    PledgeParty,
)
""",
    ),
    Edit(
        "records/models/__init__.py",
        r"model\.KIND: model for model in \(Statement, Donation, Export, Contract",
        ", Pledge",
    ),
    Edit(
        "records/models/__init__.py",
        r"DATED.*?model\.KIND: model for model in \(Donation, Export, Contract",
        ", Pledge",
    ),
    Edit("records/models/base.py", r'ID_PATTERN = r"\(\?:st', "|plg"),
    Edit(
        "records/documents/render.py",
        r"from records\.documents\.exports import ExportSerializer\n",
        "from records.documents.pledges import PledgeSerializer\n",
    ),
    Edit(
        "records/documents/render.py",
        r"        ContractSerializer,\n",
        "        PledgeSerializer,\n",
    ),
    Edit(
        "records/api/urls.py",
        r"from records\.api\.resources\.parties import PARTIES\n",
        "from records.api.resources.pledges import PLEDGES\n",
    ),
    Edit("records/api/urls.py", r"    CONTRACTS,\n", "    PLEDGES,\n"),
    Edit(
        "records/api/urls.py", r"\*record_routes\(CONTRACTS\),\n", "    *record_routes(PLEDGES),\n"
    ),
    Edit("records/api/addresses.py", r'"contract": "contracts",\n', '    "pledge": "pledges",\n'),
    Edit(
        "records/admin.py", r"import contracts, donations, exports, items, parties, ", "pledges, "
    ),
    Edit("records/admin.py", r'    "parties",\n', '    "pledges",\n'),
    Edit("records/dataset_files/layout.py", r"    Party,\n", "    Pledge,\n"),
    Edit(
        "records/dataset_files/layout.py",
        r'(?=    "contracts": Noun\()',
        """    "pledges": Noun(
        Pledge,
        (*RECORD_HEAD, "donors", "recipients", "reported_by", "trade", *WHEN, *TAIL),
    ),
""",
    ),
    Edit("records/totals/milestones.py", r'"export": \(""\,\),\n', '    "pledge": ("",),\n'),
    Edit(
        "aidapi/settings.py",
        r"records\.models\.PartyType\",\n",
        """        "PledgeReportedBy": "records.models.Pledge.ReportedBy",
        "PledgeTrade": "records.models.Pledge.Trade",
""",
    ),
]
"""Add a resource: `pledges`, with the columns of exports."""


def pledge_roles(root: Path) -> None:
    """Write the data migration that gives the roles their permissions for pledges."""
    migrations = sorted((root / "records/migrations").glob("[0-9]*.py"))
    last = migrations[-1].stem
    Likeness(
        f"records/migrations/{int(last[:4]) + 1:04}_pledge_roles.py",
        "records/migrations/0002_roles.py",
        {
            r"KINDS = \[.*?\]": 'KINDS = ["pledge"]',
            r"\('records', '0001_initial'\)": f"('records', '{last}')",
        },
    ).apply(root)
