"""The stored documents: the public JSON of every published version, and its rows in files."""

from django.db import models

from aidapi.fields import CodeField, SharedKeyField
from records.models import Contract, Donation, Export, Statement


class RecordDocument(models.Model):
    """The public JSON of a published version, rendered once on publishing: what lists send.
    `manage.py reindex` renders it again after a change of the serializers."""

    format = CodeField(
        max_length=16,
        help_text="Signature of the code that rendered it; of other code it is out of date.",
    )
    body = models.TextField(help_text="The JSON document.")
    content_digest = CodeField(
        max_length=64, help_text="Digest of the content that the document renders."
    )

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"document of {self.pk}"


class StatementDocument(RecordDocument):
    record = SharedKeyField(
        Statement,
        models.CASCADE,
        primary_key=True,
        related_name="document",
        help_text="The statement's version.",
    )


class DonationDocument(RecordDocument):
    record = SharedKeyField(
        Donation,
        models.CASCADE,
        primary_key=True,
        related_name="document",
        help_text="The donation's version.",
    )


class ExportDocument(RecordDocument):
    record = SharedKeyField(
        Export,
        models.CASCADE,
        primary_key=True,
        related_name="document",
        help_text="The export's version.",
    )


class ContractDocument(RecordDocument):
    record = SharedKeyField(
        Contract,
        models.CASCADE,
        primary_key=True,
        related_name="document",
        help_text="The contract's version.",
    )


class FileRows(models.Model):
    """The rows of a published version's figures in CSV, made on publishing: a download of
    everything would take several times as long to make them. `manage.py reindex` makes them again
    after a change of the columns."""

    format = CodeField(
        max_length=16, help_text="Signature of the code that made them; see the document's."
    )
    lines = models.TextField(
        help_text="The rows as a JSON list of lines, without the columns of totals, which depend "
        "on other records."
    )

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"file rows of {self.pk}"


class DonationFileRows(FileRows):
    record = SharedKeyField(
        Donation,
        models.CASCADE,
        primary_key=True,
        related_name="file_rows",
        help_text="The donation's version.",
    )


class ExportFileRows(FileRows):
    record = SharedKeyField(
        Export,
        models.CASCADE,
        primary_key=True,
        related_name="file_rows",
        help_text="The export's version.",
    )


class ContractFileRows(FileRows):
    record = SharedKeyField(
        Contract,
        models.CASCADE,
        primary_key=True,
        related_name="file_rows",
        help_text="The contract's version.",
    )
