"""Imports: a spreadsheet that somebody sent, what was found in each of its rows, and the drafts
that it became."""

from typing import Any

from django.conf import settings
from django.db import models

from aidapi.fields import CodeField


class ImportState(models.TextChoices):
    CHECKING = "checking", "being checked"
    READY = "ready", "checked, nothing written yet"
    REFUSED = "refused", "refused, nothing written"
    IMPORTED = "imported", "imported as drafts"
    UNDONE = "undone", "undone, its drafts deleted"


class Verdict(models.TextChoices):
    REFUSED = "refused", "refused"
    CHANGED = "changed", "changed"
    NEW = "new", "new"
    UNCHANGED = "unchanged", "unchanged"
    LEFT_OUT = "left_out", "left out"


class ImportBatch(models.Model):
    """A file that a curator sent, from its check to the drafts that it became."""

    kind = CodeField(max_length=16, help_text="Kind of record that the file holds.")
    file_name = models.CharField(max_length=200, help_text="Name of the file.")
    digest = CodeField(
        max_length=64, help_text="SHA-256 of the file: by it the same file is known again."
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        help_text="Who sent it, and alone may import it.",
    )
    state = models.CharField(
        max_length=8,
        choices=ImportState,
        default=ImportState.CHECKING,
        help_text="How far the import came.",
    )
    columns = models.JSONField(default=list, help_text="Columns of the file, in its order.")
    notes = models.JSONField(
        default=list,
        help_text="How the file was read, in sentences: sheet, lines, what was passed over.",
    )
    decimal_comma = models.BooleanField(
        default=False,
        help_text="Whether the program that wrote it probably writes 1,5 for one and a half.",
    )
    answers = models.JSONField(
        default=list,
        help_text="Answers that were given for all cells with the same question, in sentences.",
    )
    is_mended = models.BooleanField(
        default=False, help_text="Whether cells were mended or rows left out on the page."
    )
    rows = models.PositiveIntegerField(default=0, help_text="Rows of the file.")
    checked = models.PositiveIntegerField(
        default=0, help_text="How many of the rows are checked so far."
    )
    reason = models.TextField(
        blank=True, help_text="Why published records change, where a row gives no reason."
    )
    created_at = models.DateTimeField(auto_now_add=True, help_text="When it was sent, in UTC.")
    imported_at = models.DateTimeField(null=True, help_text="When it became drafts, in UTC.")
    undone_at = models.DateTimeField(null=True, help_text="When it was undone, in UTC.")

    class Meta:
        # Users who may see or add records of the kind may see or add its imports.
        default_permissions = ()
        verbose_name = "import"
        ordering = ["-pk"]
        indexes = [
            # Was this file imported before?
            models.Index(fields=["digest", "kind", "state"], name="importbatch_digest"),
        ]

    def __str__(self) -> str:
        return f"{self.file_name} ({self.kind}s)"


class ImportRow(models.Model):
    """A row of the file, and what was found in it."""

    batch = models.ForeignKey(
        ImportBatch,
        models.CASCADE,
        related_name="lines",
        db_index=False,
        help_text="The import.",
    )
    number = models.PositiveIntegerField(help_text="Line of the row in the file, from 1.")
    first = models.PositiveIntegerField(
        help_text="Line of the first row of the same record: rows that share it are one record."
    )
    record = models.CharField(
        max_length=200,
        blank=True,
        help_text="Id of its record, or the file's label for a new one.",
    )
    cells = models.JSONField(default=dict, help_text="Column → text, of the cells that hold one.")
    faults = models.JSONField(
        default=list, help_text="[column, what is wrong] of cells that could not be read at all."
    )
    original = models.JSONField(
        default=dict,
        help_text="Column → text in the file, where it was read as something else or not at all; "
        "empty text where an amount named the currency.",
    )
    mended = models.JSONField(
        default=dict, help_text="Column → text that was typed on the page in place of the file's."
    )
    resolved = models.JSONField(
        default=dict,
        help_text="Column → [reading, why], where the other readings of a date are impossible.",
    )
    left_out = models.BooleanField(
        default=False, help_text="Whether the record is not to be imported."
    )
    verdict = models.CharField(
        max_length=9, choices=Verdict, blank=True, help_text="What was found; empty until checked."
    )
    findings = models.JSONField(
        default=list,
        help_text="Of a changed row [column, old, new] for each cell, of a refused one [column, "
        "what is wrong and what would be right].",
    )

    class Meta:
        default_permissions = ()
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "number"],
                name="importrow_line_once",
                violation_error_message="A line of a file occurs once in its import.",
            ),
        ]
        indexes = [
            # The rows of the next records to be checked.
            models.Index(fields=["batch", "first", "number"], name="importrow_record"),
            # The preview: rows with one verdict.
            models.Index(fields=["batch", "verdict", "number"], name="importrow_verdict"),
        ]

    def __str__(self) -> str:
        return f"row {self.number}: {self.verdict or 'not checked yet'}"

    def text(self, column: str) -> str:
        """Return what is written in a cell: on the page, else in the file."""
        written = self.record if column == "record" else self.cells.get(column, "")
        return str(self.mended.get(column, self.original.get(column, written)))


class ImportedDraft(models.Model):
    """A draft that an import wrote: what undoing it takes away."""

    batch = models.ForeignKey(
        ImportBatch, models.CASCADE, related_name="drafts", help_text="The import."
    )
    record = models.BigIntegerField(
        help_text="Key of the draft's row: a later draft of the same version has another."
    )
    public_id = CodeField(max_length=12, help_text="The record's id.")
    version = models.PositiveIntegerField(help_text="The draft's version.")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.public_id} v{self.version}"

    @classmethod
    def of(cls, batch: ImportBatch, draft: Any) -> "ImportedDraft":
        return cls(batch=batch, record=draft.pk, public_id=draft.public_id, version=draft.version)
