"""The form of a page: what is filtered by, and what else can be."""

from dataclasses import dataclass, field
from typing import Any

from aidapi.parameters import BooleanField, OneOfField
from records.models import Measure
from records.site.browse.facets import Facet, facet_names, facets_of
from records.site.browse.labels import Names, choices, label
from records.site.browse.rows import columns_of
from records.site.browse.state import State

PAGE_SIZES = (25, 50, 100, 200)
HINTS = {
    "search": 'Words, such as mask or "test kits"',
    "id": "Ids, such as don-yyemrn0r",
    "statement": "Id of a statement",
    "series": "Slug of a series",
    "party": "Codes, such as CHN or who",
}
"""Parameter → what its text field takes."""
DATE_HINT = "2020, 2020-03 or 2020-03-15"
NUMBER_HINT = "Such as 1000000"
ORDERINGS = {
    "-as_of": "Date, latest first",
    "as_of": "Date, earliest first",
    "-date": "Date, latest first",
    "date": "Date, earliest first",
    "-published_on": "Published, latest first",
    "published_on": "Published, earliest first",
    "-said_on": "Said, latest first",
    "said_on": "Said, earliest first",
    "title": "Title, A to Z",
    "-title": "Title, Z to A",
    "-value": "Amount, largest first",
    "value": "Amount, smallest first",
    "-published_in": "Latest publication or correction first",
    "published_in": "Earliest publication first",
}
"""Ordering → its label, in the order of the list."""
ALSO = ("certain", "revision", "total")
"""Parameters shown like filters that are not filters of one kind's facets."""


@dataclass(frozen=True)
class Chip:
    """A value that is filtered by, and the address without it."""

    label: str
    value: str
    address: str


@dataclass(frozen=True)
class Input:
    """A field of the form for one filter."""

    name: str
    label: str
    value: str
    hint: str
    options: tuple[tuple[str, str], ...] = ()
    """Value and label, if it is chosen from a list."""


@dataclass
class Form:
    """The fields of the form, beside the facets."""

    search: str
    inputs: list[Input] = field(default_factory=list)
    """The other filters."""
    dates: list[Input] = field(default_factory=list)
    facets: list[Facet] = field(default_factory=list)
    """Those beside the first ones."""
    hidden: list[tuple[str, str]] = field(default_factory=list)
    """What the state has and no field shows."""
    orderings: list[tuple[str, str]] = field(default_factory=list)
    """The first is the default."""
    ordering: str = ""
    page_size: str = ""
    columns: Any = ()

    @property
    def more_open(self) -> bool:
        return any(one.value for one in self.inputs) or any(one.open for one in self.facets)


def chips(state: State) -> list[Chip]:
    """Return a chip for each value of each filter that is given."""
    names = Names()
    known = state.parts[0].parameters.base_filters
    filters: dict[str, Any] = {
        name: known[name] for name in state.given if name in state.filters or name in ALSO
    }
    for name, parameter in filters.items():
        names.want(parameter, state.values(name))
    names.read()
    found = []
    for name, parameter in filters.items():
        listed = state.values(name)
        for value in listed:
            rest = ",".join(one for one in listed if one != value) or None
            changes = {name: rest} | without_ordering_by_value(state, name)
            found.append(Chip(label(name), names.value(parameter, value), state.address(changes)))
    return found


def without_ordering_by_value(state: State, name: str) -> dict[str, str | None]:
    """Return the change that keeps an ordering by amount from losing its unit."""
    by_value = state.given.get("ordering", "").lstrip("-") == "value"
    return {"ordering": None} if by_value and name in ("unit", "currency", "measure") else {}


def form_of(state: State, facets: list[Facet]) -> Form:
    """Return the form of a page, whose first facets are given."""
    form = Form(
        state.given.get("search", ""),
        ordering=state.given.get("ordering", ""),
        page_size=state.given.get("page_size", ""),
        columns=columns_of(state),
    )
    form.orderings = orderings(state)
    first = {facet.name for facet in facets}
    form.facets = facets_of(state, [one for one in every_facet(state) if one not in first], ())
    faceted = {facet.name for facet in [*facets, *form.facets]}
    parameters: dict[str, Any] = {}
    for part in state.parts:
        parameters |= part.resource.filters.base_filters
    for name, parameter in parameters.items():
        if name in faceted or name in ("format", "search", "revision"):
            continue
        given = state.given.get(name, "")
        if state.resource is None and not given and name not in common(state):
            continue
        one = input_of(name, parameter, given)
        (form.dates if name.startswith(FIRST_DATES) else form.inputs).append(one)
    in_fields = {"search", "ordering", "page_size", "fields", "cursor", *faceted}
    in_fields |= {one.name for one in [*form.inputs, *form.dates]}
    form.hidden = [(name, text) for name, text in state.given.items() if name not in in_fields]
    return form


FIRST_DATES = ("as_of_", "published_from", "published_to")
"""Beginnings of names of the dates that lists are ordered by."""


def common(state: State) -> set[str]:
    """Return the filters that all kinds of the page but statements have."""
    sets = [set(part.resource.filters.base_filters) for part in state.parts]
    dated = [names for names in sets if "item" in names] or sets
    return set.intersection(*dated)


def input_of(name: str, parameter: Any, given: str) -> Input:
    """Return the field of a filter."""
    field_ = parameter.field
    if isinstance(field_, BooleanField):
        options: tuple[tuple[str, str], ...] = (("true", "yes"), ("false", "no"))
        given = str(field_.clean(given)).lower() if given else ""
    elif isinstance(field_, OneOfField):
        options = tuple(choices(parameter).items())
    else:
        options = ()
    hint = HINTS.get(name, "")
    if name.endswith(("_from", "_to")):
        hint = DATE_HINT
    elif name.startswith("value_"):
        hint = NUMBER_HINT
    return Input(name, label(name), given, hint, options)


def orderings(state: State) -> list[tuple[str, str]]:
    """Return the orderings to choose from, with their labels; the default has no value."""
    usual = state.parameters.DEFAULT_ORDERING
    known = {f"{sign}{name}" for name in state.parameters.ORDERINGS for sign in ("", "-")}
    if not can_order_by_value(state):
        known -= {"value", "-value"}
    searched = "search" in state.given
    first = "Best match first" if searched else ORDERINGS[usual]
    rest = [
        (name, text)
        for name, text in ORDERINGS.items()
        if name in known and (searched or name != usual)
    ]
    return [("", first), *rest]


def can_order_by_value(state: State) -> bool:
    """Return whether numbers of the figures that are filtered by have an order."""
    one_unit = any(len(state.values(name)) == 1 for name in ("unit", "currency"))
    return one_unit or state.values("measure") == [Measure.PARTIES]


def every_facet(state: State) -> list[str]:
    """Return the names of the facets that the form shows: on a page of several kinds those that
    all of them have."""
    names = facet_names(state)
    if state.resource is not None:
        return names
    return [name for name in names if name in common(state) or name in state.given]
