"""Parties: countries, governments, companies, foundations and others that give, receive, export,
buy, sell or pass on aid."""

from collections.abc import Mapping
from typing import Any, ClassVar

import iso3166
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models

from aidapi.fields import CodeField
from records.models.cleaning import ValidatedOnce
from records.models.regions import REGION_CHOICES
from records.models.rules import CheckedAtOnce
from records.models.text import fold


class PartyType(models.TextChoices):
    COUNTRY = "country", "country or territory, its national government included"
    GOVERNMENT = "government", "body of a national government"
    LOCAL_GOVERNMENT = "local_government", "province, city or their body"
    INTERNATIONAL_ORGANISATION = (
        "international_organisation",
        "international organisation",
    )
    COMPANY = "company", "company"
    FOUNDATION = "foundation", "foundation"
    NGO = "ngo", "non-governmental organisation"
    ACADEMIC = "academic", "university or research body"
    INDIVIDUAL = "individual", "person"
    GROUP = "group", "group of parties that a statement names as one"
    OTHER = "other", "other"


class IatiType(models.TextChoices):
    """Organisation types of the IATI standard, code list OrganisationType."""

    GOVERNMENT = "10", "10 Government"
    LOCAL_GOVERNMENT = "11", "11 Local Government"
    OTHER_PUBLIC_SECTOR = "15", "15 Other Public Sector"
    INTERNATIONAL_NGO = "21", "21 International NGO"
    NATIONAL_NGO = "22", "22 National NGO"
    REGIONAL_NGO = "23", "23 Regional NGO"
    PARTNER_COUNTRY_NGO = "24", "24 Partner Country based NGO"
    PUBLIC_PRIVATE_PARTNERSHIP = "30", "30 Public Private Partnership"
    MULTILATERAL = "40", "40 Multilateral"
    FOUNDATION = "60", "60 Foundation"
    PRIVATE_SECTOR = "70", "70 Private Sector"
    PRIVATE_SECTOR_PROVIDER = "71", "71 Private Sector in Provider Country"
    PRIVATE_SECTOR_RECIPIENT = "72", "72 Private Sector in Aid Recipient Country"
    PRIVATE_SECTOR_THIRD = "73", "73 Private Sector in Third Country"
    ACADEMIC = "80", "80 Academic, Training and Research"
    OTHER = "90", "90 Other"


class PublishedEntries(models.Manager):
    """The entries that readers know: those that are only proposed have no version yet."""

    def get_queryset(self) -> models.QuerySet:
        return super().get_queryset().filter(version__gt=0)


class VocabularyEntry(CheckedAtOnce, ValidatedOnce):
    """Base of parties and items: a code that never changes, and edits that are revisions."""

    KIND: ClassVar[str]
    replaced_by_id: str | None

    code = CodeField(
        max_length=60,
        primary_key=True,
        validators=[
            RegexValidator(
                r"^(?:[A-Z]{3}|[a-z0-9]+(?:-[a-z0-9]+)*)\Z",
                "Use lower-case letters, digits and hyphens (jack-ma-foundation), or the ISO "
                "3166-1 alpha-3 code of a country (PAK).",
            )
        ],
        help_text="Stable code, used in queries and links; it never changes.",
    )
    # 0 while it is only proposed, which readers do not see.
    version = models.PositiveIntegerField(
        default=0, editable=False, help_text="Version of the party or item, from 1."
    )
    name = models.CharField(max_length=200, help_text="Name in English.")
    name_key = CodeField(
        max_length=400,
        editable=False,
        default="",
        help_text="Folded name, for ordering.",
    )
    words_key = CodeField(
        max_length=4000,
        editable=False,
        default="",
        help_text="Folded name, aliases and two-letter code of a country, for `name=`, imports "
        "and suggestions.",
    )
    aliases = models.JSONField(
        default=list,
        blank=True,
        help_text="Other names that statements use, in any language: for search and matching.",
    )
    replaced_by = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="replaces",
        help_text="Code that replaces this one, if the same was entered under two: filters by "
        "either find the records of both. Null if none does.",
    )

    objects = PublishedEntries()
    with_proposed = models.Manager()
    """Also those that readers do not know yet: for drafts and for those who decide."""

    class Meta:
        abstract = True
        ordering = ["name_key", "code"]

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"

    def save(self, *args, **kwargs) -> None:
        self.name_key = fold(self.name)
        self.words_key = "\n".join(map(fold, self.names()))
        super().save(*args, **kwargs)

    def clean(self) -> None:
        super().clean()
        if problem := self.replacement_problem():
            raise ValidationError({"replaced_by": problem})

    def replacement_problem(self) -> str:
        """Return what is wrong with a new replacement; empty if nothing is. One that was right
        when it was made stays, also if that code is replaced later."""
        if self.replaced_by_id is None:
            return ""
        entries = type(self).objects
        before = entries.filter(code=self.code).values_list("replaced_by", flat=True).first()
        # A code that does not exist is reported by the field.
        by = entries.filter(code=self.replaced_by_id).first()
        if by is None or by.code == before:
            return ""
        if by.code == self.code:
            return "It cannot replace itself."
        if by.replaced_by_id is not None:
            return f"{by.code} is itself replaced by {by.replaced_by_id}: name the latter."
        return self.unlike(by)

    def unlike(self, other: Any) -> str:
        """Return why the other cannot be the same; empty if it can."""
        return ""

    @classmethod
    def replacements(cls, also: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return each replaced code → the code that replaces it in the end, as it is now or would
        be with others."""
        rows = cls.objects.filter(replaced_by__isnull=False)
        return in_the_end({**dict(rows.values_list("code", "replaced_by")), **(also or {})})

    @property
    def is_proposed(self) -> bool:
        """Whether readers do not know it yet."""
        return self.version == 0

    @staticmethod
    def called(name: str) -> models.Q:
        """Return the condition that a folded name is one of those of an entry, which has one a
        line."""
        return (
            models.Q(words_key=name)
            | models.Q(words_key__startswith=f"{name}\n")
            | models.Q(words_key__endswith=f"\n{name}")
            | models.Q(words_key__contains=f"\n{name}\n")
        )

    def names(self) -> list[str]:
        """Return all names under which it is known, its code excepted."""
        return [self.name, *self.aliases]


def in_the_end(replaced_by: dict[str, str]) -> dict[str, str]:
    """Return each replaced code → the last of the codes that replace one another."""
    found = {}
    for code, by in replaced_by.items():
        seen = {code}
        while by in replaced_by and by not in seen:
            seen.add(by)
            by = replaced_by[by]
        found[code] = by
    return found


class Party(VocabularyEntry):
    """A country, organisation, company or person that takes part in aid. Names and codes imply
    no recognition of any country, territory or border."""

    KIND = "party"

    type = models.CharField(max_length=26, choices=PartyType, help_text="Type of the party.")
    country = CodeField(
        max_length=3,
        blank=True,
        validators=[RegexValidator(r"^[A-Z]{3}\Z", "Use an ISO 3166-1 alpha-3 code such as PAK.")],
        help_text="ISO 3166-1 alpha-3 code of the party's country; of a country its own code; "
        "null if it is international.",
    )
    region = CodeField(
        max_length=3,
        blank=True,
        choices=REGION_CHOICES,
        help_text="UN M49 number of the party's region; null if it has none.",
    )
    iati_type = models.CharField(
        "IATI type",
        max_length=2,
        blank=True,
        choices=IatiType,
        help_text="IATI organisation type; null if none fits.",
    )
    identifier_scheme = models.CharField(
        max_length=20,
        blank=True,
        help_text="Scheme of the external identifier, as org-id.guide lists it: XM-DAC, US-EIN.",
    )
    identifier = models.CharField(
        max_length=60, blank=True, help_text="External identifier within its scheme."
    )

    class Meta(VocabularyEntry.Meta):
        verbose_name_plural = "parties"
        constraints = [
            models.CheckConstraint(
                name="party_country_is_itself",
                condition=~models.Q(type=PartyType.COUNTRY) | models.Q(country=models.F("code")),
                violation_error_message="A country's own country is itself: repeat its code.",
            ),
            models.CheckConstraint(
                name="party_identifier_pair",
                condition=models.Q(identifier_scheme="", identifier="")
                | (~models.Q(identifier_scheme="") & ~models.Q(identifier="")),
                violation_error_message="Give the identifier and its scheme, or neither.",
            ),
            models.CheckConstraint(
                name="party_has_name",
                condition=~models.Q(name=""),
                violation_error_message="Give the party's name.",
            ),
            models.CheckConstraint(
                name="party_does_not_replace_itself",
                condition=models.Q(replaced_by=None) | ~models.Q(replaced_by=models.F("code")),
                violation_error_message="A party cannot replace itself.",
            ),
        ]
        indexes = [
            # /parties/?type= and ?country=, by name.
            models.Index(fields=["type", "name_key"], name="party_type"),
            models.Index(fields=["country", "name_key"], name="party_country"),
        ]

    def unlike(self, other: "Party") -> str:
        return unlike_types(self.type, other.type)

    def clean(self) -> None:
        """Refuse a code that a country has in capitals: who writes `caf` may mean either."""
        super().clean()
        country = iso3166.countries_by_alpha3.get(self.code.upper())
        if country and self.code != country.alpha3:
            problem = f"{country.alpha3} is {country.name}: write more of the name, in words."
            raise ValidationError({"code": problem})

    def names(self) -> list[str]:
        """Return all names: those of a country include its code of two letters. Not an alias,
        since it would be found in texts: as the words in, it, no or to."""
        country = iso3166.countries_by_alpha3.get(self.code)
        return [*super().names(), *([country.alpha2] if country else [])]


def unlike_types(one: str, other: str) -> str:
    """Return why parties of two types cannot be the same; empty if they can. A country holds its
    bodies in filters and totals, so it is none of them."""
    if (one == PartyType.COUNTRY) == (other == PartyType.COUNTRY):
        return ""
    return "A country is replaced by a country only, and nothing else by one."
