"""Filters on the record's own columns, and on its links."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from aidapi.parameters import BooleanField, ChoiceField
from records.models import LinkType
from records.query.filters.base import RecordFilter, unindexed
from records.query.filters.fields import FoldedField, LanguageListField


class ColumnParameter(RecordFilter):
    """A column of the record."""

    def __init__(self, field: Any, lookup: str, help_text: str) -> None:
        super().__init__(field, help_text)
        self.lookup = lookup

    def condition(self, records: Any, value: Any) -> Q:
        return Q(**{self.lookup: value})


class ChoiceParameter(ColumnParameter):
    """A column that holds one of a list of codes; documented by its own help text."""

    coded = True

    def __init__(self, model: Any, column: str, example: str) -> None:
        field = model._meta.get_field(column)
        super().__init__(
            ChoiceField(choices=[code for code, _ in field.choices], example=example),
            f"{column}__in",
            f"{field.help_text} Several as a comma list (any of them).",
        )
        self.column = self.statistics_role = column

    def condition(self, records: Any, value: list[str]) -> Q:
        # The index by code returns the records of one code in list order, not those of several.
        if len(value) == 1:
            return super().condition(records, value)
        return unindexed(records.model, self.lookup, value)

    def record_ids(self, model: Any, value: list[str]) -> QuerySet:
        return model.objects.filter(**{self.lookup: value}).values("pk")


class FlagParameter(ColumnParameter):
    """A column that is true or false."""

    coded = True

    def __init__(self, column: str, help_text: str) -> None:
        super().__init__(BooleanField(example="true"), column, help_text)


class FoldedParameter(RecordFilter):
    """Part of a text, without regard to case and accents."""

    def __init__(self, column: str, what: str, example: str) -> None:
        super().__init__(
            FoldedField(example=example),
            f"Part of the {what}, whatever its case and accents.",
        )
        self.column = column
        self.lookup = f"{column}_key__contains"

    def condition(self, records: Any, value: str) -> Q:
        return Q(**{self.lookup: value})


class LanguageParameter(RecordFilter):
    """A language tag, and all that continue it after a hyphen (RFC 4647, basic filtering)."""

    def __init__(self, example: str) -> None:
        super().__init__(
            LanguageListField(example=example),
            "Language of the text, as a BCP 47 tag, whatever its case; a tag finds all that "
            "continue it after a hyphen: `zh` finds `zh-Hant` (RFC 4647, basic filtering). A "
            "language that exists and that no statement has finds nothing; one that does not "
            "exist is an error. Several as a comma list (any of them).",
        )

    def condition(self, records: Any, value: list[str]) -> Q:
        found = Q()
        for tag in value:
            found |= Q(language__iexact=tag) | Q(language__istartswith=f"{tag}-")
        return found


class LinkedParameter(RecordFilter):
    """Records that link to another one in a given way."""

    coded = True

    statistics_role = "linked"

    def __init__(self) -> None:
        super().__init__(
            ChoiceField(choices=LinkType.values, example="contradicts"),
            "Records with an outgoing link of this type: `contradicts` finds contradicting "
            "claims. Several as a comma list.",
        )

    def condition(self, records: Any, value: list[str]) -> Exists:
        links = records.model.child("links").objects
        return Exists(links.filter(record=OuterRef("pk"), type__in=value))

    def record_ids(self, model: Any, value: list[str]) -> QuerySet:
        return model.child("links").objects.filter(type__in=value).values("record")
