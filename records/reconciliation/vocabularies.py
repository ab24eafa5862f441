"""What the reconciliation service offers of each vocabulary: types, properties, and entries with
every name under which they are known."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from records.models import Item, Party, PartyType, fold
from records.models.regions import REGION_SLUGS, REGIONS, regions_around

Value = dict[str, str]
"""A property value as the protocol writes it: `{"str": …}`, or `{"id": …, "name": …}`."""


@dataclass(frozen=True)
class Type:
    """A type of entries; `broader` is the id of the type that includes it."""

    id: str
    name: str
    broader: str = ""


@dataclass(frozen=True)
class Property:
    """A property of entries: what data extension returns, and what queries can compare."""

    id: str
    name: str
    description: str
    of_type: Type | None = None
    """Type of the entries that are its values; None if they are texts."""


@dataclass(frozen=True)
class Entry:
    """A party or item, with the names and codes of all entries that it replaces."""

    code: str
    name: str
    description: str
    types: tuple[str, ...]
    """Ids of its types, the narrowest first."""
    values: Mapping[str, list[Value]]
    """Property → its values."""
    forms: Mapping[str, frozenset[str]]
    """Property → the folded spellings that a value in a query may have."""
    other_names: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    """Codes that mean it: its own, those that it replaced, and two letters of a country."""

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.other_names)


@dataclass(frozen=True)
class Vocabulary:
    """A vocabulary as the service offers it."""

    name: str
    """Its name in addresses: `parties`."""
    title: str
    kind: str
    root: Type
    properties: tuple[Property, ...]
    read: Callable[[], tuple[list[Type], list[Entry]]] = field(repr=False)
    """Return the types and entries, as they are now."""

    def property(self, pid: str) -> Property | None:
        """Return the property with an id; None if there is none."""
        return next((one for one in self.properties if one.id == pid), None)


def texts(values: Iterable[str]) -> list[Value]:
    """Return texts as property values, without those that are empty."""
    return [{"str": value} for value in values if value]


def folded(values: Iterable[str]) -> frozenset[str]:
    """Return folded texts, without those that are empty."""
    return frozenset(fold(value) for value in values if value)


def replacing(rows: Iterable[Any], replaced: Mapping[str, str]) -> dict[str, list[Any]]:
    """Return code → its row and those of all codes that it replaces."""
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(replaced.get(row.code, row.code), []).append(row)
    return {
        code: sorted(together, key=lambda row: row.code != code)
        for code, together in found.items()
    }


def names_of(together: list[Any]) -> tuple[str, ...]:
    """Return the names of rows, without the first."""
    names = [name for row in together for name in (row.name, *row.aliases)]
    return tuple(dict.fromkeys(names[1:]))


# --- Parties

PARTY = Type("party", "Party")
PARTY_TYPES = [PARTY, *(Type(t.value, str(t.label).capitalize(), PARTY.id) for t in PartyType)]
COUNTRY = next(one for one in PARTY_TYPES if one.id == PartyType.COUNTRY)


def read_parties() -> tuple[list[Type], list[Entry]]:
    rows = list(Party.objects.order_by("code"))
    countries = {row.code: row for row in rows if row.type == PartyType.COUNTRY}
    groups = replacing(rows, Party.replacements())
    return PARTY_TYPES, [party_entry(together, countries) for together in groups.values()]


def party_entry(together: list[Any], countries: Mapping[str, Any]) -> Entry:
    row = together[0]
    country = countries.get(row.country)
    region = REGIONS[row.region][0] if row.region else ""
    around = regions_around(row.region) if row.region else []
    label = str(PartyType(row.type).label)
    others = names_of(together)
    identifiers = [
        f"{one.identifier_scheme}-{one.identifier}" for one in together if one.identifier
    ]
    # Beside names and aliases a country has its code of two letters among its names.
    letters = [name for one in together for name in one.names()[1 + len(one.aliases) :]]
    return Entry(
        code=row.code,
        name=row.name,
        description=label
        + (f" in {country.name}" if country and country is not row else "")
        + (f", {region}" if region else ""),
        types=(row.type, PARTY.id),
        values={
            "code": texts([row.code]),
            "name": texts([row.name]),
            "type": texts([row.type]),
            "country": [{"id": country.code, "name": country.name}] if country else [],
            "region": texts([row.region]),
            "region_name": texts([region]),
            "identifiers": texts(identifiers),
            "aliases": texts(others),
        },
        forms={
            "code": folded(one.code for one in together),
            "name": folded([row.name, *others]),
            "type": folded([row.type, label, row.type.replace("_", " "), row.iati_type]),
            "country": folded([country.code, *country.names()] if country else []),
            "region": region_forms(around),
            "region_name": region_forms(around),
            "identifiers": folded([*identifiers, *(one.identifier for one in together)]),
            "aliases": folded(others),
        },
        other_names=others,
        codes=tuple(dict.fromkeys([*(one.code for one in together), *letters])),
    )


def region_forms(numbers: Iterable[str]) -> frozenset[str]:
    """Return the spellings of regions: numbers, also without zeros, names and slugs."""
    slugs = {number: slug for slug, number in REGION_SLUGS.items()}
    return folded(
        form
        for number in numbers
        for form in (number, number.lstrip("0"), REGIONS[number][0], slugs[number])
    )


PARTIES = Vocabulary(
    name="parties",
    title="AidAPI parties: who gave, received, exported, bought or sold COVID-19 aid",
    kind="party",
    root=PARTY,
    properties=(
        Property("code", "Code", "Permanent code of the party; of a country ISO 3166-1 alpha-3."),
        Property("name", "Name", "Name in English."),
        Property("type", "Type", "Type of party: country, company, foundation …"),
        Property("country", "Country", "The country that it is or belongs to.", COUNTRY),
        Property("region", "Region", "UN M49 number of its region; a query may name it instead."),
        Property("region_name", "Name of the region", "Name of its UN M49 region."),
        Property("identifiers", "Identifiers", "External identifiers, as scheme-identifier."),
        Property("aliases", "Aliases", "Other names, in any language."),
    ),
    read=read_parties,
)


# --- Items

ITEM = Type("item", "Item")


def read_items() -> tuple[list[Type], list[Entry]]:
    """Return the types and entries. Roots of the tree, and items just below them that have items
    below themselves, are types."""
    rows = list(Item.objects.order_by("code").prefetch_related("hs_codes"))
    by_code = {row.code: row for row in rows}
    groups = replacing(rows, Item.replacements())
    types = [ITEM]
    for row in rows:
        above = line_up(row, by_code)[1:]
        has_items = any(other.parent_id == row.code for other in rows)
        if row.code in groups and len(above) < 2 and has_items:
            types.append(Type(row.code, row.name, above[0] if above else ITEM.id))
    ids = {one.id for one in types}
    return types, [item_entry(together, by_code, ids) for together in groups.values()]


def line_up(row: Any, by_code: Mapping[str, Any]) -> list[str]:
    """Return the codes from an item up to its root."""
    codes = [row.code]
    while (parent := by_code[codes[-1]].parent_id) is not None:
        codes.append(parent)
    return codes


def item_entry(together: list[Any], by_code: Mapping[str, Any], types: set[str]) -> Entry:
    row = together[0]
    line = line_up(row, by_code)
    above = [by_code[code] for code in line[1:]]
    others = names_of(together)
    hs_codes = sorted({str(hs) for one in together for hs in one.hs_codes.all()})
    return Entry(
        code=row.code,
        name=row.name,
        description=(f"{above[0].name}. " if above else "") + row.description,
        types=(*(code for code in line if code in types), ITEM.id),
        values={
            "code": texts([row.code]),
            "name": texts([row.name]),
            "parent": [{"id": above[0].code, "name": above[0].name}] if above else [],
            "default_unit": texts([row.default_unit]),
            "hs_codes": texts(hs_codes),
            "description": texts([row.description]),
            "aliases": texts(others),
        },
        forms={
            "code": folded(one.code for one in together),
            "name": folded([row.name, *others]),
            "parent": folded(form for one in above for form in (one.code, *one.names())),
            "default_unit": folded([row.default_unit]),
            "hs_codes": folded(
                form for code in hs_codes for form in (code, code[:7], code[:7].replace(".", ""))
            ),
            "description": folded([row.description]),
            "aliases": folded(others),
        },
        other_names=others,
        codes=tuple(one.code for one in together),
    )


ITEMS = Vocabulary(
    name="items",
    title="AidAPI items: goods, personnel and services of COVID-19 aid",
    kind="item",
    root=ITEM,
    properties=(
        Property("code", "Code", "Permanent code of the item."),
        Property("name", "Name", "Name in English."),
        Property(
            "parent",
            "Parent",
            "The item that it is a kind of; a query may name any of those above.",
            ITEM,
        ),
        Property("default_unit", "Unit", "Unit of a quantity without one."),
        Property("hs_codes", "HS codes", "Codes of the Harmonized System, with their edition."),
        Property("description", "Description", "What it is, and what it can be confused with."),
        Property("aliases", "Aliases", "Other names, in any language."),
    ),
    read=read_items,
)

VOCABULARIES = (PARTIES, ITEMS)
