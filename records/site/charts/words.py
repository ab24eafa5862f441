"""A query in words, as the titles of charts and profiles have it."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.text import capfirst

from aidapi.dates import in_words
from records.api.titles import in_a_row
from records.models import Item, Measure, Party, PartyType, Unit
from records.models.regions import REGIONS
from records.site.wording import PARTY_PLURALS, UNIT_PLURALS
from records.totals.figures import Split

VERBS = {
    "donation": ("given", {"donor": "by", "recipient": "to", "intermediary": "through"}),
    "export": ("exported", {"exporter": "by", "destination": "to"}),
    "contract": ("ordered", {"buyer": "by", "supplier": "from", "intermediary": "through"}),
}
"""Kind → what is done, and how its roles are joined to that."""
GOODS = {"donation": "Aid", "export": "Goods", "contract": "Goods"}
IN_TITLE = ("item", "measure", "unit", "currency", "as_of_from", "as_of_to", "party")
PERIODS = (("as_of_from", "as_of_to", "as of"), ("reached_from", "reached_to", "reached"))


class Names:
    """Names of the codes that a query and its groups have; a query for each vocabulary."""

    def __init__(self, parties: Iterable[str] = (), items: Iterable[str] = ()) -> None:
        self.parties = dict(
            Party.objects.filter(code__in=set(parties)).values_list("code", "name")
        )
        self.items = dict(Item.objects.filter(code__in=set(items)).values_list("code", "name"))

    @classmethod
    def of(
        cls, values: Mapping[str, Any], parties: Iterable[str] = (), items: Iterable[str] = ()
    ) -> "Names":
        """Return the names that cleaned parameters need, and others."""
        named = [
            code
            for name, value in values.items()
            if isinstance(value, list) and not name.endswith(("_type", "_region"))
            for code in value
        ]
        return cls([*named, *parties], [*values.get("item", ()), *items])

    def party(self, code: str) -> str:
        return self.parties.get(code, code)

    def item(self, code: str) -> str:
        return self.items.get(code, code)


def unit_in_words(split: Split) -> str:
    """Return what a total is counted in: pieces, USD, countries."""
    if split.measure == Measure.MONEY:
        return split.currency or "an unclear currency"
    if split.measure == Measure.PARTIES:
        return PARTY_PLURALS[split.party_type][1]
    if not split.unit:
        return "units that the sources do not state"
    return UNIT_PLURALS.get(Unit(split.unit), f"{split.unit}s")


def query_in_words(
    kind: str,
    values: Mapping[str, Any],
    given: Mapping[str, str],
    split: Split | None,
    names: Names,
) -> str:
    """Return a query as a title: Masks given by China to Pakistan, in pieces; filters that such a
    sentence has no place for follow by name."""
    verb, roles = VERBS[kind]
    items = in_a_row([names.item(code) for code in values["item"]]) if "item" in values else ""
    if split and split.measure == Measure.MONEY:
        subject = f"Money for {items}" if items else "Money"
        verb = {"export": "value exported", "contract": "contracted"}.get(kind, verb)
    elif split and split.measure == Measure.PARTIES:
        subject, verb = f"{capfirst(unit_in_words(split))} counted in {kind}s", ""
    else:
        subject = f"{items}:" if items else GOODS[kind]
    said = [f"{subject} {verb}".strip(), *parties_in_words(roles, values, names)]
    said += [
        f"with {listed(values['party'], names)} in any role" for _ in values.get("party", ())[:1]
    ]
    for start, end, word in PERIODS:
        first, last = (in_words(given.get(edge)) for edge in (start, end))
        if first and last:
            said.append(f"({word} {first} to {last})")
        elif first or last:
            said.append(f"({word} {f'{first} or later' if first else f'{last} or earlier'})")
    known = {*IN_TITLE, "reached_from", "reached_to", "revision", "kind"}
    others = [
        f"{name.replace('_', ' ')}: {text}"
        for name, text in given.items()
        if name not in known and not any(name.startswith(role) for role in roles)
    ]
    named = split and split.measure != Measure.PARTIES
    unit = f", in {unit_in_words(split)}" if split and named else ""
    return f"{' '.join(said)}{unit}{''.join(f'; {one}' for one in others)}"


def role_in_words(by: str) -> str:
    """Return by what a chart divides: donor, or country of the donor."""
    role, _, column = by.partition("_")
    return f"{column} of the {role}" if column else role


def parties_in_words(
    roles: Mapping[str, str], values: Mapping[str, Any], names: Names
) -> Iterable[str]:
    """Yield the parties of a query, role by role."""
    for role, word in roles.items():
        if role in values:
            yield f"{word} {listed(values[role], names)}"
        if f"{role}_country" in values:
            yield f"{word} {listed(values[f'{role}_country'], names)} with its bodies and firms"
        if f"{role}_type" in values:
            kinds = [PARTY_PLURALS[PartyType(one)][1] for one in values[f"{role}_type"]]
            yield f"{word} {in_a_row(kinds)}"
        if f"{role}_region" in values:
            regions = [REGIONS[number][0] for number in values[f"{role}_region"]]
            yield f"{word} parties in {in_a_row(regions)}"


def listed(codes: Iterable[str], names: Names) -> str:
    """Return the names of parties in a row."""
    return in_a_row([names.party(code) for code in codes])
