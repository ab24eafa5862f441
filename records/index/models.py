"""Derived rows: the search document of every published version, and the filter statistics."""

from django.db import models

from aidapi.fields import CodeField, SharedKeyField
from records.index.search import SIGNATURE_LENGTH, SearchDocument
from records.models import Contract, Donation, Export, Statement

MAX_KEY_LENGTH = 1_000


class FilterStatistics(models.Model):
    """How many versions have an index key. Lets the query planner estimate which filter of a query
    is the most selective; decides nothing that a query returns. Written in the transaction that
    publishes."""

    kind = CodeField(max_length=10, help_text="Kind of record.")
    role = CodeField(
        max_length=24,
        help_text="Role of a party, `party` for any, or a role with a copied column: "
        "`recipient_country`; `item`; `linked`; a column of codes of the record or its figures; "
        "`word` for a word of its texts, `head` for one of its title or of the names of its "
        "parties and items.",
    )
    key = CodeField(
        max_length=MAX_KEY_LENGTH,
        help_text="Code of the party, item, country, region, type or link; or a word, or two that "
        "follow one another, `test_kits`; the empty word is that of all versions.",
    )
    versions = models.PositiveIntegerField(
        default=0, help_text="Versions ever published that have the key."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "role", "key"], name="filterstatistics_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.role} {self.key}: {self.versions}"


class StatementSearchDocument(SearchDocument):
    record = SharedKeyField(
        Statement,
        models.CASCADE,
        primary_key=True,
        related_name="search_document",
        help_text="The statement's version.",
    )


class DonationSearchDocument(SearchDocument):
    record = SharedKeyField(
        Donation,
        models.CASCADE,
        primary_key=True,
        related_name="search_document",
        help_text="The donation's version.",
    )


class ExportSearchDocument(SearchDocument):
    record = SharedKeyField(
        Export,
        models.CASCADE,
        primary_key=True,
        related_name="search_document",
        help_text="The export's version.",
    )


class ContractSearchDocument(SearchDocument):
    record = SharedKeyField(
        Contract,
        models.CASCADE,
        primary_key=True,
        related_name="search_document",
        help_text="The contract's version.",
    )


class DerivedState(models.Model):
    """By which code the derived rows of one kind of record were last written completely."""

    kind = CodeField(max_length=10, help_text="Kind of record.")
    rows = CodeField(max_length=10, help_text="Which rows: `document`, `search`, `statistics`.")
    signature = CodeField(
        max_length=SIGNATURE_LENGTH,
        blank=True,
        help_text="Signature of the code that wrote all of them; empty where that is not known.",
    )
    progress = models.JSONField(
        null=True,
        help_text="How far a rebuild of the statistics has come; null while there is none.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "rows"], name="derived_state_once"),
        ]

    def __str__(self) -> str:
        return f"{self.rows} of {self.kind}: {self.signature or 'unknown'}"
