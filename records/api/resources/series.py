"""Series over HTTP: running totals told again and again, and how they went on."""

from collections import defaultdict
from decimal import Decimal
from itertools import pairwise
from typing import Any, ClassVar

import orjson
from django.db.models import QuerySet, Value
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from aidapi.pagination import (
    DEFAULT_PAGE,
    Cursor,
    base_url,
    page_link,
)
from aidapi.parameters import ChoiceField, Parameter, SlugField
from aidapi.sparse import thin
from records.api.parameter_sets import (
    AnyParameters,
    DocumentParameters,
    PageParameters,
    ordering,
)
from records.api.resources.changes import PLURALS
from records.api.views.listing import no_such
from records.api.views.records import (
    Answer,
    DatasetViewSet,
    envelope,
    named_revision,
    page_edges,
)
from records.api.views.totals import sum_field
from records.documents.serializers import FigureSerializer, NullableCharField, PublicIdField
from records.models import (
    DATED,
    Basis,
    LinkType,
    Measure,
    Precision,
    RevisionCounter,
)
from records.query.figure_rows import (
    figure_rows,
    number,
    reasons,
    wholes,
)
from records.query.planner import shown_revision
from records.totals.rules import ASIDE, Row, count

KIND_CHOICES = [(kind, kind) for kind in DATED]


class SeriesSerializer(serializers.Serializer):
    """A running total that statements tell again and again."""

    slug = serializers.CharField(help_text="Its name, as `series=` takes it.")
    kind = serializers.ChoiceField(choices=KIND_CHOICES, help_text="Kind of its records.")
    points = serializers.IntegerField(help_text="How many records it has.")
    first = serializers.DateField(help_text="`as_of` of the first.")
    last = serializers.DateField(help_text="`as_of` of the latest.")
    title = serializers.CharField(help_text="Title of the latest.")
    url = serializers.URLField(help_text="The series over time.")


class FigureInSeriesSerializer(FigureSerializer):
    """A figure of a point, and whether totals count it."""

    left_out = NullableCharField(
        allow_null=True,
        read_only=True,
        help_text="Why a total over the series leaves the figure out: `overtaken` by a later "
        "point, `rival` of a preferred report, and the other reasons of totals; null where it "
        "counts.",
    )

    class Meta(FigureSerializer.Meta):
        fields = [*FigureSerializer.Meta.fields, "left_out"]


class PointSerializer(serializers.Serializer):
    """A point of a series: a record, with what it says."""

    id = PublicIdField(help_text="The record's id.")
    kind = serializers.ChoiceField(choices=KIND_CHOICES, help_text="Kind of the record.")
    version = serializers.IntegerField(help_text="Version of the record, from 1.")
    title = serializers.CharField(help_text="Title of the record.")
    as_of = serializers.DateField(help_text="The day for which it holds.")
    as_of_precision = serializers.ChoiceField(
        choices=Precision.choices, help_text="Whether day, month or year of `as_of` are known."
    )
    stage = NullableCharField(allow_null=True, help_text="How far it came; null for exports.")
    overtaken = serializers.BooleanField(help_text="Whether a later point follows.")
    contradicts = serializers.ListField(
        child=PublicIdField(),
        help_text="Records that it contradicts, or that contradict it.",
    )
    figures = FigureInSeriesSerializer(many=True, help_text="What it says.")
    url = serializers.URLField(help_text="The record.")


class StepSerializer(serializers.Serializer):
    """What changed from one point to the next that speaks of the same thing."""

    kind = serializers.ChoiceField(choices=KIND_CHOICES, help_text="Kind of the records.")
    measure = serializers.ChoiceField(choices=Measure.choices, help_text="What is measured.")
    item = NullableCharField(allow_null=True, help_text="Code of the item.")
    unit = NullableCharField(allow_null=True, help_text="Unit of a quantity.")
    currency = NullableCharField(allow_null=True, help_text="Currency of an amount.")
    party_type = NullableCharField(allow_null=True, help_text="Sort of parties counted.")
    party_role = NullableCharField(allow_null=True, help_text="Role of the parties counted.")
    basis = serializers.ChoiceField(choices=Basis.choices, help_text="On which basis.")
    earlier = PublicIdField(help_text="Id of the earlier record.")
    later = PublicIdField(help_text="Id of the later record.")
    difference = sum_field(
        "The later number less the earlier; null where one of them is a range without a value."
    )
    exact = serializers.BooleanField(help_text="Whether both numbers are exact.")
    negative = serializers.BooleanField(
        help_text="Whether a running total fell: look at both sources."
    )


class SeriesOverTimeSerializer(serializers.Serializer):
    """A series from its first point to its latest."""

    revision = serializers.IntegerField(help_text="Number of the revision that it shows.")
    slug = serializers.CharField(help_text="Name of the series.")
    points = PointSerializer(many=True, help_text="Its points, the earliest first.")
    differences = StepSerializer(
        many=True,
        help_text="Differences between consecutive points, for each measure, item, unit or "
        "currency, sort of party and basis; a point that is silent on it is passed over.",
    )


class SeriesParameters(DocumentParameters, PageParameters):
    """What `/series/` can be asked."""

    serializer_class = SeriesSerializer
    SYNONYMS: ClassVar = {"type": "kind"}
    ORDERINGS: ClassVar = {"slug": "slug", "last": "last", "points": "points"}
    DEFAULT_ORDERING: ClassVar = "slug"

    ordering = ordering(ORDERINGS, DEFAULT_ORDERING, example="-last")

    kind = Parameter(
        ChoiceField(choices=list(DATED), example="export"),
        "Only series of records of this kind; several as a comma list.",
    )


class SeriesViewSet(DatasetViewSet):
    """Series: running totals, each told by several records of which only the latest counts."""

    serializer_class = SeriesSerializer
    filterset_class = SeriesParameters
    detail_parameters = AnyParameters
    retrieve_serializer = SeriesOverTimeSerializer
    lookup_field = "slug"
    lookup_value_regex = "[^/]+"
    lookup_parameter = Parameter(
        SlugField(example="china-customs-anti-epidemic-exports"), "Name of the series."
    )
    examples = {"fields": "slug,points", "omit": "title"}

    def list(self, request: Request) -> HttpResponse:
        """All series, by name."""
        asked = self.filterset_class(request.GET).cleaned
        cursor = Cursor.decode(asked["cursor"], request) if "cursor" in asked else None
        revision = shown_revision(named_revision(asked, cursor), RevisionCounter.number())
        by = asked.get("ordering", SeriesParameters.DEFAULT_ORDERING)
        column = by.lstrip("-")
        backward = cursor is not None and cursor.backward

        def place(row: dict[str, Any]) -> tuple[Any, str]:
            return row[column], f"{row['slug']} {row['kind']}"

        rows = all_series(revision, asked.get("kind", list(DATED)), base_url(request))
        rows.sort(key=place, reverse=by.startswith("-") != backward)
        size = asked.get("page_size", DEFAULT_PAGE)
        start = 0
        if cursor is not None:
            places = [place(row) for row in rows]
            start = places.index((cursor.key, cursor.row_id)) + 1
        page = [(row, *place(row)) for row in rows[start : start + size + 1]]
        before, after = page_edges(page, size, cursor, revision, by)
        if backward:
            page.reverse()
        results = self.serializer_class([row for row, _, _ in page], many=True).data
        return Answer(
            revision,
            envelope(
                revision,
                len(rows) if asked.get("count") else None,
                page_link(request, after),
                page_link(request, before),
                b",".join(
                    orjson.dumps(thin(row, asked.get("fields", ()), asked.get("omit", ())))
                    for row in results
                ),
            ),
        )

    def retrieve(self, request: Request, slug: str) -> HttpResponse:
        """Its points in order, those marked that a later one overtakes or another record
        contradicts, and the differences between them."""
        asked = self.detail_parameters(request.GET).cleaned
        revision = shown_revision(asked.get("revision"), RevisionCounter.number())
        points: list[dict[str, Any]] = []
        steps: list[dict[str, Any]] = []
        # Nearly always one kind.
        for kind in sorted({row["kind"] for row in point_rows(revision, list(DATED), slug[:80])}):
            selection = DATED[kind].objects.in_force(revision).filter(series=slug)
            rows = figure_rows(DATED[kind], selection.values("pk"), "record", "position")
            points += points_of(kind, selection, rows, revision, base_url(request))
            steps += steps_of(kind, rows)
        if not points:
            raise no_such("series", slug)
        points.sort(key=lambda point: (point["as_of"], point["id"]))
        latest = {point["kind"]: point["id"] for point in points}
        for point in points:
            point["overtaken"] = point["id"] != latest[point["kind"]]
        body = self.retrieve_serializer().to_representation(
            {"revision": revision, "slug": slug, "points": points, "differences": steps}
        )
        rendered = orjson.dumps(body, default=number)
        return Answer(revision, rendered)


def point_rows(revision: int, kinds: list[str], slug: str = "") -> QuerySet:
    """The records of series; one statement for all kinds."""
    found = []
    for kind in kinds:
        rows = DATED[kind].objects.in_force(revision).exclude(series="").order_by()
        if slug:
            rows = rows.filter(series=slug)
        found.append(
            rows.annotate(kind=Value(kind)).values("kind", "series", "as_of", "public_id", "title")
        )
    return found[0].union(*found[1:], all=True)


def all_series(revision: int, kinds: list[str], base: str) -> list[dict[str, Any]]:
    series: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in point_rows(revision, kinds):
        series[row["series"], row["kind"]].append(row)
    found = []
    for (slug, kind), points in series.items():
        days = [point["as_of"].isoformat() for point in points]
        latest = max(points, key=lambda point: (point["as_of"], point["public_id"]))
        found.append(
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
    return found


def points_of(
    kind: str, selection: QuerySet, rows: list[Row], revision: int, base: str
) -> list[dict[str, Any]]:
    """The points with their figures, as their documents have them."""
    model = DATED[kind]
    why = {
        row.figure: reason for row, reason in count(rows, None, wholes(model, revision)).left_out
    }
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
                "as_of": record.as_of,
                "as_of_precision": record.as_of_precision,
                "stage": getattr(record, "stage", None),
                "contradicts": sorted(own | contradicted[record.public_id]),
                "figures": figures[record.pk],
                "url": f"{base}/api/v1/{PLURALS[kind]}/{record.public_id}/?revision={revision}",
            }
        )
    return points


def steps_of(kind: str, rows: list[Row]) -> list[dict[str, Any]]:
    """The differences: of what each point states of the same thing, counted or not, but not of
    what stands beside it."""
    stated = count(rows, None, {}, set(reasons(DATED[kind])) - set(ASIDE)).taken
    lines: dict[tuple, list[Row]] = defaultdict(list)
    for row in sorted(stated, key=lambda row: row.place):
        if row.numbered:
            lines[row.sort].append(row)
    return [
        step(kind, earlier, later)
        for _, line in sorted(lines.items(), key=lambda found: tuple(map(str, found[0])))
        for earlier, later in pairwise(line)
    ]


def step(kind: str, earlier: Row, later: Row) -> dict[str, Any]:
    difference = None
    if earlier.value is not None and later.value is not None:
        difference = Decimal(later.value) - Decimal(earlier.value)
        negative = difference < 0
    else:
        most, least = later.value or later.upper, earlier.value or earlier.lower
        negative = most is not None and least is not None and Decimal(most) < Decimal(least)
    return {
        "kind": kind,
        **{name: getattr(later, name) for name in ("measure", "item", "unit", "currency")},
        **{name: getattr(later, name) for name in ("party_type", "party_role", "basis")},
        "earlier": earlier.id,
        "later": later.id,
        "difference": difference,
        "exact": earlier.operator == later.operator == "exact",
        "negative": negative,
    }
