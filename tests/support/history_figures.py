"""Rows and queries of the totals engine, made from published documents and from parameters as a
client writes them; the database is not read."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from records.models import DATED
from records.models.regions import REGION_SLUGS, regions_around
from records.totals.answer import Total
from records.totals.figures import Figure, Milestone, Party
from records.totals.groups import grouped
from records.totals.links import Links
from records.totals.prepare import prepare
from records.totals.scopes import Condition
from records.totals.scopes import Query as EngineQuery
from tests.support.dates import days
from tests.support.histories import History, Version

Query = dict[str, str]
GIVERS = {"donation": "donor", "export": "exporter", "contract": "supplier"}
RECEIVERS = {"donation": "recipient", "export": "destination", "contract": "buyer"}
COLUMNS = {"": "code", "type": "type", "country": "country", "region": "region"}
SPLIT = ("measure", "unit", "currency", "party_type", "party_role")
STARTS, ENDS = ("as_of_from", "reached_from"), ("as_of_to", "reached_to")


def figures(versions: Iterable[Version], chosen: set[tuple[str, int]]) -> list[Figure]:
    """Return all figures of the versions; `chosen` has (record, number from 1) of those that a
    query is about."""
    found: list[Figure] = []
    for version in sorted(versions, key=lambda version: version.id):
        document = version.document
        roles = DATED[version.kind].ROLES
        period: dict[str, str | None] = document["period"] or {}
        for number, figure in enumerate(document["figures"], start=1):
            columns: dict[str, Any] = {
                **{name: figure[name] or "" for name in (*SPLIT, "basis", "operator", "rank")},
                **{name: amount(figure[name]) for name in ("value", "lower", "upper")},
            }
            found.append(
                Figure(
                    id=version.id,
                    figure=number,
                    kind=version.kind,
                    as_of=date.fromisoformat(f"{document['as_of']}-01-01"[:10]),
                    precision=document["as_of_precision"],
                    givers=names(version, roles[GIVERS[version.kind]]),
                    receivers=names(version, roles[RECEIVERS[version.kind]]),
                    stage=document.get("stage") or "",
                    milestones=milestones(document),
                    start=day(period.get("start")),
                    end=day(period.get("end")),
                    series=document["series"] or "",
                    form=document.get("form") or "",
                    item=tuple(version.lineages[figure["item"]]) if figure["item"] else (),
                    countable=figure["countable"],
                    reason=figure["countable_reason"] or "",
                    chosen=(version.id, number) in chosen,
                    **columns,
                )
            )
    return found


def names(version: Version, plural: str) -> tuple[Party, ...]:
    """Return the parties of a side."""
    found = []
    for party in version.document[plural]:
        region = version.regions[party["code"]]
        around = tuple(regions_around(region)) if region else ()
        found.append(Party(party["code"], party["type"], party["country"] or "", around))
    return tuple(sorted(found))


def milestones(document: dict[str, Any]) -> tuple[Milestone, ...]:
    """Return the milestones of a document, whose dates are cut to what is known of them."""
    return tuple(
        Milestone(
            stage=milestone["stage"],
            day=date.fromisoformat(f"{milestone['date']}-01-01"[:10]),
            precision=milestone["precision"],
            dated=milestone["dated"],
        )
        for milestone in document.get("milestones", ())
    )


def day(text: str | None) -> date | None:
    """Return a day."""
    return date.fromisoformat(text) if text else None


def amount(value: float | None) -> Decimal | None:
    """Return a number with the digits that its document has."""
    return None if value is None else Decimal(repr(value))


def links(history: History, revision: int | None) -> list[tuple[str, str, str]]:
    """Return the links between records of all kinds in force."""
    return [
        (version.id, link["type"], link["id"])
        for kind in DATED
        for version in history.at(kind, revision)
        for link in version.document["links"]
    ]


def engine_query(kind: str, requested: Query, include: Iterable[str] = ()) -> EngineQuery:
    """Return the query of the engine that parameters come to, but for `item`, which chooses among
    the figures here, and for whether there may be an upper bound."""
    sides: dict[str, Any] = {}
    for side, roles in (("givers", GIVERS), ("receivers", RECEIVERS)):
        found = []
        for column, name in COLUMNS.items():
            parameter = f"{roles[kind]}_{column}" if column else roles[kind]
            values = requested.get(parameter, "").split(",")
            if values != [""] and "unknown" not in values:
                found.append(Condition(name, frozenset(REGION_SLUGS.get(v, v) for v in values)))
        sides[side] = tuple(found)
    return EngineQuery(
        **sides,
        start=day(
            max((days(requested[name])[0] for name in STARTS if name in requested), default=None)
        ),
        end=day(
            min((days(requested[name])[1] for name in ENDS if name in requested), default=None)
        ),
        include=frozenset(include),
        milestone=requested.get("milestone", ""),
        filtered=True,
    )


def engine_name(kind: str, grouping: str) -> str:
    """Return the engine's name of a grouping."""
    for side, roles in (("givers", GIVERS), ("receivers", RECEIVERS)):
        role, _, column = grouping.partition("_")
        if role == roles[kind]:
            return f"{side}_{COLUMNS[column]}"
    return grouping


def records_in_total(
    rows: list[Figure], linked: list[tuple[str, str, str]], kind: str, requested: Query, total: str
) -> set[str]:
    """Return the ids of the records of a total, given as `total=` has it."""
    pairs = [pair.split(":") for pair in total.split(",")]
    include = [value for name, value in pairs if name == "include"]
    given: dict[str, Any] = {name: value for name, value in pairs if name != "include"}
    query = engine_query(kind, requested, include)
    prepared = prepare(rows, Links(linked), query.include, query.milestone)
    split = {name: given[name] for name in given if name in SPLIT}
    by = [name for name in given if name not in SPLIT]
    groups = grouped(prepared, query, [engine_name(kind, name) for name in by])
    totals: list[Total] = groups.get(tuple(given[name] or None for name in by), [])
    return {
        row.figure.id
        for one in totals
        if all(getattr(one.split, name) == value for name, value in split.items())
        for row in one.judged
        if row.in_at_least.taken or row.in_about.taken
    }
