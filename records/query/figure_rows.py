"""From the records of a query to counted figures: what `records.totals.rules` needs, in a constant
number of statements."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from operator import itemgetter
from typing import Any

import orjson
from django.db import connection
from django.db.models import IntegerField, QuerySet, TextField, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast

from records.models import CountableReason, LinkType
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
    """What totals of the kind can be grouped by."""
    found = ["item", "item_category"]
    for role in model.MAIN_ROLES:
        found += [role, *(f"{role}_{column}" for column in ROLE_COLUMNS[1:])]
    if "form" in model.CODED:
        found.append("form")
    return [*found, *TIMES, "currency", "series"]


def reasons(model: Any) -> list[str]:
    """For what reasons a figure may be left out that can be taken knowingly."""
    found = [reason for reason in CountableReason.values if reason != CountableReason.TARGET]
    return list(dict.fromkeys([*found, *stages_apart(model), "part", "overtaken"]))


def stages_apart(model: Any) -> list[str]:
    """Stages that totals leave out: before committed (signed), and undone."""
    stages = model.Stage.values if "stage" in model.CODED else []
    return [stage for stage in stages if stage not in COUNTED_STAGES]


def among(ids: Iterable[int]) -> RawSQL:
    """Keys, however many, as one parameter of `__in`."""
    listed = orjson.dumps(list(ids)).decode()
    if connection.vendor == "postgresql":
        return RawSQL("SELECT value::bigint FROM json_array_elements_text(%s::json)", [listed])
    return RawSQL("SELECT value FROM json_each(%s)", [listed])


def counting(query: Any, include: Collection[str] = ()) -> Counting:
    """What a total over the records and figures of the query takes and leaves out."""
    selection = query.selection().values("pk")
    return count(
        figure_rows(query.model, selection),
        query.chosen_figures(selection),
        wholes(query.model, query.revision),
        include,
    )


def figure_rows(model: Any, selection: QuerySet, *order: str) -> list[Row]:
    """All figures of the selected records; in an order where it matters which of equal reports
    counts: never for a sum."""
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
    """As the database writes it: making days and decimals of all takes longer than reading."""
    return Cast(column, TextField())


def wholes(model: Any, revision: int) -> dict[str, set[str]]:
    """Id of a record → ids of those it is part of, as of the revision."""
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
    """(record, role) → its parties, for the roles that the grouping asks for."""
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
    """(item, revision) → the child of the root above the item, as the tree stood when that
    revision published: any figure of the item tells it for all."""
    telling = {(row.item, row.published_in): row.figure for row in rows if row.item}
    lines: dict[int, list[str]] = defaultdict(list)
    if telling:
        # Written from the item upwards, so that the keys keep the order.
        above = model.child("figure_items").objects.filter(figure__in=among(telling.values()))
        for figure, item in above.order_by("pk").values_list("figure_id", "item_id"):
            lines[figure].append(item)
    return {key: lines[figure][-2:][0] for key, figure in telling.items()}


def grouped(
    query: Any, rows: Sequence[Row], by: Sequence[str]
) -> dict[tuple[str, ...], list[Row]]:
    """The rows by their values in `by` and in what always splits; in order."""
    parties = parties_of(query.model, query.selection().values("pk"), by)
    categories = categories_of(query.model, rows) if "item_category" in by else {}
    found: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    split = itemgetter(*(Row._fields.index(name) for name in SPLIT))
    for row in rows:
        values = [group_value(row, name, parties, categories) for name in by]
        found[(*values, *split(row))].append(row)
    return dict(sorted(found.items()))


def counted_records(query: Any, asked: dict[str, list[str]]) -> set[int]:
    """The records of which a figure is counted in the groups that are asked for."""
    include = asked.get("include", [])
    wanted = {name: values[0] for name, values in asked.items() if name != "include"}
    taken = counting(query, include).taken
    names = list(wanted)
    return {
        row.record
        for key, rows in grouped(query, taken, names).items()
        if key[: len(names)] == tuple(wanted.values())
        for row in rows
    }


def number(value: Any) -> Any:
    """A decimal as a JSON number with all its digits, for `orjson.dumps(default=number)`."""
    if isinstance(value, Decimal):
        text = f"{value.normalize():f}"
        return orjson.Fragment(text)
    raise TypeError(f"{type(value).__name__} is no JSON")
