"""Statements: who said or published what, where and when. Every figure cites one."""

import hashlib
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.db.models import Q

from aidapi.fields import CodeField
from records.models.base import Precision, Record, RecordLink, date_key
from records.models.doubts import TIME_ZONES, Doubt, beside, known_date
from records.models.languages import canonical, meant
from records.models.text import fold


class Statement(Record):
    """A press statement, briefing, article or official notice, in one version."""

    KIND = "statement"
    PREFIX = "st"
    DATE = "published_on"
    FOLDED: ClassVar[tuple[str, ...]] = (
        "publisher",
        "speaker",
        "organisation",
        "event",
        "topics",
    )

    # Who and where
    publisher = models.CharField(
        max_length=200, help_text="Name of the publisher, as it calls itself."
    )
    speaker = models.CharField(
        max_length=200, blank=True, help_text="Person whose words it reports."
    )
    speaker_role = models.CharField(
        max_length=200, blank=True, help_text="Role in which the speaker spoke."
    )
    organisation = models.CharField(
        max_length=200, blank=True, help_text="Organisation for which the speaker spoke."
    )
    event = models.CharField(
        max_length=200,
        blank=True,
        help_text="Occasion: a press conference, a report.",
    )
    language = CodeField(
        max_length=20,
        help_text="Language of the text, as a BCP 47 tag: en, zh, zh-Hant.",
    )
    url = models.URLField(
        max_length=500,
        validators=[URLValidator(schemes=["http", "https"])],
        help_text="Address at which it was read.",
    )
    archived_url = models.URLField(
        max_length=700,
        blank=True,
        validators=[URLValidator(schemes=["http", "https"])],
        help_text="Address of an archived copy.",
    )

    # When
    published_on = models.DateField(help_text="Day of publication.")
    published_on_precision = models.CharField(
        max_length=5,
        choices=Precision,
        default=Precision.DAY,
        help_text="Precision of `published_on`: day, month or year.",
    )
    published_on_key = date_key("published_on")
    said_on = models.DateField(
        null=True,
        blank=True,
        help_text="Day on which it was said: an article of the 13th may report a briefing of the "
        "10th.",
    )
    said_on_precision = models.CharField(
        max_length=5,
        choices=Precision,
        default=Precision.DAY,
        help_text="Precision of `said_on`: day, month or year; null where there is no date.",
    )
    said_on_key = date_key("said_on", null=True)
    accessed_on = models.DateField(
        null=True, blank=True, help_text="Day on which a curator read it."
    )

    # What
    summary = models.TextField(help_text="Summary in our own words.")
    topics = models.JSONField(
        default=list,
        blank=True,
        help_text="What it says beyond transfers, as slugs: `customs-facilitation`.",
    )
    text = models.TextField(
        blank=True,
        help_text="The full text, for curators only. It belongs to its author and is not "
        "published. Quotes are compared with it.",
    )
    text_sha256 = CodeField(
        max_length=64,
        blank=True,
        editable=False,
        help_text="SHA-256 of the text with which quotes were compared; null if none is on file.",
    )

    publisher_key = CodeField(max_length=600, editable=False, default="", help_text="Folded.")
    speaker_key = CodeField(max_length=600, editable=False, default="", help_text="Folded.")
    organisation_key = CodeField(max_length=600, editable=False, default="", help_text="Folded.")
    event_key = CodeField(max_length=600, editable=False, default="", help_text="Folded.")
    topics_key = CodeField(max_length=2000, editable=False, default="", help_text="Folded.")

    LIFE = Record.LIFE | {"text", *(f"{name}_key" for name in FOLDED)}

    class Meta(Record.Meta):
        indexes = [
            *Record.Meta.indexes,
            # The list in its default order, latest first, now or as of any revision.
            models.Index(
                fields=["-published_on_key", "-public_id", "published_in", "retired_in"],
                condition=Q(published_in__isnull=False),
                name="%(class)s_newest",
            ),
            # ?ordering=said_on.
            models.Index(
                fields=["-said_on_key", "-public_id", "published_in", "retired_in"],
                condition=Q(published_in__isnull=False),
                name="%(class)s_said",
            ),
        ]
        constraints = [
            *Record.Meta.constraints,
            models.CheckConstraint(
                name="%(class)s_has_source",
                condition=~Q(publisher="") & ~Q(url="") & ~Q(language="") & ~Q(summary=""),
                violation_error_message="Give the publisher, the address, the language and a "
                "summary.",
            ),
        ]

    def clean(self) -> None:
        if self.language:
            self.language = self._canonical_language()
        super().clean()

    def _canonical_language(self) -> str:
        text = self.language.strip()
        if tag := canonical(text):
            return tag
        right = meant(text)
        hint = f"Write {right}." if right else "Write one such as en, zh or zh-Hant."
        raise ValidationError({"language": f"{text!r} is no language tag. {hint}"})

    def doubts(self) -> list[Doubt]:
        found = super().doubts()
        published = known_date(self, "published_on")
        if found or published is None:
            return found
        said, read = known_date(self, "said_on"), known_date(self, "accessed_on")
        if said and (text := beside(said, published.first, published.last)):
            found.append(Doubt("said_on", text))
        if read and read.last < published.first - TIME_ZONES:
            text = f"{read.question} The statement was published only on {published.text}."
            found.append(Doubt("accessed_on", text))
        return found

    def derive_columns(self) -> None:
        super().derive_columns()
        self.fold_words()

    def fold_words(self) -> None:
        """Set the folded copies that filters compare, and the digest of the text."""
        for name in self.FOLDED:
            value = getattr(self, name)
            # One topic per line: folded text has no line break, so no match spans two.
            lines = value if isinstance(value, list) else [value]
            key = "\n".join(fold(line) for line in lines)
            column: Any = self._meta.get_field(f"{name}_key")
            setattr(self, column.name, key[: column.max_length])
        if self.text:
            self.text_sha256 = hashlib.sha256(self.text.encode()).hexdigest()


class StatementLink(RecordLink):
    record = models.ForeignKey(
        Statement,
        models.CASCADE,
        related_name="links",
        help_text="The statement's version.",
    )
