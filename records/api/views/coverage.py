"""Coverage over HTTP: what the dataset holds, by kind, month and country, and what is missing."""

from collections import Counter
from typing import Any

import orjson
from django.db.models import Count, Q
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from aidapi.pagination import base_url
from records.api.parameter_sets import AnyParameters
from records.api.resources.changes import PLURALS
from records.api.views.records import Answer, DatasetViewSet
from records.models import (
    DATED,
    KINDS,
    Measure,
    Operator,
    Precision,
    RevisionCounter,
)
from records.query.planner import shown_revision

KIND_CHOICES = [(kind, kind) for kind in KINDS]


class MonthSerializer(serializers.Serializer):
    """A month, and how many records are of it."""

    month = serializers.CharField(help_text="The month, as 2020-04.")
    records = serializers.IntegerField(help_text="Records of that month; 0 is a gap.")


class CountrySerializer(serializers.Serializer):
    """A country in a role, and how many records name it."""

    role = serializers.CharField(help_text="The role: donor, recipient and their like.")
    country = serializers.CharField(
        help_text="ISO 3166-1 alpha-3 code: the country itself, and whoever belongs to it."
    )
    records = serializers.IntegerField(help_text="Records with such a party in the role.")


class QuotesSerializer(serializers.Serializer):
    """How far the words of figures have been checked against the statements' texts."""

    found = serializers.IntegerField(help_text="Figures whose quote occurs in the text.")
    not_found = serializers.IntegerField(help_text="Figures whose quote does not.")
    not_checked = serializers.IntegerField(help_text="Figures whose text is not on file.")


class MissingSerializer(serializers.Serializer):
    """Something that is not known."""

    what = serializers.CharField(
        help_text="What is missing: a party in a role, the `day` or the `month` of the date; "
        "of figures their `number`, `unit` or `currency`."
    )
    records = serializers.IntegerField(help_text="Records in which it is missing.")


class KindCoverageSerializer(serializers.Serializer):
    """What there is of one kind of record."""

    kind = serializers.ChoiceField(choices=KIND_CHOICES, help_text="The kind of record.")
    url = serializers.URLField(help_text="The list of them.")
    records = serializers.IntegerField(help_text="How many there are.")
    first = serializers.DateField(allow_null=True, help_text="The earliest date; null if none.")
    last = serializers.DateField(allow_null=True, help_text="The latest date; null if none.")
    months = MonthSerializer(
        many=True,
        help_text="Records by month of `as_of` (of statements, of `published_on`), every month "
        "from the first to the last; those dated to a year only are in none.",
    )
    countries = CountrySerializer(
        many=True, help_text="Records by country of those who give and receive."
    )
    figures = serializers.IntegerField(help_text="How many figures they have.")
    quotes = QuotesSerializer(help_text="How many of their quotes were found in the texts.")
    missing = MissingSerializer(many=True, help_text="What is not known; nothing, if empty.")


class CoverageSerializer(serializers.Serializer):
    """What the dataset covers, and what is missing from it."""

    revision = serializers.IntegerField(help_text="Number of the revision that is described.")
    kinds = KindCoverageSerializer(many=True, help_text="The kinds of record.")


class Coverage(DatasetViewSet):
    """Coverage: what the dataset holds, by kind, month and country, and what is missing."""

    serializer_class = CoverageSerializer
    detail_parameters = AnyParameters

    def retrieve(self, request: Request) -> HttpResponse:
        """How many records there are of each kind, by month and country, how many of their
        quotes were found in the statements' texts, and what is not known."""
        asked = self.detail_parameters(request.GET).cleaned
        revision = shown_revision(asked.get("revision"), RevisionCounter.number())
        base = base_url(request)
        kinds = [
            coverage(kind, revision) | {"url": f"{base}/api/v1/{PLURALS[kind]}/"} for kind in KINDS
        ]
        body = self.serializer_class().to_representation({"revision": revision, "kinds": kinds})
        return Answer(revision, orjson.dumps(body))


def coverage(kind: str, revision: int) -> dict[str, Any]:
    """What there is of one kind."""
    model: Any = KINDS[kind]
    records = model.objects.in_force(revision).order_by()
    days = list(
        records.values(model.DATE, f"{model.DATE}_precision")
        .annotate(n=Count("pk"))
        .values_list(model.DATE, f"{model.DATE}_precision", "n")
    )
    vague: Counter[str] = Counter()
    for _, precision, n in days:
        if precision != Precision.DAY:
            vague["day"] += n
        if precision == Precision.YEAR:
            vague["month"] += n
    found: dict[str, Any] = {
        "kind": kind,
        "records": sum(n for _, _, n in days),
        "first": min((day for day, _, _ in days), default=None),
        "last": max((day for day, _, _ in days), default=None),
        "months": months(days),
        "countries": [],
        "figures": 0,
        "quotes": {"found": 0, "not_found": 0, "not_checked": 0},
        "missing": [],
    }
    missing = vague
    if kind in DATED:
        found["countries"] = countries(model, records)
        missing |= parties_missing(model, records, found["records"])
        figures, quotes, of_figures = in_figures(model, records)
        found |= {"figures": figures, "quotes": quotes}
        missing |= of_figures
    found["missing"] = [{"what": what, "records": n} for what, n in missing.items() if n]
    return found


def months(days: list[tuple[Any, str, int]]) -> list[dict[str, Any]]:
    """Every month from the first to the last, those without a record included."""
    counts: Counter[tuple[int, int]] = Counter()
    for day, precision, n in days:
        if precision != Precision.YEAR:
            counts[day.year, day.month] += n
    if not counts:
        return []
    (year, month), last = min(counts), max(counts)
    found = []
    while (year, month) <= last:
        found.append({"month": f"{year:04}-{month:02}", "records": counts[year, month]})
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return found


def countries(model: Any, records: Any) -> list[dict[str, Any]]:
    rows = model.child("parties").objects.filter(
        record__in=records.values("pk"), role__in=model.MAIN_ROLES
    )
    counts = (
        rows.exclude(country="")
        .order_by("role", "country")
        .values("role", "country")
        .annotate(records=Count("record", distinct=True))
    )
    return list(counts)


def parties_missing(model: Any, records: Any, total: int) -> Counter[str]:
    """Role → records that name nobody in it."""
    rows = model.child("parties").objects.filter(
        record__in=records.values("pk"), role__in=model.MAIN_ROLES
    )
    named = dict(
        rows.order_by()
        .values("role")
        .annotate(n=Count("record", distinct=True))
        .values_list("role", "n")
    )
    return Counter({role: total - named.get(role, 0) for role in model.MAIN_ROLES})


def in_figures(model: Any, records: Any) -> tuple[int, dict[str, int], Counter[str]]:
    """How many figures there are, how their quotes were found, and what they leave open."""

    def without(condition: Q) -> Count:
        return Count("record", distinct=True, filter=condition)

    figures = model.child("figures").objects.filter(record__in=records.values("pk"))
    found = figures.aggregate(
        figures=Count("pk"),
        found=Count("pk", filter=Q(quote_found=True)),
        not_found=Count("pk", filter=Q(quote_found=False)),
        not_checked=Count("pk", filter=Q(quote_found__isnull=True)),
        number=without(Q(operator=Operator.UNSPECIFIED)),
        unit=without(Q(measure=Measure.QUANTITY, unit="")),
        currency=without(Q(measure=Measure.MONEY, currency="")),
    )
    quotes = {name: found[name] for name in ("found", "not_found", "not_checked")}
    missing = Counter({name: found[name] for name in ("number", "unit", "currency")})
    return found["figures"], quotes, missing
