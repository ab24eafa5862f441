"""What filters and their values are called on pages."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from aidapi.dates import in_words
from records.index.statistics import UNKNOWN
from records.models import DATED, KINDS, Item, LinkType, Party, PartyType
from records.models.regions import REGIONS
from records.query.filters import (
    ChoiceParameter,
    DateParameter,
    FigureChoiceParameter,
    LinkedParameter,
    MilestoneParameter,
    PartyRegionParameter,
    PartyTypeParameter,
    ReachedFromParameter,
    ReachedToParameter,
)

LABELS = {
    "as_of_from": "From",
    "as_of_to": "Until",
    "published_from": "Published from",
    "published_to": "Published until",
    "party": "Party in any role",
    "operator": "Qualifier",
    "basis": "The number is",
    "party_type": "Parties counted",
    "value_min": "Number of at least",
    "value_max": "Number of at most",
    "countable": "May be added up",
    "latest": "Latest point of each series",
    "joint": "Given or received jointly",
    "single_source": "Rests on a single statement",
    "linked": "Relation to another record",
    "milestone": "Has reached",
    "reached_from": "Reached from",
    "reached_to": "Reached until",
    "certain": "Only if the date surely fits",
    "changed_since": "Published after revision",
    "revision": "As of revision",
    "method": "Procurement method",
    "id": "Record",
    "total": "In the total",
    "event": "Occasion",
}
"""Parameter → its label, where that is not its name."""
DATES = (DateParameter, ReachedFromParameter, ReachedToParameter)


def label(name: str) -> str:
    """Return what a parameter is called."""
    return LABELS.get(name) or name.replace("_", " ").capitalize()


def choices(parameter: Any) -> dict[str, str]:
    """Return the code list of a filter: code → label; empty if it has none."""
    if isinstance(parameter, PartyRegionParameter):
        return {number: name for number, (name, _) in REGIONS.items()}
    if isinstance(parameter, PartyTypeParameter):
        return dict(PartyType.choices)
    if isinstance(parameter, LinkedParameter):
        return dict(LinkType.choices)
    codes = getattr(parameter.field, "choices", ())
    if isinstance(parameter, (ChoiceParameter, FigureChoiceParameter, MilestoneParameter)):
        column = getattr(parameter, "column", "stage")
        labels = column_labels(column)
        return {code: labels.get(code, code) for code in codes}
    return {code: code for code in codes}


@cache
def column_labels(column: str) -> dict[str, str]:
    """Return the labels of a column of codes, of records or of figures, without explanations."""
    models: list[Any] = [*KINDS.values(), *(model.child("figures") for model in DATED.values())]
    fields: list[Any] = [
        field for model in models for field in model._meta.fields if field.name == column
    ]
    return {
        str(code): str(text).partition(": ")[0]
        for field in fields
        for code, text in field.flatchoices
    }


class Names:
    """Names of parties and items, read for many codes at once."""

    def __init__(self) -> None:
        self.wanted: dict[str, set[str]] = {"party": set(), "item": set()}
        self.found: dict[tuple[str, str], str] = {}

    def want(self, parameter: Any, values: Iterable[str]) -> None:
        """Note the codes of a filter, to be read."""
        if vocabulary := getattr(parameter, "vocabulary", ""):
            self.wanted[vocabulary].update(values)

    def read(self) -> None:
        """Read the names of all codes noted; one statement for each vocabulary."""
        for vocabulary, model in (("party", Party), ("item", Item)):
            if codes := self.wanted[vocabulary] - {UNKNOWN}:
                rows: Any = model._default_manager.filter(code__in=codes)
                for code, name in rows.values_list("code", "name"):
                    self.found[vocabulary, code] = name

    def value(self, parameter: Any, value: str) -> str:
        """Return what a value of a filter is called."""
        vocabulary = getattr(parameter, "vocabulary", "")
        if vocabulary:
            return "not named" if value == UNKNOWN else self.found.get((vocabulary, value), value)
        if isinstance(parameter, DATES):
            return in_words(value)
        if (found := choices(parameter)) and value in found:
            return found[value]
        return {"true": "yes", "false": "no"}.get(value.lower(), value)
