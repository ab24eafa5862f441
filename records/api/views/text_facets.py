"""Facets of texts: publishers, speakers, topics … A filter by a text finds every text that
contains it, so a value counts the records of all texts in which it occurs."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.db.models import Count, QuerySet

from records.models import fold
from records.query.filters import FoldedFigureParameter, FoldedParameter
from records.query.planner import RecordQuery

Texts = dict[str, str]
"""Folded value → as it is written, the first in the order of code points."""


def of_text(query: RecordQuery, parameter: FoldedParameter) -> Iterator[tuple[str, int]]:
    """Count the values of a column of the records, each of which has one text."""
    key = parameter.column
    rows = query.selection().order_by().values_list(f"{key}_key", key).annotate(n=Count("pk"))
    counts: dict[str, int] = defaultdict(int)
    values: Texts = {}
    for text, written, n in rows:
        counts[text] += n
        note(values, written)
    for value, texts in containing(values, counts).items():
        yield values[value], sum(counts[text] for text in texts)


def of_said(query: RecordQuery, parameter: FoldedFigureParameter) -> Iterator[tuple[str, int]]:
    """Count the values of a column of the statements that bear the figures which pass the query's
    filters on figures; a record may have several of them."""
    prefix = "figure__" if query.figures.by_item else ""
    column = f"{prefix}statement__{parameter.column}"
    rows = query.figures.rows(query.model)
    rows = rows.filter(record__in=query.selection().values("pk"))
    found = rows.values_list(f"{column}_key", column).annotate(n=Count("record", distinct=True))
    counts: dict[str, list[int]] = defaultdict(list)
    values: Texts = {}
    for text, written, n in found:
        counts[text].append(n)
        note(values, written)
    texts = containing(values, counts)
    shared = {value for value in texts if sum(len(counts[text]) for text in texts[value]) > 1}
    records = of_texts(rows, f"{column}_key", {text for value in shared for text in texts[value]})
    for value in values:
        if value in shared:
            yield values[value], len(set().union(*(records[text] for text in texts[value])))
        else:
            yield values[value], counts[value][0]


def note(values: Texts, written: Any) -> None:
    """Add the values of a column: a text, or a list of them."""
    for one in written if isinstance(written, list) else [written]:
        value = fold(one)
        if value:
            values[value] = min(one, values.get(value, one))


def containing(values: Iterable[str], texts: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return each value → the texts that contain it."""
    together = "\n".join(texts)
    return {
        value: [value]
        if value in texts and together.count(value) == 1
        else [text for text in texts if value in text]
        for value in values
    }


def of_texts(rows: QuerySet, column: str, texts: set[str]) -> dict[str, set[int]]:
    """Return each of the texts → the records of the rows that have it."""
    found: dict[str, set[int]] = defaultdict(set)
    if texts:
        pairs = rows.filter(**{f"{column}__in": texts}).values_list(column, "record_id")
        for text, record in pairs.distinct().iterator():
            found[text].add(record)
    return found
