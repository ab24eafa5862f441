"""Why a page found nothing: whether the dataset has anything of what was filtered by."""

from dataclasses import dataclass
from typing import Any

from aidapi.dates import in_words
from records.index.statistics import UNKNOWN
from records.models import DATED
from records.query.coverage import counts_at
from records.query.filters import AnyRolePartyParameter, PartyCountryParameter, PartyParameter
from records.query.planner import RecordQuery
from records.site.browse.labels import Names, label
from records.site.browse.state import Part, State, browse_address, browse_path

IN_ANY_ROLE = AnyRolePartyParameter(example="who")
REACH = "The dataset has {n} {kind} from {first} to {last}."


@dataclass(frozen=True)
class Sentence:
    """A sentence, and an address that shows what it says."""

    text: str
    address: str = ""


def why_empty(state: State, revision: int) -> list[Sentence]:
    """Return what each filter finds alone, here and in any kind, and what the dataset has."""
    names = Names()
    for name, parameter in state.filters.items():
        names.want(parameter, state.values(name))
    names.read()
    found = []
    for name, parameter in state.filters.items():
        values = " or ".join(names.value(parameter, value) for value in state.values(name))
        what = f"{label(name)}: {values}"
        alone = sum(only(part, name).count() for part in state.parts)
        if alone:
            given = {name: state.given[name]}
            address = browse_address(state.path, given)
            found.append(Sentence(f"With “{what}” alone there {records(alone)}.", address))
        else:
            found += [Sentence(f"No record here has “{what}”."), *elsewhere(state, name, revision)]
        found += of_its_bodies(state, name, names)
    return [*found, *(Sentence(reach(part.query.model, revision)) for part in state.parts)]


def of_its_bodies(state: State, name: str, names: Names) -> list[Sentence]:
    """Return how many records there are if not only the country named counts, but its ministries,
    cities and companies, too."""
    wider = f"{name}_country"
    codes = state.values(name)
    n = 0
    for part in state.parts:
        others = {key: pair for key, pair in part.query.given.items() if key != name}
        parameter = part.resource.filters.base_filters.get(wider)
        if parameter is None or wider in others or UNKNOWN in codes:
            return []
        given = {**others, wider: (parameter, codes)}
        n += RecordQuery(part.query.model, given, part.query.requested).count()
    if not n:
        return []
    called = " or ".join(names.value(state.filters[name], code) for code in codes)
    text = f"With “{label(wider)}: {called}” instead, its bodies and companies included, there "
    return [Sentence(f"{text}{records(n)}.", state.address({name: None, wider: ",".join(codes)}))]


def only(part: Part, name: str) -> RecordQuery:
    """Return the query of a part with one of its filters only."""
    query = part.query
    for other in [one for one in query.given if one != name]:
        query = query.without(other)
    return query


def records(n: int) -> str:
    return f"is {n} record" if n == 1 else f"are {n:,} records"


def elsewhere(state: State, name: str, revision: int) -> list[Sentence]:
    """Return where in the dataset a party or country is that a filter does not find."""
    if not isinstance(state.filters[name], (PartyParameter, PartyCountryParameter)):
        return []
    codes = state.values(name)
    n = sum(
        RecordQuery(model, {"party": (IN_ANY_ROLE, codes)}, revision).count()
        for model in DATED.values()
    )
    if not n:
        return [Sentence("Nor has any record of any kind, in any role.")]
    address = browse_address(browse_path(None), {"party": ",".join(codes)})
    return [Sentence(f"In other roles or kinds there {records(n)} with it.", address)]


def reach(model: Any, revision: int) -> str:
    """Return how many records of a kind the dataset has, and of which dates."""
    dates = counts_at(model.KIND, model, revision).dates
    if not dates:
        return f"The dataset has no {model.KIND}s."
    n = f"{dates.total():,}"
    first, last = in_words(min(dates)), in_words(max(dates))
    return REACH.format(n=n, kind=f"{model.KIND}s", first=first, last=last)
