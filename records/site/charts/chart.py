"""What every chart is: rows with the sentence behind each, and how they are drawn."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from aidapi.dates import in_words
from records.models import DATED
from records.site.charts.drawing import EMPTY, MARGIN, Canvas, Heading, complete, png, svg

Json = dict[str, Any]

MOST_NAMED = 3
"""Publishers that a source line names."""


@dataclass(frozen=True)
class Sentence:
    """The quote behind a point, and the record that has it."""

    record: str
    quote: str
    lang: str
    translation: str
    statement: str
    publisher: str
    published: str


@dataclass(frozen=True)
class Row:
    """A point or a bar: a row of the table and of the file."""

    label: str
    amount: str
    """In words, with the qualifier."""
    values: Json
    """Column → value, as drawn and as in the file."""
    sentence: Sentence | None = None
    """Of several figures that of the largest."""
    page: str = ""
    """Address of the page about what is drawn: of a party, say."""
    address: str = ""
    """Of the list of the records in it."""
    records: int = 1
    remark: str = ""


@dataclass
class Chart:
    """A chart of a query."""

    name: str
    title: str
    """States the query in words."""
    revision: int
    query: dict[str, str]
    """Parameters of its page."""
    about: list[str]
    """How to read it."""
    columns: list[str]
    """Of the file, in order."""
    rows: list[Row]
    draw: Callable[[Canvas], Json]
    """Returns the specification without heading and colours; its width includes the axes."""
    height: Callable[[Canvas], float]
    """Returns the height of the drawing without its heading."""
    row_name: str = "Point"
    """What a row is."""
    notes: list[str] = field(default_factory=list)
    """What is left out, and why."""
    others: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    """Further charts of the same query: label, parameters."""

    @property
    def source(self) -> str:
        """Return whose words the rows rest on, and where they are kept."""
        names = list(dict.fromkeys(row.sentence.publisher for row in self.rows if row.sentence))
        said = ""
        if names:
            more = len(names) - MOST_NAMED
            rest = f" and {more} other{'s' if more > 1 else ''}" if more > 0 else ""
            said = f"; figures published by {', '.join(names[:MOST_NAMED])}{rest}"
        return f"Source: AidAPI, revision {self.revision}{said}."

    @property
    def heading(self) -> Heading:
        """Return the heading of the drawing."""
        return Heading(self.title, [*self.about, self.source])

    def spec(self, canvas: Canvas) -> Json:
        """Return the whole specification."""
        drawn = self.draw(canvas) if self.rows else EMPTY
        return complete(drawn, self.heading, canvas)

    def size(self, canvas: Canvas) -> tuple[int, int]:
        """Return width and height of the drawing."""
        tall = self.height(canvas) if self.rows else 0
        return canvas.width, round(tall + self.heading.height(canvas) + 2 * MARGIN)

    def svg(self, canvas: Canvas) -> str:
        """Return the drawing as SVG."""
        return svg(self.spec(canvas), *self.size(canvas))

    def png(self, canvas: Canvas) -> bytes:
        """Return the drawing as PNG."""
        return png(self.svg(canvas))


def sentences(
    kind: str, revision: int, wanted: Iterable[tuple[str, int]]
) -> dict[tuple[str, int], Sentence]:
    """Return (record, number of a figure) → the sentence behind the figure; one query."""
    pairs = set(wanted)
    bodies = (
        DATED[kind]
        .objects.in_force(revision)
        .filter(public_id__in={id for id, _ in pairs})
        .order_by()
        .values_list("document__body", flat=True)
    )
    documents = {document["id"]: document for document in map(orjson.loads, bodies)}
    return {
        (id, number): sentence(id, documents[id]["figures"][number - 1], documents[id])
        for id, number in pairs
        if id in documents
    }


def sentence(id: str, figure: Mapping[str, Any], document: Mapping[str, Any]) -> Sentence:
    """Return the sentence behind a figure of a document."""
    evidence = figure["evidence"]
    source = next(one for one in document["statements"] if one["id"] == evidence["statement"])
    return Sentence(
        id,
        evidence["quote"],
        evidence["lang"],
        evidence["quote_translation"] or "",
        source["id"],
        source["publisher"],
        in_words(source["published_on"]),
    )


def file_rows(chart: Chart) -> Iterable[Sequence[Any]]:
    """Yield the lines of the file: the names of the columns, then the rows."""
    evidence = ("record", "quote", "publisher", "statement")
    yield [*chart.columns, *evidence]
    for row in chart.rows:
        said = row.sentence
        found = (said.record, said.quote, said.publisher, said.statement) if said else ("",) * 4
        yield [*(row.values.get(name) for name in chart.columns), *found]
