"""Parameters of charts: the filters of a kind of record, and how the chart is shown."""

from functools import cache
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.http import QueryDict

from aidapi.errors import InvalidParameters, ParameterError
from aidapi.parameters import (
    IntegerField,
    OneOfField,
    Parameter,
    ParameterSet,
    SlugField,
    parameter_error,
)
from records.api.parameter_sets import AnyParameters, CurrencyListField
from records.api.resource import RecordResource
from records.api.resources.contracts import CONTRACTS
from records.api.resources.donations import DONATIONS
from records.api.resources.exports import EXPORTS
from records.api.views.totals import include_parameter
from records.models import Measure

RESOURCES: dict[str, RecordResource] = {
    resource.noun: resource for resource in (DONATIONS, EXPORTS, CONTRACTS)
}
"""Kind of record → its resource."""
FORMATS = ("svg", "png", "csv", "vega")
SHOWN, MOST_SHOWN = 10, 30
"""Bars of a chart of parties: by default, and at most."""


class ShownParameters(ParameterSet):
    """How a chart is shown."""

    SYNONYMS: ClassVar = {"theme": "scheme", "width": "size", "type": "kind"}

    format = Parameter(
        OneOfField(choices=FORMATS, example="svg"),
        "A file in place of the page: the chart as `svg` or `png`, its rows as `csv`, or its "
        "Vega-Lite specification as `vega`.",
    )
    scheme = Parameter(
        OneOfField(choices=("light", "dark"), example="dark"),
        "Colours of the chart: `light`, the default, or `dark`.",
    )
    size = Parameter(
        OneOfField(choices=("wide", "narrow"), example="narrow"),
        "Size of the chart: `wide`, the default, or `narrow` for telephones.",
    )


SHOWING = frozenset(ShownParameters.base_filters)
"""Parameters that change how a chart is shown, not what it shows."""


class KindParameters(ShownParameters):
    """Parameters of charts of one kind of record."""

    kind = Parameter(
        OneOfField(choices=list(RESOURCES), example="donation"),
        "Kind of the records: `donation`, `export` or `contract`.",
    )


class SeriesChartParameters(ShownParameters, AnyParameters):
    """Parameters of the chart of a series. Its figures can be narrowed to one item, measure, unit
    or currency."""

    format = ShownParameters.declared_filters["format"]
    series = Parameter(
        SlugField(example="china-customs-anti-epidemic-exports"),
        "Name of the series, as `/series/` lists it.",
    )
    item = Parameter(SlugField(example="mask"), "Only figures of this item.")
    measure = Parameter(
        OneOfField(choices=Measure.values, example="quantity"), "Only figures of this measure."
    )
    unit = Parameter(SlugField(example="piece"), "Only figures in this unit.")
    currency = Parameter(
        CurrencyListField(example="USD"), "Only figures in one of these currencies."
    )

    def check(self) -> list[ParameterError]:
        errors = super().check()
        if "series" not in self.cleaned:
            errors.append(missing("series", "Give the name of a series, as `/series/` lists it."))
        return errors


def missing(name: str, detail: str) -> ParameterError:
    """Return the error for a parameter without which there is no chart."""
    return ParameterError(name, "missing", f"Missing. {detail}")


def party_roles(kind: str) -> list[str]:
    """Return the roles of givers and receivers of a kind."""
    return list(RESOURCES[kind].model.MAIN_ROLES)


def by_parameter(choices: list[str], help_text: str) -> Parameter:
    """Return the parameter that says by what a chart divides."""
    return Parameter(OneOfField(choices=choices, example=choices[0]), help_text)


class CompareCheck(ParameterSet):
    """Check that there is something to compare."""

    def check(self) -> list[ParameterError]:
        errors = super().check()
        lists = compared(self)
        by = self.cleaned.get("by")
        if by is not None and by not in lists:
            errors.append(missing(by, f"Give two or more codes: `{by}=…,…`."))
        elif not lists:
            names = ", ".join(f"`{name}`" for name in comparable(self))
            errors.append(
                missing("by", f"Give two or more codes in one of {names}: they are compared.")
            )
        return errors


def comparable(parameters: ParameterSet | type[ParameterSet]) -> list[str]:
    """Return the filters whose values can be compared: giver, receiver, their countries, item."""
    kind = parameters.KIND
    roles = party_roles(kind)
    return [*roles, *(f"{role}_country" for role in roles), "item"]


def compared(parameters: ParameterSet) -> list[str]:
    """Return the filters of a request that name several values to compare."""
    values = parameters.cleaned
    return [name for name in comparable(parameters) if len(values.get(name, ())) > 1]


@cache
def parameters_of(chart: str, kind: str) -> type[ParameterSet]:
    """Return the parameters of a chart of a kind of record."""
    resource = RESOURCES[kind]
    roles = party_roles(kind)
    body: dict[str, Any] = {
        "__doc__": f"Parameters of the chart `{chart}` of {resource.name}.",
        "KIND": kind,
        "format": ShownParameters.declared_filters["format"],
        "include": include_parameter(resource.model),
    }
    bases: tuple[type, ...] = (KindParameters, resource.filters)
    if chart == "parties":
        body["by"] = by_parameter(
            [*roles, *(f"{role}_country" for role in roles)],
            "Role of the parties that are drawn, or their countries.",
        )
        body["limit"] = Parameter(
            IntegerField(minimum=1, maximum=MOST_SHOWN, example="10"),
            f"Number of parties; {SHOWN} by default, at most {MOST_SHOWN}.",
        )
    elif chart == "map":
        body["by"] = by_parameter(
            [f"{role}_country" for role in reversed(roles)],
            "Whose countries are drawn: by default those of the receivers.",
        )
    elif chart == "compare":
        bases = (CompareCheck, *bases)
        body["by"] = by_parameter(
            [*roles, *(f"{role}_country" for role in roles), "item"],
            "Filter whose values are compared, if several filters name more than one.",
        )
    return type(f"{kind.title()}{chart.title()}ChartParameters", bases, body)


def kind_of(query: QueryDict) -> str:
    """Return the kind that a request names, or raise what is wrong with it."""
    given = query.getlist("kind")
    if len(given) > 1:
        raise InvalidParameters([ParameterError("kind", "repeated", "Repeated: give it once.")])
    if not given:
        kinds = ", ".join(RESOURCES)
        raise InvalidParameters([missing("kind", f"Give a kind of record: {kinds}.")])
    field = KindParameters.base_filters["kind"].field
    try:
        return str(field.clean(given[0]))
    except ValidationError as error:
        raise InvalidParameters([parameter_error("kind", error)]) from None
