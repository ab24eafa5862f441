"""Documents in words: what a figure says, how it counts, what a version changed."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from aidapi.dates import in_words
from records.api.quotes import quoted
from records.models import (
    STAGED,
    Basis,
    CountableReason,
    Dated,
    Measure,
    Operator,
    PartyRole,
    PartyType,
    Precision,
    Rank,
    Unit,
)
from records.models.figures import ASIDE
from records.query.verdicts import OUTSIDE, Verdict
from records.totals.milestones import COUNTED

Json = dict[str, Any]

SCALES = (
    (Decimal(10) ** 12, "trillion"),
    (Decimal(10) ** 9, "billion"),
    (Decimal(10) ** 6, "million"),
)
AMOUNTS = {
    Operator.EXACT: "{value}",
    Operator.APPROX: "about {value}",
    Operator.AT_LEAST: "at least {value}",
    Operator.MORE_THAN: "more than {value}",
    Operator.AT_MOST: "at most {value}",
    Operator.LESS_THAN: "less than {value}",
    Operator.BETWEEN: "between {lower} and {upper}",
    Operator.ORDER_OF_MAGNITUDE: "some number between {lower} and {upper}",
    Operator.UNSPECIFIED: "no number given",
}
ALLOWANCES = {
    Operator.APPROX: "The source rounds: neither a lower nor an upper bound is known.",
    Operator.AT_LEAST: "The words allow more than this number.",
    Operator.MORE_THAN: "The words allow any number above this one, and not this one itself.",
    Operator.AT_MOST: "The words allow anything from nothing up to this number.",
    Operator.LESS_THAN: "The words allow any number below this one, and not this one itself.",
    Operator.BETWEEN: "The words allow both bounds and anything between them.",
    Operator.ORDER_OF_MAGNITUDE: "The source names an order of magnitude, no number.",
    Operator.UNSPECIFIED: "The source mentions it without a number; it is counted as a mention "
    "and never summed.",
}
"""Operator → what its words leave open."""
REASONS = {
    "deprecated": "it is deprecated among the reports of the same thing",
    "rival": "another report of the same thing is preferred",
    "repeated": "an equal report of the same thing counts",
    "contained": "a figure that counts surely contains it",
    "overlaps": "a figure that counts may contain it",
    "overtaken": "a later point of its series counts",
    "part": "the whole of which it is a part counts",
    "whole": "its parts count instead",
    "same_event": "another report of the same event counts",
    "no_lower_bound": "its words prove no least amount",
    "unspecified": "it is a mention without a number",
    "uncountable": "its figures may not be added up",
    "outside": "no total holds it",
}
"""Why totals leave a figure out, beside the reasons that its row has."""
RATES = {
    Basis.PER_RECIPIENT: "a number for each recipient is never added up, nor multiplied",
    Basis.PER_UNIT: "a price is never added up",
    Basis.PER_DAY: "a number for each day is never added up",
    Basis.TARGET: "a target is no amount that was reached",
}
"""Why figures on such a basis never count."""
UNIT_PLURALS = {Unit.BOX: "boxes", Unit.PERSON: "people", Unit.BATCH: "batches"}
PARTY_PLURALS = {
    PartyType.COUNTRY: ("country", "countries"),
    PartyType.GOVERNMENT: ("government body", "government bodies"),
    PartyType.LOCAL_GOVERNMENT: ("local government", "local governments"),
    PartyType.INTERNATIONAL_ORGANISATION: (
        "international organisation",
        "international organisations",
    ),
    PartyType.COMPANY: ("company", "companies"),
    PartyType.FOUNDATION: ("foundation", "foundations"),
    PartyType.NGO: ("non-governmental organisation", "non-governmental organisations"),
    PartyType.ACADEMIC: ("university or research body", "universities or research bodies"),
    PartyType.INDIVIDUAL: ("person", "people"),
    PartyType.GROUP: ("group", "groups"),
    PartyType.OTHER: ("party of another type", "parties of other types"),
    "mixed": ("party", "countries and other parties, counted together"),
}


def digits(value: int | float | Decimal) -> str:
    """The number in full, with thousands apart."""
    return f"{Decimal(str(value)).normalize():,f}"


def short(value: int | float | Decimal) -> str:
    """The number as people say it, 50.9 billion, where that loses nothing."""
    number = Decimal(str(value))
    scale, name = next((one for one in SCALES if number >= one[0]), (Decimal(1), ""))
    if not name or (number / scale * 1000) % 1:
        return digits(value)
    return f"{(number / scale).normalize():,f} {name}"


@dataclass(frozen=True)
class FigureInWords:
    """A figure of a document, for people."""

    headline: str
    about: str
    item: str
    """Code of the item; empty if it has none."""
    in_full: str
    qualifier: str
    allowance: str
    basis: str
    counts: str
    """In which total it counts, and how; empty where it is left out."""
    left_out: str
    """Which total leaves it out; empty where it counts."""
    why_not: str
    """Why it is not in both sums of the total; empty where it is."""
    held_by: str
    """Id of the record whose figure counts in its place; empty where none does."""
    rank: str
    rank_reason: str
    rivals: int
    """How many figures of the record report the same thing, this one included."""
    agree: bool
    """Whether those reports claim the same."""
    evidence: Json
    """The quote, its language and translation."""
    statement: Json


def figures_in_words(
    document: Json, items: Mapping[str, str], verdicts: Mapping[int, Verdict]
) -> list[FigureInWords]:
    """The figures of a document; `items` has the names of items by code, `verdicts` what became
    of the figures, by number, in the totals of all records of the kind."""
    statements = {statement["id"]: statement for statement in document["statements"]}
    rivals = Counter(map(rival_key, document["figures"]))
    claims: dict[tuple, set[tuple]] = {}
    for figure in document["figures"]:
        claims.setdefault(rival_key(figure), set()).add(claim(figure))
    return [
        figure_in_words(
            figure,
            items,
            statements[figure["evidence"]["statement"]],
            rivals[rival_key(figure)],
            len(claims[rival_key(figure)]) == 1,
            document["kind"],
            verdicts.get(number, OUTSIDE),
        )
        for number, figure in enumerate(document["figures"], start=1)
    ]


@dataclass(frozen=True)
class MilestoneInWords:
    """A milestone of a document, for people."""

    stage: str
    when: str
    """On 10 April 2020, by 10 April 2020, in April 2020, by April 2020, in 2020."""
    evidence: Json
    statement: Json


def milestones_in_words(document: Json) -> list[MilestoneInWords]:
    """Return the milestones of a document in its order."""
    if not document.get("milestones"):
        return []
    column: Any = STAGED[document["kind"]].child("milestones")._meta.get_field("stage")
    stages = dict(column.flatchoices)
    statements = {statement["id"]: statement for statement in document["statements"]}
    return [
        MilestoneInWords(
            str(stages[milestone["stage"]]),
            when_in_words(milestone),
            milestone["evidence"],
            statements[milestone["evidence"]["statement"]],
        )
        for milestone in document["milestones"]
    ]


def when_in_words(milestone: Json) -> str:
    """Return when a stage was reached: on 10 April 2020, in April 2020, by 2020."""
    known = in_words(milestone["date"])
    if milestone["dated"] == Dated.BY:
        return f"by {known}"
    return f"on {known}" if milestone["precision"] == Precision.DAY else f"in {known}"


def rival_key(figure: Json) -> tuple:
    """What a figure is about: those alike report the same thing, but for asides."""
    return (
        figure["countable_reason"] in ASIDE,
        *(
            figure[name]
            for name in (
                "measure",
                "item",
                "unit",
                "currency",
                "basis",
                "party_type",
                "party_role",
            )
        ),
    )


def claim(figure: Json) -> tuple:
    return tuple(figure[name] for name in ("operator", "value", "lower", "upper"))


def figure_in_words(
    figure: Json,
    items: Mapping[str, str],
    statement: Json,
    rivals: int,
    agree: bool,
    kind: str,
    verdict: Verdict,
) -> FigureInWords:
    operator = figure["operator"]
    total, in_any = total_in_words(figure, kind), verdict.in_at_least or verdict.in_about
    aside = figure["countable_reason"] in ASIDE
    return FigureInWords(
        headline=headline(figure),
        about=about(figure, items),
        item=figure["item"] or "",
        in_full=in_full(figure),
        qualifier=Operator(operator).label,
        allowance=ALLOWANCES.get(Operator(operator), ""),
        basis=Basis(figure["basis"]).label,
        counts=counts(total, verdict) if in_any else "",
        left_out="" if in_any else total,
        why_not=reason_in_words(verdict.reason, kind) if verdict.reason else "",
        held_by=verdict.held_by or "",
        rank=Rank(figure["rank"]).label if figure["rank"] != Rank.NORMAL else "",
        rank_reason=figure["rank_reason"] or "",
        rivals=1 if aside else rivals,
        agree=agree,
        evidence=figure["evidence"],
        statement=statement,
    )


def headline(figure: Json) -> str:
    """The number with its qualifier and unit: more than 70.6 billion pieces."""
    numbers = {
        name: amount(figure, figure[name])
        for name in ("value", "lower", "upper")
        if figure[name] is not None
    }
    words = AMOUNTS[Operator(figure["operator"])].format(**numbers)
    return words[0].upper() + words[1:]


def amount(figure: Json, number: int | float | Decimal) -> str:
    if figure["measure"] == Measure.MONEY:
        return f"{figure['currency'] or 'an unclear currency,'} {short(number)}"
    if figure["measure"] == Measure.PARTIES:
        return f"{short(number)} {PARTY_PLURALS[figure['party_type']][number != 1]}"
    if figure["unit"] is None:
        return short(number)
    unit = figure["unit"]
    return f"{short(number)} {unit if number == 1 else UNIT_PLURALS.get(unit, f'{unit}s')}"


def about(figure: Json, items: Mapping[str, str]) -> str:
    """What is counted: the item, what the money is for, in which role parties are counted."""
    item = items.get(figure["item"], figure["item"])
    if figure["measure"] == Measure.MONEY:
        return f"Money for: {item}" if item else "Money"
    if figure["measure"] == Measure.PARTIES:
        roles = roles_in_words(figure["party_role"])
        if figure["operator"] == Operator.UNSPECIFIED:
            return f"{PARTY_PLURALS[figure['party_type']][1].capitalize()}, as {roles}"
        return f"As {roles}"
    return item if figure["unit"] or figure["value"] is None else f"{item} (unit not stated)"


def roles_in_words(role: str) -> str:
    """Return what several parties in a role are: recipients, intermediaries."""
    name = str(PartyRole(role).label)
    return f"{name.removesuffix('y')}ies" if name.endswith("y") else f"{name}s"


def in_full(figure: Json) -> str:
    """The numbers in full where the headline shortens them."""
    numbers = [
        figure[name]
        for name in (("value",) if figure["value"] is not None else ("lower", "upper"))
        if figure[name] is not None
    ]
    if all(short(number) == digits(number) for number in numbers):
        return ""
    return " to ".join(map(digits, numbers))


def total_in_words(figure: Json, kind: str) -> str:
    """Return which total of all records of the kind a figure is for."""
    if figure["measure"] == Measure.PARTIES:
        return f"the largest count of {PARTY_PLURALS[figure['party_type']][1]} in {kind}s"
    if figure["measure"] == Measure.MONEY:
        return f"the total of all {kind}s in {figure['currency'] or 'an unclear currency'}"
    if figure["unit"] is None:
        return f"the total of all {kind}s without a stated unit"
    unit = figure["unit"]
    return f"the total of all {kind}s in {UNIT_PLURALS.get(unit, f'{unit}s')}"


def counts(total: str, verdict: Verdict) -> str:
    """Return how a figure counts in a total."""
    if verdict.in_at_least and verdict.in_about:
        return f"Counts in {total}"
    if verdict.in_at_least:
        return f"Counts in the proven minimum (at_least) of {total}, not in its about"
    return f"Counts in the about of {total}, not in its proven minimum (at_least)"


def reason_in_words(reason: str, kind: str) -> str:
    """Return why a total leaves a figure out."""
    if reason in REASONS:
        return REASONS[reason]
    if reason in RATES:
        return RATES[Basis(reason)]
    if reason in CountableReason.values:
        return str(CountableReason(reason).label)
    return f"totals count from {COUNTED[kind][0]} on, and its stage is {reason.replace('_', ' ')}"


def bounds(total: Json) -> str:
    """Return what the figures of a total prove: at least 5 pieces, about 6 pieces, at most 7
    pieces; empty if they prove nothing."""
    total = total | {name: total[name] or None for name in ("unit", "currency")}
    if total["exact"] and total["at_least"] is not None:
        return f"exactly {amount(total, total['at_least'])}"
    words = [
        f"{word} {amount(total, total[name])}"
        for word, name in (("at least", "at_least"), ("about", "about"), ("at most", "at_most"))
        if total[name] is not None and (name != "about" or total["about"] != total["at_least"])
    ]
    return ", ".join(words)


def bounds_in_words(total: Json) -> str:
    """Return what the figures of a total prove, as a sentence without its end."""
    text = bounds(total) or "no proven number"
    return text[0].upper() + text[1:]


def what_in_words(total: Json) -> str:
    """Return what a total counts, beside its unit: as recipients; of a unit that is not stated."""
    if total["measure"] == Measure.PARTIES:
        return about(total | {"item": None, "operator": Operator.EXACT}, {}).lower()
    if total["measure"] == Measure.QUANTITY and not total["unit"]:
        return "without a stated unit"
    return ""


def change_in_words(value: Any, items: Mapping[str, str]) -> str:
    """Old or new value of a field that a version changed."""
    if value is None or value == []:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return digits(value)
    if isinstance(value, Mapping):
        if "measure" in value:
            quote = quoted(value["evidence"])
            return f"{headline(dict(value))}, {about(dict(value), items)} ({quote})"
        if "dated" in value:
            when = when_in_words(dict(value))
            return f"{value['stage']} {when} ({quoted(value['evidence'])})"
        return str(value.get("title") or value.get("name") or value.get("id"))
    if isinstance(value, list):
        return ", ".join(change_in_words(part, items) for part in value)
    return str(value)


def item_codes(documents: Iterable[Json]) -> set[str]:
    """The items that the documents' figures name."""
    return {
        figure["item"]
        for document in documents
        for figure in document.get("figures", ())
        if figure["item"]
    }
