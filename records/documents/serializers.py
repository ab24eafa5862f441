"""The parts of a record's public document, from which each noun's serializer is made.

The serializers render the document on publishing and describe it in the schema, so the two
cannot disagree. Everything is read-only; empty text is null.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import orjson
from django.db import models
from rest_framework import serializers

from aidapi import dates
from records.models import (
    ID_PATTERN,
    DonationFigure,
    DonationMilestone,
    LinkType,
    PartyType,
    Precision,
    Record,
    Statement,
)


def id_pattern(prefix: str = "") -> str:
    """The pattern of public ids of one kind of record, or of any."""
    return rf"{prefix}-[0-9a-hjkmnp-tv-z]{{8}}" if prefix else ID_PATTERN


class NullableCharField(serializers.CharField):
    """An empty text column is null in JSON, and the schema says so."""

    def to_representation(self, value: Any) -> Any:
        return value or None


class NullableURLField(serializers.URLField):
    """An address not given is null."""

    def to_representation(self, value: Any) -> Any:
        return value or None


class NullableChoiceField(serializers.ChoiceField):
    """A choice not made is null."""

    def to_representation(self, value: Any) -> Any:
        return value or None


class KnownDateField(serializers.CharField):
    """A date as far as it is known: 2020-04-10, 2020-04 or 2020."""

    source: Any

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{dates.PATTERN}$"}

    def get_attribute(self, instance: Any) -> str | None:
        day = super().get_attribute(instance)
        if not isinstance(day, date):
            return day
        return dates.written(day, getattr(instance, f"{self.source}_precision"))


class PrecisionField(serializers.ChoiceField):
    """How much of a date is known; null where there is none."""

    source: Any

    def get_attribute(self, instance: Any) -> str | None:
        day = getattr(instance, self.source.removesuffix("_precision"))
        return None if day is None else super().get_attribute(instance)


class ExactNumberField(serializers.Field):
    """A figure's number as a JSON number: 15 significant digits survive a double."""

    def json_schema(self) -> dict[str, Any]:
        return {"type": "number"}

    def to_representation(self, value: Any) -> int | float | Decimal:
        return int(value) if value == value.to_integral_value() else float(value)


class PublicIdField(serializers.CharField):
    """The public id of a record: of one kind (its prefix), or of any."""

    def __init__(self, prefix: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.prefix = prefix

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{id_pattern(self.prefix)}$"}


class OwnIdField(serializers.CharField):
    """The id of the document's own record."""

    parent: Any

    def json_schema(self) -> dict[str, Any]:
        prefix = self.parent.Meta.model.PREFIX
        return {"type": "string", "pattern": f"^{id_pattern(prefix)}$"}


class KindField(serializers.CharField):
    """The kind of record: the same word in every document of a resource."""

    parent: Any

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "const": self.parent.Meta.model.KIND}


class PageField(serializers.CharField):
    """The address of the record's page for people. It begins at the root of the site: documents
    are rendered once, whatever the hosts under which they will be read."""

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "uri-reference"}

    def to_representation(self, value: Any) -> str:
        return page_path(value)


PAGE = orjson.dumps({"page": "/records/"}).decode()[1:-2]
"""Beginning of `page` in a stored document. Inside a text the quotation marks would be escaped."""


def page_path(id: str) -> str:
    """Return the path of a record's page from the root of the site."""
    return f"/records/{id}/"


def placed(documents: Sequence[str], below: str) -> Sequence[str]:
    """Return stored documents as a site below that path shows them: `page` begins with it."""
    if not below:
        return documents
    there = PAGE.replace("/", f"{below}/", 1)
    return [document.replace(PAGE, there, 1) for document in documents]


class LinkField(serializers.SerializerMethodField):
    """An address that the serializer makes, by its method `get_<field>`."""

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "uri"}


class DocumentSerializer(serializers.ModelSerializer):
    """A part of a public document: fields in the given order, none writable."""

    def build_standard_field(self, field_name: str, model_field: Any) -> tuple[Any, dict]:
        field_class, _kwargs = super().build_standard_field(field_name, model_field)
        public = {"read_only": True, "help_text": model_field.help_text}
        columns = {column.name: column for column in model_field.model._meta.concrete_fields}
        if f"{field_name}_precision" in columns:
            known = "As far as that is known: 2020-04-10, 2020-04 or 2020."
            help_text = f"{model_field.help_text} {known}"
            return KnownDateField, public | {
                "help_text": help_text,
                "allow_null": model_field.null,
            }
        if field_name.endswith("_precision"):
            return PrecisionField, public | {
                "choices": model_field.choices,
                "allow_null": columns[field_name.removesuffix("_precision")].null,
            }
        if isinstance(model_field, models.DecimalField):
            return ExactNumberField, public | {"allow_null": model_field.null}
        if isinstance(model_field, models.CharField | models.TextField):
            blank = model_field.blank
            cls: type[serializers.Field]
            if model_field.choices:
                cls = NullableChoiceField if blank else serializers.ChoiceField
                return cls, public | {
                    "choices": model_field.choices,
                    "allow_null": blank,
                }
            if isinstance(model_field, models.URLField):
                cls = NullableURLField if blank else serializers.URLField
            else:
                cls = NullableCharField if blank else serializers.CharField
            return cls, public | {"allow_null": blank}
        if isinstance(model_field, models.JSONField):
            return (
                serializers.ListField,
                public | {"child": serializers.CharField(read_only=True)},
            )
        return field_class, public | {"allow_null": model_field.null}

    def build_relational_field(self, field_name: str, relation_info: Any) -> tuple[Any, dict]:
        """A foreign key is shown as the key itself: a code, or a revision's number."""
        model_field = relation_info.model_field
        if isinstance(model_field.target_field, models.IntegerField):
            field_class: type = serializers.IntegerField
        else:
            field_class = serializers.CharField
        return field_class, {
            "read_only": True,
            "source": model_field.attname,
            "allow_null": model_field.null,
            "help_text": model_field.help_text,
        }


class PartyInRecordSerializer(serializers.Serializer):
    """A party as it was when the record was published."""

    code = serializers.CharField(source="party_id", help_text="Code of the party.", read_only=True)
    name = serializers.CharField(help_text="Its name in English.", read_only=True)
    type = serializers.ChoiceField(
        choices=PartyType.choices, help_text="What sort of party it is.", read_only=True
    )
    country = NullableCharField(
        allow_null=True,
        read_only=True,
        help_text="ISO 3166-1 alpha-3 code of the country it is or belongs to; null if "
        "international.",
    )


class PeriodSerializer(serializers.Serializer):
    """The days that the figures cover; null where open or not stated."""

    start = serializers.DateField(
        source="period_start", allow_null=True, read_only=True, help_text="First day."
    )
    end = serializers.DateField(
        source="period_end", allow_null=True, read_only=True, help_text="Last day."
    )


class QuoteSerializer(DocumentSerializer):
    """A quote, with its language and our translation."""

    statement = PublicIdField(
        Statement.PREFIX,
        source="statement.public_id",
        read_only=True,
        help_text="Id of the statement; `statements` names the version that was read.",
    )
    lang = serializers.CharField(
        source="statement.language",
        read_only=True,
        help_text="Language of the quote: that of the statement, as a BCP 47 tag.",
    )


class EvidenceSerializer(QuoteSerializer):
    """The quote that a figure rests on, and its place."""

    class Meta:
        model = DonationFigure
        fields = ["statement", "quote", "lang", "quote_translation", "offset", "quote_found"]


class InTotal(serializers.Field):
    """What became of a figure in a total: a field that lists with `total` and downloads add to
    documents, which are stored without it."""

    optional = True

    def get_attribute(self, instance: Any) -> Any:
        raise serializers.SkipField


class InTotalFlag(InTotal, serializers.BooleanField):
    """Whether a figure is in a sum."""


class InTotalText(InTotal, NullableCharField):
    """Why not, or what is there in its place."""


class FigureSerializer(DocumentSerializer):
    """A figure: what it measures, how it counts, and its quote."""

    evidence = EvidenceSerializer(source="*", read_only=True)
    in_at_least = InTotalFlag(
        read_only=True,
        help_text="Only in lists with `total` and in downloads of figures: whether the figure is "
        "in `at_least` of that total or, without `total`, of the totals of the same filters. The "
        "`lower` of the figures for which it is true add up to it, for each measure and unit or "
        "currency. Of a download with `as_of_from` or `as_of_to`, which find records by `as_of`, "
        "the totals are those of its own records.",
    )
    in_about = InTotalFlag(
        read_only=True, help_text="Likewise: whether it is in `about` of the total."
    )
    left_out_reason = InTotalText(
        read_only=True,
        allow_null=True,
        help_text="Likewise: why it is not in both, as in `left_out` of totals, for `about` where "
        "it is in neither; `outside` where the filters do not hold the figure.",
    )
    held_by = InTotalText(
        read_only=True,
        allow_null=True,
        help_text="Likewise: id of the record whose figure counts in its place; null where none "
        "does.",
    )

    IN_TOTAL = ("in_at_least", "in_about", "left_out_reason", "held_by")

    class Meta:
        # The three kinds of figures share one shape, defined by their abstract base.
        model = DonationFigure
        fields = [
            "measure",
            "operator",
            "value",
            "lower",
            "upper",
            "item",
            "unit",
            "currency",
            "party_type",
            "party_role",
            "basis",
            "countable",
            "countable_reason",
            "rank",
            "rank_reason",
            "evidence",
            "in_at_least",
            "in_about",
            "left_out_reason",
            "held_by",
        ]


class MilestoneEvidenceSerializer(QuoteSerializer):
    """The words that a milestone rests on."""

    class Meta:
        model = DonationMilestone
        fields = ["statement", "quote", "lang", "quote_translation"]


class MilestoneSerializer(DocumentSerializer):
    """A stage that all of it had reached, when, and the words that say so."""

    date = KnownDateField(
        read_only=True,
        help_text="When all of it had reached the stage, as far as that is known: 2020-04-10, "
        "2020-04 or 2020.",
    )
    precision = serializers.ChoiceField(
        source="date_precision",
        choices=Precision.choices,
        read_only=True,
        help_text="Whether day, month or year of the date are known.",
    )
    evidence = MilestoneEvidenceSerializer(source="*", read_only=True)

    class Meta:
        fields = ["stage", "date", "precision", "dated", "evidence"]


class StatementInRecordSerializer(DocumentSerializer):
    """A statement on which the record rests, in the version that was read."""

    id = OwnIdField(source="public_id", read_only=True, help_text="Id to cite.")

    class Meta:
        model = Statement
        fields = [
            "id",
            "version",
            "title",
            "publisher",
            "published_on",
            "published_on_precision",
            "said_on",
            "said_on_precision",
            "speaker",
            "speaker_role",
            "organisation",
            "url",
        ]


class LinkSerializer(serializers.Serializer):
    """A link to another record."""

    type = serializers.ChoiceField(
        choices=LinkType.choices,
        read_only=True,
        help_text="How this record relates to the other.",
    )
    id = PublicIdField(source="target", read_only=True, help_text="The other record's id.")


class RecordSerializer(DocumentSerializer):
    """Fields with which every record's document begins."""

    id = OwnIdField(
        source="public_id",
        read_only=True,
        help_text=Record._meta.get_field("public_id").help_text,
    )
    published_in = serializers.IntegerField(
        source="published_in_id",
        read_only=True,
        help_text=Record._meta.get_field("published_in").help_text,
    )
    kind = KindField(
        source="KIND",
        read_only=True,
        help_text="Kind of record, the same for all of a list.",
    )
    links = LinkSerializer(
        many=True,
        read_only=True,
        source="ordered_links",
        help_text="Links to other records.",
    )

    page = PageField(
        source="public_id",
        read_only=True,
        help_text="Page of the record for people, from the root of this site: figures with their "
        "quotes, sources, versions, and how to cite it.",
    )

    HEAD = ("id", "kind", "version", "published_in", "page", "title", "note")


class DatedRecordSerializer(RecordSerializer):
    """Fields that donations, exports and contracts share."""

    period = PeriodSerializer(source="*", read_only=True)
    figures = FigureSerializer(
        many=True,
        read_only=True,
        source="ordered_figures",
        help_text="The figures, in the record's order.",
    )
    statements = StatementInRecordSerializer(
        many=True,
        read_only=True,
        source="cited_statements",
        help_text="The statements that the figures and milestones rest on.",
    )

    WHEN = ("period", "as_of", "as_of_precision", "series")
    TAIL = ("figures", "missing", "statements", "links")


def parties(role: str, help_text: str) -> PartyInRecordSerializer:
    """The parties in one role, in the record's order."""
    return PartyInRecordSerializer(
        many=True, read_only=True, source=f"parties_by_role.{role}", help_text=help_text
    )


def milestones(serializer_class: type[MilestoneSerializer]) -> serializers.BaseSerializer:
    """Return the field of a noun's milestones."""
    return serializer_class(
        many=True,
        read_only=True,
        source="ordered_milestones",
        help_text="The stages that all of it reached, by their dates, each with the words that "
        "say so; none where no statement says when, and none in running totals.",
    )
