"""Coverage: what the dataset holds, by kind, month and country, and what is missing."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import orjson
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from aidapi.addresses import base_url
from aidapi.dates import LENGTHS
from records.api.addresses import PLURALS
from records.api.parameter_sets import AnyParameters
from records.api.views.base import DatasetResponse, DatasetView
from records.documents.serializers import KnownDateField
from records.models import (
    DATED,
    KINDS,
    RevisionCounter,
)
from records.query.coverage import counts_at
from records.query.revisions import shown_revision

LONGEST_RUN = 12
"""Months without records that are listed one by one. A wrong year would list thousands."""
MISSING = ("day", "month"), ("number", "unit", "currency")
"""What may be missing, before and after the main roles."""
KIND_CHOICES = [(kind, kind) for kind in KINDS]


class MonthSerializer(serializers.Serializer):
    """A month and its number of records."""

    month = serializers.CharField(help_text="The month, such as 2020-04.")
    records = serializers.IntegerField(help_text="Records of that month; 0 is a gap.")


class GapSerializer(serializers.Serializer):
    """Many months in a row without records."""

    first = serializers.CharField(help_text="The first month without records, such as 2020-04.")
    last = serializers.CharField(help_text="The last month without records.")
    months = serializers.IntegerField(help_text="Number of months.")


class CountrySerializer(serializers.Serializer):
    """A country in a role, and its number of records."""

    role = serializers.CharField(help_text="The role, such as donor or recipient.")
    country = serializers.CharField(
        help_text="ISO 3166-1 alpha-3 code: the country itself, and parties that belong to it."
    )
    records = serializers.IntegerField(help_text="Records with such a party in the role.")


class QuotesSerializer(serializers.Serializer):
    """Numbers of figures whose quotes were checked against the texts of statements."""

    found = serializers.IntegerField(help_text="Figures whose quote occurs in the text.")
    not_found = serializers.IntegerField(
        help_text="Figures whose quote does not occur in the text."
    )
    not_checked = serializers.IntegerField(help_text="Figures whose text is not on file.")


class MissingSerializer(serializers.Serializer):
    """Information that is missing."""

    what = serializers.CharField(
        help_text="What is missing: a party in a role, the `day` or the `month` of the date; "
        "of figures their `number`, `unit` or `currency`."
    )
    records = serializers.IntegerField(help_text="Records in which it is missing.")


class KindCoverageSerializer(serializers.Serializer):
    """Coverage of one kind of record."""

    kind = serializers.ChoiceField(choices=KIND_CHOICES, help_text="The kind of record.")
    url = serializers.URLField(help_text="The list of them.")
    records = serializers.IntegerField(help_text="Number of records.")
    first = KnownDateField(
        allow_null=True, help_text="The earliest date, as far as it is known; null if none."
    )
    last = KnownDateField(
        allow_null=True, help_text="The latest date, as far as it is known; null if none."
    )
    months = MonthSerializer(
        many=True,
        help_text="Records by month of `as_of` (of statements, of `published_on`), every month "
        "from the first to the last but those in `gaps`; records dated to a year only are in "
        "none.",
    )
    gaps = GapSerializer(
        many=True,
        help_text=f"More than {LONGEST_RUN} months in a row without records, which `months` "
        "leaves out; empty if there are none.",
    )
    countries = CountrySerializer(many=True, help_text="Records by country of the main parties.")
    figures = serializers.IntegerField(help_text="Number of figures.")
    quotes = QuotesSerializer(help_text="Whether quotes were found in the texts.")
    missing = MissingSerializer(
        many=True, help_text="Missing information; empty if there is none."
    )


class CoverageSerializer(serializers.Serializer):
    """What the dataset covers, and what is missing from it."""

    revision = serializers.IntegerField(help_text="Number of the revision.")
    kinds = KindCoverageSerializer(many=True, help_text="The kinds of record.")


class Coverage(DatasetView):
    """How many records of each kind there are, by month and country, how many of their quotes
    were found in the texts of statements, and what is missing."""

    operation_id = "getCoverage"
    summary = "Get the coverage"
    tag = "coverage"
    tag_description = (
        "Coverage: what the dataset holds, by kind, month and country, and what is missing."
    )
    parameters = AnyParameters
    serializer_class = CoverageSerializer

    def get(self, request: Request) -> HttpResponse:
        values = self.parse(request).cleaned
        revision = shown_revision(values.get("revision"), RevisionCounter.number())
        base = base_url(request)
        kinds = [
            coverage(kind, revision) | {"url": f"{base}/api/v1/{PLURALS[kind]}/"} for kind in KINDS
        ]
        body = self.serializer_class().to_representation({"revision": revision, "kinds": kinds})
        return DatasetResponse(revision, orjson.dumps(body))


def coverage(kind: str, revision: int) -> dict[str, Any]:
    """Return the coverage of one kind."""
    model: Any = KINDS[kind]
    counts = counts_at(kind, model, revision)
    total = counts.dates.total()
    listed, gaps = months(counts.dates.items())
    missing: Counter[str] = Counter()
    for day, n in counts.dates.items():
        if len(day) < LENGTHS["day"]:
            missing["day"] += n
        if len(day) < LENGTHS["month"]:
            missing["month"] += n
    if kind in DATED:
        missing |= Counter({role: total - counts.roles[role] for role in model.MAIN_ROLES})
        missing |= counts.without
    return {
        "kind": kind,
        "records": total,
        "first": min(counts.dates, default=None),
        "last": max(counts.dates, default=None),
        "months": listed,
        "gaps": gaps,
        "countries": [
            {"role": role, "country": country, "records": n}
            for (role, country), n in sorted(counts.countries.items())
        ],
        "figures": counts.figures["figures"],
        "quotes": {name: counts.figures[name] for name in ("found", "not_found", "not_checked")},
        "missing": [
            {"what": what, "records": missing[what]}
            for what in (*MISSING[0], *model.MAIN_ROLES, *MISSING[1])
            if missing[what]
        ],
    }


def months(
    days: Iterable[tuple[str, int]],
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the months from the first to the last, including those without records, and the gaps
    between them that are too long to be listed."""
    counts: Counter[int] = Counter()
    for day, n in days:
        if len(day) >= LENGTHS["month"]:
            counts[int(day[:4]) * 12 + int(day[5:7]) - 1] += n
    found: list[dict[str, Any]] = []
    gaps: list[dict[str, Any]] = []
    before = None
    for month in sorted(counts):
        missing = range(month if before is None else before + 1, month)
        if len(missing) > LONGEST_RUN:
            first, last = month_text(missing[0]), month_text(missing[-1])
            gaps.append({"first": first, "last": last, "months": len(missing)})
        else:
            found += [{"month": month_text(empty), "records": 0} for empty in missing]
        found.append({"month": month_text(month), "records": counts[month]})
        before = month
    return found, gaps


def month_text(month: int) -> str:
    """Return a month that is counted from year 0, as 2020-04."""
    return f"{month // 12:04}-{month % 12 + 1:02}"
