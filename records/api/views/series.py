"""Series: running totals that several records report, and their points over time."""

from collections import defaultdict
from itertools import pairwise
from typing import Any

import orjson
from django.db.models import QuerySet, Value
from django.http import HttpRequest, HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from aidapi.addresses import base_url
from aidapi.dates import written
from records.api.addresses import PLURALS
from records.api.numbers import number, sum_field
from records.api.views.base import DatasetResponse
from records.api.views.details import DetailView, no_such
from records.documents.serializers import (
    FigureSerializer,
    KnownDateField,
    NullableCharField,
    PublicIdField,
)
from records.models import (
    DATED,
    Basis,
    LinkType,
    Measure,
    Operator,
    Precision,
    RevisionCounter,
)
from records.query.filters.series import overtakes
from records.query.revisions import shown_revision
from records.query.totals import SeriesFigures
from records.totals.figures import Figure

KIND_CHOICES = [(kind, kind) for kind in DATED]
SAME = ("unit", "currency", "party_type", "party_role", "basis")
"""What figures have in common, beside measure and item, between which a difference is taken."""


class FigureInSeriesSerializer(FigureSerializer):
    """A figure of a point, and whether totals include it."""

    left_out = NullableCharField(
        allow_null=True,
        read_only=True,
        help_text="Why a total of the series leaves the figure out: `overtaken` by a later point, "
        "`rival` of a preferred report, or another reason of totals; null if it includes it.",
    )

    class Meta(FigureSerializer.Meta):
        fields = [
            *(
                name
                for name in FigureSerializer.Meta.fields
                if name not in FigureSerializer.IN_TOTAL
            ),
            "left_out",
        ]


class PointSerializer(serializers.Serializer):
    """A point of a series: a record with its figures."""

    id = PublicIdField(help_text="The record's id.")
    kind = serializers.ChoiceField(choices=KIND_CHOICES, help_text="Kind of the record.")
    version = serializers.IntegerField(help_text="Version of the record, from 1.")
    title = serializers.CharField(help_text="Title of the record.")
    as_of = KnownDateField(
        help_text="The day, month or year that the record refers to, as far as it is known."
    )
    as_of_precision = serializers.ChoiceField(
        choices=Precision.choices, help_text="Whether `as_of` is known to the day, month or year."
    )
    stage = NullableCharField(allow_null=True, help_text="The stage reached; null for exports.")
    overtaken = serializers.BooleanField(help_text="Whether a point follows that is surely later.")
    contradicts = serializers.ListField(
        child=PublicIdField(),
        help_text="Records that it contradicts, or that contradict it.",
    )
    figures = FigureInSeriesSerializer(many=True, help_text="Its figures.")
    url = serializers.URLField(help_text="The record.")


class StepSerializer(serializers.Serializer):
    """Difference between consecutive points that state the same."""

    kind = serializers.ChoiceField(choices=KIND_CHOICES, help_text="Kind of the records.")
    measure = serializers.ChoiceField(choices=Measure.choices, help_text="The measure.")
    item = NullableCharField(allow_null=True, help_text="Code of the item.")
    unit = NullableCharField(allow_null=True, help_text="Unit of a quantity.")
    currency = NullableCharField(allow_null=True, help_text="Currency of an amount.")
    party_type = NullableCharField(allow_null=True, help_text="Type of the parties counted.")
    party_role = NullableCharField(allow_null=True, help_text="Role of the parties counted.")
    basis = serializers.ChoiceField(choices=Basis.choices, help_text="The basis.")
    earlier = PublicIdField(help_text="Id of the earlier record.")
    later = PublicIdField(help_text="Id of the later record.")
    difference = sum_field(
        "The later number minus the earlier; null if one of them is a range without a value."
    )
    exact = serializers.BooleanField(help_text="Whether both numbers are exact.")
    negative = serializers.BooleanField(
        help_text="Whether a running total decreased: check both sources."
    )


class SeriesOverTimeSerializer(serializers.Serializer):
    """A series from its first point to its latest."""

    revision = serializers.IntegerField(help_text="Number of the revision.")
    slug = serializers.CharField(help_text="Name of the series.")
    points = PointSerializer(many=True, help_text="Its points, the earliest first.")
    differences = StepSerializer(
        many=True,
        help_text="Differences between consecutive points, for each measure, item, unit or "
        "currency, type of party and basis; a point without such a figure is skipped.",
    )


class SeriesDetail(DetailView):
    """Its points in order, with those marked that a later point overtakes or another record
    contradicts, and the differences between them."""

    @property
    def serializer_class(self) -> Any:
        return SeriesOverTimeSerializer

    def get(self, request: Request, slug: str) -> HttpResponse:
        values = self.parse(request).cleaned
        revision = shown_revision(values.get("revision"), RevisionCounter.number())
        body = series_over_time(slug, revision, base_url(request))
        return DatasetResponse(revision, orjson.dumps(body, default=number))


def series_over_time(slug: str, revision: int, base: str) -> dict[str, Any]:
    """Return a series as of a revision, as the endpoint shows it, with links that begin with
    `base`; raise that there is none."""
    points: list[dict[str, Any]] = []
    steps: list[dict[str, Any]] = []
    # Nearly always one kind.
    for kind in sorted({row["kind"] for row in point_rows(revision, list(DATED), slug[:80])}):
        selection = DATED[kind].objects.in_force(revision).filter(series=slug)
        figures = SeriesFigures(DATED[kind], revision, slug)
        points += points_of(kind, selection, figures, revision, base)
        steps += steps_of(kind, figures)
    if not points:
        raise no_such("series", slug)
    points.sort(key=lambda point: (point["as_of"], point["id"]))
    places = [(point["kind"], (point["as_of"], point["id"])) for point in points]
    for point, (kind, place) in zip(points, places, strict=True):
        point["overtaken"] = any(
            overtakes(later, place) for other, later in places if other == kind
        )
    return SeriesOverTimeSerializer().to_representation(
        {"revision": revision, "slug": slug, "points": points, "differences": steps}
    )


def point_rows(revision: int, kinds: list[str], slug: str = "") -> QuerySet:
    """Return the records of series; one statement for all kinds."""
    parts = []
    for kind in kinds:
        rows = DATED[kind].objects.in_force(revision).exclude(series="").order_by()
        if slug:
            rows = rows.filter(series=slug)
        parts.append(
            rows.annotate(kind=Value(kind)).values(
                "kind", "series", "as_of_key", "public_id", "title"
            )
        )
    return parts[0].union(*parts[1:], all=True)


def series_rows(revision: int, kinds: list[str], request: HttpRequest) -> list[dict[str, Any]]:
    """Return all series of the kinds."""
    base = base_url(request)
    series: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in point_rows(revision, kinds):
        series[row["series"], row["kind"]].append(row)
    rows = []
    for (slug, kind), points in series.items():
        days = [point["as_of_key"] for point in points]
        latest = max(points, key=lambda point: (point["as_of_key"], point["public_id"]))
        rows.append(
            {
                "slug": slug,
                "kind": kind,
                "points": len(points),
                "first": min(days),
                "last": max(days),
                "title": latest["title"],
                "url": f"{base}/api/v1/series/{slug}/",
            }
        )
    return rows


def points_of(
    kind: str, selection: QuerySet, judged: SeriesFigures, revision: int, base: str
) -> list[dict[str, Any]]:
    """Return the points with their figures, as in their documents."""
    model = DATED[kind]
    why = judged.left_out()
    links = model.child("links").objects.filter(
        type=LinkType.CONTRADICTS,
        record__in=model.objects.in_force(revision),
        target__in=selection.values("public_id"),
    )
    contradicted: dict[str, set[str]] = defaultdict(set)
    for by, target in links.values_list("record__public_id", "target"):
        contradicted[target].add(by)
    figures: dict[int, list[Any]] = defaultdict(list)
    found = model.child("figures").objects.filter(record__in=selection.values("pk"))
    for figure in found.select_related("statement"):
        figure.left_out = why.get(figure.pk)
        figures[figure.record_id].append(figure)
    points = []
    for record in selection.prefetch_related("links"):
        own = {link.target for link in record.links.all() if link.type == LinkType.CONTRADICTS}
        points.append(
            {
                "id": record.public_id,
                "kind": kind,
                "version": record.version,
                "title": record.title,
                "as_of": record.as_of_key,
                "as_of_precision": record.as_of_precision,
                "stage": getattr(record, "stage", None),
                "contradicts": sorted(own | contradicted[record.public_id]),
                "figures": figures[record.pk],
                "url": f"{base}/api/v1/{PLURALS[kind]}/{record.public_id}/?revision={revision}",
            }
        )
    return points


def steps_of(kind: str, figures: SeriesFigures) -> list[dict[str, Any]]:
    """Return the differences between consecutive points that state the same, whether it counts in
    totals or not, except figures that never count."""
    lines: dict[tuple[str, ...], list[Figure]] = defaultdict(list)
    for figure in sorted(figures.stated(), key=place):
        if figure.operator != Operator.UNSPECIFIED:
            sort = (item_of(figure), *(getattr(figure, name) for name in SAME))
            lines[figure.measure, *map(str, sort)].append(figure)
    return [
        step(kind, earlier, later)
        for _, line in sorted(lines.items())
        for earlier, later in pairwise(line)
    ]


def place(figure: Figure) -> tuple[str, str]:
    """Return what points are ordered by: their dates as far as they are known."""
    return written(figure.as_of, figure.precision), figure.id


def item_of(figure: Figure) -> str | None:
    """Return the code of a figure's item."""
    return figure.item[0] if figure.item else None


def step(kind: str, earlier: Figure, later: Figure) -> dict[str, Any]:
    """Return the difference between two points."""
    difference = None
    if earlier.value is not None and later.value is not None:
        difference = later.value - earlier.value
        negative = difference < 0
    else:
        most = later.upper if later.value is None else later.value
        least = earlier.lower if earlier.value is None else earlier.value
        negative = most is not None and least is not None and most < least
    return {
        "kind": kind,
        "measure": later.measure,
        "item": item_of(later),
        **{name: getattr(later, name) for name in SAME},
        "earlier": earlier.id,
        "later": later.id,
        "difference": difference,
        "exact": earlier.operator == later.operator == "exact",
        "negative": negative,
    }
