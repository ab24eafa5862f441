"""A series through time: its points with their qualifiers, and which of them are overtaken or
contradicted. Numbers that measure different things have a panel each; none is added to another."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aidapi.dates import in_words, parsed, span
from records.api.titles import in_a_row
from records.api.views.series import series_over_time
from records.models import Basis, Item, Measure, Operator, RevisionCounter, Statement
from records.query.revisions import shown_revision
from records.site.addresses import page_of
from records.site.charts.chart import Chart, Row, Sentence
from records.site.charts.series_drawing import SHAPES, draw, height, legend
from records.site.wording import about, headline, reason_in_words

Json = dict[str, Any]

PANELS = 4
"""Maximum number of panels."""
MOST_POINTS = 200
"""Maximum number of points of a panel, the latest."""
LINE = ("measure", "item", "unit", "currency", "party_type", "party_role", "basis")
"""What the figures of a panel have in common."""
NARROWING = ("item", "measure", "unit", "currency")
"""Parameters that choose among the figures."""
COLUMNS = [
    *("as_of", *LINE, "operator", "value", "lower", "upper", "status", "left_out"),
]
LATEST, OVERTAKEN, DOUBTED = "latest", "overtaken", "contradicted"
NOT_DRAWN = frozenset({"repeated", "conversion"})
"""Reasons of figures that say what another of their record says."""


@dataclass
class Line:
    """Figures of a series that measure the same, the earliest first."""

    name: str
    rows: list[Row]
    cut: int = 0
    """Earlier points that are not drawn."""


def series_chart(values: Mapping[str, Any], address: str) -> Chart:
    """Return the chart of a series, given by cleaned parameters; links to the API begin with
    `address`."""
    revision = shown_revision(values.get("revision"), RevisionCounter.number())
    body = series_over_time(values["series"], revision, address)
    found = [
        (point, figure)
        for point in body["points"]
        for figure in point["figures"]
        if all(figure[name] in listed(values[name]) for name in NARROWING if name in values)
    ]
    lines = lines_of(
        [pair for pair in found if pair[1]["operator"] in SHAPES and is_drawn(pair[1])], revision
    )
    drawn, others = lines[:PANELS], lines[PANELS:]
    return Chart(
        name="series",
        title=title(body["slug"], drawn),
        revision=revision,
        query={
            name: text if isinstance(text, str) else ",".join(text)
            for name in ("series", *NARROWING)
            if (text := values.get(name))
        }
        | ({"revision": str(values["revision"])} if "revision" in values else {}),
        about=reading(drawn),
        columns=COLUMNS,
        rows=[row for line in drawn for row in line.rows],
        draw=lambda canvas: draw([(line.name, line.rows) for line in drawn], canvas),
        height=lambda canvas: height([line.name for line in drawn], canvas),
        notes=notes(drawn, others, [figure for _, figure in found]),
        others=[(line.name, {"series": values["series"], **narrowed(line)}) for line in others],
    )


def listed(value: str | list[str]) -> list[str]:
    """Return one value or several as a list."""
    return [value] if isinstance(value, str) else value


def is_drawn(figure: Json) -> bool:
    """Return whether a figure says something of its own."""
    return not NOT_DRAWN & {figure["left_out"], figure["countable_reason"]}


def lines_of(pairs: Sequence[tuple[Json, Json]], revision: int) -> list[Line]:
    """Return the lines of points with their figures: those with most points first, rates and
    targets last."""
    found: dict[tuple[Any, ...], list[tuple[Json, Json]]] = defaultdict(list)
    for pair in pairs:
        found[tuple(pair[1][name] for name in LINE)].append(pair)
    codes = {figure["item"] for _, figure in pairs} - {None}
    items = dict(Item.objects.filter(code__in=codes).values_list("code", "name"))
    cited = {figure["evidence"]["statement"] for _, figure in pairs}
    statements = Statement.objects.in_force(revision).filter(public_id__in=cited)
    sources = {
        row["public_id"]: row
        for row in statements.order_by().values("public_id", "publisher", "published_on_key")
    }
    ordered = sorted(
        found.values(),
        key=lambda pairs: (is_rate(pairs[0][1]), -len(pairs), str(pairs[0][1]["item"])),
    )
    return [
        Line(
            line_name(pairs[0][1], items),
            [row_of(*pair, items, sources) for pair in pairs[-MOST_POINTS:]],
            cut=max(len(pairs) - MOST_POINTS, 0),
        )
        for pairs in ordered
    ]


def is_rate(figure: Json) -> bool:
    """Return whether a figure is one for each, or a target."""
    return figure["basis"] not in (
        Basis.CUMULATIVE_TO_DATE,
        Basis.PERIOD_TOTAL,
        Basis.SINGLE,
    )


def line_name(figure: Json, items: Mapping[str, str]) -> str:
    """Return what a line measures: Face mask, any type (pieces)."""
    one = figure | {"operator": Operator.UNSPECIFIED}
    name = about(one, items)
    unit = figure["currency"] or figure["unit"]
    basis = "" if not is_rate(figure) else f", {Basis(figure['basis']).label}"
    return f"{name}{f' ({unit})' if unit else ''}{basis}"


def row_of(
    point: Json, figure: Json, items: Mapping[str, str], sources: Mapping[str, Json]
) -> Row:
    evidence = figure["evidence"]
    source = sources[evidence["statement"]]
    first, last = span(*parsed(point["as_of"]))
    return Row(
        label=in_words(point["as_of"]),
        amount=f"{headline(figure)}, {about(figure, items)}",
        values={
            "as_of": point["as_of"],
            **{name: figure[name] for name in (*LINE, "operator", "value", "lower", "upper")},
            "status": status(point, figure),
            "left_out": figure["left_out"],
            "first": first.isoformat(),
            "last": last.isoformat(),
            "words": without_unit(figure),
        },
        sentence=Sentence(
            point["id"],
            evidence["quote"],
            evidence["lang"],
            evidence["quote_translation"] or "",
            evidence["statement"],
            source["publisher"],
            in_words(source["published_on_key"]),
        ),
        page=page_of("record", point["id"]),
        remark=remark(point, figure),
    )


def without_unit(figure: Json) -> str:
    """Return a number with its qualifier, as a label in a panel that names the unit: more than
    70.6 billion."""
    plain = figure | {"measure": Measure.QUANTITY, "unit": None}
    words = headline(plain)
    return words[0].lower() + words[1:]


def status(point: Json, figure: Json) -> str:
    """Return whether a figure is doubted, overtaken or the latest."""
    if point["contradicts"] or figure["left_out"] in ("rival", "deprecated"):
        return DOUBTED
    return OVERTAKEN if point["overtaken"] else LATEST


def remark(point: Json, figure: Json) -> str:
    """Return what a reader must know of a point, in a sentence."""
    if point["contradicts"]:
        return f"Contradicts {in_a_row(point['contradicts'])}."
    if figure["left_out"] in ("rival", "deprecated"):
        return f"Left out of totals: {reason_in_words(figure['left_out'], point['kind'])}."
    return "A later point follows." if point["overtaken"] else "The latest point."


def narrowed(line: Line) -> dict[str, str]:
    """Return the parameters that narrow a series to one line."""
    first = line.rows[0].values
    return {name: first[name] for name in NARROWING if first[name]}


def title(slug: str, drawn: Sequence[Line]) -> str:
    """Return the title: the series and, if it is drawn alone, what is measured."""
    measured = f"{drawn[0].name}: the" if len(drawn) == 1 else "The"
    return f"{measured} series {slug} through time"


def reading(drawn: Sequence[Line]) -> list[str]:
    """Return how to read the chart."""
    if not drawn:
        return ["Nothing to draw: no figure of this query has a number."]
    said = ["Each point is a running total that includes the earlier ones: never add them."]
    if len(drawn) > 1:
        said.append("Every panel has its own scale.")
    return [*said, legend([row for line in drawn for row in line.rows])]


def notes(drawn: Sequence[Line], others: Sequence[Line], figures: Sequence[Json]) -> list[str]:
    """Return what is left out."""
    said = [f"{line.name}: {line.cut} earlier points are not drawn." for line in drawn if line.cut]
    if others:
        names = in_a_row([line.name for line in others])
        said.append(f"Not drawn: {names}.")
    unknown = sum(figure["operator"] not in SHAPES for figure in figures)
    if unknown:
        said.append(f"Mentions without a number, which cannot be drawn: {unknown}.")
    equal = sum(not is_drawn(figure) for figure in figures)
    if equal:
        said.append(
            f"Reports that repeat or convert a number of their record, drawn once: {equal}."
        )
    return said
