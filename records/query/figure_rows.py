"""From the records of a query to the figures that totals count: the input of
`records.totals.rules`, read in a constant number of statements."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from decimal import Decimal
from operator import itemgetter
from typing import Any, Protocol

import orjson
from django.db.models import IntegerField, QuerySet, TextField, Value
from django.db.models.functions import Cast

from records.models import CountableReason, LinkType
from records.query.ids import id_list
from records.totals.rules import (
    COUNTED_STAGES,
    SPLIT,
    Counting,
    Party,
    Row,
    count,
    group_value,
)

TIMES = ("month", "quarter", "year")
ROLE_COLUMNS = ("code", "country", "region", "type")


def groupings(model: Any) -> list[str]:
    """Return the names by which totals of the kind can be grouped."""
    found = ["item", "item_category"]
    for role in model.MAIN_ROLES:
        found += [role, *(f"{role}_{column}" for column in ROLE_COLUMNS[1:])]
    if "form" in model.CODED:
        found.append("form")
    return [*found, *TIMES, "currency", "series"]


def reasons(model: Any) -> list[str]:
    """Return the reasons for leaving a figure out that a client can override."""
    found = [reason for reason in CountableReason.values if reason != CountableReason.TARGET]
    return list(dict.fromkeys([*found, *stages_apart(model), "part", "overtaken"]))


def stages_apart(model: Any) -> list[str]:
    """Return the stages that totals leave out: before committed (signed), and undone."""
    stages = model.Stage.values if "stage" in model.CODED else []
    return [stage for stage in stages if stage not in COUNTED_STAGES]


class FigureQuery(Protocol):
    """Records in force, and the filters on figures by which they were selected."""

    model: Any
    figures: Any

    @property
    def revision(self) -> int: ...

    def selection(self) -> QuerySet: ...


class SelectedFigures:
    """Records in force that were selected before, and the filters on figures that did so."""

    def __init__(self, records: Any, figures: Any) -> None:
        self.model = records.model
        self.revision: int = records.revision
        self.records = records
        self.figures = figures

    def selection(self) -> QuerySet:
        return self.records


def counting(query: FigureQuery, include: Collection[str] = ()) -> Counting:
    """Return what a total over the records and figures of the query takes and leaves out."""
    selection = query.selection()
    return count(
        figure_rows(query.model, selection.values("pk")),
        query.figures.figure_ids(selection),
        wholes(query.model, query.revision),
        include,
    )


def figure_rows(model: Any, selection: QuerySet, *order: str) -> list[Row]:
    """Return all figures of the selected records; in an order only where it matters which of
    equal reports counts, never for a sum."""
    absent = Value("")
    rows = model.child("figures").objects.filter(record__in=selection)
    found = rows.order_by(*order).values_list(
        "record_id",
        "record__public_id",
        "record__published_in_id",
        as_text("record__as_of"),
        "record__as_of_precision",
        "record__series",
        "record__form" if "form" in model.CODED else absent,
        "record__stage" if "stage" in model.CODED else absent,
        "pk",
        Cast("countable", IntegerField()),
        "countable_reason",
        "rank",
        "measure",
        "item_id",
        "unit",
        "currency",
        "party_type",
        "party_role",
        "basis",
        "operator",
        as_text("value"),
        as_text("lower"),
        as_text("upper"),
    )
    return list(map(Row._make, found))


def as_text(column: str) -> Cast:
    """Return the column as text: to convert all dates and decimals takes longer than to read."""
    return Cast(column, TextField())


def wholes(model: Any, revision: int) -> dict[str, set[str]]:
    """Return id of a record → ids of those it is part of, as of the revision."""
    found: dict[str, set[str]] = defaultdict(set)
    links = model.child("links").objects.filter(
        type=LinkType.PART_OF, record__in=model.objects.in_force(revision)
    )
    for part, whole in links.order_by().values_list("record__public_id", "target"):
        found[part].add(whole)
    return dict(found)


def parties_of(
    model: Any, selection: QuerySet, by: Sequence[str]
) -> dict[tuple[int, str], list[Party]]:
    """Return (record, role) → its parties, for the roles of the grouping."""
    roles = {name.partition("_")[0] for name in by} & set(model.MAIN_ROLES)
    found: dict[tuple[int, str], list[Party]] = defaultdict(list)
    if roles:
        rows = model.child("parties").objects.filter(record__in=selection, role__in=roles)
        for record, role, *party in rows.order_by().values_list(
            "record_id", "role", "party_id", "country", "region", "type"
        ):
            found[record, role].append(Party._make(party))
    return found


def categories_of(model: Any, rows: Sequence[Row]) -> dict[tuple[str, int], str]:
    """Return (item, revision) → the category of the item, the child of the root above it, as the
    tree was when that revision published: any one figure of the item has it."""
    samples = {(row.item, row.published_in): row.figure for row in rows if row.item}
    lines: dict[int, list[str]] = defaultdict(list)
    if samples:
        # Written from the item upwards, so that the keys keep the order.
        above = model.child("figure_items").objects.filter(figure__in=id_list(samples.values()))
        for figure, item in above.order_by("pk").values_list("figure_id", "item_id"):
            lines[figure].append(item)
    return {key: lines[figure][-2:][0] for key, figure in samples.items()}


def grouped(
    query: FigureQuery, rows: Sequence[Row], by: Sequence[str]
) -> dict[tuple[str, ...], list[Row]]:
    """Return the rows grouped by their values in `by` and in what always splits; in order."""
    parties = parties_of(query.model, query.selection().values("pk"), by)
    categories = categories_of(query.model, rows) if "item_category" in by else {}
    found: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    split = itemgetter(*(Row._fields.index(name) for name in SPLIT))
    for row in rows:
        values = [group_value(row, name, parties, categories) for name in by]
        found[(*values, *split(row))].append(row)
    return dict(sorted(found.items()))


def counted_records(query: FigureQuery, groups: dict[str, list[str]]) -> set[int]:
    """Return the records of which a figure is counted in the given groups of totals."""
    include = groups.get("include", [])
    wanted = {name: values[0] for name, values in groups.items() if name != "include"}
    taken = counting(query, include).taken
    names = list(wanted)
    return {
        row.record
        for key, rows in grouped(query, taken, names).items()
        if key[: len(names)] == tuple(wanted.values())
        for row in rows
    }


def number(value: Any) -> Any:
    """Return a decimal as JSON with all its digits, for `orjson.dumps(default=number)`."""
    if isinstance(value, Decimal):
        text = f"{value.normalize():f}"
        return orjson.Fragment(text)
    raise TypeError(f"{type(value).__name__} is no JSON")
