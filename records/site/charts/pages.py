"""Pages and files of charts, and the embeds that other sites may frame."""

import csv
import io
from collections.abc import Callable
from typing import Any

import orjson
from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.decorators.clickjacking import xframe_options_exempt

from aidapi.addresses import base_url, origin
from aidapi.errors import Problem
from aidapi.parameters import ParameterSet
from aidapi.tables import BOM, guarded, number
from aidapi.views import Page
from records.site import addresses
from records.site.charts.chart import Chart, file_rows
from records.site.charts.drawing import Canvas
from records.site.charts.months import compare_chart, months_chart
from records.site.charts.parameters import (
    FORMATS,
    SeriesChartParameters,
    kind_of,
    parameters_of,
)
from records.site.charts.parties import parties_chart
from records.site.charts.series import series_chart
from records.site.charts.vega import NAME as VEGA
from records.site.charts.world import world_map
from records.site.record import refusal
from records.site.social import preview_text

CHARTS: dict[str, Callable[[str, ParameterSet], Chart]] = {
    "months": months_chart,
    "parties": parties_chart,
    "compare": compare_chart,
    "map": world_map,
}
"""Charts of totals by their names in addresses."""
NAMES = ("series", *CHARTS)
EXAMPLES = (
    (
        "A series through time",
        "Masks that China had exported, point by point",
        "series",
        {"series": "china-customs-anti-epidemic-exports", "item": "mask"},
    ),
    (
        "Amounts by month",
        "Masks that China gave, by the month in which it is known",
        "months",
        {"kind": "donation", "donor": "CHN", "item": "mask"},
    ),
    (
        "The largest parties",
        "Who gave most masks",
        "parties",
        {"kind": "donation", "item": "mask"},
    ),
    (
        "Parties or items compared",
        "Masks given by China and by the Jack Ma Foundation",
        "compare",
        {"kind": "donation", "donor": "CHN,jack-ma-foundation", "item": "mask"},
    ),
    (
        "A world map",
        "Where masks were given",
        "map",
        {"kind": "donation", "item": "mask"},
    ),
)
"""Kinds of chart, each with an example."""


EMBED_MARGIN = 60
"""Height that the page of an embed needs beside its image."""
DARK, NARROW = "(prefers-color-scheme: dark)", "(max-width: 40rem)"


def read(request: HttpRequest, name: str) -> tuple[Chart, ParameterSet]:
    """Return the chart that a request asks for with its parameters, or raise what is wrong with
    them."""
    if name == "series":
        parameters: ParameterSet = SeriesChartParameters(request.GET)
        return series_chart(parameters.cleaned, base_url(request)), parameters
    if name in CHARTS:
        kind = kind_of(request.GET)
        parameters = parameters_of(name, kind)(request.GET)
        return CHARTS[name](kind, parameters), parameters
    known = ", ".join(NAMES)
    raise Problem(
        404, "not_found", "No such chart", f"There is no chart `{name[:60]}`; there are: {known}."
    )


def picture(chart: Chart) -> dict[str, Any]:
    """Return the images of a chart, by scheme and width of the window."""

    def image(scheme: str, size: str) -> dict[str, Any]:
        shown = {
            **({} if scheme == "light" else {"scheme": scheme}),
            **({} if size == "wide" else {"size": size}),
            "format": "svg",
        }
        return {
            "address": addresses.chart(chart.name, chart.query | shown),
            "size": chart.size(Canvas.of(size)),
        }

    return {
        "chart": chart,
        "images": [
            {"media": f"{DARK} and {NARROW}", **image("dark", "narrow")},
            {"media": DARK, **image("dark", "wide")},
            {"media": NARROW, **image("light", "narrow")},
        ],
        "image": image("light", "wide"),
        "page": addresses.chart(chart.name, chart.query),
    }


def page_context(request: HttpRequest, chart: Chart) -> dict[str, Any]:
    """Return what the page of a chart shows."""
    shown = picture(chart)

    def file(format: str, **more: str) -> str:
        return addresses.chart(chart.name, {**chart.query, **more, "format": format})

    return {
        **shown,
        "files": [(format.upper(), file(format)) for format in ("svg", "png", "csv")],
        "vega": file("vega"),
        "vega_dark": file("vega", scheme="dark"),
        "library": VEGA,
        "canonical": origin(request) + shown["page"],
        "embed": origin(request) + addresses.embed(chart.name, chart.query),
        "embed_height": shown["image"]["size"][1] + EMBED_MARGIN,
        "description": preview_text(" ".join([*chart.about, chart.source])),
        "preview_image": preview_image(request, chart),
        "others": [(label, addresses.chart(chart.name, other)) for label, other in chart.others],
    }


def preview_image(request: HttpRequest, chart: Chart) -> str:
    """Return the address of the image that other sites show beside a link; none of an empty
    chart."""
    if not chart.rows:
        return ""
    return origin(request) + addresses.chart(chart.name, {**chart.query, "format": "png"})


def file_response(chart: Chart, format: str, canvas: Canvas) -> HttpResponse:
    if format == "svg":
        return HttpResponse(chart.svg(canvas), content_type="image/svg+xml")
    if format == "png":
        return HttpResponse(chart.png(canvas), content_type="image/png")
    if format == "vega":
        return HttpResponse(orjson.dumps(chart.spec(canvas)), content_type="application/json")
    named = f'attachment; filename="aidapi-{chart.name}-r{chart.revision}.csv"'
    return HttpResponse(
        csv_text(chart),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": named},
    )


def csv_text(chart: Chart) -> str:
    """Return the rows of a chart as CSV."""
    text = io.StringIO(BOM, newline="")
    text.seek(0, io.SEEK_END)
    write = csv.writer(text)
    for row in file_rows(chart):
        write.writerow([guarded(cell) if isinstance(cell, str) else number(cell) for cell in row])
    return text.getvalue()


class ChartPage(Page):
    """A chart with its rows, its files and its embed; with `format` one of the files."""

    template = "records/chart.html"

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        try:
            chart, parameters = read(request, name)
        except Problem as problem:
            if request.GET.get("format") in FORMATS:
                return problem.response()
            return refusal(request, problem)
        shown = parameters.cleaned
        if "format" in shown:
            canvas = Canvas.of(shown.get("size", "wide"), shown.get("scheme", "light"))
            response = file_response(chart, shown["format"], canvas)
        else:
            response = render(request, self.template, page_context(request, chart))
        response["Dataset-Revision"] = str(chart.revision)
        # Read by CacheMiddleware.
        response.pinned = "revision" in parameters.given  # type: ignore[attr-defined]
        return response


@method_decorator(csp_replace({"frame-ancestors": ["*"]}), name="dispatch")
@method_decorator(xframe_options_exempt, name="dispatch")
class EmbedPage(ChartPage):
    """A chart alone, for pages of other sites."""

    template = "records/embed.html"


class ChartIndex(Page):
    """The charts there are, each with an example."""

    def get(self, request: HttpRequest) -> HttpResponse:
        examples = [
            {"kind": kind, "title": title, "address": addresses.chart(name, query)}
            for kind, title, name, query in EXAMPLES
        ]
        return render(request, "records/charts.html", {"examples": examples})
