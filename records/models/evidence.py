"""Evidence: the statement and the words in it on which a figure or a milestone rests."""

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import StrIndex

from records.models import text
from records.models.base import OPEN, State, plain_values
from records.models.cleaning import ValidatedOnce
from records.models.doubts import Doubt, require_reason
from records.models.quotes import find_quote
from records.models.reading import folded, numbers
from records.models.rules import CheckedAtOnce

MAX_QUOTE_LENGTH = 200
MAX_QUOTE_WORDS = 8
MAX_QUOTE_LETTERS = 20
"""Limit for scripts without spaces between words."""
KEPT_QUOTES = 2_000
UNSPACED = "".join(f"{chr(first)}-{chr(last)}" for first, last in text.UNSPACED)
"""Their characters, as the inside of a character class of regular expressions, here and in
browsers."""


@lru_cache(KEPT_QUOTES)
def length_problem(quote: str) -> str:
    """Return why a quote is too long, since full sentences belong to their authors; empty if it
    is not. A number in digits, or in words of thousands and more, is one word."""
    if not quote:
        return ""
    rest = folded(quote)
    for number in reversed(numbers(rest)):
        spaced = re.match(f"[{UNSPACED}]", rest[number.start]) is None
        if rest[number.start].isdigit() or (number.scale >= 1000 and spaced):
            rest = f"{rest[: number.start]} 0 {rest[number.end :]}"
    words = [word for word in re.split(r"[\s/—–…]+", rest) if re.search(r"\w", word)]
    letters = re.findall(f"[{UNSPACED}]", rest)
    found = ""
    if len(words) > MAX_QUOTE_WORDS:
        found = f"{len(words)} words"
    elif len(letters) > MAX_QUOTE_LETTERS:
        found = f"{len(letters)} characters of a script without spaces"
    return found and (
        f"It has {found}. Quote at most {MAX_QUOTE_WORDS} words, or {MAX_QUOTE_LETTERS} "
        f"characters of a script without spaces: those that bear it."
    )


class EvidenceQuerySet(models.QuerySet):
    """Queries for figures or milestones."""

    def unverified(self) -> "EvidenceQuerySet":
        """Return rows of public and open versions whose quote is not in the text of their
        statement: the text at publication, the current text for open versions, or the text of a
        correction of the statement."""
        statements: Any = self.model._meta.get_field("statement").related_model
        corrected = (
            statements.objects.filter(
                public_id=OuterRef("statement__public_id"), state=State.PUBLISHED
            )
            .exclude(text="")
            .annotate(at=StrIndex("text", OuterRef("quote")))
            .filter(at=0)
        )
        lost = self.alias(at=StrIndex("statement__text", F("quote"))).filter(
            ~Q(statement__text=""), record__state__in=OPEN, at=0
        )
        published = self.filter(record__state=State.PUBLISHED)
        return self.filter(
            Q(pk__in=lost.values("pk"))
            | Q(pk__in=published.filter(quote_found=False).values("pk"))
            | Q(
                pk__in=published.filter(Exists(corrected), statement__state=State.SUPERSEDED)
                .order_by()
                .values("pk")
            )
        )


class Evidence(CheckedAtOnce, ValidatedOnce):
    """A row that needs a statement and a quote of it."""

    statement = models.ForeignKey(
        "records.Statement",
        models.PROTECT,
        related_name="+",
        help_text="The statement, in the version that was read.",
    )
    quote = models.CharField(
        max_length=MAX_QUOTE_LENGTH, help_text="The words of the statement, verbatim."
    )
    quote_translation = models.CharField(
        max_length=MAX_QUOTE_LENGTH,
        blank=True,
        help_text="The quote in English, in our translation, of at most eight words; null where "
        "it is in English or was not translated.",
    )
    offset = models.PositiveIntegerField(
        null=True,
        blank=True,
        editable=False,
        help_text="Position of the quote in the statement's text, in characters; null if the text "
        "is not on file.",
    )
    quote_found = models.BooleanField(
        null=True,
        editable=False,
        help_text="Whether the quote occurs in the statement's text; null if the text is not on "
        "file.",
    )
    quote_reason = models.TextField(
        blank=True,
        help_text="Why it is right although the quote has another number, qualifier or date, or "
        "although the date is rarely right. For curators; empty where nothing is doubtful.",
    )

    objects = EvidenceQuerySet.as_manager()

    NO_CONTENT: ClassVar[frozenset[str]]
    """Columns that are not content: keys, order, generated columns, and the statement, which the
    content identifies by its public id and version."""

    if TYPE_CHECKING:
        statement_id: int

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.locate_quote()
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """Refuse what is entered with a quote or translation that is too long, or with a doubt
        and no reason. What was published before these rules is not entered again."""
        super().clean()
        for name in ("quote", "quote_translation"):
            if problem := length_problem(getattr(self, name)):
                raise ValidationError({name: problem})
        require_reason(self.doubts(), self.quote_reason, "quote_reason")

    def doubts(self) -> list[Doubt]:
        """Return what a curator must give a reason for."""
        return []

    def locate_quote(self) -> None:
        """Find the quote in the statement's text, where that is on file, and take it as it is
        there. Words that occur more than once stay where they were selected; else the first place
        is theirs."""
        text = self.statement.text if self.statement_id else ""
        if text:
            place = find_quote(self.quote, text, self.offset)
            if place and place[1] - place[0] > MAX_QUOTE_LENGTH:
                place = None
            self.quote_found = place is not None
            self.offset = place[0] if place else None
            if place:
                self.quote = text[slice(*place)]

    @classmethod
    @cache
    def content_fields(cls) -> list[models.Field]:
        """Return the columns that the digest covers, but for the statement."""
        return [field for field in cls._meta.concrete_fields if field.name not in cls.NO_CONTENT]

    def content(self) -> dict[str, Any]:
        """Return the content as plain data, without what is at its default."""
        content = plain_values(self)
        content["statement"] = [self.statement.public_id, self.statement.version]
        return content
