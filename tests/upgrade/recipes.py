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
